// Made-up invoices, printed by the browser.
import { randomBytes } from 'node:crypto'

const HEAD = `font-family:'Noto Sans CJK SC','Noto Sans SC',sans-serif;background:#fff;color:#222`

/** `rows`: label to value. A slip is narrow and unlike an invoice. */
function html({ title, rows, slip }) {
  const lines = Object.entries(rows).map(
    ([label, text]) => `<tr><td style="padding:12px 24px 12px 0">${label}</td><td><span data-value="${label}">${text}</span></td></tr>`,
  )
  if (slip) {
    const words = Object.values(rows).map((text) => `<p style="margin:28px 0;font-size:52px;text-align:center">${text}</p>`)
    return `<body style="margin:0"><div style="${HEAD};width:420px;padding:40px"><p style="font-size:30px">${title}</p>${words.join('')}</div></body>`
  }
  return `<body style="margin:0"><div style="${HEAD};width:900px;padding:50px 60px">
    <div style="font-size:40px;letter-spacing:6px;border-bottom:3px solid #a33;padding-bottom:14px">${title}</div>
    <table style="margin-top:26px;font-size:28px">${lines.join('')}</table>
    <div style="margin-top:30px;font-size:20px">收款人 张敏　复核 李强　开票人 王芳</div></div></body>`
}

/** The picture, and where each value is. */
export async function print(browser, paper) {
  const page = await browser.newPage()
  try {
    await page.setContent(html(paper))
    const sheet = page.locator('body > div')
    const places = await page.locator('[data-value]').evaluateAll((values) =>
      values.map((value) => {
        const { x, y, width, height } = value.getBoundingClientRect()
        return [value.dataset.value, { x: Math.floor(x) - 8, y: Math.floor(y) - 4, width: Math.ceil(width) + 60, height: Math.ceil(height) + 8 }]
      }),
    )
    return { picture: await sheet.screenshot(), places: Object.fromEntries(places) }
  } finally {
    await page.close()
  }
}

/** Pictures on one table top, each at a place and turned about its middle. Returns the picture and the corners of each, as one reads it. */
export async function sheet(browser, width, height, lying) {
  const page = await browser.newPage({ viewport: { width, height } })
  try {
    const pictures = lying.map(({ picture, x, y, turn = 0 }) => `<img src="data:image/png;base64,${picture.toString('base64')}" style="position:absolute;left:${x}px;top:${y}px;rotate:${turn}deg">`)
    await page.setContent(`<body style="margin:0;background:#77695a">${pictures.join('')}</body>`)
    await page.waitForFunction(() => [...document.images].every((img) => img.complete))
    const sizes = await page.locator('img').evaluateAll((all) => all.map((img) => [img.offsetWidth, img.offsetHeight]))
    const corners = lying.map(({ x, y, turn = 0 }, n) => {
      const [w, h] = sizes[n]
      const [cos, sin] = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)]
      const around = [[-w, -h], [w, -h], [w, h], [-w, h]].map(([dx, dy]) => [dx / 2, dy / 2])
      return around.map(([dx, dy]) => [Math.round(x + w / 2 + dx * cos - dy * sin), Math.round(y + h / 2 + dx * sin + dy * cos)])
    })
    return { picture: await page.screenshot(), corners }
  } finally {
    await page.close()
  }
}

