// Registrations that the box refused because a serial or CPUID belongs to another device: how many wait for somebody.
import { shallowRef } from 'vue'
import { listConflicts, type Conflict } from '../api/devices'

const ASK_AGAIN_MS = 30_000

/** Those not settled yet; null until known. */
export const openConflicts = shallowRef<Conflict[] | null>(null)

export async function refreshConflicts(): Promise<void> {
  try {
    openConflicts.value = await listConflicts(false)
  } catch {
    // The next round asks again; the list itself says what went wrong when it is opened.
  }
}

export function startConflicts(): () => void {
  void refreshConflicts()
  const timer = window.setInterval(() => {
    if (document.visibilityState === 'visible') void refreshConflicts()
  }, ASK_AGAIN_MS)
  return () => window.clearInterval(timer)
}
