//! Device files from spreadsheets: read whole or refused, with preview and undo.

use crate::support::{Answer, Client, Paperline};
use encoding_rs::GB18030;
use paperline::domain::device::{Import, ImportState};
use paperline::store::local::Local;
use paperline::store::tables::IMPORTS;
use paperline::store::{Store, endless};
use rust_xlsxwriter::{Format, Workbook};
use serde_json::{Value, json};
use std::process::Command;
use std::sync::Arc;

fn send(client: &Client, path: &str, bytes: &[u8]) -> Value {
    let answer = client.send("POST", path, &[("content-type", "text/csv")], bytes);
    assert_eq!(answer.status, 200, "{answer:?}");
    adds_up(&answer.body);
    answer.body
}

fn import(client: &Client, bytes: &[u8]) -> Value {
    send(client, "/api/devices/import", bytes)
}

fn preview(client: &Client, bytes: &[u8]) -> Value {
    send(client, "/api/devices/import?preview=1", bytes)
}

#[track_caller]
fn adds_up(report: &Value) {
    let counted: u64 = ["created", "exists", "conflict"].iter().map(|name| report[name].as_u64().unwrap()).sum();
    assert_eq!(counted + report["errors"].as_array().unwrap().len() as u64, report["rows"].as_u64().unwrap(), "{report}");
}

fn lines(report: &Value, what: &str) -> Vec<u64> {
    report[what].as_array().unwrap().iter().map(|one| one["line"].as_u64().unwrap()).collect()
}

fn total(client: &Client) -> u64 {
    client.get("/api/devices").body["total"].as_u64().unwrap()
}

fn status(client: &Client, sn: &str) -> u16 {
    client.get(&format!("/api/devices/{sn}")).status
}

#[test]
fn a_stray_quote_costs_its_own_line_and_no_other() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let mut text = String::from("DeviceSN,CPUID,备注\r\n");
    for n in 1..=20 {
        text += &match n {
            3 => "30000003,EE03,\"待复测\r\n".to_owned(),
            7 => "30000007,\"EE07\"x,\r\n".to_owned(),
            11 => "30000011,EE\"11,\r\n".to_owned(),
            15 => "30000015,\"EE15\",\"a, \"\"b\"\"\"\r\n".to_owned(),
            _ => format!("30000{n:03},EE{n:02},\r\n"),
        };
    }
    let report = import(&client, text.as_bytes());
    assert_eq!((lines(&report, "errors"), &report["created"], &report["rows"]), (vec![4, 8, 12], &json!(17), &json!(20)));
    assert_eq!(total(&client), 17);
    assert_eq!((status(&client, "30000003"), status(&client, "30000004"), status(&client, "30000020")), (404, 200, 200));
    let report = import(&client, b"DeviceSN,CPUID,note\n40000001,A1,\"one\ntwo\"\n40000002,A2,\n\"40000003\",\"A3\",\"\n");
    assert_eq!((lines(&report, "errors"), &report["created"]), (vec![2, 3, 5], &json!(1)));
}

#[test]
fn empty_lines_are_no_rows() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let report = import(&client, b"\n,\nDeviceSN,CPUID\n30000001,A1\n,\n , \n\"\",\"\"\n\n30000002,\n,A3\n30000004,A4\n,,,\n");
    assert_eq!((lines(&report, "errors"), &report["created"], &report["rows"]), (vec![9, 10], &json!(2), &json!(4)));
}

#[test]
fn what_excel_has_bent_is_warned_of_before_anything_is_written() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    import(&client, b"DeviceSN,CPUID\n10000001,000777\n10000002,888\n");
    let bent = "DeviceSN,CPUID\n30000001,1.23457E+19\n30000002,123456\n30000003,00123456\n30000004,12-Jan\n30000005,39FFD605\n\
                30000006,12345678901234500000\n1.84E+07,A7\n30000008,777\n30000009,5E12\n30000010,0888\n30000011,2026/1/12\n";
    let report = preview(&client, bent.as_bytes());
    assert_eq!(lines(&report, "warnings"), [2, 3, 5, 7, 8, 9, 11, 12], "{report}");
    let said = |line: u64| -> String {
        let warnings = report["warnings"].as_array().unwrap();
        warnings.iter().find(|w| w["line"] == line).unwrap()["warning"].as_str().unwrap().to_owned()
    };
    assert!(said(2).contains("1.23457E+19") && said(2).starts_with("CPUID") && said(8).starts_with("DeviceSN"), "{report}");
    assert!(said(3).contains("00123456") && said(9).contains("000777") && said(11).contains("888"), "{report}");
    assert_eq!(total(&client), 2, "a preview writes nothing");
    assert_eq!((&report["created"], lines(&report, "errors")), (&json!(10), vec![8]));
    let report = import(&client, bent.as_bytes());
    assert_eq!((&report["created"], report["warnings"].as_array().unwrap().len()), (&json!(10), 8));
}

