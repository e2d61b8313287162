//! How people find the box: its addresses with their codes, its name on the local network, its CA. Not here: proxies and certificates
//! (network.rs).

use crate::support::{Client, Paperline, eventually, skipped};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What a phone reads from the outline of the code.
fn read_code(told: &Value) -> String {
    const DOTS: usize = 4;
    let side = told["code"]["side"].as_u64().unwrap() as usize;
    let mut picture = image::GrayImage::from_pixel(((side + 8) * DOTS) as u32, ((side + 8) * DOTS) as u32, image::Luma([255]));
    for run in told["code"]["outline"].as_str().unwrap().split('M').skip(1) {
        let numbers: Vec<usize> = run.split(|c: char| !c.is_ascii_digit()).filter_map(|text| text.parse().ok()).collect();
        let [x, y, length, 1, back] = numbers[..] else { panic!("{run}") };
        assert_eq!(length, back, "{run}");
        for (dx, dy) in (0..length * DOTS).flat_map(|dx| (0..DOTS).map(move |dy| (dx, dy))) {
            picture.put_pixel(((x + 4) * DOTS + dx) as u32, ((y + 4) * DOTS + dy) as u32, image::Luma([0]));
        }
    }
    let mut prepared = rqrr::PreparedImage::prepare(picture);
    prepared.detect_grids()[0].decode().unwrap().1
}

fn addresses(client: &Client, headers: &[(&str, &str)]) -> Value {
    let answer = client.send("GET", "/api/addresses", headers, b"");
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

#[test]
fn whoever_is_about_to_log_in_is_told_where_other_devices_find_the_box_and_why_they_do_not() {
    let paperline = Paperline::start_with(&["--set", "trusted_proxies=127.0.0.0/8"]);
    let client = paperline.client();
    let here = addresses(&client, &[]);
    assert_eq!((&here["addresses"], &here["alone"]), (&json!([]), &json!("loopback")));
    // Behind a proxy, others come the way that this one came.
    let page = [("host", "labels.factory.example"), ("x-forwarded-for", "10.0.0.9")];
    let plain = addresses(&client, &page);
    assert_eq!((&plain["addresses"], &plain["alone"]), (&json!([]), &json!("loopback")), "nobody may log in there");
    let proxied = addresses(&client, &[&page[..], &[("x-forwarded-proto", "https")]].concat());
    assert_eq!((&proxied["addresses"][0], &proxied["alone"]), (&json!("https://labels.factory.example"), &Value::Null));
    assert_eq!(read_code(&proxied), "https://labels.factory.example");
    for odd in ["a b", "<script>", "x/../y", "user@box", "", "localhost", "127.0.0.1:8080", &"a".repeat(2_000)] {
        let said = addresses(&client, &[("x-forwarded-host", odd), ("x-forwarded-proto", "https"), ("host", "127.0.0.1")]);
        assert_eq!(said["addresses"], json!([]), "{odd}");
    }
}

#[test]
fn without_https_others_are_not_sent_to_a_page_where_they_may_not_log_in() {
    let paperline = Paperline::start_with(&["--http", "0.0.0.0:0", "--mdns", "off"]);
    let port: u16 = paperline.http.rsplit(':').next().unwrap().parse().unwrap();
    let admin = Client::new(&format!("http://127.0.0.1:{port}"));
    let refused = addresses(&admin, &[]);
    assert_eq!((&refused["addresses"], &refused["alone"]), (&json!([]), &json!("plain_http")));
    assert_eq!(admin.log_in("admin", &paperline.admin_password()).body["reqStatus"], "sucess");
    assert_eq!(admin.patch("/api/settings", &json!({ "allow_plain_http": true })).status, 200);
    let told = addresses(&admin, &[]);
    assert_eq!(told["alone"], Value::Null);
    let Some(first) = told["addresses"].get(0) else { return skipped("this machine has no address that others reach") };
    let url = first.as_str().unwrap();
    assert!(url.starts_with("http://") && url.ends_with(&format!(":{port}")) && !url.contains("127.0.0."), "{url}");
    assert_eq!(read_code(&told), url);
    assert_eq!(Client::new(url).get("/healthz").status, 200, "{url}");
}

#[test]
fn the_ca_is_offered_in_both_forms_where_the_certificate_is_the_box_s_own_and_nowhere_else() {
    let paperline = Paperline::start();
    let client = paperline.client();
    assert_eq!(addresses(&client, &[])["ca"], true);
    let (pem, der) = (client.get("/ca.pem"), client.get("/ca.crt"));
    assert_eq!((der.status, der.header("content-type")), (200, "application/x-x509-ca-cert"));
    assert_eq!(ureq::tls::Certificate::from_pem(&pem.bytes).unwrap().der(), der.bytes);
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(paperline.data().join("tls/key.pem"), own.signing_key.serialize_pem()).unwrap();
    std::fs::write(paperline.data().join("tls/cert.pem"), own.cert.pem()).unwrap();
    assert_eq!(addresses(&client, &[])["ca"], false);
    for path in ["/ca.pem", "/ca.crt"] {
        assert_eq!(client.get(path).refusal(), (404, "not_found"), "{path}");
    }
}

fn ran(command: &str) -> bool {
    let mut words = command.split(' ');
    let status = Command::new(words.next().unwrap()).args(words).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Two machines and a wire between them.
struct Wire([String; 2]);

impl Wire {
    fn lay() -> Option<Self> {
        let wire = Self(["a", "b"].map(|end| format!("paperline-{end}-{}", std::process::id())));
        let [a, b] = &wire.0;
        let laid = [
            format!("ip netns add {a}"),
            format!("ip netns add {b}"),
            format!("ip link add wire netns {a} type veth peer name wire netns {b}"),
            format!("ip -n {a} addr add 10.77.0.1/24 dev wire"),
            format!("ip -n {b} addr add 10.77.0.2/24 dev wire"),
            format!("ip -n {a} link set wire up"),
            format!("ip -n {b} link set wire up"),
            // One reaches even one's own address by it.
            format!("ip -n {b} link set lo up"),
        ];
        laid.iter().all(|command| ran(command)).then_some(wire)
    }

    fn at(&self, end: usize, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.0[end], program]);
        command
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        for name in &self.0 {
            ran(&format!("ip netns del {name}"));
        }
    }
}

