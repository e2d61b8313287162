// The papers on a picture while a person says which there are: found, moved, added, split, merged, with undo.
import { computed, ref, type Ref } from 'vue'
import type { PapersOnPage } from '../../api/invoices'
import { useHistory } from '../../lib/history'
import { distance, faultOf, fitQuad, merged, middle, quadOf, split, turned, type Cut, type Quad, type Size } from '../../lib/quads'
import type { Rect } from '../../lib/template'

type Found = PapersOnPage['papers'][number]

export interface Paper {
  /** Within this dialog. */
  id: number
  quad: Quad
  /** The invoices that were read from it, or from what it was made of. */
  of: (Found & { invoice_id: number })[]
}

export function usePapers(size: Ref<Size | null>) {
  const papers = ref<Paper[]>([])
  const selected = ref<number[]>([])
  const { canUndo, canRedo, undo, redo, keep, restart } = useHistory(papers)
  let lastId = 0
  /** As it was found. */
  const kept = ref('')
  const quads = () => JSON.stringify(papers.value.map((paper) => paper.quad))

  const chosen = computed(() => papers.value.filter((paper) => selected.value.includes(paper.id)))
  const isChanged = computed(() => quads() !== kept.value)
  const faults = computed(() => new Map(papers.value.flatMap((paper) => (faultOf(paper.quad) ? [[paper.id, faultOf(paper.quad)!] as const] : []))))

  function paper(quad: Quad, of: Paper['of']): Paper {
    lastId += 1
    return { id: lastId, quad, of }
  }

  function take(found: Found[], whole: Size): void {
    papers.value = found.map((one) => paper(fitQuad(one.corners as Quad, whole), one.invoice_id === null ? [] : [{ ...one, invoice_id: one.invoice_id }]))
    kept.value = quads()
    selected.value = []
    restart()
  }

  /** These stand where the first of what they replace stood. */
  function replace(old: Paper[], by: Paper[]): void {
    keep()
    const at = old[0] ? papers.value.indexOf(old[0]) : papers.value.length
    const rest = (some: Paper[]) => some.filter((each) => !old.includes(each))
    papers.value = [...rest(papers.value.slice(0, at)), ...by, ...rest(papers.value.slice(at))]
    keep()
    selected.value = by.slice(0, 1).map((each) => each.id)
  }

  function select(id: number | null, more = false): void {
    if (id === null) selected.value = []
    else if (!more) selected.value = [id]
    else if (!selected.value.includes(id)) selected.value = [...selected.value, id]
  }

  function change(id: number, quad: Quad): void {
    const one = papers.value.find((each) => each.id === id)
    if (one) one.quad = quad
  }

  function draw(rect: Rect): void {
    if (size.value) replace([], [paper(fitQuad(quadOf(rect), size.value), [])])
  }

  /** For those who can't drag. */
  function addInMiddle(): void {
    if (!size.value) return
    const { width, height } = size.value
    draw({ x: width * 0.35, y: height * 0.35, width: width * 0.3, height: height * 0.3 })
  }

  function remove(): void {
    replace(chosen.value, [])
  }

  function cut(how: Cut): void {
    const [one] = chosen.value
    if (one) replace([one], split(one.quad, how).map((half) => paper(half, one.of)))
  }

  /** What is chosen, or the only one that is with its nearest neighbour. */
  const toMerge = computed<Paper[]>(() => {
    const [one, ...more] = chosen.value
    if (!one || more.length) return chosen.value
    const apart = (other: Paper) => distance(middle(one.quad), middle(other.quad))
    const [nearest] = papers.value.filter((other) => other !== one).sort((a, b) => apart(a) - apart(b))
    return nearest ? [one, nearest] : []
  })

  function merge(): void {
    const [first, ...rest] = toMerge.value
    if (!first || !rest.length || !size.value) return
    const of = new Map(toMerge.value.flatMap((each) => each.of.map((one) => [one.invoice_id, one] as const)))
    replace(toMerge.value, [paper(merged([first.quad, ...rest.map((each) => each.quad)], size.value), [...of.values()])])
  }

  function turn(): void {
    keep()
    for (const one of chosen.value) one.quad = turned(one.quad)
    keep()
  }

  /** What is gone is not chosen. */
  function step(go: () => void): void {
    go()
    selected.value = selected.value.filter((id) => papers.value.some((each) => each.id === id))
  }

  return { papers, selected, chosen, isChanged, faults, canUndo, canRedo, toMerge, keep, take, select, change, draw, addInMiddle, remove, cut, merge, turn, undo: () => step(undo), redo: () => step(redo) }
}
