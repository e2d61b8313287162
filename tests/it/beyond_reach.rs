//! Managers can't touch users with more rights; strangers leave nothing behind. Not here: routes' permissions (routes.rs),
//! companies (walls.rs).

use crate::support::{Client, Paperline, blank_png};
use paperline::http::edge::call::Access;
use paperline::http::route::ROUTES;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

fn manager(paperline: &Paperline, admin: &Client, permissions: &[u64]) -> Client {
    let user = json!({ "user_name": "manager", "passwd": "long enough", "permissions": permissions });
    assert_eq!(admin.post("/api/users", &user).status, 201);
    let client = paperline.client();
    assert_eq!(client.log_in("manager", "long enough").body["reqStatus"], "sucess");
    client
}

#[test]
fn a_group_that_holds_more_than_its_editor_is_neither_renamed_nor_weakened_nor_ended_by_him() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let group = |name: &str, permissions: &[u64]| {
        admin.post("/api/groups", &json!({ "group_name": name, "permissions": permissions })).body["group_id"].as_u64().unwrap()
    };
    let (strong, weak) = (group("强", &[16, 102]), group("弱", &[102]));
    let member = json!({ "user_name": "member", "passwd": "long enough", "group_id": strong });
    let member = admin.post("/api/users", &member).body["user_id"].as_u64().unwrap();
    let manager = manager(&paperline, &admin, &[20, 102, 14]);
    let of = |id: u64| {
        let groups = admin.get("/api/groups").body["groups"].clone();
        groups.as_array().unwrap().iter().find(|g| g["group_id"] == id).cloned()
    };
    let (before, rights) = (of(strong), admin.get(&format!("/invoice/getUserPermission?user_id={member}")).body);
    let path = format!("/api/groups/{strong}");
    let tick = |id: u64, on: u64| json!({ "group_id": strong, "permission_list": [{ "permission_id": id, "is_checked": on }] });
    for (what, answer) in [
        ("a name", manager.patch(&path, &json!({ "group_name": "新" }))),
        ("its own name", manager.patch(&path, &json!({ "group_name": "强" }))),
        ("nothing at all", manager.patch(&path, &json!({}))),
        ("without the right that he holds", manager.patch(&path, &json!({ "permissions": [16] }))),
        ("without any", manager.patch(&path, &json!({ "permissions": [] }))),
        ("as it is", manager.patch(&path, &json!({ "permissions": [16, 102] }))),
        ("with one more that he holds", manager.patch(&path, &json!({ "permissions": [16, 102, 14] }))),
        ("unticked", manager.post("/invoice/updateGroupPermission", &tick(102, 0))),
        ("ticked", manager.post("/invoice/updateGroupPermission", &tick(14, 1))),
        ("ended", manager.delete(&path)),
        ("left by a member", manager.post("/invoice/removeGroupUser", &json!({ "user_id": member }))),
        ("joined", manager.post("/invoice/addGroupUser", &json!({ "user_id": member, "group_id": weak }))),
    ] {
        assert_eq!(answer.status, 403, "{what}: {answer:?}");
    }
    assert_eq!(of(strong), before);
    assert_eq!(admin.get(&format!("/invoice/getUserPermission?user_id={member}")).body, rights);
    let log = admin.get("/api/log").body["action_list"].clone();
    let is_quiet = |row: &Value| row["user_name"] != "manager" || row["action_description"] == "登录";
    assert!(log.as_array().unwrap().iter().all(is_quiet), "{log}");
    let path = format!("/api/groups/{weak}");
    assert_eq!(manager.patch(&path, &json!({ "group_name": "新", "permissions": [102, 14] })).status, 200);
    assert_eq!(manager.patch(&path, &json!({ "permissions": [] })).status, 200);
    assert_eq!(manager.delete(&path).status, 200);
    assert_eq!(of(weak), None);
}

