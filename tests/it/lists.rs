//! Lists of invoices and faults: filters, sums, exports, rereading; the queue; reduced pictures.

use crate::support::{Client, Paperline, blank_png, eventually};
use paperline::store::local::Local;
use paperline::store::tables::{FORMAT, TOTALS};
use paperline::store::{Store, StoreError};
use serde_json::{Value, json};
use std::io::{Cursor, Read};
use std::sync::Arc;

/// Faults, as no template fits; ids oldest first.
fn faults(client: &Client, count: u32) -> Vec<u64> {
    let pictures: Vec<(String, Vec<u8>)> = (0..count).map(|n| (format!("p{n}.png"), blank_png(20 + n, 20))).collect();
    let files: Vec<(&str, &[u8])> = pictures.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    assert_eq!(client.upload("/invoice/recognizeImage", &files).status, 200);
    eventually("the faults", || (client.get("/api/faults").body["total"] == count).then_some(()));
    let mut ids: Vec<u64> = Vec::new();
    for page in 0..count.div_ceil(20) {
        let list = client.get(&format!("/api/faults?page={page}")).body["fault_list"].clone();
        ids.extend(list.as_array().unwrap().iter().map(|f| f["invoice_id"].as_u64().unwrap()));
    }
    ids.reverse();
    ids
}

fn say(client: &Client, id: u64, fields: Value) {
    let said = client.patch(&format!("/api/invoices/{id}"), &json!({ "fields": fields, "override": "票面如此" }));
    assert_eq!(said.status, 200, "{said:?}");
}

fn listed(client: &Client, query: &str) -> Vec<u64> {
    let list = client.get(&format!("/api/invoices?{query}")).body["invoices"].clone();
    list.as_array().unwrap().iter().map(|i| i["invoice_id"].as_u64().unwrap()).collect()
}

#[test]
fn a_list_is_narrowed_summed_and_taken_along() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let ids = faults(&admin, 4);
    say(&admin, ids[0], json!({ "金额": "¥1,200.50", "发票代码": "144001604125", "发票号码": "07172119" }));
    say(&admin, ids[1], json!({ "金额": "20", "发票代码": "144001604125", "发票号码": "07172119" }));
    say(&admin, ids[2], json!({ "金额": "看不清", "备注": "看" }));
    let all = admin.get("/api/invoices").body;
    assert_eq!((&all["total"], &all["sums"]["waiting"]), (&json!(4), &json!({ "count": 3, "fen": 120_050 })));
    assert_eq!((&all["sums"]["duplicate"], &all["sums"]["without_amount"]), (&json!({ "count": 1, "fen": 2_000 }), &json!(2)));
    let some = admin.get("/api/invoices?q=07172119&limit=1").body;
    let sums = &some["sums"];
    assert_eq!((&some["total"], &sums["waiting"]["fen"], &sums["duplicate"]["fen"]), (&json!(2), &json!(120_050), &json!(2_000)));
    assert_eq!(sums["confirmed"], json!({ "count": 0, "fen": 0 }));
    assert_eq!(listed(&admin, "duplicate=1"), [ids[1]]);
    assert_eq!(listed(&admin, "duplicate=0"), [ids[3], ids[2], ids[0]]);
    let later = admin.get("/api/invoices?duplicate=1").body["invoices"][0].clone();
    assert_eq!(later["duplicate_of"], ids[0]);
    assert_eq!(listed(&admin, "model_id=0").len(), 4, "no template fits any of them");
    assert_eq!(listed(&admin, "model_id=1"), [0; 0]);

    let file = admin.get("/api/invoices/export.xlsx?q=07172119");
    assert!(file.headers["content-disposition"].to_str().unwrap().contains("filename=\"invoices_20"));
    let mut book = zip::ZipArchive::new(Cursor::new(file.bytes)).unwrap();
    let mut sheet = String::new();
    book.by_name("xl/worksheets/sheet1.xml").unwrap().read_to_string(&mut sheet).unwrap();
    assert_eq!(sheet.matches("<row ").count(), 3, "{sheet}");
    assert!(
        sheet.contains("<v>1200.5</v>") && sheet.contains("07172119"),
        "a sum is a number, a number with zeros a text: {sheet}"
    );
    let whole = admin.get("/api/invoices/export.csv").bytes;
    assert_eq!(String::from_utf8(whole).unwrap().lines().count(), 1 + 4);
}

