//! Randomly damaged input of every kind. The box answers with words, never an internal error, and survives. Each target runs
//! `PAPERLINE_FUZZ_SECONDS` (1) from seed `PAPERLINE_FUZZ_SEED` (1); `scripts/fuzz` runs them longer.

use crate::external::{QUICK, add_template, frame, good_as, play, upload};
use crate::random::Random;
use crate::restore_limits::{Member, archive, members, summed};
use crate::support::documents::{digital, pdf, zip};
use crate::support::{Answer, Client, Paperline, blank_png, eventually};
use paperline::domain::{account, action, device, template};
use paperline::store::key::Key;
use paperline::store::record::{self, Record};
use paperline::store::restore;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn from_environment(name: &str) -> u64 {
    std::env::var(name).map_or(1, |text| text.parse().unwrap())
}

/// Failures print their seed.
fn fuzz(target: &str, mut one: impl FnMut(&mut Random)) {
    let (seconds, first) = (from_environment("PAPERLINE_FUZZ_SECONDS"), from_environment("PAPERLINE_FUZZ_SEED"));
    let (until, mut runs) = (Instant::now() + Duration::from_secs(seconds), 0);
    for seed in first.. {
        println!("{target}: PAPERLINE_FUZZ_SEED={seed}");
        for _ in 0..50 {
            one(&mut Random::new(seed.wrapping_mul(1_000_003).wrapping_add(runs)));
            runs += 1;
            if Instant::now() > until {
                return eprintln!("{target}: {runs} runs");
            }
        }
    }
}

fn bend(random: &mut Random, good: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len().max(1)).min(bytes.len());
        let end = (at + 1 + random.below(16)).min(bytes.len());
        match random.below(8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 => bytes.truncate(at),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            4 => {
                let length = random.below(40);
                let noise = random.bytes(length);
                bytes.splice(at..at, noise);
            }
            5 if at + 4 <= bytes.len() => {
                let ends = [0_u32, 1, u32::MAX, i32::MAX as u32, 1 << 31, 0xFFFF];
                bytes[at..at + 4].copy_from_slice(&ends[random.below(ends.len())].to_le_bytes());
            }
            6 => {
                let words =
                    ["\"", "{", "]", "null", "-1", "1e999", "\\ud800", "\r\n--frontier", "\0", "发", "=1+1", "../", "%00", ";"];
                bytes.splice(at..at, words[random.below(words.len())].bytes());
            }
            _ if at < bytes.len() => bytes[at] = u8::try_from(random.below(256)).unwrap(),
            _ => {}
        }
    }
    bytes
}

#[track_caller]
fn answers_in_words(answer: &Answer) {
    assert!(answer.status < 500, "{answer:?}");
    if answer.status >= 400 {
        answer.refusal();
    }
}

fn is_well(client: &Client) {
    assert_eq!(client.get("/readyz").status, 200);
}

#[test]
fn records_and_keys() {
    fn bent<R: Record>(random: &mut Random, good: &R) {
        let bytes = record::encode(good).unwrap();
        assert!(record::decode::<R>(&bytes).is_some());
        let _ = record::decode::<R>(&bend(random, &bytes));
    }
    fn bent_key<K: Key + PartialEq + std::fmt::Debug>(random: &mut Random, good: &K) {
        let mut bytes = Vec::new();
        good.encode(&mut bytes);
        let bent = bend(random, &bytes);
        let mut rest = &bent[..];
        if let Some(key) = K::decode(&mut rest) {
            let mut again = Vec::new();
            key.encode(&mut again);
            assert_eq!(again, bent[..bent.len() - rest.len()]);
        }
    }
    let rect = template::Rect { x: 1.0, y: 2.0, width: 3.0, height: 4.0 };
    let region = paperline::domain::region::Region {
        pos_id: "金额".into(),
        position: Some(rect),
        text: "20".into(),
        probability: 0.5,
        status: 0,
        source: paperline::domain::paper::Source::Ocr,
        page: 1,
        doubts: Vec::new(),
    };
    let sn = device::Device {
        sn: "18470001".into(),
        cpuid: "A1".into(),
        registered: 1,
        sequence: 1,
        label: device::Label::Sent,
        print_count: 1,
        prints: 2,
        current_labels: 1,
        registered_by: Some("甲".into()),
        import: Some(3),
    };
    let pause = action::Pause { by: "admin".into(), since: 1, reason: "午休".into() };
    let session = account::Session { user: paperline::domain::ids::UserId(1), began: 1, seen: 2 };
    fuzz("records and keys", |random| {
        bent(random, &sn);
        bent(random, &pause);
        bent(random, &session);
        bent(random, &format!("{region:?}"));
        bent_key(random, &("发票".to_owned(), -5_i64));
        bent_key(random, &(7_u8, "a\0b".to_owned(), 9_u64));
    });
}

