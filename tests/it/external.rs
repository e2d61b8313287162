//! The external engine, played by the test: the frame protocol, and misbehaviour.

use crate::support::{Client, Paperline, Socket, blank_png, eventually, skipped};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

pub fn frame(id: i32, body: &Value) -> Vec<u8> {
    let text = body.to_string();
    let (body, _, _) = encoding_rs::GBK.encode(&text);
    let body = body.into_owned();
    [&id.to_le_bytes()[..], &i32::try_from(body.len()).unwrap().to_le_bytes(), &body].concat()
}

pub fn receive(stream: &mut TcpStream) -> Option<(i32, Value)> {
    let mut head = [0; 8];
    stream.read_exact(&mut head).ok()?;
    let length = i32::from_le_bytes(head[4..].try_into().unwrap());
    let mut body = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut body).ok()?;
    let text = encoding_rs::GBK.decode(&body).0.into_owned();
    Some((i32::from_le_bytes(head[..4].try_into().unwrap()), serde_json::from_str(&text).unwrap()))
}

/// `false` hangs up. The receiver gets all requests.
pub fn play(mut answer: impl FnMut(i32, &Value, &mut TcpStream) -> bool + Send + 'static) -> (String, Receiver<(i32, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", listener.local_addr().unwrap());
    let (asked, requests) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            while let Some((id, body)) = receive(&mut stream) {
                let _ = asked.send((id, body.clone()));
                if !answer(id, &body, &mut stream) {
                    break;
                }
            }
        }
    });
    (address, requests)
}

fn good(id: i32, stream: &mut TcpStream) {
    good_as(77, id, stream);
}

pub fn good_as(number: i64, id: i32, stream: &mut TcpStream) {
    let mut say = |id, body: Value| stream.write_all(&frame(id, &body)).unwrap();
    match id {
        1 => {
            say(100, json!({ "status": 0, "id": number }));
            say(101, json!({ "status": 0, "pos_id": "客户名称", "position": { "x": 1, "y": 2, "w": 3, "h": 4 } }));
            say(102, json!({ "status": 0, "pos_id": "客户名称", "ocr_result": "中山大学", "probability": 0.97 }));
            say(1, json!({ "status": 0, "region_list": { "ignored": 1 } }));
        }
        2 => say(2, json!({ "status": 0, "id": number })),
        _ => say(id, json!({ "status": 0 })),
    }
}

pub fn watch(client: &Client, page: u64) -> Socket {
    let mut socket = client.socket("/invoice/webSocketServer");
    socket.next().unwrap();
    socket.say(&json!({ "code": "001", "console_status": page }));
    socket
}

pub fn add_template(client: &Client) -> Value {
    let origin = client.upload("/invoice/uploadModelOrigin", &[("o.png", &blank_png(50, 40))]).body["file_name"].clone();
    let head = json!({ "x": 1, "y": 1, "width": 20, "height": 10 });
    let model = json!({ "global_setting": { "label": "票€" }, "head": head });
    client.post("/invoice/addModel", &json!({ "modelAction": { "json_model": model }, "file_name": origin, "type": 0 })).body
}

pub fn upload(client: &Client) -> Value {
    client.upload("/invoice/recognizeImage", &[("i.png", &blank_png(60, 40))]).body["action_id_list"][0].clone()
}

pub const QUICK: [&str; 4] = ["--set", "engine_backoff_ms=10", "--set", "engine_timeout_s=1"];

fn start(address: &str) -> Paperline {
    Paperline::start_with(&[&["--engine", address], &QUICK[..]].concat())
}

