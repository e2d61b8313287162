//! Answers about an outdated state are refused, and their sender is told.

use crate::support::{Client, Paperline};
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

fn register(client: &Client, sn: &str, cpuid: &str) -> Value {
    client.post("/registerDevice", &json!({ "DeviceSN": sn, "CPUID": cpuid })).body["devices"][0]["status"].clone()
}

fn one(client: &Client, sn: &str) -> Value {
    client.get(&format!("/api/devices/{sn}")).body
}

fn correct(client: &Client, sn: &str, cpuid: &str) {
    assert_eq!(client.patch(&format!("/api/devices/{sn}"), &json!({ "CPUID": cpuid, "reason": "抄错了" })).status, 200);
}

fn retire(client: &Client, sn: &str) {
    let body = br#"{"reason":"board is broken"}"#;
    assert_eq!(client.send("DELETE", &format!("/api/devices/{sn}"), &[("content-type", "application/json")], body).status, 200);
}

fn sent(client: &Client, sns: &[&str]) {
    assert_eq!(client.post("/api/labels/sent", &json!({ "DeviceSNList": sns })).status, 200);
}

fn outcome(client: &Client, outcomes: &Value) -> Value {
    client.post("/api/labels/outcome", outcomes).body
}

/// Label, prints, labels sent.
fn state(client: &Client, sn: &str) -> (String, u64, u64) {
    let device = one(client, sn);
    (device["label"].as_str().unwrap().to_owned(), device["status"].as_u64().unwrap(), device["print_count"].as_u64().unwrap())
}

#[test]
fn a_label_that_was_sent_before_a_correction_does_not_print_the_corrected_device() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    for (sn, cpuid) in [("18440001", "OLD1"), ("18440002", "C2"), ("18440003", "OLD3")] {
        register(&client, sn, cpuid);
    }
    sent(&client, &["18440001", "18440002", "18440003"]);
    correct(&client, "18440001", "NEW1");
    // No label was sent under its current CPUID.
    let told = outcome(&client, &json!({ "printed": ["18440001", "18440002"] }));
    assert_eq!(told, json!({ "reqStatus": "partial", "succeeded": ["18440002"], "failed": { "18440001": "changed" } }));
    assert_eq!(state(&client, "18440001"), ("new".into(), 0, 0));
    assert_eq!(client.get("/searchNoPrint").body["DeviceSNList"], json!(["18440001", "18440003"]));
    // A failure, and one reset by hand.
    assert_eq!(outcome(&client, &json!({ "failed": ["18440001"] }))["failed"], json!({ "18440001": "changed" }));
    client.post("/switchPrintStatus", &json!({ "DeviceSNList": ["18440002"], "status": 0 }));
    assert_eq!(outcome(&client, &json!({ "printed": ["18440002"] }))["failed"], json!({ "18440002": "changed" }));
    // Before any label was sent; and never corrected, with its label printed elsewhere.
    for sn in ["18440004", "18440005"] {
        register(&client, sn, &format!("C{sn}"));
    }
    correct(&client, "18440004", "NEW4");
    let told = outcome(&client, &json!({ "printed": ["18440004", "18440005"] }));
    assert_eq!((&told["failed"], &told["succeeded"]), (&json!({ "18440004": "changed" }), &json!(["18440005"])));
    sent(&client, &["18440001"]);
    assert_eq!(outcome(&client, &json!({ "printed": ["18440001"] }))["reqStatus"], "sucess");
    assert_eq!(state(&client, "18440001"), ("printed".into(), 1, 1));
}

