// Made of the box's sources: src/http/wire/operations.rs says what the wire has. Not to be changed by hand: what is written here is lost when
// it is made anew (CONTRIBUTING.md says how).

/** By their names. */
export const RIGHTS = {
  'model-r': 1,
  'model-rw': 2,
  'invoice-r': 5,
  'invoice-rw': 6,
  'console-r': 7,
  'log-r': 8,
  'queue-r': 9,
  'fault-r': 10,
  'user-r': 11,
  'user-rw': 14,
  'console-rw': 15,
  'log-rw': 16,
  'queue-rw': 17,
  'fault-rw': 18,
  'group-r': 19,
  'group-rw': 20,
  'device-r': 101,
  'device-rw': 102,
  'system-rw': 103,
} as const

export type Right = keyof typeof RIGHTS

/** The pages of the invoice socket. */
export const PAGES = {
  queue: 1,
  console: 2,
  models: 3,
  faults: 4,
  log: 5,
  users: 6,
} as const

export type Page = keyof typeof PAGES

/** Of these, a page needs one. */
export const PAGE_RIGHTS: Record<Page, Right[]> = {
  queue: ['queue-r'],
  console: ['console-r'],
  models: ['model-r'],
  faults: ['fault-r'],
  log: ['log-r'],
  users: ['user-r', 'group-r'],
}

export interface Done {
  sucess: string
}

export interface ReqStatus {
  reqStatus: 'sucess'
}

export interface Device {
  DeviceSN: string
  CPUID: string
  register_time: string
  status: 0 | 1
  print_count: number
  /** Of labels that were sent or said to have come out, whatever became of them. */
  sent_count: number
  label: Label
  /** Of labels on their way to a printer that nobody has answered for. */
  sent_by: string | null
  sent_time: string | null
}

export interface WholeDevice extends Device {
  retired: boolean
  /** Newest first. */
  history: { time: string; user_name: string | null; what: 'registered' | 'cpuid' | 'retired' | 'sent' | 'printed' | 'failed' | 'unknown' | 'unprinted'; from: string | null; to: string | null; reason: string }[]
}

export interface Import {
  import_id: number
  time: string
  user_name: string
  file: string
  created: number
  undone: boolean
  can_undo: boolean
  why: string | null
}

export interface LabelLook {
  label_id: number
  name: string
  width_mm: number
  height_mm: number
  gap_mm: number
  /** Clockwise. */
  rotate: 0 | 90 | 180 | 270
  elements: { kind: 'qr' | 'datamatrix' | 'code128' | 'text' | 'logo'; x_mm: number; y_mm: number; w_mm: number; h_mm: number; /** `{SN}`, `{CPUID}`, `{date}` and `{batch}` stand for the device's own, `{company}` for the name of the box's first company; of a logo it says what it shows. */ value: string }[]
}

export interface LabelPicture {
  /** Base64. */
  png: string
  /** In dots. */
  width: number
  height: number
  codes: { /** From 0. */ element: number; dots_per_module: number; /** Large enough, and read back from the picture. */ readable: boolean }[]
}

export interface Printer {
  printer_id: number
  name: string
  language: 'zpl' | 'tspl'
  address: string
  dpi: 203 | 300 | 600
  label_id: number
  /** In dots. */
  offset_x: number
  offset_y: number
  /** Labels side by side. */
  across: number
  /** Between them. */
  across_gap_mm: number
  /** Prints what stations register. */
  auto_print: boolean
  state: PrinterState
  /** Null before it was asked. */
  since: string | null
}

export interface Batch {
  batch_id: number
  name: string
  expected: number
  first: string
  last: string
  began: string
  closed: string | null
}

export interface BatchStanding extends Batch {
  registered: number
  printed: number
  /** Scanned by a person. */
  confirmed: number
  missing: number
  /** The first of them, as are the others. */
  missing_named: string[]
  extra: number
  /** There may be more. */
  extra_is_least: boolean
  extra_named: string[]
  unprinted: string[]
}

export type PrinterState = 'ready' | 'printing' | 'out_of_labels' | 'open' | 'paused' | 'jammed' | 'offline' | 'silent'

export type Fate = 'waiting' | 'sent' | 'printed' | 'failed' | 'unknown'

export interface PrintJob {
  job_id: number
  printer_id: number
  printer_name: string
  time: string
  user_name: string
  reason: string
  copies: number
  over: boolean
  cancelled_by: string | null
  /** Devices, as are the others. */
  waiting: number
  sent: number
  printed: number
  failed: number
  unknown: number
}

export type Label = 'new' | 'sent' | 'printed' | 'failed' | 'unknown'

export interface Pair {
  DeviceSN: string
  CPUID: string
}

export interface Other extends Pair {
  retired?: boolean
}

export interface Registration {
  DeviceSN: string | null
  CPUID: string
  status: 'created' | 'exists' | 'conflict' | 'refused'
  with?: Other
  err?: string
}

export type Claims = Record<string, { user_id: number; user_name: string; until: string }>

export interface Conflict {
  conflict_id: number
  kind: 'registration' | 'twins'
  DeviceSN: string
  CPUID: string
  same_sn: Pair | null
  same_cpuid: Pair | null
  first_time: string
  last_time: string
  times: number
  user_name: string
  user_ip: string
  settled: { time: string; user_name: string; reason: string; decision: 'keep' | 'replace' } | null
}

export interface Company {
  company_id: number
  company_name: string
}

export interface GroupName {
  group_id: number
  group_name: string
}

export interface Permission {
  permission_id: number
  permission_name: string
  /** His own, whatever his group gives him. */
  isPrivate: 0 | 1
  origin_groups: GroupName[]
}

