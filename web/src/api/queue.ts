// What waits for the engine, over HTTP, and the hands on it.
import { get, post } from './http'

/** What a user asked for: a picture to read, or a template to add, change or delete. */
export interface Waiting {
  action_id: number
  action_kind: string
  user_name: string
  company_name: string
  action_start_time: string
  url?: string
  /** In KiB. */
  image_size?: number
  model_label?: string
}

export interface Queue {
  running_list: Waiting[]
  manage_wait: Waiting[]
  /** One's own, the first of them. */
  recognize_wait: Waiting[]
  /** Of the whole box. */
  manage_size: number
  recognize_size: number
  paused: { by: string; since: string; reason: string | null } | null
  /** How long reading a picture took lately; null before the first. */
  usual_ms: number | null
}

/** `limit`: of the pictures. */
export async function wholeQueue(limit: number): Promise<Queue> {
  const queue = await get<Queue>('/api/queue', { limit })
  // The box looks twice: what began between its looks is not waiting any more.
  const running = new Set(queue.running_list.map((action) => action.action_id))
  queue.recognize_wait = queue.recognize_wait.filter((action) => !running.has(action.action_id))
  return queue
}

export async function cancelWaiting(action: number): Promise<void> {
  await post(`/api/queue/${action}/cancel`)
}

export async function runNext(action: number): Promise<void> {
  await post(`/api/queue/${action}/next`)
}

export async function pauseQueue(reason: string): Promise<void> {
  await post('/api/queue/pause', { reason })
}

export async function resumeQueue(): Promise<void> {
  await post('/api/queue/resume')
}
