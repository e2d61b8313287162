// Documents: dropped without a template, shown as pages with their fields, lines and sources, filtered, taken along.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { logIn, stage } from './box.mjs'

let page

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
})

const NUMBER = '26322000004478296111'
const item = (name, amount, rate, tax) =>
  `<IssuItemInformation><ItemName>${name}</ItemName><MeaUnits>箱</MeaUnits><Quantity>2</Quantity><UnPrice>${amount / 2}</UnPrice><Amount>${amount}</Amount><TaxRate>${rate}</TaxRate><ComTaxAm>${tax}</ComTaxAm></IssuItemInformation>`
const XML = `<?xml version="1.0" encoding="utf-8"?>
<EInvoice><Header><EIid>${NUMBER}</EIid><InherentLabel><InIssuType><LabelCode>Y</LabelCode></InIssuType><GeneralOrSpecialVAT><LabelCode>02</LabelCode></GeneralOrSpecialVAT></InherentLabel></Header>
<EInvoiceData><SellerInformation><SellerIdNum>91350100M000100Y43</SellerIdNum><SellerName>示例科技有限公司</SellerName></SellerInformation>
<BuyerInformation><BuyerIdNum>12100000400000624D</BuyerIdNum><BuyerName>示例采购单位</BuyerName></BuyerInformation>
<BasicInformation><TotalAmWithoutTax>320.00</TotalAmWithoutTax><TotalTaxAm>40.20</TotalTaxAm><TotalTax-includedAmount>360.20</TotalTax-includedAmount><TotalTax-includedAmountInChinese>叁佰陆拾圆贰角整</TotalTax-includedAmountInChinese><Drawer>某某</Drawer></BasicInformation>
${item('*纸制品*复印纸', '300.00', '0.13', '39.00')}${item('*物流辅助服务*收派服务费', '20.00', '0.06', '1.20')}</EInvoiceData>
<TaxSupervisionInfo><InvoiceNumber>${NUMBER}</InvoiceNumber><IssueTime>2026-06-04</IssueTime></TaxSupervisionInfo></EInvoice>`

const files = (...named) => named.map(([name, text]) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(text) }))

test('the drop zone says what it takes, and reads a document that no template was drawn for', async () => {
  await page.goto('/console')
  await page.getByText('支持 PDF、OFD、XML、ZIP 和照片').waitFor()
  await page.setInputFiles('[data-test=files]', files(['六月.xml', XML], ['空白.pdf', '%PDF-1.7 cut off']))
  await page.locator('[data-upload="六月.xml"]', { hasText: '识别完成' }).waitFor({ timeout: 60_000 })
  await page.locator('[data-upload="空白.pdf"]', { hasText: '不完整或已损坏' }).waitFor()
  await page.locator('[data-test=matched]', { hasText: '无需模板' }).waitFor()
  await on.shot(page, 'documents-console-zh')
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
  ['zh-CN', { is: '与发票 #1（XML）同号，以那张为准', differs: '金额不同：这张 ¥368.20，那张 360.20', behind: '与这张相同、不计入合计的发票' }],
  ['en-US', { is: 'Has the number of invoice #1 (XML)', differs: 'Amount differs: ¥368.20 here, 360.20 there', behind: 'The same as this one, and not counted' }],
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
