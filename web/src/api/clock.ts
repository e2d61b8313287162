// The box's clock.
import { get } from './http'
import type { Get } from './wire'

export type BoxClock = Get['/api/clock']['gives']

export function readClock(): Promise<BoxClock> {
  return get('/api/clock')
}
