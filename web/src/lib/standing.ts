// Where an invoice stands, in words: its state, and what it is to others.
import type { Invoice } from '../api/invoices'
import { i18n } from '../i18n'
import { formatTime } from './format'
import { KINDS } from './regions'

/** The key of the words; null where it is none, or a person said so. */
export function duplicateWords({ duplicate }: Invoice): string | null {
  if (!duplicate || duplicate.decision === 'distinct') return null
  if (duplicate.decision === 'duplicate') return 'invoices.isDuplicate'
  return duplicate.differs.includes(KINDS.money) ? 'invoices.duplicateDiffers' : 'invoices.duplicate'
}

/** As the tags of InvoiceState.vue. */
export function stateInWords(invoice: Invoice): string {
  const words = [`invoices.state.${invoice.state}`, invoice.is_red && 'invoices.red', invoice.void && 'invoices.void', duplicateWords(invoice)]
  return words.flatMap((word) => (word ? [i18n.global.t(word)] : [])).join(i18n.global.t('common.listSeparator'))
}

/** Of an invoice with a duplicate, and that one. */
export function doubleInWords(invoice: Invoice, other: Invoice): string {
  const { t } = i18n.global
  const decided = { id: other.invoice_id, user: invoice.duplicate?.user_name ?? '', time: formatTime(invoice.duplicate?.time) }
  const decision = invoice.duplicate?.decision ?? null
  if (decision === 'duplicate') return [t('invoices.decidedDuplicate', decided), other.void && t('invoices.otherVoid', { id: other.invoice_id })].filter(Boolean).join(' · ')
  if (decision === 'distinct') return t('invoices.decidedDistinct', decided)
  const user = [other.file_name, other.user_name].filter(Boolean).join(t('common.listSeparator'))
  const is = { id: other.invoice_id, source: t(`invoices.source.${other.source}`), user, time: formatTime(other.recognize_time) }
  const looksLike = t(invoice.source === other.source ? 'invoices.doubleOf' : 'invoices.surerIs', is)
  return [looksLike, !other.counted && t('invoices.otherNotCounted', { id: other.invoice_id })].filter(Boolean).join(' · ')
}
