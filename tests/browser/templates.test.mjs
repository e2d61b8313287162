// A template of an invoice that nothing fits: offered on its page and in its review, with the areas drawn, corrected and saved.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hire, logIn, stage } from './box.mjs'
import { PARKING, print, upload } from './paper.mjs'

/** Debug builds are slow. */
const READ_MS = 120_000
const FORM = {
  title: '示例商贸销售凭单',
  rows: { '销售单号：': '20260017', '日期：': '2026年03月05日', '客户名称：': '示例采购单位', '合计金额：': '¥113.00' },
}
let page

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
})

const invoices = async () => (await (await page.request.get('/api/invoices')).json()).invoices

/** Returns the invoice's id. */
async function hand(paper, name) {
  const action = await upload(page, name, (await print(on.browser, paper)).picture)
  const end = Date.now() + READ_MS
  for (;;) {
    const found = (await invoices()).find((each) => each.action_id === action)
    if (found) return found.invoice_id
    assert.ok(Date.now() < end, 'it is read')
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

const areas = (where) => where.locator('.side li strong').allTextContents()

test('an invoice that nothing fits is drawn as a template in one click, corrected, saved, and then read', async () => {
  const id = await hand(FORM, 'form.png')
  await page.goto(`/invoices/${id}`)
  await page.locator('[data-test=make-template]', { hasText: '用这张票制作模板' }).waitFor()
  await on.shot(page, 'template-of-invoice-zh')
  await page.click('[data-test=make-template]')
  await page.locator('[data-test=proposed]', { hasText: '框出' }).waitFor({ timeout: READ_MS })
  assert.equal(await page.inputValue('[data-test=template-label]'), FORM.title)
  const found = await areas(page)
  for (const area of ['发票号码', '开票日期', '购买方', '价税合计']) assert.ok(found.includes(area), `${area} of ${found}`)
  await page.waitForFunction(() => document.querySelector('.canvas img')?.naturalWidth > 500)
  await on.shot(page, 'template-proposed-zh')
  assert.equal((await (await page.request.get('/invoice/getAllModel')).json()).total, 0, 'nothing is saved by itself')
  await page.fill('[data-test=template-label]', '示例销售凭单')
  await page.click('[data-test=save-template]')
  await page.waitForURL('**/templates')
  await page.locator('[data-template]', { hasText: '示例销售凭单' }).waitFor({ timeout: READ_MS })
  const again = await hand(FORM, 'again.png')
  const { region_list: regions, model_label: label } = (await invoices()).find((each) => each.invoice_id === again)
  assert.equal(label, '示例销售凭单')
  assert.equal(regions['发票号码'].ocr_result, '20260017')
  on.quiet()
})

test('in English, from the review; where nothing is found the picture is there alone', async () => {
  const id = await hand(PARKING, 'parking.png')
  const reader = await on.open({ locale: 'en-US' })
  await logIn(reader, 'admin', on.box.password)
  await reader.goto('/faults')
  await reader.click(`[data-fault="${id}"]`)
  await reader.locator(`[data-test=review][aria-label*="${id}"] [data-test=make-template]`).waitFor()
  await on.shot(reader, 'template-of-fault-en')
  await reader.click('[data-test=make-template]')
  await reader.locator('[data-test=proposed]', { hasText: 'please draw the areas yourself' }).waitFor({ timeout: READ_MS })
  await reader.waitForFunction(() => document.querySelector('.canvas img')?.naturalWidth > 200)
  await on.shot(reader, 'template-not-proposed-en')
  const first = (await invoices()).at(-1).invoice_id
  await reader.goto(`/templates/new?invoice=${first}`)
  await reader.locator('[data-test=proposed]', { hasText: 'Areas drawn by the words' }).waitFor({ timeout: READ_MS })
  assert.ok((await areas(reader)).includes('Invoice number'))
  await on.shot(reader, 'template-proposed-en')
  on.quiet()
  await reader.close()
})

test('from the console, where the paper was dropped', async () => {
  const id = (await invoices()).find((each) => each.file_name === 'parking.png').invoice_id
  await page.goto('/console')
  await page.locator('[data-finished]', { hasText: 'parking.png' }).click()
  await page.locator('aside [data-test=make-template]').waitFor()
  await on.shot(page, 'template-of-console-zh')
  await page.click('aside [data-test=make-template]')
  await page.waitForURL(`**/templates/new?invoice=${id}`)
  await page.locator('[data-test=proposed]').waitFor({ timeout: READ_MS })
  // What a template reads is not offered it.
  await page.goto('/console')
  await page.locator('[data-finished]', { hasText: 'again.png' }).click()
  await page.locator('[data-test=template]', { hasText: '示例销售凭单' }).waitFor()
  assert.equal(await page.locator('[data-test=make-template]').count(), 0)
  on.quiet()
})

test('who may not add templates is not offered it', async () => {
  const his = await hire(on, page, '王芳', [5, 6, 10])
  const unknown = (await invoices()).find((each) => each.kind === 'unknown').invoice_id
  await his.goto(`/invoices/${unknown}`)
  await his.locator('[data-test=original]').waitFor()
  assert.equal(await his.locator('[data-test=make-template]').count(), 0)
  on.quiet()
  await his.close()
})
