//! What has a name in the notation of the wire: parts of answers, of requests, and of both. Not here: the routes (operations.rs), the
//! notation itself (notation.rs).

use crate::http::office::settings;
use std::sync::LazyLock;

pub const ANSWER_SCHEMAS: &[(&str, &str)] = &[
    ("Done", "(sucess: text)"),
    ("ReqStatus", "(reqStatus: 'sucess')"),
    (
        "Device",
        "(DeviceSN: text, CPUID: text, register_time: time, status: 0|1, print_count: natural, \
         sent_count: natural <of labels that were sent or said to have come out, whatever became of them>, label: Label, \
         sent_by: text|null <of labels on their way to a printer that nobody has answered for>, sent_time: time|null)",
    ),
    (
        "WholeDevice",
        "(..Device, retired: bool, history: [(time: time, user_name: text|null, what: \
         'registered'|'cpuid'|'retired'|'sent'|'printed'|'failed'|'unknown'|'unprinted', from: text|null, to: text|null, reason: text)] <newest first>)",
    ),
    (
        "Import",
        "(import_id: natural, time: time, user_name: text, file: text, created: natural, undone: bool, can_undo: bool, why: text|null)",
    ),
    (
        "LabelLook",
        "(label_id: natural, name: text, width_mm: number, height_mm: number, gap_mm: number, rotate: 0|90|180|270 <clockwise>, \
         elements: [(kind: 'qr'|'datamatrix'|'code128'|'text'|'logo', x_mm: number, y_mm: number, w_mm: number, h_mm: number, \
         value: text <`{SN}`, `{CPUID}`, `{date}` and `{batch}` stand for the device's own, `{company}` for the name of the box's first company; \
         of a logo it says what it shows>)])",
    ),
    (
        "LabelPicture",
        "(png: text <Base64>, width: natural <in dots>, height: natural, \
         codes: [(element: natural <from 0>, dots_per_module: natural, readable: bool <large enough, and read back from the picture>)])",
    ),
    (
        "Printer",
        "(printer_id: natural, name: text, language: 'zpl'|'tspl', address: text, dpi: 203|300|600, label_id: natural, offset_x: int <in dots>, \
         offset_y: int, across: natural 1..10 <labels side by side>, across_gap_mm: number <between them>, auto_print: bool <prints what stations register>, state: PrinterState, since: time|null <null before it was asked>)",
    ),
    ("Batch", "(batch_id: natural, name: text, expected: natural, first: text, last: text, began: time, closed: time|null)"),
    (
        "BatchStanding",
        "(..Batch, registered: natural, printed: natural, confirmed: natural <scanned by a person>, missing: natural, \
         missing_named: [text] <the first of them, as are the others>, extra: natural, extra_is_least: bool <there may be more>, extra_named: [text], unprinted: [text])",
    ),
    ("PrinterState", "'ready'|'printing'|'out_of_labels'|'open'|'paused'|'jammed'|'offline'|'silent'"),
    ("Fate", "'waiting'|'sent'|'printed'|'failed'|'unknown'"),
    (
        "PrintJob",
        "(job_id: natural, printer_id: natural, printer_name: text, time: time, user_name: text, reason: text, copies: natural, over: bool, \
         cancelled_by: text|null, waiting: natural <devices, as are the others>, sent: natural, printed: natural, failed: natural, unknown: natural)",
    ),
    ("Label", "'new'|'sent'|'printed'|'failed'|'unknown'"),
    ("Pair", "(DeviceSN: text, CPUID: text)"),
    ("Other", "(..Pair, retired?: bool)"),
    (
        "Registration",
        "(DeviceSN: text|null, CPUID: text, status: 'created'|'exists'|'conflict'|'refused', with?: Other, err?: text)",
    ),
    ("Claims", "{(user_id: natural, user_name: text, until: time)}"),
    (
        "Conflict",
        "(conflict_id: natural, kind: 'registration'|'twins', DeviceSN: text, CPUID: text, same_sn: Pair|null, same_cpuid: Pair|null, first_time: time, \
         last_time: time, times: natural, user_name: text, user_ip: text, settled: (time: time, user_name: text, reason: text, decision: 'keep'|'replace')|null)",
    ),
    ("Company", "(company_id: natural, company_name: text)"),
    ("GroupName", "(group_id: natural, group_name: text)"),
    (
        "Permission",
        "(permission_id: natural, permission_name: text, isPrivate: 0|1 <his own, whatever his group gives him>, origin_groups: [GroupName])",
    ),
    (
        "Group",
        "(group_id: natural, group_name: text, company_id: natural, company_name: text, group_register_time: time, \
         permissions: [(permission_id: natural, permission_name: text)])",
    ),
    (
        "User",
        "(user_id: natural, user_name: text, company_id: natural, company_name: text, user_register_time: time, locked: bool, default_password?: bool, \
         must_change_password?: bool <somebody else chose it>, timezone?: text <the box's>, groups: [GroupName], permissions: [Permission])",
    ),
    ("Corners", "[[number] 2..2] 4..4"),
    ("Position", "(x: int, y: int, w: int, h: int)"),
    ("Candidates", "[(model_id: natural, model_label: text, score: number, reason: text)]"),
    (
        "Kind",
        "'digital_normal'|'digital_special'|'digital_rail'|'digital_air'|'vat_e_normal'|'vat_e_special'|'vat_normal'|'vat_special'|\
         'vat_roll'|'vat_toll'|'vehicle'|'taxi'|'train'|'quota'|'machine'|'fiscal'|'template'|'unknown'",
    ),
    ("Source", "'xml'|'ofd'|'pdf'|'qr'|'ocr'|'person'"),
    (
        "Doubt",
        "'read_apart'|'left_out'|'under_seal'|'cut'|'overrun'|'beside'|'adjoined'|'corrected'|'unlike_specimen'|'beyond_picture'|'loose_place'|\
         'rival'|'unread'|'other_label'|'struck'",
    ),
    ("Lowered", "(doubt: Doubt, by: number <of the probability, 0 to 1>)"),
    (
        "RegionList",
        "{(position: Position|null, ocr_result: text, probability: number, status: int, source: Source, page: natural <of the file, from 1>, \
         doubts?: [Lowered] <what had lowered the probability of what was read>)}",
    ),
    ("Item", "(name: text, spec: text, unit: text, quantity: text, price: text, amount: text, tax_rate: text, tax: text)"),
    (
        "Fault",
        "(invoice_id: natural, action_id: natural, model_id: natural|null, user_name: text, company_name: text, invoice_url: text, \
         recognize_time: time, region_list: RegionList, reason: text)",
    ),
    ("InvoiceOrder", "'date'|'-date'|'amount'|'-amount'|'time'|'-time'|'seller'|'-seller'"),
    ("State", "'passed'|'waiting'|'reading'|'reviewed'"),
    ("Void", "(user_name: text, time: time, reason: text)"),
    (
        "Duplicate",
        "(of: natural <of a surer file, or earlier>, decision: 'duplicate'|'distinct'|null, user_name: text|null, time: time|null, \
         differs: [text] <the pos_ids of what that one says otherwise; empty where they were found distinct>)",
    ),
    ("Part", "(count: natural, fen: int)"),
    ("Sums", "(confirmed: Part, waiting: Part, duplicate: Part, void: Part, without_amount: natural)"),
    (
        "Reasons",
        "[(text: text, areas: [(pos_id: text, text: text|null <what it says stands there>)] <those that it doubts>, \
         of_certainty?: bool <it says no more than its area's probability does>)]",
    ),
    ("OpenFault", "(..Invoice, open_by: [text] <the others who have it open>)"),
    (
        "Invoice",
        "(invoice_id: natural, action_id: natural, model_id: natural|null, kind: Kind, source: 'xml'|'ofd'|'pdf'|'picture', \
         pages: natural <on how many pages of its file it stands>, first_page: natural, items: [Item], is_fault: 0|1, \
         counted: bool <in the sum of those that are confirmed>, reason: text, reasons: Reasons <as they were found when it was read; none where it was no fault>, recognize_time: time, \
         invoice_url: text, region_list: RegionList, user_name: text, company_name: text, duplicate_of: natural|null, \
         settled: 'resolved'|'retried'|null, version: natural <goes up with every write; whoever writes says which he saw>, state: State, \
         amount: int|null <in fen; null where it is no sum>, date: text|null, is_red: bool, \
         file_name: text, model_label: text|null <the template's name>, void: Void|null, duplicate: Duplicate|null, \
         blue_of: natural|null <of a red invoice, the one it takes back>, red_by: natural|null <of that one, the red>, \
         reviewed_by: text|null, reviewed_time: time|null, override: text|null <why a person saved it against the checks>)",
    ),
    (
        "WholeInvoice",
        "(..Invoice, later: [(invoice_id: natural, when_void: 'confirmed'|'waiting'|'duplicate')] \
         <those behind it that look like it: of less sure files, or later; and what comes of them when this one is void>, \
         candidates: Candidates <the likeliest first; empty where the engine does not tell>, \
         history: [Correction], timeline: [InvoiceEvent] <from its upload on>)",
    ),
    ("Correction", "(time: time, user_name: text, pos_id: text, old: text, new: text)"),
    (
        "InvoiceEvent",
        "(time: time, user_name: text|null <nobody for a reading>, what: 'uploaded'|'read'|'logged', words: text <of the log>, \
         changes: [Correction] <values that were entered or confirmed with it>, \
         hands_out: bool <it left the box, as a file or on paper>)",
    ),
    (
        "Model",
        "(model_id: natural, json_model: any <as its maker sent it: an object or a string of JSON>, model_register_time: time, \
         model_success_counter: natural, model_url: text <the picture to show>, origin_url: text <the picture its areas are drawn on>, \
         model_label: text, image_size: natural <in KiB>, model_uuid: text, version: natural <goes up with every change>)",
    ),
    (
        "Trial",
        "(template: (score: number, reason: text) <how like the template it is, and what was found of it>, \
         region_list: RegionList <empty where it does not fit>, is_fault: 0|1, reason: text, reasons: Reasons, \
         aligned: text|null <the picture as it was laid onto the template's>, \
         warnings: [text] <what is odd about the template as it is drawn>)",
    ),
    ("Queued", "(sucess: text, action_id: natural, manage_size: natural, recognize_size: natural)"),
    (
        "Action",
        "(action_id: natural, action_kind: text, user_id: natural, user_name: text, company_name: text, action_start_time: time, \
         url?: text, image_size?: natural, file_name?: text, model_id?: natural, model_label?: text)",
    ),
    ("Pause", "(by: text, since: time, reason: text)"),
    (
        "Waiting",
        "(action_id: natural, user_id: natural, user_name: text, user_company: text, action_start_time: time, url: text, image_size: natural)",
    ),
    (
        "LogRow",
        "(action_id: natural|null <null for what is no task: a user added, a setting changed>, \
         action_time: time, action_description: text, user_id: natural, \
         user_name: text, company_id: natural, company_name: text, user_ip: text)",
    ),
    ("LogPage", "(page_sum: natural, action_list: [LogRow])"),
    ("LogFoundRow", "(..LogRow, about: [Subject])"),
    (
        "LogFound",
        "(page_sum: natural, action_list: [LogFoundRow], is_cut: bool <whether older rows were not held against all the words>)",
    ),
    (
        "Subject",
        "(kind: 'invoice'|'task'|'file'|'template'|'user'|'group'|'company'|'device'|'label'|'printer'|'batch'|'token'|'setting'|'words', \
         id: natural|null <of an invoice or a task>, name: text <of anything else, as of then>, \
         called?: text <of a setting, in the words>)",
    ),
    ("PortalState", "'missing'|'differs'|'not_listed'|'not_ours'|'have'"),
    ("PortalDirection", "'received'|'issued'"),
    ("PortalParty", "(number: text, name: text)"),
    ("PortalPart", "(..Part, apart: natural <of them cancelled, or duplicates that are not listed: not in the sum>)"),
    (
        "PortalList",
        "(time: time, user_name: text, file: text, rows: natural, wrong: natural, invoices: natural, written: natural, \
         is_whole: bool <false: it broke off, or is being written>)",
    ),
    (
        "PortalLine",
        "(state: PortalState, code: text, number: text, digital: text <20 digits>, date: text, seller: PortalParty, buyer: PortalParty, \
         net: int|null, tax: int|null, total: int|null <in fen>, origin: text, kind: text, status: text, risk: text, clerk: text, remark: text, \
         direction: PortalDirection|null, is_red: bool, is_cancelled: bool, is_reversed: bool <a red one takes it back>, \
         differs: [(field: 'date'|'total'|'net'|'tax'|'seller'|'seller_number'|'buyer'|'buyer_number'|'status', list: text, box: text)], \
         invoices: [(invoice_id: natural, counts_as: 'confirmed'|'waiting'|'duplicate'|'void')] <the one compared with first>)",
    ),
    (
        "PortalMonth",
        "(month: text|null, months: [text] <there are lists of>, tax_number: text|null <whose side is ours; null where two are named as often>, \
         tax_name: text|null, dates: (from: text, to: text)|null <of the list's invoices>, lists: [PortalList] <of the month, newest first>, \
         lines: [PortalLine], next_cursor: text|null, total: natural, \
         states: (missing: PortalPart, differs: PortalPart, not_listed: PortalPart, not_ours: PortalPart, have: PortalPart), \
         without_number: natural <invoices of the month that can't be looked for>, other_papers: natural <that the portal does not list>)",
    ),
    ("Settings", "(..SettingsInForce, version: natural, fixed: [text])"),
    (
        "AboutSetting",
        "(name: text, label: text, help: text, default: bool|number|text|[text]|null, \
         kind: 'switch'|'natural'|'number'|'choice'|'text'|'list', from?: number, to?: number, step?: number, \
         choices?: [(value: text, label: text)])",
    ),
];

