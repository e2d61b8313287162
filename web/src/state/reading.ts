// What the console shows: the current picture, area by area, and the last finished ones.
import { computed, reactive, ref, shallowRef, watch } from 'vue'
import {
  latestInvoices,
  oneInvoice,
  queueState,
  readNow,
  type Candidate,
  type Invoice,
  type QueueSizes,
  type Reason,
  type RegionList,
} from '../api/invoices'
import { MESSAGES, type Message, type Pause } from '../api/wire'
import { i18n } from '../i18n'
import { errorText } from '../lib/format'
import { oneAtATime } from '../lib/fresh'
import { isFromCode, regionsFrom, unread, type Region } from '../lib/regions'
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
  /** When it was queued; once done, when it was read. */
  time: string
  done: boolean
  /** Undefined until the engine has reported; null if none fits. */
  template: MatchedTemplate | null | undefined
  candidates: Candidate[] | null
  regions: Region[]
  /** Those of its file; the regions are the first's. */
  invoices: number[]
  /** Of them, those that wait for a person. */
  waiting: number[]
  /** Of the first; null until it is known. */
  kind: Invoice['kind'] | null
  fault: boolean
  /** The engine's error, in the interface's sentence. */
  trouble: string | null
  reasons: Reason[]
}

const KEPT = 12
/** A file may have several invoices. */
const LOOKED_THROUGH = 50

/** The oldest running one, or else the last finished. */
export const current = ref<Reading | null>(null)
const running = reactive(new Map<number, Reading>())
export const readings = computed(() => [...running.values()])
export const finished = ref<Reading[]>([])
/** A finished one that the user looks at; null follows the running one. */
export const pinned = ref<number | null>(null)
export const queues = shallowRef<QueueSizes | null>(null)
export const paused = shallowRef<Pause | null>(null)

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
    invoices: [],
    waiting: [],
    kind: null,
    fault: false,
    trouble: null,
    reasons: [],
  })
  running.set(fields.action, reading)
  if (!current.value || current.value.done || current.value.action === fields.action) current.value = reading
}

/** Without what is read in it anew. */
function others(all: Reading[], reading: Reading): Reading[] {
  return all.filter((other) => other.action !== reading.action && !other.invoices.some((id) => reading.invoices.includes(id)))
}

function keep(reading: Reading): void {
  finished.value = [reading, ...others(finished.value, reading)].slice(0, KEPT)
}