export interface Group {
  group_id: number
  group_name: string
  company_id: number
  company_name: string
  group_register_time: string
  permissions: { permission_id: number; permission_name: string }[]
}

export interface User {
  user_id: number
  user_name: string
  company_id: number
  company_name: string
  user_register_time: string
  locked: boolean
  default_password?: boolean
  /** Somebody else chose it. */
  must_change_password?: boolean
  /** The box's. */
  timezone?: string
  groups: GroupName[]
  permissions: Permission[]
}

export type Corners = number[][]

export interface Position {
  x: number
  y: number
  w: number
  h: number
}

export type Candidates = { model_id: number; model_label: string; score: number; reason: string }[]

export type Kind = 'digital_normal' | 'digital_special' | 'digital_rail' | 'digital_air' | 'vat_e_normal' | 'vat_e_special' | 'vat_normal' | 'vat_special' | 'vat_roll' | 'vat_toll' | 'vehicle' | 'taxi' | 'train' | 'quota' | 'machine' | 'fiscal' | 'template' | 'unknown'

export type Source = 'xml' | 'ofd' | 'pdf' | 'qr' | 'ocr' | 'person'

export type Doubt = 'read_apart' | 'left_out' | 'under_seal' | 'cut' | 'overrun' | 'beside' | 'adjoined' | 'corrected' | 'unlike_specimen' | 'beyond_picture' | 'loose_place' | 'rival' | 'unread' | 'other_label' | 'struck'

export interface Lowered {
  doubt: Doubt
  /** Of the probability, 0 to 1. */
  by: number
}

export type RegionList = Record<string, { position: Position | null; ocr_result: string; probability: number; status: number; source: Source; /** Of the file, from 1. */ page: number; /** What had lowered the probability of what was read. */ doubts?: Lowered[] }>

export interface Item {
  name: string
  spec: string
  unit: string
  quantity: string
  price: string
  amount: string
  tax_rate: string
  tax: string
}

export interface Fault {
  invoice_id: number
  action_id: number
  model_id: number | null
  user_name: string
  company_name: string
  invoice_url: string
  recognize_time: string
  region_list: RegionList
  reason: string
}

export type InvoiceOrder = 'date' | '-date' | 'amount' | '-amount' | 'time' | '-time' | 'seller' | '-seller'

export type State = 'passed' | 'waiting' | 'reading' | 'reviewed'

export interface Void {
  user_name: string
  time: string
  reason: string
}

export interface Duplicate {
  /** Of a surer file, or earlier. */
  of: number
  decision: 'duplicate' | 'distinct' | null
  user_name: string | null
  time: string | null
  /** The pos_ids of what that one says otherwise; empty where they were found distinct. */
  differs: string[]
}

export interface Part {
  count: number
  fen: number
}

export interface Sums {
  confirmed: Part
  waiting: Part
  duplicate: Part
  void: Part
  without_amount: number
}

export type Reasons = { text: string; /** Those that it doubts. */ areas: { pos_id: string; /** What it says stands there. */ text: string | null }[]; /** It says no more than its area's probability does. */ of_certainty?: boolean }[]

export interface OpenFault extends Invoice {
  /** The others who have it open. */
  open_by: string[]
}

export interface Invoice {
  invoice_id: number
  action_id: number
  model_id: number | null
  kind: Kind
  source: 'xml' | 'ofd' | 'pdf' | 'picture'
  /** On how many pages of its file it stands. */
  pages: number
  first_page: number
  items: Item[]
  is_fault: 0 | 1
  /** In the sum of those that are confirmed. */
  counted: boolean
  reason: string
  /** As they were found when it was read; none where it was no fault. */
  reasons: Reasons
  recognize_time: string
  invoice_url: string
  region_list: RegionList
  user_name: string
  company_name: string
  duplicate_of: number | null
  settled: 'resolved' | 'retried' | null
  /** Goes up with every write; whoever writes says which he saw. */
  version: number
  state: State
  /** In fen; null where it is no sum. */
  amount: number | null
  date: string | null
  is_red: boolean
  file_name: string
  /** The template's name. */
  model_label: string | null
  void: Void | null
  duplicate: Duplicate | null
  /** Of a red invoice, the one it takes back. */
  blue_of: number | null
  /** Of that one, the red. */
  red_by: number | null
  reviewed_by: string | null
  reviewed_time: string | null
  /** Why a person saved it against the checks. */
  override: string | null
}

export interface WholeInvoice extends Invoice {
  /** Those behind it that look like it: of less sure files, or later; and what comes of them when this one is void. */
  later: { invoice_id: number; when_void: 'confirmed' | 'waiting' | 'duplicate' }[]
  /** The likeliest first; empty where the engine does not tell. */
  candidates: Candidates
  history: Correction[]
  /** From its upload on. */
  timeline: InvoiceEvent[]
}

export interface Correction {
  time: string
  user_name: string
  pos_id: string
  old: string
  new: string
}

export interface InvoiceEvent {
  time: string
  /** Nobody for a reading. */
  user_name: string | null
  what: 'uploaded' | 'read' | 'logged'
  /** Of the log. */
  words: string
  /** Values that were entered or confirmed with it. */
  changes: Correction[]
  /** It left the box, as a file or on paper. */
  hands_out: boolean
}

export interface Model {
  model_id: number
  /** As its maker sent it: an object or a string of JSON. */
  json_model: unknown
  model_register_time: string
  model_success_counter: number
  /** The picture to show. */
  model_url: string
  /** The picture its areas are drawn on. */
  origin_url: string
  model_label: string
  /** In KiB. */
  image_size: number
  model_uuid: string
  /** Goes up with every change. */
  version: number
}

