//! Proxies, host names, certificates, HSTS. Not here: sessions and attempts (sessions.rs).

use crate::support::{Answer, Client, Paperline, eventually, skipped};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

const TRUSTED: [&str; 2] = ["--set", "trusted_proxies=127.0.0.0/8"];

fn log_in(paperline: &Paperline, headers: &[(&str, &str)]) -> Answer {
    let body = json!({ "username": "prodsys", "passwd": "123" }).to_string();
    paperline.client().send("POST", "/login", headers, body.as_bytes())
}

#[test]
fn a_proxy_on_the_box_that_says_nothing_of_the_client_is_not_the_box_itself() {
    let paperline = Paperline::start();
    // `proxy_pass` with `proxy_set_header Host $host`: no X-Forwarded-For.
    for host in ["labels.factory.example", "10.1.2.3:8080", "evil.example:8080"] {
        assert_eq!(log_in(&paperline, &[("host", host)]).refusal(), (403, "forbidden"), "{host}");
        assert_eq!(paperline.client().send("GET", "/metrics", &[("host", host)], b"").status, 401, "{host}");
    }
    for forwarded in ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded"] {
        assert_eq!(log_in(&paperline, &[(forwarded, "127.0.0.1")]).refusal(), (403, "forbidden"), "{forwarded}");
    }
    assert_eq!(log_in(&paperline, &[("host", "localhost:1234")]).body["reqStatus"], "sucess");
}

#[test]
fn https_that_ends_at_a_trusted_proxy_is_https() {
    let paperline = Paperline::start_with(&TRUSTED);
    let through = |more: &[(&str, &str)]| {
        let headers = [("host", "labels.factory.example"), ("x-forwarded-for", "10.0.0.9")];
        let body = json!({ "username": "admin", "passwd": paperline.admin_password() }).to_string();
        paperline.client().send("POST", "/login", &[&headers[..], more].concat(), body.as_bytes())
    };
    let welcome = through(&[("x-forwarded-proto", "https"), ("origin", "https://labels.factory.example")]);
    assert_eq!(welcome.body["reqStatus"], "sucess", "{welcome:?}");
    assert!(welcome.header("set-cookie").contains("Secure"));
    assert_eq!(through(&[("x-forwarded-proto", "http")]).refusal(), (403, "forbidden"));
    let untrusting = Paperline::start();
    let body = json!({ "username": "admin", "passwd": untrusting.admin_password() }).to_string();
    let claimed = untrusting.client().send("POST", "/login", &[("x-forwarded-proto", "https")], body.as_bytes());
    assert_eq!(claimed.refusal(), (403, "forbidden"));
}

#[test]
fn a_page_behind_a_proxy_is_its_own_site_or_is_told_what_the_proxy_must_pass_on() {
    let page = "https://labels.factory.example";
    let paperline = Paperline::start_with(&[&TRUSTED[..], &["--set", "allow_plain_http=true"]].concat());
    let as_proxied =
        |more: &[(&str, &str)]| log_in(&paperline, &[&[("origin", page), ("x-forwarded-for", "10.0.0.9")], more].concat());
    let refused = as_proxied(&[]);
    assert_eq!(refused.refusal(), (403, "forbidden"));
    for word in [page, paperline.http.as_str(), "trusted_proxies", "X-Forwarded-Host"] {
        assert!(refused.body["err"].as_str().unwrap().contains(word), "{word}: {refused:?}");
    }
    let named = [("x-forwarded-host", "labels.factory.example"), ("x-forwarded-proto", "https")];
    // The default password is refused next; the site is accepted.
    assert!(as_proxied(&named).body["err"].as_str().unwrap().contains("默认密码"));
    let elsewhere = [("x-forwarded-host", "other.example"), ("x-forwarded-proto", "https")];
    assert!(as_proxied(&elsewhere).body["err"].as_str().unwrap().contains("其他网站"));
}

#[test]
fn hsts_is_for_those_who_ask_for_it() {
    let header = |paperline: &Paperline, base: &str| {
        let _ = paperline;
        Client::new(base).get("/").header("strict-transport-security").to_owned()
    };
    let paperline = Paperline::start();
    assert_eq!(header(&paperline, &paperline.https), "");
    let admin = paperline.admin();
    assert_eq!(admin.patch("/api/settings", &json!({ "hsts": true })).body["hsts"], true);
    assert!(header(&paperline, &paperline.https).contains("max-age="));
    assert_eq!(header(&paperline, &paperline.http), "");
}

