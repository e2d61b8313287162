// What waits for the engine, over HTTP, and the hands on it.
import { get, post } from './http'

/** What a user asked for: a picture to read, or a template to add, change or delete. */
export interface Waiting {
  action_id: number
  /** Absent where all are pictures to read. */
  action_kind?: string
  user_name: string
  company: string
  action_start_time: string
  url?: string
  /** In KiB. */
  image_size?: number
  model_label?: string
}

export interface Queue {
  running: Waiting | null
  templates: Waiting[]
  pictures: Waiting[]
  /** Of the whole box. */
  manage_size: number
  recognize_size: number
  paused: { by: string; since: string; reason: string | null } | null
}

type FromQueue = Omit<Waiting, 'company'> & { company_name: string }
type FromWait = Omit<Waiting, 'company'> & { user_company: string }

/** The box lists no more pictures. */
export const PICTURES_LISTED = 200

export async function wholeQueue(): Promise<Queue> {
  const [state, pictures] = await Promise.all([
    get<Pick<Queue, 'manage_size' | 'recognize_size' | 'paused'> & { running: FromQueue | null; manage_wait: FromQueue[] }>('/api/queue'),
    post<{ recognize_wait: FromWait[] }>('/invoice/recognizeWait'),
  ])
  const named = (action: FromQueue): Waiting => ({ ...action, company: action.company_name })
  const running = state.running && named(state.running)
  return {
    running,
    templates: state.manage_wait.map(named),
    // Two questions, two moments: what began between them is not waiting any more.
    pictures: pictures.recognize_wait
      .filter((action) => action.action_id !== running?.action_id)
      .map((action) => ({ ...action, company: action.user_company })),
    manage_size: state.manage_size,
    recognize_size: state.recognize_size,
    paused: state.paused,
  }
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
