// Pictures that were sent to be read again, each paper by itself: from the invoices that stood to the action that replaces them.
import { shallowReactive } from 'vue'
import { whenLoggedOut } from './session'

export interface Sent {
  action: number
  /** Those that were read from the picture before. */
  invoices: number[]
  papers: number
}

const sent = shallowReactive(new Map<number, Sent>())

export function rememberSent(what: Sent): void {
  for (const id of what.invoices) sent.set(id, what)
}

export function sentFor(id: number): Sent | undefined {
  return sent.get(id)
}

whenLoggedOut(() => sent.clear())
