//! A right is withdrawn during use: once that is answered, no request sent before or after takes effect. `PAPERLINE_RACE_ROUNDS`
//! (60) rounds from seed `PAPERLINE_RACE_SEED` (1). Not here: routes' permissions (routes.rs), one request held open (abuse.rs).

use crate::random::Random;
use crate::reader::Office;
use crate::support::{Client, Socket, blank_png, status_line};
use serde_json::{Value, json};
use std::io::Write;
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// Each with a recognisable effect.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Register,
    Switch,
    CorrectDevice,
    Import,
    AddUser,
    Settings,
    Token,
    CorrectInvoice,
    Pause,
    Upload,
    Label,
    Claim,
}

const KINDS: [Kind; 12] = [
    Kind::Register,
    Kind::Switch,
    Kind::CorrectDevice,
    Kind::Import,
    Kind::AddUser,
    Kind::Settings,
    Kind::Token,
    Kind::CorrectInvoice,
    Kind::Pause,
    Kind::Upload,
    Kind::Label,
    Kind::Claim,
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Rights,
    Lock,
    GroupsRight,
    Token,
    Company,
    Password,
    LogOut,
}

const WAYS: [Way; 7] = [Way::Rights, Way::Lock, Way::GroupsRight, Way::Token, Way::Company, Way::Password, Way::LogOut];

impl Way {
    /// A changed company affects only what lies in the company.
    fn concerns(self, kind: Kind) -> bool {
        match self {
            Self::Company => matches!(kind, Kind::AddUser | Kind::CorrectInvoice | Kind::Upload),
            Self::Token => kind != Kind::Token,
            _ => true,
        }
    }
}

struct Request {
    method: &'static str,
    path: String,
    kind: &'static str,
    body: Vec<u8>,
}

/// With fewer bytes held back, a form could be complete.
const HELD: usize = 8;
const PASSWORD: &str = "a long password";
const EVERYTHING: [u64; 1] = [103];
const OF_A_COMPANY: [u64; 9] = [102, 14, 20, 6, 18, 17, 16, 2, 15];

struct Box {
    office: Office,
    racer: u64,
    group: u64,
    company: u64,
    invoice: u64,
    label: u64,
    marks: AtomicU64,
}

struct Racer {
    client: Client,
    header: String,
    token: Option<u64>,
}

impl Box {
    fn open() -> Self {
        let mut office = Office::open();
        let invoice = office.invoice(&[("金额", "¥20.00"), ("客户名称", "中山大学?0.5")]);
        let admin = &office.admin;
        let id = |path: &str, body: Value, name: &str| {
            let answer = admin.post(path, &body);
            assert_eq!(answer.status, 201, "{answer:?}");
            answer.body[name].as_u64().unwrap()
        };
        let racer = id("/api/users", json!({ "user_name": "racer", "passwd": PASSWORD, "permissions": EVERYTHING }), "user_id");
        let group = id("/api/groups", json!({ "group_name": "组", "permissions": EVERYTHING }), "group_id");
        let company = id("/api/companies", json!({ "company_name": "乙" }), "company_id");
        let label = id("/api/labels", json!({ "name": "标签", "width_mm": 40, "height_mm": 30 }), "label_id");
        let devices = json!({ "devices": [{ "DeviceSN": "18470001", "CPUID": "A1" }, { "DeviceSN": "18470002", "CPUID": "A2" }] });
        assert_eq!(admin.post("/registerDevice", &devices).status, 200);
        Self { racer, group, company, invoice, label, marks: AtomicU64::new(1), office }
    }

