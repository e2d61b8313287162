// Drawing a label's look: by mouse, keyboard and numbers, on the box's own picture of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hire, labelShown, logIn, post, problems, stage } from './box.mjs'

let page

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
})

const PREVIEW = '**/api/labels/preview'
const dot = (n) => Math.round((n * 25_400) / 203) / 1000
const dots = (mm) => Math.round((mm * 203) / 25.4)
const box = (at, where = page) => where.locator(`[data-element="${at}"]`)
const row = (at, where = page) => where.locator(`[data-row="${at}"]`)
const field = (name, where = page) => where.locator(`[data-test=${name}] input`)

async function openNew(where = page) {
  await where.goto('/labels')
  await where.click('[data-test=label-settings]')
  await where.click('[data-test=look-new]')
  await where.locator('[data-test=editor-name]').waitFor()
  await fresh(where)
}

/** The picture is of what is there now. */
const fresh = (where = page) => where.locator('[data-test=label-canvas][data-stale=false]').waitFor()

async function type(name, mm, where = page) {
  await field(name, where).fill(String(mm))
  await field(name, where).blur()
}

/** In dots, as the fields of the chosen element say it. */
async function place() {
  const mm = await Promise.all(['x_mm', 'y_mm', 'w_mm', 'h_mm'].map((name) => field(name).inputValue()))
  const [x, y, w, h] = mm.map(Number)
  return [dots(x), dots(y), dots(x + w) - dots(x), dots(y + h) - dots(y)]
}

/** From a place on the screen by so many dots; with Ctrl nothing snaps but to the dots. */
async function drag({ x, y }, [dx, dy], free = true) {
  const scale = await page.locator('[data-test=label-canvas]').evaluate((canvas) => canvas.getBoundingClientRect().width / 320)
  if (free) await page.keyboard.down('Control')
  await page.mouse.move(x, y)
  await page.mouse.down()
  await page.mouse.move(x + (dx * scale) / 2, y + (dy * scale) / 2)
  // Not quite on a dot: the grid does the rest.
  await page.mouse.move(x + dx * scale + scale * 0.3, y + dy * scale - scale * 0.3)
  await page.mouse.up()
  if (free) await page.keyboard.up('Control')
}

/** Saves; returns what was asked, and the answer. */
async function save(where = page) {
  const [answer] = await Promise.all([where.waitForResponse((one) => /\/api\/labels(\/\d+)?$/.test(new URL(one.url()).pathname) && one.request().method() !== 'GET'), where.click('[data-test=editor-save]')])
  return { status: answer.status(), method: answer.request().method(), sent: answer.request().postDataJSON(), body: await answer.json() }
}

test('a look that was dragged and typed goes to the box with those numbers, in whole dots', async () => {
  await openNew()
  await page.fill('[data-test=editor-name]', '主板 40×30')
  await page.locator('[data-test=label-picture]').waitFor()
  await box(1).click()
  const [, y, w, h] = await place()
  const middle = async (at) => {
    const { x, y, width, height } = await box(at).boundingBox()
    return { x: x + width / 2, y: y + height / 2 }
  }
  await type('w_mm', dot(w - 60))
  await type('x_mm', 2)
  assert.deepEqual(await place(), [16, y, w - 60, h], '2 mm is 15.98 dots')
  await drag(await middle(1), [10, -4])
  assert.deepEqual(await place(), [26, y - 4, w - 60, h])
  const right = async () => {
    const { x, y, width, height } = await box(1).boundingBox()
    return { x: x + width - 2, y: y + height / 2 }
  }
  await drag(await right(), [20, 0])
  assert.deepEqual(await place(), [26, y - 4, w - 40, h], 'the right side alone')
  // The middles meet, from a few pixels away.
  await drag(await middle(1), [160 - (26 + (w - 40) / 2) + 1, 0], false)
  assert.equal((await place())[0], 160 - (w - 40) / 2, 'in the middle of the label')
  // The last dot of 40 mm lies half beyond the edge; an element ends at the edge.
  const kept = await place()
  await type('x_mm', 0)
  await type('w_mm', 99)
  assert.deepEqual([await field('x_mm').inputValue(), await field('w_mm').inputValue()], ['0', '40'])
  await type('w_mm', dot(kept[2]))
  await type('x_mm', dot(kept[0]))
  assert.deepEqual(await place(), kept)
  await type('x_mm', 'left')
  assert.deepEqual(await place(), kept, 'what is no number changes nothing')
  await page.click('[data-test=element-value]')
  await page.fill('[data-test=element-value]', '产品 ')
  await page.click('[data-test=chip-SN]')
  await page.keyboard.type('/')
  await page.click('[data-test=chip-batch]')
  await type('editor-gap', 3)
  await fresh()
  await on.shot(page, 'editor-full-zh')
  const { status, sent, body } = await save()
  assert.equal(status, 201, JSON.stringify(body))
  assert.equal(sent.gap_mm, 3)
  assert.equal(sent.elements[1].value, '产品 {SN}/{batch}')
  const text = sent.elements[1]
  assert.deepEqual([text.x_mm, text.y_mm], [dot(160 - (w - 40) / 2), dot(y - 4)])
  assert.deepEqual(body.elements, sent.elements, 'kept as it was sent')
  await page.locator('[data-test=label-editor]').waitFor({ state: 'detached' })
  await page.locator('[data-test=look]', { hasText: '主板 40×30' }).waitFor()
  // The browser prints what was drawn, batch and all.
  assert.equal((await labelShown(page.locator('.print-view .label'))).of, '00000000 TEST')
  assert.equal(await page.locator('[data-test=print-test]').isEnabled(), true)
  await on.shot(page, 'editor-settings-zh')
  const [anew] = await Promise.all([page.waitForRequest('**/api/labels/pictures'), page.getByText('CPUID', { exact: true }).click()])
  assert.ok(anew.postDataJSON().elements.some(({ value }) => value.includes('{batch}')), 'laid out anew it still has the batch')
  await page.click('[data-test=look-back]')
  // What is changed is the same look.
  await page.click('[data-test=look-edit]')
  await fresh()
  assert.equal(await page.inputValue('[data-test=editor-name]'), '主板 40×30')
  await box(1).focus()
  await page.keyboard.press('ArrowDown')
  const changed = await save()
  assert.deepEqual([changed.status, changed.method, changed.body.label_id], [200, 'PATCH', body.label_id])
  assert.equal(changed.body.elements[1].y_mm, dot(y - 3))
  assert.equal(changed.body.gap_mm, 3)
  on.quiet()
})

