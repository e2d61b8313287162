// What the console shows: the picture being read, area by area, and the last few that were finished.
import { computed, reactive, ref, shallowRef, watch } from 'vue'
import {
  latestInvoices,
  oneInvoice,
  queueState,
  readNow,
  type Candidate,
  type Invoice,
  type QueueState,
  type Reason,
  type RegionList,
} from '../api/invoices'
import { MESSAGES, type Message } from '../api/wire'
import { i18n } from '../i18n'
import { isFromCode, regionsFrom, type Region } from '../lib/regions'
import { catchUpOnReading, listen, watchedPage, whenFeedOpens } from './feed'
import { can } from './session'

export interface MatchedTemplate {
  id: number | null
  label: string
  /** Its picture; empty where nobody has told it. */
  url: string
}

export interface Reading {
  action: number
  url: string
  userName: string
  companyName: string
  time: string
  done: boolean
  /** Undefined until the engine has said which fits, null when none does. */
  template: MatchedTemplate | null | undefined
  /** The templates it was chosen from, the likeliest first; null until they are asked for. */
  candidates: Candidate[] | null
  regions: Region[]
  invoice: number | null
  fault: boolean
  /** The engine's, in the interface's sentence. */
  trouble: string | null
  /** Why people have to look at it. */
  reasons: Reason[]
}

const KEPT = 12

/** What is followed: the one that began first of those that are being read, else the last that ended. */
export const current = ref<Reading | null>(null)
/** Several engines read several at once. */
const running = reactive(new Map<number, Reading>())
export const readings = computed(() => [...running.values()])
export const finished = ref<Reading[]>([])
/** The action of a finished one that somebody looks at; null follows what is being read. */
export const pinned = ref<number | null>(null)
export const queues = shallowRef<QueueState | null>(null)

export const shown = computed<Reading | null>(
  () => finished.value.find((reading) => reading.action === pinned.value) ?? current.value,
)

function begin(fields: Pick<Reading, 'action' | 'url' | 'userName' | 'companyName' | 'time'>): void {
  const reading = reactive<Reading>({
    ...fields,
    done: false,
    template: undefined,
    candidates: null,
    regions: [],
    invoice: null,
    fault: false,
    trouble: null,
    reasons: [],
  })
  running.set(fields.action, reading)
  if (!current.value || current.value.done || current.value.action === fields.action) current.value = reading
}

function keep(reading: Reading): void {
  finished.value = [reading, ...finished.value.filter((other) => other.action !== reading.action)].slice(0, KEPT)
}

function regionOf(reading: Reading, posId: string): Region {
  let region = reading.regions.find((r) => r.posId === posId)
  if (!region) {
    region = { posId, position: null, text: null, probability: null, fromCode: false }
    reading.regions.push(region)
    // The array's own, so that later changes are seen.
    region = reading.regions[reading.regions.length - 1]!
  }
  return region
}

function merge(reading: Reading, list: RegionList | null | undefined): void {
  for (const found of regionsFrom(list)) {
    const region = regionOf(reading, found.posId)
    region.position = found.position ?? region.position
    region.text = found.text ?? region.text
    region.probability = found.probability ?? region.probability
    region.fromCode = found.fromCode
  }
}

type Told<Id extends Message['msg_id']> = Extract<Message, { msg_id: Id }>

function templateArrived(reading: Reading, { status, id, model_label, url }: Told<typeof MESSAGES.matched>): void {
  reading.template = status === -1 ? null : { id, label: model_label ?? '', url: url ?? '' }
}

/** Of those that are being read: which template fits, and why. The message that tells it has no room for the reasons. */
async function askWhy(): Promise<void> {
  for (const { action_id, match } of await readNow().catch(() => [])) {
    const reading = running.get(action_id)
    if (!reading || !match) continue
    reading.template = match.model_id === null ? null : { id: match.model_id, label: match.model_label ?? '', url: match.url ?? '' }
    reading.candidates = match.candidates
  }
}

/** Of one that has ended; the stored invoice knows. */
async function askStored(reading: Reading): Promise<void> {
  if (reading.invoice === null || !can('invoice-r')) return
  const stored = await oneInvoice(reading.invoice).catch(() => null)
  const kept = finished.value.find((other) => other.action === reading.action)
  // Read again meanwhile, it tells of that.
  if (!stored || !kept || stored.action_id !== kept.action) return
  kept.candidates = stored.candidates
  // The message that it ended names no reason for a fault.
  kept.reasons = stored.reasons
}

