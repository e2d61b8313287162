// Words in English: faults and their review.
import type words from '../zh-CN/faults'

export default {
  faults: {
    total: '{n} in all',
    none: 'No faults',
    noneNext: 'Invoices that could not be read, or not surely, are listed here.',
    review: 'Review of invoice #{id}',
    unknownKind: 'Invoice of an unknown kind',
    accepted: 'Accepted',
    retry: 'Read again',
    resolve: 'Done',
    retried: 'It waits to be read again.',
    resolved: 'Invoice done.',
    gone: 'Somebody else has already dealt with this invoice.',
    keys: 'Enter accepts and goes to the next doubtful field, Tab moves; after the last field the next invoice comes by itself. Ctrl+Enter accepts the whole invoice, PageDown skips it. What a person enters or accepts is not overwritten when it is read again.',
    keysOnly: 'Enter or Ctrl+Enter is done with this invoice, PageDown skips it. You may not change invoices.',
    tickPage: 'All on this page',
    tick: 'Choose invoice #{id}',
    retrySome: 'Read chosen again ({n})',
    retryAll: 'Read all again',
    retryMatching: 'Read these again',
    retriedSome: '{n} invoices wait to be read again.',
    confirmAll: '{n} invoices will be read again. What people entered or accepted stays. Go on?',
  },
} satisfies typeof words
