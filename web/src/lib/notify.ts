// Short messages, and the question before irreversible actions. Element Plus announces them (role=alert).
import { ElMessage, ElMessageBox } from 'element-plus'
import { h } from 'vue'
import { ApiError } from '../api/http'
import { i18n } from '../i18n'
import { errorText } from './format'

/** Below the menu, however many lines it has. */
function offset(): number {
  return 16 + (document.querySelector('.shell > header')?.getBoundingClientRect().bottom ?? 0)
}

export function say(message: string): void {
  ElMessage({ message, type: 'success', grouping: true, offset: offset() })
}

/** With a link to what comes next, if the user may open it. */
export function sayAndOffer(message: string, link = '', href = '', go = () => {}): void {
  const follow = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    go()
  }
  const words = link ? h('span', [message, ' ', h('a', { href, onClick: follow }, link)]) : message
  ElMessage({ message: words, type: 'success', duration: 8000, showClose: true, offset: offset() })
}

export function warn(message: string): void {
  ElMessage({ message, type: 'warning', duration: 8000, showClose: true, offset: offset(), grouping: true })
}

export function complain(error: unknown): void {
  // The login page says it better.
  if (error instanceof ApiError && error.code === 'unauthenticated') return
  ElMessage({ message: errorText(error), type: 'error', duration: 8000, showClose: true, offset: offset(), grouping: true })
}

/** `danger`: removes something. The focus is on the button that does nothing. */
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