async function end(reading: Reading, message: Told<typeof MESSAGES.recognised>): Promise<void> {
  merge(reading, message.region_list)
  reading.done = true
  reading.invoice = message.invoice_id
  reading.fault = message.is_fault === 1 || message.status === -1
  reading.trouble = message.err ?? null
  keep(reading)
  running.delete(reading.action)
  const [next] = running.values()
  if (next && current.value?.action === reading.action) current.value = next
  if (reading.candidates === null || (reading.fault && !reading.trouble)) await askStored(reading)
}

/** Every 203 of the same action is a new try, which starts again from nothing. */
let starts = 0

function read(message: Message): void {
  if (message.msg_id === MESSAGES.started) {
    starts += 1
    begin({
      action: message.action_id,
      url: message.url,
      userName: message.user_name,
      companyName: message.company_name,
      time: message.action_start_time,
    })
    void refreshQueues()
    return
  }
  const reading = 'action_id' in message && message.action_id !== null ? running.get(message.action_id) : undefined
  if (!reading) return
  switch (message.msg_id) {
    case MESSAGES.matched:
      templateArrived(reading, message)
      void askWhy()
      break
    case MESSAGES.found:
      regionOf(reading, message.pos_id).position = message.position
      break
    case MESSAGES.read: {
      const region = regionOf(reading, message.pos_id)
      region.text = message.ocr_result
      region.probability = message.probability
      region.fromCode = isFromCode(message.status)
      break
    }
    case MESSAGES.so_far:
      merge(reading, message.region_list)
      break
    case MESSAGES.recognised:
      void end(reading, message)
      void refreshQueues()
      break
  }
}

function fromInvoice(invoice: Invoice): Reading {
  return {
    action: invoice.action_id,
    url: invoice.invoice_url,
    userName: invoice.user_name,
    companyName: invoice.company_name,
    time: invoice.recognize_time,
    done: true,
    template: invoice.model_id === null ? null : { id: invoice.model_id, label: invoice.model_label ?? '', url: '' },
    candidates: null,
    regions: regionsFrom(invoice.region_list),
    invoice: invoice.invoice_id,
    fault: invoice.state === 'waiting',
    trouble: null,
    reasons: invoice.reasons,
  }
}

/** What is being read right now, and what ended while nobody listened. */
async function catchUp(): Promise<void> {
  if (watchedPage() !== 'console') return
  const before = starts
  void refreshQueues()
  const now = await readNow().catch(() => undefined)
  if (now !== undefined && starts === before) {
    // What ended unheard is among the finished ones below.
    for (const action of [...running.keys()]) if (!now.some((one) => one.action_id === action)) running.delete(action)
    if (current.value && !current.value.done && !running.has(current.value.action)) current.value = null
    for (const one of now.filter((each) => !running.has(each.action_id))) {
      begin({ action: one.action_id, url: one.url, userName: one.user_name, companyName: one.company_name, time: one.action_start_time })
    }
    if (current.value && !current.value.done) pictureLoaded()
    void askWhy()
  }
  if (!can('invoice-r')) return
  const stored = await latestInvoices(KEPT).catch(() => [])
  const seen = new Map(finished.value.map((reading) => [reading.action, reading]))
  const missed = stored.filter((invoice) => !seen.has(invoice.action_id)).map(fromInvoice)
  finished.value = [...finished.value, ...missed].sort((a, b) => b.action - a.action).slice(0, KEPT)
}

/** What waits. Without the right to ask, or an answer, what was known before is no longer true and not shown. */
async function refreshQueues(): Promise<void> {
  queues.value = can('queue-r') ? await queueState().catch(() => null) : null
}

/** After an upload the box has said how much waits, whatever rights one has. */
export function noteQueues(manage: number, recognize: number): void {
  queues.value = { manage_size: manage, recognize_size: recognize, paused: queues.value?.paused ?? null }
}

/** Asks for what has been read so far. */
export function pictureLoaded(): void {
  if (current.value && !current.value.done) catchUpOnReading()
}

/** Of several that are being read at once, this one is followed. */
export function follow(action: number): void {
  current.value = running.get(action) ?? current.value
  pinned.value = null
}

export function startReading(): () => void {
  const stops = [
    listen(read),
    whenFeedOpens(() => void catchUp()),
    watch(shown, (reading) => {
      if (reading?.done && reading.candidates === null) void askStored(reading)
    }),
    // The reasons come in the language they were asked for in.
    watch(i18n.global.locale, () => {
      for (const reading of finished.value) reading.candidates = null
      if (shown.value?.done) void askStored(shown.value)
      void askWhy()
    }),
  ]
  return () => {
    for (const stop of stops) stop()
    current.value = null
    running.clear()
    finished.value = []
    pinned.value = null
    queues.value = null
  }
}
