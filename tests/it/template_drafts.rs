//! From an invoice that nothing fits, or a specimen, to a template that reads it.

use crate::support::documents::{Sheet, digital, pdf_of};
use crate::support::{Client, Paperline, blank_png, eventually};
use paperline::domain::account::Permission;
use serde_json::{Map, Value, json};

/// Of the made-up form's page, points.
const PAGE: (f64, f64) = (610.0, 395.0);
const SIZE: f32 = 13.0;

/// A company's own form: where each value begins, from the lower left corner, and what it is.
const VALUES: [(&str, f64, f64, &str); 4] = [
    ("发票号码", 40.0 + 5.0 * 13.0, 300.0, "20260017"),
    ("日期", 380.0 + 5.0 * 13.0, 300.0, "2026年03月05日"),
    ("客户名称", 40.0 + 5.0 * 13.0, 262.0, "示例采购单位"),
    ("金额", 380.0 + 5.0 * 13.0, 110.0, "113.00"),
];

/// Drawn by the box itself, from a page of text.
fn picture(client: &Client) -> Vec<u8> {
    let word = |x: f32, y: f32, size: f32, text: &str| (x, y, size, text.to_owned());
    let words = vec![
        word(190.0, 345.0, 26.0, "示例商贸销售凭单"),
        word(40.0, 300.0, SIZE, "凭单编号：20260017"),
        word(380.0, 300.0, SIZE, "填写日期：2026年03月05日"),
        word(40.0, 262.0, SIZE, "客户名称：示例采购单位"),
        word(40.0, 220.0, SIZE, "品名"),
        word(250.0, 220.0, SIZE, "数量"),
        word(430.0, 220.0, SIZE, "单价"),
        word(40.0, 190.0, SIZE, "打印纸"),
        word(250.0, 190.0, SIZE, "2"),
        word(430.0, 190.0, SIZE, "56.50"),
        word(380.0, 110.0, SIZE, "合计金额：113.00"),
        word(40.0, 60.0, SIZE, "本单一式两联，盖章有效"),
    ];
    let invoice = read(client, "form.pdf", &pdf_of(&[Sheet::Words(words)]));
    client.get(&format!("/api/invoices/{invoice}/page/1")).bytes
}

fn read(client: &Client, name: &str, bytes: &[u8]) -> u64 {
    let action = client.upload("/invoice/recognizeImage", &[(name, bytes)]).body["action_id_list"][0].clone();
    let list = || client.get(&format!("/api/invoices?action_id={action}")).body["invoices"].clone();
    eventually("it is read", || list()[0]["invoice_id"].as_u64())
}

fn near(area: &Value, size: (f64, f64), value: &(&str, f64, f64, &str)) {
    let (_, x, y, text) = value;
    let scale = size.0 / PAGE.0;
    let of = |key: &str| area[key].as_f64().unwrap();
    let em = f64::from(SIZE) * scale;
    let (left, base) = (x * scale, (PAGE.1 - y) * scale);
    let ems: f64 = text.chars().map(|c| if c.is_ascii() { 0.5 } else { 1.0 }).sum();
    let (right, middle) = (left + ems * em, base - 0.35 * em);
    assert!((of("x") - left).abs() < 0.8 * em && of("x") + of("width") > right - 0.3 * em, "{value:?} {area}");
    assert!(of("y") < middle && of("y") + of("height") > middle && of("height") < 2.2 * em, "{value:?} {area}");
}

