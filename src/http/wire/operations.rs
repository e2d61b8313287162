//! The wire, in a short notation (notation.rs): each route's request and answer. openapi.rs and typescript.rs generate from it; tests
//! check answers against it. A non-JSON answer is given as its media type. Not here: the socket's messages (told.rs).

use crate::http::edge::call::{Methods, Methods::Delete, Methods::Get, Methods::Patch, Methods::Post, Methods::Read};
use crate::http::office::settings;
use std::sync::LazyLock;

#[derive(Debug)]
pub struct Operation {
    pub methods: Methods,
    pub path: &'static str,
    /// Fields of the query, form or JSON; without files.
    pub takes: &'static str,
    pub gives: &'static str,
}

const fn row(methods: Methods, path: &'static str, takes: &'static str, gives: &'static str) -> Operation {
    Operation { methods, path, takes, gives }
}

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
         elements: [(kind: 'qr'|'text', x_mm: number, y_mm: number, w_mm: number, h_mm: number, \
         value: text <`{SN}`, `{CPUID}`, `{date}` and `{batch}` stand for the device's own>)])",
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
         groups: [GroupName], permissions: [Permission])",
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
        "RegionList",
        "{(position: Position|null, ocr_result: text, probability: number, status: int, source: Source, page: natural <of the file, from 1>)}",
    ),
    ("Item", "(name: text, spec: text, unit: text, quantity: text, price: text, amount: text, tax_rate: text, tax: text)"),
    (
        "Fault",
        "(invoice_id: natural, action_id: natural, model_id: natural|null, user_name: text, company_name: text, invoice_url: text, \
         recognize_time: time, region_list: RegionList, reason: text)",
    ),
    ("State", "'passed'|'waiting'|'reading'|'reviewed'"),
    ("Void", "(user_name: text, time: time, reason: text)"),
    (
        "Duplicate",
        "(of: natural <of a surer file, or earlier>, decision: 'duplicate'|'distinct'|null, user_name: text|null, time: time|null, \
         differs: [text] <the pos_ids of what that one says otherwise; empty where they were found distinct>)",
    ),
    ("Part", "(count: natural, fen: int)"),
    ("Sums", "(confirmed: Part, waiting: Part, duplicate: Part, void: Part, without_amount: natural)"),
    ("Reasons", "[(text: text, areas: [(pos_id: text, text: text|null <what it says stands there>)] <those that it doubts>)]"),
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
         history: [(time: time, user_name: text, pos_id: text, old: text, new: text)])",
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
    (
        "Waiting",
        "(action_id: natural, user_id: natural, user_name: text, user_company: text, action_start_time: time, url: text, image_size: natural)",
    ),
    (
        "LogPage",
        "(page_sum: natural, action_list: [(action_id: natural|null <null for what is no task: a user added, a setting changed>, \
         action_time: time, action_description: text, user_id: natural, \
         user_name: text, company_id: natural, company_name: text, user_ip: text)])",
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
        "(kind: 'qr'|'text', x_mm: number 0..300, y_mm: number 0..300, w_mm: number ..300, h_mm: number ..300, value: text 1..200)",
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
             number?: serial, seller?: text, buyer?: text, q?: text)"
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

pub const NOTHING: &str = "()";
const SERIALS: &str = "(DeviceSNList: [serial] 1..1000)";
const SWITCH: &str = "(DeviceSNList: [serial] 1..10000, status?: 0|1, atomic?: flag, reason?: text ..200, seen?: {natural})";
const DEVICES: &str = "(..DeviceFilter, cursor?: text, limit?: natural)";
const DEVICES_EXPORT: &str = "(..DeviceFilter)";
const SHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const LOOK: &str = "(name?: text 1..64, width_mm?: number 6..300, height_mm?: number 6..300, gap_mm?: number 0..50, rotate?: 0|90|180|270, elements?: [Element] ..50)";
const INVOICES: &str = "(..InvoiceFilter, cursor?: natural, limit?: natural)";
const EXPORT: &str = "(..InvoiceFilter, lang?: text)";
const FAULTS: &str = "(..InvoiceFilter, page?: natural)";
const PORTAL: &str = "(month?: text <yyyy-MM; the newest there is a list of>, tax_number?: serial <ours; the one that most lines name>, \
     state?: PortalState, direction?: PortalDirection, company_id?: natural, cursor?: text, limit?: natural)";
