// The papers on one picture: shown as they were found, dragged, split, merged, turned, and read again so; what stood before is void.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { hire, logIn, post, problems, stage } from './box.mjs'
import { DIGITAL_XML, print, sheet, upload } from './paper.mjs'

/** Debug builds are slow. */
const READ_MS = 120_000
const DIGITAL = {
  title: '电子发票（普通发票）',
  rows: { '发票号码：': '26322000004478296111', '开票日期：': '2026年06月04日', '价税合计（大写）': '叁佰陆拾圆整', '（小写）': '¥360.00' },
}
const TAXI = {
  title: '出租汽车统一发票',
  rows: { 发票代码: '144001900110', 发票号码: '38200139', 日期: '2026年04月16日', 车号: '粤B-T0713', 金额: '46.00元' },
}
const MACHINE = {
  title: '通用机打发票',
  rows: { 发票代码: '144031901110', 发票号码: '07654321', 开票日期: '2026年04月17日', 合计金额: '¥88.00' },
}
let page
/** Where its papers lie. */
let desk
/** What was read of it. */
let read

const on = stage(async () => {
  page = await on.open({ width: 1366, height: 900 })
  await logIn(page, 'admin', on.box.password)
  const papers = await Promise.all([DIGITAL, TAXI, MACHINE].map(async (paper) => (await print(on.browser, paper)).picture))
  const [picture, slip, lying] = papers
  desk = await sheet(on.browser, 2300, 1760, [
    { picture, x: 60, y: 60 },
    { picture: slip, x: 1180, y: 110, turn: 3 },
    { picture: lying, x: 200, y: 940, turn: 90 },
  ])
  read = await awaited(await upload(page, 'three.png', desk.picture))
})

/** The invoices of an action, in the order in which they were read. */
async function awaited(action) {
  for (const end = Date.now() + READ_MS; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 200))) {
    const { invoices } = await (await page.request.get(`/api/invoices?action_id=${action}`)).json()
    if (invoices.length) return invoices.sort((a, b) => a.invoice_id - b.invoice_id)
  }
  throw new Error('it is not read')
}

/** Without pages: it imports nothing but types. */
async function maths() {
  const { default: ts } = await import('../../web/node_modules/typescript/lib/typescript.js')
  const { outputText } = ts.transpileModule(await readFile(new URL('../../web/src/lib/quads.ts', import.meta.url), 'utf8'), { compilerOptions: { module: 'ESNext', target: 'ES2022' } })
  return import(`data:text/javascript,${encodeURIComponent(outputText)}`)
}

test('a paper is four corners: what is bent or tiny, its halves, two as one, and which side is up', async () => {
  const { faultOf, fitQuad, merged, moved, quadOf, split, topOf, turned } = await maths()
  const size = { width: 1000, height: 800 }
  const level = quadOf({ x: 100, y: 100, width: 400, height: 200 })
  const [a, b, c, d] = level
  assert.equal(faultOf(level), null)
  assert.equal(faultOf([b, a, d, c]), 'bent', 'mirrored')
  assert.equal(faultOf([a, c, b, d]), 'bent', 'crossed')
  assert.equal(faultOf([a, b, [250, 160], d]), 'bent', 'dented')
  assert.equal(faultOf([a, b, c, [299, 201]]), 'bent', 'a triangle')
  assert.equal(faultOf(quadOf({ x: 0, y: 0, width: 400, height: 10 })), 'tiny')
  assert.equal(faultOf([[0, 0], [400, 0], [430, 20], [30, 20]]), 'tiny', 'long sides, hardly apart')

  assert.deepEqual(split(level, 'beside'), [quadOf({ x: 100, y: 100, width: 200, height: 200 }), quadOf({ x: 300, y: 100, width: 200, height: 200 })])
  assert.deepEqual(split(level, 'below'), [quadOf({ x: 100, y: 100, width: 400, height: 100 }), quadOf({ x: 100, y: 200, width: 400, height: 100 })])
  // Lying on its right side: what is beside on the picture is below on the paper, and stays as it lies.
  const lying = turned(level)
  assert.deepEqual(lying[0], b)
  assert.equal(topOf(lying).angle, 90)
  assert.deepEqual(split(lying, 'beside').map((half) => topOf(half).angle), [90, 90])
  assert.deepEqual(split(lying, 'beside').map((half) => Math.min(...half.map(([x]) => x))), [100, 300])
  assert.deepEqual(turned(turned(turned(lying))), level)

  assert.deepEqual(merged(split(level, 'beside'), size), level)
  assert.deepEqual(merged(split(lying, 'below'), size), lying)
  const askew = [[300, 100], [500, 200], [450, 300], [250, 200]]
  assert.deepEqual(merged(split(askew, 'beside'), size), askew)
  assert.equal(faultOf(merged([askew, level], size)), null)

  assert.deepEqual(moved(level, [0, 1, 2, 3], -500, 30, size), quadOf({ x: 0, y: 130, width: 400, height: 200 }), 'as a whole, as far as the edge')
  assert.deepEqual(moved(level, [2], 900, 900, size), [a, b, [1000, 800], d])
  assert.deepEqual(fitQuad([[-3, 0.4], b, [2000, 900], d], size), [[0, 0], b, [1000, 800], d])
})