fn files_in(dir: &Path) -> Vec<String> {
    let found = std::process::Command::new("find").arg(dir).args(["-type", "f"]).output().unwrap();
    String::from_utf8(found.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Whole, and cut off in the file.
#[test]
fn a_strangers_files_are_written_nowhere() {
    let paperline = Paperline::start();
    // The first start writes files too.
    paperline.operator();
    let pictures = paperline.data().join("pictures");
    let before = files_in(&pictures);
    let noise = crate::random::Random::new(3).bytes(2 << 20);
    let png = blank_png(30, 20);
    let held: Vec<TcpStream> = ROUTES
        .iter()
        .flat_map(|route| {
            let path = route.path.replace("{name}", "1.png").replace("{id}", "1").replace("{sn}", "1");
            let stranger = paperline.client();
            for method in route.methods.names().iter().filter(|m| !["HEAD", "GET"].contains(m)) {
                for file in [&png[..], &noise[..]] {
                    let head = "--f\r\nContent-Disposition: form-data; name=\"file\"; filename=\"p.png\"\r\n\r\n";
                    let body = [head.as_bytes(), file, b"\r\n--f--\r\n"].concat();
                    let kind = [("content-type", "multipart/form-data; boundary=f")];
                    let answer = stranger.send(method, &path, &kind, &body);
                    assert!(matches!(answer.status, 401 | 413 | 415), "{route:?}: {answer:?}");
                    assert!(answer.status == 401 || matches!(route.access, Access::Open), "{route:?}: {answer:?}");
                }
            }
            let mut stream = stranger.begin_upload(&path, 64 << 20);
            let _ = stream.write_all(&noise[..600 << 10]);
            [stream]
        })
        .collect();
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(files_in(&pictures), before);
    drop(held);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(files_in(&pictures), before);
    let spooled: Vec<String> = files_in(paperline.dir.path()).into_iter().filter(|f| f.contains("incoming")).collect();
    assert_eq!(spooled, Vec::<String>::new());
    assert_eq!(paperline.admin().get("/api/invoices").body["total"], Value::from(0));
}

/// Just before each silence limit.
#[test]
fn a_body_at_a_byte_each_29_seconds_is_cut_within_90() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let small =
        "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"username\":\""
            .to_owned();
    let known = format!(
        "POST /api/queue/pause HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{\"reason\":\"",
        admin.cookie()
    );
    let list = format!(
        "POST /registerDevice HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\nContent-Type: application/json\r\nContent-Length: 30000000\r\n\r\n{{\"devices\":[",
        admin.cookie()
    );
    let file = format!(
        "POST /invoice/recognizeImage HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\nContent-Type: multipart/form-data; boundary=f\r\n\
         Content-Length: 30000000\r\n\r\n--f\r\nContent-Disposition: form-data; name=\"file\"; filename=\"p\"\r\n\r\n",
        admin.cookie()
    );
    let address = paperline.http.trim_start_matches("http://").to_owned();
    std::thread::scope(|scope| {
        for head in [small, known, list, file] {
            let address = &address;
            scope.spawn(move || {
                let began = std::time::Instant::now();
                let mut stream = TcpStream::connect(address).unwrap();
                stream.write_all(head.as_bytes()).unwrap();
                let mut answer = [0; 1];
                loop {
                    stream.set_read_timeout(Some(Duration::from_secs(29))).unwrap();
                    match stream.read(&mut answer) {
                        Ok(_) => break,
                        Err(e) if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                            let _ = stream.write_all(b" ");
                        }
                        Err(_) => break,
                    }
                    assert!(began.elapsed() < Duration::from_secs(150), "it goes on: {head}");
                }
                // 90 s by the box's clock; test machines are slow.
                assert!(began.elapsed() < Duration::from_secs(125), "{:?}: {head}", began.elapsed());
            });
        }
    });
    assert!(!paperline.data().join("pictures/incoming").read_dir().unwrap().any(|_| true), "nothing is left of the file");
    assert_eq!(admin.get("/healthz").status, 200);
}