#[test]
fn a_pair_that_is_no_more_is_refused_by_name_and_nothing_is_written() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    for (sn, cpuid) in [("18440001", "OLD1"), ("18440002", "C2"), ("18440003", "OLD3")] {
        register(&client, sn, cpuid);
    }
    let pair = |sn: &str, cpuid: &str| json!({ "DeviceSN": sn, "CPUID": cpuid });
    sent(&client, &["18440001", "18440002", "18440003"]);
    correct(&client, "18440001", "NEW1");
    correct(&client, "18440003", "NEW3");
    sent(&client, &["18440003"]);
    let stale = json!({ "printed": [pair("18440001", "OLD1"), "18440002"], "unknown": [pair("18440003", "OLD3")] });
    let refused = client.post("/api/labels/outcome", &stale);
    assert_eq!(refused.refusal(), (409, "conflict"));
    let said = refused.body["err"].as_str().unwrap();
    for word in ["18440001", "NEW1", "18440003", "NEW3"] {
        assert!(said.contains(word) && !said.contains("18440002"), "{said}");
    }
    assert_eq!(["18440001", "18440002", "18440003"].map(|sn| state(&client, sn).0), ["new", "sent", "sent"]);
    // The printed label has another CPUID.
    let labels = |devices: Value| client.post("/api/labels/sent", &devices);
    let refused = labels(json!({ "devices": [pair("18440001", "OLD1")], "DeviceSNList": ["18440002"] }));
    assert_eq!(refused.refusal(), (409, "conflict"));
    assert_eq!(state(&client, "18440001").0, "new");
    assert_eq!(labels(json!({ "devices": [pair("18440001", "new1")] })).status, 200, "one chip in whatever case");
    assert_eq!(labels(json!({ "devices": [] })).refusal(), (400, "malformed"));
    assert_eq!(labels(json!({ "devices": [{ "CPUID": "NEW1" }] })).refusal(), (400, "malformed"));
    assert_eq!(labels(json!({})).refusal(), (400, "malformed"));
    let right = json!({ "printed": [pair("18440001", "NEW1"), pair("18440003", "NEW3"), pair("18440009", "X")] });
    let told = outcome(&client, &right);
    assert_eq!(told["succeeded"], json!(["18440001", "18440003"]));
    assert_eq!(told["failed"], json!({ "18440009": "not_found" }));
    // Reading out the current pair proves its label.
    register(&client, "18440004", "C4");
    assert_eq!(outcome(&client, &json!({ "printed": [pair("18440004", "C4")] }))["reqStatus"], "sucess");
}

#[test]
fn a_label_that_was_sent_is_answered_once() {
    let paperline = Paperline::start();
    let (client, admin) = (paperline.operator(), paperline.admin());
    for (sn, cpuid) in [("18440001", "C1"), ("18440002", "C2"), ("18440003", "C3")] {
        register(&client, sn, cpuid);
    }
    sent(&client, &["18440001", "18440002", "18440003"]);
    assert_eq!(outcome(&client, &json!({ "printed": ["18440001"], "failed": ["18440002"] }))["reqStatus"], "sucess");
    let same = outcome(&admin, &json!({ "printed": ["18440001", "18440003"] }));
    assert_eq!((&same["succeeded"], &same["failed"]), (&json!(["18440003"]), &json!({ "18440001": "answered" })));
    let other = outcome(&admin, &json!({ "failed": ["18440001"], "printed": [{ "DeviceSN": "18440002", "CPUID": "C2" }] }));
    assert_eq!(other["failed"], json!({ "18440001": "answered", "18440002": "answered" }));
    assert_eq!((state(&client, "18440001"), state(&client, "18440002").0), (("printed".into(), 1, 1), "failed".into()));
    let history = one(&client, "18440001")["history"].clone();
    assert_eq!((&history[0]["what"], &history[0]["user_name"]), (&json!("printed"), &json!("prodsys")), "who answered, and what");
    assert_eq!(history.as_array().unwrap().len(), 3, "{history}");
    // The old document's stations count as before.
    for _ in 0..2 {
        let switched = client.post("/switchPrintStatus", &json!({ "DeviceSNList": ["18440001"] })).body;
        assert_eq!(switched, json!({ "reqStatus": "sucess" }));
    }
    assert_eq!(state(&client, "18440001").2, 3);
}

