// Snaps edges of areas together. In picture pixels.
import type { Rect } from './template'

export interface Edges {
  left: boolean
  right: boolean
  top: boolean
  bottom: boolean
}

/** Moving a rect moves all. */
export const ALL_EDGES: Edges = { left: true, right: true, top: true, bottom: true }

/** In screen pixels: how far outside an edge a pointer still takes hold of it, and inside, where there is room for it. */
const GRIP_OUT = 2
const GRIP_OUT_TOUCH = 10
const GRIP_IN = 6

/** The edges that a pointer at `point` takes hold of; null: none. Close rows stay drawable: further outside nothing is caught. */
export function gripAt(rect: Rect, { x, y }: { x: number; y: number }, scale: number, isTouch: boolean): Edges | null {
  const out = (isTouch ? GRIP_OUT_TOUCH : GRIP_OUT) / scale
  // A middle stays to move it by.
  const within = (side: number) => Math.min(GRIP_IN / scale, side / 4)
  const [right, bottom] = [rect.x + rect.width, rect.y + rect.height]
  if (x < rect.x - out || x > right + out || y < rect.y - out || y > bottom + out) return null
  const [across, down] = [within(rect.width), within(rect.height)]
  const edges = { left: x < rect.x + across, right: x > right - across, top: y < rect.y + down, bottom: y > bottom - down }
  return Object.values(edges).some(Boolean) ? edges : null
}

/** What the pointer looks like there. */
export function gripCursor({ left, right, top, bottom }: Edges): string {
  if ((left && top) || (right && bottom)) return 'nwse-resize'
  if ((left && bottom) || (right && top)) return 'nesw-resize'
  return left || right ? 'ew-resize' : 'ns-resize'
}

export interface Snapped {
  rect: Rect
  x: number | null
  y: number | null
}

/** The smallest move, and where it leads. */
function pull(moving: number[], others: number[], reach: number): { by: number; at: number } | null {
  let best: { by: number; at: number } | null = null
  for (const edge of moving) {
    for (const other of others) {
      const by = other - edge
      if (Math.abs(by) <= reach && (!best || Math.abs(by) < Math.abs(best.by))) best = { by, at: other }
    }
  }
  return best
}

/** `centres`: what is moved as a whole snaps to the middle of others too. */
export function snap(rect: Rect, edges: Edges, others: Rect[], reach: number, centres = false): Snapped {
  const { x, y, width, height } = rect
  const nearest = (starts: boolean, ends: boolean, from: number, length: number, spans: [number, number][]) => {
    const edge = pull([...(starts ? [from] : []), ...(ends ? [from + length] : [])], spans.flatMap(([at, long]) => [at, at + long]), reach)
    const middle = centres && starts && ends ? pull([from + length / 2], spans.map(([at, long]) => at + long / 2), reach) : null
    return middle && (!edge || Math.abs(middle.by) < Math.abs(edge.by)) ? middle : edge
  }
  const across = nearest(edges.left, edges.right, x, width, others.map((o) => [o.x, o.width]))
  const down = nearest(edges.top, edges.bottom, y, height, others.map((o) => [o.y, o.height]))
  const snapped = { ...rect }
  if (across) {
    if (edges.left) snapped.x += across.by
    if (edges.left !== edges.right) snapped.width += edges.left ? -across.by : across.by
  }
  if (down) {
    if (edges.top) snapped.y += down.by
    if (edges.top !== edges.bottom) snapped.height += edges.top ? -down.by : down.by
  }
  return { rect: snapped, x: across?.at ?? null, y: down?.at ?? null }
}
