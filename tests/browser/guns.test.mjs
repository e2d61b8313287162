// Scan guns: slow, ending in CR LF, Tab or nothing, with prefixes, through an input method. None presses a button.
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { logIn, post, stage } from './box.mjs'
import { inject, scan } from './gun.mjs'

const GUNS = [
  { pace: 5, suffix: 'cr' },
  { pace: 5, suffix: 'crlf' },
  { pace: 5, suffix: 'cr+lf' },
  { pace: 5, suffix: 'lf' },
  { pace: 5, suffix: 'tab' },
  { pace: 5, suffix: 'none' },
  { pace: 60, suffix: 'cr' },
  { pace: 60, suffix: 'crlf' },
  { pace: 60, suffix: 'tab' },
  { pace: 60, suffix: 'none' },
  { pace: 120, suffix: 'cr' },
  { pace: 120, suffix: 'crlf' },
  { pace: 120, suffix: 'tab' },
  { pace: 120, suffix: 'none' },
]

let page
let devices
let batch = ''
let n = 0

/** And the list filtered to them. */
async function three() {
  batch = `9F3B-${(n += 1)}GNYU`
  const wanted = ['A', 'B', 'C'].map((each) => ({ CPUID: `${batch}-${each}` }))
  devices = (await post(page, '/registerDevice', { devices: wanted })).devices
  await search().fill(batch)
  for (const { DeviceSN } of devices) await row(DeviceSN).waitFor()
  return devices
}

const on = stage(async () => {
  page = await on.open()
  page.setDefaultTimeout(8_000)
  await page.addInitScript(() => {
    window.printed = 0
    window.print = () => (window.printed += 1)
  })
  await logIn(page, 'prodsys', '123')
  await page.waitForURL('**/labels')
})

beforeEach(async () => {
  await page.goto('/labels')
  await page.locator('[data-test=unprinted-total]', { hasText: /\d/ }).waitFor()
})

const search = () => page.getByPlaceholder('搜索序列号、CPUID 或时间')
const row = (serial) => page.locator(`[data-serial="${serial}"]`)
const code = ({ DeviceSN, CPUID }) => `${DeviceSN} ${CPUID}`
const drawer = () => page.locator('.device-drawer')
const asked = (serial, said) => page.locator(`[data-came-out="${serial}"]${said ? `[data-said=${said}]` : ''}`)
/** This script is faster than any gun. */
const caught = () => page.waitForFunction(() => document.activeElement?.hasAttribute('data-catcher'))
const openButton = () => page.locator('[data-test=confirm-mark]')
const stateOf = async (serial) => (await (await page.request.get(`/api/devices?q=${serial}`)).json()).devices[0].label

async function printThree() {
  await three()
  await choose(devices)
  await page.keyboard.press('Control+p')
  await page.locator(`[data-label="${devices[0].DeviceSN}"]`).waitFor()
  await page.keyboard.press('Control+p')
  await asked(devices[0].DeviceSN, 'open').waitFor()
}

async function choose(which) {
  if (await page.getByText('取消选择').count()) await page.getByText('取消选择').click()
  for (const { DeviceSN } of which) await row(DeviceSN).click()
}

