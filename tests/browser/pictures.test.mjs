// Labels that a browser prints are the box's own pictures: how they come, and what is done without one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { labelOfPrinters, labelShown, logIn, post, problems, stage } from './box.mjs'

const MANY = 45
const PICTURES = '**/api/labels/pictures'

const LOOK = { width: 40, height: 30, id: null, rotate: 0, serial: true, cpuid: true, date: true, text: '', copies: 1, dpi: 203, elements: null }

let page
let serials
/** What the page asked. */
let asked = []

const on = stage(async () => {
  page = await on.open()
  page.on('request', (request) => {
    if (request.url().endsWith('/api/labels/pictures')) asked.push(request.postDataJSON())
  })
  await page.addInitScript(() => {
    window.printed = 0
    window.print = () => (window.printed += [...document.querySelectorAll('.print-view .label')].every((label) => label.querySelector('img')) ? 1 : 1000)
  })
  await logIn(page, 'prodsys', '123')
  await page.evaluate((look) => localStorage.setItem('paperline.label', JSON.stringify(look)), LOOK)
  const devices = Array.from({ length: MANY }, (_, i) => ({ CPUID: `39FFD605-${1000 + i}` }))
  serials = (await post(page, '/registerDevice', { devices })).devices.map((device) => device.DeviceSN)
})

const row = (serial, where = page) => where.locator(`[data-serial="${serial}"]`)
const sheet = (serial, where = page) => where.locator(`[data-label="${serial}"]`)
const drawing = (words) => page.locator('[data-test=drawing]', { hasText: words }).waitFor()
const whole = (where = page) => where.locator('[data-test=drawing]').waitFor({ state: 'detached' })
const stateOf = async (serial) => (await (await page.request.get(`/api/devices/${serial}`)).json()).label
const printed = () => page.evaluate(() => window.printed)

/** Lets each request go on only when it is told to. */
async function hold() {
  const waiting = []
  let heard = () => {}
  await page.route(PICTURES, async (route) => {
    await new Promise((go) => {
      waiting.push(go)
      heard()
    })
    await route.continue().catch(() => {})
  })
  return async () => {
    while (!waiting.length) await new Promise((come) => (heard = come))
    waiting.shift()()
  }
}

test('labels are drawn in portions, one picture a label however many copies, and nothing is printed before the last is there', async () => {
  const next = await hold()
  await page.locator('[data-test=unprinted-total]', { hasText: String(MANY) }).waitFor()
  await page.click('[data-test=choose-all]')
  await page.click('[data-test=print]')
  await drawing(`正在绘制 0 / ${MANY}`)
  await next()
  await drawing(`正在绘制 20 / ${MANY}`)
  await page.locator('[data-test=copies] input').fill('2')
  await page.keyboard.press('Tab')
  assert.equal(await sheet(serials[0]).locator('img').count(), 2)
  await on.shot(page, 'pictures-drawing-zh')
  await page.keyboard.press('Control+p')
  await next()
  await drawing(`正在绘制 40 / ${MANY}`)
  assert.equal(await printed(), 0)
  assert.equal(await stateOf(serials[0]), 'new', 'nothing is written down as sent either')
  await next()
  await page.locator('[data-test=after-print]').waitFor()
  assert.equal(await printed(), 1, 'all labels had their pictures')
  assert.deepEqual(asked.map(({ devices }) => devices.length), [20, 20, 5])
  await page.unroute(PICTURES)
  await page.click('[data-all=printed]')
  await page.click('[data-test=confirm-mark]')
  await row(serials[0]).waitFor({ state: 'detached' })
  on.quiet()
})

test('another look is asked for anew, and what still comes of the one before is dropped', async () => {
  const { devices } = await post(page, '/registerDevice', { devices: Array.from({ length: 25 }, (_, i) => ({ CPUID: `LOOK-${i}` })) })
  const last = devices.at(-1)
  await page.locator('[data-test=unprinted-total]', { hasText: '25' }).waitFor()
  const next = await hold()
  asked = []
  await page.click('[data-test=choose-all]')
  await page.click('[data-test=print]')
  await next()
  await drawing('20 / 25')
  await page.fill('[data-test=label-text]', '第二版')
  await drawing('0 / 25')
  assert.equal(await page.locator('.print-view .label img').count(), 0, 'no picture of another look')
  // The old portion, then the new ones.
  for (let i = 0; i < 3; i += 1) await next()
  await whole()
  await page.unroute(PICTURES)
  const now = asked.filter(({ elements }) => elements.some(({ value }) => value === '第二版'))
  assert.equal(now.flatMap(({ devices }) => devices).length, 25, 'each once')
  for (const { DeviceSN, CPUID } of [devices[0], last]) {
    const { of, png } = await labelShown(sheet(DeviceSN).first())
    assert.equal(of, `${DeviceSN} ${CPUID}`)
    assert.equal(png, await labelOfPrinters(page, now[0], DeviceSN))
  }
  await page.fill('[data-test=label-text]', '')
  await page.locator('[data-test=copies] input').fill('1')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Escape')
  await page.locator('.print-view').waitFor({ state: 'detached' })
  await post(page, '/switchPrintStatus', { DeviceSNList: devices.map(({ DeviceSN }) => DeviceSN) })
  await page.locator('[data-test=unprinted-total]', { hasText: '25' }).waitFor({ state: 'detached' })
  on.quiet()
})

