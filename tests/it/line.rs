//! A small invoice line around an external engine, with kills. Not here: a long run (scripts/bench line), the built-in engine
//! (crash.rs).

use crate::external::{frame, play};
use crate::load::Uploader;
use crate::random::Random;
use crate::support::{Client, Paperline, Socket, blank_png, eventually};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use tungstenite::Message;

const CONSOLES: usize = 5;

/// Message, action.
type Told = Vec<(u64, u64)>;

fn console(client: &Client) -> Socket {
    let mut socket = client.socket("/invoice/webSocketServer");
    socket.say(&json!({ "code": "001", "console_status": 2 }));
    socket.say(&json!({ "code": "002" }));
    socket
}

fn listen(mut socket: Socket) -> Told {
    let mut told = Vec::new();
    while let Ok(message) = socket.0.read() {
        let Message::Text(text) = message else { continue };
        let message: Value = serde_json::from_str(&text).unwrap();
        let number = message["msg_id"].as_u64().unwrap();
        if number < 204 {
            told.push((number, message["action_id"].as_u64().unwrap()));
        }
    }
    told
}

/// 203, 100, (101, 102)…, 1 per picture, oldest first; only the first may be incomplete.
fn check_order(told: &Told) -> Vec<u64> {
    let (mut ended, mut now) = (Vec::new(), None);
    for (at, &(number, action)) in told.iter().enumerate() {
        let expected: &[u64] = match number {
            203 => &[1],
            100 => &[203],
            101 => &[100, 102],
            102 => &[101, 102],
            _ => &[102],
        };
        if let Some((before, whose)) = now {
            assert!(expected.contains(&before), "{number} after {before}: {:?}", &told[at.saturating_sub(9)..=at]);
            assert!(if number == 203 { action > whose } else { action == whose }, "{:?}", &told[at.saturating_sub(9)..=at]);
        }
        if number == 1 {
            ended.push(action);
        }
        now = Some((number, action));
    }
    ended
}

#[derive(Default)]
struct Templates {
    made: usize,
    acknowledged: BTreeSet<String>,
    asked: BTreeSet<String>,
}

impl Templates {
    fn add(&mut self, client: &Client, origin: &Value) -> Option<()> {
        self.made += 1;
        let label = format!("label {}", self.made);
        let area = json!({ "x": 1, "y": 1, "width": 20, "height": 10 });
        let model = json!({ "global_setting": { "label": label }, "head": area });
        let body = json!({ "modelAction": { "json_model": model }, "file_name": origin, "type": 0 }).to_string();
        self.asked.insert(label.clone());
        let answer = client.try_send("POST", "/invoice/addModel", &[("content-type", "application/json")], body.as_bytes());
        let answer = answer.ok().filter(|answer| answer.status == 200)?;
        assert!(answer.body["action_id"].is_u64(), "{answer:?}");
        self.acknowledged.insert(label);
        Some(())
    }
}