/** Uncompressed; Chromium can't show TIFF. */
export async function asTiff(browser, picture) {
  const page = await browser.newPage()
  try {
    const { width, height, pixels } = await page.evaluate(async (encoded) => {
      const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${encoded}`)).blob())
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')
      canvas.drawImage(bitmap, 0, 0)
      const { data } = canvas.getImageData(0, 0, bitmap.width, bitmap.height)
      return { width: bitmap.width, height: bitmap.height, pixels: Array.from({ length: data.length / 4 }, (_, i) => data[4 * i + 1]) }
    }, picture.toString('base64'))
    // Tag, type (3: two bytes, 4: four bytes), count, value.
    const tags = [[256, 4, width], [257, 4, height], [258, 3, 8], [259, 3, 1], [262, 3, 1], [273, 4, 8], [277, 3, 1], [278, 4, height], [279, 4, width * height]]
    const end = Buffer.alloc(2 + tags.length * 12 + 4)
    end.writeUInt16LE(tags.length, 0)
    tags.forEach(([tag, type, value], n) => {
      end.writeUInt16LE(tag, 2 + n * 12)
      end.writeUInt16LE(type, 4 + n * 12)
      end.writeUInt32LE(1, 6 + n * 12)
      end.writeUInt32LE(value, 10 + n * 12)
    })
    const head = Buffer.from('II*\0\0\0\0\0', 'latin1')
    head.writeUInt32LE(8 + pixels.length, 4)
    return Buffer.concat([head, Buffer.from(pixels), end])
  } finally {
    await page.close()
  }
}

export const DINNER = {
  title: '餐饮服务通用发票',
  rows: { 发票代码: '011002210021', 发票号码: '38200139', 开票日期: '2026年04月16日', 大写金额: '叁佰贰拾元整', 小写金额: '¥320.00' },
}

export function dinner(rows) {
  return { ...DINNER, rows: { ...DINNER.rows, ...rows } }
}

export const TAXI = {
  title: '出租汽车统一发票',
  rows: { 车号: '粤B-T0713', 上车: '08:15', 下车: '08:52', 里程: '12.6 公里', 小写金额: '¥46.00' },
}

export const PARKING = { title: 'PARKING', slip: true, rows: { 车位: 'B-217', 入场: '09:12', 出场: '11:40' } }

async function send(page, path, name, buffer) {
  const answer = await page.request.post(path, {
    multipart: { file: { name, mimeType: 'image/png', buffer } },
    headers: { Origin: new URL(page.url()).origin },
  })
  if (!answer.ok()) throw new Error(`${path}: ${await answer.text()}`)
  return answer.json()
}

/** Returns its action. */
export async function upload(page, name, picture) {
  return (await send(page, '/invoice/recognizeImage', name, picture)).action_id_list[0]
}

const KEYS = { 发票代码: 'invoice_code', 发票号码: 'invoice_id', 开票日期: 'date', 大写金额: 'money_cn', 小写金额: 'money' }

export async function learnDinner(browser, page) {
  await learn(browser, page, DINNER)
}

/** Waits until the box has the template. */
export async function learn(browser, page, paper) {
  const known = async () => (await (await page.request.get('/invoice/getAllModel')).json()).total
  const before = await known()
  const { picture, places } = await print(browser, paper)
  const { file_name } = await send(page, '/invoice/uploadModelOrigin', 'origin.png', picture)
  const areas = Object.entries(places).map(([label, place], n) => (KEYS[label] ? [KEYS[label], place] : [`own_${n}`, { ...place, name: label }]))
  const json_model = { global_setting: { label: paper.title, quota: 0 }, ...Object.fromEntries(areas) }
  const headers = { Origin: new URL(page.url()).origin }
  const added = await page.request.post('/invoice/addModel', { data: { modelAction: { json_model }, file_name, type: 0 }, headers })
  if (!added.ok()) throw new Error(await added.text())
  while ((await known()) === before) {
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** Incompressible, as BMP. */
export function noise(width, height) {
  const pixels = width * height * 3
  const head = Buffer.alloc(54)
  head.write('BM')
  head.writeUInt32LE(54 + pixels, 2)
  head.writeUInt32LE(54, 10)
  head.writeUInt32LE(40, 14)
  head.writeInt32LE(width, 18)
  head.writeInt32LE(height, 22)
  head.writeUInt16LE(1, 26)
  head.writeUInt16LE(24, 28)
  return Buffer.concat([head, randomBytes(pixels)])
}

export const DIGITAL_XML_NUMBER = '26322000004478296111'
const item = (name, amount, rate, tax) =>
  `<IssuItemInformation><ItemName>${name}</ItemName><MeaUnits>箱</MeaUnits><Quantity>2</Quantity><UnPrice>${amount / 2}</UnPrice><Amount>${amount}</Amount><TaxRate>${rate}</TaxRate><ComTaxAm>${tax}</ComTaxAm></IssuItemInformation>`
export const DIGITAL_XML = `<?xml version="1.0" encoding="utf-8"?>
<EInvoice><Header><EIid>${DIGITAL_XML_NUMBER}</EIid><InherentLabel><InIssuType><LabelCode>Y</LabelCode></InIssuType><GeneralOrSpecialVAT><LabelCode>02</LabelCode></GeneralOrSpecialVAT></InherentLabel></Header>
<EInvoiceData><SellerInformation><SellerIdNum>91350100M000100Y43</SellerIdNum><SellerName>示例科技有限公司</SellerName></SellerInformation>
<BuyerInformation><BuyerIdNum>12100000400000624D</BuyerIdNum><BuyerName>示例采购单位</BuyerName></BuyerInformation>
<BasicInformation><TotalAmWithoutTax>320.00</TotalAmWithoutTax><TotalTaxAm>40.20</TotalTaxAm><TotalTax-includedAmount>360.20</TotalTax-includedAmount><TotalTax-includedAmountInChinese>叁佰陆拾圆贰角整</TotalTax-includedAmountInChinese><Drawer>某某</Drawer></BasicInformation>
${item('*纸制品*复印纸', '300.00', '0.13', '39.00')}${item('*物流辅助服务*收派服务费', '20.00', '0.06', '1.20')}</EInvoiceData>
<TaxSupervisionInfo><InvoiceNumber>${DIGITAL_XML_NUMBER}</InvoiceNumber><IssueTime>2026-06-04</IssueTime></TaxSupervisionInfo></EInvoice>`
