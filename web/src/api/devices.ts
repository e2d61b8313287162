// The label line: devices, what is not printed yet, pictures of QR codes, marking as printed.
import { ApiError, call, get, post } from './http'

export const LIVE_LIST = '/socketNoPrint'
/** The box takes no more serials in one `printQRCode`. */
export const QR_BATCH = 1000

export interface Device {
  DeviceSN: string
  CPUID: string
  /** These three are left out by a box that has the old search only. */
  register_time?: string
  status?: 0 | 1
  print_count?: number
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

let hasList = true

export async function listDevices(
  filter: DeviceFilter,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<DevicePage> {
  if (hasList) {
    try {
      return await get<DevicePage>('/api/devices', { ...filter, cursor: cursor ?? undefined, limit }, signal)
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error
      hasList = false
    }
  }
  return oldSearch(filter)
}

/** The interface document's search: one exact serial, or all of a time. It knows no state, so that filter does not count. */
async function oldSearch({ q, from, to }: DeviceFilter): Promise<DevicePage> {
  let devices: Device[] = []
  if (q) {
    const json = { condition: 'DeviceSN', DeviceSN: q }
    const { status, body } = await call<Device>('POST', '/search', { json, accept: [404] })
    if (status !== 404) devices = [body]
  } else if (from && to) {
    const found = await post<Record<string, string>>('/search', { condition: 'Time', startTime: from, endTime: to })
    devices = Object.entries(found).map(([DeviceSN, CPUID]) => ({ DeviceSN, CPUID }))
  }
  return { devices, next_cursor: null, total: devices.length }
}

/** Serial to the base64 of a PNG. */
export function qrPictures(serials: string[]): Promise<Record<string, string>> {
  return post('/printQRCode', { DeviceSNList: serials })
}

export interface MarkAnswer {
  reqStatus: 'sucess' | 'partial' | 'error'
  succeeded?: string[]
  failed?: Record<string, string>
}

export function markPrinted(serials: string[]): Promise<MarkAnswer> {
  return post('/switchPrintStatus', { DeviceSNList: serials })
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
