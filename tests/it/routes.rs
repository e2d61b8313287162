//! Nobody gets through any route without its permission.

use crate::at_their_limits::amiss;
use crate::support::{Answer, Client, Paperline, eventually};
use paperline::domain::account::{Permission, PermissionSet};
use paperline::http::edge::call::{Access, Route};
use paperline::http::route::ROUTES;
use serde_json::{Value, json};

#[test]
fn nobody_gets_in_without_a_session() {
    let paperline = Paperline::start();
    let client = paperline.client();
    for route in ROUTES {
        let path = route.path.replace("{name}", "1.png").replace("{id}", "1").replace("{sn}", "1");
        for method in route.methods.names().iter().filter(|m| **m != "HEAD") {
            let answer =
                client.send(method, &path, &[("content-type", "application/json")], if *method == "GET" { b"" } else { b"{}" });
            is_answered(&format!("{route:?}"), &answer);
            match route.access {
                Access::Open => assert_ne!(answer.status, 401, "{route:?}"),
                _ => assert_eq!(answer.refusal(), (401, "unauthenticated"), "{route:?}"),
            }
        }
    }
}

#[test]
fn an_operator_of_labels_sees_no_invoices() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    for route in ROUTES.iter().filter(|r| r.path.starts_with("/invoice/") && !matches!(r.access, Access::Session)) {
        let path = route.path.replace("{name}", "1.png").replace("{id}", "1").replace("{sn}", "1");
        let method = route.methods.names()[0];
        let answer = client.send(method, &path, &[], if method == "GET" { b"" } else { b"{}" });
        assert_eq!(answer.refusal(), (403, "forbidden"), "{route:?}");
        assert_eq!(answer.body["err"], "权限不足");
    }
    assert_eq!(client.patch("/api/settings", &json!({ "engine_delay_ms": 5 })).refusal(), (403, "forbidden"));
}

fn holding(paperline: &Paperline, admin: &Client, permissions: &[u64]) -> Client {
    let token = admin.post("/api/tokens", &json!({ "name": "walker", "permissions": permissions }));
    assert_eq!(token.status, 201, "{token:?}");
    paperline.client().with_header("authorization", &format!("Bearer {}", token.body["token"].as_str().unwrap()))
}

fn all_but(lacking: Permission) -> Vec<u64> {
    let rest = Permission::ALL.into_iter().map(|(p, ..)| p);
    rest.filter(|p| !PermissionSet::of(&[*p]).allows(lacking)).map(Permission::id).collect()
}

#[test]
fn lacking_exactly_what_a_route_needs_is_403_and_having_just_that_is_not() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let before = admin.get("/api/settings").body;
    for route in ROUTES {
        let (lacking, having): (Vec<u64>, Vec<Vec<u64>>) = match route.access {
            Access::Open | Access::Session => continue,
            Access::Needs(p) => (all_but(p), vec![vec![p.id()]]),
            Access::Any(any) => {
                let rest = Permission::ALL.into_iter().map(|(p, ..)| p);
                let rest = rest.filter(|p| !any.iter().any(|q| PermissionSet::of(&[*p]).allows(*q)));
                (rest.map(Permission::id).collect(), any.iter().map(|p| vec![p.id()]).collect())
            }
        };
        let path = route.path.replace("{name}", "1.png").replace("{id}", "999").replace("{sn}", "1");
        let method = route.methods.names()[0];
        let body = if method == "GET" { &b""[..] } else { b"{}" };
        let send = |client: &Client| client.send(method, &path, &[("content-type", "application/json")], body);
        let refused = send(&holding(&paperline, &admin, &lacking));
        assert_eq!(refused.refusal(), (403, "forbidden"), "{route:?}");
        assert_eq!(refused.body["err"], "权限不足", "{route:?}");
        for rights in having {
            let answer = send(&holding(&paperline, &admin, &rights));
            is_answered(&format!("{route:?} with {rights:?}"), &answer);
            assert_ne!(answer.status, 403, "{route:?} with {rights:?}");
        }
    }
    assert_eq!(admin.get("/api/settings").body, before);
    assert_eq!(admin.get("/searchNoPrint").body["DeviceSNList"], json!([]));
}

#[test]
fn the_description_has_every_route_and_the_metrics_no_names() {
    let paperline = Paperline::start();
    let described = paperline.client().get("/openapi.json").body;
    for route in ROUTES {
        for method in route.methods.names().iter().filter(|m| **m != "HEAD") {
            assert!(described["paths"][route.path][method.to_ascii_lowercase()].is_object(), "{route:?}");
        }
    }
    paperline.operator().post("/registerDevice", &json!({ "CPUID": "SECRET-CPU", "DeviceSN": "18440001" }));
    let metrics = String::from_utf8(paperline.client().get("/metrics").bytes).unwrap();
    assert!(
        metrics.contains("paperline_devices_unprinted 1\n") && !metrics.contains("SECRET") && !metrics.contains("18440001"),
        "{metrics}"
    );
    let far = Client::new(&paperline.https).with_header("x-forwarded-for", "10.0.0.7");
    assert_eq!(far.get("/metrics").refusal(), (401, "unauthenticated"));
}

