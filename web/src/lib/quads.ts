// Papers as four corners on a picture, in its pixels: upper left, upper right, lower right, lower left, as one reads the paper.
// Imports nothing but types, so that it runs without pages.
import type { Rect } from './template'

export type Point = [x: number, y: number]
export type Quad = [Point, Point, Point, Point]

export interface Size {
  width: number
  height: number
}

/** In pixels: print on less can't be read, and the box refuses it. */
export const SIDE_MIN = 40
/** The sine of a corner's angle: flatter ones can't be laid flat. */
const SINE_MIN = 0.1

export function quadOf({ x, y, width, height }: Rect): Quad {
  return [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ]
}

export function boundsOf(points: Point[]): Rect {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)]
  const [x, y] = [Math.min(...xs), Math.min(...ys)]
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y }
}

export function middle(points: Point[]): Point {
  const sum = (of: 0 | 1) => points.reduce((all, point) => all + point[of], 0) / points.length
  return [sum(0), sum(1)]
}

export function distance(a: Point, b: Point): number {
  return Math.hypot(b[0] - a[0], b[1] - a[1])
}

/** Each corner with the next. */
function sides(quad: Quad): [Point, Point][] {
  return quad.map((corner, at) => [corner, quad[(at + 1) % 4]!])
}

export function shortest(quad: Quad): number {
  return Math.min(...sides(quad).map(([from, to]) => distance(from, to)))
}

export type Fault = 'bent' | 'tiny'

/** Why it can't be read as a paper; mirrored, crossed and dented ones are bent. */
export function faultOf(quad: Quad): Fault | null {
  if (shortest(quad) < SIDE_MIN) return 'tiny'
  const isBent = quad.some((corner, at) => {
    const [before, after] = [quad[(at + 3) % 4]!, quad[(at + 1) % 4]!]
    const [x1, y1, x2, y2] = [corner[0] - before[0], corner[1] - before[1], after[0] - corner[0], after[1] - corner[1]]
    return x1 * y2 - y1 * x2 < SINE_MIN * Math.hypot(x1, y1) * Math.hypot(x2, y2)
  })
  if (isBent) return 'bent'
  // Long, but hardly apart.
  const area = sides(quad).reduce((sum, [from, to]) => sum + (from[0] * to[1] - to[0] * from[1]) / 2, 0)
  return area < SIDE_MIN * Math.max(...sides(quad).map(([from, to]) => distance(from, to))) ? 'tiny' : null
}

function within(value: number, most: number): number {
  return Math.round(Math.min(Math.max(0, value), most))
}

/** Whole pixels, none beyond the picture. */
export function fitQuad(quad: Quad, { width, height }: Size): Quad {
  return quad.map(([x, y]) => [within(x, width), within(y, height)] as Point) as Quad
}

/** Moves these corners together, as far as all of them stay on the picture. */
export function moved(quad: Quad, corners: number[], dx: number, dy: number, { width, height }: Size): Quad {
  const at = boundsOf(corners.map((corner) => quad[corner]!))
  const x = Math.min(Math.max(dx, -at.x), width - at.x - at.width)
  const y = Math.min(Math.max(dy, -at.y), height - at.y - at.height)
  return quad.map((point, corner) => (corners.includes(corner) ? [Math.round(point[0] + x), Math.round(point[1] + y)] : point) as Point) as Quad
}

/** The next side is up, clockwise. */
export function turned(quad: Quad): Quad {
  const [a, b, c, d] = quad
  return [b, c, d, a]
}

/** Where its upper edge is on the screen, and how far it leans from lying level, in degrees. */
export function topOf([a, b]: Quad): { at: Point; angle: number } {
  return { at: middle([a, b]), angle: (Math.atan2(b[1] - a[1], b[0] - a[0]) * 180) / Math.PI }
}

export type Cut = 'beside' | 'below'

/** In two halves, beside or below each other as one sees the picture, each as upright as the whole. */
export function split(quad: Quad, cut: Cut): [Quad, Quad] {
  const [a, b, c, d] = quad
  const half = (from: Point, to: Point) => middle([from, to]).map(Math.round) as Point
  const liesLevel = Math.abs(b[0] - a[0]) >= Math.abs(b[1] - a[1])
  const [up, down, left, right] = [half(a, b), half(d, c), half(a, d), half(b, c)]
  const halves: [Quad, Quad] =
    liesLevel === (cut === 'beside')
      ? [
          [a, up, down, d],
          [up, b, c, down],
        ]
      : [
          [a, b, right, left],
          [left, right, c, d],
        ]
  const along = cut === 'beside' ? 0 : 1
  return middle(halves[0])[along] <= middle(halves[1])[along] ? halves : [halves[1], halves[0]]
}

/** The smallest paper around all that lies as the first one does. */
export function merged(quads: [Quad, ...Quad[]], size: Size): Quad {
  const [a, b] = quads[0]
  const length = distance(a, b) || 1
  const [cos, sin] = [(b[0] - a[0]) / length, (b[1] - a[1]) / length]
  const level = quads.flat().map(([x, y]) => [x * cos + y * sin, y * cos - x * sin] as Point)
  const back = quadOf(boundsOf(level)).map(([x, y]) => [x * cos - y * sin, x * sin + y * cos] as Point)
  return fitQuad(back as Quad, size)
}