test('the keyboard moves by a dot, resizes, removes and takes back', async () => {
  await openNew()
  await box(0).focus()
  const [x, y, w, h] = await place()
  await page.keyboard.press('ArrowRight')
  assert.deepEqual(await place(), [x + 1, y, w, h])
  await page.keyboard.press('Shift+ArrowRight')
  await page.keyboard.press('ArrowDown')
  assert.deepEqual(await place(), [x + 11, y + 1, w, h])
  await page.keyboard.press('Alt+ArrowLeft')
  await page.keyboard.press('Alt+ArrowUp')
  assert.deepEqual(await place(), [x + 11, y + 1, w - 1, h - 1])
  await page.keyboard.press('Control+z')
  assert.deepEqual(await place(), [x, y, w, h], 'what was done in one go is taken back in one')
  await page.keyboard.press('Control+Shift+z')
  assert.deepEqual(await place(), [x + 11, y + 1, w - 1, h - 1])
  await page.keyboard.press('Tab')
  assert.equal(await box(1).evaluate((element) => element === document.activeElement), true, 'the next element')
  await page.keyboard.press('Delete')
  assert.equal(await box(1).count(), 0)
  assert.equal(await box(0).evaluate((element) => element === document.activeElement), true, 'the keyboard is not lost')
  await page.keyboard.press('Delete')
  await page.getByText('空标签').waitFor()
  assert.equal(await page.locator('[data-test=label-picture]').count(), 0, 'the box’s own layout is not what is saved')
  await on.shot(page, 'editor-empty-zh')
  await page.fill('[data-test=editor-name]', '空的')
  await page.click('[data-test=editor-save]')
  await page.locator('[data-test=editor-problem]', { hasText: '请至少添加一项内容' }).waitFor()
  await page.click('[data-test=editor-undo]')
  await page.click('[data-test=editor-undo]')
  await page.click('[data-test=editor-undo]')
  assert.equal(await page.locator('[data-element]').count(), 2)
  // Nothing is lost without a question.
  await page.fill('[data-test=editor-name]', '空的')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: '继续编辑' }).click()
  assert.equal(await page.inputValue('[data-test=editor-name]'), '空的')
  await page.locator('.el-message-box').waitFor({ state: 'detached' })
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: '离开' }).click()
  await page.locator('[data-test=label-editor]').waitFor({ state: 'detached' })
  await page.locator('.print-view').waitFor()
  on.quiet()
})

