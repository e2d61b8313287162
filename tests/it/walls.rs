//! Another company's pictures, templates, faults and queue don't exist.

use crate::support::{Client, Paperline, blank_png, eventually};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn member(paperline: &Paperline, admin: &Client, company: &str) -> Client {
    let id = admin.post("/api/companies", &json!({ "company_name": company })).body["company_id"].clone();
    let all = [2, 6, 15, 16, 17, 18, 14, 20];
    let body = json!({ "user_name": company, "passwd": "secret-1", "permissions": all, "company_id": id });
    assert_eq!(admin.post("/api/users", &body).status, 201);
    let client = paperline.client();
    assert_eq!(client.log_in(company, "secret-1").body["reqStatus"], "sucess");
    client
}

#[test]
fn nothing_of_another_company_is_seen_or_told() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let (a, b) = (member(&paperline, &admin, "甲"), member(&paperline, &admin, "乙"));
    let watch = |client: &Client, page: u64| {
        let mut socket = client.socket("/invoice/webSocketServer");
        socket.next().unwrap();
        socket.say(&json!({ "code": "001", "console_status": page }));
        socket
    };
    let mut sockets = [watch(&b, 1), watch(&b, 2), watch(&b, 4)];
    let (mut own, mut everyone) = (watch(&a, 4), watch(&admin, 4));

    let origin = a.upload("/invoice/uploadModelOrigin", &[("o.png", &blank_png(100, 80))]).body["file_name"].clone();
    let model = |origin: &Value, company: Option<u64>| json!({ "modelAction": { "json_model": { "global_setting": { "label": "甲的模板" } }, "company_id": company }, "file_name": origin, "type": 0 });
    assert_eq!(b.post("/invoice/addModel", &model(&origin, None)).refusal(), (403, "forbidden"), "another company's origin");
    assert_eq!(a.post("/invoice/addModel", &model(&origin, Some(1))).refusal(), (403, "forbidden"), "for another company");
    assert_eq!(a.post("/invoice/addModel", &model(&origin, None)).status, 200);
    eventually("the template", || (a.get("/invoice/getAllModel").body["total"] == 1).then_some(()));
    assert_eq!(b.get("/invoice/getAllModel").body, json!({ "model_list": [], "total": 0 }));
    assert_eq!(admin.get("/invoice/getAllModel").body["total"], 1);
    assert_eq!(b.post("/invoice/deleteModel", &json!({ "model_id": 1 })).refusal(), (403, "forbidden"));

    a.upload("/invoice/recognizeImage", &[("i.png", &blank_png(60, 40))]);
    assert_eq!(own.until(206).0["fault_num"], 1);
    assert_eq!(everyone.until(206).0["fault_num"], 1);
    let fault = a.get("/invoice/getFaultQueue").body["fault_list"][0].clone();
    assert_eq!(b.get("/invoice/getFaultQueue").body, json!({ "fault_num": 0, "fault_list": [] }));
    for url in [fault["invoice_url"].as_str().unwrap(), origin.as_str().unwrap()] {
        assert_eq!(b.get(url).refusal(), (403, "forbidden"));
        assert_eq!(b.post("/invoice/getImgStr", &json!({ "url": url })).refusal(), (403, "forbidden"));
        assert_eq!(a.get(url).status, 200);
    }

    let mine = b.upload("/invoice/recognizeImage", &[("mine.png", &blank_png(61, 40))]).body["action_id_list"][0].clone();
    for (socket, first) in sockets.iter_mut().zip([201, 203, 206]) {
        let (message, before) = socket.until(first);
        assert!(before.iter().all(|m| m["msg_id"] == 205 && m["fault_num"] == 0), "{before:?}");
        let action = match first {
            201 => &message["new_recognize"][0]["action_id"],
            203 => &message["action_id"],
            _ => &message["fault_invoice"]["action_id"],
        };
        assert_eq!(*action, mine);
    }
}

#[test]
fn nobody_acts_as_somebody_else() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let a = member(&paperline, &admin, "甲");
    let own = a.get("/me").body["user_id"].clone();
    for (path, body) in [
        ("/invoice/deleteModel", json!({ "user_id": 1, "model_id": 1 })),
        ("/invoice/getAllModel", json!({ "user_id": 1 })),
        ("/invoice/getManagerUsers", json!({ "user_id": 1 })),
        ("/invoice/getManagerGroups", json!({ "user_id": 1 })),
        (
            "/invoice/addModel",
            json!({ "modelAction": { "user_id": 1, "json_model": { "global_setting": { "label": "x" } } }, "file_name": "/invoice/image/1.png", "type": 0 }),
        ),
    ] {
        assert_eq!(a.post(path, &body).refusal(), (403, "forbidden"), "{path}");
    }
    assert_eq!(a.post("/invoice/getAllModel", &json!({ "user_id": own })).status, 200);
    assert_eq!(admin.post("/invoice/getAllModel", &json!({ "user_id": own })).status, 200);
}

