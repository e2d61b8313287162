// Labels being asked about: answered, corrected or retired elsewhere, they need no answer.
import { onBeforeUnmount, onMounted, shallowRef, watch } from 'vue'
import { readDevice, type DeviceDetail, type DeviceEvent } from '../api/devices'
import { isSameCpuid } from '../lib/gun'
import { refreshLabels, rows, serials, type AskedLabel } from './unprinted'

const LOOK_MS = 3_000
const AT_ONCE = 40

export interface Settled {
  what: 'answered' | 'changed' | 'retired' | 'gone'
  /** Unknown if the device is gone. */
  by?: DeviceEvent | undefined
  cpuid: string
}

const ANSWERS = new Set(['printed', 'failed', 'unknown', 'unprinted'])

function settledBy(device: DeviceDetail | null, label: AskedLabel, wasSent: boolean): Settled | undefined {
  if (!device) return { what: 'gone', cpuid: '' }
  const cpuid = device.CPUID
  const latest = (kinds: (what: string) => boolean) => device.history.find(({ what }) => kinds(what))
  if (device.retired) return { what: 'retired', by: latest((what) => what === 'retired'), cpuid }
  if (label.cpuid && !isSameCpuid(cpuid, label.cpuid)) return { what: 'changed', by: latest((what) => what === 'cpuid'), cpuid }
  // A reprint leaves the label printed: the last step decides.
  const last = latest((what) => what === 'sent' || ANSWERS.has(what))
  if (wasSent && last && last.what !== 'sent') return { what: 'answered', by: last, cpuid }
  return undefined
}

/** `wereSent`: the first answer counts. */
export function useSettled(labels: () => AskedLabel[], wereSent: boolean) {
  const settled = shallowRef<ReadonlyMap<string, Settled>>(new Map())

  async function look(which: AskedLabel[]): Promise<void> {
    const found = await Promise.all(which.map(({ serial }) => readDevice(serial)))
    const next = new Map(settled.value)
    which.forEach((label, i) => {
      const now = settledBy(found[i] ?? null, label, wereSent)
      if (now) next.set(label.serial, now)
      else next.delete(label.serial)
    })
    settled.value = next
  }

  async function lookAt(wanted: string[]): Promise<void> {
    const names = new Set(wanted)
    await look(labels().filter(({ serial }) => names.has(serial)))
  }

  /** Changed in the list; those not in it are checked in turn. */
  let turn = 0
  function suspects(): AskedLabel[] {
    const listed = new Map(rows.value.map((row) => [row.serial, row]))
    const open = labels().filter(({ serial }) => !settled.value.has(serial))
    const isOther = ({ serial, cpuid }: AskedLabel) => {
      const row = listed.get(serial)
      return row && ((wereSent && (row.label === 'failed' || row.label === 'unknown')) || (row.cpuid && cpuid && !isSameCpuid(row.cpuid, cpuid)))
    }
    const unlisted = open.filter(({ serial }) => !listed.has(serial))
    turn = unlisted.length > turn + AT_ONCE ? turn + AT_ONCE : 0
    return [...open.filter(isOther), ...unlisted.slice(turn), ...unlisted.slice(0, turn)].slice(0, AT_ONCE)
  }

  let looking = false
  async function follow(): Promise<void> {
    if (looking) return
    looking = true
    // Tried again in the next round.
    await look(suspects()).catch(() => {})
    looking = false
  }

  watch([serials, rows], () => void follow())
  let timer = 0
  onMounted(() => {
    void follow()
    timer = window.setInterval(() => {
      if (document.visibilityState !== 'visible') return
      refreshLabels(labels().map(({ serial }) => serial))
      void follow()
    }, LOOK_MS)
  })
  onBeforeUnmount(() => window.clearInterval(timer))
  return { settled, lookAt }
}
