// Undo with history: prints, corrections, imports; notices of what blocks the line.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { beforeEach, test } from 'node:test'
import { connect } from 'node:tls'
import { labelShown, logIn, post, startBox, stage, stopBox } from './box.mjs'
import { scan } from './gun.mjs'

let page
let n = 0

const on = stage(async () => {
  page = await open()
  await logIn(page, 'prodsys', '123')
})

async function open(options) {
  const opened = await on.open(options)
  opened.setDefaultTimeout(8_000)
  await opened.addInitScript(() => {
    window.printed = 0
    window.print = () => (window.printed += 1)
  })
  return opened
}

beforeEach(async () => {
  await page.goto('/labels')
  await page.locator('[data-test=unprinted-total]', { hasText: /\d/ }).waitFor()
})

const row = (serial, where = page) => where.locator(`[data-serial="${serial}"]`)
const search = (where = page) => where.locator('.seek input').first()
const drawer = () => page.locator('.device-drawer')

async function registered(count, where = page) {
  const batch = `DEV-${(n += 1)}X`
  const { devices } = await post(where, '/registerDevice', { devices: Array.from({ length: count }, (_, i) => ({ CPUID: `${batch}-${i}` })) })
  await search(where).fill(batch)
  for (const { DeviceSN } of devices) await row(DeviceSN, where).waitFor()
  return devices
}

async function printAll(devices, where = page) {
  for (const { DeviceSN } of devices) await row(DeviceSN, where).click()
  await where.click('[data-test=print]')
  await where.locator('[data-test=print-now]').click()
  await where.locator('[data-test=after-print]').waitFor()
}

async function openDevice({ DeviceSN, CPUID }) {
  await scan(page, `${DeviceSN} ${CPUID}`)
  await drawer().getByText(CPUID, { exact: true }).first().waitFor()
}

const stateOf = async ({ DeviceSN }) => (await page.request.get(`/api/devices/${DeviceSN}`)).json()

test('what may still lie in the printer is not printed again before somebody has looked', async () => {
  const devices = await registered(3)
  await printAll(devices)
  await page.click('[data-all=failed]')
  await page.click('[data-test=confirm-again]')
  const question = page.locator('[data-test=queue-question]')
  await question.getByText('3 张标签以前送打过').waitFor()
  const printed = await page.evaluate(() => window.printed)
  assert.ok(await page.locator('[data-test=print-now]').isDisabled(), 'no answer is the default')
  await on.shot(page, 'devices-queue-zh')
  await question.locator('[data-test=queue-full]').click()
  await question.getByText('请先取消上一次的打印任务').waitFor()
  assert.ok(await page.locator('[data-test=print-now]').isDisabled())
  await page.keyboard.press('Control+p')
  assert.equal(await page.evaluate(() => window.printed), printed)
  await question.locator('[data-test=queue-empty]').click()
  await page.click('[data-test=print-now]')
  await page.locator('[data-test=after-print]').waitFor()
  assert.equal(await page.evaluate(() => window.printed), printed + 1)
  await page.click('[data-all=printed]')
  await page.click('[data-test=confirm-mark]')
  await row(devices[0].DeviceSN).waitFor({ state: 'detached' })
  on.quiet()
})

test('labels of unknown fate are asked about one’s own first, with who sent them, and none is answered', async () => {
  const other = await open({ locale: 'en-US' })
  await logIn(other, 'admin', on.box.password)
  await other.goto('/labels')
  const theirs = await registered(1, other)
  await printAll(theirs, other)
  await other.getByText('Confirm later').click()
  const mine = await registered(1)
  await printAll(mine)
  await page.getByText('稍后再确认').click()
  await page.locator('[data-test=unconfirmed]', { hasText: '由您送打' }).getByRole('button').click()
  const dialog = page.locator('[data-test=after-print]')
  await dialog.locator(`[data-came-out="${theirs[0].DeviceSN}"] [data-test=sent-by]`, { hasText: 'admin' }).waitFor()
  const order = await dialog.locator('[data-came-out]').evaluateAll((all) => all.map((each) => each.dataset.cameOut))
  assert.ok(order.indexOf(mine[0].DeviceSN) < order.indexOf(theirs[0].DeviceSN), 'one’s own first')
  assert.equal(await dialog.locator('[data-said]:not([data-said=open])').count(), 0)
  await on.shot(page, 'devices-unknown-zh')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  assert.equal((await stateOf(theirs[0])).label, 'sent')
  await dialog.getByText('稍后再确认').click()
  on.quiet()
})

