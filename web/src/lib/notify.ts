// Short notes at the top of the page, and the question before what can't be undone; Element Plus announces them to screen readers (role=alert).
import { ElMessage, ElMessageBox } from 'element-plus'
import { ApiError } from '../api/http'
import { i18n } from '../i18n'
import { errorText } from './format'

export function say(message: string): void {
  ElMessage({ message, type: 'success', grouping: true })
}

export function warn(message: string): void {
  ElMessage({ message, type: 'warning', duration: 8000, showClose: true, grouping: true })
}

export function complain(error: unknown): void {
  // The login page that follows a lost session says it better.
  if (error instanceof ApiError && error.code === 'unauthenticated') return
  ElMessage({ message: errorText(error), type: 'error', duration: 8000, showClose: true, grouping: true })
}

/** `danger`: what is asked about takes something away. Whichever it is, the button that does nothing has the focus. */
export async function isSure(question: string, title: string, yes: string, { danger = true, no = i18n.global.t('common.cancel') } = {}): Promise<boolean> {
  window.setTimeout(() => document.querySelector<HTMLElement>('.safest')?.focus(), 0)
  try {
    await ElMessageBox.confirm(question, title, {
      type: 'warning',
      autofocus: false,
      cancelButtonClass: 'safest',
      confirmButtonText: yes,
      cancelButtonText: no,
      ...(danger ? { confirmButtonClass: 'el-button--danger' } : {}),
    })
    return true
  } catch {
    return false
  }
}