fn trusting(ca: &[u8]) -> ureq::Agent {
    let only = ureq::tls::Certificate::from_pem(ca).unwrap();
    let tls = ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::new_with_certs(&[only])).build();
    ureq::Agent::config_builder().tls_config(tls).build().into()
}

/// From two yymmddHHMMSSZ times (X.509 §4.1.2.5).
fn good_for_days(pem: &[u8]) -> i32 {
    let der = ureq::tls::Certificate::from_pem(pem).unwrap();
    let der = der.der();
    let start = der.windows(2).position(|pair| pair == [0x17, 0x0d]).unwrap();
    let date = |at: usize| {
        let text = std::str::from_utf8(&der[at + 2..at + 8]).unwrap();
        jiff::civil::Date::strptime("%y%m%d", text).unwrap()
    };
    (date(start + 15) - date(start)).get_days()
}

#[test]
fn stations_that_trust_the_ca_reach_the_box_by_its_address_and_need_not_learn_a_new_certificate() {
    let paperline = Paperline::start();
    let answer = paperline.client().get("/ca.pem");
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/x-pem-file"));
    let by_name = paperline.https.replace("127.0.0.1", "localhost");
    for base in [&paperline.https, &by_name] {
        assert_eq!(trusting(&answer.bytes).get(format!("{base}/healthz")).call().unwrap().status(), 200, "{base}");
    }
    let own = std::fs::read(paperline.data().join("tls/own.pem")).unwrap();
    assert!((100..=825).contains(&good_for_days(&own)), "{}", good_for_days(&own));
    // After a move: a new certificate, the same CA.
    let (dir, _) = paperline.stop();
    let file = dir.path().join("data/tls/own.pem");
    let moved = String::from_utf8(own).unwrap().replacen("127.0.0.1", "127.0.0.1 192.0.2.77", 1);
    std::fs::write(&file, &moved).unwrap();
    let paperline = Paperline::start_in(dir, &[]);
    assert_ne!(std::fs::read_to_string(&file).unwrap(), moved);
    assert_eq!(paperline.client().get("/ca.pem").bytes, answer.bytes);
    assert_eq!(trusting(&answer.bytes).get(format!("{}/healthz", paperline.https)).call().unwrap().status(), 200);
}

#[test]
fn what_an_older_release_made_for_itself_is_replaced_and_what_the_operator_put_there_is_not() {
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let tls = dir.path().join("data/tls");
    std::fs::create_dir_all(&tls).unwrap();
    let put = |certified: &rcgen::CertifiedKey<rcgen::KeyPair>| {
        std::fs::write(tls.join("cert.pem"), certified.cert.pem()).unwrap();
        std::fs::write(tls.join("key.pem"), certified.signing_key.serialize_pem()).unwrap();
    };
    put(&rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap());
    let paperline = Paperline::start_in(dir, &[]);
    let ca = paperline.client().get("/ca.pem").bytes;
    assert_eq!(trusting(&ca).get(format!("{}/healthz", paperline.https)).call().unwrap().status(), 200);
    let (dir, _) = paperline.stop();
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, "the factory's own");
    let cert = params.self_signed(&key).unwrap();
    put(&rcgen::CertifiedKey { cert, signing_key: key });
    let operators = std::fs::read(tls.join("cert.pem")).unwrap();
    let paperline = Paperline::start_in(dir, &[]);
    assert_eq!(trusting(&operators).get(format!("{}/healthz", paperline.https)).call().unwrap().status(), 200);
    assert_eq!(std::fs::read(tls.join("cert.pem")).unwrap(), operators);
}

fn address_of_this_machine() -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // Sends nothing; finds the route.
    socket.connect("192.0.2.1:9").ok()?;
    match socket.local_addr().ok()?.ip() {
        std::net::IpAddr::V4(ip) if !ip.is_loopback() => Some(ip),
        _ => None,
    }
}

/// Of simultaneous connections.
const SHARE_OF_AN_ADDRESS: usize = 2048;