#[test]
fn templates_and_pictures_go_through_an_external_engine() {
    let (address, requests) = play(|id, _, stream| {
        good(id, stream);
        true
    });
    let paperline = start(&address);
    let admin = paperline.admin();
    let mut models = watch(&admin, 3);
    add_template(&admin);
    assert_eq!(models.until(2).0["status"], 0);
    let (id, added) = requests.recv().unwrap();
    assert_eq!((id, &added["json_model"]["image_num"]), (2, &json!(1)));
    assert_eq!(added["json_model"]["global_setting"]["label"], "票€");
    let path = added["json_model"]["url"][0].as_str().unwrap();
    assert!(path.starts_with('/') && std::fs::read(path).unwrap() == blank_png(50, 40));

    let mut console = watch(&admin, 2);
    let action = upload(&admin);
    let (ended, before) = console.until(1);
    let numbers: Vec<&Value> = before.iter().map(|m| &m["msg_id"]).collect();
    assert_eq!(numbers, [203, 100, 101, 102, 102], "{before:?}");
    assert_eq!(before[0]["file_name"], "i.png");
    assert_eq!((&before[1]["id"], &before[1]["model_label"]), (&json!(1), &json!("票€")));
    assert_eq!((&ended["action_id"], &ended["status"], &ended["is_fault"]), (&action, &json!(0), &json!(0)));
    assert_eq!(
        ended["region_list"],
        json!({
            "客户名称": { "position": { "x": 1, "y": 2, "w": 3, "h": 4 }, "ocr_result": "中山大学", "probability": 0.97, "status": 0,
                "source": "ocr", "page": 1 },
            "发票类型": { "position": null, "ocr_result": "票€", "probability": 1.0, "status": 0, "source": "ocr", "page": 1 },
        })
    );
    let (id, asked) = requests.recv().unwrap();
    assert_eq!((id, &asked["delay"]), (1, &json!(0)));
    admin.post("/invoice/deleteModel", &json!({ "model_id": 1 }));
    assert_eq!(models.until(3).0["status"], 0);
    assert_eq!(requests.recv().unwrap(), (3, json!({ "id": 77 })));
}

#[test]
fn frames_come_split_and_glued() {
    let (address, _requests) = play(|id, _, stream| {
        let mut bytes = Vec::new();
        if id == 1 {
            for (id, body) in [
                (100, json!({ "status": 0, "id": 77 })),
                (102, json!({ "status": 0, "pos_id": "客户名称", "ocr_result": "甲", "probability": "0.95" })),
                (1, json!({ "status": 0 })),
            ] {
                bytes.extend(frame(id, &body));
            }
        } else {
            bytes = frame(id, &json!({ "status": 0, "id": 77 }));
        }
        for piece in bytes.chunks(7) {
            stream.write_all(piece).unwrap();
            stream.flush().unwrap();
            std::thread::sleep(Duration::from_millis(2));
        }
        true
    });
    let paperline = start(&address);
    let admin = paperline.admin();
    let mut console = watch(&admin, 2);
    add_template(&admin);
    upload(&admin);
    assert_eq!(console.until(1).0["region_list"]["客户名称"]["ocr_result"], "甲");
}

/// Four tries, then a fault with the interface document's sentence; the queue goes on.
fn misbehaving(misbehave: impl Fn(&mut TcpStream) -> bool + Send + 'static) {
    let mut tries = 0;
    let (address, requests) = play(move |id, _, stream| {
        if id == 1 && tries < 4 {
            tries += 1;
            return misbehave(stream);
        }
        good(id, stream);
        true
    });
    let paperline = start(&address);
    let admin = paperline.admin();
    add_template(&admin);
    let mut console = watch(&admin, 2);
    let (first, second) = (upload(&admin), upload(&admin));
    let (ended, before) = console.until(1);
    assert_eq!((&ended["action_id"], &ended["status"], &ended["is_fault"]), (&first, &json!(-1), &json!(1)));
    assert_eq!(ended["err"], "接收算法服务器数据异常");
    assert_eq!(before.iter().filter(|m| m["msg_id"] == 203).count(), 4, "the first try and 3 more");
    let (ended, _) = console.until(1);
    assert_eq!((&ended["action_id"], &ended["status"]), (&second, &json!(0)));
    assert_eq!(requests.try_iter().filter(|(id, _)| *id == 1).count(), 5);
    assert_eq!(admin.get("/invoice/getFaultQueue").body["fault_list"][0]["action_id"], first);
}

#[test]
fn an_engine_that_hangs_up() {
    misbehaving(|_| false);
}

#[test]
fn an_engine_that_says_nothing() {
    misbehaving(|_| true);
}

#[test]
fn an_engine_that_never_comes_to_its_end() {
    let (address, _requests) = play(|id, _, stream| {
        if id != 1 {
            good(id, stream);
            return true;
        }
        let said = frame(102, &json!({ "status": 0, "pos_id": "客户名称", "ocr_result": "中山大学", "probability": 0.97 }));
        let mut all = stream.write_all(&frame(100, &json!({ "status": 0, "id": 77 }))).is_ok();
        while all {
            all = stream.write_all(&said).is_ok();
        }
        false
    });
    let paperline = Paperline::start_with(&["--engine", &address, "--set", "engine_retries=0"]);
    let admin = paperline.admin();
    add_template(&admin);
    upload(&admin);
    eventually("it ends as a fault", || (admin.get("/invoice/getFaultQueue").body["fault_num"] == 1).then_some(()));
}

#[test]
fn an_engine_that_talks_garbage() {
    misbehaving(|stream| stream.write_all(&[&100_i32.to_le_bytes()[..], &3_i32.to_le_bytes(), b"???"].concat()).is_ok());
}

