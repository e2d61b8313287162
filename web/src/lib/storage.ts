// Settings of this browser. If storage is off or corrupt, the default counts.

const PREFIX = 'paperline.'

export function readSetting<T>(name: string, fallback: T): T {
  try {
    const text = localStorage.getItem(PREFIX + name)
    return text === null ? fallback : (JSON.parse(text) as T)
  } catch {
    return fallback
  }
}

export function writeSetting(name: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value))
  } catch {
    // Then it lasts as long as the page.
  }
}
