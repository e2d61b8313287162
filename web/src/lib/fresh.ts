// A list that is asked for again: soon after news of it, when the connection is back, and now and then while the page is seen.
import { onBeforeUnmount, onMounted } from 'vue'
import { MESSAGES } from '../api/wire'
import { listen } from '../state/feed'

/** News come in bursts. */
const GATHER_MS = 500

/** `ask` is called at once, too; `everyMs`: for what is not pushed, unless `isBusy`. */
export function keepFresh(news: readonly number[], everyMs: number, isBusy: () => boolean, ask: () => void): void {
  let gathering = 0
  function soon(): void {
    if (gathering) return
    gathering = window.setTimeout(() => {
      gathering = 0
      ask()
    }, GATHER_MS)
  }

  function look(): void {
    if (!document.hidden && !isBusy()) ask()
  }

  let looking = 0
  const stops: (() => void)[] = []
  onMounted(() => {
    ask()
    stops.push(
      listen((message) => {
        if (news.includes(message.msg_id) || message.msg_id === MESSAGES.resumed) soon()
      }),
    )
    looking = window.setInterval(look, everyMs)
    document.addEventListener('visibilitychange', look)
  })
  onBeforeUnmount(() => {
    for (const stop of stops) stop()
    window.clearTimeout(gathering)
    window.clearInterval(looking)
    document.removeEventListener('visibilitychange', look)
  })
}
