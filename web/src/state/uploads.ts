// Pictures sent for reading: small requests in sequence, progress and errors per file.
import { computed, ref, watch } from 'vue'
import { ApiError, randomKey } from '../api/http'
import { queuePictures, type QueuedAnswer } from '../api/upload'
import { MESSAGES } from '../api/wire'
import { i18n } from '../i18n'
import { errorText } from '../lib/format'
import { listen, whenFeedOpens } from './feed'
import { current, finished, noteQueues } from './reading'

/** `submitted`: queued, but its outcome was missed. */
export type UploadPhase = 'waiting' | 'sending' | 'queued' | 'submitted' | 'reading' | 'read' | 'fault' | 'refused' | 'broken'

export interface Upload {
  id: number
  name: string
  size: number
  phase: UploadPhase
  /** 0–1. */
  sent: number
  /** Queued and not at their end; a ZIP has one for each of its files. */
  actions: number[]
  /** How many of its files need a person. */
  faults: number
  error: string
}

interface Batch {
  uploads: Upload[]
  files: File[]
  key: string
}

export const FILE_BYTES_MAX = 20 * 1024 * 1024
const BATCH_FILES = 5
const BATCH_BYTES = 16 * 1024 * 1024
export const PAPER_TYPES = /\.(jpe?g|png|bmp|tiff?|webp|hei[cf]|pdf|ofd|xml|zip)$/i

export const uploads = ref<Upload[]>([])
export const unsettled = computed(() => uploads.value.filter((u) => u.phase === 'waiting' || u.phase === 'sending').length)

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
      faults: 0,
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

function nextBatch(): Batch | null {
  const batch: Batch = { uploads: [], files: [], key: randomKey() }
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
    if (reading?.done) ended(action, reading.fault)
    else if (reading) upload.phase = 'reading'
  }
}

/** Under the old key, so that a lost answer queues nothing twice. */
export function retryUpload(id: number): void {
  const batch = broken.get(id)
  if (!batch) return
  for (const upload of batch.uploads) {
    broken.delete(upload.id)
    upload.error = ''
    upload.sent = 0
  }
  void send(batch)
}

export function clearSettled(): void {
  uploads.value = uploads.value.filter((u) => u.phase === 'waiting' || u.phase === 'sending')
  for (const id of broken.keys()) files.delete(id)
  broken.clear()
}

function started(action: unknown): void {
  const upload = uploads.value.find((u) => u.actions.some((one) => one === action))
  if (upload) upload.phase = 'reading'
}

function ended(action: unknown, fault: boolean): void {
  const upload = uploads.value.find((u) => u.actions.some((one) => one === action))
  if (!upload) return
  upload.actions = upload.actions.filter((one) => one !== action)
  upload.faults += Number(fault)
  if (!upload.actions.length) upload.phase = upload.faults ? 'fault' : 'read'
}

function open(): Upload[] {
  return uploads.value.filter((u) => ['queued', 'submitted', 'reading'].includes(u.phase))
}

export function startUploads(): () => void {
  const stops = [
    listen((message) => {
      if (message.msg_id === MESSAGES.started) started(message.action_id)
      if (message.msg_id === MESSAGES.recognised) ended(message.action_id, message.is_fault === 1 || message.status === -1)
    }),
    whenFeedOpens(() => {
      for (const upload of open()) upload.phase = 'submitted'
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