#[test]
fn a_preview_says_what_the_import_then_does() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    import(&client, b"DeviceSN,CPUID\n10000001,AA\n10000002,BB\n");
    let text = b"DeviceSN,CPUID\n30000001,C1\n30000001,0xc1\n30000001,C2\n30000002,c1\n10000001,aa\n10000001,ZZ\n30000003,bb\nx,C3\n30000004,C 4\n30000005,C5\n";
    let seen = preview(&client, text);
    assert_eq!(seen.get("import_id"), None);
    assert_eq!((total(&client), client.get("/api/conflicts").body["conflicts"].as_array().unwrap().len()), (2, 0));
    let done = import(&client, text);
    assert!(done["import_id"].is_u64());
    for name in ["rows", "created", "exists", "conflict", "errors", "warnings", "conflicts"] {
        assert_eq!(seen[name], done[name], "{name}");
    }
    assert_eq!((&done["created"], &done["exists"], &done["conflict"]), (&json!(2), &json!(2), &json!(4)));
    assert_eq!((lines(&done, "conflicts"), lines(&done, "errors")), (vec![4, 5, 7, 8], vec![9, 10]));
    assert_eq!(done["conflicts"][0]["with"], json!({ "DeviceSN": "30000001", "CPUID": "C1" }));
    assert_eq!(done["conflicts"][3]["with"], json!({ "DeviceSN": "10000002", "CPUID": "BB" }));
    assert_eq!(client.get("/api/conflicts").body["conflicts"].as_array().unwrap().len(), 4);
    let form = client.upload("/api/devices/import?preview=1", &[("a.csv", text)]).body;
    assert_eq!((&form["created"], &form["exists"], form.get("import_id")), (&json!(0), &json!(4), None));
}

fn undo(client: &Client, id: &Value) -> Answer {
    client.post(&format!("/api/imports/{id}/undo"), &json!({}))
}

fn listed(client: &Client, id: &Value) -> Value {
    let imports = client.get("/api/imports").body["imports"].clone();
    imports.as_array().unwrap().iter().find(|import| import["import_id"] == *id).unwrap().clone()
}

fn file(first: u32, count: u32) -> String {
    let rows = (first..first + count).map(|n| format!("{n},X{n}\n"));
    "DeviceSN,CPUID\n".chars().chain(rows.collect::<String>().chars()).collect()
}

#[test]
fn an_import_is_taken_back_and_its_serials_are_free_again() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    client.post("/registerDevice", &json!({ "DeviceSN": "30000003", "CPUID": "X30000003" }));
    let report = client.upload("/api/devices/import", &[("一批.csv", file(30_000_001, 700).as_bytes())]).body;
    let id = &report["import_id"];
    assert_eq!((&report["created"], &report["exists"]), (&json!(699), &json!(1)));
    let one = listed(&client, id);
    assert_eq!((&one["file"], &one["created"], &one["undone"]), (&json!("一批.csv"), &json!(699), &json!(false)));
    assert_eq!((&one["can_undo"], &one["why"], &one["user_name"]), (&json!(true), &json!(null), &json!("prodsys")));
    assert_eq!(undo(&client, id).body["undone"], true);
    assert_eq!((total(&client), client.get("/searchNoPrint").body["DeviceSNList"].clone()), (1, json!(["30000003"])));
    assert_eq!(status(&client, "30000001"), 404);
    assert_eq!(undo(&client, id).refusal(), (409, "conflict"));
    assert_eq!(listed(&client, id)["can_undo"], false);
    assert_eq!(undo(&client, &json!(99)).refusal(), (404, "not_found"));
    let again = client.post("/registerDevice", &json!({ "DeviceSN": "30000001", "CPUID": "another" }));
    assert_eq!(again.body["devices"][0]["status"], "created");
}

