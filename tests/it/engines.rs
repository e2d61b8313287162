//! Several engines share the reading, number templates differently, and take template changes all or none. Not here: frames
//! (external.rs), ordering (simulation.rs).

use crate::external::{QUICK, add_template, frame, good_as, play, upload, watch};
use crate::support::{Paperline, eventually};
use serde_json::{Value, json};
use std::io::Write;
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

fn start(addresses: &[&str]) -> Paperline {
    let engines = addresses.iter().flat_map(|address| ["--engine", address]);
    Paperline::start_with(&engines.chain(QUICK).collect::<Vec<_>>())
}

/// Message numbers, and template numbers in changes and deletions.
fn asked(requests: &Receiver<(i32, Value)>) -> Vec<(i32, Option<i64>)> {
    requests.try_iter().map(|(id, body)| (id, body["id"].as_i64().or(body["json_model"]["id"].as_i64()))).collect()
}

#[test]
fn two_engines_read_at_the_same_time_and_number_templates_on_their_own() {
    // Each holds its picture until the other has one too.
    let (reads, reading) = channel();
    let engine = |number| {
        let (reads, (go, went)) = (reads.clone(), channel::<()>());
        let played = play(move |id, _, stream| {
            if id == 1 {
                reads.send(number).unwrap();
                went.recv().unwrap();
            }
            good_as(number, id, stream);
            true
        });
        (played, go)
    };
    let (((first, first_asked), go_first), ((second, second_asked), go_second)) = (engine(5), engine(900));
    let paperline = start(&[&first, &second]);
    let admin = paperline.admin();
    let (mut models, mut console) = (watch(&admin, 3), watch(&admin, 2));
    add_template(&admin);
    assert_eq!(models.until(2).0["status"], 0);
    assert_eq!((asked(&first_asked), asked(&second_asked)), (vec![(2, None)], vec![(2, None)]));

    let actions = [upload(&admin), upload(&admin)];
    let within = Duration::from_secs(60);
    let mut both = [reading.recv_timeout(within).unwrap(), reading.recv_timeout(within).unwrap()];
    both.sort_unstable();
    assert_eq!(both, [5, 900], "each has one of the two pictures");
    let queue = admin.get("/api/queue").body;
    let running: Vec<&Value> = queue["running_list"].as_array().unwrap().iter().map(|a| &a["action_id"]).collect();
    assert_eq!((running, &queue["running"]["action_id"]), (actions.iter().collect(), &actions[0]));
    assert_eq!(admin.get("/api/console").body["running"].as_array().unwrap().len(), 2);
    let origin =
        admin.upload("/invoice/uploadModelOrigin", &[("o.png", &crate::support::blank_png(50, 40))]).body["file_name"].clone();
    let change = json!({
        "modelAction": { "json_model": { "global_setting": { "label": "新票" } }, "model_id": 1 }, "file_name": origin, "type": 1,
    });
    assert_eq!(admin.post("/invoice/addModel", &change).body["manage_size"], 1);
    go_second.send(()).unwrap();
    let (ended, _) = console.until(1);
    assert_eq!((&ended["action_id"], &ended["model_id"], &ended["is_fault"]), (&actions[1], &json!(1), &json!(0)));
    assert_eq!(admin.get("/api/queue").body["manage_size"], 1, "the first one reads still");
    go_first.send(()).unwrap();
    assert_eq!(console.until(1).0["action_id"], actions[0]);
    assert_eq!(models.until(4).0["status"], 0);
    assert_eq!((asked(&first_asked), asked(&second_asked)), (vec![(1, None), (4, Some(5))], vec![(1, None), (4, Some(900))]));

    admin.post("/invoice/deleteModel", &json!({ "model_id": 1 }));
    assert_eq!(models.until(3).0["status"], 0);
    assert_eq!((asked(&first_asked), asked(&second_asked)), (vec![(3, Some(5))], vec![(3, Some(900))]));
}