export interface Trial {
  /** How like the template it is, and what was found of it. */
  template: { score: number; reason: string }
  /** Empty where it does not fit. */
  region_list: RegionList
  is_fault: 0 | 1
  reason: string
  reasons: Reasons
  /** The picture as it was laid onto the template's. */
  aligned: string | null
  /** What is odd about the template as it is drawn. */
  warnings: string[]
}

export interface Queued {
  sucess: string
  action_id: number
  manage_size: number
  recognize_size: number
}

export interface Action {
  action_id: number
  action_kind: string
  user_id: number
  user_name: string
  company_name: string
  action_start_time: string
  url?: string
  image_size?: number
  file_name?: string
  model_id?: number
  model_label?: string
}

export interface Pause {
  by: string
  since: string
  reason: string
}

export interface Waiting {
  action_id: number
  user_id: number
  user_name: string
  user_company: string
  action_start_time: string
  url: string
  image_size: number
}

export interface LogRow {
  /** Null for what is no task: a user added, a setting changed. */
  action_id: number | null
  action_time: string
  action_description: string
  user_id: number
  user_name: string
  company_id: number
  company_name: string
  user_ip: string
}

export interface LogPage {
  page_sum: number
  action_list: LogRow[]
}

export interface LogFoundRow extends LogRow {
  about: Subject[]
}

export interface LogFound {
  page_sum: number
  action_list: LogFoundRow[]
  /** Whether older rows were not held against all the words. */
  is_cut: boolean
}

export interface Subject {
  kind: 'invoice' | 'task' | 'file' | 'template' | 'user' | 'group' | 'company' | 'device' | 'label' | 'printer' | 'batch' | 'token' | 'setting' | 'words'
  /** Of an invoice or a task. */
  id: number | null
  /** Of anything else, as of then. */
  name: string
  /** Of a setting, in the words. */
  called?: string
}

export type PortalState = 'missing' | 'differs' | 'not_listed' | 'not_ours' | 'have'

export type PortalDirection = 'received' | 'issued'

export interface PortalParty {
  number: string
  name: string
}

export interface PortalPart extends Part {
  /** Of them cancelled, or duplicates that are not listed: not in the sum. */
  apart: number
}

export interface PortalList {
  time: string
  user_name: string
  file: string
  rows: number
  wrong: number
  invoices: number
  written: number
  /** False: it broke off, or is being written. */
  is_whole: boolean
}

export interface PortalLine {
  state: PortalState
  code: string
  number: string
  /** 20 digits. */
  digital: string
  date: string
  seller: PortalParty
  buyer: PortalParty
  net: number | null
  tax: number | null
  /** In fen. */
  total: number | null
  origin: string
  kind: string
  status: string
  risk: string
  clerk: string
  remark: string
  direction: PortalDirection | null
  is_red: boolean
  is_cancelled: boolean
  /** A red one takes it back. */
  is_reversed: boolean
  differs: { field: 'date' | 'total' | 'net' | 'tax' | 'seller' | 'seller_number' | 'buyer' | 'buyer_number' | 'status'; list: string; box: string }[]
  /** The one compared with first. */
  invoices: { invoice_id: number; counts_as: 'confirmed' | 'waiting' | 'duplicate' | 'void' }[]
}

export interface PortalMonth {
  month: string | null
  /** There are lists of. */
  months: string[]
  /** Whose side is ours; null where two are named as often. */
  tax_number: string | null
  tax_name: string | null
  /** Of the list's invoices. */
  dates: { from: string; to: string } | null
  /** Of the month, newest first. */
  lists: PortalList[]
  lines: PortalLine[]
  next_cursor: string | null
  total: number
  states: { missing: PortalPart; differs: PortalPart; not_listed: PortalPart; not_ours: PortalPart; have: PortalPart }
  /** Invoices of the month that can't be looked for. */
  without_number: number
  /** That the portal does not list. */
  other_papers: number
}

export interface Settings extends SettingsInForce {
  version: number
  fixed: string[]
}

export interface AboutSetting {
  name: string
  label: string
  help: string
  default: boolean | number | string | string[] | null
  kind: 'switch' | 'natural' | 'number' | 'choice' | 'text' | 'list'
  from?: number
  to?: number
  step?: number
  choices?: { value: string; label: string }[]
}

export interface Element {
  kind: 'qr' | 'datamatrix' | 'code128' | 'text' | 'logo'
  x_mm: number
  y_mm: number
  w_mm: number
  h_mm: number
  value: string
}

export interface LookDraft {
  name?: string
  width_mm: number
  height_mm: number
  gap_mm?: number
  rotate?: 0 | 90 | 180 | 270
  elements?: Element[]
}

export interface NewDevice {
  DeviceSN?: string | number | null
  CPUID: string | number
}

export type AnyLabel = string | number | { DeviceSN: string | number; CPUID?: string | number | null }

export type PaperCorners = number[][]

export type PermissionId = 1 | 2 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 14 | 15 | 16 | 17 | 18 | 19 | 20 | 101 | 102 | 103

export interface Tick {
  permission_id: PermissionId
  is_checked: 0 | 1 | boolean
}

export interface Area {
  x: number
  y: number
  width: number
  height: number
  keywords?: string | null
  remove_line?: 0 | 1 | boolean | null
  remove_stamp?: 0 | 1 | boolean | null
  name?: string | null
}

