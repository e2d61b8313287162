//! WebSockets: allowed messages, and how connections end.

use crate::external::{add_template, frame, good_as, play, upload, watch};
use crate::support::{Client, Paperline, Socket, eventually};
use serde_json::{Value, json};
use std::io::Write;
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::channel;
use tungstenite::Message;

#[test]
fn a_page_is_registered_before_it_is_told_anything() {
    let paperline = Paperline::start();
    let mut socket = paperline.admin().socket("/invoice/webSocketServer");
    assert_eq!(socket.next().unwrap(), json!({ "msg_id": 205, "fault_num": 0 }));
    for (said, code) in [
        (json!({ "code": "002" }), "forbidden"),
        (json!({ "code": "001", "console_status": 7 }), "malformed"),
        (json!({ "code": "003" }), "malformed"),
        (json!("hello"), "malformed"),
    ] {
        socket.say(&said);
        let answer = socket.next().unwrap();
        assert_eq!((&answer["msg_id"], &answer["code"]), (&json!(0), &json!(code)), "{said}");
    }
    socket.say(&json!({ "code": "001", "console_status": 2 }));
    socket.say(&json!({ "code": "002" }));
    assert_eq!(socket.next().unwrap(), json!({ "msg_id": 204, "action_id": null, "region_list": {} }));
}

#[test]
fn a_page_without_the_right_to_it_stays_shut_and_the_connection_lives() {
    let paperline = Paperline::start();
    let mut socket = paperline.operator().socket("/invoice/webSocketServer");
    socket.next().unwrap();
    for page in 1..=6 {
        socket.say(&json!({ "code": "001", "console_status": page }));
        assert_eq!(socket.next().unwrap()["code"], "forbidden");
    }
}

#[test]
fn a_frame_too_large_is_closed_with_1009_whole_or_in_parts() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let mut socket = client.socket("/invoice/webSocketServer");
    socket.next().unwrap();
    socket.0.send(Message::text(" ".repeat(64 << 10))).unwrap();
    assert_eq!(socket.next().unwrap()["code"], "malformed", "64 KiB is allowed");
    socket.0.send(Message::text(" ".repeat((64 << 10) + 1))).unwrap();
    assert_eq!(socket.next(), Err(1009));
    let mut socket = client.socket("/socketNoPrint");
    socket.next().unwrap();
    socket.0.send(Message::binary(vec![1, 2, 3])).unwrap();
    assert_eq!(socket.next(), Err(1003));
}

#[test]
fn a_logout_closes_the_session_s_sockets() {
    let paperline = Paperline::start();
    let (leaving, staying) = (paperline.operator(), paperline.operator());
    let mut sockets = [leaving.socket("/socketNoPrint"), leaving.socket("/invoice/webSocketServer")];
    let mut other = staying.socket("/socketNoPrint");
    for socket in sockets.iter_mut().chain([&mut other]) {
        socket.next().unwrap();
    }
    leaving.post("/logout", &json!({}));
    for socket in &mut sockets {
        assert_eq!(socket.next(), Err(1008));
    }
    staying.post("/registerDevice", &json!({ "CPUID": "C1", "DeviceSN": "18440001" }));
    assert_eq!(other.next().unwrap(), json!({ "DeviceSNList": ["18440001"] }));
}

#[test]
fn stopping_says_goodbye_and_is_quick() {
    let paperline = Paperline::start();
    let mut socket = paperline.operator().socket("/socketNoPrint");
    socket.next().unwrap();
    let stopping = std::thread::spawn(move || paperline.stop());
    assert_eq!(socket.next(), Err(1001));
    drop(socket);
    let (_, took) = stopping.join().unwrap();
    assert!(took < std::time::Duration::from_secs(10), "{took:?}");
}

/// More than a socket's queue (1,024 messages) and the kernel's buffers (some MiB) hold.
const FLOOD: usize = 6_000;

