// A media query as a ref.
import { onBeforeUnmount, ref } from 'vue'

export function useMedia(query: string) {
  const list = window.matchMedia(query)
  const matches = ref(list.matches)
  const note = () => (matches.value = list.matches)
  list.addEventListener('change', note)
  onBeforeUnmount(() => list.removeEventListener('change', note))
  return { matches }
}