export type JsonModel = { global_setting: { label: string; quota?: number | null }; money?: Area | null; head?: Area | null; date?: Area | null; time?: Area | null; id_card?: Area | null; detail?: Area | null; money_cn?: Area | null; invoice_id?: Area | null; invoice_code?: Area | null; [own: string]: unknown }

export interface SettingsInForce {
  allow_plain_http: boolean
  allow_default_password: boolean
  device_sn_pattern: string
  device_sn_format: string
  confidence_threshold: number
  known_forms: boolean
  engine_timeout_s: number
  engine_retries: number
  engine_backoff_ms: number
  engine_encoding: 'gbk' | 'utf-8'
  engine_delay_ms: number
  max_upload_mib: number
  trusted_proxies: string[]
  hsts: boolean
  timezone: string | null
  backup_dir: string | null
  backup_time: string
  backup_keep: number
}

export interface SettingsChange {
  allow_plain_http?: 0 | 1 | boolean
  allow_default_password?: 0 | 1 | boolean
  device_sn_pattern?: string
  device_sn_format?: string
  confidence_threshold?: number
  known_forms?: 0 | 1 | boolean
  engine_timeout_s?: number
  engine_retries?: number
  engine_backoff_ms?: number
  engine_encoding?: 'gbk' | 'utf-8'
  engine_delay_ms?: number
  max_upload_mib?: number
  trusted_proxies?: string[] | string
  hsts?: 0 | 1 | boolean
  timezone?: string | null
  backup_dir?: string | null
  backup_time?: string
  backup_keep?: number
}

export interface DeviceFilter {
  printed?: 0 | 1 | boolean
  from?: string
  to?: string
  q?: string
  order?: 'newest' | 'oldest'
}

export interface InvoiceFilter {
  from?: string
  to?: string
  /** 0: those that no template fits. */
  model_id?: number
  fault?: 0 | 1 | boolean
  state?: State
  duplicate?: 0 | 1 | boolean
  void?: 0 | 1 | boolean
  /** In the sum of those that are confirmed. */
  counted?: 0 | 1 | boolean
  date_from?: string
  /** Included. */
  date_to?: string
  /** In yuan. */
  min?: string | number
  /** Included. */
  max?: string | number
  kind?: Kind
  source?: 'xml' | 'ofd' | 'pdf' | 'picture'
  action_id?: number
  number?: string | number
  seller?: string
  buyer?: string
  /** All of its words, in any order; dates, sums and `#5` as people write them. */
  q?: string
}

/** What the invoice socket tells, by `msg_id`. */
export const MESSAGES = {
  refused: 0,
  recognised: 1,
  template_added: 2,
  template_deleted: 3,
  template_changed: 4,
  matched: 100,
  found: 101,
  read: 102,
  queued: 201,
  started: 203,
  so_far: 204,
  faults: 205,
  fault: 206,
  resumed: 207,
  rights: 208,
  put_back: 209,
  queue_changed: 210,
  cancelled: 211,
  logged: 212,
  people_changed: 213,
  settings_changed: 214,
  invoice_changed: 215,
} as const

export type Message = (
  | { msg_id: 0; err: string; code: string }
  | { msg_id: 1; action_id: number; status: 0 | -1; invoice_id: number | null; /** All of the file's invoices. */ invoice_ids?: number[]; model_id: number | null; is_fault: 0 | 1; /** Of them, those that wait for a person. */ fault_ids?: number[]; recognize_time?: string; region_list: RegionList; /** The engine's trouble; for what the box itself doubts, the invoice has the reason. */ err?: string }
  | { msg_id: 2; action_id: number; status: 0 | -1; model_id: number | null; model?: Model }
  | { msg_id: 3; action_id: number; status: 0 | -1; model_id: number | null; model?: Model }
  | { msg_id: 4; action_id: number; status: 0 | -1; model_id: number | null; model?: Model }
  | { msg_id: 100; action_id: number; id: number | null; status: 0 | -1; url: string | null; model_label: string | null; kind?: Kind }
  | { msg_id: 101; action_id: number; status: number; pos_id: string; position: Position | null }
  | { msg_id: 102; action_id: number; status: number; pos_id: string; ocr_result: string; probability: number }
  | { msg_id: 201; new_recognize: { action_id: number; url: string; image_size: number; file_name: string }[] }
  | { msg_id: 203; action_id: number; url: string; image_size: number; user_id: number; user_name: string; action_start_time: string; company_name: string; file_name: string }
  | { msg_id: 204; action_id: number | null; region_list: RegionList }
  | { msg_id: 205; fault_num: number }
  | { msg_id: 206; fault_num: number; fault_invoice?: Fault }
  | { msg_id: 207; number: number; /** Everything has to be looked at anew; else what was missed follows. */ missed: boolean }
  | { msg_id: 208;  }
  | { msg_id: 209; action_id: number }
  | { msg_id: 210; paused: Pause | null }
  | { msg_id: 211; action_id: number; /** Who did it. */ user_id: number; user_name: string }
  | { msg_id: 212;  }
  | { msg_id: 213;  }
  | { msg_id: 214;  }
  | { msg_id: 215; invoice_id: number; /** It waits for a person. */ is_fault: 0 | 1 }
) & { number?: number }

/** What is said on it, by `code`. */
export const SAID = {
  watch: '001',
  catch_up: '002',
} as const

