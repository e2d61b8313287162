// The one way to the box's HTTP interface: JSON in, JSON out, every refusal an ApiError.
import { currentLocale } from '../i18n'

export class ApiError extends Error {
  constructor(
    /** 0: the box could not be reached. */
    readonly status: number,
    /** The contract's stable word, or `offline`. */
    readonly code: string,
    message: string,
    readonly body: Record<string, unknown> = {},
  ) {
    super(message)
  }
}

/** Called whenever the box says that nobody is logged in. */
let onSessionLost = () => {}
export function whenSessionLost(handler: () => void): void {
  onSessionLost = handler
}

export function languageHeader(): Record<string, string> {
  return { 'Accept-Language': currentLocale() }
}

/** `crypto.randomUUID` is missing on plain HTTP, where factory boxes live. */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('')
}

export function errorFrom(status: number, text: string): ApiError {
  let body: Record<string, unknown> = {}
  try {
    const parsed: unknown = JSON.parse(text)
    if (parsed && typeof parsed === 'object') body = parsed as Record<string, unknown>
  } catch {
    // A proxy's own error page, say; the status has to do.
  }
  const code = typeof body.code === 'string' ? body.code : 'internal'
  const message = typeof body.err === 'string' ? body.err : `HTTP ${status}`
  if (status === 401 && code === 'unauthenticated') onSessionLost()
  return new ApiError(status, code, message, body)
}

type Query = Record<string, string | number | undefined>

interface Options {
  query?: Query
  json?: unknown
  form?: FormData
  signal?: AbortSignal
  /** Statuses that the caller reads itself although they are no success. */
  accept?: number[]
  timeoutMs?: number
}

/** A box that is silent for longer is not there; without an end the page would wait for ever. */
const TIMEOUT_MS = 60_000

export interface Answer<T> {
  status: number
  body: T
}

export async function call<T>(method: string, path: string, options: Options = {}): Promise<Answer<T>> {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(options.query ?? {})) {
    if (value !== undefined && value !== '') query.set(name, String(value))
  }
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
    response = await fetch(query.size ? `${path}?${query}` : path, {
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
    return { status: response.status, body: (text ? JSON.parse(text) : {}) as T }
  } catch {
    throw new ApiError(response.status, 'internal', `HTTP ${response.status}`)
  }
}

export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  const options: Options = {}
  if (query) options.query = query
  if (signal) options.signal = signal
  return (await call<T>('GET', path, options)).body
}

export async function post<T>(path: string, json?: unknown): Promise<T> {
  return (await call<T>('POST', path, json === undefined ? {} : { json })).body
}
