//! The pages as files: embedded, compressed, cached until changed, never framed.

use crate::support::{Client, Paperline};
use serde_json::json;
use std::io::Write;
use std::net::TcpStream;

fn script(client: &Client) -> String {
    let page = String::from_utf8(client.get("/").bytes).unwrap();
    let found = page.split('"').find(|part| part.starts_with("/assets/") && part.ends_with(".js"));
    found.expect("a page loads its script").to_owned()
}

#[test]
fn pages_come_compressed_and_are_not_sent_twice() {
    let paperline = Paperline::start();
    let client = paperline.client();
    let page = client.get("/");
    assert_eq!(
        (page.status, page.header("content-type"), page.header("cache-control")),
        (200, "text/html; charset=utf-8", "no-cache")
    );
    let again = client.send("GET", "/", &[("if-none-match", page.header("etag"))], b"");
    assert_eq!((again.status, again.bytes.len()), (304, 0));
    let script = script(&client);
    let packed = client.send("GET", &script, &[("accept-encoding", "gzip;q=0.5, br")], b"");
    assert_eq!((packed.status, packed.header("content-encoding")), (200, "br"));
    assert!(packed.header("cache-control").contains("immutable"));
    assert_eq!(client.get("/assets/of-another-version.js").status, 404);
}

#[test]
fn the_pages_answer_at_their_own_addresses_and_nothing_there_is_framed_or_sniffed() {
    let paperline = Paperline::start();
    let client = paperline.client();
    let index = client.get("/").bytes;
    for path in ["/login", "/labels", "/labels/", "/handheld", "/console?x=1", "/templates/new", "/templates/12", "/invoices/3"] {
        let page = client.get(path);
        assert_eq!((page.status, &page.bytes), (200, &index), "{path}");
        assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
        assert!(!page.header("content-security-policy").contains("script-src 'self' 'unsafe-inline'"));
        assert!(page.header("content-security-policy").contains("connect-src 'self';"), "a page speaks to its own box alone");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
    }
    let inline = String::from_utf8(index).unwrap();
    assert!(!inline.contains("<script>"), "the policy allows no script inside the page");
}

#[test]
fn an_address_that_is_none_is_404_for_a_client_and_a_page_that_says_so_for_a_browser() {
    let paperline = Paperline::start();
    let client = paperline.client();
    for path in [
        "/no-such-asset.js",
        "/assets/no-such.js",
        "/somewhere/deep",
        "/labels/7",
        "/invoices/x",
        "/templates/new/2",
        "/index.htm",
        "/api/nothing",
        "/invoice/nothing",
        "/.env",
        "//labels",
    ] {
        assert_eq!(client.get(path).refusal(), (404, "not_found"), "{path}");
        assert_eq!(client.post(path, &json!({})).refusal(), (404, "not_found"), "{path}");
    }
    let shown = client.send("GET", "/somewhere/deep", &[("accept", "text/html,*/*;q=0.8")], b"");
    assert_eq!((shown.status, shown.header("content-type")), (404, "text/html; charset=utf-8"));
    assert_eq!(client.send("GET", "/assets/x.js", &[("accept", "text/html")], b"").refusal(), (404, "not_found"));
}

#[test]
fn a_page_never_answers_for_an_endpoint_asked_in_the_wrong_way() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    for path in
        ["/switchPrintStatus", "/switchPtintStatus", "/registerDevice", "/logout", "/api/labels/sent", "/invoice/addModel.action"]
    {
        for accept in ["*/*", "text/html"] {
            let answer = client.send("GET", path, &[("accept", accept)], b"");
            assert_eq!(answer.refusal(), (405, "malformed"), "{path}");
            assert_eq!(answer.header("allow"), "POST", "{path}");
        }
    }
    assert_eq!(client.get("/me").status, 200, "GET /logout logs nobody out");
    assert_eq!(client.delete("/search").refusal(), (405, "malformed"));
    assert_eq!(client.get("/login").header("content-type"), "text/html; charset=utf-8");
}

#[test]
fn every_page_of_the_router_is_served() {
    let router = include_str!("../../web/src/router.ts");
    let paths: std::collections::BTreeSet<String> = router
        .split("path: '")
        .skip(1)
        .map(|rest| rest.split('\'').next().unwrap())
        .filter(|path| !path.contains('*'))
        .map(|path| path.replace(":id(\\\\d+)", "{id}"))
        .collect();
    assert_eq!(paths, paperline::http::edge::ui::PAGES.iter().map(|page| (*page).to_owned()).collect());
}

#[test]
fn what_was_asked_happens_even_when_nobody_waits_for_the_answer() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    for n in 0..20 {
        let body = json!({ "DeviceSN": format!("184400{n:02}"), "CPUID": format!("C{n}") }).to_string();
        let head = format!(
            "POST /registerDevice HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\nContent-Length: {}\r\n\r\n",
            client.cookie(),
            body.len()
        );
        let mut stream = TcpStream::connect(paperline.http.strip_prefix("http://").unwrap()).unwrap();
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    }
    crate::support::eventually("all twenty", || {
        (client.get("/searchNoPrint").body["DeviceSNList"].as_array().unwrap().len() == 20).then_some(())
    });
}