/** By GET and by POST. */
export interface Read {
  '/me': { takes: Record<string, never>; gives: User }
  '/search': { takes: { condition: 'Time' | 'DeviceSN'; startTime?: string; endTime?: string; DeviceSN?: string | number }; gives: Record<string, string> }
  '/searchNoPrint': { takes: Record<string, never>; gives: { DeviceSNList: string[] } }
  '/printQRCode': { takes: { DeviceSNList: (string | number)[] }; gives: Record<string, string> }
  '/api/devices': { takes: DeviceFilter & { cursor?: string; limit?: number }; gives: { devices: Device[]; retired?: Device[]; next_cursor: string | null; total: number } }
  '/invoice/getManagerUsers': { takes: { user_id?: number }; gives: User[] }
  '/invoice/getManagerGroups': { takes: { user_id?: number }; gives: { group_list: Group[] } }
  '/invoice/getUserPermission': { takes: { user_id: number }; gives: { permission_list: Permission[] } }
  '/invoice/getGroupUsers': { takes: { group_id: number; company_id?: number }; gives: { user_list: User[] } }
  '/invoice/getAllModel': { takes: { user_id?: number; page?: number }; gives: { model_list: Model[]; total: number } }
  '/invoice/searchModelLabel': { takes: { page?: number; keyword?: string }; gives: Model[] }
  '/invoice/getTwentyAction': { takes: { page?: number; startTime?: string; endTime?: string; keyword?: string; type?: number }; gives: LogPage }
  '/invoice/getImgStr': { takes: { url: string }; gives: { img_str: string } }
  '/invoice/openConsole': { takes: Record<string, never>; gives: { action_id?: number; user_id?: number; user_name?: string; user_company?: string; company_name?: string; action_start_time?: string; url?: string; image_size?: number; img_str?: string } }
  '/invoice/recognizeWait': { takes: Record<string, never>; gives: { msg_id: 200; recognize_wait: Waiting[] } }
  '/invoice/getFaultQueue': { takes: { page?: number }; gives: { fault_num: number; fault_list: Fault[] } }
}