#[test]
fn bodies() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let model = json!({
        "global_setting": { "label": "票", "quota": "20" },
        "money": { "x": 1, "y": 2, "width": 30, "height": 4, "keywords": "￥,元", "remove_stamp": 1 },
    });
    let origin = client.upload("/invoice/uploadModelOrigin", &[("o.png", &blank_png(50, 40))]).body["file_name"].clone();
    let jsons = [
        ("/registerDevice", json!({ "devices": [{ "DeviceSN": "18470001", "CPUID": "A1" }] })),
        ("/search", json!({ "condition": "Time", "startTime": "2018-10-4 11:34:11", "endTime": "2028-10-04" })),
        ("/switchPrintStatus", json!({ "DeviceSNList": ["18470001", 18_470_002], "status": 1, "atomic": true })),
        ("/invoice/addModel", json!({ "modelAction": { "json_model": model }, "file_name": origin, "type": 0 })),
        (
            "/invoice/updateUsersPermission",
            json!({ "user_list": [{ "user_id": 2, "update_permissions": [{ "permission_id": 5, "is_checked": 1 }] }] }),
        ),
        (
            "/invoice/getTwentyAction",
            json!({ "page": 0, "startTime": "2018-1-1", "endTime": "2028-01-01", "keyword": "admin", "type": 1 }),
        ),
        ("/api/labels/outcome", json!({ "printed": ["18470001"], "failed": [] })),
        ("/api/users", json!({ "user_name": "丙", "passwd": "not so short", "permissions": [5] })),
    ];
    let form = "permission_list=[{\"permission_id\":1,\"is_checked\":1}]&group_id=1&x=%E5%8F%91&user_id=";
    let multipart = "--frontier\r\nContent-Disposition: form-data; name=\"condition\"\r\n\r\nTime\r\n--frontier\r\n\
                     Content-Disposition: form-data; name=\"startTime\"; filename=\"a.png\"\r\n\r\n2018-01-01\r\n--frontier--\r\n";
    fuzz("bodies", |random| {
        let (path, body) = &jsons[random.below(jsons.len())];
        answers_in_words(&client.send("POST", path, &[], &bend(random, body.to_string().as_bytes())));
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        answers_in_words(&client.send("POST", "/invoice/updateGroupPermission", &kind, &bend(random, form.as_bytes())));
        let kind = [("content-type", "multipart/form-data; boundary=frontier")];
        let path = ["/search", "/invoice/recognizeImage", "/api/devices/import"][random.below(3)];
        answers_in_words(&client.send("POST", path, &kind, &bend(random, multipart.as_bytes())));
    });
    is_well(&client);
}

/// Bent as files, and inside their ZIP.
#[test]
fn documents() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let made = digital();
    let photo = std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures/digital.heic")).unwrap();
    let (xml, pdf, ofd) = (made.xml(), pdf(&[&made, &made]), made.ofd());
    let many = zip(&[("a.xml", &xml), ("b.pdf", &pdf), ("c.ofd", &ofd)]);
    let mut parts = Vec::new();
    let mut archive = ::zip::ZipArchive::new(std::io::Cursor::new(&ofd)).unwrap();
    for n in 0..archive.len() {
        let mut part = archive.by_index(n).unwrap();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        parts.push((part.name().unwrap().into_owned(), bytes));
    }
    fuzz("documents", |random| {
        let which = random.below(6);
        let bent = if let Some(whole) = [&xml, &pdf, &ofd, &photo, &many].get(which) {
            bend(random, whole)
        } else {
            let mut parts = parts.clone();
            let part = random.below(parts.len());
            parts[part].1 = bend(random, &parts[part].1);
            zip(&parts.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect::<Vec<_>>())
        };
        answers_in_words(&client.upload("/invoice/recognizeImage", &[("a", &bent)]));
        is_well(&client);
    });
    assert!(paperline.peak_mib() < 700, "{} MiB", paperline.peak_mib());
}