#[test]
fn what_was_seen_of_a_conflict_before_the_device_changed_replaces_nothing() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    register(&client, "18440001", "C1");
    assert_eq!(register(&client, "18440001", "WANTED"), "conflict");
    let open = || client.get("/api/conflicts").body["conflicts"].clone();
    let id = open()[0]["conflict_id"].clone();
    let replace = |seen: Value| {
        let body = json!({ "reason": "换板", "decision": "replace", "seen": seen });
        client.post(&format!("/api/conflicts/{id}/settle"), &body)
    };
    correct(&client, "18440001", "C2");
    let refused = replace(Value::Null);
    assert_eq!(refused.refusal(), (409, "conflict"));
    assert!(refused.body["err"].as_str().unwrap().contains("C2"), "what stands now is said: {refused:?}");
    assert_eq!(open()[0]["same_sn"], json!({ "DeviceSN": "18440001", "CPUID": "C2" }));
    assert_eq!(one(&client, "18440001")["CPUID"], "C2");
    // What the sender saw counts, not what others saw.
    correct(&client, "18440001", "C3");
    assert_eq!(open()[0]["same_sn"]["CPUID"], "C3", "the list shows the pair as it is now");
    assert_eq!(replace(json!("C2")).refusal(), (409, "conflict"));
    let replaced = replace(json!("c3"));
    assert_eq!((replaced.status, &replaced.body["settled"]["decision"]), (200, &json!("replace")));
    assert_eq!((&one(&client, "18440001")["CPUID"], open()), (&json!("WANTED"), json!([])));
}

#[test]
fn a_refused_replacement_can_be_decided_again_after_the_present_pair_was_shown() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    register(&client, "18440001", "C1");
    register(&client, "18440001", "WANTED");
    let id = client.get("/api/conflicts").body["conflicts"][0]["conflict_id"].clone();
    correct(&client, "18440001", "C2");
    let replace =
        || client.post(&format!("/api/conflicts/{id}/settle"), &json!({ "reason": "换板", "decision": "replace" })).status;
    assert_eq!((replace(), replace()), (409, 200));
    assert_eq!(one(&client, "18440001")["CPUID"], "WANTED");
}

#[test]
fn a_conflict_whose_pair_has_come_true_is_settled_by_itself() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    for (sn, cpuid) in [("18440001", "C1"), ("18440002", "C2"), ("18440003", "C3")] {
        register(&client, sn, cpuid);
    }
    // By correction, by the serial's first registration; and still open though a retired device has this pair.
    for (sn, cpuid) in [("18440001", "WANTED"), ("18440009", "C2")] {
        assert_eq!(register(&client, sn, cpuid), "conflict");
    }
    correct(&client, "18440001", "wanted");
    retire(&client, "18440002");
    assert_eq!(register(&client, "18440009", "C2"), "created");
    retire(&client, "18440003");
    assert_eq!(register(&client, "18440003", "C3"), "conflict");
    let open = client.get("/api/conflicts").body["conflicts"].clone();
    assert_eq!((open.as_array().unwrap().len(), &open[0]["DeviceSN"]), (1, &json!("18440003")));
    let all = client.get("/api/conflicts?all=1").body["conflicts"].clone();
    let settled: Vec<&Value> = all.as_array().unwrap().iter().filter(|c| !c["settled"].is_null()).collect();
    assert_eq!(settled.len(), 2, "{all}");
    assert!(settled.iter().all(|c| c["settled"]["user_name"] == "prodsys" && c["settled"]["decision"] == "replace"));
}

fn total(client: &Client) -> u64 {
    client.get("/api/devices?limit=1").body["total"].as_u64().unwrap()
}

fn cpuids(count: usize) -> Vec<Value> {
    (0..count).map(|n| json!({ "CPUID": format!("CPU{n:05}") })).collect()
}

