// Templates; the interface calls them models.
import { at, call, errorFrom, post } from './http'
import { invoicePageUrl } from './invoices'
import type { Get, JsonModel, Model as Template, Trial } from './wire'

export const TEMPLATES_A_PAGE = 12

export type { Model as Template, Trial } from './wire'

export interface TemplatePage {
  list: Template[]
  total: number | null
}

export async function templatePage(page: number, keyword: string): Promise<TemplatePage> {
  if (keyword) return { list: await post('/invoice/searchModelLabel', { page, keyword }), total: null }
  const answer = await post('/invoice/getAllModel', { page })
  return { list: answer.model_list, total: answer.total }
}

export async function allTemplates(): Promise<Template[]> {
  const all: Template[] = []
  for (let page = 0; ; page += 1) {
    const { list } = await templatePage(page, '')
    all.push(...list)
    if (list.length < TEMPLATES_A_PAGE) return all
  }
}

/** There is no route for a single template. */
export async function findTemplate(id: number): Promise<Template | null> {
  return (await allTemplates()).find((template) => template.model_id === id) ?? null
}

export interface Saving {
  json: JsonModel
  /** Absent: a new template. */
  id?: number
  version?: number
  /** From `uploadOrigin`; absent: a changed template keeps its picture. */
  picture?: string
}

/** Returns the action to wait for. */
export async function saveTemplate({ json, id, version, picture }: Saving): Promise<number> {
  const answer = await post('/invoice/addModel', {
    modelAction: { json_model: json, ...(id === undefined ? {} : { model_id: id }), ...(version === undefined ? {} : { version }) },
    ...(picture === undefined ? {} : { file_name: picture }),
    type: id === undefined ? 0 : 1,
  })
  return answer.action_id
}

export async function deleteTemplate(id: number): Promise<number> {
  return (await post('/invoice/deleteModel', { model_id: id })).action_id
}

/** Several users may test at once. */
const TRIAL_MS = 180_000

/** Saves neither the draft nor the picture. */
export async function tryDraft({ json, id, picture }: Saving, sample: File): Promise<Trial> {
  const form = new FormData()
  form.append('json_model', JSON.stringify(json))
  if (id !== undefined) form.append('model_id', String(id))
  if (picture !== undefined) form.append('file_name', picture)
  form.append('file', sample, sample.name)
  return (await call('POST', '/api/models/test', { form, timeoutMs: TRIAL_MS })).body
}

export type TemplateDraft = Get['/api/invoices/{id}/template-draft']['gives']

/** The areas that a template of this invoice could have, on the picture below. */
export async function templateDraft(invoice: number): Promise<TemplateDraft> {
  return (await call('GET', at('/api/invoices/{id}/template-draft', invoice), { timeoutMs: TRIAL_MS })).body
}

/** What the box reads on a picture from `uploadOrigin`; nothing waits for it. */
export async function readPrint(picture: string, signal: AbortSignal): Promise<TemplateDraft> {
  return (await call('POST', '/api/template-drafts', { json: { file_name: picture }, timeoutMs: TRIAL_MS, signal })).body
}

/** Its first page, to be uploaded as a template's picture. */
export async function invoicePicture(invoice: number): Promise<File> {
  const answer = await fetch(invoicePageUrl(invoice, 1), { credentials: 'same-origin', cache: 'no-store' })
  if (!answer.ok) throw errorFrom(answer.status, await answer.text())
  return new File([await answer.blob()], `${invoice}.jpg`, { type: 'image/jpeg' })
}
