// A clerk's day: doubtful fields are corrected by keyboard, everything is found again and exported.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { hire, logIn, post, stage } from './box.mjs'
import { dinner, learnDinner, PARKING, print, upload } from './paper.mjs'

/** Debug builds are slow. */
const READ_MS = 120_000
/** Keys this soon after another invoice appears are ignored. */
const DEAD_MS = 800
let page

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
  await learnDinner(on.browser, page)
})

async function hand(paper, name) {
  return upload(page, name, (await print(on.browser, paper)).picture)
}

function badge(n) {
  return page.locator('[data-test=fault-badge]', { hasText: String(n) })
}

function focused() {
  return page.evaluate(() => document.activeElement?.id ?? '')
}

test('what is doubtful is counted in the menu and comes to the open page by itself', async () => {
  await page.goto('/faults')
  await page.getByText('没有待核对的发票').waitFor()
  await on.shot(page, 'faults-empty-zh')
  await hand(dinner({}), 'good.png')
  await hand(dinner({ 发票号码: '38200140', 大写金额: '叁佰贰拾元整', 小写金额: '¥350.00' }), 'differs.png')
  await hand(PARKING, 'parking.png')
  await page.locator('[data-fault]').nth(1).waitFor({ timeout: READ_MS })
  await badge(2).waitFor()
  await page.locator('[data-fault]', { hasText: '没有匹配的模板' }).waitFor()
  await page.locator('[data-fault]', { hasText: '价税合计“¥350.00”与大写金额“叁佰贰拾元整”不一致' }).waitFor()
  on.quiet()
})

test('an invoice is put right with the keys alone, and the next comes by itself', async () => {
  // Not the one that the address names since.
  await page.goto('/faults')
  // Newest first: no template fits, so the usual fields are empty.
  await page.waitForFunction(() => document.activeElement?.id === 'field-发票代码')
  await page.keyboard.press('PageDown')
  await page.waitForFunction(() => document.activeElement?.id === 'field-中文金额')
  await page.locator('[data-field=中文金额] svg.crop').waitFor()
  await page.locator('[data-field=金额] svg.crop').waitFor()
  assert.equal(await page.locator('[data-field=发票代码] svg.crop').count(), 0, 'what is sure needs no second look')
  await on.shot(page, 'faults-zh')
  await page.keyboard.type('叁佰伍拾元整')
  await page.keyboard.press('Enter')
  assert.equal(await focused(), 'field-金额')
  await page.keyboard.press('Tab')
  assert.notEqual(await focused(), 'field-金额')
  await page.keyboard.press('Shift+Tab')
  assert.equal(await focused(), 'field-金额')
  await page.keyboard.press('Enter')
  await badge(1).waitFor()
  await page.waitForFunction(() => document.activeElement?.id === 'field-发票代码')
  await page.locator('[data-field=发票代码]').waitFor()
  await page.waitForTimeout(DEAD_MS)
  await page.keyboard.press('Enter')
  await page.locator('[data-field=发票代码]', { hasText: '票面上没有此项？' }).waitFor()
  await page.keyboard.press('Alt+Enter')
  for (const text of ['38200217', '2026年11月22日', '15.00']) {
    await page.keyboard.type(text)
    await page.keyboard.press('Enter')
  }
  await page.getByText('没有待核对的发票').waitFor()
  await page.locator('[data-test=fault-badge]').waitFor({ state: 'detached' })
  on.quiet()
})

test('the invoices are summed, found, opened with what was changed, and taken along', async () => {
  await page.click('[data-test=menu-invoices]')
  await page.locator('[data-test=sum]', { hasText: '¥685.00' }).waitFor()
  await on.shot(page, 'invoices-zh')
  await page.fill('[data-test=invoice-seek]', '38200140')
  await page.locator('[data-test=sum]', { hasText: '共 1 张' }).waitFor()
  await page.locator('[data-invoice]', { hasText: '已核对' }).locator('a').click()
  await page.locator('[data-test=history]', { hasText: '大写金额：叁佰贰拾元整 → 叁佰伍拾元整' }).waitFor()
  await page.locator('[data-test=history] summary').first().click()
  await page.locator('[data-test=history]', { hasText: '价税合计：确认为 ¥350.00' }).waitFor()
  await on.shot(page, 'invoice-zh')

  await page.reload()
  await page.locator('#field-发票号码').fill('38200999')
  await page.click('[data-test=save-invoice]')
  await page.locator('[data-test=history]', { hasText: '38200140 → 38200999' }).waitFor()
  await page.getByRole('button', { name: '返回发票列表' }).click()
  // The invoice no longer matches the filter.
  await page.getByText('没有符合条件的发票').waitFor()
  await page.fill('[data-test=invoice-seek]', '')
  await page.locator('[data-invoice]', { hasText: '38200999' }).waitFor()
  for (const kind of ['csv', 'xlsx']) {
    const exported = page.waitForEvent('download')
    await page.click(`[data-test=export-${kind}]`)
    const file = await exported
    assert.equal(file.suggestedFilename().replace(/\d{4}-\d\d-\d\d/, 'DAY'), `发票_DAY.${kind}`)
    const bytes = await readFile(await file.path())
    if (kind === 'csv') assert.match(bytes.toString(), /38200999/)
    else assert.equal(bytes.subarray(0, 2).toString(), 'PK')
  }
  on.quiet()
})