fn garbage() -> Vec<(&'static str, Vec<u8>)> {
    let multipart = "multipart/form-data; boundary=f";
    let mut all: Vec<(&str, Vec<u8>)> = vec![
        ("", Vec::new()),
        ("", b"\xff\xfe\0\0".into()),
        ("x/y; charset=none", b"x".into()),
        ("application/octet-stream", (0..=255).collect()),
        ("text/csv", b"\0\0\n\"".into()),
        ("application/x-www-form-urlencoded", b"%%%&==&a=%ff&id=%00".into()),
        (multipart, Vec::new()),
        (multipart, b"--f\r\n\r\n\r\n--f".into()),
        (multipart, b"--f\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\xff\r\n--f--\r\n".into()),
        ("multipart/form-data", b"--f--\r\n".into()),
    ];
    let json = ["", "{", "[]", "null", "1e999", "\"x\"", "{\"\":{}}", "{\"a\":\"\\ud800\"}"].map(|text| text.as_bytes().to_vec());
    all.extend(json.into_iter().chain([vec![b'['; 20_000]]).map(|body| ("application/json", body)));
    all
}

const WRONG: [&str; 9] = ["null", "-1", "1.5", "18446744073709551616", "\"\"", "\"\\u0000\"", "[[]]", "{\"a\":[]}", "true"];

fn described(description: &Value, route: &Route, method: &str) -> Vec<String> {
    let operation = &description["paths"][route.path][method.to_ascii_lowercase()];
    let mut names: Vec<String> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|parameter| parameter["in"] == "query")
        .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
        .collect();
    for content in operation["requestBody"]["content"].as_object().into_iter().flat_map(|content| content.values()) {
        names.extend(content["schema"]["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
    }
    names
}

fn paths(route: &Route) -> Vec<String> {
    if !route.path.contains('{') {
        return vec![route.path.to_owned()];
    }
    let (from, to) = (route.path.find('{').unwrap(), route.path.find('}').unwrap());
    let with = |id: &&str| format!("{}{id}{}", &route.path[..from], &route.path[to + 1..]);
    ["1", "0", "-1", "18446744073709551616", "%00", "%FF", "%2e%2e", "1.png"].iter().map(with).collect()
}

fn is_answered(what: &str, answer: &Answer) {
    assert!(answer.status < 500, "{what}: {answer:?}");
    assert_eq!(amiss(answer), None, "{what}");
}

/// Returns the number of requests.
fn ask_everything(who: &str, client: &Client, route: &Route, description: &Value) -> usize {
    let mut asked = 0;
    for method in route.methods.names().iter().filter(|method| **method != "HEAD") {
        let paths = paths(route);
        let mut send = |path: &str, kind: &str, body: &[u8]| {
            let headers = [("content-type", kind)];
            let one = || client.send(method, path, if kind.is_empty() { &[] } else { &headers }, body);
            // The last backup may still be closing.
            let is_free = |answer: Answer| (route.path != "/api/backup" || answer.status != 503).then_some(answer);
            let answer = eventually("the last backup lets go", || is_free(one()));
            asked += 1;
            is_answered(&format!("{who}: {method} {path} {kind} {:?}", String::from_utf8_lossy(body)), &answer);
        };
        paths.iter().for_each(|path| send(path, "", b""));
        let names = described(description, route, method);
        for value in WRONG {
            let fields: Vec<String> = names.iter().map(|name| format!("\"{name}\":{value}")).collect();
            let query: Vec<String> = names.iter().map(|name| format!("{name}={}", value.replace(['"', '\\'], "%"))).collect();
            if *method == "GET" {
                send(&format!("{}?{}", paths[0], query.join("&")), "", b"");
            } else {
                send(&paths[0], "application/json", format!("{{{}}}", fields.join(",")).as_bytes());
                send(&paths[0], "application/x-www-form-urlencoded", query.join("&").as_bytes());
            }
        }
        for (kind, body) in garbage().iter().filter(|_| *method != "GET") {
            send(&paths[0], kind, body);
        }
    }
    asked
}

/// The load is low, so 503 is wrong too.
#[test]
fn no_route_has_an_internal_error_for_anybody_whatever_is_sent() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let description = admin.get("/openapi.json").body;
    // Things with id 1; nobody's own token is token 1.
    holding(&paperline, &admin, &[101]);
    admin.post("/registerDevice", &json!({ "devices": [{ "DeviceSN": "18470001", "CPUID": "A1" }] }));
    admin.post("/registerDevice", &json!({ "DeviceSN": "18470001", "CPUID": "A2" }));
    admin.post("/api/groups", &json!({ "group_name": "组", "permissions": [5] }));
    let all: Vec<u64> = Permission::ALL.into_iter().map(|(_, id, _)| id).filter(|id| *id != 103).collect();
    let callers = [
        ("nobody", paperline.client(), 401),
        ("somebody without any right", holding(&paperline, &admin, &[]), 200),
        ("a label operator", paperline.operator(), 200),
        ("a company's own", holding(&paperline, &admin, &all), 200),
        ("the administrator", holding(&paperline, &admin, &[103]), 200),
    ];
    let (last, first): (Vec<&Route>, Vec<&Route>) = ROUTES.iter().partition(|route| route.path == "/logout");
    let mut asked = 0;
    for (who, client, welcome) in &callers {
        asked += first.iter().map(|route| ask_everything(who, client, route, &description)).sum::<usize>();
        assert_eq!(client.get("/me").status, *welcome, "{who} is who they were");
        asked += last.iter().map(|route| ask_everything(who, client, route, &description)).sum::<usize>();
    }
    assert!(asked > 5_000, "{asked}");
    assert_eq!(admin.get("/readyz").status, 200);
}
