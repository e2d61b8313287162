// The box's settings and one's own access tokens over HTTP.
import { ApiError, call, errorFrom, get, languageHeader, post } from './http'
import { sendFiles } from './upload'

export type SettingValue = string | number | boolean | string[] | null
export type Settings = Record<string, SettingValue>

/** What is in force, as of which change, and which of it only the command line changes. */
export interface SettingsInForce {
  values: Settings
  version: number
  fixed: string[]
}

function inForce({ version, fixed, ...values }: Settings): SettingsInForce {
  return { values, version: version as number, fixed: fixed as string[] }
}

interface SettingWords {
  name: string
  /** In the reader's language, as `help`. */
  label: string
  help: string
  default: SettingValue
}

/** What the box says of a setting. */
export type AboutSetting = SettingWords &
  (
    | { kind: 'switch' | 'text' | 'list' }
    | { kind: 'natural' | 'number'; from: number; to: number; step: number }
    | { kind: 'choice'; choices: { value: string; label: string }[] }
  )

export interface SettingGroup {
  label: string
  settings: AboutSetting[]
}

export async function aboutSettings(): Promise<SettingGroup[]> {
  return (await get<{ groups: SettingGroup[] }>('/api/settings/about')).groups
}

export async function readSettings(): Promise<SettingsInForce> {
  return inForce(await get('/api/settings'))
}

/** `seen`: the version that was changed; where somebody was faster, it is a 409 and nothing is changed. */
export async function changeSettings(changes: Settings, seen?: number): Promise<SettingsInForce> {
  const json = seen === undefined ? changes : { ...changes, version: seen }
  return inForce((await call<Settings>('PATCH', '/api/settings', { json })).body)
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

export interface Health {
  ready: boolean
  version: string
  /** By their names in the metrics, without the product's. */
  numbers: Record<string, number>
}

/** What is open to monitoring: readiness, the version, the numbers. */
export async function boxHealth(): Promise<Health> {
  const [ready, described, metrics] = await Promise.all([
    call('GET', '/readyz', { accept: [503] }),
    get<{ info: { version: string } }>('/openapi.json'),
    fetch('/metrics', { credentials: 'same-origin', cache: 'no-store' }).then((answer) => (answer.ok ? answer.text() : '')),
  ])
  const numbers = [...metrics.matchAll(/^paperline_(\w+) (\d+)$/gm)].map(([, name, value]) => [name, Number(value)])
  return { ready: ready.status === 200, version: described.info.version, numbers: Object.fromEntries(numbers) }
}

export interface NightlyBackups {
  backups: { name: string; bytes: number; time: string }[]
  /** What went wrong the last time. */
  trouble: string | null
  /** Nothing was done on the box yet: it may take in a backup. */
  is_new: boolean
}

export function nightlyBackups(): Promise<NightlyBackups> {
  return get('/api/backups')
}

/** The box answers, and then begins anew as the one that was kept. */
export async function restoreBackup(file: File, onProgress: (sentBytes: number) => void): Promise<void> {
  await sendFiles({ path: '/api/restore', files: [file], onProgress })
}

/** `onProgress`: how much has come, and about how much there will be; what is written meanwhile comes on top. */
export async function downloadBackup(onProgress: (bytes: number, expected: number) => void, signal: AbortSignal): Promise<File> {
  let response: Response
  try {
    response = await fetch('/api/backup', { method: 'POST', headers: languageHeader(), credentials: 'same-origin', signal })
  } catch (cause) {
    if (signal.aborted) throw cause
    throw new ApiError(0, 'offline', 'offline')
  }
  if (!response.ok || !response.body) throw errorFrom(response.status, await response.text())
  const name = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1] ?? 'paperline.backup'
  const expected = Number(response.headers.get('X-Expected-Length') ?? 0)
  let bytes = 0
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, out) => {
        bytes += chunk.length
        onProgress(bytes, expected)
        out.enqueue(chunk)
      },
    }),
  )
  // As a blob the browser may keep it on its disk; gathered by hand it would lie in memory.
  return new File([await new Response(counted).blob()], name)
}
