//! Data dirs of all releases read row for row: `fixtures/format-N.tar.gz` with its content as text. A new format adds files; old
//! ones stay.

use crate::support::Paperline;
use paperline::store::key::Key;
use paperline::store::local::Local;
use paperline::store::record::Record;
use paperline::store::tables::*;
use paperline::store::{Store, View, endless};
use std::fmt::{Debug, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures")
}

fn rows<K: Key + Debug, V: Record + Debug>(view: &View<'_>, text: &mut String, table: &Table<K, V>) {
    for row in view.scan(table, &(), false) {
        let (key, value) = row.unwrap();
        writeln!(text, "{} {key:?} {value:?}", table.name).unwrap();
    }
}

fn print(data: &Path) -> String {
    let store = Store::new(Arc::new(Local::open(&data.join("db")).unwrap()), endless()).unwrap();
    store.read(|view| {
        let mut text = String::new();
        macro_rules! print {
            ($($table:ident)*) => { $(rows(view, &mut text, &$table);)* };
        }
        print!(COUNTERS SETTINGS FORMAT COMPANIES GROUPS USERS USERS_BY_NAME SESSIONS TOKENS TOKENS_BY_HASH DEVICES DEVICES_BY_CPUID
            DEVICES_BY_TIME DEVICES_UNPRINTED PRINTS CONFLICTS CONFLICTS_BY_PAIR ACTIONS QUEUES RUNNING PAUSE BOOT UPLOAD_KEYS
            UPLOAD_KEYS_BY_TIME PICTURES TEMPLATES TEMPLATES_BY_COMPANY INVOICES INVOICES_BY_COMPANY ITEMS CORNERS MARKED TOTALS REDS FAULTS FAULTS_BY_COMPANY CORRECTIONS
            CANDIDATES INVOICES_AS_THEY_CAME INVOICES_BY_IDENTITY INVOICES_DECIDED INVOICE_RANKS LOG LOG_KEYS LOG_INDEX TWINS RETIRED STEPS IMPORTS IMPORTED LABEL_LOOKS CLAIMS NEWS
            PORTAL_LINES PORTAL_BY_IDENTITY PORTAL_LISTS HANDED_OUT PRINTERS PRINT_JOBS PRINT_PROGRESS PRINT_MISHAPS PRINT_QUEUE BATCHES VERIFIED LOGO);
        text
    })
}

fn run(program: &str, arguments: &[&str]) {
    assert!(Command::new(program).args(arguments).status().unwrap().success(), "{program} {arguments:?}");
}

/// The newest format's is made with its release.
const FIXTURES: u64 = 10;

#[test]
fn data_dirs_of_every_format_are_read_row_for_row_and_served() {
    (1..=FIXTURES).for_each(is_read_and_served);
}

fn is_read_and_served(format: u64) {
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let archive = fixtures().join(format!("format-{format}.tar.gz"));
    run("tar", &["xzf", archive.to_str().unwrap(), "-C", dir.path().to_str().unwrap()]);
    let data = dir.path().join("data");
    let expected = std::fs::read_to_string(fixtures().join(format!("format-{format}.txt"))).unwrap();
    let found = print(&data);
    for (expected, found) in expected.lines().zip(found.lines()) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.lines().count(), expected.lines().count());
    let checked = Command::new(env!("CARGO_BIN_EXE_paperline")).args(["check", "--data-dir"]).arg(&data).output().unwrap();
    assert!(checked.status.success(), "{checked:?}");
    let paperline = Paperline::start_in(dir, &[]);
    let client = paperline.client();
    assert_eq!(client.log_in("manager", "of the fixture").body["reqStatus"], "sucess");
    let there: &[&str] = match format {
        ..4 => &["A1", "A2", "A3"],
        4..10 => &["A1", "A2", "A3", "A7", "A8"],
        _ => &["A1", "A2", "A3", "A7", "A8", "A9"],
    };
    assert_eq!(client.get("/api/devices").body["total"], there.len());
    let all = client.get("/search?condition=Time&startTime=2000-01-01&endTime=2999-01-01").body;
    let cpuids: Vec<&str> = all.as_object().unwrap().values().map(|cpuid| cpuid.as_str().unwrap()).collect();
    assert_eq!(cpuids, there);
}

