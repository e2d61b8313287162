// Every page: accessible, usable by keyboard, restored by reload, fast at first load.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logIn, post, problems, stage } from './box.mjs'
import { scan } from './gun.mjs'
import { learnDinner, PARKING, print, upload } from './paper.mjs'

const READ_MS = 120_000
/** And something only this page has, in both languages. */
const PAGES = [
  ['/labels', '待打印', 'To print'],
  ['/console', '最近完成', 'Recently finished'],
  ['/queue', '暂停队列', 'Pause queue'],
  ['/faults', '全部重新识别', 'Read all again'],
  ['/invoices', '显示列', 'Columns'],
  ['/invoices/portal', '还没有税务局的发票清单', 'No list of the tax portal yet'],
  ['/invoices/1', '返回发票列表', 'Back to the invoices'],
  ['/templates', '添加模板', 'Add template'],
  ['/templates/1', '保存模板', 'Save template'],
  ['/templates/new', '选择样张图片', 'Choose a specimen'],
  ['/log', '近 7 天', '7 days'],
  ['/people', '添加用户', 'Add user'],
  ['/system', '可信度阈值', 'Confidence threshold'],
  ['/account', '添加令牌', 'Add token'],
]

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
  await page.locator('[data-test=shortcuts]', { hasText: '依次按下，打开“待核对”' }).waitFor()
  await page.keyboard.press('Escape')
  await page.locator('[data-test=shortcuts]').waitFor({ state: 'detached' })
  for (const [key, path] of Object.entries({ b: 'labels', c: 'console', q: 'queue', i: 'invoices', t: 'templates', l: 'log', u: 'people', s: 'system', f: 'faults' })) {
    await page.keyboard.press('g')
    // Faster keys are a scan gun's.
    await page.waitForTimeout(100)
    await page.keyboard.press(key)
    await page.waitForURL((url) => url.pathname === `/${path}`)
    await page.locator('[data-test=keys]').focus()
  }
  // The address changes first.
  await page.locator('[data-test=invoice-seek]').waitFor()
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
        // Of a list that one types into, by the frame around all of it.
        const framed = element.closest('.el-select__wrapper')
        // By an inner frame of its own.
        const shown = element.closest('.el-picker-panel') || (framed && getComputedStyle(framed).outlineStyle !== 'none') || [element, ...element.querySelectorAll('*'), element.parentElement, element.parentElement?.parentElement].some((each) => {
          if (!each) return false
          const { outlineStyle, boxShadow, borderColor } = getComputedStyle(each)
          return outlineStyle !== 'none' || boxShadow !== 'none' || borderColor === 'rgb(29, 95, 209)'
        })
        return { shown: Boolean(shown), what: `${element.tagName} ${element.className} ${element.getAttribute('aria-label') ?? element.textContent?.trim().slice(0, 30)}` }
      })
      if (at === 'again') break
      // After the last comes the window, then the first.
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
    await fresh.waitForURL((url) => url.pathname === `/${path}`)
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

const focused = (page, selector) => page.waitForFunction((selector) => document.activeElement?.matches(selector), selector)

/** By click and by Enter; it has to focus `first`, keep the focus, and return it. */
async function keepsTheKeyboard(page, opener, first) {
  for (const open of [() => page.click(opener), () => page.keyboard.press('Enter')]) {
    await open()
    await focused(page, first)
    for (let n = 0; n < 40; n += 1) {
      await page.keyboard.press('Tab')
      assert.ok(await page.evaluate(() => document.activeElement.closest('[role=dialog]') !== null), `${opener}: the keyboard got out of the dialog`)
    }
    await page.keyboard.press('Escape')
    await page.waitForFunction((first) => !document.querySelector(first)?.checkVisibility(), first)
    await focused(page, opener)
  }
}

