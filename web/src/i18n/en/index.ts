// The English words, a file per subject.
import type { Words } from '../zh-CN'
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
import log from './log'
import system from './system'
import templates from './templates'

const words: Words = { ...shell, ...login, ...clock, ...devices, ...find, ...first, ...gun, ...labels, ...batches, ...looks, ...printers, ...prints, ...console, ...invoices, ...faults, ...paper, ...papers, ...people, ...portal, ...queue, ...log, ...system, ...templates }

export default words
