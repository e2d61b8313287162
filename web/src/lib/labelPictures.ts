// The box's own pictures of labels that are to be printed: asked for in portions, each once. Not here: a look that is still drawn
// (labelPreview.ts), printing (PrintView.vue).
import { computed, nextTick, onBeforeUnmount, reactive, ref, watch } from 'vue'
import { drawLabels, type Dpi, type LabelPicture, type LookDraft } from '../api/looks'
import type { LabelItem } from '../state/printJob'
import { sizeOf } from './dots'
import { labelProblem } from './labelPreview'

const AT_ONCE = 20
/** Of all labels of a portion: large ones take a while each. */
const DOTS_AT_ONCE = 8_000_000
/** Somebody types on. */
const QUIET_MS = 150

/** Its size in dots, and the fewest a module of its codes; or why there is none. */
export type DrawnLabel = { url: string; width: number; height: number; dots: number | null } | { err: string }

const nameOf = ({ serial, cpuid }: LabelItem) => `${serial} ${cpuid}`

function drawn(picture: LabelPicture): DrawnLabel {
  if ('err' in picture) return { err: labelProblem(picture.err).text }
  const { png, width, height, codes } = picture
  return { url: `data:image/png;base64,${png}`, width, height, dots: codes.length ? Math.min(...codes.map((code) => code.dots_per_module)) : null }
}

/** `items`: whose labels are shown; `look`, `dpi`: how. Another look asks for all anew, and drops what comes of the one before. */
export function useLabelPictures(items: () => LabelItem[], look: () => LookDraft, dpi: () => Dpi) {
  const pictures = reactive(new Map<string, DrawnLabel>())
  /** Why the box was asked in vain. */
  const problem = ref('')
  let asked: AbortController | null = null
  let timer = 0

  const pictureOf = (item: LabelItem) => pictures.get(nameOf(item))
  const missing = computed(() => items().filter((item) => !pictureOf(item)))
  /** By reason, in the box's words. */
  const refused = computed(() => {
    const found = new Map<string, string[]>()
    for (const item of items()) {
      const picture = pictureOf(item)
      if (picture && 'err' in picture) found.set(picture.err, [...(found.get(picture.err) ?? []), item.serial])
    }
    return found
  })
  /** Every label that is shown has its picture. */
  const isWhole = computed(() => !missing.value.length && !refused.value.size)
  /** Of all codes that are shown; null: there are none. */
  const fewestDots = computed(() => {
    const dots = items().flatMap((item) => {
      const picture = pictureOf(item)
      return picture && 'url' in picture && picture.dots !== null ? [picture.dots] : []
    })
    return dots.length ? dots.reduce((a, b) => Math.min(a, b)) : null
  })

  function stop(): void {
    window.clearTimeout(timer)
    asked?.abort()
    timer = 0
    asked = null
  }

  async function ask(): Promise<void> {
    stop()
    problem.value = ''
    const { signal } = (asked = new AbortController())
    const { width, height } = sizeOf(look(), dpi())
    const portion = Math.max(1, Math.min(AT_ONCE, Math.floor(DOTS_AT_ONCE / (width * height))))
    try {
      while (missing.value.length) {
        const next = missing.value.slice(0, portion)
        const answer = await drawLabels(look(), next.map(({ serial, cpuid }) => ({ DeviceSN: serial, CPUID: cpuid })), dpi(), signal)
        if (signal.aborted) return
        next.forEach((item, i) => pictures.set(nameOf(item), drawn(answer[i]!)))
      }
      asked = null
    } catch (error) {
      if (signal.aborted) return
      asked = null
      problem.value = labelProblem(error).text
    }
  }

  watch(
    () => JSON.stringify([look().width_mm, look().height_mm, look().rotate, look().elements, dpi()]),
    () => {
      stop()
      pictures.clear()
      timer = window.setTimeout(() => void ask(), QUIET_MS)
    },
  )
  // What is under way finds those that come meanwhile.
  watch(missing, (now) => void (now.length && !asked && !timer && ask()), { immediate: true })
  onBeforeUnmount(stop)

  /** Once all that can be had is there. */
  async function settled(): Promise<void> {
    await nextTick()
    if (!missing.value.length || problem.value) return
    await new Promise<void>((done) => {
      const end = watch([missing, problem], () => {
        if (missing.value.length && !problem.value) return
        end()
        done()
      })
    })
  }

  return { pictureOf, missing, refused, isWhole, fewestDots, problem, ask, settled }
}
