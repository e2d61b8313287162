//! Abusive clients cost at most their route's limit, and delay nobody. Not here: malformed input (bad_input.rs), unfinished
//! requests (slow.rs).

use crate::random::Random;
use crate::support::{Client, Paperline, blank_png, eventually, status_line};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

fn resident_mib(paperline: &Paperline) -> u64 {
    let statm = std::fs::read_to_string(format!("/proc/{}/statm", paperline.pid())).unwrap();
    (statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096) >> 20
}

fn open_sockets(paperline: &Paperline) -> usize {
    let open = std::fs::read_dir(format!("/proc/{}/fd", paperline.pid())).unwrap();
    // One may be closed meanwhile.
    let is_socket = |path: std::path::PathBuf| std::fs::read_link(path).is_ok_and(|to| to.to_string_lossy().starts_with("socket:"));
    open.filter(|fd| is_socket(fd.as_ref().unwrap().path())).count()
}

fn connect(paperline: &Paperline) -> TcpStream {
    TcpStream::connect(paperline.http.trim_start_matches("http://")).unwrap()
}

fn begin(paperline: &Paperline, path: &str, kind: &str, length: usize, body: &[u8]) -> TcpStream {
    let mut stream = connect(paperline);
    let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let _ = stream.write_all(body);
    stream
}

fn is_served(ordinary: &Client) {
    let began = Instant::now();
    assert_eq!(ordinary.get("/api/devices").status, 200);
    assert_eq!(ordinary.get("/healthz").status, 200);
    assert!(began.elapsed() < Duration::from_secs(20), "an ordinary user waited for others");
}

#[test]
fn a_route_that_takes_words_takes_no_more_than_words() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let stuffed = |bytes: usize| format!("{{\"username\":\"x\",\"passwd\":\"y\",\"more\":\"{}\"}}", "z".repeat(bytes));
    assert_eq!(paperline.client().send("POST", "/login", &[], stuffed(60 << 10).as_bytes()).body["reqStatus"], "userError");
    for (method, path) in [
        ("POST", "/login"),
        ("PATCH", "/api/settings"),
        ("POST", "/api/tokens"),
        ("POST", "/api/users/1/password"),
        ("POST", "/logout"),
    ] {
        let refused = admin.send(method, path, &[], stuffed(70 << 10).as_bytes());
        assert_eq!(refused.refusal(), (413, "too_large"), "{path}");
    }
    // Refused by the announced length.
    let stream = begin(&paperline, "/login", "application/json", 32 << 20, b"{");
    assert_eq!(status_line(stream), "HTTP/1.1 413 Payload Too Large");
    // Long lists are accepted where lists belong.
    let many: Vec<_> = (0..10_000).map(|n| json!({ "DeviceSN": format!("{n:08}"), "CPUID": format!("C-{n}") })).collect();
    assert_eq!(admin.post("/registerDevice", &json!({ "devices": many })).body["reqStatus"], "sucess");
}

#[test]
fn a_file_is_taken_where_files_are_taken_and_nowhere_else() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let png = blank_png(9, 9);
    for path in ["/login", "/searchNoPrint", "/registerDevice", "/api/users", "/invoice/addModel"] {
        let answer = admin.upload(path, &[("p.png", &png)]);
        assert_eq!(answer.refusal(), (415, "unsupported"), "{path}");
    }
    assert_eq!(std::fs::read_dir(paperline.data().join("pictures/incoming")).unwrap().count(), 0);
    let body = "--f\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\nprodsys\r\n--f\r\nContent-Disposition: form-data; name=\"passwd\"\r\n\r\n123\r\n--f--\r\n";
    let form = [("content-type", "multipart/form-data; boundary=f")];
    assert_eq!(paperline.client().send("POST", "/login", &form, body.as_bytes()).body["reqStatus"], "sucess");
    let long =
        format!("--f\r\nContent-Disposition: form-data; name=\"a\"; filename=\"{}\"\r\n\r\nx\r\n--f--\r\n", "n".repeat(20 << 10));
    assert_eq!(admin.send("POST", "/invoice/recognizeImage", &form, long.as_bytes()).status, 413);
    let endless = format!("--f\r\nX: {}", "n".repeat(4 << 20));
    assert_eq!(admin.send("POST", "/invoice/recognizeImage", &form, endless.as_bytes()).status, 413);
    assert_eq!(admin.upload("/invoice/recognizeImage", &[("p.png", &png)]).status, 200);
}

