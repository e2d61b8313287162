//! WebSockets: what a client may say, and how a connection ends.

use crate::external::{add_template, frame, good_as, play, upload, watch};
use crate::support::Paperline;
use serde_json::json;
use std::io::Write;
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

/// More than a socket's queue (1,024 messages) and the kernel's buffers (some MiB) can hold for a client that does not read.
const FLOOD: usize = 6_000;

#[test]
fn who_does_not_read_is_closed_with_1013_and_the_others_hear_everything_in_order() {
    let (heard, others_are_at) = channel();
    let (address, _requests) = play(move |id, _, stream| {
        if id == 1 {
            let mut say = |id, body| stream.write_all(&frame(id, &body)).unwrap();
            say(100, json!({ "status": 0, "id": 7 }));
            for n in 0..FLOOD {
                // No faster than the others read, who would be too slow themselves otherwise.
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
    // What it finds when it reads at last: the beginning, in order, and why there is no more.
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
