// English: the search of all pages.
import type words from '../zh-CN/find'

export default {
  find: {
    title: 'Find',
    placeholder: 'A page, #5, an invoice number, a sum, a serial…',
    hint: 'A page’s name, #5 (invoice 5), task 5, an invoice number, a date, a sum, a file’s name, a serial, a CPUID, a template, a user, or words of the log.',
    looking: 'Looking…',
    found: '{n} found. ↑ ↓ to choose, Enter to open',
    none: 'Nothing found for “{text}”',
    recent: 'Opened lately',
    all: 'See all {n}',
    group: { pages: 'Pages', invoices: 'Invoices', tasks: 'Tasks', devices: 'Devices', templates: 'Templates', people: 'Users', log: 'Log' },
  },
} satisfies typeof words
