// Unsaved input in faults, kept with the tab, so that an ended session loses none. Offered to the same user, never sent by itself.
import { user, whenLoggedOut } from './session'

export interface Typed {
  /** When it was typed. */
  version: number
  /** By `pos_id`. */
  fields: Record<string, string>
}

interface Kept {
  user: number
  invoices: Record<string, Typed>
}

const NAME = 'paperline.typed'

function kept(): Kept['invoices'] {
  try {
    const found = JSON.parse(sessionStorage.getItem(NAME) ?? 'null') as Kept | null
    return found && found.user === user.value?.user_id ? found.invoices : {}
  } catch {
    return {}
  }
}

function keep(invoices: Kept['invoices']): void {
  if (!user.value) return
  try {
    if (Object.keys(invoices).length) sessionStorage.setItem(NAME, JSON.stringify({ user: user.value.user_id, invoices } satisfies Kept))
    else sessionStorage.removeItem(NAME)
  } catch {
    // It then lasts as long as the page.
  }
}

export function typedInto(id: number): Typed | null {
  return kept()[id] ?? null
}

export function keepTyped(id: number, typed: Typed): void {
  keep({ ...kept(), [id]: typed })
}

export function dropTyped(id: number): void {
  const { [id]: dropped, ...rest } = kept()
  if (dropped) keep(rest)
}

whenLoggedOut(dropAllTyped)

export function dropAllTyped(): void {
  try {
    sessionStorage.removeItem(NAME)
  } catch {
    // Then nothing was kept either.
  }
}
