// What comes out of a printer: an invoice as a clean sheet, a list as a whole.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { join } from 'node:path'
import { logIn, post, stage } from './box.mjs'
import { dinner, learnDinner, print, upload } from './paper.mjs'

const READ_MS = 120_000
let page

const on = stage(async () => {
  page = await on.open({ height: 500 })
  // The dialog of a real one would wait for a person.
  await page.addInitScript(() => {
    globalThis.printed = 0
    globalThis.print = () => (globalThis.printed += 1)
  })
  await logIn(page, 'admin', on.box.password)
  await learnDinner(on.browser, page)
})

const seen = (selector) => page.locator(selector).evaluateAll((all) => all.filter((each) => each.checkVisibility()).length)

/** Returns the words on paper. */
async function printed(act) {
  const before = await page.evaluate(() => globalThis.printed)
  await act()
  await page.waitForFunction((before) => globalThis.printed > before, before)
  await page.emulateMedia({ media: 'print' })
  const words = await page.evaluate(() => document.body.innerText)
  assert.equal(await seen('header, nav, input, button, .box, .el-message'), 0, 'no menu, no control, no box over a value')
  return words
}

async function back() {
  await page.emulateMedia({ media: null })
  assert.equal(await seen('.on-paper'), 0, 'not on screen')
}

/** As a printer gets it. */
async function toPrinter(name) {
  const pdf = await page.pdf({ path: join(import.meta.dirname, 'shots', `${name}.pdf`), format: 'A4', preferCSSPageSize: true })
  return pdf.toString('latin1')
}

async function sheets(name) {
  return (await toPrinter(name)).match(/\/Type\s*\/Page\b/g).length
}

/** A list of so many, made of the first real one. */
async function lists(total) {
  await page.route('**/api/invoices/printed', (route) => route.fulfill({ json: { sucess: '' } }))
  await page.route(/\/api\/invoices\?/, async (route) => {
    const url = new URL(route.request().url())
    const [at, limit] = [Number(url.searchParams.get('cursor') ?? 0), Number(url.searchParams.get('limit'))]
    url.searchParams.delete('cursor')
    const answer = await route.fetch({ url: url.href })
    const body = await answer.json()
    const invoices = Array.from({ length: Math.min(limit, total - at) }, (_, n) => ({ ...body.invoices[0], invoice_id: 10_000 + at + n }))
    const next = at + invoices.length
    await route.fulfill({ response: answer, json: { ...body, invoices, total, next_cursor: next < total ? String(next) : null } })
  })
}

test('an invoice is printed as its picture, its values with what is doubtful, and where it stands', async () => {
  await upload(page, '一月.png', (await print(on.browser, dinner({ 发票号码: '38400001' }))).picture)
  await upload(page, '二月.png', (await print(on.browser, dinner({ 发票号码: '38400002', 小写金额: '¥350.00' }))).picture)
  await page.goto('/invoices')
  await page.locator('[data-invoice="2"]').waitFor({ timeout: READ_MS })
  await page.goto('/invoices/2')
  await page.locator('[data-test=picture]').waitFor()
  await page.fill('#field-发票代码', '000000000000')
  const words = await printed(() => page.keyboard.press('Control+p'))
  for (const part of ['发票 #2', '待核对', '不计入合计', '价税合计“¥350.00”与大写金额“叁佰贰拾元整”不一致', '38400002', '011002210021', '二月.png']) assert.ok(words.includes(part), `${part} in ${words}`)
  assert.ok(!words.includes('000000000000'), 'what is not saved is not printed')
  const row = page.locator('[data-test=paper-values] tr', { hasText: '价税合计' })
  assert.match(await row.innerText(), /¥350\.00\s+待核对/)
  assert.doesNotMatch(await page.locator('[data-test=paper-values] tr', { hasText: '发票号码' }).innerText(), /待核对/)
  assert.ok(await page.locator('.on-paper img').evaluate((img) => img.complete && img.naturalWidth > 500 && img.clientHeight > 100))
  await on.shot(page, 'print-invoice-zh')
  assert.equal(await sheets('print-invoice'), 1)
  await back()
  await page.click('[data-test=print]')
  await page.waitForFunction(() => globalThis.printed === 2)
  on.quiet()
})