const polygon = (n, who = page) => who.locator('[data-paper] polygon').nth(n - 1)
const count = (who = page) => who.locator('[data-paper]').count()
const box = (who = page) => who.locator('[data-test=papers-canvas]').boundingBox()
const naturalWidth = (who = page) => who.locator('[data-test=papers-canvas] img').evaluate((img) => img.naturalWidth)

/** In picture pixels. */
async function corners(n, who = page) {
  const scale = (await box(who)).width / (await naturalWidth(who))
  const points = await polygon(n, who).getAttribute('points')
  return points.split(' ').map((point) => point.split(',').map((value) => Math.round(value / scale)))
}

/** Ways on the screen of points on the picture. Ctrl: nothing snaps. */
async function drag(from, to, { snaps = false } = {}) {
  const { x, y, width } = await box()
  const scale = width / (await naturalWidth())
  const at = ([px, py]) => [x + px * scale, y + py * scale]
  await page.mouse.move(...at(from))
  if (!snaps) await page.keyboard.down('Control')
  await page.mouse.down()
  await page.mouse.move(...at(to), { steps: 5 })
  await page.mouse.up()
  if (!snaps) await page.keyboard.up('Control')
}

const middle = (quad) => [0, 1].map((of) => quad.reduce((sum, point) => sum + point[of], 0) / quad.length)
const near = (found, expected, by, what) => assert.ok(found.flat().every((value, n) => Math.abs(value - expected.flat()[n]) <= by), `${what}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`)
const why = (text, who = page) => who.locator('[data-test=papers-why]', { hasText: text }).waitFor()
const sending = (who = page) => who.locator('[data-test=papers-send]')

async function show(who, id) {
  await who.goto(`/invoices/${id}`)
  await who.click('[data-test=papers-open]')
  await polygon(1, who).waitFor()
  await who.waitForFunction(() => document.activeElement?.tagName === 'polygon')
}

test('what was found is shown with its invoices; a paper is moved, bent and turned, as far as it stays one', async () => {
  assert.deepEqual(read.map((one) => one.kind), ['digital_normal', 'taxi', 'machine'])
  await show(page, read[0].invoice_id)
  assert.equal(await count(), 3)
  for (const n of [1, 2, 3]) near(await corners(n), desk.corners[n - 1], 30, `paper ${n}`)
  await page.locator('[data-paper-row="2"]', { hasText: `发票 #${read[1].invoice_id}` }).getByText('38200139').waitFor()
  await polygon(3).and(page.getByRole('button', { name: `票据 3、发票 #${read[2].invoice_id} 07654321` })).waitFor()
  await why('与识别时相同')
  assert.ok(await sending().isDisabled())
  assert.deepEqual(await problems(page), [])
  await on.shot(page, 'papers-zh')

  const found = await corners(1)
  const [x, y] = middle(found)
  await drag([x - 90, y - 60], [x - 50, y - 30])
  near(await corners(1), found.map(([cx, cy]) => [cx + 40, cy + 30]), 3, 'moved')
  await why('共 3 张')
  await drag([x, y], [x - 900, y])
  const edge = await corners(1)
  assert.equal(Math.min(...edge.map(([cx]) => cx)), 0, 'no further than the edge')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Shift+ArrowDown')
  const now = await corners(1)
  assert.deepEqual(now, edge.map(([cx, cy]) => [cx + 1, cy + 10]))
  await drag(now[0], [now[0][0] + 700, now[0][1] + 300])
  await why('票据 1：四个角要围成向外凸的四边形')
  assert.ok(await sending().isDisabled())
  await on.shot(page, 'papers-bent-zh')
  await page.keyboard.press('Control+z')
  await why('共 3 张')
  // Drawn at the next frame, which a busy machine takes its time for.
  for (let tries = 50; tries && String(await corners(1)) !== String(now); tries -= 1) await page.waitForTimeout(100)
  assert.deepEqual(await corners(1), now)
  // A side, then a corner by keyboard, then another side up.
  await drag(middle([now[1], now[2]]), [now[1][0] - 100, middle([now[1], now[2]])[1]])
  near([(await corners(1))[1], (await corners(1))[2]], [[now[1][0] - 100, now[1][1]], [now[2][0] - 100, now[2][1]]], 3, 'a side')
  const before = await corners(1)
  await page.getByRole('button', { name: '票据 1 的右下角' }).focus()
  await page.keyboard.press('Shift+ArrowLeft')
  assert.deepEqual(await corners(1), before.map(([cx, cy], n) => (n === 2 ? [cx - 10, cy] : [cx, cy])))
  const [first] = before.slice(1)
  await page.click('[data-test=paper-turn]')
  assert.deepEqual((await corners(1))[0], first)
  on.quiet()
})

