// Safe review: no key does more than meant, nobody overwrites what they have not seen, all can be undone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hire, logIn, post, stage } from './box.mjs'
import { DIGITAL_XML, DIGITAL_XML_NUMBER, dinner, learnDinner, PARKING, print, upload } from './paper.mjs'

/** Debug builds are slow. */
const READ_MS = 120_000
/** Keys this soon after another invoice appears are ignored. */
const DEAD_MS = 800
const HELD_MS = 2_000
let page
let hers

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
  await learnDinner(on.browser, page)
  hers = await hire(on, page, '王芳', [5, 6, 10, 18])
})

const faults = async () => (await (await page.request.get('/api/faults')).json()).fault_list
const invoice = async (id) => (await page.request.get(`/api/invoices/${id}`)).json()
const text = (found, posId) => found.region_list?.[posId]?.ocr_result ?? ''

let number = 38_300_000
/** Returns the id of a new fault. `paper`: what is on it. */
async function fault(paper) {
  const before = new Set((await faults()).map((each) => each.invoice_id))
  await upload(page, 'fault.png', (await print(on.browser, paper)).picture)
  for (const until = Date.now() + READ_MS; Date.now() < until; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const found = (await faults()).find((each) => !before.has(each.invoice_id))
    if (found) return found.invoice_id
  }
  throw new Error('no fault came of it')
}

/** Figures and words differ, so both are doubtful. */
function differing() {
  number += 1
  return fault(dinner({ 发票号码: String(number), 大写金额: '叁佰贰拾元整', 小写金额: '¥350.00' }))
}

/** Corrected, but not reviewed. */
async function mended() {
  const id = await differing()
  const mending = { version: (await invoice(id)).version, fields: { 中文金额: '叁佰伍拾元整' } }
  const answer = await page.request.patch(`/api/invoices/${id}`, { data: mending, headers: { Origin: on.box.url } })
  assert.equal(answer.status(), 200, await answer.text())
  return id
}

function withoutSum() {
  number += 1
  return fault(dinner({ 发票号码: String(number), 小写金额: '　' }))
}

/** No template fits. */
function stranger() {
  number += 1
  return fault({ ...PARKING, rows: { ...PARKING.rows, 车位: `C-${number}` } })
}

async function show(who, id) {
  await who.goto('/faults')
  await who.click(`[data-fault="${id}"]`)
  await who.locator(`[data-test=review][aria-label$="#${id}"][data-picture=shown]`).waitFor()
  await who.waitForTimeout(DEAD_MS)
}

/** Key repeat. */
async function hold(who, key) {
  for (const until = Date.now() + HELD_MS; Date.now() < until; ) {
    await who.keyboard.down(key)
    await who.waitForTimeout(30)
  }
  await who.keyboard.up(key)
}

const field = (who, posId) => who.locator(`#field-${posId}`)

async function clear() {
  for (const { invoice_id, version } of await faults()) await post(page, `/api/faults/${invoice_id}/resolve`, { version })
}

test('enter_held_for_two_seconds_reviews_no_invoice_whose_fields_are_empty', async () => {
  const ids = [await stranger(), await withoutSum(), await stranger()]
  await page.goto('/faults')
  await page.locator('[data-fault]').nth(2).waitFor()
  await hold(page, 'Enter')
  for (const id of ids) {
    await show(page, id)
    await hold(page, 'Enter')
    await page.locator('[data-test=finish]').focus()
    await hold(page, 'Enter')
    await on.shot(page, 'review-asks-zh')
    await page.locator('[data-test=finish]').focus()
    await hold(page, ' ')
  }
  assert.deepEqual((await faults()).map((each) => each.invoice_id).sort(), [...ids].sort(), 'none is reviewed')
  on.quiet()
})

test('tapping_enter_never_gets_past_what_is_empty_and_only_another_key_does', async () => {
  const [id] = (await faults()).filter((each) => !Object.keys(each.region_list ?? {}).length).map((each) => each.invoice_id)
  await show(page, id)
  for (let taps = 0; taps < 15; taps += 1) await page.keyboard.press('Enter')
  await page.keyboard.press('Control+Enter')
  await page.locator('[data-field=发票代码]', { hasText: '票面上没有此项？' }).waitFor()
  assert.ok((await faults()).some((each) => each.invoice_id === id))

  // By key, by button, and by typing after all.
  await page.keyboard.press('Alt+Enter')
  await page.locator('[data-field=发票代码]', { hasText: '票面上没有' }).waitFor()
  await page.keyboard.press('Enter')
  await page.click('[data-field=发票号码] [data-test=absent]')
  await field(page, '日期').fill('2026年11月22日')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Alt+Enter')
  await page.locator(`[data-fault="${id}"]`).waitFor({ state: 'detached' })
  const done = await invoice(id)
  assert.equal(done.state, 'reviewed')
  assert.match(text(done, '日期'), /2026.11.22/)
  await clear()
  on.quiet()
})

