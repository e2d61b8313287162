// English: what is printed.
import type words from '../zh-CN/paper'

export default {
  paper: {
    print: 'Print',
    invoice: 'Invoice #{id} · {label}',
    invoices: 'List of invoices',
    all: 'All invoices',
    words: 'Search',
    is: '{name}: {words}',
    rising: 'By {column}, rising',
    falling: 'By {column}, falling',
    part: 'Only the first {n} of {total} are printed here. The sums are of all of them.',
    rows: 'Only {n} rows are printed here; the export has the others.',
    pages: 'Only the first {n} of {all} pages are printed here.',
    counted: 'Counted',
    notCounted: 'Not counted',
    printed: 'Printed by {user}, {time}',
  },
} satisfies typeof words
