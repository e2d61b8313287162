// Devices, claims, labels and outcomes, conflicts, imports.
import { address, at, call, get, languageHeader, post, type Asked } from './http'
import type * as wire from './wire'
import type { Claims, Conflict, Get, Import, Pair, Post, Registration, WholeDevice } from './wire'

export const LIVE_LIST = '/socketNoPrint' satisfies keyof Get
export const LIVE_CLAIMS = '/api/labels/claims/socket' satisfies keyof Get
/** The box's limit per request. */
export const LABELS_AT_ONCE = 1000
/** The box's limit for one page. */
export const DEVICES_PAGE = 1000

export type DeviceFilter = Asked<wire.DeviceFilter>
export type { Claims, Conflict, Device, Label as LabelState, Other, Pair } from './wire'
export type DevicePage = Get['/api/devices']['gives']
export type Order = NonNullable<DeviceFilter['order']>

export function listDevices(
  filter: DeviceFilter,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<DevicePage> {
  return get('/api/devices', { ...filter, cursor: cursor ?? undefined, limit }, signal)
}

export function exportAddress(filter: DeviceFilter, kind: 'csv' | 'xlsx'): string {
  return address(`/api/devices/export.${kind}`, filter)
}

export function unprintedNow(): Promise<{ DeviceSNList: string[] }> {
  return get('/searchNoPrint')
}

export function claimsNow(): Promise<{ claims: Claims }> {
  return get('/api/labels/claims')
}

export type DeviceHistory = Get['/api/devices/{sn}/history']['gives']
export type Print = DeviceHistory['prints'][number]

export async function deviceHistory(serial: string): Promise<DeviceHistory | null> {
  const { status, body } = await call('GET', at('/api/devices/{sn}/history', serial), { accept: [404] })
  return status === 404 ? null : body
}

export type { WholeDevice as DeviceDetail }
/** Other than prints. */
export type DeviceEvent = WholeDevice['history'][number]

const ONE = '/api/devices/{sn}'

/** Null: never existed. */
export async function readDevice(serial: string): Promise<WholeDevice | null> {
  const { status, body } = await call('GET', at(ONE, serial), { accept: [404] })
  return status === 404 ? null : body
}

/** `seen`: the CPUID shown; 409 if changed. */
export async function correctCpuid(serial: string, cpuid: string, reason: string, seen: string): Promise<void> {
  await call('PATCH', at(ONE, serial), { json: { CPUID: cpuid, reason, seen } })
}

export async function retireDevice(serial: string, reason: string, seen: string): Promise<void> {
  await call('DELETE', at(ONE, serial), { json: { reason, seen } })
}

export async function markPrinted(serials: string[]): Promise<void> {
  await post('/switchPrintStatus', { DeviceSNList: serials })
}

/** `seen`: the print count shown; 409 if changed. */
export async function notPrinted(serial: string, reason: string, seen: number): Promise<void> {
  await post('/switchPrintStatus', { DeviceSNList: [serial], status: 0, reason, seen: { [serial]: seen } })
}

export type Claim = Claims[string]

export function claimLabels(serials: string[]): Promise<{ claimed: string[]; taken: Claims }> {
  return post('/api/labels/claims', { DeviceSNList: serials })
}

export async function releaseLabels(serials: string[]): Promise<void> {
  await post('/api/labels/claims/release', { DeviceSNList: serials })
}

/** The request outlives a closing page. */
export function releaseLabelsLeaving(serials: string[]): void {
  void fetch('/api/labels/claims/release', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...languageHeader() },
    body: JSON.stringify({ DeviceSNList: serials }),
    credentials: 'same-origin',
    keepalive: true,
  }).catch(() => {})
}

/** `seen`: how often each had been sent when drawn. 409 if sent since, claimed by others or corrected. */
export async function labelsSent(devices: Pair[], reason: string, seen: Record<string, number>): Promise<void> {
  await post('/api/labels/sent', { devices, seen, ...(reason ? { reason } : {}) })
}

export type Outcome = 'printed' | 'failed' | 'unknown'
export const OUTCOMES: Outcome[] = ['printed', 'failed', 'unknown']
export type Outcomes = Record<Outcome, string[]>

export type OutcomeAnswer = Required<Post['/api/labels/outcome']['gives']>

/** CPUIDs where known: 409 if corrected. */
export function tellOutcome(outcomes: Record<Outcome, (Pair | string)[]>): Promise<OutcomeAnswer> {
  return post('/api/labels/outcome', outcomes) as Promise<OutcomeAnswer>
}

export type Registered = Registration

export async function registerDevice(cpuid: string, serial: string): Promise<Registered | undefined> {
  return (await post('/registerDevice', { CPUID: cpuid, ...(serial ? { DeviceSN: serial } : {}) })).devices[0]
}

/** `import_id`: absent in a preview. */
export type ImportReport = Post['/api/devices/import']['gives']
export type PastImport = Import

export async function listImports(): Promise<PastImport[]> {
  return (await get('/api/imports')).imports
}

export async function undoImport(id: number): Promise<void> {
  await call('POST', at('/api/imports/{id}/undo', id), { timeoutMs: IMPORT_TIMEOUT_MS })
}

const IMPORT_TIMEOUT_MS = 30 * 60_000

/** `preview`: nothing is written. */
export async function importDevices(file: File, preview: boolean, signal: AbortSignal): Promise<ImportReport> {
  const form = new FormData()
  form.append('file', file, file.name)
  return (await call('POST', '/api/devices/import', { form, query: { preview: preview ? 1 : undefined }, signal, timeoutMs: IMPORT_TIMEOUT_MS })).body
}

export async function listConflicts(all: boolean): Promise<Conflict[]> {
  return (await get('/api/conflicts', { all: all ? 1 : 0 })).conflicts
}

/** `replace`: the device gets the conflict's CPUID; `seen`: the one shown. */
export async function settleConflict(id: number, reason: string, decision: 'keep' | 'replace', seen?: string): Promise<void> {
  await post(at('/api/conflicts/{id}/settle', id), { reason, decision, ...(seen ? { seen } : {}) })
}
