//! Clients that say half of what they want, and no more: each is cut off in the end, and holds nobody up. Takes a minute of waiting.

use crate::support::Paperline;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

/// Far beyond every limit: whoever is not cut off by then never is.
const PATIENCE: Duration = Duration::from_secs(150);

/// What is answered to half a request until the box closes the connection.
fn answer_to(address: &str, half: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(half.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the box closes the connection");
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn who_says_half_of_it_is_cut_off() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let address = paperline.http.trim_start_matches("http://").to_owned();
    let half_a_head = "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ";
    let half_a_body =
        "POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"user_name\": ";
    thread::scope(|scope| {
        let head = scope.spawn(|| answer_to(&address, half_a_head));
        let body = scope.spawn(|| answer_to(&address, half_a_body));
        let silent = scope.spawn(|| answer_to(&address, ""));
        // A hundred more of them are in nobody's way.
        let many: Vec<TcpStream> = (0..100)
            .map(|_| {
                let mut stream = TcpStream::connect(&address).unwrap();
                stream.write_all(half_a_head.as_bytes()).unwrap();
                stream
            })
            .collect();
        assert_eq!(client.post("/registerDevice", &serde_json::json!({ "CPUID": "IN-BETWEEN" })).status, 200);
        let head = head.join().unwrap();
        assert!(!head.contains("200"), "{head}");
        let silent = silent.join().unwrap();
        assert!(!silent.contains("200"), "{silent}");
        let body = body.join().unwrap();
        assert!(body.starts_with("HTTP/1.1 4"), "{body}");
        drop(many);
    });
    assert_eq!(client.get("/healthz").status, 200);
}
