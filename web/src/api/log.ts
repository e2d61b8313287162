// The log over HTTP: twenty rows a page, newest first, and all of it as a file.
import { get } from './http'

export interface LogRow {
  /** Null for what is no task: a user added, a setting changed. */
  action_id: number | null
  action_time: string
  action_description: string
  user_name: string
  company_name: string
  user_ip: string
}

/** The number is the interface's. */
export const LOG_FACETS = { ip: 0, user: 1, company: 2, kind: 3 } as const
export type LogFacet = keyof typeof LOG_FACETS

export interface LogFilter {
  startTime?: string
  endTime?: string
  keyword?: string
  type?: number
}

export interface LogPage {
  page_sum: number
  action_list: LogRow[]
}

export function logPage(filter: LogFilter, page: number, signal: AbortSignal): Promise<LogPage> {
  return get('/api/log', { ...filter, page }, signal)
}

export function logAddress(filter: LogFilter): string {
  const query = new URLSearchParams(Object.entries(filter).map(([name, value]) => [name, String(value)]))
  return query.size ? `/api/log/export.csv?${query}` : '/api/log/export.csv'
}
