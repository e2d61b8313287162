// A production line's day on the label page: two operators, prints that fail, reprints, scanning, files of devices, conflicts.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { logIn, post, stage } from './box.mjs'

const BATCH = 50
/** Between two keys of a person; a scan gun is faster. */
const PERSON_MS = 80

let page
let other
let devices

const on = stage(async () => {
  page = await on.open()
  other = await on.open({ locale: 'en-US' })
  for (const each of [page, other]) {
    await each.addInitScript(() => {
      window.printed = 0
      window.print = () => (window.printed += 1)
    })
  }
  await logIn(page, 'prodsys', '123')
  await logIn(other, 'admin', on.box.password)
  await other.goto('/labels')
  const wanted = Array.from({ length: BATCH + 4 }, (_, i) => ({ CPUID: `48F7-${(i * 7919 + 40961).toString(16).toUpperCase()}` }))
  devices = (await post(page, '/registerDevice', { devices: wanted })).devices
})

const row = (where, serial) => where.locator(`[data-serial="${serial}"]`)
const total = (n, where = page) => where.locator('[data-test=unprinted-total]', { hasText: new RegExp(`(^|\\D)${n}(\\D|$)`) }).waitFor()

/** As a scan gun types: at once, and Enter. */
// With times of its own, five milliseconds apart: a gun is quick, however slow the machine is that plays it.
async function scan(text, where = page) {
  const session = await where.context().newCDPSession(where)
  let timestamp = Date.now() / 1000
  for (const key of [...text, 'Enter']) {
    timestamp += 0.005
    const pressed = key === 'Enter' ? { key, code: key, windowsVirtualKeyCode: 13, text: '\r' } : { key, text: key }
    await session.send('Input.dispatchKeyEvent', { type: 'keyDown', timestamp, ...pressed })
    await session.send('Input.dispatchKeyEvent', { type: 'keyUp', timestamp, ...pressed, text: undefined })
  }
  await session.detach()
}

test('what one operator prints is seen on the other screen, and left out there', async () => {
  await total(BATCH + 4)
  const mine = devices.slice(BATCH, BATCH + 2).map((device) => device.DeviceSN)
  const free = devices[BATCH + 2].DeviceSN
  const five = devices[BATCH].DeviceSN.slice(0, 7)
  await page.getByPlaceholder('搜索序列号、CPUID 或时间').fill(five)
  for (const serial of mine) await row(page, serial).click()
  await page.click('[data-test=print]')
  await page.locator(`[data-label="${mine[1]}"]`).waitFor()

  await other.getByPlaceholder('Search serial, CPUID or time').fill(five)
  await row(other, mine[0]).locator('[data-label-state=claimed]', { hasText: 'Printing: prodsys' }).waitFor({ timeout: 3000 })
  for (const serial of [...mine, free]) await row(other, serial).click()
  await on.shot(other, 'line-claimed-en')
  await other.click('[data-test=print]')
  await other.locator('[data-test=taken]', { hasText: 'prodsys (2)' }).waitFor()
  assert.deepEqual(await other.locator('[data-label]').evaluateAll((all) => all.map((label) => label.dataset.label)), [free])
  await on.shot(other, 'line-left-out-en')
  await row(page, free).locator('[data-label-state=claimed]', { hasText: 'admin 正在打印' }).waitFor({ state: 'attached', timeout: 3000 })
  await other.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await row(other, mine[0]).locator('[data-label-state=new]').waitFor({ timeout: 3000 })
  await page.getByText('取消选择').click()
  await page.getByPlaceholder('搜索序列号、CPUID 或时间').fill('')
  on.quiet()
})