export interface Get extends Read {
  '/healthz': { takes: Record<string, never>; gives: { status: 'ok' } }
  '/readyz': { takes: Record<string, never>; gives: { status: 'ready' } }
  '/openapi.json': { takes: Record<string, never>; gives: unknown }
  '/ca.pem': { takes: Record<string, never>; gives: never }
  '/ca.crt': { takes: Record<string, never>; gives: never }
  '/api/addresses': { takes: Record<string, never>; gives: { /** For other machines, the surest first. */ addresses: string[]; /** Of the first address. */ code: { /** In SVG, one unit a module. */ outline: string; /** Modules. */ side: number } | null; host_name: string | null; /** Why nobody else can log in: it listens on its own machine only; HTTPS is off. */ alone: 'loopback' | 'plain_http' | null; /** There is one of its own to download. */ ca: boolean } }
  '/metrics': { takes: Record<string, never>; gives: never }
  '/api/settings': { takes: Record<string, never>; gives: Settings }
  '/api/settings/about': { takes: Record<string, never>; gives: { groups: { label: string; settings: AboutSetting[] }[] } }
  '/api/backups': { takes: Record<string, never>; gives: { backups: { name: string; bytes: number; time: string }[]; /** What went wrong the last time. */ trouble: string | null; /** Nothing was done yet: it may take in a backup. */ is_new: boolean } }
  '/api/health': { takes: Record<string, never>; gives: { disk: { free_bytes: number; total_bytes: number; /** Nothing is written. */ state: 'good' | 'low' | 'full' } | null; /** When it was last asked. */ engine: 'there' | 'away' | 'unasked'; backup: { /** A folder is set. */ nightly: boolean; last: string | null; /** What went wrong the last time. */ trouble: string | null } } }
  '/socketNoPrint': { takes: Record<string, never>; gives: never }
  '/api/devices/export.csv': { takes: DeviceFilter; gives: never }
  '/api/devices/export.xlsx': { takes: DeviceFilter; gives: never }
  '/api/imports': { takes: Record<string, never>; gives: { imports: Import[] } }
  '/api/devices/{sn}': { takes: Record<string, never>; gives: WholeDevice }
  '/api/devices/{sn}/history': { takes: Record<string, never>; gives: { device: Device; prints: { time: string; user_name: string; user_ip: string; reason: string; outcome: Label }[] } }
  '/api/clock': { takes: Record<string, never>; gives: { now: string; timezone: string; timezone_set: boolean; utc_offset: string; newest_record: string | null; built: string; device_sn_pattern: string; allotment: { err: string; code: string } | null } }
  '/api/labels': { takes: Record<string, never>; gives: { labels: LabelLook[] } }
  '/api/labels/{id}/preview': { takes: { /** Without it a made-up device's. */ sn?: string | number; dpi?: 203 | 300 | 600 }; gives: never }
  '/api/logo': { takes: Record<string, never>; gives: never }
  '/api/labels/claims': { takes: Record<string, never>; gives: { claims: Claims } }
  '/api/labels/claims/socket': { takes: Record<string, never>; gives: never }
  '/api/printers': { takes: Record<string, never>; gives: { printers: Printer[] } }
  '/api/printers/agent': { takes: { /** As in the address agent://NAME. */ name: string }; gives: never }
  '/api/printers/socket': { takes: Record<string, never>; gives: never }
  '/api/batches': { takes: Record<string, never>; gives: { batches: Batch[] } }
  '/api/batches/{id}': { takes: Record<string, never>; gives: BatchStanding }
  '/api/print': { takes: { /** Of those that are over. */ limit?: number }; gives: { jobs: PrintJob[] } }
  '/api/print/{id}': { takes: Record<string, never>; gives: PrintJob & { labels: Record<string, Fate>; /** Of those that never went out, without those that were cancelled. */ why: Record<string, string> } }
  '/api/conflicts': { takes: { all?: 0 | 1 | boolean }; gives: { conflicts: Conflict[] } }
  '/api/companies': { takes: Record<string, never>; gives: { companies: Company[] } }
  '/api/groups': { takes: Record<string, never>; gives: { groups: Group[] } }
  '/api/users': { takes: Record<string, never>; gives: { users: User[] } }
  '/api/tokens': { takes: { user_id?: number }; gives: { tokens: { token_id: number; name: string; permissions: number[]; create_time: string }[] } }
  '/invoice/image/{name}': { takes: { width?: number; as?: 'jpeg' }; gives: never }
  '/api/console': { takes: Record<string, never>; gives: { running: { action_id: number; action_kind: string; user_id: number; user_name: string; company_name: string; action_start_time: string; url: string; image_size: number; file_name: string; /** Null before the engine has said which fits; its template is null when none does. */ match: { model_id: number | null; model_label: string | null; url: string | null; /** Of a known form. */ kind: Kind | null; candidates: Candidates } | null }[]; paused: Pause | null } }
  '/api/queue': { takes: { limit?: number }; gives: { running: Action | null; running_list: Action[]; manage_wait: Action[]; /** Of the whole box. */ manage_size: number; recognize_size: number; paused: Pause | null; /** How long reading a picture took lately. */ usual_ms: number | null; /** One's own, the first of them. */ recognize_wait?: Action[] } }
  '/api/log': { takes: { page?: number; startTime?: string; endTime?: string; /** Words that all have to fit. */ keyword?: string; type?: number }; gives: LogFound }
  '/api/log/export.csv': { takes: { startTime?: string; endTime?: string; keyword?: string; type?: number; lang?: string }; gives: never }
  '/api/invoices': { takes: InvoiceFilter & { order?: InvoiceOrder; cursor?: string | number; limit?: number }; gives: { invoices: Invoice[]; next_cursor: string | null; total: number; amount: { sum: string; invoices: number }; sums: Sums } }
  '/api/invoices/export.csv': { takes: InvoiceFilter & { order?: InvoiceOrder; lang?: string; /** In their order: a `pos_id`, or one of id, state, counted, time, user, company, file, template, source, duplicate, void, red, reason, reviewed_by, reviewed_time, override and kind; with `field:` before it, it is a `pos_id`. Without it: all. */ columns?: string[] }; gives: never }
  '/api/invoices/export.xlsx': { takes: InvoiceFilter & { order?: InvoiceOrder; lang?: string; /** In their order: a `pos_id`, or one of id, state, counted, time, user, company, file, template, source, duplicate, void, red, reason, reviewed_by, reviewed_time, override and kind; with `field:` before it, it is a `pos_id`. Without it: all. */ columns?: string[] }; gives: never }
  '/api/invoices/export.zip': { takes: InvoiceFilter & { lang?: string; name?: string }; gives: never }
  '/api/invoices/{id}': { takes: Record<string, never>; gives: WholeInvoice }
  '/api/invoices/{id}/original': { takes: Record<string, never>; gives: never }
  '/api/invoices/{id}/page/{n}': { takes: Record<string, never>; gives: never }
  '/api/invoices/{id}/papers': { takes: { /** In the file. */ page?: number }; gives: { page: number; width: number; height: number; papers: { /** Clockwise from the upper left, pixels of the picture. */ corners: Corners; /** Not read so far. */ invoice_id: number | null; number: string | null; kind: Kind | null }[]; /** That become void when papers are marked anew. */ invoices: { invoice_id: number; number: string; kind: Kind }[] } }
  '/api/invoices/{id}/template-draft': { takes: Record<string, never>; gives: { /** The largest print; empty where there is none. */ label: string; /** Of the picture, or of that of an invoice's first page, which its areas are drawn on. */ width: number; height: number; areas: { pos_id: string; /** Of a known kind. */ key: string | null; x: number; y: number; width: number; height: number; text: string }[]; /** Each says what stands beside it or below. */ labels: { pos_id: string; x: number; y: number; width: number; height: number }[]; /** All that is printed, in parts. */ lines: { text: string; x: number; y: number; width: number; height: number }[] } }
  '/api/portal-list': { takes: { /** Yyyy-MM; the newest there is a list of. */ month?: string; /** Ours; the one that most lines name. */ tax_number?: string | number; state?: PortalState; direction?: PortalDirection; company_id?: number; cursor?: string; limit?: number }; gives: PortalMonth }
  '/api/faults': { takes: InvoiceFilter & { page?: number }; gives: { fault_num: number; fault_list: OpenFault[]; total: number } }
  '/invoice/webSocketServer': { takes: Record<string, never>; gives: never }
}

