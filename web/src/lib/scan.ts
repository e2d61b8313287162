// A scan gun types like a keyboard, only faster, and ends with Enter. Tells such a burst from a person's typing.

/** People are slower than this between two keys, guns are faster. */
const GAP_MS = 50
const SHORTEST = 4

type Field = HTMLInputElement | HTMLTextAreaElement

function fieldOf(target: EventTarget | null): Field | null {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement ? target : null
}

/** What the gun typed into a field that happened to have the focus is taken out again. */
function putBack(field: Field, text: string): void {
  field.value = text
  field.dispatchEvent(new Event('input', { bubbles: true }))
}

export function listenToScans(take: (text: string) => void): () => void {
  let burst = ''
  let lastAt = 0
  let before: { field: Field; text: string } | null = null
  let swallowed = ''

  function press(event: KeyboardEvent): void {
    // A key held down repeats as fast as a gun types.
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return
    const field = fieldOf(event.target)
    // A field of a dialog waits for just what is scanned.
    if (field?.closest('[role=dialog]')) return
    const quick = event.timeStamp - lastAt <= GAP_MS
    if (event.key === 'Enter') {
      const text = burst
      burst = ''
      if (!quick || text.length < SHORTEST) return
      swallow(event)
      if (before) putBack(before.field, before.text)
      take(text.trim())
      return
    }
    if (event.key.length !== 1) return
    if (!quick) {
      burst = ''
      before = field ? { field, text: field.value } : null
    }
    burst += event.key
    lastAt = event.timeStamp
    // A blank within a code must not press the button that has the focus.
    if (!field && burst.length > 1) swallow(event)
  }

  function swallow(event: KeyboardEvent): void {
    swallowed = event.key
    event.preventDefault()
    event.stopPropagation()
  }

  function letGo(event: KeyboardEvent): void {
    if (event.key !== swallowed) return
    swallowed = ''
    event.preventDefault()
    event.stopPropagation()
  }

  window.addEventListener('keydown', press, true)
  window.addEventListener('keyup', letGo, true)
  return () => {
    window.removeEventListener('keydown', press, true)
    window.removeEventListener('keyup', letGo, true)
  }
}

export interface Scanned {
  serial: string
  /** Absent when only one word was scanned. */
  cpuid?: string
}

/** A label says `SN CPUID`; neither holds a blank. */
export function readScan(text: string): Scanned {
  const [serial = '', ...rest] = text.trim().split(/\s+/)
  return rest.length ? { serial, cpuid: rest.join(' ') } : { serial }
}
