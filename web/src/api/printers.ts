// The box's label printers and what they are asked to print.
import { at, call, get, post } from './http'
import type { Fate, Get, Pair, Post, Printer, PrinterState, PrintJob } from './wire'

export type { Fate, Printer, PrinterState, PrintJob }
export type PrinterSettings = Post['/api/printers']['takes']
export type PrintJobDetail = Get['/api/print/{id}']['gives']

export const LIVE_PRINTERS = '/api/printers/socket'
/** In one job. */
export const JOB_LABELS_MAX = 1000
/** Of all copies. */
export const JOB_OUT_MAX = 5000

const AGENT = 'agent://'
/** Of a printer on a computer's USB, the computer's name. */
export function stationOf({ address }: Pick<Printer, 'address'>): string | null {
  return address.startsWith(AGENT) ? address.slice(AGENT.length) : null
}
export function atStation(name: string): string {
  return name.startsWith(AGENT) ? name : AGENT + name
}

const ONE = '/api/printers/{id}'

export async function listPrinters(): Promise<Printer[]> {
  return (await get('/api/printers')).printers
}

export function addPrinter(settings: PrinterSettings): Promise<Printer> {
  return post('/api/printers', settings)
}

export async function changePrinter(id: number, settings: PrinterSettings): Promise<Printer> {
  return (await call('PATCH', at(ONE, id), { json: settings })).body
}

export async function deletePrinter(id: number): Promise<void> {
  await call('DELETE', at(ONE, id))
}

/** A label with a ruler; it comes out when the printer can. */
export async function printTest(id: number): Promise<void> {
  await post(at('/api/printers/{id}/test', id))
}

/** Newest first: all that are not over, and the last of the others. */
export async function listJobs(ended: number): Promise<PrintJob[]> {
  return (await get('/api/print', { limit: ended })).jobs
}

export function readJob(id: number): Promise<PrintJobDetail> {
  return get(at('/api/print/{id}', id))
}

/** `seen`: how often each had been sent when this was decided. 400 at `reason` if one is needed, 409 if all of it can't be printed now. */
export async function printLabels(id: number, labels: (Pair | string)[], copies: number, reason: string, seen: Record<string, number>): Promise<number> {
  return (await post('/api/print', { printer_id: id, DeviceSNList: labels, copies, seen, ...(reason ? { reason } : {}) })).job_id
}

export async function cancelJob(id: number): Promise<void> {
  await post(at('/api/print/{id}/cancel', id))
}
