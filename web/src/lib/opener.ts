// Restores the focus after a dialog: a busy button has lost it by then.
export function rememberOpener(): () => void {
  const opener = document.activeElement
  return () => {
    if (document.activeElement === document.body && opener instanceof HTMLElement) opener.focus()
  }
}
