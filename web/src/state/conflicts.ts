// Refused registrations of another device's serial or CPUID.
import { shallowRef } from 'vue'
import { listConflicts, type Conflict } from '../api/devices'

const ASK_AGAIN_MS = 30_000

/** Not settled yet; null until known. */
export const openConflicts = shallowRef<Conflict[] | null>(null)

export async function refreshConflicts(): Promise<void> {
  try {
    openConflicts.value = await listConflicts(false)
  } catch {
    // Tried again next round; the list shows its own errors.
  }
}

export function startConflicts(): () => void {
  void refreshConflicts()
  const timer = window.setInterval(() => {
    if (document.visibilityState === 'visible') void refreshConflicts()
  }, ASK_AGAIN_MS)
  return () => window.clearInterval(timer)
}