/// Unnamed fields are ignored.
pub const REQUEST_SCHEMAS: &[(&str, &str)] = &[
    (
        "Element",
        "(kind: 'qr'|'datamatrix'|'code128'|'text'|'logo', x_mm: number 0..300, y_mm: number 0..300, w_mm: number ..300, h_mm: number ..300, value: text 1..200)",
    ),
    (
        "LookDraft",
        "(name?: text 1..64, width_mm: number 6..300, height_mm: number 6..300, gap_mm?: number 0..50, rotate?: 0|90|180|270, elements?: [Element] ..50)",
    ),
    ("NewDevice", "(DeviceSN?: serial ..64|null, CPUID: serial 1..64)"),
    ("AnyLabel", "serial|(DeviceSN: serial, CPUID?: serial|null)"),
    ("PaperCorners", "[[number] 2..2] 4..4"),
    ("PermissionId", "1|2|5|6|7|8|9|10|11|14|15|16|17|18|19|20|101|102|103"),
    ("Tick", "(permission_id: PermissionId, is_checked: flag)"),
    (
        "Area",
        "(x: number, y: number, width: number, height: number, keywords?: text|null, remove_line?: flag|null, \
         remove_stamp?: flag|null, name?: text ..64|null)",
    ),
    (
        "JsonModel",
        "(global_setting: (label: text 1..64, quota?: number|null), money?: Area|null, head?: Area|null, date?: Area|null, \
         time?: Area|null, id_card?: Area|null, detail?: Area|null, money_cn?: Area|null, invoice_id?: Area|null, \
         invoice_code?: Area|null, *: Area|null)",
    ),
];

