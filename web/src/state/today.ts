// The day, which changes on pages that stay open.
import { ref } from 'vue'

const EVERY_MS = 30_000

/** `yyyy-MM-dd`, by this device's clock. */
export const today = ref(dayOf(new Date()))

export function dayOf(time: Date): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
}

window.setInterval(() => (today.value = dayOf(new Date())), EVERY_MS)
