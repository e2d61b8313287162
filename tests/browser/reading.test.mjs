// Slowed-down reading: from the middle, after a lost connection, replayed. And drawing by keyboard.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logIn, post, stage } from './box.mjs'
import { asTiff, dinner, DINNER, learn, PARKING, print, TAXI, upload } from './paper.mjs'

const READ_MS = 120_000
let page
let paper

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
  paper = await print(on.browser, DINNER)
})

async function drag(from, to, step) {
  const box = await page.locator('[data-test=canvas]').boundingBox()
  const size = await page.locator('[data-test=canvas] img').evaluate((img) => img.naturalWidth)
  const at = ([x, y]) => [box.x + (x * box.width) / size, box.y + (y * box.width) / size]
  await page.mouse.move(...at(from))
  await page.mouse.down()
  await page.mouse.move(...at(to), { steps: 5 })
  await step?.()
  await page.mouse.up()
}

const corners = ({ x, y, width, height }) => [
  [x, y],
  [x + width, y + height],
]
const sizes = () => page.locator('.side li .mono').allInnerTexts()

test('areas are drawn, snapped, moved with the keys, taken back and brought again', async () => {
  await page.goto('/templates/new')
  await page.setInputFiles('[data-test=origin]', { name: 'dinner.png', mimeType: 'image/png', buffer: paper.picture })
  await page.waitForFunction(() => document.querySelector('[data-test=canvas]')?.style.width)
  // Each new one has the next kind: 价税合计, then 大写金额.
  const { 小写金额: money, 大写金额: words } = paper.places
  const right = words.x + words.width
  await drag([money.x, money.y], [right, money.y + money.height])
  await drag([words.x, words.y], [right + 3, words.y + words.height], () => page.locator('.guide.across').waitFor())
  const [first, second] = await sizes()
  assert.equal(second.split(' × ')[0], first.split(' × ')[0], 'both begin and end at the same column')

  await page.locator('.area').nth(1).focus()
  await page.keyboard.press('Alt+ArrowRight')
  await page.keyboard.press('Alt+Shift+ArrowRight')
  await page.waitForFunction((wanted) => document.querySelectorAll('.side li .mono')[1]?.textContent === wanted, second.replace(/^\d+/, (n) => String(Number(n) + 11)))
  await page.keyboard.press('Delete')
  await page.locator('.area').nth(1).waitFor({ state: 'detached' })
  await page.keyboard.press('Control+z')
  await page.locator('.area').nth(1).waitFor()
  await page.click('[data-test=redo]')
  await page.locator('.area').nth(1).waitFor({ state: 'detached' })
  await page.click('[data-test=undo]')
  await page.locator('.area').nth(1).waitFor()
  on.quiet()
})

async function pick(picture) {
  await page.setInputFiles('[data-test=try] [data-test=origin]', { name: 'try.png', mimeType: 'image/png', buffer: picture })
}

test('what is drawn is tried before it is saved, and tried again when it is drawn again', async () => {
  await drag(...corners(paper.places['发票号码']))
  await page.click('[data-test=try-template]')
  await pick((await print(on.browser, dinner({ 发票号码: '38200666' }))).picture)
  await page.locator('[data-test=try-fits]', { hasText: '与模板相符' }).waitFor({ timeout: READ_MS })
  await page.locator('[data-test=try] [data-region=发票号码]', { hasText: '38200666' }).waitFor()
  assert.equal(await page.locator('[data-test=try] [data-region=发票代码]').count(), 0)
  await page.getByText('已对齐到模板').click()
  await page.locator('[data-test=try] img[src^="data:image/jpeg"]').waitFor()
  await on.shot(page, 'template-try-draft-zh')
  await page.keyboard.press('Escape')
  await page.locator('[data-test=try]').waitFor({ state: 'detached' })

  for (const name of ['发票代码', '开票日期']) await drag(...corners(paper.places[name]))
  await page.click('[data-test=try-template]')
  await page.locator('[data-test=try] [data-region=发票代码]', { hasText: '011002210021' }).waitFor({ timeout: READ_MS })
  await page.keyboard.press('Escape')
  await page.locator('[data-test=try]').waitFor({ state: 'detached' })
  const { total } = await (await page.request.get('/invoice/getAllModel')).json()
  assert.equal(total, 0, 'nothing is saved')
  on.quiet()
})

test('a template drawn so reads what it was drawn for', async () => {
  assert.deepEqual(await page.locator('.side li strong').allInnerTexts(), ['价税合计', '大写金额', '发票号码', '发票代码', '开票日期'])
  await page.fill('[data-test=template-label]', DINNER.title)
  await on.shot(page, 'template-editor-zh')
  await page.click('[data-test=save-template]')
  await page.waitForURL('**/templates')
  await page.locator('[data-template]', { hasText: DINNER.title }).waitFor({ timeout: READ_MS })
  on.quiet()
})

