// Live: who is printing which labels, and which this page has claimed.
import { computed, shallowRef } from 'vue'
import { claimsNow, LIVE_CLAIMS, type Claim, type Claims } from '../api/devices'
import { LiveSocket } from '../api/socket'
import { hideLink, showLink } from './links'
import { user } from './session'

/** The box sends at least every 20 s. */
const SILENCE_MS = 45_000

const all = shallowRef<Claims>({})
/** Claims belong to users, but stations often share one; so a page tracks its own. */
const own = shallowRef<ReadonlySet<string>>(new Set())

export const ownClaims = computed(() => own.value)

export interface ClaimedElsewhere {
  name: string
  /** The same user on another page. */
  sameUser: boolean
}

const elsewhere = computed(() => {
  const claimed = new Map<string, ClaimedElsewhere>()
  for (const [serial, claim] of Object.entries(all.value)) {
    const sameUser = claim.user_id === user.value?.user_id
    if (!sameUser || !own.value.has(serial)) claimed.set(serial, { name: claim.user_name, sameUser })
  }
  return claimed
})

export function claimedElsewhere(serial: string): ClaimedElsewhere | undefined {
  return elsewhere.value.get(serial)
}

export function hold(serials: string[]): void {
  own.value = new Set([...own.value, ...serials])
}

export function letGo(serials: string[]): void {
  const gone = new Set(serials)
  own.value = new Set([...own.value].filter((serial) => !gone.has(serial)))
  // Until the box confirms, these would count as another page's.
  all.value = Object.fromEntries(Object.entries(all.value).filter(([serial]) => !gone.has(serial)))
}

let onChange: (serials: string[]) => void = () => {}
/** Claimed or released: probably in another state. */
export function whenClaimsChange(handler: (serials: string[]) => void): void {
  onChange = handler
}

let onLoss: (lost: { serial: string; by: Claim | undefined }[]) => void = () => {}
/** Expired, passed to others or ended by a restart. */
export function whenClaimsAreLost(handler: typeof onLoss): void {
  onLoss = handler
}

function same(a: Claim | undefined, b: Claim | undefined): boolean {
  return a?.user_id === b?.user_id
}

function receive(claims: Claims): void {
  const before = all.value
  all.value = claims
  const serials = new Set([...Object.keys(before), ...Object.keys(claims)])
  const changed = [...serials].filter((serial) => !same(before[serial], claims[serial]))
  const me = user.value?.user_id
  const lost = changed.filter((serial) => own.value.has(serial) && before[serial]?.user_id === me)
  if (lost.length) onLoss(lost.map((serial) => ({ serial, by: claims[serial] })))
  if (changed.length) onChange(changed)
}

const socket = new LiveSocket({
  path: LIVE_CLAIMS,
  silenceMs: SILENCE_MS,
  ask: claimsNow,
  onMessage: (message) => {
    const { claims } = message as { claims?: Claims }
    if (claims && typeof claims === 'object') receive(claims)
  },
})

export function startClaims(): () => void {
  socket.start()
  showLink('claims', { state: socket.state, retry: socket.retryNow })
  return () => {
    socket.stop()
    hideLink('claims')
    all.value = {}
  }
}
