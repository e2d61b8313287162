// The keys that work on every page. Not here: keys of single pages.
import { MENU, mayOpen, router } from '../router'

/** After `g`. */
export const PAGE_KEYS: Record<(typeof MENU)[number], string> = {
  labels: 'b',
  console: 'c',
  queue: 'q',
  faults: 'f',
  invoices: 'i',
  templates: 't',
  log: 'l',
  people: 'u',
  system: 's',
}

const TOGETHER_MS = 1_500

/** The user is typing, or a dialog is open. */
function isTaken(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true
  if (target?.matches('input:not([data-catcher]), textarea, select, [contenteditable=true]')) return true
  return hasDialog()
}

const hasDialog = () => [...document.querySelectorAll('[role=dialog]')].some((dialog) => dialog.checkVisibility())

export function listenToShortcuts(showSheet: () => void, find: () => void): () => void {
  let wentAt = -Infinity

  function press(event: KeyboardEvent): void {
    // Also while the user types; an open question has to be answered first.
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k' && !event.isComposing) {
      event.preventDefault()
      if (!hasDialog()) find()
      return
    }
    if (isTaken(event)) return
    const isSecond = event.timeStamp - wentAt < TOGETHER_MS
    wentAt = -Infinity
    if (isSecond) {
      const page = MENU.find((name) => PAGE_KEYS[name] === event.key.toLowerCase())
      if (!page || !mayOpen(page)) return
      void router.push({ name: page })
    } else if (event.key === 'g' || event.key === 'G') wentAt = event.timeStamp
    else if (event.key === '?' || event.key === '？') showSheet()
    else if (event.key === '/') {
      const field = document.querySelector<HTMLElement>('main [data-seek]')
      if (!field) return
      field.focus()
    } else return
    event.preventDefault()
  }

  window.addEventListener('keydown', press)
  return () => window.removeEventListener('keydown', press)
}
