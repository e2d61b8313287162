// What holds for every page: accessible, reachable with the keys, there again after a reload, quickly there the first time.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { logIn, post, stage } from './box.mjs'
import { learnDinner, PARKING, print, upload } from './paper.mjs'

const READ_MS = 120_000
/** With a heading or field that only this page has, in either language. */
const PAGES = [
  ['/labels', '待打印', 'To print'],
  ['/console', '最近完成', 'Recently finished'],
  ['/queue', '暂停队列', 'Pause queue'],
  ['/faults', '全部重新识别', 'Read all again'],
  ['/invoices', '显示列', 'Columns'],
  ['/invoices/1', '返回发票列表', 'Back to the invoices'],
  ['/templates', '添加模板', 'Add template'],
  ['/templates/1', '保存模板', 'Save template'],
  ['/templates/new', '选择样张图片', 'Choose a specimen'],
  ['/log', '近 7 天', '7 days'],
  ['/people', '添加用户', 'Add user'],
  ['/system', '可信度阈值', 'Confidence threshold'],
  ['/account', '添加令牌', 'Add token'],
]

const axe = await readFile(new URL('./node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')
let page

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
  await learnDinner(on.browser, page)
  await upload(page, 'parking.png', (await print(on.browser, PARKING)).picture)
  await post(page, '/registerDevice', { DeviceSN: '26470001', CPUID: '39FFD60543AC' })
  await page.goto('/faults')
  await page.locator('[data-fault]').waitFor({ timeout: READ_MS })
})