#[test]
fn one_address_never_has_all_the_connections() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Some(own) = address_of_this_machine() else { return skipped("this machine has no address that others reach") };
    let most = getrlimit(Resource::Nofile).maximum;
    if most.is_some_and(|most| most < 20_000) {
        return skipped(format!("no more than {most:?} files may be open here"));
    }
    setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most }).unwrap();
    let paperline = Paperline::start_with(&["--http", "0.0.0.0:0", "--mdns", "off"]);
    let port: u16 = paperline.http.rsplit(':').next().unwrap().parse().unwrap();
    let answered = |from: (Ipv4Addr, u16)| {
        let mut stream = TcpStream::connect(from).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer.starts_with(b"HTTP/1.1")
    };
    assert!(answered((own, port)));
    let held: Vec<TcpStream> = (0..SHARE_OF_AN_ADDRESS).map(|_| TcpStream::connect((own, port)).unwrap()).collect();
    assert!(!answered((own, port)), "one more than its share");
    assert!(answered((Ipv4Addr::LOCALHOST, port)));
    drop(held);
    eventually("its share is free again", || answered((own, port)).then_some(()));
    // A proxy stands for many clients.
    let admin = Client::new(&format!("http://127.0.0.1:{port}"));
    assert_eq!(admin.log_in("admin", &paperline.admin_password()).body["reqStatus"], "sucess");
    assert_eq!(admin.patch("/api/settings", &json!({ "trusted_proxies": [own.to_string()] })).status, 200);
    let held: Vec<TcpStream> = (0..SHARE_OF_AN_ADDRESS + 100).map(|_| TcpStream::connect((own, port)).unwrap()).collect();
    assert!(answered((own, port)));
    drop(held);
}

#[test]
fn whoever_was_logged_in_lately_does_not_queue_behind_those_who_guess() {
    let paperline = Paperline::start_with(&[&TRUSTED[..], &["--set", "allow_default_password=true"]].concat());
    let from = |address: &str| {
        log_in(&paperline, &[("x-forwarded-for", address), ("x-forwarded-proto", "https"), ("host", "labels.factory.example")])
    };
    assert_eq!(from("10.1.2.3").body["reqStatus"], "sucess");
    let guess = |n: usize| {
        let mut stream = TcpStream::connect(paperline.http.trim_start_matches("http://")).unwrap();
        let body = r#"{"username":"admin","passwd":"a guess"}"#;
        let head = format!(
            "POST /login HTTP/1.1\r\nHost: labels.factory.example\r\nX-Forwarded-For: 10.9.{}.{}\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            n / 250,
            n % 250,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream
    };
    // More than may wait at once.
    let guesses: Vec<TcpStream> = (0..2_000).map(|n| guess(n % 400)).collect();
    for _ in 0..3 {
        assert_eq!(from("10.1.2.3").body["reqStatus"], "sucess");
    }
    let refused = guesses.into_iter().filter(|stream| {
        let mut answer = String::new();
        let _ = (&*stream).read_to_string(&mut answer);
        answer.starts_with("HTTP/1.1 503")
    });
    assert!(refused.count() > 200, "more came than are waited for");
}

#[test]
fn a_name_that_only_looks_new_is_refused() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let user = |name: &str| admin.post("/api/users", &json!({ "user_name": name, "passwd": "long enough", "permissions": [5] }));
    let group = |name: &str| admin.post("/api/groups", &json!({ "group_name": name, "permissions": [5] }));
    let company = |name: &str| admin.post("/api/companies", &json!({ "company_name": name }));
    assert_eq!((user("王芳 OP").status, group("Reader").status, company("Acme").status), (201, 201, 201));
    for answer in [
        user("\u{430}dmin"),
        user("王芳 ОР"),
        user("王芳\u{2003} OP"),
        user("ａｄｍｉｎ"),
        group("R\u{435}ader"),
        company("\u{410}cme"),
    ] {
        assert_eq!(answer.refusal(), (409, "conflict"));
        let said = answer.body["err"].as_str().unwrap();
        assert!(said.contains("看起来一样") || said.contains("同名"), "{answer:?}");
    }
    for name in ["a\u{200B}b", "a\u{2800}", "a\u{FFF9}b", "a\u{1D173}b", "a\tb", "a\u{E000}", "👨\u{200D}👩"] {
        assert!(user(name).body["err"].as_str().unwrap().contains("看不见"), "{name:?}");
    }
    for name in ["admin2", "l1", "ll", "王芬 OP", "王土", "王士", "仓库1", "仓库l", "Вася"] {
        assert_eq!(user(name).status, 201, "{name}");
    }
}
