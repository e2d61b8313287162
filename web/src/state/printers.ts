// Live: the box's label printers, the jobs they have, and what became of those that ended.
import { computed, ref, shallowRef, watch } from 'vue'
import { readDevice } from '../api/devices'
import { LIVE_PRINTERS, listJobs, listPrinters, readJob, type Fate, type Printer, type PrintJob } from '../api/printers'
import { LiveSocket } from '../api/socket'
import { readSetting, writeSetting } from '../lib/storage'
import { hideLink, showLink } from './links'
import { heard, isOpen, refreshLabels, rowOf, rows } from './unprinted'

/** The box sends at least every 20 s. */
const SILENCE_MS = 45_000
/** Jobs that are over are not pushed. */
const LOOK_BACK = 20
const LOOK_BACK_MS = 5_000
/** How long a job stays in sight of which nothing is left to do. */
const QUIET_MS = 10_000
const CHOICE = 'labels.printer'

/** Null until known. */
export const printers = shallowRef<Printer[] | null>(null)
/** Not over; oldest first. */
export const jobs = shallowRef<PrintJob[]>([])
export const printersHeardAt = ref<Date | null>(null)

/** A job that is over, with what a person has to see to. */
export interface EndedJob extends PrintJob {
  /** Of these nobody has said whether they came out. */
  doubt: string[]
  notPrinted: string[]
}
/** Those that ended lately, or that have a question open; oldest first. */
export const ended = shallowRef<EndedJob[]>([])

/** Where this browser prints: a printer of the box, or its own dialog. */
const kept = ref<number | 'browser' | null>(readSetting<number | 'browser' | null>(CHOICE, null))
/** Null: somebody has to choose. */
export const target = computed<number | 'browser' | null>(() => {
  const known = printers.value
  if (kept.value === 'browser' || known === null) return kept.value
  if (!known.length) return 'browser'
  return known.some((printer) => printer.printer_id === kept.value) ? kept.value : null
})
export function printTo(where: number | 'browser'): void {
  kept.value = where
  writeSetting(CHOICE, where)
}

export function nameOf(id: number): string {
  return printers.value?.find((printer) => printer.printer_id === id)?.name ?? ''
}

/** The labels of jobs that are not over, or whose end has not been looked at. */
const labelsOf = shallowRef<ReadonlyMap<number, { at: string; serials: ReadonlySet<string> }>>(new Map())
const printingAt = computed(() => new Map([...labelsOf.value.values()].flatMap(({ at, serials }) => [...serials].map((serial) => [serial, at]))))

/** The name of the printer that has a job with this label. */
export function queuedAt(serial: string): string | undefined {
  return printingAt.value.get(serial)
}
/** Asked for on the page already. */
const inDoubt = computed(() => new Set(ended.value.flatMap(({ doubt }) => doubt)))
export function isAsked(serial: string): boolean {
  return inDoubt.value.has(serial)
}

function ofFate(labels: Record<string, Fate>, ...fates: Fate[]): string[] {
  return Object.keys(labels).filter((serial) => fates.includes(labels[serial]!))
}

/** Which of these wait for a printer, or are at one, now. */
export async function waiting(serials: string[]): Promise<Set<string>> {
  const wanted = new Set(serials)
  const touched = jobs.value.filter(({ job_id: id }) => [...(labelsOf.value.get(id)?.serials ?? [])].some((serial) => wanted.has(serial)))
  const found = await Promise.all(touched.map(({ job_id: id }) => readJob(id)))
  return new Set(found.flatMap(({ labels }) => ofFate(labels, 'waiting', 'sent')).filter((serial) => wanted.has(serial)))
}

async function learnLabels({ job_id: id, printer_name: at }: PrintJob): Promise<void> {
  labelsOf.value = new Map(labelsOf.value).set(id, { at, serials: new Set() })
  try {
    const { labels } = await readJob(id)
    if (labelsOf.value.has(id)) labelsOf.value = new Map(labelsOf.value).set(id, { at, serials: new Set(Object.keys(labels)) })
  } catch {
    // Asked for with the next message.
    forgetLabels((each) => each !== id)
  }
}

function forgetLabels(keeps: (id: number) => boolean): void {
  labelsOf.value = new Map([...labelsOf.value].filter(([id]) => keeps(id)))
}

function receive(known: Printer[], all: PrintJob[]): void {
  const now = all.filter(({ over }) => !over).sort((a, b) => a.job_id - b.job_id)
  const present = new Set(now.map(({ job_id: id }) => id))
  const hasEnded = jobs.value.some(({ job_id: id }) => !present.has(id))
  printers.value = known
  jobs.value = now
  printersHeardAt.value = new Date()
  for (const job of now) {
    watched.add(job.job_id)
    if (!labelsOf.value.has(job.job_id)) void learnLabels(job)
  }
  lookBackSoon(hasEnded || isFirst ? 0 : LOOK_BACK_MS)
}

