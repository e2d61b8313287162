//! What is said on the invoice pages' socket, in the notation of operations.rs.

/// Messages to invoice pages, by name and `msg_id`.
pub const MESSAGES: &[(&str, u16, &str)] = &[
    ("refused", 0, "(err: text, code: text)"),
    (
        "recognised",
        1,
        "(action_id: natural, status: 0|-1, invoice_id: natural|null, \
         invoice_ids?: [natural] <all of the file's invoices>, model_id: natural|null, is_fault: 0|1, fault_ids?: [natural] <of them, those that wait for a person>, \
         recognize_time?: time, region_list: RegionList, \
         err?: text <the engine's trouble; for what the box itself doubts, the invoice has the reason>)",
    ),
    ("template_added", 2, TEMPLATE),
    ("template_deleted", 3, TEMPLATE),
    ("template_changed", 4, TEMPLATE),
    (
        "matched",
        100,
        "(action_id: natural, id: natural|null, status: 0|-1, url: text|null, model_label: text|null, \
         kind?: Kind)",
    ),
    ("found", 101, "(action_id: natural, status: int, pos_id: text, position: Position|null)"),
    ("read", 102, "(action_id: natural, status: int, pos_id: text, ocr_result: text, probability: number)"),
    ("queued", 201, "(new_recognize: [(action_id: natural, url: text, image_size: natural, file_name: text)])"),
    (
        "started",
        203,
        "(action_id: natural, url: text, image_size: natural, user_id: natural, user_name: text, action_start_time: time, company_name: text, \
         file_name: text)",
    ),
    ("so_far", 204, "(action_id: natural|null, region_list: RegionList)"),
    ("faults", 205, "(fault_num: natural)"),
    ("fault", 206, "(fault_num: natural, fault_invoice?: Fault)"),
    ("resumed", 207, "(number: natural, missed: bool <everything has to be looked at anew; else what was missed follows>)"),
    ("rights", 208, "()"),
    ("put_back", 209, "(action_id: natural)"),
    ("queue_changed", 210, "(paused: Pause|null)"),
    ("cancelled", 211, "(action_id: natural, user_id: natural <who did it>, user_name: text)"),
    ("logged", 212, "()"),
    ("people_changed", 213, "()"),
    ("settings_changed", 214, "()"),
    ("invoice_changed", 215, "(invoice_id: natural, is_fault: 0|1 <it waits for a person>)"),
];
const TEMPLATE: &str = "(action_id: natural, status: 0|-1, model_id: natural|null, model?: Model)";

/// What a message about news also has, for a socket that asked for numbers.
pub const NUMBER: &str = "number";

/// What the pages send, by name and `code`.
pub const SAID: &[(&str, &str)] = &[("watch", "001"), ("catch_up", "002")];
