// A list that is narrowed while somebody types shows, for a moment, what another filter let through. What is done to all of it, or taken along
// of it, goes by the filter that the list on the screen was answered for, and waits while that is not the one that is asked for.
import { computed, shallowRef } from 'vue'

/** `pending`: typed, and not asked for yet. */
export function useAnswered<Filter>(wanted: () => Filter, pending: () => boolean = () => false) {
  const answered = shallowRef<Filter | null>(null)
  const settled = computed(() => answered.value !== null && !pending() && JSON.stringify(answered.value) === JSON.stringify(wanted()))
  return { answered, settled }
}