test('a_key_in_the_moment_when_the_next_invoice_comes_is_not_meant_for_it', async () => {
  const [second, first] = [await mended(), await mended()]
  await show(page, first)
  // The instant another invoice appears.
  await page.evaluate(() => {
    const review = document.querySelector('[data-test=review]')
    new MutationObserver(() =>
      requestAnimationFrame(() => {
        const press = (more) => review.querySelector('[data-field] input').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...more }))
        press({})
        press({ ctrlKey: true })
        review.querySelector('[data-test=finish]').click()
        window.pressed = true
      }),
    ).observe(review, { attributes: true, attributeFilter: ['aria-label'] })
  })
  await page.keyboard.press('Control+Enter')
  await page.waitForFunction(() => window.pressed)
  await page.waitForTimeout(DEAD_MS)
  assert.equal(await page.locator('.field.accepted').count(), 0)
  assert.deepEqual((await faults()).map((each) => each.invoice_id), [second])
  await clear()
  on.quiet()
})

test('a_key_tapped_within_the_moment_after_another_invoice_came_does_nothing_but_say_so', async () => {
  const [second, first] = [await mended(), await mended()]
  await show(page, first)
  await page.keyboard.press('Control+Enter')
  await page.locator(`[data-test=review][aria-label$="#${second}"][data-picture=shown]`).waitFor()
  // Slower than a bouncing finger, faster than reading.
  await page.evaluate((id) => {
    window.pressed = 0
    const review = document.querySelector('[data-test=review]')
    const press = (more) => review.querySelector('[data-field] input').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...more }))
    new MutationObserver(() => {
      if (!review.getAttribute('aria-label').endsWith(`#${id}`)) return
      for (const [at, more] of [[350, {}], [500, { ctrlKey: true }]]) setTimeout(() => (press(more), (window.pressed += 1)), at)
    }).observe(review, { attributes: true, attributeFilter: ['aria-label'] })
  }, first)
  await page.click('[data-test=undo-review]')
  await page.waitForFunction(() => window.pressed === 2)
  await page.locator('[data-test=not-yet]', { hasText: '这次按键没有生效' }).waitFor()
  assert.equal(await page.locator('.field.accepted').count(), 0)
  assert.deepEqual((await faults()).map((each) => each.invoice_id).sort((a, b) => a - b), [second, first].sort((a, b) => a - b))
  await page.reload()
  await clear()
  on.quiet()
})

test('enter_accepts_nothing_before_the_picture_of_this_invoice_is_shown', async () => {
  const id = await mended()
  let answer
  const held = new Promise((resolve) => (answer = resolve))
  const { invoice_url } = await invoice(id)
  await page.route((url) => url.pathname === invoice_url && url.searchParams.get('width') === null, async (route) => {
    await held
    await route.continue()
  })
  await page.goto('/faults')
  await page.locator(`[data-test=review][aria-label$="#${id}"][data-picture=loading]`).waitFor()
  await page.locator('[data-test=not-yet]', { hasText: '图片加载中' }).waitFor()
  await page.waitForTimeout(DEAD_MS)
  await field(page, '金额').focus()
  for (const key of ['Enter', 'Control+Enter', 'Enter']) await page.keyboard.press(key)
  assert.equal(await page.locator('.field.accepted').count(), 0)
  assert.equal((await invoice(id)).state, 'waiting')
  await on.shot(page, 'review-unseen-zh')
  answer()
  await page.locator('[data-test=review][data-picture=shown]').waitFor()
  assert.equal(await page.locator('[data-test=not-yet]').innerText(), '')
  await page.keyboard.press('Control+Enter')
  await page.locator(`[data-fault="${id}"]`).waitFor({ state: 'detached' })
  assert.equal((await invoice(id)).state, 'reviewed')
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  on.quiet()
})

