// Where others find the box. Open: nobody is logged in yet.
import { get } from './http'
import type { Get } from './wire'

export type Addresses = Get['/api/addresses']['gives']

export function readAddresses(): Promise<Addresses> {
  return get('/api/addresses')
}