async function problems(page) {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join('; ')}`)
}

for (const locale of ['zh-CN', 'en']) {
  for (const colorScheme of ['light', 'dark']) {
    test(`no page has a serious accessibility problem: ${locale}, ${colorScheme}`, async () => {
      const it = await on.open({ locale })
      await it.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await it.goto('/login')
      await it.locator('input[name=username]').waitFor()
      const found = (await problems(it)).map((problem) => `/login ${problem}`)
      await logIn(it, 'admin', on.box.password)
      for (const [path, zh, en] of PAGES) {
        await it.goto(path)
        await it.getByText(locale === 'en' ? en : zh, { exact: false }).first().waitFor()
        found.push(...(await problems(it)).map((problem) => `${path} ${problem}`))
      }
      await it.goto('/people')
      await it.click('[data-test=add-user]')
      await it.locator('[data-right=system-rw]').waitFor()
      found.push(...(await problems(it)).map((problem) => `a dialog ${problem}`))
      assert.deepEqual(found, [])
      await it.context().close()
      on.quiet()
    })
  }
}

test('every page is reached with the keys alone, and the sheet of keys says how', async () => {
  await page.goto('/faults')
  await page.locator('[data-test=review]').waitFor()
  await page.locator('[data-test=keys]').focus()
  await page.keyboard.press('?')
  await page.locator('[data-test=shortcuts]', { hasText: '依次按下，打开“异常”' }).waitFor()
  await page.keyboard.press('Escape')
  await page.locator('[data-test=shortcuts]').waitFor({ state: 'detached' })
  for (const [key, path] of Object.entries({ b: 'labels', c: 'console', q: 'queue', i: 'invoices', t: 'templates', l: 'log', u: 'people', s: 'system', f: 'faults' })) {
    await page.keyboard.press('g')
    // Quicker is a scan gun, and means a label.
    await page.waitForTimeout(100)
    await page.keyboard.press(key)
    await page.waitForURL(`**/${path}`)
    await page.locator('[data-test=keys]').focus()
  }
  await page.keyboard.press('/')
  assert.equal(await page.evaluate(() => document.activeElement?.dataset.test), 'invoice-seek')
  await page.keyboard.type('g?')
  assert.equal(await page.inputValue('[data-test=invoice-seek]'), 'g?', 'in a field a key is a letter')
  assert.equal(await page.locator('[data-test=shortcuts]').count(), 0)
  on.quiet()
})

test('Tab walks over every page and comes round, and what it is on is seen', async () => {
  for (const [path, zh] of PAGES) {
    await page.goto(path)
    await page.getByText(zh).first().waitFor()
    await page.evaluate(() => document.activeElement?.blur())
    const seen = new Set()
    for (let n = 0; n < 150; n += 1) {
      await page.keyboard.press('Tab')
      const at = await page.evaluate(() => {
        const element = document.activeElement
        if (!element || element === document.body) return null
        if ('walked' in element.dataset) return 'again'
        element.dataset.walked = ''
        // A day of the calendar shows it by a frame of its own, drawn inside.
        const shown = element.closest('.el-picker-panel') || [element, ...element.querySelectorAll('*'), element.parentElement, element.parentElement?.parentElement].some((each) => {
          if (!each) return false
          const { outlineStyle, boxShadow, borderColor } = getComputedStyle(each)
          return outlineStyle !== 'none' || boxShadow !== 'none' || borderColor === 'rgb(29, 95, 209)'
        })
        return { shown: Boolean(shown), what: `${element.tagName} ${element.className} ${element.getAttribute('aria-label') ?? element.textContent?.trim().slice(0, 30)}` }
      })
      if (at === 'again') break
      // After the last comes the window itself, then the first.
      if (at === null) continue
      seen.add(at.what)
      assert.ok(at.shown, `${path}: nothing shows that the keyboard is on ${at.what}`)
    }
    assert.ok(seen.size > 12, `${path}: ${seen.size} places only`)
    assert.ok(seen.size < 150, `${path}: it never ends`)
  }
  on.quiet()
})

test('a page is there again after a reload, whatever its address', async () => {
  for (const [path, zh] of PAGES) {
    await page.goto(path)
    await page.reload()
    await page.getByText(zh).first().waitFor()
    assert.equal(new URL(page.url()).pathname, path)
  }
  on.quiet()
})

test('the first page needs less than 400 KB, and each further one its own piece', async () => {
  const fresh = await on.open()
  const loaded = new Map()
  const session = await fresh.context().newCDPSession(fresh)
  const urls = new Map()
  await session.send('Network.enable')
  session.on('Network.responseReceived', ({ requestId, response }) => urls.set(requestId, new URL(response.url).pathname))
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => loaded.set(urls.get(requestId), encodedDataLength))
  await logIn(fresh, 'admin', on.box.password)
  await fresh.getByText('待打印').first().waitFor()
  await fresh.waitForLoadState('networkidle')
  const bytes = [...loaded.values()].reduce((sum, each) => sum + each, 0)
  assert.ok(bytes > 50_000 && bytes < 400 * 1024, `${Math.round(bytes / 1024)} KB until the first page`)
  const before = new Set(loaded.keys())
  for (const [path, piece] of Object.entries({ console: 'Console', queue: 'Queue', faults: 'Faults', invoices: 'Invoices', templates: 'Templates', log: 'Log', people: 'People', system: 'System' })) {
    const isPiece = (name) => name?.startsWith(`/assets/${piece}-`) && name.endsWith('.js')
    assert.ok(![...before].some(isPiece), `${piece} came before it was asked for`)
    await fresh.click(`[data-test=menu-${path}]`)
    await fresh.waitForURL(`**/${path}`)
    await fresh.waitForLoadState('networkidle')
    assert.ok([...loaded.keys()].some(isPiece), `${piece} has no piece of its own`)
  }
  await fresh.context().close()
  on.quiet()
})

test('a lost box is said on every page, and its coming back too', async () => {
  await page.goto('/faults')
  await page.locator('[data-test=link-state]', { hasText: '实时更新' }).waitFor()
  await page.context().setOffline(true)
  await page.locator('[data-test=link-state]', { hasText: '连接已断开' }).waitFor()
  await page.context().setOffline(false)
  await page.locator('[data-test=link-state]', { hasText: '实时更新' }).waitFor()
  on.quiet(/net::ERR_INTERNET_DISCONNECTED|WebSocket connection/)
})

test('light, dark and language are chosen on any page and stay', async () => {
  await page.goto('/invoices')
  await page.click('[data-test=theme]')
  await page.click('[data-test=language]')
  await page.getByText('Columns').waitFor()
  await page.reload()
  await page.getByText('Columns').waitFor()
  assert.ok(await page.evaluate(() => document.documentElement.classList.contains('dark')))
  assert.equal(await page.getAttribute('html', 'lang'), 'en')
  await page.click('[data-test=theme]')
  await page.click('[data-test=language]')
  on.quiet()
})