test('a label marked by mistake is set back with a reason that its history keeps', async () => {
  const [device] = await registered(1)
  await post(page, '/switchPrintStatus', { DeviceSNList: [device.DeviceSN] })
  await openDevice(device)
  await page.click('[data-test=unprint]')
  await page.click('[data-test=reason-save]')
  await page.getByText('请填写原因').waitFor()
  await page.getByText('误点为已打印').click()
  await page.click('[data-test=reason-save]')
  await drawer().locator('[data-change=unprinted]', { hasText: '误点为已打印' }).waitFor()
  await drawer().locator('[data-label-state=new], [data-label-state=failed]').first().waitFor()
  await on.shot(page, 'devices-history-zh')
  assert.equal((await stateOf(device)).status, 0)
  on.quiet()
})

test('a CPUID that was mistyped is corrected, and a device is retired; both leave a trail', async () => {
  const [device] = await registered(1)
  await openDevice(device)
  await page.click('[data-test=correct]')
  await page.fill('[data-test=new-cpuid]', `${device.CPUID}-NEW`)
  await page.getByText('录入错误', { exact: true }).click()
  await on.shot(page, 'devices-correct-zh')
  await page.click('[data-test=reason-save]')
  await drawer().locator('[data-change=cpuid]', { hasText: `${device.CPUID} → ${device.CPUID}-NEW` }).waitFor()
  assert.equal((await stateOf(device)).CPUID, `${device.CPUID}-NEW`)
  await page.click('[data-test=retire]')
  await page.getByText('设备报废').click()
  await page.click('[data-test=reason-save]')
  await drawer().locator('[data-test=retired]').waitFor()
  await drawer().locator('[data-change=retired]', { hasText: '设备报废' }).waitFor()
  assert.equal(await drawer().locator('[data-test=reprint], [data-test=retire]').count(), 0)
  await page.keyboard.press('Escape')
  await row(device.DeviceSN).waitFor({ state: 'detached' })
  on.quiet()
})

test('an import is seen before it is written, and undone after', async () => {
  const buffer = Buffer.from('DeviceSN,CPUID,备注\r\n61000001,IMP-1,a\r\n61000002,IMP-2,b\r\nx,IMP-3,c\r\n61000004,1.23457E+19,d\r\n')
  await page.click('[data-test=import]')
  await page.setInputFiles('[data-test=import-file]', { name: 'shift.csv', mimeType: 'text/csv', buffer })
  const preview = page.locator('[data-test=import-preview]')
  await preview.getByText('尚未写入').waitFor()
  await preview.locator('[data-test=import-unused]', { hasText: '备注' }).waitFor()
  await preview.locator('[data-test=bad-line]', { hasText: '第 4 行' }).waitFor()
  await preview.locator('[data-test=warning-line]', { hasText: '第 5 行' }).waitFor()
  await on.shot(page, 'devices-preview-zh')
  assert.equal((await page.request.get('/api/devices/61000001')).status(), 404, 'nothing is written yet')
  await page.click('[data-test=import-now]')
  await page.locator('[data-test=import-report]').waitFor()
  assert.equal((await page.request.get('/api/devices/61000001')).status(), 200)
  await page.locator('[data-test=past-imports]', { hasText: 'shift.csv' }).locator('[data-test=undo-import]').first().click()
  await on.shot(page, 'devices-undo-zh')
  await page.getByRole('button', { name: /移除 \d+ 台设备/ }).click()
  await page.locator('[data-test=past-imports]', { hasText: '已撤销' }).waitFor()
  assert.equal((await page.request.get('/api/devices/61000001')).status(), 404)
  on.quiet()
})

