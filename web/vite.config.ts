// How pages are bundled: a chunk per page, hashed names under /assets/, no eval, no inline scripts.
import vue from '@vitejs/plugin-vue'
import ElementPlus from 'unplugin-element-plus/vite'
import { defineConfig } from 'vite'

const box = process.env.PAPERLINE_URL ?? 'http://127.0.0.1:8080'
// `changeOrigin` rewrites only Host; the box compares Origin with it.
const proxied = { target: box, changeOrigin: true, ws: true, headers: { origin: box } }
// At these paths the box answers GET with a page and POST with an API; only POST is proxied.
const postOnly = {
  ...proxied,
  bypass: (req: { method?: string; url?: string }) => (req.method === 'GET' ? req.url : undefined),
}

export default defineConfig({
  plugins: [vue(), ElementPlus({})],
  define: {
    __VUE_OPTIONS_API__: 'true', // Element Plus still has such components.
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
  },
  build: {
    target: 'es2022',
    // A data: URL would load with the script that names it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Not for the box: scripts/dist puts it into the archives.
    license: { fileName: 'licences.md' },
    rolldownOptions: {
      output: {
        // Shared parts go into two files, instead of a request for each part.
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