test('whoever comes late, or was cut off, sees what has been read so far', async () => {
  await page.goto('/console')
  await page.click('[data-test=pace]')
  await page.getByRole('option', { name: '每步延时 1,000 毫秒' }).click()
  await page.getByText('设置已保存').waitFor()
  const { picture } = await print(on.browser, dinner({ 发票号码: '38200777' }))
  await upload(page, 'late.png', picture)
  await page.locator('[data-region=发票号码] [data-test=text]', { hasText: '38200777' }).waitFor({ timeout: READ_MS })

  const late = await on.open()
  await logIn(late, 'admin', on.box.password)
  const heard = []
  late.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => heard.push(JSON.parse(payload))))
  await late.goto('/console')
  await late.locator('[data-region=发票号码] [data-test=text]', { hasText: '38200777' }).waitFor()
  assert.ok(heard.some(({ msg_id }) => msg_id === 204))
  assert.ok(!heard.some(({ msg_id, pos_id }) => msg_id === 102 && pos_id === '发票号码'), 'it was read before')
  await late.context().setOffline(true)
  await late.locator('[data-test=link-state]', { hasText: '连接已断开' }).waitFor()
  await page.locator('[data-region=日期] [data-test=text]').waitFor()
  await late.context().setOffline(false)
  await late.locator('[data-region=日期] [data-test=text]', { hasText: '2026年04月16日' }).waitFor()
  await late.locator('[data-test=reading-state]', { hasText: '识别完成' }).waitFor({ timeout: READ_MS })
  await late.context().close()
  on.quiet(/net::ERR_INTERNET_DISCONNECTED|WebSocket connection/)
})

test('what has ended is shown again, step by step and by itself', async () => {
  await page.locator('[data-test=reading-state]', { hasText: '识别完成' }).waitFor({ timeout: READ_MS })
  await page.locator('[data-test=matched]', { hasText: DINNER.title }).waitFor()
  await page.click('[data-test=replay-steps]')
  await page.locator('[data-test=reading-state]', { hasText: '回放' }).waitFor()
  assert.equal(await page.locator('[data-region]').count(), 0)
  const [, steps] = (await page.locator('[data-test=replay-step]').innerText()).split(' / ').map(Number)
  await page.click('[data-test=replay-on]')
  await page.click('[data-test=replay-on]')
  await page.locator('[data-box]').waitFor()
  assert.equal(await page.locator('[data-region]').count(), 1)
  assert.equal(await page.locator('[data-region] [data-test=text]').count(), 0, 'found, not read yet')
  await on.shot(page, 'console-replay-zh')
  await page.click('[data-test=replay-play]')
  await page.locator('[data-test=replay-step]', { hasText: `${steps} / ${steps}` }).waitFor()
  await page.locator('[data-test=reading-state]', { hasText: '识别完成' }).waitFor()
  on.quiet()
})

test('it is told why a template was taken and what spoke against the others, live, later and beside the invoice', async () => {
  await learn(on.browser, page, TAXI)
  const { picture } = await print(on.browser, dinner({ 发票号码: '38200778' }))
  await page.goto('/console')
  await upload(page, 'why.png', picture)
  // Still slowed down.
  await page.locator('[data-test=reading-state]', { hasText: '识别中' }).waitFor({ timeout: READ_MS })
  await page.locator('[data-test=why-chosen]', { hasText: /处固定文字中找到 \d+ 处/ }).waitFor({ timeout: READ_MS })
  assert.equal(await page.locator('[data-test=reading-state]').innerText(), '识别中')
  const others = page.locator('[data-test=why-others]')
  assert.doesNotMatch(await page.locator('[data-test=why]').innerText(), /%/, 'so many of so many words are no per cent')
  await others.locator('summary').click()
  await others.locator('li', { hasText: TAXI.title }).waitFor()
  await on.shot(page, 'console-why-zh')
  await page.locator('[data-test=reading-state]', { hasText: '识别完成' }).waitFor({ timeout: READ_MS })

  await page.reload()
  await page.locator('[data-finished]').first().click()
  await page.locator('[data-test=why-chosen]', { hasText: '处固定文字' }).waitFor()
  await page.click('[data-test=language]')
  await page.locator('[data-test=why-chosen]', { hasText: /\d+ of \d+ fixed words found/ }).waitFor()
  await page.click('[data-test=language]')
  const { invoices } = await (await page.request.get('/api/invoices')).json()
  await page.goto(`/invoices/${invoices[0].invoice_id}`)
  await page.locator('[data-test=why-others]', { hasText: '其他候选模板' }).waitFor()

  await page.request.patch('/api/settings', { data: { engine_delay_ms: 0 }, headers: { Origin: on.box.url } })
  await page.goto('/console')
  await upload(page, 'parking.png', (await print(on.browser, PARKING)).picture)
  await page.locator('[data-test=why-others]', { hasText: '最接近的模板' }).waitFor({ timeout: READ_MS })
  assert.equal(await page.locator('[data-test=why-chosen]').count(), 0)
  on.quiet()
})