test('a board that was replaced gives the device its new CPUID, and the old label counts no more', async () => {
  const [device] = await registered(1)
  await post(page, '/switchPrintStatus', { DeviceSNList: [device.DeviceSN] })
  await post(page, '/registerDevice', { DeviceSN: device.DeviceSN, CPUID: `${device.CPUID}-BOARD` })
  await page.reload()
  await page.getByRole('tab', { name: /冲突/ }).click()
  const conflict = page.locator('[data-test=conflict]', { hasText: `${device.CPUID}-BOARD` })
  await conflict.locator('[data-test=settle]').click()
  await conflict.getByText('主板更换', { exact: true }).click()
  assert.ok(await conflict.locator('[data-test=settle-now]').isDisabled(), 'what becomes of the device has no default')
  await conflict.locator('[data-test=decide-replace]').click()
  await on.shot(page, 'devices-replace-zh')
  await conflict.locator('[data-test=settle-now]').click()
  await conflict.waitFor({ state: 'detached' })
  const now = await stateOf(device)
  assert.equal(now.CPUID, `${device.CPUID}-BOARD`)
  assert.equal(now.status, 0)
  on.quiet()
})

test('with the newest first what comes is seen; with the oldest first it is told, and a click leads there', async () => {
  await post(page, '/registerDevice', { devices: Array.from({ length: 60 }, (_, i) => ({ CPUID: `MANY-${i}` })) })
  await page.reload()
  await page.locator('[data-test=unprinted-total]', { hasText: /[6-9]\d/ }).waitFor()
  await page.locator('[data-serial]').first().waitFor()
  const { devices: [late] } = await post(page, '/registerDevice', { devices: [{ CPUID: 'LATE-1' }, { CPUID: 'LATE-2' }, { CPUID: 'LATE-3' }] })
  const fresh = page.locator('[data-test=new-ones]')
  await fresh.waitFor()
  await on.shot(page, 'devices-new-zh')
  await fresh.click()
  await row(late.DeviceSN).waitFor()
  await page.locator('[data-test=order]').first().click()
  await page.getByRole('option', { name: '最新的在前' }).first().click()
  await row(late.DeviceSN).waitFor()
  const { devices: [newest] } = await post(page, '/registerDevice', { devices: [{ CPUID: 'LATEST-1' }] })
  await row(newest.DeviceSN).waitFor()
  assert.equal(await page.locator('.rows [data-serial]').first().getAttribute('data-serial'), newest.DeviceSN)
  await page.evaluate(() => localStorage.removeItem('paperline.labels.order'))
  on.quiet()
})

test('where no WebSocket comes through the list is asked for, and the page says so in both languages', async () => {
  for (const [locale, words] of [['zh-CN', '实时更新被网络阻止'], ['en-US', 'Live updates are blocked on the network']]) {
    const blocked = await open({ locale })
    await blocked.addInitScript(() => {
      const Real = window.WebSocket
      window.WebSocket = class extends Real {
        constructor() {
          super(`ws://${location.host}/no-such-socket`)
        }
      }
    })
    await logIn(blocked, 'prodsys', '123')
    await blocked.locator('[data-test=blocked]', { hasText: words }).waitFor()
    await blocked.locator('[data-test=link-state].blocked').waitFor()
    const { devices: [device] } = await post(blocked, '/registerDevice', { devices: [{ CPUID: `BLOCKED-${locale}` }] })
    await search(blocked).fill(`BLOCKED-${locale}`)
    await row(device.DeviceSN, blocked).waitFor({ timeout: 12_000 })
    await on.shot(blocked, `devices-blocked-${locale}`)
    await blocked.context().close()
  }
  on.quiet(/WebSocket/)
})

