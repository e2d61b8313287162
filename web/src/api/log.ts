// The log: twenty rows a page, newest first, and the export.
import { currentLocale } from '../i18n'
import { address, get } from './http'
import type { Get, LogFound } from './wire'

export type LogPage = LogFound
export type LogRow = LogPage['action_list'][number]

/** The interface's numbers. */
export const LOG_FACETS = { ip: 0, user: 1, company: 2, kind: 3, about: 4 } as const
export type LogFacet = keyof typeof LOG_FACETS

export type LogFilter = Get['/api/log/export.csv']['takes']

export function logPage(filter: LogFilter, page: number, signal?: AbortSignal): Promise<LogPage> {
  return get('/api/log', { ...filter, page }, signal)
}

export function logAddress(filter: LogFilter): string {
  return address('/api/log/export.csv', { ...filter, lang: currentLocale() })
}
