// Undo and redo by snapshots, taken after a quiet moment or on request.
import { computed, onBeforeUnmount, ref, watch, type Ref } from 'vue'

const QUIET_MS = 300
const REMEMBERED = 100

export function useHistory<T>(value: Ref<T>) {
  const past = ref<string[]>([JSON.stringify(value.value)])
  const at = ref(0)
  let timer = 0

  function keep(): void {
    window.clearTimeout(timer)
    const now = JSON.stringify(value.value)
    if (now === past.value[at.value]) return
    past.value = [...past.value.slice(0, at.value + 1), now].slice(-REMEMBERED)
    at.value = past.value.length - 1
  }

  function go(to: number): void {
    keep()
    const text = past.value[to]
    if (text === undefined) return
    at.value = to
    value.value = JSON.parse(text) as T
  }

  watch(
    value,
    () => {
      window.clearTimeout(timer)
      timer = window.setTimeout(keep, QUIET_MS)
    },
    { deep: true },
  )
  onBeforeUnmount(() => window.clearTimeout(timer))

  return {
    canUndo: computed(() => at.value > 0),
    canRedo: computed(() => at.value < past.value.length - 1),
    undo: () => {
      keep()
      go(at.value - 1)
    },
    redo: () => go(at.value + 1),
    keep,
    /** Undo ends at what was loaded. */
    restart: () => {
      window.clearTimeout(timer)
      past.value = [JSON.stringify(value.value)]
      at.value = 0
    },
  }
}
