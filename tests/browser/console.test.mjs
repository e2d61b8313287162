// The invoice line: draw a template, drop a picture, follow the reading to its end.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { logIn, stage } from './box.mjs'

const sample = join(process.env.PAPERLINE_SAMPLES ?? '', 'quota-invoice.bmp')
const skip = existsSync(sample) ? false : 'paper: no quota-invoice.bmp in PAPERLINE_SAMPLES'
/** Debug builds are slow. */
const READ_MS = 300_000

/** Fractions of the sample's width and height. */
const AREAS = [
  { kind: '发票代码', from: [0.36, 0.365], to: [0.685, 0.445] },
  { kind: '发票号码', from: [0.36, 0.465], to: [0.6, 0.545] },
  { kind: '大写金额', from: [0.29, 0.655], to: [0.585, 0.76] },
]

let page

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
})

async function draw(canvas, { from, to }) {
  const box = await canvas.boundingBox()
  const at = ([x, y]) => [box.x + x * box.width, box.y + y * box.height]
  await page.mouse.move(...at(from))
  await page.mouse.down()
  await page.mouse.move(...at(to), { steps: 4 })
  await page.mouse.up()
}

test('an idle console says what to do, in both languages', async () => {
  await page.click('[data-test=menu-console]')
  await page.getByText('把发票图片拖进来').waitFor()
  await on.shot(page, 'console-idle-zh')
  await page.click('[data-test=language]')
  await page.getByText('Drop pictures of invoices here and watch').waitFor()
  await on.shot(page, 'console-idle-en')
  await page.click('[data-test=language]')
  await page.getByText('把发票图片拖进来').waitFor()
  on.quiet()
})

test('a file that is no picture is refused by name', async () => {
  const files = [
    { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') },
    { name: 'broken.png', mimeType: 'image/png', buffer: Buffer.from('no picture at all') },
  ]
  await page.setInputFiles('[data-test=files]', files)
  for (const { name } of files) await page.locator(`[data-upload="${name}"] .state`, { hasText: /图片|上传|识别/ }).waitFor()
  await page.locator('[data-upload="notes.txt"]', { hasText: '不支持这种文件' }).waitFor()
  await page.locator('[data-upload="broken.png"].bad').waitFor()
  await on.shot(page, 'console-refused-zh')
  on.quiet()
})

test('a template is drawn, saved and listed', { skip }, async () => {
  await page.click('[data-test=menu-templates]')
  await page.getByText('还没有发票模板').waitFor()
  await page.click('[data-test=add-template]')
  await page.setInputFiles('[data-test=origin]', sample)
  const canvas = page.locator('[data-test=canvas]')
  await canvas.locator('img').waitFor()
  await page.waitForFunction(() => document.querySelector('[data-test=canvas]')?.style.width)
  for (const area of AREAS) {
    await draw(canvas, area)
    await page.click('[data-test=kind]')
    await page.getByRole('option', { name: area.kind, exact: true }).click()
    await canvas.locator('.area.selected', { hasText: area.kind }).waitFor()
  }
  await page.fill('[data-test=template-label]', '广东省国家税务局通用定额发票')
  await page.fill('[data-test=quota]', '20')
  await on.shot(page, 'template-drawn-zh')
  await page.click('[data-test=save-template]')
  await page.waitForURL('**/templates')
  await page.locator('[data-template]', { hasText: '广东省国家税务局通用定额发票' }).waitFor({ timeout: READ_MS })
  await on.shot(page, 'templates-zh')
  on.quiet()
})

test('a picture is read before one’s eyes: template, areas, texts, end', { skip }, async () => {
  await page.click('[data-test=menu-console]')
  const heard = []
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => heard.push(JSON.parse(payload))))
  await page.reload()
  await page.setInputFiles('[data-test=files]', sample)
  await page.locator('[data-test=picture]').waitFor({ timeout: READ_MS })
  await page.locator('[data-test=template]', { hasText: '广东省国家税务局通用定额发票' }).waitFor({ timeout: READ_MS })
  await page.locator('[data-box="发票号码"]').waitFor({ timeout: READ_MS })
  await page.locator('[data-region="发票号码"] [data-test=text]', { hasText: '07172119' }).waitFor({ timeout: READ_MS })
  await page.locator('[data-region="发票代码"] [data-test=text]', { hasText: '144001604125' }).waitFor()
  await page.locator('[data-test=reading-state]', { hasText: '识别完成' }).waitFor({ timeout: READ_MS })
  await page.locator('[data-finished]').waitFor()
  await page.locator('[data-upload="quota-invoice.bmp"]', { hasText: '识别完成' }).waitFor()
  await on.shot(page, 'console-read-zh')
  const kinds = heard.map((message) => message.msg_id).filter((id) => [203, 100, 101, 102, 1].includes(id))
  assert.deepEqual([...new Set(kinds)], [203, 100, 101, 102, 1])
  on.quiet()
})

test('a box lies where the text is, whatever the window’s size', { skip }, async () => {
  for (const width of [1280, 1700]) {
    await page.setViewportSize({ width, height: 900 })
    const [picture, box] = await Promise.all(
      ['[data-test=picture]', '[data-box="发票号码"]'].map((selector) => page.locator(selector).boundingBox()),
    )
    const middle = (box.y + box.height / 2 - picture.y) / picture.height
    assert.ok(Math.abs(middle - 0.505) < 0.05, `the middle is at ${middle.toFixed(3)} of the height`)
  }
  await page.setViewportSize({ width: 1280, height: 800 })
  on.quiet()
})

test('the same in English: names are translated, texts are not', { skip }, async () => {
  await page.click('[data-test=language]')
  await page.locator('[data-region="发票号码"]', { hasText: 'Invoice number' }).waitFor()
  await page.locator('[data-test=reading-state]', { hasText: 'Done' }).waitFor()
  await on.shot(page, 'console-read-en')
  await page.click('[data-test=language]')
  on.quiet()
})
