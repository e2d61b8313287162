// The tax portal's list: where to export it, what an upload came to, the states, narrowed by tile and keys, taken along as CSV.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { hire, logIn, problems, stage } from './box.mjs'

let page

const on = stage(async () => {
  page = await on.open()
  await logIn(page, 'admin', on.box.password)
})

const OURS = '12100000400000624D'
const SAME = '26322000004478296111'
const OTHER = '26322000004478296222'
const UNLISTED = '26322000004478296333'
const MISSING = '26322000004478296444'
const STRANGE = '26322000004478296555'
const CANCELLED = '26322000004478296666'

const xml = (number, seller) => `<?xml version="1.0" encoding="utf-8"?>
<EInvoice><Header><EIid>${number}</EIid><InherentLabel><InIssuType><LabelCode>Y</LabelCode></InIssuType><GeneralOrSpecialVAT><LabelCode>02</LabelCode></GeneralOrSpecialVAT></InherentLabel></Header>
<EInvoiceData><SellerInformation><SellerIdNum>91350100M000100Y43</SellerIdNum><SellerName>${seller}</SellerName></SellerInformation>
<BuyerInformation><BuyerIdNum>${OURS}</BuyerIdNum><BuyerName>示例采购单位</BuyerName></BuyerInformation>
<BasicInformation><TotalAmWithoutTax>300.00</TotalAmWithoutTax><TotalTaxAm>39.00</TotalTaxAm><TotalTax-includedAmount>339.00</TotalTax-includedAmount><TotalTax-includedAmountInChinese>叁佰叁拾玖圆整</TotalTax-includedAmountInChinese><Drawer>某某</Drawer></BasicInformation>
<IssuItemInformation><ItemName>*纸制品*复印纸</ItemName><Quantity>2</Quantity><UnPrice>150</UnPrice><Amount>300.00</Amount><TaxRate>0.13</TaxRate><ComTaxAm>39.00</ComTaxAm></IssuItemInformation></EInvoiceData>
<TaxSupervisionInfo><InvoiceNumber>${number}</InvoiceNumber><IssueTime>2026-06-04</IssueTime></TaxSupervisionInfo></EInvoice>`

const row = (number, { day = '04', id = '91350100M000100Y43', seller = '示例科技有限公司', buyer = OURS, sums = '300.00,39.00,339.00', status = '正常' } = {}) =>
  `${number},2026-06-${day} 10:00:00,${id},${seller},${buyer},示例采购单位,${sums},数电发票（普通发票）,${status}`
const LIST = [
  '全量发票查询导出',
  '数电发票号码,开票日期,销方识别号,销方名称,购方识别号,购买方名称,金额,税额,价税合计,发票票种,发票状态',
  row(SAME),
  row(OTHER, { day: '05', sums: '320.00,41.60,361.60' }),
  row(MISSING, { id: '91110000100000001X', seller: '另一家贸易有限公司', sums: '-100.00,-13.00,-113.00' }),
  row(STRANGE, { id: '91110000100000002X', seller: '无关公司', buyer: '91110000100000003X' }),
  row(CANCELLED, { id: '91110000100000004X', seller: '某某餐饮有限公司', status: '已作废' }),
  row('2.6322E+19'),
].join('\r\n')

const file = (name, text) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(text) })

for (const locale of ['zh-CN', 'en-US']) {
  test(`without a list the page says where the tax office has it, in ${locale}`, async () => {
    const reader = await on.open({ locale })
    await logIn(reader, 'admin', on.box.password)
    await reader.goto('/invoices')
    await reader.click('[data-test=portal]')
    await reader.waitForURL('**/invoices/portal')
    await reader.getByText('税务数字账户 → 发票查询统计 → 全量发票查询 → 导出').waitFor()
    await reader.getByText(locale === 'zh-CN' ? '选择或拖入税务局导出的清单' : 'Choose or drop the list').waitFor()
    await on.shot(reader, `portal-empty-${locale.slice(0, 2)}`)
    on.quiet()
    await reader.close()
  })
}

test('a file that is no list is refused in words', async () => {
  await page.goto('/invoices/portal')
  await page.setInputFiles('[data-test=portal-file]', file('x.csv', 'a,b\r\n1,2\r\n'))
  await page.locator('[data-test=portal-refused]', { hasText: '没有找到标题行' }).waitFor()
  on.quiet()
})

