// The engine's queue, and how to intervene.
import { at, get, post } from './http'
import type { Get } from './wire'

/** A picture to read, or a template to add, change or delete. */
export type { Action as Waiting } from './wire'

export type Queue = Required<Get['/api/queue']['gives']>

/** `limit`: of pictures. */
export async function wholeQueue(limit: number): Promise<Queue> {
  const queue = await get('/api/queue', { limit })
  // The lists are read one after the other: what started in between is in both.
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
