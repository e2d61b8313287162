// A label's size in mm, texts and layout. The box stores looks by name; this browser remembers its choice and unsaved changes.
import type { Dpi, LabelElement, LabelLook, LookDraft, Rotation } from '../api/looks'
import { readSetting, writeSetting } from './storage'

export interface LabelSize {
  width: number
  height: number
}

export interface LabelStyle extends LabelSize {
  /** Null: of no look on the box. */
  id: number | null
  rotate: Rotation
  serial: boolean
  cpuid: boolean
  date: boolean
  text: string
  copies: number
  /** Codes consist of whole dots. */
  dpi: Dpi
  /** Placed by hand; null: automatic. */
  elements: LabelElement[] | null
}

export const PRESETS: LabelSize[] = [
  { width: 40, height: 30 },
  { width: 50, height: 30 },
  { width: 60, height: 40 },
]

/** The box's limits: within them a look that is chosen stays as it is. */
export const SIZE_MIN = 6
export const SIZE_MAX = 300
export const COPIES_MAX = 10
export const TEXT_MAX = 200
export const ROTATIONS: Rotation[] = [0, 90, 180, 270]
export const RESOLUTIONS: Dpi[] = [203, 300, 600]
/** Fewer dots per module blur on label printers. */
export const DOTS_MIN = 3

const STORED = 'label'

const FIRST: LabelStyle = { ...PRESETS[0]!, id: null, rotate: 0, serial: true, cpuid: false, date: false, text: '', copies: 1, dpi: 203, elements: null }

export function readLabelStyle(): LabelStyle | null {
  const stored = readSetting<Partial<LabelStyle> | null>(STORED, null)
  if (!stored) return null
  const fits = (value: unknown, min: number, max: number): value is number =>
    typeof value === 'number' && value >= min && value <= max
  const { width, height, copies } = stored
  return {
    ...(fits(width, SIZE_MIN, SIZE_MAX) && fits(height, SIZE_MIN, SIZE_MAX) ? { width, height } : PRESETS[0]!),
    id: typeof stored.id === 'number' ? stored.id : null,
    rotate: ROTATIONS.find((each) => each === stored.rotate) ?? 0,
    serial: stored.serial !== false,
    cpuid: stored.cpuid === true,
    date: stored.date === true,
    text: typeof stored.text === 'string' ? stored.text.slice(0, TEXT_MAX) : '',
    copies: fits(copies, 1, COPIES_MAX) ? Math.round(copies) : 1,
    dpi: RESOLUTIONS.find((each) => each === stored.dpi) ?? 203,
    elements: Array.isArray(stored.elements) ? stored.elements : null,
  }
}

/** Whether it was remembered as the box had it. */
export function wasAsKept(): boolean {
  return readSetting<{ asKept?: boolean } | null>(STORED, null)?.asKept === true
}

export function firstLabelStyle(): LabelStyle {
  return FIRST
}

/** `look`: the box's of this number. What is remembered unchanged follows it. */
export function writeLabelStyle(style: LabelStyle, look: LabelLook | undefined): void {
  writeSetting(STORED, { ...style, asKept: isSaved(style, look) })
}

/** Around texts, in mm; a code has its own quiet zone. */
const MARGIN = 1
/** Relative to the font size. */
const DIGIT = 0.6
const LINE = 1.15
const SMALLEST_FONT = 2
const SMALL_FONT = 1.8
/** Width by height; below, texts go beneath the code. */
const BESIDE_FROM = 1.4
const CPUID_LINES = 2

const CODE = '{SN} {CPUID}'

/** Of most serials. */
const SERIAL_LENGTH = 8

