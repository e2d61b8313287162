// A label's size in millimetres, what is written on it, and where things go.
import { readSetting, writeSetting } from './storage'

export interface LabelSize {
  width: number
  height: number
}

export interface LabelStyle extends LabelSize {
  serial: boolean
  cpuid: boolean
  date: boolean
  /** A line of one's own; empty for none. */
  text: string
  copies: number
}

export const PRESETS: LabelSize[] = [
  { width: 40, height: 30 },
  { width: 50, height: 30 },
  { width: 60, height: 40 },
]

export const SIZE_MIN = 15
export const SIZE_MAX = 200
export const COPIES_MAX = 10
export const TEXT_MAX = 40
/** Smaller codes are hard to read for a common scan gun from a common label printer (203 dpi). */
export const QR_SAFE_MM = 12

const STORED = 'label'

const FIRST: LabelStyle = { ...PRESETS[0]!, serial: true, cpuid: false, date: false, text: '', copies: 1 }

export function readLabelStyle(): LabelStyle {
  const stored = readSetting<Partial<LabelStyle>>(STORED, FIRST)
  const fits = (value: unknown, min: number, max: number): value is number =>
    typeof value === 'number' && value >= min && value <= max
  const { width, height, copies } = stored
  return {
    ...(fits(width, SIZE_MIN, SIZE_MAX) && fits(height, SIZE_MIN, SIZE_MAX) ? { width, height } : PRESETS[0]!),
    serial: stored.serial !== false,
    cpuid: stored.cpuid === true,
    date: stored.date === true,
    text: typeof stored.text === 'string' ? stored.text.slice(0, TEXT_MAX) : '',
    copies: fits(copies, 1, COPIES_MAX) ? Math.round(copies) : 1,
  }
}

export function writeLabelStyle(style: LabelStyle): void {
  writeSetting(STORED, style)
}

export interface LabelLayout {
  beside: boolean
  qr: number
  serialFont: number
  smallFont: number
}

/** Kept free at the edges for words; the picture of the code brings its own quiet zone and may touch them. */
const MARGIN = 1
/** Width of a bold digit, in parts of the font's size. */
const DIGIT = 0.6
const LINE = 1.15
const SMALLEST_FONT = 2
const SMALL_FONT = 1.8
/** Below this width in heights there is more room for the words beneath the code than beside it. */
const BESIDE_FROM = 1.4

/** All in mm. The code is as large as it can be while the words stay readable. */
export function layOut(style: LabelStyle, serialLength: number): LabelLayout {
  const { width, height } = style
  const digits = Math.max(1, serialLength) * DIGIT
  const small = (style.cpuid ? 2 : 0) + (style.date ? 1 : 0) + (style.text.trim() ? 1 : 0)
  if (!style.serial && !small) return { beside: false, qr: Math.min(width, height), serialFont: SMALLEST_FONT, smallFont: SMALL_FONT }
  const smallFont = Math.max(SMALL_FONT, Math.min(height * 0.07, 3))
  if (width >= height * BESIDE_FROM) {
    const qr = Math.min(height, width * 0.6)
    const font = Math.min((width - qr - MARGIN) / digits, height * 0.25)
    return { beside: true, qr, serialFont: Math.max(SMALLEST_FONT, font), smallFont }
  }
  const font = Math.max(SMALLEST_FONT, Math.min(height * 0.16, (width - 2 * MARGIN) / digits))
  const words = (style.serial ? font * LINE : 0) + small * smallFont * LINE + 2 * MARGIN
  return { beside: false, qr: Math.max(5, Math.min(width, height - words)), serialFont: font, smallFont }
}
