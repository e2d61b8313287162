// Two people at one invoice or template: nobody overwrites what they have not seen, leaving loses no edit.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hire, logIn, post, stage } from './box.mjs'
import { dinner, DINNER, learnDinner, print, upload } from './paper.mjs'

/** Debug builds are slow. */
const READ_MS = 120_000
let page
let hers

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
  await learnDinner(on.browser, page)
  hers = await hire(on, page, '王芳', [2, 5, 6, 10, 18])
  await upload(page, 'good.png', (await print(on.browser, dinner({}))).picture)
  await page.goto('/invoices')
  await page.locator('[data-invoice="1"]').waitFor({ timeout: READ_MS })
})

const invoice = async (id) => (await page.request.get(`/api/invoices/${id}`)).json()
const text = (found, posId) => found.region_list[posId].ocr_result
const field = (who, posId) => who.locator(`#field-${posId}`)
const template = async () => (await (await page.request.get('/invoice/getAllModel')).json()).model_list[0]

async function show(who, id) {
  await who.goto(`/invoices/${id}`)
  await field(who, '发票号码').waitFor()
}

async function save(who, posId, words) {
  await field(who, posId).fill(words)
  await who.click('[data-test=save-invoice]')
  await who.getByText('修改已保存').first().waitFor()
}

test('an_open_invoice_follows_what_a_colleague_saves', async () => {
  await show(page, 1)
  await show(hers, 1)
  await save(hers, '发票号码', '38200555')
  await page.getByText('王芳 刚刚修改了这张发票，已显示最新内容').waitFor()
  assert.equal(await field(page, '发票号码').inputValue(), '38200555')
  await page.locator('[data-test=history]', { hasText: '38200139 → 38200555' }).waitFor()
  on.quiet()
})

test('what_is_typed_here_and_saved_there_is_told_apart_before_either_is_lost', async () => {
  await show(page, 1)
  await show(hers, 1)
  await field(page, '发票代码').fill('011002210099')
  await save(hers, '发票代码', '011002210088')
  const note = page.locator('[data-test=stale]')
  await note.getByText('011002210021 → 011002210088').waitFor()
  await note.getByText('您填写的：011002210099').waitFor()
  await on.shot(page, 'invoice-stale-zh')
  assert.ok(await page.locator('[data-test=save-invoice]').isDisabled())
  assert.equal(await field(page, '发票代码').inputValue(), '011002210099', 'what is being typed stays')
  await page.click('[data-test=keep-mine]')
  await page.click('[data-test=save-invoice]')
  await page.locator('[data-test=history]', { hasText: '011002210088 → 011002210099' }).waitFor()
  on.quiet()
})

test('a_page_without_the_news_is_refused_and_then_shows_it', async () => {
  await show(page, 1)
  await show(hers, 1)
  await page.route('**/api/invoices/1', (route) => (route.request().method() === 'GET' ? route.abort() : route.continue()))
  await save(hers, '发票代码', '011002210077')
  await page.getByText('下面显示的可能已经过时').waitFor()
  await field(page, '发票代码').fill('011002210066')
  await page.click('[data-test=save-invoice]')
  await page.locator('[data-test=stale]', { hasText: '011002210077' }).waitFor()
  assert.equal(text(await invoice(1), '发票代码'), '011002210077')
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await page.click('[data-test=take-theirs]')
  assert.equal(await field(page, '发票代码').inputValue(), '011002210077')
  on.quiet(/Failed to load|ERR_FAILED/)
})

test('leaving_an_invoice_with_unsaved_edits_asks_by_link_and_by_back', async () => {
  await page.goto('/invoices')
  await page.locator('[data-invoice="1"] a').first().click()
  await field(page, '发票号码').fill('38200777')
  for (const leave of [() => page.click('[data-test=menu-templates]'), () => page.goBack()]) {
    await leave()
    await page.getByText('修改尚未保存，确定离开吗？').waitFor()
    await page.getByRole('button', { name: '继续编辑' }).click()
    await page.getByText('修改尚未保存，确定离开吗？').waitFor({ state: 'hidden' })
    assert.match(page.url(), /\/invoices\/1$/)
  }
  assert.equal(await field(page, '发票号码').inputValue(), '38200777')
  await page.click('[data-test=menu-templates]')
  await page.getByRole('button', { name: '离开', exact: true }).click()
  await page.waitForURL('**/templates')
  on.quiet()
})

test('an_older_value_comes_back_from_the_history', async () => {
  await show(page, 1)
  await page.locator('[data-test=history] li', { hasText: '38200139 → 38200555' }).locator('[data-test=restore-value]').click()
  assert.equal(await field(page, '发票号码').inputValue(), '38200139')
  await page.click('[data-test=save-invoice]')
  await page.locator('[data-test=history]', { hasText: '38200555 → 38200139' }).waitFor()
  assert.equal(text(await invoice(1), '发票号码'), '38200139')
  on.quiet()
})

