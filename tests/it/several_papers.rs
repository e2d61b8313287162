//! Several papers on one picture: found and read each by itself, or marked by a person.

use crate::support::documents::{Sheet, digital, pdf_of};
use crate::support::kinds::{self, Made};
use crate::support::{Client, Paperline, eventually};
use image::imageops::{crop_imm, replace, rotate270};
use image::{Rgb, RgbImage};
use paperline::domain::ids::InvoiceId;
use paperline::domain::invoice::Standing;
use paperline::store::Store;
use paperline::store::local::Local;
use paperline::store::tables::INVOICES;
use serde_json::{Value, json};
use std::io::Cursor;
use std::process::Command;
use std::sync::Arc;

/// Drawn by the box itself, without the margins of its page.
fn picture(client: &Client, made: &Made) -> RgbImage {
    let action = upload(client, "page.pdf", &pdf_of(&[Sheet::Words(made.print.clone())]));
    let id = invoices(client, &action)[0]["invoice_id"].clone();
    let page = image::load_from_memory(&client.get(&format!("/api/invoices/{id}/page/1")).bytes).unwrap().into_rgb8();
    crop_imm(&page, 0, 0, page.width() * 70 / 100, page.height() * 32 / 100).to_image()
}

fn upload(client: &Client, name: &str, bytes: &[u8]) -> Value {
    client.upload("/invoice/recognizeImage", &[(name, bytes)]).body["action_id_list"][0].clone()
}

/// In the order of reading.
fn invoices(client: &Client, action: &Value) -> Vec<Value> {
    let list = || client.get(&format!("/api/invoices?action_id={action}")).body["invoices"].as_array().unwrap().clone();
    let mut found = eventually("it is read", || Some(list()).filter(|list| !list.is_empty()));
    found.sort_by_key(|invoice| invoice["invoice_id"].as_u64());
    found
}

fn made(kind: &str, number: &'static str) -> Made {
    let mut made = kinds::every().into_iter().find(|made| made.kind == kind).unwrap();
    made.print.iter_mut().for_each(|print| print.3 = print.3.replace("00123456", number));
    made.fields.retain(|(pos_id, _)| *pos_id != "发票号码");
    made.fields.push(("发票号码", number));
    made
}

fn taxi() -> Made {
    made("taxi", "00123456")
}

fn machine() -> Made {
    made("machine", "07654321")
}

/// A note of a shop's own, which is no form.
fn note() -> Made {
    let lines = ["示例便利店 出货单", "矿泉水 2 瓶", "饼干 1 盒", "毛巾 3 条", "牙刷 4 支", "欢迎再次光临"];
    let print = (0u8..).zip(lines).map(|(n, text)| (20.0, 370.0 - f32::from(n) * 18.0, 12.0, text.to_owned())).collect();
    Made { kind: "unknown", print, fields: Vec::new() }
}

/// On a desk, the second turned by a quarter.
struct Desk {
    bytes: Vec<u8>,
    /// Left, top, width, height.
    places: [(u32, u32, u32, u32); 2],
}

fn desk(client: &Client, second: &Made) -> Desk {
    let (first, second) = (picture(client, &taxi()), rotate270(&picture(client, second)));
    let places = [(60, 80, first.width(), first.height()), (first.width() + 140, 60, second.width(), second.height())];
    let (width, height) = (first.width() + second.width() + 220, first.height().max(second.height()) + 160);
    let mut desk = RgbImage::from_pixel(width, height, Rgb([92, 70, 52]));
    for (paper, (x, y, ..)) in [&first, &second].into_iter().zip(places) {
        replace(&mut desk, paper, i64::from(x), i64::from(y));
    }
    let mut bytes = Vec::new();
    desk.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
    Desk { bytes, places }
}

