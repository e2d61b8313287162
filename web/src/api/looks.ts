// Label looks, stored on the box by name.
import { at, call, get, post } from './http'
import type { LabelLook } from './wire'

export type { LabelLook }
export type Rotation = LabelLook['rotate']
export type LabelElement = LabelLook['elements'][number]

export async function listLooks(): Promise<LabelLook[]> {
  return (await get('/api/labels')).labels
}

export function addLook(look: Omit<LabelLook, 'label_id'>): Promise<LabelLook> {
  return post('/api/labels', look)
}

export async function changeLook(id: number, look: Partial<Omit<LabelLook, 'label_id'>>): Promise<LabelLook> {
  return (await call('PATCH', at('/api/labels/{id}', id), { json: look })).body
}

export async function deleteLook(id: number): Promise<void> {
  await call('DELETE', at('/api/labels/{id}', id))
}
