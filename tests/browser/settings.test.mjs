// Settings, with two administrators and one fixed by the command line.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logIn, stage } from './box.mjs'

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
  assert.equal(await input(page, 'backup_keep').inputValue(), '1000')
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
