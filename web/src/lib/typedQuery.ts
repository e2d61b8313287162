// Typed words, kept in the address once typing has paused: navigations take their time, and an older one must not undo newer keys.
import { useRouteQuery } from '@vueuse/router'
import { onBeforeUnmount, ref, watch } from 'vue'

const TYPING_MS = 250

/** `typed` follows the keys, `kept` the address. */
export function useTypedQuery(name: string) {
  const kept = useRouteQuery<string>(name, '')
  const typed = ref(kept.value)
  let timer = 0
  watch(typed, (text) => {
    window.clearTimeout(timer)
    timer = window.setTimeout(() => {
      timer = 0
      kept.value = text
    }, TYPING_MS)
  })
  watch(kept, (text) => {
    if (!timer) typed.value = text
  })
  onBeforeUnmount(() => window.clearTimeout(timer))
  return { typed, kept }
}
