// The box's settings and one's own access tokens over HTTP.
import { call, get, post } from './http'

export type SettingValue = string | number | boolean | string[] | null
export type Settings = Record<string, SettingValue>

export function readSettings(): Promise<Settings> {
  return get('/api/settings')
}

/** Answers what is in force now. */
export async function changeSettings(json: Settings): Promise<Settings> {
  return (await call<Settings>('PATCH', '/api/settings', { json })).body
}

export interface Token {
  token_id: number
  name: string
  /** Numbers of the rights. */
  permissions: number[]
  create_time: string
}

export async function listTokens(): Promise<Token[]> {
  return (await get<{ tokens: Token[] }>('/api/tokens')).tokens
}

/** Answers the token itself, this once only. */
export async function addToken(name: string, permissions: number[]): Promise<string> {
  return (await post<{ token: string }>('/api/tokens', { name, permissions })).token
}

export async function deleteToken(id: number): Promise<void> {
  await call('DELETE', `/api/tokens/${id}`)
}