test('papers are split, merged, drawn and removed, each step is taken back, and nothing is lost by leaving', async () => {
  await show(page, read[0].invoice_id)
  const two = await corners(2)
  await page.click('[data-paper-row="2"] button')
  await page.click('[data-test=paper-beside]')
  assert.equal(await count(), 4)
  assert.ok(middle(await corners(2))[0] < middle(await corners(3))[0])
  await page.click('[data-test=paper-merge]')
  assert.equal(await count(), 3)
  near(await corners(2), two, 4, 'the halves together')
  await page.locator('[data-paper-row="2"]', { hasText: `发票 #${read[1].invoice_id}` }).waitFor()
  await page.click('[data-test=paper-below]')
  assert.ok(middle(await corners(2))[1] < middle(await corners(3))[1])
  await page.keyboard.press('Control+z')
  assert.equal(await count(), 3)

  await polygon(1).click()
  await polygon(3).click({ modifiers: ['Shift'] })
  await on.shot(page, 'papers-two-zh')
  await page.locator('[data-test=paper-merge]', { hasText: '合并选中的' }).click()
  assert.equal(await count(), 2)
  assert.equal(await page.locator('[data-paper-row="1"] a').count(), 2, 'of two invoices')
  await page.click('[data-test=paper-undo]')
  assert.equal(await count(), 3)
  await page.click('[data-test=paper-redo]')
  assert.equal(await count(), 2)
  await page.click('[data-test=paper-undo]')

  await drag([1500, 1100], [2100, 1600])
  assert.equal(await count(), 4)
  near(await corners(4), [[1500, 1100], [2100, 1100], [2100, 1600], [1500, 1600]], 3, 'drawn')
  await page.locator('[data-paper-row="4"]', { hasText: '还没有识别过' }).waitFor()
  await page.keyboard.press('Delete')
  assert.equal(await count(), 3)
  // Two edges that lie so close are one.
  const right = (await corners(2))[1][0]
  await drag([1500, 1100], [right + 8, 1600], { snaps: true })
  assert.equal((await corners(4))[1][0], right)
  for (let left = 3; left >= 0; left -= 1) {
    await polygon(1).click({ position: { x: 30, y: 30 }, force: true })
    await page.keyboard.press('Delete')
    assert.equal(await count(), left)
  }
  await why('请至少框出一张票据')
  assert.ok(await sending().isDisabled())
  await page.click('[data-test=paper-add]')
  await why('共 1 张')

  await page.keyboard.press('Escape')
  assert.equal(await page.locator('.paper.selected').count(), 0, 'first nothing is chosen')
  await page.keyboard.press('Escape')
  // A key goes to the dialog once that has the focus.
  await page.locator('.el-message-box', { hasText: '修改尚未保存' }).locator('button:focus').waitFor()
  await page.keyboard.press('Enter')
  await page.locator('.el-message-box').waitFor({ state: 'detached' })
  assert.equal(await count(), 1, 'still here')
  await page.keyboard.press('Escape')
  await page.locator('.el-message-box .el-button--danger').click()
  await page.locator('[data-test=papers]').waitFor({ state: 'detached' })
  assert.equal(await page.evaluate(() => document.activeElement?.dataset.test), 'papers-open')
  on.quiet()
})

