// How the pages are bundled: one chunk a page, hashed names under /assets/, nothing that needs eval or an inline script.
import vue from '@vitejs/plugin-vue'
import ElementPlus from 'unplugin-element-plus/vite'
import { defineConfig } from 'vite'

const box = process.env.PAPERLINE_URL ?? 'http://127.0.0.1:8080'
// `changeOrigin` rewrites Host alone; the box compares Origin with it, so both must name the box.
const proxied = { target: box, changeOrigin: true, ws: true, headers: { origin: box } }
// The box answers a page at GET of these paths and an API at POST; only the latter is proxied.
const postOnly = {
  ...proxied,
  bypass: (req: { method?: string; url?: string }) => (req.method === 'GET' ? req.url : undefined),
}

export default defineConfig({
  plugins: [vue(), ElementPlus({})],
  define: {
    __VUE_OPTIONS_API__: 'true', // Element Plus still has components written so
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
  },
  build: {
    target: 'es2022',
    // A picture turned into a data: URL would be loaded with the script that names it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What several pages share comes in two files; by itself each of its parts would be a request.
        codeSplitting: {
          groups: [
            { name: 'base', test: /node_modules[\\/](@?vue|@intlify|vue-|@vueuse)/, priority: 2 },
            { name: 'parts', test: /node_modules/, minShareCount: 3, priority: 1 },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      '^/(login|logout)$': postOnly,
      '^/(me|search|searchNoPrint|switchPrintStatus|printQRCode|registerDevice|socketNoPrint)$': proxied,
      '^/(api|invoice)/': proxied,
    },
  },
})
