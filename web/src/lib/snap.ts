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

export function snap(rect: Rect, edges: Edges, others: Rect[], reach: number): Snapped {
  const { x, y, width, height } = rect
  const across = pull([...(edges.left ? [x] : []), ...(edges.right ? [x + width] : [])], others.flatMap((o) => [o.x, o.x + o.width]), reach)
  const down = pull([...(edges.top ? [y] : []), ...(edges.bottom ? [y + height] : [])], others.flatMap((o) => [o.y, o.y + o.height]), reach)
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
