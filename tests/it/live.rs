//! What people do is told at once to whoever has it open, and to nobody else; one's own upload can be cancelled.

use crate::reader::Office;
use crate::support::{Client, Paperline, Socket, blank_png, eventually};
use serde_json::{Value, json};

const QUEUE: u64 = 1;
const CONSOLE: u64 = 2;
const MODELS: u64 = 3;
const LOG: u64 = 5;
const USERS: u64 = 6;

fn hire(paperline: &Paperline, name: &str, permissions: &[u64], company: Option<&Value>) -> Client {
    let mut user = json!({ "user_name": name, "passwd": "long enough", "permissions": permissions });
    if let Some(company) = company {
        user["company_id"] = company.clone();
    }
    assert_eq!(paperline.admin().post("/api/users", &user).status, 201);
    let client = paperline.client();
    client.log_in(name, "long enough");
    client
}

fn company(admin: &Client, name: &str) -> Value {
    admin.post("/api/companies", &json!({ "company_name": name })).body["company_id"].clone()
}

/// As the pages do, which ask for numbers.
fn open(client: &Client, page: u64) -> Socket {
    let mut socket = client.socket("/invoice/webSocketServer");
    socket.say(&json!({ "code": "001", "console_status": page, "since": null }));
    socket.until(207);
    socket
}

/// A client of the interface document.
fn open_as_ever(client: &Client, page: u64) -> Socket {
    let mut socket = client.socket("/invoice/webSocketServer");
    socket.next().unwrap();
    socket.say(&json!({ "code": "001", "console_status": page }));
    socket.say(&json!({ "code": "002" }));
    socket.next().unwrap();
    socket
}

fn kinds(messages: &[Value]) -> Vec<u64> {
    messages.iter().map(|message| message["msg_id"].as_u64().unwrap()).collect()
}

fn upload(client: &Client, side: u32) -> u64 {
    let answer = client.upload("/invoice/recognizeImage", &[("票.png", &blank_png(side, 9))]);
    answer.body["action_id_list"][0].as_u64().unwrap()
}

fn cancel(client: &Client, action: u64) -> crate::support::Answer {
    client.post(&format!("/api/queue/{action}/cancel"), &json!({}))
}

#[test]
fn a_pause_is_told_to_every_console_with_who_and_why_and_to_no_old_client() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let theirs = company(&admin, "乙");
    let watcher = hire(&paperline, "乙方", &[7], Some(&theirs));
    let (mut console, mut old) = (open(&watcher, CONSOLE), open_as_ever(&admin, CONSOLE));
    admin.post("/api/queue/pause", &json!({ "reason": "换纸" }));
    let paused = console.until(210).0["paused"].clone();
    assert_eq!((&paused["by"], &paused["reason"]), (&json!("admin"), &json!("换纸")));
    assert_eq!(watcher.get("/api/console").body["paused"], paused, "also for who comes later");
    upload(&admin, 9);
    admin.post("/api/queue/resume", &json!({}));
    assert_eq!(console.until(210).0["paused"]["by"], "admin", "more waits");
    assert_eq!(console.until(210).0["paused"], Value::Null);
    assert_eq!(kinds(&old.until(203).1), [0; 0]);
}

#[test]
fn a_cancelled_upload_is_told_to_its_company_on_any_page() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let stranger = hire(&paperline, "乙方", &[6, 7, 9], Some(&company(&admin, "乙")));
    let uploader = hire(&paperline, "王芳", &[1, 6, 7], None);
    let (mut hers, mut theirs) = (open(&uploader, MODELS), open(&stranger, QUEUE));
    let mut old = open_as_ever(&uploader, CONSOLE);
    admin.post("/api/queue/pause", &json!({ "reason": "" }));
    let action = upload(&uploader, 9);
    assert_eq!(cancel(&admin, action).status, 200);
    let told = hers.until(211).0;
    assert_eq!((&told["action_id"], &told["user_name"]), (&json!(action), &json!("admin")));
    hers.until(210);
    let own = upload(&stranger, 10);
    let (_, before) = theirs.until(201);
    assert_eq!(kinds(&before), [210, 210], "the pause and that fewer wait, and not whose");
    admin.post("/api/queue/resume", &json!({}));
    let next = upload(&uploader, 11);
    let (started, before) = old.until(203);
    assert_eq!((&started["action_id"], kinds(&before)), (&json!(next), Vec::new()), "an old console shows another action");
    assert!(own < next);
}