let looking: Promise<void> | undefined
let looksAt = Infinity
let timer = 0
/** A job may begin and end between two messages. */
function lookBackSoon(ms: number): void {
  if (Date.now() + ms >= looksAt) return
  looksAt = Date.now() + ms
  window.clearTimeout(timer)
  timer = window.setTimeout(() => void lookBack(), ms)
}

/** Jobs that are over and have been looked at. */
const seen = new Set<number>()
/** Of what ended before this page was open, only open questions are of interest. */
let isFirst = true
const watched = new Set<number>()

/** What has ended since, and what others have said of labels in doubt. */
export async function lookBack(): Promise<void> {
  window.clearTimeout(timer)
  looksAt = Infinity
  // One question at a time.
  if (looking) return looking.then(() => lookBackSoon(0))
  looking = ask()
    .catch(() => {
      if (printers.value !== null) lookBackSoon(LOOK_BACK_MS)
    })
    .finally(() => (looking = undefined))
  return looking
}

async function ask(): Promise<void> {
  const last = (await listJobs(LOOK_BACK)).filter(({ over }) => over).reverse()
  for (const job of last) {
    const before = ended.value.find(({ job_id: id }) => id === job.job_id)
    const isNew = !seen.has(job.job_id)
    const isOld = isFirst && !watched.has(job.job_id)
    const isDue = isNew ? !isOld || job.unknown > 0 : before !== undefined && before.unknown !== job.unknown
    if (isDue) await conclude(job, isOld)
    seen.add(job.job_id)
  }
  isFirst = false
  forgetLabels((id) => jobs.value.some(({ job_id: running }) => running === id))
}

async function conclude(job: PrintJob, isOld: boolean): Promise<void> {
  const { labels } = await readJob(job.job_id)
  refreshLabels(Object.keys(labels))
  const doubt = await stillOpen(ofFate(labels, 'unknown'))
  const before = ended.value.find(({ job_id: id }) => id === job.job_id)
  const notPrinted = isOld || (before && !before.notPrinted.length) ? [] : ofFate(labels, 'failed')
  const now: EndedJob = { ...job, doubt, notPrinted }
  const hasMore = doubt.length > 0 || notPrinted.length > 0
  const others = ended.value.filter(({ job_id: id }) => id !== job.job_id)
  if (!hasMore && (isOld || before)) {
    ended.value = others
    return
  }
  ended.value = [...others, now].sort((a, b) => a.job_id - b.job_id)
  if (!hasMore) window.setTimeout(() => dismiss(job.job_id), QUIET_MS)
}

/** Nobody has answered for them yet. */
async function stillOpen(serials: string[]): Promise<string[]> {
  const listed = new Set(rows.value.flatMap((row) => (isOpen(row) ? row.serial : [])))
  const open = await Promise.all(
    serials.map(async (serial) => {
      if (listed.has(serial)) return true
      const device = await readDevice(serial)
      return device !== null && !device.retired && isOpen(rowOf(device))
    }),
  )
  return serials.filter((_, i) => open[i])
}

export function dismiss(id: number): void {
  ended.value = ended.value.filter((job) => job.job_id !== id)
}

/** No question is left about these. */
export function answered(serials: string[]): void {
  const gone = new Set(serials)
  ended.value = ended.value.flatMap((job) => {
    const doubt = job.doubt.filter((serial) => !gone.has(serial))
    return job.doubt.length && !doubt.length && !job.notPrinted.length ? [] : { ...job, doubt }
  })
  void lookBack()
}

const socket = new LiveSocket({
  path: LIVE_PRINTERS,
  silenceMs: SILENCE_MS,
  ask: async () => {
    const [printers, jobs] = await Promise.all([listPrinters(), listJobs(0)])
    return { printers, jobs }
  },
  onMessage: (message) => {
    const { printers, jobs } = message as { printers?: Printer[]; jobs?: PrintJob[] }
    if (Array.isArray(printers) && Array.isArray(jobs)) receive(printers, jobs)
  },
})

export const printersState = socket.state

// What others say of labels in doubt changes the list.
watch(heard, () => {
  if (ended.value.some(({ doubt }) => doubt.length)) lookBackSoon(500)
})

export function startPrinters(): () => void {
  socket.start()
  showLink('printers', { state: socket.state, retry: socket.retryNow })
  return () => {
    socket.stop()
    hideLink('printers')
    window.clearTimeout(timer)
    looksAt = Infinity
    seen.clear()
    watched.clear()
    isFirst = true
    printersHeardAt.value = printers.value = null
    jobs.value = ended.value = []
    labelsOf.value = new Map()
  }
}
