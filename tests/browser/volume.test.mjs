// Lists of thousands of rows, scrolled to the end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logIn, post, stage } from './box.mjs'
import { PARKING, print } from './paper.mjs'

const QUEUED = 5_000
const DEVICES = 10_000
const FILES_AT_ONCE = 200
const ROWS_HELD = 80
let page

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
})

/** In forty frames; returns the position. */
function scroll(selector) {
  return page.locator(selector).evaluate(
    (list) =>
      new Promise((resolve) => {
        const end = list.scrollHeight - list.clientHeight
        let frame = 0
        const next = () => {
          list.scrollTop = (end * frame) / 40
          frame += 1
          if (frame <= 40) requestAnimationFrame(next)
          else resolve({ at: list.scrollTop, end })
        }
        requestAnimationFrame(next)
      }),
  )
}

test('a queue of five thousand is scrolled to its end', async () => {
  await post(page, '/api/queue/pause', {})
  const { picture } = await print(on.browser, PARKING)
  for (let n = 0; n < QUEUED; n += FILES_AT_ONCE) {
    const form = new FormData()
    for (let i = 0; i < FILES_AT_ONCE; i += 1) form.append('file', new Blob([picture], { type: 'image/png' }), `slip-${n + i}.png`)
    const answer = await page.request.post('/invoice/recognizeImage', { multipart: form, headers: { Origin: on.box.url } })
    assert.equal(answer.status(), 200)
  }
  await page.goto('/queue')
  await page.locator('[data-test=pictures-waiting]', { hasText: '5,000' }).waitFor()
  const list = '[role=list][aria-label="队列"]'
  await page.waitForFunction(
    ([selector, wanted]) => {
      const list = document.querySelector(selector)
      if (!list) return false
      list.scrollTop = list.scrollHeight
      return document.querySelector(`[data-position="${wanted}"]`) !== null
    },
    [list, QUEUED],
    { timeout: 60_000, polling: 100 },
  )
  assert.ok((await page.locator('[data-waiting]').count()) < ROWS_HELD)
  const { at, end } = await scroll(list)
  assert.ok(at >= end - 1, `it stands at ${at} of ${end}`)
  await page.locator(`[data-position="${QUEUED}"] [data-test=run-next]`).click()
  await page.locator(list).evaluate((element) => (element.scrollTop = 0))
  await page.locator('[data-position="1"]', { hasText: `任务 ${QUEUED}` }).waitFor()
  await on.shot(page, 'queue-long-zh')
  on.quiet()
})

test('ten thousand devices are scrolled to their end', async () => {
  const device = (n) => ({ DeviceSN: String(26000000 + n), CPUID: `CPU${n}` })
  await post(page, '/registerDevice', { devices: Array.from({ length: DEVICES }, (_, n) => device(n)) })
  await page.goto('/labels')
  await page.locator('[data-test=unprinted-total]', { hasText: '10,000' }).waitFor()
  const list = '[role=listbox][aria-multiselectable]'
  const { at, end } = await scroll(list)
  assert.ok(at >= end - 1, `it stands at ${at} of ${end}`)
  await page.locator(`[data-serial="${26000000 + DEVICES - 1}"]`).waitFor()
  assert.ok((await page.locator('[data-serial]').count()) < ROWS_HELD)
  on.quiet()
})
