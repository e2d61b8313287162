// Settings, with two administrators and one fixed by the command line.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logIn, post, stage } from './box.mjs'

const on = stage()
const setting = (page, name) => page.locator(`[data-setting=${name}]`)
const input = (page, name) => setting(page, name).locator('input')

async function administrator(options) {
  const page = await on.open(options)
  await logIn(page, 'admin', on.box.password)
  await page.goto('/system')
  await input(page, 'backup_time').waitFor()
  return page
}

test('of two who change the same setting the later one sees what the first has saved, and nothing is overwritten unseen', async () => {
  const [one, other] = [await administrator(), await administrator({ locale: 'en-US' })]
  await input(one, 'backup_time').fill('03:15')
  await input(other, 'backup_time').fill('04:45')
  await input(other, 'backup_keep').fill('9')
  await one.click('[data-test=save-settings]')
  await one.getByText('设置已保存').waitFor()
  await other.click('[data-test=save-settings]')
  await other.getByText('Somebody else has changed the settings').waitFor()
  await setting(other, 'backup_time').locator('[data-test=contested]', { hasText: '03:15' }).waitFor()
  assert.equal(await setting(other, 'backup_keep').locator('[data-test=contested]').count(), 0)
  const stored = async () => (await one.request.get('/api/settings')).json()
  assert.equal((await stored()).backup_time, '03:15')
  assert.equal(await input(other, 'backup_time').inputValue(), '04:45', 'what was typed is still there')
  await on.shot(other, 'settings-contested-en')
  await other.click('[data-test=save-settings]')
  await other.getByText('Settings saved').waitFor()
  const now = await stored()
  assert.deepEqual([now.backup_time, now.backup_keep], ['04:45', 9])
  on.quiet()
})

test('the log calls a setting as its page does, and leads there', async () => {
  for (const [locale, label, shot] of [['zh-CN', '自动备份时间', 'zh'], ['en-US', 'Time of nightly backups', 'en']]) {
    const page = await administrator({ locale })
    await page.goto('/log')
    const row = page.locator('.what', { hasText: label }).first()
    await row.waitFor()
    assert.equal(await row.getByText('backup_time').count(), 0)
    await on.shot(page, `settings-in-the-log-${shot}`)
    await row.getByRole('link', { name: label }).click()
    await page.waitForURL('**/system')
  }
  on.quiet()
})

test('settings that are typed and not saved are not left without a question', async () => {
  const page = await administrator()
  await input(page, 'timezone').fill('Asia/Shanghai')
  await page.click('[data-test=menu-log]')
  await page.getByRole('button', { name: '继续编辑' }).click()
  assert.equal(await input(page, 'timezone').inputValue(), 'Asia/Shanghai')
  await page.click('[data-test=menu-log]')
  await page.getByRole('button', { name: '离开' }).click()
  await page.waitForURL('**/log')
  on.quiet()
})

test('what the settings are called follows the language, and what was typed stays', async () => {
  const page = await administrator()
  await setting(page, 'backup_keep').locator('label', { hasText: '保留备份数' }).waitFor()
  await input(page, 'backup_keep').fill('12')
  await input(page, 'backup_keep').blur()
  await setting(page, 'backup_keep').getByText('默认：7').waitFor()
  await page.click('[data-test=language]')
  await setting(page, 'backup_keep').locator('label', { hasText: 'Nightly backups kept' }).waitFor()
  await setting(page, 'backup_keep').getByText('default: 7').waitFor()
  assert.equal(await input(page, 'backup_keep').inputValue(), '12')
  await input(page, 'backup_keep').fill('99999')
  await input(page, 'backup_keep').blur()
  assert.equal(await input(page, 'backup_keep').inputValue(), '99999', 'not changed unseen')
  on.quiet()
})

test('a setting of the command line can be seen and not be changed', async () => {
  const page = await on.open()
  await page.route('**/api/settings', async (route) => {
    const answer = await route.fetch()
    const body = await answer.json()
    await route.fulfill({ response: answer, json: { ...body, fixed: ['timezone', 'engine_retries'] } })
  })
  await logIn(page, 'admin', on.box.password)
  await page.goto('/system')
  for (const name of ['timezone', 'engine_retries']) {
    await setting(page, name).locator('[data-test=fixed]', { hasText: '启动参数' }).waitFor()
    assert.ok(await input(page, name).isDisabled())
  }
  assert.ok(!(await input(page, 'backup_time').isDisabled()))
  on.quiet()
})