    fn request(&self, kind: Kind) -> Request {
        let n = self.marks.fetch_add(1, Ordering::Relaxed);
        let mark = format!("MARK{n}");
        let json = |method: &'static str, path: String, body: Value| Request {
            method,
            path,
            kind: "application/json",
            body: body.to_string().into_bytes(),
        };
        let file = |path: &str, name: &str, bytes: &[u8]| {
            let head = format!("--f\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
            let body = [head.as_bytes(), bytes, b"\r\n--f--\r\n"].concat();
            Request { method: "POST", path: path.to_owned(), kind: "multipart/form-data; boundary=f", body }
        };
        match kind {
            Kind::Register => {
                json("POST", "/registerDevice".into(), json!({ "DeviceSN": format!("{:08}", n % 10_000_000), "CPUID": mark }))
            }
            Kind::Switch => json("POST", "/switchPrintStatus".into(), json!({ "DeviceSNList": ["18470001"] })),
            Kind::CorrectDevice => json("PATCH", "/api/devices/18470002".into(), json!({ "CPUID": mark, "reason": mark })),
            Kind::Import => {
                let table = format!("DeviceSN,CPUID\r\n{:08},{mark}\r\n", 50_000_000 + n % 10_000_000);
                file("/api/devices/import", "d.csv", table.as_bytes())
            }
            Kind::AddUser => json("POST", "/api/users".into(), json!({ "user_name": mark, "passwd": PASSWORD, "permissions": [] })),
            Kind::Settings => json("PATCH", "/api/settings".into(), json!({ "backup_keep": 1 + n % 1_000 })),
            Kind::Token => json("POST", "/api/tokens".into(), json!({ "name": mark, "permissions": [101] })),
            Kind::CorrectInvoice => {
                json("PATCH", format!("/api/invoices/{}", self.invoice), json!({ "fields": { "客户名称": mark } }))
            }
            Kind::Pause => json("POST", "/api/queue/pause".into(), json!({ "reason": mark })),
            Kind::Upload => {
                let side = |n: u64| u32::try_from(n % 200).unwrap() + 10;
                file("/invoice/recognizeImage", &format!("{mark}.png"), &blank_png(side(n), side(n / 200)))
            }
            Kind::Label => json("PATCH", format!("/api/labels/{}", self.label), json!({ "name": mark })),
            Kind::Claim => json("POST", "/api/labels/claims".into(), json!({ "DeviceSNList": ["18470001"] })),
        }
    }

    fn give(&self, way: Way) -> Racer {
        let (admin, racer) = (&self.office.admin, self.racer);
        let (own, group, company) = match way {
            Way::GroupsRight => (&[][..], self.group, 1),
            Way::Company => (&OF_A_COMPANY[..], 0, 1),
            _ => (&EVERYTHING[..], 0, 1),
        };
        assert_eq!(admin.patch(&format!("/api/groups/{}", self.group), &json!({ "permissions": EVERYTHING })).status, 200);
        let given = json!({ "locked": false, "company_id": company, "group_id": group, "permissions": own });
        assert_eq!(admin.patch(&format!("/api/users/{racer}"), &given).status, 200);
        admin.post("/api/queue/resume", &json!({}));
        let client = self.office.paperline.client();
        assert_eq!(client.log_in("racer", PASSWORD).body["reqStatus"], "sucess");
        if way != Way::Token {
            let header = format!("Cookie: {}", client.cookie());
            return Racer { client, header, token: None };
        }
        let made = client.post("/api/tokens", &json!({ "name": "station", "permissions": EVERYTHING })).body;
        let secret = format!("Bearer {}", made["token"].as_str().unwrap());
        let client = self.office.paperline.client().with_header("authorization", &secret);
        Racer { client, header: format!("Authorization: {secret}"), token: made["token_id"].as_u64() }
    }

    /// Returns when it was answered, and its log row, if any.
    fn take_away(&self, way: Way, racer: &Racer) -> (Instant, Option<&'static str>) {
        let (admin, id) = (&self.office.admin, self.racer);
        let user = format!("/api/users/{id}");
        let (answer, line) = match way {
            Way::Rights => (admin.patch(&user, &json!({ "permissions": [19] })), Some("修改用户权限 racer")),
            Way::Lock => (admin.patch(&user, &json!({ "locked": true })), Some("锁定用户 racer")),
            Way::GroupsRight => {
                (admin.patch(&format!("/api/groups/{}", self.group), &json!({ "permissions": [] })), Some("修改用户组 组"))
            }
            Way::Token => (admin.delete(&format!("/api/tokens/{}", racer.token.unwrap())), Some("删除令牌 station")),
            Way::Company => (admin.patch(&user, &json!({ "company_id": self.company })), Some("修改用户 racer")),
            Way::Password => {
                (admin.post(&format!("{user}/password"), &json!({ "passwd": "another password" })), Some("修改密码 racer"))
            }
            Way::LogOut => (racer.client.post("/logout", &json!({})), None),
        };
        assert_eq!(answer.status, 200, "{answer:?}");
        (Instant::now(), line)
    }