test('a void invoice, a duplicate and the lines of one are printed as what they are', async () => {
  await post(page, '/api/invoices/2/void', { reason: '开错重开' })
  const document = (answer) => {
    const items = Array.from({ length: 60 }, (_, n) => ({ name: `*餐饮*第${n + 1}道`, spec: '', unit: '份', quantity: '1', price: '5.00', amount: '5.00', tax_rate: '6%', tax: '0.30' }))
    return { ...answer, items }
  }
  await page.route('**/api/invoices/2', async (route) => {
    const answer = await route.fetch()
    await route.fulfill({ response: answer, json: document(await answer.json()) })
  })
  await page.goto('/invoices/2')
  await page.locator('[data-test=facts]', { hasText: '开错重开' }).waitFor()
  const words = await printed(() => page.keyboard.press('Control+p'))
  for (const part of ['已作废', '不计入合计', '开错重开', '*餐饮*第1道', '*餐饮*第60道']) assert.ok(words.includes(part), `${part} in ${words}`)
  assert.ok((await sheets('print-long')) >= 2, 'what is long goes on on the next sheet')
  await back()
  await page.unroute('**/api/invoices/2')

  await upload(page, '又来.png', (await print(on.browser, dinner({ 发票号码: '38400001' }))).picture)
  await page.goto('/invoices')
  await page.locator('[data-invoice="3"]').waitFor({ timeout: READ_MS })
  await page.goto('/invoices/3')
  await page.locator('[data-test=double]').waitFor()
  assert.match(await printed(() => page.keyboard.press('Control+p')), /与发票 #1 疑似重复/)
  await back()
  on.quiet()
})

test('a list is printed whole, with its sum, its filter in words and the day', async () => {
  await page.goto('/invoices?q=3840&date_from=2026-01-01&date_to=2026-12-31&state=passed&order=-amount')
  await page.locator('[data-invoice]').first().waitFor()
  // On screen there are fewer than there are.
  await lists(1_200)
  await page.reload()
  await page.locator('[data-invoice="10000"]').waitFor()
  assert.equal(await page.locator('[data-invoice]').count(), 50)
  const words = await printed(() => page.click('[data-test=print]'))
  for (const part of ['发票清单', '搜索：3840', '开票日期 2026-01-01 – 2026-12-31', '状态：识别正常', '按价税合计降序', '已确认', '¥320.00', '共 1,200 张', String(new Date().getFullYear())]) assert.ok(words.includes(part), `${part} in ${words.slice(0, 600)}`)
  assert.equal(await page.locator('[data-test=paper-rows] tbody tr').count(), 1_200)
  assert.equal(await seen('[data-test=paper-part]'), 0)
  await on.shot(page, 'print-list-zh')
  assert.ok((await sheets('print-list')) > 10)
  await back()
  await page.unroute(/\/api\/invoices\?/)
  on.quiet()
})

test('a list of long numbers and names is printed across, each column wide enough to be read', async () => {
  const says = { 发票代码: '011002210021', 发票号码: '26322000004478296111', 日期: '2026-06-04', 客户名称: '示例电力设备制造安装工程股份有限公司某市分公司', 购方税号: '91350100M000100Y43', 销方名称: '示例交通能源有限责任公司第三加油加气站', 销方税号: '91440106556656312W' }
  await page.route(/\/api\/invoices\?/, async (route) => {
    const answer = await route.fetch()
    const body = await answer.json()
    const regions = Object.fromEntries(Object.entries(says).map(([posId, ocr_result]) => [posId, { ...body.invoices[0].region_list['发票号码'], ocr_result }]))
    const invoices = body.invoices.map((invoice) => ({ ...invoice, amount: 123_456_789, region_list: { ...invoice.region_list, ...regions } }))
    await route.fulfill({ response: answer, json: { ...body, invoices } })
  })
  await page.goto('/invoices')
  await page.locator('[data-invoice="1"]').waitFor()
  await page.click('[data-test=columns]')
  for (const column of ['销方名称', '购方税号', '销方税号']) await page.click(`[data-column="${column}"]`)
  await page.keyboard.press('Escape')
  const words = await printed(() => page.click('[data-test=print]'))
  assert.ok(words.includes('26322000004478296111'))
  assert.match(words, /\b20\d\d-\d\d-\d\d \d\d:\d\d/, 'the day is said whole')
  assert.doesNotMatch(words, /今天/)
  // The width of such a sheet between its edges.
  await page.setViewportSize({ width: Math.round(((297 - 20) / 25.4) * 96), height: 500 })
  const table = page.locator('[data-test=paper-rows]')
  assert.ok(await table.evaluate((each) => each.getBoundingClientRect().right <= innerWidth), 'nothing is cut off')
  const narrow = await table.locator('tbody tr').first().locator('td:not(.narrow)').evaluateAll((cells) => cells.filter((cell) => cell.offsetWidth < (14 / 25.4) * 96).map((cell) => cell.textContent))
  assert.deepEqual(narrow, [], 'no column of a character')
  // Nor where all there is is chosen.
  await page.emulateMedia({ media: null })
  const { width: across } = page.viewportSize()
  await page.setViewportSize({ width: across, height: 1_400 })
  const choices = page.locator('[data-column]')
  await page.click('[data-test=columns]')
  for (const choice of await choices.all()) if (!(await choice.locator('input').isChecked())) await choice.click()
  await page.keyboard.press('Escape')
  await page.emulateMedia({ media: 'print' })
  assert.equal(await table.locator('th').count(), (await choices.count()) + 1)
  assert.ok(await table.evaluate((each) => each.getBoundingClientRect().right <= innerWidth), 'nothing is cut off of all columns')
  const [, width, height] = /\/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]/.exec(await toPrinter('print-wide'))
  assert.ok(Number(width) > Number(height), `across: ${width} × ${height}`)
  await page.setViewportSize({ width: 1280, height: 500 })
  await back()
  await page.unroute(/\/api\/invoices\?/)
  on.quiet()
})

