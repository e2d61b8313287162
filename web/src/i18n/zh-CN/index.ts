// The Chinese words, a file per subject; other languages must have the same shape.
import shell from './shell'
import login from './login'
import clock from './clock'
import devices from './devices'
import find from './find'
import first from './first'
import gun from './gun'
import labels from './labels'
import batches from './batches'
import looks from './looks'
import printers from './printers'
import prints from './prints'
import console from './console'
import invoices from './invoices'
import faults from './faults'
import paper from './paper'
import papers from './papers'
import people from './people'
import portal from './portal'
import queue from './queue'
import reach from './reach'
import log from './log'
import system from './system'
import templates from './templates'

const words = { ...shell, ...login, ...clock, ...devices, ...find, ...first, ...gun, ...labels, ...batches, ...looks, ...printers, ...prints, ...console, ...invoices, ...faults, ...paper, ...papers, ...people, ...portal, ...queue, ...reach, ...log, ...system, ...templates }

export type Words = typeof words
export default words
