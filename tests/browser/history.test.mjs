// Who changed what into what: the line of time of an invoice, the log with its links, and addresses that bring back what was seen.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hire, logIn, post, stage } from './box.mjs'
import { DIGITAL_XML, DIGITAL_XML_NUMBER, upload } from './paper.mjs'

let page
let hers

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
  await upload(page, '六月.xml', Buffer.from(DIGITAL_XML))
  await page.goto('/invoices')
  await page.locator('[data-invoice="1"]').waitFor()
  await upload(page, '坏的.xml', Buffer.from(DIGITAL_XML.replace(DIGITAL_XML_NUMBER, '263220000044782')))
  hers = await hire(on, page, '王芳', [2, 5, 6, 7, 10, 18])
  await page.locator('[data-invoice="2"]').waitFor()
})

const row = (text) => page.locator('[data-log]', { hasText: text })

test('who_changed_an_invoice_and_what_it_was_takes_two_clicks_from_any_page', async () => {
  await hers.goto('/invoices/1')
  await hers.locator('#field-客户名称').fill('示例采购单位乙')
  await hers.click('[data-test=save-invoice]')
  await hers.getByText('修改已保存').first().waitFor()
  await page.goto('/queue')
  await page.click('[data-test=menu-invoices]')
  await page.locator('[data-invoice="1"] a').first().click()
  const history = page.locator('[data-test=history]')
  await history.locator('li', { hasText: '王芳' }).getByText(/购买方：.+ → 示例采购单位乙/).waitFor()
  await history.getByText('上传 六月.xml').waitFor()
  await history.getByText(/识别为.+来自XML/).waitFor()
  await on.shot(page, 'invoice-history-zh')
  // And from there, all that the log has of it.
  await page.click('[data-test=history-all]')
  await row(/修改发票 #1：.+ → 示例采购单位乙/).waitFor()
  assert.equal(await page.locator('[data-test=log-words]').inputValue(), '#1')
  await on.shot(page, 'log-invoice-zh')
  await row('修改发票 #1').getByRole('link', { name: '#1', exact: true }).click()
  await page.locator('#field-客户名称').waitFor()
  assert.match(page.url(), /\/invoices\/1$/)
  on.quiet()
})

test('the_log_is_found_by_a_file_an_invoice_a_deed_and_the_one_it_was_done_to', async () => {
  await page.goto('/log')
  for (const [words, found, others] of [
    ['六月.xml', '识别发票 六月.xml', '坏的.xml'],
    ['修改发票 #1', '修改发票 #1', '识别发票'],
    ['#1', '修改发票 #1', '添加用户'],
    ['添加用户 王芳', '添加用户 王芳', '修改发票 #'],
  ]) {
    await page.fill('[data-test=log-words]', words)
    await page.waitForURL((url) => url.searchParams.get('q') === words)
    await row(others).first().waitFor({ state: 'detached' })
    await row(found).first().waitFor()
  }
  await row('添加用户 王芳').getByRole('link', { name: '王芳' }).click()
  await page.locator('[data-user="王芳"]').waitFor()
  assert.equal(await page.locator('[data-user]').count(), 1, 'found on the page of users')
  await page.goBack()
  await row('添加用户 王芳').waitFor()
  assert.equal(await page.locator('[data-test=log-words]').inputValue(), '添加用户 王芳', 'as it was left')
  on.quiet()
})

test('a_row_of_the_log_opens_what_a_file_came_to_and_a_renamed_thing_by_its_new_name', async () => {
  const asking = { headers: { Origin: on.box.url } }
  const { group_id: id } = await (await page.request.post('/api/groups', { data: { group_name: '财务部' }, ...asking })).json()
  assert.equal((await page.request.patch(`/api/groups/${id}`, { data: { group_name: '财务一部' }, ...asking })).status(), 200)
  await page.goto('/log?span=all')
  const renamed = row('财务部 → 财务一部').getByRole('link')
  await renamed.waitFor()
  assert.deepEqual(await renamed.allInnerTexts(), ['财务部 → 财务一部'], 'nothing is called by the old name')
  await row('识别发票 六月.xml').getByRole('link', { name: '六月.xml' }).click()
  await page.locator('[data-invoice="1"]').waitFor()
  assert.equal(new URL(page.url()).searchParams.get('q'), '六月.xml')
  assert.equal(await page.locator('[data-invoice]').count(), 1)
  await page.request.get('/api/invoices/export.xlsx')
  await page.goto('/log?span=all')
  await row('导出发票').first().waitFor()
  assert.equal(await row('导出发票').getByRole('link').count(), 0, 'no invoice has the name of an export')
  on.quiet()
})

test('tabs_and_the_open_fault_are_in_the_address', async () => {
  await page.goto('/system')
  await page.getByRole('tab', { name: '备份' }).click()
  await page.waitForURL(/tab=backups/)
  await page.reload()
  await page.getByRole('tab', { name: '备份', selected: true }).waitFor()
  await page.goto('/faults?invoice=2')
  await page.locator('[data-fault="2"][aria-current]').waitFor()
  await page.goto('/labels?tab=all&q=1847')
  await page.getByRole('tab', { name: /全部/, selected: true }).waitFor()
  on.quiet()
})

test('what_a_person_entered_can_be_taken_back_from_the_line_of_time', async () => {
  await page.goto('/invoices/1')
  const before = page.locator('[data-test=history] [data-test=restore-value]').first()
  await before.click()
  await page.click('[data-test=save-invoice]')
  await page.getByText('修改已保存').first().waitFor()
  await page.locator('[data-test=history] li', { hasText: 'admin' }).getByText(/购买方：示例采购单位乙 → /).waitFor()
  const log = await (await page.request.get('/api/log?keyword=%231')).json()
  assert.match(log.action_list[0].action_description, /^修改发票 #1：.+示例采购单位乙 → /)
  await page.click('[data-test=void-invoice]')
  await page.fill('[data-test=void-reason]', '试')
  await page.click('[data-test=void-yes]')
  await page.locator('.el-message', { hasText: '已作废' }).waitFor()
  await page.locator('[data-test=history]', { hasText: '作废发票 #1：试' }).waitFor()
  assert.equal(await page.locator('[data-test=reopen]').count(), 0, 'a void invoice is not sent back to review')
  await page.click('[data-test=restore-invoice]')
  await page.locator('.el-message', { hasText: '已取消作废' }).waitFor()
  await page.locator('[data-test=reopen]').waitFor()
  on.quiet()
})

test('the_line_of_time_tells_the_reading_as_it_was_and_folds_what_is_handed_out_again_and_again', async () => {
  const typed = await page.request.patch('/api/invoices/1', { data: { fields: { 发票类型: '差旅发票' } }, headers: { Origin: on.box.url } })
  assert.equal(typed.status(), 200, await typed.text())
  for (let n = 0; n < 3; n += 1) await post(page, '/api/invoices/printed', { invoice_ids: [1] })
  await page.goto('/invoices/1')
  await page.getByText('差旅发票').first().waitFor()
  const history = page.locator('[data-test=history]')
  const read = await history.locator('li', { hasText: '识别为' }).innerText()
  assert.match(read, /识别为 电子发票（普通发票），来自XML$/, 'the type of the reading, and nothing least sure where all is certain')
  await history.getByText('导出、打印 3 次').click()
  assert.equal(await history.locator('[data-test=handed-out]').getByText('发起打印').filter({ visible: true }).count(), 3)
  await on.shot(page, 'invoice-folded-zh')
  on.quiet()
})
