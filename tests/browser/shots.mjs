// Screenshots of every page: full in all sizes, themes and languages; empty, loading, failed and offline in two. Asserts nothing.
// `PAPERLINE_BIN=… node shots.mjs [folder]`; SHOTS_ONLY=faults,queue takes only those, STATES_ONLY=full,offline only these.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { logIn, post, startBox, startBrowser, stopBox } from './box.mjs'
import { dinner, DINNER, learnDinner, PARKING, print, upload } from './paper.mjs'

const OUT = process.argv[2] ?? join(import.meta.dirname, 'shots', 'pages')
const ONLY = process.env.SHOTS_ONLY?.split(',')
const STATES_ONLY = process.env.STATES_ONLY?.split(',')
/** For animations to end. */
const REST_MS = 700
/** For a lost connection to be noticed. */
const NOTICED_MS = 2_500

const SIZES = [
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
]
const ALL = SIZES.flatMap((size) => ['light', 'dark'].flatMap((theme) => ['zh-CN', 'en-US'].map((locale) => ({ ...size, theme, locale }))))
const TWO = [
  { ...SIZES[1], theme: 'light', locale: 'zh-CN' },
  { ...SIZES[0], theme: 'dark', locale: 'en-US' },
]

/** What pages ask for, but who is logged in. */
const asks = (route) => ['fetch', 'xhr'].includes(route.request().resourceType()) && new URL(route.request().url()).pathname !== '/me'
const answered = (answer) => (page) => page.route('**/*', (route) => (asks(route) ? answer(route) : route.continue()))
const BROKEN = { status: 500, json: { err: '服务器内部错误', code: 'internal' } }

/** With the looks, and what is done before a page is opened and once it is there. */
const STATES = {
  full: { looks: ALL },
  empty: { looks: TWO },
  loading: { looks: TWO, before: answered(() => {}) },
  failed: { looks: TWO, before: answered((route) => route.fulfill(BROKEN)) },
  offline: {
    looks: TWO,
    async after(page) {
      await page.context().setOffline(true)
      await page.waitForTimeout(NOTICED_MS)
    },
  },
}

const tab = (n) => (page) => page.getByRole('tab').nth(n).click()

/** Address, and what to do first. */
const PAGES = {
  labels: ['/labels'],
  'labels-find': ['/labels', tab(1)],
  'labels-conflicts': ['/labels', tab(2)],
  'labels-print': [
    '/labels',
    async (page) => {
      const rows = page.locator('[data-serial]')
      for (let n = 0; n < Math.min(3, await rows.count()); n += 1) await rows.nth(n).click()
      if (await rows.count()) await page.click('[data-test=print]')
    },
  ],
  console: ['/console', (page) => page.locator('[data-finished]').first().click({ timeout: 2_000 }).catch(() => {})],
  queue: ['/queue'],
  faults: ['/faults'],
  invoices: ['/invoices'],
  invoice: ['/invoices/1'],
  'invoice-double': ['/invoices/4'],
  papers: ['/invoices/1', (page) => page.click('[data-test=papers-open]')],
  portal: ['/invoices/portal'],
  templates: ['/templates'],
  'template-new': ['/templates/new'],
  template: ['/templates/1', (page) => page.locator('.area').first().click({ timeout: 2_000 }).catch(() => {})],
  log: ['/log'],
  people: ['/people'],
  'people-groups': ['/people', tab(1)],
  'people-rights': ['/people', tab(2)],
  'people-companies': ['/people', tab(3)],
  'people-user': ['/people', (page) => page.click('[data-test=add-user]')],
  system: ['/system'],
  'system-health': ['/system', tab(1)],
  'system-backups': ['/system', tab(2)],
  'system-licences': ['/system', tab(3)],
  account: ['/account'],
  keys: ['/account', (page) => page.click('[data-test=keys]')],
  nothing: ['/nowhere'],
}

async function shoot(browser, box, state) {
  const folder = join(OUT, state)
  mkdirSync(folder, { recursive: true })
  const { looks, before, after } = STATES[state]
  for (const { width, height, theme, locale } of looks) {
    const context = await browser.newContext({ locale, viewport: { width, height }, colorScheme: theme, baseURL: box.url })
    const page = await context.newPage()
    const take = async (name) => {
      await page.waitForTimeout(REST_MS)
      await page.screenshot({ path: join(folder, `${name}-${width}-${theme}-${locale.slice(0, 2)}.png`) })
    }
    if (!ONLY || ONLY.includes('login')) {
      await page.goto('/login')
      await take('login')
    }
    await logIn(page, 'admin', box.password)
    await before?.(page)
    for (const [name, [path, act]] of Object.entries(PAGES)) {
      if (ONLY && !ONLY.includes(name)) continue
      await page.goto(path)
      await page.waitForTimeout(REST_MS)
      if (state === 'full' || state === 'empty') await act?.(page).catch((error) => console.error(`${state} ${name}: ${error.message.split('\n')[0]}`))
      await after?.(page)
      await take(name)
      await context.setOffline(false)
    }
    await context.close()
  }
}

