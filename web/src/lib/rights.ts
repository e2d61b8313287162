// The rights of the box: their numbers, which contains which, and what they are called.
import { i18n } from '../i18n'

/** In the order in which they are shown: what is about one thing stands in one row, to see and to change it. */
export const RIGHT_ROWS: { see: [number, string] | null; change: [number, string] }[] = [
  { see: [101, 'device-r'], change: [102, 'device-rw'] },
  { see: [5, 'invoice-r'], change: [6, 'invoice-rw'] },
  { see: [7, 'console-r'], change: [15, 'console-rw'] },
  { see: [1, 'model-r'], change: [2, 'model-rw'] },
  { see: [9, 'queue-r'], change: [17, 'queue-rw'] },
  { see: [10, 'fault-r'], change: [18, 'fault-rw'] },
  { see: [8, 'log-r'], change: [16, 'log-rw'] },
  { see: [11, 'user-r'], change: [14, 'user-rw'] },
  { see: [19, 'group-r'], change: [20, 'group-rw'] },
  { see: null, change: [103, 'system-rw'] },
]

const ALL = RIGHT_ROWS.flatMap(({ see, change }) => (see ? [see, change] : [change]))
const ORDER = ALL.map(([, name]) => name)

export function rightIds(names: ReadonlySet<string>): number[] {
  return ALL.filter(([, name]) => names.has(name)).map(([id]) => id)
}

export function rightNames(ids: number[]): string[] {
  return ALL.filter(([id]) => ids.includes(id)).map(([, name]) => name)
}

export function rightName(name: string): string {
  const key = `right.${name}`
  return i18n.global.te(key) ? i18n.global.t(key) : name
}

/** The right that contains this one, if it is given too. */
export function containedIn(name: string, given: ReadonlySet<string>): string | undefined {
  if (name !== 'system-rw' && given.has('system-rw')) return 'system-rw'
  return name.endsWith('-r') && given.has(`${name}w`) ? `${name}w` : undefined
}

/** Without those that others of them contain. */
export function rightsInWords(names: string[]): string {
  const given = new Set(names)
  const telling = names.filter((name) => !containedIn(name, given)).sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b))
  return telling.map(rightName).join(i18n.global.t('common.listSeparator'))
}