const VERSION: &str = "(version?: natural)";
const SELF: &str = "(user_id?: natural)";
const USER: &str = "(user_id: natural)";
const PAGE: &str = "(page?: natural)";
const LOG: &str = "(page?: natural, startTime?: time, endTime?: time, keyword?: text, type?: natural 0..3)";
const LOG_EXPORT: &str = "(startTime?: time, endTime?: time, keyword?: text, type?: natural 0..3)";
const COMPANY: &str = "(company_name: text 1..64)";
const SWITCHED: &str = "(reqStatus: 'sucess'|'partial'|'error', succeeded?: [text], failed?: {text})";
const SETTINGS: &str = "(..SettingsChange, version?: natural)";
const ENTRY: &str = "(fields?: {..64: text ..1000} ..100 <by `pos_id`; what is said to be right, changed or not, is not overwritten when it is read again>, \
     absent?: [text] ..100 <the fields that the paper does not have>, override?: text ..200|null <why it is so although the checks say \
     otherwise>, version?: natural)";
const TEMPLATE_DRAFT: &str = "(label: text <the largest print; empty where there is none>, width: natural <of the picture of its first page, which its areas are drawn on>, height: natural, areas: [(pos_id: text, key: text|null <of a known kind>, x: natural, y: natural, width: natural, height: natural, text: text)])";
const PAPERS: &str = "(page: natural, width: natural, height: natural, papers: [(corners: Corners <clockwise from the upper left, pixels of the picture>, invoice_id: natural|null <not read so far>, number: text|null, kind: Kind|null)], invoices: [(invoice_id: natural, number: text, kind: Kind)] <that become void when papers are marked anew>)";
const MARKED: &str = "(papers: [PaperCorners] 1..20, page?: natural, version?: natural)";
const CSV: &str = "text/csv";
const WEBSOCKET: &str = "websocket";