test('a_dialog_takes_the_keyboard_to_its_first_field_keeps_it_and_gives_it_back', async () => {
  for (const [path, opener, first] of [
    ['/invoices/1', '[data-test=void-invoice]', '[data-test=void-reason]'],
    ['/queue', '[data-test=pause]', '[data-test=reason]'],
    ['/people', '[data-test=add-user]', '[data-test=user-name]'],
    ['/account', '[data-test=add-token]', '[data-test=token-name]'],
    // On the button that does nothing.
    ['/faults', '[data-test=retry-all]', '.el-message-box__btns button:first-child'],
  ]) {
    await page.goto(path)
    await page.locator(opener).waitFor()
    await keepsTheKeyboard(page, opener, first)
  }
  await page.goto('/labels')
  await page.locator('[data-serial]').first().dblclick()
  for (const [opener, first] of [['retire', 'reason'], ['correct', 'new-cpuid']]) {
    await page.locator(`[data-test=${opener}]`).waitFor()
    await keepsTheKeyboard(page, `[data-test=${opener}]`, `[data-test=${first}]`)
  }
  on.quiet()
})

test('after_a_dialog_has_saved_the_keyboard_is_where_it_was_opened', async () => {
  await page.goto('/account')
  await page.click('[data-test=add-token]')
  await focused(page, '[data-test=token-name]')
  await page.keyboard.type('3 号工位')
  await page.click('[data-right=device-r]')
  await page.click('[data-test=make-token]')
  await focused(page, '[data-test=token]')
  await page.getByRole('button', { name: '关闭' }).last().click()
  await focused(page, '[data-test=add-token]')
  on.quiet()
})

test('enter_that_is_still_held_from_opening_a_dialog_saves_nothing', async () => {
  await page.goto('/queue')
  await page.locator('[data-test=pause]').focus()
  for (let n = 0; n < 30; n += 1) {
    await page.keyboard.down('Enter')
    await page.waitForTimeout(30)
  }
  await page.keyboard.up('Enter')
  await focused(page, '[data-test=reason]')
  assert.equal((await (await page.request.get('/api/queue')).json()).paused, null)
  on.quiet()
})

test('a_scan_does_not_put_another_device_under_the_question_whether_this_one_is_retired', async () => {
  await post(page, '/registerDevice', { DeviceSN: '26470002', CPUID: '39FFD60543AD' })
  await page.goto('/labels')
  await page.locator('[data-serial="26470001"]').dblclick()
  await page.click('[data-test=retire]')
  await focused(page, '[data-test=reason]')
  await scan(page, '26470002 39FFD60543AD')
  await page.getByText('现在不接收扫描').first().waitFor()
  assert.equal(await page.inputValue('[data-test=reason]'), '')
  await page.locator('.usual button').first().click()
  await page.click('[data-test=reason-save]')
  await page.locator('[data-test=device] [data-test=retired]').waitFor()
  const retired = async (serial) => (await (await page.request.get(`/api/devices/${serial}`)).json()).retired ?? false
  assert.deepEqual([await retired('26470001'), await retired('26470002')], [true, false])
  on.quiet()
})

