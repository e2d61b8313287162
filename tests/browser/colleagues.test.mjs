// Two operators at one label: the second is told, keeps their input, and prints nothing twice.
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { hire, logIn, post, stage } from './box.mjs'
import { scan } from './gun.mjs'

let page
let hers
let n = 0

const on = stage(async () => {
  page = await on.open()
  page.setDefaultTimeout(8_000)
  await page.addInitScript(() => {
    window.printed = 0
    window.print = () => (window.printed += 1)
  })
  await logIn(page, 'admin', on.box.password)
  hers = await hire(on, page, '王芳', [102])
})

beforeEach(async () => {
  await page.goto('/labels')
  await page.locator('[data-test=unprinted-total]', { hasText: /\d/ }).waitFor()
})

const row = (serial) => page.locator(`[data-serial="${serial}"]`)
const drawer = () => page.locator('.device-drawer')
const stateOf = async ({ DeviceSN }) => (await page.request.get(`/api/devices/${DeviceSN}`)).json()
const problem = () => page.locator('[data-test=form-problem]')
const printNow = () => page.locator('[data-test=print-now]')

async function registered(count) {
  const batch = `TWO-${(n += 1)}X`
  const { devices } = await post(page, '/registerDevice', { devices: Array.from({ length: count }, (_, i) => ({ CPUID: `${batch}-${i}` })) })
  await page.locator('.seek input').first().fill(batch)
  for (const { DeviceSN } of devices) await row(DeviceSN).waitFor()
  return devices
}

/** A busy machine may deliver a code in two parts: scan again. */
async function openDevice({ DeviceSN, CPUID }) {
  const shown = drawer().getByText(CPUID, { exact: true }).first()
  for (let tries = 3; ; tries -= 1) {
    await scan(page, `${DeviceSN} ${CPUID}`)
    const seen = await shown.waitFor({ timeout: 4_000 }).then(() => true, () => false)
    if (seen) return
    assert.ok(tries > 1, `${DeviceSN} is not shown`)
  }
}

async function correct({ DeviceSN }, cpuid) {
  const answer = await hers.request.patch(`/api/devices/${DeviceSN}`, { data: { CPUID: cpuid, reason: '录入错误' }, headers: { Origin: on.box.url } })
  assert.equal(answer.status(), 200, await answer.text())
}

async function preview(devices) {
  for (const { DeviceSN } of devices) await row(DeviceSN).click()
  await page.click('[data-test=print]')
  await printNow().waitFor()
}

test('a correction that a colleague was first with is refused with her value, and what was typed stays', async () => {
  const [device] = await registered(1)
  await openDevice(device)
  await page.click('[data-test=correct]')
  await page.fill('[data-test=new-cpuid]', 'MINE-1')
  await page.getByText('录入错误', { exact: true }).click()
  await correct(device, 'HERS-1')
  await page.click('[data-test=reason-save]')
  await problem().getByText(/王芳.*HERS-1/).waitFor()
  await on.shot(page, 'colleagues-correct-zh')
  assert.equal(await page.inputValue('[data-test=new-cpuid]'), 'MINE-1')
  assert.equal((await stateOf(device)).CPUID, 'HERS-1')
  await page.click('[data-test=reason-save]')
  await drawer().locator('[data-change=cpuid]', { hasText: 'HERS-1 → MINE-1' }).waitFor()
  on.quiet()
})

test('a drawer whose answers take longer than the line takes for its next device follows all the same', async () => {
  const [device] = await registered(1)
  await openDevice(device)
  await page.route(`**/api/devices/${device.DeviceSN}/history*`, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    await route.continue()
  })
  await page.click('[data-test=correct]')
  await page.fill('[data-test=new-cpuid]', 'SLOW-1')
  await page.getByText('录入错误', { exact: true }).click()
  await correct(device, 'SLOW-0')
  const line = setInterval(() => post(page, '/registerDevice', { devices: [{ CPUID: `SLOW-${(n += 1)}Y` }] }).catch(() => {}), 500)
  try {
    await page.click('[data-test=reason-save]')
    await problem().getByText(/王芳.*SLOW-0/).waitFor()
    await page.click('[data-test=reason-save]')
    await drawer().locator('[data-change=cpuid]', { hasText: 'SLOW-0 → SLOW-1' }).waitFor()
  } finally {
    clearInterval(line)
    await page.unrouteAll({ behavior: 'ignoreErrors' })
  }
  on.quiet()
})

test('a device that a colleague corrected is not retired unseen', async () => {
  const [device] = await registered(1)
  await openDevice(device)
  await page.click('[data-test=retire]')
  await page.getByText('设备报废').click()
  await correct(device, 'HERS-2')
  await page.click('[data-test=reason-save]')
  await problem().getByText(/王芳.*HERS-2/).waitFor()
  assert.equal((await stateOf(device)).retired, false)
  on.quiet()
})

test('a label that a colleague printed again is not set back unseen', async () => {
  const [device] = await registered(1)
  await post(page, '/switchPrintStatus', { DeviceSNList: [device.DeviceSN] })
  await openDevice(device)
  await page.click('[data-test=unprint]')
  await page.getByText('误点为已打印').click()
  await post(hers, '/switchPrintStatus', { DeviceSNList: [device.DeviceSN] })
  await page.click('[data-test=reason-save]')
  await problem().getByText(/现已打印 2 次.*王芳/).waitFor()
  assert.equal((await stateOf(device)).status, 1)
  await page.click('[data-test=reason-save]')
  await drawer().locator('[data-change=unprinted]').waitFor()
  on.quiet()
})

