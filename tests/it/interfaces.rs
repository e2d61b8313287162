//! Old and odd clients: empty fields, byte order marks, bare WebSocket frames, parallel log-ins.

use crate::support::{Client, Paperline, blank_png, eventually};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::thread;

#[test]
fn twenty_people_with_the_right_password_get_in_at_once() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let made = admin.post("/api/users", &json!({ "user_name": "line", "passwd": "the right one", "permissions": [101] }));
    assert_eq!(made.status, 201);
    let login = |password: &'static str| {
        let client = paperline.client();
        move || client.log_in("line", password)
    };
    let threads: Vec<_> = (0..20).map(|_| thread::spawn(login("the right one"))).collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap().body["reqStatus"], "sucess");
    }
    let threads: Vec<_> = (0..20).map(|_| thread::spawn(login("a wrong one"))).collect();
    let answers: Vec<u16> = threads.into_iter().map(|thread| thread.join().unwrap().status).collect();
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 5, "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 429).count(), 15, "{answers:?}");
    assert_eq!(login("the right one")().status, 429);
}

#[test]
fn names_that_nobody_has_lock_out_nobody_who_has_one() {
    let paperline = Paperline::start();
    let client = paperline.client();
    let long = "x".repeat(65);
    let long: &str = &long;
    for name in ["a", "b", long, "d", "e"] {
        assert_eq!(client.log_in(name, "x").body["reqStatus"], "userError", "{name}");
    }
    assert_eq!(client.log_in("f", "x").status, 429);
    assert_eq!(client.log_in("prodsys", "123").body["reqStatus"], "sucess");
}

#[test]
fn an_empty_optional_field_is_absent_in_json_as_in_a_form() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    assert_eq!(admin.upload("/invoice/recognizeImage", &[("p.png", &blank_png(9, 9))]).status, 200);
    let asked = json!({ "page": "", "startTime": "2000-01-01", "endTime": "2999-01-01", "type": "", "keyword": "" });
    let rows = admin.post("/invoice/getTwentyAction", &asked);
    assert_eq!(rows.body["action_list"].as_array().map(Vec::len), Some(1), "{rows:?}");
    let times = admin.post("/invoice/getTwentyAction", &json!({ "page": 0, "startTime": "", "endTime": "" }));
    assert_eq!((times.status, &times.body["err"]), (400, &json!("请输入开始时间和结束时间")));
    let allotted = admin.post("/registerDevice", &json!({ "CPUID": "A", "DeviceSN": "" }));
    assert_eq!(allotted.body["reqStatus"], "sucess", "{allotted:?}");
    assert_eq!(admin.post("/searchNoPrint", &json!({ "": "" })).status, 200);
    for (path, body, name) in [
        ("/registerDevice", json!({ "CPUID": "" }), "CPUID"),
        ("/search", json!({ "condition": "" }), "condition"),
        ("/login", json!({ "username": "", "passwd": "x" }), "username"),
    ] {
        let answer = admin.post(path, &body);
        assert_eq!(answer.refusal(), (400, "malformed"), "{path}");
        assert!(answer.body["err"].as_str().unwrap().contains(name), "{answer:?}");
    }
    assert_eq!(admin.patch("/api/settings", &json!({ "timezone": "Asia/Shanghai" })).body["timezone"], "Asia/Shanghai");
    assert_eq!(admin.patch("/api/settings", &json!({ "timezone": "" })).body["timezone"], Value::Null);
}

#[test]
fn a_byte_order_mark_before_the_json_is_skipped() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    for kind in ["application/json", "text/plain"] {
        let body = format!("\u{feff}{}", json!({ "CPUID": kind.replace('/', "-") }));
        let answer = client.send("POST", "/registerDevice", &[("content-type", kind)], body.as_bytes());
        assert_eq!(answer.body["reqStatus"], "sucess", "{answer:?}");
    }
}

fn bare_socket(client: &Client, path: &str) -> std::net::TcpStream {
    let mut stream = std::net::TcpStream::connect(client.base.trim_start_matches("http://")).unwrap();
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        client.cookie()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    assert!(answer.starts_with(b"HTTP/1.1 101"));
    stream
}