test('on a telephone a finger drags, and two look closer and drag nothing', async () => {
  const context = await on.browser.newContext({ locale: 'zh-CN', viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, baseURL: on.box.url })
  const his = await context.newPage()
  await logIn(his, 'admin', on.box.password)
  await his.goto(`/invoices/${read[0].invoice_id}`)
  await his.tap('[data-test=papers-open]')
  await polygon(1, his).waitFor()
  await his.locator('[data-test=papers-canvas]').scrollIntoViewIfNeeded()
  const session = await context.newCDPSession(his)
  const { x, y, width } = await box(his)
  const scale = width / (await naturalWidth(his))
  const at = ([px, py], id = 0) => ({ x: x + px * scale, y: y + py * scale, id })
  const touch = (type, ...points) => session.send('Input.dispatchTouchEvent', { type, touchPoints: points })
  const found = await corners(1, his)
  const [mx, my] = middle(found)
  await touch('touchStart', at([mx, my]))
  for (const by of [40, 80, 120]) await touch('touchMove', at([mx + by, my + by]))
  await touch('touchEnd')
  near(await corners(1, his), found.map(([cx, cy]) => [cx + 120, cy + 120]), 60, 'dragged, to where it snaps')
  await on.shot(his, 'papers-telephone-zh')
  assert.deepEqual(await problems(his), [])
  const dragged = await corners(1, his)
  const [fx, fy] = [x + mx * scale, y + my * scale]
  const apart = (by) => [{ x: fx - by / 5, y: fy - by / 5, id: 0 }, { x: fx + 40 + by, y: fy + 40 + by, id: 1 }]
  await touch('touchStart', apart(0)[0])
  await touch('touchMove', apart(10)[0])
  await touch('touchStart', ...apart(10))
  for (let by = 20; by <= 200; by += 20) {
    await touch('touchMove', ...apart(by))
    await his.waitForTimeout(30)
  }
  await touch('touchEnd')
  await his.waitForFunction(() => visualViewport.scale > 1.2)
  assert.deepEqual(await corners(1, his), dragged)
  await context.close()
})

test('who may not change invoices is not offered it, and an XML has no picture', async () => {
  const her = await hire(on, page, '王芳', [5])
  await her.goto(`/invoices/${read[0].invoice_id}`)
  await her.locator('[data-test=original]').waitFor()
  assert.equal(await her.locator('[data-test=papers-open]').count(), 0)
  await her.context().close()
  const [{ invoice_id: id }] = await awaited(await upload(page, 'june.xml', Buffer.from(DIGITAL_XML)))
  await page.goto(`/invoices/${id}`)
  await page.locator('[data-test=void-invoice]').waitFor()
  assert.equal(await page.locator('[data-test=papers-open]').count(), 0)
  await post(page, `/api/invoices/${id}/void`, { reason: '试用' })
  on.quiet()
})

