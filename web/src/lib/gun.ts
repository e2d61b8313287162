// What is known of this browser's scan gun, and what a code it read means: cleaned, taken apart, compared in one form.
import { shallowRef } from 'vue'
import { readSetting, writeSetting } from './storage'

export const SUFFIXES = ['cr', 'lf', 'crlf', 'tab', 'none'] as const
export type Suffix = (typeof SUFFIXES)[number]

export interface GunSettings {
  /** The longest time between two keys, in ms; null: not taught, and guns of every pace are listened for. */
  gap: number | null
  suffix: Suffix | null
  /** What it types before each code. */
  prefix: string
}

export const GAP_MIN = 20
export const GAP_MAX = 500
export const PREFIX_MAX = 16
/** What the code to teach with says; the label to try printers with says the same. */
export const TEST_CODE = '00000000 TEST'

const STORED = 'gun'
const UNTAUGHT: GunSettings = { gap: null, suffix: null, prefix: '' }

function read(): GunSettings {
  const { gap, suffix, prefix } = readSetting<Partial<GunSettings>>(STORED, UNTAUGHT)
  return {
    gap: typeof gap === 'number' && gap >= GAP_MIN && gap <= GAP_MAX ? gap : null,
    suffix: SUFFIXES.find((each) => each === suffix) ?? null,
    prefix: typeof prefix === 'string' ? prefix.slice(0, PREFIX_MAX) : '',
  }
}

export const gunSettings = shallowRef<GunSettings>(read())

export function keepGun(settings: GunSettings): void {
  gunSettings.value = settings
  writeSetting(STORED, settings)
}

export function forgetGun(): void {
  keepGun(UNTAUGHT)
}

// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g
/** `]Q1`, `]C0`, `]d2`: what kind of code it was, as guns can be told to say first. */
const AIM = /^\][A-Za-z][0-9A-Za-z]/

export function cleanCode(raw: string): string {
  let text = raw.replace(CONTROL, '')
  const { prefix } = gunSettings.value
  if (prefix && text.startsWith(prefix)) text = text.slice(prefix.length)
  return text.replace(AIM, '').trim()
}

/** Begins with what tells the kind of code. */
export function isMarked(text: string): boolean {
  return AIM.test(text)
}

/** What a gun may have read: one or two words of ASCII, with a figure among them. */
export function isLikeCode(text: string): boolean {
  return text.length >= 4 && /\d/.test(text) && /^[\u0020-\u007e\s]+$/.test(text) && text.trim().split(/\s+/).length <= 2
}

export interface Scanned {
  serial: string
  /** Absent when only one word was scanned. */
  cpuid?: string
}

/** A label says `SN CPUID`; neither holds a blank. */
export function readScan(text: string): Scanned {
  const [serial = '', ...rest] = text.trim().split(/\s+/)
  return rest.length ? { serial, cpuid: rest.join(' ') } : { serial }
}

/** Without case and a leading 0x: how CPUIDs are compared. */
export function oneForm(cpuid: string): string {
  return cpuid.trim().toLowerCase().replace(/^0x(?=.)/, '')
}

export function isSameCpuid(a: string, b: string): boolean {
  return oneForm(a) === oneForm(b)
}

/** What the gun did with the code of `TEST_CODE`; null when that is not what it read. */
export function learnGun(raw: string, suffix: Suffix, slowest: number | null): GunSettings | null {
  const at = raw.indexOf(TEST_CODE)
  if (at < 0 || raw.slice(at + TEST_CODE.length).replace(CONTROL, '').trim() !== '') return null
  const prefix = raw.slice(0, at).replace(CONTROL, '').replace(AIM, '').slice(0, PREFIX_MAX)
  // Half as much again for a bad moment of the radio.
  const gap = slowest === null ? null : Math.min(GAP_MAX, Math.max(GAP_MIN, Math.ceil(slowest * 1.5) + 10))
  return { gap, suffix, prefix }
}
