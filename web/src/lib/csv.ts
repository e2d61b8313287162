// Files made by the page.

function cell(value: string | number): string {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

export function csv(header: string[], rows: (string | number)[][]): string {
  return [header, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

/** Spreadsheets need the byte order mark for Chinese. */
export function download(name: string, text: string): void {
  save(name, new Blob(['\ufeff', text], { type: 'text/csv;charset=utf-8' }))
}

export function save(name: string, contents: Blob): void {
  const address = URL.createObjectURL(contents)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  URL.revokeObjectURL(address)
}
