// Pictures sent for reading: small requests in sequence, progress and errors per file.
import { computed, ref, watch } from 'vue'
import { ApiError, randomKey } from '../api/http'
import { latestInvoices } from '../api/invoices'
import { wholeQueue } from '../api/queue'
import { queuePictures, type QueuedAnswer } from '../api/upload'
import { MESSAGES } from '../api/wire'
import { i18n } from '../i18n'
import { errorText } from '../lib/format'
import { listen, whenFeedOpens } from './feed'
import { current, finished, noteQueues } from './reading'
import { can, user } from './session'

/** `submitted`: queued, but its outcome was missed. */
export type UploadPhase = 'waiting' | 'sending' | 'queued' | 'submitted' | 'reading' | 'read' | 'fault' | 'cancelled' | 'refused' | 'broken'

export interface Upload {
  id: number
  name: string
  size: number
  phase: UploadPhase
  /** 0–1. */
  sent: number
  /** Queued and not at their end; a ZIP has one for each of its files. */
  actions: number[]
  /** What came of it; of these, what waits for a person. */
  invoices: number[]
  waiting: number[]
  /** Who cancelled it, unless its uploader did. */
  cancelledBy: string
  error: string
}

interface Batch {
  uploads: Upload[]
  files: File[]
  key: string
  /** Sent again by itself when the box is back. */
  wasOffline: boolean
}

export const FILE_BYTES_MAX = 20 * 1024 * 1024
const BATCH_FILES = 5
const BATCH_BYTES = 16 * 1024 * 1024
export const PAPER_TYPES = /\.(jpe?g|png|bmp|tiff?|webp|hei[cf]|pdf|ofd|xml|zip)$/i

export const uploads = ref<Upload[]>([])
const count = (...phases: UploadPhase[]) => uploads.value.filter((u) => phases.includes(u.phase)).length
export const unsettled = computed(() => count('waiting', 'sending'))
/** What came of them so far; `sent`: the box has them. */
export const tally = computed(() => {
  const [read, cancelled] = [count('read', 'fault'), count('cancelled')]
  return { read, cancelled, sent: count('queued', 'submitted', 'reading') + read + cancelled, failed: count('refused', 'broken'), broken: count('broken') }
})
/** Queued or being read. */
export const underway = computed(() => open().reduce((sum, upload) => sum + upload.actions.length, 0))

/** By upload id, until the box has them. */
const files = new Map<number, File>()
const broken = new Map<number, Batch>()
let lastId = 0
let running = false

export function addFiles(added: File[]): void {
  const { t } = i18n.global
  for (const file of added) {
    const upload: Upload = {
      id: ++lastId,
      name: file.name,
      size: file.size,
      phase: 'waiting',
      sent: 0,
      actions: [],
      invoices: [],
      waiting: [],
      cancelledBy: '',
      error: '',
    }
    if (!PAPER_TYPES.test(file.name) && !file.type.startsWith('image/')) refuse(upload, t('upload.notAPaper'))
    else if (file.size > FILE_BYTES_MAX && !isZip(file)) refuse(upload, t('upload.tooLarge'))
    else if (file.size === 0) refuse(upload, t('upload.empty'))
    else files.set(upload.id, file)
    uploads.value.push(upload)
  }
  void run()
}

function refuse(upload: Upload, error: string): void {
  upload.phase = 'refused'
  upload.error = error
}

const isZip = (file: File) => /\.zip$/i.test(file.name)

