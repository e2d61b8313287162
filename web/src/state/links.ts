// The open page's live connections, so that the shell can show when one is down.
import { computed, shallowReactive, type Ref } from 'vue'
import type { LinkState } from '../api/socket'

interface Link {
  state: Readonly<Ref<LinkState>>
  retry: () => void
}

const links = shallowReactive(new Map<string, Link>())

export function showLink(name: string, link: Link): void {
  links.set(name, link)
}

export function hideLink(name: string): void {
  links.delete(name)
}

export const linkState = computed<LinkState | null>(() => {
  const states = [...links.values()].map((link) => link.state.value)
  if (!states.length) return null
  return states.find((s) => s === 'lost') ?? states.find((s) => s === 'blocked') ?? states.find((s) => s === 'connecting') ?? 'open'
})

export function retryLinks(): void {
  for (const link of links.values()) link.retry()
}