#[test]
fn killed_in_between_every_picture_ends_once_and_every_console_hears_it_in_order() {
    let read = Arc::new(AtomicUsize::new(0));
    let counting = read.clone();
    let mut templates_known = 0;
    let (address, _requests) = play(move |id, _, stream| {
        let say = |bodies: &[(i32, Value)]| bodies.iter().flat_map(|(id, body)| frame(*id, body)).collect::<Vec<u8>>();
        let answer = match id {
            1 => {
                counting.fetch_add(1, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(5));
                let place = json!({ "x": 1, "y": 2, "w": 3, "h": 4 });
                say(&[
                    (100, json!({ "status": 0, "id": 1 })),
                    (101, json!({ "status": 0, "pos_id": "客户名称", "position": place })),
                    (102, json!({ "status": 0, "pos_id": "客户名称", "ocr_result": "中山大学", "probability": 0.97 })),
                    (1, json!({ "status": 0 })),
                ])
            }
            _ => {
                templates_known += 1;
                say(&[(id, json!({ "status": 0, "id": templates_known }))])
            }
        };
        // The box may be gone.
        std::io::Write::write_all(stream, &answer).is_ok()
    });
    let arguments = ["--engine", address.as_str(), "--set", "engine_backoff_ms=10"];
    let mut paperline = Paperline::start_with(&arguments);
    let password = paperline.admin_password();
    let admin = paperline.admin();
    let origin = admin.upload("/invoice/uploadModelOrigin", &[("o.png", &blank_png(50, 40))]).body["file_name"].clone();
    let templates = Mutex::new(Templates::default());
    templates.lock().unwrap().add(&admin, &origin).unwrap();
    eventually("the first template", || (admin.get("/invoice/getAllModel").body["total"] == 1).then_some(()));

    let mut uploaders: Vec<Uploader> = (0..2).map(Uploader::new).collect();
    let (mut random, mut ended) = (Random::new(4), vec![BTreeSet::new(); CONSOLES]);
    for life in 0..4 {
        let admin = paperline.client();
        assert_eq!(admin.log_in("admin", &password).body["reqStatus"], "sucess");
        let consoles: Vec<Socket> = (0..CONSOLES)
            .map(|_| {
                let mut socket = console(&admin);
                socket.until(204);
                socket
            })
            .collect();
        let pid = paperline.pid().to_string();
        let until = read.load(Ordering::Relaxed) + 6 + random.below(12);
        let told: Vec<Told> = thread::scope(|scope| {
            let listening: Vec<_> = consoles.into_iter().map(|socket| scope.spawn(|| listen(socket))).collect();
            let working: Vec<_> = uploaders
                .iter_mut()
                .map(|uploader| {
                    let admin = &admin;
                    scope.spawn(move || (0..6).try_for_each(|_| uploader.work(admin)))
                })
                .collect();
            scope.spawn(|| templates.lock().unwrap().add(&admin, &origin));
            if life < 3 {
                eventually("so many are read", || (read.load(Ordering::Relaxed) >= until).then_some(()));
                thread::sleep(Duration::from_millis(random.below(12) as u64));
            } else {
                for uploading in working {
                    uploading.join().unwrap().unwrap();
                }
                eventually("everything has ended", || {
                    let queue = admin.get("/api/queue").body;
                    let idle = queue["running"].is_null() && queue["manage_size"] == 0 && queue["recognize_size"] == 0;
                    idle.then_some(())
                });
            }
            assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
            listening.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for (told, ended) in told.iter().zip(&mut ended) {
            for action in check_order(told) {
                assert!(ended.insert(action), "the end of {action} was told twice");
            }
        }
        let dir = paperline.kill();
        paperline = Paperline::start_in(dir, &arguments);
    }
    let admin = paperline.client();
    admin.log_in("admin", &password);
    let actions: BTreeMap<u64, Vec<u8>> = uploaders.into_iter().flat_map(|uploader| uploader.actions).collect();
    let invoices = admin.get("/api/invoices?limit=500").body["invoices"].as_array().unwrap().clone();
    let mut each: Vec<u64> = invoices.iter().map(|invoice| invoice["action_id"].as_u64().unwrap()).collect();
    each.reverse();
    assert_eq!(each, actions.keys().copied().collect::<Vec<_>>(), "one invoice for each that was acknowledged, in order");
    for invoice in &invoices {
        let picture = admin.get(invoice["invoice_url"].as_str().unwrap()).bytes;
        assert!(picture == actions[&invoice["action_id"].as_u64().unwrap()] && invoice["is_fault"] == 0, "{invoice}");
    }
    let models = admin.get("/invoice/getAllModel?page=0").body["model_list"].as_array().unwrap().clone();
    let labels: Vec<&str> = models.iter().map(|model| model["model_label"].as_str().unwrap()).collect();
    let there: BTreeSet<String> = labels.iter().map(|label| (*label).to_owned()).collect();
    let templates = templates.into_inner().unwrap();
    assert_eq!(there.len(), labels.len(), "a template twice: {labels:?}");
    assert!(templates.acknowledged.is_subset(&there) && there.is_subset(&templates.asked), "{labels:?}");
}