#[test]
fn an_engine_that_promises_a_frame_too_large_or_of_no_length() {
    for length in [(4 << 20) + 1, -1, i32::MAX] {
        misbehaving(move |stream| stream.write_all(&[100_i32.to_le_bytes(), length.to_le_bytes()].concat()).is_ok());
    }
}

/// Each text fits a message; together they exceed a record.
#[test]
fn an_engine_that_reads_more_than_can_be_kept() {
    let mut first = true;
    let (address, _requests) = play(move |id, _, stream| {
        if id == 1 && std::mem::take(&mut first) {
            let mut bytes = frame(100, &json!({ "status": 0, "id": 77 }));
            for n in 0..60 {
                let text = "字".repeat(1_000);
                let body = json!({ "status": 0, "pos_id": n.to_string(), "ocr_result": text, "probability": 0.97 });
                bytes.extend(frame(102, &body));
            }
            bytes.extend(frame(1, &json!({ "status": 0 })));
            return stream.write_all(&bytes).is_ok();
        }
        good(id, stream);
        true
    });
    let paperline = start(&address);
    let admin = paperline.admin();
    add_template(&admin);
    let mut console = watch(&admin, 2);
    let (first, second) = (upload(&admin), upload(&admin));
    let (ended, _) = console.until(1);
    assert_eq!((&ended["action_id"], &ended["status"], &ended["is_fault"]), (&first, &json!(-1), &json!(1)));
    assert_eq!(ended["err"], "接收算法服务器数据异常");
    let (ended, _) = console.until(1);
    assert_eq!((&ended["action_id"], &ended["status"]), (&second, &json!(0)));
    assert_eq!(admin.get("/api/queue").body["running"], Value::Null);
}

#[test]
fn an_engine_out_of_reach_costs_no_try_and_everything_waits() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let paperline = start(&format!("tcp://{address}"));
    let admin = paperline.admin();
    let mut console = watch(&admin, 2);
    let ids: Vec<Value> = (0..3).map(|_| upload(&admin)).collect();
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(admin.get("/readyz").status, 200);
    let waiting = admin.get("/invoice/recognizeWait").body;
    assert_eq!(waiting["recognize_wait"].as_array().unwrap().len(), 3);
    let listener = TcpListener::bind(address).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        while let Some((id, _)) = receive(&mut stream) {
            good(id, &mut stream);
        }
    });
    for id in &ids {
        let (ended, before) = console.until(1);
        assert_eq!((&ended["action_id"], &ended["err"]), (id, &Value::Null));
        assert_eq!(before.iter().filter(|m| m["msg_id"] == 203).count(), 1, "no try before it was there: {before:?}");
        // An engine's number unknown to the box.
        assert_eq!((&ended["status"], &ended["model_id"]), (&json!(-1), &Value::Null));
    }
    eventually("the faults", || (admin.get("/invoice/getFaultQueue").body["fault_num"] == 3).then_some(()));
}

#[test]
fn a_template_that_the_engine_refuses_is_set_aside() {
    let (address, _requests) = play(|id, _, stream| stream.write_all(&frame(id, &json!({ "status": -1 }))).is_ok());
    let paperline = start(&address);
    let admin = paperline.admin();
    let mut models = watch(&admin, 3);
    let action = add_template(&admin)["action_id"].clone();
    let (told, _) = models.until(2);
    assert_eq!((&told["status"], &told["action_id"]), (&json!(-1), &action));
    assert_eq!(admin.get("/invoice/getAllModel").body["total"], 0);
}

/// With the built-in engine, the second kill sets a picture aside.
#[test]
fn what_an_external_engine_reads_is_never_held_against_it_when_the_box_goes_down() {
    let answers = Arc::new(AtomicBool::new(false));
    let (address, requests) = play({
        let answers = answers.clone();
        move |id, _, stream| {
            if answers.load(Ordering::Relaxed) {
                good(id, stream);
            }
            true
        }
    });
    let arguments = [&["--engine", address.as_str()], &QUICK[..]].concat();
    let mut paperline = Paperline::start_with(&arguments);
    upload(&paperline.admin());
    for _ in 0..3 {
        while requests.recv_timeout(Duration::from_secs(30)).unwrap().0 != 1 {}
        // Once a later write is answered, the picture is durably running.
        paperline.admin();
        paperline = Paperline::start_in(paperline.kill(), &arguments);
    }
    answers.store(true, Ordering::Relaxed);
    let paperline = Paperline::start_in(paperline.kill(), &arguments);
    let admin = paperline.admin();
    let invoice = eventually("it is read", || {
        let invoices = admin.get("/api/invoices").body["invoices"].clone();
        invoices.as_array().filter(|all| !all.is_empty()).map(|all| all[0].clone())
    });
    assert!(!invoice["reason"].to_string().contains("中断"), "{invoice}");
}

