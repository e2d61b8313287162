// Labels in printer dots: from millimetres, and back. Not here: layouts that come by themselves (label.ts).
import type { LabelElement, LookDraft } from '../api/looks'
import { fitRect, type Rect } from './template'

type Size = { width: number; height: number }

const INCH = 25.4

/** From an edge, as the box counts them: elements that meet in millimetres meet in dots. */
export function dotsIn(mm: number, dpi: number): number {
  return Math.round((mm * dpi) / INCH)
}

/** In whole micrometres, as the box keeps them. */
export function mmOf(dots: number, dpi: number): number {
  return Math.round((dots * INCH * 1000) / dpi) / 1000
}

export function sizeOf({ width_mm, height_mm }: LookDraft, dpi: number): Size {
  return { width: dotsIn(width_mm, dpi), height: dotsIn(height_mm, dpi) }
}

export function rectOf({ x_mm, y_mm, w_mm, h_mm }: LabelElement, dpi: number): Rect {
  const [x, y] = [dotsIn(x_mm, dpi), dotsIn(y_mm, dpi)]
  return { x, y, width: dotsIn(x_mm + w_mm, dpi) - x, height: dotsIn(y_mm + h_mm, dpi) - y }
}

/** On whole dots, within the label; the last dot of a label may reach beyond its edge, which an element must not. */
export function placed(element: LabelElement, rect: Rect, look: LookDraft, dpi: number): LabelElement {
  const { x, y, width, height } = fitRect(rect, sizeOf(look, dpi))
  const along = (from: number, length: number, most: number) => {
    const [start, end] = [Math.min(mmOf(from, dpi), most), Math.min(mmOf(from + length, dpi), most)]
    return [start, Math.round((end - start) * 1000) / 1000] as const
  }
  const [[x_mm, w_mm], [y_mm, h_mm]] = [along(x, width, look.width_mm), along(y, height, look.height_mm)]
  return { ...element, x_mm, y_mm, w_mm, h_mm }
}

/** Of its kind, at a size that most contents fit in, where nothing lies yet; or else in the middle. */
export function newElement(kind: LabelElement['kind'], look: LookDraft, dpi: number): LabelElement {
  const { width, height } = sizeOf(look, dpi)
  const side = Math.round(Math.min(width, height) / 2)
  const [w, h] = { qr: [side, side], datamatrix: [side, side], code128: [Math.round(width * 0.9), Math.round(height / 4)], text: [Math.round(width * 0.8), Math.round(height / 7)], logo: [side, side] }[kind] as [number, number]
  const others = look.elements.map((other) => rectOf(other, dpi))
  const isFree = (x: number, y: number) => others.every((o) => x >= o.x + o.width || o.x >= x + w || y >= o.y + o.height || o.y >= y + h)
  const middle = { x: Math.round((width - w) / 2), y: Math.round((height - h) / 2) }
  const step = dotsIn(1, dpi)
  const places = Array.from({ length: Math.floor((height - h) / step) + 1 }, (_, row) => row * step).flatMap((y) => [middle.x, 0, width - w].map((x) => ({ x, y })))
  const at = [middle, ...places].find(({ x, y }) => isFree(x, y)) ?? middle
  const value = kind === 'qr' || kind === 'datamatrix' ? '{SN} {CPUID}' : '{SN}'
  return placed({ kind, x_mm: 0, y_mm: 0, w_mm: 0, h_mm: 0, value }, { ...at, width: w, height: h }, look, dpi)
}