/** Those to be sent again first, as they were. */
function nextBatch(): Batch | null {
  const failed = uploads.value.find((upload) => upload.phase === 'waiting' && broken.has(upload.id))
  const again = failed && broken.get(failed.id)
  for (const { id } of again?.uploads ?? []) broken.delete(id)
  if (again) return again
  const batch: Batch = { uploads: [], files: [], key: randomKey(), wasOffline: false }
  let bytes = 0
  for (const upload of uploads.value) {
    if (upload.phase !== 'waiting') continue
    const file = files.get(upload.id)
    if (!file) continue
    // Refusals name files: equal names don't share a request.
    if (batch.uploads.some((other) => other.name === upload.name)) break
    // The answer does not say which actions are whose: a ZIP goes alone.
    if (batch.files.length && (isZip(file) || batch.files.some(isZip))) break
    if (batch.files.length && (batch.files.length === BATCH_FILES || bytes + file.size > BATCH_BYTES)) break
    batch.uploads.push(upload)
    batch.files.push(file)
    bytes += file.size
  }
  return batch.files.length ? batch : null
}

async function run(): Promise<void> {
  if (running) return
  running = true
  try {
    for (let batch = nextBatch(); batch; batch = nextBatch()) await send(batch)
  } finally {
    running = false
  }
}

/** Bytes go out file after file. */
function spread(batch: Batch, sentBytes: number): void {
  let left = sentBytes
  for (const upload of batch.uploads) {
    upload.sent = Math.max(0, Math.min(1, left / upload.size))
    left -= upload.size
  }
}

async function send(batch: Batch): Promise<void> {
  for (const upload of batch.uploads) upload.phase = 'sending'
  try {
    const answer = await queuePictures(batch.files, batch.key, (bytes) => spread(batch, bytes))
    const failed = new Map(answer.failed?.map((f): [string, string] => [f.file, f.err]))
    const actions = [...answer.action_id_list]
    for (const upload of batch.uploads) {
      const error = failed.get(upload.name)
      if (error !== undefined) {
        refuse(upload, error)
      } else {
        upload.phase = 'queued'
        upload.sent = 1
        upload.actions = batch.files.some(isZip) ? actions : actions.splice(0, 1)
        // Of a ZIP's files some may have been refused.
        if (batch.files.some(isZip)) upload.error = [...failed].map(([file, why]) => `${file}: ${why}`).join('\n')
        overtake(upload)
      }
      files.delete(upload.id)
    }
    noteQueues(answer.manage_size, answer.recognize_size)
  } catch (error) {
    settleRefusal(batch, error)
  }
}

/** A refusal is final; anything else may be retried. */
function settleRefusal(batch: Batch, error: unknown): void {
  const final = error instanceof ApiError && [400, 403, 404, 413, 415].includes(error.status)
  batch.wasOffline = error instanceof ApiError && error.code === 'offline'
  const failed = final ? (error.body.failed as QueuedAnswer['failed']) : undefined
  for (const upload of batch.uploads) {
    if (final) {
      refuse(upload, failed?.find((f) => f.file === upload.name)?.err ?? refusalText(error))
      files.delete(upload.id)
    } else {
      upload.phase = 'broken'
      upload.error = errorText(error)
      broken.set(upload.id, batch)
    }
  }
}

/** The sentence gives no reason; the code does. */
function refusalText(error: ApiError): string {
  const { t } = i18n.global
  if (error.code === 'unsupported') return t('upload.notAPaper')
  if (error.code === 'too_large') return t('upload.tooLarge')
  return errorText(error)
}

/** Reading may start or end before the upload's answer arrives. */
function overtake(upload: Upload): void {
  for (const action of [...upload.actions]) {
    const reading = [current.value, ...finished.value].find((r) => r?.action === action)
    if (reading?.done) ended(action, reading.invoices, reading.waiting)
    else if (reading) upload.phase = 'reading'
  }
}

/** Under the old key, so that a lost answer queues nothing twice. */
function retry(which: (batch: Batch, id: number) => boolean): void {
  for (const [id, batch] of broken) {
    if (!which(batch, id)) continue
    for (const upload of batch.uploads) Object.assign(upload, { phase: 'waiting', error: '', sent: 0 })
  }
  void run()
}

/** With those it was sent with. */
export const retryUpload = (wanted: number) => retry((_, id) => id === wanted)
export const retryUploads = () => retry(() => true)

