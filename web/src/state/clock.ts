// What the box says of its clock: its zone, whether it allots serials now, and what a serial looks like.
import { computed, shallowRef } from 'vue'
import { readClock, type BoxClock } from '../api/clock'

const ASK_AGAIN_MS = 60_000
const EIGHT_DIGITS = /^\d{8}$/

/** Null until known. */
export const boxClock = shallowRef<BoxClock | null>(null)

export async function refreshClock(): Promise<void> {
  try {
    boxClock.value = await readClock()
  } catch {
    // Asked again with the next round; what depends on it is left out until then.
  }
}

export function startClock(): () => void {
  void refreshClock()
  const timer = window.setInterval(() => {
    if (document.visibilityState === 'visible') void refreshClock()
  }, ASK_AGAIN_MS)
  return () => window.clearInterval(timer)
}

const serialForm = computed(() => {
  const pattern = boxClock.value?.device_sn_pattern
  if (!pattern) return EIGHT_DIGITS
  try {
    return new RegExp(`^(?:${pattern})$`)
  } catch {
    // Written for the box; not every pattern is one for a browser too.
    return EIGHT_DIGITS
  }
})

export function isLikeSerial(text: string): boolean {
  return serialForm.value.test(text)
}