fn close_code(mut stream: std::net::TcpStream) -> u16 {
    loop {
        let mut head = [0; 2];
        stream.read_exact(&mut head).unwrap();
        let mut len = usize::from(head[1] & 0x7f);
        if len == 126 {
            let mut long = [0; 2];
            stream.read_exact(&mut long).unwrap();
            len = usize::from(u16::from_be_bytes(long));
        }
        let mut payload = vec![0; len];
        stream.read_exact(&mut payload).unwrap();
        if head[0] & 0x0f == 8 {
            return u16::from_be_bytes([payload[0], payload[1]]);
        }
    }
}

#[test]
fn a_frame_without_a_mask_ends_the_connection() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    // Text, ping, a first fragment; without a mask.
    for (first, content) in [(0x81, &b"{\"code\":\"002\"}"[..]), (0x89, b"hello"), (0x01, b"{"), (0x8a, b"")] {
        for path in ["/invoice/webSocketServer", "/socketNoPrint"] {
            let mut stream = bare_socket(&admin, path);
            stream.write_all(&[&[first, u8::try_from(content.len()).unwrap()], content].concat()).unwrap();
            assert_eq!(close_code(stream), 1002, "{first:x} on {path}");
        }
    }
    let mut stream = bare_socket(&admin, "/invoice/webSocketServer");
    for _ in 0..3 {
        stream.write_all(&[0x89, 0x82, 0, 0, 0, 0, b'h', b'i']).unwrap();
    }
    let mut pongs = 0;
    while pongs < 3 {
        let mut head = [0; 2];
        stream.read_exact(&mut head).unwrap();
        let mut payload = vec![0; usize::from(head[1])];
        stream.read_exact(&mut payload).unwrap();
        pongs += u32::from((head[0], &payload[..]) == (0x8a, b"hi"));
    }
}

fn with_a_waiting_picture(admin: &Client) -> u64 {
    assert_eq!(admin.post("/api/queue/pause", &json!({ "reason": "test" })).status, 200);
    let answer = admin.upload("/invoice/recognizeImage", &[("p.png", &blank_png(9, 9))]);
    answer.body["action_id_list"][0].as_u64().unwrap()
}

#[test]
fn the_page_of_the_queue_hears_that_an_action_was_cancelled() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let mut socket = admin.socket("/invoice/webSocketServer");
    socket.say(&json!({ "code": "001", "console_status": 1 }));
    let action = with_a_waiting_picture(&admin);
    socket.until(201);
    assert_eq!(admin.post(&format!("/api/queue/{action}/cancel"), &json!({})).status, 200);
    let (told, _) = socket.until(1);
    assert_eq!(
        told,
        json!({ "msg_id": 1, "action_id": action, "status": -1, "invoice_id": null, "model_id": null, "is_fault": 0, "region_list": {} })
    );
}

#[test]
fn what_was_started_put_back_and_cancelled_is_running_for_nobody() {
    // The engine hangs up: the action is put back for its next try.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || {
                let mut stream = stream;
                let _ = stream.read(&mut [0; 4096]);
            });
        }
    });
    let paperline = Paperline::start_with(&["--engine", &address, "--set", "engine_retries=100", "engine_backoff_ms=600000"]);
    let admin = paperline.admin();
    let mut socket = admin.socket("/invoice/webSocketServer");
    socket.say(&json!({ "code": "001", "console_status": 2 }));
    let answer = admin.upload("/invoice/recognizeImage", &[("p.png", &blank_png(9, 9))]);
    let action = answer.body["action_id_list"][0].as_u64().unwrap();
    socket.until(203);
    eventually("it waits again", || {
        let queue = admin.get("/api/queue").body;
        (queue["running"].is_null() && queue["recognize_size"] == 1).then_some(())
    });
    assert_eq!(admin.post(&format!("/api/queue/{action}/cancel"), &json!({})).status, 200);
    let mut later = admin.socket("/invoice/webSocketServer");
    later.say(&json!({ "code": "001", "console_status": 2 }));
    later.say(&json!({ "code": "002" }));
    let (so_far, _) = later.until(204);
    assert_eq!(so_far, json!({ "msg_id": 204, "action_id": null, "region_list": {} }));
}

