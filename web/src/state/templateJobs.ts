// Template changes waiting for the engine, and their outcomes.
import { computed, shallowReactive, shallowRef } from 'vue'
import { MESSAGES, type Message } from '../api/wire'
import { i18n } from '../i18n'
import { say, warn } from '../lib/notify'
import { listen, whenFeedOpens } from './feed'

type Verb = 'add' | 'change' | 'delete'

interface Job {
  verb: Verb
  label: string
}

const VERB_OF = {
  [MESSAGES.template_added]: 'add',
  [MESSAGES.template_deleted]: 'delete',
  [MESSAGES.template_changed]: 'change',
} satisfies Partial<Record<Message['msg_id'], Verb>>
type Outcome = Extract<Message, { msg_id: keyof typeof VERB_OF }>
const DONE: Record<Verb, string> = { add: 'templates.added', change: 'templates.changed', delete: 'templates.deleted' }
const FAILED: Record<Verb, string> = {
  add: 'templates.addFailed',
  change: 'templates.changeFailed',
  delete: 'templates.deleteFailed',
}
const REMEMBERED = 50

const jobs = shallowReactive(new Map<number, Job>())
/** Outcomes that came before the answer with their action id. */
const early = new Map<number, Outcome>()

export const pendingJobs = computed(() => [...jobs.values()])
/** The list may have changed. */
export const templatesChanged = shallowRef(0)

function settle(job: Job, message: Outcome): void {
  const { t } = i18n.global
  if (message.status === 0) say(t(DONE[job.verb], { label: job.label }))
  else warn(t(FAILED[job.verb]))
}

export function awaitJob(action: number, verb: Verb, label: string): void {
  const outcome = early.get(action)
  if (outcome) settle({ verb, label }, outcome)
  else jobs.set(action, { verb, label })
}

const isOutcome = (message: Message): message is Outcome => message.msg_id in VERB_OF

function hear(message: Message): void {
  if (!isOutcome(message)) return
  const action = message.action_id
  const job = jobs.get(action)
  if (job) {
    jobs.delete(action)
    settle(job, message)
  } else {
    early.set(action, message)
    const oldest = early.keys().next().value
    if (early.size > REMEMBERED && oldest !== undefined) early.delete(oldest)
  }
  templatesChanged.value += 1
}

export function startTemplateJobs(): () => void {
  const stops = [
    listen(hear),
    // What ended unnoticed shows in the list itself.
    whenFeedOpens(() => {
      jobs.clear()
      templatesChanged.value += 1
    }),
  ]
  return () => {
    for (const stop of stops) stop()
    jobs.clear()
    early.clear()
  }
}
