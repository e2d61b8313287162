// A new box becomes a backed-up one, as when a machine is replaced.
import assert from 'node:assert/strict'
import { stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { logIn, post, stage, startBox, stopBox } from './box.mjs'
import { noise, upload } from './paper.mjs'

/** Slow enough to watch a backup of a few MB. */
const SLOW = { offline: false, latency: 0, downloadThroughput: 1_500_000, uploadThroughput: -1 }

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
  // During the restart.
  on.quiet(/WebSocket|ERR_CONNECTION|Failed to load|Failed to fetch/)
})

test('a backup that takes its time says how far it is, and can be given up', async () => {
  const page = await on.open()
  await logIn(page, 'admin', on.box.password)
  await post(page, '/api/queue/pause', { reason: '备份' })
  await upload(page, 'noise.bmp', noise(1200, 1200))
  await page.goto('/system?tab=backups')
  await page.getByRole('tab', { name: '备份' }).click()
  await page.locator('[data-test=backup]').waitFor()
  const wire = await page.context().newCDPSession(page)
  await wire.send('Network.enable')
  await wire.send('Network.emulateNetworkConditions', SLOW)
  // As read out.
  await page.evaluate(() => {
    window.shown = []
    const look = () => {
      const now = document.querySelector('[data-test=backup-progress]')?.getAttribute('aria-valuenow')
      if (now != null && now !== window.shown.at(-1)) window.shown.push(now)
    }
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true })
  })
  const percents = () => page.evaluate(() => window.shown.splice(0).map(Number))

  await page.click('[data-test=backup]')
  await page.waitForFunction(() => window.shown.some((now) => now > 0))
  await on.shot(page, 'backup-zh')
  await page.getByRole('button', { name: '取消' }).click()
  await page.locator('[data-test=backup-progress]').waitFor({ state: 'detached' })
  assert.equal(await page.getByText('备份已下载').count(), 0, 'what was given up is no backup')
  await percents()

  const backup = page.waitForEvent('download')
  await page.click('[data-test=backup]')
  const file = await (await backup).path()
  await page.getByText('备份已下载').waitFor()
  assert.ok((await stat(file)).size > 4_000_000)
  const shown = await percents()
  assert.deepEqual(shown, shown.toSorted((a, b) => a - b), 'it never goes back')
  assert.ok(shown.filter((now) => now > 0 && now < 100).length >= 3, `on the way: ${shown}`)
  assert.equal(await page.locator('[data-test=backup-progress]').count(), 0)
  on.quiet()
})