#[test]
fn two_settings_changed_at_once_leave_the_later_one_in_force() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let changing: Vec<_> = (0..2_u64)
        .map(|who| {
            let client = admin.clone();
            thread::spawn(move || {
                for n in 0..500 {
                    let set = client.patch("/api/settings", &json!({ "engine_delay_ms": who * 1000 + n }));
                    assert_eq!(set.status, 200);
                }
            })
        })
        .collect();
    for thread in changing {
        thread.join().unwrap();
    }
    let in_force = admin.get("/api/settings").body["engine_delay_ms"].clone();
    let log = admin.get("/api/log").body;
    let last = log["action_list"][0]["action_description"].as_str().unwrap().to_owned();
    assert!(last.starts_with("修改设置 识别步骤间隔（毫秒）：") && last.ends_with(&format!(" → {in_force}")), "{last}");
}

#[test]
fn a_setting_that_somebody_else_has_changed_is_not_overwritten_unseen() {
    let paperline = Paperline::start();
    let (one, other) = (paperline.admin(), paperline.admin());
    let seen = one.get("/api/settings").body["version"].clone();
    assert_eq!(other.patch("/api/settings", &json!({ "engine_retries": 7, "version": seen })).status, 200);
    let late = one.patch("/api/settings", &json!({ "engine_retries": 9, "version": seen }));
    assert_eq!(late.refusal(), (409, "conflict"));
    let now = one.get("/api/settings").body;
    assert_eq!(now["engine_retries"], 7);
    assert_eq!(one.patch("/api/settings", &json!({ "engine_retries": 9, "version": now["version"] })).body["engine_retries"], 9);
    assert_eq!(other.patch("/api/settings", &json!({ "engine_retries": 3 })).body["engine_retries"], 3);
}

#[test]
fn a_setting_of_the_command_line_is_not_said_to_be_changed() {
    let paperline = Paperline::start_with(&["--set", "engine_retries=5"]);
    let admin = paperline.admin();
    assert_eq!(admin.get("/api/settings").body["fixed"], json!(["engine_retries"]));
    let refused = admin.patch("/api/settings", &json!({ "engine_delay_ms": 4, "engine_retries": 9 }));
    assert_eq!(refused.refusal(), (409, "conflict"));
    assert!(refused.body["err"].as_str().unwrap().contains("engine_retries"));
    let now = admin.get("/api/settings").body;
    assert_eq!((&now["engine_retries"], &now["engine_delay_ms"]), (&json!(5), &json!(0)));
    let log = admin.get("/api/log").body["action_list"].to_string();
    assert!(!log.contains("engine_retries"), "{log}");
}

#[test]
fn each_setting_says_what_it_is_in_the_readers_language() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let about = |language| {
        let groups = admin.clone().with_header("accept-language", language).get("/api/settings/about").body["groups"].clone();
        groups.as_array().unwrap().iter().flat_map(|group| group["settings"].as_array().unwrap().clone()).collect::<Vec<Value>>()
    };
    let (zh, en) = (about("zh-CN"), about("en"));
    let now = admin.get("/api/settings").body;
    assert_eq!(zh.len() + 2, now.as_object().unwrap().len(), "all but the version and what is fixed");
    for (zh, en) in zh.iter().zip(&en) {
        let name = zh["name"].as_str().unwrap();
        assert_eq!((zh["name"].clone(), &zh["default"]), (en["name"].clone(), &now[name]), "nothing was changed yet");
        assert!(zh["label"] != en["label"] && zh["help"] != en["help"], "{name}");
        for bound in ["from", "to"].into_iter().filter(|bound| zh[*bound].is_number()) {
            let (last, step) = (zh[bound].as_f64().unwrap(), if bound == "from" { -1.0 } else { 1.0 });
            assert_eq!(admin.patch("/api/settings", &json!({ name: zh[bound] })).status, 200, "{name}");
            assert_eq!(admin.patch("/api/settings", &json!({ name: last + step })).status, 400, "{name}");
        }
    }
}

#[test]
fn a_password_reset_at_the_box_is_in_the_log() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    admin.post("/api/users", &json!({ "user_name": "clerk", "passwd": "forgotten one", "permissions": [5] }));
    let reset = std::process::Command::new(env!("CARGO_BIN_EXE_paperline"))
        .args(["user", "reset", "clerk", "--data-dir"])
        .arg(paperline.data())
        .output()
        .unwrap();
    assert!(reset.status.success());
    let row = admin.get("/api/log").body["action_list"][0].clone();
    assert_eq!(row["action_description"], "重置密码 clerk");
    assert_eq!((&row["user_name"], &row["user_ip"]), (&json!("本机命令行"), &json!("localhost")));
}
