// Drawing a template by hand: rows that stand close, what is refused, what is taken back, and what the print on the picture proposes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logIn, post, problems, stage } from './box.mjs'
import { print } from './paper.mjs'

/** Debug builds are slow. */
const READ_MS = 120_000
const FORM = {
  title: '示例商贸销售凭单',
  rows: { '发票代码：': '044001912111', '发票号码：': '20260017', '日期：': '2026年03月05日', '客户名称：': '示例采购单位', '合计金额：': '¥113.00' },
}
/** Rows 20 px apart. */
const CLOSE = `<body style="margin:0"><div style="width:600px;height:300px;background:#fff;font:14px/20px sans-serif;padding:40px">
  <div>044001912111</div><div>38200139</div><div>2026-04-16</div></div></body>`

let page
let form

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
  form = await print(on.browser, FORM)
})

async function drawn(html) {
  const sheet = await on.browser.newPage({ viewport: { width: 700, height: 400 } })
  await sheet.setContent(html)
  const picture = await sheet.locator('body > div').screenshot()
  await sheet.close()
  return picture
}

/** What the box says of the print is held back until `go` is called; it then comes as it was. */
async function held(where) {
  let go
  const until = new Promise((resolve) => (go = resolve))
  await where.route('**/api/template-drafts', async (route) => {
    const answer = await route.fetch({ timeout: READ_MS })
    await until
    await route.fulfill({ response: answer }).catch(() => {})
  })
  return async () => {
    const told = where.waitForResponse('**/api/template-drafts')
    go()
    await told
    await where.unroute('**/api/template-drafts')
  }
}

/** The editor with a specimen, at its own size. */
async function edit(where, picture) {
  await where.goto('/templates/new')
  await where.setInputFiles('[data-test=origin]', { name: 'specimen.png', mimeType: 'image/png', buffer: picture })
  await where.waitForFunction(() => document.querySelector('[data-test=canvas] img')?.naturalWidth > 100)
  await where.locator('.zoom .el-select').click()
  await where.locator('.el-select-dropdown__item:visible', { hasText: '100%' }).click()
  await where.waitForFunction(() => {
    const img = document.querySelector('[data-test=canvas] img')
    return Math.abs(img.getBoundingClientRect().width - img.naturalWidth) < 2
  })
}

const whole = (rect) => [rect.x, rect.y, rect.x + rect.width, rect.y + rect.height]

/** From corner to corner, in the picture's pixels; without snapping. */
async function drag(where, [x1, y1, x2, y2], { drop = true } = {}) {
  await where.locator('[data-test=canvas]').evaluate((frame) => frame.scrollIntoView())
  const frame = await where.locator('[data-test=canvas]').boundingBox()
  await where.keyboard.down('Control')
  await where.mouse.move(frame.x + x1, frame.y + y1)
  await where.mouse.down()
  await where.mouse.move(frame.x + (x1 + x2) / 2, frame.y + (y1 + y2) / 2)
  await where.mouse.move(frame.x + x2, frame.y + y2)
  await where.keyboard.up('Control')
  if (drop) await where.mouse.up()
}

/** Left, top, right, bottom of each, in the picture's pixels. */
const places = (where) =>
  where.locator('[data-test=canvas]').evaluate((frame) => {
    const own = frame.getBoundingClientRect()
    return [...frame.querySelectorAll('[data-area]')].map((area) => {
      const { left, top, width, height } = area.style
      const [x, y, w, h] = [left, top, width, height].map(parseFloat)
      return [x, y, x + w, y + h].map((value) => Math.round(value * (frame.querySelector('img').naturalWidth / own.width)))
    })
  })
const names = (where) => where.locator('.side li strong').allTextContents()
const selected = (where) => where.locator('.area.selected').count()
const near = (a, b) => assert.ok(a.every((value, n) => Math.abs(value - b[n]) <= 2), `${a} is ${b}`)

test('rows that stand 20 px apart are drawn one after the other, and each stays as it was drawn', async () => {
  const go = await held(page)
  await edit(page, await drawn(CLOSE))
  // The second one begins right under the first, and goes back over its left end.
  const rows = [
    [40, 42, 140, 58],
    [40, 63, 110, 78],
    [118, 84, 38, 98],
  ]
  for (const row of rows) await drag(page, row)
  const found = await places(page)
  assert.equal(found.length, 3)
  near(found[0], rows[0])
  near(found[1], rows[1])
  near(found[2], [38, 84, 118, 98])
  await on.shot(page, 'drawing-rows-zh')
  // A name covers no row above: it is shown to whoever looks at the area.
  assert.equal(await page.locator('.area .name:visible').count(), 0)
  await page.locator('[data-area]').nth(1).hover()
  await page.locator('.area .name:visible').waitFor()
  // Its edge still takes hold, from outside and inside; its middle moves it.
  await page.locator('[data-area]').nth(1).click()
  await drag(page, [111, 70, 150, 70])
  near((await places(page))[1], [40, 63, 149, 78])
  await drag(page, [90, 70, 190, 70])
  near((await places(page))[1], [140, 63, 249, 78])
  await go()
  on.quiet()
})