#[test]
fn pictures_and_tables() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let noise = image::RgbImage::from_raw(40, 30, Random::new(1).bytes(3600)).unwrap();
    let formats = [
        image::ImageFormat::Png,
        image::ImageFormat::Jpeg,
        image::ImageFormat::Bmp,
        image::ImageFormat::Tiff,
        image::ImageFormat::WebP,
    ];
    let pictures: Vec<Vec<u8>> = formats
        .iter()
        .map(|format| {
            let mut bytes = Vec::new();
            noise.write_to(&mut std::io::Cursor::new(&mut bytes), *format).unwrap();
            bytes
        })
        .collect();
    let table = b"\xEF\xBB\xBFDeviceSN,CPUID\r\n18470001,A1\r\n\"18470002\",\"A,2\"\r\n";
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, text) in [(0, "DeviceSN"), (1, "CPUID")] {
        sheet.write_string(0, column, text).unwrap();
        sheet.write_number(1, column, 18_470_003).unwrap();
    }
    let sheet = workbook.save_to_buffer().unwrap();
    fuzz("pictures and tables", |random| {
        let which = random.below(pictures.len());
        let picture = bend(random, &pictures[which]);
        let answer = client.upload("/invoice/recognizeImage", &[("p", &picture)]);
        answers_in_words(&answer);
        if answer.status == 200 {
            let body = client.get("/api/invoices?limit=1").body;
            if let Some(url) = body["invoices"][0]["invoice_url"].as_str() {
                answers_in_words(&client.get(&format!("{url}?width=160")));
            }
        }
        answers_in_words(&client.send("POST", "/api/devices/import", &[("content-type", "text/csv")], &bend(random, table)));
        answers_in_words(&client.send("POST", "/api/devices/import", &[], &bend(random, &sheet)));
    });
    eventually("the queue is empty", || (client.get("/api/queue").body["recognize_size"] == 0).then_some(()));
    is_well(&client);
}

#[test]
fn websocket_frames() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let (address, cookie) = (paperline.http.strip_prefix("http://").unwrap(), client.cookie());
    let masked = |opcode: u8, text: &[u8]| [&[0x80 | opcode, 0x80 | u8::try_from(text.len()).unwrap(), 0, 0, 0, 0], text].concat();
    fuzz("WebSocket frames", |random| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        let hello = format!(
            "GET /invoice/webSocketServer HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nCookie: {cookie}\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        );
        let hello = if random.percent(20) { bend(random, hello.as_bytes()) } else { hello.into_bytes() };
        let said =
            [masked(1, br#"{"code":"001","console_status":2}"#), masked(9, b"ping"), masked(1, br#"{"code":"002"}"#)].concat();
        let _ = stream.write_all(&hello).and_then(|()| stream.write_all(&bend(random, &said)));
        let _ = stream.read(&mut [0; 4096]);
    });
    is_well(&client);
}

#[test]
fn engine_frames() {
    let random = Arc::new(Mutex::new(Random::new(from_environment("PAPERLINE_FUZZ_SEED"))));
    let (address, _asked) = play(move |id, _, stream| {
        let good = match id {
            1 => [
                frame(100, &json!({ "status": 0, "id": 77 })),
                frame(101, &json!({ "status": 0, "pos_id": "客户名称", "position": { "x": 1, "y": 2, "w": 3, "h": 4 } })),
                frame(102, &json!({ "status": 0, "pos_id": "客户名称", "ocr_result": "中山大学", "probability": 0.97 })),
                frame(1, &json!({ "status": 0 })),
            ]
            .concat(),
            _ => frame(id, &json!({ "status": 0, "id": 77 })),
        };
        let bytes = if id == 1 { bend(&mut random.lock().unwrap(), &good) } else { good };
        // Hangs up, so that a truncated frame is noticed at once.
        stream.write_all(&bytes).is_ok() && id != 1
    });
    let quick = [&["--engine", &address, "--set", "engine_retries=0"], &QUICK[..]].concat();
    let paperline = Paperline::start_with(&quick);
    let client = paperline.admin();
    add_template(&client);
    let mut uploaded = 0;
    fuzz("engine frames", |_| {
        upload(&client);
        uploaded += 1;
        eventually("it ends, one way or another", || {
            (client.get("/api/invoices?limit=1").body["total"].as_u64() >= Some(uploaded)).then_some(())
        });
    });
    is_well(&client);
    assert_eq!(client.get("/api/invoices").body["total"], uploaded, "each ends once");
}

#[test]
fn backups() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    client.post("/registerDevice", &json!({ "CPUID": "A1" }));
    upload(&client);
    let good = client.post("/api/backup", &json!({})).bytes;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bent");
    fuzz("backups", |random| {
        let bent = bend(random, &good);
        std::fs::write(&file, &bent).unwrap();
        let read = restore::read_through(&file);
        // Only padding may change or be cut off unnoticed.
        assert!(read.is_err() || bent.len() >= good.len() - 1536, "{} of {} bytes", bent.len(), good.len());
    });
}

