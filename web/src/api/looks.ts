// How labels look, kept on the box by name.
import { call, get, post } from './http'

export type Rotation = 0 | 90 | 180 | 270

export interface LabelElement {
  kind: 'qr' | 'text'
  x_mm: number
  y_mm: number
  w_mm: number
  h_mm: number
  /** `{SN}`, `{CPUID}`, `{date}` and `{batch}` stand for the device's own. */
  value: string
}

export interface LabelLook {
  label_id: number
  name: string
  width_mm: number
  height_mm: number
  gap_mm: number
  /** Clockwise. */
  rotate: Rotation
  elements: LabelElement[]
}

export async function listLooks(): Promise<LabelLook[]> {
  return (await get<{ labels: LabelLook[] }>('/api/labels')).labels
}

export function addLook(look: Omit<LabelLook, 'label_id'>): Promise<LabelLook> {
  return post('/api/labels', look)
}

export async function changeLook(id: number, look: Partial<Omit<LabelLook, 'label_id'>>): Promise<LabelLook> {
  return (await call<LabelLook>('PATCH', `/api/labels/${id}`, { json: look })).body
}

export async function deleteLook(id: number): Promise<void> {
  await call('DELETE', `/api/labels/${id}`)
}
