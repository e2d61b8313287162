// A label's size in millimetres and where things go on it.
import { readSetting, writeSetting } from './storage'

export interface LabelSize {
  width: number
  height: number
}

export interface LabelStyle extends LabelSize {
  showCpuid: boolean
}

export const PRESETS: LabelSize[] = [
  { width: 40, height: 30 },
  { width: 50, height: 30 },
  { width: 60, height: 40 },
]

export const SIZE_MIN = 15
export const SIZE_MAX = 200

const STORED = 'label'

export function readLabelStyle(): LabelStyle {
  const fallback: LabelStyle = { ...PRESETS[0]!, showCpuid: false }
  const stored = readSetting<Partial<LabelStyle>>(STORED, fallback)
  const fits = (mm: unknown): mm is number => typeof mm === 'number' && mm >= SIZE_MIN && mm <= SIZE_MAX
  if (!fits(stored.width) || !fits(stored.height)) return fallback
  return { width: stored.width, height: stored.height, showCpuid: stored.showCpuid === true }
}

export function writeLabelStyle(style: LabelStyle): void {
  writeSetting(STORED, style)
}

export interface LabelLayout {
  beside: boolean
  qr: number
  serialFont: number
  cpuidFont: number
}

/** Kept free at the edges for words; the picture of the code brings its own quiet zone and may touch them. */
const MARGIN = 1
/** Width of a bold digit, in parts of the font's size. */
const DIGIT = 0.6
const LINE = 1.15
const SMALLEST_FONT = 2
const CPUID_FONT = 1.7
/** Below this width in heights there is more room for the serial beneath the code than beside it. */
const BESIDE_FROM = 1.4

/** All in mm. The code is as large as it can be while the serial stays readable. */
export function layOut({ width, height, showCpuid }: LabelStyle, serialLength: number): LabelLayout {
  const digits = Math.max(1, serialLength) * DIGIT
  if (width >= height * BESIDE_FROM) {
    const qr = Math.min(height, width * 0.6)
    const font = Math.min((width - qr - MARGIN) / digits, height * 0.25)
    return { beside: true, qr, serialFont: Math.max(SMALLEST_FONT, font), cpuidFont: CPUID_FONT }
  }
  const font = Math.max(SMALLEST_FONT, Math.min(height * 0.16, (width - 2 * MARGIN) / digits))
  const words = font * LINE + (showCpuid ? CPUID_FONT * LINE * 2 : 0) + MARGIN
  return { beside: false, qr: Math.max(5, Math.min(width, height - words)), serialFont: font, cpuidFont: CPUID_FONT }
}
