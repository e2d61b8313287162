// What the console shows: the current picture, area by area, and the last finished ones.
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
  url: string
}

export interface Reading {
  action: number
  url: string
  fileName: string
  userName: string
  companyName: string
  time: string
  done: boolean
  /** Undefined until the engine has reported; null if none fits. */
  template: MatchedTemplate | null | undefined
  candidates: Candidate[] | null
  regions: Region[]
  invoice: number | null
  /** Of the stored invoice; null until it is known. */
  kind: Invoice['kind'] | null
  fault: boolean
  /** The engine's error, in the interface's sentence. */
  trouble: string | null
  reasons: Reason[]
}

const KEPT = 12

/** The oldest running one, or else the last finished. */
export const current = ref<Reading | null>(null)
const running = reactive(new Map<number, Reading>())
export const readings = computed(() => [...running.values()])
export const finished = ref<Reading[]>([])
/** A finished one that the user looks at; null follows the running one. */
export const pinned = ref<number | null>(null)
export const queues = shallowRef<QueueState | null>(null)

export const shown = computed<Reading | null>(
  () => finished.value.find((reading) => reading.action === pinned.value) ?? current.value,
)

function begin(fields: Pick<Reading, 'action' | 'url' | 'fileName' | 'userName' | 'companyName' | 'time'>): void {
  const reading = reactive<Reading>({
    ...fields,
    done: false,
    template: undefined,
    candidates: null,
    regions: [],
    invoice: null,
    kind: null,
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
    region = { posId, position: null, text: null, probability: null, fromCode: false, source: null, page: 1 }
    reading.regions.push(region)
    // Reactive, so that later changes are seen.
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

/** For running ones: the message has no room for candidates. */
async function askWhy(): Promise<void> {
  for (const { action_id, match } of await readNow().catch(() => [])) {
    const reading = running.get(action_id)
    if (!reading || !match) continue
    reading.template = match.model_id === null ? null : { id: match.model_id, label: match.model_label ?? '', url: match.url ?? '' }
    reading.candidates = match.candidates
  }
}

/** For finished ones, from the stored invoice. */
async function askStored(reading: Reading): Promise<void> {
  if (reading.invoice === null || !can('invoice-r')) return
  const stored = await oneInvoice(reading.invoice).catch(() => null)
  const kept = finished.value.find((other) => other.action === reading.action)
  // Skipped if it was read again.
  if (!stored || !kept || stored.action_id !== kept.action) return
  kept.candidates = stored.candidates
  kept.kind = stored.kind
  // The final message has no reasons.
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

/** Each 203 of an action is a new try, from nothing. */
let starts = 0

function read(message: Message): void {
  if (message.msg_id === MESSAGES.started) {
    starts += 1
    begin({
      action: message.action_id,
      url: message.url,
      fileName: message.file_name,
      userName: message.user_name,
      companyName: message.company_name,
      time: message.action_start_time,
    })
    void refreshQueues()
    return
  }
  if (message.msg_id === MESSAGES.put_back) void catchUp()
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
    fileName: invoice.file_name,
    userName: invoice.user_name,
    companyName: invoice.company_name,
    time: invoice.recognize_time,
    done: true,
    template: invoice.model_id === null ? null : { id: invoice.model_id, label: invoice.model_label ?? '', url: '' },
    candidates: null,
    regions: regionsFrom(invoice.region_list),
    invoice: invoice.invoice_id,
    kind: invoice.kind,
    fault: invoice.state === 'waiting',
    trouble: null,
    reasons: invoice.reasons,
  }
}

async function catchUp(): Promise<void> {
  if (watchedPage() !== 'console') return
  const before = starts
  void refreshQueues()
  const now = await readNow().catch(() => undefined)
  if (now !== undefined && starts === before) {
    // What ended unnoticed is among the finished ones below.
    for (const action of [...running.keys()]) if (!now.some((one) => one.action_id === action)) running.delete(action)
    if (current.value && !current.value.done && !running.has(current.value.action)) current.value = null
    for (const one of now.filter((each) => !running.has(each.action_id))) {
      begin({ action: one.action_id, url: one.url, fileName: one.file_name, userName: one.user_name, companyName: one.company_name, time: one.action_start_time })
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

/** Without an answer, old numbers are not shown. */
async function refreshQueues(): Promise<void> {
  queues.value = can('queue-r') ? await queueState().catch(() => null) : null
}

/** An upload's answer tells the sizes, whatever the permissions. */
export function noteQueues(manage: number, recognize: number): void {
  queues.value = { manage_size: manage, recognize_size: recognize, paused: queues.value?.paused ?? null }
}

export function pictureLoaded(): void {
  if (current.value && !current.value.done) catchUpOnReading()
}

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
    // Reasons come in the language of the request.
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
