// Starts the pages: words, theme, routes.
import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/dark/css-vars.css'
import './styles.css'
import { createApp } from 'vue'
import App from './App.vue'
import { currentLocale, i18n, useLocale } from './i18n'
import { router } from './router'
import { applyTheme } from './state/theme'

// An updated box no longer has the old pages' chunks: reload.
window.addEventListener('vite:preloadError', (event) => {
  const last = Number(sessionStorage.getItem('paperline.reloaded') ?? 0)
  if (Date.now() - last < 10_000) return
  event.preventDefault()
  sessionStorage.setItem('paperline.reloaded', String(Date.now()))
  location.reload()
})

applyTheme()
await useLocale(currentLocale())
createApp(App).use(i18n).use(router).mount('#app')
