// One print: claim, record as sent, print, ask for the outcome. Not here: the labels' pictures (lib/labelPictures.ts).
import { computed, onBeforeUnmount, onMounted, ref, shallowRef, watch } from 'vue'
import * as api from '../api/devices'
import { LABELS_AT_ONCE, type LabelState, type Outcomes, type OutcomeAnswer } from '../api/devices'
import { ApiError } from '../api/http'
import { claimedElsewhere, hold, letGo, ownClaims, whenClaimsAreLost } from './claims'
import { isSameCpuid } from '../lib/gun'
import { isOpen, refreshLabels, rowOf, rows as unprinted, type AskedLabel, type DeviceRow } from './unprinted'

/** Renewed well before. */
const CLAIM_MS = 120_000
const RENEW_MS = 45_000
const TICK_MS = 5_000

const LOOKED_AT = 100

export interface LabelItem {
  serial: string
  cpuid: string
}

export interface LeftOut {
  serial: string
  name: string
  sameUser: boolean
}

export interface PrintJob {
  items: LabelItem[]
  taken: LeftOut[]
  /** Unanswered: not printed again unless asked for. */
  unconfirmed: DeviceRow[]
  /** Too many for one print. */
  rest: number
  /** Printed before; a reason is needed. */
  again: string[]
  /** Their former CPUID, by serial. */
  changed: Map<string, string>
  /** Since they were drawn: by whom, by serial. */
  resent: Map<string, string>
  /** With new holders: nothing prints until redrawn. */
  lost: LeftOut[]
  /** The printer may still hold them. */
  doubtful: string[]
}

const DOUBTFUL = new Set<LabelState>(['sent', 'failed', 'unknown'])

function isDoubtful(row: DeviceRow): boolean {
  return DOUBTFUL.has(row.label) || isOpen(row)
}

function take(rows: DeviceRow[], withUnconfirmed: boolean, room: number) {
  const free: DeviceRow[] = []
  const taken: LeftOut[] = []
  const unconfirmed: DeviceRow[] = []
  for (const row of rows) {
    const claim = claimedElsewhere(row.serial)
    if (claim) taken.push({ serial: row.serial, ...claim })
    else if (isOpen(row) && !withUnconfirmed) unconfirmed.push(row)
    else free.push(row)
  }
  return { free: free.slice(0, room), taken, unconfirmed, rest: Math.max(0, free.length - room) }
}

function itemOf({ serial, cpuid }: DeviceRow): LabelItem {
  return { serial, cpuid }
}

function pairOf({ serial, cpuid }: Pick<LabelItem, 'serial' | 'cpuid'>): api.Pair {
  return { DeviceSN: serial, CPUID: cpuid }
}

