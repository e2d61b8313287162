// What colleagues do is seen at once, what is under way is counted, and an outage is got over by itself.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hire, logIn, post, stage } from './box.mjs'
import { PARKING, print } from './paper.mjs'

/** Debug builds are slow. */
const READ_MS = 120_000
const OUTAGE = /net::ERR_INTERNET_DISCONNECTED|WebSocket connection/

let page
/** Uploads, and sees the queue. */
let hers
/** Only looks. */
let his
let slip

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
  hers = await hire(on, page, '王芳', [6, 7, 9])
  his = await hire(on, page, '李强', [7])
  slip = (await print(on.browser, PARKING)).picture
})

const file = (name) => ({ name, mimeType: 'image/png', buffer: slip })
const row = (name) => hers.locator(`[data-upload="${name}"]`)
const tally = (words) => hers.locator('[data-test=tally]', { hasText: words }).waitFor({ timeout: READ_MS })
const finished = (who) => who.locator('[data-finished]')

async function waiting(name) {
  const { recognize_wait } = await (await page.request.get('/api/queue?limit=100')).json()
  return recognize_wait.find((action) => action.file_name === name).action_id
}

test('a pause is seen on the open consoles of others, with who and why', async () => {
  for (const who of [hers, his]) await who.goto('/console')
  for (const who of [hers, his]) await who.locator('[data-test=link-state]', { hasText: '实时更新' }).waitFor()
  await post(page, '/api/queue/pause', { reason: '换纸' })
  for (const who of [hers, his]) await who.locator('[data-test=queue-paused]', { hasText: /admin.*换纸/ }).waitFor()
  await his.reload()
  await his.locator('[data-test=queue-paused]', { hasText: '换纸' }).waitFor()
  on.quiet()
})

test('what was asked before a pause and answered after it hides no pause', async () => {
  for (const who of [hers, his]) {
    await post(page, '/api/queue/resume', {})
    let paused
    const isPaused = new Promise((done) => (paused = done))
    let asked
    const isAsked = new Promise((done) => (asked = done))
    await who.route(/\/api\/(console|queue)$/, async (route) => {
      const answer = await route.fetch()
      if (route.request().url().endsWith('/api/console')) asked()
      await isPaused
      await route.fulfill({ response: answer })
    })
    await who.reload()
    await isAsked
    await who.locator('[data-test=link-state]', { hasText: '实时更新' }).waitFor()
    await post(page, '/api/queue/pause', { reason: '换纸' })
    await who.locator('[data-test=queue-paused]', { hasText: '换纸' }).waitFor()
    const late = who.waitForResponse((answer) => answer.url().endsWith('/api/console'))
    paused()
    await late
    await who.unrouteAll({ behavior: 'wait' })
    await who.locator('.view', { hasText: '当前没有正在识别的发票' }).waitFor()
    assert.equal(await who.locator('[data-test=queue-paused]', { hasText: '换纸' }).count(), 1)
  }
  on.quiet()
})

test('files that wait are counted, the first of them are on top, and an empty console says why', async () => {
  await hers.setInputFiles('[data-test=files]', ['p1.png', 'p2.png', 'p3.png', 'p4.png', 'p5.png', 'p6.png'].map(file))
  await tally('0/6 已上传 6，已识别 0')
  await hers.locator('[data-test=queues]', { hasText: '6' }).waitFor()
  await hers.getByText('队列已暂停，6 张发票正在等待').waitFor()
  assert.deepEqual((await hers.locator('[data-upload]').evaluateAll((rows) => rows.map((each) => each.dataset.upload))).slice(0, 3), ['p1.png', 'p2.png', 'p3.png'])
  await on.shot(hers, 'console-paused-zh')
  on.quiet()
})

test('a file that a manager cancelled says so to its uploader, and one fewer waits', async () => {
  await post(page, `/api/queue/${await waiting('p1.png')}/cancel`, {})
  await row('p1.png').getByText('已取消（admin）').waitFor()
  await tally('0/5 已上传 6，已识别 0 · 已取消 1')
  await hers.locator('[data-test=queues]', { hasText: '5' }).waitFor()
  assert.equal(await row('p1.png').and(hers.locator('.bad')).count(), 0, 'it is no failure')
  on.quiet()
})