test('all wrong settings are said at once, each at its place and by what it is called', async () => {
  const page = await administrator()
  await input(page, 'device_sn_pattern').fill('(')
  await input(page, 'timezone').fill('Nowhere/At-all')
  await input(page, 'backup_dir').fill('relative')
  await page.click('[data-test=save-settings]')
  await setting(page, 'device_sn_pattern').getByText('不是正确的正则表达式').waitFor()
  await setting(page, 'timezone').getByText('没有这个时区').waitFor()
  await setting(page, 'backup_dir').getByText('应为绝对路径，或留空').waitFor()
  await page.getByText('没有保存，请改正：序列号格式、时区、自动备份目录').waitFor()
  assert.equal(await page.getByText('device_sn_pattern').count(), 0)
  const at = await page.evaluate(() => {
    const { activeElement: field } = document
    const words = field.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id)?.textContent ?? '')
    return [field.id, field.getAttribute('aria-invalid'), words.join(' ')]
  })
  assert.deepEqual(at.slice(0, 2), ['setting-device_sn_pattern', 'true'])
  assert.match(at[2], /不是正确的正则表达式/)
  await on.shot(page, 'settings-problems-zh')
  await input(page, 'timezone').fill('Asia/Shanghai')
  await setting(page, 'timezone').locator('[data-test=setting-problem]').waitFor({ state: 'detached' })
  await page.getByText('没有保存，请改正：序列号格式、自动备份目录').waitFor()
  await page.context().close()
  on.quiet()
})

test('a number beyond its bounds stays as it was typed, and is refused in words', async () => {
  const page = await administrator()
  await input(page, 'confidence_threshold').fill('5')
  await input(page, 'confidence_threshold').press('Enter')
  await setting(page, 'confidence_threshold').locator('[data-test=setting-problem]', { hasText: '应为 0 到 1 之间的数' }).waitFor()
  assert.equal(await input(page, 'confidence_threshold').inputValue(), '5')
  await page.waitForFunction(() => document.activeElement?.id === 'setting-confidence_threshold')
  await on.shot(page, 'settings-number-zh')
  await input(page, 'confidence_threshold').fill('')
  await page.click('[data-test=save-settings]')
  await setting(page, 'confidence_threshold').locator('[data-test=setting-problem]').waitFor()
  const stored = async () => (await (await page.request.get('/api/settings')).json()).confidence_threshold
  assert.equal(await stored(), 0.9, 'neither was taken')
  await input(page, 'confidence_threshold').fill('0.85')
  await page.click('[data-test=save-settings]')
  await page.getByText('设置已保存').waitFor()
  assert.equal(await stored(), 0.85)
  await page.context().close()
  on.quiet()
})

test('the health page says in words how disk, engine and backups are, and the backup page how one restores', async () => {
  const page = await administrator()
  // Only a box on which something was done has no button to restore.
  await post(page, '/registerDevice', { CPUID: 'C1' })
  await page.reload()
  let health
  await page.route('**/api/health', async (route) => {
    const answer = await route.fetch()
    health = await answer.json()
    await route.fulfill({ response: answer, json: health })
  })
  await page.getByRole('tab', { name: '运行状态' }).click()
  const part = (name) => page.locator(`[data-part=${name}]`)
  await part('disk').getByText(/剩余 [\d.,]+ GB，共 [\d.,]+ GB/).waitFor()
  await part('disk').getByText(/空间充足|空间偏少|空间不足/).waitFor()
  await part('engine').getByText(/正常|启动后还没有用到/).waitFor()
  await part('backup').getByText('没有设置自动备份').waitFor()
  assert.ok(health.disk.free_bytes > 0 && health.disk.free_bytes <= health.disk.total_bytes)
  await on.shot(page, 'system-health-parts-zh')
  await page.unroute('**/api/health')
  const bad = { disk: { ...health.disk, state: 'full' }, engine: 'away', backup: { nightly: true, last: '2026-01-02 02:30:00', trouble: 'No space left on device' } }
  await page.route('**/api/health', (route) => route.fulfill({ json: bad }))
  await part('disk').getByText('空间不足，已停止写入').waitFor()
  await part('engine').getByText('没有响应').waitFor()
  await part('backup').getByText('备份失败：No space left on device').waitFor()
  await page.emulateMedia({ colorScheme: 'dark' })
  await on.shot(page, 'system-health-bad-zh-dark')
  await page.getByRole('tab', { name: '备份' }).click()
  await page.locator('[data-test=restore-how]', { hasText: 'paperline restore --data-dir NEWDIR --from FILE' }).waitFor()
  await on.shot(page, 'system-restore-how-zh-dark')
  await page.context().close()
  on.quiet()
})
