//! The pages as files: from the binary, compressed, asked again only when they may have changed, and never framed.

use crate::support::{Client, Paperline};
use serde_json::json;
use std::io::Write;
use std::net::TcpStream;

/// The address of a script that the page loads.
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
fn any_deep_link_is_the_page_and_no_page_can_be_framed_or_sniffed() {
    let paperline = Paperline::start();
    let client = paperline.client();
    let index = client.get("/").bytes;
    for path in ["/login", "/labels", "/console?x=1", "/somewhere/deep"] {
        let page = client.get(path);
        assert_eq!((page.status, &page.bytes), (200, &index), "{path}");
        assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
        assert!(!page.header("content-security-policy").contains("script-src 'self' 'unsafe-inline'"));
        assert_eq!(page.header("x-content-type-options"), "nosniff");
    }
    let inline = String::from_utf8(index).unwrap();
    assert!(!inline.contains("<script>"), "the policy allows no script inside the page");
}

#[test]
fn what_was_asked_happens_even_when_nobody_waits_for_the_answer() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    for n in 0..20 {
        let body = json!({ "DeviceSN": format!("184400{n:02}"), "CPUID": format!("C{n}") }).to_string();
        let head = format!(
            "POST /registerDevice HTTP/1.1\r\nHost: x\r\nCookie: {}\r\nContent-Length: {}\r\n\r\n",
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
