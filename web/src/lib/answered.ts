// While the user types, a list shows an older filter's results. Actions on all of it, and exports, use that filter, and wait while
// another is pending.
import { computed, shallowRef } from 'vue'

export function useAnswered<Filter>(wanted: () => Filter, pending: () => boolean = () => false) {
  const answered = shallowRef<Filter | null>(null)
  /** What is shown is of the filter as it is, whatever is being typed. */
  const isShown = computed(() => answered.value !== null && JSON.stringify(answered.value) === JSON.stringify(wanted()))
  const settled = computed(() => isShown.value && !pending())
  return { answered, isShown, settled }
}
