// Runs all test files, or the named ones. PAPERLINE_BIN: the built binary. PAPERLINE_SAMPLES: a folder with quota-invoice.bmp, for
// tests that read it. PAPERLINE_CHROMIUM: the browser (/usr/bin/chromium). PAPERLINE_SKIPPED: the file that gets a line for each
// skipped test.
import { appendFileSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

const binary = process.env.PAPERLINE_BIN
if (!binary || !existsSync(binary)) {
  console.error(`PAPERLINE_BIN must name the built binary${binary ? `; there is none at ${binary}` : ''}`)
  process.exit(2)
}

const named = process.argv.slice(2)
const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.test.mjs') && (!named.length || named.includes(name)))
  .sort()
  .map((name) => join(import.meta.dirname, name))

/** Skipped for want of a real paper, not because of the machine. */
const PAPER = 'paper: '

function count({ name, skip }) {
  if (skip === undefined || skip === false || !process.env.PAPERLINE_SKIPPED) return
  const why = typeof skip === 'string' && skip ? skip : 'no reason is given'
  const [kind, words] = why.startsWith(PAPER) ? ['paper', why.slice(PAPER.length)] : ['skip', why]
  appendFileSync(process.env.PAPERLINE_SKIPPED, `${kind}: ${name}: ${words}\n`)
}

// Each has a box and a browser: too much for small machines at once.
run({ files, concurrency: 2 })
  .on('test:fail', () => (process.exitCode = 1))
  .on('test:pass', count)
  .compose(new spec())
  .pipe(process.stdout)