#[test]
fn one_engine_out_of_reach_leaves_the_reading_to_the_other() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let away = listener.local_addr().unwrap();
    drop(listener);
    let (there, there_asked) = play(|id, _, stream| {
        good_as(7, id, stream);
        true
    });
    let paperline = start(&[&format!("tcp://{away}"), &there]);
    let admin = paperline.admin();
    let (mut console, mut models) = (watch(&admin, 2), watch(&admin, 3));
    let actions: Vec<Value> = (0..5).map(|_| upload(&admin)).collect();
    for action in &actions {
        let (ended, before) = console.until(1);
        assert_eq!((&ended["action_id"], &ended["err"]), (action, &Value::Null));
        assert_eq!(before.iter().filter(|m| m["msg_id"] == 203).count(), 1, "{before:?}");
    }
    add_template(&admin);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(admin.get("/api/queue").body["manage_size"], 1);
    assert!(asked(&there_asked).iter().all(|(id, _)| *id == 1));
    let listener = TcpListener::bind(away).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        while let Some((id, _)) = crate::external::receive(&mut stream) {
            good_as(3, id, &mut stream);
        }
    });
    assert_eq!(models.until(2).0["status"], 0);
    upload(&admin);
    assert_eq!(console.until(1).0["model_id"], 1);
}

#[test]
fn a_template_that_one_engine_refuses_is_forgotten_by_the_other() {
    let (willing, willing_asked) = play(|id, _, stream| {
        good_as(5, id, stream);
        true
    });
    let (unwilling, _asked) = play(|id, _, stream| stream.write_all(&frame(id, &json!({ "status": -1 }))).is_ok());
    let paperline = start(&[&willing, &unwilling]);
    let admin = paperline.admin();
    let mut models = watch(&admin, 3);
    add_template(&admin);
    assert_eq!(models.until(2).0["status"], -1);
    let mut heard = Vec::new();
    eventually("the first engine is told to forget it", || {
        heard.extend(asked(&willing_asked));
        (heard == [(2, None), (3, Some(5))]).then_some(())
    });
}

#[test]
fn a_change_that_one_engine_missed_does_not_come_to_the_other_as_a_second_template() {
    let (steady, steady_asked) = play(|id, _, stream| {
        good_as(5, id, stream);
        true
    });
    let mut tries = 0;
    let (shaky, _asked) = play(move |id, _, stream| {
        tries += 1;
        if tries > 1 {
            good_as(6, id, stream);
        }
        tries > 1
    });
    let paperline = start(&[&steady, &shaky]);
    let admin = paperline.admin();
    let mut models = watch(&admin, 3);
    add_template(&admin);
    assert_eq!(models.until(2).0["status"], 0);
    assert_eq!(asked(&steady_asked), [(2, None), (4, Some(5))], "added once, and then sent again under its number");
    assert_eq!(admin.get("/invoice/getAllModel").body["total"], 1);
}

#[test]
fn a_name_keeps_the_templates_when_the_engine_moves() {
    let engine = || {
        play(|id, _, stream| {
            good_as(5, id, stream);
            true
        })
    };
    let (first, _asked) = engine();
    let paperline = start(&[&format!("reader={first}")]);
    let password = paperline.admin_password();
    let admin = paperline.admin();
    let mut models = watch(&admin, 3);
    add_template(&admin);
    assert_eq!(models.until(2).0["status"], 0);
    let (dir, _) = paperline.stop();
    let (second, second_asked) = engine();
    let paperline = Paperline::start_in(dir, &["--engine", &format!("reader={second}")]);
    let admin = paperline.client();
    admin.log_in("admin", &password);
    let mut console = watch(&admin, 2);
    upload(&admin);
    assert_eq!(console.until(1).0["model_id"], 1);
    assert_eq!(asked(&second_asked), [(1, None)]);
}

#[test]
fn two_engines_of_one_name_are_refused_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let refused = std::process::Command::new(env!("CARGO_BIN_EXE_paperline"))
        .args(["serve", "--engine", "a=tcp://127.0.0.1:1", "--engine", "a=tcp://127.0.0.1:2", "--data-dir"])
        .arg(dir.path().join("data"))
        .output()
        .unwrap();
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("two engines are called a"), "{refused:?}");
}