/// Once per format: `cargo test --test it -- --ignored make_the_fixture`.
#[test]
#[ignore = "makes the fixture that the other test reads"]
fn make_the_fixture() {
    use crate::external::{add_template, good_as, play, upload, watch};
    use crate::support::documents::digital;
    use serde_json::json;
    let (address, _asked) = play(|id, _, stream| {
        good_as(77, id, stream);
        true
    });
    let paperline = Paperline::start_with(&["--engine", &format!("reader={address}")]);
    let admin = paperline.admin();
    let group = admin.post("/api/groups", &json!({ "group_name": "组", "permissions": [1, 5] })).body["group_id"].clone();
    let user = json!({ "user_name": "manager", "passwd": "of the fixture", "group_id": group, "permissions": [11, 14, 101, 103] });
    assert_eq!(admin.post("/api/users", &user).status, 201);
    admin.post("/api/tokens", &json!({ "name": "3 号工位", "permissions": [102] }));
    admin.patch("/api/settings", &json!({ "confidence_threshold": 0.95, "timezone": "Asia/Shanghai" }));
    admin.post(
        "/registerDevice",
        &json!({ "devices": [{ "DeviceSN": "18470001", "CPUID": "A1" }, { "CPUID": "A2" }, { "CPUID": "A3" }] }),
    );
    admin.post("/registerDevice", &json!({ "DeviceSN": "18470001", "CPUID": "B1" }));
    admin.post("/switchPrintStatus", &json!({ "DeviceSNList": ["18470001"] }));
    admin.post(
        "/registerDevice",
        &json!({ "devices": [{ "DeviceSN": "18470002", "CPUID": "0xA5" }, { "DeviceSN": "18470003", "CPUID": "A6" }] }),
    );
    admin.patch("/api/devices/18470002", &json!({ "CPUID": "A7", "reason": "抄错" }));
    admin.send("DELETE", "/api/devices/18470003", &[("content-type", "application/json")], br#"{"reason":"scrapped"}"#);
    admin.send("POST", "/api/devices/import", &[("content-type", "text/csv")], b"DeviceSN,CPUID\n18470004,A8\n");
    admin.post("/api/labels", &json!({ "name": "30 x 10", "width_mm": 30, "height_mm": 10 }));
    let mut logo = std::io::Cursor::new(Vec::new());
    image::GrayImage::new(9, 9).write_to(&mut logo, image::ImageFormat::Png).unwrap();
    assert_eq!(admin.upload("/api/logo", &[("logo.png", &logo.into_inner())]).status, 200);
    let mut models = watch(&admin, 3);
    add_template(&admin);
    models.until(2);
    let mut console = watch(&admin, 2);
    upload(&admin);
    console.until(1);
    admin.upload_with("/invoice/recognizeImage", &[("idempotency-key", "one")], &[("p.png", &crate::support::blank_png(61, 40))]);
    console.until(1);
    admin.patch("/api/invoices/1", &json!({ "fields": { "客户名称": "北京大学" } }));
    admin.post("/api/invoices/2/void", &json!({ "reason": "作废" }));
    add_template(&admin);
    models.until(2);
    admin.post("/invoice/deleteModel", &json!({ "model_id": 2 }));
    models.until(3);
    admin.patch("/api/settings", &json!({ "confidence_threshold": 0.99 }));
    upload(&admin);
    console.until(1);
    admin.upload("/invoice/recognizeImage", &[("a.xml", &digital().xml())]);
    console.until(1);
    let photo = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures/digital.heic")).unwrap();
    admin.upload("/invoice/recognizeImage", &[("IMG_1.HEIC", &photo)]);
    console.until(1);
    let photo = admin.get("/api/invoices?limit=1").body["invoices"][0]["invoice_id"].clone();
    let papers = admin.get(&format!("/api/invoices/{photo}/papers")).body;
    let (width, half) = (papers["width"].clone(), papers["height"].as_u64().unwrap() / 2);
    let upper = json!({ "papers": [[[0, 0], [width, 0], [width, half], [0, half]]] });
    assert_eq!(admin.post(&format!("/api/invoices/{photo}/papers"), &upper).status, 200);
    console.until(1);
    let list = "数电票号码,发票代码,发票号码,开票日期,价税合计\n26322000004478296111,,,2026-06-04,360.20\n,044001900111,12345678,2026-06-05,1.00\n";
    admin.send("POST", "/api/portal-list", &[("content-type", "text/csv")], list.as_bytes());
    assert_eq!(admin.get("/api/invoices/export.csv").status, 200);
    admin.post("/api/queue/pause", &json!({ "reason": "午休" }));
    admin.post("/api/labels/claims", &json!({ "DeviceSNList": ["18470002"] }));
    upload(&admin);
    // Nobody listens there, so it waits.
    let printer = json!({ "name": "线 1", "language": "tspl", "address": "127.0.0.1:9", "offset_x": -3, "auto_print": true });
    assert_eq!(admin.post("/api/printers", &printer).status, 201);
    admin.post("/registerDevice", &json!({ "devices": [{ "DeviceSN": "18470008", "CPUID": "A9" }] }));
    let job = json!({ "printer_id": 1, "DeviceSNList": ["18470004"], "copies": 2 });
    assert_eq!(admin.post("/api/print", &job).status, 202);
    assert_eq!(admin.post("/api/print/2/cancel", &json!({})).status, 200);
    let batch = json!({ "name": "十一月", "expected": 5, "first": "18470001", "last": "18470009" });
    assert_eq!(admin.post("/api/batches", &batch).status, 201);
    assert_eq!(admin.post("/api/labels/verified", &json!({ "DeviceSN": "18470001", "CPUID": "A1" })).status, 200);
    let (dir, _) = paperline.stop();
    let data = dir.path().join("data");
    std::fs::write(fixtures().join(format!("format-{FORMAT_NUMBER}.txt")), print(&data)).unwrap();
    for file in ["tls", "initial-admin-password", "control.sock"] {
        let _ = std::fs::remove_dir_all(data.join(file)).or_else(|_| std::fs::remove_file(data.join(file)));
    }
    let archive = fixtures().join(format!("format-{FORMAT_NUMBER}.tar.gz"));
    run("tar", &["czf", archive.to_str().unwrap(), "-C", dir.path().to_str().unwrap(), "data"]);
}
