// English: what a new box asks for, and what its empty pages offer.
import type words from '../zh-CN/first'

export default {
  first: {
    nameAsk: 'The company has no name yet. It is shown with invoices, in exports and in the log.',
    name: 'Company name (optional)',
    language: 'Language',
    keep: 'Use these',
    later: 'Later',
    kept: 'Saved. You can change them later under System and Users.',
    drop: 'Drop papers',
    draw: 'Draw a template',
    sample: 'Try a sample',
    sampleHint: 'The sample is a made-up invoice, marked 样张 (specimen) in its fields. Void it on its own page when you have seen enough.',
    sampleFile: 'sample-样张.xml',
    station: 'How a test station registers a device',
    stationHow: 'Run it on the test station, with the device’s CPUID instead of 39FFD6. The box allots the serial.',
    stationTrust: 'The first line is needed once: it fetches the box’s certificate, by which later requests know that it is this box.',
    stationToken: 'Put an access token where it says TOKEN. If you have none, ask an administrator.',
    command: 'Command that registers a device',
    tokenHere: 'TOKEN',
    makeToken: 'Make a token and fill it in',
    tokenName: 'Test station',
    made: 'A token for a test station',
    copyCommand: 'Copy the command',
    copied: 'Command copied.',
    notCopied: 'The browser does not allow copying. Select the command and copy it yourself.',
  },
} satisfies typeof words
