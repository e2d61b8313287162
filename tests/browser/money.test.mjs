// Money an accountant signs: red letters, duplicates that somebody decides, void invoices, totals that say what they count.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hire, logIn, post, stage } from './box.mjs'
import { dinner, learnDinner, PARKING, print, upload } from './paper.mjs'

/** A debug build reads slowly. */
const READ_MS = 120_000
let page

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
  await learnDinner(on.browser, page)
})

const row = (id) => page.locator(`[data-invoice="${id}"]`)
const sum = (name) => page.locator(`[data-sum=${name}]`)
const field = (posId) => page.locator(`#field-${posId}`)

async function hand(paper, name) {
  await upload(page, name, (await print(on.browser, paper)).picture)
}

async function choose(state) {
  await page.click('[data-test=invoice-state]')
  await page.getByRole('option', { name: state, exact: true }).click()
}

/** Of the invoices that are listed, in their order. */
const listed = () => page.locator('[data-invoice]').evaluateAll((rows) => rows.map((each) => Number(each.dataset.invoice)))

async function lists(wanted) {
  await page.waitForFunction((ids) => JSON.stringify([...document.querySelectorAll('[data-invoice]')].map((each) => Number(each.dataset.invoice))) === JSON.stringify(ids), wanted).catch(async () => assert.deepEqual(await listed(), wanted))
}

test('totals_say_apart_what_is_confirmed_what_waits_and_what_has_no_amount', async () => {
  await page.goto('/invoices')
  await page.getByText('还没有发票').waitFor()
  await on.shot(page, 'money-empty-zh')
  await hand(dinner({ 发票号码: '38400001' }), '一月.png')
  await hand(dinner({ 发票号码: '38400002', 大写金额: '叁佰贰拾元整', 小写金额: '¥350.00' }), '二月.png')
  await hand(PARKING, '停车.png')
  await row(3).waitFor({ timeout: READ_MS })
  await page.reload()
  await sum('confirmed').getByText('¥320.00').waitFor()
  await sum('waiting').getByText('¥350.00').waitFor()
  await sum('without').getByText('1 张没有金额').waitFor()
  await row(1).getByText('识别正常').waitFor()
  await row(2).getByText('待核对').waitFor()
  // The template's name is not the kind of invoice, and both are told.
  await page.locator('th', { hasText: '模板' }).waitFor()
  assert.equal(await row(3).getByText('餐饮服务通用发票').count(), 0)
  on.quiet()
})

test('a_negative_amount_is_a_red_invoice_and_is_subtracted', async () => {
  await page.goto('/invoices/2')
  await field('中文金额').fill('负叁佰伍拾元整')
  await field('金额').fill('（350）')
  await page.click('[data-test=save-invoice]')
  await page.waitForFunction(() => document.getElementById('field-金额').value === '-¥350.00')
  await page.locator('.tags', { hasText: '红字' }).waitFor()
  await page.getByRole('button', { name: '返回发票列表' }).click()
  await row(2).getByText('-¥350.00').waitFor()
  await row(2).getByText('红字').waitFor()
  await sum('waiting').getByText('-¥350.00').waitFor()
  on.quiet()
})

test('a_duplicate_counts_as_what_somebody_decides_it_is', async () => {
  await hand(dinner({ 发票号码: '38400001' }), '一月又来.png')
  await row(4).getByText('疑似重复').waitFor({ timeout: READ_MS })
  await sum('duplicate').getByText('¥320.00').waitFor()
  await row(4).locator('a').click()
  await page.click('[data-test=compare]')
  await on.shot(page, 'money-duplicate-zh')
  await page.click('[data-test=is-distinct]')
  await page.locator('[data-test=double]', { hasText: '与发票 #1 不是重复（admin' }).waitFor()
  await page.getByRole('button', { name: '返回发票列表' }).click()
  await sum('confirmed').getByText('¥640.00').waitFor()
  assert.equal(await row(4).getByText('重复').count(), 0)

  await row(4).locator('a').click()
  await page.click('[data-test=compare]')
  await page.click('[data-test=decide-anew]')
  await page.click('[data-test=is-duplicate]')
  await page.locator('[data-test=double]', { hasText: '不计入合计' }).waitFor()
  await page.getByRole('button', { name: '返回发票列表' }).click()
  await row(4).getByText('重复，不计入').waitFor()
  await sum('confirmed').getByText('¥320.00').waitFor()
  await sum('duplicate').getByText('¥320.00').waitFor()
  on.quiet()
})

