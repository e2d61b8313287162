//! A box for a test: the real binary on a fresh data dir and free ports, and clients.

pub mod administrator;
pub mod beside;
pub mod described;
pub mod disk;
pub mod documents;
pub mod kinds;
pub mod printer;

use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tungstenite::client::IntoClientRequest;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

/// Killed when dropped.
pub struct Paperline {
    pub dir: Arc<tempfile::TempDir>,
    pub http: String,
    pub https: String,
    child: Child,
    /// To search for secrets.
    pub output: Arc<Mutex<String>>,
}

fn gather(output: Arc<Mutex<String>>, from: impl Read + Send + 'static, found: Option<std::sync::mpsc::Sender<String>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if let Some(found) = &found {
                let _ = found.send(line.clone());
            }
            let mut output = output.lock().unwrap();
            output.push_str(&line);
            output.push('\n');
        }
    });
}

impl Paperline {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    pub fn start_with(arguments: &[&str]) -> Self {
        Self::start_in(Arc::new(tempfile::tempdir().unwrap()), arguments)
    }

    pub fn start_in(dir: Arc<tempfile::TempDir>, arguments: &[&str]) -> Self {
        let path = dir.path().join("data");
        Self::start_on(dir, &path, arguments)
    }

    pub fn start_on(dir: Arc<tempfile::TempDir>, data: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_paperline"))
            .args(["serve", "--https", "127.0.0.1:0", "--data-dir"])
            .arg(data)
            .args(if arguments.contains(&"--http") { &[][..] } else { &["--http", "127.0.0.1:0"] })
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = Arc::new(Mutex::new(String::new()));
        let (found, lines) = std::sync::mpsc::channel();
        gather(output.clone(), child.stdout.take().unwrap(), Some(found));
        gather(output.clone(), child.stderr.take().unwrap(), None);
        let mut address = |scheme: &str| loop {
            let Ok(line) = lines.recv_timeout(Duration::from_secs(60)) else {
                let _ = child.kill();
                panic!("the box did not start: {}", output.lock().unwrap());
            };
            if let Some(url) = line.strip_prefix("listening on ") {
                assert!(url.starts_with(&format!("{scheme}://")), "{line}");
                return url.to_owned();
            }
        };
        let (http, https) = (address("http"), address("https"));
        Self { dir, http, https, child, output }
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn kill(mut self) -> Arc<tempfile::TempDir> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.dir.clone()
    }

    /// Returns how long that took.
    pub fn stop(mut self) -> (Arc<tempfile::TempDir>, Duration) {
        let began = Instant::now();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
        (self.dir.clone(), began.elapsed())
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that its own process has held.
    pub fn peak_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() >> 10
    }

    pub fn client(&self) -> Client {
        Client::new(&self.http)
    }

    pub fn operator(&self) -> Client {
        let client = self.client();
        assert_eq!(client.log_in("prodsys", "123").body["reqStatus"], "sucess");
        client
    }

    pub fn admin_password(&self) -> String {
        std::fs::read_to_string(self.data().join("initial-admin-password")).unwrap().trim().to_owned()
    }

    pub fn admin(&self) -> Client {
        let client = self.client();
        assert_eq!(client.log_in("admin", &self.admin_password()).body["reqStatus"], "sucess");
        client
    }
}

/// For tests this machine can't run: counted in the file that `scripts/test` names, a failure in CI.
pub fn skipped(why: impl std::fmt::Display) {
    count_skipped("skip", &why);
}

/// Not a failure, even in CI.
pub fn skipped_without_paper(path: &Path) {
    count_skipped("paper", &format_args!("there is no {}", path.display()));
}

fn count_skipped(kind: &str, why: &dyn std::fmt::Display) {
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    eprintln!("skipped: {why}");
    if let Some(path) = std::env::var_os("PAPERLINE_SKIPPED") {
        let mut file = std::fs::File::options().append(true).create(true).open(path).unwrap();
        std::io::Write::write_all(&mut file, format!("{kind}: {test}: {why}\n").as_bytes()).unwrap();
    }
}