for (const gun of GUNS) {
  test(`a gun of ${gun.pace} ms a key and ${gun.suffix} ticks the one label it scanned after a print, and presses nothing`, async () => {
    await printThree()
    await page.waitForFunction(() => document.activeElement && !document.activeElement.closest('button'))
    await scan(page, code(devices[1]), gun)
    await asked(devices[1].DeviceSN, 'printed').waitFor()
    await page.locator('[data-test=confirm-mark]', { hasText: '成功 1，2 张未定' }).waitFor()
    assert.equal(await asked(devices[0].DeviceSN, 'open').count(), 1)
    assert.equal(await asked(devices[2].DeviceSN, 'open').count(), 1)
    for (const { DeviceSN } of devices) assert.equal(await stateOf(DeviceSN), 'sent', 'nothing is on record before the button')
    await openButton().click()
    await row(devices[1].DeviceSN).waitFor({ state: 'detached' })
    assert.equal(await stateOf(devices[0].DeviceSN), 'sent')
    assert.equal(await stateOf(devices[1].DeviceSN), 'printed')
    on.quiet()
  })

  test(`a gun of ${gun.pace} ms a key and ${gun.suffix} prints nothing in the print view and says that scans are not taken there`, async () => {
    await three()
    await choose(devices)
    await page.click('[data-test=print]')
    await page.locator(`[data-label="${devices[0].DeviceSN}"]`).waitFor()
    await page.locator('[data-test=print-now]').focus()
    const printed = await page.evaluate(() => window.printed)
    await scan(page, code(devices[2]), gun)
    await page.getByText(`扫描到 ${code(devices[2])}，但现在不接收扫描`).first().waitFor()
    assert.equal(await page.evaluate(() => window.printed), printed)
    assert.equal(await stateOf(devices[2].DeviceSN), 'new')
    await page.keyboard.press('Escape')
    await page.locator('.print-view').waitFor({ state: 'detached' })
    on.quiet()
  })

  test(`a gun of ${gun.pace} ms a key and ${gun.suffix} finds the device from the list, and from the field that has the focus`, async () => {
    await three()
    await page.getByRole('listbox').focus()
    await scan(page, code(devices[0]), gun)
    await drawer().getByText(devices[0].CPUID).waitFor()
    await page.keyboard.press('Escape')
    await drawer().waitFor({ state: 'detached' })
    // In a field people type too: the code becomes the search.
    await search().fill('')
    await scan(page, code(devices[1]), gun)
    if (gun.suffix === 'none') {
      await row(devices[0].DeviceSN).waitFor({ state: 'detached' })
      await row(devices[1].DeviceSN).waitFor()
      await search().fill('')
    } else {
      await drawer().getByText(devices[1].CPUID).waitFor()
      assert.equal(await search().inputValue(), '', 'what the gun typed is no search')
      await page.keyboard.press('Escape')
      await drawer().waitFor({ state: 'detached' })
    }
    on.quiet()
  })

  test(`a gun of ${gun.pace} ms a key and ${gun.suffix} works while verifying`, async () => {
    await three()
    await page.keyboard.press('Alt+v')
    await page.locator('[data-verdict=idle]').waitFor()
    await scan(page, code(devices[0]), gun)
    await page.locator('[data-verdict=good]', { hasText: devices[0].DeviceSN }).waitFor()
    await scan(page, `${devices[1].DeviceSN} ${devices[2].CPUID}`, gun)
    await page.locator('[data-verdict=bad]', { hasText: 'CPUID 不符' }).waitFor()
    assert.match(await page.locator('[data-test=verify-good]').innerText(), /1/)
    assert.match(await page.locator('[data-test=verify-bad]').innerText(), /1/)
    await page.keyboard.press('Escape')
    await page.locator('.verify').waitFor({ state: 'detached' })
    on.quiet()
  })
}

test('with the first key of the next code the last green is gone', async () => {
  await three()
  await page.keyboard.press('Alt+v')
  await page.locator('[data-verdict=idle]').waitFor()
  await scan(page, code(devices[0]))
  await page.locator('[data-verdict=good]').waitFor()
  await page.keyboard.down('9')
  assert.equal(await page.locator('.verify .field').getAttribute('data-verdict'), 'hearing')
  await page.keyboard.up('9')
  // One key is no code.
  await page.locator('[data-verdict=open]', { hasText: '没有读懂' }).waitFor()
  await page.locator('[data-test=verify-unread]', { hasText: '1' }).waitFor()
  await on.shot(page, 'guns-unread-zh')
  await page.keyboard.press('Escape')
  on.quiet()
})