type Touch<'a> = &'a dyn Fn(&str) -> Answer;

#[test]
fn what_something_was_done_to_is_not_taken_back() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let touch: [(&str, Touch<'_>); 5] = [
        ("sent", &|sn| client.post("/api/labels/sent", &json!({ "DeviceSNList": [sn] }))),
        ("marked", &|sn| client.post("/switchPrintStatus", &json!({ "DeviceSNList": [sn] }))),
        ("failed", &|sn| client.post("/api/labels/outcome", &json!({ "failed": [sn] }))),
        ("corrected", &|sn| client.patch(&format!("/api/devices/{sn}"), &json!({ "CPUID": format!("N{sn}"), "reason": "typo" }))),
        ("retired", &|sn| {
            client.send("DELETE", &format!("/api/devices/{sn}"), &[("content-type", "application/json")], br#"{"reason":"scrap"}"#)
        }),
    ];
    for (number, (what, touch)) in (0u32..).zip(touch) {
        let first = 31_000_000 + number * 1000;
        let report = import(&client, file(first, 3).as_bytes());
        let sn = format!("{}", first + 1);
        // No effect on unprinted devices.
        client.post("/switchPrintStatus", &json!({ "DeviceSNList": [sn], "status": 0 }));
        assert_eq!(listed(&client, &report["import_id"])["can_undo"], true);
        assert_eq!(touch(&sn).status, 200, "{what}");
        let refused = undo(&client, &report["import_id"]);
        assert_eq!(refused.refusal(), (409, "conflict"), "{what}");
        assert!(refused.body["err"].as_str().unwrap().contains(&sn), "{refused:?}");
        assert_eq!((status(&client, &format!("{first}")), listed(&client, &report["import_id"])["why"].is_string()), (200, true));
    }
}

#[test]
fn an_undo_that_was_cut_off_is_finished_at_the_next_start() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let id = import(&client, file(30_000_001, 450).as_bytes())["import_id"].as_u64().unwrap();
    import(&client, file(40_000_001, 2).as_bytes());
    let (dir, _) = paperline.stop();
    let data = dir.path().join("data");
    {
        // As left by a kill after the first write.
        let store = Store::new(Arc::new(Local::open(&data.join("db")).unwrap()), endless()).unwrap();
        let begin = store.write_blocking(move |txn| {
            let import = txn.get(&IMPORTS, &id)?.unwrap();
            Ok(txn.put(&IMPORTS, &id, &Import { state: ImportState::Undoing, ..import })?)
        });
        begin.unwrap();
    }
    let paperline = Paperline::start_in(dir, &[]);
    let client = paperline.operator();
    assert_eq!((total(&client), &listed(&client, &json!(id))["undone"]), (2, &json!(true)));
    let (dir, _) = paperline.stop();
    let checked = Command::new(env!("CARGO_BIN_EXE_paperline")).args(["check", "--data-dir"]).arg(dir.path().join("data")).output();
    assert!(checked.unwrap().status.success());
}

#[test]
fn killed_anywhere_in_an_undo_it_is_all_there_or_all_gone_or_goes_on() {
    let mut paperline = Paperline::start();
    for life in 0..3 {
        let client = paperline.operator();
        let first = 30_000_001 + life * 1_000_000;
        let id = import(&client, file(first, 2_000).as_bytes())["import_id"].clone();
        std::thread::scope(|scope| {
            let (undoing, pid) = (client.clone(), paperline.pid().to_string());
            let path = format!("/api/imports/{id}/undo");
            scope.spawn(move || undoing.try_send("POST", &path, &[], b"{}").ok());
            // Kills as soon as it has begun, or is already done.
            while total_or_none(&client).is_some_and(|total| total == 2_000) {}
            assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
        });
        paperline = Paperline::start_in(paperline.kill(), &[]);
        let client = paperline.operator();
        assert_eq!((total(&client), &listed(&client, &id)["undone"]), (0, &json!(true)));
    }
    let (dir, _) = paperline.stop();
    let checked = Command::new(env!("CARGO_BIN_EXE_paperline")).args(["check", "--data-dir"]).arg(dir.path().join("data")).output();
    assert!(checked.unwrap().status.success());
}