test('a template is tried on a picture, which leaves no trace', async () => {
  // The last picture that fits no template is still tried for national forms.
  const running = async () => (await (await page.request.get('/api/console')).json()).running.length
  while (await running()) await page.waitForTimeout(200)
  const { total } = await (await page.request.get('/api/invoices')).json()
  await page.goto('/templates/1')
  await page.click('[data-test=try-template]')
  await pick((await print(on.browser, dinner({ 发票号码: '38200888' }))).picture)
  await page.locator('[data-test=try-fits]', { hasText: '与模板相符' }).waitFor({ timeout: READ_MS })
  await page.locator('[data-test=try] [data-region=发票号码]', { hasText: '38200888' }).waitFor()
  await on.shot(page, 'template-try-zh')
  await page.getByRole('button', { name: '换一张图片' }).click()
  await pick((await print(on.browser, PARKING)).picture)
  await page.locator('[data-test=try-fits]', { hasText: '与模板不符' }).waitFor({ timeout: READ_MS })
  await page.locator('[data-test=try]', { hasText: '会待核对：没有匹配的模板' }).waitFor()
  assert.equal((await (await page.request.get('/api/invoices')).json()).total, total)
  on.quiet()
})

test('a TIFF is seen and its areas lie where they are', async () => {
  await page.request.patch('/api/settings', { data: { engine_delay_ms: 0 }, headers: { Origin: on.box.url } })
  const { picture, places } = await print(on.browser, dinner({ 发票号码: '38200999' }))
  await page.goto('/console')
  await upload(page, 'scan.tif', await asTiff(on.browser, picture))
  await page.locator('[data-region=发票号码] [data-test=text]', { hasText: '38200999' }).waitFor({ timeout: READ_MS })
  const shown = page.locator('[data-test=picture][src*=".tiff"]')
  await page.waitForFunction(() => document.querySelector('[data-test=picture][src*=".tiff"]')?.naturalWidth > 0)
  const [whole, box] = await Promise.all([shown.boundingBox(), page.locator('[data-box=发票号码]').boundingBox()])
  const size = await shown.evaluate((img) => img.naturalHeight)
  const middle = ((box.y + box.height / 2 - whole.y) / whole.height) * size
  const { y, height } = places['发票号码']
  assert.ok(middle > y && middle < y + height, `${middle} is not within ${y} and ${y + height}`)
  const names = page.locator('[data-box] span').filter({ visible: true })
  assert.equal(await names.count(), 0, 'no name lies over what is printed')
  await page.hover('[data-box=发票号码]')
  await names.filter({ hasText: '发票号码' }).waitFor()
  const [name, pointed] = await Promise.all([names.boundingBox(), page.locator('[data-box=发票号码]').boundingBox()])
  assert.ok(name.y + name.height <= pointed.y || name.y >= pointed.y + pointed.height, 'the name is beside its box')
  on.quiet()
})

test('pictures given to the queue page line up, each with its own progress and its own error', async () => {
  await page.request.patch('/api/settings', { data: { engine_delay_ms: 0 }, headers: { Origin: on.box.url } })
  await post(page, '/api/queue/pause', { reason: '换模板' })
  await page.goto('/queue')
  const file = (name, buffer) => ({ name, mimeType: 'image/png', buffer })
  await page.setInputFiles('[data-test=files]', [file('one.png', paper.picture), file('two.png', paper.picture), file('torn.png', Buffer.from('torn'))])
  await page.locator('[data-upload="torn.png"].bad').waitFor()
  await page.locator('[data-upload="two.png"]', { hasText: '已加入识别队列' }).waitFor()
  await page.locator('[data-waiting]').nth(1).waitFor()
  await page.locator('[data-test=expected]', { hasText: '恢复后开始' }).first().waitFor()
  await page.click('[data-test=resume]')
  await page.getByText('队列是空的').waitFor({ timeout: READ_MS })
  await page.locator('[data-upload="two.png"]', { hasText: '识别完成' }).waitFor()
  on.quiet()
})
