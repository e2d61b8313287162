// English: the box's clock and time zone.
import type words from '../zh-CN/clock'

export default {
  clock: {
    none: 'No serials are allotted now: {why}',
    noneNow: 'The clock says {now} ({zone}). An administrator has to set it right; until then devices can be registered with a given serial.',
    zone: 'Time zone',
    zoneAsk: 'The time zone is not set. The clock goes by {zone} and says {now}; serials carry its week, and all records its time.',
    now: 'Clock',
    newest: 'Newest record',
    built: 'Program built',
    notSet: ' (not set, the system’s)',
  },
} satisfies typeof words
