// What is not printed yet, live, and what is known of those devices besides their serials.
import { computed, ref, shallowRef } from 'vue'
import { LIVE_LIST, listDevices, type Device } from '../api/devices'
import { LiveSocket } from '../api/socket'
import { hideLink, showLink } from './links'

const PAGE = 1000
/** The box speaks every 20 s at the latest. */
const SILENCE_MS = 45_000
const FRESH_MS = 6_000

/** Oldest first; null until the box has said it. */
export const serials = shallowRef<string[] | null>(null)
export const heardAt = ref<Date | null>(null)
/** Those that came while the page was open, for a moment. */
export const fresh = shallowRef<ReadonlySet<string>>(new Set())

const details = shallowRef<ReadonlyMap<string, Device>>(new Map())

export interface Row {
  serial: string
  cpuid: string
  time: string
}

export const rows = computed<Row[]>(() =>
  (serials.value ?? []).map((serial) => {
    const device = details.value.get(serial)
    return { serial, cpuid: device?.CPUID ?? '', time: device?.register_time ?? '' }
  }),
)

function receive(list: string[]): void {
  const before = serials.value
  heardAt.value = new Date()
  if (before && before.length === list.length && before.every((serial, i) => serial === list[i])) return
  serials.value = list
  if (before) markFresh(before, list)
  void learn()
}

function markFresh(before: string[], now: string[]): void {
  const old = new Set(before)
  const added = now.filter((serial) => !old.has(serial))
  if (!added.length) return
  fresh.value = new Set([...fresh.value, ...added])
  window.setTimeout(() => {
    const gone = new Set(added)
    fresh.value = new Set([...fresh.value].filter((serial) => !gone.has(serial)))
  }, FRESH_MS)
}

let learning = false

/** Asks for CPU ids and times of those not known yet; without an answer the serials stand alone. */
async function learn(): Promise<void> {
  if (learning) return
  learning = true
  try {
    // First only what registered since; then everything, for older ones that were set back to unprinted.
    for (const from of details.value.size ? [newestKnown(), undefined] : [undefined]) {
      if ((serials.value ?? []).every((serial) => details.value.has(serial))) break
      await learnPages(from)
    }
  } catch {
    // Tried again with the next change.
  } finally {
    learning = false
  }
}

function newestKnown(): string | undefined {
  let newest: string | undefined
  for (const { register_time: time } of details.value.values()) {
    if (time && (newest === undefined || time > newest)) newest = time
  }
  return newest
}

async function learnPages(from: string | undefined): Promise<void> {
  const present = new Set(serials.value)
  const known = new Map([...details.value].filter(([serial]) => present.has(serial)))
  let cursor: string | null = null
  do {
    const page = await listDevices({ printed: 0, ...(from ? { from } : {}) }, cursor, PAGE)
    for (const device of page.devices) known.set(device.DeviceSN, device)
    cursor = page.next_cursor
  } while (cursor)
  details.value = known
}

const socket = new LiveSocket({
  path: LIVE_LIST,
  silenceMs: SILENCE_MS,
  onMessage: (message) => {
    const list = (message as { DeviceSNList?: unknown }).DeviceSNList
    if (Array.isArray(list)) receive(list.map(String))
  },
})

export const liveState = socket.state

export function startUnprinted(): () => void {
  socket.start()
  showLink('unprinted', { state: socket.state, retry: socket.retryNow })
  return () => {
    socket.stop()
    hideLink('unprinted')
    serials.value = null
    details.value = new Map()
    fresh.value = new Set()
  }
}
