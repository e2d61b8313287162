// The columns of the list of invoices: which there are, their names, and what they show. The box has the same words (columns.rs).
import type { LocationQuery } from 'vue-router'
import type { Invoice, InvoiceOrder } from '../api/invoices'
import { i18n } from '../i18n'
import { formatFen, formatTime } from './format'
import { FORM_FIELDS, KINDS, LABEL, regionName } from './regions'
import { readSetting, writeSetting } from './storage'

/** Not fields of the invoice. */
const OURS = ['kind', 'source', 'state', 'counted', 'template', 'file', 'user', 'company', 'time'] as const
type Ours = (typeof OURS)[number]

const FIRST: string[] = [LABEL, KINDS.invoice_code, KINDS.invoice_id, KINDS.date, KINDS.money, KINDS.money_cn, KINDS.head, KINDS.id_card]
const FIELDS = [...new Set([...FIRST, ...Object.values(KINDS), '销方名称', ...FORM_FIELDS])]
/** Never wrapped: nobody finds a broken number. */
const WHOLE: string[] = [KINDS.invoice_code, KINDS.invoice_id, KINDS.date, KINDS.id_card, '购方税号', '销方税号', '校验码', 'user', 'time']
const SUMS: string[] = [KINDS.money, '不含税金额', '税额']
const USUAL = [LABEL, KINDS.invoice_code, KINDS.invoice_id, KINDS.date, KINDS.money, KINDS.head, 'state', 'template', 'user', 'time']

const FIELD = 'field:'

function isOurs(name: string): name is Ours {
  return OURS.some((ours) => ours === name)
}

/** A field may be called like one of ours. */
function columnOf(posId: string): string {
  return isOurs(posId) || posId.startsWith(FIELD) ? FIELD + posId : posId
}

function fieldOf(name: string): string {
  return name.startsWith(FIELD) ? name.slice(FIELD.length) : name
}

/** `seen`: fields that some invoice or template has. */
export function columnsFor(seen: Iterable<string>, chosen: string[]): string[] {
  return [...new Set([...FIELDS, ...[...seen].map(columnOf), ...chosen.filter((name) => !isOurs(name)), ...OURS])]
}

const STORED = 'invoice-columns'

export function chosenColumns(): string[] {
  const stored = readSetting<unknown>(STORED, USUAL)
  return Array.isArray(stored) ? stored.filter((name) => typeof name === 'string') : USUAL
}

export function keepColumns(chosen: string[]): void {
  writeSetting(STORED, chosen)
}

export function columnName(name: string): string {
  return isOurs(name) ? i18n.global.t(`invoices.column.${name}`) : regionName(fieldOf(name))
}

export function isSum(name: string): boolean {
  return SUMS.includes(name)
}

export function isWhole(name: string): boolean {
  return WHOLE.includes(name)
}

/** `state` has a component of its own. */
export function columnText(invoice: Invoice, name: string): string {
  const { t } = i18n.global
  switch (name) {
    case 'user':
      return invoice.user_name
    case 'company':
      return invoice.company_name
    case 'time':
      return formatTime(invoice.recognize_time)
    case 'template':
      return invoice.model_label ?? ''
    case 'kind':
      return t(`invoices.kind.${invoice.kind}`)
    case 'source':
      return t(`invoices.source.${invoice.source}`)
    case 'counted':
      return t(invoice.counted ? 'invoices.counts' : 'invoices.countsNot')
    case 'file':
      return invoice.file_name ?? ''
    case KINDS.money:
      if (invoice.amount !== null) return formatFen(invoice.amount)
  }
  return invoice.region_list?.[fieldOf(name)]?.ocr_result ?? ''
}

/** The orders of columns, first as a click on the column gives it. */
const ORDERS: Record<string, [InvoiceOrder, InvoiceOrder]> = {
  [KINDS.date]: ['-date', 'date'],
  [KINDS.money]: ['-amount', 'amount'],
  销方名称: ['seller', '-seller'],
  time: ['-time', 'time'],
}

export function isSortable(name: string): boolean {
  return name in ORDERS
}

export function orderFrom(query: LocationQuery): InvoiceOrder | undefined {
  return Object.values(ORDERS).flat().find((order) => order === query.order)
}

export function orderedAs(name: string, order: InvoiceOrder | undefined): 'ascending' | 'descending' | 'none' {
  if (!order || !ORDERS[name]?.includes(order)) return 'none'
  return order.startsWith('-') ? 'descending' : 'ascending'
}

/** The column that an order is by. */
export function orderedBy(order: InvoiceOrder | undefined): { name: string; way: 'ascending' | 'descending' } | null {
  const name = Object.keys(ORDERS).find((each) => orderedAs(each, order) !== 'none')
  return name && order ? { name, way: order.startsWith('-') ? 'descending' : 'ascending' } : null
}

/** Which order a click on the column gives: one way, the other, none. */
export function nextOrder(name: string, order: InvoiceOrder | undefined): InvoiceOrder | undefined {
  const [first, other] = ORDERS[name] ?? []
  return order === first ? other : order === other ? undefined : first
}
