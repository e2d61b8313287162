// People: passwords that somebody else chose, mistakes said at their fields, locks, and what is readable when it is narrow.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseOwn, hire, logIn, problems, stage } from './box.mjs'

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

/** What the focused control is described as. */
const described = (page) =>
  page.evaluate(() => {
    const { activeElement: at } = document
    return { invalid: at.getAttribute('aria-invalid'), words: document.getElementById(at.getAttribute('aria-describedby'))?.textContent ?? null }
  })

test('what is wrong stands at its field, is read out with it, and goes when it is mended', async () => {
  await page.goto('/people')
  await page.click('[data-test=add-user]')
  await page.locator('[data-test=user-name]').waitFor()
  await page.click('[data-test=save-user]')
  const at = (name) => page.locator(`[data-field=${name}] [data-test=field-problem]`)
  await at('user_name').getByText('请输入用户名').waitFor()
  await at('passwd').getByText('请填写密码').waitFor()
  assert.deepEqual(await described(page), { invalid: 'true', words: '请输入用户名' })
  assert.deepEqual(await problems(page), [])
  await on.shot(page, 'people-problems-zh')
  await page.keyboard.type('李强')
  await at('user_name').waitFor({ state: 'detached' })
  await page.fill('[data-test=user-password]', 'short')
  await page.click('[data-test=save-user]')
  await at('passwd').getByText('密码至少 8 个字符').waitFor()
  assert.deepEqual(await described(page), { invalid: 'true', words: '密码至少 8 个字符' })
  await page.fill('[data-test=user-password]', 'long-enough-1')
  await page.click('[data-right=device-r]')
  await page.click('[data-test=save-user]')
  await at('user_name').getByText('已有同名的用户').waitFor()
  assert.deepEqual(await described(page), { invalid: 'true', words: '已有同名的用户' })
  assert.equal(await page.locator('[data-test=form-problem]').count(), 0)
  on.quiet()
})

test('a user and a group without any right are saved after a question only', async () => {
  await page.fill('[data-test=user-name]', '无权')
  await page.click('[data-right=device-r]')
  await page.click('[data-test=save-user]')
  const question = page.locator('.el-message-box')
  await question.getByText('“无权”没有任何权限').waitFor()
  await on.shot(page, 'people-no-rights-zh')
  await question.getByRole('button', { name: '取消' }).click()
  await question.waitFor({ state: 'hidden' })
  assert.equal(await page.locator('[data-test=user-name]').inputValue(), '无权')
  assert.ok(!(await (await page.request.get('/api/users')).json()).users.some((user) => user.user_name === '无权'))
  await page.click('[data-test=save-user]')
  await question.getByRole('button', { name: '仍要保存' }).click()
  await page.locator('[data-user="无权"]').waitFor()

  await page.getByRole('tab', { name: '用户组' }).click()
  await page.click('[data-test=add-group]')
  await page.fill('[data-test=group-name]', '空组')
  await page.click('[data-test=save-group]')
  await question.getByText('“空组”没有任何权限').waitFor()
  await question.getByRole('button', { name: '仍要保存' }).click()
  await page.locator('[data-group="空组"]').waitFor()
  on.quiet()
})

test('whoever manages users locks in an emergency also somebody with other rights, and is told which', async () => {
  const his = await hire(on, page, '经理', [14])
  await add('王芳', [102, 6])
  await his.goto('/people')
  const row = his.locator('[data-user="王芳"]')
  await row.getByText('对方有您没有的权限，无法修改：注册设备、打印标签、上传和修改发票').waitFor()
  assert.equal(await row.locator('[data-test=edit-user]').count(), 0)
  assert.equal(await row.locator('[data-test=reset-user]').count(), 0)
  for (const name of ['admin', '经理']) assert.equal(await his.locator(`[data-user="${name}"] [data-test=lock-user]`).count(), 0, name)
  await row.locator('[data-test=lock-user]').click()
  await his.locator('.el-message-box').getByRole('button', { name: '锁定', exact: true }).click()
  await row.getByText('已锁定').waitFor()
  await on.shot(his, 'people-locked-by-manager-zh')

  // The toast lies below the menu once it has come.
  await his.waitForFunction(() => {
    const [toast, menu] = ['.el-message', '.shell > header'].map((each) => document.querySelector(each)?.getBoundingClientRect())
    return toast && menu && toast.top >= menu.bottom
  })
  await row.getByRole('button', { name: '解锁' }).click()
  await row.getByText('已锁定').waitFor({ state: 'detached' })
  await his.context().close()
  on.quiet()
})

test('rights are words, not a letter a line, where there is little room', async () => {
  const narrow = await on.open({ width: 360, height: 740 })
  await logIn(narrow, 'admin', on.box.password)
  await narrow.goto('/people')
  for (const [width, name] of [[360, '360'], [640, '200']]) {
    await narrow.setViewportSize({ width, height: 740 })
    const cell = narrow.locator('[data-user="王芳"] .words')
    await cell.waitFor()
    const { width: wide } = await cell.boundingBox()
    assert.ok(wide >= 160, `${wide} px at ${width}`)
    const { height } = await narrow.locator('[data-user="王芳"]').boundingBox()
    assert.ok(height <= 100, `${height} px high at ${width}`)
    assert.ok(await narrow.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page itself does not scroll sideways')
    await cell.scrollIntoViewIfNeeded()
    await on.shot(narrow, `people-${name}-zh`)
  }
  await narrow.context().close()
  on.quiet()
})