    /// Except what changes by itself.
    fn effects(&self, way: Way) -> Value {
        let admin = &self.office.admin;
        let get = |path: &str| admin.get(path).body;
        let mut users = get("/api/users")["users"].clone();
        let invoice = get(&format!("/api/invoices/{}", self.invoice))["version"].clone();
        if way == Way::Company {
            // New actions lie in the other company.
            users.as_array_mut().unwrap().retain(|user| user["company_id"] == 1);
            return json!([users, invoice]);
        }
        let devices = get("/api/devices?order=newest&limit=5");
        let device = |sn: &str| get(&format!("/api/devices?q={sn}"))["devices"][0].clone();
        json!({
            "devices": devices,
            "switched": device("18470001"),
            "corrected": device("18470002"),
            "imports": get("/api/imports")["imports"][0],
            "users": users,
            "settings": get("/api/settings")["version"],
            "tokens": get(&format!("/api/tokens?user_id={}", self.racer)),
            "invoice": invoice,
            "paused": get("/api/queue")["paused"],
            "labels": get("/api/labels"),
            "log": self.log(),
        })
    }

    /// Newest first: user, company, text.
    fn log(&self) -> Vec<(String, u64, String)> {
        let body = self.office.admin.get("/api/log").body;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let one = |row: &Value| (text(&row["user_name"]), row["company_id"].as_u64().unwrap(), text(&row["action_description"]));
        body["action_list"].as_array().unwrap().iter().map(one).collect()
    }

    fn hold(&self, request: &Request, racer: &Racer) -> TcpStream {
        let mut stream = TcpStream::connect(self.office.paperline.http.trim_start_matches("http://")).unwrap();
        let head = format!(
            "{} {} HTTP/1.1\r\nHost: localhost\r\n{}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
            request.method,
            request.path,
            racer.header,
            request.kind,
            request.body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&request.body[..request.body.len() - HELD]).unwrap();
        stream
    }
}

#[test]
fn what_is_taken_away_is_not_used_by_anything_under_way() {
    let rounds = from_environment("PAPERLINE_RACE_ROUNDS", 60);
    let seed = from_environment("PAPERLINE_RACE_SEED", 1);
    let site = Box::open();
    let mut random = Random::new(seed);
    let mut answered = std::collections::BTreeMap::<u16, usize>::new();
    for round in 0..rounds {
        let way = WAYS[random.below(WAYS.len())];
        let kinds: Vec<Kind> = KINDS.into_iter().filter(|kind| way.concerns(*kind)).collect();
        let racer = site.give(way);
        let told = format!("round {round} of seed {seed}, {way:?}");
        let hold = |kind: &Kind| {
            let request = site.request(*kind);
            (*kind, site.hold(&request, &racer), request.body[request.body.len() - HELD..].to_vec())
        };
        let held: Vec<(Kind, TcpStream, Vec<u8>)> = kinds.iter().map(hold).collect();
        let (done, sent) = (AtomicBool::new(false), Mutex::new(Vec::<(Kind, Instant, u16)>::new()));
        let wait = Duration::from_millis(random.below(60) as u64);
        let taken = std::thread::scope(|scope| {
            for thread in 0..4 {
                let (site, racer, kinds, done, sent) = (&site, &racer, &kinds, &done, &sent);
                let mut random = Random::new(seed.wrapping_add(round * 4 + thread + 1));
                scope.spawn(move || {
                    while !done.load(Ordering::Relaxed) {
                        let kind = kinds[random.below(kinds.len())];
                        let request = site.request(kind);
                        let began = Instant::now();
                        let answer =
                            racer.client.send(request.method, &request.path, &[("content-type", request.kind)], &request.body);
                        assert!(answer.status < 500 || answer.status == 503, "{kind:?}: {answer:?}");
                        sent.lock().unwrap().push((kind, began, answer.status));
                    }
                });
            }
            // The threads end whatever goes wrong.
            let round = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                std::thread::sleep(wait);
                let (taken, line) = site.take_away(way, &racer);
                let first = site.effects(way);
                for (kind, mut stream, last) in held {
                    stream.write_all(&last).unwrap();
                    let status = status_line(stream);
                    let refused = ["HTTP/1.1 401", "HTTP/1.1 403", "HTTP/1.1 404"].iter().any(|start| status.starts_with(start));
                    // Actions in the new company are not visible here.
                    assert!(refused || (way == Way::Company && kind != Kind::CorrectInvoice), "{told}, held {kind:?}: {status}");
                }
                std::thread::sleep(Duration::from_millis(300));
                assert_eq!(site.effects(way), first, "{told}");
                let log = site.log();
                let since: Vec<_> = match line {
                    Some(line) => log.iter().take_while(|(_, _, what)| !what.starts_with(line)).collect(),
                    None => Vec::new(),
                };
                let late: Vec<_> =
                    since.iter().filter(|(who, of, _)| who == "racer" && (way != Way::Company || *of == 1)).collect();
                assert!(late.is_empty(), "{told}: {late:?}");
                taken
            }));
            done.store(true, Ordering::Relaxed);
            round.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        let sent = sent.into_inner().unwrap();
        for (kind, began, status) in &sent {
            *answered.entry(*status).or_default() += 1;
            let is_his = *status < 400 && way != Way::Company;
            assert!(!(is_his && *began > taken), "{told}: {kind:?} sent afterwards was answered {status}");
        }
        if way == Way::Password {
            let back = json!({ "passwd": PASSWORD });
            assert_eq!(site.office.admin.post(&format!("/api/users/{}/password", site.racer), &back).status, 200);
        }
    }
    println!("{rounds} rounds, answered: {answered:?}");
    assert!(answered.get(&200).is_some_and(|number| *number > 0) && answered.contains_key(&401) && answered.contains_key(&403));
    site.give(Way::Rights);
    site.office.stays_sound();
}

