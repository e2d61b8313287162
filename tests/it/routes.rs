//! The route table, walked: nobody gets through without what a route names.

use crate::support::{Client, Paperline};
use paperline::domain::account::{Permission, PermissionSet};
use paperline::http::edge::call::Access;
use paperline::http::route::ROUTES;
use serde_json::json;

#[test]
fn nobody_gets_in_without_a_session() {
    let paperline = Paperline::start();
    let client = paperline.client();
    for route in ROUTES {
        let path = route.path.replace("{name}", "1.png").replace("{id}", "1").replace("{sn}", "1");
        for method in route.methods.names().iter().filter(|m| **m != "HEAD") {
            let answer =
                client.send(method, &path, &[("content-type", "application/json")], if *method == "GET" { b"" } else { b"{}" });
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

/// A client that holds exactly these rights.
fn holding(paperline: &Paperline, admin: &Client, permissions: &[u64]) -> Client {
    let token = admin.post("/api/tokens", &json!({ "name": "walker", "permissions": permissions }));
    assert_eq!(token.status, 201, "{token:?}");
    paperline.client().with_header("authorization", &format!("Bearer {}", token.body["token"].as_str().unwrap()))
}

/// Every right but this one and what contains it.
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
            assert_ne!(send(&holding(&paperline, &admin, &rights)).status, 403, "{route:?} with {rights:?}");
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
