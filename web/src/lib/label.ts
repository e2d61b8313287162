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

/** Printers do not reach the edge; the picture brings its own quiet zone, so little is needed. */
const MARGIN = 1
/** Width of a bold digit, in parts of the font's size. */
const DIGIT = 0.62
const SMALLEST_FONT = 2
const CPUID_FONT = 1.7

/** All in mm. The code is as large as it can be while the serial stays readable beside it, or beneath it on a tall label. */
export function layOut({ width, height, showCpuid }: LabelStyle, serialLength: number): LabelLayout {
  const inner = { width: width - 2 * MARGIN, height: height - 2 * MARGIN }
  const beside = width >= height * 1.2
  const digits = Math.max(1, serialLength)
  if (beside) {
    const qr = Math.min(inner.height, inner.width * 0.6)
    const font = Math.min((inner.width - qr) / (digits * DIGIT), inner.height * 0.25)
    return { beside, qr, serialFont: Math.max(SMALLEST_FONT, font), cpuidFont: CPUID_FONT }
  }
  const below = Math.min(inner.height * 0.2, inner.width / (digits * DIGIT))
  const text = below * 1.3 + (showCpuid ? CPUID_FONT * 2.6 : 0)
  const qr = Math.max(5, Math.min(inner.width, inner.height - text))
  return { beside, qr, serialFont: Math.max(SMALLEST_FONT, below), cpuidFont: CPUID_FONT }
}
