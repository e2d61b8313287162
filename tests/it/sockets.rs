//! WebSockets: what a client may say, and how a connection ends.

use crate::support::Paperline;
use serde_json::json;
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