test('a label’s look is kept on the box by name: another browser has it, small and turned', async () => {
  const [device] = await registered(1)
  await row(device.DeviceSN).click()
  await page.click('[data-test=print]')
  await page.locator(`[data-label="${device.DeviceSN}"]`).waitFor()
  await page.locator('[data-test=size]').click()
  await page.getByRole('option', { name: '自定义' }).click()
  await page.locator('[data-test=width] input').fill('25.4')
  await page.keyboard.press('Tab')
  await page.locator('[data-test=height] input').fill('6')
  await page.keyboard.press('Tab')
  await page.locator('[data-test=too-fine]').waitFor()
  await page.locator('[data-test=height] input').fill('12.7')
  await page.keyboard.press('Tab')
  await page.locator('[data-test=rotate]').click()
  await page.getByRole('option', { name: '90°', exact: true }).click()
  await page.click('[data-test=look-save-as]')
  await page.fill('[data-test=look-name]', '小板 25×12')
  await page.click('[data-test=look-add]')
  await page.getByText('样式“小板 25×12”已保存').waitFor()
  await on.shot(page, 'devices-look-zh')
  const size = await page.locator(`[data-label="${device.DeviceSN}"]`).evaluate((label) => [label.style.width, label.style.height])
  assert.deepEqual(size, ['12.7mm', '25.4mm'], 'the paper is turned with it')
  // Whole printer dots, or it blurs.
  const { mm, dots } = await labelShown(page.locator(`[data-label="${device.DeviceSN}"]`))
  assert.deepEqual(dots, [102, 203])
  for (const [i, side] of mm.entries()) assert.ok(Math.abs((side / 25.4) * 203 - dots[i]) < 0.2, `${side} mm`)
  await page.keyboard.press('Escape')
  const other = await open({ locale: 'en-US' })
  await logIn(other, 'admin', on.box.password)
  await other.goto('/labels')
  await other.click('[data-test=label-settings]')
  await other.locator('[data-test=look]').click()
  await other.getByRole('option', { name: '小板 25×12' }).click()
  await other.waitForFunction(() => document.querySelector('.print-view .label')?.style.width === '12.7mm')
  await on.shot(other, 'devices-look-en')
  // Codes that only the box can make, too.
  const code = { kind: 'datamatrix', x_mm: 1, y_mm: 1, w_mm: 10, h_mm: 10, value: '{SN} {CPUID}' }
  const made = await other.request.post('/api/labels', { data: { name: 'Matrix', width_mm: 30, height_mm: 12, elements: [code] }, headers: { Origin: new URL(other.url()).origin } })
  assert.equal(made.status(), 201, await made.text())
  await other.keyboard.press('Escape')
  await other.click('[data-test=label-settings]')
  await other.locator('[data-test=look]').click()
  await other.getByRole('option', { name: 'Matrix' }).click()
  await other.waitForFunction(() => document.querySelector('.print-view .label')?.style.width === '30mm')
  assert.equal((await labelShown(other.locator('.print-view .label'))).of, '00000000 TEST')
  assert.ok(await other.locator('[data-test=print-test]').isEnabled())
  await on.shot(other, 'devices-look-matrix-en')
  await other.keyboard.press('Escape')
  await search(other).fill(device.DeviceSN)
  await row(device.DeviceSN, other).click()
  await other.click('[data-test=print]')
  const { of, png } = await labelShown(other.locator(`[data-label="${device.DeviceSN}"]`))
  assert.equal(of, `${device.DeviceSN} ${device.CPUID}`)
  const preview = await other.request.get(`/api/labels/${(await made.json()).label_id}/preview?sn=${device.DeviceSN}`)
  assert.equal(png, (await preview.body()).toString('base64'), 'dot for dot')
  await other.keyboard.press('Escape')
  await other.locator('.print-view').waitFor({ state: 'detached' })
  await page.evaluate(() => localStorage.removeItem('paperline.label'))
  on.quiet()
})

test('a new box asks its administrator for the time zone and the company’s name, with the browser’s zone as the proposal, and the System page shows the clock', async () => {
  const context = await on.browser.newContext({ locale: 'zh-CN', timezoneId: 'Asia/Shanghai', baseURL: on.box.url, viewport: { width: 1280, height: 800 } })
  const admin = await context.newPage()
  await logIn(admin, 'admin', on.box.password)
  await admin.goto('/system')
  const question = admin.locator('[data-test=first-steps]')
  await question.getByText('尚未设置时区').waitFor()
  await on.shot(admin, 'devices-zone-zh')
  await question.getByText('Asia/Shanghai', { exact: true }).waitFor()
  await admin.fill('[data-test=first-name]', '示例电子厂')
  await admin.click('[data-test=first-keep]')
  await question.waitFor({ state: 'detached' })
  assert.equal((await (await admin.request.get('/api/settings')).json()).timezone, 'Asia/Shanghai')
  assert.equal((await (await admin.request.get('/api/companies')).json()).companies[0].company_name, '示例电子厂')
  await admin.getByRole('tab').nth(1).click()
  await admin.locator('[data-test=clock]', { hasText: 'Asia/Shanghai' }).waitFor()
  await on.shot(admin, 'devices-clock-zh')
  await context.close()
  on.quiet()
})