fn log_of(client: &Client) -> BTreeSet<String> {
    let rows = client.get("/api/log").body["action_list"].as_array().unwrap().clone();
    rows.iter().map(|row| row["action_description"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_an_administrator_does_for_a_company_is_that_companys_and_no_other_ones() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let (a, b) = (member(&paperline, &admin, "甲"), member(&paperline, &admin, "乙"));
    for client in [&a, &b] {
        let id = client.get("/me").body["user_id"].clone();
        assert_eq!(admin.patch(&format!("/api/users/{id}"), &json!({ "permissions": [2, 6, 8, 11, 15, 17, 18, 20] })).status, 200);
    }
    let company = a.get("/me").body["company_id"].clone();

    let origin = admin.upload("/invoice/uploadModelOrigin", &[("o.png", &blank_png(100, 80))]).body["file_name"].clone();
    let model = json!({ "modelAction": { "json_model": { "global_setting": { "label": "只给甲" } }, "company_id": company }, "file_name": origin, "type": 0 });
    assert_eq!(admin.post("/invoice/addModel", &model).status, 200);
    let of_a = eventually("the template", || a.get("/invoice/getAllModel").body["model_list"].get(0).cloned());
    assert_eq!(of_a["origin_url"], origin);
    // The same picture for 乙: each has its own copy.
    let mut for_b = model.clone();
    for_b["modelAction"]["company_id"] = b.get("/me").body["company_id"].clone();
    for_b["modelAction"]["json_model"]["global_setting"]["label"] = json!("给乙");
    assert_eq!(admin.post("/invoice/addModel", &for_b).status, 200);
    let of_b = eventually("the template", || b.get("/invoice/getAllModel").body["model_list"].get(0).cloned());
    let url = of_b["origin_url"].as_str().unwrap();
    assert_eq!((a.get(url).status, b.get(url).status), (403, 200));
    for url in ["origin_url", "model_url"] {
        let url = of_a[url].as_str().unwrap();
        assert_eq!((a.get(url).status, b.get(url).status), (200, 403), "{url}");
    }
    a.upload("/invoice/recognizeImage", &[("i.png", &blank_png(60, 40))]);
    let invoice = eventually("the invoice", || a.get("/api/invoices").body["invoices"].get(0).cloned())["invoice_id"].clone();
    assert_eq!(admin.post(&format!("/api/invoices/{invoice}/void"), &json!({ "reason": "测试" })).status, 200);
    let user = admin.post("/api/users", &json!({ "user_name": "新人", "passwd": "secret-1", "company_id": company }));
    assert_eq!(user.status, 201);
    let group = admin.post("/api/groups", &json!({ "group_name": "新组", "company_id": company }));
    assert_eq!(group.status, 201);
    assert_eq!(admin.post("/invoice/deleteModel", &json!({ "model_id": of_a["model_id"] })).status, 200);

    let (of_a, of_b) = (log_of(&a), log_of(&b));
    let said = |kind: &str, what: &str| of_a.iter().any(|line| line.starts_with(kind) && line.contains(what));
    for (kind, what) in [
        ("添加模板", "只给甲"),
        ("删除模板", "只给甲"),
        ("作废发票", "测试"),
        ("添加用户", "新人"),
        ("添加用户组", "新组"),
        ("修改用户权限", "甲"),
    ] {
        assert!(said(kind, what), "{kind} {what}: {of_a:?}");
    }
    for secret in ["只给甲", "测试", "新人", "新组", " 甲"] {
        assert!(!of_b.iter().any(|line| line.contains(secret)), "{secret}: {of_b:?}");
    }
    // Moving between companies is logged in both.
    let other = b.get("/me").body["company_id"].clone();
    assert_eq!(admin.patch(&format!("/api/users/{}", user.body["user_id"]), &json!({ "company_id": other })).status, 200);
    for (client, said) in [(&a, "修改用户 新人：离开本公司"), (&b, "修改用户 新人：加入本公司")] {
        assert!(log_of(client).contains(said), "{:?}", log_of(client));
    }
}