fn total_or_none(client: &Client) -> Option<u64> {
    client.try_send("GET", "/api/devices?limit=1", &[], b"").ok()?.body["total"].as_u64()
}

fn sheet() -> Vec<u8> {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().write_string(0, 0, "说明").unwrap();
    let sheet = workbook.add_worksheet();
    for (column, name) in ["备注", "cpuid", "DEVICESN"].into_iter().enumerate() {
        sheet.write_string(1, u16::try_from(column).unwrap(), name).unwrap();
    }
    sheet.write_string(2, 1, " 39FFD605 ").unwrap();
    sheet.write_number(2, 2, 30_000_001).unwrap();
    sheet.write_number(4, 1, 123_456).unwrap();
    sheet.write_string(4, 2, "30000002").unwrap();
    sheet.write_number_with_format(5, 1, 789, &Format::new().set_num_format("00000000")).unwrap();
    sheet.write_number(5, 2, 30_000_003).unwrap();
    sheet.write_number(6, 1, 1.234_567_890_123_456_8e19).unwrap();
    sheet.write_number(6, 2, 30_000_004).unwrap();
    sheet.write_number_with_format(7, 1, 46_034, &Format::new().set_num_format("yyyy-mm-dd")).unwrap();
    sheet.write_number(7, 2, 30_000_005).unwrap();
    sheet.write_string(8, 0, "nothing else").unwrap();
    workbook.save_to_buffer().unwrap()
}

#[test]
fn a_workbook_is_read_cell_by_cell() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let report = import(&client, &sheet());
    assert_eq!(
        (&report["encoding"], &report["separator"], &report["unused_columns"]),
        (&json!("xlsx"), &json!(null), &json!(["备注"]))
    );
    assert_eq!((&report["created"], lines(&report, "errors"), lines(&report, "warnings")), (&json!(5), vec![9], vec![5, 7, 8]));
    let cpuid = |sn: &str| client.get(&format!("/api/devices/{sn}")).body["CPUID"].as_str().unwrap().to_owned();
    assert_eq!((cpuid("30000001"), cpuid("30000002"), cpuid("30000003")), ("39FFD605".into(), "123456".into(), "00000789".into()));
}

#[test]
fn a_table_is_read_however_a_spreadsheet_writes_it() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let text = "DeviceSN,CPUID,备注\r\n18440001,A1,待复测\r\n";
    let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let (le, be) = (utf16(&text.replace(',', "\t"), u16::to_le_bytes), utf16(text, u16::to_be_bytes));
    for (bytes, encoding, separator) in [
        (text.as_bytes().to_vec(), "UTF-8", ","),
        ([b"\xEF\xBB\xBF", text.as_bytes()].concat(), "UTF-8", ","),
        (GB18030.encode(text).0.into_owned(), "GB18030", ","),
        ([b"\xFF\xFE", &le[..]].concat(), "UTF-16LE", "\t"),
        (le, "UTF-16LE", "\t"),
        ([b"\xFE\xFF", &be[..]].concat(), "UTF-16BE", ","),
        (be, "UTF-16BE", ","),
        (format!("sep=;\r\n{}", text.replace(',', ";")).into_bytes(), "UTF-8", ";"),
        (text.replace(',', ";").replace("DeviceSN;CPUID", "devicesn;\"CpuId\"").into_bytes(), "UTF-8", ";"),
        (text.replace("\r\n", "\r").into_bytes(), "UTF-8", ","),
    ] {
        let report = preview(&client, &bytes);
        assert_eq!((&report["created"], &report["errors"]), (&json!(1), &json!([])), "{report}");
        assert_eq!(
            (&report["encoding"], &report["separator"], &report["unused_columns"]),
            (&json!(encoding), &json!(separator), &json!(["备注"]))
        );
    }
}

