// Writes a .br and .gz beside each built file worth it, so that the box never compresses.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const worth = 1024
const text = /\.(html|js|css|svg|json|txt|map)$/
const dist = fileURLToPath(new URL('./dist/', import.meta.url))

let before = 0
let after = 0
for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !text.test(entry.name)) continue
  const path = join(entry.parentPath ?? entry.path, entry.name)
  const body = await readFile(path)
  if (body.length < worth) continue
  const brotli = await promisify(brotliCompress)(body, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
    },
  })
  await writeFile(`${path}.br`, brotli)
  await writeFile(`${path}.gz`, await promisify(gzip)(body, { level: 9 }))
  before += body.length
  after += brotli.length
}
const kb = (n) => `${(n / 1024).toFixed(0)} KB`
console.log(`compressed ${kb(before)} to ${kb(after)} (brotli)`)
