// One print: labels are claimed, their pictures fetched, recorded as sent, printed; then people say what came out.
import { computed, onBeforeUnmount, onMounted, ref, shallowRef } from 'vue'
import * as api from '../api/devices'
import { LABELS_AT_ONCE, type LabelState, type Outcomes, type OutcomeAnswer } from '../api/devices'
import { ApiError } from '../api/http'
import { claimedElsewhere, hold, letGo, ownClaims } from './claims'
import { refreshLabels, type DeviceRow } from './unprinted'

/** A claim lasts 120 s; it is taken again well before that. */
const RENEW_MS = 45_000

export interface LabelItem {
  serial: string
  cpuid: string
  time: string
  /** data: URL of the QR code. */
  picture: string
}

export interface LeftOut {
  serial: string
  name: string
  sameUser: boolean
}

export interface PrintJob {
  items: LabelItem[]
  /** Somebody else is printing these. */
  taken: LeftOut[]
  /** Sent before, and nobody has said what came of it: not printed again unless somebody asks for it. */
  unconfirmed: DeviceRow[]
  /** More than fit in one print. */
  rest: number
  /** Printed before; a reason is needed. */
  again: string[]
  /** Sent before, and not known to have come out: the printer may still have them. */
  doubtful: string[]
}

const DOUBTFUL = new Set<LabelState>(['sent', 'failed', 'unknown'])

function take(rows: DeviceRow[], withUnconfirmed: boolean, room: number) {
  const free: DeviceRow[] = []
  const taken: LeftOut[] = []
  const unconfirmed: DeviceRow[] = []
  for (const row of rows) {
    const claim = claimedElsewhere(row.serial)
    if (claim) taken.push({ serial: row.serial, ...claim })
    else if (row.label === 'sent' && !withUnconfirmed) unconfirmed.push(row)
    else free.push(row)
  }
  return { free: free.slice(0, room), taken, unconfirmed, rest: Math.max(0, free.length - room) }
}

export function usePrintJob() {
  const job = shallowRef<PrintJob | null>(null)
  const busy = ref(false)

  /** Answers who has them when none is left to print. */
  async function start(
    rows: DeviceRow[],
    withUnconfirmed = rows.every((row) => row.label === 'sent'),
    room = LABELS_AT_ONCE,
  ): Promise<LeftOut[]> {
    busy.value = true
    try {
      const { free, taken, unconfirmed, rest } = take(rows, withUnconfirmed, room)
      if (!free.length) return taken
      // From here on they are this page's: what the live list says in the meantime is no news.
      hold(free.map((row) => row.serial))
      const answer = await api.claimLabels(free.map((row) => row.serial)).catch((error: unknown) => {
        letGo(free.map((row) => row.serial))
        throw error
      })
      const lost = Object.entries(answer.taken).map(([serial, claim]) => ({ serial, name: claim.user_name, sameUser: false }))
      letGo(lost.map(({ serial }) => serial))
      const mine = free.filter((row) => !answer.taken[row.serial])
      if (!mine.length) return [...taken, ...lost]
      const items = await pictures(mine)
      const again = mine.filter((row) => row.count > 0).map((row) => row.serial)
      const doubtful = mine.filter((row) => DOUBTFUL.has(row.label)).map((row) => row.serial)
      job.value = { items, taken: [...taken, ...lost], unconfirmed, rest, again, doubtful }
      return []
    } finally {
      busy.value = false
    }
  }

  async function pictures(rows: DeviceRow[]): Promise<LabelItem[]> {
    const serials = rows.map((row) => row.serial)
    try {
      const drawn = await api.qrPictures(serials)
      return rows.map(({ serial, cpuid, time }) => ({
        serial,
        cpuid,
        time,
        picture: `data:image/png;base64,${drawn[serial] ?? ''}`,
      }))
    } catch (error) {
      await release(serials)
      throw error
    }
  }

  async function addUnconfirmed(): Promise<void> {
    const now = job.value
    if (!now) return
    const { items, again, taken } = now
    await start(now.unconfirmed, true, LABELS_AT_ONCE - items.length)
    const added = job.value === now ? null : job.value
    job.value = {
      rest: now.rest + (added?.rest ?? 0),
      unconfirmed: [],
      items: [...items, ...(added?.items ?? [])],
      again: [...again, ...(added?.again ?? [])],
      doubtful: [...now.doubtful, ...(added?.doubtful ?? [])],
      taken: [...taken, ...(added?.taken ?? [])],
    }
  }

  /** Records that the labels go to the printer. The reason is kept with those that were printed before only. */
  async function send(reason: string): Promise<void> {
    const now = job.value
    if (!now) return
    const again = new Set(now.again)
    const first = now.items.map((item) => item.serial).filter((serial) => !again.has(serial))
    try {
      // What may be refused goes first.
      if (again.size) await api.labelsSent([...again], reason)
      if (first.length) await api.labelsSent(first, '')
    } catch (error) {
      // Printed by somebody else since the list was read.
      if (error instanceof ApiError && error.code === 'conflict') {
        const refused = now.items.map((item) => item.serial).filter((serial) => error.message.includes(serial))
        job.value = { ...now, again: [...new Set([...now.again, ...refused])] }
      }
      throw error
    } finally {
      refreshLabels(now.items.map((item) => item.serial))
    }
  }

  async function finish(outcomes: Outcomes): Promise<OutcomeAnswer> {
    const answer = await api.tellOutcome(outcomes)
    const serials = Object.values(outcomes).flat()
    letGo(serials)
    refreshLabels(serials)
    return answer
  }

  async function release(serials: string[]): Promise<void> {
    const held = serials.filter((serial) => ownClaims.value.has(serial))
    if (!held.length) return
    letGo(held)
    // If it is not heard, the claims run out by themselves.
    await api.releaseLabels(held).catch(() => {})
    refreshLabels(held)
  }

  async function close(): Promise<void> {
    const serials = job.value?.items.map((item) => item.serial) ?? []
    job.value = null
    await release(serials)
  }

  function leave(): void {
    if (ownClaims.value.size) api.releaseLabelsLeaving([...ownClaims.value])
  }

  let renewal = 0
  onMounted(() => {
    renewal = window.setInterval(() => {
      if (ownClaims.value.size) void api.claimLabels([...ownClaims.value]).catch(() => {})
    }, RENEW_MS)
    window.addEventListener('pagehide', leave)
  })
  onBeforeUnmount(() => {
    window.clearInterval(renewal)
    window.removeEventListener('pagehide', leave)
    leave()
    letGo([...ownClaims.value])
  })

  return { job: computed(() => job.value), busy, start, addUnconfirmed, send, finish, close }
}