test('while the box allots no serials the label page says why, and what time the box thinks it is', async () => {
  const clock = await (await page.request.get('/api/clock')).json()
  assert.equal(clock.allotment, null)
  // Can't be arranged here: the answer is faked.
  const wrong = { ...clock, now: '1970-01-01 00:03:12', allotment: { err: '系统时间早于最近一条记录', code: 'unavailable' } }
  await page.route('**/api/clock', (route) => route.fulfill({ json: wrong }))
  await page.reload()
  await page.locator('[data-test=no-allotment]', { hasText: '系统时间早于最近一条记录' }).getByText('1970-01-01 00:03:12').waitFor()
  await on.shot(page, 'devices-no-allotment-zh')
  await page.unroute('**/api/clock')
  on.quiet()
})

test('all devices go into a file that Excel reads without eating zeros', async () => {
  await page.getByRole('tab', { name: '全部设备' }).click()
  const saved = page.waitForEvent('download')
  await page.click('[data-test=export-xlsx]')
  assert.equal((await saved).suggestedFilename(), 'devices.xlsx')
  on.quiet()
})

async function correct(device, cpuid, where = page) {
  const answer = await where.request.patch(`/api/devices/${device.DeviceSN}`, { data: { CPUID: cpuid, reason: '录入错误' }, headers: { Origin: on.box.url } })
  assert.equal(answer.status(), 200, await answer.text())
}

async function retire({ DeviceSN }, reason, where = page) {
  const answer = await where.request.delete(`/api/devices/${DeviceSN}`, { data: { reason }, headers: { Origin: on.box.url } })
  assert.equal(answer.status(), 200, await answer.text())
}

async function colleague() {
  const other = await open()
  await logIn(other, 'admin', on.box.password)
  await other.goto('/labels')
  return other
}

const asked = ({ DeviceSN }, where = page) => where.locator(`[data-came-out="${DeviceSN}"]`)

const changes = () => page.locator('[data-test=changed]')
const sheet = ({ DeviceSN }) => page.locator(`[data-label="${DeviceSN}"]`)

/** And how many were printed before. */
async function threeShown() {
  const devices = await registered(3)
  for (const { DeviceSN } of devices) await row(DeviceSN).click()
  await page.click('[data-test=print]')
  await sheet(devices[1]).waitFor()
  return { devices, drawn: await sheet(devices[1]).locator('img').first().getAttribute('src'), printed: await page.evaluate(() => window.printed) }
}

async function correctAndRetire([, corrected, retired]) {
  await correct(corrected, `NEW-${corrected.DeviceSN}`)
  await retire(retired, '设备报废')
}

async function isDrawnAnew({ devices, drawn, printed }) {
  await changes().getByText(`${devices[1].DeviceSN}: ${devices[1].CPUID} → NEW-${devices[1].DeviceSN}`).waitFor()
  await changes().getByText(`${devices[2].DeviceSN}：已作废或已移除`).waitFor()
  assert.equal(await page.evaluate(() => window.printed), printed, 'nothing is printed yet')
  assert.equal(await sheet(devices[2]).count(), 0)
  assert.notEqual(await sheet(devices[1]).locator('img').first().getAttribute('src'), drawn, 'the code is another')
}

async function printsTheRest({ devices, printed }) {
  await page.click('[data-test=print-now]')
  await asked(devices[1]).waitFor()
  assert.equal(await page.evaluate(() => window.printed), printed + 1)
  await page.click('[data-all=printed]')
  await page.click('[data-test=confirm-mark]')
  await row(devices[1].DeviceSN).waitFor({ state: 'detached' })
  assert.deepEqual([(await stateOf(devices[0])).label, (await stateOf(devices[1])).label], ['printed', 'printed'])
}

test('a device that is corrected while its label is in the print view is drawn again and looked at before anything is printed', async () => {
  const shown = await threeShown()
  await correctAndRetire(shown.devices)
  await isDrawnAnew(shown)
  await on.shot(page, 'devices-print-changed-zh')
  assert.equal(await page.locator('[data-test=lost]').count(), 0, 'who was retired is named, and nothing is to be drawn again')
  await printsTheRest(shown)
  on.quiet()
})

test('a device that is corrected just as its label goes to the printer is drawn again, and nothing is printed', async () => {
  const shown = await threeShown()
  const meanwhile = async (route) => {
    await correctAndRetire(shown.devices)
    await route.continue()
  }
  await page.route('**/api/labels/sent', meanwhile, { times: 1 })
  await page.click('[data-test=print-now]')
  await isDrawnAnew(shown)
  await printsTheRest(shown)
  on.quiet()
})

