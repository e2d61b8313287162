// What the box asks of a new password, said before it is sent.

const CHARS_MIN = 8

/** A key of the words, or nothing where it will do. */
export function passwordProblem(fresh: string): string {
  return [...fresh].length < CHARS_MIN ? 'password.short' : ''
}
