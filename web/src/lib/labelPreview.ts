// The box's own picture of a label while it is changed. Not here: which look, and what is done with it (LabelEditor.vue).
import { onBeforeUnmount, ref, shallowRef, watch } from 'vue'
import { previewLook, type Dpi, type LookDraft, type LookPreview } from '../api/looks'
import { errorText, sentence } from './format'

/** Somebody types or drags on. */
const QUIET_MS = 150

export interface LabelProblem {
  /** Its place among the elements; null: of none of them. */
  at: number | null
  text: string
}

/** The box names the element that it refuses. */
export function labelProblem(error: unknown): LabelProblem {
  const text = typeof error === 'string' ? error : errorText(error)
  const found = /^elements\[(\d+)\][^：:]*[：:]\s*(.*)$/i.exec(text)
  return found ? { at: Number(found[1]), text: sentence(found[2]!) } : { at: null, text }
}

export function useLabelPreview(look: () => LookDraft, dpi: () => Dpi, sn: () => string) {
  /** The last one that the box drew, until there is another. */
  const drawn = shallowRef<(LookPreview & { dpi: Dpi }) | null>(null)
  /** What is shown is of an earlier state. */
  const isStale = ref(true)
  const problem = shallowRef<LabelProblem | null>(null)
  let asked = new AbortController()
  let timer = 0

  async function ask(): Promise<void> {
    asked.abort()
    const { signal } = (asked = new AbortController())
    try {
      const answer = { ...(await previewLook(look(), sn(), dpi(), signal)), dpi: dpi() }
      if (signal.aborted) return
      drawn.value = answer
      problem.value = null
      isStale.value = false
    } catch (error) {
      if (!signal.aborted) problem.value = labelProblem(error)
    }
  }

  watch(
    () => JSON.stringify([look().width_mm, look().height_mm, look().elements, dpi(), sn()]),
    () => {
      window.clearTimeout(timer)
      asked.abort()
      isStale.value = true
      // Without elements the box would draw its own layout, which is not what is seen here.
      if (look().elements.length) timer = window.setTimeout(() => void ask(), QUIET_MS)
      else drawn.value = problem.value = null
    },
    { immediate: true },
  )
  onBeforeUnmount(() => {
    window.clearTimeout(timer)
    asked.abort()
  })

  return { drawn, isStale, problem, ask }
}