/// Often with correct sums, so that everything gets checked.
fn bend_archive(random: &mut Random, good: &[Member]) -> Vec<u8> {
    let mut bent = good.to_vec();
    for _ in 0..=random.below(3) {
        let (at, other) = (random.below(bent.len()), random.below(bent.len()));
        match random.below(8) {
            0 => bent.swap(at, other),
            1 if bent.len() > 2 => drop(bent.remove(at)),
            2 => bent.insert(other, bent[at].clone()),
            3 => bent[at].bytes = bend(random, &bent[at].bytes.clone()),
            4 => {
                let sizes = [0, 1, 511, 513, (20 << 20) + 1, (256 << 20) + 1, 1 << 33, u64::MAX / 2, u64::MAX];
                bent[at].says = Some(sizes[random.below(sizes.len())]);
            }
            5 => bent[at].kind = b"01234567SLKxgVX\0"[random.below(16)],
            6 => {
                let name = bend(random, bent[at].name.as_bytes());
                bent[at].name = String::from_utf8_lossy(&name).chars().filter(|c| *c != '\0').collect();
            }
            _ => {
                let names = [bent[at].name.clone(), bent[other].name.clone()];
                (bent[at].name, bent[other].name) = names.into();
            }
        }
    }
    let bytes = archive(&if random.percent(70) { summed(bent) } else { bent });
    if random.percent(20) { bend(random, &bytes) } else { bytes }
}

#[test]
fn restores() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    client.post("/registerDevice", &json!({ "CPUID": "A1" }));
    upload(&client);
    let good = members(&client.post("/api/backup", &json!({})).bytes);
    let new = Paperline::start();
    let admin = new.admin();
    let dir = tempfile::tempdir().unwrap();
    let (file, target) = (dir.path().join("bent"), dir.path().join("target"));
    let (mut whole, mut refused) = (0, 0);
    fuzz("restores", |random| {
        let bent = bend_archive(random, &good);
        std::fs::write(&file, &bent).unwrap();
        match restore::restore(&file, &target, paperline::store::endless()) {
            Ok(_) => {
                whole += 1;
                if random.percent(20)
                    && let Err(e) = paperline::app::App::open(&target, &[])
                {
                    assert!(!e.to_string().is_empty());
                }
                std::fs::remove_dir_all(&target).unwrap();
            }
            Err(e) => {
                refused += 1;
                assert!(!e.to_string().is_empty());
                assert!(!target.exists(), "what is left of it");
                if random.percent(70) {
                    return;
                }
                let answer = admin.upload("/api/restore", &[("b", &bent)]);
                assert_eq!(answer.refusal(), (400, "malformed"), "{e}");
                assert!(!new.data().join("restored").exists());
            }
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing but the file is there");
    });
    eprintln!("{whole} were whole, {refused} refused");
    is_well(&admin);
}

