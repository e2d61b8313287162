// While the user types, a list shows an older filter's results. Actions on all of it, and exports, use that filter, and wait while
// another is pending.
import { computed, shallowRef } from 'vue'

export function useAnswered<Filter>(wanted: () => Filter, pending: () => boolean = () => false) {
  const answered = shallowRef<Filter | null>(null)
  const settled = computed(() => answered.value !== null && !pending() && JSON.stringify(answered.value) === JSON.stringify(wanted()))
  return { answered, settled }
}
