// Invoices: the running ones, the queue, results, faults.
import { currentLocale } from '../i18n'
import { address, ApiError, at, call, get, post, type Asked } from './http'
import type * as wire from './wire'
import type { Candidates, Duplicate, Get, Invoice, Item, Lowered, OpenFault, Part, Patch, Position, Post, Reasons, RegionList, Source, Sums, WholeInvoice } from './wire'

export type { Invoice, Item, Lowered, Position, RegionList, Source, WholeInvoice }
export type RegionAnswer = RegionList[string]
export type Reason = Reasons[number]
export type Candidate = Candidates[number]
export type RunningPicture = Get['/api/console']['gives']['running'][number]
export type QueueState = Pick<Get['/api/queue']['gives'], 'manage_size' | 'recognize_size' | 'paused'>
export type QueueSizes = Omit<QueueState, 'paused'>

export function readNow(): Promise<Get['/api/console']['gives']> {
  return get('/api/console')
}

export function queueState(): Promise<QueueState> {
  return get('/api/queue')
}

/** `passed`: the box is sure; `waiting`: for a person; `reading`: queued again; `reviewed`: by a person. */
export type { State as InvoiceStand } from './wire'

export type Decision = NonNullable<Duplicate['decision']>

export type { Sums }
export type InvoiceFilter = Asked<wire.InvoiceFilter>
export type Sum = Part
export type InvoicePage = Get['/api/invoices']['gives']

export type { InvoiceOrder } from './wire'
/** What a list shows, and how. */
export type Listing = InvoiceFilter & { order?: wire.InvoiceOrder }

export function invoicePage(listing: Listing, cursor: string | null, limit: number, signal?: AbortSignal): Promise<InvoicePage> {
  return get('/api/invoices', { ...listing, cursor: cursor ?? undefined, limit }, signal)
}

/** A page's picture; `page`: of the invoice, from 1. */
export function invoicePageUrl(id: number, page: number): string {
  return `/api/invoices/${id}/page/${page}`
}

/** The file as it came. */
export function originalUrl(id: number): string {
  return at('/api/invoices/{id}/original', id).path
}

/** `zip`: the originals. */
export function invoiceExport({ order, ...filter }: Listing, columns: string[], kind: 'csv' | 'xlsx' | 'zip'): string {
  const asked = { ...filter, lang: currentLocale() }
  return kind === 'zip' ? address('/api/invoices/export.zip', asked) : address(`/api/invoices/export.${kind}`, { ...asked, order, columns })
}

/** For the invoices' history. */
export async function tellOfPrint(ids: number[]): Promise<void> {
  await post('/api/invoices/printed', { invoice_ids: ids })
}

export async function latestInvoices(limit: number): Promise<Invoice[]> {
  return (await invoicePage({}, null, limit)).invoices
}

/** On one picture. */
export const PAPERS_MAX = 20


export function oneInvoice(id: number, signal?: AbortSignal): Promise<WholeInvoice> {
  return get(at('/api/invoices/{id}', id), undefined, signal)
}

/** `version`: what the user saw. */
type Saying = Patch['/api/invoices/{id}']['takes'] & { version: number }

export async function correctInvoice(id: number, saying: Saying): Promise<WholeInvoice> {
  return (await call('PATCH', at('/api/invoices/{id}', id), { json: saying })).body
}

/** Corrects and reviews in one verb. */
export function reviewFault(id: number, saying: Saying): Promise<Invoice> {
  return post(at('/api/faults/{id}/review', id), saying)
}

/** Makes it wait for a person again. */
export function reopenFault(id: number, version: number): Promise<Invoice> {
  return post(at('/api/faults/{id}/reopen', id), { version })
}

/** `of`: the invoice it was compared with. */
export function decideDuplicate(id: number, version: number, of: number, decision: Decision | null): Promise<Invoice> {
  return post(at('/api/invoices/{id}/duplicate', id), { version, of, decision })
}

export function voidInvoice(id: number, version: number, reason: string): Promise<Invoice> {
  return post(at('/api/invoices/{id}/void', id), { version, reason })
}

export function restoreInvoice(id: number, version: number): Promise<Invoice> {
  return post(at('/api/invoices/{id}/restore', id), { version })
}

export type PapersOnPage = Get['/api/invoices/{id}/papers']['gives']

/** Which papers lie on a page of its file. */
export function papersOnPage(id: number, page: number): Promise<PapersOnPage> {
  return get(at('/api/invoices/{id}/papers', id), { page })
}

/** Has the page read anew, each paper by itself. Returns the action; what stood is void when it is read. */
export async function readPapers(id: number, saying: Post['/api/invoices/{id}/papers']['takes'] & { version: number; page: number }): Promise<number> {
  return (await post(at('/api/invoices/{id}/papers', id), saying)).action_id
}

export async function invoicesOf(action: number): Promise<Invoice[]> {
  return (await invoicePage({ action_id: action }, null, PAPERS_MAX)).invoices
}

/** If somebody else's write was first. */
export function overtakenBy(error: unknown): Invoice | null {
  if (!(error instanceof ApiError) || error.code !== 'conflict') return null
  return (error.body.invoice as Invoice | undefined) ?? null
}

export interface Check {
  pos_id: string
  err: string
}

/** Empty for other refusals. */
export function checksOf(error: unknown): Check[] {
  const checks = error instanceof ApiError ? error.body.checks : null
  return Array.isArray(checks) ? (checks as Check[]) : []
}

/** A write's answer has no `open_by`. */
export type Fault = Invoice & Partial<Pick<OpenFault, 'open_by'>>

export const FAULTS_A_PAGE = 20

export type FaultPage = Get['/api/faults']['gives']

export function faultPage(filter: InvoiceFilter, page: number, signal?: AbortSignal): Promise<FaultPage> {
  return get('/api/faults', { ...filter, page }, signal)
}

/** Returns how many are read again. */
export async function retryFaults(which: { invoice_ids: number[] } | ({ all: true } & InvoiceFilter)): Promise<number> {
  return (await post('/api/faults/retry', which)).action_id_list.length
}

/** For users who may not correct fields. */
export async function resolveFault(id: number, version: number): Promise<void> {
  await post(at('/api/faults/{id}/resolve', id), { version })
}

/** For others to see; expires after a minute. */
export async function openFault(id: number): Promise<void> {
  await post(at('/api/faults/{id}/open', id))
}

export async function closeFault(id: number): Promise<void> {
  await post(at('/api/faults/{id}/close', id))
}