test('columns are chosen and stay chosen', async () => {
  await page.locator('thead', { hasText: '日期' }).waitFor()
  await page.click('[data-test=columns]')
  await page.click('[data-column=日期]')
  await page.locator('th', { hasText: '日期' }).waitFor({ state: 'detached' })
  await page.reload()
  await page.locator('thead', { hasText: '发票号码' }).waitFor()
  assert.equal(await page.locator('th', { hasText: '日期' }).count(), 0)
  on.quiet()
})

test('a double is seen side by side with the first', async () => {
  await hand(dinner({}), 'again.png')
  await page.locator('[data-invoice]', { hasText: '疑似重复' }).locator('a').click({ timeout: READ_MS })
  await page.click('[data-test=compare]')
  await page.locator('figure img').nth(1).waitFor()
  await on.shot(page, 'invoice-double-zh')
  on.quiet()
})

test('chosen faults are read again, then all that fit; a person’s words stay', async () => {
  for (let n = 0; n < 3; n += 1) await hand({ ...PARKING, rows: { ...PARKING.rows, 车位: `C-${n}` } }, `parking-${n}.png`)
  await page.goto('/faults')
  await page.locator('[data-fault]').nth(2).waitFor({ timeout: READ_MS })
  await post(page, '/api/queue/pause', {})
  const [id] = await page.locator('[data-fault]').evaluateAll((rows) => rows.map((row) => Number(row.dataset.fault)))
  await page.request.patch(`/api/invoices/${id}`, { data: { fields: { 备注: '月卡' } }, headers: { Origin: on.box.url } })
  await page.locator('li', { has: page.locator(`[data-fault="${id}"]`) }).locator('.el-checkbox').click()
  await page.click('[data-test=retry-some]')
  await badge(2).waitFor()
  await page.fill('[data-test=invoice-seek]', '没有匹配')
  await page.getByText('共 2 张').waitFor()
  await page.click('[data-test=retry-all]')
  await page.locator('.el-message-box').getByRole('button', { name: '重新识别', exact: true }).click()
  await page.getByText('没有符合条件的发票').waitFor()
  await post(page, '/api/queue/resume', {})
  await badge(3).waitFor({ timeout: READ_MS })
  await page.fill('[data-test=invoice-seek]', '月卡')
  await page.getByText('共 1 张').waitFor()
  await page.locator('[data-field=备注]', { hasText: '人工' }).waitFor()
  on.quiet()
})

test('an invoice that was asked for before all were read again does not come back', async () => {
  await page.goto('/faults')
  await page.locator('[data-fault]').nth(1).waitFor()
  const faults = await page.locator('[data-fault]').count()
  // Read surely, so it is in no list of faults, and is asked for alone.
  const { invoices: [read] } = await (await page.request.get('/api/invoices?fault=0')).json()
  await post(page, '/api/queue/pause', {})
  let answer
  const held = new Promise((go) => (answer = go))
  let asked
  const isAsked = new Promise((is) => (asked = is))
  await page.route(`**/api/invoices/${read.invoice_id}`, async (route) => {
    asked()
    await held
    await route.continue().catch(() => {})
  })
  await page.goto(`/faults?invoice=${read.invoice_id}&q=${encodeURIComponent('月卡')}`)
  await isAsked
  await page.getByText('共 1 张').waitFor()
  await page.click('[data-test=retry-all]')
  await page.locator('.el-message-box').getByRole('button', { name: '重新识别', exact: true }).click()
  await page.getByText('没有符合条件的发票').waitFor()
  answer()
  await page.waitForTimeout(DEAD_MS)
  assert.equal(await page.getByText('没有符合条件的发票').isVisible(), true)
  await page.unroute(`**/api/invoices/${read.invoice_id}`)
  await post(page, '/api/queue/resume', {})
  await badge(faults).waitFor({ timeout: READ_MS })
  on.quiet()
})

test('whoever may only look changes nothing', async () => {
  const his = await hire(on, page, '李强', [10], { locale: 'en' })
  await his.locator('[data-test=review]').waitFor()
  for (const absent of ['finish', 'retry-one', 'retry-all']) assert.equal(await his.locator(`[data-test=${absent}]`).count(), 0, absent)
  await his.locator('[data-test=fault-reason]', { hasText: 'No matching template' }).waitFor()
  await on.shot(his, 'faults-readonly-en')
  await his.context().close()
  on.quiet()
})