test('an answer for a label that was printed before its device was corrected is not taken, and the row says so', async () => {
  const devices = await registered(2)
  await printAll(devices)
  await page.click('[data-all=printed]')
  // While the answer is under way: known before, the page would leave the label out.
  const meanwhile = async (route) => {
    await correct(devices[0], 'CORRECTED-2')
    await route.continue()
  }
  await page.route('**/api/labels/outcome', meanwhile, { times: 1 })
  await page.click('[data-test=confirm-mark]')
  await page.locator(`[data-came-out="${devices[0].DeviceSN}"][data-settled=changed]`, { hasText: 'CORRECTED-2' }).waitFor()
  await on.shot(page, 'devices-answer-changed-zh')
  assert.deepEqual([(await stateOf(devices[0])).label, (await stateOf(devices[1])).label], ['new', 'sent'], 'nothing was written')
  await page.locator('[data-test=confirm-mark]', { hasText: '全部打印成功（1 张）' }).click()
  await page.locator('[data-test=after-print]').waitFor({ state: 'detached' })
  assert.deepEqual([(await stateOf(devices[0])).label, (await stateOf(devices[1])).label], ['new', 'printed'])
  on.quiet()
})

test('what somebody else answers while the question is open is shown as answered, by whom, and is answered once', async () => {
  const devices = await registered(4)
  await printAll(devices)
  await page.click('[data-all=printed]')
  const other = await colleague()
  const [printed, failed, retired] = devices
  await post(other, '/api/labels/outcome', { printed: [printed.DeviceSN], failed: [failed.DeviceSN] })
  await retire(retired, '板子坏了', other)
  await page.locator(`[data-came-out="${printed.DeviceSN}"][data-settled=answered]`, { hasText: /已由 admin 于 .+ 答复：成功/ }).waitFor()
  await page.locator(`[data-came-out="${failed.DeviceSN}"][data-settled=answered]`, { hasText: /admin.+失败/ }).waitFor()
  await page.locator(`[data-came-out="${retired.DeviceSN}"][data-settled=retired]`).waitFor()
  await on.shot(page, 'devices-answered-zh')
  await page.locator('[data-test=confirm-mark]', { hasText: '全部打印成功（1 张）' }).click()
  await page.locator('[data-test=after-print]').waitFor({ state: 'detached' })
  assert.deepEqual([(await stateOf(printed)).print_count, (await stateOf(failed)).label, (await stateOf(devices[3])).label], [1, 'failed', 'printed'])
  await search().fill(failed.CPUID)
  await row(failed.DeviceSN).click()
  await page.click('[data-test=mark]')
  await page.click('[data-test=confirm-mark]')
  await row(failed.DeviceSN).waitFor({ state: 'detached' })
  assert.equal((await stateOf(failed)).label, 'printed')
  await other.context().close()
  on.quiet()
})

test('an answer that comes a moment after another’s counts nothing and says who was first', async () => {
  const [device] = await registered(1)
  await printAll([device])
  const other = await colleague()
  await page.click('[data-all=failed]')
  // Before the page can know.
  await page.route('**/api/labels/outcome', async (route) => {
    await post(other, '/api/labels/outcome', { printed: [device.DeviceSN] })
    await route.continue()
  })
  await page.click('[data-test=confirm-mark]')
  await page.locator('.el-message', { hasText: /没有改动.+admin.+成功/ }).waitFor()
  await page.locator(`[data-came-out="${device.DeviceSN}"][data-settled=answered]`).waitFor()
  await page.unroute('**/api/labels/outcome')
  const now = await stateOf(device)
  assert.deepEqual([now.label, now.print_count], ['printed', 1])
  await page.getByText('稍后再确认').click()
  await other.context().close()
  on.quiet()
})