test('the wrong label in hand is red and not ticked, however right its serial is', async () => {
  await printThree()
  const [first, second, third] = devices
  await scan(page, `${first.DeviceSN} ${second.CPUID}`)
  await page.locator(`[data-came-out="${first.DeviceSN}"][data-wrong]`).waitFor()
  await page.locator('[data-test=scans].bad', { hasText: `应为 ${first.CPUID}` }).waitFor()
  assert.equal(await asked(first.DeviceSN, 'open').count(), 1)
  await on.shot(page, 'guns-wrong-zh')
  await scan(page, third.DeviceSN)
  await page.locator('[data-test=scans].bad', { hasText: '没有 CPUID' }).waitFor()
  await scan(page, `99999999 ${third.CPUID}`)
  await page.locator('[data-test=scans].bad', { hasText: '不在这些标签中' }).waitFor()
  assert.ok(await openButton().isDisabled(), 'nothing was answered')
  await scan(page, `${second.DeviceSN} 0x${second.CPUID.toLowerCase()}`)
  await asked(second.DeviceSN, 'printed').waitFor()
  await scan(page, code(first))
  await asked(first.DeviceSN, 'printed').waitFor()
  assert.equal(await page.locator('[data-wrong]').count(), 0)
  await page.locator('[data-test=scans]', { hasText: '已扫描 2 张，不符或未识别 3 次' }).waitFor()
  await page.getByText('稍后再确认').click()
  await page.locator('[data-test=after-print]').waitFor({ state: 'detached' })
  on.quiet()
})

test('a person still answers with the keys, and Enter on no button does nothing', async () => {
  await printThree()
  for (const key of ['y', 'n', 'u']) {
    await page.keyboard.press(key)
    await page.waitForTimeout(90)
  }
  await asked(devices[0].DeviceSN, 'printed').waitFor()
  await asked(devices[1].DeviceSN, 'failed').waitFor()
  await asked(devices[2].DeviceSN, 'unknown').waitFor()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await page.locator('[data-test=confirm-mark]', { hasText: '成功 1，失败 1，不确定 1' }).waitFor()
  assert.equal(await stateOf(devices[0].DeviceSN), 'sent')
  await openButton().click()
  await page.locator('[data-test=after-print]').waitFor({ state: 'detached' })
  on.quiet()
})

test('text that comes without keys is taken in the list, in the question after a print and while verifying', async () => {
  await three()
  await page.reload()
  await page.locator('[data-test=unprinted-total]').waitFor()
  await caught()
  await inject(page, code(devices[0]))
  await drawer().getByText(devices[0].CPUID).waitFor()
  await page.keyboard.press('Escape')
  await drawer().waitFor({ state: 'detached' })
  await search().fill(batch)
  await row(devices[1].DeviceSN).click()
  await caught()
  await inject(page, `]Q1${code(devices[1])}`)
  await drawer().getByText(devices[1].CPUID).waitFor()
  await page.keyboard.press('Escape')
  await drawer().waitFor({ state: 'detached' })
  await printThree()
  await caught()
  await inject(page, code(devices[2]))
  await asked(devices[2].DeviceSN, 'printed').waitFor()
  await page.getByText('稍后再确认').click()
  await page.locator('[data-test=after-print]').waitFor({ state: 'detached' })
  await page.keyboard.press('Alt+v')
  await page.locator('[data-verdict=idle]').waitFor()
  await inject(page, code(devices[2]))
  await page.locator('[data-verdict=good]', { hasText: devices[2].DeviceSN }).waitFor()
  await page.keyboard.press('Escape')
  on.quiet()
})

test('a scan on the heels of a search is a code of its own, and the search stays', async () => {
  await three()
  await search().fill('')
  await inject(page, batch)
  await scan(page, code(devices[0]))
  await drawer().getByText(devices[0].CPUID).waitFor()
  assert.equal(await search().inputValue(), batch)
  await page.keyboard.press('Escape')
  on.quiet()
})

test('what a gun says of the kind of code, and control characters, are no part of it', async () => {
  await three()
  await page.keyboard.press('Alt+v')
  await page.locator('[data-verdict=idle]').waitFor()
  for (const prefix of [']Q1', ']C0', ']d2', '\u001d', ']E0\u0002']) {
    await scan(page, `${prefix}${code(devices[0])}`)
    await page.locator('[data-verdict=good]', { hasText: code(devices[0]) }).waitFor()
    await page.getByText('重新计数').click()
    await page.locator('[data-verdict=idle]').waitFor()
  }
  assert.match(await page.locator('[data-test=verify-bad]').innerText(), /0/)
  await page.keyboard.press('Escape')
  on.quiet()
})