pub const OPERATIONS: &[Operation] = &[
    row(Post, "/login", "(username: text, passwd: text)", "(reqStatus: 'sucess'|'userError'|'passwdError')"),
    row(Post, "/logout", NOTHING, "ReqStatus"),
    row(Read, "/me", NOTHING, "User"),
    row(Get, "/healthz", NOTHING, "(status: 'ok')"),
    row(Get, "/readyz", NOTHING, "(status: 'ready')"),
    row(Get, "/openapi.json", NOTHING, "any"),
    row(Get, "/ca.pem", NOTHING, "application/x-pem-file"),
    row(Get, "/metrics", NOTHING, "text/plain"),
    row(Get, "/api/settings", NOTHING, "Settings"),
    row(Patch, "/api/settings", SETTINGS, "Settings"),
    row(Get, "/api/settings/about", NOTHING, "(groups: [(label: text, settings: [AboutSetting])])"),
    row(Post, "/api/backup", NOTHING, "application/x-tar"),
    row(
        Get,
        "/api/backups",
        NOTHING,
        "(backups: [(name: text, bytes: natural, time: time)], \
         trouble: text|null <what went wrong the last time>, is_new: bool <nothing was done yet: it may take in a backup>)",
    ),
    row(Post, "/api/restore", NOTHING, "Done"),
    row(Read, "/search", "(condition: 'Time'|'DeviceSN', startTime?: time, endTime?: time, DeviceSN?: serial)", "{text}"),
    row(Post, "/switchPrintStatus", SWITCH, SWITCHED),
    row(Post, "/switchPtintStatus", SWITCH, SWITCHED),
    row(Read, "/searchNoPrint", NOTHING, "(DeviceSNList: [text])"),
    row(Get, "/socketNoPrint", NOTHING, WEBSOCKET),
    row(Read, "/printQRCode", SERIALS, "{text}"),
    row(
        Post,
        "/registerDevice",
        "(DeviceSN?: serial ..64|null, CPUID?: serial 1..64, devices?: [NewDevice] 1..10000)",
        "(reqStatus: 'sucess'|'partial'|'error', devices: [Registration])",
    ),
    row(Read, "/api/devices", DEVICES, "(devices: [Device], retired?: [Device], next_cursor: text|null, total: natural)"),
    row(Get, "/api/devices/export.csv", DEVICES_EXPORT, CSV),
    row(Get, "/api/devices/export.xlsx", DEVICES_EXPORT, SHEET),
    row(
        Post,
        "/api/devices/import",
        "(preview?: flag)",
        "(rows: natural, created: natural, exists: natural, conflict: natural, errors: [(line: natural, err: text)], \
         warnings: [(line: natural, warning: text)], conflicts: [(line: natural, DeviceSN: text, CPUID: text, with: Other|null)], \
         unused_columns: [text], encoding: text, separator: text|null, sheet: text|null, import_id?: natural)",
    ),
    row(Get, "/api/imports", NOTHING, "(imports: [Import])"),
    row(Post, "/api/imports/{id}/undo", NOTHING, "Import"),
    row(Get, "/api/devices/{sn}", NOTHING, "WholeDevice"),
    row(Patch, "/api/devices/{sn}", "(CPUID: serial 1..64, reason: text 1..200, seen?: serial)", "WholeDevice"),
    row(Delete, "/api/devices/{sn}", "(reason: text 1..200, seen?: serial)", "WholeDevice"),
    row(
        Get,
        "/api/devices/{sn}/history",
        NOTHING,
        "(device: Device, prints: [(time: time, user_name: text, user_ip: text, reason: text, outcome: Label)])",
    ),
    row(
        Get,
        "/api/clock",
        NOTHING,
        "(now: time, timezone: text, timezone_set: bool, utc_offset: text, newest_record: time|null, built: time, \
         device_sn_pattern: text, allotment: (err: text, code: text)|null)",
    ),
    row(Get, "/api/labels", NOTHING, "(labels: [LabelLook])"),
    row(Post, "/api/labels", LOOK, "LabelLook"),
    row(Patch, "/api/labels/{id}", LOOK, "LabelLook"),
    row(Delete, "/api/labels/{id}", NOTHING, "Done"),
    row(Get, "/api/labels/claims", NOTHING, "(claims: Claims)"),
    row(Post, "/api/labels/claims", SERIALS, "(claimed: [text], taken: Claims)"),
    row(Post, "/api/labels/claims/release", SERIALS, "ReqStatus"),
    row(Get, "/api/labels/claims/socket", NOTHING, WEBSOCKET),
    row(
        Post,
        "/api/labels/sent",
        "(DeviceSNList?: [AnyLabel] ..1000, devices?: [AnyLabel] ..1000, reason?: text ..200, seen?: {natural})",
        "ReqStatus",
    ),
    row(
        Post,
        "/api/labels/outcome",
        "(printed?: [AnyLabel] ..1000, failed?: [AnyLabel] ..1000, unknown?: [AnyLabel] ..1000)",
        SWITCHED,
    ),
    row(Get, "/api/conflicts", "(all?: flag)", "(conflicts: [Conflict])"),
    row(Post, "/api/conflicts/{id}/settle", "(reason: text 1..200, decision?: 'keep'|'replace', seen?: serial)", "Conflict"),
    row(Get, "/api/companies", NOTHING, "(companies: [Company])"),
    row(Post, "/api/companies", COMPANY, "Company"),
    row(Patch, "/api/companies/{id}", COMPANY, "Company"),
    row(Delete, "/api/companies/{id}", NOTHING, "Done"),
    row(Get, "/api/groups", NOTHING, "(groups: [Group])"),
    row(Post, "/api/groups", "(group_name: text 1..64, company_id?: natural, permissions?: [PermissionId])", "Group"),
    row(Patch, "/api/groups/{id}", "(group_name?: text 1..64, permissions?: [PermissionId])", "Group"),
    row(Delete, "/api/groups/{id}", NOTHING, "Done"),
    row(Get, "/api/users", NOTHING, "(users: [User])"),
    row(
        Post,
        "/api/users",
        "(user_name: text 1..64, passwd: text 8..256, company_id?: natural, group_id?: natural, permissions?: [PermissionId])",
        "User",
    ),
    row(
        Patch,
        "/api/users/{id}",
        "(locked?: flag, user_name?: text 1..64, company_id?: natural, group_id?: natural, permissions?: [PermissionId], keep_tokens?: flag)",
        "User",
    ),
    row(Delete, "/api/users/{id}", NOTHING, "Done"),
    row(Post, "/api/users/{id}/password", "(passwd: text 8..256, old_passwd?: text, keep_tokens?: flag)", "Done"),
    row(
        Get,
        "/api/tokens",
        "(user_id?: natural)",
        "(tokens: [(token_id: natural, name: text, permissions: [natural], create_time: time)])",
    ),
    row(
        Post,
        "/api/tokens",
        "(name: text 1..64, permissions: [PermissionId])",
        "(token_id: natural, token: text, name: text, permissions: [natural])",
    ),
    row(Delete, "/api/tokens/{id}", NOTHING, "Done"),
    row(Read, "/invoice/getManagerUsers", SELF, "[User]"),
    row(
        Post,
        "/invoice/updateUsersPermission",
        "(user_list: [(user_id: natural, group_id?: any, update_permissions: [Tick])] ..1000)",
        "Done",
    ),
    row(Read, "/invoice/getManagerGroups", SELF, "(group_list: [Group])"),
    row(Post, "/invoice/updateGroupPermission", "(group_id: natural, permission_list: [Tick])", "(group_list: [Group])"),
    row(Post, "/invoice/addGroupUser", "(user_id: natural, group_id: natural)", "Done"),
    row(Post, "/invoice/removeGroupUser", USER, "Done"),
    row(Read, "/invoice/getUserPermission", USER, "(permission_list: [Permission])"),
    row(Read, "/invoice/getGroupUsers", "(group_id: natural, company_id?: natural)", "(user_list: [User])"),
    row(
        Post,
        "/invoice/recognizeImage",
        SELF,
        "(sucess: text, action_id_list: [natural], manage_size: natural, recognize_size: natural, failed?: [(file: text, err: text)])",
    ),
    row(Post, "/invoice/uploadModelOrigin", NOTHING, "(sucess: text, file_name: text)"),
    row(
        Post,
        "/invoice/addModel",
        "(modelAction: (user_id?: natural, json_model: JsonModel, model_id?: natural, company_id?: natural, version?: natural), img_str?: text|null, \
         file_name?: text|null, type?: 0|1)",
        "Queued",
    ),
    row(Post, "/invoice/deleteModel", "(user_id?: natural, model_id: natural)", "Queued"),
    row(Read, "/invoice/getAllModel", "(user_id?: natural, page?: natural)", "(model_list: [Model], total: natural)"),
    row(Read, "/invoice/searchModelLabel", "(page?: natural, keyword?: text)", "[Model]"),
    row(Read, "/invoice/getTwentyAction", LOG, "LogPage"),
    row(Read, "/invoice/getImgStr", "(url: text)", "(img_str: text)"),
    row(
        Read,
        "/invoice/openConsole",
        NOTHING,
        "(action_id?: natural, user_id?: natural, user_name?: text, user_company?: text, company_name?: text, \
         action_start_time?: time, url?: text, image_size?: natural, img_str?: text)",
    ),
    row(Read, "/invoice/recognizeWait", NOTHING, "(msg_id: 200, recognize_wait: [Waiting])"),
    row(Read, "/invoice/getFaultQueue", PAGE, "(fault_num: natural, fault_list: [Fault])"),
    row(Get, "/invoice/image/{name}", "(width?: natural, as?: 'jpeg')", "image/*"),
    row(
        Get,
        "/api/console",
        NOTHING,
        "(running: [(action_id: natural, action_kind: text, user_id: natural, user_name: text, company_name: text, \
         action_start_time: time, url: text, image_size: natural, file_name: text, \
         match: (model_id: natural|null, model_label: text|null, url: text|null, kind: Kind|null <of a known form>, candidates: Candidates)|null \
         <null before the engine has said which fits; its template is null when none does>)])",
    ),
    row(
        Get,
        "/api/queue",
        "(limit?: natural)",
        "(running: Action|null, running_list: [Action], manage_wait: [Action], manage_size: natural <of the whole box>, \
         recognize_size: natural, paused: (by: text, since: time, reason: text)|null, usual_ms: natural|null <how long reading a picture took lately>, \
         recognize_wait?: [Action] <one's own, the first of them>)",
    ),
    row(Post, "/api/models/test", "(json_model: JsonModel, file_name?: text|null, model_id?: natural)", "Trial"),
    row(Post, "/api/models/{id}/test", NOTHING, "Trial"),
    row(Post, "/api/queue/pause", "(reason?: text ..200)", "Done"),
    row(Post, "/api/queue/resume", NOTHING, "Done"),
    row(Post, "/api/queue/{id}/cancel", NOTHING, "Done"),
    row(Post, "/api/queue/{id}/next", NOTHING, "Done"),
    row(Get, "/api/log", LOG, "LogPage"),
    row(Get, "/api/log/export.csv", LOG_EXPORT, CSV),
    row(
        Get,
        "/api/invoices",
        INVOICES,
        "(invoices: [Invoice], next_cursor: text|null, total: natural, amount: (sum: text, invoices: natural), sums: Sums)",
    ),
    row(Get, "/api/invoices/export.csv", EXPORT, CSV),
    row(Get, "/api/invoices/export.xlsx", EXPORT, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    row(Get, "/api/invoices/export.zip", "(..InvoiceFilter, lang?: text, name?: text)", "application/zip"),
    row(Get, "/api/invoices/{id}", NOTHING, "WholeInvoice"),
    row(Get, "/api/invoices/{id}/original", NOTHING, "*/*"),
    row(Get, "/api/invoices/{id}/page/{n}", NOTHING, "image/jpeg"),
    row(Get, "/api/invoices/{id}/papers", "(page?: natural <in the file>)", PAPERS),
    row(Post, "/api/invoices/{id}/papers", MARKED, "(action_id: natural)"),
    row(Get, "/api/invoices/{id}/template-draft", NOTHING, TEMPLATE_DRAFT),
    row(Patch, "/api/invoices/{id}", ENTRY, "WholeInvoice"),
    row(
        Post,
        "/api/invoices/{id}/duplicate",
        "(decision?: 'duplicate'|'distinct'|null, of?: natural, version?: natural)",
        "WholeInvoice",
    ),
    row(Post, "/api/invoices/{id}/void", "(reason: text 1..200, version?: natural)", "WholeInvoice"),
    row(Post, "/api/invoices/{id}/restore", VERSION, "WholeInvoice"),
    row(
        Post,
        "/api/portal-list",
        NOTHING,
        "(rows: natural, kept: natural, wrong: natural, errors: [(line: natural, err: text)] <the first 1000>, \
         invoices: natural <the rows are of so many>, added: natural, changed: natural, same: natural, months: [text], \
         unused_columns: [text], encoding: text, sheet: text|null, notes: [text] <of other sheets>)",
    ),
    row(Get, "/api/portal-list", PORTAL, "PortalMonth"),
    row(Get, "/api/faults", FAULTS, "(fault_num: natural, fault_list: [OpenFault], total: natural)"),
    row(
        Post,
        "/api/faults/retry",
        "(invoice_ids?: [natural] 1..1000, all?: flag, from?: time, to?: time, model_id?: natural, fault?: flag, duplicate?: flag, q?: text)",
        "(action_id_list: [natural])",
    ),
    row(Post, "/api/faults/{id}/retry", VERSION, "(action_id: natural)"),
    row(Post, "/api/faults/{id}/resolve", VERSION, "Done"),
    row(Post, "/api/faults/{id}/review", ENTRY, "WholeInvoice"),
    row(Post, "/api/faults/{id}/reopen", VERSION, "WholeInvoice"),
    row(Post, "/api/faults/{id}/open", NOTHING, "(sucess: text, open_by: [text])"),
    row(Post, "/api/faults/{id}/close", NOTHING, "Done"),
    row(Get, "/invoice/webSocketServer", NOTHING, WEBSOCKET),
];