/// Near-boundaries, odd headers, nested parts, missing ends.
fn made_up_multipart(random: &mut Random) -> (String, Vec<u8>) {
    let boundaries = ["f", "frontier", "--", "f f", "\"q\"", "a'b", "----WebKitFormBoundary7MA4YWxkTrZu0gW", "é", ""];
    let boundary = match random.below(10) {
        0 => "b".repeat(random.below(300)),
        n if n < 4 => boundaries[random.below(boundaries.len())].to_owned(),
        _ => "f".to_owned(),
    };
    let kinds = [
        "multipart/form-data; boundary=",
        "Multipart/Form-Data;boundary=",
        "multipart/mixed; boundary=",
        "multipart/form-data; x=y; boundary=",
    ];
    let kind = format!("{}{boundary}", kinds[random.below(kinds.len())]);
    let mut body = Vec::new();
    for _ in 0..random.below(5) {
        body.extend(format!("--{boundary}\r\n").bytes());
        let headers = [
            "Content-Disposition: form-data; name=\"condition\"\r\n",
            "Content-Disposition: form-data; name=\"file\"; filename=\"../../x.png\"\r\n",
            "content-disposition: form-data; name=file; filename*=UTF-8''%e5%8f%91.png\r\n",
            "Content-Disposition: form-data\r\n",
            "Content-Disposition: attachment; filename=\"\"\r\n",
            "Content-Type: image/png\r\n",
            "Content-Type: multipart/mixed; boundary=inner\r\n",
            "Content-Transfer-Encoding: base64\r\n",
            "Content-Length: 99999999999999999999\r\n",
            "X-Nothing\r\n",
            ": \r\n",
            "\r\n",
            "\n",
        ];
        for _ in 0..random.below(4) {
            body.extend(headers[random.below(headers.len())].bytes());
        }
        if random.percent(5) {
            body.extend(format!("X: {}\r\n", "n".repeat(random.below(40_000))).bytes());
        }
        if random.percent(90) {
            body.extend(b"\r\n");
        }
        match random.below(6) {
            0 => body.extend(blank_png(9, 9)),
            1 => body
                .extend(format!("--inner\r\nContent-Disposition: file; filename=a\r\n\r\nx\r\n--inner--\r\n--{boundary}x").bytes()),
            2 => {
                let length = random.below(3_000);
                body.extend(random.bytes(length));
            }
            3 => body.extend(b"DeviceSN,CPUID\r\n18470001,A1\r\n"),
            4 => body.extend(b"Time"),
            _ => {}
        }
        body.extend(if random.percent(80) { &b"\r\n"[..] } else { b"\n" });
    }
    if random.percent(80) {
        body.extend(format!("--{boundary}--\r\n").bytes());
    }
    (kind, if random.percent(30) { bend(random, &body) } else { body })
}

#[test]
fn multipart_bodies() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let address = paperline.http.strip_prefix("http://").unwrap();
    let paths = [
        "/invoice/recognizeImage",
        "/invoice/uploadModelOrigin",
        "/api/devices/import",
        "/api/models/test",
        "/search",
        "/login",
        "/api/restore",
    ];
    fuzz("multipart bodies", |random| {
        let (kind, body) = made_up_multipart(random);
        let path = paths[random.below(paths.len())];
        let mut head =
            format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\nContent-Type: {kind}\r\n", client.cookie());
        let (mut sent, mut is_whole) = (body.clone(), true);
        match random.below(6) {
            0 => {
                head.push_str("Transfer-Encoding: chunked\r\n");
                sent = body
                    .chunks(1 + random.below(700))
                    .flat_map(|c| [format!("{:x}\r\n", c.len()).as_bytes(), c, b"\r\n"].concat())
                    .collect();
                sent.extend(b"0\r\n\r\n");
                if random.percent(20) {
                    sent = bend(random, &sent);
                    is_whole = false;
                }
            }
            1 => {
                head.push_str(&format!("Content-Length: {}\r\n", body.len() + 1 + random.below(100)));
                is_whole = false;
            }
            2 => head.push_str(&format!("Content-Length: {}\r\n", random.below(body.len() + 1))),
            _ => head.push_str(&format!("Content-Length: {}\r\n", body.len())),
        }
        let mut stream = TcpStream::connect(address).unwrap();
        let patience = if is_whole { Duration::from_secs(30) } else { Duration::from_millis(5) };
        stream.set_read_timeout(Some(patience)).unwrap();
        let _ = stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).and_then(|()| stream.write_all(&sent));
        let mut answer = [0; 64];
        let read = stream.read(&mut answer).unwrap_or(0);
        let line = String::from_utf8_lossy(&answer[..read]).into_owned();
        let status: u16 = line.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
        assert!(status < 500 || status == 503, "{path} {kind}: {line}");
    });
    is_well(&client);
    eventually("nothing is left of what was broken off", || {
        (std::fs::read_dir(paperline.data().join("pictures/incoming")).unwrap().count() == 0).then_some(())
    });
}

/// Rights that get this message; empty: every logged-in user.
fn pages_of(msg_id: i64) -> &'static [u64] {
    match msg_id {
        201 => &[9],
        1 | 203 => &[9, 7],
        100..=102 | 204 => &[7],
        206 => &[10],
        2..=4 => &[1],
        _ => &[],
    }
}