#[test]
fn a_store_without_totals_is_counted_once() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let ids = faults(&admin, 3);
    say(&admin, ids[0], json!({ "金额": "100.20" }));
    say(&admin, ids[0], json!({ "金额": "10.20" }));
    say(&admin, ids[1], json!({ "金额": "20" }));
    let page = admin.get("/api/invoices?limit=2").body;
    assert_eq!((&page["total"], &page["sums"]["waiting"]), (&json!(3), &json!({ "count": 3, "fen": 3_020 })));
    let rest = admin.get(&format!("/api/invoices?limit=2&cursor={}", page["next_cursor"].as_str().unwrap())).body;
    assert_eq!((&rest["total"], &rest["sums"], &rest["next_cursor"]), (&page["total"], &page["sums"], &json!(null)));

    let data = paperline.data();
    let (dir, _) = paperline.stop();
    let engine = Arc::new(Local::open(&data.join("db")).unwrap());
    let store = Store::new(engine, paperline::store::endless()).unwrap();
    let as_it_was = store.write_blocking(|txn| {
        let totals = txn.scan(&TOTALS, &(), false).map(|row| Ok(row?.0)).collect::<Result<Vec<_>, StoreError>>()?;
        totals.iter().for_each(|whose| txn.delete(&TOTALS, whose));
        txn.put(&FORMAT, &(), &1)?;
        Ok(totals.len())
    });
    assert_eq!(as_it_was.unwrap(), 2, "everybody's and the company's");
    drop(store);
    let paperline = Paperline::start_in(dir, &[]);
    let admin = paperline.admin();
    assert_eq!(admin.get("/api/invoices?limit=2").body, page);
}

#[test]
fn what_a_person_finds_right_is_his() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let id = faults(&admin, 1)[0];
    say(&admin, id, json!({ "金额": "20.00" }));
    say(&admin, id, json!({ "金额": "20.00", "日期": "" }));
    let history = admin.get(&format!("/api/invoices/{id}")).body["history"].clone();
    let said: Vec<&str> = history.as_array().unwrap().iter().map(|h| h["pos_id"].as_str().unwrap()).collect();
    assert_eq!(said, ["金额", "日期"], "what is said again is no news");
}

#[test]
fn faults_are_found_by_their_reason_and_read_again_one_some_or_all() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let ids = faults(&admin, 62);
    let first = admin.get("/api/faults").body;
    assert_eq!((&first["fault_num"], &first["total"], first["fault_list"].as_array().unwrap().len()), (&json!(62), &json!(62), 20));
    assert_eq!(admin.get("/api/faults?q=没有匹配").body["total"], 62);
    assert_eq!(admin.get("/api/faults?q=no%20template").body["total"], 62);
    let none = admin.get("/api/faults?q=nobody").body;
    assert_eq!((&none["fault_num"], &none["total"]), (&json!(62), &json!(0)));

    assert_eq!(admin.post("/api/queue/pause", &json!({})).status, 200);
    let some = admin.post("/api/faults/retry", &json!({ "invoice_ids": [ids[1], ids[0], 9_999] }));
    assert_eq!(some.body["action_id_list"].as_array().unwrap().len(), 2, "what is not on the list is passed over");
    assert_eq!(admin.get("/api/faults").body["fault_num"], 60);
    say(&admin, ids[5], json!({ "备注": "请看" }));
    let matching = admin.post("/api/faults/retry", &json!({ "all": true, "q": "请看" }));
    assert_eq!(matching.body["action_id_list"].as_array().unwrap().len(), 1);
    let all = admin.post("/api/faults/retry", &json!({ "all": true }));
    assert_eq!(all.body["action_id_list"].as_array().unwrap().len(), 59);
    assert_eq!(admin.get("/api/faults").body["fault_num"], 0);
    for nothing in [json!({}), json!({ "invoice_ids": [] }), json!({ "invoice_ids": ["x"] })] {
        assert_eq!(admin.post("/api/faults/retry", &nothing).refusal(), (400, "malformed"), "{nothing}");
    }

    let queue = admin.get("/api/queue?limit=1000").body;
    let waiting = queue["recognize_wait"].as_array().unwrap();
    assert_eq!((waiting.len(), &queue["recognize_size"]), (62, &json!(62)));
    assert!(queue["usual_ms"].as_i64().unwrap() > 0, "it has read some");
    assert_eq!(admin.get("/api/queue").body["recognize_wait"], Value::Null);
    assert_eq!(admin.post("/api/queue/resume", &json!({})).status, 200);
    eventually("the second reading", || (admin.get("/api/faults").body["total"] == 62).then_some(()));
    assert_eq!(admin.get("/api/invoices").body["total"], 62, "the same invoices");
    assert_eq!(admin.get("/api/faults?q=请看").body["fault_list"][0]["invoice_id"], ids[5], "a person's words stay");
}

