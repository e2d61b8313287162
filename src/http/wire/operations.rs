//! The wire, in a short notation (notation.rs): each route's request and answer. openapi.rs and typescript.rs generate from it; tests
//! check answers against it. A non-JSON answer is given as its media type. Not here: what has a name in it (schemas.rs), the socket's
//! messages (told.rs).

use crate::http::edge::call::{Methods, Methods::Delete, Methods::Get, Methods::Patch, Methods::Post, Methods::Read};

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

pub const NOTHING: &str = "()";
const SERIALS: &str = "(DeviceSNList: [serial] 1..1000)";
const SWITCH: &str = "(DeviceSNList: [serial] 1..10000, status?: 0|1, atomic?: flag, reason?: text ..200, seen?: {natural})";
const DEVICES: &str = "(..DeviceFilter, cursor?: text, limit?: natural)";
const DEVICES_EXPORT: &str = "(..DeviceFilter)";
const SHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const BATCH: &str = "(name?: text 1..64, expected?: natural 1..20000, first?: serial ..64, last?: serial ..64, closed?: flag)";
const PRINTER: &str = "(name?: text 1..64, language?: 'zpl'|'tspl', address?: text <tcp://HOST:PORT or agent://NAME>, dpi?: 203|300|600, label_id?: natural, auto_print?: flag, \
     offset_x?: int <in dots, -1200 to 1200>, offset_y?: int, across?: natural 1..10 <labels side by side>, across_gap_mm?: number 0..50)";
const LOOK: &str = "(name?: text 1..64, width_mm?: number 6..300, height_mm?: number 6..300, gap_mm?: number 0..50, rotate?: 0|90|180|270, elements?: [Element] ..50)";
const SHOWN_LOOK: &str = "(..LookDraft, sn?: serial, dpi?: 203|300|600)";
const INVOICES: &str = "(..InvoiceFilter, order?: InvoiceOrder, cursor?: serial, limit?: natural)";
const EXPORT: &str = "(..InvoiceFilter, order?: InvoiceOrder, lang?: text, columns?: [text 1..70] 1..100 <in their order: a `pos_id`, or one of id, state, counted, \
     time, user, company, file, template, source, duplicate, void, red, reason, reviewed_by, reviewed_time, override and kind; \
     with `field:` before it, it is a `pos_id`. Without it: all>)";
const FAULTS: &str = "(..InvoiceFilter, page?: natural)";
const PORTAL: &str = "(month?: text <yyyy-MM; the newest there is a list of>, tax_number?: serial <ours; the one that most lines name>, \
     state?: PortalState, direction?: PortalDirection, company_id?: natural, cursor?: text, limit?: natural)";
const VERSION: &str = "(version?: natural)";
const SELF: &str = "(user_id?: natural)";
const USER: &str = "(user_id: natural)";
const PAGE: &str = "(page?: natural)";
const LOG: &str = "(page?: natural, startTime?: time, endTime?: time, keyword?: text, type?: natural 0..3)";
const LOG_FOUND: &str =
    "(page?: natural, startTime?: time, endTime?: time, keyword?: text <words that all have to fit>, type?: natural 0..4)";
const LOG_EXPORT: &str = "(startTime?: time, endTime?: time, keyword?: text, type?: natural 0..4, lang?: text)";
const COMPANY: &str = "(company_name: text 1..64)";
const SWITCHED: &str = "(reqStatus: 'sucess'|'partial'|'error', succeeded?: [text], failed?: {text})";
const SETTINGS: &str = "(..SettingsChange, version?: natural)";
const ENTRY: &str = "(fields?: {..64: text ..1000} ..100 <by `pos_id`; what is said to be right, changed or not, is not overwritten when it is read again>, \
     absent?: [text] ..100 <the fields that the paper does not have>, override?: text ..200|null <why it is so although the checks say \
     otherwise>, version?: natural)";