test('what_cannot_be_shown_is_accepted_by_a_button_with_a_question_of_its_own_and_by_no_enter', async () => {
  const id = await mended()
  const { invoice_url } = await invoice(id)
  await page.route((url) => url.pathname === invoice_url && url.searchParams.get('width') === null, (route) => route.abort())
  await page.goto('/faults')
  await page.locator(`[data-test=review][aria-label$="#${id}"][data-picture=failed]`).waitFor()
  await page.locator('[data-test=not-yet]', { hasText: '图片无法显示' }).waitFor()
  await page.waitForTimeout(DEAD_MS)
  await field(page, '金额').focus()
  for (const key of ['Enter', 'Control+Enter', 'Enter']) await page.keyboard.press(key)
  assert.equal(await page.locator('.field.accepted').count(), 0)
  await page.locator('[data-test=finish]', { hasText: '不看图片确认' }).focus()
  await page.keyboard.press('Enter')
  await page.getByText('确定不看图片就确认吗？').waitFor()
  await page.waitForFunction(() => document.activeElement?.classList.contains('safest'))
  await page.keyboard.press('Enter')
  await page.getByText('确定不看图片就确认吗？').waitFor({ state: 'hidden' })
  assert.equal((await invoice(id)).state, 'waiting')
  await page.click('[data-test=finish]')
  await page.locator('.el-message-box').getByRole('button', { name: '不看图片确认', exact: true }).click()
  await page.locator(`[data-fault="${id}"]`).waitFor({ state: 'detached' })
  assert.equal((await invoice(id)).state, 'reviewed')
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  on.quiet(/Failed to load|ERR_FAILED/)
})

test('whoever_is_later_sees_at_once_who_was_faster_and_overwrites_nothing', async () => {
  const id = await differing()
  await show(hers, id)
  await show(page, id)
  await page.locator('[data-test=open-by]', { hasText: '王芳' }).waitFor()
  await page.locator('[data-fault]', { hasText: '王芳 正在核对' }).waitFor()
  await on.shot(page, 'review-presence-zh')
  await field(page, '发票号码').fill('')
  await field(page, '中文金额').fill('叁佰元整')

  await field(hers, '中文金额').fill('叁佰伍拾元整')
  await hers.keyboard.press('Control+Enter')
  await page.locator('[data-test=dealt]', { hasText: '已由王芳处理' }).waitFor()
  assert.equal(await field(page, '中文金额').inputValue(), '叁佰伍拾元整', 'her values are shown')
  await page.locator('[data-test=dealt]', { hasText: '叁佰元整' }).waitFor()
  await on.shot(page, 'review-dealt-zh')
  const before = await invoice(id)
  await page.waitForTimeout(DEAD_MS)
  await page.keyboard.press('Control+Enter')
  await page.keyboard.press('Enter')
  assert.deepEqual(await invoice(id), before)
  await page.click('[data-test=next]')
  await page.getByText('没有待核对的发票').waitFor()
  on.quiet()
})

test('a_later_review_from_a_page_without_the_news_is_refused_whole', async () => {
  const id = await differing()
  await show(page, id)
  await show(hers, id)
  // The page gets only answers to its writes.
  await page.route('**/api/faults?*', () => {})
  await page.route(`**/api/invoices/${id}`, (route) => route.abort())
  await field(hers, '中文金额').fill('叁佰伍拾元整')
  await hers.keyboard.press('Control+Enter')
  await hers.getByText('没有待核对的发票').waitFor()
  for (const name of ['发票号码', '日期']) await field(page, name).fill('')
  await field(page, '金额').fill('¥999.00')
  await page.keyboard.press('Control+Enter')
  // Blanks are asked about first.
  for (let asked = 0; asked < 2 && !(await page.locator('[data-test=dealt]').count()); asked += 1) await page.keyboard.press('Alt+Enter')
  await page.keyboard.press('Control+Enter')
  await page.locator('[data-test=dealt]', { hasText: '已由王芳处理' }).waitFor()
  const now = await invoice(id)
  assert.deepEqual([text(now, '金额'), text(now, '中文金额'), text(now, '发票号码')], ['¥350.00', '叁佰伍拾元整', String(number)])
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  on.quiet(/Failed to load|ERR_FAILED/)
})