test('who uploaded a file cancels it, and not another’s', async () => {
  const [own, others] = [await waiting('p2.png'), (await page.request.post('/invoice/recognizeImage', { multipart: { file: file('admin.png') }, headers: { Origin: on.box.url } }).then((answer) => answer.json())).action_id_list[0]]
  await hers.click('[data-test=menu-queue]')
  await hers.locator(`[data-waiting="${others}"]`, { hasText: `任务 ${others} admin.png` }).waitFor()
  assert.equal(await hers.locator(`[data-waiting="${others}"] [data-test=cancel]`).count(), 0)
  assert.equal(await hers.locator('[data-test=run-next]').count(), 0)
  const refused = await hers.request.post(`/api/queue/${others}/cancel`, { headers: { Origin: on.box.url } })
  assert.equal(refused.status(), 403)
  await row('p3.png').getByText('已加入识别队列').waitFor()
  await on.shot(hers, 'queue-own-zh')
  await hers.locator(`[data-waiting="${own}"] [data-test=cancel]`).click()
  const question = hers.locator('.el-message-box')
  await question.getByText(`任务 ${own}（识别发票 p2.png）将不再处理`).waitFor()
  await question.getByRole('button', { name: '取消任务' }).click()
  await hers.locator(`[data-waiting="${own}"]`).waitFor({ state: 'detached' })
  await row('p2.png').locator('.state', { hasText: /^已取消$/ }).waitFor()
  await post(page, `/api/queue/${others}/cancel`, {})
  await hers.locator(`[data-waiting="${others}"]`).waitFor({ state: 'detached' })
  on.quiet()
})

test('the queue goes on before everybody’s eyes, and all that was uploaded is counted to its end', async () => {
  await hers.click('[data-test=menu-console]')
  await hers.locator('[data-test=queue-paused]').waitFor()
  await post(page, '/api/queue/resume', {})
  for (const who of [hers, his]) {
    await who.getByText('队列已恢复').last().waitFor()
    await who.locator('[data-test=queue-paused]').waitFor({ state: 'detached' })
  }
  await tally('4/4 已上传 6，已识别 4 · 已取消 2')
  await finished(hers).nth(3).waitFor()
  await on.shot(hers, 'console-counted-zh')
  on.quiet()
})

test('a console that the box tells nothing says so, claims nothing, and is itself again by itself', async () => {
  const other = await hers.context().newPage()
  const broken = { status: 500, json: { err: '服务器内部错误', code: 'internal' } }
  await other.route('**/api/console', (route) => route.fulfill(broken))
  await other.goto('/console')
  await other.locator('.problem', { hasText: '服务器内部错误' }).waitFor()
  assert.equal(await other.getByText('当前没有正在识别的发票').count(), 0)
  await other.unroute('**/api/console')
  await other.getByText('当前没有正在识别的发票').waitFor()
  await other.locator('.problem').waitFor({ state: 'detached' })
  await finished(other).nth(3).waitFor()
  await other.close()
  on.quiet()
})

test('the row of a file follows what a person makes of its invoice', async () => {
  const { invoices } = await (await page.request.get('/api/invoices?q=p3.png')).json()
  const [{ invoice_id, version }] = invoices
  await row('p3.png').getByText('待核对').waitFor()
  await post(page, `/api/faults/${invoice_id}/resolve`, { version })
  await row('p3.png').getByText('识别完成').waitFor()
  await post(page, `/api/faults/${invoice_id}/reopen`, { version: version + 1 })
  await row('p3.png').getByText('待核对').waitFor()
  on.quiet()
})

test('a card has one time, before and after a reload', async () => {
  const titles = () => finished(hers).locator('.file').evaluateAll((all) => all.map((each) => each.title))
  const before = await titles()
  assert.equal(before.length, 4)
  await hers.reload()
  await finished(hers).nth(3).waitFor()
  assert.deepEqual(await titles(), before)
  on.quiet()
})

test('a fault that two review at once loses its mark on every open console', async () => {
  const invoices = (await (await page.request.get('/api/invoices')).json()).invoices
  const { invoice_id, action_id, version } = invoices[0]
  const card = (who, more) => who.locator(`[data-finished="${action_id}"]${more}`)
  for (const who of [hers, his]) await card(who, '.fault').waitFor()
  const other = await hire(on, page, '赵六', [5, 10, 18])
  const review = (who) => who.request.post(`/api/faults/${invoice_id}/resolve`, { data: { version }, headers: { Origin: on.box.url } })
  const answers = await Promise.all([review(page), review(other)])
  assert.deepEqual(answers.map((answer) => answer.status()).sort(), [200, 409])
  for (const who of [hers, his]) await card(who, ':not(.fault)').waitFor()
  await card(hers, '').click()
  await hers.locator('[data-test=reading-state]', { hasText: '识别完成' }).waitFor()
  assert.equal(await hers.locator('[data-test=reason]').count(), 0)
  await on.shot(hers, 'console-reviewed-zh')
  await post(page, `/api/faults/${invoice_id}/reopen`, { version: version + 1 })
  for (const who of [hers, his]) await card(who, '.fault').waitFor()
  await post(page, `/api/invoices/${invoice_id}/void`, { reason: '开错' })
  for (const who of [hers, his]) await card(who, ':not(.fault)').waitFor()
  await hers.goto(`/invoices/${invoice_id}`)
  await hers.locator('[data-test=facts]', { hasText: '开错' }).waitFor()
  assert.equal(await hers.locator('.why').count(), 0, 'a void invoice waits for nobody')
  await other.context().close()
  on.quiet()
})