test('an upload says what became of each row, and every invoice has its state', async () => {
  await page.goto('/console')
  await page.setInputFiles('[data-test=files]', [SAME, OTHER, UNLISTED].map((number, n) => file(`${n}.xml`, xml(number, '示例科技有限公司'))))
  for (const n of [0, 1, 2]) await page.locator(`[data-upload="${n}.xml"]`, { hasText: '识别完成' }).waitFor({ timeout: 60_000 })
  await page.goto('/invoices/portal')
  await page.setInputFiles('[data-test=portal-file]', file('六月.csv', LIST))
  const report = page.locator('[data-test=portal-report]')
  await report.getByText('6 行，录入 5 行，有误 1 行').waitFor()
  await report.locator('[data-test=portal-error]', { hasText: '第 8 行' }).getByText('科学计数法').waitFor()
  const states = { [SAME]: 'have', [OTHER]: 'differs', [UNLISTED]: 'not_listed', [MISSING]: 'missing', [STRANGE]: 'not_ours', [CANCELLED]: 'missing' }
  for (const [number, state] of Object.entries(states)) await page.locator(`[data-portal="${number}"][data-state=${state}]`).waitFor()
  await page.locator(`[data-portal="${OTHER}"]`).getByText('价税合计：清单 ¥361.60，发票 ¥339.00').waitFor()
  await page.locator('[data-test=portal-tax-name]', { hasText: '示例采购单位' }).waitFor()
  await page.locator('[data-tile=missing]', { hasText: '另有作废 1 张' }).waitFor()
  assert.deepEqual(await problems(page), [])
  await on.shot(page, 'portal-full-zh')
  await page.click('[data-test=portal-report-close]')
  on.quiet()
})

test('tiles narrow by keys, the address keeps it, and what is missing is taken along', async () => {
  await page.locator('[data-tile=missing]').focus()
  await page.keyboard.press('Enter')
  await page.waitForURL('**/invoices/portal?*state=missing*')
  assert.equal(await page.locator('[data-tile=missing]').getAttribute('aria-pressed'), 'true')
  await page.locator('[data-test=portal-total]', { hasText: '共 2 张' }).waitFor()
  assert.equal(await page.locator('[data-portal]').count(), 2)
  await page.reload()
  await page.locator(`[data-portal="${MISSING}"]`).waitFor()
  const saved = page.waitForEvent('download')
  await page.click('[data-test=portal-export]')
  const download = await saved
  assert.equal(download.suggestedFilename(), '税务对账-2026-06-缺票.csv')
  const text = readFileSync(await download.path(), 'utf8')
  assert.match(text, new RegExp(`缺票,,,\\t${MISSING},2026-06-04,另一家贸易有限公司`))
  assert.match(text, /,-100.00,-13.00,-113.00,/)
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.click('[data-test=portal-copy]')
  await page.getByText('已复制 2 个号码').waitFor()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${MISSING}\n${CANCELLED}`)
  await on.shot(page, 'portal-missing-zh')
  await page.keyboard.press('Escape')
  on.quiet()
})

test('a line leads to its invoice, and what is put right is seen at the next look', async () => {
  await page.goto('/invoices/portal?state=differs')
  await page.locator(`[data-portal="${OTHER}"] a`).click()
  await page.waitForURL(/invoices\/\d+$/)
  await page.goto('/invoices/portal')
  await page.setInputFiles('[data-test=portal-file]', file('六月.csv', LIST.replace('2026-06-05', '2026-06-04').replace('320.00,41.60,361.60', '300.00,39.00,339.00')))
  await page.locator('[data-test=portal-report]', { hasText: '更新 1，未变 4' }).waitFor()
  await page.locator(`[data-portal="${OTHER}"][data-state=have]`).waitFor()
  // Another side is asked for, and then everything was issued or is not ours.
  await page.fill('[data-test=portal-tax-number]', '91350100M000100Y43')
  await page.keyboard.press('Enter')
  await page.locator('[data-tile=not_ours] b', { hasText: '3' }).waitFor()
  on.quiet()
})

test('another side without the box keeps the lines dimmed, and no old number stands beside it', async () => {
  await page.goto('/invoices/portal')
  await page.locator('[data-test=portal-total]').waitFor()
  const lines = await page.locator('[data-portal]').count()
  await page.context().setOffline(true)
  await page.fill('[data-test=portal-tax-number]', '91350100M000100Y43')
  await page.keyboard.press('Enter')
  await page.locator('[data-test=page-problem]', { hasText: '无法连接服务器' }).waitFor()
  await page.locator('.list.dimmed').waitFor()
  assert.deepEqual([await page.locator('[data-portal]').count(), await page.locator('[data-test=portal-total]').count()], [lines, 0])
  assert.deepEqual(await page.locator('[data-tile] b').allInnerTexts(), Array(5).fill('—'))
  await page.context().setOffline(false)
  await page.locator('[data-tile=not_ours] b', { hasText: '3' }).waitFor()
  await page.locator('.list.dimmed').waitFor({ state: 'detached' })
  on.quiet(/net::ERR_INTERNET_DISCONNECTED|WebSocket connection/)
})

test('in English, and without the right to upload', async () => {
  const reader = await hire(on, page, 'reader', [5], { locale: 'en-US' })
  await reader.goto('/invoices/portal')
  await reader.locator('[data-tile=not_listed]', { hasText: 'Not on the list' }).waitFor()
  await reader.locator(`[data-portal="${CANCELLED}"]`).waitFor()
  assert.equal(await reader.locator('[data-test=portal-pick]').count(), 0)
  await on.shot(reader, 'portal-full-en')
  await reader.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
  assert.deepEqual(await problems(reader), [])
  await on.shot(reader, 'portal-full-en-dark')
  await reader.setViewportSize({ width: 800, height: 1000 })
  await on.shot(reader, 'portal-narrow-en')
  on.quiet()
  await reader.close()
})
