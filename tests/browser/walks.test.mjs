// Four days at work, as those who do it would tell them: the accountant, the manager, the administrator, the line leader.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { chooseOwn, hire, logIn, post, stage } from './box.mjs'
import { DIGITAL_XML, DIGITAL_XML_NUMBER, dinner, learnDinner, print } from './paper.mjs'

/** Debug builds are slow. */
const READ_MS = 120_000
/** Keys this soon after another invoice appears are ignored. */
const DEAD_MS = 800
let boss
let accountant

const on = stage(async () => {
  boss = await on.open()
  await logIn(boss, 'admin', on.box.password)
})

const invoices = async () => (await (await boss.request.get('/api/invoices')).json()).invoices
const numbered = async (number) => (await invoices()).find((each) => each.region_list?.发票号码?.ocr_result === number)?.invoice_id
const field = (who, posId) => who.locator(`#field-${posId}`)

async function find(who, text) {
  await who.locator('[data-test=finder]').waitFor()
  await who.keyboard.press('Control+k')
  await who.locator('[data-test=find]').fill(text)
  await who.locator('[aria-busy=false][role=listbox]').waitFor()
}

/** Dropped on the page, as from the desktop. */
async function drop(who, files) {
  const transfer = await who.evaluateHandle(
    (all) => {
      const carried = new DataTransfer()
      for (const [name, type, text] of all) carried.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name, { type }))
      return carried
    },
    files.map(({ name, mimeType, buffer }) => [name, mimeType, buffer.toString('base64')]),
  )
  for (const type of ['dragover', 'drop']) await who.locator('main').dispatchEvent(type, { dataTransfer: transfer })
}

test('administrator: a new box is named, shows what it can do on a sample, and what is paused here stands still there', async () => {
  const steps = boss.locator('[data-test=first-steps]')
  await steps.waitFor()
  await on.shot(boss, 'walk-first-steps-zh')
  await boss.fill('[data-test=first-name]', '示例电子厂')
  await boss.click('[data-test=first-keep]')
  await steps.waitFor({ state: 'detached' })
  await boss.reload()
  await boss.locator('[data-test=finder]').waitFor()
  assert.equal(await steps.count(), 0, 'what was answered is not asked again')
  const elsewhere = await on.open({ locale: 'en-US' })
  await logIn(elsewhere, 'admin', on.box.password)
  await elsewhere.locator('[data-test=finder]').waitFor()
  assert.equal(await elsewhere.locator('[data-test=first-steps]').count(), 0, 'nor in another browser')
  await elsewhere.context().close()

  for (const page of ['faults', 'templates', 'console', 'invoices']) {
    await boss.click(`[data-test=menu-${page}]`)
    await boss.locator('[data-test=first-sample]').waitFor()
    await on.shot(boss, `walk-empty-${page}-zh`)
  }
  await boss.click('[data-test=first-sample]')
  await boss.locator('[data-upload]', { hasText: '识别完成' }).waitFor({ timeout: READ_MS })
  await boss.click('[data-test=menu-invoices]')
  await boss.locator('[data-invoice="1"]', { hasText: '样张' }).locator('a').click()
  await boss.click('[data-test=void-invoice]')
  await boss.fill('[data-test=void-reason]', '样张')
  await boss.click('[data-test=void-yes]')
  await boss.locator('[data-test=facts]', { hasText: '样张' }).waitFor()
  const looked = boss.waitForResponse((answer) => answer.url().includes('/api/invoices?limit=1'))
  await boss.click('[data-test=menu-faults]')
  await boss.getByText('没有待核对的发票').waitFor()
  await looked
  assert.equal(await boss.locator('[data-test=first-paper]').count(), 0, 'with an invoice there, nobody is told how to come by one')

  accountant = await hire(on, boss, '王芳', [2, 5, 6, 7, 10, 18])
  await accountant.click('[data-test=menu-console]')
  await boss.click('[data-test=menu-queue]')
  await boss.click('[data-test=pause]')
  await boss.getByRole('button', { name: '设备维护' }).click()
  await boss.click('[data-test=pause-now]')
  await accountant.locator('[data-test=queue-paused]', { hasText: /admin.*设备维护/ }).waitFor()
  await boss.click('[data-test=resume]')
  await accountant.locator('[data-test=queue-paused]').waitFor({ state: 'detached' })
  on.quiet()
})