async function fill(browser, box) {
  const context = await browser.newContext({ locale: 'zh-CN', baseURL: box.url })
  const page = await context.newPage()
  await logIn(page, 'admin', box.password)
  const headers = { Origin: box.url }
  await page.request.patch('/api/settings', { data: { timezone: 'Asia/Shanghai' }, headers })
  await page.request.patch('/api/companies/1', { data: { company_name: '示例科技' }, headers })
  const devices = Array.from({ length: 64 }, (_, i) => ({ CPUID: `48F7-${(i * 7919 + 40961).toString(16).toUpperCase()}` }))
  const { devices: made } = await post(page, '/registerDevice', { devices })
  await post(page, '/switchPrintStatus', { DeviceSNList: made.slice(0, 20).map((device) => device.DeviceSN) })
  await page.request.post('/registerDevice', { data: { DeviceSN: made[0].DeviceSN, CPUID: 'OTHER-1' }, headers: { Origin: box.url } })
  await post(page, '/api/companies', { company_name: '华南分公司' }).catch(() => {})
  for (const [name, permissions] of [['录入组', [5, 6, 7, 9, 10]], ['质检组', [1, 5, 10, 18]]]) {
    await page.request.post('/api/groups', { data: { group_name: name, permissions }, headers: { Origin: box.url } })
  }
  for (const [user_name, group_id, permissions] of [['王芳', 1, [2]], ['李强', 2, []], ['张敏', 1, [11, 19]], ['3 号工位', null, [102]]]) {
    const user = { user_name, passwd: 'a long password', permissions, ...(group_id ? { group_id } : {}) }
    await page.request.post('/api/users', { data: user, headers: { Origin: box.url } })
  }
  await page.request.post('/api/tokens', { data: { name: '3 号工位扫码枪', permissions: [102] }, headers: { Origin: box.url } })
  await learnDinner(browser, page)
  const papers = [
    dinner({ 发票号码: '38200140' }),
    dinner({ 发票号码: '38200141', 大写金额: '叁佰贰拾元整', 小写金额: '¥350.00' }),
    PARKING,
    dinner({ 发票号码: '38200140' }),
    dinner({ 发票号码: '38200142', 开票日期: '2026年04月17日', 大写金额: '壹仟零捌拾伍元整', 小写金额: '¥1085.00' }),
    dinner({ 发票号码: '3820014' }),
    dinner({ 发票号码: '38200143' }),
  ]
  for (const [n, paper] of papers.entries()) await upload(page, `${n}.png`, (await print(browser, paper)).picture)
  for (let read = 0; read < papers.length; ) {
    read = (await (await page.request.get('/api/invoices')).json()).total
    await page.waitForTimeout(500)
  }
  const list = [
    '发票代码,发票号码,开票日期,销方名称,购方名称,价税合计,发票状态',
    '011002210021,38200140,2026-04-16,某某酒楼,某某公司,320.00,正常',
    '011002210021,38200142,2026-04-17,某某酒楼,某某公司,1080.00,正常',
    '011002210021,38200199,2026-04-18,某某印刷厂,某某公司,-88.00,正常',
    '011002210021,38200200,2026-04-19,某某加油站,某某公司,200.00,已作废',
  ]
  await page.request.post('/api/portal-list', { data: Buffer.from(list.join('\n')), headers: { Origin: box.url, 'Content-Type': 'text/csv' } })
  const corrected = { data: { fields: { 金额: '¥320.00' } }, headers: { Origin: box.url } }
  await page.request.patch('/api/invoices/1', corrected)
  await post(page, '/api/queue/pause', { reason: '换模板' })
  for (let n = 0; n < 6; n += 1) await upload(page, `w${n}.png`, (await print(browser, DINNER)).picture)
  await context.close()
}

const browser = await startBrowser()
try {
  for (const [isFull, states] of [[false, ['empty']], [true, ['full', 'loading', 'failed', 'offline']]]) {
    const wanted = states.filter((state) => !STATES_ONLY || STATES_ONLY.includes(state))
    if (!wanted.length) continue
    const box = await startBox()
    try {
      if (isFull) await fill(browser, box)
      for (const state of wanted) await shoot(browser, box, state)
    } finally {
      await stopBox(box)
    }
  }
} finally {
  await browser.close()
}