#[test]
fn the_example_in_the_documentation_works() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/algorithm_server.py");
    let spawned = Command::new("python3").args([script, "0"]).stdout(Stdio::piped()).spawn();
    let Ok(mut server) = spawned else { return skipped("there is no python3") };
    let mut port = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let paperline = start(&format!("tcp://127.0.0.1:{}", port.trim()));
    let admin = paperline.admin();
    let mut console = watch(&admin, 2);
    upload(&admin);
    assert_eq!(console.until(1).0["status"], -1, "it knows no template yet");
    add_template(&admin);
    upload(&admin);
    let (ended, _) = console.until(1);
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!((&ended["status"], &ended["is_fault"]), (&json!(0), &json!(0)), "{ended}");
    assert_eq!(ended["region_list"]["客户名称"]["position"], json!({ "x": 1, "y": 1, "w": 20, "h": 10 }));
}

#[test]
fn a_confidence_that_is_none_and_an_amount_that_is_none_are_for_people() {
    let said: [(Value, Value, bool); 9] = [
        (json!("203.00元"), json!(0.97), false),
        (json!("203.00元"), json!("0.97"), false),
        (json!("203.00元"), json!(50), true),
        (json!("203.00元"), json!(-1), true),
        (json!("203.00元"), json!("85%"), true),
        (json!("1.234,50"), json!(0.99), true),
        (json!("1OO.OO"), json!(0.99), true),
        (json!(""), json!(0.99), true),
        (json!("***"), json!(0.99), false),
    ];
    let (address, _requests) = play({
        let said = said.clone();
        let mut pictures = 0;
        move |id, _, stream| {
            if id != 1 {
                good(id, stream);
                return true;
            }
            let (text, probability, _) = &said[pictures];
            pictures += 1;
            let read = json!({ "status": 0, "pos_id": "金额", "ocr_result": text, "probability": probability });
            let bytes = [frame(100, &json!({ "status": 0, "id": 77 })), frame(102, &read), frame(1, &json!({ "status": 0 }))];
            stream.write_all(&bytes.concat()).is_ok()
        }
    });
    let paperline = start(&address);
    let admin = paperline.admin();
    let (mut models, mut console) = (watch(&admin, 3), watch(&admin, 2));
    add_template(&admin);
    models.until(2);
    for (text, probability, is_fault) in said {
        upload(&admin);
        let (ended, _) = console.until(1);
        assert_eq!(ended["is_fault"], u8::from(is_fault), "{text} with {probability}: {ended}");
    }
}

#[test]
fn an_engine_that_says_too_much_is_cut_short_and_never_believed() {
    let (address, _requests) = play({
        let mut pictures = 0;
        move |id, _, stream| {
            if id != 1 {
                good(id, stream);
                return true;
            }
            pictures += 1;
            let mut said = frame(100, &json!({ "status": 0, "id": 77 }));
            let mut read = |area: &str, text: &str| {
                let body = json!({ "status": 0, "pos_id": area, "ocr_result": text, "probability": 0.99 });
                said.extend(frame(102, &body));
            };
            match pictures {
                1 => read("客户名称", &"长".repeat(400_000)),
                _ => (0..500).for_each(|n| read(&format!("区域 {n}"), "x")),
            }
            said.extend(frame(1, &json!({ "status": 0 })));
            let _ = stream.write_all(&said);
            true
        }
    });
    let paperline = start(&address);
    let admin = paperline.admin();
    let (mut models, mut console) = (watch(&admin, 3), watch(&admin, 2));
    add_template(&admin);
    models.until(2);
    upload(&admin);
    let (long, _) = console.until(1);
    let read = &long["region_list"]["客户名称"];
    assert_eq!(read["ocr_result"].as_str().unwrap().chars().count(), 1_000);
    assert_eq!((&read["probability"], &long["is_fault"]), (&json!(0.0), &json!(1)));
    upload(&admin);
    let (many, before) = console.until(1);
    assert_eq!((&many["status"], &many["is_fault"]), (&json!(-1), &json!(1)), "{many}");
    assert_eq!(before.iter().filter(|m| m["msg_id"] == 203).count(), 4, "the first and three more");
    assert!(before.iter().filter(|m| m["msg_id"] == 102).count() <= 4 * 128);
}
