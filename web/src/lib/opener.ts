// Where the focus was when a dialog was opened, to give it back: a button that was busy has lost it by the time its dialog closes.
export function rememberOpener(): () => void {
  const opener = document.activeElement
  return () => {
    if (document.activeElement === document.body && opener instanceof HTMLElement) opener.focus()
  }
}