test('what_a_colleague_changes_of_an_open_fault_is_shown_before_anything_is_saved_over_it', async () => {
  const id = await differing()
  await show(page, id)
  await field(page, '金额').fill('¥320.00')
  const { version } = await invoice(id)
  const changed = await hers.request.patch(`/api/invoices/${id}`, { data: { version, fields: { 金额: '¥350.00', 中文金额: '叁佰伍拾元整' } }, headers: { Origin: on.box.url } })
  assert.equal(changed.status(), 200, await changed.text())
  await page.locator('[data-test=stale]', { hasText: '王芳 刚刚修改了这张发票' }).waitFor()
  await page.locator('[data-test=stale]', { hasText: '您填写的：¥320.00' }).waitFor()
  await on.shot(page, 'review-stale-zh')
  assert.ok(await page.locator('[data-test=finish]').isDisabled())
  await page.keyboard.press('Control+Enter')
  assert.equal(text(await invoice(id), '金额'), '¥350.00')
  await page.click('[data-test=take-theirs]')
  assert.equal(await field(page, '中文金额').inputValue(), '叁佰伍拾元整')
  await clear()
  on.quiet()
})

test('a_review_is_taken_back_with_the_toast_or_a_key', async () => {
  const id = await differing()
  await show(page, id)
  await field(page, '中文金额').fill('叁佰伍拾元整')
  await page.keyboard.press('Control+Enter')
  await page.locator('[data-test=undo-bar]', { hasText: `发票 #${id} 核对完成` }).waitFor()
  await on.shot(page, 'review-undo-zh')
  await page.keyboard.press('Control+z')
  await page.locator(`[data-fault="${id}"]`).waitFor()
  await page.locator('[data-test=undo-bar]').waitFor({ state: 'detached' })
  assert.equal((await invoice(id)).state, 'waiting')
  assert.equal(await field(page, '中文金额').inputValue(), '叁佰伍拾元整', 'what was typed is not lost')

  await page.waitForTimeout(DEAD_MS)
  await page.click('[data-test=finish]')
  const undo = page.locator('[data-test=undo-review]')
  await undo.waitFor()
  for (let tabs = 0; tabs < 80 && !(await undo.evaluate((button) => button === document.activeElement)); tabs += 1) await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.locator(`[data-fault="${id}"]`).waitFor()
  await clear()
  on.quiet()
})

test('after_an_undo_the_form_shows_what_the_invoice_has_now', async () => {
  const [second, first] = [await mended(), await differing()]
  await show(page, first)
  // Stored in another spelling than typed.
  await field(page, '日期').fill('2026/4/17')
  await field(page, '中文金额').fill('叁佰伍拾元')
  await page.keyboard.press('Control+Enter')
  await page.locator(`[data-test=review][aria-label$="#${second}"]`).waitFor()
  await page.click('[data-test=undo-review]')
  await page.locator(`[data-test=review][aria-label$="#${first}"]`).waitFor()
  const now = await invoice(first)
  assert.equal(text(now, '日期'), '2026-04-17')
  for (const posId of ['日期', '中文金额', '金额', '发票号码']) assert.equal(await field(page, posId).inputValue(), text(now, posId), posId)
  assert.equal(await page.locator('[data-changed], .field.accepted').count(), 0, 'nothing is typed and nothing accepted')
  await clear()
  on.quiet()
})

test('a_typed_value_that_a_check_contradicts_later_is_marked_in_words_beside_its_field', async () => {
  const id = await differing()
  const typed = { version: (await invoice(id)).version, fields: { 金额: '¥340.00' }, override: '票面就是这样写的' }
  const saved = await page.request.patch(`/api/invoices/${id}`, { data: typed, headers: { Origin: on.box.url } })
  assert.equal(saved.status(), 200, await saved.text())
  await post(page, '/api/faults/retry', { invoice_ids: [id] })
  await page.waitForFunction(async (id) => /340/.test((await (await fetch(`/api/invoices/${id}`)).json()).reason), id, { timeout: READ_MS, polling: 500 })
  await show(page, id)
  await page.locator('[data-test=fault-reason]', { hasText: '价税合计“¥340.00”与大写金额' }).waitFor()
  for (const posId of ['金额', '中文金额']) {
    await page.locator(`[data-field=${posId}] [data-test=doubt]`, { hasText: '待核对' }).waitFor()
    const [doubt, reasons] = (await field(page, posId).getAttribute('aria-describedby')).split(' ')
    assert.match(await page.locator(`#${doubt}`).innerText(), /待核对/)
    assert.match(await page.locator(`#${reasons}`).innerText(), /价税合计“¥340.00”与大写金额/)
  }
  assert.equal(await page.locator('[data-field=发票代码] [data-test=doubt]').count(), 0)
  await on.shot(page, 'review-doubt-zh')
  await field(page, '金额').press('Enter')
  await page.locator('[data-field=金额] [data-test=doubt]').waitFor({ state: 'detached' })
  await clear()

  // By a person, but not named by the reason.
  const other = await mended()
  await show(page, other)
  await page.locator('[data-field=中文金额]', { hasText: '人工' }).waitFor()
  assert.equal(await page.locator('[data-field=中文金额] [data-test=doubt]').count(), 0)
  await clear()
  on.quiet()
})

