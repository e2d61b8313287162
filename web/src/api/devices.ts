// The label line: devices, what is not printed yet, claims, labels sent and what came of them, conflicts, import.
import { call, get, languageHeader, post } from './http'

export const LIVE_LIST = '/socketNoPrint'
export const LIVE_CLAIMS = '/api/labels/claims/socket'
/** The box takes no more serials in one claim, `sent`, `outcome` or `printQRCode`. */
export const LABELS_AT_ONCE = 1000
/** And gives no more devices in one page of a list. */
export const DEVICES_PAGE = 1000

export type LabelState = 'new' | 'sent' | 'printed' | 'failed' | 'unknown'

export interface Device {
  DeviceSN: string
  CPUID: string
  register_time: string
  status: 0 | 1
  print_count: number
  /** Labels that were sent or said to have come out, whatever became of them. */
  sent_count: number
  label: LabelState
  /** Of labels on their way to a printer that nobody has answered for. */
  sent_by?: string
  sent_time?: string
  retired?: boolean
}

export interface DevicePage {
  devices: Device[]
  next_cursor: string | null
  total: number
  /** Nothing else was found, and these were called exactly so. */
  retired?: Device[]
}

export type Order = 'oldest' | 'newest'

export interface DeviceFilter {
  order?: Order
  printed?: 0 | 1
  from?: string
  to?: string
  q?: string
}

export function listDevices(
  filter: DeviceFilter,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<DevicePage> {
  return get('/api/devices', { ...filter, cursor: cursor ?? undefined, limit }, signal)
}

export function exportAddress(filter: DeviceFilter, kind: 'csv' | 'xlsx'): string {
  const query = new URLSearchParams(Object.entries(filter).map(([name, value]) => [name, String(value)]))
  return `/api/devices/export.${kind}?${query}`
}

/** What the live list says, asked for. */
export function unprintedNow(): Promise<{ DeviceSNList: string[] }> {
  return get('/searchNoPrint')
}

export function claimsNow(): Promise<{ claims: Claims }> {
  return get('/api/labels/claims')
}

export interface Print {
  time: string
  user_name: string
  user_ip: string
  reason: string
  outcome: LabelState
}

export interface DeviceHistory {
  device: Device
  prints: Print[]
}

/** Null: there is no such device. */
export async function deviceHistory(serial: string): Promise<DeviceHistory | null> {
  const path = `/api/devices/${encodeURIComponent(serial)}/history`
  const { status, body } = await call<DeviceHistory>('GET', path, { accept: [404] })
  return status === 404 ? null : body
}

/** What became of a device, besides its labels' prints. */
export interface DeviceEvent {
  time: string
  user_name: string
  what: 'registered' | 'cpuid' | 'retired' | 'sent' | 'printed' | 'failed' | 'unknown' | 'unprinted'
  from: string | null
  to: string | null
  reason: string | null
}

export interface DeviceDetail extends Device {
  retired: boolean
  /** Newest first. */
  history: DeviceEvent[]
}

/** Null: there never was such a device. */
export async function readDevice(serial: string): Promise<DeviceDetail | null> {
  const { status, body } = await call<DeviceDetail>('GET', pathOf(serial), { accept: [404] })
  return status === 404 ? null : body
}

function pathOf(serial: string): string {
  return `/api/devices/${encodeURIComponent(serial)}`
}

/** `seen`: the CPUID that was shown; 409 where it is another one by now. */
export async function correctCpuid(serial: string, cpuid: string, reason: string, seen: string): Promise<void> {
  await call('PATCH', pathOf(serial), { json: { CPUID: cpuid, reason, seen } })
}

/** The same. */
export async function retireDevice(serial: string, reason: string, seen: string): Promise<void> {
  await call('DELETE', pathOf(serial), { json: { reason, seen } })
}

export async function markPrinted(serials: string[]): Promise<void> {
  await post('/switchPrintStatus', { DeviceSNList: serials })
}

/** It was marked as printed, and is not. `seen`: how often it was shown to be printed; 409 where more came out since. */
export async function notPrinted(serial: string, reason: string, seen: number): Promise<void> {
  await post('/switchPrintStatus', { DeviceSNList: [serial], status: 0, reason, seen: { [serial]: seen } })
}

export interface Claim {
  user_id: number
  user_name: string
  until: string
}

export type Claims = Record<string, Claim>

export function claimLabels(serials: string[]): Promise<{ claimed: string[]; taken: Claims }> {
  return post('/api/labels/claims', { DeviceSNList: serials })
}

export async function releaseLabels(serials: string[]): Promise<void> {
  await post('/api/labels/claims/release', { DeviceSNList: serials })
}

/** For a page that is about to go: the request outlives it. */
export function releaseLabelsLeaving(serials: string[]): void {
  void fetch('/api/labels/claims/release', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...languageHeader() },
    body: JSON.stringify({ DeviceSNList: serials }),
    credentials: 'same-origin',
    keepalive: true,
  }).catch(() => {})
}

