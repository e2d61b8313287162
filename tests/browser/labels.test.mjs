// Devices appear by themselves, are printed in real size and marked.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { labelOfPrinters, labelShown, logIn, post, stage } from './box.mjs'

const MM_PER_POINT = 25.4 / 72
/** Browsers use whole CSS pixels. */
const PAPER_TOLERANCE_MM = 0.4

let page
let serials
/** What the page asked pictures of last. */
let asked

const on = stage(async () => {
  page = await on.open()
  page.on('request', (request) => {
    if (request.url().endsWith('/api/labels/pictures')) asked = request.postDataJSON()
  })
  await page.addInitScript(() => {
    window.printed = 0
    window.print = () => (window.printed += document.querySelector('.print-view.goes-out') ? 1 : 1000)
  })
})

const row = (serial) => page.locator(`[data-serial="${serial}"]`)

/** In mm. */
async function paper() {
  await page.evaluate(() => document.querySelector('.print-view').classList.add('goes-out'))
  const text = (await page.pdf({ preferCSSPageSize: true })).toString('latin1')
  const boxes = [...text.matchAll(/\/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]/g)]
  return boxes.map(([, width, height]) => ({ width: width * MM_PER_POINT, height: height * MM_PER_POINT }))
}

async function assertPaper(count, width, height) {
  const pages = await paper()
  assert.equal(pages.length, count, 'one label a page')
  for (const size of pages) {
    const fits = Math.abs(size.width - width) < PAPER_TOLERANCE_MM && Math.abs(size.height - height) < PAPER_TOLERANCE_MM
    assert.ok(fits, `${size.width.toFixed(2)} × ${size.height.toFixed(2)} mm is not ${width} × ${height} mm`)
  }
}

test('a label operator sees labels, no invoices, and the warning about their password', async () => {
  await logIn(page, 'prodsys', '123')
  await page.waitForURL('**/labels')
  await page.getByText('没有待打印的设备').waitFor()
  await page.locator('[data-test=default-password]').waitFor()
  assert.equal(await page.locator('[data-test=menu-console]').count(), 0)
  await on.shot(page, 'labels-empty-zh')
  await page.goto('/console')
  await page.getByText('没有访问权限').waitFor()
  await page.goto('/labels')
  await page.getByText('没有待打印的设备').waitFor()
  on.quiet()
})

test('devices that are registered appear on the open page by themselves', async () => {
  const devices = ['A1', 'B2', 'C3'].map((id) => ({ CPUID: `CPU-${id}` }))
  const answer = await post(page, '/registerDevice', { devices })
  serials = answer.devices.map((device) => device.DeviceSN)
  for (const serial of serials) await row(serial).waitFor({ timeout: 3000 })
  await page.locator('[data-test=unprinted-total]', { hasText: '3' }).waitFor()
  on.quiet()
})

test('where a device’s details can’t be fetched that is said, no state is made up, and they come by themselves', async () => {
  const other = await page.context().newPage()
  await other.route('**/api/devices?*', (route) => route.fulfill({ status: 500, json: { err: '服务器内部错误', code: 'internal' } }))
  await other.goto('/labels')
  const first = other.locator(`[data-serial="${serials[0]}"]`)
  await first.waitFor()
  await other.locator('[data-test=details-missing]').waitFor()
  assert.doesNotMatch(await first.innerText(), /待打印|CPU-A1/)
  await other.unroute('**/api/devices?*')
  await first.getByText('待打印').waitFor()
  assert.match(await first.innerText(), /CPU-A1/)
  assert.equal(await other.locator('[data-test=details-missing]').count(), 0)
  await other.close()
  on.quiet()
})

test('the print view has one label a page, in mm, each with its code', async () => {
  await page.click('[data-test=choose-all]')
  await on.shot(page, 'labels-chosen-zh')
  await page.click('[data-test=print]')
  const labels = page.locator('[data-label]')
  await labels.first().waitFor()
  assert.deepEqual(await labels.evaluateAll((all) => all.map((label) => label.dataset.label)), serials)
  for (const [i, serial] of serials.entries()) {
    const { of, mm, dots, png } = await labelShown(page.locator(`[data-label="${serial}"]`))
    assert.equal(of, `${serial} CPU-${['A1', 'B2', 'C3'][i]}`)
    assert.deepEqual(dots, [320, 240])
    assert.ok(Math.abs(mm[0] - (320 * 25.4) / 203) < 0.02 && Math.abs(mm[1] - (240 * 25.4) / 203) < 0.02, `${mm} mm`)
    assert.equal(png, await labelOfPrinters(page, asked, serial), 'dot for dot')
  }
  await on.shot(page, 'print-40x30-zh')
  await assertPaper(3, 40, 30)
  // By the browser's own menu nobody would know of it.
  await page.evaluate(() => document.querySelector('.print-view').classList.remove('goes-out'))
  await page.emulateMedia({ media: 'print' })
  await page.getByText('请用页面上的打印按钮打印标签').waitFor()
  assert.equal(await labels.first().isVisible(), false)
  await page.emulateMedia({ media: null })
  await page.click('.print-view .el-select')
  await page.locator('.el-select-dropdown__item', { hasText: '60 × 40' }).click()
  await assertPaper(3, 60, 40)
  await on.shot(page, 'print-60x40-zh')
  on.quiet()
})