test('of fifty labels three fail: forty-seven leave the list, three stay, nothing is printed twice', async () => {
  const batch = devices.slice(0, BATCH).map((device) => device.DeviceSN)
  await row(page, batch[0]).waitFor()
  const list = page.getByRole('listbox')
  await list.focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('Space')
  for (let i = 1; i < BATCH; i += 1) await page.keyboard.press('Shift+ArrowDown')
  await page.keyboard.press('Control+p')
  await page.locator(`[data-label="${batch[BATCH - 1]}"]`).waitFor()
  await page.keyboard.press('Control+p')
  await page.locator(`[data-came-out="${batch[0]}"]`).waitFor()
  assert.equal(await page.evaluate(() => window.printed), 1)
  await page.waitForFunction(() => document.activeElement?.dataset.test === 'confirm-mark')
  const outcomes = page.getByRole('listbox', { name: '哪些标签打印成功？' })
  await outcomes.focus()
  await page.keyboard.press('Home')
  for (let i = 0; i < 3; i += 1) {
    await page.keyboard.press('n')
    await page.waitForTimeout(PERSON_MS)
  }
  await page.locator(`[data-came-out="${batch[2]}"][data-said=failed]`).waitFor()
  await page.locator(`[data-came-out="${batch[3]}"][data-said=printed]`).waitFor()
  await on.shot(page, 'line-outcome-zh')
  await page.locator('[data-test=confirm-mark]', { hasText: '成功 47，失败 3，不确定 0' }).click()
  await total(3 + 4)
  for (const serial of batch.slice(0, 3)) await row(page, serial).locator('[data-label-state=failed]').waitFor()
  assert.equal(await row(page, batch[3]).count(), 0)
  assert.equal(await page.evaluate(() => window.printed), 1)
  await on.shot(page, 'line-three-left-zh')
  on.quiet()
})

test('labels nobody answered for are shown as sent, and asked for again', async () => {
  const { DeviceSN: serial } = devices[BATCH]
  await row(page, serial).click()
  await page.click('[data-test=print]')
  await page.click('[data-test=print-now]')
  await page.getByText('稍后再确认').click()
  await row(page, serial).locator('[data-label-state=sent]').waitFor()
  await row(other, serial).locator('[data-label-state=sent]').waitFor({ timeout: 5000 })
  const strip = page.locator('[data-test=unconfirmed]', { hasText: '有 1 张标签已送打印' })
  await strip.waitFor()
  // With others it is left out of the next print, unless it is asked for.
  await page.click('[data-test=choose-all]')
  await page.click('[data-test=print]')
  await page.locator('[data-test=left-unconfirmed]').waitFor()
  assert.equal(await page.locator(`[data-label="${serial}"]`).count(), 0)
  await on.shot(page, 'line-unconfirmed-zh')
  await page.keyboard.press('Escape')
  await page.getByText('取消选择').click()
  await strip.getByRole('button').click()
  await page.locator(`[data-came-out="${serial}"]`).waitFor()
  await page.locator('[data-test=confirm-mark]', { hasText: '全部打印成功（1 张）' }).click()
  await row(page, serial).waitFor({ state: 'detached' })
  on.quiet()
})

test('a scanned label finds its device; its reprint needs a reason, which its history keeps', async () => {
  const { DeviceSN: serial, CPUID: cpuid } = devices[10]
  const search = page.getByPlaceholder('搜索序列号、CPUID 或时间')
  await search.focus()
  await scan(`${serial} ${cpuid}`)
  const drawer = page.locator('.device-drawer')
  await drawer.getByText(cpuid).waitFor()
  assert.equal(await search.inputValue(), '', 'what the gun typed is no search')
  assert.equal(await drawer.locator('[data-test=print-fact]').count(), 1)
  await drawer.locator('[data-test=reprint]').click()
  await page.locator(`[data-label="${serial}"]`).waitFor()
  assert.ok(await page.locator('[data-test=print-now]').isDisabled(), 'without a reason nothing is printed')
  await on.shot(page, 'line-reason-zh')
  await page.fill('[data-test=reason]', '贴歪了')
  await page.keyboard.press('Enter')
  await page.locator('[data-test=confirm-mark]').click()
  const newest = drawer.locator('[data-test=print-fact]').first()
  await newest.getByText('原因：贴歪了').waitFor()
  await newest.locator('[data-label-state=printed]').waitFor()
  assert.equal(await drawer.locator('[data-test=print-fact]').count(), 2)
  await page.waitForTimeout(400)
  await on.shot(page, 'line-history-zh')
  await page.keyboard.press('Escape')
  await drawer.waitFor({ state: 'hidden' })
  await scan('NOTHING-LIKE-IT')
  await page.getByText('没有找到设备：NOTHING-LIKE-IT').waitFor()
  on.quiet()
})

