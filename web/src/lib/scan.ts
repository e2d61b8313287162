// All scan-gun input. Guns type like keyboards, only evenly and fast; this tells their bursts from a person's keys and hands each
// code to the latest listener. Three laws: Enter belongs to whoever got the burst; a key that may become part of a burst does
// nothing yet; a person's keys are given back.
import { cleanCode, gunSettings, isLikeCode, isMarked, type Suffix } from './gun'

/** Between a slow gun's keys; outside fields nobody types that fast for long. */
const SLOW_MS = 200
/** In fields people type: only faster than any hand, an even rhythm, or a taught gun counts. */
const FAST_MS = 50
const EVEN_MS = 30
const EVEN_KEYS = 6
/** After a burst its Enter may come twice (CR LF). */
const DEAD_MS = 100
/** Ends a code without suffix. Longer than a gap: a busy browser delivers keys late. */
const PAUSE_MS = 400
export const SHORTEST = 4

export interface Heard {
  text: string
  /** With prefix and control characters. */
  raw: string
  suffix: Suffix
  /** Longest gap between keys, in ms; null without keys. */
  slowest: number | null
  /** Makes it the search it was scanned into, if it was. */
  seek: () => boolean
}

/** What came, and what it replaced. */
export interface ScannedInto {
  text: string
  before: string
  /** Ended by a pause, not a key: Enter may still follow. */
  paused: boolean
}

export interface Ear {
  take: (heard: Heard) => void
  /** Empty when it is over. */
  hearing?: (text: string) => void
  /** Nothing is given back, and short codes are taken. */
  all?: boolean
}

type Field = HTMLInputElement | HTMLTextAreaElement

interface Burst {
  keys: KeyboardEvent[]
  text: string
  /** Including Shift. */
  gaps: number[]
  lastAt: number
  /** With its former value; null outside fields. */
  home: { field: Field; before: string } | null
  /** Came as text, without keys. */
  injected: boolean
}

const ears: Ear[] = []
let burst: Burst | null = null
let deadFrom = 0
let deadTo = -1
let pause = 0
let fieldBefore: { field: Field; before: string } | null = null
let keyed = false
let catcher: Field | null = null
/** Typed into fields by guns or perhaps quick hands: another such burst is another code. */
let lately: string[] = []
const LATELY = 20
const given = new WeakSet<Event>()
const swallowed = new Set<string>()

const NO_TEXT = new Set(['checkbox', 'radio', 'range', 'button', 'submit', 'file', 'reset', 'color'])

function fieldOf(target: EventTarget | null): Field | null {
  if (target instanceof HTMLTextAreaElement) return target
  return target instanceof HTMLInputElement && !NO_TEXT.has(target.type) ? target : null
}

export function isCatcher(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && 'catcher' in target.dataset
}

/** Nobody scans a password here, and people type their own quickly. */
function isSecret(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && (target.type === 'password' || target.autocomplete.includes('password'))
}

/** Not the scan catcher. */
function typedInto(target: EventTarget | null): Field | null {
  return isCatcher(target) ? null : fieldOf(target)
}

/** Event times may come from another clock. */
function isWithin(at: number, since: number, ms: number): boolean {
  return at >= since && at - since <= ms
}

function longestGap(): number {
  return gunSettings.value.gap ?? SLOW_MS
}

function swallow(event: KeyboardEvent): void {
  if (event.type === 'keydown') swallowed.add(event.code || event.key)
  event.preventDefault()
  event.stopImmediatePropagation()
}

function setField(field: Field, text: string): void {
  field.value = text
  field.dispatchEvent(new Event('input', { bubbles: true }))
}

/** Its end counts as another key. */
function isGuns({ gaps, injected, text, home }: Burst, end: number): boolean {
  // Inserted text; inside a dialog it is the requested input.
  if (injected) return isLikeCode(text) && (!home || 'scan' in home.field.dataset || !home.field.closest('[role=dialog]'))
  const all = [...gaps, end]
  if (all.every((gap) => gap <= FAST_MS)) return true
  const taught = gunSettings.value.gap
  if (taught !== null && isLikeCode(text) && all.every((gap) => gap <= taught)) return true
  const even = Math.max(...gaps) - Math.min(...gaps) <= EVEN_MS && end <= Math.max(...gaps) + EVEN_MS
  return gaps.length >= EVEN_KEYS - 1 && even
}

/** Some keyboards send LF and CR as Ctrl+J and Ctrl+M. */
function endOf(event: KeyboardEvent): Suffix | null {
  if (event.altKey || event.metaKey) return null
  if (event.ctrlKey) return event.key === 'j' || event.key === 'J' ? 'lf' : event.key === 'm' || event.key === 'M' ? 'cr' : null
  if (event.key === 'Enter') return 'cr'
  return event.key === 'Tab' && !event.shiftKey ? 'tab' : null
}

function isDead(at: number): boolean {
  return at >= deadFrom && at <= deadTo
}

