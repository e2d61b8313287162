// Numbers, times and refusals in the chosen language.
import { ref } from 'vue'
import { ApiError } from '../api/http'
import { currentLocale, i18n } from '../i18n'
import { inBoxTime, today } from '../state/boxTime'

/** On paper, which is read on other days. */
export const wholeTimes = ref(false)

/** The box's local `yyyy-MM-dd HH:mm:ss`, not converted: `今天 03:07`, `11-28 03:07`, `2025-11-28 03:07`. */
export function formatTime(text: string | undefined | null): string {
  const found = /^(\d{4})-(\d\d-\d\d) (\d\d:\d\d)/.exec(text ?? '')
  if (!found) return text ?? ''
  const [, year, day, time] = found
  if (wholeTimes.value) return `${year}-${day} ${time}`
  if (`${year}-${day}` === today.value) return i18n.global.t('common.today', { time })
  return year === today.value.slice(0, 4) ? `${day} ${time}` : `${year}-${day} ${time}`
}

export function formatClock(time: Date): string {
  return inBoxTime(currentLocale(), { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(time)
}

export function formatNumber(value: number): string {
  return new Intl.NumberFormat(currentLocale()).format(value)
}

export function formatFen(fen: number): string {
  const digits = String(Math.abs(fen)).padStart(3, '0')
  const whole = new Intl.NumberFormat(currentLocale()).format(BigInt(digits.slice(0, -2)))
  return `${fen < 0 ? '-' : ''}¥${whole}.${digits.slice(-2)}`
}

/** In the largest unit that fits. */
export function formatSpan(ms: number): string {
  const { t } = i18n.global
  const seconds = Math.max(1, Math.round(ms / 1000))
  if (seconds < 60) return t('common.seconds', { n: seconds })
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? t('common.minutes', { n: minutes }) : t('common.hours', { n: Math.floor(minutes / 60), m: minutes % 60 })
}

/** Rounded down, so that 99.96 % does not look certain; 0.29 × 100 is a little less than 29. */
export function wholePercent(share: number): number {
  return Math.floor(share * 100 + 1e-9)
}

export function formatPercent(share: number): string {
  return `${wholePercent(share)}%`
}

export function formatKib(kib: number): string {
  if (kib < 1024) return `${formatNumber(kib)} KB`
  const [size, unit] = kib < 1024 * 1024 ? [kib / 1024, 'MB'] : [kib / (1024 * 1024), 'GB']
  return `${formatNumber(Math.round(size * 10) / 10)} ${unit}`
}

/** Not names with an underscore. */
export function sentence(words: string): string {
  return words.replace(/^[a-z](?=[a-z]* )/, (first) => first.toUpperCase())
}

export function errorText(error: unknown): string {
  const { t } = i18n.global
  if (!(error instanceof ApiError)) return t('error.unexpected')
  if (error.code === 'offline') return t('error.offline')
  if (error.code === 'unauthenticated') return t('error.unauthenticated')
  if (error.code === 'forbidden') return error.message === '权限不足' ? t('error.forbidden') : error.message
  return error.message.startsWith('HTTP ') ? t('error.status', { status: error.status }) : sentence(error.message)
}

export function pauseInWords({ by, since, reason }: { by: string; since: string; reason: string | null }): string {
  const { t } = i18n.global
  return t('console.paused', { by, since: formatTime(since) }) + (reason ? t('queue.because', { reason }) : '')
}
