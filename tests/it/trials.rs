//! Template tests, which store nothing. The made-up receipt is from scripts/bench.d/invoices.

use crate::support::{Answer, Client, Paperline, blank_png, eventually};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

fn picture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(name)).unwrap()
}

/// Areas, and the picture's address.
fn drawn(client: &Client) -> (Value, Value) {
    let origin = client.upload("/invoice/uploadModelOrigin", &[("receipt.png", &picture("receipt.png"))]);
    let area =
        |x, y, width, height| json!({ "x": x, "y": y, "width": width, "height": height, "remove_stamp": 1, "remove_line": 1 });
    let model = json!({
        "global_setting": { "label": "收款收据", "quota": "" },
        "invoice_id": area(699, 31, 134, 39),
        "date": area(306, 85, 255, 34),
        "head": area(162, 133, 616, 43),
        "money_cn": area(246, 233, 531, 43),
        "money": area(162, 282, 268, 43),
    });
    (model, origin.body["file_name"].clone())
}

fn receipt(client: &Client) -> u64 {
    let (model, file_name) = drawn(client);
    client.post("/invoice/addModel", &json!({ "modelAction": { "json_model": model }, "file_name": file_name, "type": 0 }));
    eventually("the template is learnt", || client.get("/invoice/getAllModel").body["model_list"][0]["model_id"].as_u64())
}

fn files_under(dir: &Path) -> usize {
    let entries = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    entries.map(|path| if path.is_dir() { files_under(&path) } else { 1 }).sum()
}

#[test]
fn a_template_shows_what_it_would_read_and_nothing_is_kept() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let path = format!("/api/models/{}/test", receipt(&client));
    let kept = files_under(&paperline.data().join("pictures"));
    let tested = client.upload(&path, &[("filled.png", &picture("receipt-filled.png"))]);
    assert_eq!(tested.status, 200, "{tested:?}");
    let body = tested.body;
    for (area, text) in [
        ("发票号码", "0306832"),
        ("日期", "2017年05月03日"),
        ("客户名称", "北京市中科医疗器械有限公司"),
        ("中文金额", "叁拾壹圆肆角伍分"),
        ("金额", "¥31.45"),
        ("发票类型", "收款收据"),
    ] {
        assert_eq!(body["region_list"][area]["ocr_result"], text, "{}", body["region_list"]);
    }
    assert_eq!((&body["is_fault"], &body["reason"]), (&json!(0), &json!("")), "{}", body["region_list"]);
    assert!(body["template"]["score"].as_f64().unwrap() > 0.9, "{}", body["template"]);
    assert!(body["template"]["reason"].as_str().unwrap().contains("标题"), "{}", body["template"]);
    let aligned = body["aligned"].as_str().unwrap().strip_prefix("data:image/jpeg;base64,").unwrap();
    let aligned = image::load_from_memory(&BASE64.decode(aligned).unwrap()).unwrap();
    assert_eq!((aligned.width(), aligned.height()), (850, 442), "the template's own frame");

    assert_eq!(client.get("/api/invoices").body["total"], 0);
    assert_eq!(client.get("/api/queue").body["recognize_size"], 0);
    assert_eq!(files_under(&paperline.data().join("pictures")), kept);
}

#[test]
fn a_form_of_another_name_is_none_of_ours() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let path = format!("/api/models/{}/test", receipt(&client));
    let sister = client.upload(&path, &[("sister.png", &picture("receipt-sister.png"))]).body;
    assert!(sister["template"]["reason"].as_str().unwrap().contains("押金退款单"), "{sister}");
    assert_eq!((&sister["is_fault"], &sister["region_list"], &sister["aligned"]), (&json!(1), &json!({}), &Value::Null));
    let blank = client.upload(&path, &[("blank.png", &blank_png(300, 200))]).body;
    assert_eq!((&blank["template"]["score"], &blank["reason"]), (&json!(0.0), &json!("没有匹配的模板")), "{blank}");

    client.upload("/invoice/recognizeImage", &[("sister.png", &picture("receipt-sister.png"))]);
    let read = eventually("it is read", || Some(client.get("/api/invoices").body).filter(|b| b["total"] == 1));
    assert_eq!((&read["invoices"][0]["model_id"], &read["invoices"][0]["is_fault"]), (&Value::Null, &json!(1)), "{read}");
}