/** In mm. The largest code with legible texts; the smallest labels have only the code. */
function arrange(style: LabelStyle): LabelElement[] {
  const { width, height } = style
  const text = style.text.trim()
  const small = (style.cpuid ? CPUID_LINES : 0) + (style.date ? 1 : 0) + (text ? 1 : 0)
  const qr = (x: number, y: number, side: number): LabelElement => ({ kind: 'qr', x_mm: round(x), y_mm: round(y), w_mm: round(side), h_mm: round(side), value: CODE })
  if (!style.serial && !small) {
    const side = Math.min(width, height)
    return [qr((width - side) / 2, (height - side) / 2, side)]
  }
  const digits = SERIAL_LENGTH * DIGIT
  const smallFont = Math.max(Math.min(SMALL_FONT, height / 6), Math.min(height * 0.07, 3))
  const smallest = Math.min(SMALLEST_FONT, height / 5)
  const beside = width >= height * BESIDE_FROM
  const side = beside ? Math.min(height, width * 0.6) : 0
  const margin = Math.min(MARGIN, width / 20, height / 20)
  const room = beside ? width - side - margin : width - 2 * margin
  const font = Math.max(smallest, Math.min(height * (beside ? 0.25 : 0.16), room / digits))
  const lines: [value: string, height: number][] = [
    ...(style.serial ? [['{SN}', font * LINE] as [string, number]] : []),
    ...(style.cpuid ? [['{CPUID}', smallFont * LINE * CPUID_LINES] as [string, number]] : []),
    ...(style.date ? [['{date}', smallFont * LINE] as [string, number]] : []),
    ...(text ? [[text, smallFont * LINE] as [string, number]] : []),
  ]
  const words = lines.reduce((sum, [, each]) => sum + each, 0)
  const code = beside ? side : Math.max(Math.min(5, height / 2), Math.min(width, height - words - 2 * margin))
  const scale = Math.min(1, (beside ? height : height - code) / words)
  let y = beside ? (height - words * scale) / 2 : (height - code - words * scale) / 2 + code
  const placed = lines.map(([value, each]): LabelElement => {
    const element: LabelElement = { kind: 'text', x_mm: round(beside ? side : margin), y_mm: round(y), w_mm: round(room), h_mm: round(each * scale), value }
    y += each * scale
    return element
  })
  return [beside ? qr(0, (height - code) / 2, code) : qr((width - code) / 2, Math.max(0, (height - code - words * scale) / 2), code), ...placed]
}

/** Down, so that nothing exceeds the label. */
function round(mm: number): number {
  return Math.max(0, Math.floor(mm * 1000 + 1e-6) / 1000)
}

/** Between labels, in mm. */
const GAP = 2

export function lookOf(style: LabelStyle, name: string, gap_mm = GAP): LookDraft {
  const { width, height, rotate } = style
  return { name, width_mm: width, height_mm: height, gap_mm, rotate, elements: style.elements ?? arrange(style) }
}

/** Elements with check boxes become ticks; others stay as placed. */
export function styleOf(look: LabelLook, { copies, dpi }: LabelStyle): LabelStyle {
  const texts = look.elements.filter(({ kind }) => kind === 'text').map(({ value }) => value)
  const known = ['{SN}', '{CPUID}', '{date}']
  const style: LabelStyle = {
    id: look.label_id,
    width: look.width_mm,
    height: look.height_mm,
    rotate: look.rotate,
    serial: texts.includes('{SN}'),
    cpuid: texts.includes('{CPUID}'),
    date: texts.includes('{date}'),
    text: texts.find((value) => !known.includes(value)) ?? '',
    copies,
    dpi,
    elements: null,
  }
  const isOurs = sameElements(arrange(style), look.elements)
  return isOurs ? style : { ...style, elements: look.elements }
}

export function sameElements(a: LabelElement[], b: LabelElement[]): boolean {
  const near = (one: number, other: number) => Math.abs(one - other) < 0.01
  return (
    a.length === b.length &&
    a.every((each, i) => {
      const other = b[i]!
      return each.kind === other.kind && each.value === other.value && near(each.x_mm, other.x_mm) && near(each.y_mm, other.y_mm) && near(each.w_mm, other.w_mm) && near(each.h_mm, other.h_mm)
    })
  )
}

export function isSaved(style: LabelStyle, look: LabelLook | undefined): boolean {
  if (!look) return false
  const { width_mm, height_mm, rotate, elements } = lookOf(style, look.name)
  return width_mm === look.width_mm && height_mm === look.height_mm && rotate === look.rotate && sameElements(elements, look.elements)
}
