// Printing a page as a sheet of its own (OnPaper.vue) instead of the screen.
import { nextTick, onBeforeUnmount, onMounted, ref, watchEffect } from 'vue'
import { tellOfPrint } from '../api/invoices'
import { wholeTimes } from './format'
import { complain } from './notify'

/** An undecoded picture would print blank. Throws where one can't be. */
export async function decoded(sheet: Element | null | undefined): Promise<void> {
  await nextTick()
  const tried = await Promise.allSettled([...(sheet?.querySelectorAll('img') ?? [])].map((picture) => picture.decode()))
  for (const each of tried) if (each.status === 'rejected') throw each.reason
}

export async function toPaper(sheet: Element | null | undefined): Promise<void> {
  await decoded(sheet).catch(() => {})
  window.print()
}

/** For a button and the usual keys; `prepare` fetches what the screen does not hold, `done` lets go of it. Printed by the browser's menu, the sheet has what there is. `ids`: the invoices on it, of which a log tells. */
export function usePaper(prepare: () => Promise<void>, ids: () => number[], done: () => void) {
  const onPaper = ref(false)
  const printing = ref(false)
  watchEffect(() => (wholeTimes.value = onPaper.value), { flush: 'sync' })

  async function tell(): Promise<void> {
    if (ids().length) await tellOfPrint(ids())
  }

  async function print(): Promise<void> {
    if (printing.value) return
    printing.value = true
    try {
      await prepare()
      await tell()
      onPaper.value = true
      await nextTick()
      await toPaper(document.querySelector('body > .on-paper'))
    } catch (error) {
      complain(error)
    } finally {
      printing.value = false
    }
  }

  function press(event: KeyboardEvent): void {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== 'p') return
    event.preventDefault()
    void print()
  }
  function begin(): void {
    onPaper.value = true
    if (!printing.value) tell().catch(complain)
  }
  function end(): void {
    onPaper.value = false
    done()
  }

  onMounted(() => {
    window.addEventListener('keydown', press)
    window.addEventListener('beforeprint', begin)
    window.addEventListener('afterprint', end)
  })
  onBeforeUnmount(() => {
    onPaper.value = false
    window.removeEventListener('keydown', press)
    window.removeEventListener('beforeprint', begin)
    window.removeEventListener('afterprint', end)
  })
  return { onPaper, printing, print }
}