test('Escape gives a drag up without a trace and deselects; so does a click on empty ground, on the picture and beside it', async () => {
  const go = await held(page)
  await edit(page, form.picture)
  await drag(page, [500, 20, 700, 60])
  const before = await places(page)
  await page.keyboard.press('Escape')
  assert.equal(await selected(page), 0)
  // A new one, one that is moved, one that is resized.
  for (const drawn of [[500, 120, 700, 160], [600, 40, 650, 140], [500, 40, 420, 40]]) {
    await drag(page, drawn, { drop: false })
    if (drawn[1] !== 120) await page.locator('.area.selected').waitFor()
    await page.keyboard.press('Escape')
    await page.mouse.up()
    assert.deepEqual(await places(page), before, String(drawn))
  }
  await page.click('[data-test=undo]')
  assert.equal((await places(page)).length, 0, 'one step drew it, none is left of the rest')
  await page.click('[data-test=redo]')

  const area = page.locator('[data-area]')
  const frame = await page.locator('[data-test=canvas]').boundingBox()
  for (const at of [[frame.x + 300, frame.y + 300], [frame.x + 30, frame.y - 6]]) {
    await area.click()
    assert.equal(await selected(page), 1)
    await page.mouse.click(...at)
    assert.equal(await selected(page), 0, String(at))
  }
  assert.deepEqual(await places(page), before)
  // In its fields the key closes them; the keyboard stays where they were.
  await area.click()
  await page.locator('[data-test=kind] input').focus()
  await page.keyboard.press('Escape')
  assert.equal(await selected(page), 0)
  assert.equal(await page.evaluate(() => document.activeElement.className), 'head')
  await go()
  on.quiet()
})

test('a sliver is refused in words, drawn or resized; one that is there is named when it is saved', async () => {
  const go = await held(page)
  await edit(page, form.picture)
  await drag(page, [500, 20, 700, 26])
  await page.locator('.el-message', { hasText: '8' }).waitFor()
  assert.equal((await places(page)).length, 0)
  await drag(page, [500, 20, 700, 60])
  const before = await places(page)
  await page.keyboard.press('Escape')
  await page.locator('[data-area]').click()
  await drag(page, [600, 61, 600, 24])
  assert.deepEqual(await places(page), before)
  await page.locator('[data-area]').focus()
  for (let n = 0; n < 6; n += 1) await page.keyboard.press('Alt+Shift+ArrowUp')
  const [[, top, , bottom]] = await places(page)
  assert.ok(bottom - top >= 8, `${bottom - top} px high`)
  await go()

  // By another client, or before.
  const { model_list } = await (await page.request.get('/invoice/getAllModel')).json()
  assert.equal(model_list.length, 0)
  const { file_name } = await (await page.request.post('/invoice/uploadModelOrigin', {
    multipart: { file: { name: 'o.png', mimeType: 'image/png', buffer: form.picture } },
    headers: { Origin: new URL(page.url()).origin },
  })).json()
  const json_model = { global_setting: { label: '有窄条的' }, date: { x: 10, y: 10, width: 1, height: 44 } }
  await post(page, '/invoice/addModel', { modelAction: { json_model }, file_name, type: 0 })
  let id
  while (!id) id = (await (await page.request.get('/invoice/getAllModel')).json()).model_list[0]?.model_id
  await page.goto(`/templates/${id}`)
  await page.locator('.side li strong', { hasText: '开票日期' }).waitFor()
  await page.click('[data-test=save-template]')
  await page.locator('.side .problem', { hasText: '“开票日期”太窄' }).waitFor()
  on.quiet()
})

test('a box over a printed value gets its content from the label beside it, and shows what it will read', async () => {
  await edit(page, form.picture)
  await page.locator('[data-test=print]', { hasText: '正在读取' }).waitFor()
  await page.locator('[data-test=add-found]').waitFor({ timeout: READ_MS })
  for (const label of ['发票号码：', '日期：']) await drag(page, whole(form.places[label]))
  assert.deepEqual(await names(page), ['发票号码', '开票日期'], 'by their labels, not in order')
  assert.deepEqual(await page.locator('[data-test=printed]').allTextContents().then((all) => all.map((text) => text.trim())), ['票面：20260017', '票面：2026年03月05日'])
  await page.locator('[data-test=proposal]', { hasText: '按票面文字建议' }).waitFor()
  await drag(page, [720, 320, 820, 360])
  assert.match((await page.locator('[data-test=printed]').last().textContent()).trim(), /没有文字/)
  await on.shot(page, 'drawing-guessed-zh')

  await page.keyboard.press('Control+z')
  assert.equal((await names(page)).length, 2, 'the list of kinds has the focus, and the key takes the drawing back')
  // What is proposed in order alone makes way for what was found.
  await drag(page, [720, 320, 820, 360])
  await page.locator('.side li strong', { hasText: '价税合计' }).waitFor()
  await page.click('[data-test=add-found]')
  const all = await names(page)
  for (const name of ['发票代码', '发票号码', '开票日期', '购买方', '价税合计']) assert.equal(all.filter((one) => one === name).length, 1, `${name} in ${all}`)
  assert.equal(await page.inputValue('[data-test=template-label]'), FORM.title)
  assert.equal(await page.locator('[data-test=add-found]').count(), 0)
  await on.shot(page, 'drawing-found-zh')
  await page.click('[data-test=undo]')
  assert.deepEqual(await names(page), ['发票号码', '开票日期', '价税合计'])
  assert.deepEqual(await problems(page), [])
  on.quiet()
})

