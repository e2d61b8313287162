// The list as it is handed in: any field as a column, and the same columns in the file.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { logIn, post, stage } from './box.mjs'
import { dinner, learnDinner, print, upload } from './paper.mjs'

const READ_MS = 120_000
let page

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
  await learnDinner(on.browser, page)
})

const headers = () => page.locator('.rows-table th').allInnerTexts()

async function taken(kind, of = page) {
  const exported = of.waitForEvent('download')
  await of.click(`[data-test=export-${kind}]`)
  const file = await exported
  return { name: file.suggestedFilename().replace(/\d{4}-\d\d-\d\d/, 'DAY'), text: (await readFile(await file.path())).toString() }
}

test('any field is a column of the list and of the files under the name that accountants use', async () => {
  for (const [number, name] of [['38400001', '一月.png'], ['38400002', '二月.png']]) {
    await upload(page, name, (await print(on.browser, dinner({ 发票号码: number }))).picture)
  }
  await page.goto('/invoices')
  await page.locator('[data-invoice="2"]').waitFor({ timeout: READ_MS })
  const { version } = await (await page.request.get('/api/invoices/1')).json()
  const said = await page.request.patch('/api/invoices/1', { data: { version, fields: { 项目编号: 'P-7', 税额: '¥18.11' } }, headers: { Origin: on.box.url } })
  assert.equal(said.status(), 200, await said.text())
  await page.reload()
  await page.locator('[data-invoice="2"]').waitFor()
  const names = await headers()
  for (const name of ['开票日期', '价税合计', '购买方']) assert.ok(names.includes(name), `${name} of ${names}`)

  await page.click('[data-test=columns]')
  for (const name of ['项目编号', '税额', '购方税号', 'counted']) await page.click(`[data-column=${name}]`)
  for (const name of ['发票类型', 'template', 'user', 'time']) await page.click(`[data-column=${name}]`)
  await on.shot(page, 'statements-columns-zh')
  await page.keyboard.press('Escape')
  const wanted = ['发票代码', '发票号码', '开票日期', '价税合计', '购买方', '购方税号', '税额', '项目编号', '状态', '计入合计']
  assert.deepEqual((await headers()).slice(1), wanted)
  await page.locator('[data-invoice="1"]', { hasText: 'P-7' }).waitFor()
  const csv = await taken('csv')
  assert.equal(csv.name, '发票_DAY.csv')
  const [header, last, first] = csv.text.replace('\ufeff', '').split('\r\n')
  assert.deepEqual(header.split(','), ['编号', ...wanted])
  assert.match(first, /^1,011002210021,38400001,2026-04-16,320\.00,,,18\.11,P-7,已核对,是$/)
  assert.match(last, /^2,/)
  assert.equal((await taken('xlsx')).name, '发票_DAY.xlsx')
  assert.equal((await taken('zip')).name, '发票_DAY.zip')

  await page.reload()
  await page.locator('[data-invoice="2"]').waitFor()
  assert.deepEqual((await headers()).slice(1), wanted, 'they are kept')
  on.quiet()
})

test('the files speak the language that was chosen, not the one of the browser', async () => {
  await page.click('[data-test=language]')
  await page.locator('th', { hasText: 'Invoice date' }).waitFor()
  await on.shot(page, 'statements-en')
  const csv = await taken('csv')
  assert.equal(csv.name, 'invoices_DAY.csv')
  assert.match(csv.text, /^\ufeffNumber,Invoice code,Invoice number,Invoice date,Total,Buyer,/)
  await page.click('[data-test=language]')
  await page.locator('th', { hasText: '开票日期' }).waitFor()
  await page.goto('/invoices/1')
  await page.locator('label', { hasText: '价税合计' }).waitFor()
  assert.equal(await page.locator('label', { hasText: '中文金额' }).count(), 0)
  on.quiet()
})