export function clearSettled(): void {
  const kept = uploads.value.filter((u) => u.phase === 'waiting' || u.phase === 'sending')
  for (const { id } of uploads.value.filter((u) => !kept.includes(u))) {
    files.delete(id)
    broken.delete(id)
  }
  uploads.value = kept
}

function standsAt(action: number, phase: UploadPhase): void {
  const upload = uploads.value.find((u) => u.actions.includes(action))
  if (upload) upload.phase = phase
}

function ended(action: unknown, invoices: number[], waiting: number[]): void {
  const upload = uploads.value.find((u) => u.actions.some((one) => one === action))
  if (!upload) return
  upload.invoices.push(...invoices)
  upload.waiting.push(...waiting)
  settle(upload, action)
}

/** By a person: it may no longer wait for one, or again. */
function changed(invoice: number, waits: boolean): void {
  const upload = uploads.value.find((u) => u.invoices.includes(invoice))
  if (!upload) return
  upload.waiting = upload.waiting.filter((id) => id !== invoice)
  if (waits) upload.waiting.push(invoice)
  settle(upload, null)
}

function settle(upload: Upload, action: unknown): void {
  upload.actions = upload.actions.filter((one) => one !== action)
  if (upload.actions.length) return
  if (upload.waiting.length) upload.phase = 'fault'
  else upload.phase = upload.invoices.length ? 'read' : 'cancelled'
}

function cancelled(action: number, by: number, name: string): void {
  const upload = uploads.value.find((u) => u.actions.includes(action))
  if (!upload) return
  if (by !== user.value?.user_id) upload.cancelledBy = name
  settle(upload, action)
}

/** The box may have read them while nobody listened. */
const ASKED_MAX = 200
async function askMissed(): Promise<void> {
  const wanted = new Set(open().flatMap((upload) => upload.actions))
  if (!wanted.size) return
  const queue = can('queue-r') ? await wholeQueue(ASKED_MAX).catch(() => null) : null
  for (const { action_id } of queue?.recognize_wait ?? []) standsAt(action_id, 'queued')
  for (const { action_id } of queue?.running_list ?? []) standsAt(action_id, 'reading')
  if (!can('invoice-r')) return
  const stored = await latestInvoices(Math.min(ASKED_MAX, 2 * wanted.size)).catch(() => [])
  for (const action of wanted) {
    const all = stored.filter((invoice) => invoice.action_id === action)
    const ids = (some: typeof all) => some.map((invoice) => invoice.invoice_id)
    if (all.length) ended(action, ids(all), ids(all.filter((invoice) => invoice.is_fault === 1)))
  }
}

function open(): Upload[] {
  return uploads.value.filter((u) => ['queued', 'submitted', 'reading'].includes(u.phase))
}

export function startUploads(): () => void {
  const stops = [
    listen((message) => {
      if (message.msg_id === MESSAGES.started) standsAt(message.action_id, 'reading')
      // Without an invoice it was cancelled.
      if (message.msg_id === MESSAGES.recognised && message.invoice_id !== null) ended(message.action_id, message.invoice_ids ?? [message.invoice_id], message.fault_ids ?? [])
      if (message.msg_id === MESSAGES.invoice_changed) changed(message.invoice_id, message.is_fault === 1)
      if (message.msg_id === MESSAGES.put_back) standsAt(message.action_id, 'queued')
      if (message.msg_id === MESSAGES.cancelled) cancelled(message.action_id, message.user_id, message.user_name)
      if (message.msg_id === MESSAGES.resumed) retry((batch) => batch.wasOffline)
    }),
    whenFeedOpens(() => {
      for (const upload of open()) upload.phase = 'submitted'
      void askMissed()
    }),
    // The finished few are fetched again when the feed opens.
    watch([current, finished], () => {
      for (const upload of open()) overtake(upload)
    }),
  ]
  return () => {
    for (const stop of stops) stop()
    uploads.value = []
    files.clear()
    broken.clear()
  }
}
