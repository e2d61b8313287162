// Tells the box which fault is open here, so that others see it; the box forgets after a minute.
import { onBeforeUnmount, watch } from 'vue'
import { closeFault, openFault } from '../api/invoices'

const TELL_MS = 20_000

export function keepPresence(looked: () => number | null): void {
  // Only a courtesy: the version protects the invoice.
  const tell = (id: number | null) => {
    if (id !== null && !document.hidden) void openFault(id).catch(() => {})
  }
  const untell = (id: number | null | undefined) => {
    if (id != null) void closeFault(id).catch(() => {})
  }
  watch(
    looked,
    (id, before) => {
      untell(before)
      tell(id)
    },
    { immediate: true },
  )
  const timer = window.setInterval(() => tell(looked()), TELL_MS)
  onBeforeUnmount(() => {
    window.clearInterval(timer)
    untell(looked())
  })
}