/// Bytes already buffered when a part begins are not its header.
#[test]
fn files_of_any_size_are_taken_on_a_connection_of_any_age() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let mut random = Random::new(11);
    for (round, side) in [140, 550, 200, 1400, 9, 320].into_iter().enumerate() {
        let bytes = side * side;
        let noise = image::GrayImage::from_raw(side as u32, side as u32, random.bytes(bytes)).unwrap();
        let mut png = Vec::new();
        noise.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
        let files: Vec<(String, &[u8])> = (0..10).map(|n| (format!("{round}-{n}.png"), &png[..])).collect();
        let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
        let answer = admin.upload("/invoice/recognizeImage", &files);
        assert_eq!(answer.status, 200, "{bytes} bytes: {answer:?}");
        assert_eq!(answer.body["action_id_list"].as_array().unwrap().len(), 10, "{answer:?}");
        let lines: String = (0..5_000).map(|n| format!("{:08},C{round}-{n}\r\n", round * 5_000 + n)).collect();
        let table = format!("DeviceSN,CPUID\r\n{lines}");
        let imported = admin.upload("/api/devices/import?preview=1", &[("d.csv", table.as_bytes())]);
        assert_eq!(imported.body["created"], 5_000, "{imported:?}");
    }
}

#[test]
fn a_body_that_is_small_on_the_wire_and_large_in_memory_costs_little() {
    let paperline = Paperline::start();
    let (admin, ordinary) = (paperline.admin(), paperline.operator());
    let before = resident_mib(&paperline);
    let nasty = |entries: usize| format!("{{\"devices\":[{}{{\"\":0}}]}}", "{\"\":0},".repeat(entries));
    let (small, large) = (nasty(7_000), nasty(4_000_000));
    for _ in 0..3 {
        assert_eq!(paperline.client().send("POST", "/login", &[], small.as_bytes()).status, 413);
        assert_eq!(admin.send("POST", "/registerDevice", &[], large.as_bytes()).status, 413);
        is_served(&ordinary);
    }
    let grown = resident_mib(&paperline).saturating_sub(before);
    assert!(grown < 300, "{grown} MiB");
}

#[test]
fn strangers_who_fill_bodies_are_told_to_come_again_and_those_who_are_in_do_not_wait() {
    let paperline = Paperline::start();
    let ordinary = paperline.operator();
    let before = resident_mib(&paperline);
    let body = vec![b' '; 60 << 10];
    let held: Vec<TcpStream> = (0..600).map(|_| begin(&paperline, "/login", "application/json", body.len() + 1, &body)).collect();
    is_served(&ordinary);
    let mut told = 0;
    for mut stream in held {
        stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let mut answer = [0; 512];
        let read = stream.read(&mut answer).unwrap_or(0);
        let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
        if read > 0 {
            assert!(answer.starts_with("HTTP/1.1 503") && answer.to_lowercase().contains("retry-after"), "{answer}");
            told += 1;
        }
    }
    assert!(told >= 200, "{told} of 600 were told to come again");
    let grown = resident_mib(&paperline).saturating_sub(before);
    assert!(grown < 300, "{grown} MiB");
    is_served(&ordinary);
    eventually("log-ins go on", || (ordinary.log_in("nobody", "x").status != 503).then_some(()));
}

#[test]
fn who_does_not_read_is_cut_and_holds_up_nobody() {
    let paperline = Paperline::start();
    let (admin, ordinary) = (paperline.admin(), paperline.operator());
    for part in 0..10 {
        let many: Vec<_> = (0..10_000)
            .map(|n| json!({ "CPUID": format!("{:0>40}", part * 10_000 + n), "DeviceSN": format!("{:08}", part * 10_000 + n) }))
            .collect();
        assert_eq!(admin.post("/registerDevice", &json!({ "devices": many })).status, 200);
    }
    is_served(&ordinary);
    let (before, open_before) = (resident_mib(&paperline), open_sockets(&paperline));
    let mut unread: Vec<(TcpStream, usize)> = Vec::new();
    for path in ["/api/devices/export.csv", "/search?condition=Time&startTime=2000-01-01&endTime=2999-01-01"] {
        let length = admin.get(path).bytes.len();
        for _ in 0..100 {
            let mut stream = connect(&paperline);
            let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: {}\r\n\r\n", admin.cookie());
            stream.write_all(head.as_bytes()).unwrap();
            unread.push((stream, length));
        }
    }
    is_served(&ordinary);
    assert_eq!(admin.get("/api/devices/export.csv").refusal(), (503, "unavailable"));
    assert_eq!(ordinary.get("/api/devices/export.csv").status, 200);
    let grown = resident_mib(&paperline).saturating_sub(before);
    assert!(grown < 300, "{grown} MiB");
    // Cut though they never hang up.
    eventually("there is a place for an export again", || (admin.get("/api/devices/export.csv").status == 200).then_some(()));
    eventually("all of them are cut", || (open_sockets(&paperline) <= open_before + 2).then_some(()));
    let mut begun = 0;
    for (mut stream, length) in unread {
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        if rest.starts_with(b"HTTP/1.1 200") {
            begun += 1;
            // The kernel's buffers may have held all of one.
            if rest.ends_with(b"0\r\n\r\n") {
                assert_eq!(joined_chunks(&rest), length, "what was cut looks whole");
            }
        }
    }
    assert!(begun >= 3, "{begun} answers were begun");
}