fn corners((x, y, width, height): (u32, u32, u32, u32)) -> Value {
    json!([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
}

fn whole(client: &Client, invoice: &Value) -> Value {
    client.get(&format!("/api/invoices/{}", invoice["invoice_id"])).body
}

fn has_all(invoice: &Value, made: &Made) {
    assert_eq!(invoice["kind"], made.kind, "{invoice}");
    for (pos_id, text) in &made.fields {
        assert_eq!(invoice["region_list"][pos_id]["ocr_result"], *text, "{pos_id}: {invoice}");
    }
}

#[test]
fn each_paper_on_a_desk_is_an_invoice_of_its_own_and_a_person_may_mark_them_anew() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let Desk { bytes, places } = desk(&client, &machine());
    let action = upload(&client, "desk.png", &bytes);
    let found = invoices(&client, &action);
    assert_eq!(found.len(), 2, "{found:?}");
    let read: Vec<Value> = found.iter().map(|invoice| whole(&client, invoice)).collect();
    has_all(&read[0], &taxi());
    has_all(&read[1], &machine());
    // What was read stands where its paper lies, also on the turned one.
    for (invoice, (x, y, width, height)) in read.iter().zip(places) {
        let regions = invoice["region_list"].as_object().unwrap();
        let placed: Vec<&Value> = regions.values().map(|region| &region["position"]).filter(|place| !place.is_null()).collect();
        assert!(placed.len() > 2, "{invoice}");
        for place in placed {
            let of = |key: &str| place[key].as_f64().unwrap();
            let (across, down) = (of("x") + of("w") / 2.0, of("y") + of("h") / 2.0);
            let is_on = |at: f64, from: u32, size: u32| at > f64::from(from) && at < f64::from(from + size);
            assert!(is_on(across, x, width) && is_on(down, y, height), "{place} {invoice}");
        }
    }
    let original = client.get(&format!("/api/invoices/{}/original", found[1]["invoice_id"]));
    assert!(original.bytes == bytes, "the file as it came");
    let path = format!("/api/invoices/{}/papers", found[0]["invoice_id"]);
    let papers = client.get(&path).body;
    let stand: Vec<&Value> = papers["papers"].as_array().unwrap().iter().map(|paper| &paper["invoice_id"]).collect();
    assert_eq!(stand, [&found[0]["invoice_id"], &found[1]["invoice_id"]], "{papers}");
    for ((n, (x, y, width, height)), turned) in places.into_iter().enumerate().zip([0, 3]) {
        let paper = &papers["papers"][n];
        let near = |corner: usize, (x, y): (u32, u32)| {
            // From where its print begins: the second one's is lower left.
            let at = |axis: usize| paper["corners"][(corner + 4 - turned) % 4][axis].as_f64().unwrap();
            assert!((at(0) - f64::from(x)).hypot(at(1) - f64::from(y)) < 25.0, "{paper}");
        };
        near(0, (x, y));
        near(2, (x + width, y + height));
    }

    // Thought better of: everything stands as it stood.
    client.post("/api/queue/pause", &json!({}));
    let first = client.post(&path, &json!({ "papers": [corners(places[0])] })).body["action_id"].clone();
    assert_eq!(whole(&client, &found[1])["state"], "reading");
    assert_eq!(client.post(&path, &json!({ "papers": [corners(places[1])] })).refusal(), (409, "conflict"), "one at a time");
    client.post(&format!("/api/queue/{first}/cancel"), &json!({}));
    client.post("/api/queue/resume", &json!({}));
    let stood = |n: usize| assert_eq!(whole(&client, &found[n])["state"], read[n]["state"]);
    (0..2).for_each(stood);

    // Made void meanwhile and restored after, it is not being read for ever.
    client.post("/api/queue/pause", &json!({}));
    let twice = client.post(&path, &json!({ "papers": [corners(places[0]), corners(places[0])] })).body["action_id"].clone();
    client.post(&format!("/api/invoices/{}/void", found[0]["invoice_id"]), &json!({ "reason": "重拍" }));
    client.post("/api/queue/resume", &json!({}));
    let copies = invoices(&client, &twice);
    assert_eq!(copies.len(), 2, "one paper for each mark: {copies:?}");
    for copy in &copies {
        has_all(&whole(&client, copy), &taxi());
        client.post(&format!("/api/invoices/{}/void", copy["invoice_id"]), &json!({ "reason": "重拍" }));
    }
    for old in &found {
        client.post(&format!("/api/invoices/{}/restore", old["invoice_id"]), &json!({}));
    }
    (0..2).for_each(stood);

    // Only the second is wanted, so that one stands instead of both.
    let version = whole(&client, &found[0])["version"].clone();
    let marked = client.post(&path, &json!({ "version": version, "papers": [corners(places[1])] }));
    assert_eq!(marked.status, 200, "{marked:?}");
    let anew = invoices(&client, &marked.body["action_id"]);
    assert_eq!(anew.len(), 1);
    has_all(&whole(&client, &anew[0]), &machine());
    for old in &found {
        let old = whole(&client, old);
        let reason = old["void"]["reason"].as_str().unwrap_or_default();
        assert!(reason.contains(&format!("#{}", anew[0]["invoice_id"])), "{old}");
    }
    let totals = client.get("/api/invoices?action_id=0").body;
    assert_eq!(totals["total"], 0);
    let log = client.get("/api/log").body.to_string();
    assert_eq!(log.matches("划分").count(), 3, "each that became void by it: {log}");

    // Read again, it is the same paper.
    client.post(&format!("/api/faults/{}/reopen", anew[0]["invoice_id"]), &json!({}));
    let retried = client.post(&format!("/api/faults/{}/retry", anew[0]["invoice_id"]), &json!({}));
    assert_eq!(retried.status, 200, "{retried:?}");
    let again = eventually("it is read again", || {
        Some(whole(&client, &anew[0]))
            .filter(|invoice| invoice["state"] != "reading" && invoice["action_id"] == retried.body["action_id"])
    });
    has_all(&again, &machine());
    let (dir, _) = paperline.stop();
    let data = dir.path().join("data");
    let check = || Command::new(env!("CARGO_BIN_EXE_paperline")).args(["check", "--data-dir"]).arg(&data).output().unwrap();
    let checked = check();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));

    // What nobody reads would wait for ever.
    let store = Store::new(Arc::new(Local::open(&data.join("db")).unwrap()), paperline::store::endless()).unwrap();
    let left = store.write_blocking(|txn| {
        let mut invoice = txn.get(&INVOICES, &InvoiceId(1))?.unwrap();
        invoice.standing = Standing::Reading;
        Ok(txn.put(&INVOICES, &invoice.id, &invoice)?)
    });
    left.unwrap();
    drop(store);
    assert!(String::from_utf8_lossy(&check().stdout).contains("1 is being read, but no action is to read it"));
}