const CLOSED_WITHIN: Duration = Duration::from_secs(20);

#[test]
fn a_socket_that_opens_while_its_right_goes_is_closed_as_well() {
    let rounds = from_environment("PAPERLINE_RACE_ROUNDS", 60);
    let site = Box::open();
    let mut random = Random::new(from_environment("PAPERLINE_RACE_SEED", 1));
    let (mut opened, mut refused) = (0, 0);
    for round in 0..rounds {
        let way = [Way::Rights, Way::Lock, Way::LogOut, Way::Password][random.below(4)];
        let racer = site.give(way);
        let path = if way == Way::Rights || random.percent(50) { "/socketNoPrint" } else { "/invoice/webSocketServer" };
        let (done, wait) = (AtomicBool::new(false), Duration::from_millis(random.below(20) as u64));
        let found: Vec<Vec<Result<Socket, u16>>> = std::thread::scope(|scope| {
            let opening: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let mut found = Vec::new();
                        while !done.load(Ordering::Relaxed) && found.len() < 100 {
                            found.push(racer.client.try_socket(path, &[("cookie", racer.header.trim_start_matches("Cookie: "))]));
                        }
                        found
                    })
                })
                .collect();
            std::thread::sleep(wait);
            site.take_away(way, &racer);
            std::thread::sleep(Duration::from_millis(20));
            done.store(true, Ordering::Relaxed);
            opening.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let until = Instant::now() + CLOSED_WITHIN;
        for socket in found.into_iter().flatten() {
            match socket {
                Ok(mut socket) => {
                    opened += 1;
                    let code = loop {
                        match socket.next() {
                            Ok(_) => assert!(Instant::now() < until, "round {round}, {way:?}: it goes on"),
                            Err(code) => break code,
                        }
                    };
                    assert_eq!(code, 1008, "round {round}, {way:?} {path}");
                }
                Err(status) => {
                    assert!(status == 401 || status == 403, "{status}");
                    refused += 1;
                }
            }
        }
        if way == Way::Password {
            let back = json!({ "passwd": PASSWORD });
            assert_eq!(site.office.admin.post(&format!("/api/users/{}/password", site.racer), &back).status, 200);
        }
    }
    println!("{rounds} rounds: {opened} sockets opened and were closed, {refused} were refused");
    assert!(opened > 0 && refused > 0);
}
