// Whether an invoice's lines may be incomplete, as they are where only a picture says them.
import type { Invoice, RegionList } from '../api/invoices'
import type { Kind } from '../api/wire'

/** The kinds whose form has a table of lines. */
const WITH_ITEMS: Kind[] = ['digital_normal', 'digital_special', 'vat_e_normal', 'vat_e_special', 'vat_normal', 'vat_special', 'vat_roll', 'vat_toll']

/** Of a file's data or text, which leave nothing out. */
const WHOLE = ['xml', 'ofd', 'pdf']

/** In fen; null where it is no sum. */
function fen(text: string | undefined): number | null {
  const plain = (text ?? '').replace(/[¥￥,\s]/g, '')
  return /^-?\d+(\.\d+)?$/.test(plain) ? Math.round(Number(plain) * 100) : null
}

/** Only what both state is compared. */
function differs(texts: string[], whole: string | undefined): boolean {
  const parts = texts.map(fen).filter((part) => part !== null)
  const stated = fen(whole)
  return parts.length > 0 && stated !== null && parts.reduce((sum, part) => sum + part, 0) !== stated
}

export function isFromPicture(regions: RegionList): boolean {
  return !Object.values(regions).some((region) => WHOLE.includes(region.source))
}

export function mayLackItems({ kind, items, region_list: regions }: Pick<Invoice, 'kind' | 'items' | 'region_list'>): boolean {
  if (!WITH_ITEMS.includes(kind) || !isFromPicture(regions)) return false
  const whole = (posId: string) => regions[posId]?.ocr_result
  return (
    !items.length ||
    differs(items.map((item) => item.amount), whole('不含税金额')) ||
    differs(items.map((item) => item.tax), whole('税额'))
  )
}
