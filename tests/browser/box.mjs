// A box on a fresh data directory, and a browser; both end with the file's tests.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { chromium } from 'playwright-core'

const START_MS = 60_000
const STOP_MS = 10_000
const SHOTS = join(import.meta.dirname, 'shots')

async function listening(child) {
  let said = ''
  return new Promise((resolve, reject) => {
    const giveUp = setTimeout(() => reject(new Error(`the box did not listen in time:\n${said}`)), START_MS)
    const end = (verb, value) => {
      clearTimeout(giveUp)
      verb(value)
    }
    child.stderr.on('data', (chunk) => (said += chunk))
    child.stdout.on('data', (chunk) => {
      said += chunk
      const url = /listening on (http:\/\/\S+)/.exec(said)?.[1]
      if (url) end(resolve, url.replace(/\/$/, ''))
    })
    child.once('exit', (code) => end(reject, new Error(`the box ended with ${code}:\n${said}`)))
    child.once('error', (error) => end(reject, error))
  })
}

/** `port`: fixed, for restarts; `host`: how it is reached; `https`: its HTTPS address, whose name is not announced. */
export async function startBox(port = 0, { host = '127.0.0.1', https = 'off' } = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'paperline-browser-'))
  const args = ['serve', '--data-dir', dir, '--http', `${host}:${port}`, '--https', https, '--mdns', 'off']
  const child = spawn(process.env.PAPERLINE_BIN, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  try {
    const url = await listening(child)
    const password = (await readFile(join(dir, 'initial-admin-password'), 'utf8')).trim()
    return { url, password, dir, child }
  } catch (error) {
    child.kill('SIGKILL')
    await rm(dir, { recursive: true, force: true })
    throw error
  }
}

export async function stopBox({ child, dir }) {
  if (child.exitCode === null) {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await ended
    clearTimeout(late)
  }
  await rm(dir, { recursive: true, force: true })
}

export function startBrowser() {
  return chromium.launch({
    executablePath: process.env.PAPERLINE_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** `prepare` runs once box and browser are ready. */
export function stage(prepare) {
  const on = { box: null, browser: null, open, shot }
  let complaints = []

  before(async () => {
    mkdirSync(SHOTS, { recursive: true })
    on.box = await startBox()
    on.browser = await startBrowser()
    await prepare?.()
  })

  after(async () => {
    await on.browser?.close()
    if (on.box) await stopBox(on.box)
  })

  async function open({ locale = 'zh-CN', width = 1280, height = 800 } = {}) {
    const context = await on.browser.newContext({ locale, viewport: { width, height }, baseURL: on.box.url })
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      // Reported for every unsuccessful answer; the tests check those themselves.
      const isAnswer = message.text().startsWith('Failed to load resource: the server responded')
      if (message.type() === 'error' && !isAnswer) complaints.push(message.text())
    })
    return page
  }

  async function shot(page, name) {
    await page.screenshot({ path: join(SHOTS, `${name}.png`) })
  }

  /** `expected` matches errors that the test provoked. */
  on.quiet = (expected) => {
    const said = complaints.filter((text) => !expected?.test(text))
    complaints = []
    assert.deepEqual(said, [], 'the page wrote errors to its console')
  }

  return on
}

export async function logIn(page, name, password) {
  await page.goto('/login')
  await page.fill('input[name=username]', name)
  await page.fill('input[name=passwd]', password)
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.pathname !== '/login')
}

/** Past the question of whoever has a password that somebody else chose. */
export async function chooseOwn(page, old, own) {
  for (const [label, value] of [['当前密码', old], ['新密码', own], ['确认新密码', own]]) await page.getByLabel(label, { exact: true }).fill(value)
  await page.click('[data-test=save-password]')
  await page.locator('[data-test=must-change]').waitFor({ state: 'detached' })
}

export async function post(page, path, data) {
  const answer = await page.request.post(path, { data, headers: { Origin: new URL(page.url()).origin } })
  assert.equal(answer.status(), 200, `${path}: ${await answer.text()}`)
  return answer.json()
}

/** The picture of a label that is to be printed, once it is there: the pair that it is of, its size in mm, its bytes. */
export async function labelShown(label) {
  return label.locator('img').evaluate(async (img) => {
    await img.decode()
    const mm = (px) => (px * 25.4) / 96
    const { width, height } = img.getBoundingClientRect()
    return { of: img.alt, mm: [mm(width), mm(height)], dots: [img.naturalWidth, img.naturalHeight], png: img.src.replace('data:image/png;base64,', '') }
  })
}

/** The same label as printers get it. `asked`: what the page asked its pictures of. */
export async function labelOfPrinters(page, { devices: _, ...look }, sn) {
  return (await post(page, '/api/labels/preview', { ...look, sn })).png
}

/** In another browser, with a password of their own. */
export async function hire(on, page, name, permissions, look) {
  const user = { user_name: name, passwd: 'given-to-them', permissions }
  const made = await page.request.post('/api/users', { data: user, headers: { Origin: new URL(page.url()).origin } })
  assert.equal(made.status(), 201, await made.text())
  const his = await on.open(look)
  await his.request.post('/login', { data: { username: name, passwd: user.passwd } })
  const own = { passwd: 'long-enough-1', old_passwd: user.passwd }
  const changed = await his.request.post(`/api/users/${(await made.json()).user_id}/password`, { data: own })
  assert.equal(changed.status(), 200, await changed.text())
  await logIn(his, name, own.passwd)
  return his
}

const axe = await readFile(new URL('./node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')

/** Serious problems of accessibility, in words. */
export async function problems(page) {
  await page.evaluate(axe)
  // Colours on their way are nobody's; what spins for ever is.
  await page.waitForFunction(() => document.getAnimations().every((each) => each.playState !== 'running' || each.effect?.getComputedTiming().endTime === Infinity))
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join('; ')}`)
}
