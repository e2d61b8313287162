// The office: granting rights, removing a user, pausing and reordering the queue; the log records it.
import assert from 'node:assert/strict'
import { deflateSync } from 'node:zlib'
import { test } from 'node:test'
import { chooseOwn, logIn, stage } from './box.mjs'

let page

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
})

/** The page polls every few seconds; test machines are slow. */
const PUSHED_MS = 15_000

/** Nobody has to read it. */
function picture() {
  const crcOf = (bytes) => {
    let crc = ~0
    for (const byte of bytes) {
      crc ^= byte
      for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
    }
    return ~crc >>> 0
  }
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data])
    const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    crc.writeUInt32BE(crcOf(body))
    return Buffer.concat([length, body, crc])
  }
  const [width, height] = [64, 48]
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head[8] = 8
  const rows = Buffer.alloc((width + 1) * height, 0xcc)
  for (let row = 0; row < height; row += 1) rows[row * (width + 1)] = 0
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))])
}

async function upload(name) {
  const answer = await page.request.post('/invoice/recognizeImage', {
    multipart: { file: { name, mimeType: 'image/png', buffer: picture() } },
    headers: { Origin: new URL(page.url()).origin },
  })
  assert.equal(answer.status(), 200, await answer.text())
  return (await answer.json()).action_id_list[0]
}

test('a group is made, and a user who has its rights and one of their own', async () => {
  await page.click('[data-test=menu-people]')
  await page.getByRole('tab', { name: '用户组' }).click()
  await page.getByText('还没有用户组').waitFor()
  await page.click('[data-test=add-group]')
  await page.fill('[data-test=group-name]', '录入组')
  await page.click('[data-right=console-r]')
  await page.click('[data-test=save-group]')
  await page.locator('[data-group="录入组"]', { hasText: '查看识别台' }).waitFor()

  await page.getByRole('tab', { name: '用户', exact: true }).click()
  await page.click('[data-test=add-user]')
  await page.fill('[data-test=user-name]', '王芳')
  await page.fill('[data-test=user-password]', 'fang-2026')
  await page.click('[data-test=user-group]')
  await page.getByRole('option', { name: '录入组' }).click()
  await page.locator('[data-right=console-r].is-checked.is-disabled').waitFor()
  await page.click('[data-right=user-rw]')
  await page.locator('[data-right=user-r].is-checked.is-disabled').waitFor()
  await on.shot(page, 'people-user-zh')
  await page.click('[data-test=save-user]')
  await page.locator('[data-user="王芳"]', { hasText: '查看识别台、管理用户' }).waitFor()
  on.quiet()
})

test('a user sees what they may, gives only what they hold, and is out as soon as they are locked', async () => {
  await page.getByRole('tab', { name: '权限一览' }).click()
  const held = (right) => page.locator(`[data-rights-of="王芳"] [data-held=${right}]`)
  await held('console-r').getByText('来自用户组“录入组”').waitFor()
  await held('user-rw').getByText('本人的权限').waitFor()
  await held('user-r').getByText('已包含在“管理用户”中').waitFor()
  assert.equal(await held('log-r').count(), 0)
  await on.shot(page, 'people-matrix-zh')
  await page.getByRole('tab', { name: '用户', exact: true }).click()

  const his = await on.open()
  await logIn(his, '王芳', 'fang-2026')
  await chooseOwn(his, 'fang-2026', 'fang-own-2026')
  await his.click('[data-test=menu-people]')
  for (const absent of ['labels', 'queue', 'log']) assert.equal(await his.locator(`[data-test=menu-${absent}]`).count(), 0)
  await his.locator('[data-user="admin"]', { hasText: '对方有您没有的权限，无法修改' }).waitFor()
  await his.click('[data-test=add-user]')
  await his.locator('[data-right=system-rw].is-disabled').waitFor()
  await his.fill('[data-test=user-name]', 'admin')
  await his.fill('[data-test=user-password]', 'long-enough-2026')
  await his.click('[data-right=console-r]')
  await his.click('[data-test=save-user]')
  await his.locator('[data-field=user_name]', { hasText: '已有同名的用户' }).waitFor()

  await page.locator('[data-user="王芳"] [data-test=lock-user]').click()
  await page.locator('.el-message-box').getByRole('button', { name: '锁定', exact: true }).click()
  await page.locator('[data-user="王芳"]', { hasText: '已锁定' }).waitFor()
  await on.shot(page, 'people-zh')
  await his.waitForURL((url) => url.pathname === '/login', { timeout: PUSHED_MS })
  await his.locator('[data-test=login-problem]', { hasText: '账号已被管理员锁定' }).waitFor()
  assert.equal(await his.getByText('登录已过期').count(), 0)
  await on.shot(his, 'login-locked-by-manager-zh')
  // The browser logs failed reconnections.
  on.quiet(/WebSocket connection to/)
})

