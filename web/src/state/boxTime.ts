// The box's day and time of day: what it tells is written in its zone, wherever this page is read.
import { ref } from 'vue'

const EVERY_MS = 30_000

/** This device's until the box has told. */
let zone: string | undefined

/** `yyyy-MM-dd` */
export const today = ref(dayOf(new Date()))

/** `name`: as in the IANA database. */
export function goBy(name: string): void {
  try {
    new Intl.DateTimeFormat('sv', { timeZone: name })
    zone = name
  } catch {
    // A zone that this browser doesn't know.
  }
  today.value = dayOf(new Date())
}

/** Swedish dates are ISO's. */
function dayOf(time: Date): string {
  return new Intl.DateTimeFormat('sv', { timeZone: zone }).format(time)
}

export function inBoxTime(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale, { ...options, timeZone: zone })
}

window.setInterval(() => (today.value = dayOf(new Date())), EVERY_MS)
