// The kinds of papers, in the order in which they are offered. The box has the same table (domain/kind.rs).
import type { Kind } from '../api/wire'

export const FORMS: Kind[] = [
  'digital_normal',
  'digital_special',
  'digital_rail',
  'digital_air',
  'vat_e_normal',
  'vat_e_special',
  'vat_normal',
  'vat_special',
  'vat_roll',
  'vat_toll',
  'vehicle',
  'taxi',
  'train',
  'quota',
  'machine',
  'fiscal',
  'template',
  'unknown',
]
