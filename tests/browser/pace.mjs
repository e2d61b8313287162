// How long a person needs for what people do most. A script that moves like one: Keystroke-Level Model (Card, Moran, Newell 1980), for
// an average typist. Fails where what comes out is wrong; its times are told, never asserted.
// `PAPERLINE_BIN=… node pace.mjs`
import assert from 'node:assert/strict'
import { logIn, startBox, startBrowser, stopBox } from './box.mjs'
import { dinner, learnDinner, print, upload } from './paper.mjs'

const KEY_MS = 280
const POINT_MS = 1_100
const BUTTON_MS = 100
const THINK_MS = 1_350
/** To a mouse, or back to the keys. */
const HOME_MS = 400
/** Looking at a crop and comparing it with what was read. */
const COMPARE_MS = 1_350
const READ_MS = 120_000

const SALE = {
  title: '示例商贸销售凭单',
  rows: { '发票代码：': '044001912111', '发票号码：': '20260017', '日期：': '2026年03月05日', '客户名称：': '示例采购单位', '合计金额：': '¥113.00' },
}
const NEXT = { ...SALE, rows: { ...SALE.rows, '发票号码：': '20260018', '日期：': '2026年03月06日', '合计金额：': '¥97.50' } }

const spent = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Of one page; `clicks` counts them. */
function person(page) {
  const him = {
    clicks: 0,
    think: () => spent(THINK_MS),
    async point(locator) {
      await locator.waitFor()
      await spent(POINT_MS)
      await locator.click()
      await spent(2 * BUTTON_MS)
      him.clicks += 1
    },
    async type(text) {
      for (const one of text) {
        await spent(KEY_MS)
        await page.keyboard.insertText(one)
      }
    },
    async press(key) {
      await spent(KEY_MS)
      await page.keyboard.press(key)
    },
    /** In the pixels of the picture that is drawn on. */
    async drag({ x, y, width, height }) {
      const canvas = page.locator('[data-test=canvas]')
      await canvas.evaluate((frame) => frame.scrollIntoView())
      const frame = await canvas.boundingBox()
      const scale = frame.width / (await canvas.locator('img').evaluate((img) => img.naturalWidth))
      await spent(POINT_MS)
      await page.mouse.move(frame.x + x * scale, frame.y + y * scale)
      await page.mouse.down()
      await spent(POINT_MS)
      await page.mouse.move(frame.x + (x + width) * scale, frame.y + (y + height) * scale, { steps: 8 })
      await page.mouse.up()
      await spent(2 * BUTTON_MS)
    },
  }
  return him
}

async function timed(what, work) {
  const began = Date.now()
  const more = await work()
  console.log(`${what}: ${((Date.now() - began) / 1000).toFixed(0)} s${more ? ` (${more})` : ''}`)
}

/** From the page of templates to a paper of the form that was read by the new one. */
async function firstTemplate(browser, page) {
  const [form, next] = [await print(browser, SALE), await print(browser, NEXT)]
  await page.goto('/templates')
  const he = person(page)
  await page.locator('[data-test=add-template]').first().waitFor()
  await timed('first template drawn and read', async () => {
    await he.think()
    await he.point(page.locator('[data-test=add-template]').first())
    // The dialog of the system: a folder is open, a file is chosen.
    await spent(THINK_MS + 2 * POINT_MS + 4 * BUTTON_MS)
    await page.setInputFiles('[data-test=origin]', { name: '凭单.png', mimeType: 'image/png', buffer: form.picture })
    await page.waitForFunction(() => document.querySelector('[data-test=canvas] img')?.naturalWidth > 100)
    for (const label of ['发票号码：', '日期：', '合计金额：']) {
      await he.think()
      await he.drag(form.places[label])
    }
    await he.think()
    await he.point(page.locator('[data-test=template-label]'))
    await spent(HOME_MS)
    await page.keyboard.press('Control+a')
    await he.type('销售凭单')
    await page.waitForFunction(() => {
      const names = [...document.querySelectorAll('.side li strong')].map((name) => name.textContent.trim())
      return ['发票号码', '开票日期', '价税合计'].every((name) => names.includes(name))
    })
    await spent(HOME_MS)
    await he.point(page.locator('[data-test=save-template]'))
    await page.locator('[data-template]', { hasText: '销售凭单' }).waitFor({ timeout: READ_MS })
    await he.think()
    await he.point(page.locator('[data-test=menu-console]'))
    await spent(THINK_MS + 2 * POINT_MS + 4 * BUTTON_MS)
    await page.setInputFiles('[data-test=files]', { name: '三月.png', mimeType: 'image/png', buffer: next.picture })
    await page.locator('[data-finished]', { hasText: '三月.png' }).waitFor({ timeout: READ_MS })
  })
  const { invoices } = await (await page.request.get('/api/invoices?q=20260018')).json()
  assert.equal(invoices[0]?.model_label, '销售凭单')
  assert.deepEqual(['发票号码', '日期', '金额'].map((area) => invoices[0].region_list[area]?.ocr_result), ['20260018', '2026年03月06日', '¥97.50'])
  assert.equal(invoices[0].state, 'passed')
}