test('a_void_invoice_is_kept_struck_through_and_not_summed', async () => {
  await page.goto('/invoices/1')
  await page.click('[data-test=void-invoice]')
  await page.click('[data-test=void-yes]')
  await page.getByText('请填写作废原因').waitFor()
  // What becomes of the one that is the same is said before.
  await page.locator('[data-test=void-others]', { hasText: '#4 与它相同，作废后仍不计入合计' }).waitFor()
  await on.shot(page, 'money-void-ask-zh')
  await page.fill('[data-test=void-reason]', '供应商已冲红重开')
  await page.click('[data-test=void-yes]')
  await page.locator('[data-test=facts]', { hasText: '供应商已冲红重开' }).waitFor()
  await on.shot(page, 'money-void-zh')
  await page.getByRole('button', { name: '返回发票列表' }).click()
  await row(1).getByText('已作废').waitFor()
  await sum('void').getByText('¥320.00').waitFor()
  assert.equal(await row(1).getByText('¥320.00').evaluate((cell) => getComputedStyle(cell).textDecorationLine), 'line-through')
  // Nothing begins to count that somebody has taken out: he says so.
  await sum('confirmed').getByText('¥0.00').waitFor()
  await row(4).locator('a').click()
  await page.locator('[data-test=double]', { hasText: '发票 #1 已作废' }).waitFor()
  await on.shot(page, 'money-void-original-zh')
  await page.click('[data-test=compare]')
  await page.click('[data-test=decide-anew]')
  await page.locator('[data-test=double]').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: '返回发票列表' }).click()
  await sum('confirmed').getByText('¥320.00').waitFor()
  assert.equal(await row(4).getByText('重复').count(), 0)
  await choose('计入合计')
  await lists([4])
  await page.waitForURL(/counted=1/)
  await choose('全部状态')
  await on.shot(page, 'money-list-zh')

  await row(1).locator('a').click()
  await page.click('[data-test=restore-invoice]')
  await page.click('[data-test=void-invoice]')
  await page.locator('[data-test=void-others]', { hasText: '#4 与它相同，作废后会计入合计' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: '返回发票列表' }).click()
  await row(4).getByText('疑似重复').waitFor()
  await sum('confirmed').getByText('¥320.00').waitFor()
  on.quiet()
})

test('invoices_are_found_by_state_by_their_date_and_by_amount', async () => {
  await page.goto('/invoices/4')
  await field('日期').fill('2026年5月3日')
  await page.click('[data-test=save-invoice]')
  await page.waitForFunction(() => document.getElementById('field-日期').value === '2026-05-03')
  await page.goto('/invoices')
  await lists([4, 3, 2, 1])
  await choose('待核对')
  await lists([3, 2])
  await choose('识别正常')
  await lists([1])
  // What a person has changed is no longer read by the machine alone.
  await choose('已核对')
  await lists([4])
  await choose('重复、疑似重复')
  await lists([4])
  await choose('已作废')
  await page.getByText('没有符合条件的发票').waitFor()
  await choose('全部状态')

  await page.fill('[data-test=invoice-min]', '￥300')
  await lists([4, 1])
  await page.fill('[data-test=invoice-min]', '－400')
  await page.fill('[data-test=invoice-max]', '-1')
  await lists([2])
  await page.fill('[data-test=invoice-max]', '三百')
  await page.getByText('请填写金额').waitFor()
  await page.fill('[data-test=invoice-max]', '-500')
  await page.getByText('最小金额大于最大金额').waitFor()
  await page.fill('[data-test=invoice-min]', '')
  await page.fill('[data-test=invoice-max]', '')
  await lists([4, 3, 2, 1])

  const [from, to] = await page.locator('[data-test=invoice-dates] input').all()
  await from.fill('2026-05-01')
  await to.fill('2026-05-31')
  await to.press('Enter')
  await lists([4])
  on.quiet()
})

test('a_narrowed_list_is_there_again_after_a_reload_a_step_back_and_by_its_address', async () => {
  const shown = async () => [await page.locator('[data-test=invoice-seek]').inputValue(), await page.locator('[data-test=invoice-state]').innerText(), await page.locator('[data-test=invoice-min]').inputValue()]
  await page.goto('/invoices')
  await page.fill('[data-test=invoice-seek]', '发票')
  await page.fill('[data-test=invoice-min]', '￥300')
  await lists([4, 1])
  await choose('已核对')
  await lists([4])
  await page.waitForURL((url) => url.searchParams.get('state') === 'reviewed' && url.searchParams.get('min') === '300' && url.searchParams.get('q') === '发票')
  const address = page.url()
  assert.match(await page.getAttribute('[data-test=export-xlsx]', 'href'), /state=reviewed/)

  await page.reload()
  await lists([4])
  assert.deepEqual(await shown(), ['发票', '已核对', '300'])
  await row(4).locator('a').click()
  await page.waitForURL('**/invoices/4')
  await page.getByRole('button', { name: '返回发票列表' }).click()
  await page.waitForURL(address)
  await lists([4])
  await row(4).locator('a').click()
  await page.waitForURL('**/invoices/4')
  await page.goBack()
  await lists([4])
  assert.deepEqual(await shown(), ['发票', '已核对', '300'])

  const colleague = await page.context().newPage()
  await colleague.goto(address)
  await colleague.locator('[data-invoice="4"]').waitFor()
  assert.equal(await colleague.locator('[data-invoice]').count(), 1)
  // What no list is narrowed by is passed over.
  await colleague.goto('/invoices?state=nonsense&model_id=x&else=1')
  await colleague.locator('[data-invoice="1"]').waitFor()
  await colleague.close()

  // The menu leads to all of them, and back to these.
  await page.click('[data-test=menu-invoices]')
  await lists([4, 3, 2, 1])
  assert.deepEqual(await shown(), ['', '全部状态', ''])
  await page.goBack()
  await lists([4])
  assert.deepEqual(await shown(), ['发票', '已核对', '300'])
  on.quiet()
})

