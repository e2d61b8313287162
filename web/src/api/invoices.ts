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

export interface RunningPicture {
  action_id: number
  user_id: number
  user_name: string
  company_name: string
  action_start_time: string
  url: string
}

/** Null when nothing is being read. */
export async function openConsole(): Promise<RunningPicture | null> {
  const answer = await post<Partial<RunningPicture>>('/invoice/openConsole')
  return answer.action_id === undefined ? null : (answer as RunningPicture)
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
}

export async function latestInvoices(limit: number): Promise<Invoice[]> {
  return (await get<{ invoices: Invoice[] }>('/api/invoices', { limit })).invoices
}

export function oneInvoice(id: number): Promise<Invoice> {
  return get(`/api/invoices/${id}`)
}

export interface FaultPage {
  fault_num: number
  fault_list: Omit<Invoice, 'is_fault'>[]
}

export function faultPage(page: number): Promise<FaultPage> {
  return post('/invoice/getFaultQueue', { page })
}

export function retryFault(invoice: number): Promise<unknown> {
  return post(`/api/faults/${invoice}/retry`)
}

export async function resolveFault(invoice: number): Promise<void> {
  await call('POST', `/api/faults/${invoice}/resolve`)
}
