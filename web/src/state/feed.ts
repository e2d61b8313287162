// The one invoice WebSocket of this browser page: which page is registered on it, the number of faults, who listens.
import { computed, ref } from 'vue'
import { whoAmI } from '../api/account'
import { LiveSocket } from '../api/socket'
import { hideLink, showLink } from './links'
import { can, refreshUser } from './session'

export const FEED_QUEUE = 1
export const FEED_CONSOLE = 2
export const FEED_TEMPLATES = 3
export const FEED_FAULTS = 4

const FEED_RESUMED = 207
const RIGHTS_CHANGED = 208

export interface FeedMessage {
  msg_id: number
  [field: string]: unknown
}

type Listener = (message: FeedMessage) => void

/** The pages of the feed and the right each needs; the first that one holds is watched where no page asks for another. */
const PAGES: [page: number, rights: string[]][] = [
  [FEED_CONSOLE, ['console-r']],
  [FEED_TEMPLATES, ['model-r']],
  [FEED_QUEUE, ['queue-r']],
  [5, ['log-r']],
  [6, ['user-r', 'group-r']],
  [FEED_FAULTS, ['fault-r']],
]

const defaultPage = computed(() => PAGES.find(([, rights]) => rights.some(can))?.[0])

/** Null until the box has said it. */
export const faultCount = ref<number | null>(null)

let wanted: number | undefined
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
  ping: () => JSON.stringify({ code: '002' }),
  onOpen: register,
  onMessage: (raw) => {
    const message = raw as FeedMessage
    if (typeof message?.msg_id !== 'number') return
    // What was missed is told again after this, or it is not known any more, and everything has to be looked at.
    const isTold = message.msg_id === FEED_RESUMED && message.missed !== true
    if (typeof message.number === 'number' && !isTold) heard = message.number
    if (message.msg_id === FEED_RESUMED && !isTold) for (const opener of openers) opener()
    if (message.msg_id === RIGHTS_CHANGED) void refreshUser().catch(() => {})
    if ((message.msg_id === 205 || message.msg_id === 206) && typeof message.fault_num === 'number') {
      faultCount.value = message.fault_num
    }
    for (const listener of listeners) listener(message)
  },
})

function register(): void {
  const page = wanted ?? defaultPage.value
  if (page !== undefined) socket.send({ code: '001', console_status: page, since: heard })
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
export function watchPage(page: number | undefined): void {
  const before = wanted ?? defaultPage.value
  wanted = page
  if ((wanted ?? defaultPage.value) !== before) {
    heard = null
    register()
  }
}

export function watchedPage(): number | undefined {
  return wanted ?? defaultPage.value
}

export function sendToFeed(message: unknown): void {
  socket.send(message)
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