test('a retired device that is scanned, searched, verified or registered again is said to be retired: when, by whom and why', async () => {
  const [device, alive] = await registered(2)
  await retire(device, '板子坏了')
  const words = /已作废（.+，prodsys，板子坏了）/
  await scan(page, `${device.DeviceSN} ${device.CPUID}`)
  await drawer().locator('[data-test=retired-why]', { hasText: words }).waitFor()
  await drawer().locator('[data-change=retired]').waitFor()
  await on.shot(page, 'devices-retired-zh')
  await page.keyboard.press('Escape')
  await drawer().waitFor({ state: 'detached' })
  for (const [tab, text] of [['待打印', device.CPUID], ['全部设备', device.DeviceSN]]) {
    await page.getByRole('tab', { name: tab }).click()
    await page.locator('.seek input:visible').fill(text)
    const hit = page.locator('[data-test=retired-hit]:visible', { hasText: words })
    await hit.getByRole('button').click()
    await drawer().locator('[data-change=retired]', { hasText: '板子坏了' }).waitFor()
    await page.keyboard.press('Escape')
    await drawer().waitFor({ state: 'detached' })
  }
  await on.shot(page, 'devices-retired-found-zh')
  await scan(page, device.CPUID)
  await drawer().locator('[data-test=retired-why]', { hasText: words }).waitFor()
  await page.keyboard.press('Escape')
  await drawer().waitFor({ state: 'detached' })
  await page.keyboard.press('Alt+v')
  await page.locator('[data-verdict=idle]').waitFor()
  await scan(page, `${device.DeviceSN} ${device.CPUID}`)
  await page.locator('[data-verdict=bad]', { hasText: words }).waitFor()
  await scan(page, `${alive.DeviceSN} ${alive.CPUID}`)
  await page.locator('[data-verdict=good]').waitFor()
  await page.keyboard.press('Escape')
  await page.click('[data-test=register]')
  await page.getByRole('dialog').getByLabel('CPUID').fill('ANOTHER-9')
  await page.getByRole('dialog').getByLabel('序列号（SN）').fill(device.DeviceSN)
  await page.click('[data-test=register-now]')
  await page.getByRole('log').getByText(`序列号 ${device.DeviceSN} 属于已作废的设备`).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('tab', { name: /冲突/ }).click()
  await page.locator('[data-test=conflict]', { hasText: 'ANOTHER-9' }).locator('[data-test=conflict-retired]').waitFor()
  await page.click('[data-test=import]')
  const buffer = Buffer.from(`DeviceSN,CPUID\r\n${device.DeviceSN},ANOTHER-8\r\n`)
  await page.setInputFiles('[data-test=import-file]', { name: 'old.csv', mimeType: 'text/csv', buffer })
  await page.locator('[data-test=conflict-line]', { hasText: '属于已作废的设备' }).waitFor()
  await on.shot(page, 'devices-retired-import-zh')
  on.quiet()
})

test('of a workbook with several sheets the preview and the report say which was read and what was left', async () => {
  // Can't be made here: the answer is faked.
  const report = { rows: 2, created: 2, exists: 0, conflict: 0, errors: [], encoding: 'xlsx', sheet: '批次1', warnings: [{ line: 1, warning: '工作表 批次2 有 5 行，没有导入' }, { line: 1, warning: '工作表 批次3 有 1 行，没有导入' }] }
  await page.route('**/api/devices/import*', (route) => route.fulfill({ json: route.request().url().includes('preview') ? report : { ...report, import_id: 7 } }))
  await page.click('[data-test=import]')
  await page.setInputFiles('[data-test=import-file]', { name: 'shift.xlsx', mimeType: 'application/octet-stream', buffer: Buffer.from('x') })
  for (const which of ['import-preview', 'import-report']) {
    const part = page.locator(`[data-test=${which}]`)
    await part.locator('[data-test=import-sheet]', { hasText: '批次1' }).waitFor()
    await part.locator('[data-test=warning-line]', { hasText: '批次2 有 5 行' }).waitFor()
    await part.locator('[data-test=warning-line]', { hasText: '批次3 有 1 行' }).waitFor()
    if (which === 'import-preview') {
      await on.shot(page, 'devices-sheet-zh')
      await page.click('[data-test=import-now]')
    }
  }
  await page.unroute('**/api/devices/import*')
  on.quiet()
})

