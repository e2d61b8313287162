//! Refused files, partially read ones, a template changed meanwhile.

use crate::reader::Office;
use crate::support::{Client, Paperline, blank_png, eventually};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

fn le(parts: &[(u32, usize)]) -> Vec<u8> {
    parts.iter().flat_map(|(number, width)| number.to_le_bytes()[..*width].to_vec()).collect()
}

/// Those in `small` are reduced copies.
fn tiff(pages: u32, small: &[u32]) -> Vec<u8> {
    const SIDE: u32 = 16;
    let (pixels, entries) = (SIDE * SIDE, 9u32);
    let directory = 2 + entries * 12 + 4;
    let mut bytes = le(&[(0x4949, 2), (42, 2), (8, 4)]);
    for page in 0..pages {
        let at = 8 + page * (directory + pixels);
        bytes.extend(le(&[(entries, 2)]));
        for (tag, kind, value) in [
            (254, 4, u32::from(small.contains(&page))),
            (256, 4, SIDE),
            (257, 4, SIDE),
            (258, 3, 8),
            (259, 3, 1),
            (262, 3, 1),
            (273, 4, at + directory),
            (278, 4, SIDE),
            (279, 4, pixels),
        ] {
            bytes.extend(le(&[(tag, 2), (kind, 2), (1, 4), (value, 4)]));
        }
        let next = if page + 1 < pages { at + directory + pixels } else { 0 };
        bytes.extend(le(&[(next, 4)]));
        bytes.extend(vec![200; pixels as usize]);
    }
    bytes
}

#[test]
fn each_file_that_is_no_picture_is_said_for_what_it_is_and_what_to_do() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let whole = blank_png(300, 200);
    let half_tiff = &tiff(2, &[])[..400];
    let mut bmp = std::io::Cursor::new(Vec::new());
    image::GrayImage::new(90, 90).write_to(&mut bmp, image::ImageFormat::Bmp).unwrap();
    let half_bmp = &bmp.get_ref()[..2_000];
    let files: [(&str, &[u8], &str, &str); 8] = [
        ("空.jpg", b"", "0 字节", "empty"),
        ("发票.jpg", b"%PDF-1.7 ...", "不完整", "incomplete"),
        ("下载.pdf", b"<!DOCTYPE html><html>", "网页", "web page"),
        ("IMG_1.jpg", b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC", "HEIC"),
        ("半张.png", &whole[..whole.len() / 2], "不完整", "incomplete"),
        ("半张.tif", half_tiff, "不完整", "incomplete"),
        ("半张.bmp", half_bmp, "不完整", "incomplete"),
        ("笔记.txt", b"hello", "JPEG", "JPEG"),
    ];
    let sent: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes, ..)| (*name, *bytes)).collect();
    let refused = admin.upload("/invoice/recognizeImage", &sent);
    assert_eq!((refused.status, &refused.body["err"], &refused.body["code"]), (415, &json!("上传文件失败"), &json!("unsupported")));
    let english = admin.clone().with_header("accept-language", "en").upload("/invoice/recognizeImage", &sent);
    assert_eq!(english.body["err"], "上传文件失败");
    for (n, (name, _, zh, en)) in files.iter().enumerate() {
        let (said, also) = (&refused.body["failed"][n], &english.body["failed"][n]);
        assert_eq!(said["file"], *name);
        assert!(said["err"].as_str().unwrap().contains(zh) && also["err"].as_str().unwrap().contains(en), "{name}: {said} {also}");
        let alone = admin.upload("/invoice/uploadModelOrigin", &[sent[n]]);
        if *name == "发票.jpg" {
            // A template needs a picture, and no PDF that is whole would do.
            assert!(alone.body["failed"][0]["err"].as_str().unwrap().contains("这是 PDF"), "{alone:?}");
            continue;
        }
        assert_eq!((alone.status, &alone.body["err"], &alone.body["failed"][0]), (415, &json!("上传文件失败"), said));
    }
    let some = admin.upload("/invoice/recognizeImage", &[sent[1], ("good.png", &whole)]);
    assert_eq!(
        (some.status, &some.body["failed"][0]["file"], some.body["failed"].as_array().unwrap().len()),
        (200, &json!("发票.jpg"), 1)
    );
    assert_eq!(admin.upload("/invoice/recognizeImage", &[]).body, json!({ "err": "上传文件失败", "code": "malformed" }));
}

