//! The route table, walked: nobody gets through without what a route names.

use crate::support::Paperline;
use paperline::http::route::{Access, ROUTES};
use serde_json::json;

#[test]
fn nobody_gets_in_without_a_session() {
    let paperline = Paperline::start();
    let client = paperline.client();
    for route in ROUTES {
        let path = route.path.replace("{name}", "1.png").replace("{id}", "1");
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
        let path = route.path.replace("{name}", "1.png").replace("{id}", "1");
        let method = route.methods.names()[0];
        let answer = client.send(method, &path, &[], if method == "GET" { b"" } else { b"{}" });
        assert_eq!(answer.refusal(), (403, "forbidden"), "{route:?}");
        assert_eq!(answer.body["err"], "权限不足");
    }
    assert_eq!(client.patch("/api/settings", &json!({ "engine_delay_ms": 5 })).refusal(), (403, "forbidden"));
}
