// English: scan guns.
import type words from '../zh-CN/gun'

export default {
  gun: {
    title: 'Scan gun settings',
    short: 'Scan gun',
    catcher: 'Scanner input',
    explain: 'Scan the code below. Its pace, suffix and prefix are learnt from it.',
    waiting: 'Waiting for a scan…',
    learnt: 'This scan gun is learnt and ready.',
    other: 'Heard “{text}”, which is not the code above. Set the gun to a US English keyboard, switch to an English input method, and scan again.',
    case: 'Heard “{text}”: upper and lower case are swapped. Turn off Caps Lock on the keyboard or the gun, and scan again.',
    gap: 'Longest gap between keys (ms)',
    suffix: 'Suffix',
    prefix: 'Prefix',
    noPrefix: 'None',
    any: 'Found out by itself',
    suffixes: { cr: 'Enter (CR)', lf: 'Line feed (LF)', crlf: 'CR LF', tab: 'Tab', none: 'None' },
    kept: 'Kept in this browser. Once for each computer and gun is enough.',
    forget: 'Find out by itself again',
  },
} satisfies typeof words
