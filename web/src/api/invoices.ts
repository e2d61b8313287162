// The invoice line over HTTP: what is being read, what waits, what was read, what went wrong.
import { ApiError, call, get, post } from './http'

export interface Position {
  x: number
  y: number
  w: number
  h: number
}

export interface RegionAnswer {
  position: Position | null
  ocr_result?: string
  probability?: number
  status?: number
}

/** By `pos_id`. */
export type RegionList = Record<string, RegionAnswer>

/** Why a person is needed. */
export interface Reason {
  text: string
  /** What it doubts; `text`: what it says stands there. */
  areas: { pos_id: string; text: string | null }[]
}

/** How a template fared on a picture. */
export interface Candidate {
  model_id: number
  model_label: string
  score: number
  reason: string
}

export interface RunningPicture {
  action_id: number
  user_name: string
  company_name: string
  action_start_time: string
  url: string
  /** Null before the engine has said which fits; its template is null when none does. */
  match: { model_id: number | null; model_label: string | null; url: string | null; candidates: Candidate[] } | null
}

/** What is being read, oldest first. */
export async function readNow(): Promise<RunningPicture[]> {
  return (await get<{ running: RunningPicture[] }>('/api/console')).running
}

export interface QueueState {
  manage_size: number
  recognize_size: number
  paused: { by: string; since: string; reason: string | null } | null
}

export function queueState(): Promise<QueueState> {
  return get('/api/queue')
}

/** `passed`: the box is sure; `waiting`: for a person; `reading`: queued again; `reviewed`: a person has seen to it. */
export type InvoiceStand = 'passed' | 'waiting' | 'reading' | 'reviewed'

export type Decision = 'duplicate' | 'distinct'

export interface Invoice {
  invoice_id: number
  action_id: number
  /** Goes up with every write; whoever writes says which he saw. */
  version: number
  model_id: number | null
  /** The template's name. */
  model_label: string | null
  state: InvoiceStand
  /** As they were found when it was read; none where it was no fault. */
  reasons: Reason[]
  recognize_time: string
  invoice_url: string
  file_name: string | null
  region_list: RegionList | null
  user_name: string
  company_name: string
  /** 金额 in fen; null where it is no sum. */
  amount: number | null
  is_red: boolean
  /** Of a red invoice, the one it takes back; of that one, the red. */
  blue_of: number | null
  red_by: number | null
  void: { user_name: string; time: string; reason: string } | null
  /** In the sum of those that are confirmed. */
  counted: boolean
  duplicate: { of: number; decision: Decision | null; user_name: string | null; time: string | null } | null
  reviewed_by: string | null
  reviewed_time: string | null
  /** Why a person saved it against the checks. */
  override: string | null
}

export interface InvoiceFilter {
  q?: string
  from?: string
  to?: string
  /** 0: those that no template fits. */
  model_id?: number
  state?: InvoiceStand
  duplicate?: 0 | 1
  void?: 0 | 1
  /** In the sum of those that are confirmed. */
  counted?: 0 | 1
  /** 开票日期, both included. */
  date_from?: string
  date_to?: string
  /** In yuan, both included. */
  min?: string
  max?: string
}

export interface Sum {
  count: number
  fen: number
}

/** Of all that the filter lets through. */
export interface Sums {
  confirmed: Sum
  waiting: Sum
  duplicate: Sum
  void: Sum
  without_amount: number
}

export interface InvoicePage {
  invoices: Invoice[]
  next_cursor: string | null
  total: number
  sums: Sums
}

export function invoicePage(filter: InvoiceFilter, cursor: string | null, limit: number, signal?: AbortSignal): Promise<InvoicePage> {
  return get('/api/invoices', { ...filter, cursor: cursor ?? undefined, limit }, signal)
}

export function invoiceExport(filter: InvoiceFilter, kind: 'csv' | 'xlsx'): string {
  const query = new URLSearchParams(Object.entries(filter).map(([name, value]) => [name, String(value)]))
  return `/api/invoices/export.${kind}?${query}`
}

