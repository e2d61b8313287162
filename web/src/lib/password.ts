// The box's rules for new passwords, checked before sending.
import { i18n } from '../i18n'

const CHARS_MIN = 8

/** Empty if acceptable. */
export function passwordProblem(fresh: string, old?: string): string {
  const { t } = i18n.global
  if (!fresh) return t('password.missing')
  if ([...fresh].length < CHARS_MIN) return t('password.short')
  return fresh === old ? t('password.same') : ''
}
