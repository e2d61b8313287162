// Selects rows of a long list like files: one, a range with shift, all.
import { computed, shallowRef, type Ref } from 'vue'

export function useSelection(keys: Ref<string[]>) {
  const chosen = shallowRef<ReadonlySet<string>>(new Set())
  let anchor: string | null = null

  const all = computed(() => keys.value.length > 0 && keys.value.every((key) => chosen.value.has(key)))

  function toggle(key: string): void {
    const next = new Set(chosen.value)
    if (!next.delete(key)) next.add(key)
    chosen.value = next
    anchor = key
  }

  function extend(key: string): void {
    const from = anchor === null ? -1 : keys.value.indexOf(anchor)
    const to = keys.value.indexOf(key)
    if (from < 0 || to < 0) {
      toggle(key)
      return
    }
    const on = chosen.value.has(anchor!)
    const next = new Set(chosen.value)
    for (const each of keys.value.slice(Math.min(from, to), Math.max(from, to) + 1)) {
      if (on) next.add(each)
      else next.delete(each)
    }
    chosen.value = next
  }

  /** Of the filtered rows; the others stay. */
  function toggleAll(): void {
    const next = new Set(chosen.value)
    const on = !all.value
    for (const key of keys.value) {
      if (on) next.add(key)
      else next.delete(key)
    }
    chosen.value = next
  }

  function choose(keys: string[]): void {
    chosen.value = new Set(keys)
    anchor = null
  }

  function clear(): void {
    chosen.value = new Set()
    anchor = null
  }

  function keepOnly(present: ReadonlySet<string>): void {
    if ([...chosen.value].every((key) => present.has(key))) return
    chosen.value = new Set([...chosen.value].filter((key) => present.has(key)))
  }

  return { chosen, all, toggle, extend, toggleAll, choose, clear, keepOnly }
}
