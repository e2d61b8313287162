// Numbers, times and refusals the way people of the chosen language write them.
import { ApiError } from '../api/http'
import { currentLocale, i18n } from '../i18n'

/** The box's `yyyy-MM-dd HH:mm:ss`, which is local to the box and shown as it stands, only spelled by language. */
export function formatTime(text: string | undefined | null): string {
  if (!text) return ''
  const time = new Date(text.replace(' ', 'T'))
  if (Number.isNaN(time.getTime())) return text
  const now = new Date()
  const thisYear = time.getFullYear() === now.getFullYear()
  return new Intl.DateTimeFormat(currentLocale(), {
    ...(thisYear ? {} : { year: 'numeric' }),
    month: currentLocale() === 'zh-CN' ? 'numeric' : 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(time)
}

/** A moment of this machine's own clock, today. */
export function formatClock(time: Date): string {
  return new Intl.DateTimeFormat(currentLocale(), { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(time)
}

export function formatNumber(value: number): string {
  return new Intl.NumberFormat(currentLocale()).format(value)
}

/** Rounded down, so that 99.96 % does not read as certain. */
export function formatPercent(share: number): string {
  return `${Math.floor(share * 100)}%`
}

export function formatKib(kib: number): string {
  return kib < 1024 ? `${formatNumber(kib)} KB` : `${formatNumber(Math.round(kib / 102.4) / 10)} MB`
}

export function errorText(error: unknown): string {
  const { t } = i18n.global
  if (!(error instanceof ApiError)) return t('error.unexpected')
  if (error.code === 'offline') return t('error.offline')
  if (error.code === 'unauthenticated') return t('error.unauthenticated')
  if (error.code === 'forbidden') return error.message === '权限不足' ? t('error.forbidden') : error.message
  return error.message.startsWith('HTTP ') ? t('error.status', { status: error.status }) : error.message
}
