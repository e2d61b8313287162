// Batches count what is there and what is not; a handheld prints what it scans, and checks it.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { logIn, post, problems, stage } from './box.mjs'
import { scan } from './gun.mjs'
import { startPrinter } from './printer.mjs'

let page
let printer

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
  await page.goto('/labels?tab=batches')
  printer = await startPrinter()
})
after(() => printer?.stop())

const sn = (n) => String(26_480_000 + n)
const cpuid = (n) => `39FFD60${n}`
const figure = (what) => page.locator(`[data-figure=${what}] dd`).first().textContent()
const figures = async () => Promise.all(['registered', 'printed', 'confirmed', 'missing', 'extra'].map(async (what) => Number((await figure(what)).split('/')[0])))
async function until(wanted) {
  await page.waitForFunction((wanted) => {
    const shown = ['registered', 'printed', 'confirmed', 'missing', 'extra'].map((what) => parseInt(document.querySelector(`[data-figure=${what}] dd`)?.textContent ?? '', 10))
    return JSON.stringify(shown) === JSON.stringify(wanted)
  }, wanted)
}

test('a batch is begun with a range, and what is wrong with it stands at its field', async () => {
  await page.getByText('还没有批次').waitFor()
  await on.shot(page, 'batches-none-zh')
  await page.click('[data-test=batch-add]')
  await page.click('[data-test=batch-save]')
  await page.locator('[data-test=field-problem]').nth(3).waitFor()
  await page.fill('[data-test=batch-name]', '十一月')
  await page.fill('[data-test=batch-first]', sn(5))
  await page.fill('[data-test=batch-last]', sn(1))
  await page.locator('[data-test=batch-expected] input').fill('5')
  await page.click('[data-test=batch-save]')
  await page.locator('[data-field=last] [data-test=field-problem]').getByText('不小于它').waitFor()
  await page.fill('[data-test=batch-first]', sn(1))
  await page.fill('[data-test=batch-last]', sn(5))
  await page.getByText('号段内共 5 个序列号').waitFor()
  await page.click('[data-test=batch-save]')
  await page.locator('[data-test=batch]').getByText('十一月').waitFor()
  await until([0, 0, 0, 5, 0])
})

test('it counts what comes, and names what is missing and what is too many', async () => {
  const devices = [1, 2, 3].map((n) => ({ DeviceSN: sn(n), CPUID: cpuid(n) }))
  await post(page, '/registerDevice', { devices: [...devices, { DeviceSN: '26489999', CPUID: 'stray' }] })
  await until([3, 0, 0, 2, 1])
  assert.match(await page.locator('[data-test=batch-missing]').textContent(), /26480004.*26480005/)
  await on.shot(page, 'batches-zh')
  assert.deepEqual(await problems(page), [])
  await page.locator('[data-test=batch-extra]').getByText('26489999').click()
  await page.locator('.el-drawer').getByText('stray').first().waitFor()
  await page.keyboard.press('Escape')
})

test('a handheld prints what it scans, and what it checks is counted', async () => {
  const added = await page.request.post('/api/printers', { data: { name: '线 1', language: 'zpl', address: `127.0.0.1:${printer.port}` }, headers: { Origin: on.box.url } })
  assert.equal(added.status(), 201)
  const hand = await on.open({ width: 360, height: 640 })
  await logIn(hand, 'admin', on.box.password)
  await hand.goto('/handheld')
  await hand.getByText('请扫描设备或标签').waitFor()
  await hand.locator('[data-test=handheld-batch]').click()
  await hand.getByRole('option', { name: '十一月' }).click()
  await on.shot(hand, 'handheld-idle-zh-360')
  await scan(hand, sn(1))
  await hand.locator('[data-verdict=good]').getByText(cpuid(1)).waitFor()
  await hand.click('[data-test=handheld-print]')
  // Once per browser, somebody says where.
  await hand.locator('[role=dialog]').getByRole('button', { name: '打印', exact: true }).click()
  await printer.until(({ event, number }) => event === 'out' && number === 1)
  await hand.locator('[data-label-state=printed]').waitFor()
  await hand.locator('[data-test=handheld-at-once]').click()
  await scan(hand, cpuid(2))
  await printer.until(({ event, number }) => event === 'out' && number === 2)
  await hand.locator('.field .serial').getByText(sn(2)).waitFor()
  await scan(hand, `${sn(1)} another`)
  await hand.locator('[data-verdict=bad]').getByText('another').waitFor()
  await on.shot(hand, 'handheld-wrong-zh-360')
  assert.deepEqual(await problems(hand), [])
  await hand.click('[data-test=handheld-verify]')
  await scan(hand, `${sn(1)} ${cpuid(1)}`)
  await hand.locator('.verify [data-verdict=good]').waitFor()
  await hand.keyboard.press('Escape')
  await until([3, 2, 1, 2, 1])
  assert.equal(printer.arrived(), 2, 'a wrong label prints nothing')
})

test('both pages are in English too, in the dark, a hand wide', async () => {
  for (const [width, height] of [[1280, 800], [1000, 740], [360, 740]]) {
    const other = await on.open({ locale: 'en-US', width, height })
    await other.emulateMedia({ colorScheme: 'dark' })
    await logIn(other, 'admin', on.box.password)
    await other.goto('/labels?tab=batches')
    await other.locator('[data-test=batch]').getByText('Not registered').waitFor()
    await on.shot(other, `batches-en-dark-${width}`)
    assert.deepEqual(await problems(other), [])
    assert.equal(await other.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'nothing lies beside the page')
    await other.goto('/handheld')
    await other.getByText('Scan a device or a label').waitFor()
    await scan(other, sn(1))
    await other.locator('[data-verdict=good]').getByText(cpuid(1)).waitFor()
    await on.shot(other, `handheld-en-dark-${width}`)
    assert.deepEqual(await problems(other), [])
    await other.close()
  }
})

test('a batch prints what has no label, and is closed', async () => {
  await page.click('[data-test=batch-print]')
  await page.locator('[role=dialog]').getByRole('button', { name: '打印', exact: true }).click()
  await printer.until(({ event, number }) => event === 'out' && number === 3)
  await until([3, 3, 1, 2, 1])
  await page.click('[data-test=batch-close]')
  await page.locator('[data-test=batch] .el-tag').getByText('已结束').waitFor()
  await page.click('[data-test=batch-delete]')
  await page.locator('.el-message-box').getByRole('button', { name: '删除' }).click()
  await page.getByText('还没有批次').waitFor()
  assert.deepEqual(printer.faults(), [])
})