test('scanning to verify is green for a label of a known device and red for any other', async () => {
  const { DeviceSN: serial, CPUID: cpuid } = devices[10]
  await page.keyboard.press('Alt+v')
  const verdict = (state) => page.locator(`[data-verdict=${state}]`)
  await verdict('idle').waitFor()
  await scan(`${serial} ${cpuid}`)
  await verdict('good').getByText('合格').waitFor()
  await on.shot(page, 'line-verify-good-zh')
  await scan(`${serial} ${devices[11].CPUID}`)
  await verdict('bad').getByText('CPUID 不符').waitFor()
  await on.shot(page, 'line-verify-bad-zh')
  await scan(serial)
  await verdict('bad').getByText('内容格式不对').waitFor()
  await scan(`99999999 ${cpuid}`)
  await verdict('bad').getByText('没有这台设备：99999999').waitFor()
  await scan(`${serial} ${cpuid.toLowerCase()}`)
  await verdict('bad').getByText('只有大小写不同').waitFor()
  await scan(`${serial} ${cpuid}`)
  await verdict('good').getByText('这张标签本次已经扫描过').waitFor()
  assert.match(await page.locator('[data-test=verify-good]').innerText(), /2/)
  assert.match(await page.locator('[data-test=verify-bad]').innerText(), /4/)
  await page.click('[data-test=sound]')
  await page.locator('[data-test=sound]', { hasText: '关' }).waitFor()
  await page.keyboard.press('Escape')
  await page.locator('.verify').waitFor({ state: 'detached' })
  on.quiet()
})

test('five thousand devices come from a file; its seven bad lines are listed', async () => {
  const bad = [3, 700, 1501, 2222, 3333, 4444, 5001]
  const lines = Array.from({ length: 5000 }, (_, i) => (bad.includes(i + 2) ? `no-serial-${i},X` : `${70000000 + i},FILE-${i}`))
  const buffer = Buffer.from(`DeviceSN,CPUID\r\n${lines.join('\r\n')}\r\n`)
  await page.click('[data-test=import]')
  await page.setInputFiles('[data-test=import-file]', { name: 'batch.csv', mimeType: 'text/csv', buffer })
  const report = page.locator('[data-test=import-report]')
  await report.waitFor({ timeout: 60_000 })
  assert.match(await report.locator('[data-count=created]').innerText(), /4,993/)
  assert.match(await report.locator('[data-count=bad]').innerText(), /^7\s/)
  const shown = await report.locator('[data-test=bad-line]').allInnerTexts()
  assert.deepEqual(shown.map((line) => Number(/[\d,]+/.exec(line)[0].replace(',', ''))), bad)
  await on.shot(page, 'line-import-zh')
  const saved = page.waitForEvent('download')
  await page.click('[data-test=import-errors]')
  const file = await readFile(await (await saved).path(), 'utf8')
  assert.equal(file.trim().split('\n').length, 8)
  await page.keyboard.press('Escape')
  await page.locator('[data-test=import-dialog]').waitFor({ state: 'detached' })
  await total('4,999')
  on.quiet()
})

