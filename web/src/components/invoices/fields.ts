// The fields of an invoice while a person looks at them. Not here: saving them.
import type { Correction, Fault } from '../../api/invoices'
import { doubtfulOf, LABEL, regionsFrom } from '../../lib/regions'
import type { Field } from './FieldRow.vue'

/** What every invoice has, for one that nobody could read. */
const USUAL = ['发票代码', '发票号码', '日期', '金额']

export function fieldsOf(invoice: Pick<Fault, 'region_list' | 'reason'>, history: Correction[]): Field[] {
  const regions = regionsFrom(invoice.region_list).filter((region) => region.posId !== LABEL)
  const doubtful = doubtfulOf(regions, invoice.reason)
  const people = new Set(history.map((correction) => correction.pos_id))
  const fields = regions.map((region) => ({
    posId: region.posId,
    position: region.position,
    read: region.text ?? '',
    text: region.text ?? '',
    probability: region.probability,
    fromCode: region.fromCode,
    person: people.has(region.posId),
    doubtful: doubtful.has(region.posId) && !people.has(region.posId),
    accepted: false,
  }))
  // What needs a person comes first; the rest keeps its order.
  if (fields.length) return fields.sort((a, b) => Number(b.doubtful) - Number(a.doubtful))
  return USUAL.map((posId) => ({ posId, position: null, read: '', text: '', probability: null, fromCode: false, person: false, doubtful: false, accepted: false }))
}

/** Whatever was changed or said to be right. */
export function saidOf(fields: Field[]): Record<string, string> {
  return Object.fromEntries(fields.filter((field) => field.accepted || field.text !== field.read).map((field) => [field.posId, field.text.trim()]))
}