#[test]
fn who_does_not_read_is_closed_with_1013_and_the_others_hear_everything_in_order() {
    let (heard, others_are_at) = channel();
    let (address, _requests) = play(move |id, _, stream| {
        if id == 1 {
            let mut say = |id, body| stream.write_all(&frame(id, &body)).unwrap();
            say(100, json!({ "status": 0, "id": 7 }));
            for n in 0..FLOOD {
                // Otherwise the others would be cut too.
                if n % 100 == 0 && n >= 200 {
                    (0..2).for_each(|_| others_are_at.recv().unwrap());
                }
                let text = format!("{n} {}", "汉".repeat(990));
                say(102, json!({ "status": 0, "pos_id": "客户名称", "ocr_result": text, "probability": 0.97 }));
            }
            say(1, json!({ "status": 0 }));
        } else {
            good_as(7, id, stream);
        }
        true
    });
    let paperline = Paperline::start_with(&["--engine", &address]);
    let admin = paperline.admin();
    add_template(&admin);
    let [mut laggard, first, second] = [(); 3].map(|()| {
        let mut socket = watch(&admin, 2);
        socket.say(&json!({ "code": "002" }));
        socket.until(204);
        socket
    });
    let action = upload(&admin);
    let reading: Vec<_> = [first, second]
        .into_iter()
        .map(|mut socket| {
            let (heard, action) = (heard.clone(), action.clone());
            std::thread::spawn(move || {
                assert_eq!(
                    (socket.next().unwrap()["msg_id"].clone(), socket.next().unwrap()["msg_id"].clone()),
                    (json!(203), json!(100))
                );
                for n in 0..FLOOD {
                    let message = socket.next().unwrap();
                    assert_eq!((&message["msg_id"], &message["action_id"]), (&json!(102), &action));
                    assert!(message["ocr_result"].as_str().unwrap().starts_with(&format!("{n} ")), "{n} is missing");
                    if n % 100 == 99 {
                        let _ = heard.send(());
                    }
                }
                assert_eq!(socket.until(1).0["action_id"], action);
            })
        })
        .collect();
    for thread in reading {
        thread.join().unwrap();
    }
    let mut texts = 0;
    let code = loop {
        match laggard.next() {
            Ok(message) if message["msg_id"] == 102 => {
                assert!(message["ocr_result"].as_str().unwrap().starts_with(&format!("{texts} ")), "{texts} is missing");
                texts += 1;
            }
            Ok(_) => {}
            Err(code) => break code,
        }
    };
    assert_eq!(code, 1013);
    assert!(texts < FLOOD - 1_024, "{texts} were kept for it");
}

fn queued(message: &Value) -> &Value {
    assert_eq!(message["msg_id"], 201, "{message}");
    &message["new_recognize"][0]["action_id"]
}

fn resume(client: &Client, since: &Value) -> (Socket, u64, bool) {
    let mut socket = client.socket("/invoice/webSocketServer");
    socket.next().unwrap();
    socket.say(&json!({ "code": "001", "console_status": 1, "since": since }));
    let resumed = socket.next().unwrap();
    assert_eq!(resumed["msg_id"], 207, "{resumed}");
    (socket, resumed["number"].as_u64().unwrap(), resumed["missed"].as_bool().unwrap())
}

/// After a short absence it gets everything missed, once and in order.
#[test]
fn a_page_that_comes_back_is_told_what_it_missed() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    client.post("/api/queue/pause", &json!({ "reason": "" }));
    let (mut page, number, missed) = resume(&client, &Value::Null);
    assert!(missed, "it has heard nothing yet");
    let first = upload(&client);
    let heard = page.next().unwrap();
    assert_eq!(queued(&heard), &first);
    let last = heard["number"].as_u64().unwrap();
    assert!(last > number);
    drop(page);
    let meanwhile = [upload(&client), upload(&client)];
    let (mut again, newest, missed) = resume(&client, &json!(last));
    assert!(!missed);
    for action in &meanwhile {
        let heard = again.next().unwrap();
        assert_eq!(queued(&heard), action);
        assert!(heard["number"].as_u64().unwrap() > last);
    }
    let live = upload(&client);
    assert_eq!(queued(&again.next().unwrap()), &live, "what comes from now on follows");
    assert!(resume(&client, &json!(1_000_000)).2, "a number of another store");
    again.say(&json!({ "code": "001", "console_status": 1, "since": "x" }));
    assert_eq!(again.next().unwrap()["code"], "malformed");
    let mut plain = watch(&client, 1);
    upload(&client);
    assert!(plain.next().unwrap().get("number").is_none());

    let paperline = Paperline::start_in(paperline.kill(), &[]);
    let client = paperline.admin();
    let (_, after, missed) = resume(&client, &json!(newest));
    assert!(after > newest && missed, "numbers go on over a restart, and what was told before it is not known any more");
}