export function usePrintJob() {
  const job = shallowRef<PrintJob | null>(null)
  const busy = ref(false)
  /** Sent in an unfinished attempt. */
  const recorded = new Set<string>()
  const seen = new Map<string, number>()
  /** When the box last confirmed the claims. */
  let heldAt = 0
  let triedAt = 0
  let sending = false
  /** After sending, nothing stops the print. */
  let sent = false

  /** Returns other holders if nothing is left. */
  async function start(
    rows: DeviceRow[],
    withUnconfirmed = rows.every(isOpen),
    room = LABELS_AT_ONCE,
  ): Promise<LeftOut[]> {
    busy.value = true
    try {
      const { free, taken, unconfirmed, rest } = take(rows, withUnconfirmed, room)
      if (!free.length) return taken
      // Held from here on, so that the live list's news of it is ignored.
      hold(free.map((row) => row.serial))
      const asked = Date.now()
      const answer = await api.claimLabels(free.map((row) => row.serial)).catch((error: unknown) => {
        letGo(free.map((row) => row.serial))
        throw error
      })
      const lost = Object.entries(answer.taken).map(([serial, claim]) => ({ serial, name: claim.user_name, sameUser: false }))
      letGo(lost.map(({ serial }) => serial))
      const mine = free.filter((row) => !answer.taken[row.serial])
      if (!mine.length) return [...taken, ...lost]
      const items = mine.map(itemOf)
      const again = mine.filter((row) => row.count > 0).map((row) => row.serial)
      const doubtful = mine.filter(isDoubtful).map((row) => row.serial)
      for (const row of mine) seen.set(row.serial, row.sent)
      heldAt = triedAt = asked
      sent = false
      job.value = { items, taken: [...taken, ...lost], unconfirmed, rest, again, doubtful, changed: new Map(), resent: new Map(), lost: [] }
      recorded.clear()
      return []
    } finally {
      busy.value = false
    }
  }

  async function addUnconfirmed(): Promise<void> {
    const now = job.value
    if (!now) return
    const { items, again, taken } = now
    const before = heldAt
    await start(now.unconfirmed, true, LABELS_AT_ONCE - items.length)
    const added = job.value === now ? null : job.value
    heldAt = before
    job.value = {
      rest: now.rest + (added?.rest ?? 0),
      unconfirmed: [],
      items: [...items, ...(added?.items ?? [])],
      again: [...again, ...(added?.again ?? [])],
      doubtful: [...now.doubtful, ...(added?.doubtful ?? [])],
      taken: [...taken, ...(added?.taken ?? [])],
      changed: now.changed,
      resent: now.resent,
      lost: now.lost,
    }
  }

  /** With fresh claims and open questions. */
  async function redraw(): Promise<LeftOut[]> {
    const now = job.value
    if (!now) return []
    const found = await Promise.all(now.items.map(({ serial }) => api.readDevice(serial)))
    // News came in meanwhile: the labels differ.
    if (job.value && job.value.items !== now.items) return redraw()
    if (!job.value) return []
    const before = job.value
    const taken = await start(found.flatMap((device) => (device && !device.retired ? rowOf(device) : [])))
    if (job.value === before) job.value = null
    const kept = new Set(job.value?.items.map(({ serial }) => serial))
    await release(now.items.flatMap(({ serial }) => (kept.has(serial) ? [] : serial)))
    return taken
  }

  function lose(left: LeftOut[]): void {
    letGo(left.map(({ serial }) => serial))
    const now = job.value
    if (!now || sent) return
    const shown = new Set(now.items.map(({ serial }) => serial))
    const known = new Set(left.map(({ serial }) => serial))
    const lost = left.filter(({ serial }) => shown.has(serial))
    if (lost.length) job.value = { ...now, lost: [...now.lost.filter(({ serial }) => !known.has(serial)), ...lost] }
  }

  /** Expired while the page slept or the box was away. */
  function letLapse(): boolean {
    if (!ownClaims.value.size || Date.now() - heldAt < CLAIM_MS) return false
    lose([...ownClaims.value].map((serial) => ({ serial, name: '', sameUser: false })))
    return true
  }

  /** Without a new holder: a retired device leaves the job and is named; of others the claim is lost. */
  async function loseEnded(serials: Set<string>): Promise<void> {
    await renew(job.value?.items.filter(({ serial }) => serials.has(serial)) ?? []).catch(() => {})
    lose([...serials].map((serial) => ({ serial, name: '', sameUser: false })))
  }

  function loseTaken(taken: api.Claims): void {
    const others = Object.entries(taken).map(([serial, claim]) => ({ serial, name: claim.user_name, sameUser: false }))
    if (others.length) lose(others)
  }

  async function keepClaims(): Promise<void> {
    if (letLapse() || !ownClaims.value.size || Date.now() - triedAt < RENEW_MS) return
    const asked = (triedAt = Date.now())
    const answer = await api.claimLabels([...ownClaims.value]).catch(() => null)
    if (!answer) return
    heldAt = Math.max(heldAt, asked)
    loseTaken(answer.taken)
  }

  async function record(items: LabelItem[], reason: string): Promise<void> {
    const left = items.filter(({ serial }) => !recorded.has(serial))
    if (!left.length) return
    await api.labelsSent(left.map(pairOf), reason, Object.fromEntries(left.map(({ serial }) => [serial, seen.get(serial) ?? 0])))
    for (const { serial } of left) {
      recorded.add(serial)
      seen.set(serial, (seen.get(serial) ?? 0) + 1)
    }
  }

  /** False: some changed and are redrawn. */
  async function send(reason: string): Promise<boolean> {
    const now = job.value
    if (!now || now.lost.length || letLapse()) return false
    const again = new Set(now.again)
    sending = true
    try {
      // First what may be refused. Only reprints keep the reason.
      await record(now.items.filter(({ serial }) => again.has(serial)), reason)
      await record(now.items.filter(({ serial }) => !again.has(serial)), '')
      sent = true
      return true
    } catch (error) {
      if (!(error instanceof ApiError) || (error.code !== 'conflict' && error.code !== 'not_found')) throw error
      const refused = now.items.filter(({ serial }) => error.message.includes(serial))
      const answer = refused.length ? await api.claimLabels(refused.map(({ serial }) => serial)).catch(() => null) : null
      if (answer) loseTaken(answer.taken)
      // The refusal names one kind at a time; a short list is checked in full.
      if (await renew(now.items.length <= LOOKED_AT ? now.items : refused)) return false
      // Printed by others since the list was read.
      if (job.value && error.code === 'conflict') job.value = { ...job.value, again: [...new Set([...again, ...refused.map(({ serial }) => serial)])] }
      throw error
    } finally {
      sending = false
      refreshLabels(now.items.map((item) => item.serial))
    }
  }

  /** Corrected or sent since, without retired ones; false if none. */
  async function renew(items: LabelItem[]): Promise<boolean> {
    const found = await Promise.all(items.map(({ serial }) => api.readDevice(serial)))
    const isGone = (i: number) => !found[i] || found[i].retired
    const gone = new Set(items.filter((_, i) => isGone(i)).map(({ serial }) => serial))
    const others = found.filter((device, i) => device && !isGone(i) && !isSameCpuid(device.CPUID, items[i]!.cpuid)) as api.DeviceDetail[]
    const resent = found.filter((device, i) => device && !isGone(i) && device.sent_count !== seen.get(items[i]!.serial)) as api.DeviceDetail[]
    if (!gone.size && !others.length && !resent.length) return false
    const now = job.value
    if (!now) return true
    const fresh = new Map(others.map((device) => [device.DeviceSN, itemOf(rowOf(device))]))
    const changed = new Map(now.changed)
    for (const { serial, cpuid } of now.items) {
      if (gone.has(serial)) changed.set(serial, cpuid)
      else if (fresh.has(serial)) changed.set(serial, changed.get(serial) ?? cpuid)
    }
    const sentAnew = new Map(resent.map((device) => [device.DeviceSN, rowOf(device)]))
    for (const serial of [...gone, ...fresh.keys(), ...sentAnew.keys()]) recorded.delete(serial)
    for (const row of sentAnew.values()) seen.set(row.serial, row.sent)
    const who = (device: api.DeviceDetail) => device.history.find(({ what }) => what === 'sent' || what === 'printed')?.user_name ?? ''
    const ofThese = (kept: string[], belongs: (row: DeviceRow) => boolean) => [
      ...kept.filter((serial) => !gone.has(serial) && !sentAnew.has(serial)),
      ...[...sentAnew.values()].filter(belongs).map(({ serial }) => serial),
    ]
    job.value = {
      ...now,
      changed,
      items: now.items.filter(({ serial }) => !gone.has(serial)).map((item) => fresh.get(item.serial) ?? item),
      resent: new Map([...now.resent, ...resent.map((device): [string, string] => [device.DeviceSN, who(device)])]),
      again: ofThese(now.again, ({ count }) => count > 0),
      // A changed list is a new question: old answers don't apply.
      doubtful: gone.size || sentAnew.size ? ofThese(now.doubtful, isDoubtful) : now.doubtful,
    }
    return true
  }

  watch(unprinted, (rows) => {
    if (!job.value || busy.value || sending || sent) return
    const known = new Map(rows.filter(({ cpuid }) => cpuid).map((row) => [row.serial, row]))
    const stale = job.value.items.filter(({ serial, cpuid }) => {
      const row = known.get(serial)
      return row && (!isSameCpuid(row.cpuid, cpuid) || row.sent !== seen.get(serial))
    })
    if (stale.length) void renew(stale).catch(() => {})
  })

  /** `labels`: sent along with their CPUIDs. */
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
    // If this fails, the claims expire.
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
    renewal = window.setInterval(() => void keepClaims(), TICK_MS)
    whenClaimsAreLost((lost) => {
      lose(lost.flatMap(({ serial, by }) => (by ? { serial, name: by.user_name, sameUser: false } : [])))
      void loseEnded(new Set(lost.flatMap(({ serial, by }) => (by ? [] : serial))))
    })
    window.addEventListener('pagehide', leave)
  })
  onBeforeUnmount(() => {
    window.clearInterval(renewal)
    whenClaimsAreLost(() => {})
    window.removeEventListener('pagehide', leave)
    leave()
    letGo([...ownClaims.value])
  })

  return { job: computed(() => job.value), busy, start, addUnconfirmed, redraw, send, finish, close }
}