/// Returns what was received, and when.
fn talk(client: &Client, random: &mut Random, until: Instant) -> Vec<(Instant, i64)> {
    let mut heard = Vec::new();
    while Instant::now() < until {
        let Ok(mut socket) = client.try_socket("/invoice/webSocketServer", &[]) else { continue };
        if let tungstenite::stream::MaybeTlsStream::Plain(stream) = socket.0.get_mut() {
            stream.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
        }
        let mut lives = true;
        while lives && Instant::now() < until {
            let page = random.below(8);
            let said = match random.below(12) {
                0 => tungstenite::Message::text(r#"{"code":"002"}"#),
                1 => tungstenite::Message::text(
                    String::from_utf8_lossy(&bend(random, br#"{"code":"001","console_status":2}"#)).into_owned(),
                ),
                2 => tungstenite::Message::Ping(vec![1; random.below(126)].into()),
                3 if random.percent(10) => tungstenite::Message::binary(vec![0; 3]),
                n if n < 8 => tungstenite::Message::text(json!({ "code": "001", "console_status": page }).to_string()),
                _ => tungstenite::Message::Pong(Vec::new().into()),
            };
            lives = socket.0.send(said).is_ok();
            loop {
                match socket.0.read() {
                    Ok(tungstenite::Message::Text(text)) => {
                        let message: serde_json::Value = serde_json::from_str(&text).unwrap();
                        heard.push((Instant::now(), message["msg_id"].as_i64().unwrap()));
                    }
                    Ok(tungstenite::Message::Close(_)) => lives = false,
                    Ok(_) => {}
                    Err(tungstenite::Error::Io(e))
                        if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
                    {
                        break;
                    }
                    Err(_) => {
                        lives = false;
                        break;
                    }
                }
            }
        }
    }
    heard
}

#[test]
fn websocket_talks_while_rights_come_and_go() {
    const TALK: Duration = Duration::from_secs(2);
    const RIGHTS: [u64; 6] = [9, 7, 1, 10, 8, 11];
    let (address, _asked) = play(|id, _, stream| {
        good_as(7, id, stream);
        true
    });
    let paperline = Paperline::start_with(&[&["--engine", &address], &QUICK[..]].concat());
    let admin = paperline.admin();
    add_template(&admin);
    let made = admin.post("/api/users", &json!({ "user_name": "watcher", "passwd": "long enough", "permissions": RIGHTS }));
    let user = format!("/api/users/{}", made.body["user_id"]);
    let client = paperline.client();
    assert_eq!(client.log_in("watcher", "long enough").body["reqStatus"], "sucess");
    let mut all = 0;
    fuzz("WebSocket talks", |random| {
        // Rights, from their request until the next change was answered.
        let mut times: Vec<(Instant, Option<Instant>, Vec<u64>)> = Vec::new();
        let until = Instant::now() + TALK;
        let heard = std::thread::scope(|scope| {
            let talking: Vec<_> = (0..3)
                .map(|_| {
                    let (client, mut own) = (&client, Random::new(random.next()));
                    scope.spawn(move || talk(client, &mut own, until))
                })
                .collect();
            scope.spawn(|| {
                while Instant::now() < until {
                    upload(&admin);
                    std::thread::sleep(Duration::from_millis(30));
                }
            });
            while Instant::now() < until {
                let rights: Vec<u64> = RIGHTS.into_iter().filter(|_| random.percent(50)).collect();
                let asked = Instant::now();
                assert_eq!(admin.patch(&user, &json!({ "permissions": rights })).status, 200);
                if let Some(last) = times.last_mut() {
                    last.1 = Some(Instant::now());
                }
                times.push((asked, None, rights));
                std::thread::sleep(Duration::from_millis(random.below(1_500) as u64));
            }
            talking.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        for (at, msg_id) in heard {
            all += 1;
            let pages = pages_of(msg_id);
            let may = |(asked, over, rights): &(Instant, Option<Instant>, Vec<u64>)| {
                *asked <= at
                    && over.is_none_or(|over| over + Duration::from_secs(1) >= at)
                    && pages.iter().any(|p| rights.contains(p))
            };
            // Before the first change, the last run's rights applied.
            let is_early = times.first().is_none_or(|first| at < first.0 + Duration::from_secs(1));
            assert!(pages.is_empty() || is_early || times.iter().any(may), "{msg_id} was heard by whoever may not: {times:?}");
        }
    });
    eprintln!("{all} messages");
    is_well(&admin);
}
