// Lines of the tax portal's list, in the address and as a file.
import type { LocationQuery } from 'vue-router'
import type { PortalDirection, PortalFilter, PortalLine, PortalState } from '../api/portal'
import { i18n } from '../i18n'
import { csv } from './csv'

const STATES: readonly string[] = ['missing', 'differs', 'not_listed', 'not_ours', 'have'] satisfies PortalState[]
const DIRECTIONS: readonly string[] = ['received', 'issued'] satisfies PortalDirection[]

/** It may come from anybody: only known values are taken. */
export function portalFilter(query: LocationQuery): PortalFilter {
  const text = (name: string, pattern: RegExp) => (typeof query[name] === 'string' && pattern.test(query[name]) ? query[name] : undefined)
  const one = (name: string, known: readonly string[]) => known.find((each) => each === query[name])
  const wanted = {
    month: text('month', /^\d{4}-\d\d$/),
    tax_number: text('tax_number', /^[0-9A-Za-z]{1,20}$/),
    state: one('state', STATES),
    direction: one('direction', DIRECTIONS),
  }
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)) as PortalFilter
}

export function portalNumber(line: PortalLine): string {
  return line.digital || `${line.code} ${line.number}`.trim()
}

function yuan(fen: number | null): string {
  if (fen === null) return ''
  const digits = String(Math.abs(fen)).padStart(3, '0')
  return `${fen < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

/** Spreadsheets would bend the long numbers and run formulas; a tab before them keeps both from it. */
function asText(text: string): string {
  return /^(\d{10,}|0\d+)$/.test(text) || /^[=+\-@＝＋－＠]/.test(text) ? `\t${text}` : text
}

export function portalCsv(lines: PortalLine[]): string {
  const { t } = i18n.global
  const header = ['state', 'code', 'number', 'digital', 'date', 'seller', 'seller_number', 'buyer', 'buyer_number', 'net', 'tax', 'total', 'kind', 'status', 'invoice']
  const rows = lines.map((line) => [
    t(`portal.state.${line.state}`),
    asText(line.code),
    asText(line.number),
    asText(line.digital),
    line.date,
    asText(line.seller.name),
    asText(line.seller.number),
    asText(line.buyer.name),
    asText(line.buyer.number),
    yuan(line.net),
    yuan(line.tax),
    yuan(line.total),
    asText(line.kind),
    asText(line.status),
    line.invoices.map(({ invoice_id }) => `#${invoice_id}`).join(' '),
  ])
  return csv(
    header.map((name) => t(`portal.csv.${name}`)),
    rows,
  )
}
