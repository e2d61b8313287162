// Text for other programs.

/** The clipboard API needs a secure page; elsewhere the old way. `select`: where the text stands selectable on the page. */
export async function copyText(text: string, select?: () => void): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    if (select) {
      select()
      return document.execCommand('copy')
    }
    const field = document.createElement('textarea')
    field.value = text
    document.body.append(field)
    field.select()
    try {
      return document.execCommand('copy')
    } finally {
      field.remove()
    }
  }
}