function press(event: KeyboardEvent): void {
  if (given.has(event)) return
  const at = event.timeStamp
  const end = endOf(event)
  const underWay = burst !== null && isWithin(at, burst.lastAt, longestGap())
  // A held key repeats as fast as a gun.
  if (event.repeat) {
    if ((end || event.key === ' ') && (underWay || isDead(at) || swallowed.has(event.code || event.key))) swallow(event)
    return
  }
  if (event.isComposing || event.key === 'Process' || event.key === 'Unidentified' || isSecret(event.target)) return
  if (end) finish(event, end, at, underWay)
  else if (event.key === 'Shift' || event.key === 'CapsLock') {
    if (burst && underWay) tick(burst, at)
  } else if (event.ctrlKey && !event.altKey && burst && !burst.home && underWay && burst.keys.length >= SHORTEST) {
    // A control character within a code; else it is a browser command.
    tick(burst, at)
    swallow(event)
  } else if ((event.ctrlKey || event.altKey || event.metaKey) && !event.getModifierState('AltGraph')) return
  else if (event.key.length === 1) type(event, at, underWay)
  else if (event.key !== 'Escape') settle()
}

function tick(now: Burst, at: number): void {
  now.gaps.push(at - now.lastAt)
  now.lastAt = at
}

function type(event: KeyboardEvent, at: number, underWay: boolean): void {
  const field = typedInto(event.target)
  if (event.key === ' ' && !underWay) {
    if (isDead(at) && !field) swallow(event)
    else settle()
    return
  }
  // Leads to the search at once.
  if (event.key === '/' && !underWay && !field && !ears.at(-1)?.all) return
  // Inserted text stays there: keys start a new burst.
  if (underWay && burst && !(burst.injected && field) && burst.home?.field === (field ?? undefined)) tick(burst, at)
  else {
    settle()
    burst = { keys: [], text: '', gaps: [], lastAt: at, home: field ? { field, before: field.value } : null, injected: false }
  }
  const now = burst
  now.keys.push(event)
  now.text += event.key
  keyed = field !== null
  if (!field) swallow(event)
  ears.at(-1)?.hearing?.(cleanCode(now.text))
  wait()
}

/** Enter, Tab and the like: a code's end, or a person's key. */
function finish(event: KeyboardEvent, suffix: Suffix, at: number, underWay: boolean): void {
  const now = burst
  if (!now || !(underWay || (now.injected && isWithin(at, now.lastAt, longestGap())))) {
    if (isDead(at)) {
      swallow(event)
      if (suffix !== 'tab') second?.()
    } else settle()
    return
  }
  const { home } = now
  const gap = at - now.lastAt
  if (!home) {
    swallow(event)
    stopWaiting()
    burst = null
    if (now.text.length >= SHORTEST || ears.at(-1)?.all) hand(now, suffix, at)
    else {
      beDead(at, now)
      ears.at(-1)?.hearing?.('')
      giveBack(now)
    }
    return
  }
  stopWaiting()
  burst = null
  ears.at(-1)?.hearing?.('')
  const isScan = 'scan' in home.field.dataset
  if (now.text.length >= SHORTEST && isGuns(now, gap) && !(now.injected && suffix === 'tab' && !isScan)) {
    swallow(event)
    hand(now, suffix, at)
  } else if (suffix !== 'tab' && home.field.type !== 'number' && !isScan && isLikeCode(now.text)) {
    // A slow gun or quick hands: the text stays; a person presses Enter again.
    swallow(event)
    beDead(at, now)
  }
}

function beDead(at: number, { gaps }: Burst): void {
  deadFrom = at
  deadTo = at + Math.max(DEAD_MS, 2 * Math.max(0, ...gaps))
}

let second: (() => void) | null = null

function hand(now: Burst, suffix: Suffix, at: number, paused = false): void {
  // An Enter after a pause is a person's.
  if (!paused) beDead(at, now)
  const home = now.home && { ...now.home }
  // The first characters may come long before the rest.
  const lead = (home && /\](?:[A-Za-z][0-9A-Za-z]?)?$/.exec(home.before)?.[0]) ?? ''
  if (home && lead && isMarked(lead + now.text)) {
    now = { ...now, text: lead + now.text }
    home.before = home.before.slice(0, -lead.length)
  }
  clearCatcher()
  const text = cleanCode(now.text)
  const seek = () => {
    const isSearch = !!home && 'find' in home.field.dataset
    if (isSearch) setField(home.field, text)
    return isSearch
  }
  const heard: Heard = { text, raw: now.text, suffix, slowest: now.injected ? null : Math.max(0, ...now.gaps), seek }
  remember(heard.text)
  second = () => (heard.suffix = heard.suffix === 'none' || heard.suffix === 'tab' ? heard.suffix : 'crlf')
  ears.at(-1)?.hearing?.('')
  if (home && 'scan' in home.field.dataset) {
    setField(home.field, heard.text)
    home.field.dispatchEvent(new CustomEvent<ScannedInto>('scanned', { detail: { text: heard.text, before: home.before.trim(), paused } }))
    return
  }
  if (home && paused) {
    setField(home.field, heard.text)
    tellFound(home.field, heard.text)
    return
  }
  // Typed into a field that happened to have the focus.
  if (home) setField(home.field, home.before)
  ears.at(-1)?.take(heard)
}