test('what_is_being_typed_is_undone_by_the_key_before_the_last_review_is', async () => {
  const [second, first] = [await mended(), await mended()]
  await show(page, first)
  await page.keyboard.press('Control+Enter')
  await page.locator(`[data-test=review][aria-label$="#${second}"]`).waitFor()
  await field(page, '发票代码').click()
  await page.keyboard.type('9')
  await page.keyboard.press('Control+z')
  await page.waitForTimeout(DEAD_MS)
  assert.deepEqual((await faults()).map((each) => each.invoice_id), [second], 'the first is still reviewed')
  await page.goto('/faults')
  await clear()
  on.quiet()
})

test('what_the_checks_say_against_typed_values_stands_beside_the_field_and_takes_a_reason', async () => {
  const id = await differing()
  await show(page, id)
  await field(page, '金额').fill('二百')
  await page.keyboard.press('Control+Enter')
  await page.locator('[data-field=金额] [data-test=field-problem]').waitFor()
  await field(page, '金额').fill('¥350.00')
  await page.keyboard.press('Control+Enter')
  await page.locator('[data-test=field-problem]', { hasText: '价税合计' }).first().waitFor()
  await on.shot(page, 'review-checks-zh')
  assert.equal((await invoice(id)).state, 'waiting')
  await page.click('[data-test=override]')
  assert.ok(await page.locator('[data-test=override-save]').isDisabled(), 'not without a reason')
  await page.fill('[data-test=override-reason]', '票面就是这样写的')
  await page.click('[data-test=override-save]')
  await page.locator(`[data-fault="${id}"]`).waitFor({ state: 'detached' })
  const done = await invoice(id)
  assert.deepEqual([done.state, done.override], ['reviewed', '票面就是这样写的'])
  on.quiet()
})

test('what_was_not_found_is_an_empty_field_to_fill_in_and_only_what_was_changed_is_called_edited', async () => {
  await upload(page, '没有合计.xml', Buffer.from(DIGITAL_XML.replace(/<TotalTax-included.*?(?=<Drawer>)/, '')))
  await page.goto('/faults')
  await page.locator('[data-test=fault-reason]', { hasText: '没有找到价税合计' }).waitFor()
  await page.locator('[data-field=金额] [data-test=doubt]').waitFor()
  assert.equal(await field(page, '金额').inputValue(), '')
  await on.shot(page, 'review-not-found-zh')
  const { invoice_id: id } = (await faults()).find((each) => text(each, '发票号码') === DIGITAL_XML_NUMBER)
  await page.goto(`/invoices/${id}`)
  await page.locator('[data-field=金额] [data-test=doubt]').waitFor()
  await show(page, id)
  await page.keyboard.press('Control+Enter')
  await page.locator('[data-field=金额] [data-test=asking]').waitFor()
  await field(page, '金额').fill('360.20')
  await page.keyboard.press('Control+Enter')
  await page.locator(`[data-fault="${id}"]`).waitFor({ state: 'detached' })
  const done = await invoice(id)
  assert.deepEqual([done.state, done.amount], ['reviewed', 36_020])
  await page.goto(`/invoices/${id}`)
  await page.locator('[data-field=金额]', { hasText: '人工修改' }).waitFor()
  await page.locator('[data-field=发票号码]', { hasText: '已确认' }).waitFor()
  assert.equal(await page.locator('.field', { hasText: '人工修改' }).count(), 1, 'what was only confirmed is not called edited')
  await on.shot(page, 'invoice-confirmed-zh')
  on.quiet()
})

test('what_was_typed_into_one_waits_there_while_another_is_looked_at', async () => {
  const [second, first] = [await differing(), await differing()]
  await show(page, first)
  await field(page, '金额').fill('¥320.00')
  await page.click(`[data-fault="${second}"]`)
  await page.locator(`[data-test=review][aria-label$="#${second}"]`).waitFor()
  assert.equal(await field(page, '金额').inputValue(), '¥350.00')
  await page.click('[data-test=menu-invoices]')
  await page.getByText('有填写的内容还没有保存，确定离开吗？').waitFor()
  await page.getByRole('button', { name: '继续编辑' }).click()
  await page.click(`[data-fault="${first}"]`)
  await page.locator(`[data-test=review][aria-label$="#${first}"]`).waitFor()
  assert.equal(await field(page, '金额').inputValue(), '¥320.00')
  await field(page, '金额').fill('¥350.00')
  await clear()
  on.quiet()
})

