// Settings, backups, health, access tokens.
import { ApiError, at, call, errorFrom, get, languageHeader, post } from './http'
import { sendFiles } from './upload'
import type { AboutSetting, Get, PermissionId, Settings as WireSettings } from './wire'

export type { AboutSetting }
export type SettingValue = AboutSetting['default']
export type Settings = Record<string, SettingValue>
export type SettingGroup = Get['/api/settings/about']['gives']['groups'][number]

/** `fixed`: by the command line. */
export interface SettingsInForce {
  values: Settings
  version: number
  fixed: string[]
}

function inForce({ version, fixed, ...values }: WireSettings): SettingsInForce {
  return { values: { ...values }, version, fixed }
}

export async function aboutSettings(): Promise<SettingGroup[]> {
  return (await get('/api/settings/about')).groups
}

export async function readSettings(): Promise<SettingsInForce> {
  return inForce(await get('/api/settings'))
}

/** `seen`: the version edited; 409 if changed. */
export async function changeSettings(changes: Settings, seen?: number): Promise<SettingsInForce> {
  const json = seen === undefined ? changes : { ...changes, version: seen }
  return inForce((await call('PATCH', '/api/settings', { json })).body)
}

export type Token = Get['/api/tokens']['gives']['tokens'][number]

export async function listTokens(): Promise<Token[]> {
  return (await get('/api/tokens')).tokens
}

/** Returns the token itself, only this once. */
export async function addToken(name: string, permissions: PermissionId[]): Promise<string> {
  return (await post('/api/tokens', { name, permissions })).token
}

export async function deleteToken(id: number): Promise<void> {
  await call('DELETE', at('/api/tokens/{id}', id))
}

export interface Health {
  ready: boolean
  version: string
  box: Get['/api/health']['gives']
  /** By metric name, without the product's prefix. */
  numbers: Record<string, number>
}

export async function boxHealth(): Promise<Health> {
  const [ready, described, box, metrics] = await Promise.all([
    call('GET', '/readyz', { accept: [503] }),
    get('/openapi.json') as Promise<{ info: { version: string } }>,
    get('/api/health'),
    fetch('/metrics', { credentials: 'same-origin', cache: 'no-store' }).then((answer) => (answer.ok ? answer.text() : '')),
  ])
  const numbers = [...metrics.matchAll(/^paperline_(\w+) (\d+)$/gm)].map(([, name, value]) => [name, Number(value)])
  return { ready: ready.status === 200, version: described.info.version, box, numbers: Object.fromEntries(numbers) }
}

export type NightlyBackups = Get['/api/backups']['gives']

export function nightlyBackups(): Promise<NightlyBackups> {
  return get('/api/backups')
}

/** The box answers, then restarts from the backup. */
export async function restoreBackup(file: File, onProgress: (sentBytes: number) => void): Promise<void> {
  await sendFiles({ path: '/api/restore', files: [file], onProgress })
}

/** `onProgress`: bytes received, and roughly expected. */
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
  // The browser may keep a blob on disk; chunks would stay in memory.
  return new File([await new Response(counted).blob()], name)
}
