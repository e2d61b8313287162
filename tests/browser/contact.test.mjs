// First contact: where other devices find the box, its root certificate, its clock and time zone.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { logIn, problems, stage, startBox, stopBox } from './box.mjs'

const on = stage()
let served

before(async () => {
  served = await startBox(0, { https: '0.0.0.0:0' })
})
after(() => served && stopBox(served))

async function atLogin(box, options, dark = false) {
  const page = await on.open(options)
  if (dark) await page.emulateMedia({ colorScheme: 'dark' })
  await page.goto(`${box.url}/login`)
  await page.locator('[data-test=other-devices]').waitFor()
  return page
}

test('a box that only its own machine reaches says so, and how to change that, and offers no certificate', async () => {
  const page = await atLogin(on.box)
  const words = page.getByText('现在只有这台电脑能打开')
  assert.ok(!(await words.isVisible()), 'it is folded away')
  await page.locator('[data-test=addresses] summary').focus()
  await page.keyboard.press('Enter')
  await words.waitFor()
  assert.equal(await page.locator('[data-test=code], [data-test=ca]').count(), 0)
  await on.shot(page, 'contact-alone-zh')
  on.quiet()
})

for (const [name, options, dark] of [
  ['zh', {}, false],
  ['en', { locale: 'en-US' }, true],
  ['zh-360', { width: 360 }, true],
  ['en-360', { locale: 'en-US', width: 360 }, false],
]) {
  test(`other devices are told where to come and how to trust the box (${name})`, async () => {
    const page = await atLogin(served, options, dark)
    const { addresses, host_name: host } = await (await page.request.get(`${served.url}/api/addresses`)).json()
    for (const part of ['addresses', 'ca']) await page.click(`[data-test=${part}] summary`)
    const shown = await page.locator('[data-test=addresses] li').allInnerTexts()
    assert.deepEqual(shown, addresses)
    assert.ok(shown.every((url) => url.startsWith('https://') && !url.includes('127.0.0.')), `${shown}`)
    assert.equal(await page.locator('[data-test=code]').count(), addresses.length ? 1 : 0)
    if (addresses.length && host) await page.locator('[data-test=addresses]', { hasText: host }).waitFor()
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('[data-test=ca-download]')])
    assert.equal(download.suggestedFilename(), 'ca.crt')
    for (const system of ['Windows', 'Android', 'iPhone', 'curl']) await page.locator('[data-test=ca] dt', { hasText: system }).waitFor()
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is beyond the edge')
    assert.deepEqual(await problems(page), [])
    await page.locator('.login').evaluate((whole) => whole.scrollIntoView())
    await page.screenshot({ path: `shots/contact-login-${name}.png`, fullPage: true })
    await page.click('[data-test=addresses] summary')
    await page.click('[data-test=ca] summary')
    await on.shot(page, `contact-folded-${name}`)
    on.quiet()
  })
}

test('the time zone is asked for beside both clocks, and a clock that is off is said with what to do, there and on the page System', async () => {
  const context = await on.browser.newContext({ locale: 'zh-CN', timezoneId: 'Asia/Shanghai', baseURL: on.box.url, viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  await page.clock.install({ time: Date.now() + 5 * 60_000 })
  await logIn(page, 'admin', on.box.password)
  const steps = page.locator('[data-test=first-steps]')
  await steps.getByText('是这个时间吗？').waitFor()
  const times = (await steps.locator('dd').allInnerTexts()).map((text) => Date.parse(text.replace(' ', 'T')))
  // As the box writes it now, as it would in the zone that is proposed, and this browser's.
  const { now, utc_offset: offset } = await (await page.request.get('/api/clock')).json()
  assert.ok(Math.abs(times[0] - Date.parse(now.replace(' ', 'T'))) < 30_000, `${now}: ${times}`)
  assert.equal(times.length, offset === '+08:00' ? 2 : 3)
  assert.ok(Math.abs(times.at(-1) - times.at(-2) - 5 * 60_000) < 30_000, `${times}`)
  await steps.getByText('系统时间比此浏览器慢 5 分钟').waitFor()
  assert.deepEqual(await problems(page), [])
  await on.shot(page, 'contact-clock-zh')
  await page.click('[data-test=first-keep]')
  await steps.waitFor({ state: 'detached' })
  assert.equal((await (await page.request.get('/api/settings')).json()).timezone, 'Asia/Shanghai')
  await page.goto('/system?tab=health')
  await page.locator('[data-test=health] [data-test=clock-off]', { hasText: 'timedatectl' }).waitFor()
  await page.goto('/system?tab=addresses')
  await page.getByText('现在只有这台电脑能打开').waitFor()
  await on.shot(page, 'contact-system-zh')
  await context.close()
  on.quiet()
})

test('a clock that is right is not spoken of', async () => {
  const page = await on.open({ locale: 'en-US' })
  await logIn(page, 'admin', on.box.password)
  await page.goto('/system?tab=health')
  await page.locator('[data-test=clock]').waitFor()
  assert.equal(await page.locator('[data-test=clock-off]').count(), 0)
  on.quiet()
})
