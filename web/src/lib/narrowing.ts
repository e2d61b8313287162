// What a list of invoices is narrowed by, as it stands in the address: a reload, a step back and a copied link give the same list.
import type { LocationQuery } from 'vue-router'
import type { InvoiceFilter, InvoiceStand } from '../api/invoices'

export type Narrowing = { [name in keyof InvoiceFilter]?: InvoiceFilter[name] | undefined }

const STANDS: readonly string[] = ['passed', 'waiting', 'reading', 'reviewed'] satisfies InvoiceStand[]
const WORDS = ['q', 'from', 'to', 'date_from', 'date_to', 'min', 'max'] as const

/** Without what narrows nothing. */
export function narrowedBy(wanted: Narrowing): InvoiceFilter {
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined && value !== '')) as InvoiceFilter
}

/** What came with an address may be anybody's: only what the list knows is taken from it. */
export function filterFrom(query: LocationQuery): InvoiceFilter {
  const text = (name: string) => (typeof query[name] === 'string' ? query[name] : undefined)
  const one = (name: string) => (query[name] === '1' ? (1 as const) : undefined)
  const state = text('state')
  const template = text('model_id')
  return narrowedBy({
    ...Object.fromEntries(WORDS.map((name) => [name, text(name)])),
    model_id: template && /^\d{1,9}$/.test(template) ? Number(template) : undefined,
    state: STANDS.includes(state ?? '') ? (state as InvoiceStand) : undefined,
    duplicate: one('duplicate'),
    void: one('void'),
    counted: one('counted'),
  })
}