#[test]
fn more_pictures_than_are_taken_at_once_are_refused_in_the_sentence() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let picture = blank_png(9, 9);
    let files: Vec<(&str, &[u8])> = (0..201).map(|_| ("p.png", picture.as_slice())).collect();
    let refused = admin.upload("/invoice/recognizeImage", &files);
    assert_eq!((refused.status, &refused.body["err"], &refused.body["code"]), (413, &json!("上传文件失败"), &json!("too_large")));
    assert_eq!(admin.upload("/invoice/recognizeImage", &files[..200]).status, 200);
}

#[test]
fn pages_that_are_not_read_are_said_and_make_a_fault() {
    let office = Office::open();
    let read = |name: &str, file: &[u8]| {
        office.will_read(&[("金额", "¥1.00")]);
        let sent = office.admin.upload("/invoice/recognizeImage", &[(name, file)]);
        assert_eq!(sent.status, 200, "{sent:?}");
        office.get(office.read(&sent.body["action_id_list"][0]))
    };
    let three = {
        office.will_read(&[("金额", "¥1.00")]);
        (0..2).for_each(|_| office.nothing_will_fit());
        let sent = office.admin.upload("/invoice/recognizeImage", &[("三页.tif", &tiff(3, &[]))]);
        office.get(office.read(&sent.body["action_id_list"][0]))
    };
    assert_eq!((&three["state"], &three["file_name"]), (&json!("waiting"), &json!("三页.tif")));
    ["¥1.00", "¥2.00"].iter().for_each(|sum| office.will_read(&[("金额", sum)]));
    let sent = office.admin.upload("/invoice/recognizeImage", &[("两页.tif", &tiff(2, &[]))]);
    let action = &sent.body["action_id_list"][0];
    office.read(action);
    let mut both = office.admin.get(&format!("/api/invoices?action_id={action}")).body["invoices"].as_array().unwrap().clone();
    both.sort_by_key(|invoice| invoice["invoice_id"].as_u64());
    let read_of: Vec<_> =
        both.iter().map(|one| (&one["region_list"]["金额"]["ocr_result"], &one["first_page"], &one["state"])).collect();
    let (passed, [first, second]) = (json!("passed"), [1, 2].map(|page| json!(page)));
    assert_eq!(read_of, [(&json!("¥1.00"), &first, &passed), (&json!("¥2.00"), &second, &passed)], "an engine gets each page");

    let reason = three["reason"].as_str().unwrap();
    assert!(reason.contains("3 页") && reason.contains("1 页"), "{reason}");
    let english =
        office.admin.clone().with_header("accept-language", "en").get(&format!("/api/invoices/{}", three["invoice_id"])).body;
    assert!(english["reason"].as_str().unwrap().contains("3 pages, 1 read"), "{english}");
    assert_eq!(read("一页.tif", &tiff(1, &[]))["state"], "passed");
    assert_eq!(read("缩略图.tif", &tiff(2, &[1]))["state"], "passed", "a smaller copy is no page");
    let path = format!("/api/faults/{}/review", three["invoice_id"]);
    assert_eq!(office.admin.post(&path, &json!({ "version": three["version"] })).body["state"], "reviewed");
    let mut turns_back = tiff(2, &[]);
    let last = 8 + (2 + 9 * 12 + 4 + 256) + 2 + 9 * 12;
    turns_back[last..last + 4].copy_from_slice(&8u32.to_le_bytes());
    assert_eq!(office.admin.upload("/invoice/recognizeImage", &[("rund.tif", &turns_back)]).status, 415, "its pages never end");
}