#[test]
fn an_invoice_that_nothing_fits_becomes_a_template_that_reads_it() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let picture = picture(&client);
    let id = read(&client, "photo.jpg", &picture);
    assert_eq!(client.get(&format!("/api/invoices/{id}")).body["kind"], "unknown");

    let draft = client.get(&format!("/api/invoices/{id}/template-draft"));
    assert_eq!(draft.status, 200, "{draft:?}");
    let draft = draft.body;
    let shown = image::load_from_memory(&client.get(&format!("/api/invoices/{id}/page/1")).bytes).unwrap();
    let size = (f64::from(shown.width()), f64::from(shown.height()));
    assert_eq!((draft["width"].as_f64(), draft["height"].as_f64()), (Some(size.0), Some(size.1)));
    assert_eq!(draft["label"], "示例商贸销售凭单");
    let areas = draft["areas"].as_array().unwrap();
    for value in &VALUES {
        let area = areas.iter().find(|area| area["pos_id"] == value.0).unwrap_or_else(|| panic!("no {} in {draft}", value.0));
        assert_eq!(area["text"], value.3, "{}", value.0);
        near(area, size, value);
    }
    assert_eq!(client.get("/invoice/getAllModel").body["total"], 0, "nothing is saved by itself");

    let mut model = Map::from_iter([("global_setting".to_owned(), json!({ "label": draft["label"], "quota": 0 }))]);
    for (n, area) in areas.iter().enumerate() {
        let key = area["key"].as_str().map_or(format!("area_{n}"), str::to_owned);
        model.insert(key, area.clone());
    }
    let jpeg = client.get(&format!("/api/invoices/{id}/page/1")).bytes;
    let ends = |line: &Value| line["text"].as_str().is_some_and(|text| text.ends_with("20260017"));
    assert!(draft["lines"].as_array().unwrap().iter().any(ends), "what is printed: {draft}");
    let origin = client.upload("/invoice/uploadModelOrigin", &[("page.jpg", &jpeg)]).body["file_name"].clone();
    let added =
        client.post("/invoice/addModel", &json!({ "modelAction": { "json_model": model }, "file_name": origin, "type": 0 }));
    assert_eq!(added.status, 200, "{added:?}");
    let model = eventually("it is learnt", || client.get("/invoice/getAllModel").body["model_list"][0]["model_id"].as_u64());

    client.post(&format!("/api/faults/{id}/retry"), &json!({}));
    let is_read = |invoice: &Value| invoice["model_id"] == model && invoice["state"] != "reading";
    let again = eventually("it is read", || Some(client.get(&format!("/api/invoices/{id}")).body).filter(is_read));
    for (pos_id, _, _, text) in VALUES {
        assert_eq!(again["region_list"][pos_id]["ocr_result"], text, "{again}");
    }
}

#[test]
fn a_draft_is_for_those_who_see_the_invoice_and_may_add_templates() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let id = read(&client, "blank.png", &blank_png(300, 200));
    let path = format!("/api/invoices/{id}/template-draft");
    let blank = client.get(&path);
    let nothing = json!({ "label": "", "width": 300, "height": 200, "areas": [], "labels": [], "lines": [] });
    assert_eq!(blank.body, nothing, "{blank:?}");
    assert_eq!(client.get("/api/invoices/999/template-draft").refusal(), (404, "not_found"));

    let holds = |permissions: &[u64]| {
        let token = client.post("/api/tokens", &json!({ "name": "t", "permissions": permissions })).body["token"].clone();
        paperline.client().with_header("authorization", &format!("Bearer {}", token.as_str().unwrap()))
    };
    let (templates, invoices) = (Permission::ModelRw.id(), Permission::InvoiceR.id());
    assert_eq!(holds(&[templates]).get(&path).refusal(), (403, "forbidden"));
    assert_eq!(holds(&[invoices]).get(&path).refusal(), (403, "forbidden"));
    assert_eq!(holds(&[templates, invoices]).get(&path).status, 200);

    let company = client.post("/api/companies", &json!({ "company_name": "别家" })).body["company_id"].clone();
    let rights =
        json!({ "user_name": "other", "passwd": "a password", "company_id": company, "permissions": [templates, invoices] });
    client.post("/api/users", &rights);
    let other = paperline.client();
    assert_eq!(other.log_in("other", "a password").body["reqStatus"], "sucess");
    let hidden = other.get(&path);
    assert!(matches!(hidden.status, 403 | 404), "{hidden:?}");

    let external = Paperline::start_with(&["--engine", "tcp://127.0.0.1:9"]);
    let admin = external.admin();
    let id = read(&admin, "a.xml", &digital().xml());
    assert_eq!(admin.get(&format!("/api/invoices/{id}/template-draft")).refusal(), (409, "conflict"));
}

fn upload_specimen(client: &Client, picture: &[u8]) -> Value {
    client.upload("/invoice/uploadModelOrigin", &[("specimen.png", picture)]).body["file_name"].clone()
}

