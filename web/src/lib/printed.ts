// What is printed on a template's picture: the text in a box, what the labels around it say that it is, and where there is nothing.
import type { TemplateDraft } from '../api/templates'
import { named, nextKind, posIdOf, type Area, type Rect } from './template'

/** As the box reads it. */
export type Print = Pick<TemplateDraft, 'label' | 'areas' | 'labels' | 'lines'>
type Line = Print['lines'][number]

const right = (rect: Rect) => rect.x + rect.width
const bottom = (rect: Rect) => rect.y + rect.height
const middle = (rect: Rect) => rect.y + rect.height / 2

export function overlap(a: Rect, b: Rect): number {
  const width = Math.min(right(a), right(b)) - Math.max(a.x, b.x)
  const height = Math.min(bottom(a), bottom(b)) - Math.max(a.y, b.y)
  return width > 0 && height > 0 ? width * height : 0
}

/** One of them is the other's for the most part. */
export function cover(a: Rect, b: Rect): boolean {
  return overlap(a, b) > Math.min(a.width * a.height, b.width * b.height) / 2
}

const WIDE = /[\u1100-\u11ff\u2e80-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60]/

/** Of a line, the characters whose middle is in `rect`, with their place. */
function partIn(rect: Rect, line: Line): Line | null {
  const isOnRow = (middle(line) >= rect.y && middle(line) <= bottom(rect)) || (middle(rect) >= line.y && middle(rect) <= bottom(line))
  if (!isOnRow) return null
  const chars = [...line.text]
  const weights = chars.map((char) => (WIDE.test(char) ? 2 : 1))
  const unit = line.width / weights.reduce((sum, weight) => sum + weight, 0)
  const part = { ...line, text: '', x: right(line), width: 0 }
  let x = line.x
  for (const [n, char] of chars.entries()) {
    const width = weights[n]! * unit
    const at = x + width / 2
    if (at >= rect.x && at <= right(rect)) {
      part.x = Math.min(part.x, x)
      part.width = x + width - part.x
      part.text += char
    }
    x += width
  }
  return part.text.trim() ? part : null
}

/** What stands in `rect`, row by row. */
export function textIn(rect: Rect, lines: Line[]): string {
  const rows: Line[][] = []
  const parts = lines.flatMap((line) => partIn(rect, line) ?? []).sort((a, b) => middle(a) - middle(b))
  for (const part of parts) {
    const row = rows.at(-1)
    if (row && middle(part) - middle(row[0]!) < Math.min(part.height, row[0]!.height) / 2) row.push(part)
    else rows.push([part])
  }
  const joined = (row: Line[]) =>
    row.sort((a, b) => a.x - b.x).reduce((text, part, n) => {
      const gap = n ? part.x - right(row[n - 1]!) : 0
      return text + (gap > part.height * 0.3 ? ' ' : '') + part.text.trim()
    }, '')
  return rows.map(joined).join(' ')
}

/** In heights of the label: how far right of it, and below, its value may stand. */
const BESIDE = 14
const BELOW = 2.5
/** What may stand between a label and its value. */
const BETWEEN = /[\s:：;；()（）.．、¥￥]/g

/** How far a label is from the box that it speaks of; null if it does not. */
function distance(label: Rect, box: Rect, lines: Line[]): number | null {
  const [x, y] = [label.x + label.width / 2, middle(label)]
  const isOnRow = y >= box.y && y <= bottom(box)
  const isEmpty = (rect: Rect) => !textIn(rect, lines).replace(BETWEEN, '')
  // Drawn around both.
  if (isOnRow && x >= box.x && x <= box.x + box.width / 2) return 0
  const gap = box.x - right(label)
  if (isOnRow && x < box.x) {
    return gap < label.height * BESIDE && (gap <= 0 || isEmpty({ ...label, x: right(label), width: gap })) ? Math.max(0, gap) : null
  }
  const down = box.y - bottom(label)
  const isOver = y < box.y && label.x < right(box) && right(label) > box.x
  if (!isOver || down > label.height * BELOW) return null
  return down <= 0 || isEmpty({ ...label, y: bottom(label), height: down }) ? Math.max(0, down) + label.height : null
}

/** What a box holds, by the area that was found there or the nearest label that speaks of it. */
export function guess(box: Rect, print: Print, taken: ReadonlySet<string>): string | null {
  const best = <T extends { pos_id: string }>(those: T[], rank: (one: T) => number | null): string | null => {
    const ranked = those.flatMap((one) => {
      const at = taken.has(one.pos_id) ? null : rank(one)
      return at === null ? [] : [{ at, posId: one.pos_id }]
    })
    return ranked.sort((a, b) => a.at - b.at)[0]?.posId ?? null
  }
  const found = best(print.areas, (area) => (cover(area, box) ? -overlap(area, box) : null))
  return found ?? best(print.labels, (label) => distance(label, box, print.lines))
}

/** Of what is proposed in order alone, the print may know better. Whatever a person chose stays. */
export function guessKinds(areas: Area[], print: Print): void {
  const open = areas.filter((area) => area.proposed === 'order')
  const taken = new Set(areas.filter((area) => area.proposed !== 'order').map(posIdOf))
  for (const area of open) {
    const posId = guess(area, print, taken)
    if (posId === null) continue
    Object.assign(area, named(posId), { proposed: 'print' })
    taken.add(posId)
  }
  for (const area of open.filter((each) => each.proposed === 'order')) {
    if (taken.has(posIdOf(area))) Object.assign(area, nextKind(taken))
    taken.add(posIdOf(area))
  }
}

export type Side = 'above' | 'below' | 'beside'

/** Where a name of this size covers no print and no other area; null: nowhere. */
export function freeSide(area: Rect, name: { width: number; height: number }, areas: Rect[], lines: Line[], picture: { width: number; height: number }): Side | null {
  const places: [Side, Rect][] = [
    ['above', { ...name, x: area.x, y: area.y - name.height }],
    ['below', { ...name, x: area.x, y: bottom(area) }],
    ['beside', { ...name, x: right(area), y: area.y }],
  ]
  const isFree = (place: Rect) =>
    place.y >= 0 &&
    bottom(place) <= picture.height &&
    right(place) <= picture.width &&
    ![...areas.filter((other) => other !== area), ...lines].some((other) => overlap(place, other))
  return places.find(([, place]) => isFree(place))?.[0] ?? null
}