/// The length of a chunked body.
fn joined_chunks(answer: &[u8]) -> usize {
    let end = |bytes: &[u8], mark: &[u8]| bytes.windows(mark.len()).position(|part| part == mark).unwrap();
    let mut rest = &answer[end(answer, b"\r\n\r\n") + 4..];
    let mut length = 0;
    loop {
        let line = end(rest, b"\r\n");
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        length += size;
        if size == 0 {
            return length;
        }
        rest = &rest[line + 2 + size + 2..];
    }
}

#[test]
fn a_right_that_is_taken_away_while_a_request_is_under_way_is_not_used() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let made = admin.post("/api/users", &json!({ "user_name": "boss2", "passwd": "long enough", "permissions": [103] }));
    let id = made.body["user_id"].as_u64().unwrap();
    let attempts: [(&str, &str, serde_json::Value); 4] = [
        ("POST", "/api/users", json!({ "user_name": "backdoor", "passwd": "long enough", "permissions": [103] })),
        ("POST", "/registerDevice", json!({ "CPUID": "BACKDOOR" })),
        ("PATCH", "/api/settings", json!({ "allow_plain_http": true })),
        ("POST", "/api/tokens", json!({ "name": "backdoor", "permissions": [103] })),
    ];
    for (take_away, expected) in [(json!({ "permissions": [5] }), "403 Forbidden"), (json!({ "locked": true }), "401 Unauthorized")]
    {
        assert_eq!(admin.patch(&format!("/api/users/{id}"), &json!({ "locked": false, "permissions": [103] })).status, 200);
        let boss = paperline.client();
        assert_eq!(boss.log_in("boss2", "long enough").body["reqStatus"], "sucess");
        let held: Vec<TcpStream> = attempts
            .iter()
            .map(|(method, path, body)| {
                let body = body.to_string();
                let mut stream = connect(&paperline);
                let head = format!(
                    "{method} {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                    boss.cookie(),
                    body.len()
                );
                stream.write_all(head.as_bytes()).unwrap();
                stream.write_all(&body.as_bytes()[..body.len() - 1]).unwrap();
                stream
            })
            .collect();
        // A later request of the same client is answered, so all are let in.
        assert_eq!(boss.get("/me").status, 200);
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(admin.patch(&format!("/api/users/{id}"), &take_away).status, 200);
        for ((_, path, _), mut stream) in attempts.iter().zip(held) {
            stream.write_all(b"}").unwrap();
            assert_eq!(status_line(stream), format!("HTTP/1.1 {expected}"), "{path}");
        }
    }
    let users = admin.get("/api/users").body.to_string();
    assert!(!users.contains("backdoor"), "{users}");
    assert_eq!(admin.get("/api/settings").body["allow_plain_http"], false);
    assert_eq!(admin.get("/api/devices").body["total"], 0);
}

