// An invoice being edited: the user's input, the version they saw, and what others saved meanwhile. Neither is lost.
import { computed, ref, shallowRef } from 'vue'
import type { Check, Fault, WholeInvoice } from '../../api/invoices'
import type { Field } from './FieldRow.vue'
import { fieldsOf, isChanged } from './fields'

/** With its history if alone. */
export type Seen = Fault & Partial<Pick<WholeInvoice, 'history' | 'timeline'>>

/** Unsaved input, to return to. */
export interface Stash {
  seen: Seen
  fields: Field[]
}

export function useDraft() {
  const seen = shallowRef<Seen | null>(null)
  /** By somebody else, while there is input here. */
  const newer = shallowRef<Seen | null>(null)
  const fields = ref<Field[]>([])

  const typed = computed(() => fields.value.filter(isChanged))
  const touched = computed(() => fields.value.some((field) => field.accepted || isChanged(field)))

  function take(found: Seen): void {
    seen.value = found
    newer.value = null
    fields.value = fieldsOf(found, found.history ?? [])
  }

  /** Returns whether something else is shown. */
  function hear(found: Seen): boolean {
    const known = newer.value ?? seen.value
    if (!known || found.invoice_id !== known.invoice_id || found.version < known.version) return false
    if (found.version === known.version) {
      // The same version, with what a list leaves out, or with a duplicate link from a write to another invoice.
      if (!found.history) return false
      if (newer.value) newer.value = found
      else learn(found)
      return false
    }
    if (touched.value) newer.value = found
    else take(found)
    return !touched.value
  }

  function learn(found: Seen): void {
    seen.value = found
    const known = new Map(fieldsOf(found, found.history ?? []).map((field) => [field.posId, field]))
    for (const field of fields.value) {
      const { person, byHand, doubtful } = known.get(field.posId) ?? field
      Object.assign(field, { person, byHand, doubtful })
    }
  }

  function keepMine(): void {
    if (!newer.value) return
    const mine = typed.value
    take(newer.value)
    for (const { posId, text } of mine) {
      const field = fields.value.find((each) => each.posId === posId)
      if (field) field.text = text
    }
  }

  function takeTheirs(): void {
    if (newer.value) take(newer.value)
  }

  /** Returns those without a field here. */
  function object(checks: Check[]): Check[] {
    for (const field of fields.value) field.problem = checks.find((check) => check.pos_id === field.posId)?.err ?? ''
    return checks.filter((check) => !fields.value.some((field) => field.posId === check.pos_id))
  }

  function type(field: Field, text: string): void {
    Object.assign(field, { text, accepted: false, asking: false, problem: '' })
  }

  function stash(): Stash | null {
    return seen.value && typed.value.length ? { seen: seen.value, fields: fields.value } : null
  }

  function restore(stashed: Stash): void {
    seen.value = stashed.seen
    newer.value = null
    fields.value = stashed.fields
  }

  function forget(): void {
    seen.value = newer.value = null
    fields.value = []
  }

  return { seen, newer, fields, typed, touched, take, hear, keepMine, takeTheirs, object, type, stash, restore, forget }
}
