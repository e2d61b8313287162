// Invoices are found by words as people write them, and put in an order by their columns.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logIn, problems, stage } from './box.mjs'
import { dinner, learnDinner, print, upload } from './paper.mjs'

const READ_MS = 120_000
let page

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
  await learnDinner(on.browser, page)
})

const listed = () => page.locator('[data-invoice]').evaluateAll((rows) => rows.map((each) => Number(each.dataset.invoice)))
const column = (name) => page.locator('th', { has: page.locator(`[data-sort="${name}"]`) })

async function lists(wanted) {
  await page.waitForFunction((ids) => JSON.stringify([...document.querySelectorAll('[data-invoice]')].map((each) => Number(each.dataset.invoice))) === JSON.stringify(ids), wanted).catch(async () => assert.deepEqual(await listed(), wanted))
}

async function say(id, fields) {
  const { version } = await (await page.request.get(`/api/invoices/${id}`)).json()
  const said = await page.request.patch(`/api/invoices/${id}`, { data: { version, fields, override: '票面如此' }, headers: { Origin: on.box.url } })
  assert.equal(said.status(), 200, await said.text())
}

test('several words, dates, sums and numbers find an invoice as people write them', async () => {
  for (const [n, number] of ['38400001', '38400002', '38400003'].entries()) {
    await upload(page, `票 ${n + 1}.png`, (await print(on.browser, dinner({ 发票号码: number }))).picture)
  }
  await page.goto('/invoices')
  await page.locator('[data-invoice="3"]').waitFor({ timeout: READ_MS })
  await say(1, { 日期: '2018年3月23日', 金额: '¥40,270.00', 销方名称: '湖北高速公路' })
  await say(2, { 日期: '2018-03-24', 金额: '-¥113.00', 销方名称: '安徽高速公路' })
  await page.reload()
  await lists([3, 2, 1])
  for (const [words, wanted] of [
    ['高速 38400001', [1]],
    ['３８４００００２　高速', [2]],
    ['2018/3/23', [1]],
    ['20180324', [2]],
    ['40,270', [1]],
    ['-113', [2]],
    ['#3', [3]],
    ['票 高速', [2, 1]],
  ]) {
    await page.fill('[data-test=invoice-seek]', words)
    await page.waitForURL((url) => url.searchParams.get('q') === words)
    await lists(wanted)
  }
  await on.shot(page, 'finding-zh')
  await page.fill('[data-test=invoice-seek]', '')
  await lists([3, 2, 1])
  on.quiet()
})

test('a click on a column puts the list in its order, the address keeps it, and back restores it', async () => {
  await page.click('[data-test=columns]')
  await page.click('[data-column=销方名称]')
  await page.keyboard.press('Escape')
  assert.equal(await column('金额').getAttribute('aria-sort'), 'none')
  assert.equal(await page.locator('[data-sort=发票号码]').count(), 0)
  await page.click('[data-sort=金额]')
  await lists([1, 3, 2])
  assert.equal(await column('金额').getAttribute('aria-sort'), 'descending')
  await page.locator('[data-sort=金额]').press('Enter')
  await lists([2, 3, 1])
  assert.equal(await column('金额').getAttribute('aria-sort'), 'ascending')
  await page.waitForURL(/order=amount/)
  assert.match(await page.getAttribute('[data-test=export-xlsx]', 'href'), /order=amount/)
  await page.click('[data-sort=日期]')
  await lists([3, 2, 1])
  await page.click('[data-sort=日期]')
  await lists([1, 2, 3])
  await page.click('[data-sort=销方名称]')
  await lists([2, 1, 3])
  assert.equal(await column('日期').getAttribute('aria-sort'), 'none')
  await page.fill('[data-test=invoice-seek]', '高速')
  await lists([2, 1])
  await page.waitForURL((url) => url.searchParams.get('order') === 'seller' && url.searchParams.get('q') === '高速')
  await on.shot(page, 'finding-order-zh')
  assert.deepEqual(await problems(page), [])

  await page.reload()
  await lists([2, 1])
  await page.locator('[data-invoice="1"] a').click()
  await page.waitForURL('**/invoices/1')
  await page.goBack()
  await lists([2, 1])
  assert.equal(await column('销方名称').getAttribute('aria-sort'), 'ascending')
  await page.click('[data-sort=销方名称]')
  await lists([1, 2])
  await page.click('[data-sort=销方名称]')
  await page.waitForURL((url) => !url.searchParams.has('order'))
  await lists([2, 1])
  assert.equal(await column('销方名称').getAttribute('aria-sort'), 'none')
  await page.goto('/invoices?order=nonsense')
  await lists([3, 2, 1])
  on.quiet()
})