#[test]
fn a_stations_token_makes_no_others_and_ends_with_its_users_password() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let made = admin.post("/api/users", &json!({ "user_name": "line", "passwd": "long enough", "permissions": [102] }));
    let id = made.body["user_id"].as_u64().unwrap();
    let line = paperline.client();
    line.log_in("line", "long enough");
    let token = || {
        line.post("/api/tokens", &json!({ "name": "3 号工位", "permissions": [102] })).body["token"].as_str().unwrap().to_owned()
    };
    let station = |token: &str| paperline.client().with_header("authorization", &format!("Bearer {token}"));
    let first = station(&token());
    assert_eq!(first.get("/searchNoPrint").status, 200);
    assert_eq!(first.get("/api/tokens").refusal(), (403, "forbidden"));
    assert_eq!(first.post("/api/tokens", &json!({ "name": "child", "permissions": [102] })).refusal(), (403, "forbidden"));
    let password = format!("/api/users/{id}/password");
    assert_eq!(
        first.post(&password, &json!({ "passwd": "another one", "old_passwd": "long enough" })).refusal(),
        (403, "forbidden")
    );
    let listed = admin.get(&format!("/api/tokens?user_id={id}")).body["tokens"].clone();
    assert_eq!(listed[0]["name"], "3 号工位");
    assert_eq!(line.get("/api/tokens?user_id=1").refusal(), (403, "forbidden"));
    assert_eq!(admin.delete(&format!("/api/tokens/{}", listed[0]["token_id"])).status, 200);
    assert_eq!(first.get("/searchNoPrint").status, 401);
    let (kept, ended) = (token(), token());
    assert_eq!(admin.post(&password, &json!({ "passwd": "second one", "keep_tokens": true })).status, 200);
    assert_eq!(station(&kept).get("/searchNoPrint").status, 200);
    assert_eq!(admin.post(&password, &json!({ "passwd": "third one" })).status, 200);
    assert_eq!((station(&kept).get("/searchNoPrint").status, station(&ended).get("/searchNoPrint").status), (401, 401));
}

#[test]
fn a_new_password_is_a_new_one() {
    let paperline = Paperline::start();
    let operator = paperline.operator();
    let id = operator.get("/me").body["user_id"].as_u64().unwrap();
    let change = |new: &str| operator.post(&format!("/api/users/{id}/password"), &json!({ "passwd": new, "old_passwd": "123" }));
    for wrong in ["123", "1234567", ""] {
        assert_eq!(change(wrong).refusal(), (400, "malformed"), "{wrong}");
    }
    assert_eq!(change("long enough").status, 200);
    let again = paperline.client();
    assert_eq!(again.log_in("prodsys", "long enough").body["reqStatus"], "sucess");
    let same = again.post(&format!("/api/users/{id}/password"), &json!({ "passwd": "long enough", "old_passwd": "long enough" }));
    assert_eq!(same.refusal(), (400, "malformed"));
}

#[test]
fn a_cookie_too_travels_over_https_only() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    for elsewhere in [("x-forwarded-for", "10.0.0.9"), ("host", "box.example")] {
        for path in ["/me", "/api/settings", "/api/users"] {
            assert_eq!(admin.send("GET", path, &[elsewhere], b"").refusal(), (403, "forbidden"), "{path}");
        }
        assert_eq!(admin.send("POST", "/api/backup", &[elsewhere], b"").refusal(), (403, "forbidden"));
    }
    assert_eq!(admin.get("/me").status, 200);
}

/// A reused connection delivers much at once; part boundaries are still found.
#[test]
fn a_picture_on_a_kept_connection_is_taken_however_much_of_it_comes_at_once() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let noise = |x: u32, y: u32| image::Luma([(x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503)) >> 13) as u8]);
    for side in [150, 700, 200, 900, 800, 300, 1000, 900] {
        let mut picture = Vec::new();
        let grey = image::GrayImage::from_fn(side, side, noise);
        grey.write_to(&mut std::io::Cursor::new(&mut picture), image::ImageFormat::Png).unwrap();
        for _ in 0..3 {
            let taken = admin.upload("/invoice/uploadModelOrigin", &[("a.png", &picture)]);
            assert_eq!(taken.status, 200, "{} bytes: {taken:?}", picture.len());
        }
    }
}

#[test]
fn an_export_ends_with_the_right_to_it() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let made = admin.post("/api/users", &json!({ "user_name": "line", "passwd": "long enough", "permissions": [101] }));
    let line = paperline.client();
    line.log_in("line", "long enough");
    for part in 0..20 {
        let many: Vec<_> = (0..10_000)
            .map(|n| json!({ "CPUID": format!("{:0>64}", part * 10_000 + n), "DeviceSN": format!("{:08}", part * 10_000 + n) }))
            .collect();
        assert_eq!(admin.post("/registerDevice", &json!({ "devices": many })).status, 200);
    }
    let whole = line.get("/api/devices/export.csv").bytes.len();
    let mut stream = connect(&paperline);
    let head = format!("GET /api/devices/export.csv HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\n\r\n", line.cookie());
    stream.write_all(head.as_bytes()).unwrap();
    // Stops once the buffers on the way are full.
    stream.read_exact(&mut [0; 64]).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let lock = admin.patch(&format!("/api/users/{}", made.body["user_id"]), &json!({ "locked": true }));
    assert_eq!(lock.status, 200);
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(!rest.ends_with(b"0\r\n\r\n") && rest.len() < whole, "{} of {whole} bytes came", rest.len());
}