/// From all clients of this run: no box may print one.
static SECRETS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Shorter ones (`123`) would match anything.
const SECRET_CHARS_MIN: usize = 8;

fn note_secrets(value: &Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text)
                        if ["passwd", "old_passwd", "token"].contains(&name.as_str()) && text.len() >= SECRET_CHARS_MIN =>
                    {
                        SECRETS.lock().unwrap().insert(text.clone());
                    }
                    _ => note_secrets(value),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(note_secrets),
        _ => {}
    }
}

impl Drop for Paperline {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            return;
        }
        let output = self.output.lock().unwrap();
        let secrets = SECRETS.lock().unwrap();
        for line in output.lines().filter(|line| !line.starts_with("first start: ")) {
            let said = secrets.iter().find(|secret| line.contains(secret.as_str()));
            assert!(said.is_none(), "a secret is printed: {line}");
        }
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub body: Value,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// `(status, code)`; a refusal must have words.
    pub fn refusal(&self) -> (u16, &str) {
        assert!(self.body["err"].as_str().is_some_and(|err| !err.is_empty()), "{self:?}");
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
}

/// Keeps cookies.
#[derive(Clone)]
pub struct Client {
    pub base: String,
    agent: ureq::Agent,
    headers: Vec<(String, String)>,
}

impl Client {
    pub fn new(base: &str) -> Self {
        let tls = ureq::tls::TlsConfig::builder().disable_verification(true).build();
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .tls_config(tls)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        Self { base: base.to_owned(), agent: agent.into(), headers: Vec::new() }
    }

    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_send(method, path, headers, body).unwrap()
    }

    /// Only complete answers count.
    pub fn try_send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, ureq::Error> {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in self.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).chain(headers.iter().copied()) {
            request = request.header(name, value);
        }
        let request = request.body(body).unwrap();
        let mut response = self.agent.run(request)?;
        let bytes = response.body_mut().with_config().limit(1 << 30).read_to_vec()?;
        let answer = Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
            bytes,
        };
        if (200..300).contains(&answer.status) && answer.header("content-type").starts_with("application/json") {
            described::hold_answer(method, path, &answer.body);
        }
        if path == "/login" || path.starts_with("/api/") {
            note_secrets(&answer.body);
            note_secrets(&serde_json::from_slice(body).unwrap_or_default());
            if let Some((_, value)) = answer.header("set-cookie").split(';').next().and_then(|cookie| cookie.split_once('=')) {
                SECRETS.lock().unwrap().extend((value.len() >= SECRET_CHARS_MIN).then(|| value.to_owned()));
            }
        }
        Ok(answer)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[("content-type", "application/json")], body.to_string().as_bytes())
    }

    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send("PATCH", path, &[("content-type", "application/json")], body.to_string().as_bytes())
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], b"")
    }

    pub fn form(&self, path: &str, body: &str) -> Answer {
        self.send("POST", path, &[("content-type", "application/x-www-form-urlencoded")], body.as_bytes())
    }

    pub fn upload(&self, path: &str, files: &[(&str, &[u8])]) -> Answer {
        self.upload_with(path, &[], files)
    }

    pub fn upload_with(&self, path: &str, headers: &[(&str, &str)], files: &[(&str, &[u8])]) -> Answer {
        self.try_upload(path, headers, files).unwrap()
    }

    pub fn try_upload(&self, path: &str, headers: &[(&str, &str)], files: &[(&str, &[u8])]) -> Result<Answer, ureq::Error> {
        let mut body = Vec::new();
        for (name, bytes) in files {
            body.extend(
                format!("--frontier\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n").bytes(),
            );
            body.extend(*bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--frontier--\r\n");
        let kind = [("content-type", "multipart/form-data; boundary=frontier")];
        self.try_send("POST", path, &[&kind[..], headers].concat(), &body)
    }

    /// The head and the start of the file; the caller sends the rest.
    pub fn begin_upload(&self, path: &str, bytes: u64) -> TcpStream {
        let mut stream = TcpStream::connect(self.base.trim_start_matches("http://")).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\nContent-Length: {bytes}\r\nContent-Type: multipart/form-data; \
             boundary=frontier\r\n\r\n--frontier\r\nContent-Disposition: form-data; name=\"file\"; filename=\"p\"\r\n\r\n",
            self.cookie()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream
    }

    pub fn log_in(&self, name: &str, password: &str) -> Answer {
        self.post("/login", &serde_json::json!({ "username": name, "passwd": password }))
    }

    pub fn cookie(&self) -> String {
        let jar = self.agent.cookie_jar_lock();
        let cookie = jar.iter().find(|c| c.name() == "sid").map(|c| format!("sid={}", c.value()));
        cookie.unwrap_or_default()
    }

    pub fn socket(&self, path: &str) -> Socket {
        self.try_socket(path, &[]).expect("the handshake is refused")
    }

    pub fn try_socket(&self, path: &str, headers: &[(&str, &str)]) -> Result<Socket, u16> {
        let address = self.base.strip_prefix("http://").unwrap();
        let mut request = format!("ws://{address}{path}").into_client_request().unwrap();
        request.headers_mut().insert("cookie", self.cookie().parse().unwrap());
        for (name, value) in headers {
            request
                .headers_mut()
                .insert(tungstenite::http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        match tungstenite::client(request, MaybeTlsStream::Plain(stream)) {
            Ok((socket, _)) => Ok(Socket(socket)),
            Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(response))) => Err(response.status().as_u16()),
            Err(e) => panic!("{e}"),
        }
    }
}

pub struct Socket(pub WebSocket<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub fn say(&mut self, value: &Value) {
        self.0.send(Message::text(value.to_string())).unwrap();
    }

    /// The next message, or the close code.
    pub fn next(&mut self) -> Result<Value, u16> {
        loop {
            match self.0.read() {
                Ok(Message::Text(text)) => {
                    let message = serde_json::from_str(&text).unwrap();
                    described::hold_message(&message);
                    return Ok(message);
                }
                Ok(Message::Close(frame)) => return Err(frame.map_or(1005, |f| f.code.into())),
                Ok(_) => {}
                Err(tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed) => return Err(1006),
                Err(e) => panic!("{e}"),
            }
        }
    }

    /// With the messages before it.
    pub fn until(&mut self, msg_id: i64) -> (Value, Vec<Value>) {
        let mut before = Vec::new();
        loop {
            let message = self.next().unwrap();
            if message["msg_id"] == msg_id {
                return (message, before);
            }
            before.push(message);
        }
    }
}

/// However long it takes; empty if closed.
pub fn status_line(stream: TcpStream) -> String {
    let mut line = String::new();
    let _ = BufReader::new(stream).read_line(&mut line);
    line.trim_end().to_owned()
}

/// Replaces the store's feed while it exists.
pub struct Hearing(Option<tokio::runtime::Runtime>);

impl Drop for Hearing {
    fn drop(&mut self) {
        self.0.take().unwrap().shutdown_background();
    }
}

pub fn hear(
    store: &paperline::store::Store,
    mut hear: impl FnMut(u64, &paperline::domain::news::News) + Send + 'static,
) -> Hearing {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut feed = store.feed();
    runtime.spawn(async move {
        loop {
            let news = feed.next().await.unwrap();
            news.iter().for_each(|(number, news)| hear(*number, news));
            feed.told(news.last().unwrap().0);
        }
    });
    Hearing(Some(runtime))
}

pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(90), "never happened: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A real scan, if there; not in the repository.
pub fn sample(name: &str) -> Option<Vec<u8>> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples");
    let path = std::env::var_os("PAPERLINE_SAMPLES").map_or_else(beside, PathBuf::from).join(name);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        skipped_without_paper(&path);
    }
    bytes
}

pub fn blank_png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture = image::GrayImage::from_pixel(width, height, image::Luma([250]));
    picture.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
    bytes
}
