// The page's one invoice WebSocket: the watched page, the number of faults, listeners.
import { computed, ref } from 'vue'
import { whoAmI } from '../api/account'
import { LiveSocket } from '../api/socket'
import { MESSAGES, PAGE_RIGHTS, PAGES, SAID, type Message, type Page } from '../api/wire'
import { hideLink, showLink } from './links'
import { canAny, refreshUser } from './session'

type Listener = (message: Message) => void

/** Unless a page asks for another. */
const BY_DEFAULT: Page[] = ['console', 'models', 'queue', 'log', 'users', 'faults']

const defaultPage = computed(() => BY_DEFAULT.find((page) => canAny(PAGE_RIGHTS[page])))

export const faultCount = ref<number | null>(null)

let wanted: Page | undefined
/** The last number received for the watched page; null if none. */
let heard: number | null = null
const listeners = new Set<Listener>()
const openers = new Set<() => void>()

const socket = new LiveSocket({
  path: '/invoice/webSocketServer',
  silenceMs: 60_000,
  // Pages fetch lists themselves; this only tells a blocked connection from an absent box.
  ask: whoAmI,
  // The box answers even this, so silence means a dead connection.
  ping: () => JSON.stringify({ code: SAID.catch_up }),
  onOpen: register,
  onMessage: (raw) => {
    const message = raw as Message
    if (typeof message?.msg_id !== 'number') return
    // Missed news follow; if the box no longer has them, everything is fetched.
    const isTold = message.msg_id === MESSAGES.resumed && !message.missed
    if (typeof message.number === 'number' && !isTold) heard = message.number
    if (message.msg_id === MESSAGES.resumed && !isTold) for (const opener of openers) opener()
    if (message.msg_id === MESSAGES.rights) void refreshUser().catch(() => {})
    if (message.msg_id === MESSAGES.faults || message.msg_id === MESSAGES.fault) faultCount.value = message.fault_num
    for (const listener of listeners) listener(message)
  },
})

function register(): void {
  const page = wanted ?? defaultPage.value
  if (page !== undefined) socket.send({ code: SAID.watch, console_status: PAGES[page], since: heard })
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
  heard = null
}

/** The page to watch; undefined for the default. */
export function watchPage(page: Page | undefined): void {
  const before = wanted ?? defaultPage.value
  wanted = page
  if ((wanted ?? defaultPage.value) !== before) {
    heard = null
    register()
  }
}

export function watchedPage(): Page | undefined {
  return wanted ?? defaultPage.value
}

export function catchUpOnReading(): void {
  socket.send({ code: SAID.catch_up })
}

export function listen(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Called when messages were missed for good, or the page changed. */
export function whenFeedOpens(opener: () => void): () => void {
  openers.add(opener)
  return () => openers.delete(opener)
}