#[test]
fn a_test_that_makes_no_sense_is_refused() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let path = format!("/api/models/{}/test", receipt(&client));
    assert_eq!(client.upload(&path, &[("a.png", b"no picture")]).refusal(), (415, "unsupported"));
    assert_eq!(client.upload(&path, &[]).refusal(), (400, "malformed"));
    assert_eq!(client.upload("/api/models/999/test", &[("a.png", &blank_png(9, 9))]).refusal(), (404, "not_found"));

    let company = client.post("/api/companies", &json!({ "company_name": "别家" })).body["company_id"].clone();
    client.post("/api/users", &json!({ "user_name": "other", "passwd": "a password", "company_id": company, "permissions": [1] }));
    let other = paperline.client();
    assert_eq!(other.log_in("other", "a password").body["reqStatus"], "sucess");
    assert_eq!(other.upload(&path, &[("a.png", &blank_png(9, 9))]).refusal(), (403, "forbidden"));

    let external = Paperline::start_with(&["--engine", "tcp://127.0.0.1:9"]);
    let refused = external.admin().upload("/api/models/1/test", &[("a.png", &blank_png(9, 9))]);
    assert_eq!(refused.refusal(), (409, "conflict"));
    assert_eq!(refused.body["err"], "使用外部算法服务器时不能测试模板");
}

fn try_draft(client: &Client, fields: &[(&str, &str)], picture: &[u8]) -> Answer {
    let mut body = Vec::new();
    for (name, text) in fields {
        body.extend(format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n").bytes());
    }
    body.extend(b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"i.png\"\r\n\r\n");
    body.extend(picture);
    body.extend(b"\r\n--x--\r\n");
    client.send("POST", "/api/models/test", &[("content-type", "multipart/form-data; boundary=x")], &body)
}

#[test]
fn what_is_drawn_is_tried_before_it_is_saved() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let (model, file_name) = drawn(&client);
    let kept = files_under(&paperline.data().join("pictures"));
    let (text, origin) = (model.to_string(), file_name.as_str().unwrap());
    let tried = try_draft(&client, &[("json_model", &text), ("file_name", origin)], &picture("receipt-filled.png"));
    assert_eq!(tried.status, 200, "{tried:?}");
    let saved = client.upload(&format!("/api/models/{}/test", receipt(&client)), &[("i.png", &picture("receipt-filled.png"))]);
    assert_eq!(tried.body, saved.body, "saved, it reads the same");
    assert_eq!(tried.body["region_list"]["金额"]["ocr_result"], "¥31.45");
    assert_eq!((tried.body["is_fault"].clone(), tried.body["aligned"].is_string()), (json!(0), true));
    assert_eq!(client.get("/invoice/getAllModel").body["total"], 1, "only the one that was saved");
    assert_eq!(
        (client.get("/api/invoices").body["total"].clone(), files_under(&paperline.data().join("pictures"))),
        (json!(0), kept)
    );

    let mut fewer = model.clone();
    fewer.as_object_mut().unwrap().remove("money");
    let changed = try_draft(&client, &[("json_model", &fewer.to_string()), ("model_id", "1")], &picture("receipt-filled.png"));
    assert_eq!(changed.body["region_list"]["金额"], Value::Null, "{changed:?}");
    assert_eq!(changed.body["region_list"]["发票号码"]["ocr_result"], "0306832");
}