test('a label that can’t be drawn is named with the box’s words, and nothing is printed until it can be', async () => {
  const narrow = [{ kind: 'qr', x_mm: 1, y_mm: 1, w_mm: 20, h_mm: 20, value: '{SN}' }, { kind: 'text', x_mm: 22, y_mm: 5, w_mm: 16, h_mm: 1.2, value: '{CPUID}' }]
  const made = await page.request.post('/api/labels', { data: { name: '窄', width_mm: 40, height_mm: 30, elements: narrow }, headers: { Origin: on.box.url } })
  assert.equal(made.status(), 201, await made.text())
  const { devices } = await post(page, '/registerDevice', { devices: [{ CPUID: 'SHORT-1' }, { CPUID: 'L'.repeat(64) }] })
  const [short, long] = devices.map(({ DeviceSN }) => DeviceSN)
  for (const serial of [short, long]) await row(serial).click()
  await page.click('[data-test=print]')
  await page.locator('[data-test=look]').click()
  await page.getByRole('option', { name: '窄' }).click()
  const said = page.locator('[data-test=not-drawn]', { hasText: '太小，印出来看不清' })
  await said.waitFor()
  assert.ok((await said.innerText()).includes(long) && !(await said.innerText()).includes(short))
  assert.match(await sheet(long).innerText(), /太小/)
  assert.equal((await labelShown(sheet(short))).of, `${short} SHORT-1`)
  assert.ok(await page.locator('[data-test=print-now]').isDisabled())
  const before = await printed()
  await page.keyboard.press('Control+p')
  await on.shot(page, 'pictures-refused-zh')
  assert.deepEqual([await printed(), await stateOf(short), await stateOf(long)], [before, 'new', 'new'])
  await page.locator('[data-test=look]').click()
  await page.getByRole('option', { name: '40 × 30' }).click()
  await labelShown(sheet(long))
  assert.equal(await said.count(), 0)
  assert.ok(await page.locator('[data-test=print-now]').isEnabled())
  // A box that is busy is asked again.
  await page.route(PICTURES, (route) => route.fulfill({ status: 503, json: { err: '系统正忙，请稍后再试', code: 'unavailable' } }))
  await page.fill('[data-test=label-text]', '样品')
  await page.locator('[data-test=drawing-problem]', { hasText: '系统正忙' }).waitFor()
  assert.ok(await page.locator('[data-test=print-now]').isDisabled())
  await page.unroute(PICTURES)
  await page.locator('[data-test=drawing-problem]').getByRole('button', { name: '再试一次' }).click()
  await labelShown(sheet(long))
  assert.ok(await page.locator('[data-test=print-now]').isEnabled())
  await page.fill('[data-test=label-text]', '')
  await page.keyboard.press('Escape')
  on.quiet()
})

test('a look is printed as it is kept, however large it is', async () => {
  const element = { kind: 'qr', x_mm: 150, y_mm: 5, w_mm: 80, h_mm: 80, value: '{SN}' }
  const wide = { name: '宽', width_mm: 250, height_mm: 100, rotate: 0, elements: [element] }
  const made = await page.request.post('/api/labels', { data: wide, headers: { Origin: on.box.url } })
  assert.equal(made.status(), 201, await made.text())
  const serial = (await post(page, '/registerDevice', { devices: [{ CPUID: 'WIDE-1' }] })).devices[0].DeviceSN
  await row(serial).click()
  await page.click('[data-test=print]')
  await page.locator('[data-test=look]').click()
  asked = []
  await page.getByRole('option', { name: '宽' }).click()
  await page.waitForFunction(() => document.querySelector('.print-view .label')?.style.width === '250mm')
  const { mm, png } = await labelShown(sheet(serial))
  assert.ok(Math.abs(mm[0] - 250) < 0.1 && Math.abs(mm[1] - 100) < 0.1, `${mm} mm`)
  const { width_mm, height_mm, elements } = asked.at(-1)
  assert.deepEqual({ width_mm, height_mm, elements }, { width_mm: 250, height_mm: 100, elements: [element] })
  assert.equal(png, await labelOfPrinters(page, asked.at(-1), serial))
  assert.equal(await page.getByText('有修改，尚未保存到系统').count(), 0)
  await page.locator('[data-test=look]').click()
  await page.getByRole('option', { name: '40 × 30' }).click()
  await page.keyboard.press('Escape')
  on.quiet()
})

