// The box's clock over HTTP.
import { get } from './http'

export interface BoxClock {
  now: string
  timezone: string
  /** Somebody has said which zone it is. */
  timezone_set: boolean
  utc_offset: string
  newest_record: string | null
  built: string
  /** Why no serials are allotted now. */
  allotment: { err: string; code: string } | null
  device_sn_pattern?: string
}

export function readClock(): Promise<BoxClock> {
  return get('/api/clock')
}
