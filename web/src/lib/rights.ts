// Which right contains which, and their names.
import { RIGHTS, type PermissionId, type Right } from '../api/wire'
import { i18n } from '../i18n'

/** In display order. */
export const RIGHT_ROWS: { see: Right | null; change: Right }[] = [
  { see: 'device-r', change: 'device-rw' },
  { see: 'invoice-r', change: 'invoice-rw' },
  { see: 'console-r', change: 'console-rw' },
  { see: 'model-r', change: 'model-rw' },
  { see: 'queue-r', change: 'queue-rw' },
  { see: 'fault-r', change: 'fault-rw' },
  { see: 'log-r', change: 'log-rw' },
  { see: 'user-r', change: 'user-rw' },
  { see: 'group-r', change: 'group-rw' },
  { see: null, change: 'system-rw' },
]

const ORDER: string[] = RIGHT_ROWS.flatMap(({ see, change }) => (see ? [see, change] : [change]))

const NAMES = Object.keys(RIGHTS) as Right[]

export function rightIds(names: ReadonlySet<string>): PermissionId[] {
  return NAMES.filter((name) => names.has(name)).map((name) => RIGHTS[name])
}

export function rightNames(ids: number[]): Right[] {
  return NAMES.filter((name) => ids.includes(RIGHTS[name]))
}

export function rightName(name: string): string {
  const key = `right.${name}`
  return i18n.global.te(key) ? i18n.global.t(key) : name
}

export function containedIn(name: string, given: ReadonlySet<string>): string | undefined {
  if (name !== 'system-rw' && given.has('system-rw')) return 'system-rw'
  return name.endsWith('-r') && given.has(`${name}w`) ? `${name}w` : undefined
}

export function rightsInWords(names: string[]): string {
  const given = new Set(names)
  const telling = names.filter((name) => !containedIn(name, given)).sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b))
  return telling.map(rightName).join(i18n.global.t('common.listSeparator'))
}
