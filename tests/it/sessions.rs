//! Log-in: transport, rate, duration.

use crate::support::{Client, Paperline, eventually};
use serde_json::json;

#[test]
fn every_outcome_of_a_login() {
    let paperline = Paperline::start();
    let client = paperline.client();
    assert_eq!(client.get("/me").refusal(), (401, "unauthenticated"));
    assert_eq!(client.log_in("nobody", "123").body, json!({ "reqStatus": "userError" }));
    assert_eq!(client.log_in("prodsys", "321").body, json!({ "reqStatus": "passwdError" }));
    assert_eq!(client.post("/login", &json!({ "username": "prodsys" })).refusal(), (400, "malformed"));
    let welcome = client.form("/login", "username=prodsys&passwd=123");
    assert_eq!(welcome.body, json!({ "reqStatus": "sucess" }));
    let cookie = welcome.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && !cookie.contains("Secure"), "{cookie}");
    let me = client.get("/me").body;
    assert_eq!((&me["user_name"], &me["default_password"]), (&json!("prodsys"), &json!(true)));
    assert_eq!(me["permissions"][0]["permission_name"], "device-rw");
    assert!(!me.to_string().contains("argon2"));
    assert_eq!(client.post("/logout", &json!({})).status, 200);
    assert_eq!(client.get("/me").refusal(), (401, "unauthenticated"));
}

#[test]
fn the_sixth_try_has_to_wait_the_right_password_too() {
    let paperline = Paperline::start();
    let client = paperline.client();
    for _ in 0..5 {
        assert_eq!(client.log_in("prodsys", "wrong").body["reqStatus"], "passwdError");
    }
    let locked = client.log_in("prodsys", "123");
    assert_eq!((locked.status, &locked.body["reqStatus"]), (429, &json!("locked")));
    let seconds = locked.body["retryAfter"].as_u64().unwrap();
    assert!((1..=60).contains(&seconds));
    assert_eq!(locked.header("retry-after"), seconds.to_string());
    assert_eq!(client.log_in("admin", &paperline.admin_password()).body["reqStatus"], "sucess");
}

#[test]
fn a_certificate_put_in_place_is_taken_up_without_a_restart() {
    let (paperline, other) = (Paperline::start(), Paperline::start());
    let (own, new) = (paperline.data().join("tls"), other.data().join("tls"));
    // Trusts only the new one.
    let only = ureq::tls::Certificate::from_pem(&std::fs::read(new.join("ca.pem")).unwrap()).unwrap();
    let tls = ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::new_with_certs(&[only])).build();
    let reached = || {
        let agent: ureq::Agent = ureq::Agent::config_builder().tls_config(tls.clone()).build().into();
        agent.get(format!("{}/healthz", paperline.https)).call().is_ok()
    };
    assert!(!reached());
    std::fs::copy(new.join("own.pem"), own.join("cert.pem")).unwrap();
    eventually("it says so", || paperline.output.lock().unwrap().contains("the certificate is not taken up").then_some(()));
    assert_eq!(Client::new(&paperline.https).get("/healthz").status, 200, "the old one is still in use");
    std::fs::copy(new.join("own.pem"), own.join("key.pem")).unwrap();
    eventually("the new one is in use", || reached().then_some(()));
}

#[test]
fn https_has_a_certificate_from_the_first_start_and_keeps_it() {
    let paperline = Paperline::start();
    let secure = Client::new(&paperline.https);
    let welcome = secure.log_in("prodsys", "123");
    assert_eq!(welcome.body["reqStatus"], "sucess");
    assert!(welcome.header("set-cookie").contains("Secure"));
    let certificate = |dir: &std::path::Path| std::fs::read(dir.join("data/tls/own.pem")).unwrap();
    let first = certificate(paperline.dir.path());
    let (dir, _) = paperline.stop();
    let paperline = Paperline::start_in(dir, &[]);
    assert_eq!(certificate(paperline.dir.path()), first);
}

#[test]
fn passwords_are_not_taken_in_the_clear_from_elsewhere() {
    let paperline = Paperline::start();
    let far = paperline.client().with_header("x-forwarded-for", "10.0.0.7");
    assert_eq!(far.log_in("admin", &paperline.admin_password()).refusal(), (403, "forbidden"));
    let secure = Client::new(&paperline.https).with_header("x-forwarded-for", "10.0.0.7");
    assert_eq!(secure.log_in("prodsys", "123").refusal(), (403, "forbidden"), "the default password works on the box only");
    assert_eq!(secure.log_in("admin", &paperline.admin_password()).body["reqStatus"], "sucess");
    let paperline = Paperline::start_with(&["--set", "allow_plain_http=true", "--set", "allow_default_password=true"]);
    let far = paperline.client().with_header("x-forwarded-for", "10.0.0.7");
    assert_eq!(far.log_in("prodsys", "123").body["reqStatus"], "sucess");
}

#[test]
fn another_site_can_neither_act_nor_listen() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    for origin in ["http://evil.example", "null"] {
        let other = client.clone().with_header("origin", origin);
        assert_eq!(other.post("/registerDevice", &json!({ "CPUID": "C1" })).refusal(), (403, "forbidden"));
        assert_eq!(client.try_socket("/socketNoPrint", &[("origin", origin)]).err(), Some(403));
    }
    let own = client.clone().with_header("origin", &paperline.http);
    assert_eq!(own.post("/registerDevice", &json!({ "CPUID": "C1" })).status, 200);
    assert_eq!(paperline.client().try_socket("/socketNoPrint", &[]).err(), Some(401));
}

