// What is printed on the editor's picture, read by the box in the background; whoever draws need not wait for it.
import { computed, onBeforeUnmount, ref, shallowRef, type Ref } from 'vue'
import { ApiError } from '../../api/http'
import { readPrint } from '../../api/templates'
import { errorText } from '../../lib/format'
import { cover, guessKinds, type Print } from '../../lib/printed'
import { posIdOf, proposedDraft, type Area, type Draft } from '../../lib/template'

/** `keep`: a step to undo. */
export function usePrint(draft: Ref<Draft>, keep: () => void) {
  const print = shallowRef<Print | null>(null)
  const reading = ref(false)
  /** Why there is none. */
  const why = ref('')
  const mayAskAgain = ref(false)
  let picture = ''
  let cut: AbortController | null = null

  function forget(): void {
    cut?.abort()
    cut = null
    picture = ''
    print.value = null
    reading.value = false
    why.value = ''
  }

  /** `null`: it is known that there is none. */
  function know(of: string, found: Print | null): void {
    forget()
    picture = of
    print.value = found
    if (!found) return
    keep()
    guessKinds(draft.value.areas, found)
    keep()
  }

  async function read(of: string): Promise<void> {
    forget()
    const own = new AbortController()
    ;[picture, cut, reading.value] = [of, own, true]
    try {
      const found = await readPrint(of, own.signal)
      if (cut === own) know(of, found)
    } catch (error) {
      if (cut !== own) return
      reading.value = false
      why.value = errorText(error)
      mayAskAgain.value = !(error instanceof ApiError && error.code === 'conflict')
    }
  }
  onBeforeUnmount(forget)

  /** What was found and is not drawn so far. */
  const found = computed<Area[]>(() => {
    const areas = draft.value.areas
    // What is proposed in order makes way.
    const taken = new Set(areas.filter((area) => area.proposed !== 'order').map(posIdOf))
    const all = print.value ? proposedDraft(print.value).areas : []
    return all.filter((area) => !taken.has(posIdOf(area)) && !areas.some((other) => cover(area, other)))
  })

  /** All of that, in one step. */
  function addFound(): void {
    if (!print.value) return
    keep()
    draft.value.areas.push(...found.value)
    guessKinds(draft.value.areas, print.value)
    draft.value.label ||= print.value.label
    keep()
  }

  return {
    print,
    reading,
    why,
    mayAskAgain,
    found,
    addFound,
    forget,
    know,
    again: () => read(picture),
    /** Each picture is asked about once. */
    look: (of: string) => {
      if (of !== picture) void read(of)
    },
  }
}
