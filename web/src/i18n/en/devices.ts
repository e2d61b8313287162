// Words in English: devices, their labels and conflicts.
import type words from '../zh-CN/devices'

export default {
  device: {
    serial: 'Serial number',
    time: 'Registered',
    state: 'Label',
    printed: 'Printed {n}×',
    history: 'Device and its labels',
    historyKey: 'Its labels (double click or Enter)',
    prints: 'Labels printed ({n})',
    noPrints: 'No label has been printed yet.',
    reason: 'Reason: {reason}',
    reprint: 'Reprint label…',
    waits: 'Nobody has confirmed the latest label yet. Did it come out?',
  },
  label: {
    new: 'To print',
    sent: 'Sent, not confirmed',
    printed: 'Printed',
    failed: 'Failed',
    unknown: 'Outcome unknown',
  },
  claim: {
    by: 'Printing: {name}',
    sameUser: 'Printing: {name}, other window',
    sameUserName: '{name} in another window',
  },
  conflicts: {
    title: 'Conflicts',
    explain: 'Registrations refused because the serial or CPUID belongs to another device',
    withSettled: 'Show settled',
    came: 'Asked to register',
    sameSn: 'Serial belongs to',
    sameCpuid: 'CPUID belongs to',
    when: '{time}, {user} ({ip})',
    times: ', {n} times since {first}',
    settled: 'Settled by {user}, {time}: {reason}',
    settle: 'Settle',
    reason: 'How it was settled',
    reasonHint: 'Or in other words',
    reasons: ['Reported twice by a station', 'Board replaced', 'Serial mistyped', 'New serial assigned'],
    done: 'Settled',
    none: 'No conflicts',
    noneNext: 'When a registration names a serial or CPUID that is taken, it is listed here to be settled.',
  },
} satisfies typeof words