#[test]
fn a_page_hears_at_once_that_its_rights_are_others() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let made = admin.post("/api/users", &json!({ "user_name": "reader", "passwd": "reading all day", "permissions": [9] })).body;
    let id = &made["user_id"];
    let reader = Client::new(&paperline.http);
    assert_eq!(reader.log_in("reader", "reading all day").body["reqStatus"], "sucess");
    let (mut page, ..) = resume(&reader, &Value::Null);
    assert_eq!(admin.patch(&format!("/api/users/{id}"), &json!({ "permissions": [9, 8] })).status, 200);
    assert_eq!(page.next().unwrap(), json!({ "msg_id": 208 }));
    // One that was away must reload: it may see other things now.
    let (_, number, missed) = resume(&reader, &Value::Null);
    assert!(missed);
    let company = admin.post("/api/companies", &json!({ "company_name": "乙" })).body["company_id"].clone();
    assert!(!resume(&reader, &json!(number)).2, "nothing has changed for this user");
    assert_eq!(admin.patch(&format!("/api/users/{id}"), &json!({ "company_id": company })).status, 200);
    assert!(resume(&reader, &json!(number.to_string())).2);
}

/// Latecomers are not told that it is being read.
#[test]
fn what_was_put_back_and_cancelled_is_not_being_read() {
    let (address, requests) = play(|id, _, _| id != 1);
    let paperline = Paperline::start_with(&["--engine", &address, "--set", "engine_backoff_ms=600000"]);
    let client = paperline.admin();
    let mut page = watch(&client, 1);
    let mut open = watch(&client, 2);
    let mut new = client.socket("/invoice/webSocketServer");
    new.next().unwrap();
    new.say(&json!({ "code": "001", "console_status": 2, "since": null }));
    assert_eq!(new.next().unwrap()["msg_id"], 207);
    let action = upload(&client);
    while requests.recv().unwrap().0 != 1 {}
    assert_eq!(page.next().unwrap()["msg_id"], 201);
    assert_eq!(page.next().unwrap()["msg_id"], 203);
    eventually("it is put back", || (client.post(&format!("/api/queue/{action}/cancel"), &json!({})).status == 200).then_some(()));
    // Clients that understand it get the putting back too.
    assert_eq!(open.until(1).0["action_id"], action);
    assert_eq!(new.until(209).0["action_id"], action);
    assert_eq!(new.until(1).0["status"], -1);
    let mut console = watch(&client, 2);
    console.say(&json!({ "code": "002" }));
    assert_eq!(console.next().unwrap(), json!({ "msg_id": 204, "action_id": null, "region_list": {} }));
    assert_eq!(client.get("/api/console").body["running"], json!([]));
}

/// A client that got 64 from the old box does not take the new 64 for it.
#[test]
fn a_number_of_before_a_restore_is_nobodys_after_it() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    client.post("/api/queue/pause", &json!({ "reason": "" }));
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("one.backup");
    let run = |command: &str, data: &std::path::Path, flag: &str| {
        let ran =
            Command::new(env!("CARGO_BIN_EXE_paperline")).arg(command).arg("--data-dir").arg(data).arg(flag).arg(&file).output();
        assert!(ran.as_ref().is_ok_and(|ran| ran.status.success()), "{ran:?}");
    };
    run("backup", &paperline.data(), "--out");
    upload(&client);
    let (_, old, _) = resume(&client, &Value::Null);
    let again = Arc::new(tempfile::tempdir().unwrap());
    run("restore", &again.path().join("data"), "--from");
    let restored = Paperline::start_in(again, &[]);
    let client = Client::new(&restored.http);
    assert_eq!(client.log_in("admin", &paperline.admin_password()).body["reqStatus"], "sucess");
    for _ in 0..3 {
        upload(&client);
    }
    for number in [old - 1, old, old + 1] {
        let (_, newest, missed) = resume(&client, &json!(number));
        assert!(missed && newest > old, "{number} of the old box, {newest} of this one");
    }
    let (dir, _) = restored.stop();
    let checked =
        Command::new(env!("CARGO_BIN_EXE_paperline")).args(["check", "--data-dir"]).arg(dir.path().join("data")).output().unwrap();
    assert!(checked.status.success(), "{checked:?}");
}
