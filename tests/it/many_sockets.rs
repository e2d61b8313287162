//! Many WebSockets: limits per user, when they end, how much is buffered. Not here: messages (sockets.rs), ending rights
//! (races.rs).

use crate::external::{frame, good_as, play, upload, watch};
use crate::support::{Client, Paperline, Socket, administrator, eventually, skipped};
use bytes::Bytes;
use paperline::app::App;
use paperline::domain::account::{Actor, Credential, Session};
use paperline::domain::ids::{ActionId, UserId};
use paperline::domain::news::News;
use paperline::domain::progress::Progress;
use paperline::domain::region::Regions;
use paperline::http::wire::messages::Messages;
use paperline::hub::{Encoder, Hub, Message};
use paperline::store::blobs::Blobs;
use paperline::store::memory::Memory;
use paperline::store::tables::{LOG, SESSIONS, SETTINGS};
use paperline::store::{Batch, KeyValue, Store, endless};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const SOCKETS_MAX: usize = 1_000;
/// Per port of the box.
const CONNECTIONS_MAX: usize = 8_192;

fn heard(mut stream: &TcpStream, within: Duration) -> Option<String> {
    stream.set_read_timeout(Some(within)).unwrap();
    let mut beginning = [0; 12];
    stream.read(&mut beginning).ok().map(|n| String::from_utf8_lossy(&beginning[..n]).into_owned())
}

#[test]
fn a_user_has_a_thousand_sockets_and_each_keeps_its_place() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let most = getrlimit(Resource::Nofile).maximum;
    // Other tests of this process open as many.
    if most.is_some_and(|most| most < (2 * CONNECTIONS_MAX + 2_000) as u64) {
        return skipped(format!("no more than {most:?} files may be open here"));
    }
    setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most }).unwrap();
    let paperline = Paperline::start();
    let (admin, operator) = (paperline.admin(), paperline.operator());
    let again = paperline.operator();
    let open = |client: &Client, n: usize| {
        client.try_socket(if n.is_multiple_of(2) { "/invoice/webSocketServer" } else { "/socketNoPrint" }, &[])
    };
    let mut sockets: Vec<Socket> = (0..SOCKETS_MAX)
        .map(|n| open(if n % 3 == 0 { &again } else { &operator }, n).unwrap_or_else(|e| panic!("{n}: {e}")))
        .collect();
    for (n, client) in [&operator, &again].into_iter().enumerate() {
        assert_eq!(open(client, n).err(), Some(503), "one more than there may be");
    }
    assert_eq!(operator.get("/healthz").status, 200, "whoever may open no more may ask as before");
    let mut others = open(&admin, 0).expect("another user is let in");
    assert_eq!(others.next().unwrap()["msg_id"], 205);
    sockets.pop();
    let mut late = eventually("there is room for one", || open(&operator, 0).ok());
    late.next().unwrap();
    assert_eq!(open(&operator, 0).err(), Some(503));
    sockets.push(late);

    // Each socket still counts as a connection, though no longer as a request.
    let address = paperline.http.trim_start_matches("http://").to_owned();
    let mut silent: Vec<TcpStream> = Vec::new();
    let ask = |stream: &mut TcpStream| stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    // Clients pool some connections, so more are opened until none is let in. Silent ones are cut: a slow machine starts over.
    let waits = 'fill: loop {
        silent.clear();
        let began = Instant::now();
        silent.extend((0..CONNECTIONS_MAX - SOCKETS_MAX - 100).map(|_| TcpStream::connect(&address).unwrap()));
        while began.elapsed() < Duration::from_secs(20) {
            let mut next = TcpStream::connect(&address).unwrap();
            ask(&mut next);
            if heard(&next, Duration::from_secs(3)).is_none() {
                break 'fill next;
            }
            silent.push(next);
            assert!(silent.len() <= CONNECTIONS_MAX - SOCKETS_MAX, "{} beside {SOCKETS_MAX} sockets", silent.len());
        }
    };
    sockets.pop();
    assert_eq!(heard(&waits, Duration::from_secs(60)).as_deref(), Some("HTTP/1.1 200"), "a socket has gone");
}

struct Plain(usize);

impl Encoder for Plain {
    fn progress(&self, _: &Progress) -> Vec<Message> {
        Vec::new()
    }

    fn faults(&self, _: u64) -> Bytes {
        Bytes::from(vec![b' '; self.0])
    }

    fn resumed(&self, _: u64, _: bool) -> Bytes {
        Bytes::new()
    }

    fn rights_changed(&self) -> Bytes {
        Bytes::new()
    }