test('a long list is searched and scrolled at once, and the export holds what is shown', async () => {
  await page.getByRole('listbox').focus()
  await page.keyboard.press('End')
  await row(page, '70004998').waitFor({ timeout: 2000 })
  assert.ok((await page.getByRole('option').count()) < 80, 'only the rows in sight exist')
  await page.keyboard.press('/')
  await page.keyboard.insertText('FILE-499')
  await total('10 / 4,999')
  const saved = page.waitForEvent('download')
  await page.click('[data-test=export]')
  const file = await readFile(await (await saved).path(), 'utf8')
  const lines = file.replace('\ufeff', '').trim().split('\r\n')
  assert.deepEqual(lines.slice(0, 2), ['DeviceSN,CPUID', '70000499,FILE-499'])
  assert.equal(lines.length, 11)
  await page.getByPlaceholder('搜索序列号、CPUID 或时间').fill('')
  await page.getByRole('tab', { name: '全部设备' }).click()
  await page.getByPlaceholder('搜索序列号或 CPUID', { exact: true }).fill('FILE-49')
  await page.locator('#pane-all').getByText('共 110 台').waitFor()
  const wholeSaved = page.waitForEvent('download')
  await page.click('[data-test=export-all]')
  const whole = await readFile(await (await wholeSaved).path(), 'utf8')
  assert.equal(whole.trim().split('\r\n').length, 111)
  await on.shot(page, 'line-all-zh')
  on.quiet()
})

test('a conflict shows at the tab and is settled with a reason', async () => {
  await post(page, '/registerDevice', { DeviceSN: devices[0].DeviceSN, CPUID: 'SOMEBODY-ELSE' })
  await page.reload()
  await page.locator('[data-test=conflict-badge]', { hasText: '1' }).waitFor()
  await page.getByRole('tab', { name: /冲突/ }).click()
  const conflict = page.locator('[data-test=conflict]', { hasText: 'SOMEBODY-ELSE' })
  await conflict.locator('[data-test=settle]').click()
  await conflict.getByText('主板更换').click()
  await on.shot(page, 'line-conflict-zh')
  await conflict.locator('[data-test=settle-now]').click()
  await page.getByText('没有冲突').waitFor()
  await page.getByText('显示已处理').click()
  await page.locator('[data-test=conflict]', { hasText: '主板更换' }).waitFor()
  on.quiet()
})

test('both languages say it in their own words, on a tablet and in the dark too', async () => {
  await page.getByRole('tab', { name: '待打印', exact: true }).click()
  await page.click('[data-test=language]')
  await page.getByRole('tab', { name: 'To print', exact: true }).waitFor()
  const words = await page.locator('.tools, .el-tabs__header, #pane-unprinted').allInnerTexts()
  assert.doesNotMatch(words.join(' '), /[\u4e00-\u9fff]/, 'no Chinese is left in English')
  await page.setViewportSize({ width: 820, height: 1180 })
  await on.shot(page, 'line-tablet-en')
  const wide = await page.evaluate(() => document.documentElement.scrollWidth)
  assert.ok(wide <= 820, `nothing sticks out at the side (${wide})`)
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.click('[data-test=theme]')
  await on.shot(page, 'line-dark-en')
  await page.click('[data-test=language]')
  await page.getByRole('tab', { name: '待打印', exact: true }).waitFor()
  on.quiet()
})

test('the factory password is changed; this page stays logged in and all others do not', async () => {
  const second = await on.open()
  await logIn(second, 'prodsys', '123')
  await page.locator('[data-test=default-password] button').click()
  const dialog = page.getByRole('dialog', { name: '修改密码' })
  await dialog.getByLabel('当前密码').fill('wrong')
  await dialog.getByLabel('新密码', { exact: true }).fill('line-4711-ok')
  await dialog.getByLabel('确认新密码').fill('line-4711-ok')
  await page.keyboard.press('Enter')
  await dialog.locator('.el-alert').waitFor()
  await dialog.getByLabel('当前密码').fill('123')
  await page.keyboard.press('Enter')
  await page.getByText('密码已修改').waitFor()
  await page.locator('[data-test=default-password]').waitFor({ state: 'detached' })
  await second.waitForURL('**/login?next=/labels&ended=1')
  await logIn(second, 'prodsys', 'line-4711-ok')
  await second.waitForURL('**/labels')
  await page.reload()
  await total('4,999')
  // A socket that the box closed is noted by the browser.
  on.quiet(/WebSocket connection to/)
})
