// Short notes at the top of the page; Element Plus announces them to screen readers (role=alert).
import { ElMessage } from 'element-plus'
import { ApiError } from '../api/http'
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
