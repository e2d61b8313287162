// An invoice's areas: keys, names in results, displayed names.
import type { Lowered, Position, Reason, RegionList, Source } from '../api/invoices'
import { i18n } from '../i18n'

/** Key to `pos_id`, fixed by the interface. The same tables are in domain/area.rs. */
export const KINDS = {
  money: '金额',
  money_cn: '中文金额',
  invoice_id: '发票号码',
  invoice_code: '发票代码',
  date: '日期',
  time: '时间',
  head: '客户名称',
  id_card: '身份证号码',
  detail: '具体信息',
} as const

export type Kind = keyof typeof KINDS

/** Fields of VAT invoices that an area can be given by name; it is one's own otherwise. */
export const READY: readonly string[] = ['税额', '不含税金额', '购方税号', '销方名称', '销方税号', '校验码']

/** As accountants say it, where it is not the `pos_id`. */
const CHINESE: Partial<Record<Kind, string>> = {
  money: '价税合计',
  money_cn: '大写金额',
  date: '开票日期',
  head: '购买方',
}

const ENGLISH: Record<Kind, string> = {
  money: 'Total',
  money_cn: 'Amount in words',
  invoice_id: 'Invoice number',
  invoice_code: 'Invoice code',
  date: 'Invoice date',
  time: 'Time',
  head: 'Buyer',
  id_card: 'ID number',
  detail: 'Details',
}

export function isKind(key: string): key is Kind {
  return key in KINDS
}

export function kindOf(posId: string): Kind | undefined {
  return (Object.keys(KINDS) as Kind[]).find((kind) => KINDS[kind] === posId)
}

/** Not read from the picture. */
export const LABEL = '发票类型'

/** Fields of known forms beside those of templates. */
const ENGLISH_OF_FORMS: Record<string, string> = {
  校验码: 'Check code',
  购方税号: "Buyer's tax number",
  销方名称: 'Seller',
  销方税号: "Seller's tax number",
  不含税金额: 'Amount without tax',
  税额: 'Tax',
  备注: 'Remarks',
  开票人: 'Issued by',
  车次: 'Train',
  出发站: 'From',
  到达站: 'To',
  座位: 'Seat',
  乘车日期: 'Travel date',
  姓名: 'Name',
}

export const FORM_FIELDS = Object.keys(ENGLISH_OF_FORMS)

export function regionName(posId: string): string {
  if (posId === LABEL) return i18n.global.t('region.type')
  const kind = kindOf(posId)
  if (i18n.global.locale.value !== 'en') return (kind && CHINESE[kind]) ?? posId
  return kind ? ENGLISH[kind] : (ENGLISH_OF_FORMS[posId] ?? posId)
}

export function reasonsInWords(reasons: Reason[]): string {
  const text = reasons.map((reason) => reason.text).join(i18n.global.t('common.sentenceSeparator'))
  return text.charAt(0).toUpperCase() + text.slice(1)
}

export interface Region {
  posId: string
  position: Position | null
  /** Null while being read. */
  text: string | null
  probability: number | null
  /** From the picture's QR code, as unreadable. */
  fromCode: boolean
  source: Source | null
  /** Of the file, from 1. */
  page: number
  /** What had lowered the probability. */
  doubts: Lowered[]
}

export function unread(posId: string): Region {
  return { posId, position: null, text: null, probability: null, fromCode: false, source: null, page: 1, doubts: [] }
}

/** `status` of such a region. */
const FROM_CODE = 1

export function isFromCode(status: unknown): boolean {
  return status === FROM_CODE
}

export function regionsFrom(list: RegionList | null | undefined): Region[] {
  return Object.entries(list ?? {}).map(([posId, found]) => ({
    posId,
    position: found.position ?? null,
    text: found.ocr_result ?? null,
    probability: found.probability ?? null,
    fromCode: isFromCode(found.status),
    source: found.source ?? null,
    page: found.page ?? 1,
    doubts: found.doubts ?? [],
  }))
}

/** The box's default `confidence_threshold`. */
const SURE = 0.9
const DOUBTFUL = 0.7

export type Certainty = 'pending' | 'sure' | 'unsure' | 'doubtful'

export function certainty(probability: number | null): Certainty {
  if (probability === null) return 'pending'
  if (probability >= SURE) return 'sure'
  return probability >= DOUBTFUL ? 'unsure' : 'doubtful'
}
