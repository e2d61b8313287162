// A scan gun, key by key with explicit times: it keeps its pace on slow machines.

const KEYS = {
  Enter: { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' },
  Tab: { key: 'Tab', code: 'Tab', windowsVirtualKeyCode: 9 },
  LineFeed: { key: 'j', code: 'KeyJ', windowsVirtualKeyCode: 74, modifiers: 2 },
}

const SUFFIXES = { cr: ['Enter'], lf: ['LineFeed'], crlf: ['Enter', 'Enter'], 'cr+lf': ['Enter', 'LineFeed'], tab: ['Tab'], none: [] }

/** `pace`: ms between two keys. */
export async function scan(page, text, { pace = 5, suffix = 'cr' } = {}) {
  const session = await page.context().newCDPSession(page)
  const began = Date.now()
  const keys = [...text, ...SUFFIXES[suffix]].flatMap((each, n) => {
    const timestamp = (began + (n + 1) * pace) / 1000
    const pressed = KEYS[each] ?? { key: each, text: each, ...(each === ' ' ? { code: 'Space', windowsVirtualKeyCode: 32 } : {}) }
    return [
      { type: 'keyDown', timestamp, ...pressed },
      { type: 'keyUp', timestamp: timestamp + 0.001, ...pressed, text: undefined },
    ]
  })
  // A gun does not wait for the page, however busy its machine is.
  await Promise.all(keys.map((key) => session.send('Input.dispatchKeyEvent', key)))
  await session.detach()
}

/** Without keys. */
export async function inject(page, text) {
  await page.keyboard.insertText(text)
}
