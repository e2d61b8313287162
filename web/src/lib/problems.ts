// What is wrong with a form, said at the field it is about. Not here: how it looks (components/Field.vue).
import type { InjectionKey, Ref } from 'vue'
import { ApiError, wrongFields } from '../api/http'
import { errorText, sentence } from './format'

/** By the fields' names on the wire; what is about none has the empty name. */
export type Problems = Record<string, string>

export const PROBLEMS: InjectionKey<Ref<Problems>> = Symbol('problems')

/** Without those that are none. */
export function only(problems: Problems): Problems {
  return Object.fromEntries(Object.entries(problems).filter(([, problem]) => problem))
}

/** What the box refused, at the fields that `has` knows. */
export function refused(error: unknown, has: (name: string) => boolean): Problems {
  const at = error instanceof ApiError ? wrongFields(error.body).filter(({ name }) => has(name)) : []
  if (!at.length) return { '': errorText(error) }
  return Object.fromEntries(at.map(({ name, err }) => [name, sentence(err)]))
}
