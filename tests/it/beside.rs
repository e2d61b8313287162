//! An ordinary user is served during every abuse. `scripts/bench flood` measures the cost. Not here: what happens to the abuser
//! (abuse.rs, many_sockets.rs, kept_backups.rs).

use crate::random::Random;
use crate::support::beside::Beside;
use crate::support::{Client, Paperline, blank_png};
use serde_json::json;
use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

struct Site {
    paperline: Paperline,
    admin: Client,
    picture: String,
}

impl Site {
    fn connect(&self) -> TcpStream {
        TcpStream::connect(self.paperline.http.trim_start_matches("http://")).unwrap()
    }

    fn say(&self, text: &str) -> TcpStream {
        let mut stream = self.connect();
        let _ = stream.write_all(text.as_bytes());
        stream
    }

    fn get_unread(&self, path: &str) -> TcpStream {
        self.say(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\n\r\n", self.admin.cookie()))
    }

    fn slow(&self) -> TcpStream {
        self.admin.begin_upload("/invoice/recognizeImage", 10 << 20)
    }
}

/// For each open-ended abuse.
const FOR: Duration = Duration::from_secs(2);

fn nasty_log_ins(site: &Site) {
    let body = format!("{{\"a\":[{}0]}}", "{\"\":0},".repeat(4_600_000));
    let head = format!(
        "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    // Small enough to be read.
    let small = format!("{{\"a\":[{}0]}}", "{\"\":0},".repeat(600));
    let began = Instant::now();
    while began.elapsed() < FOR {
        let mut streams: Vec<TcpStream> = (0..4).map(|_| site.say(&head)).collect();
        for stream in &mut streams {
            let _ = stream.write_all(&body.as_bytes()[..1 << 20]);
        }
        for _ in 0..20 {
            let answer = site.paperline.client().send("POST", "/login", &[], small.as_bytes());
            assert!(answer.status < 500 || answer.status == 503, "{answer:?}");
        }
    }
}

fn made_up_names(site: &Site) {
    thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                let (client, began, mut n) = (site.paperline.client(), Instant::now(), 0);
                while began.elapsed() < FOR {
                    n += 1;
                    let answer = client.log_in(&format!("nobody {thread} {n}"), "x");
                    assert!(matches!(answer.status, 200 | 429 | 503), "{answer:?}");
                }
            });
        }
    });
}

fn endless_part_headers(site: &Site) {
    for path in ["/login", "/invoice/recognizeImage"] {
        for _ in 0..10 {
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\nContent-Type: multipart/form-data; boundary=f\r\n\
                 Content-Length: 400000000\r\n\r\n--f\r\nX: ",
                site.admin.cookie()
            );
            let mut stream = site.say(&head);
            let piece = vec![b'n'; 1 << 20];
            for _ in 0..6 {
                if stream.write_all(&piece).is_err() {
                    break;
                }
            }
        }
    }
}

#[test]
fn an_ordinary_user_is_served_beside_each_abuse() {
    let paperline = Paperline::start();
    let (admin, ordinary) = (paperline.admin(), paperline.operator());
    for part in 0..4 {
        let many: Vec<_> = (0..10_000)
            .map(|n| json!({ "CPUID": format!("{:0>40}", part * 10_000 + n), "DeviceSN": format!("{:08}", part * 10_000 + n) }))
            .collect();
        assert_eq!(admin.post("/registerDevice", &json!({ "devices": many })).status, 200);
    }
    let grey = image::GrayImage::from_raw(2_000, 2_000, Random::new(2).bytes(4_000_000)).unwrap();
    let mut png = Vec::new();
    grey.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
    let picture = admin.upload("/invoice/uploadModelOrigin", &[("n.png", &png)]).body["file_name"].as_str().unwrap().to_owned();
    let site = Site { paperline, admin, picture };
    let hold = |of: &dyn Fn() -> TcpStream, number: usize| {
        let held: Vec<TcpStream> = (0..number).map(|_| of()).collect();
        thread::sleep(FOR);
        drop(held);
    };
    let abuses: [(&str, &dyn Fn()); 8] = [
        ("log-in bodies that are large in memory", &|| nasty_log_ins(&site)),
        ("log-ins by made-up names", &|| made_up_names(&site)),
        ("part headers without an end", &|| endless_part_headers(&site)),
        ("exports that nobody reads", &|| hold(&|| site.get_unread("/api/devices/export.csv"), 200)),
        ("pictures that nobody reads", &|| {
            hold(&|| site.get_unread(&format!("/invoice/getImgStr?url={}", site.picture)), 40);
        }),
        ("a backup that nobody reads", &|| {
            hold(
                &|| site.say(&format!("POST /api/backup HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\n\r\n", site.admin.cookie())),
                3,
            );
        }),
        ("uploads that come slowly", &|| hold(&|| site.slow(), 60)),
        ("sockets", &|| {
            let sockets: Vec<_> = (0..200)
                .map(|n| site.admin.socket(if n % 20 == 0 { "/socketNoPrint" } else { "/invoice/webSocketServer" }))
                .collect();
            for n in 0..20 {
                site.admin.post("/registerDevice", &json!({ "CPUID": format!("NEW{n}"), "DeviceSN": format!("9{n:07}") }));
            }
            drop(sockets);
        }),
    ];
    for (what, abuse) in abuses {
        let beside = Beside::begin(&ordinary);
        abuse();
        beside.end(what);
    }
}

#[test]
fn a_small_preview_does_not_wait_behind_large_ones() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    admin.post("/api/queue/pause", &json!({ "reason": "previews alone" }));
    let large = |grey: u8| {
        let mut png = Vec::new();
        let picture = image::GrayImage::from_pixel(7_900, 7_900, image::Luma([grey]));
        picture.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
        png
    };
    let (one, two, three) = (large(250), large(251), large(252));
    let small = blank_png(300, 200);
    let files = [("1.png", &one[..]), ("2.png", &two), ("3.png", &three), ("s.png", &small)];
    assert_eq!(admin.upload("/invoice/recognizeImage", &files).status, 200);
    let made = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for number in 1..=3 {
            let (client, made) = (paperline.admin(), &made);
            scope.spawn(move || {
                assert_eq!(client.get(&format!("/invoice/image/{number}?width=160")).status, 200);
                made.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            });
        }
        // Connected before the request.
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(admin.get("/invoice/image/4?width=160").status, 200);
        let made = made.load(std::sync::atomic::Ordering::SeqCst);
        assert!(made < 3, "the small one came after all {made} large ones");
    });
}
