// One search from any page: what it finds, by the keyboard alone, for whom; and what it says when there is nothing or the box is away.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hire, logIn, post, problems, stage } from './box.mjs'
import { DIGITAL_XML, DIGITAL_XML_NUMBER, upload } from './paper.mjs'

const READ_MS = 120_000
const FILE = '六月复印纸.xml'
let page
let task

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
  task = await upload(page, FILE, Buffer.from(DIGITAL_XML))
  await post(page, '/registerDevice', { DeviceSN: '18440001', CPUID: '39FFD6' })
  await page.goto('/invoices')
  await page.locator('[data-invoice="1"]').waitFor({ timeout: READ_MS })
})

async function open(who) {
  await who.locator('[data-test=finder]').waitFor()
  await who.keyboard.press('Control+k')
  await who.waitForFunction(() => document.activeElement?.dataset.test === 'find')
}
async function find(who, text) {
  await open(who)
  await who.locator('[data-test=find]').fill(text)
  await who.locator('[aria-busy=false][role=listbox]').waitFor()
}
const hits = (who, group) => who.locator(`[data-hit=${group}]`)
const wentTo = (who, place) => who.waitForURL((url) => decodeURIComponent(url.pathname + url.search) === place)

test('an invoice is found by its number here, its printed number, words, date, sum, file and task', async () => {
  for (const text of ['#1', DIGITAL_XML_NUMBER, '复印纸 六月', '示例科技', '2026.6.4', '360.2', FILE, `任务 ${task}`]) {
    await page.goto('/system')
    await find(page, text)
    const hit = hits(page, 'invoices').first()
    await hit.waitFor()
    assert.match(await hit.textContent(), /#1 .*示例科技有限公司.*360\.20/, text)
    await page.keyboard.press('Escape')
  }
  on.quiet()
})

test('by keys alone: open, type, choose, go; and lately opened things are there again', async () => {
  await page.goto('/labels')
  await find(page, FILE)
  await on.shot(page, 'finder-zh')
  assert.deepEqual(await problems(page), [])
  const marked = () => page.locator('[data-hit][aria-selected=true]')
  const named = async () => assert.equal(await page.locator('[data-test=find]').getAttribute('aria-activedescendant'), await marked().getAttribute('id'))
  await named()
  assert.equal(await marked().getAttribute('data-hit'), 'invoices')
  await page.keyboard.press('ArrowDown')
  await named()
  assert.equal(await marked().getAttribute('data-hit'), 'log')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  await wentTo(page, '/invoices/1')
  await page.goto('/system')
  await open(page)
  await page.locator('[data-hit]', { hasText: '#1' }).waitFor()
  await page.keyboard.press('Enter')
  await wentTo(page, '/invoices/1')
  on.quiet()
})

test('a page by its name; a CPUID; a user; a row of the log', async () => {
  for (const [text, group, place] of [
    ['模板', 'pages', '/templates'],
    ['39ffd6', 'devices', '/labels?device=18440001'],
    ['prodsys', 'people', '/people?tab=users&q=prodsys'],
    [FILE, 'log', `/log?q=${FILE}&span=all`],
  ]) {
    await page.goto('/system')
    await find(page, text)
    await hits(page, group).first().click()
    await wentTo(page, place)
  }
  on.quiet()
})

test('a code that ends with Enter opens what is called so, and Enter on many hits opens none before they are there', async () => {
  await page.goto('/system')
  await open(page)
  await page.keyboard.insertText('18440001')
  await page.keyboard.press('Enter')
  await wentTo(page, '/labels?device=18440001')
  await page.goto('/system')
  await open(page)
  await page.keyboard.insertText('6')
  await page.keyboard.press('Enter')
  await page.locator('[aria-busy=false][role=listbox]').waitFor()
  assert.match(page.url(), /\/system$/)
  await page.keyboard.press('Escape')
  on.quiet()
})

test('nobody finds what they may not see, nothing is said to be nothing, and an outage to be one', async () => {
  const hers = await hire(on, page, '王芳', [101])
  await find(hers, '18440001')
  await hits(hers, 'devices').waitFor()
  assert.deepEqual(await hers.locator('[data-hit]').evaluateAll((all) => all.map((each) => each.dataset.hit)), ['devices'])
  await hers.locator('[data-test=find]').fill('没有这样的东西')
  await hers.locator('[data-test=find-told]', { hasText: '没有找到“没有这样的东西”' }).waitFor()
  await hers.route('**/api/devices?**', (route) => route.abort())
  await hers.locator('[data-test=find]').fill('18440002')
  await hers.locator('[data-test=find-problem]', { hasText: '无法连接服务器' }).waitFor()
  assert.equal(await hers.locator('[data-test=find-told]').textContent(), '')
  on.quiet(/Failed to load|ERR_FAILED/)
})

test('with a question open the search stays away; on a telephone and in the dark it is whole', async () => {
  await page.goto('/labels')
  await page.click('[data-test=register]')
  await page.getByRole('dialog', { name: '注册设备' }).waitFor()
  await page.keyboard.press('Control+k')
  assert.equal(await page.locator('[data-test=find]').count(), 0)
  const small = await on.open({ locale: 'en-US', width: 360, height: 740 })
  await logIn(small, 'admin', on.box.password)
  await small.click('[data-test=theme]')
  await small.click('[data-test=finder]')
  await small.locator('[data-test=find]').fill('复印纸')
  await hits(small, 'invoices').waitFor()
  await on.shot(small, 'finder-360-en')
  assert.equal(await small.evaluate(() => document.documentElement.scrollWidth), 360)
  assert.deepEqual(await problems(small), [])
  on.quiet()
})
