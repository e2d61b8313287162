// Replays a finished reading step by step, by hand or automatically.
import { computed, onBeforeUnmount, ref, watch, type Ref } from 'vue'
import type { Region } from '../lib/regions'
import type { Reading } from './reading'

const STEP_MS = 700

/** Picture, template, then each area found and read, then the end. */
function after(reading: Reading, steps: number): Reading {
  const regions: Region[] = []
  let left = steps - 1
  for (const region of reading.regions) {
    // Without a position it is only read.
    const parts = region.position ? 2 : 1
    if (left <= 0) break
    regions.push(left >= parts ? region : { ...region, text: null, probability: null })
    left -= parts
  }
  return { ...reading, done: false, fault: false, trouble: null, reasons: [], template: steps > 0 ? reading.template : undefined, candidates: steps > 0 ? reading.candidates : null, regions }
}

function stepsOf(reading: Reading): number {
  return 1 + reading.regions.reduce((sum, region) => sum + (region.position ? 2 : 1), 0) + 1
}

export function useReplay(reading: Ref<Reading | null>) {
  /** Null: the final state. */
  const at = ref<number | null>(null)
  const playing = ref(false)
  const steps = computed(() => (reading.value?.done ? stepsOf(reading.value) : 0))
  const seen = computed(() => {
    const whole = reading.value
    return whole?.done && at.value !== null && at.value < steps.value ? after(whole, at.value) : whole
  })

  let timer = 0
  function stop(): void {
    window.clearInterval(timer)
    playing.value = false
  }

  function go(step: number): void {
    at.value = Math.max(0, Math.min(steps.value, step))
    if (at.value === steps.value) stop()
  }

  function play(): void {
    if (at.value === null || at.value >= steps.value) at.value = 0
    playing.value = true
    window.clearInterval(timer)
    timer = window.setInterval(() => go((at.value ?? 0) + 1), STEP_MS)
  }

  function leave(): void {
    stop()
    at.value = null
  }

  watch(() => reading.value?.action, leave)
  onBeforeUnmount(stop)
  return { at, steps, playing, seen, go, play, stop, leave }
}