test('a_list_that_may_be_stale_says_so_and_is_brought_up_to_date_by_itself', async () => {
  await page.goto('/invoices')
  await lists([4, 3, 2, 1])
  const hers = await hire(on, page, '王芳', [5, 6, 9, 10])
  const note = page.locator('[data-test=page-problem]', { hasText: '下面的内容停留在' })
  await page.context().setOffline(true)
  await note.waitFor()
  await on.shot(page, 'money-stale-zh')
  await upload(hers, 'later.png', (await print(on.browser, dinner({ 发票号码: '38400009' }))).picture)
  await hers.goto('/invoices')
  await hers.locator('[data-invoice="5"]').waitFor({ timeout: READ_MS })
  await lists([4, 3, 2, 1])
  await page.context().setOffline(false)
  await row(5).waitFor({ timeout: 30_000 })
  await note.waitFor({ state: 'detached' })
  await hers.context().close()
  on.quiet(/ERR_INTERNET_DISCONNECTED|WebSocket connection/)
})

test('whoever_wants_excel_is_told_not_to_take_the_csv', async () => {
  await page.goto('/invoices')
  await page.locator('[data-test=export-csv][href]').focus()
  await page.getByRole('tooltip').filter({ hasText: '用 Excel 打开请下载左边的 Excel 文件' }).waitFor()
  const english = await on.open({ locale: 'en', width: 1024 })
  await logIn(english, 'admin', on.box.password)
  await english.goto('/invoices')
  await english.locator('[data-test=export-csv]').hover()
  await english.getByRole('tooltip').filter({ hasText: 'Excel rewrites long numbers' }).waitFor()
  await english.locator('[data-sum=confirmed]', { hasText: 'Confirmed' }).waitFor()
  await english.locator('[data-invoice="1"]', { hasText: 'Read reliably' }).waitFor()
  await on.shot(english, 'money-list-en')
  await english.context().close()
  on.quiet()
})

test('no_hundred_per_cent_stands_beside_a_part_of_the_words', async () => {
  await page.goto('/invoices/1')
  const why = page.locator('[data-test=why]')
  await why.getByText(/\d+ 处固定文字中找到 \d+ 处/).waitFor()
  assert.doesNotMatch(await why.innerText(), /%/)
  on.quiet()
})

test('another_one_to_compare_with_is_shown_with_what_was_found_of_that_one', async () => {
  const say = (id, verb, data) => post(page, `/api/invoices/${id}/${verb}`, data)
  await page.goto('/invoices')
  await page.locator('[data-invoice]').first().waitFor()
  const last = Math.max(...(await listed()))
  const [first, second, third] = [1, 2, 3].map((n) => last + n)
  for (const id of [first, second, third]) {
    await hand(dinner({ 发票号码: '38400077', 开票日期: `2026年05月${10 + id}日` }), `${id}.png`)
    await row(id).waitFor({ timeout: READ_MS })
  }
  await say(second, 'duplicate', { decision: 'distinct' })
  await say(third, 'duplicate', { decision: 'distinct', of: first })
  await say(third, 'duplicate', { decision: 'distinct', of: second })
  await page.goto(`/invoices/${third}`)
  const double = page.locator('[data-test=double]')
  await double.getByText(`与发票 #${first} 不是重复`).waitFor()
  // Nothing is written to this one: another one is void, and restored.
  await say(first, 'void', { reason: '扫描不清' })
  await double.getByText(`与发票 #${second} 不是重复`).waitFor()
  await say(third, 'duplicate', { decision: null, of: second })
  await double.getByText(`与发票 #${second} 疑似重复`).waitFor()
  await say(second, 'void', { reason: '扫描不清' })
  await double.waitFor({ state: 'detached' })
  await page.locator('.tags', { hasText: '疑似重复' }).waitFor({ state: 'detached' })
  await say(second, 'restore', {})
  await double.getByText(`与发票 #${second} 疑似重复`).waitFor()
  await page.locator('.tags', { hasText: '疑似重复' }).waitFor()
  on.quiet()
})
