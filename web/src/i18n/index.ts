// The pages' language: the stored choice, or else the browser's. Loads only that language.
import type { Language } from 'element-plus/es/locale'
import { shallowRef } from 'vue'
import { createI18n } from 'vue-i18n'
import { readSetting, writeSetting } from '../lib/storage'

export const LOCALES = ['zh-CN', 'en'] as const
export type Locale = (typeof LOCALES)[number]

export const LOCALE_NAMES: Record<Locale, string> = { 'zh-CN': '中文', en: 'English' }

const STORED = 'language'

const loaders: Record<Locale, () => Promise<[Record<string, unknown>, Language]>> = {
  'zh-CN': async () => {
    const [words, parts] = await Promise.all([import('./zh-CN'), import('element-plus/es/locale/lang/zh-cn')])
    return [words.default, parts.default]
  },
  en: async () => {
    const [words, parts] = await Promise.all([import('./en'), import('element-plus/es/locale/lang/en')])
    return [words.default, parts.default]
  },
}

export const i18n = createI18n({
  legacy: false,
  locale: preferred() as string,
  fallbackLocale: false,
  messages: {},
  missingWarn: true,
})

/** For Element Plus's own texts (date picker, dialogs). */
export const partsLocale = shallowRef<Language>()

function preferred(): Locale {
  const stored = readSetting<string>(STORED, '')
  const known = LOCALES.find((locale) => locale === stored)
  if (known) return known
  return navigator.languages.some((tag) => tag.toLowerCase().startsWith('zh')) ? 'zh-CN' : 'en'
}

export function currentLocale(): Locale {
  return i18n.global.locale.value as Locale
}

export async function useLocale(locale: Locale): Promise<void> {
  const [words, parts] = await loaders[locale]()
  i18n.global.setLocaleMessage(locale, words)
  i18n.global.locale.value = locale
  partsLocale.value = parts
  document.documentElement.lang = locale
}

export async function chooseLocale(locale: Locale): Promise<void> {
  writeSetting(STORED, locale)
  await useLocale(locale)
}