#[test]
fn who_uploads_cancels_their_own_and_nobody_elses() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let uploader = hire(&paperline, "王芳", &[2, 6, 9], None);
    let colleague = hire(&paperline, "李强", &[6, 9], None);
    let stranger = hire(&paperline, "乙方", &[6, 9], Some(&company(&admin, "乙")));
    admin.post("/api/queue/pause", &json!({ "reason": "" }));
    let (one, two) = (upload(&uploader, 9), upload(&uploader, 10));
    let refused = cancel(&colleague, one);
    assert_eq!(refused.refusal(), (403, "forbidden"));
    assert!(refused.body["err"].as_str().unwrap().contains("自己上传"), "{refused:?}");
    assert_eq!(cancel(&stranger, one).body["err"], "权限不足");
    let token = uploader.post("/api/tokens", &json!({ "name": "看板", "permissions": [9] })).body["token"].clone();
    let reader = paperline.client().with_header("authorization", &format!("Bearer {}", token.as_str().unwrap()));
    assert_eq!(cancel(&reader, one).refusal(), (403, "forbidden"), "who only looks cancels nothing");
    assert_eq!(uploader.post(&format!("/api/queue/{one}/next"), &json!({})).refusal(), (403, "forbidden"));

    assert_eq!(cancel(&uploader, one).status, 200);
    assert_eq!(cancel(&uploader, one).refusal(), (409, "conflict"));
    let queue = uploader.get("/api/queue?limit=9").body;
    let left: Vec<&Value> = queue["recognize_wait"].as_array().unwrap().iter().map(|action| &action["action_id"]).collect();
    assert_eq!(left, [&json!(two)]);
    let logged = admin.get("/api/log?type=3&keyword=取消操作").body["action_list"][0].clone();
    assert_eq!(
        (&logged["user_name"], &logged["action_description"]),
        (&json!("王芳"), &json!(format!("取消任务 任务 {one}（识别发票 票.png）")))
    );

    let origin = uploader.upload("/invoice/uploadModelOrigin", &[("o.png", &blank_png(40, 30))]).body["file_name"].clone();
    let model = json!({ "modelAction": { "json_model": { "global_setting": { "label": "一" } } }, "file_name": origin, "type": 0 });
    let task = uploader.post("/invoice/addModel", &model).body["action_id"].as_u64().unwrap();
    assert_eq!(cancel(&uploader, task).refusal(), (403, "forbidden"), "a template is no upload");
}

#[test]
fn a_reviewed_fault_is_told_where_it_is_shown() {
    let mut office = Office::open();
    let watcher = hire(&office.paperline, "王芳", &[1, 7], None);
    let stranger = hire(&office.paperline, "乙方", &[7], Some(&company(&office.admin, "乙")));
    let (mut console, mut hers, mut theirs) = (open(&watcher, CONSOLE), open(&watcher, MODELS), open(&stranger, CONSOLE));
    let id = office.invoice(&[("金额", "¥1.00?0.3")]);
    let (ended, _) = console.until(1);
    assert_eq!((&ended["is_fault"], &ended["fault_ids"]), (&json!(1), &json!([id])));
    assert_eq!(ended["recognize_time"], office.get(id)["recognize_time"]);
    assert_eq!(office.admin.post(&format!("/api/faults/{id}/resolve"), &json!({})).status, 200);
    for socket in [&mut console, &mut hers] {
        let told = socket.until(215).0;
        assert_eq!((&told["invoice_id"], &told["is_fault"]), (&json!(id), &json!(0)));
    }
    office.admin.post(&format!("/api/faults/{id}/reopen"), &json!({}));
    assert_eq!(console.until(215).0["is_fault"], 1);
    office.admin.post(&format!("/api/invoices/{id}/void"), &json!({ "reason": "开错" }));
    assert_eq!(console.until(215).0["is_fault"], 0, "a void one waits for nobody");
    office.admin.post("/api/queue/pause", &json!({ "reason": "" }));
    let (_, before) = theirs.until(210);
    assert!(!kinds(&before).contains(&215), "{before:?}");
}

#[test]
fn the_log_people_and_settings_follow_what_others_do() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let theirs = company(&admin, "乙");
    let (clerk, stranger) = (hire(&paperline, "王芳", &[8, 11], None), hire(&paperline, "乙方", &[8, 11], Some(&theirs)));
    let (mut log, mut users) = (open(&clerk, LOG), open(&clerk, USERS));
    let (mut their_log, mut their_users) = (open(&stranger, LOG), open(&stranger, USERS));
    let (mut boss, mut old) = (open(&admin, CONSOLE), open_as_ever(&admin, QUEUE));
    let body = json!({ "user_name": "赵六", "passwd": "long enough", "permissions": [] });
    assert_eq!(admin.post("/api/users", &body).status, 201);
    log.until(212);
    users.until(213);
    admin.patch("/api/settings", &json!({ "engine_delay_ms": 5 }));
    boss.until(214);
    admin.post("/api/queue/pause", &json!({ "reason": "" }));
    log.until(212);
    let body = json!({ "user_name": "孙七", "passwd": "long enough", "permissions": [], "company_id": theirs });
    assert_eq!(admin.post("/api/users", &body).status, 201);
    assert_eq!(kinds(&their_log.until(212).1), [205; 0], "nothing of another company");
    assert_eq!(kinds(&their_users.until(213).1), [205; 0]);
    upload(&admin, 9);
    eventually("it waits", || (admin.get("/api/queue").body["recognize_size"] == 1).then_some(()));
    assert_eq!(kinds(&old.until(201).1), [0; 0]);
}
