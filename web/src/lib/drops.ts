// Files that are dropped anywhere on a page.
import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

/** Whether some are held over the page. `may`: whether they are taken just now. */
export function useDrops(take: (dropped: DataTransfer) => void, may = () => true): Ref<boolean> {
  const over = ref(false)

  function carried(event: DragEvent): DataTransfer | null {
    if (!may() || !event.dataTransfer?.types.includes('Files')) return null
    event.preventDefault()
    return event.dataTransfer
  }

  function drag(event: DragEvent): void {
    if (carried(event)) over.value = true
  }

  function leave(event: DragEvent): void {
    // Moving between elements fires this too.
    if (event.relatedTarget === null) over.value = false
  }

  function drop(event: DragEvent): void {
    const dropped = carried(event)
    if (!dropped) return
    over.value = false
    take(dropped)
  }

  onMounted(() => {
    window.addEventListener('dragover', drag)
    window.addEventListener('dragleave', leave)
    window.addEventListener('drop', drop)
  })
  onBeforeUnmount(() => {
    window.removeEventListener('dragover', drag)
    window.removeEventListener('dragleave', leave)
    window.removeEventListener('drop', drop)
  })
  return over
}
