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
}

export interface DeviceFilter {
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

export function exportAddress(filter: DeviceFilter): string {
  const query = new URLSearchParams(Object.entries(filter).map(([name, value]) => [name, String(value)]))
  return `/api/devices/export.csv?${query}`
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

export async function labelsSent(serials: string[], reason: string): Promise<void> {
  await post('/api/labels/sent', { DeviceSNList: serials, ...(reason ? { reason } : {}) })
}

export type Outcome = 'printed' | 'failed' | 'unknown'
export const OUTCOMES: Outcome[] = ['printed', 'failed', 'unknown']
export type Outcomes = Record<Outcome, string[]>

export interface OutcomeAnswer {
  reqStatus: 'sucess' | 'partial'
  succeeded: string[]
  failed: Record<string, string>
}

export function tellOutcome(outcomes: Outcomes): Promise<OutcomeAnswer> {
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
}

export async function registerDevice(cpuid: string, serial: string): Promise<Registered | undefined> {
  const body: Record<string, string> = { CPUID: cpuid }
  if (serial) body.DeviceSN = serial
  const answer = await post<{ devices: Registered[] }>('/registerDevice', body)
  return answer.devices[0]
}

export interface ImportReport {
  created: number
  exists: number
  conflict: number
  errors: { line: number; err: string }[]
}

const IMPORT_TIMEOUT_MS = 30 * 60_000

export async function importDevices(file: File, signal: AbortSignal): Promise<ImportReport> {
  const form = new FormData()
  form.append('file', file, file.name)
  return (await call<ImportReport>('POST', '/api/devices/import', { form, signal, timeoutMs: IMPORT_TIMEOUT_MS })).body
}

interface Pair {
  DeviceSN: string
  CPUID: string
}

export interface Conflict extends Pair {
  conflict_id: number
  same_sn: Pair | null
  same_cpuid: Pair | null
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

export async function settleConflict(id: number, reason: string): Promise<void> {
  await post(`/api/conflicts/${id}/settle`, { reason })
}
