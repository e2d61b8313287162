// Light or dark: the stored choice, or else the system's.
import { ref, watchEffect } from 'vue'
import { readSetting, writeSetting } from '../lib/storage'

const system = window.matchMedia('(prefers-color-scheme: dark)')
const stored = readSetting<boolean | null>('dark', null)

export const dark = ref(stored ?? system.matches)

let chosen = stored !== null
system.addEventListener('change', (event) => {
  if (!chosen) dark.value = event.matches
})

export function toggleDark(): void {
  chosen = true
  dark.value = !dark.value
  writeSetting('dark', dark.value)
}

export function applyTheme(): void {
  watchEffect(() => document.documentElement.classList.toggle('dark', dark.value))
}