test('after printing only what came out is marked, and one is left', async () => {
  await page.click('[data-test=print-now]')
  await page.click('[data-all=printed]')
  await page.locator(`[data-came-out="${serials[2]}"] .failed`).click()
  assert.equal(await page.evaluate(() => window.printed), 1)
  await on.shot(page, 'after-print-zh')
  await page.click('[data-test=confirm-mark]')
  await row(serials[0]).waitFor({ state: 'detached' })
  await row(serials[1]).waitFor({ state: 'detached' })
  await row(serials[2]).locator('[data-label-state=failed]').waitFor()
  await page.locator('[data-test=unprinted-total]', { hasText: '1' }).waitFor()
  on.quiet()
})

test('the chosen size is remembered', async () => {
  await page.reload()
  await row(serials[2]).click()
  await page.click('[data-test=print]')
  await page.locator('.print-view .el-select', { hasText: '60 × 40' }).waitFor()
  await page.keyboard.press('Escape')
  await page.locator('.print-view').waitFor({ state: 'detached' })
  on.quiet()
})

test('a device is registered by hand, and again, and wrongly', async () => {
  await page.click('[data-test=register]')
  const dialog = page.getByRole('dialog', { name: '注册设备' })
  const results = dialog.getByRole('log')
  const send = dialog.locator('[data-test=register-now]')
  await dialog.getByLabel('CPUID').fill('HAND-1')
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => document.activeElement?.getAttribute('placeholder') === '留空则自动分配')
  assert.equal(await results.locator('li').count(), 0, 'Enter goes to the next field')
  await send.click()
  await results.getByText(/已注册：\d{8}（HAND-1）/).waitFor()
  await dialog.getByLabel('CPUID').fill('HAND-1')
  await send.click()
  await results.getByText(/此前已注册/).waitFor()
  await dialog.getByLabel('CPUID').fill('HAND 2')
  await send.click()
  await results.locator('.error').waitFor()
  await on.shot(page, 'register-zh')
  await page.keyboard.press('Escape')
  await page.locator('[data-test=unprinted-total]', { hasText: '2' }).waitFor()
  on.quiet()
})

test('what stands on a label and how often is chosen, and a test label is printed alone', async () => {
  await page.click('[data-test=print]')
  const label = page.locator(`[data-label="${serials[2]}"]`)
  await label.first().waitFor()
  await page.locator('.print-view .el-checkbox', { hasText: 'CPUID' }).click()
  await page.locator('.print-view .el-checkbox', { hasText: '注册日期' }).click()
  await page.fill('[data-test=label-text]', '样品 批次7')
  await page.locator('[data-test=copies] input').fill('3')
  await page.keyboard.press('Tab')
  await page.locator('[data-test=drawing]').waitFor({ state: 'detached' })
  const { of, png } = await labelShown(label.first())
  assert.equal(of, `${serials[2]} CPU-C3`)
  assert.deepEqual(asked.elements.map(({ value }) => value), ['{SN} {CPUID}', '{SN}', '{CPUID}', '{date}', '样品 批次7'])
  assert.equal(png, await labelOfPrinters(page, asked, serials[2]), 'dot for dot')
  for (const copy of [1, 2]) assert.equal((await labelShown(label.nth(copy))).png, png)
  await assertPaper(3, 60, 40)
  await on.shot(page, 'print-contents-zh')
  const before = await page.evaluate(() => {
    window.print = () => (window.sheets = [...document.querySelectorAll('.print-view .label')].map((label) => label.querySelector('img')?.alt))
    return window.printed
  })
  await page.click('[data-test=print-test]')
  await page.waitForFunction(() => window.sheets)
  assert.deepEqual(await page.evaluate(() => window.sheets), ['00000000 TEST'])
  assert.equal(await page.evaluate(() => window.printed), before)
  await page.fill('[data-test=label-text]', '')
  await page.locator('[data-test=copies] input').fill('1')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Escape')
  await page.locator('.print-view').waitFor({ state: 'detached' })
  on.quiet()
})