for (const locale of ['zh-CN', 'en']) {
  test(`every_entry_of_the_menu_is_seen_at_every_width: ${locale}`, async () => {
    const it = await on.open({ locale })
    await logIn(it, 'admin', on.box.password)
    for (const width of [360, 600, 1024, 1280]) {
      await it.setViewportSize({ width, height: 740 })
      await it.goto('/faults')
      await it.locator('[data-test=fault-badge]').waitFor()
      const entries = it.locator('nav a')
      assert.equal(await entries.count(), 9)
      if (width >= 1280) assert.ok((await it.locator('header').boundingBox()).height < 70, 'in one line')
      for (const entry of await entries.all()) {
        const { x, y, width: w, height: h } = await entry.boundingBox()
        assert.ok(x >= 0 && x + w <= width && y >= 0, `${width}: ${await entry.textContent()} at ${x}, ${w} wide`)
        assert.ok(h >= 40, `${width}: ${await entry.textContent()} is ${h} high`)
        assert.ok(await entry.evaluate((a, [x, y]) => a.contains(document.elementFromPoint(x, y)), [x + w / 2, y + h / 2]), `${width}: ${await entry.textContent()} is covered`)
      }
      assert.ok(await it.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width}: the page scrolls sideways`)
    }
    await it.context().close()
    on.quiet()
  })
}

/** Beyond an edge that does not scroll, or too low for a thumb. */
function misfits(page) {
  return page.evaluate(() => {
    const scrolls = (element) => element && (/auto|scroll/.test(getComputedStyle(element).overflowX) || element.matches('.el-tabs__nav-scroll') || scrolls(element.parentElement))
    // By the box that it is in.
    const isCovered = (element) => {
      const clipping = element.closest('.rights')
      return clipping !== null && element.getBoundingClientRect().right > clipping.getBoundingClientRect().right + 1
    }
    const name = (element) => element.dataset.test ?? (element.textContent.trim() || element.className)
    const controls = [...document.querySelectorAll('button, a, input, .el-select, .el-input-number')].filter((each) => each.checkVisibility() && !each.closest('.heard, .skip') && !each.matches('.skip, .heard, .catcher'))
    const beyond = controls.filter((each) => each.getBoundingClientRect().right > innerWidth + 1 && !scrolls(each.parentElement))
    const low = [...document.querySelectorAll('.el-button, .choice button, .usual button, header button, nav a')].filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 40)
    const cut = [...document.querySelectorAll('.el-button, .el-checkbox__label')].filter((each) => each.checkVisibility() && (each.scrollWidth > each.clientWidth + 1 || isCovered(each)))
    return [...cut.map((each) => `cut off: ${name(each)}`), ...beyond.map((each) => `beyond the edge: ${name(each)}`), ...low.map((each) => `too low: ${name(each)}`)]
  })
}

/** What scrolls, and is too low to be read in. */
function squeezed() {
  const scrolling = [...document.querySelectorAll('main *')].filter((each) => each.checkVisibility() && /auto|scroll/.test(getComputedStyle(each).overflowY) && each.scrollHeight > each.clientHeight + 1)
  return scrolling.filter((each) => each.clientHeight < 120 && !each.matches('textarea')).map((each) => `only ${each.clientHeight} px of ${each.dataset.test ?? each.className}`)
}

for (const locale of ['zh-CN', 'en']) {
  test(`on_a_phone_nothing_is_cut_off_and_every_button_is_as_high_as_a_thumb: ${locale}`, async () => {
    const it = await on.open({ locale, width: 360, height: 740 })
    await logIn(it, 'admin', on.box.password)
    await post(page, '/registerDevice', { CPUID: `PHONE-${locale}` })
    const found = []
    const look = async (where) => {
      await it.waitForTimeout(400)
      found.push(...(await misfits(it)).map((problem) => `${where}: ${problem}`))
      if (await it.evaluate(() => document.documentElement.scrollWidth > innerWidth)) found.push(`${where}: scrolls sideways`)
    }
    for (const [path, zh, en] of PAGES) {
      await it.goto(path)
      await it.getByText(locale === 'en' ? en : zh).first().waitFor()
      await look(path)
    }
    await it.goto('/people')
    await it.click('[data-test=add-user]')
    await look('add user')
    for (const opener of ['register', 'import', 'gun', 'label-settings', 'verify']) {
      await it.goto('/labels')
      await it.click(`[data-test=${opener}]`)
      await look(opener)
    }
    await it.goto('/labels')
    await it.locator('[data-serial]').first().click()
    await it.click('[data-test=mark]')
    await it.locator('[data-came-out]').first().waitFor()
    await look('after printing')
    const [label, answers] = await Promise.all(['.what', '.choice'].map((each) => it.locator(`[data-came-out] ${each}`).first().boundingBox()))
    assert.ok(label.y + label.height <= answers.y, 'the answers stand below their label')
    await it.goto('/labels')
    await it.locator('[data-serial] [data-test=history]').first().click()
    await it.click('[data-test=retire]')
    await look('retire')
    assert.deepEqual(found, [])
    await it.context().close()
    on.quiet()
  })
}

for (const locale of ['zh-CN', 'en']) {
  test(`at two hundred per cent every page can be worked with: ${locale}`, async () => {
    // A screen of 1280 by 800.
    const it = await on.open({ locale, width: 640, height: 400 })
    await logIn(it, 'admin', on.box.password)
    const found = []
    for (const [path, zh, en] of PAGES) {
      await it.goto(path)
      await it.getByText(locale === 'en' ? en : zh).first().waitFor()
      await it.waitForTimeout(400)
      found.push(...(await misfits(it)).filter((problem) => problem.startsWith('beyond')).map((problem) => `${path}: ${problem}`))
      if (await it.evaluate(() => document.documentElement.scrollWidth > innerWidth)) found.push(`${path}: scrolls sideways`)
      found.push(...(await it.evaluate(squeezed)).map((problem) => `${path}: ${problem}`))
    }
    assert.deepEqual(found, [])
    await it.context().close()
    on.quiet()
  })
}
