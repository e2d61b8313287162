// The one invoice WebSocket of this browser page: which page is registered on it, the number of faults, who listens.
import { computed, ref } from 'vue'
import { whoAmI } from '../api/account'
import { LiveSocket } from '../api/socket'
import { MESSAGES, PAGE_RIGHTS, PAGES, SAID, type Message, type Page } from '../api/wire'
import { hideLink, showLink } from './links'
import { canAny } from './session'

type Listener = (message: Message) => void

/** The first of these that one may see is watched where no page asks for another. */
const BY_DEFAULT: Page[] = ['console', 'models', 'queue', 'log', 'users', 'faults']

const defaultPage = computed(() => BY_DEFAULT.find((page) => canAny(PAGE_RIGHTS[page])))

/** Null until the box has said it. */
export const faultCount = ref<number | null>(null)

let wanted: Page | undefined
const listeners = new Set<Listener>()
const openers = new Set<() => void>()

const socket = new LiveSocket({
  path: '/invoice/webSocketServer',
  silenceMs: 60_000,
  // The pages ask for their lists themselves; this only tells a blocked line from an absent box.
  ask: whoAmI,
  // The box answers everything, if only with a refusal; so silence means that the line is dead.
  ping: () => JSON.stringify({ code: SAID.catch_up }),
  onOpen: () => {
    register()
    for (const opener of openers) opener()
  },
  onMessage: (raw) => {
    const message = raw as Message
    if (typeof message?.msg_id !== 'number') return
    if (message.msg_id === MESSAGES.faults || message.msg_id === MESSAGES.fault) faultCount.value = message.fault_num
    for (const listener of listeners) listener(message)
  },
})

function register(): void {
  const page = wanted ?? defaultPage.value
  if (page !== undefined) socket.send({ code: SAID.watch, console_status: PAGES[page] })
}

export function startFeed(): void {
  if (defaultPage.value === undefined) return
  socket.start()
  showLink('feed', { state: socket.state, retry: socket.retryNow })
}

export function stopFeed(): void {
  socket.stop()
  hideLink('feed')
  faultCount.value = null
}

/** Which page of the feed is looked at; undefined for the default. */
export function watchPage(page: Page | undefined): void {
  const before = wanted ?? defaultPage.value
  wanted = page
  if ((wanted ?? defaultPage.value) !== before) {
    register()
    for (const opener of openers) opener()
  }
}

export function watchedPage(): Page | undefined {
  return wanted ?? defaultPage.value
}

/** Asks for what has been read so far of what is being read. */
export function catchUpOnReading(): void {
  socket.send({ code: SAID.catch_up })
}

export function listen(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Runs whenever messages may have been missed: after each connect and each change of the page watched. */
export function whenFeedOpens(opener: () => void): () => void {
  openers.add(opener)
  return () => openers.delete(opener)
}
