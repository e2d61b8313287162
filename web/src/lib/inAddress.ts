// What a page shows, kept in its address: for reload, Back and copied links.
import { useRouteQuery } from '@vueuse/router'
import { onBeforeUnmount, ref, watch } from 'vue'

const TYPING_MS = 250

/** Of a list in pages, from 1. It may come from anybody. */
export function usePageQuery() {
  return useRouteQuery('page', '1', { transform: { get: (text) => Math.max(1, Math.trunc(Number(text)) || 1), set: String } })
}

const ENDS = '~'

/** Both ends of a span of time, as they are written; null: none. */
export function endsIn(text: string): [string, string] | null {
  const [from, to] = text.split(ENDS)
  return from && to ? [from, to] : null
}

export function withEnds(span: [string, string]): string {
  return span.join(ENDS)
}

/**
 * `typed` follows the keys, `kept` the address, once typing has paused: navigations take their time, and an older one must not undo
 * newer keys.
 */
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