/** A whole label says more than the search needs. */
function tellFound(field: Field, text: string): void {
  if ('find' in field.dataset) field.dispatchEvent(new CustomEvent<string>('found', { detail: text, bubbles: true }))
}

function remember(text: string): void {
  lately = [text, ...lately].slice(0, LATELY)
}

function clearCatcher(): void {
  if (catcher) catcher.value = ''
}

/** A person's keys, late, to where they were going. */
function giveBack({ keys }: Burst): void {
  clearCatcher()
  // One by one, so that each finds what the one before did.
  for (const key of keys) window.setTimeout(() => pressAgain(key))
}

function pressAgain({ target, key, code, ctrlKey, shiftKey, altKey, metaKey }: KeyboardEvent): void {
  const again = new KeyboardEvent('keydown', { key, code, ctrlKey, shiftKey, altKey, metaKey, bubbles: true, cancelable: true })
  given.add(again)
  ;(target instanceof Node && target.isConnected ? target : document.body).dispatchEvent(again)
}

function stopWaiting(): void {
  window.clearTimeout(pause)
}

function wait(): void {
  stopWaiting()
  const isShort = (burst?.text.length ?? 0) < SHORTEST
  const { suffix, gap } = gunSettings.value
  const known = suffix === 'none' && gap !== null ? Math.max(150, 2 * gap) : PAUSE_MS
  pause = window.setTimeout(settle, isShort && !ears.at(-1)?.all ? longestGap() : known)
}

/** After a pause: a code without suffix, or a person's keys. */
function settle(): void {
  stopWaiting()
  const now = burst
  burst = null
  if (!now) return
  ears.at(-1)?.hearing?.('')
  if (now.home) {
    const { field, before } = now.home
    if (now.text.length < SHORTEST || !isGuns(now, 0)) return
    if (gunSettings.value.suffix === 'none') hand(now, 'none', now.lastAt)
    // A code replaces the former text; after possibly quick hands, only another such code.
    else if (('scan' in field.dataset || 'find' in field.dataset) && isLikeCode(now.text)) {
      if (now.gaps.every((gap) => gap <= FAST_MS) || lately.includes(before)) hand(now, 'none', now.lastAt, true)
      else {
        remember(field.value)
        tellFound(field, cleanCode(now.text))
      }
    }
    return
  }
  // A few repeated letters are somebody's answers.
  const isCode = now.text.length >= SHORTEST && (/\d/.test(now.text) || new Set(now.text).size > 3)
  if (isCode || now.injected || ears.at(-1)?.all) hand(now, 'none', now.lastAt)
  else giveBack(now)
}

/** Text from an input method or a handheld's keyboard comes without keys. */
function note(event: Event): void {
  const field = fieldOf(event.target)
  if (field) fieldBefore = { field, before: field.value }
}

function input(event: Event): void {
  const field = fieldOf(event.target)
  if (!field || isSecret(field) || !(event instanceof InputEvent)) return
  const byKey = keyed && !event.isComposing
  keyed = false
  const isText = event.inputType === 'insertText' || event.inputType === 'insertCompositionText' || event.inputType === 'insertFromComposition'
  const caught = isCatcher(field)
  if (!(isText || caught) || byKey) return
  const at = event.timeStamp
  if (caught) {
    catcher = field
    const text = (burst && !burst.injected ? burst.text : '') + field.value
    stopWaiting()
    burst = { keys: [], text, gaps: [], lastAt: at, home: null, injected: true }
    ears.at(-1)?.hearing?.(cleanCode(text))
    if (!/[\r\n\t]$/.test(event.data ?? '')) wait()
    else if (burst.text.trim().length >= SHORTEST) {
      const now = burst
      burst = null
      hand(now, 'cr', at)
    }
    return
  }
  const before = fieldBefore?.field === field ? fieldBefore.before : field.value
  const goesOn = burst?.injected && burst.home?.field === field && isWithin(at, burst.lastAt, longestGap())
  const start = goesOn ? burst!.home!.before : before
  const data = field.value.startsWith(start) ? field.value.slice(start.length) : (event.data ?? '')
  const gaps = goesOn ? [...burst!.gaps, at - burst!.lastAt] : []
  burst = { keys: [], text: data, gaps, lastAt: at, home: { field, before: start }, injected: true }
  wait()
}

function letGo(event: KeyboardEvent): void {
  if (!swallowed.delete(event.code || event.key)) return
  event.preventDefault()
  event.stopImmediatePropagation()
}

/** Only the latest listener gets codes. */
export function listenToScans(ear: Ear): () => void {
  if (!ears.length) {
    window.addEventListener('keydown', press, true)
    window.addEventListener('keyup', letGo, true)
    window.addEventListener('beforeinput', note, true)
    window.addEventListener('input', input, true)
  }
  ears.push(ear)
  return () => {
    ears.splice(ears.indexOf(ear), 1)
    if (ears.length) return
    stopWaiting()
    burst = second = null
    window.removeEventListener('keydown', press, true)
    window.removeEventListener('keyup', letGo, true)
    window.removeEventListener('beforeinput', note, true)
    window.removeEventListener('input', input, true)
  }
}
