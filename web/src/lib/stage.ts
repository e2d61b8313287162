// A picture on which things are drawn: fitted into its box or enlarged, with the way from the screen to its pixels.
import { computed, onBeforeUnmount, onMounted, ref, useTemplateRef, watch } from 'vue'
import type { Rect } from './template'

interface Place {
  x: number
  y: number
}

/** In screen pixels; less was a click. */
export const DRAWN_FROM = 5
/** In screen pixels: this close, edges snap to others, except with Ctrl. */
export const SNAPS_AT = 6

/** What the arrow keys move by. */
export const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

export function spanned(x1: number, y1: number, x2: number, y2: number): Rect {
  return { x: Math.min(x1, x2), y: Math.min(y1, y2), width: Math.abs(x2 - x1), height: Math.abs(y2 - y1) }
}

/** The template has a `stage` that scrolls, and in it a `frame` with the picture. `zoom`: screen pixels per picture pixel; null fits the window. */
export function useStage(picture: { url: () => string; zoom: () => number | null }, ready: (size: { width: number; height: number }) => void) {
  const stage = useTemplateRef<HTMLElement>('stage')
  const frame = useTemplateRef<HTMLElement>('frame')
  const size = ref<{ width: number; height: number } | null>(null)
  const failed = ref(false)
  const room = ref({ width: 0, height: 0 })

  const scale = computed(() => {
    if (!size.value) return 1
    return picture.zoom() ?? Math.min(room.value.width / size.value.width, room.value.height / size.value.height, 2)
  })

  watch(picture.url, () => {
    size.value = null
    failed.value = false
  })

  function loaded(event: Event): void {
    const { naturalWidth, naturalHeight } = event.target as HTMLImageElement
    size.value = { width: naturalWidth, height: naturalHeight }
    ready(size.value)
  }

  /** On the picture. */
  function at(event: PointerEvent): Place {
    const box = frame.value!.getBoundingClientRect()
    return { x: (event.clientX - box.left) / scale.value, y: (event.clientY - box.top) / scale.value }
  }

  function inside(point: Place): Place {
    return {
      x: Math.max(0, Math.min(size.value!.width, point.x)),
      y: Math.max(0, Math.min(size.value!.height, point.y)),
    }
  }

  let observer: ResizeObserver | undefined
  onMounted(() => {
    observer = new ResizeObserver(([entry]) => {
      // Room for the frame's shadow, or fitting would cause scroll bars.
      if (entry) room.value = { width: entry.contentRect.width - 4, height: entry.contentRect.height - 4 }
    })
    if (stage.value) observer.observe(stage.value)
  })
  onBeforeUnmount(() => observer?.disconnect())

  return { frame, size, failed, scale, loaded, at, inside }
}
