// Log-in, log-out, the current user and their password.
import { ApiError, at, call, get, post } from './http'
import type { User } from './wire'

export type { User }

export type LoginOutcome =
  | { kind: 'success' }
  | { kind: 'userError' }
  | { kind: 'passwdError' }
  | { kind: 'locked'; seconds: number }
  /** `httpsPort`: where to use HTTPS, if that is required. */
  | { kind: 'forbidden'; message: string; httpsPort: number | null }

interface LoginAnswer {
  reqStatus?: string
  retryAfter?: number
  err?: string
  https_port?: number | null
}

export async function login(username: string, passwd: string): Promise<LoginOutcome> {
  const answer = await call('POST', '/login', { json: { username, passwd }, accept: [403, 429] })
  const { status } = answer
  const body: LoginAnswer = answer.body
  if (status === 403) return { kind: 'forbidden', message: body.err ?? '', httpsPort: body.https_port ?? null }
  switch (body.reqStatus) {
    case 'sucess':
      return { kind: 'success' }
    case 'userError':
      return { kind: 'userError' }
    case 'passwdError':
      return { kind: 'passwdError' }
    case 'locked':
      return { kind: 'locked', seconds: Math.max(1, Math.ceil(body.retryAfter ?? 60)) }
    default:
      throw new ApiError(status, 'internal', body.err ?? `HTTP ${status}`)
  }
}

export async function logout(): Promise<void> {
  await post('/logout')
}

/** Every page waits for this before it shows anything. */
const WHO_MS = 10_000

/** Null when nobody is logged in. */
export async function whoAmI(): Promise<User | null> {
  const { status, body } = await call('GET', '/me', { accept: [401], timeoutMs: WHO_MS })
  return status === 401 ? null : body
}

/** Ends all other sessions. */
export async function changePassword(user: number, old: string, passwd: string): Promise<void> {
  await post(at('/api/users/{id}/password', user), { passwd, old_passwd: old, keep_session: true })
}

/** Only to notice an ended session; others report an unreachable box. */
export async function recheckSession(): Promise<void> {
  await get('/me').catch(() => {})
}