export interface Post extends Read {
  '/login': { takes: { username: string; passwd: string }; gives: { reqStatus: 'sucess' | 'userError' | 'passwdError' } }
  '/logout': { takes: Record<string, never>; gives: ReqStatus }
  '/api/backup': { takes: Record<string, never>; gives: never }
  '/api/restore': { takes: Record<string, never>; gives: Done }
  '/switchPrintStatus': { takes: { DeviceSNList: (string | number)[]; status?: 0 | 1; atomic?: 0 | 1 | boolean; reason?: string; seen?: Record<string, number> }; gives: { reqStatus: 'sucess' | 'partial' | 'error'; succeeded?: string[]; failed?: Record<string, string> } }
  '/switchPtintStatus': { takes: { DeviceSNList: (string | number)[]; status?: 0 | 1; atomic?: 0 | 1 | boolean; reason?: string; seen?: Record<string, number> }; gives: { reqStatus: 'sucess' | 'partial' | 'error'; succeeded?: string[]; failed?: Record<string, string> } }
  '/registerDevice': { takes: { DeviceSN?: string | number | null; CPUID?: string | number; devices?: NewDevice[] }; gives: { reqStatus: 'sucess' | 'partial' | 'error'; devices: Registration[] } }
  '/api/devices/import': { takes: { preview?: 0 | 1 | boolean }; gives: { rows: number; created: number; exists: number; conflict: number; errors: { line: number; err: string }[]; warnings: { line: number; warning: string }[]; conflicts: { line: number; DeviceSN: string; CPUID: string; with: Other | null }[]; unused_columns: string[]; encoding: string; separator: string | null; sheet: string | null; import_id?: number } }
  '/api/imports/{id}/undo': { takes: Record<string, never>; gives: Import }
  '/api/labels': { takes: { name?: string; width_mm?: number; height_mm?: number; gap_mm?: number; rotate?: 0 | 90 | 180 | 270; elements?: Element[] }; gives: LabelLook }
  '/api/labels/preview': { takes: LookDraft & { sn?: string | number; dpi?: 203 | 300 | 600 }; gives: LabelPicture }
  '/api/labels/pictures': { takes: LookDraft & { /** A CPUID that is given has to be the device's own; of a serial that no device has it is drawn as it is, to try a printer. */ devices: AnyLabel[]; dpi?: 203 | 300 | 600 }; gives: { /** One a device, in their order. */ pictures: (LabelPicture | { err: string })[] } }
  '/api/logo': { takes: Record<string, never>; gives: Done }
  '/api/labels/claims': { takes: { DeviceSNList: (string | number)[] }; gives: { claimed: string[]; taken: Claims } }
  '/api/labels/claims/release': { takes: { DeviceSNList: (string | number)[] }; gives: ReqStatus }
  '/api/labels/sent': { takes: { DeviceSNList?: AnyLabel[]; devices?: AnyLabel[]; reason?: string; seen?: Record<string, number> }; gives: ReqStatus }
  '/api/labels/outcome': { takes: { printed?: AnyLabel[]; failed?: AnyLabel[]; unknown?: AnyLabel[] }; gives: { reqStatus: 'sucess' | 'partial' | 'error'; succeeded?: string[]; failed?: Record<string, string> } }
  '/api/printers': { takes: { name?: string; language?: 'zpl' | 'tspl'; /** Tcp://HOST:PORT or agent://NAME. */ address?: string; dpi?: 203 | 300 | 600; label_id?: number; auto_print?: 0 | 1 | boolean; /** In dots, -1200 to 1200. */ offset_x?: number; offset_y?: number; /** Labels side by side. */ across?: number; across_gap_mm?: number }; gives: Printer }
  '/api/printers/{id}/test': { takes: Record<string, never>; gives: ReqStatus }
  '/api/batches': { takes: { name?: string; expected?: number; first?: string | number; last?: string | number; closed?: 0 | 1 | boolean }; gives: Batch }
  '/api/labels/verified': { takes: { DeviceSN: string | number; CPUID: string | number }; gives: ReqStatus }
  '/api/print': { takes: { printer_id: number; DeviceSNList: AnyLabel[]; copies?: number; reason?: string; seen?: Record<string, number> }; gives: { job_id: number } }
  '/api/print/{id}/cancel': { takes: Record<string, never>; gives: ReqStatus }
  '/api/conflicts/{id}/settle': { takes: { reason: string; decision?: 'keep' | 'replace'; seen?: string | number }; gives: Conflict }
  '/api/companies': { takes: { company_name: string }; gives: Company }
  '/api/groups': { takes: { group_name: string; company_id?: number; permissions?: PermissionId[] }; gives: Group }
  '/api/users': { takes: { user_name: string; passwd: string; company_id?: number; group_id?: number; permissions?: PermissionId[] }; gives: User }
  '/api/users/{id}/password': { takes: { passwd: string; old_passwd?: string; keep_tokens?: 0 | 1 | boolean; /** The one that asks. */ keep_session?: 0 | 1 | boolean }; gives: Done }
  '/api/tokens': { takes: { name: string; permissions: PermissionId[] }; gives: { token_id: number; token: string; name: string; permissions: number[] } }
  '/invoice/updateUsersPermission': { takes: { user_list: { user_id: number; group_id?: unknown; update_permissions: Tick[] }[] }; gives: Done }
  '/invoice/updateGroupPermission': { takes: { group_id: number; permission_list: Tick[] }; gives: { group_list: Group[] } }
  '/invoice/addGroupUser': { takes: { user_id: number; group_id: number }; gives: Done }
  '/invoice/removeGroupUser': { takes: { user_id: number }; gives: Done }
  '/invoice/recognizeImage': { takes: { user_id?: number }; gives: { sucess: string; action_id_list: number[]; manage_size: number; recognize_size: number; failed?: { file: string; err: string }[] } }
  '/invoice/uploadModelOrigin': { takes: Record<string, never>; gives: { sucess: string; file_name: string } }
  '/invoice/addModel': { takes: { modelAction: { user_id?: number; json_model: JsonModel; model_id?: number; company_id?: number; version?: number }; img_str?: string | null; file_name?: string | null; type?: 0 | 1 }; gives: Queued }
  '/invoice/deleteModel': { takes: { user_id?: number; model_id: number }; gives: Queued }
  '/api/models/test': { takes: { json_model: JsonModel; file_name?: string | null; model_id?: number }; gives: Trial }
  '/api/models/{id}/test': { takes: Record<string, never>; gives: Trial }
  '/api/template-drafts': { takes: { /** From uploadModelOrigin. */ file_name: string }; gives: { /** The largest print; empty where there is none. */ label: string; /** Of the picture, or of that of an invoice's first page, which its areas are drawn on. */ width: number; height: number; areas: { pos_id: string; /** Of a known kind. */ key: string | null; x: number; y: number; width: number; height: number; text: string }[]; /** Each says what stands beside it or below. */ labels: { pos_id: string; x: number; y: number; width: number; height: number }[]; /** All that is printed, in parts. */ lines: { text: string; x: number; y: number; width: number; height: number }[] } }
  '/api/queue/pause': { takes: { reason?: string }; gives: Done }
  '/api/queue/resume': { takes: Record<string, never>; gives: Done }
  '/api/queue/{id}/cancel': { takes: Record<string, never>; gives: Done }
  '/api/queue/{id}/next': { takes: Record<string, never>; gives: Done }
  '/api/invoices/printed': { takes: { invoice_ids: number[] }; gives: Done }
  '/api/invoices/{id}/papers': { takes: { papers: PaperCorners[]; page?: number; version?: number }; gives: { action_id: number } }
  '/api/invoices/{id}/duplicate': { takes: { decision?: 'duplicate' | 'distinct' | null; of?: number; version?: number }; gives: WholeInvoice }
  '/api/invoices/{id}/void': { takes: { reason: string; version?: number }; gives: WholeInvoice }
  '/api/invoices/{id}/restore': { takes: { version?: number }; gives: WholeInvoice }
  '/api/portal-list': { takes: Record<string, never>; gives: { rows: number; kept: number; wrong: number; /** The first 1000. */ errors: { line: number; err: string }[]; /** The rows are of so many. */ invoices: number; added: number; changed: number; same: number; months: string[]; unused_columns: string[]; encoding: string; sheet: string | null; /** Of other sheets. */ notes: string[] } }
  '/api/faults/retry': { takes: { invoice_ids?: number[]; all?: 0 | 1 | boolean; from?: string; to?: string; model_id?: number; fault?: 0 | 1 | boolean; duplicate?: 0 | 1 | boolean; q?: string }; gives: { action_id_list: number[] } }
  '/api/faults/{id}/retry': { takes: { version?: number }; gives: { action_id: number } }
  '/api/faults/{id}/resolve': { takes: { version?: number }; gives: Done }
  '/api/faults/{id}/review': { takes: { /** By `pos_id`; what is said to be right, changed or not, is not overwritten when it is read again. */ fields?: Record<string, string>; /** The fields that the paper does not have. */ absent?: string[]; /** Why it is so although the checks say otherwise. */ override?: string | null; version?: number }; gives: WholeInvoice }
  '/api/faults/{id}/reopen': { takes: { version?: number }; gives: WholeInvoice }
  '/api/faults/{id}/open': { takes: Record<string, never>; gives: { sucess: string; open_by: string[] } }
  '/api/faults/{id}/close': { takes: Record<string, never>; gives: Done }
}

