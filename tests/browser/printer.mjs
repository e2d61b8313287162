// A label printer for the pages' tests: tests/printer.py, as strict as real ones.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const PRINTER = join(import.meta.dirname, '..', 'printer.py')

/** `mode`: as it is at first. */
export async function startPrinter(mode = 'ready') {
  const child = spawn('python3', [PRINTER, '--language', 'zpl', '--mode', mode], { stdio: ['pipe', 'pipe', 'inherit'] })
  const events = []
  const waiting = new Set()
  createInterface({ input: child.stdout }).on('line', (line) => {
    events.push(JSON.parse(line))
    for (const look of waiting) look()
  })

  /** The first event that fits, also of those that have been. */
  function until(fits) {
    return new Promise((resolve) => {
      const look = () => {
        const found = events.find(fits)
        if (!found) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    })
  }

  const { port } = await until(({ event }) => event === 'listening')
  return {
    port,
    until,
    /** How many labels have arrived whole. */
    arrived: () => events.filter(({ event }) => event === 'label').length,
    faults: () => events.filter(({ event }) => event === 'fault' || event === 'second_connection'),
    say: (command) => child.stdin.write(`${JSON.stringify(command)}\n`),
    stop: async () => {
      const ended = once(child, 'exit')
      child.stdin.end()
      await ended
    },
  }
}
