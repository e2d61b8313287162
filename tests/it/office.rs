//! Office work: the queue, faults, corrections, the log.

use crate::support::{Client, Paperline, blank_png, eventually};
use serde_json::{Value, json};

fn upload(client: &Client, count: u32) -> Vec<u64> {
    let pictures: Vec<(String, Vec<u8>)> = (0..count).map(|n| (format!("p{n}.png"), blank_png(20 + n, 20))).collect();
    let files: Vec<(&str, &[u8])> = pictures.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let answer = client.upload("/invoice/recognizeImage", &files);
    answer.body["action_id_list"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect()
}

fn waiting(client: &Client) -> Vec<u64> {
    let list = client.get("/invoice/recognizeWait").body;
    list["recognize_wait"].as_array().unwrap().iter().map(|a| a["action_id"].as_u64().unwrap()).collect()
}

/// Oldest first.
fn faults(client: &Client, at_least: usize) -> Vec<Value> {
    let mut list = eventually("the faults", || {
        let list = client.get("/invoice/getFaultQueue").body["fault_list"].as_array().unwrap().clone();
        (list.len() >= at_least).then_some(list)
    });
    list.reverse();
    list
}

#[test]
fn a_paused_queue_keeps_and_cancels_and_reorders_and_outlives_a_restart() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    assert_eq!(admin.post("/api/queue/pause", &json!({ "reason": "换纸" })).status, 200);
    let ids = upload(&admin, 4);
    assert_eq!(waiting(&admin), ids);
    let queue = admin.get("/api/queue").body;
    assert_eq!((&queue["running"], &queue["recognize_size"]), (&Value::Null, &json!(4)));
    assert_eq!((&queue["paused"]["by"], &queue["paused"]["reason"]), (&json!("admin"), &json!("换纸")));
    assert_eq!(admin.post(&format!("/api/queue/{}/cancel", ids[1]), &json!({})).status, 200);
    assert_eq!(admin.post(&format!("/api/queue/{}/cancel", ids[1]), &json!({})).refusal(), (409, "conflict"));
    assert_eq!(admin.post("/api/queue/999/cancel", &json!({})).refusal(), (404, "not_found"));
    assert_eq!(admin.post(&format!("/api/queue/{}/next", ids[3]), &json!({})).status, 200);
    assert_eq!(waiting(&admin), [ids[3], ids[0], ids[2]]);

    let password = paperline.admin_password();
    let paperline = Paperline::start_in(paperline.kill(), &[]);
    let admin = paperline.client();
    admin.log_in("admin", &password);
    assert_eq!(waiting(&admin), [ids[3], ids[0], ids[2]]);
    assert_eq!(admin.post("/api/queue/resume", &json!({})).status, 200);
    let ended: Vec<u64> = faults(&admin, 3).iter().map(|f| f["action_id"].as_u64().unwrap()).collect();
    assert_eq!(ended, [ids[3], ids[0], ids[2]]);
    assert_eq!(admin.get("/api/queue").body["paused"], Value::Null);
}

#[test]
fn a_fault_is_read_again_corrected_and_resolved() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    upload(&admin, 1);
    let id = faults(&admin, 1)[0]["invoice_id"].as_u64().unwrap();
    let corrected =
        admin.patch(&format!("/api/invoices/{id}"), &json!({ "fields": { "发票号码": "07172119", "备注": "=1+1" } })).body;
    assert_eq!(corrected["region_list"]["发票号码"]["ocr_result"], "07172119");
    assert_eq!(corrected["history"][0]["new"], "07172119");
    assert_eq!((&corrected["history"][0]["old"], &corrected["history"][0]["user_name"]), (&json!(""), &json!("admin")));

    let retried = admin.post(&format!("/api/faults/{id}/retry"), &json!({}));
    assert!(retried.body["action_id"].as_u64().unwrap() > 1);
    let again =
        eventually("the second reading", || faults(&admin, 1).into_iter().find(|f| f["action_id"] == retried.body["action_id"]));
    assert_eq!(again["invoice_id"], id, "the same invoice");
    assert_eq!(again["region_list"]["发票号码"]["ocr_result"], "07172119", "a person's value stays");
    assert_eq!(admin.post(&format!("/api/faults/{id}/resolve"), &json!({})).status, 200);
    assert_eq!(admin.get("/invoice/getFaultQueue").body, json!({ "fault_num": 0, "fault_list": [] }));
    assert_eq!(admin.post(&format!("/api/faults/{id}/resolve"), &json!({})).refusal(), (409, "conflict"));

    let export = String::from_utf8(admin.get("/api/invoices/export.csv").bytes).unwrap();
    assert!(export.contains("07172119") && export.lines().count() == 2, "{export}");
    let listed = admin.get("/api/invoices?q=07172119").body;
    assert_eq!((&listed["total"], &listed["invoices"][0]["is_fault"]), (&json!(1), &json!(0)), "it waits for nobody");
    assert_eq!(admin.get("/api/invoices?fault=1").body["total"], 0);
    assert_eq!(admin.get("/api/invoices/99").refusal(), (404, "not_found"));
}

