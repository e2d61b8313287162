// The box's rules for new passwords, checked before sending.

const CHARS_MIN = 8

/** A message key; empty if acceptable. */
export function passwordProblem(fresh: string): string {
  return [...fresh].length < CHARS_MIN ? 'password.short' : ''
}