test('print that is read late proposes, and never changes what a person chose', async () => {
  const go = await held(page)
  await edit(page, form.picture)
  // Over the number, the date and the code; the first is chosen by hand, for the second the list is opened and left.
  await drag(page, whole(form.places['发票号码：']))
  assert.ok(await page.evaluate(() => !!document.activeElement.closest('[data-test=kind]')), 'the focus is on what it holds')
  await page.keyboard.type('校验码')
  await page.locator('.el-select-dropdown__item:visible', { hasText: '校验码' }).waitFor()
  await page.keyboard.press('Enter')
  await page.locator('.side li strong', { hasText: '校验码' }).waitFor()
  await drag(page, whole(form.places['日期：']))
  await page.locator('[data-test=kind]').click()
  await page.locator('.el-select-dropdown__item:visible', { hasText: '校验码' }).waitFor()
  await page.keyboard.press('Escape')
  assert.equal(await selected(page), 1, 'the key closes the list first')
  await drag(page, whole(form.places['发票代码：']))
  assert.deepEqual(await names(page), ['校验码', '价税合计', '大写金额'])
  await go()
  await page.locator('.side li strong', { hasText: '发票代码' }).waitFor()
  assert.deepEqual(await names(page), ['校验码', '价税合计', '发票代码'])
  on.quiet()
})

test('with the keyboard alone an area is added, named, moved and removed; where the box reads no print, one draws all the same', async () => {
  const reader = await on.open({ locale: 'en-US' })
  await logIn(reader, 'admin', on.box.password)
  const busy = { err: '正在测试的人太多，请稍后再试', code: 'unavailable' }
  await reader.route('**/api/template-drafts', (route) => route.fulfill({ status: 503, json: busy }))
  await edit(reader, form.picture)
  await reader.locator('[data-test=print]', { hasText: 'was not read' }).waitFor()
  await reader.getByRole('button', { name: 'Add area' }).press('Enter')
  await reader.waitForFunction(() => document.activeElement.closest('[data-test=kind]'))
  await reader.keyboard.type('seller')
  await reader.locator('.el-select-dropdown__item:visible', { hasText: 'Seller' }).first().waitFor()
  await reader.keyboard.press('Enter')
  assert.deepEqual(await names(reader), ['Seller'])
  await on.shot(reader, 'drawing-keyboard-en')
  const [before] = await places(reader)
  await reader.locator('[data-area]').focus()
  await reader.keyboard.press('Shift+ArrowDown')
  await reader.keyboard.press('Alt+ArrowRight')
  const [after] = await places(reader)
  near(after, [before[0], before[1] + 10, before[2] + 1, before[3] + 10])
  await reader.keyboard.press('Delete')
  assert.deepEqual(await names(reader), [])
  await reader.unroute('**/api/template-drafts')
  await reader.getByRole('button', { name: 'Read again' }).click()
  await reader.locator('[data-test=add-found]').waitFor({ timeout: READ_MS })
  on.quiet()
  await reader.close()
})

test('the first template: a specimen, three areas by mouse, saved; the next paper of the form is read by it', async () => {
  await edit(page, form.picture)
  await page.fill('[data-test=template-label]', '销售凭单')
  await page.locator('[data-test=add-found]').waitFor({ timeout: READ_MS })
  for (const label of ['发票代码：', '发票号码：', '合计金额：']) await drag(page, whole(form.places[label]))
  assert.deepEqual(await names(page), ['发票代码', '发票号码', '价税合计'])
  await page.click('[data-test=save-template]')
  await page.waitForURL('**/templates')
  await page.locator('[data-template]', { hasText: '销售凭单' }).waitFor({ timeout: READ_MS })

  const rows = { '发票代码：': '044001912111', '发票号码：': '20260018', '日期：': '2026年03月06日', '客户名称：': '示例采购单位', '合计金额：': '¥97.50' }
  const { picture } = await print(on.browser, { ...FORM, rows })
  await page.goto('/console')
  await page.setInputFiles('[data-test=files]', { name: 'next.png', mimeType: 'image/png', buffer: picture })
  await page.locator('[data-finished]', { hasText: 'next.png' }).waitFor({ timeout: READ_MS })
  assert.equal(await page.textContent('[data-test=template]'), '销售凭单')
  const read = await page.locator('aside [data-test=text]').allTextContents()
  for (const text of ['044001912111', '20260018', '¥97.50']) assert.ok(read.some((one) => one.trim() === text), `${text} in ${read}`)
  await on.shot(page, 'drawing-first-read-zh')
  on.quiet()
})
