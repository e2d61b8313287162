// The tax portal's list of a month beside the box's invoices.
import { get } from './http'
import { sendFiles } from './upload'
import type { Get, Post, PortalDirection, PortalLine, PortalList, PortalState } from './wire'

export type { PortalDirection, PortalLine, PortalList, PortalState }
export type PortalMonth = Get['/api/portal-list']['gives']
export type PortalReport = Post['/api/portal-list']['gives']
export interface PortalFilter {
  month?: string
  tax_number?: string
  state?: PortalState
  direction?: PortalDirection
}

export function portalMonth(filter: PortalFilter, cursor: string | null, limit: number, signal?: AbortSignal): Promise<PortalMonth> {
  return get('/api/portal-list', { ...filter, cursor: cursor ?? undefined, limit }, signal)
}

export function sendPortalList(file: File): Promise<PortalReport> {
  return sendFiles({ path: '/api/portal-list', files: [file] })
}
