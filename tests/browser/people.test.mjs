// People: passwords that somebody else chose.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseOwn, logIn, stage } from './box.mjs'

let page

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
})

/** Ids by name. */
const ids = {}
async function add(name, permissions, more = {}) {
  const user = { user_name: name, passwd: 'given-to-them', permissions, ...more }
  const made = await page.request.post('/api/users', { data: user })
  assert.equal(made.status(), 201, await made.text())
  ids[name] = (await made.json()).user_id
}

test('who has a password from somebody else chooses their own before anything else, and stays logged in', async () => {
  await add('李强', [102])
  const his = await on.open()
  await logIn(his, '李强', 'given-to-them')
  const question = his.locator('.el-dialog', { has: his.locator('[data-test=must-change]') })
  await question.waitFor()
  await on.shot(his, 'people-must-change-zh')
  assert.equal(await question.getByRole('button', { name: '取消' }).count(), 0)
  await his.keyboard.press('Escape')
  await his.mouse.click(5, 400)
  await his.reload()
  await question.waitFor()
  assert.equal(await his.locator('.el-dialog__headerbtn').count(), 0)

  const asked = []
  his.on('request', (request) => asked.push(new URL(request.url()).pathname))
  await chooseOwn(his, 'given-to-them', 'known-to-him-alone')
  await his.getByText('密码已修改').waitFor()
  await his.click('[data-test=menu-labels].here')
  assert.ok(!asked.includes('/login'), 'nobody logged in again')
  assert.equal((await his.request.get('/me')).status(), 200)
  assert.equal(await his.getByText('登录已过期').count(), 0)
  await his.reload()
  await his.locator('[data-test=menu-labels]').waitFor()
  assert.equal(await question.count(), 0)
  await his.context().close()
  on.quiet()
})

test('whoever would rather not can only leave, in English at 360 px and in the dark too', async () => {
  await add('Anna', [102])
  const hers = await on.open({ locale: 'en-US', width: 360, height: 740 })
  await hers.emulateMedia({ colorScheme: 'dark' })
  await logIn(hers, 'Anna', 'given-to-them')
  await hers.getByText('Your password was set by a manager').waitFor()
  await on.shot(hers, 'people-must-change-360-dark-en')
  await hers.getByRole('button', { name: 'Log out' }).click()
  await hers.waitForURL('**/login')
  await hers.context().close()
  on.quiet()
})