#[test]
fn a_draft_that_could_not_be_saved_is_not_tried() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let (model, file_name) = drawn(&client);
    let (text, origin, blank) = (model.to_string(), file_name.as_str().unwrap(), blank_png(9, 9));
    let refused = |client: &Client, fields: &[(&str, &str)]| {
        let answer = try_draft(client, fields, &blank);
        let (status, code) = answer.refusal();
        (status, code.to_owned())
    };
    let is = |status, code: &str| (status, code.to_owned());
    assert_eq!(refused(&client, &[("file_name", origin)]), is(400, "malformed"));
    assert_eq!(refused(&client, &[("json_model", "{}"), ("file_name", origin)]), is(400, "malformed"));
    assert_eq!(refused(&client, &[("json_model", &text)]), is(404, "not_found"));
    assert_eq!(refused(&client, &[("json_model", &text), ("file_name", "/invoice/image/999.png")]), is(404, "not_found"));
    assert_eq!(refused(&client, &[("json_model", &text), ("model_id", "999")]), is(404, "not_found"));
    let mut outside = model.clone();
    outside["money"]["x"] = json!(900);
    assert_eq!(refused(&client, &[("json_model", &outside.to_string()), ("file_name", origin)]), is(400, "malformed"));
    let invoice = client.upload("/invoice/recognizeImage", &[("i.png", &blank)]);
    assert_eq!(invoice.status, 200);
    let fields = [("json_model", text.as_str()), ("file_name", "/invoice/image/2.png")];
    assert_eq!(refused(&client, &fields), is(404, "not_found"), "an invoice's picture is no template's");

    let company = client.post("/api/companies", &json!({ "company_name": "别家" })).body["company_id"].clone();
    for (name, permissions) in [("maker", [2]), ("looker", [1])] {
        let user = json!({ "user_name": name, "passwd": "a password", "company_id": company, "permissions": permissions });
        assert_eq!(client.post("/api/users", &user).status, 201);
        let other = paperline.client();
        other.log_in(name, "a password");
        assert_eq!(refused(&other, &[("json_model", &text), ("file_name", origin)]), is(403, "forbidden"), "{name}");
    }
}

#[test]
fn hostile_pictures_are_answered_and_disturb_nothing() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    receipt(&client);
    let png = |width, height, shade: &dyn Fn(u32) -> u8| {
        let picture =
            image::GrayImage::from_fn(width, height, |x, y| image::Luma([shade(x.wrapping_mul(31).wrapping_add(y * 17))]));
        let mut bytes = Vec::new();
        picture.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
        bytes
    };
    let noise = |n: u32| (n.wrapping_mul(2_654_435_761) >> 24) as u8;
    let hostile: [(&str, Vec<u8>); 5] = [
        ("64 megapixels.png", png(8000, 8000, &|_| 240)),
        ("blank.png", png(1200, 900, &|_| 255)),
        ("noise.png", png(1200, 900, &noise)),
        ("one pixel.png", png(1, 1, &|_| 0)),
        ("strip.png", png(20_000, 100, &|n| if n % 97 < 9 { 0 } else { 255 })),
    ];
    let mut files: Vec<(&str, &[u8])> = hostile.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    let filled = picture("receipt-filled.png");
    files.push(("filled.png", &filled));
    client.upload("/invoice/recognizeImage", &files);
    // Each has a time limit of its own.
    let read =
        |n| eventually("one more is read", || Some(client.get("/api/invoices").body).filter(|b| b["total"].as_u64() >= Some(n)));
    let read = (1..=6).fold(Value::Null, |_, n| read(n));
    let read = read["invoices"].as_array().unwrap();
    let good: Vec<&Value> = read.iter().filter(|i| i["is_fault"] == 0).collect();
    assert_eq!(good.len(), 1, "{read:?}");
    assert_eq!(good[0]["region_list"]["发票号码"]["ocr_result"], "0306832");
    assert!(read.iter().filter(|i| i["is_fault"] == 1).all(|i| i["reason"] == "没有匹配的模板"), "{read:?}");
    // One byte per pixel of the largest, and no full-size copy.
    let status = fs::read_to_string(format!("/proc/{}/status", paperline.pid())).unwrap();
    let peak_kib: u64 =
        status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap().trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak_kib < 600 << 10, "{peak_kib} KiB");
}