    fn so_far(&self, _: Option<(ActionId, &Regions)>) -> Bytes {
        Bytes::new()
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

#[test]
fn a_socket_ends_when_its_session_is_swept_away() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::new(Arc::new(Plain(1)), 0);
    let app = Arc::new(App::open(dir.path(), &[]).unwrap());
    administrator::let_in(&app);
    let feed = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let entered = feed.enter();
    paperline::feed::start(app.clone(), hub.clone(), Messages::new(app.clone()));
    drop(entered);
    // Idle too long.
    let key = [9; 32];
    let old = Session { user: UserId(1), began: 1, seen: 1 };
    let idle = app.store.write_blocking(move |txn| {
        txn.tell(News::Accounts);
        Ok(txn.put(&SESSIONS, &key, &old)?)
    });
    idle.unwrap();
    let (living, over) = (administrator::by().actor, Actor { credential: Credential::Session(key), ..administrator::by().actor });
    let (stays, goes) = (hub.subscribe(&living, None).unwrap(), hub.subscribe(&over, None).unwrap());
    assert_eq!(app.sweep_sessions().unwrap(), 1);
    runtime().block_on(async {
        let within = |wait| tokio::time::timeout(Duration::from_secs(5), wait);
        assert_eq!(within(goes.cut.wait()).await.unwrap().0, 1008);
        assert!(tokio::time::timeout(Duration::from_millis(200), stays.cut.wait()).await.is_err());
    });
}

/// Waiting callers are answered, and caches are dropped.
#[test]
fn news_that_can_not_be_read_leave_nothing_stale() {
    let rows = Arc::new(Memory::default());
    rows.apply(&Batch::from([(LOG.prefix(&(5_i64, 5_u64)), Some(vec![9, 9]))])).unwrap();
    let (dir, store) = (tempfile::tempdir().unwrap(), Store::new(rows, endless()).unwrap());
    let blobs = Blobs::open(dir.path(), endless()).unwrap();
    let app = Arc::new(App::new(store, blobs, dir.path().into(), Vec::new()).unwrap());
    let feed = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    feed.block_on(async {
        let hub = Hub::new(Arc::new(Plain(1)), 0);
        paperline::feed::start(app.clone(), hub.clone(), Messages::new(app.clone()));
        let watcher = hub.subscribe(&administrator::by().actor, None).unwrap();
        let told = app.store.write(|txn| {
            txn.put(&SETTINGS, &"engine_retries".to_owned(), &"9".to_owned())?;
            txn.tell(News::Logged(5, 5));
            Ok(())
        });
        tokio::time::timeout(Duration::from_secs(20), told).await.unwrap().unwrap();
        assert_eq!(app.settings().engine_retries, 9, "in force when the verb is answered");
        let cut = tokio::time::timeout(Duration::from_secs(20), watcher.cut.wait());
        assert_eq!(cut.await.unwrap().0, 1013, "it has missed something");
    });
}

#[test]
fn what_a_laggard_does_not_read_is_bounded_in_bytes_as_well() {
    const MESSAGE_BYTES: usize = 1 << 20;
    let hub = Hub::new(Arc::new(Plain(MESSAGE_BYTES)), 0);
    let mut laggard = hub.subscribe(&administrator::by().actor, None).unwrap();
    // Far below the limit by number.
    (0..100).for_each(|_| laggard.greet(1));
    runtime().block_on(async {
        let (code, _) = tokio::time::timeout(Duration::from_secs(5), laggard.cut.wait()).await.unwrap();
        assert_eq!(code, 1013);
        let mut kept = 0;
        while let Ok(Some(text)) = tokio::time::timeout(Duration::from_millis(200), laggard.next()).await {
            kept += text.len();
        }
        assert!(kept <= 5 << 20, "{kept} bytes were kept");
    });
}

fn resident_mib(paperline: &Paperline) -> u64 {
    let statm = std::fs::read_to_string(format!("/proc/{}/statm", paperline.pid())).unwrap();
    (statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096) >> 20
}

/// Thirty bytes to ask, perhaps a hundred thousand to answer.
#[test]
fn who_asks_much_and_reads_nothing_is_cut_and_costs_little() {
    const LAGGARDS: usize = 20;
    let (go_on, waits) = channel::<()>();
    let waits = Mutex::new(waits);
    let (address, _asked) = play(move |id, _, stream| {
        if id != 1 {
            good_as(7, id, stream);
            return true;
        }
        let mut say = |id, body| stream.write_all(&frame(id, &body)).unwrap();
        say(100, json!({ "status": 0, "id": 7 }));
        for n in 0..15 {
            let text = "字".repeat(1_000);
            say(102, json!({ "status": 0, "pos_id": format!("区域{n}"), "ocr_result": text, "probability": 0.97 }));
        }
        let _ = waits.lock().unwrap().recv_timeout(Duration::from_secs(50));
        stream.write_all(&frame(1, &json!({ "status": 0 }))).is_ok()
    });
    let paperline = Paperline::start_with(&["--engine", &address]);
    let admin = paperline.admin();
    crate::external::add_template(&admin);
    eventually("the template", || (admin.get("/invoice/getAllModel").body["total"] == 1).then_some(()));
    let mut honest = watch(&admin, 2);
    upload(&admin);
    for _ in 0..15 {
        honest.until(102);
    }
    let before = resident_mib(&paperline);
    let mut laggards: Vec<Socket> = (0..LAGGARDS).map(|_| watch(&admin, 2)).collect();
    for laggard in &mut laggards {
        let stream = laggard.0.get_mut();
        if let tungstenite::stream::MaybeTlsStream::Plain(stream) = stream {
            stream.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
        }
        for _ in 0..2_000 {
            if laggard.0.send(tungstenite::Message::text(r#"{"code":"002"}"#)).is_err() {
                break;
            }
        }
    }
    let grown = resident_mib(&paperline).saturating_sub(before);
    assert!(grown < 400, "{grown} MiB");
    assert_eq!(admin.get("/healthz").status, 200);
    honest.say(&json!({ "code": "002" }));
    honest.until(204);
    for mut laggard in laggards {
        let code = loop {
            match laggard.0.read() {
                Ok(tungstenite::Message::Close(frame)) => break frame.map(|f| u16::from(f.code)),
                Ok(_) => {}
                // Without a close frame, as it read not even that.
                Err(_) => break None,
            }
        };
        assert!(code.is_none() || code == Some(1013), "{code:?}");
    }
    let _ = go_on.send(());
    honest.until(1);
}
