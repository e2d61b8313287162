// Words about a retired device.
import type { DeviceDetail } from '../api/devices'
import { i18n } from '../i18n'
import { formatTime } from './format'

export function retiredWords({ history }: DeviceDetail): string {
  const { t } = i18n.global
  const event = history.find(({ what }) => what === 'retired')
  if (!event) return t('device.retired')
  return t('device.retiredBy', { time: formatTime(event.time), user: event.user_name, reason: event.reason ?? '' })
}