#[test]
fn the_same_picture_twice_is_said_to_be_a_double() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    for _ in 0..2 {
        admin.upload("/invoice/recognizeImage", &[("a.png", &blank_png(33, 44))]);
    }
    let faults = faults(&admin, 2);
    let one = |n: usize| admin.get(&format!("/api/invoices/{}", faults[n]["invoice_id"])).body["duplicate_of"].clone();
    assert_eq!((one(0), one(1)), (Value::Null, faults[0]["invoice_id"].clone()));
}

#[test]
fn the_log_is_searched_by_what_people_remember() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    upload(&admin, 25);
    let body = json!({ "user_name": "张三", "passwd": "secret-1", "permissions": [6, 8] });
    assert_eq!(admin.post("/api/users", &body).status, 201);
    let clerk = paperline.client();
    clerk.log_in("张三", "secret-1");
    upload(&clerk, 2);
    let search = |extra: Value| {
        let mut body = json!({ "page": 0, "startTime": "2018-01-01 00:00:00", "endTime": "2099-01-01 00:00:00" });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        admin.post("/invoice/getTwentyAction.action", &body)
    };
    let first = search(json!({})).body;
    assert_eq!((&first["page_sum"], first["action_list"].as_array().unwrap().len()), (&json!(2), 20));
    assert_eq!((&first["action_list"][0]["action_id"], &first["action_list"][0]["user_name"]), (&json!(27), &json!("张三")));
    assert_eq!(search(json!({ "page": 1 })).body["action_list"].as_array().unwrap().len(), 7);
    assert_eq!(search(json!({ "page": 9 })).body["action_list"], json!([]));
    for (extra, found) in [
        (json!({ "type": 1, "keyword": "张" }), 2),
        (json!({ "type": 0, "keyword": "张" }), 0),
        (json!({ "type": 0, "keyword": "127.0" }), 20),
        (json!({ "type": 3, "keyword": "识别发票" }), 20),
        (json!({ "keyword": "张三" }), 2),
        (json!({ "type": 1 }), 20),
        (json!({ "startTime": "2018-01-01 00:00:00", "endTime": "2018-01-02 00:00:00" }), 0),
    ] {
        let answer = search(extra.clone()).body;
        assert_eq!(answer["action_list"].as_array().unwrap().len(), found, "{extra}");
        assert!(
            answer["action_list"]
                .as_array()
                .unwrap()
                .iter()
                .all(|r| r["action_description"].as_str().unwrap().starts_with("识别发票"))
        );
    }
    assert_eq!(search(json!({ "type": 4, "keyword": "x" })).refusal(), (400, "malformed"));
    let no_times = admin.post("/invoice/getTwentyAction", &json!({ "page": 0 }));
    assert_eq!(no_times.body, json!({ "err": "请输入开始时间和结束时间", "code": "malformed" }));
    // The first start creates two users.
    let all = admin.get("/api/log?type=3&keyword=增加用户").body;
    assert_eq!(all["action_list"].as_array().unwrap().len(), 3);
    // The interface document's list stays Chinese.
    let in_english = |method, path: &str, body: &str| {
        admin.send(method, path, &[("accept-language", "en"), ("content-type", "application/json")], body.as_bytes())
    };
    let said = in_english("GET", "/api/log?type=3&keyword=增加用户", "").body;
    assert_eq!(said["action_list"][0]["action_description"], "Add user 张三: +Upload and correct invoices; +See the log", "{said}");
    let asked = json!({ "page": 0, "startTime": "2000-01-01", "endTime": "2999-01-01" }).to_string();
    let said = in_english("POST", "/invoice/getTwentyAction", &asked).body;
    assert!(said["action_list"][0]["action_description"].as_str().unwrap().starts_with("识别发票"), "{said}");
    let export = String::from_utf8(in_english("GET", "/api/log/export.csv", "").bytes).unwrap();
    assert!(
        export.contains(",Add user 张三: +Upload and correct invoices; +See the log,") && export.contains(",Log in,"),
        "{export}"
    );
    let export = String::from_utf8(admin.get("/api/log/export.csv").bytes).unwrap();
    // Header, first start, pictures, user, and two log-ins.
    assert_eq!(export.lines().count(), 1 + 3 + 27 + 1 + 2);
}