#[test]
fn a_specimen_tells_its_print_its_labels_and_the_areas_beside_them() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let picture = picture(&client);
    let file_name = upload_specimen(&client, &picture);
    let before = client.get("/api/queue").body["actions"].clone();
    let draft = client.post("/api/template-drafts", &json!({ "file_name": file_name }));
    assert_eq!(draft.status, 200, "{draft:?}");
    let draft = draft.body;
    let shown = image::load_from_memory(&picture).unwrap();
    let size = (f64::from(shown.width()), f64::from(shown.height()));
    assert_eq!((draft["width"].as_f64(), draft["height"].as_f64()), (Some(size.0), Some(size.1)));
    let of = |list: &str, pos_id: &str| {
        let found = draft[list].as_array().unwrap().iter().find(|one| one["pos_id"] == pos_id);
        found.unwrap_or_else(|| panic!("no {pos_id} in the {list} of {draft}")).clone()
    };
    for value in &VALUES {
        let area = of("areas", value.0);
        assert_eq!(area["text"], value.3);
        near(&area, size, value);
        // Its label stands left of it, on its row.
        let label = of("labels", value.0);
        let at = |one: &Value, key: &str| one[key].as_f64().unwrap();
        assert!(at(&label, "x") + at(&label, "width") < at(&area, "x") + at(&area, "width") / 2.0, "{label} {area}");
        let middle = at(&label, "y") + at(&label, "height") / 2.0;
        assert!(middle > at(&area, "y") && middle < at(&area, "y") + at(&area, "height"), "{label} {area}");
        let lines = draft["lines"].as_array().unwrap();
        let line = lines.iter().find(|line| line["text"].as_str().unwrap().contains(value.3));
        near(line.unwrap_or_else(|| panic!("{} is not in {lines:?}", value.3)), size, value);
    }
    assert_eq!(client.get("/api/queue").body["actions"], before, "no queue is asked");
    assert_eq!(client.get("/invoice/getAllModel").body["total"], 0, "nothing is saved by itself");
}

#[test]
fn a_specimens_draft_is_for_those_who_add_templates_on_pictures_of_their_own() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let path = "/api/template-drafts";
    let named = |file_name: &Value| json!({ "file_name": file_name });
    let specimen = upload_specimen(&client, &blank_png(300, 200));
    let nothing = json!({ "label": "", "width": 300, "height": 200, "areas": [], "labels": [], "lines": [] });
    assert_eq!(client.post(path, &named(&specimen)).body, nothing);

    assert_eq!(client.post(path, &json!({})).refusal(), (400, "malformed"));
    assert_eq!(client.post(path, &named(&json!("/invoice/image/999.png"))).refusal(), (404, "not_found"));
    assert_eq!(client.post(path, &named(&json!("nonsense"))).refusal(), (404, "not_found"));
    // Invoices' pictures are no specimens: reading them is for those who may see invoices.
    let invoice = read(&client, "blank.png", &blank_png(301, 200));
    let picture = client.get(&format!("/api/invoices/{invoice}")).body["invoice_url"].clone();
    assert!(picture.is_string());
    assert_eq!(client.post(path, &named(&picture)).refusal(), (404, "not_found"));

    let holds = |permissions: &[u64]| {
        let token = client.post("/api/tokens", &json!({ "name": "t", "permissions": permissions })).body["token"].clone();
        paperline.client().with_header("authorization", &format!("Bearer {}", token.as_str().unwrap()))
    };
    assert_eq!(holds(&[Permission::ModelR.id()]).post(path, &named(&specimen)).refusal(), (403, "forbidden"));
    assert_eq!(holds(&[Permission::ModelRw.id()]).post(path, &named(&specimen)).status, 200);
    let company = client.post("/api/companies", &json!({ "company_name": "别家" })).body["company_id"].clone();
    let rights = [Permission::ModelRw.id(), Permission::ModelR.id()];
    client
        .post("/api/users", &json!({ "user_name": "other", "passwd": "a password", "company_id": company, "permissions": rights }));
    let other = paperline.client();
    assert_eq!(other.log_in("other", "a password").body["reqStatus"], "sucess");
    assert_eq!(other.post(path, &named(&specimen)).refusal(), (403, "forbidden"));

    let external = Paperline::start_with(&["--engine", "tcp://127.0.0.1:9"]);
    let admin = external.admin();
    let specimen = upload_specimen(&admin, &blank_png(300, 200));
    let refused = admin.post(path, &named(&specimen));
    assert_eq!(refused.refusal(), (409, "conflict"));
    assert_eq!(refused.body["err"], "使用外部算法服务器时不能自动框选区域");
}

#[test]
fn of_too_many_who_ask_at_once_the_last_are_refused() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let specimen = upload_specimen(&client, &picture(&client));
    let asked: Vec<_> = (0..12)
        .map(|_| {
            let (client, specimen) = (paperline.admin(), specimen.clone());
            std::thread::spawn(move || client.post("/api/template-drafts", &json!({ "file_name": specimen })))
        })
        .collect();
    let answers: Vec<_> = asked.into_iter().map(|one| one.join().unwrap()).collect();
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
    assert!(!refused.is_empty() && refused.len() < answers.len(), "{answers:?}");
    for answer in refused {
        assert_eq!(answer.refusal(), (503, "unavailable"));
        assert_eq!(answer.body["err"], "正在测试的人太多，请稍后再试");
    }
}