struct Announced {
    child: Child,
    said: std::sync::mpsc::Receiver<String>,
}

impl Announced {
    fn start(wire: &Wire, end: usize, data: &Path) -> Self {
        let mut command = wire.at(end, env!("CARGO_BIN_EXE_paperline"));
        let command = command.args(["serve", "--data-dir"]).arg(data).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (say, said) = std::sync::mpsc::channel();
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(say.send(line))));
        Self { child, said }
    }

    /// What the terminal says of the name.
    fn name(&self) -> String {
        let mut said = Vec::new();
        loop {
            let line = self.said.recv_timeout(std::time::Duration::from_secs(90)).unwrap_or_else(|_| panic!("{said:?}"));
            match line.strip_prefix("局域网内的名称 / name on the network: ") {
                Some(name) => return name.to_owned(),
                None => said.push(line),
            }
        }
    }

    fn stop(mut self) {
        assert!(ran(&format!("kill -TERM {}", self.child.id())));
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Another implementation of the protocol: which names it finds, where; and whether HTTPS is trusted under them.
const FIND: &str = r#"
import socket, ssl, sys
from zeroconf import ServiceBrowser, Zeroconf
class Listener:
    def add_service(self, zeroconf, kind, name): found.add(name)
    def remove_service(self, zeroconf, kind, name): found.discard(name)
    def update_service(self, zeroconf, kind, name): pass
found, zeroconf = set(), Zeroconf(interfaces=["10.77.0.2"])
browser = ServiceBrowser(zeroconf, "_https._tcp.local.", Listener())
for line in sys.stdin:
    context = ssl.create_default_context(cadata=line.strip().replace("|", "\n") + "\n")
    for name in sorted(found):
        info = zeroconf.get_service_info("_https._tcp.local.", name, 1000)
        if info is None: continue
        host, trusted = info.server.rstrip("."), "untrusted"
        try:
            with socket.create_connection((info.parsed_addresses()[0], info.port), 5) as plain:
                context.wrap_socket(plain, server_hostname=host).close()
                trusted = "trusted"
        except OSError: pass
        print(host, ",".join(info.parsed_addresses()), info.port, trusted, end="; ")
    print(flush=True)
"#;

struct Finder {
    child: Child,
    answers: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Finder {
    fn look(&mut self, cas: &[String]) -> String {
        let line = cas.concat().replace('\n', "|") + "\n";
        std::io::Write::write_all(self.child.stdin.as_mut().unwrap(), line.as_bytes()).unwrap();
        self.answers.next().unwrap().unwrap()
    }

    fn until(&mut self, cas: &[String], wanted: &str) {
        eventually(wanted, || {
            let found = self.look(cas);
            println!("{found}");
            (found.trim_end_matches("; ") == wanted).then_some(())
        });
    }
}

impl Drop for Finder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn two_boxes_on_one_network_have_two_names_that_others_find_and_trust_and_keep_them() {
    let Some(wire) = Wire::lay() else { return skipped("no network of its own can be laid here (ip netns)") };
    if !ran("/usr/bin/python3 -m zeroconf.asyncio") {
        return skipped("there is no other implementation of multicast DNS (python3-zeroconf)");
    }
    let dir = tempfile::tempdir().unwrap();
    let data = ["a", "b"].map(|name| dir.path().join(name));
    let start = |end: usize| Announced::start(&wire, end, &data[end]);
    let first = start(0);
    assert_eq!(first.name(), "paperline.local");
    let second = start(1);
    assert_eq!(second.name(), "paperline-2.local");
    let cas = data.each_ref().map(|data| std::fs::read_to_string(data.join("tls/ca.pem")).unwrap());
    let mut child = wire.at(1, "/usr/bin/python3");
    let mut child = child.args(["-c", FIND]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let answers = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut finder = Finder { child, answers };
    // In the order of the services' own names: `paperline (2)` comes first.
    finder.until(&cas, "paperline-2.local 10.77.0.2 8443 trusted; paperline.local 10.77.0.1 8443 trusted");
    // One that stops says so, and the other keeps its name, also over a start with nobody else there.
    first.stop();
    finder.until(&cas, "paperline-2.local 10.77.0.2 8443 trusted");
    second.stop();
    finder.until(&cas, "");
    assert_eq!(start(1).name(), "paperline-2.local");
}