test('Enter goes to the next field, a serial goes where serials go, and a CPUID that looks like one is asked about', async () => {
  await page.click('[data-test=register]')
  const dialog = page.getByRole('dialog', { name: '注册设备' })
  const cpuid = dialog.getByLabel('CPUID')
  const serial = dialog.getByLabel('序列号（SN）')
  const results = dialog.getByRole('log')
  await cpuid.focus()
  await scan(page, 'REG-0001', { suffix: 'crlf' })
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('placeholder')), '留空则自动分配')
  assert.equal(await results.locator('li').count(), 0, 'nothing is registered yet')
  await scan(page, '55000001', { suffix: 'crlf' })
  await results.getByText('已注册：55000001（REG-0001）').waitFor()
  await scan(page, '55000002', { pace: 60 })
  await page.waitForFunction(() => document.activeElement?.getAttribute('placeholder') === '扫码或手动输入')
  assert.equal(await serial.inputValue(), '55000002')
  assert.equal(await cpuid.inputValue(), '')
  await scan(page, 'REG-0002', { pace: 60 })
  await results.getByText('已注册：55000002（REG-0002）').waitFor()
  // Into the wrong field: neither is lost.
  await scan(page, 'REG-0009')
  await cpuid.focus()
  await scan(page, '55000009')
  await results.getByText('已注册：55000009（REG-0009）').waitFor()
  await scan(page, '55000003 REG-0003')
  await results.getByText('已注册：55000003（REG-0003）').waitFor()
  // Two serials: one would be a CPUID.
  await scan(page, '55000004')
  await scan(page, '55000005')
  await dialog.locator('[data-test=like-serial]').waitFor()
  await on.shot(page, 'guns-register-zh')
  await page.keyboard.press('Enter')
  assert.equal(await results.locator('li').count(), 4, 'the question has no default')
  await cpuid.fill('REG-0004')
  await dialog.locator('[data-test=register-now]').click()
  await results.getByText('（REG-0004）').waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  on.quiet()
})

