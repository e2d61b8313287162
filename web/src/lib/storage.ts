// Small choices that stay with this browser. Storage may be switched off or hold nonsense: then the default counts.

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
    // The choice then lasts as long as the page.
  }
}