test('a look that a colleague has drawn anew is printed as it is now, and a long text stays whole', async () => {
  const text = '产品'.repeat(30)
  const code = { kind: 'qr', x_mm: 1, y_mm: 1, w_mm: 18, h_mm: 18, value: '{SN}' }
  const words = { kind: 'text', x_mm: 20, y_mm: 1, w_mm: 79, h_mm: 18, value: text }
  const headers = { Origin: on.box.url }
  const made = await page.request.post('/api/labels', { data: { name: '常用', width_mm: 100, height_mm: 20, elements: [code, words] }, headers })
  const { label_id } = await made.json()
  const open = async () => {
    await row(serials.at(-1)).or(page.locator('[data-serial]')).first().click()
    await page.click('[data-test=print]')
  }
  await open()
  await page.locator('[data-test=look]').click()
  await page.getByRole('option', { name: '常用' }).click()
  await page.waitForFunction(() => document.querySelector('.print-view .label')?.style.width === '100mm')
  await whole()
  await page.reload()
  await page.request.patch(`/api/labels/${label_id}`, { data: { elements: [{ ...code, value: '{SN} {CPUID}' }, words] }, headers })
  asked = []
  await open()
  await page.waitForFunction(() => document.querySelector('.print-view .label img'))
  await whole()
  assert.deepEqual(asked.at(-1).elements.map(({ value }) => value), ['{SN} {CPUID}', text])
  assert.equal(await page.getByText('有修改，尚未保存到系统').count(), 0)
  await page.locator('[data-test=look]').click()
  await page.getByRole('option', { name: '40 × 30' }).click()
  await page.keyboard.press('Escape')
  on.quiet()
})

test('labels in real size on every screen: small, turned, fine, in the dark', async () => {
  const looks = [
    ['pictures-40x30-zh', 'zh-CN', 1280, {}],
    ['pictures-12x6-en-dark', 'en-US', 1280, { width: 12, height: 6, dpi: 600, serial: true, cpuid: false, date: false }],
    ['pictures-turned-en-dark', 'en-US', 1280, { width: 50, height: 20, rotate: 90, dpi: 300 }],
    ['pictures-phone-zh', 'zh-CN', 360, {}],
    ['pictures-phone-en-dark', 'en-US', 360, { text: 'Line 2' }],
  ]
  const list = async (where) => (await (await where.request.get('/searchNoPrint')).json()).DeviceSNList
  for (const [name, locale, width, change] of looks) {
    const other = await on.open({ locale, width, height: width < 500 ? 740 : 800 })
    await logIn(other, 'prodsys', '123')
    const look = { ...LOOK, ...change }
    await other.evaluate((look) => localStorage.setItem('paperline.label', JSON.stringify(look)), look)
    if (name.endsWith('dark')) await other.evaluate(() => localStorage.setItem('paperline.dark', 'true'))
    await other.goto('/labels')
    const some = (await list(other)).slice(0, 6)
    for (const serial of some) await row(serial, other).click()
    await other.click('[data-test=print]')
    await sheet(some.at(-1), other).locator('img').waitFor()
    await whole(other)
    const paper = look.rotate ? [look.height, look.width] : [look.width, look.height]
    const { mm, dots } = await labelShown(sheet(some[0], other))
    for (const i of [0, 1]) {
      assert.equal(dots[i], Math.round((paper[i] * look.dpi) / 25.4), name)
      assert.ok(Math.abs(mm[i] - paper[i]) < 0.1, `${name}: ${mm[i]} mm`)
    }
    if (width < 500) await sheet(some[0], other).scrollIntoViewIfNeeded()
    await on.shot(other, name)
    assert.deepEqual(await problems(other), [], name)
    await other.keyboard.press('Escape')
    await other.locator('.print-view').waitFor({ state: 'detached' })
    await other.context().close()
  }
  on.quiet()
})