test('whoever_may_review_but_not_change_gets_past_nothing_empty_by_enter_either', async () => {
  const id = await stranger()
  const his = await hire(on, page, '李强', [10, 18], { locale: 'en' })
  await his.locator(`[data-test=review][aria-label$="#${id}"]`).waitFor()
  await his.waitForTimeout(DEAD_MS)
  await his.locator('[data-field] input').first().focus()
  for (let taps = 0; taps < 5; taps += 1) await his.keyboard.press('Enter')
  await his.locator('[data-test=asking]', { hasText: 'Is it not on the paper?' }).waitFor()
  await on.shot(his, 'review-asks-en')
  assert.ok((await faults()).some((each) => each.invoice_id === id))
  await his.context().close()
  await clear()
  on.quiet()
})

/** Delays answers until released. */
async function holdBack(who, address) {
  let letGo
  const held = new Promise((resolve) => (letGo = resolve))
  await who.route(address, async (route) => {
    await held
    await route.continue()
  })
  return letGo
}

test('reading_all_again_sends_what_the_list_shows_and_the_question_counts', async () => {
  const ids = [await stranger(), await differing(), await stranger()]
  await page.goto('/faults')
  await page.locator('[data-fault]').nth(2).waitFor()
  const again = page.locator('[data-test=retry-all]')
  const sent = []
  await page.route('**/api/faults/retry', (route) => {
    sent.push(route.request().postDataJSON())
    return route.fulfill({ json: { action_id_list: [1, 2] } })
  })
  // The list still shows all.
  const letGo = await holdBack(page, /api\/faults\?.*q=/)
  await page.fill('[data-test=invoice-seek]', '没有匹配')
  assert.ok(await again.isDisabled(), 'in the pause after typing')
  await page.waitForTimeout(600)
  assert.ok(await again.isDisabled(), 'before the list is answered')
  letGo()
  await page.getByText('共 2 张').waitFor()
  await again.click()
  await page.getByText('将重新识别 2 张待核对发票').waitFor()
  await stranger()
  await page.locator('.el-message-box').getByRole('button', { name: '重新识别', exact: true }).click()
  await page.getByText('2 张发票已重新加入识别队列').waitFor()
  assert.deepEqual(sent.map(({ invoice_ids: all }) => all?.sort((a, b) => a - b)), [[ids[0], ids[2]]])
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await page.goto('/faults')
  await clear()
  on.quiet()
})

test('a_file_holds_what_the_list_shows_and_none_is_to_be_had_while_another_filter_is_typed', async () => {
  for (const [path, exported, api, seek] of [
    ['/invoices', '[data-test=export-csv]', /api\/invoices\?.*(q|min)=/, '[data-test=invoice-seek]'],
    ['/invoices', '[data-test=export-xlsx]', /api\/invoices\?.*(q|min)=/, '[data-test=invoice-min]'],
    ['/log', '[data-test=log-export]', /log.*keyword/i, '.words input:not([role=combobox])'],
  ]) {
    await page.goto(path)
    const link = page.locator(exported)
    await page.locator(`${exported}[href]`).waitFor()
    const letGo = await holdBack(page, api)
    await page.locator(seek).last().fill('350')
    assert.equal(await link.getAttribute('href'), null, path)
    await page.waitForTimeout(600)
    assert.equal(await link.getAttribute('href'), null, path)
    letGo()
    await page.locator(`${exported}[href*="=350"]`).waitFor()
    await page.unrouteAll({ behavior: 'ignoreErrors' })
  }
  await page.goto('/labels')
  await page.getByRole('tab', { name: '全部设备' }).click()
  await page.locator('[data-test=export-all][href]').waitFor()
  const letGo = await holdBack(page, /api\/devices\?.*q=/)
  await page.getByPlaceholder('搜索序列号或 CPUID').fill('350')
  assert.equal(await page.locator('[data-test=export-all]').getAttribute('href'), null)
  letGo()
  await page.locator('[data-test=export-all][href*="q=350"]').waitFor()
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  on.quiet()
})