test('a paused queue is put in order and goes on', async () => {
  await page.click('[data-test=menu-queue]')
  await page.getByText('队列是空的').waitFor()
  await page.click('[data-test=pause]')
  await page.getByRole('button', { name: '设备维护' }).click()
  await page.click('[data-test=pause-now]')
  await page.locator('[data-test=queue-paused]', { hasText: '设备维护' }).waitFor()

  const [first, second] = [await upload('first.png'), await upload('second.png')]
  const order = () => page.locator('[data-waiting]').evaluateAll((rows) => rows.map((row) => Number(row.dataset.waiting)))
  await page.locator(`[data-waiting="${second}"]`).waitFor({ timeout: PUSHED_MS })
  assert.deepEqual(await order(), [first, second])
  await page.locator(`[data-waiting="${second}"] [data-test=run-next]`).click()
  await page.locator(`[data-waiting="${second}"][data-position="1"]`).waitFor()
  assert.deepEqual(await order(), [second, first])
  await on.shot(page, 'queue-zh')

  await page.locator(`[data-waiting="${first}"] [data-test=cancel]`).click()
  await page.locator('.el-message-box').getByRole('button', { name: '取消任务' }).click()
  await page.locator(`[data-waiting="${first}"]`).waitFor({ state: 'detached' })
  await page.click('[data-test=language]')
  await page.locator(`[data-waiting="${second}"]`, { hasText: `Read invoice · Task ${second}` }).waitFor()
  await on.shot(page, 'queue-en')
  await page.click('[data-test=language]')

  await page.click('[data-test=resume]')
  await page.getByText('队列是空的').waitFor({ timeout: PUSHED_MS })
  on.quiet()
})

test('the log finds it, by kind and by user', async () => {
  await page.click('[data-test=menu-log]')
  await page.locator('[data-log]', { hasText: '恢复队列' }).waitFor()
  await page.click('[data-test=log-facet]')
  await page.getByRole('option', { name: '操作类型' }).click()
  await page.click('[data-test=log-kind]')
  await page.getByRole('option', { name: '锁定用户' }).click()
  await page.locator('[data-log]', { hasText: '恢复队列' }).waitFor({ state: 'detached' })
  await page.locator('[data-log]', { hasText: '锁定用户 王芳' }).waitFor()
  await page.click('[data-test=log-facet]')
  await page.getByRole('option', { name: '用户', exact: true }).click()
  await page.fill('[data-test=log-words]', 'nobody')
  await page.getByText('没有符合条件的记录').waitFor()
  await page.fill('[data-test=log-words]', 'admin')
  await page.locator('[data-log]', { hasText: '暂停队列 设备维护' }).waitFor()
  await on.shot(page, 'log-zh')
  const exported = page.waitForEvent('download')
  await page.click('[data-test=log-export]')
  assert.equal((await exported).suggestedFilename().replace(/\d{4}-\d\d-\d\d/, 'DAY'), '操作日志_DAY.csv')
  await page.click('[data-test=language]')
  await page.locator('[data-log]', { hasText: 'Pause queue 设备维护' }).waitFor()
  await on.shot(page, 'log-en')
  on.quiet()
})

test('a wrong setting is refused in words, and a token is shown once and works', async () => {
  await page.click('[data-test=language]')
  await page.click('[data-test=menu-system]')
  await page.locator('[data-setting=timezone] input').fill('Nowhere/At-all')
  await page.click('[data-test=save-settings]')
  await page.getByText('没有这个时区').waitFor()
  await page.getByRole('button', { name: '放弃修改' }).click()
  assert.ok(await page.locator('[data-test=save-settings]').isDisabled())
  await on.shot(page, 'system-zh')

  await page.getByRole('tab', { name: '运行状态' }).click()
  await page.locator('[data-test=health]', { hasText: '运行正常' }).waitFor()
  await page.getByRole('tab', { name: '备份' }).click()
  await page.getByText('还没有自动备份').waitFor()
  const backup = page.waitForEvent('download')
  await page.click('[data-test=backup]')
  assert.match((await backup).suggestedFilename(), /^paperline-[\d-]+\.backup$/)
  await page.getByText('备份已下载').waitFor()
  await page.getByRole('tab', { name: '开源许可' }).click()
  await page.getByText('Apache').first().waitFor()

  await page.click('.user')
  await page.click('[data-test=account]')
  await page.click('[data-test=add-token]')
  await page.fill('[data-test=token-name]', '3 号工位')
  await page.click('[data-right=device-r]')
  await page.click('[data-test=make-token]')
  const token = await page.locator('input[data-test=token]').inputValue()
  const answer = await fetch(`${on.box.url}/searchNoPrint`, { headers: { Authorization: `Bearer ${token}` } })
  assert.deepEqual(await answer.json(), { DeviceSNList: [] })
  await page.getByRole('button', { name: '关闭', exact: true }).last().click()
  await page.locator('[data-token="3 号工位"]', { hasText: '查看设备' }).waitFor()
  on.quiet()
})