test('read again, each paper is an invoice; those of before are void and lead to them; who is overtaken loses nothing', async () => {
  const [id] = read.map((one) => one.invoice_id)
  await show(page, id)
  // Wrong at first: two are taken for one.
  await polygon(1).click()
  await polygon(2).click({ modifiers: ['Shift'] })
  await page.click('[data-test=paper-merge]')
  await page.click('[data-test=paper-beside]')
  for (const [n, n_] of [[1, 0], [2, 1]]) {
    for (const corner of [0, 1, 2, 3]) {
      await page.click(`[data-paper-row="${n}"] button`)
      await drag((await corners(n))[corner], desk.corners[n_][corner])
    }
  }
  for (const n of [1, 2]) near(await corners(n), desk.corners[n - 1], 4, `paper ${n}`)
  await on.shot(page, 'papers-marked-zh')

  // Meanwhile somebody else writes.
  const { version } = await (await page.request.get(`/api/invoices/${id}`)).json()
  const headers = { Origin: on.box.url }
  assert.equal((await page.request.patch(`/api/invoices/${id}`, { data: { version, fields: { 金额: '360.00' } }, headers })).status(), 200)
  const send = async () => {
    await sending().click()
    const question = page.locator('.el-message-box', { hasText: '原来的 3 张发票' })
    await question.getByText(read.map((one) => `#${one.invoice_id}`).join(' ')).waitFor()
    await on.shot(page, 'papers-sure-zh')
    await question.locator('.el-button--danger').click()
    await question.waitFor({ state: 'detached' })
  }
  await send()
  await page.locator('[data-test=papers-problem]', { hasText: '刚刚有变动' }).waitFor()
  near(await corners(1), desk.corners[0], 4, 'what was drawn is still there')
  await post(page, '/api/queue/pause', { reason: '换模板' })
  await send()
  await page.locator('[data-test=papers]').waitFor({ state: 'detached' })
  await page.locator('.el-message a', { hasText: '查看队列' }).waitFor()
  await page.locator('[data-test=read-again]', { hasText: '正按 3 张票据重新识别' }).waitFor()
  await on.shot(page, 'papers-waiting-zh')
  await post(page, '/api/queue/resume')
  await page.locator('[data-replaced]').nth(2).waitFor({ timeout: READ_MS })
  await page.locator('[data-test=facts]', { hasText: '已作废' }).waitFor()
  await on.shot(page, 'papers-replaced-zh')
  assert.equal(await page.locator('[data-test=papers-open]').count(), 0, 'what is void has no papers')

  const all = (await (await page.request.get('/api/invoices')).json()).invoices
  const stand = all.filter((one) => !one.void).sort((a, b) => a.invoice_id - b.invoice_id)
  assert.deepEqual(all.filter((one) => one.void && one.source !== 'xml').map((one) => one.invoice_id).sort(), read.map((one) => one.invoice_id).sort())
  assert.deepEqual(stand.map((one) => [one.kind, one.region_list['发票号码'].ocr_result]), [['digital_normal', '26322000004478296111'], ['taxi', '38200139'], ['machine', '07654321']])
  // Also when nothing is remembered here.
  await page.reload()
  await page.locator('[data-test=facts] a', { hasText: `#${stand[1].invoice_id}` }).click()
  await page.waitForURL(`**/invoices/${stand[1].invoice_id}`)
  on.quiet()
})

test('in English, from the review, by keyboard alone', async () => {
  const reader = await on.open({ locale: 'en-US' })
  await logIn(reader, 'admin', on.box.password)
  const { fault_list: faults } = await (await reader.request.get('/api/faults')).json()
  const { invoice_id: id } = faults[0]
  await reader.goto('/faults')
  await reader.click(`[data-fault="${id}"]`)
  await reader.locator(`[data-test=review][aria-label$="#${id}"] [data-test=papers-open]`).focus()
  await reader.keyboard.press('Enter')
  await polygon(1, reader).waitFor({ timeout: READ_MS })
  await reader.waitForFunction(() => document.activeElement?.tagName === 'polygon')
  const n = await count(reader)
  const found = await corners(1, reader)
  await reader.keyboard.press('Tab')
  await reader.keyboard.press('ArrowRight')
  assert.deepEqual(await corners(1, reader), found.map(([x, y], corner) => (corner === 0 ? [x + 1, y] : [x, y])))
  assert.deepEqual(await problems(reader), [])
  await on.shot(reader, 'papers-en')
  await reader.keyboard.press('Control+z')
  assert.deepEqual(await corners(1, reader), found)
  assert.equal((await (await reader.request.get('/api/faults')).json()).fault_list.length, faults.length, 'no review was taken back')
  await reader.keyboard.press('Escape')
  await reader.keyboard.press('Escape')
  await reader.locator('[data-test=papers]').waitFor({ state: 'detached' })

  await reader.keyboard.press('Enter')
  await polygon(1, reader).waitFor({ timeout: READ_MS })
  await reader.waitForFunction(() => document.activeElement?.tagName === 'polygon')
  await reader.keyboard.press('Delete')
  assert.equal(await count(reader), n - 1)
  await sending(reader).focus()
  await reader.keyboard.press('Enter')
  const question = reader.locator('.el-message-box', { hasText: `papers on it: ${n - 1}` })
  // A question takes the keyboard when it has opened.
  await question.locator('button:focus').waitFor()
  await question.locator('.el-button--danger').focus()
  await reader.keyboard.press('Enter')
  await reader.locator('[data-test=papers]').waitFor({ state: 'detached' })
  // Whoever looks at it when it becomes void is told so, and what stands instead.
  await reader.locator('[data-test=dealt]', { hasText: 'Voided by admin' }).locator('a').nth(n - 2).waitFor({ timeout: READ_MS })
  await on.shot(reader, 'papers-review-void-en')
  assert.equal(await reader.locator('[data-test=finish]').count(), 0)
  await reader.click('[data-test=next]')
  await reader.locator(`[data-test=review]:not([aria-label$="#${id}"])`).waitFor()
  on.quiet()
  await reader.context().close()
})