test('whose_answer_was_lost_is_not_told_that_somebody_else_was_faster', async () => {
  const id = await differing()
  await show(page, id)
  // And the first is lost.
  await page.route('**/api/faults?*', () => {})
  await page.route(`**/api/invoices/${id}`, (route) => route.abort())
  let lost = 0
  await page.route(`**/api/faults/${id}/review`, async (route) => {
    if (lost) return route.continue()
    await route.fetch()
    lost += 1
    return route.abort()
  })
  await field(page, '中文金额').fill('叁佰伍拾元')
  await page.keyboard.press('Control+Enter')
  await page.getByText('无法连接服务器').first().waitFor()
  assert.equal((await invoice(id)).state, 'reviewed')
  await page.keyboard.press('Control+Enter')
  await page.locator('[data-test=undo-bar]', { hasText: `发票 #${id} 核对完成` }).waitFor()
  assert.equal(await page.getByText('已由admin处理').count(), 0)
  assert.equal(await page.getByText('没有保存的').count(), 0)
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await page.goto('/faults')
  await clear()
  on.quiet(/Failed to load|ERR_FAILED/)
})

test('what_happened_to_an_open_invoice_is_named_also_where_no_field_was_changed', async () => {
  const id = await differing()
  await show(page, id)
  await field(page, '金额').fill('¥320.00')
  const { version } = await invoice(id)
  const gone = await hers.request.post(`/api/invoices/${id}/void`, { data: { version, reason: '开错了' }, headers: { Origin: on.box.url } })
  assert.equal(gone.status(), 200, await gone.text())
  await page.locator('[data-test=stale]', { hasText: '王芳 刚刚作废了这张发票（' }).waitFor()
  assert.equal(await page.locator('[data-test=stale]', { hasText: '（）' }).count(), 0)
  await page.click('[data-test=take-theirs]')
  await page.goto('/faults')
  await clear()
  on.quiet()
})

test('what_was_being_typed_when_the_session_ended_is_offered_after_the_log_in_and_sent_by_nobody_but_a_person', async () => {
  const id = await differing()
  const version = (await invoice(id)).version
  await show(hers, id)
  await field(hers, '金额').fill('¥320.00')
  await hers.context().clearCookies()
  await hers.waitForURL((url) => url.pathname === '/login')
  const enter = async () => {
    await hers.fill('input[name=username]', '王芳')
    await hers.fill('input[name=passwd]', 'long-enough-1')
    await hers.keyboard.press('Enter')
    await hers.waitForURL((url) => url.pathname !== '/login')
    await show(hers, id)
  }
  await enter()
  const offer = hers.locator('[data-test=typed-before]')
  await offer.getByText('价税合计：¥320.00').waitFor()
  assert.equal(await field(hers, '金额').inputValue(), '¥350.00', 'nothing is typed by itself')
  await on.shot(hers, 'review-typed-zh')
  await hers.click('[data-test=typed-back]')
  assert.equal(await field(hers, '金额').inputValue(), '¥320.00')
  await offer.waitFor({ state: 'detached' })
  assert.equal((await invoice(id)).version, version, 'nothing is sent by itself')
  assert.match(await hers.evaluate(() => sessionStorage.getItem('paperline.typed')), /320/)
  await hers.locator('button.user').click()
  await hers.getByText('退出登录').click()
  await hers.waitForURL((url) => url.pathname === '/login')
  assert.equal(await hers.evaluate(() => sessionStorage.getItem('paperline.typed')), null)
  await enter()
  assert.equal(await offer.count(), 0)
  await field(hers, '中文金额').fill('叁佰伍拾元整')
  await hers.waitForFunction(() => /叁佰伍拾/.test(sessionStorage.getItem('paperline.typed') ?? ''))
  await hers.keyboard.press('Control+Enter')
  await hers.locator(`[data-fault="${id}"]`).waitFor({ state: 'detached' })
  assert.equal(await hers.evaluate(() => sessionStorage.getItem('paperline.typed')), null)
  await clear()
  on.quiet(/WebSocket|401/)
})

test('a field says what has lowered its certainty, until a person has spoken', async () => {
  const id = await fault(dinner({ 发票号码: '3830014' }))
  await page.goto(`/invoices/${id}`)
  const field = page.locator('[data-field="发票号码"]')
  await field.locator('[data-test=lowered]', { hasText: '长度或格式与样张不同' }).waitFor()
  assert.match(await field.locator('[data-test=lowered]').innerText(), /−\d\d%/)
  assert.match(await field.locator('input').getAttribute('aria-describedby'), /lowered-发票号码/)
  assert.equal(await page.locator('[data-field="发票代码"] [data-test=lowered]').count(), 0)
  await field.locator('input').fill('38300140')
  await field.locator('[data-test=lowered]').waitFor({ state: 'detached' })
  await on.shot(page, 'invoice-lowered-zh')
  await page.reload()
  on.quiet()
})

