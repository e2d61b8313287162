// Documents: dropped without a template, shown as pages with their fields, lines and sources, filtered, taken along.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { logIn, stage } from './box.mjs'
import { DIGITAL_XML as XML, DIGITAL_XML_NUMBER as NUMBER, print, upload } from './paper.mjs'

/** Debug builds are slow. */
const READ_MS = 120_000

let page

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
})

const files = (...named) => named.map(([name, text]) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(text) }))

test('the drop zone says what it takes, and reads a document that no template was drawn for', async () => {
  await page.goto('/console')
  await page.getByText('支持 PDF、OFD、XML、ZIP 和照片').waitFor()
  await page.setInputFiles('[data-test=files]', files(['六月.xml', XML], ['空白.pdf', '%PDF-1.7 cut off']))
  await page.locator('[data-upload="六月.xml"]', { hasText: '识别完成' }).waitFor({ timeout: 60_000 })
  await page.locator('[data-upload="空白.pdf"]', { hasText: '不完整或已损坏' }).waitFor()
  const read = page.locator('[data-finished]').first()
  await read.waitFor()
  // Unless the page heard of it live.
  if ((await read.getAttribute('aria-pressed')) === 'false') await read.click()
  await page.locator('[data-test=matched]', { hasText: '无需模板' }).waitFor()
  await on.shot(page, 'documents-console-zh')
  // The same for whoever comes later.
  await page.reload()
  await read.click()
  await page.locator('[data-test=matched]', { hasText: '无需模板' }).waitFor()
  on.quiet()
})

for (const [locale, words] of [
  ['zh-CN', { source: 'XML', items: '明细（2 行）', original: '下载原件' }],
  ['en-US', { source: 'XML', items: 'Items (2)', original: 'Original file' }],
]) {
  test(`a document is shown as its page, with the source of each field and its lines, in ${locale}`, async () => {
    const reader = await on.open({ locale })
    await logIn(reader, 'admin', on.box.password)
    await reader.goto('/invoices/1')
    await reader.locator('[data-test=picture]').waitFor()
    await reader.waitForFunction(() => document.querySelector('[data-test=picture]')?.naturalWidth > 500)
    await reader.locator('[data-field="销方名称"] [data-test=source]', { hasText: words.source }).waitFor()
    assert.equal(await reader.locator('#field-金额').inputValue(), '360.20')
    const items = reader.locator('[data-test=items]')
    await items.getByText(words.items).waitFor()
    assert.equal(await items.locator('tbody tr').count(), 2)
    await on.shot(reader, `documents-invoice-${locale.slice(0, 2)}`)
    const saved = reader.waitForEvent('download')
    await reader.getByText(words.original).click()
    const download = await saved
    assert.equal(download.suggestedFilename(), '六月.xml')
    assert.equal(readFileSync(await download.path(), 'utf8'), XML, 'byte for byte')
    on.quiet()
    await reader.close()
  })
}

test('each column of the lines is seen within its box, in a wide window, a narrow one and on a telephone', async () => {
  for (const [width, height] of [[1366, 768], [1024, 768], [860, 900], [360, 740]]) {
    const reader = await on.open({ width, height })
    await logIn(reader, 'admin', on.box.password)
    await reader.goto('/invoices/1')
    const items = reader.locator('[data-test=items]')
    await items.getByRole('cell', { name: '39.00' }).waitFor()
    const beyond = await items.evaluate((box) => {
      const { left, right } = box.getBoundingClientRect()
      const cells = [...box.querySelectorAll('tbody td')].filter((cell) => cell.textContent)
      return cells.filter((cell) => cell.getBoundingClientRect().left < left || cell.getBoundingClientRect().right > right || cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent)
    })
    assert.deepEqual(beyond, [], `at ${width}`)
    await items.scrollIntoViewIfNeeded()
    await on.shot(reader, `documents-items-${width}-zh`)
    await reader.context().close()
  }
  assert.equal(await page.locator('[data-test=items-lacking]').count(), 0)
  on.quiet()
})