test('a code that can’t be read is said to be so, is not saved, and says why where it is', async () => {
  await openNew()
  await page.fill('[data-test=editor-name]', '太小的码')
  await box(0).click()
  await row(0).locator('[data-test=element-code]', { hasText: '能扫出' }).waitFor()
  await type('w_mm', 5)
  await row(0).locator('[data-test=element-code]', { hasText: '每格 1 个打印点，扫不出' }).waitFor()
  await on.shot(page, 'editor-unreadable-zh')
  const { status } = await save()
  assert.equal(status, 400)
  await row(0).locator('[data-test=element-problem]', { hasText: '203 dpi' }).waitFor()
  assert.match(await box(0).getAttribute('class'), /wrong/)
  assert.doesNotMatch(await box(1).getAttribute('class'), /wrong/)
  assert.equal(await page.locator('[data-test=element-value]').evaluate((input) => input === document.activeElement), true)
  assert.equal((await (await page.request.get('/api/labels')).json()).labels.some(({ name }) => name === '太小的码'), false)
  // What can't even be drawn leaves the picture as it was.
  const before = await page.locator('[data-test=label-picture]').getAttribute('src')
  await page.fill('[data-test=element-value]', '{SN} {sn}')
  await row(0).locator('[data-test=element-problem]', { hasText: '没有 {sn}' }).waitFor()
  assert.equal(await page.locator('[data-test=label-picture]').getAttribute('src'), before)
  assert.equal(await page.locator('[data-test=label-canvas]').getAttribute('data-stale'), 'true')
  await on.shot(page, 'editor-refused-zh')
  on.quiet()
})

test('the picture is the box’s own, follows each change, and the last answer counts', async () => {
  await openNew()
  await box(1).click()
  const shown = () => page.locator('[data-test=label-picture]').getAttribute('src')
  const ofBox = async (elements, sn) => {
    const data = { width_mm: 40, height_mm: 30, dpi: 203, elements, ...(sn ? { sn } : {}) }
    const answer = await page.request.post('/api/labels/preview', { data, headers: { Origin: on.box.url } })
    return `data:image/png;base64,${(await answer.json()).png}`
  }
  let asked
  page.on('request', (request) => {
    if (request.url().endsWith('/preview')) asked = request.postDataJSON()
  })
  // The first answer comes after the second.
  let first
  await page.route(PREVIEW, async (route) => {
    const answer = await route.fetch()
    if (first) return route.fulfill({ response: answer })
    await new Promise((resolve) => (first = resolve))
    await route.fulfill({ response: answer }).catch(() => {})
  })
  const old = await shown()
  await page.fill('[data-test=element-value]', 'ONE')
  while (!first) await page.waitForTimeout(20)
  assert.equal(await shown(), old, 'the old one stays')
  assert.equal(await page.locator('[data-test=label-picture].dimmed').count(), 1)
  await page.fill('[data-test=element-value]', 'TWO')
  await fresh()
  const two = await shown()
  first()
  await page.unroute(PREVIEW)
  assert.equal(asked.elements[1].value, 'TWO')
  assert.equal(two, await ofBox(asked.elements))
  assert.equal(await shown(), two)
  // Of a device that there is.
  const [{ DeviceSN: serial }] = (await post(page, '/registerDevice', { devices: [{ CPUID: '39FFD605-77' }] })).devices
  await page.fill('[data-test=element-value]', '{SN} {CPUID}')
  await page.fill('[data-test=editor-serial]', serial)
  await page.waitForFunction((two) => document.querySelector('[data-test=label-canvas]').dataset.stale === 'false' && document.querySelector('[data-test=label-picture]').src !== two, two)
  assert.equal(await shown(), await ofBox(asked.elements, serial))
  await page.fill('[data-test=editor-serial]', '99999999')
  await page.locator('[data-test=preview-problem]', { hasText: '没有这台设备' }).waitFor()
  await page.fill('[data-test=editor-serial]', '')
  await fresh()
  assert.equal(await page.locator('[data-test=preview-problem]').count(), 0)
  on.quiet()
})

/** Dark rings and a word, as a company may have them. */
async function logoFile() {
  const easel = await on.open()
  await easel.setContent('<div id="logo" style="display:flex;gap:16px;align-items:center;width:360px;height:120px;background:#fff;font:700 56px sans-serif;color:#123"><div style="width:60px;height:60px;border:20px solid #b02;border-radius:50%"></div>ACME</div>')
  const buffer = await easel.locator('#logo').screenshot()
  await easel.context().close()
  return { name: 'acme.png', mimeType: 'image/png', buffer }
}

const chosen = (work) => Promise.all([page.waitForEvent('filechooser'), work()]).then(([chooser]) => chooser)

