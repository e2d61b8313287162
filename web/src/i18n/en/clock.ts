// English: the box's clock and time zone.
import type words from '../zh-CN/clock'

export default {
  clock: {
    none: 'No serials are allotted now: {why}',
    noneNow: 'The clock says {now} ({zone}). An administrator has to set it right; until then devices can be registered with a given serial.',
    zone: 'Time zone',
    zoneAsk: 'Is this the time? The time zone is not set, and the clock goes by {zone}; serials carry its week, and all records its time.',
    ofBox: 'The box’s clock',
    ofBoxIn: 'System time with {zone}',
    ofBrowser: 'This browser’s clock',
    off: 'The box’s clock is wrong',
    ahead: 'The box’s clock is {span} ahead of this browser’s.',
    behind: 'The box’s clock is {span} behind this browser’s.',
    set: 'Set the clock on the server: on Linux with timedatectl set-ntp true, on Windows under Settings – Time & language – Date & time with Sync now. If it is this browser that is wrong, set this device’s.',
    now: 'Clock',
    newest: 'Newest record',
    built: 'Program built',
    notSet: ' (not set, the system’s)',
  },
} satisfies typeof words
