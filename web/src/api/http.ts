// The box's HTTP interface: JSON in and out, every refusal an ApiError.
import { currentLocale } from '../i18n'
import type { Delete, Get, Patch, Post } from './wire'

export class ApiError extends Error {
  constructor(
    /** 0: the box could not be reached. */
    readonly status: number,
    /** The interface's stable code, or `offline`. */
    readonly code: string,
    message: string,
    readonly body: Record<string, unknown> = {},
  ) {
    super(message)
  }
}

let onSessionLost = (_locked: boolean) => {}
/** `locked`: by an administrator. */
export function whenSessionLost(handler: (locked: boolean) => void): void {
  onSessionLost = handler
}

/** What a refusal says is wrong with which field. */
export function wrongFields(body: Record<string, unknown>): { name: string; err: string }[] {
  return Array.isArray(body.fields) ? (body.fields as { name: string; err: string }[]) : []
}

export function languageHeader(): Record<string, string> {
  return { 'Accept-Language': currentLocale() }
}

/** `crypto.randomUUID` is missing on plain HTTP, which new boxes use. */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('')
}

export function errorFrom(status: number, text: string): ApiError {
  let body: Record<string, unknown> = {}
  try {
    const parsed: unknown = JSON.parse(text)
    if (parsed && typeof parsed === 'object') body = parsed as Record<string, unknown>
  } catch {
    // E.g. a proxy's error page.
  }
  const code = typeof body.code === 'string' ? body.code : 'internal'
  const message = typeof body.err === 'string' ? body.err : `HTTP ${status}`
  if (status === 401 && code === 'unauthenticated') onSessionLost(wrongFields(body).some(({ name }) => name === 'locked'))
  return new ApiError(status, code, message, body)
}

interface Methods {
  GET: Get
  POST: Post
  PATCH: Patch
  DELETE: Delete
}
type Method = keyof Methods
type PathOf<M extends Method> = keyof Methods[M] & string
type Takes<M extends Method, P extends PathOf<M>> = Methods[M][P] extends { takes: infer T } ? T : never
type Gives<M extends Method, P extends PathOf<M>> = Methods[M][P] extends { gives: infer T } ? T : never

interface Filled<P extends string> {
  route: P
  path: string
}

export function at<P extends string>(route: P, place: string | number): Filled<P> {
  return { route, path: route.replace(/\{\w+\}/, encodeURIComponent(place)) }
}

/** In a query, numbers may be text. */
type Query<T> = { [K in keyof T]?: (Exclude<T[K], undefined> extends number ? number | string : T[K]) | undefined }

/** As in the pages' URLs: flags as 0 and 1, numbers as text. */
export type Asked<T> = { [K in keyof T]: string extends T[K] ? Exclude<T[K], number> : Exclude<T[K], boolean> }

interface Options<T> {
  query?: Query<T>
  json?: T
  form?: FormData
  signal?: AbortSignal
  /** Handled by the caller. */
  accept?: number[]
  timeoutMs?: number
}

export function address<P extends PathOf<'GET'>>(path: P, query: Query<Takes<'GET', P>>): string {
  const text = queryText(query)
  return text ? `${path}?${text}` : path
}

function queryText(fields: object): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) {
    // A list in commas could not hold one.
    if (value !== undefined && value !== '') query.set(name, Array.isArray(value) ? JSON.stringify(value) : String(value))
  }
  return query.toString()
}

/** A silent box would be awaited for ever. */
const TIMEOUT_MS = 60_000

export interface Answer<T> {
  status: number
  body: T
}

export async function call<M extends Method, P extends PathOf<M>>(
  method: M,
  route: P | Filled<P>,
  options: Options<Takes<M, P>> = {},
): Promise<Answer<Gives<M, P>>> {
  const path = typeof route === 'string' ? route : route.path
  const query = queryText(options.query ?? {})
  const headers: Record<string, string> = { Accept: 'application/json', ...languageHeader() }
  let body: BodyInit | null = null
  if (options.form) {
    body = options.form
  } else if (options.json !== undefined) {
    headers['Content-Type'] = 'application/json'
    body = JSON.stringify(options.json)
  }
  const cut = new AbortController()
  const late = window.setTimeout(() => cut.abort(), options.timeoutMs ?? TIMEOUT_MS)
  options.signal?.addEventListener('abort', () => cut.abort())
  let response: Response
  let text: string
  try {
    response = await fetch(query ? `${path}?${query}` : path, {
      method,
      headers,
      body,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: cut.signal,
    })
    text = await response.text()
  } catch (cause) {
    if (options.signal?.aborted) throw cause
    throw new ApiError(0, 'offline', 'offline')
  } finally {
    window.clearTimeout(late)
  }
  if (!response.ok && !options.accept?.includes(response.status)) throw errorFrom(response.status, text)
  try {
    return { status: response.status, body: (text ? JSON.parse(text) : {}) as Gives<M, P> }
  } catch {
    throw new ApiError(response.status, 'internal', `HTTP ${response.status}`)
  }
}

export async function get<P extends PathOf<'GET'>>(route: P | Filled<P>, query?: Query<Takes<'GET', P>>, signal?: AbortSignal): Promise<Gives<'GET', P>> {
  const options: Options<Takes<'GET', P>> = {}
  if (query) options.query = query
  if (signal) options.signal = signal
  return (await call('GET', route, options)).body
}

export async function post<P extends PathOf<'POST'>>(route: P | Filled<P>, json?: Takes<'POST', P>): Promise<Gives<'POST', P>> {
  return (await call('POST', route, json === undefined ? {} : { json })).body
}