#[test]
fn the_first_password_is_for_its_owner_only_and_no_secret_is_printed_twice() {
    use std::os::unix::fs::PermissionsExt;
    let paperline = Paperline::start();
    let mode = std::fs::metadata(paperline.data().join("initial-admin-password")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let client = paperline.admin();
    client.log_in("admin", "a-wrong-password-nobody-may-log");
    let output = paperline.output.lock().unwrap().clone();
    assert_eq!(output.matches(&paperline.admin_password()).count(), 1);
    assert!(!output.contains("a-wrong-password-nobody-may-log") && !output.contains(&client.cookie()[4..]));
}

#[test]
fn a_session_outlives_a_restart() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let cookie = client.cookie();
    let paperline = Paperline::start_in(paperline.kill(), &[]);
    assert_eq!(paperline.client().with_header("cookie", &cookie).get("/me").status, 200);
}

#[test]
fn whoever_holds_the_box_gets_in_again_beside_the_running_server_and_without_it() {
    let paperline = Paperline::start();
    let reset = |dir: &std::path::Path, name: &str| {
        let arguments = ["user", "reset", name, "--data-dir"];
        std::process::Command::new(env!("CARGO_BIN_EXE_paperline")).args(arguments).arg(dir).output().unwrap()
    };
    let password = |output: std::process::Output| {
        let text = String::from_utf8(output.stdout).unwrap();
        text.trim().rsplit(' ').next().unwrap().to_owned()
    };
    let client = paperline.admin();
    let new = password(reset(&paperline.data(), "admin"));
    assert_eq!(client.get("/me").status, 401, "every session ended");
    assert_eq!(client.log_in("admin", &new).body["reqStatus"], "sucess");
    assert!(!reset(&paperline.data(), "nobody").status.success());
    let data = paperline.data();
    let (dir, _) = paperline.stop();
    let newer = password(reset(&data, "admin"));
    let paperline = Paperline::start_in(dir, &[]);
    assert_eq!(paperline.client().log_in("admin", &new).body["reqStatus"], "passwdError");
    assert_eq!(paperline.client().log_in("admin", &newer).body["reqStatus"], "sucess");
}

#[test]
fn behind_a_trusted_proxy_every_address_has_its_own_tries() {
    let paperline = Paperline::start_with(&["--set", "trusted_proxies=127.0.0.1", "--set", "allow_plain_http=true"]);
    let from = |address: &str| paperline.client().with_header("x-forwarded-for", address);
    for _ in 0..5 {
        assert_eq!(from("10.0.0.1").log_in("admin", "wrong").body["reqStatus"], "passwdError");
    }
    let password = paperline.admin_password();
    assert_eq!(from("10.0.0.1").log_in("admin", &password).status, 429);
    assert_eq!(from("10.0.0.9, 10.0.0.1").log_in("admin", &password).status, 429);
    let other = from("10.0.0.2");
    assert_eq!(other.log_in("admin", &password).body["reqStatus"], "sucess");
    other.upload("/invoice/recognizeImage", &[("a.png", &crate::support::blank_png(20, 20))]);
    let log = other.get("/api/log").body;
    assert_eq!(log["action_list"][0]["user_ip"], "10.0.0.2");
}

#[test]
fn who_came_in_and_who_was_turned_away_is_in_the_log() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    assert_eq!(admin.post("/api/users", &json!({ "user_name": "甲", "passwd": "right-one", "permissions": [5] })).status, 201);
    let client = paperline.client();
    client.log_in("甲", "right-one");
    for _ in 0..5 {
        assert_eq!(client.log_in("甲", "wrong-one").body["reqStatus"], "passwdError");
    }
    for _ in 0..3 {
        assert_eq!(client.log_in("甲", "right-one").status, 429);
    }
    assert_eq!(client.log_in("right-one", "甲").body["reqStatus"], "userError");
    let far = Client::new(&paperline.https).with_header("x-forwarded-for", "10.0.0.7");
    assert_eq!(far.log_in("prodsys", "123").refusal(), (403, "forbidden"));

    let log = admin.get("/api/log").body["action_list"].as_array().unwrap().clone();
    let rows = |user: &str, what: &str| {
        let fits = |row: &&serde_json::Value| row["user_name"] == user && row["action_description"] == what;
        log.iter().filter(fits).count()
    };
    assert_eq!((rows("admin", "登录"), rows("甲", "登录")), (1, 1), "{log:?}");
    assert_eq!((rows("甲", "登录失败 密码错误"), rows("甲", "登录失败 错误次数过多")), (5, 1), "{log:?}");
    assert_eq!(rows("", "登录失败 没有这个用户"), 1, "{log:?}");
    assert!(!serde_json::to_string(&log).unwrap().contains("right-one"));
    assert_eq!(rows("prodsys", "登录失败 默认密码只能在本机使用"), 1, "{log:?}");
    assert_eq!(log.iter().find(|row| row["user_name"] == "甲").unwrap()["user_ip"], "127.0.0.1");
    // The interface document's log leaves them out.
    let asked = json!({ "startTime": "2000-01-01", "endTime": "2999-01-01" });
    assert_eq!(admin.post("/invoice/getTwentyAction", &asked).body["action_list"], json!([]));
}