test('accountant: papers dropped, the doubtful one reviewed by keys, the double void, one found by its sum, the table exported', async () => {
  await learnDinner(on.browser, boss)
  const paper = async (rows) => ({ mimeType: 'image/png', buffer: (await print(on.browser, dinner(rows))).picture })
  const xml = { name: '复印纸.xml', mimeType: 'text/xml', buffer: Buffer.from(DIGITAL_XML) }
  const [good, again, doubtful] = [
    await paper({ 发票号码: '38200142', 小写金额: '¥320.00' }),
    await paper({ 发票号码: '38200142', 小写金额: '¥320.00', 开票日期: '2026年04月16日 ' }),
    await paper({ 发票号码: '38200143', 大写金额: '叁佰贰拾元整', 小写金额: '¥350.00' }),
  ]
  await drop(accountant, [xml, { ...good, name: '午餐.png' }, { ...doubtful, name: '晚餐.png' }])
  for (const name of ['复印纸.xml', '午餐.png']) await accountant.locator(`[data-upload="${name}"]`, { hasText: '识别完成' }).waitFor({ timeout: READ_MS })
  await accountant.locator('[data-test=fault-badge]', { hasText: '1' }).waitFor({ timeout: READ_MS })

  // The sum in words is wrong: typed, then accepted field by field.
  const wrong = await numbered('38200143')
  await accountant.keyboard.press('g')
  await accountant.keyboard.press('f')
  await accountant.locator(`[data-test=review][aria-label$="#${wrong}"][data-picture=shown]`).waitFor()
  await accountant.waitForTimeout(DEAD_MS)
  await field(accountant, '中文金额').fill('叁佰伍拾元整')
  await on.shot(accountant, 'walk-review-zh')
  await accountant.keyboard.press('Control+Enter')
  await accountant.locator(`[data-fault="${wrong}"]`).waitFor({ state: 'detached' })
  await accountant.getByText('没有待核对的发票').waitFor()

  // The same lunch once more, scanned anew.
  const lunch = await numbered('38200142')
  await accountant.click('[data-test=menu-console]')
  await drop(accountant, [{ ...again, name: '午餐又一张.png', buffer: Buffer.concat([again.buffer, Buffer.from([0])]) }])
  await accountant.locator('[data-upload="午餐又一张.png"] .state', { hasText: /识别完成|待核对/ }).waitFor({ timeout: READ_MS })
  await accountant.click('[data-test=menu-invoices]')
  const double = accountant.locator('[data-invoice]', { hasText: '疑似重复' })
  await double.waitFor()
  await double.locator('a').first().click()
  await accountant.locator('[data-test=double]', { hasText: `#${lunch}` }).first().waitFor()
  await accountant.click('[data-test=void-invoice]')
  await accountant.fill('[data-test=void-reason]', '重复扫描')
  await accountant.click('[data-test=void-yes]')
  await accountant.locator('[data-test=facts]', { hasText: '重复扫描' }).waitFor()
  await accountant.getByRole('dialog').first().waitFor({ state: 'hidden' })

  await find(accountant, '360.20')
  await accountant.locator('[data-hit=invoices]', { hasText: DIGITAL_XML_NUMBER }).waitFor()
  await accountant.keyboard.press('Enter')
  await field(accountant, '发票号码').waitFor()
  assert.equal(await field(accountant, '发票号码').inputValue(), DIGITAL_XML_NUMBER)

  await accountant.click('[data-test=menu-invoices]')
  await accountant.locator('[data-sum=confirmed]', { hasText: '1,030.20' }).waitFor()
  const saved = accountant.waitForEvent('download')
  await accountant.click('[data-test=export-csv]')
  const table = readFileSync(await (await saved).path(), 'utf8')
  for (const number of [DIGITAL_XML_NUMBER, '38200142', '38200143']) assert.ok(table.includes(number), number)
  on.quiet()
})