export interface Patch {
  '/api/settings': { takes: SettingsChange & { version?: number }; gives: Settings }
  '/api/devices/{sn}': { takes: { CPUID: string | number; reason: string; seen?: string | number }; gives: WholeDevice }
  '/api/labels/{id}': { takes: { name?: string; width_mm?: number; height_mm?: number; gap_mm?: number; rotate?: 0 | 90 | 180 | 270; elements?: Element[] }; gives: LabelLook }
  '/api/printers/{id}': { takes: { name?: string; language?: 'zpl' | 'tspl'; /** Tcp://HOST:PORT or agent://NAME. */ address?: string; dpi?: 203 | 300 | 600; label_id?: number; auto_print?: 0 | 1 | boolean; /** In dots, -1200 to 1200. */ offset_x?: number; offset_y?: number; /** Labels side by side. */ across?: number; across_gap_mm?: number }; gives: Printer }
  '/api/batches/{id}': { takes: { name?: string; expected?: number; first?: string | number; last?: string | number; closed?: 0 | 1 | boolean }; gives: Batch }
  '/api/companies/{id}': { takes: { company_name: string }; gives: Company }
  '/api/groups/{id}': { takes: { group_name?: string; permissions?: PermissionId[] }; gives: Group }
  '/api/users/{id}': { takes: { locked?: 0 | 1 | boolean; user_name?: string; company_id?: number; group_id?: number; permissions?: PermissionId[]; keep_tokens?: 0 | 1 | boolean }; gives: User }
  '/api/invoices/{id}': { takes: { /** By `pos_id`; what is said to be right, changed or not, is not overwritten when it is read again. */ fields?: Record<string, string>; /** The fields that the paper does not have. */ absent?: string[]; /** Why it is so although the checks say otherwise. */ override?: string | null; version?: number }; gives: WholeInvoice }
}

export interface Delete {
  '/api/devices/{sn}': { takes: { reason: string; seen?: string | number }; gives: WholeDevice }
  '/api/labels/{id}': { takes: Record<string, never>; gives: Done }
  '/api/logo': { takes: Record<string, never>; gives: Done }
  '/api/printers/{id}': { takes: Record<string, never>; gives: Done }
  '/api/batches/{id}': { takes: Record<string, never>; gives: Done }
  '/api/companies/{id}': { takes: Record<string, never>; gives: Done }
  '/api/groups/{id}': { takes: Record<string, never>; gives: Done }
  '/api/users/{id}': { takes: Record<string, never>; gives: Done }
  '/api/tokens/{id}': { takes: Record<string, never>; gives: Done }
}