test('the log, people and settings follow what others do', async () => {
  await page.goto('/log')
  await page.locator('[data-log]').first().waitFor()
  const boss = await on.open()
  await logIn(boss, 'admin', on.box.password)
  await boss.goto('/system')
  const delay = boss.locator('[data-setting=engine_delay_ms] input')
  await delay.waitFor()
  await post(boss, '/api/queue/pause', { reason: '午休' })
  await page.locator('[data-log]', { hasText: '暂停队列 午休' }).waitFor()
  const changed = await page.request.patch('/api/settings', { data: { engine_delay_ms: 7 }, headers: { Origin: on.box.url } })
  assert.equal(changed.status(), 200)
  await boss.waitForFunction(() => document.querySelector('[data-setting=engine_delay_ms] input').value === '7')
  await page.goto('/people')
  await page.locator('[data-user="王芳"]').waitFor()
  await (await hire(on, boss, '孙七', [5])).context().close()
  await page.locator('[data-user="孙七"]').waitFor()
  await boss.context().close()
  on.quiet()
})

test('files that could not be sent are not counted as sent, and are sent again together', async () => {
  await hers.goto('/console')
  await hers.locator('[data-test=queue-paused]').waitFor()
  await hers.route('**/invoice/recognizeImage', (route) => route.fulfill({ status: 502, body: 'away' }))
  await hers.setInputFiles('[data-test=files]', ['f1.png', 'f2.png', 'f3.png', 'f4.png', 'f5.png', 'f6.png'].map(file))
  await tally('上传失败 6')
  assert.equal(await hers.locator('[data-test=tally]', { hasText: '已上传' }).count(), 0)
  await on.shot(hers, 'console-failed-zh')
  await hers.unroute('**/invoice/recognizeImage')
  await hers.click('[data-test=retry-uploads]')
  await tally('0/6 已上传 6，已识别 0')
  assert.equal(await hers.locator('[data-test=retry-uploads]').count(), 0)
  on.quiet()
})

test('what the outage kept from being sent is sent by itself, once', async () => {
  await hers.context().setOffline(true)
  await hers.setInputFiles('[data-test=files]', ['g1.png', 'g2.png'].map(file))
  await tally('上传失败 2')
  await hers.locator('[data-test=link-state]', { hasText: '连接已断开' }).waitFor()
  await hers.context().setOffline(false)
  await tally('0/8 已上传 8，已识别 0')
  const { recognize_size } = await (await page.request.get('/api/queue')).json()
  assert.equal(recognize_size, 8)
  on.quiet(OUTAGE)
})

test('the log recovers from an outage by itself', async () => {
  await page.goto('/log')
  await page.locator('[data-log]').first().waitFor()
  await page.context().setOffline(true)
  await page.getByRole('button', { name: '刷新' }).click()
  await page.locator('[data-test=page-problem]', { hasText: '无法连接服务器' }).waitFor()
  await page.fill('[data-test=log-words]', 'nobody')
  await page.locator('.list.dimmed [data-log]').first().waitFor()
  await page.context().setOffline(false)
  await page.locator('[data-test=page-problem]').waitFor({ state: 'detached' })
  await page.getByText('没有符合条件的记录').waitFor()
  on.quiet(OUTAGE)
})

test('another filter without the box keeps the rows dimmed, and no old total stands beside it', async () => {
  await page.goto('/invoices')
  await page.locator('[data-test=sum]', { hasText: '共 4 张' }).waitFor()
  await page.context().setOffline(true)
  await page.fill('[data-test=invoice-seek]', 'nowhere')
  await page.locator('[data-test=page-problem]', { hasText: '无法连接服务器' }).waitFor()
  await page.locator('.list.dimmed').waitFor()
  assert.deepEqual([await page.locator('[data-invoice]').count(), await page.locator('[data-test=sum]').count()], [4, 0])
  await on.shot(page, 'invoices-outage-zh')
  await page.context().setOffline(false)
  await page.getByText('没有符合条件的发票').waitFor()
  await page.locator('[data-test=sum]', { hasText: '共 0 张' }).waitFor()
  assert.equal(await page.locator('[data-invoice]').count(), 0)
  on.quiet(OUTAGE)
})
