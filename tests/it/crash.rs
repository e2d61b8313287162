//! `kill -9` under load and with a full queue: everything acknowledged exists exactly once. Not here: power cuts (power.rs), which
//! lose more.

use crate::load::{Load, all_ended};
use crate::support::{Client, Paperline, Socket, blank_png, eventually};
use paperline::app::queues;
use paperline::domain::action::{Queue, State};
use paperline::domain::ids::ActionId;
use paperline::store::local::Local;
use paperline::store::tables::{ACTIONS, QUEUES};
use paperline::store::{Store, StoreError, View};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

#[test]
fn what_was_acknowledged_survives_being_killed_under_load() {
    let mut paperline = Paperline::start();
    let mut load = Load::new(paperline.admin_password());
    for acknowledgements in [40, 150, 5, 300, 80, 220] {
        let pid = paperline.pid().to_string();
        load.until(&paperline, acknowledgements, || {
            assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
        });
        paperline = Paperline::start_in(paperline.kill(), &[]);
        load.check_devices(&paperline);
    }
    load.settle(&paperline);
    println!("acknowledged (devices, actions): {:?}", load.acknowledged());
}

#[test]
fn killed_at_any_point_of_its_first_start_it_starts_the_next_time() {
    for appeared in ["db", "pictures/ff", "initial-admin-password", "tls", "tls/ca-key.pem", "tls/ca.pem", "tls/own.pem"] {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let data = dir.path().join("data");
        let mut first = Command::new(env!("CARGO_BIN_EXE_paperline"))
            .args(["serve", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--data-dir"])
            .arg(&data)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let file = data.join(appeared);
        // No pause: some files are incomplete for less than a millisecond.
        while !file.exists() {
            assert!(first.try_wait().unwrap().is_none(), "it ended before there was {appeared}");
        }
        first.kill().unwrap();
        first.wait().unwrap();
        let paperline = Paperline::start_in(dir, &[]);
        let admin = paperline.admin();
        assert_eq!(upload_blanks(&admin, 1), [1], "killed when {appeared} was there");
        paperline.operator();
    }
}

/// Reads a copy, which need not be closed before the restart.
fn look_into<T>(data: &Path, look: impl FnOnce(&View<'_>) -> Result<T, StoreError>) -> T {
    let copy = tempfile::tempdir().unwrap();
    let copied = Command::new("cp").arg("-r").arg(data.join("db")).arg(copy.path()).status().unwrap();
    assert!(copied.success());
    let engine = Local::open(&copy.path().join("db")).unwrap();
    let store = Store::new(Arc::new(engine), paperline::store::endless()).unwrap();
    store.read(look).unwrap()
}

fn ids(view: &View<'_>, queue: Queue) -> Result<Vec<u64>, StoreError> {
    view.scan(&QUEUES, &queue.number(), false).map(|row| Ok(row?.1.0)).collect()
}

fn upload_blanks(client: &Client, number: usize) -> Vec<u64> {
    let png = blank_png(60, 40);
    let names: Vec<String> = (0..number).map(|n| format!("{n}.png")).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), &png[..])).collect();
    let answer = client.upload("/invoice/recognizeImage", &files);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["action_id_list"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect()
}

fn console(client: &Client) -> Socket {
    let mut socket = client.socket("/invoice/webSocketServer");
    socket.say(&json!({ "code": "001", "console_status": 2 }));
    socket
}

fn next_turn(socket: &mut Socket) -> Value {
    loop {
        let message = socket.next().unwrap();
        if message["msg_id"] == 203 || message["msg_id"] == 1 {
            return message;
        }
    }
}

/// Waits until `action` is durably being read. Reads show what is not on disk yet; a log-in is a write, answered after all earlier
/// ones.
fn until_being_read(paperline: &Paperline, action: u64) {
    let admin = paperline.admin();
    eventually("it is being read", || (admin.get("/invoice/openConsole").body["action_id"] == action).then_some(()));
    paperline.admin();
}

#[test]
fn killed_while_fifty_pictures_wait_all_end_once_and_in_order() {
    // Holds the first picture until the kill.
    let paperline = Paperline::start_with(&["--set", "engine_delay_ms=60000"]);
    let admin = paperline.admin();
    let actions = upload_blanks(&admin, 51);
    until_being_read(&paperline, actions[0]);
    let data = paperline.data();
    let mut dir = paperline.kill();
    let (running, waiting) = look_into(&data, |view| Ok((queues::running(view)?, ids(view, Queue::Recognise)?)));
    assert_eq!(running.iter().map(|a| a.id.0).collect::<Vec<_>>(), actions[..1]);
    assert_eq!(waiting, actions[1..]);

    let mut interrupted = 1;
    for _ in 0..3 {
        let paperline = Paperline::start_in(dir, &["--set", "engine_delay_ms=30"]);
        let mut socket = console(&paperline.admin());
        // Ends with a start: the engine holds one.
        for _ in 0..7 {
            next_turn(&mut socket);
        }
        while next_turn(&mut socket)["msg_id"] == 1 {}
        dir = paperline.kill();
        let (running, waiting) = look_into(&data, |view| Ok((queues::running(view)?, ids(view, Queue::Recognise)?)));
        interrupted += running.len();
        let left: Vec<u64> = running.iter().map(|a| a.id.0).chain(waiting).collect();
        assert_eq!(left, actions[actions.len() - left.len()..], "what is left are the newest, in order");
    }
    let paperline = Paperline::start_in(dir, &["--set", "engine_delay_ms=30"]);
    let admin = paperline.admin();
    let mut socket = console(&admin);
    let last = *actions.last().unwrap();
    let mut turns = vec![next_turn(&mut socket)];
    while !turns.last().is_some_and(|turn| turn["msg_id"] == 1 && turn["action_id"] == last) {
        turns.push(next_turn(&mut socket));
    }
    // From the first message on, starts and ends alternate.
    let first = turns[0]["action_id"].as_u64().unwrap();
    let expected = (first..=last).flat_map(|id| [(203, id), (1, id)]);
    let expected: Vec<_> = expected.skip(usize::from(turns[0]["msg_id"] == 1)).collect();
    let seen: Vec<_> = turns.iter().map(|t| (t["msg_id"].as_u64().unwrap(), t["action_id"].as_u64().unwrap())).collect();
    assert_eq!(seen, expected);

    let ended: Vec<u64> = all_ended(&admin, actions.len()).iter().map(|f| f["action_id"].as_u64().unwrap()).collect();
    assert_eq!(ended, actions, "each ends once, the oldest first");
    let _dir = paperline.stop();
    look_into(&data, |view| {
        let mut crashes = 0;
        for id in &actions {
            let action = view.get(&ACTIONS, &ActionId(*id))?.unwrap();
            assert_eq!((action.state, action.failed_tries), (State::Done, 0), "an interruption is no try: {action:?}");
            crashes += usize::try_from(action.crashes).unwrap();
        }
        assert_eq!(crashes, interrupted);
        assert!(crashes >= 1);
        Ok(())
    });
}

#[test]
fn what_brings_the_box_down_twice_is_not_taken_up_a_third_time() {
    let holding = ["--set", "engine_delay_ms=60000"];
    let paperline = Paperline::start_with(&holding);
    let actions = upload_blanks(&paperline.admin(), 2);
    until_being_read(&paperline, actions[0]);
    let again = Paperline::start_in(paperline.kill(), &holding);
    until_being_read(&again, actions[0]);
    let third = Paperline::start_in(again.kill(), &holding);
    until_being_read(&third, actions[1]);
    let admin = third.admin();
    let faults = admin.get("/invoice/getFaultQueue").body;
    assert_eq!((&faults["fault_num"], &faults["fault_list"][0]["action_id"]), (&json!(1), &json!(actions[0])));
    assert_eq!(faults["fault_list"][0]["reason"], "系统在识别这张图片时两次中断");
    let id = &faults["fault_list"][0]["invoice_id"];
    assert_eq!(admin.post(&format!("/api/faults/{id}/retry"), &json!({})).status, 200);
}
