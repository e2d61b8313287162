// The box's time zone, whether it allots serials, and their pattern.
import { computed, ref, shallowRef } from 'vue'
import { readClock, type BoxClock } from '../api/clock'

const ASK_AGAIN_MS = 60_000
const EIGHT_DIGITS = /^\d{8}$/

export const boxClock = shallowRef<BoxClock | null>(null)

/** How far the box's clock is ahead of this device's, in ms; within a second or two, as it tells whole seconds. */
export const clockAhead = ref(0)
/** Networks and people are slower than clocks. */
const OFF_MS = 60_000
export const isClockOff = computed(() => Math.abs(clockAhead.value) > OFF_MS)

export async function refreshClock(): Promise<void> {
  const asked = Date.now()
  try {
    const clock = await readClock()
    const theirs = Date.parse(clock.now.replace(' ', 'T') + clock.utc_offset)
    clockAhead.value = Number.isNaN(theirs) ? 0 : theirs - (asked + Date.now()) / 2
    boxClock.value = clock
  } catch {
    // Tried again next round.
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
    // Not every pattern of the box is valid in a browser.
    return EIGHT_DIGITS
  }
})

export function isLikeSerial(text: string): boolean {
  return serialForm.value.test(text)
}
