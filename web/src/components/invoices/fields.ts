// The fields of an invoice under review. Not here: saving them.
import type { Fault, Reason, WholeInvoice } from '../../api/invoices'
import { sentence, wholePercent } from '../../lib/format'
import { certainty, KINDS, LABEL, regionsFrom, unread, type Region } from '../../lib/regions'
import type { Field } from './FieldRow.vue'

/** Of invoices that nobody could read. */
const USUAL = [KINDS.invoice_code, KINDS.invoice_id, KINDS.date, KINDS.money]

export function fieldsOf(invoice: Pick<Fault, 'region_list' | 'reasons' | 'state' | 'override' | 'model_id'>, history: WholeInvoice['history']): Field[] {
  const read = regionsFrom(invoice.region_list).filter((region) => region.posId !== LABEL)
  const doubts = invoice.reasons.flatMap((reason) => reason.areas)
  // What was not found is in no area, and yet has to be filled in.
  const lacking = [...(read.length ? [] : USUAL), ...doubts.map((doubt) => doubt.pos_id)].filter((posId) => posId !== LABEL && !read.some((region) => region.posId === posId))
  const regions = [...read, ...[...new Set(lacking)].map(unread)]
  const last = new Map(history.map((correction) => [correction.pos_id, correction]))
  const people = new Set([...last.keys(), ...regions.flatMap(({ posId, source }) => (source === 'person' ? [posId] : []))])
  const isAbsent = (region: Region) => invoice.state === 'reviewed' && !region.text
  // That it is unsure, the field says itself, unless only this box wants it surer.
  const isSaid = (region: Region, reason: Reason) => reason.of_certainty && certainty(region.probability) !== 'sure'
  const reasonsOf = (region: Region) => invoice.reasons.filter((reason) => !isSaid(region, reason) && reason.areas.some((area) => area.pos_id === region.posId))
  const isNamed = (region: Region) => doubts.some((doubt) => doubt.pos_id === region.posId)
  const isSpokenOf = (region: Region) => doubts.some((doubt) => doubt.pos_id === region.posId && doubt.text === region.text)
  // Doubtful though by a person: taken back, unconfirmed by a reading, named in a reason as it stands, or saved despite failed
  // checks.
  const isContested = (region: Region) => invoice.state === 'waiting' && !!region.text && (invoice.override !== null || isSpokenOf(region))
  const isTrusted = (region: Region) => people.has(region.posId) && (region.probability ?? 1) === 1 && !isContested(region)
  const fields = regions.map((region) => ({
    posId: region.posId,
    position: region.position,
    read: region.text ?? '',
    text: region.text ?? '',
    probability: region.probability,
    fromCode: region.fromCode,
    source: region.source,
    page: region.page,
    doubts: region.doubts,
    byTemplate: invoice.model_id !== null,
    reasons: reasonsOf(region).map((reason) => sentence(reason.text)),
    person: people.has(region.posId),
    byHand: last.has(region.posId) && last.get(region.posId)!.old !== last.get(region.posId)!.new,
    doubtful: (certainty(region.probability) !== 'sure' || isNamed(region)) && !isTrusted(region) && !isAbsent(region),
    accepted: false,
    asking: false,
    problem: '',
  }))
  return fields.sort((a, b) => Number(b.doubtful) - Number(a.doubtful))
}

/** Less is noise. */
const LEAST = { reading: 0.01, doubt: 0.005 }

/** What the certainty lacks, in whole per cent that add up to it: by the characters themselves, then by each doubt. */
export function lessenedBy({ probability, doubts, byTemplate }: Field): { by: string; percent: number }[] {
  if (probability === null) return []
  const reading = 1 - probability - doubts.reduce((sum, { by }) => sum + by, 0)
  const parts = doubts.filter(({ by }) => by >= LEAST.doubt).map(({ doubt, by }) => ({ by: doubt as string, share: by }))
  // Of forms that are known without a template, it is not only the characters that make a value unsure.
  if (reading >= LEAST.reading && (byTemplate || doubts.length)) parts.unshift({ by: 'reading', share: reading })
  let [share, below] = [probability, wholePercent(probability)]
  const lessened = parts.reverse().map((part) => {
    share += part.share
    const percent = Math.round(share * 100) - below
    below += percent
    return { by: part.by, percent }
  })
  return lessened.reverse().filter(({ percent }) => percent > 0)
}

export function isChanged(field: Field): boolean {
  return field.text.trim() !== field.read
}

export function isEmpty(field: Field): boolean {
  return !field.text.trim()
}

export function changesOf(fields: Field[]): Record<string, string> {
  return Object.fromEntries(fields.filter(isChanged).map((field) => [field.posId, field.text.trim()]))
}

/** And those the paper lacks. */
export function saidOf(fields: Field[]): { fields: Record<string, string>; absent: string[] } {
  const said = fields.filter((field) => field.accepted || isChanged(field))
  return {
    fields: Object.fromEntries(said.filter((field) => !isEmpty(field)).map((field) => [field.posId, field.text.trim()])),
    absent: said.filter((field) => field.accepted && isEmpty(field)).map((field) => field.posId),
  }
}