const smudged = (text) => `<span style="filter:blur(4px)">${text}</span>`

/** What is printed, and what cannot be read of it. */
const FAULTS = Array.from({ length: 20 }, (_, n) => {
  const truth = { 发票号码: String(38_300_100 + n), 金额: '¥320.00' }
  return { truth, paper: dinner({ 发票号码: n % 2 ? smudged(truth.发票号码) : truth.发票号码, 小写金额: n % 2 ? truth.金额 : '　' }) }
})

/** By keyboard alone, each doubtful field beside its crop. */
async function faults(browser, page) {
  await learnDinner(browser, page)
  const actions = new Map()
  for (const [n, { truth, paper }] of FAULTS.entries()) actions.set(await upload(page, `f${n}.png`, (await print(browser, paper)).picture), truth)
  const open = async () => (await (await page.request.get('/api/faults')).json()).fault_list
  while ((await open()).length < FAULTS.length) await spent(500)
  const truths = new Map((await open()).map((fault) => [fault.invoice_id, actions.get(fault.action_id)]))
  await page.goto('/faults')
  const he = person(page)
  const review = page.locator('[data-test=review][data-picture=shown]')
  await review.waitFor()
  await timed('20 faults reviewed by keyboard', async () => {
    for (let left = FAULTS.length; left > 0; left -= 1) {
      await review.waitFor()
      const id = Number((await review.getAttribute('aria-label')).match(/#(\d+)/)[1])
      await spent(THINK_MS)
      const isOpen = () => review.getAttribute('aria-label').then((label) => label.endsWith(`#${id}`), () => false)
      while (await isOpen()) {
        const at = await page.evaluate(() => document.activeElement?.id?.replace(/^field-/, ''))
        await spent(COMPARE_MS)
        const [said, truth] = [await page.evaluate(() => document.activeElement?.value), truths.get(id)[at]]
        if (truth !== undefined && said !== truth) {
          await he.press('Control+a')
          await he.type(truth.replace('¥', ''))
        }
        await he.press('Enter')
        await page.waitForTimeout(150)
        if (left === 1 && !(await page.locator('[data-fault]').count())) return
      }
    }
  })
  for (const [id, truth] of truths) {
    const found = await (await page.request.get(`/api/invoices/${id}`)).json()
    assert.deepEqual([found.state, ...Object.keys(truth).map((area) => found.region_list[area]?.ocr_result)], ['reviewed', ...Object.values(truth)])
  }
}

/** From any page, without being told where it stands. */
async function whoChanged(page) {
  const { version } = await (await page.request.get('/api/invoices/5')).json()
  await page.request.patch('/api/invoices/5', { data: { version, fields: { 金额: '¥321.00' }, override: '票面如此' }, headers: { Origin: new URL(page.url()).origin } })
  await page.goto('/queue')
  const he = person(page)
  await timed('who changed invoice 5, and what', async () => {
    await he.think()
    await he.point(page.locator('[data-test=menu-invoices]'))
    await he.point(page.locator('[data-invoice="5"] a').first())
    await page.locator('[data-test=history] li', { hasText: 'admin' }).getByText(/¥320.00 → ¥321.00/).waitFor()
    await spent(COMPARE_MS)
    return `${he.clicks} clicks`
  })
}

const [box, browser] = [await startBox(), await startBrowser()]
try {
  const page = await (await browser.newContext({ locale: 'zh-CN', viewport: { width: 1280, height: 800 }, baseURL: box.url })).newPage()
  await logIn(page, 'admin', box.password)
  await firstTemplate(browser, page)
  await faults(browser, page)
  await whoChanged(page)
} finally {
  await browser.close()
  await stopBox(box)
}