#[test]
fn a_files_name_stays_with_what_is_made_of_it() {
    let mut office = Office::open();
    let id = office.invoice(&[("金额", "¥1.00")]);
    assert_eq!((office.get(id)["file_name"].clone(), office.get(id)["model_label"].clone()), (json!("票1.png"), json!("票€")));
    office.admin.post("/api/queue/pause", &json!({}));
    office.admin.upload("/invoice/recognizeImage", &[("C:\\folder\\等待.png", &blank_png(9, 9))]);
    assert_eq!(office.admin.get("/api/queue?limit=5").body["recognize_wait"][0]["file_name"], "等待.png");
}

fn model(client: &Client, label: &str, origin: &Value, change: Option<(u64, Option<u64>)>) -> crate::support::Answer {
    let area = json!({ "x": 0, "y": 0, "width": 50, "height": 20 });
    let mut body = json!({
        "modelAction": { "json_model": { "global_setting": { "label": label }, "money": area } },
        "file_name": origin,
        "type": u8::from(change.is_some()),
    });
    if let Some((id, version)) = change {
        (body["modelAction"]["model_id"], body["modelAction"]["version"]) = (json!(id), json!(version));
    }
    client.post("/invoice/addModel", &body)
}

#[test]
fn a_stale_editor_does_not_overwrite_a_colleagues_template() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let origin = admin.upload("/invoice/uploadModelOrigin", &[("o.png", &blank_png(400, 300))]).body["file_name"].clone();
    let first = || admin.get("/invoice/getAllModel").body["model_list"][0].clone();
    model(&admin, "一", &origin, None);
    eventually("the template", || first()["model_id"].as_u64());
    assert_eq!(first()["version"], 1);
    admin.post("/api/queue/pause", &json!({}));
    assert_eq!(model(&admin, "二", &origin, Some((1, Some(1)))).status, 200);
    assert_eq!(model(&admin, "三", &origin, Some((1, Some(1)))).refusal(), (409, "conflict"), "one waits");
    admin.post("/api/queue/resume", &json!({}));
    eventually("the change", || (first()["model_label"] == "二").then_some(()));
    let refused = model(&admin, "三", &origin, Some((1, Some(1))));
    assert_eq!(refused.refusal(), (409, "conflict"));
    assert!(refused.body["err"].as_str().unwrap().contains("version"));
    assert_eq!((admin.get("/api/queue").body["manage_size"].clone(), first()["model_label"].clone()), (json!(0), json!("二")));
    assert_eq!(model(&admin, "三", &origin, Some((1, first()["version"].as_u64()))).status, 200);
    eventually("the second change", || (first()["model_label"] == "三").then_some(()));
    assert_eq!(model(&admin, "四", &origin, Some((1, None))).status, 200, "old clients say no version");
}

#[test]
fn a_template_whose_amount_reads_as_no_sum_says_so_while_it_is_drawn() {
    let picture = |name: &str| fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(name)).unwrap();
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let origin = admin.upload("/invoice/uploadModelOrigin", &[("receipt.png", &picture("receipt.png"))]).body["file_name"].clone();
    let warnings = |money: Value| {
        let model = json!({ "global_setting": { "label": "收款收据" }, "money": money });
        let mut body = Vec::new();
        for (name, text) in [("json_model", model.to_string()), ("file_name", origin.as_str().unwrap().to_owned())] {
            body.extend(format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n").bytes());
        }
        body.extend(b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"i.png\"\r\n\r\n");
        body.extend(picture("receipt-filled.png"));
        body.extend(b"\r\n--x--\r\n");
        let tried = admin.send("POST", "/api/models/test", &[("content-type", "multipart/form-data; boundary=x")], &body);
        assert_eq!(tried.status, 200, "{tried:?}");
        tried.body["warnings"].clone()
    };
    assert_eq!(warnings(json!({ "x": 162, "y": 282, "width": 268, "height": 43 })), json!([]));
    // Around the buyer's name.
    let wrong = warnings(json!({ "x": 162, "y": 133, "width": 616, "height": 43 }));
    assert!(wrong.as_array().unwrap().iter().all(|w| w.as_str().unwrap().contains("金额")) && wrong != json!([]), "{wrong}");
}