#[test]
fn a_list_that_the_serials_left_are_too_few_for_registers_nothing() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    // 9,999 a week.
    let refused = client.post("/registerDevice", &json!({ "devices": cpuids(10_000) }));
    assert_eq!(refused.refusal(), (503, "unavailable"));
    let said = refused.body["err"].as_str().unwrap();
    assert!(said.contains("9999") && said.contains("10000"), "{said}");
    assert_eq!(total(&client), 0);
    // 99 a week: known devices and rows with serials need none.
    let settings = json!({ "device_sn_format": "55{yy}{ww}{nn}" });
    assert_eq!(paperline.admin().patch("/api/settings", &settings).status, 200);
    let first = client.post("/registerDevice", &json!({ "CPUID": "CPU00000" })).body["devices"][0]["DeviceSN"].clone();
    let own = |tail: u32| format!("{}{tail:02}", &first.as_str().unwrap()[..6]);
    let mut rows: Vec<Value> = (0..200).map(|n| json!({ "DeviceSN": format!("1844{n:04}"), "CPUID": format!("X{n}") })).collect();
    rows.extend(cpuids(99));
    rows.push(json!({ "DeviceSN": own(99), "CPUID": "LAST" }));
    assert_eq!(client.post("/registerDevice", &json!({ "devices": rows })).refusal(), (503, "unavailable"));
    assert_eq!(total(&client), 1);
    rows.pop();
    let done = client.post("/registerDevice", &json!({ "devices": rows })).body;
    assert_eq!((&done["reqStatus"], total(&client)), (&json!("sucess"), 1 + 200 + 98));
    assert_eq!(done["devices"][298]["DeviceSN"], json!(own(99)), "to the last serial");
}

#[test]
fn a_list_that_is_broken_off_says_which_rows_were_done() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let user = json!({ "user_name": "李四", "passwd": "secret-1", "permissions": [102] });
    let id = admin.post("/api/users", &user).body["user_id"].clone();
    let client = paperline.client();
    client.log_in("李四", "secret-1");
    let rows: Vec<Value> = (0..10_000).map(|n| json!({ "DeviceSN": format!("1844{n:04}"), "CPUID": format!("X{n}") })).collect();
    let answer = std::thread::scope(|scope| {
        let asked = scope.spawn(|| client.post("/registerDevice", &json!({ "devices": rows })));
        while total(&admin) == 0 {}
        assert_eq!(admin.patch(&format!("/api/users/{id}"), &json!({ "locked": true })).status, 200);
        asked.join().unwrap()
    });
    assert_eq!((answer.status, &answer.body["reqStatus"]), (200, &json!("partial")), "{answer:?}");
    let devices = answer.body["devices"].as_array().unwrap();
    let done = devices.iter().take_while(|row| row["status"] == "created").count();
    assert_eq!((devices.len(), total(&admin)), (10_000, done as u64));
    assert!(devices[done..].iter().all(|row| row["status"] == "refused" && row["err"].is_string()));
    assert_eq!(devices[9_999]["DeviceSN"], "18449999");
}

fn import(client: &Client, bytes: &[u8]) -> crate::support::Answer {
    client.send("POST", "/api/devices/import?preview=1", &[("content-type", "text/csv"), ("accept-language", "zh")], bytes)
}

/// Name, hidden, lines.
type Lines<'a> = (&'a str, bool, &'a [[&'a str; 2]]);

fn workbook(sheets: &[Lines<'_>]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    for (name, is_hidden, lines) in sheets {
        let sheet = workbook.add_worksheet();
        sheet.set_name(*name).unwrap().set_hidden(*is_hidden);
        for (row, cells) in (0..).zip(*lines) {
            sheet.write_row(row, 0, cells.iter().copied()).unwrap();
        }
        if !is_hidden {
            sheet.set_active(true).set_first_tab(true);
        }
    }
    workbook.save_to_buffer().unwrap()
}

const HEADER: [&str; 2] = ["DeviceSN", "CPUID"];