/** `seen`: how often each had been sent when it was drawn. 409 where one was sent since, is somebody else's, or is not called so any more. */
export async function labelsSent(devices: Pair[], reason: string, seen: Record<string, number>): Promise<void> {
  await post('/api/labels/sent', { devices, seen, ...(reason ? { reason } : {}) })
}

export type Outcome = 'printed' | 'failed' | 'unknown'
export const OUTCOMES: Outcome[] = ['printed', 'failed', 'unknown']
export type Outcomes = Record<Outcome, string[]>

export interface OutcomeAnswer {
  reqStatus: 'sucess' | 'partial'
  succeeded: string[]
  failed: Record<string, 'not_found' | 'changed' | 'answered'>
}

/** With what the labels say, where it is known: 409 where a device is not called so any more. */
export function tellOutcome(outcomes: Record<Outcome, (Pair | string)[]>): Promise<OutcomeAnswer> {
  return post('/api/labels/outcome', outcomes)
}

/** Serial to the base64 of a PNG. */
export function qrPictures(serials: string[]): Promise<Record<string, string>> {
  return post('/printQRCode', { DeviceSNList: serials })
}

export interface Registered {
  DeviceSN: string
  CPUID: string
  status: 'created' | 'exists' | 'conflict'
  with?: Other
}

export async function registerDevice(cpuid: string, serial: string): Promise<Registered | undefined> {
  const body: Record<string, string> = { CPUID: cpuid }
  if (serial) body.DeviceSN = serial
  const answer = await post<{ devices: Registered[] }>('/registerDevice', body)
  return answer.devices[0]
}

export interface ImportReport {
  rows?: number
  created: number
  exists: number
  conflict: number
  errors: { line: number; err: string }[]
  warnings?: { line: number; warning: string }[]
  conflicts?: { line: number; DeviceSN: string; CPUID: string; with: Other }[]
  unused_columns?: string[]
  encoding?: string
  separator?: string
  /** Of a workbook: the one that was read. */
  sheet?: string
  /** Of what was written; a preview has none. */
  import_id?: number
}

export interface PastImport {
  import_id: number
  time: string
  user_name: string
  file: string
  created: number
  undone: boolean
  can_undo: boolean
  why: string | null
}

export async function listImports(): Promise<PastImport[]> {
  return (await get<{ imports: PastImport[] }>('/api/imports')).imports
}

export async function undoImport(id: number): Promise<void> {
  await call('POST', `/api/imports/${id}/undo`, { timeoutMs: IMPORT_TIMEOUT_MS })
}

const IMPORT_TIMEOUT_MS = 30 * 60_000

/** `preview`: what it would do, and nothing is written. */
export async function importDevices(file: File, preview: boolean, signal: AbortSignal): Promise<ImportReport> {
  const form = new FormData()
  form.append('file', file, file.name)
  return (await call<ImportReport>('POST', '/api/devices/import', { form, query: { preview: preview ? 1 : undefined }, signal, timeoutMs: IMPORT_TIMEOUT_MS })).body
}

export interface Pair {
  DeviceSN: string
  CPUID: string
}

/** Whom a registration contradicts. */
export interface Other extends Pair {
  retired?: boolean
}

export interface Conflict extends Pair {
  /** Twins: two devices of an older store that are one, now that CPUIDs are compared without case and 0x. */
  kind?: 'registration' | 'twins'
  conflict_id: number
  same_sn: Other | null
  same_cpuid: Other | null
  first_time: string
  last_time: string
  times: number
  user_name: string
  user_ip: string
  settled: { time: string; user_name: string; reason: string } | null
}

export async function listConflicts(all: boolean): Promise<Conflict[]> {
  return (await get<{ conflicts: Conflict[] }>('/api/conflicts', { all: all ? 1 : 0 })).conflicts
}

/** `replace`: the device of that serial has the conflict's CPUID from now on; `seen` is the one that was shown of it. */
export async function settleConflict(id: number, reason: string, decision: 'keep' | 'replace', seen?: string): Promise<void> {
  await post(`/api/conflicts/${id}/settle`, { reason, decision, ...(seen ? { seen } : {}) })
}
