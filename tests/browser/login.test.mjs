// Who may log in, and what the page tells others.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logIn, stage } from './box.mjs'

const on = stage()

async function attempt(page, name, password) {
  await page.fill('input[name=username]', name)
  await page.fill('input[name=passwd]', password)
  const answered = page.waitForResponse((answer) => answer.url().endsWith('/login') && answer.request().method() === 'POST')
  await page.keyboard.press('Enter')
  await answered
  return page.locator('[data-test=login-problem]')
}

test('an unknown name and a wrong password are told apart', async () => {
  const page = await on.open()
  await page.goto('/labels')
  await page.waitForURL('**/login?next=/labels')
  const problem = await attempt(page, 'nobody', 'x')
  await problem.getByText('用户名不存在').waitFor()
  await attempt(page, 'admin', 'not-it')
  await problem.getByText('密码错误').waitFor()
  await on.shot(page, 'login-wrong-zh')
  on.quiet()
})

test('empty fields are not sent', async () => {
  const page = await on.open({ locale: 'en-US' })
  let sent = 0
  page.on('request', (request) => (sent += request.method() === 'POST' ? 1 : 0))
  await page.goto('/login')
  await page.click('button[type=submit]')
  await page.getByText('Enter your user name and password.').waitFor()
  assert.equal(sent, 0)
  on.quiet()
})

test('too many wrong passwords lock with a countdown, in both languages', async () => {
  const page = await on.open({ locale: 'en-US' })
  await page.goto('/login')
  for (let i = 0; i < 6; i += 1) await attempt(page, 'prodsys', `wrong-${i}`)
  await page.getByText(/Too many wrong passwords\. Try again in \d+ s\./).waitFor()
  assert.ok(await page.locator('button[type=submit]').isDisabled())
  await on.shot(page, 'login-locked-en')
  await page.click('[data-test=language]')
  await page.getByText(/密码错误次数过多，请 \d+ 秒后再试/).waitFor()
  on.quiet()
})

test('a_lock_counts_down_to_its_end_and_keeps_no_other_name_out', async () => {
  const page = await on.open()
  await page.clock.install()
  await page.goto('/login')
  // Locked by the previous test.
  const problem = await attempt(page, 'prodsys', 'wrong')
  const left = async () => Number(/请 (\d+) 秒后再试/.exec(await problem.innerText())?.[1])
  await problem.getByText(/请 \d+ 秒后再试/).waitFor()
  const first = await left()
  assert.ok(first > 10 && first <= 60, `${first} s`)
  await page.clock.runFor(10_000)
  assert.ok(Math.abs(first - 10 - (await left())) <= 1, `${await left()} s are left of ${first}`)

  await page.fill('input[name=username]', 'admin')
  assert.equal(await problem.innerText(), '')
  await attempt(page, 'admin', 'not-it')
  await problem.getByText('密码错误，请重新输入').waitFor()
  await page.fill('input[name=username]', 'prodsys')
  await problem.getByText(/请 \d+ 秒后再试/).waitFor()
  assert.ok(await page.locator('button[type=submit]').isDisabled())
  await page.clock.runFor(60_000)
  assert.ok(await page.locator('button[type=submit]').isEnabled())
  await page.context().close()
  on.quiet()
})

test('a_session_that_ended_and_a_box_that_is_away_are_said_and_one_comes_back_to_where_one_was', async () => {
  const page = await on.open()
  await logIn(page, 'admin', on.box.password)
  await page.goto('/invoices?state=waiting')
  await page.getByText('没有符合条件的发票').waitFor()
  await page.request.post('/logout', { headers: { Origin: on.box.url } })
  await page.waitForURL(/\/login\?/)
  const problem = page.locator('[data-test=login-problem]')
  await problem.getByText('登录已过期，请重新登录').waitFor()
  await on.shot(page, 'login-ended-zh')

  await page.context().setOffline(true)
  await page.fill('input[name=username]', 'admin')
  await page.fill('input[name=passwd]', on.box.password)
  await page.keyboard.press('Enter')
  await problem.getByText('无法连接服务器，请检查网络后重试').waitFor()
  assert.ok(await page.locator('button[type=submit]').isEnabled())
  await page.context().setOffline(false)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/invoices?state=waiting')
  await page.context().close()
  on.quiet(/ERR_INTERNET_DISCONNECTED|WebSocket connection/)
})

test('the right password leads to the page that was wanted', async () => {
  const page = await on.open()
  await page.goto('/console')
  await page.waitForURL('**/login?next=/console')
  await attempt(page, 'admin', on.box.password)
  await page.waitForURL('**/console')
  await page.getByText('当前没有正在识别的发票').waitFor()
  assert.match(await page.title(), /识别台/)
  on.quiet()
})

test('an address after login stays on this site', async () => {
  const page = await on.open()
  await page.goto('/login?next=//elsewhere.example/')
  await attempt(page, 'admin', on.box.password)
  await page.waitForURL((url) => url.pathname !== '/login')
  assert.equal(new URL(page.url()).origin, on.box.url)
  on.quiet()
})

test('the language chosen stays after a reload', async () => {
  const page = await on.open()
  await logIn(page, 'admin', on.box.password)
  await page.locator('[data-test=menu-labels]', { hasText: '标签打印' }).waitFor()
  await page.click('[data-test=language]')
  await page.locator('[data-test=menu-labels]', { hasText: 'Labels' }).waitFor()
  await page.reload()
  await page.locator('[data-test=menu-labels]', { hasText: 'Labels' }).waitFor()
  assert.equal(await page.locator('html').getAttribute('lang'), 'en')
  on.quiet()
})

test('logging out ends the session and a page of before asks to log in', async () => {
  const page = await on.open()
  await logIn(page, 'admin', on.box.password)
  await page.getByRole('button', { name: /账号/ }).click()
  await page.getByText('退出登录').click()
  await page.waitForURL('**/login')
  await page.goto('/labels')
  await page.waitForURL('**/login?next=/labels')
  on.quiet()
})