test('the log is printed as a sheet of its own, with more rows than are on screen, and tells of no print of invoices', async () => {
  for (let n = 0; n < 25; n += 1) assert.ok((await page.request.post('/api/groups', { data: { group_name: `小组 ${n}` }, headers: { Origin: on.box.url } })).ok())
  const told = []
  page.on('request', (request) => request.url().endsWith('/api/invoices/printed') && told.push(request.url()))
  await page.goto('/log?q=小组&span=all')
  await page.locator('[data-log]').first().waitFor()
  const words = await printed(() => page.keyboard.press('Control+p'))
  for (const part of ['操作日志', '搜索：小组', '小组 0', '小组 24', 'admin 打印于']) assert.ok(words.includes(part), `${part} in ${words.slice(0, 600)}`)
  assert.ok((await page.locator('[data-test=paper-rows] tbody tr').count()) >= 25)
  assert.doesNotMatch(words, /今天/)
  await on.shot(page, 'print-log-zh')
  await sheets('print-log')
  await back()
  assert.deepEqual(told, [])
  on.quiet()
})

test('of a very long list the first two thousand are printed, and it is said', async () => {
  await lists(2_345)
  await page.goto('/invoices')
  await page.locator('[data-invoice="10000"]').waitFor()
  const words = await printed(() => page.keyboard.press('Control+p'))
  assert.ok(words.includes('只打印了前 2,000 张，共 2,345 张'), words.slice(0, 400))
  assert.equal(await page.locator('[data-test=paper-rows] tbody tr').count(), 2_000)
  await back()
  await page.unroute(/\/api\/invoices\?/)
  on.quiet()
})

test('by the menu of the browser what is on screen is printed, in English and from a dark page', async () => {
  const english = await on.open({ locale: 'en', width: 1024 })
  await logIn(english, 'admin', on.box.password)
  await english.evaluate(() => document.documentElement.classList.add('dark'))
  await english.goto('/invoices')
  await english.evaluate(() => document.documentElement.classList.add('dark'))
  await english.locator('[data-invoice="1"]').waitFor()
  await english.evaluate(() => dispatchEvent(new Event('beforeprint')))
  await english.emulateMedia({ media: 'print' })
  const words = await english.evaluate(() => document.body.innerText)
  assert.match(words, /List of invoices\s+All invoices/)
  assert.match(words, /Invoice date/)
  assert.equal(await english.locator('[data-test=paper-rows] td').first().evaluate((cell) => getComputedStyle(cell).color), 'rgb(0, 0, 0)')
  await on.shot(english, 'print-list-dark-en')
  await english.evaluate(() => dispatchEvent(new Event('afterprint')))
  await english.locator('.on-paper').waitFor({ state: 'detached' })
  await english.context().close()
  on.quiet()
})