test('the login page leads to the port where HTTPS really is', async (t) => {
  const address = Object.values(networkInterfaces()).flat().find((each) => each.family === 'IPv4' && !each.internal)?.address
  if (!address) return t.skip('this machine has no address but its own')
  const box = await startBox(0, { host: address, https: `${address}:0` })
  try {
    const away = await on.open()
    await away.goto(`${box.url}/login`)
    await away.fill('input[name=username]', 'admin')
    await away.fill('input[name=passwd]', box.password)
    await away.keyboard.press('Enter')
    const link = away.locator('[data-test=go-secure]')
    await link.waitFor()
    const { port } = new URL(await link.getAttribute('href'))
    const tls = connect({ host: address, port: Number(port), rejectUnauthorized: false })
    await once(tls, 'secureConnect')
    tls.destroy()
    on.quiet()
  } finally {
    await stopBox(box)
  }
})

for (const locale of ['zh-CN', 'en-US']) {
  test(`the label pages are usable at 360, 600, 1024 and 1280 px, in ${locale}`, async () => {
    const narrow = await open({ locale, width: 360, height: 740 })
    await logIn(narrow, 'prodsys', '123')
    await narrow.locator('[data-serial]').first().waitFor()
    for (const width of [360, 600, 1024, 1280]) {
      await narrow.setViewportSize({ width, height: 740 })
      for (const tab of [0, 1, 2]) {
        await narrow.getByRole('tab').nth(tab).click()
        await narrow.waitForTimeout(300)
        await on.shot(narrow, `devices-${width}-${tab}-${locale}`)
        const wide = await narrow.evaluate(() => document.documentElement.scrollWidth)
        assert.ok(wide <= width, `${width} px, tab ${tab}: nothing sticks out at the side (${wide})`)
        const over = await narrow.evaluate(() => {
          const [tools, tabs] = ['.tools', '.el-tabs__nav'].map((each) => document.querySelector(each).getBoundingClientRect())
          return tools.left < tabs.right && tools.right > tabs.left && tools.top < tabs.bottom && tools.bottom > tabs.top
        })
        assert.ok(!over, `${width} px: the tools lie over the tabs`)
      }
      await narrow.getByRole('tab').nth(0).click()
      const cell = await narrow.locator('[data-serial] .serial').first().boundingBox()
      assert.ok(cell.width > 60 && cell.height < 40, `${width} px: a serial is on one line`)
    }
    await narrow.context().close()
    on.quiet()
  })
}

test('a colleague’s correction, print and retirement are shown by the open drawer and the list at once', async () => {
  const [device, other] = await registered(2)
  await openDevice(device)
  const colleague = await open({ locale: 'en-US' })
  await logIn(colleague, 'admin', on.box.password)
  const headers = { Origin: on.box.url }
  const soon = { timeout: 4_000 }
  const corrected = await colleague.request.patch(`/api/devices/${device.DeviceSN}`, { data: { CPUID: `${device.CPUID}-NEW`, reason: '录入错误' }, headers })
  assert.equal(corrected.status(), 200, await corrected.text())
  await drawer().getByText(`${device.CPUID}-NEW`, { exact: true }).first().waitFor(soon)
  await row(device.DeviceSN).getByText(`${device.CPUID}-NEW`).waitFor(soon)
  await post(colleague, '/switchPrintStatus', { DeviceSNList: [device.DeviceSN] })
  await drawer().locator('.who', { hasText: '已打印' }).waitFor(soon)
  await row(device.DeviceSN).waitFor({ state: 'detached', ...soon })
  const retired = await colleague.request.delete(`/api/devices/${device.DeviceSN}`, { data: { reason: '报废' }, headers })
  assert.equal(retired.status(), 200, await retired.text())
  await drawer().locator('[data-test=retired]').waitFor(soon)
  assert.equal(await drawer().locator('[data-test=reprint]').count(), 0)
  await page.keyboard.press('Escape')
  await drawer().waitFor({ state: 'detached' })

  await openDevice(other)
  await page.route(`**/api/devices/${other.DeviceSN}{,/history}`, (route) => route.fulfill({ status: 404, json: { code: 'not_found', err: '没有' } }))
  await post(colleague, '/registerDevice', { CPUID: `${other.CPUID}-ANOTHER` })
  await drawer().locator('[data-test=device-problem]', { hasText: `设备 ${other.DeviceSN} 已不存在` }).waitFor(soon)
  for (const name of ['reprint', 'correct', 'retire']) assert.ok(await drawer().locator(`[data-test=${name}]`).isDisabled(), name)
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await page.keyboard.press('Escape')
  await colleague.context().close()
  on.quiet()
})
