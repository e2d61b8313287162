// What waits for the engine, over HTTP, and the hands on it.
import { at, get, post } from './http'
import type { Get } from './wire'

/** What a user asked for: a picture to read, or a template to add, change or delete. */
export type { Action as Waiting } from './wire'

export type Queue = Required<Get['/api/queue']['gives']>

/** `limit`: of the pictures. */
export async function wholeQueue(limit: number): Promise<Queue> {
  const queue = await get('/api/queue', { limit })
  // The box looks twice: what began between its looks is not waiting any more.
  const running = new Set(queue.running_list.map((action) => action.action_id))
  return { ...queue, recognize_wait: (queue.recognize_wait ?? []).filter((action) => !running.has(action.action_id)) }
}

export async function cancelWaiting(action: number): Promise<void> {
  await post(at('/api/queue/{id}/cancel', action))
}

export async function runNext(action: number): Promise<void> {
  await post(at('/api/queue/{id}/next', action))
}

export async function pauseQueue(reason: string): Promise<void> {
  await post('/api/queue/pause', { reason })
}

export async function resumeQueue(): Promise<void> {
  await post('/api/queue/resume')
}