#[test]
fn each_thing_that_is_done_to_a_user_or_a_group_is_told() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let user =
        admin.post("/api/users", &json!({ "user_name": "one", "passwd": "long enough", "permissions": [5] })).body["user_id"]
            .clone();
    let group = admin.post("/api/groups", &json!({ "group_name": "组", "permissions": [5] })).body["group_id"].clone();
    let company = admin.post("/api/companies", &json!({ "company_name": "乙" })).body["company_id"].clone();
    let told = || -> Vec<String> {
        let rows = admin.get("/api/log").body["action_list"].clone();
        rows.as_array().unwrap().iter().map(|row| row["action_description"].as_str().unwrap().to_owned()).collect()
    };
    let mut known = told().len();
    let mut news = || {
        let mut rows = told();
        rows.truncate(rows.len() - known);
        known += rows.len();
        rows.reverse();
        rows
    };
    let user = format!("/api/users/{user}");
    let change = |change: serde_json::Value| assert_eq!(admin.patch(&user, &change).status, 200, "{change}");
    change(json!({ "locked": true, "user_name": "two", "permissions": [6, 101], "group_id": group }));
    assert_eq!(
        news(),
        ["修改用户 one → two", "加入用户组 组 two", "修改用户权限 two：+上传和修改发票；+查看设备；−查看发票", "锁定用户 two"]
    );
    change(json!({ "locked": true, "user_name": "two", "permissions": [6, 101], "group_id": group }));
    change(json!({}));
    assert_eq!(news(), [""; 0]);
    change(json!({ "locked": false, "company_id": company, "user_name": "three" }));
    assert_eq!(news(), ["修改用户 two：离开本公司", "修改用户 two → three", "修改用户 three：加入本公司", "解锁用户 three"]);
    for (change, told) in [
        (json!({ "group_name": "组" }), vec![]),
        (json!({ "group_name": "别的组" }), vec!["修改用户组 组 → 别的组"]),
        (json!({ "permissions": [5, 8] }), vec!["修改用户组 别的组：+查看日志"]),
    ] {
        assert_eq!(admin.patch(&format!("/api/groups/{group}"), &change).status, 200, "{change}");
        assert_eq!(news(), told, "{change}");
    }
    assert_eq!(admin.patch(&format!("/api/companies/{company}"), &json!({ "company_name": "乙" })).status, 200);
    assert_eq!(admin.post("/api/queue/resume", &json!({})).status, 200);
    assert_eq!(news(), [""; 0]);
    for word in ["加入用户组", "add%20to%20group"] {
        assert_eq!(
            admin.get(&format!("/api/log?type=3&keyword={word}")).body["action_list"].as_array().unwrap().len(),
            1,
            "{word}"
        );
    }
    assert_eq!(admin.post("/api/queue/pause", &json!({ "reason": " 午休\n\u{1b}[31m \u{202e}x\u{0}" })).status, 200);
    assert_eq!(news(), ["暂停队列 午休 [31m x"]);
}

#[test]
fn templates_are_found_by_a_part_of_their_label() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let origin = admin.upload("/invoice/uploadModelOrigin", &[("o.png", &blank_png(40, 30))]).body["file_name"].clone();
    for n in 0..14 {
        let label = if n % 7 == 0 { format!("Taxi {n}") } else { format!("定额 {n}") };
        let model =
            json!({ "modelAction": { "json_model": { "global_setting": { "label": label } } }, "file_name": origin, "type": 0 });
        assert_eq!(admin.post("/invoice/addModel", &model).status, 200);
    }
    eventually("the templates", || (admin.get("/invoice/getAllModel").body["total"] == 14).then_some(()));
    let labels = |path: &str| -> Vec<String> {
        let body = admin.get(path).body;
        let list = if body.is_array() { body } else { body["model_list"].clone() };
        list.as_array().unwrap().iter().map(|m| m["model_label"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(labels("/invoice/searchModelLabel?keyword=taxi"), ["Taxi 7", "Taxi 0"]);
    assert_eq!(labels("/invoice/getAllModel").len(), 12);
    assert_eq!(labels("/invoice/getAllModel?page=1"), ["定额 1", "Taxi 0"]);
    assert_eq!(admin.get("/invoice/getAllModel?page=-1").refusal(), (400, "malformed"));
}