test('a logo’s picture is asked for where none is kept, all labels show it, and only administrators choose it', async () => {
  await openNew()
  await page.fill('[data-test=editor-name]', '带标志')
  const chooser = await chosen(() => page.click('[data-test=add-logo]'))
  await row(2).locator('[data-test=element-problem]', { hasText: '还没有图片' }).waitFor()
  await chooser.setFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') })
  await page.locator('.el-message--error').waitFor()
  await on.shot(page, 'editor-logo-missing-zh')
  assert.equal((await page.request.get('/api/logo')).status(), 404)
  await (await chosen(() => page.click('[data-test=logo-choose]'))).setFiles(await logoFile())
  await page.getByText('公司标志已更换').waitFor()
  await row(2).locator('[data-test=element-problem]').waitFor({ state: 'detached' })
  await fresh()
  const before = await page.locator('[data-test=label-picture]').getAttribute('src')
  await type('w_mm', 24)
  await type('h_mm', 8)
  await type('x_mm', 1)
  await type('y_mm', 1)
  await fresh()
  assert.notEqual(await page.locator('[data-test=label-picture]').getAttribute('src'), before)
  await box(0).click()
  await type('y_mm', 10)
  await type('h_mm', 14)
  await box(1).click()
  await page.fill('[data-test=element-value]', '')
  await page.click('[data-test=chip-company]')
  await fresh()
  await on.shot(page, 'editor-logo-zh')
  const { status, sent, body } = await save()
  assert.equal(status, 201, JSON.stringify(body))
  assert.deepEqual(sent.elements.map(({ kind, value }) => [kind, value]), [['qr', '{SN} {CPUID}'], ['text', '{company}'], ['logo', '公司标志']])
  assert.deepEqual(body.elements, sent.elements)
  assert.equal((await labelShown(page.locator('.print-view .label'))).of, '00000000 TEST')
  await on.shot(page, 'editor-logo-settings-zh')
  // Now that there is one it is simply added.
  await page.click('[data-test=look-new]')
  await fresh()
  await page.click('[data-test=add-logo]')
  await row(3).locator('[data-test=logo-choose]').waitFor()
  await fresh()
  assert.equal(await page.locator('[data-test=element-problem]').count(), 0)
  // Whoever may only draw labels is told who chooses it.
  const hers = await hire(on, page, '王芳', [102], { locale: 'en-US' })
  await hers.evaluate(() => localStorage.setItem('paperline.dark', 'true'))
  await openNew(hers)
  await hers.click('[data-test=add-logo]')
  await hers.getByText('An administrator chooses the picture').waitFor()
  assert.equal(await hers.locator('[data-test=logo-choose]').count(), 0)
  await fresh(hers)
  assert.deepEqual(await problems(hers), [])
  await on.shot(hers, 'editor-logo-en-dark')
  await hers.context().close()
  on.quiet()
})

test('at a telephone’s width it is done by numbers alone, in English and the dark', async () => {
  for (const [width, height, name] of [[360, 740, 'phone'], [1280, 800, 'wide']]) {
    const other = await on.open({ locale: 'en-US', width, height })
    await logIn(other, 'admin', on.box.password)
    await other.evaluate(() => localStorage.setItem('paperline.dark', 'true'))
    await openNew(other)
    await other.fill('[data-test=editor-name]', `By numbers, ${name}`)
    await other.click('[data-test=add-datamatrix]')
    await type('w_mm', 9, other)
    await type('h_mm', 9, other)
    await type('x_mm', 29, other)
    await type('y_mm', 1, other)
    await row(2, other).locator('[data-test=element-code]', { hasText: 'It can be read' }).waitFor()
    await on.shot(other, `editor-${name}-en-dark`)
    assert.deepEqual(await problems(other), [])
    const wide = await other.evaluate(() => document.documentElement.scrollWidth)
    assert.ok(wide <= width, `${wide} px`)
    await other.locator('[data-test=editor-name]').scrollIntoViewIfNeeded()
    await on.shot(other, `editor-${name}-top-en-dark`)
    const { status, sent, body } = await save(other)
    assert.equal(status, 201, JSON.stringify(body))
    const { kind, value, x_mm, y_mm, w_mm, h_mm } = sent.elements[2]
    assert.deepEqual([kind, value, x_mm, y_mm], ['datamatrix', '{SN} {CPUID}', dot(dots(29)), dot(8)])
    assert.deepEqual([Math.round((x_mm + w_mm) * 1000), Math.round((y_mm + h_mm) * 1000)], [dot(dots(29) + 72) * 1000, dot(80) * 1000].map(Math.round))
    await other.locator('[data-test=label-editor]').waitFor({ state: 'detached' })
    await on.shot(other, `editor-settings-${name}-en-dark`)
    await other.context().close()
  }
  on.quiet()
})
