// An invoice list's filter in the address: for reload, back and copied links.
import type { LocationQuery } from 'vue-router'
import type { InvoiceFilter, InvoiceStand } from '../api/invoices'
import { i18n } from '../i18n'
import { FORMS } from './forms'
import { KINDS, regionName } from './regions'

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

/** For paper, which has no controls; `template`: the name of the one it is narrowed to. */
export function listingInWords(filter: InvoiceFilter, template: string): string {
  const { t } = i18n.global
  const span = (name: string, from: unknown, to: unknown) => (from || to ? `${name} ${from ?? ''} – ${to ?? ''}`.trim() : '')
  const flag = (['counted', 'duplicate', 'void'] as const).find((each) => filter[each])
  const state = flag ?? filter.state
  const of = (name: string, words: string) => (words ? t('paper.is', { name, words }) : '')
  return [
    of(t('paper.words'), filter.q ?? ''),
    span(t('invoices.column.time'), filter.from, filter.to),
    span(regionName(KINDS.date), filter.date_from, filter.date_to),
    span(regionName(KINDS.money), filter.min, filter.max),
    of(t('invoices.column.state'), state ? t(`invoices.state.${state}`) : ''),
    of(t('invoices.column.kind'), filter.kind ? t(`invoices.kind.${filter.kind}`) : ''),
    of(t('invoices.template'), filter.model_id === undefined ? '' : filter.model_id ? template : t('invoices.noTemplate')),
  ]
    .filter(Boolean)
    .join(t('common.sentenceSeparator'))
}