test('an_invoice_that_was_changed_and_one_that_was_reviewed_go_back_to_review', async () => {
  await show(page, 1)
  // Edited by people, it counts as reviewed.
  await page.locator('[data-test=state]', { hasText: '已核对' }).waitFor()
  await page.click('[data-test=reopen]')
  await page.locator('[data-test=state]', { hasText: '待核对' }).waitFor()
  const { version } = await invoice(1)
  await post(hers, '/api/faults/1/resolve', { version })
  await page.locator('[data-test=state]', { hasText: '已核对' }).waitFor()
  await page.locator('[data-test=facts]', { hasText: '王芳 已核对' }).waitFor()
  await on.shot(page, 'invoice-reviewed-zh')
  await page.click('[data-test=reopen]')
  await page.locator('[data-test=state]', { hasText: '待核对' }).waitFor()
  await page.locator('[data-test=fault-badge]', { hasText: '1' }).waitFor()
  on.quiet()
})

test('typed_values_are_checked_on_the_invoice_page_too_and_written_one_way', async () => {
  await show(page, 1)
  await field(page, '金额').fill('¥145.19')
  await page.click('[data-test=save-invoice]')
  await page.locator('[data-test=field-problem]', { hasText: '金额' }).first().waitFor()
  assert.equal(text(await invoice(1), '金额'), '¥320.00')
  await page.click('[data-test=override]')
  await page.fill('[data-test=override-reason]', '票面如此')
  await page.click('[data-test=override-save]')
  await page.locator('[data-test=history]', { hasText: '¥320.00 → ¥145.19' }).waitFor()
  await field(page, '金额').fill('320')
  await field(page, '日期').fill('2026.4.2')
  await page.click('[data-test=save-invoice]')
  await page.waitForFunction(() => document.getElementById('field-日期').value === '2026-04-02')
  assert.equal(await field(page, '金额').inputValue(), '¥320.00')
  on.quiet()
})

async function edit(who) {
  await who.goto('/templates/1')
  await who.locator('.area').first().waitFor()
}

async function rename(who, name) {
  await who.fill('[data-test=template-label]', name)
  await who.click('[data-test=save-template]')
  await who.locator('[data-template]', { hasText: name }).waitFor({ timeout: READ_MS })
}

test('a_stale_template_is_told_of_and_overwrites_nothing', async () => {
  await edit(page)
  await edit(hers)
  await page.fill('[data-test=quota]', '50')
  await rename(hers, '餐饮发票（新）')
  await page.locator('[data-test=template-stale]', { hasText: '您的修改没有保存' }).waitFor()
  await on.shot(page, 'template-stale-zh')
  assert.ok(await page.locator('[data-test=save-template]').isDisabled())
  await page.locator('[data-test=template-label]').press('Enter')
  assert.equal((await template()).model_label, '餐饮发票（新）')
  await page.click('[data-test=take-theirs]')
  await page.locator('.el-message-box').getByRole('button', { name: '载入最新内容（放弃我的修改）' }).click()
  await page.locator('[data-test=template-stale]').waitFor({ state: 'detached' })
  assert.equal(await page.inputValue('[data-test=template-label]'), '餐饮发票（新）')
  assert.equal(await page.inputValue('[data-test=quota]'), '')
  on.quiet()
})

test('a_template_editor_without_the_news_is_refused', async () => {
  // No news of the colleague's change.
  await page.routeWebSocket('**/webSocketServer', () => {})
  await edit(page)
  await edit(hers)
  await page.fill('[data-test=template-label]', '旧的名称')
  await rename(hers, '更新的名称')
  await page.click('[data-test=save-template]')
  await page.locator('[data-test=template-stale]').waitFor()
  const { model_label, version } = await template()
  assert.equal(model_label, '更新的名称')
  assert.ok(version > 1)
  on.quiet(/WebSocket/)
  await page.context().close()
})

test('a_template_that_nobody_edits_here_follows_its_colleague', async () => {
  page = await on.open({ locale: 'en' })
  await logIn(page, 'admin', on.box.password)
  await edit(page)
  await edit(hers)
  await rename(hers, DINNER.title)
  await page.getByText('Somebody else has just changed the template').waitFor()
  assert.equal(await page.inputValue('[data-test=template-label]'), DINNER.title)
  on.quiet()
})

test('two_changes_of_one_template_in_the_queue_are_not_both_made', async () => {
  const { version, json_model } = await template()
  await post(page, '/api/queue/pause', {})
  const json = typeof json_model === 'string' ? JSON.parse(json_model) : json_model
  const change = (who, label) =>
    who.request.post('/invoice/addModel', {
      data: { modelAction: { json_model: { ...json, global_setting: { ...json.global_setting, label } }, model_id: 1, version }, type: 1 },
      headers: { Origin: on.box.url },
    })
  const answers = [await change(page, '第一个'), await change(hers, '第二个')]
  await post(page, '/api/queue/resume', {})
  while ((await template()).version === version) await page.waitForTimeout(100)
  await page.waitForTimeout(1_000)
  assert.deepEqual([answers.map((each) => each.status()), (await template()).model_label], [[200, 409], '第一个'])
  on.quiet()
})
