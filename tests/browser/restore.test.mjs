// A box is backed up, and a new one becomes it: as somebody does who replaces the machine.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { logIn, post, stage, startBox, stopBox } from './box.mjs'

let fresh

const on = stage()

after(async () => {
  if (fresh) await stopBox(fresh)
})

async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('a new box takes in the backup of the old one from its page, and its users log in there', async () => {
  const old = await on.open()
  await logIn(old, 'admin', on.box.password)
  await post(old, '/registerDevice', { DeviceSN: '18470001', CPUID: 'KEPT' })
  const answer = await old.request.post('/api/backup', { headers: { Origin: on.box.url } })
  assert.equal(answer.status(), 200)
  const file = join(on.box.dir, 'old.backup')
  await writeFile(file, await answer.body())
  await old.goto('/system?tab=backups')
  await old.getByRole('tab', { name: '备份' }).click()
  await old.locator('[data-test=backup]').waitFor()
  assert.equal(await old.locator('[data-test=restore]').count(), 0, 'a box in use is never overwritten')

  const [before, url] = [on.box, on.box.url]
  fresh = await startBox(await freePort())
  on.box = fresh
  const page = await on.open()
  await logIn(page, 'admin', fresh.password)
  await page.goto('/system')
  await page.getByRole('tab', { name: '备份' }).click()
  await page.locator('[data-test=restore]').waitFor()
  await on.shot(page, 'restore-zh')
  await page.setInputFiles('input[type=file]', file)
  await page.locator('.el-message-box').getByRole('button', { name: '从备份恢复' }).click()
  await page.waitForURL((at) => at.pathname === '/login', { timeout: 60_000 })
  await logIn(page, 'admin', before.password)
  const found = await post(page, '/search', { condition: 'DeviceSN', DeviceSN: '18470001' })
  assert.equal(found.CPUID, 'KEPT')
  on.box = before
  assert.equal(on.box.url, url)
  // While it begins anew, its sockets are gone.
  on.quiet(/WebSocket|ERR_CONNECTION|Failed to load|Failed to fetch/)
})
