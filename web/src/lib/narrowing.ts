// An invoice list's filter in the address: for reload, back and copied links.
import type { LocationQuery } from 'vue-router'
import type { InvoiceFilter, InvoiceStand } from '../api/invoices'
import { FORMS } from './forms'

export type Narrowing = { [name in keyof InvoiceFilter]?: InvoiceFilter[name] | undefined }

const STANDS: readonly string[] = ['passed', 'waiting', 'reading', 'reviewed'] satisfies InvoiceStand[]
const WORDS = ['q', 'from', 'to', 'date_from', 'date_to', 'min', 'max'] as const

export function narrowedBy(wanted: Narrowing): InvoiceFilter {
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined && value !== '')) as InvoiceFilter
}

/** It may come from anybody: only known values are taken. */
export function filterFrom(query: LocationQuery): InvoiceFilter {
  const text = (name: string) => (typeof query[name] === 'string' ? query[name] : undefined)
  const one = (name: string) => (query[name] === '1' ? (1 as const) : undefined)
  const state = text('state')
  const template = text('model_id')
  const kind = FORMS.find((each) => each === text('kind'))
  return narrowedBy({
    ...Object.fromEntries(WORDS.map((name) => [name, text(name)])),
    model_id: template && /^\d{1,9}$/.test(template) ? Number(template) : undefined,
    state: STANDS.includes(state ?? '') ? (state as InvoiceStand) : undefined,
    kind,
    duplicate: one('duplicate'),
    void: one('void'),
    counted: one('counted'),
  })
}