export async function latestInvoices(limit: number): Promise<Invoice[]> {
  return (await invoicePage({}, null, limit)).invoices
}

export interface Correction {
  time: string
  user_name: string
  pos_id: string
  old: string
  new: string
}

export interface WholeInvoice extends Invoice {
  /** The later ones that look like it, and what comes of them when this one is void. */
  later: { invoice_id: number; when_void: 'confirmed' | 'waiting' | 'duplicate' }[]
  /** The likeliest first; empty where the engine does not tell. */
  candidates: Candidate[]
  history: Correction[]
}

export function oneInvoice(id: number): Promise<WholeInvoice> {
  return get(`/api/invoices/${id}`)
}

/** What a person says of an invoice that he saw in this version. */
interface Saying {
  version: number
  /** By `pos_id`. What is said to be right, changed or not, is not overwritten when it is read again. */
  fields: Record<string, string>
  /** Why it is so although the checks say otherwise. */
  override?: string
}

export async function correctInvoice(id: number, saying: Saying): Promise<WholeInvoice> {
  return (await call<WholeInvoice>('PATCH', `/api/invoices/${id}`, { json: saying })).body
}

/** Corrections and the end of the fault in one. `absent`: the fields that the paper does not have. */
export function reviewFault(id: number, saying: Saying & { absent: string[] }): Promise<Invoice> {
  return post(`/api/faults/${id}/review`, saying)
}

/** Back to those that wait for a person. */
export function reopenFault(id: number, version: number): Promise<Invoice> {
  return post(`/api/faults/${id}/reopen`, { version })
}

/** `of`: the one that it was compared with. */
export function decideDuplicate(id: number, version: number, of: number, decision: Decision | null): Promise<Invoice> {
  return post(`/api/invoices/${id}/duplicate`, { version, of, decision })
}

export function voidInvoice(id: number, version: number, reason: string): Promise<Invoice> {
  return post(`/api/invoices/${id}/void`, { version, reason })
}

export function restoreInvoice(id: number, version: number): Promise<Invoice> {
  return post(`/api/invoices/${id}/restore`, { version })
}

/** The invoice as it is now, where a write was refused because somebody else has written meanwhile. */
export function overtakenBy(error: unknown): Invoice | null {
  if (!(error instanceof ApiError) || error.code !== 'conflict') return null
  return (error.body.invoice as Invoice | undefined) ?? null
}

export interface Check {
  pos_id: string
  err: string
}

/** What the checks say against typed values; empty where something else was refused. */
export function checksOf(error: unknown): Check[] {
  const checks = error instanceof ApiError ? error.body.checks : null
  return Array.isArray(checks) ? (checks as Check[]) : []
}

/** `open_by`: the others who have it open. */
export type Fault = Invoice & { open_by?: string[] }

export const FAULTS_A_PAGE = 20

export interface FaultPage {
  fault_num: number
  /** What the filter lets through. */
  total: number
  fault_list: Fault[]
}

export function faultPage(filter: InvoiceFilter, page: number, signal?: AbortSignal): Promise<FaultPage> {
  return get('/api/faults', { ...filter, page }, signal)
}

/** Answers how many are read again. */
export async function retryFaults(which: { invoice_ids: number[] } | ({ all: true } & InvoiceFilter)): Promise<number> {
  return (await post<{ action_id_list: number[] }>('/api/faults/retry', which)).action_id_list.length
}

/** For those who may not change what it says. */
export async function resolveFault(id: number, version: number): Promise<void> {
  await post(`/api/faults/${id}/resolve`, { version })
}

/** Tells the others that somebody looks at it; forgotten after a minute. */
export async function openFault(id: number): Promise<void> {
  await post(`/api/faults/${id}/open`)
}

export async function closeFault(id: number): Promise<void> {
  await post(`/api/faults/${id}/close`)
}
