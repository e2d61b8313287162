// This browser's scan gun, and what its codes mean.
import { shallowRef } from 'vue'
import { readSetting, writeSetting } from './storage'

export const SUFFIXES = ['cr', 'lf', 'crlf', 'tab', 'none'] as const
export type Suffix = (typeof SUFFIXES)[number]

export interface GunSettings {
  /** Longest gap between keys, in ms; null: not taught, any pace is accepted. */
  gap: number | null
  suffix: Suffix | null
  prefix: string
}

export const GAP_MIN = 20
export const GAP_MAX = 500
export const PREFIX_MAX = 16
/** Used for teaching, and on the test label. */
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
/** `]Q1`, `]C0`, `]d2`: the code type that guns can send first. */
const AIM = /^\][A-Za-z][0-9A-Za-z]/

export function cleanCode(raw: string): string {
  let text = raw.replace(CONTROL, '')
  const { prefix } = gunSettings.value
  if (prefix && text.startsWith(prefix)) text = text.slice(prefix.length)
  return text.replace(AIM, '').trim()
}

export function isMarked(text: string): boolean {
  return AIM.test(text)
}

/** One or two ASCII words with a digit. */
export function isLikeCode(text: string): boolean {
  return text.length >= 4 && /\d/.test(text) && /^[\u0020-\u007e\s]+$/.test(text) && text.trim().split(/\s+/).length <= 2
}

export interface Scanned {
  serial: string
  cpuid?: string
}

/** A label says `SN CPUID`; neither contains a blank. */
export function readScan(text: string): Scanned {
  const [serial = '', ...rest] = text.trim().split(/\s+/)
  return rest.length ? { serial, cpuid: rest.join(' ') } : { serial }
}

/** For comparing CPUIDs. */
export function oneForm(cpuid: string): string {
  return cpuid.trim().toLowerCase().replace(/^0x(?=.)/, '')
}

export function isSameCpuid(a: string, b: string): boolean {
  return oneForm(a) === oneForm(b)
}

/** Null if it sent anything else than `TEST_CODE`. */
export function learnGun(raw: string, suffix: Suffix, slowest: number | null): GunSettings | null {
  const at = raw.indexOf(TEST_CODE)
  if (at < 0 || raw.slice(at + TEST_CODE.length).replace(CONTROL, '').trim() !== '') return null
  const prefix = raw.slice(0, at).replace(CONTROL, '').replace(AIM, '').slice(0, PREFIX_MAX)
  // Half as much again, for moments of bad radio.
  const gap = slowest === null ? null : Math.min(GAP_MAX, Math.max(GAP_MIN, Math.ceil(slowest * 1.5) + 10))
  return { gap, suffix, prefix }
}