#[test]
fn many_are_read_again_within_the_company_only() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let id = faults(&admin, 1)[0];
    let company = admin.post("/api/companies", &json!({ "company_name": "乙" })).body["company_id"].clone();
    let body = json!({ "user_name": "乙", "passwd": "secret-1", "permissions": [18, 5], "company_id": company });
    assert_eq!(admin.post("/api/users", &body).status, 201);
    let other = paperline.client();
    other.log_in("乙", "secret-1");
    for body in [json!({ "all": true }), json!({ "invoice_ids": [id] })] {
        assert_eq!(other.post("/api/faults/retry", &body).body["action_id_list"], json!([]));
    }
    assert_eq!(other.get("/api/faults").body, json!({ "fault_num": 0, "fault_list": [], "total": 0 }));
    let sheet = other.get("/api/invoices/export.xlsx").bytes;
    assert!(zip::ZipArchive::new(Cursor::new(sheet)).is_ok(), "an empty list is a whole file");
    assert_eq!(admin.get("/api/faults").body["fault_num"], 1);
}

#[test]
fn what_no_browser_shows_is_shown_as_a_jpeg_of_its_size() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let mut tiff = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(2000, 90, image::Rgb([200, 30, 30])).write_to(&mut tiff, image::ImageFormat::Tiff).unwrap();
    admin.upload("/invoice/recognizeImage", &[("scan.tif", tiff.get_ref())]);
    let url =
        eventually("the invoice", || admin.get("/api/invoices").body["invoices"][0]["invoice_url"].as_str().map(str::to_owned));
    let original = admin.get(&url);
    assert_eq!((original.header("content-type"), &original.bytes), ("image/tiff", tiff.get_ref()));
    let shown = admin.get(&format!("{url}?as=jpeg"));
    assert_eq!(shown.header("content-type"), "image/jpeg");
    let picture = image::load_from_memory_with_format(&shown.bytes, image::ImageFormat::Jpeg).unwrap().into_rgb8();
    assert_eq!((picture.dimensions(), picture.get_pixel(1999, 89)[0].abs_diff(200) < 8), ((2000, 90), true));
    assert_ne!(shown.header("etag"), admin.get(&format!("{url}?width=1600")).header("etag"));
    assert_eq!(admin.get(&format!("{url}?as=gif")).refusal(), (400, "malformed"));
    assert_eq!(paperline.operator().get(&format!("{url}?as=jpeg")).refusal(), (403, "forbidden"));
}

#[test]
fn a_picture_is_made_smaller_and_never_larger() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    admin.upload("/invoice/recognizeImage", &[("large.png", &blank_png(1000, 500))]);
    let url =
        eventually("the invoice", || admin.get("/api/invoices").body["invoices"][0]["invoice_url"].as_str().map(str::to_owned));
    let size = |query: &str| {
        let answer = admin.get(&format!("{url}{query}"));
        assert_eq!(answer.headers["content-type"], if query.is_empty() { "image/png" } else { "image/jpeg" });
        let picture = image::load_from_memory(&answer.bytes).unwrap();
        (picture.width(), picture.height())
    };
    assert_eq!(
        [size(""), size("?width=100"), size("?width=161"), size("?width=99999")],
        [(1000, 500), (160, 80), (480, 240), (1000, 500)]
    );
    let etag = admin.get(&format!("{url}?width=160")).headers["etag"].to_str().unwrap().to_owned();
    let known = admin.send("GET", &format!("{url}?width=160"), &[("if-none-match", &etag)], b"");
    assert_eq!((known.status, known.bytes.len()), (304, 0));
    assert_eq!(admin.get(&format!("{url}?width=-1")).refusal(), (400, "malformed"));
    assert_eq!(paperline.operator().get(&format!("{url}?width=160")).refusal(), (403, "forbidden"));
}