function regionOf(reading: Reading, posId: string): Region {
  let region = reading.regions.find((r) => r.posId === posId)
  if (!region) {
    region = unread(posId)
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
  const now = await readNow().catch(() => null)
  for (const { action_id, match } of now?.running ?? []) {
    const reading = running.get(action_id)
    if (!reading || !match) continue
    reading.template = match.model_id === null ? null : { id: match.model_id, label: match.model_label ?? '', url: match.url ?? '' }
    reading.candidates = match.candidates
  }
}

/** For finished ones, from the stored invoice. */
async function askStored(reading: Reading): Promise<void> {
  const first = reading.invoices[0]
  if (first === undefined || !can('invoice-r')) return
  const stored = await oneInvoice(first).catch(() => null)
  const kept = finished.value.find((other) => other.action === reading.action)
  // Skipped if it was read again.
  if (!stored || !kept || stored.action_id !== kept.action) return
  kept.candidates = stored.candidates
  kept.kind = stored.kind
  // The final message has no reasons.
  kept.reasons = stored.reasons
  kept.regions = regionsFrom(stored.region_list)
}

/** By a person: it may no longer wait for one, or again. */
function changed({ invoice_id, is_fault }: Told<typeof MESSAGES.invoice_changed>): void {
  const reading = finished.value.find((one) => one.invoices.includes(invoice_id))
  if (!reading) return
  reading.waiting = reading.waiting.filter((id) => id !== invoice_id)
  if (is_fault) reading.waiting.push(invoice_id)
  reading.fault = reading.waiting.length > 0
  void askStored(reading)
}

async function end(reading: Reading, message: Told<typeof MESSAGES.recognised>): Promise<void> {
  merge(reading, message.region_list)
  reading.done = true
  reading.invoices = message.invoice_ids ?? []
  reading.waiting = message.fault_ids ?? []
  reading.fault = reading.waiting.length > 0
  reading.time = message.recognize_time ?? reading.time
  reading.trouble = message.err ?? null
  keep(reading)
  running.delete(reading.action)
  const [next] = running.values()
  if (next && current.value?.action === reading.action) current.value = next
  if (reading.candidates === null || (reading.fault && !reading.trouble)) await askStored(reading)
}

/** Each 203 of an action is a new try, from nothing. */
let starts = 0
/** News of the queue: what was asked before them is not shown after them. */
let queueNews = 0

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
  if (message.msg_id === MESSAGES.invoice_changed) changed(message)
  if (message.msg_id === MESSAGES.queue_changed) {
    queueNews += 1
    paused.value = message.paused
    void refreshQueues()
  }
  // Without an invoice it was cancelled, which is told by a message of its own.
  if (message.msg_id === MESSAGES.recognised && message.invoice_id === null) return
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

/** By file; of the last one there may be more than was looked through. */
function fromInvoices(stored: Invoice[]): Reading[] {
  const byAction = new Map<number, Reading>()
  const cut = stored.length < LOOKED_THROUGH ? null : stored.at(-1)?.action_id
  const all = stored.filter((invoice) => invoice.action_id !== cut)
  // Its first has the lowest number.
  for (const invoice of all.sort((a, b) => a.invoice_id - b.invoice_id)) {
    const reading = byAction.get(invoice.action_id) ?? fromFirst(invoice)
    byAction.set(invoice.action_id, reading)
    reading.invoices.push(invoice.invoice_id)
    if (invoice.is_fault) reading.waiting.push(invoice.invoice_id)
    reading.fault = reading.waiting.length > 0
  }
  return [...byAction.values()]
}

/** A national form has no template, but a name. */
function storedTemplate({ kind, model_id, model_label }: Invoice): MatchedTemplate | null {
  if (kind === 'unknown') return null
  return { id: model_id, label: model_label ?? i18n.global.t(`invoices.kind.${kind}`), url: '' }
}

function fromFirst(invoice: Invoice): Reading {
  return {
    action: invoice.action_id,
    url: invoice.invoice_url,
    fileName: invoice.file_name,
    userName: invoice.user_name,
    companyName: invoice.company_name,
    time: invoice.recognize_time,
    done: true,
    template: storedTemplate(invoice),
    candidates: null,
    regions: regionsFrom(invoice.region_list),
    invoices: [],
    waiting: [],
    kind: invoice.kind,
    fault: false,
    trouble: null,
    reasons: invoice.reasons,
  }
}

/** Why what is shown may be stale, or is not known at all. */
export const trouble = ref('')
/** Whether the box has told what it reads. */
export const known = ref(false)

const AGAIN_MS = 3_000
let again = 0

async function catchUp(): Promise<void> {
  window.clearTimeout(again)
  if (watchedPage() !== 'console') return
  try {
    await readAll()
    trouble.value = ''
  } catch (error) {
    trouble.value = errorText(error)
    again = window.setTimeout(() => void catchUp(), AGAIN_MS)
  }
}

async function readAll(): Promise<void> {
  const before = { starts, queueNews }
  void refreshQueues()
  const answer = await readNow()
  known.value = true
  if (queueNews === before.queueNews) paused.value = answer.paused
  if (starts === before.starts) {
    const now = answer.running
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
  const stored = await latestInvoices(LOOKED_THROUGH)
  const seen = new Map(finished.value.map((reading) => [reading.action, reading]))
  let all = finished.value
  for (const reading of fromInvoices(stored)) {
    const before = seen.get(reading.action)
    const { regions, reasons, waiting, fault } = reading
    // What the engine told of it stays.
    all = [...others(all, reading), before ? Object.assign(before, { regions, reasons, waiting, fault }) : reading]
  }
  finished.value = all.sort((a, b) => b.action - a.action).slice(0, KEPT)
}

/** Without an answer, old numbers are not shown. */
const refreshQueues = oneAtATime(async () => {
  const before = queueNews
  const now = can('queue-r') ? await queueState().catch(() => null) : null
  queues.value = now
  if (now && queueNews === before) paused.value = now.paused
})

/** An upload's answer tells the sizes, whatever the permissions. */
export function noteQueues(manage: number, recognize: number): void {
  queues.value = { manage_size: manage, recognize_size: recognize }
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
    window.clearTimeout(again)
    known.value = false
    trouble.value = ''
    current.value = null
    running.clear()
    finished.value = []
    pinned.value = null
    queues.value = paused.value = null
  }
}