#[test]
fn what_is_no_table_is_refused_by_its_name() {
    let paperline = Paperline::start();
    let client = paperline.operator().with_header("accept-language", "en");
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("word/document.xml", zip::write::SimpleFileOptions::default()).unwrap();
    let word = zip.finish().unwrap().into_inner();
    let broken = sheet()[..2_000].to_vec();
    for (bytes, says) in [
        (&b"%PDF-1.7\n"[..], "a PDF"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", ".xls"),
        (&word, "a Word document"),
        (&broken, "damaged"),
        (b"<html><table><tr><td>DeviceSN</td></tr></table>", "a web page"),
        (b"30000001,A1\n30000002,A2\n", "30000001,A1"),
        (b"DeviceSN,CPU\n1,2\n", "DeviceSN,CPUID"),
        (b"", "nothing"),
        (b"\0\0\0\0\x01\x02", "binary"),
    ] {
        let answer = client.send("POST", "/api/devices/import", &[("content-type", "text/csv")], bytes);
        assert_eq!(answer.refusal(), (400, "malformed"), "{says}");
        assert!(answer.body["err"].as_str().unwrap().contains(says), "{answer:?}");
    }
    assert_eq!(client.get("/api/imports").body["imports"], json!([]), "nothing was begun");
}

#[test]
fn what_the_box_gives_out_it_takes_in() {
    let paperline = Paperline::start();
    let (client, admin) = (paperline.operator(), paperline.admin());
    let pattern = json!({ "device_sn_pattern": "[!-~]+", "device_sn_format": "{nnnn}" });
    assert_eq!(admin.patch("/api/settings", &pattern).status, 200);
    let odd = [("00000001", "00042"), ("=1+1", "A;B"), ("a,b", "\"quoted\""), ("SN\"1", "0xFF"), ("'x", "1E5"), ("-5", "sep=;")];
    let rows: Vec<Value> = odd.iter().map(|(sn, cpuid)| json!({ "DeviceSN": sn, "CPUID": cpuid })).collect();
    assert_eq!(client.post("/registerDevice", &json!({ "devices": rows })).body["reqStatus"], "sucess");
    client.post("/switchPrintStatus", &json!({ "DeviceSNList": ["00000001"] }));
    assert_eq!(
        admin.patch("/api/settings", &json!({ "device_sn_pattern": r"\d{8}", "device_sn_format": "{yy}{ww}{nnnn}" })).status,
        200
    );
    for path in ["/api/devices/export.csv", "/api/devices/export.xlsx"] {
        let export = client.get(path);
        assert!(export.header("content-disposition").starts_with("attachment"));
        let back = import(&client, &export.bytes);
        assert_eq!((&back["exists"], &back["rows"], &back["errors"]), (&json!(6), &json!(6), &json!([])), "{path}: {back}");
        let fresh = Paperline::start_with(&["--set", "device_sn_pattern=[!-~]+"]);
        let back = import(&fresh.operator(), &export.bytes);
        assert_eq!((&back["created"], &back["errors"]), (&json!(6), &json!([])), "{path}: {back}");
        let found = fresh.operator().get("/api/devices").body["devices"].clone();
        let pairs = found.as_array().unwrap().iter().map(|d| (d["DeviceSN"].as_str().unwrap(), d["CPUID"].as_str().unwrap()));
        assert_eq!(pairs.collect::<Vec<_>>(), odd);
    }
    let printed = import(&Paperline::start().operator(), &client.get("/api/devices/export.xlsx?printed=1").bytes);
    assert_eq!(printed["rows"], 1);
    assert_eq!(printed["unused_columns"].as_array().unwrap().len(), 5);
}

#[test]
fn a_spreadsheet_that_swells_is_refused_in_words() {
    let packed = |parts: &[(&str, usize)]| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, bytes) in parts {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut zip, &vec![b' '; *bytes]).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    let paperline = Paperline::start();
    let operator = paperline.operator();
    let large = operator.upload("/api/devices/import?preview=1", &[("a.xlsx", &packed(&[("xl/sharedStrings.xml", 65 << 20)]))]);
    assert_eq!(large.refusal(), (413, "too_large"));
    assert!(large.body["err"].as_str().unwrap().contains("64 MB"), "{large:?}");
    let listing = packed(&[("xl/workbook.xml", 1 << 20)]);
    assert_eq!(operator.upload("/api/devices/import?preview=1", &[("a.xlsx", &listing)]).refusal(), (400, "malformed"));
}
