// The pages' addresses and who may open them; each page loads when first needed.
import { createRouter, createWebHistory, type RouteLocationNormalized } from 'vue-router'
import type { Page, Right } from './api/wire'
import Nothing from './pages/Nothing.vue'
import { canAny, ensureKnown, user } from './state/session'

declare module 'vue-router' {
  interface RouteMeta {
    /** Message key below `title`. */
    title: string
    /** Any of these opens the page; absent: open to everyone. */
    rights?: Right[]
    open?: boolean
    /** Without the menu. */
    bare?: boolean
    /** Which page of the invoice feed to watch. */
    feed?: Page
  }
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/login', name: 'login', component: () => import('./pages/Login.vue'), meta: { title: 'login', open: true } },
    { path: '/', name: 'home', component: Nothing, props: { why: 'norights' }, meta: { title: 'home' } },
    {
      path: '/labels',
      name: 'labels',
      component: () => import('./pages/Labels.vue'),
      meta: { title: 'labels', rights: ['device-r'] },
    },
    {
      path: '/handheld',
      name: 'handheld',
      component: () => import('./pages/Handheld.vue'),
      meta: { title: 'handheld', rights: ['device-r'], bare: true },
    },
    {
      path: '/console',
      name: 'console',
      component: () => import('./pages/Console.vue'),
      meta: { title: 'console', rights: ['console-r'], feed: 'console' },
    },
    {
      path: '/templates',
      name: 'templates',
      component: () => import('./pages/Templates.vue'),
      meta: { title: 'templates', rights: ['model-r'], feed: 'models' },
    },
    {
      path: '/templates/new',
      name: 'template-new',
      component: () => import('./pages/TemplateEditor.vue'),
      props: ({ query }) => (Number(query.invoice) > 0 ? { invoice: Number(query.invoice) } : {}),
      meta: { title: 'templateNew', rights: ['model-rw'], feed: 'models' },
    },
    {
      path: '/templates/:id(\\d+)',
      name: 'template',
      component: () => import('./pages/TemplateEditor.vue'),
      props: (route) => ({ id: Number(route.params.id) }),
      meta: { title: 'template', rights: ['model-rw'], feed: 'models' },
    },
    {
      path: '/queue',
      name: 'queue',
      component: () => import('./pages/Queue.vue'),
      meta: { title: 'queue', rights: ['queue-r'], feed: 'queue' },
    },
    {
      path: '/faults',
      name: 'faults',
      component: () => import('./pages/Faults.vue'),
      meta: { title: 'faults', rights: ['fault-r'], feed: 'faults' },
    },
    {
      path: '/invoices',
      name: 'invoices',
      component: () => import('./pages/Invoices.vue'),
      meta: { title: 'invoices', rights: ['invoice-r'] },
    },
    {
      path: '/invoices/:id(\\d+)',
      name: 'invoice',
      component: () => import('./pages/Invoice.vue'),
      props: (route) => ({ id: Number(route.params.id) }),
      meta: { title: 'invoice', rights: ['invoice-r'] },
    },
    {
      path: '/invoices/portal',
      name: 'portal',
      component: () => import('./pages/Portal.vue'),
      meta: { title: 'portal', rights: ['invoice-r'] },
    },
    {
      path: '/account',
      name: 'account',
      component: () => import('./pages/Account.vue'),
      meta: { title: 'account' },
    },
    {
      path: '/people',
      name: 'people',
      component: () => import('./pages/People.vue'),
      meta: { title: 'people', rights: ['user-r', 'group-r'], feed: 'users' },
    },
    {
      path: '/log',
      name: 'log',
      component: () => import('./pages/Log.vue'),
      meta: { title: 'log', rights: ['log-r'], feed: 'log' },
    },
    {
      path: '/system',
      name: 'system',
      component: () => import('./pages/System.vue'),
      meta: { title: 'system', rights: ['system-rw'] },
    },
    {
      path: '/:rest(.*)*',
      name: 'unknown',
      component: Nothing,
      props: { why: 'unknown' },
      meta: { title: 'unknown' },
    },
  ],
})

/** Menu order. */
export const MENU = ['labels', 'console', 'queue', 'faults', 'invoices', 'templates', 'log', 'people', 'system'] as const

export function mayOpen(name: string): boolean {
  const rights = router.getRoutes().find((route) => route.name === name)?.meta.rights
  return rights === undefined || canAny(rights)
}

/** Only paths of this site: the query may come from anybody. */
export function wantedPath(query: unknown): string {
  return typeof query === 'string' && /^\/(?![/\\])/.test(query) ? query : '/'
}

async function guard(to: RouteLocationNormalized) {
  try {
    await ensureKnown()
  } catch {
    // Box unreachable: the login page says so.
  }
  if (to.name === 'login') return user.value ? wantedPath(to.query.next) : true
  if (!user.value) return { name: 'login', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
  if (to.name === 'home') {
    const first = MENU.find(mayOpen)
    return first ? { name: first, replace: true } : true
  }
  return true
}

router.beforeEach(guard)
