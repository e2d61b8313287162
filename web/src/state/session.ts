// The user and their rights. The box decides; this only avoids refused requests.
import { computed, shallowRef } from 'vue'
import * as account from '../api/account'
import type { User } from '../api/account'
import type { Right } from '../api/wire'
import { goBy } from './boxTime'

const userRef = shallowRef<User | null>(null)
let known: Promise<void> | null = null

export const user = computed(() => userRef.value)

const held = computed(() => new Set<string>(userRef.value?.permissions.map((p) => p.permission_name) ?? []))

/** `x-rw` contains `x-r`; `system-rw` contains everything. */
export function can(permission: Right): boolean {
  if (held.value.has('system-rw') || held.value.has(permission)) return true
  return permission.endsWith('-r') && held.value.has(`${permission}w`)
}

export function canAny(permissions: readonly Right[]): boolean {
  return permissions.some(can)
}

export async function refreshUser(): Promise<void> {
  userRef.value = await account.whoAmI()
  if (userRef.value?.timezone) goBy(userRef.value.timezone)
}

/** Retried after a failure. */
export function ensureKnown(): Promise<void> {
  known ??= refreshUser().catch((error: unknown) => {
    known = null
    throw error
  })
  return known
}

export function forgetUser(): void {
  userRef.value = null
}

export async function login(username: string, passwd: string): Promise<account.LoginOutcome> {
  const outcome = await account.login(username, passwd)
  if (outcome.kind === 'success') await refreshUser()
  return outcome
}

const onLogout: (() => void)[] = []
/** A deliberate log-out leaves nothing behind. */
export function whenLoggedOut(handler: () => void): void {
  onLogout.push(handler)
}

export async function logout(): Promise<void> {
  await account.logout()
  for (const handler of onLogout) handler()
  forgetUser()
}

export async function changePassword(old: string, passwd: string): Promise<void> {
  const me = userRef.value
  if (!me) return
  await account.changePassword(me.user_id, old, passwd)
  await refreshUser()
}
