// What the search of all pages finds: pages by themselves, the rest as the box knows it. Each source finds for those who may open its page.
import type { RouteLocationRaw } from 'vue-router'
import { listDevices } from '../api/devices'
import { invoicePage, type Invoice } from '../api/invoices'
import { logPage } from '../api/log'
import { listUsers } from '../api/people'
import { wholeQueue } from '../api/queue'
import { templatePage } from '../api/templates'
import type { Right } from '../api/wire'
import { i18n } from '../i18n'
import { MENU, mayOpen } from '../router'
import { can } from '../state/session'
import { cleanCode } from './gun'
import { formatFen, formatNumber, formatTime } from './format'
import { KINDS } from './regions'

export const GROUPS = ['pages', 'invoices', 'tasks', 'devices', 'templates', 'people', 'log'] as const
export type Group = (typeof GROUPS)[number]

export interface Hit {
  group: Group
  /** A route's name, for whether it may still be opened. */
  page: string
  to: RouteLocationRaw
  label: string
  detail: string
}

const A_FEW = 4
/** The log's rows are long, and many are about one thing. */
const ROWS = 3
const QUEUED = 200
const OTHER_PAGES = ['portal', 'template-new', 'account'] as const
const TITLES: Record<(typeof OTHER_PAGES)[number], string> = { portal: 'portal', 'template-new': 'templateNew', account: 'account' }

const { t } = i18n.global

/** By its name in the menu, its title or its address. */
export function foundPages(text: string): Hit[] {
  const word = text.toLowerCase()
  const all = [
    ...MENU.map((page) => ({ page: page as string, names: [t(`menu.${page}`), t(`title.${page}`), page] })),
    ...OTHER_PAGES.map((page) => ({ page: page as string, names: [t(`title.${TITLES[page]}`), page] })),
  ]
  return all
    .filter(({ page, names }) => mayOpen(page) && names.some((name) => name.toLowerCase().includes(word)))
    .map(({ page, names }) => ({ group: 'pages', page, to: { name: page }, label: names.at(-2) ?? page, detail: '' }))
}

/** `任务 5`, `task #5`. */
export function taskOf(text: string): number | undefined {
  const number = /^(?:任务|task)\s*#?(\d{1,15})$/i.exec(text)?.[1]
  return number ? Number(number) : undefined
}

function invoiceHit(invoice: Invoice): Hit {
  const read = (posId: string) => invoice.region_list?.[posId]?.ocr_result ?? ''
  const sum = invoice.amount === null ? read(KINDS.money) : formatFen(invoice.amount)
  const state = invoice.void ? t('invoices.void') : t(`invoices.state.${invoice.state}`)
  return {
    group: 'invoices',
    page: 'invoice',
    to: { name: 'invoice', params: { id: invoice.invoice_id } },
    label: [`#${invoice.invoice_id}`, read('销方名称') || invoice.model_label || t(`invoices.kind.${invoice.kind}`), sum].filter(Boolean).join(' · '),
    detail: [read(KINDS.invoice_id), read(KINDS.date), invoice.file_name, state].filter(Boolean).join(' · '),
  }
}

/** Where the rest are, if there are more than a few. */
function rest(group: Group, page: string, query: Record<string, string>, total: number | null): Hit[] {
  if (total === null || total <= A_FEW) return []
  return [{ group, page, to: { name: page, query }, label: t('find.all', { n: formatNumber(total) }), detail: '' }]
}

async function invoices(text: string, signal: AbortSignal): Promise<Hit[]> {
  const task = taskOf(text)
  const found = await invoicePage(task === undefined ? { q: text } : { action_id: task }, null, A_FEW, signal)
  // The list's address can't name a task.
  return [...found.invoices.map(invoiceHit), ...(task === undefined ? rest('invoices', 'invoices', { q: text }, found.total) : [])]
}

async function tasks(text: string): Promise<Hit[]> {
  const task = taskOf(text)
  if (task === undefined) return []
  const { running_list, recognize_wait, manage_wait } = await wholeQueue(QUEUED)
  const action = [...running_list, ...(recognize_wait ?? []), ...(manage_wait ?? [])].find(({ action_id }) => action_id === task)
  if (!action) return []
  const detail = [action.file_name || action.model_label, action.user_name].filter(Boolean).join(' · ')
  return [{ group: 'tasks', page: 'queue', to: { name: 'queue' }, label: t('queue.task', { id: task }), detail }]
}

async function devices(text: string, signal: AbortSignal): Promise<Hit[]> {
  const q = cleanCode(text)
  if (!q) return []
  const { devices: found, retired = [], total } = await listDevices({ q }, null, A_FEW, signal)
  const hits = [...found.map((device) => ({ ...device, state: t(`labels.state.${device.status ? 'printed' : 'unprinted'}`) })), ...retired.slice(0, A_FEW).map((device) => ({ ...device, state: t('device.retired') }))]
  return [
    ...hits.map(({ DeviceSN, CPUID, state }): Hit => ({ group: 'devices', page: 'labels', to: { name: 'labels', query: { device: DeviceSN } }, label: DeviceSN, detail: `${CPUID} · ${state}` })),
    ...rest('devices', 'labels', { tab: 'all', q }, total),
  ]
}

async function templates(text: string): Promise<Hit[]> {
  const { list } = await templatePage(0, text)
  return list.slice(0, A_FEW).map(({ model_label }) => ({ group: 'templates', page: 'templates', to: { name: 'templates', query: { q: model_label } }, label: model_label, detail: '' }))
}

async function people(text: string): Promise<Hit[]> {
  const word = text.toLowerCase()
  const users = (await listUsers()).filter((user) => user.user_name.toLowerCase().includes(word))
  return [
    ...users.slice(0, A_FEW).map(({ user_name, company_name }): Hit => ({ group: 'people', page: 'people', to: { name: 'people', query: { tab: 'users', q: user_name } }, label: user_name, detail: company_name })),
    ...rest('people', 'people', { tab: 'users', q: text }, users.length),
  ]
}

async function log(text: string, signal: AbortSignal): Promise<Hit[]> {
  const to = { name: 'log', query: { q: text, span: 'all' } }
  const { action_list } = await logPage({ keyword: text }, 0, signal)
  return action_list.slice(0, ROWS).map((row) => ({ group: 'log', page: 'log', to, label: row.action_description, detail: `${row.user_name} · ${formatTime(row.action_time)}` }))
}

const SOURCES: { group: Group; right: Right; find: (text: string, signal: AbortSignal) => Promise<Hit[]> }[] = [
  { group: 'invoices', right: 'invoice-r', find: invoices },
  { group: 'tasks', right: 'queue-r', find: tasks },
  { group: 'devices', right: 'device-r', find: devices },
  { group: 'templates', right: 'model-r', find: templates },
  { group: 'people', right: 'user-r', find: people },
  { group: 'log', right: 'log-r', find: log },
]

export const sources = () => SOURCES.filter(({ right }) => can(right))
