// Runs every case file one after the other. PAPERLINE_BIN: the built binary. PAPERLINE_SAMPLES: a folder with
// quota-invoice.bmp, for the cases that read one. PAPERLINE_CHROMIUM: the browser, /usr/bin/chromium if not given.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

const binary = process.env.PAPERLINE_BIN
if (!binary || !existsSync(binary)) {
  console.error(`PAPERLINE_BIN must name the built binary${binary ? `; there is none at ${binary}` : ''}`)
  process.exit(2)
}

const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.test.mjs'))
  .sort()
  .map((name) => join(import.meta.dirname, name))

// One at a time: each has a box and a browser, and a small machine has no room for more.
run({ files, concurrency: 1 })
  .on('test:fail', () => (process.exitCode = 1))
  .compose(new spec())
  .pipe(process.stdout)