/// Parts of other shapes; written out in `/openapi.json`.
static PARTS: LazyLock<[(&str, String); 4]> = LazyLock::new(|| {
    [
        ("SettingsInForce", settings::in_force()),
        ("SettingsChange", settings::changed()),
        ("DeviceFilter", "(printed?: flag, from?: time, to?: time, q?: text, order?: 'newest'|'oldest')".into()),
        (
            "InvoiceFilter",
            "(from?: time, to?: time, model_id?: natural <0: those that no template fits>, fault?: flag, state?: State, duplicate?: flag, \
             void?: flag, counted?: flag <in the sum of those that are confirmed>, date_from?: text, date_to?: text <included>, \
             min?: serial <in yuan>, max?: serial <included>, kind?: Kind, source?: 'xml'|'ofd'|'pdf'|'picture', action_id?: natural, \
             number?: serial, seller?: text, buyer?: text, \
             q?: text <all of its words, in any order; dates, sums and `#5` as people write them>)"
                .into(),
        ),
    ]
});

pub fn parts() -> impl Iterator<Item = (&'static str, &'static str)> {
    PARTS.iter().map(|(name, notation)| (*name, notation.as_str()))
}

pub fn part(name: &str) -> Option<&'static str> {
    parts().find(|(known, _)| *known == name).map(|(_, notation)| notation)
}

pub fn notation(name: &str) -> Option<&'static str> {
    let schema = ANSWER_SCHEMAS.iter().chain(REQUEST_SCHEMAS).find(|(known, _)| *known == name);
    schema.map(|(_, notation)| *notation).or_else(|| part(name))
}