#[test]
fn the_sheets_of_a_workbook_that_were_not_read_are_named() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let rows = |first: u32, count: u32| (first..first + count).map(|n| [n.to_string(), format!("C{n}")]).collect::<Vec<_>>();
    let (one, two, three) = (rows(18_440_001, 3), rows(18_450_001, 5), rows(18_460_001, 1));
    let lines = |rows: &'static [[String; 2]], has_header: bool| {
        let cells = rows.iter().map(|[sn, cpuid]| [sn.as_str(), cpuid.as_str()]);
        has_header.then_some(HEADER).into_iter().chain(cells).collect::<Vec<_>>()
    };
    let kept = |rows: Vec<[String; 2]>| -> &'static [[String; 2]] { Box::leak(rows.into_boxed_slice()) };
    let (one, two, three) = (kept(one), kept(two), kept(three));
    let (old, first, second, bare) = (lines(three, true), lines(one, true), lines(two, true), lines(two, false));
    let file = workbook(&[
        ("旧的", true, &old),
        ("说明", false, &[["请勿改动列名", ""], ["", ""]]),
        ("批次1", false, &first),
        ("批次2", false, &second),
        ("批次3", false, &bare),
        ("空", false, &[HEADER]),
    ]);
    let report = import(&client, &file).body;
    assert_eq!((&report["sheet"], &report["created"], &report["rows"]), (&json!("批次1"), &json!(3), &json!(3)), "{report}");
    let said: Vec<&str> = report["warnings"].as_array().unwrap().iter().map(|w| w["warning"].as_str().unwrap()).collect();
    assert_eq!(said, ["工作表 旧的（隐藏） 有 1 行，没有导入", "工作表 批次2 有 5 行，没有导入", "工作表 批次3 有 5 行，没有导入"]);
    assert!(report["warnings"].as_array().unwrap().iter().all(|w| w["line"] == 1));
    let report = import(&client, &workbook(&[("批次1", false, &first)])).body;
    assert_eq!((&report["sheet"], &report["warnings"]), (&json!("批次1"), &json!([])));
    assert_eq!(import(&client, b"DeviceSN,CPUID\n18440001,C1\n").body["sheet"], Value::Null);
    let refused = import(&client, &workbook(&[("旧的", true, &old), ("说明", false, &[["见", "下页"]])]));
    assert_eq!(refused.refusal(), (400, "malformed"));
    assert!(refused.body["err"].as_str().unwrap().contains("旧的"), "{refused:?}");
}

#[test]
fn a_retired_device_is_said_to_be_retired_wherever_its_pair_comes_up() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    register(&client, "18440001", "39FFD605");
    register(&client, "18440002", "C2");
    retire(&client, "18440001");
    let with = json!({ "DeviceSN": "18440001", "CPUID": "39FFD605", "retired": true });
    let row = client.post("/registerDevice", &json!({ "DeviceSN": "18440001", "CPUID": "39FFD605" })).body["devices"][0].clone();
    assert_eq!((&row["status"], &row["with"]), (&json!("conflict"), &with));
    assert!(row["err"].as_str().unwrap().contains("已作废"), "{row}");
    let report = import(&client, b"DeviceSN,CPUID\n18440001,39FFD605\n18440002,OTHER\n").body;
    let conflicts = &report["conflicts"];
    assert_eq!((&conflicts[0]["with"], &conflicts[1]["with"]), (&with, &json!({ "DeviceSN": "18440002", "CPUID": "C2" })));
    let warnings = report["warnings"].as_array().unwrap();
    assert!(warnings.len() == 1 && warnings[0]["line"] == 2, "{report}");
    assert!(warnings[0]["warning"].as_str().unwrap().contains("已作废"));
    for q in ["18440001", "39ffd605", "0x39FFD605", "18440001%2039FFD605"] {
        let found = client.get(&format!("/api/devices?q={q}")).body;
        assert_eq!((&found["total"], &found["retired"][0]["DeviceSN"]), (&json!(0), &json!("18440001")), "{q}");
    }
    // Only exact words find retired devices, and listed ones come first.
    for q in ["1844", "39FFD6", "18440002", "18440003", ""] {
        assert_eq!(client.get(&format!("/api/devices?q={q}")).body["retired"], Value::Null, "{q}");
    }
    register(&client, "18440009", "39FFD605");
    let found = client.get("/api/devices?q=39FFD605").body;
    assert_eq!((&found["devices"][0]["DeviceSN"], &found["retired"]), (&json!("18440009"), &Value::Null));
}