const TEMPLATE_DRAFT: &str = "(label: text <the largest print; empty where there is none>, width: natural <of the picture, or of that of an invoice's first page, which its areas are drawn on>, height: natural, areas: [(pos_id: text, key: text|null <of a known kind>, x: natural, y: natural, width: natural, height: natural, text: text)], labels: [(pos_id: text, x: natural, y: natural, width: natural, height: natural)] <each says what stands beside it or below>, lines: [(text: text, x: natural, y: natural, width: natural, height: natural)] <all that is printed, in parts>)";
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
    row(Get, "/ca.crt", NOTHING, "application/x-x509-ca-cert"),
    row(
        Get,
        "/api/addresses",
        NOTHING,
        "(addresses: [text] <for other machines, the surest first>, \
         code: (outline: text <in SVG, one unit a module>, side: natural <modules>)|null <of the first address>, host_name: text|null, alone: 'loopback'|'plain_http'|null <why nobody else can log in: it listens on its own machine only; HTTPS is off>, \
         ca: bool <there is one of its own to download>)",
    ),
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
    row(
        Get,
        "/api/health",
        NOTHING,
        "(disk: (free_bytes: natural, total_bytes: natural, state: 'good'|'low'|'full' <nothing is written>)|null, \
         engine: 'there'|'away'|'unasked' <when it was last asked>, \
         backup: (nightly: bool <a folder is set>, last: time|null, trouble: text|null <what went wrong the last time>))",
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
    row(Get, "/api/labels/{id}/preview", "(sn?: serial <without it a made-up device's>, dpi?: 203|300|600)", "image/png"),
    row(Post, "/api/labels/preview", SHOWN_LOOK, "LabelPicture"),
    row(
        Post,
        "/api/labels/pictures",
        "(..LookDraft, devices: [AnyLabel] 1..100 <a CPUID that is given has to be the device's own; of a serial that no device has it is drawn as it is, to try a printer>, dpi?: 203|300|600)",
        "(pictures: [LabelPicture|(err: text)] <one a device, in their order>)",
    ),
    row(Get, "/api/logo", NOTHING, "image/png"),
    row(Post, "/api/logo", NOTHING, "Done"),
    row(Delete, "/api/logo", NOTHING, "Done"),
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
    row(Get, "/api/printers", NOTHING, "(printers: [Printer])"),
    row(Post, "/api/printers", PRINTER, "Printer"),
    row(Patch, "/api/printers/{id}", PRINTER, "Printer"),
    row(Delete, "/api/printers/{id}", NOTHING, "Done"),
    row(Post, "/api/printers/{id}/test", NOTHING, "ReqStatus"),
    row(Get, "/api/printers/agent", "(name: text 1..64 <as in the address agent://NAME>)", WEBSOCKET),
    row(Get, "/api/printers/socket", NOTHING, WEBSOCKET),
    row(Get, "/api/batches", NOTHING, "(batches: [Batch])"),
    row(Post, "/api/batches", BATCH, "Batch"),
    row(Get, "/api/batches/{id}", NOTHING, "BatchStanding"),
    row(Patch, "/api/batches/{id}", BATCH, "Batch"),
    row(Delete, "/api/batches/{id}", NOTHING, "Done"),
    row(Post, "/api/labels/verified", "(DeviceSN: serial, CPUID: serial)", "ReqStatus"),
    row(Get, "/api/print", "(limit?: natural <of those that are over>)", "(jobs: [PrintJob])"),
    row(
        Post,
        "/api/print",
        "(printer_id: natural, DeviceSNList: [AnyLabel] 1..1000, copies?: natural 1..50, reason?: text ..200, seen?: {natural})",
        "(job_id: natural)",
    ),
    row(
        Get,
        "/api/print/{id}",
        NOTHING,
        "(..PrintJob, labels: {Fate}, why: {text} <of those that never went out, without those that were cancelled>)",
    ),
    row(Post, "/api/print/{id}/cancel", NOTHING, "ReqStatus"),
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
    row(
        Post,
        "/api/users/{id}/password",
        "(passwd: text 8..256, old_passwd?: text, keep_tokens?: flag, keep_session?: flag <the one that asks>)",
        "Done",
    ),
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
         <null before the engine has said which fits; its template is null when none does>)], paused: Pause|null)",
    ),
    row(
        Get,
        "/api/queue",
        "(limit?: natural)",
        "(running: Action|null, running_list: [Action], manage_wait: [Action], manage_size: natural <of the whole box>, \
         recognize_size: natural, paused: Pause|null, usual_ms: natural|null <how long reading a picture took lately>, \
         recognize_wait?: [Action] <one's own, the first of them>)",
    ),
    row(Post, "/api/models/test", "(json_model: JsonModel, file_name?: text|null, model_id?: natural)", "Trial"),
    row(Post, "/api/models/{id}/test", NOTHING, "Trial"),
    row(Post, "/api/template-drafts", "(file_name: text <from uploadModelOrigin>)", TEMPLATE_DRAFT),
    row(Post, "/api/queue/pause", "(reason?: text ..200)", "Done"),
    row(Post, "/api/queue/resume", NOTHING, "Done"),
    row(Post, "/api/queue/{id}/cancel", NOTHING, "Done"),
    row(Post, "/api/queue/{id}/next", NOTHING, "Done"),
    row(Get, "/api/log", LOG_FOUND, "LogFound"),
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
    row(Post, "/api/invoices/printed", "(invoice_ids: [natural] 1..2000)", "Done"),
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
