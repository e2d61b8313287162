// The one invoice WebSocket of this browser page: which page is registered on it, the number of faults, who listens.
import { computed, ref } from 'vue'
import { whoAmI } from '../api/account'
import { LiveSocket } from '../api/socket'
import { MESSAGES, PAGE_RIGHTS, PAGES, SAID, type Message, type Page } from '../api/wire'
import { hideLink, showLink } from './links'
import { canAny, refreshUser } from './session'

type Listener = (message: Message) => void

/** The first of these that one may see is watched where no page asks for another. */
const BY_DEFAULT: Page[] = ['console', 'models', 'queue', 'log', 'users', 'faults']

const defaultPage = computed(() => BY_DEFAULT.find((page) => canAny(PAGE_RIGHTS[page])))

/** Null until the box has said it. */
export const faultCount = ref<number | null>(null)

let wanted: Page | undefined
/** The newest of the box's numbers that this page has heard; null while it has heard none of the page it watches. */
let heard: number | null = null
const listeners = new Set<Listener>()
const openers = new Set<() => void>()

const socket = new LiveSocket({
  path: '/invoice/webSocketServer',
  silenceMs: 60_000,
  // The pages ask for their lists themselves; this only tells a blocked line from an absent box.
  ask: whoAmI,
  // The box answers everything, if only with a refusal; so silence means that the line is dead.
  ping: () => JSON.stringify({ code: SAID.catch_up }),
  onOpen: register,
  onMessage: (raw) => {
    const message = raw as Message & { number?: number }
    if (typeof message?.msg_id !== 'number') return
    // What was missed is told again after this, or it is not known any more, and everything has to be looked at.
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

/** Which page of the feed is looked at; undefined for the default. */
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

/** Asks for what has been read so far of what is being read. */
export function catchUpOnReading(): void {
  socket.send({ code: SAID.catch_up })
}

export function listen(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Runs whenever messages have been missed: after each change of the page watched, and after a time away of which the box no longer knows
 * everything. */
export function whenFeedOpens(opener: () => void): () => void {
  openers.add(opener)
  return () => openers.delete(opener)
}