test('what lowered a certainty adds up to it, first the characters, without what is too little to tell', async () => {
  const id = await fault(dinner({ 发票号码: '3830015' }))
  const whole = await invoice(id)
  const address = new RegExp(`/api/invoices/${id}(\\?|$)`)
  const lowered = page.locator('[data-field="发票号码"] [data-test=lowered]')
  const parts = async () => (await lowered.count() ? (await lowered.locator('span').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ')) : [])
  const shown = async (probability, doubts, more = {}) => {
    const region_list = { ...whole.region_list, 发票号码: { ...whole.region_list.发票号码, probability, doubts } }
    await page.route(address, (route) => route.fulfill({ json: { ...whole, ...more, region_list } }))
    await page.goto(`/invoices/${id}`)
    await page.locator('[data-field="发票号码"] .percent', { hasText: `可信度 ${Math.floor(Math.round(probability * 1_000) / 10)}%` }).waitFor()
    const said = await parts()
    await page.unroute(address)
    return said
  }
  assert.deepEqual(await shown(0.154, [{ doubt: 'overrun', by: 0.408 }, { doubt: 'cut', by: 0.004 }]), ['文字没认清 −44%', '文字超出了区域 −41%'])
  assert.deepEqual(await shown(0.62, [{ doubt: 'struck', by: 0.2 }, { doubt: 'other_label', by: 0.18 }]), ['文字上有划线 −20%', '旁边的栏目名与模板不同 −18%'])
  assert.deepEqual(await shown(0.29, []), ['文字没认清 −71%'])
  // Without a template a value may be unsure for being another's.
  assert.deepEqual(await shown(0.5, [], { model_id: null }), [])
  on.quiet()
})

test('beside a field that was read well stands why it is doubtful nevertheless, until it is accepted', async () => {
  await clear()
  await show(page, await differing())
  const why = page.locator('[data-field=中文金额] [data-test=field-reasons]')
  assert.equal(await why.innerText(), '价税合计“¥350.00”与大写金额“叁佰贰拾元整”不一致')
  assert.equal(await page.locator('[data-field=金额] [data-test=field-reasons]').innerText(), await why.innerText())
  assert.equal(await page.locator('[data-field=发票代码] [data-test=field-reasons]').count(), 0)
  assert.match(await field(page, '中文金额').getAttribute('aria-describedby'), /reasons-中文金额/)
  await on.shot(page, 'review-reasons-zh')
  await field(page, '中文金额').fill('叁佰伍拾元整')
  await why.waitFor({ state: 'detached' })
  await page.reload()
  on.quiet()
})

test('an area in which nothing was read says so, and no percentage of nothing', async () => {
  await clear()
  const id = await withoutSum()
  await show(page, id)
  const sum = page.locator('[data-field=金额]')
  assert.equal(await sum.locator('.percent').innerText(), '没有读到内容')
  assert.equal(await sum.locator('[data-test=lowered]').count(), 0)
  assert.equal(await sum.locator('[data-test=field-reasons]').innerText(), '价税合计没有读到内容，应为金额')
  assert.equal((await page.locator('[data-test=fault-reason]').innerText()).match(/没有读到内容/g).length, 1)
  await on.shot(page, 'review-nothing-read-zh')
  await clear()
  on.quiet()
})

test('templates that could not be had for the filter are asked for again when it is opened', async () => {
  const other = await page.context().newPage()
  const asked = (url) => url.pathname === '/invoice/getAllModel'
  await other.route(asked, (route) => route.fulfill({ status: 500, json: { err: '服务器内部错误', code: 'internal' } }))
  const refused = other.waitForResponse((answer) => asked(new URL(answer.url())))
  await other.goto('/invoices')
  await refused
  await other.locator('tbody tr').first().waitFor()
  assert.equal(await other.locator('.el-message').count(), 0, 'the list is there, and nobody asked for the choice')
  await other.unroute(asked)
  await other.click('[data-test=invoice-template]')
  await other.getByRole('option', { name: '餐饮服务通用发票' }).waitFor()
  await other.close()
  on.quiet()
})
