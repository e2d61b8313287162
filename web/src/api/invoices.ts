// The invoice line over HTTP: what is being read, what waits, what was read, what went wrong.
import { call, get, post } from './http'

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

export interface Invoice {
  invoice_id: number
  action_id: number
  model_id: number | null
  is_fault: 0 | 1 | boolean
  reason: string | null
  recognize_time: string
  invoice_url: string
  region_list: RegionList | null
  user_name: string
  company_name: string
  /** The earliest other one of the same picture, or the same code and number. */
  duplicate_of: number | null
  /** What a person did about the fault. */
  settled: 'resolved' | 'retried' | null
}

export interface InvoiceFilter {
  q?: string
  from?: string
  to?: string
  /** 0: those that no template fits. */
  model_id?: number
  fault?: 0 | 1
  duplicate?: 0 | 1
}

export interface InvoicePage {
  invoices: Invoice[]
  next_cursor: string | null
  total: number
  /** Of all that the filter lets through, and how many of them have one. */
  amount: { sum: string; invoices: number }
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
  /** The likeliest first; empty where the engine does not tell. */
  candidates: Candidate[]
  history: Correction[]
}

export function oneInvoice(id: number): Promise<WholeInvoice> {
  return get(`/api/invoices/${id}`)
}

/** By `pos_id`. What is said to be right, changed or not, is not overwritten when it is read again. */
export async function correctInvoice(id: number, fields: Record<string, string>): Promise<WholeInvoice> {
  return (await call<WholeInvoice>('PATCH', `/api/invoices/${id}`, { json: { fields } })).body
}

export type Fault = Omit<Invoice, 'is_fault' | 'duplicate_of' | 'settled'>

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

export async function resolveFault(invoice: number): Promise<void> {
  await post(`/api/faults/${invoice}/resolve`)
}
