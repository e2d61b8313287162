// A list that is asked for again: soon after news of it, when the connection is back, and now and then while the page is seen.
import { onBeforeUnmount, onMounted } from 'vue'
import { MESSAGES } from '../api/wire'
import { listen } from '../state/feed'

/** News come in bursts. */
const GATHER_MS = 500

/** One question at a time, so that no older answer comes after a newer one. Asked meanwhile, it asks once more. */
export function oneAtATime(ask: () => Promise<unknown>): () => Promise<void> {
  let asking = false
  let again = false
  return async () => {
    again = true
    if (asking) return
    asking = true
    try {
      while (again) {
        again = false
        await ask()
      }
    } finally {
      asking = false
    }
  }
}

/** `look` is called at once, too; `everyMs`: for what is not pushed, unless `isBusy`. It tells its errors itself. */
export function keepFresh(news: readonly number[], everyMs: number, isBusy: () => boolean, look: () => Promise<unknown>): void {
  const ask = oneAtATime(look)
  let gathering = 0
  function soon(): void {
    if (gathering) return
    gathering = window.setTimeout(() => {
      gathering = 0
      void ask()
    }, GATHER_MS)
  }

  function lookRegularly(): void {
    if (!document.hidden && !isBusy()) void ask()
  }

  let looking = 0
  const stops: (() => void)[] = []
  onMounted(() => {
    void ask()
    stops.push(
      listen((message) => {
        if (news.includes(message.msg_id) || message.msg_id === MESSAGES.resumed) soon()
      }),
    )
    looking = window.setInterval(lookRegularly, everyMs)
    document.addEventListener('visibilitychange', lookRegularly)
  })
  onBeforeUnmount(() => {
    for (const stop of stops) stop()
    window.clearTimeout(gathering)
    window.clearInterval(looking)
    document.removeEventListener('visibilitychange', lookRegularly)
  })
}