test('manager: a colleague comes with what she may do, and who changed the invoice, from what to what, is three clicks away', async () => {
  await boss.click('[data-test=menu-people]')
  await boss.click('[data-test=add-user]')
  await boss.fill('[data-test=user-name]', '李经理')
  await boss.fill('[data-test=user-password]', 'long-enough-1')
  for (const right of ['invoice-r', 'log-r']) await boss.click(`[data-right=${right}]`)
  await boss.click('[data-test=save-user]')
  await boss.getByText('李经理').first().waitFor()
  const manager = await on.open()
  await logIn(manager, '李经理', 'long-enough-1')
  await chooseOwn(manager, 'long-enough-1', 'my-own-4711')
  const menu = await manager.locator('nav [data-test^=menu-]').evaluateAll((links) => links.map((link) => link.dataset.test))
  assert.deepEqual(menu, ['menu-invoices', 'menu-log'], 'only what she was given')

  // While she looks, the accountant corrects it.
  const wrong = await numbered('38200143')
  await manager.click('[data-test=menu-log]')
  await find(manager, `#${wrong}`)
  await manager.locator('[data-hit=invoices]', { hasText: '38200143' }).click()
  const history = manager.locator('[data-test=history]')
  await history.locator('li', { hasText: '王芳' }).filter({ hasText: '叁佰贰拾元整 → 叁佰伍拾元整' }).waitFor()
  await accountant.goto(`/invoices/${wrong}`)
  await field(accountant, '发票号码').fill('38200144')
  await accountant.click('[data-test=save-invoice]')
  await history.locator('li', { hasText: '王芳' }).filter({ hasText: '38200143 → 38200144' }).waitFor()
  await on.shot(manager, 'walk-history-zh')
  await manager.click('[data-test=history-all]')
  await manager.waitForURL((url) => url.pathname === '/log')
  await manager.getByText('王芳').first().waitFor()
  on.quiet()
})

test('line leader: from an empty label page to a printed label, by the command that the page shows', async () => {
  const leader = await hire(on, boss, '赵班长', [102])
  await leader.addInitScript(() => (window.print = () => window.dispatchEvent(new Event('afterprint'))))
  await leader.goto('/labels')
  await leader.locator('[data-test=station-command]', { hasText: '/registerDevice' }).waitFor()
  await on.shot(leader, 'walk-station-zh')
  await leader.click('[data-test=station-token]')
  const dialog = leader.getByRole('dialog', { name: '测试工位的令牌' })
  const token = await dialog.locator('[data-test=token]').inputValue()
  const command = await dialog.locator('[data-test=station-command]').textContent()
  assert.ok(command.includes(token) && command.includes(on.box.url), command)
  await on.shot(leader, 'walk-token-zh')

  // As it stands there, in a shell.
  const { stdout } = await promisify(execFile)('sh', ['-c', command.replace('curl', 'curl -sS')])
  const { reqStatus, devices } = JSON.parse(stdout)
  assert.deepEqual([reqStatus, devices[0].CPUID, devices[0].status], ['sucess', '39FFD6', 'created'])
  const serial = devices[0].DeviceSN
  const row = leader.locator(`[data-serial="${serial}"]`)
  await row.waitFor()
  assert.equal(await dialog.locator('[data-test=token]').inputValue(), token, 'still there to be copied')
  await dialog.getByRole('button', { name: '关闭', exact: true }).click()
  const denied = await leader.request.get('/api/users', { headers: { Authorization: `Bearer ${token}`, Cookie: '' } })
  assert.equal(denied.status(), 403, 'the token can do no more than its work')

  await row.click()
  await leader.click('[data-test=print]')
  await leader.locator(`[data-label="${serial}"]`).waitFor()
  await leader.click('[data-test=print-now]')
  await leader.click('[data-all=printed]')
  await leader.click('[data-test=confirm-mark]')
  await row.waitFor({ state: 'detached' })
  assert.equal((await (await leader.request.get(`/api/devices/${serial}`)).json()).label, 'printed')
  assert.equal(await leader.locator('[data-test=first-device]').count(), 0)
  on.quiet()
})
