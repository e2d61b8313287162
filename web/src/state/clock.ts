// The box's time zone, whether it allots serials, and their pattern.
import { computed, shallowRef } from 'vue'
import { readClock, type BoxClock } from '../api/clock'

const ASK_AGAIN_MS = 60_000
const EIGHT_DIGITS = /^\d{8}$/

export const boxClock = shallowRef<BoxClock | null>(null)

export async function refreshClock(): Promise<void> {
  try {
    boxClock.value = await readClock()
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