#[test]
fn papers_are_marked_by_those_who_may_on_pages_that_have_them() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let action = upload(&client, "blank.png", &crate::support::blank_png(300, 200));
    let id = invoices(&client, &action)[0]["invoice_id"].clone();
    let path = format!("/api/invoices/{id}/papers");
    let papers = client.get(&path).body;
    assert_eq!(papers["papers"][0]["corners"], json!([[0.0, 0.0], [300.0, 0.0], [300.0, 200.0], [0.0, 200.0]]), "{papers}");
    let refused = |body: Value| client.post(&path, &body).refusal().0;
    let good = corners((0, 0, 300, 200));
    assert_eq!(refused(json!({})), 400);
    assert_eq!(refused(json!({ "papers": [] })), 400);
    assert_eq!(refused(json!({ "papers": [good, [[0, 0], [1, 1]]] })), 400);
    assert_eq!(refused(json!({ "papers": vec![good.clone(); 21] })), 400);
    assert_eq!(refused(json!({ "papers": [corners((0, 0, 400, 200))] })), 400, "beside the picture");
    assert_eq!(refused(json!({ "papers": [[[0, 0], [0, 200], [300, 200], [300, 0]]] })), 400, "the other way round");
    assert_eq!(refused(json!({ "papers": [corners((0, 0, 300, 20))] })), 400, "a sliver");
    assert_eq!(refused(json!({ "papers": [good], "page": 2 })), 404);
    assert_eq!(refused(json!({ "papers": [good], "version": 99 })), 409);
    assert_eq!(client.get("/api/invoices/999/papers").status, 404);

    let xml = upload(&client, "a.xml", &digital().xml());
    let xml = invoices(&client, &xml)[0]["invoice_id"].clone();
    assert_eq!(client.get(&format!("/api/invoices/{xml}/papers")).refusal(), (409, "conflict"));

    // Two halves of nothing: each is a fault of its own, and the one before is void.
    let halves = json!({ "papers": [corners((0, 0, 150, 200)), corners((150, 0, 150, 200))] });
    let marked = client.post(&path, &halves);
    assert_eq!(marked.status, 200, "{marked:?}");
    let anew = invoices(&client, &marked.body["action_id"]);
    assert_eq!(anew.iter().map(|invoice| &invoice["is_fault"]).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(client.post(&path, &halves).refusal(), (409, "conflict"), "it is void");
    let faults = client.get("/api/faults").body;
    assert_eq!(faults["total"], 2, "{faults}");

    let holds = |permission: u64| {
        let token = client.post("/api/tokens", &json!({ "name": "t", "permissions": [permission] })).body["token"].clone();
        paperline.client().with_header("authorization", &format!("Bearer {}", token.as_str().unwrap()))
    };
    let reader = holds(paperline::domain::account::Permission::InvoiceR.id());
    let path = format!("/api/invoices/{}/papers", anew[0]["invoice_id"]);
    assert_eq!(reader.get(&path).status, 200);
    assert_eq!(reader.post(&path, &halves).refusal(), (403, "forbidden"));
}

#[test]
fn a_paper_beside_an_invoice_is_never_passed_over() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let Desk { bytes, .. } = desk(&client, &note());
    let found = invoices(&client, &upload(&client, "desk.png", &bytes));
    let [one] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((&one["kind"], &one["is_fault"]), (&json!("taxi"), &json!(1)), "{one}");
    assert!(one["reason"].as_str().unwrap().contains("这张图片上有两张发票"), "{one}");
}