test('where a picture shows no lines, it is said that they may be incomplete', async () => {
  const rows = { '发票号码：': '26322000004478296122', '开票日期：': '2026年06月05日', '价税合计（大写）': '叁佰贰拾圆整', '（小写）': '¥320.00' }
  const action = await upload(page, 'paper.png', (await print(on.browser, { title: '电子发票（普通发票）', rows })).picture)
  const read = async () => (await (await page.request.get(`/api/invoices?action_id=${action}`)).json()).invoices
  for (const end = Date.now() + READ_MS; !(await read()).length && Date.now() < end; ) await page.waitForTimeout(200)
  const [{ invoice_id: id, kind, items }] = await read()
  assert.deepEqual([kind, items], ['digital_normal', []])
  await page.goto(`/invoices/${id}`)
  await page.locator('[data-test=items-lacking]', { hasText: '明细可能识别不全' }).waitFor()
  await on.shot(page, 'documents-items-lacking-zh')
  await page.goto('/invoices/1')
  await page.locator('[data-test=items]').waitFor()
  assert.equal(await page.locator('[data-test=items-lacking]').count(), 0, 'an XML leaves nothing out')
  on.quiet()
})

test('the list is narrowed to a kind, shows seller and source, and gives the originals in a ZIP', async () => {
  await page.goto('/invoices')
  await page.click('[data-test=columns]')
  for (const column of ['销方名称', 'kind', 'source']) await page.click(`[data-column="${column}"]`)
  await page.keyboard.press('Escape')
  await page.locator('[data-invoice="1"]', { hasText: '示例科技有限公司' }).waitFor()
  await page.click('[data-test=invoice-kind]')
  await page.getByRole('option', { name: '出租车发票' }).click()
  await page.getByText('没有符合条件的发票').waitFor()
  await page.click('[data-test=invoice-kind]')
  await page.getByRole('option', { name: '电子发票（普通发票）' }).click()
  await page.locator('[data-invoice="1"]').waitFor()
  await on.shot(page, 'documents-list-zh')
  const saved = page.waitForEvent('download')
  await page.click('[data-test=export-zip]')
  const bytes = readFileSync(await (await saved).path())
  assert.equal(bytes.subarray(0, 2).toString(), 'PK')
  assert.ok(bytes.includes(Buffer.from(`2026-06-04_示例科技有限公司_360.20_${NUMBER}.xml`)), 'named by its values')
  assert.ok(bytes.includes(Buffer.from(XML)), 'as it came')
  on.quiet()
})

for (const [locale, words] of [
  ['zh-CN', { is: '与发票 #1（XML）同号，以那张为准', differs: '价税合计不同：这张 ¥368.20，那张 360.20', behind: '与这张相同、不计入合计的发票' }],
  ['en-US', { is: 'Has the number of invoice #1 (XML)', differs: 'Total differs: ¥368.20 here, 360.20 there', behind: 'The same as this one, and not counted' }],
]) {
  test(`a photo says which file of its number counts, and where they differ, in ${locale}`, async () => {
    const asking = { headers: { Origin: on.box.url } }
    if (locale === 'zh-CN') {
      // The sheet that the box drew of the XML, as a photo.
      const sheet = await (await page.request.get('/api/invoices/1/page/1')).body()
      await page.goto('/console')
      await page.setInputFiles('[data-test=files]', [{ name: 'IMG_1.jpg', mimeType: 'image/jpeg', buffer: sheet }])
      await page.locator('[data-finished]', { hasText: 'IMG_1.jpg' }).waitFor({ timeout: 60_000 })
      const fields = { 发票号码: NUMBER, 金额: '368.20' }
      const fixed = await page.request.patch('/api/invoices/2', { data: { fields, override: '拍照' }, ...asking })
      assert.equal(fixed.status(), 200, await fixed.text())
    }
    const reader = await on.open({ locale })
    await logIn(reader, 'admin', on.box.password)
    await reader.goto('/invoices/2')
    await reader.locator('[data-test=double]', { hasText: words.is }).waitFor()
    await reader.locator('[data-test=differences]', { hasText: words.differs }).waitFor()
    await on.shot(reader, `documents-surer-${locale.slice(0, 2)}`)
    await reader.goto('/invoices/1')
    await reader.locator('[data-test=behind]', { hasText: words.behind }).getByText('#2').waitFor()
    await on.shot(reader, `documents-behind-${locale.slice(0, 2)}`)
    on.quiet()
    await reader.close()
  })
}