test('a label that a colleague sent while the preview was open is not printed before the queue was looked at', async () => {
  const devices = await registered(2)
  await preview(devices)
  await post(page, '/api/labels/claims/release', { DeviceSNList: [devices[0].DeviceSN] })
  await page.locator('[data-test=lost]').waitFor()
  await post(hers, '/api/labels/sent', { DeviceSNList: [devices[0].DeviceSN] })
  assert.ok(await printNow().isDisabled(), 'its claim is gone')
  await page.keyboard.press('Control+p')
  await on.shot(page, 'colleagues-lapsed-zh')
  await page.click('[data-test=redraw]')
  // Left out until asked for.
  await page.locator('[data-test=left-unconfirmed]').getByRole('button').click()
  await page.locator('[data-test=queue-question]').waitFor()
  assert.ok(await printNow().isDisabled(), 'no answer is the default')
  assert.equal(await page.evaluate(() => window.printed), 0)
  assert.equal((await stateOf(devices[0])).label, 'sent', 'she can still answer')
  await page.keyboard.press('Escape')
  await printNow().waitFor({ state: 'detached' })
  on.quiet()
})

test('a preview is drawn again also while news of its labels comes in', async () => {
  const devices = await registered(2)
  await preview(devices)
  await post(page, '/api/labels/claims/release', { DeviceSNList: [devices[0].DeviceSN] })
  await page.locator('[data-test=lost]').waitFor()
  // The news is answered while the button's own request is under way.
  const address = `**/api/devices/${devices[0].DeviceSN}`
  let reads = 0
  await page.route(address, async (route) => {
    const wait = (reads += 1) === 1 ? 600 : 1800
    await new Promise((done) => setTimeout(done, wait))
    await route.continue()
  })
  const newsIsRead = page.waitForRequest((request) => request.url().endsWith(devices[0].DeviceSN))
  await post(hers, '/api/labels/sent', { DeviceSNList: [devices[0].DeviceSN] })
  await newsIsRead
  await page.click('[data-test=redraw]')
  await page.locator('[data-test=left-unconfirmed]').waitFor()
  await page.unroute(address)
  await page.keyboard.press('Escape')
  await printNow().waitFor({ state: 'detached' })
  on.quiet()
})

test('a preview whose label a colleague has taken says whose it is and prints nothing', async () => {
  const devices = await registered(2)
  await preview(devices)
  // As after a restart of the box.
  await post(page, '/api/labels/claims/release', { DeviceSNList: [devices[1].DeviceSN] })
  await post(hers, '/api/labels/claims', { DeviceSNList: [devices[1].DeviceSN] })
  await page.locator('[data-test=lost]').waitFor()
  assert.ok(await printNow().isDisabled())
  await page.click('[data-test=redraw]')
  await page.locator('[data-test=taken]', { hasText: '王芳' }).waitFor()
  await page.locator('[data-test=lost]').waitFor({ state: 'detached' })
  assert.equal(await page.locator(`[data-label="${devices[1].DeviceSN}"]`).count(), 0)
  await printNow().click()
  await page.locator('[data-test=after-print]').waitFor()
  assert.deepEqual([(await stateOf(devices[0])).label, (await stateOf(devices[1])).label], ['sent', 'new'])
  on.quiet()
})

test('a page without the news is refused when it prints, and asks', async () => {
  const [device] = await registered(1)
  await preview([device])
  // With the claim back before the page could notice: only the seen count tells.
  await page.route('**/api/labels/sent', async (route) => {
    await post(page, '/api/labels/sent', { DeviceSNList: [device.DeviceSN] })
    await route.continue()
  })
  await printNow().click()
  await page.locator('[data-test=resent]', { hasText: `${device.DeviceSN}：由 admin 送打` }).waitFor()
  await page.unroute('**/api/labels/sent')
  await page.locator('[data-test=queue-question]').waitFor()
  assert.ok(await printNow().isDisabled())
  assert.equal(await page.evaluate(() => window.printed), 0)
  await on.shot(page, 'colleagues-resent-zh')
  await page.click('[data-test=queue-empty]')
  await printNow().click()
  await page.locator('[data-test=after-print]').waitFor()
  assert.equal(await page.evaluate(() => window.printed), 1)
  on.quiet()
})

test('a preview that was out of reach for longer than its claim holds is locked', async () => {
  const devices = await registered(1)
  await page.clock.install()
  await preview(devices)
  await page.route('**/api/labels/claims', (route) => route.abort())
  await page.clock.fastForward(130_000)
  await page.locator('[data-test=lost]', { hasText: '预览停留太久' }).waitFor()
  assert.ok(await printNow().isDisabled())
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await page.click('[data-test=redraw]')
  await page.locator('[data-test=lost]').waitFor({ state: 'detached' })
  assert.ok(await printNow().isEnabled())
  on.quiet(/Failed to load|ERR_FAILED|WebSocket/)
})
