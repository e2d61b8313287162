// Live: the unprinted devices, and their details.
import { computed, ref, shallowRef, watch } from 'vue'
import { DEVICES_PAGE, LIVE_LIST, listDevices, unprintedNow, type Device, type DeviceFilter, type LabelState } from '../api/devices'
import { LiveSocket } from '../api/socket'
import { whenClaimsChange } from './claims'
import { hideLink, showLink } from './links'

/** The box sends at least every 20 s. */
const SILENCE_MS = 45_000
const FRESH_MS = 6_000
/** The list has no label states; claims hint at changes, this catches the rest. */
const RELEARN_MS = 120_000
const GATHER_MS = 150
/** After news that names what is new. */
const REST_MS = 1_000
/** Of the time, for a long list: at most a fifth. */
const REST_TIMES = 4
/** After details could not be fetched. */
const RETRY_MS = 3_000
/** The box repeats itself after 20 s. */
const NEWS_MS = 19_000

export interface DeviceRow {
  serial: string
  cpuid: string
  time: string
  label: LabelState
  count: number
  sent: number
  printed: boolean
  sentBy?: string | null
  sentTime?: string | null
}

/** A label to ask about: its text, and who sent it when. */
export type AskedLabel = Pick<DeviceRow, 'serial' | 'cpuid' | 'sentBy' | 'sentTime'>

export function rowOf(device: Device): DeviceRow {
  return {
    serial: device.DeviceSN,
    cpuid: device.CPUID,
    time: device.register_time,
    label: device.label,
    count: device.print_count,
    sent: device.sent_count,
    printed: device.status === 1,
    sentBy: device.sent_by,
    sentTime: device.sent_time,
  }
}

/** Its last label has no answer yet, even if it was a reprint. */
export function isOpen(row: DeviceRow): boolean {
  return row.label === 'sent' || (row.label !== 'unknown' && Boolean(row.sentBy))
}

/** Oldest first; null until known. */
export const serials = shallowRef<string[] | null>(null)
export const heardAt = ref<Date | null>(null)
/** Came while the page was open. */
export const fresh = shallowRef<ReadonlySet<string>>(new Set())

/** They could not be fetched: then only serials are known. */
export const detailsMissing = ref(false)
const details = shallowRef<ReadonlyMap<string, DeviceRow>>(new Map())

export const rows = computed<DeviceRow[]>(() =>
  (serials.value ?? []).map(
    (serial) => details.value.get(serial) ?? { serial, cpuid: '', time: '', label: 'new', count: 0, sent: 0, printed: false },
  ),
)

/** Counts all messages: devices may change while the serials stay. */
export const heard = ref(0)
/** Counts only certain changes. */
export const news = ref(0)

function receive(list: string[]): void {
  const before = serials.value
  const isSoon = heardAt.value !== null && Date.now() - heardAt.value.getTime() < NEWS_MS
  heardAt.value = new Date()
  const isSame = before !== null && before.length === list.length && before.every((serial, i) => serial === list[i])
  if (before) {
    heard.value += 1
    if (isSoon || !isSame) news.value += 1
    relearnSoon(isSame ? 0 : REST_MS)
  }
  if (isSame) return
  serials.value = list
  if (before) markFresh(before, list)
  want('new')
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

/** Unknown devices, everything, or a few that changed. */
let wantsAll = false
let wantsNew = false
let wantsOf = new Set<string>()
let learning = false
let wake = 0
let relearning = 0
let took = 0

function relearnSoon(ms: number): void {
  if (relearning) return
  relearning = window.setTimeout(
    () => {
      relearning = 0
      want('all')
    },
    Math.max(ms, REST_TIMES * took),
  )
}

function want(what: 'all' | 'new' | string[]): void {
  if (what === 'all') wantsAll = true
  else if (what === 'new') wantsNew = true
  else for (const serial of what) wantsOf.add(serial)
  window.clearTimeout(wake)
  wake = window.setTimeout(() => void learn(), details.value.size ? GATHER_MS : 0)
}

export function refreshLabels(changed: string[]): void {
  want(changed)
}

async function learn(): Promise<void> {
  if (learning) return
  learning = true
  try {
    while (wantsAll || wantsNew || wantsOf.size) {
      const of = wantsOf
      wantsOf = new Set()
      if (wantsAll || !details.value.size) {
        wantsAll = wantsNew = false
        const began = performance.now()
        await learnPages({}, true)
        took = performance.now() - began
      } else if (wantsNew) {
        wantsNew = false
        await learnNew()
      }
      await learnAgain(of)
    }
    detailsMissing.value = false
  } catch {
    // Nobody waits for them any more.
    if (!serials.value) return
    detailsMissing.value = true
    window.clearTimeout(wake)
    wake = window.setTimeout(() => want('all'), RETRY_MS)
  } finally {
    learning = false
  }
}

/** New ones first; then everything, for devices set back to unprinted. */
async function learnNew(): Promise<void> {
  const missing = () => (serials.value ?? []).some((serial) => !details.value.has(serial))
  if (!missing()) return
  const newest = newestKnown()
  if (newest) await learnPages({ from: newest }, false)
  if (missing()) await learnPages({}, true)
}

function newestKnown(): string | undefined {
  let newest: string | undefined
  for (const { time } of details.value.values()) if (newest === undefined || time > newest) newest = time
  return newest
}

/** Labels printed together were mostly registered together. */
async function learnAgain(changed: ReadonlySet<string>): Promise<void> {
  const times = [...changed].flatMap((serial) => details.value.get(serial)?.time ?? []).sort()
  const [from, to] = [times[0], times.at(-1)]
  if (from && to) await learnPages({ from, to }, false)
}

async function learnPages(filter: DeviceFilter, afresh: boolean): Promise<void> {
  const learnt = new Map(afresh ? [] : details.value)
  let cursor: string | null = null
  do {
    const page = await listDevices({ printed: 0, ...filter }, cursor, DEVICES_PAGE)
    for (const device of page.devices) learnt.set(device.DeviceSN, rowOf(device))
    cursor = page.next_cursor
    // A long list fills in as it loads.
    if (cursor && afresh && !details.value.size) details.value = new Map(learnt)
  } while (cursor)
  const present = new Set(serials.value)
  details.value = new Map([...learnt].filter(([serial]) => present.has(serial)))
}

const socket = new LiveSocket({
  path: LIVE_LIST,
  silenceMs: SILENCE_MS,
  ask: unprintedNow,
  onMessage: (message) => {
    const list = (message as { DeviceSNList?: unknown }).DeviceSNList
    if (Array.isArray(list)) receive(list.map(String))
  },
})

export const liveState = socket.state

watch(socket.state, (now, before) => {
  if ((now === 'open' || now === 'blocked') && before !== 'connecting') want('all')
})

export function startUnprinted(): () => void {
  socket.start()
  showLink('unprinted', { state: socket.state, retry: socket.retryNow })
  whenClaimsChange(refreshLabels)
  const again = window.setInterval(() => {
    if (document.visibilityState === 'visible') want('all')
  }, RELEARN_MS)
  return () => {
    socket.stop()
    hideLink('unprinted')
    whenClaimsChange(() => {})
    window.clearInterval(again)
    window.clearTimeout(wake)
    window.clearTimeout(relearning)
    relearning = took = 0
    serials.value = null
    detailsMissing.value = false
    details.value = new Map()
    fresh.value = new Set()
  }
}