test('a gun is taught by one scan: pace, suffix and prefix stay with the browser, and a wrong keyboard is said', async () => {
  await three()
  await page.click('[data-test=gun]')
  const dialog = page.locator('[data-test=teach]')
  await dialog.locator('img').waitFor()
  await caught()
  await scan(page, '00000000 test')
  await dialog.getByText('大小写不对').waitFor()
  await scan(page, 'àààààààà TEST')
  await dialog.getByText('不是上面的二维码').waitFor()
  await scan(page, '%%00000000 TEST', { pace: 90, suffix: 'crlf' })
  await dialog.getByText('已记住这把扫码枪').waitFor()
  await on.shot(page, 'guns-teach-zh')
  const kept = JSON.parse(await page.evaluate(() => localStorage.getItem('paperline.gun')))
  assert.equal(kept.suffix, 'crlf')
  assert.equal(kept.prefix, '%%')
  assert.ok(kept.gap >= 90 && kept.gap <= 200, `${kept.gap} ms`)
  await dialog.getByRole('button', { name: '关闭', exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.reload()
  await page.locator('[data-test=unprinted-total]').waitFor()
  await scan(page, `%%${code(devices[0])}`, { pace: 90, suffix: 'crlf' })
  await drawer().getByText(devices[0].CPUID).waitFor()
  await page.keyboard.press('Escape')
  await drawer().waitFor({ state: 'detached' })
  await page.click('[data-test=gun]')
  await page.click('[data-test=gun-forget]')
  assert.equal(JSON.parse(await page.evaluate(() => localStorage.getItem('paperline.gun'))).gap, null)
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  on.quiet()
})

test('a code whose letters are keys of the page opens no other page', async () => {
  await page.locator('[data-test=gun]').focus()
  await scan(page, 'GLGQGB7?N', { pace: 60 })
  await page.getByText('没有找到设备：GLGQGB7?N').waitFor()
  assert.equal(new URL(page.url()).pathname, '/labels')
  assert.equal(await page.locator('[data-test=shortcuts], [data-test=teach]').count(), 0)
  on.quiet()
})

const SILENT = { suffix: 'none' }
const aWhile = (ms) => page.waitForTimeout(ms)

async function registering() {
  await page.click('[data-test=register]')
  const dialog = page.getByRole('dialog', { name: '注册设备' })
  const cpuid = dialog.getByLabel('CPUID')
  await cpuid.focus()
  return { dialog, cpuid, serial: dialog.getByLabel('序列号（SN）'), results: dialog.getByRole('log') }
}

const registeredAs = async (cpuid) => (await (await page.request.get(`/api/devices?q=${cpuid}`)).json()).total

for (const pace of [5, 30, 60, 120]) {
  test(`of a gun of ${pace} ms a key that nobody taught and that ends codes with nothing, two codes are never one`, async () => {
    const { dialog, cpuid, serial, results } = await registering()
    const chip = `RDPAUSE${pace}`
    const other = `RDOTHER${pace}`
    const number = String(37000100 + pace)
    await scan(page, chip, { ...SILENT, pace })
    await aWhile(1_500)
    await scan(page, number, { ...SILENT, pace })
    await page.waitForFunction((wanted) => [...document.querySelectorAll('[role=dialog] input')].some((input) => input.value === wanted), number)
    assert.equal(await cpuid.inputValue(), chip)
    assert.equal(await serial.inputValue(), number)
    assert.equal(await results.getByText('已注册').count(), 0, 'a pause is no Enter')
    await cpuid.focus()
    await scan(page, other, { ...SILENT, pace })
    await results.getByText(`“${chip}”已由后扫描的“${other}”代替`).waitFor()
    assert.equal(await cpuid.inputValue(), other)
    await page.keyboard.press('Enter')
    await results.getByText(`已注册：${number}（${other}）`).waitFor()
    assert.equal(await registeredAs(chip), 0)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    on.quiet()
  })
}

test('a handheld that puts text in without keys fills the next field too, and a second CPUID into the serial is no serial', async () => {
  const { dialog, cpuid, serial, results } = await registering()
  await inject(page, 'RDINJECT1')
  await aWhile(1_000)
  await inject(page, '37000201')
  await page.waitForFunction(() => [...document.querySelectorAll('[role=dialog] input')].some((input) => input.value === '37000201'))
  assert.deepEqual([await cpuid.inputValue(), await serial.inputValue()], ['RDINJECT1', '37000201'])
  await serial.focus()
  await scan(page, 'RDINJECT2')
  await results.getByText('已注册：37000201（RDINJECT2）').waitFor()
  assert.equal(await registeredAs('RDINJECT1'), 0)
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  on.quiet()
})

async function pairsSent(where) {
  const sent = []
  await where.route('**/registerDevice', (route) => {
    sent.push(route.request().postDataJSON())
    return route.continue()
  })
  return sent
}

test('after a refusal the next scan begins a new unit: nothing of the refused one is sent with it', async () => {
  await post(page, '/registerDevice', { DeviceSN: '37000301', CPUID: 'RDTAKEN1' })
  const { dialog, cpuid, serial, results } = await registering()
  const sent = await pairsSent(page)
  await scan(page, 'RDREFUSED1')
  await scan(page, '37000301')
  await results.getByText('注册失败：序列号 37000301 或 CPUID RDREFUSED1 已被其他设备占用').waitFor()
  assert.deepEqual([await cpuid.inputValue(), await serial.inputValue()], ['', ''])
  await scan(page, '37000302')
  await page.waitForFunction(() => [...document.querySelectorAll('[role=dialog] input')].some((input) => input.value === '37000302'))
  assert.deepEqual([await cpuid.inputValue(), await serial.inputValue()], ['', '37000302'])
  await scan(page, 'RDNEXT1')
  await results.getByText('已注册：37000302（RDNEXT1）').waitFor()
  // Put back only by hand, and then not sent by a scan.
  await results.locator('[data-test=put-back]').first().click()
  assert.deepEqual([await cpuid.inputValue(), await serial.inputValue()], ['RDREFUSED1', '37000301'])
  await cpuid.focus()
  await scan(page, 'RDNEXT2')
  await results.getByText('“RDREFUSED1”已由后扫描的“RDNEXT2”代替，尚未注册').waitFor()
  await aWhile(600)
  assert.deepEqual(sent, [
    { CPUID: 'RDREFUSED1', DeviceSN: '37000301' },
    { CPUID: 'RDNEXT1', DeviceSN: '37000302' },
  ])
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  on.quiet()
})

test('after a failure, and while the answer is awaited, the next scan begins a new unit too', async () => {
  const { dialog, cpuid, serial, results } = await registering()
  await page.route('**/registerDevice', (route) => route.abort())
  await scan(page, '37000311 RDLOST1')
  await results.getByText('没有收到 37000311（RDLOST1） 的注册结果').waitFor()
  assert.deepEqual([await cpuid.inputValue(), await serial.inputValue()], ['', ''])
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await scan(page, 'RDLOST2')
  await page.waitForFunction(() => document.activeElement?.getAttribute('placeholder') === '留空则自动分配')
  assert.equal(await registeredAs('RDLOST2'), 0)
  await scan(page, '37000312')
  await results.getByText('已注册：37000312（RDLOST2）').waitFor()

  let answer
  const held = new Promise((resolve) => (answer = resolve))
  await page.route('**/registerDevice', async (route) => {
    if (route.request().postDataJSON().CPUID === 'RDSLOW1') await held
    await route.continue()
  })
  await scan(page, '37000313 RDSLOW1')
  await dialog.locator('[data-test=under-way]', { hasText: '正在注册 37000313（RDSLOW1）' }).waitFor()
  await cpuid.focus()
  await scan(page, 'RDSLOW2')
  await scan(page, '37000314')
  await dialog.locator('[data-test=under-way]', { hasText: '37000314（RDSLOW2）' }).waitFor()
  assert.equal(await results.getByText('尚未注册').count(), 0)
  answer()
  await results.getByText('已注册：37000313（RDSLOW1）').waitFor()
  await results.getByText('已注册：37000314（RDSLOW2）').waitFor()
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  on.quiet(/Failed to load|ERR_FAILED/)
})

test('a CPUID that takes the place of one that was asked about is not sent by itself', async () => {
  const { dialog, cpuid, results } = await registering()
  await scan(page, '37000321')
  await scan(page, '37000322')
  await dialog.locator('[data-test=like-serial]').waitFor()
  await cpuid.focus()
  await scan(page, 'RDASKED1')
  await results.getByText('“37000322”已由后扫描的“RDASKED1”代替，尚未注册').waitFor()
  await aWhile(600)
  assert.equal(await registeredAs('RDASKED1'), 0)
  await dialog.locator('[data-test=register-now]').click()
  await results.getByText('已注册：37000321（RDASKED1）').waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  on.quiet()
})

test('what a person types goes on after a pause', async () => {
  const { dialog, cpuid } = await registering()
  for (const [i, each] of [...'TY12'].entries()) await page.keyboard.press(each).then(() => aWhile(70 + 45 * (i % 3)))
  await aWhile(700)
  for (const [i, each] of [...'345678'].entries()) await page.keyboard.press(each).then(() => aWhile(70 + 45 * (i % 3)))
  await aWhile(700)
  assert.equal(await cpuid.inputValue(), 'TY12345678')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  on.quiet()
})

test('a second code scanned into the search takes the place of the first', async () => {
  await three()
  await search().fill('')
  await search().focus()
  await scan(page, devices[0].CPUID, SILENT)
  await aWhile(1_000)
  await scan(page, `]C1${devices[1].CPUID}`, SILENT)
  await row(devices[0].DeviceSN).waitFor({ state: 'detached' })
  await row(devices[1].DeviceSN).waitFor()
  assert.equal(await search().inputValue(), devices[1].CPUID)
  await search().fill('')
  on.quiet()
})

test('a whole label whose CPUID is not the device’s is said to be wrong in the search too, of whatever gun', async () => {
  await three()
  const wrong = `${devices[0].DeviceSN} ${devices[1].CPUID}`
  const said = drawer().getByText(`标签与设备不符：标签上的 CPUID 是 ${devices[1].CPUID}`)
  const ways = [...GUNS.map((gun) => () => scan(page, wrong, gun)), () => inject(page, wrong)]
  for (const [tab, place] of [['待打印', search()], ['全部设备', page.getByPlaceholder('搜索序列号或 CPUID', { exact: true })]]) {
    await page.getByRole('tab', { name: tab, exact: true }).click()
    for (const way of tab === '待打印' ? ways : ways.slice(-2)) {
      await place.fill('')
      await place.focus()
      await way()
      await said.waitFor()
      await page.keyboard.press('Escape')
      await drawer().waitFor({ state: 'detached' })
    }
  }
  // The list has no such device.
  await page.getByRole('tab', { name: '待打印', exact: true }).click()
  await search().fill(wrong)
  await page.locator('#pane-unprinted [data-test=differs-hit]', { hasText: devices[1].CPUID }).waitFor()
  assert.equal(await drawer().count(), 0)
  await search().fill('')
  on.quiet()
})

test('what a gun says of the kind of code is in no form that takes one, however late its first character came or who pressed Enter', async () => {
  const { dialog, cpuid, results } = await registering()
  // Irregular, like radio guns: looks like a person's keys and Enter.
  await cpuid.pressSequentially(']Q1RDAIM1', { delay: 0 })
  await aWhile(700)
  await dialog.locator('[data-test=register-now]').click()
  await results.getByText(/已注册：\d+（RDAIM1）/).waitFor()
  await cpuid.focus()
  await page.keyboard.press(']')
  await aWhile(450)
  await scan(page, 'C1RDAIM2')
  await page.waitForFunction(() => [...document.querySelectorAll('[role=dialog] input')].some((input) => input.value === 'RDAIM2'))
  await dialog.locator('[data-test=register-now]').click()
  await results.getByText(/已注册：\d+（RDAIM2）/).waitFor()
  await cpuid.fill(']d2RDAIM3')
  await dialog.locator('[data-test=register-now]').click()
  await results.getByText(/已注册：\d+（RDAIM3）/).waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await search().fill(']Q1RDAIM1')
  await page.locator('[data-serial]', { hasText: 'RDAIM1' }).waitFor()
  await page.getByRole('tab', { name: '全部设备' }).click()
  await page.getByPlaceholder('搜索序列号或 CPUID').fill(']Q1RDAIM2')
  await page.locator('[data-serial]:visible', { hasText: 'RDAIM2' }).waitFor()
  await page.locator('[data-serial]:visible', { hasText: 'RDAIM2' }).dblclick()
  await page.click('[data-test=correct]')
  await page.fill('[data-test=new-cpuid]', ']C1RDAIM4')
  await page.getByText('录入错误', { exact: true }).click()
  await page.click('[data-test=reason-save]')
  await drawer().locator('[data-change=cpuid]', { hasText: 'RDAIM2 → RDAIM4' }).waitFor()
  await page.keyboard.press('Escape')
  on.quiet()
})

test('while verifying a label counts once, however often it is scanned', async () => {
  await three()
  await page.keyboard.press('Alt+v')
  await page.locator('[data-verdict=idle]').waitFor()
  const verdict = (kind) => page.locator(`[data-verdict=${kind}]`)
  for (const text of [code(devices[0]), `${devices[0].DeviceSN} ${devices[0].CPUID.toLowerCase()}`, code(devices[0])]) {
    await scan(page, text)
    await verdict('good').getByText(text, { exact: true }).waitFor()
  }
  const wrong = `${devices[1].DeviceSN} ${devices[2].CPUID}`
  for (let i = 0; i < 3; i += 1) {
    await scan(page, wrong)
    await verdict('bad').getByText(wrong, { exact: true }).waitFor()
  }
  await verdict('bad').getByText('只计一次').waitFor()
  await scan(page, code(devices[1]))
  await verdict('good').getByText(code(devices[1]), { exact: true }).waitFor()
  assert.match(await page.locator('[data-test=verify-good]').innerText(), /合格 2$/)
  assert.match(await page.locator('[data-test=verify-bad]').innerText(), /不合格 1$/)
  await page.keyboard.press('Escape')
  on.quiet()
})
