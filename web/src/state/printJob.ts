// One print: labels are claimed, their pictures fetched, recorded as sent, printed; then people say what came out.
import { computed, onBeforeUnmount, onMounted, ref, shallowRef, watch } from 'vue'
import * as api from '../api/devices'
import { LABELS_AT_ONCE, type LabelState, type Outcomes, type OutcomeAnswer } from '../api/devices'
import { ApiError } from '../api/http'
import { claimedElsewhere, hold, letGo, ownClaims } from './claims'
import { isSameCpuid } from '../lib/gun'
import { refreshLabels, rowOf, rows as unprinted, type AskedLabel, type DeviceRow } from './unprinted'

/** A claim lasts 120 s; it is taken again well before that. */
const RENEW_MS = 45_000

const LOOKED_AT = 100

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
  /** Corrected since they were drawn, and drawn anew: what they said before, by serial. */
  changed: Map<string, string>
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

function pairOf({ serial, cpuid }: Pick<LabelItem, 'serial' | 'cpuid'>): api.Pair {
  return { DeviceSN: serial, CPUID: cpuid }
}

export function usePrintJob() {
  const job = shallowRef<PrintJob | null>(null)
  const busy = ref(false)
  /** On record as sent already, in an attempt that went no further. */
  const recorded = new Set<string>()

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
      job.value = { items, taken: [...taken, ...lost], unconfirmed, rest, again, doubtful, changed: new Map() }
      recorded.clear()
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
      changed: now.changed,
    }
  }

  async function record(items: LabelItem[], reason: string): Promise<void> {
    const left = items.filter(({ serial }) => !recorded.has(serial))
    if (!left.length) return
    await api.labelsSent(left.map(pairOf), reason)
    for (const { serial } of left) recorded.add(serial)
  }

  /** Records that the labels go to the printer; false: some are others by now, and are drawn anew for somebody to look at. */
  async function send(reason: string): Promise<boolean> {
    const now = job.value
    if (!now) return false
    const again = new Set(now.again)
    try {
      // What may be refused goes first. The reason is kept with those that were printed before only.
      await record(now.items.filter(({ serial }) => again.has(serial)), reason)
      await record(now.items.filter(({ serial }) => !again.has(serial)), '')
      return true
    } catch (error) {
      if (!(error instanceof ApiError) || (error.code !== 'conflict' && error.code !== 'not_found')) throw error
      const refused = now.items.filter(({ serial }) => error.message.includes(serial))
      // The refusal names one kind at a time; where they are few, all are looked at.
      if (await renew(now.items.length <= LOOKED_AT ? now.items : refused)) return false
      // Printed by somebody else since the list was read.
      if (job.value && error.code === 'conflict') job.value = { ...job.value, again: [...new Set([...again, ...refused.map(({ serial }) => serial)])] }
      throw error
    } finally {
      refreshLabels(now.items.map((item) => item.serial))
    }
  }

  /** Draws those anew that were corrected meanwhile, and takes out what was retired; false where there are none. */
  async function renew(items: LabelItem[]): Promise<boolean> {
    const found = await Promise.all(items.map(({ serial }) => api.readDevice(serial)))
    const isGone = (i: number) => !found[i] || found[i].retired
    const gone = new Set(items.filter((_, i) => isGone(i)).map(({ serial }) => serial))
    const others = found.filter((device, i) => device && !isGone(i) && !isSameCpuid(device.CPUID, items[i]!.cpuid)) as api.DeviceDetail[]
    if (!gone.size && !others.length) return false
    const drawn = others.length ? await pictures(others.map(rowOf)) : []
    const now = job.value
    if (!now) return true
    const fresh = new Map(drawn.map((item) => [item.serial, item]))
    const changed = new Map(now.changed)
    for (const { serial, cpuid } of now.items) {
      if (gone.has(serial)) changed.set(serial, cpuid)
      else if (fresh.has(serial)) changed.set(serial, changed.get(serial) ?? cpuid)
    }
    for (const serial of [...gone, ...fresh.keys()]) recorded.delete(serial)
    job.value = {
      ...now,
      changed,
      items: now.items.filter(({ serial }) => !gone.has(serial)).map((item) => fresh.get(item.serial) ?? item),
      again: now.again.filter((serial) => !gone.has(serial)),
      doubtful: now.doubtful.filter((serial) => !gone.has(serial)),
    }
    return true
  }

  // What the list learns while the labels are looked at.
  watch(unprinted, (rows) => {
    if (!job.value || busy.value) return
    const known = new Map(rows.map((row) => [row.serial, row.cpuid]))
    const stale = job.value.items.filter(({ serial, cpuid }) => known.get(serial) && !isSameCpuid(known.get(serial)!, cpuid))
    if (stale.length) void renew(stale).catch(() => {})
  })

  /** `labels`: what they say is told with them. */
  async function finish(outcomes: Outcomes, labels: AskedLabel[]): Promise<OutcomeAnswer> {
    const shown = new Map(labels.map((label) => [label.serial, label]))
    const named = (serials: string[]) => serials.map((serial) => (shown.get(serial)?.cpuid ? pairOf(shown.get(serial)!) : serial))
    const serials = Object.values(outcomes).flat()
    try {
      const answer = await api.tellOutcome({ printed: named(outcomes.printed), failed: named(outcomes.failed), unknown: named(outcomes.unknown) })
      letGo(serials)
      return answer
    } finally {
      refreshLabels(serials)
    }
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
