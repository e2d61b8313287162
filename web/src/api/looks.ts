// Label looks, stored on the box by name.
import type { Pair } from './devices'
import { at, call, get, post } from './http'
import type { LabelLook, Post } from './wire'

export type { LabelLook }
export type Rotation = LabelLook['rotate']
export type LabelElement = LabelLook['elements'][number]
/** A look that is not on the box, or not yet. */
export type LookDraft = Omit<LabelLook, 'label_id'>
export type Dpi = 203 | 300 | 600
export type LookPreview = Post['/api/labels/preview']['gives']
/** Or why there is none. */
export type LabelPicture = Post['/api/labels/pictures']['gives']['pictures'][number]

export async function listLooks(): Promise<LabelLook[]> {
  return (await get('/api/labels')).labels
}

export function addLook(look: LookDraft): Promise<LabelLook> {
  return post('/api/labels', look)
}

export async function changeLook(id: number, look: Partial<LookDraft>): Promise<LabelLook> {
  return (await call('PATCH', at('/api/labels/{id}', id), { json: look })).body
}

export async function deleteLook(id: number): Promise<void> {
  await call('DELETE', at('/api/labels/{id}', id))
}

/** Upright, as a printer of `dpi` gets it; `sn`: of this device, or else of a made-up one. */
export async function previewLook({ width_mm, height_mm, elements }: LookDraft, sn: string, dpi: Dpi, signal: AbortSignal): Promise<LookPreview> {
  const json = { width_mm, height_mm, elements, dpi, ...(sn ? { sn } : {}) }
  return (await call('POST', '/api/labels/preview', { json, signal })).body
}

/** As a printer of `dpi` gets them, one of each pair, in their order. */
export async function drawLabels({ width_mm, height_mm, rotate, elements }: LookDraft, devices: Pair[], dpi: Dpi, signal: AbortSignal): Promise<LabelPicture[]> {
  const json = { width_mm, height_mm, rotate, elements, devices, dpi }
  return (await call('POST', '/api/labels/pictures', { json, signal })).body.pictures
}

export async function hasLogo(): Promise<boolean> {
  return (await fetch('/api/logo', { method: 'HEAD', credentials: 'same-origin', cache: 'no-store' })).status !== 404
}

/** For all labels, instead of the one that there was. */
export async function keepLogo(file: File): Promise<void> {
  const form = new FormData()
  form.append('file', file)
  await call('POST', '/api/logo', { form })
}
