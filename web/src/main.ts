// Starts the pages: words, theme, routes.
import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/dark/css-vars.css'
import './styles.css'
import { createApp } from 'vue'
import App from './App.vue'
import { currentLocale, i18n, useLocale } from './i18n'
import { router } from './router'
import { applyTheme } from './state/theme'

applyTheme()
await useLocale(currentLocale())
createApp(App).use(i18n).use(router).mount('#app')