test('rows are chosen with the keyboard alone', async () => {
  await page.getByText('取消选择').click()
  const list = page.getByRole('listbox')
  await list.focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('Space')
  await page.keyboard.press('Shift+ArrowDown')
  assert.equal(await page.locator('.rows [role=option][aria-selected=true]').count(), 2)
  await page.keyboard.press('Control+a')
  assert.equal(await page.locator('.rows [role=option][aria-selected=true]').count(), 0)
  on.quiet()
})

test('a printed device is found by its serial', async () => {
  await page.getByRole('tab', { name: '全部设备' }).click()
  await page.getByPlaceholder('搜索序列号或 CPUID', { exact: true }).fill(serials[0])
  await page.locator(`#pane-all [data-serial="${serials[0]}"]`, { hasText: 'CPU-A1' }).waitFor()
  await on.shot(page, 'labels-find-zh')
  on.quiet()
})

test('the list of all devices hears of a new one by itself', async () => {
  await page.getByPlaceholder('搜索序列号或 CPUID', { exact: true }).fill('')
  await page.locator(`#pane-all [data-serial="${serials[0]}"]`).waitFor()
  const { devices } = await post(page, '/registerDevice', { CPUID: 'SEEN-AT-ONCE' })
  await page.locator(`#pane-all [data-serial="${devices[0].DeviceSN}"]`).waitFor()
  on.quiet()
})

test('what was sought while the box could not be asked stays, is said not to be asked, and is asked for by itself', async () => {
  await page.getByRole('tab', { name: '全部设备' }).click()
  const search = page.getByPlaceholder('搜索序列号或 CPUID', { exact: true })
  await search.fill('')
  await page.locator(`#pane-all [data-serial="${serials[0]}"]`).waitFor()
  await page.context().setOffline(true)
  await search.focus()
  // As fast as a gun.
  await page.keyboard.type(serials[1])
  await page.keyboard.press('Enter')
  await page.locator('[data-test=not-asked]', { hasText: '无法连接服务器' }).waitFor()
  assert.equal(await search.inputValue(), serials[1])
  await page.locator('#pane-all .dimmed').waitFor()
  await on.shot(page, 'labels-not-asked-zh')
  await page.context().setOffline(false)
  await page.locator('[data-test=not-asked]').waitFor({ state: 'detached', timeout: 30_000 })
  await page.locator(`#pane-all [data-serial="${serials[0]}"]`).waitFor({ state: 'detached' })
  await page.locator(`#pane-all [data-serial="${serials[1]}"]`).waitFor()
  assert.equal(await search.inputValue(), serials[1])
  await search.fill('')
  on.quiet(/WebSocket connection to|ERR_INTERNET_DISCONNECTED/)
})

test('a device that could not be loaded is named, and can be asked for again', async () => {
  const other = await page.context().newPage()
  const asked = `**/api/devices/${serials[0]}{,/history}`
  await other.route(asked, (route) => route.fulfill({ status: 500, json: { err: '服务器内部错误', code: 'internal' } }))
  await other.goto(`/labels?device=${serials[0]}`)
  const drawer = other.getByRole('dialog', { name: `设备 ${serials[0]}` })
  await drawer.locator('[data-test=device-problem]', { hasText: '没有取到这台设备的信息' }).getByText('服务器内部错误').waitFor()
  await on.shot(other, 'device-not-loaded-zh')
  await other.unroute(asked)
  await drawer.getByRole('button', { name: '重试', exact: true }).click()
  await drawer.getByText('CPU-A1').waitFor()
  assert.equal(await drawer.locator('[data-test=device-problem]').count(), 0)
  await other.close()
  on.quiet()
})

test('a connection that is cut is said, and what was missed is caught up', async () => {
  await page.getByRole('tab', { name: '待打印', exact: true }).click()
  await page.context().setOffline(true)
  await page.locator('[data-test=link-state]', { hasText: '连接已断开' }).waitFor()
  await page.locator('[data-test=stale]', { hasText: '列表停留在' }).waitFor()
  await on.shot(page, 'labels-lost-zh')
  const other = await on.open({ locale: 'en-US' })
  await logIn(other, 'prodsys', '123')
  const { devices } = await post(other, '/registerDevice', { CPUID: 'WHILE-AWAY' })
  await other.locator(`[data-serial="${devices[0].DeviceSN}"]`).waitFor()
  await on.shot(other, 'labels-en')
  await page.context().setOffline(false)
  await row(devices[0].DeviceSN).waitFor({ timeout: 30_000 })
  await page.locator('[data-test=link-state]', { hasText: '实时更新' }).waitFor()
  // The browser logs failed connections.
  on.quiet(/WebSocket connection to|ERR_INTERNET_DISCONNECTED/)
})
