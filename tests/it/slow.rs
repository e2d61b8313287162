//! Clients that send half a request or nothing: cut in the end, delaying nobody. Takes a minute.

use crate::support::{Paperline, skipped};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

/// Far beyond every limit.
const PATIENCE: Duration = Duration::from_secs(150);

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

/// Per port of the box.
const CONNECTIONS_MAX: usize = 8192;

#[test]
fn past_the_most_connections_who_comes_waits_until_another_has_gone() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let most = getrlimit(Resource::Nofile).maximum;
    if most.is_some_and(|most| most < 2 * CONNECTIONS_MAX as u64) {
        return skipped(format!("no more than {most:?} files may be open here"));
    }
    setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most }).unwrap();
    let paperline = Paperline::start();
    let address = paperline.http.trim_start_matches("http://").to_owned();
    let mut silent: Vec<TcpStream> = (0..CONNECTIONS_MAX).map(|_| TcpStream::connect(&address).unwrap()).collect();
    let mut late = TcpStream::connect(&address).unwrap();
    late.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let heard = |stream: &TcpStream, within| {
        stream.set_read_timeout(Some(within)).unwrap();
        let mut beginning = [0; 12];
        let read = (&*stream).read(&mut beginning);
        read.ok().map(|n| String::from_utf8_lossy(&beginning[..n]).into_owned())
    };
    assert_eq!(heard(&late, Duration::from_secs(1)), None, "it has to wait");
    let first = &mut silent[0];
    first.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    assert_eq!(heard(first, PATIENCE).as_deref(), Some("HTTP/1.1 200"));
    silent.pop();
    assert_eq!(heard(&late, PATIENCE).as_deref(), Some("HTTP/1.1 200"), "another has gone");
}
