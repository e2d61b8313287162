//! Receives a body (JSON, form, multipart) as fields, within limits and at a minimum pace; files go straight to disk. Not here: the
//! fields (fields.rs).

use super::budget::{Budgets, Held, Who};
use super::fields::{Fields, Upload, add, pairs};
use super::json_keys;
use crate::app::pictures;
use crate::domain::refusal::{Code, Refusal};
use crate::store::StoreError;
use crate::store::blobs::{Blobs, Incoming};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming as RequestBody};
use hyper::{HeaderMap, header};
use serde_json::Value;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

pub const WORDS_BYTES_MAX: u64 = 64 << 10;
pub const TEXT_BYTES_MAX: u64 = 32 << 20;
/// A JSON value takes about 100 bytes in memory, however short.
pub const WORDS_VALUES_MAX: usize = 2_000;
pub const LIST_VALUES_MAX: usize = 400_000;
/// Per request.
pub const FILES_MAX: usize = 200;
const VALUE_BYTES: usize = 100;
/// Larger bodies are parsed off the runtime.
const READ_AT_ONCE_BYTES: usize = 256 << 10;
const FORM_FIELDS_MAX: usize = 1000;
const PART_HEADER_BYTES_MAX: u64 = 16 << 10;
/// Before a part's header is complete: multer buffers it.
const UNPARSED_BYTES_MAX: u64 = 1 << 20;
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// A sender must send `PACE_BYTES` per `PACE_OVER`.
const PACE_OVER: Duration = Duration::from_secs(30);
const PACE_BYTES: u64 = 30 << 10;
const WORDS_WITHIN: Duration = Duration::from_secs(90);
/// How long a refused sender may take to finish.
const DRAIN_MAX: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// JSON, a form, or the fields beside files.
    pub text_bytes: u64,
    pub values: usize,
    pub multipart_bytes: u64,
    pub file_bytes: u64,
    /// Of a ZIP.
    pub archive_bytes: u64,
    pub files: usize,
    /// Any other content type is taken whole, as a file.
    pub raw: bool,
}

fn too_large() -> Refusal {
    Refusal::new(Code::TooLarge, "请求太大", "the request is too large")
}

fn not_json() -> Refusal {
    Refusal::malformed("请求内容不是正确的 JSON", "the request body is not valid JSON")
}

struct Paced {
    body: RequestBody,
    until: Option<Instant>,
    /// Start of the pace window, and bytes read by then.
    stretch: (Instant, u64),
    read: u64,
}

impl Paced {
    fn new(body: RequestBody, within: Option<Duration>) -> Self {
        let now = Instant::now();
        Self { body, until: within.map(|within| now + within), stretch: (now, 0), read: 0 }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        loop {
            let gone = || Refusal::malformed("请求没有发送完整", "the request was not sent to its end");
            let left = self.until.map_or(SILENCE_MAX, |until| until.saturating_duration_since(Instant::now()).min(SILENCE_MAX));
            let frame = tokio::time::timeout(left, self.body.frame()).await.map_err(|_| gone())?;
            let Some(frame) = frame else { return Ok(None) };
            let Ok(data) = frame.map_err(|_| gone())?.into_data() else { continue };
            self.read += data.len() as u64;
            let (began, read_then) = self.stretch;
            if began.elapsed() >= PACE_OVER {
                if self.read - read_then < PACE_BYTES {
                    return Err(gone());
                }
                self.stretch = (Instant::now(), self.read);
            }
            return Ok(Some(data));
        }
    }

    /// Discards the rest, so that the client reads the refusal.
    fn drain(mut self) {
        if self.body.is_end_stream() {
            return;
        }
        tokio::spawn(tokio::time::timeout(DRAIN_MAX, async move { while matches!(self.next().await, Ok(Some(_))) {} }));
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &header::HeaderName) -> &'h str {
    headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
}

pub fn drain(body: RequestBody) {
    Paced::new(body, None).drain();
}

pub async fn receive(
    headers: &HeaderMap,
    body: RequestBody,
    limits: Limits,
    blobs: &Blobs,
    budgets: &Budgets,
    who: Who,
) -> Result<Fields, Refusal> {
    let is_small = limits.files == 0 && limits.text_bytes <= WORDS_BYTES_MAX;
    let mut paced = Paced::new(body, is_small.then_some(WORDS_WITHIN));
    let read = async {
        let held = vec![budgets.bodies(who).take(who, 0)?];
        let mut receiver = Receiver { body: &mut paced, limits, blobs, held };
        if limits.files > 0 {
            receiver.held.push(budgets.uploads.take(who, 1)?);
        }
        let mut fields = receiver.receive(headers).await?;
        fields.held = receiver.held;
        Ok(fields)
    };
    let read = read.await;
    if read.is_err() {
        paced.drain();
    }
    read
}

struct Receiver<'a> {
    body: &'a mut Paced,
    limits: Limits,
    blobs: &'a Blobs,
    /// Budget shares; the first is the bodies'.
    held: Vec<Held>,
}

impl Receiver<'_> {
    async fn receive(&mut self, headers: &HeaderMap) -> Result<Fields, Refusal> {
        if !matches!(header(headers, &header::CONTENT_ENCODING), "" | "identity") {
            return Err(Refusal::new(Code::Unsupported, "不支持压缩的请求", "compressed requests are not taken"));
        }
        let content_type = header(headers, &header::CONTENT_TYPE);
        let announced = header(headers, &header::CONTENT_LENGTH).parse::<u64>().unwrap_or(0);
        if let Ok(boundary) = multer::parse_boundary(content_type) {
            if announced > self.limits.multipart_bytes {
                return Err(too_large());
            }
            return self.multipart(boundary).await;
        }
        let kind = content_type.to_ascii_lowercase();
        let is_file =
            self.limits.raw && !kind.starts_with("application/json") && !kind.starts_with("application/x-www-form-urlencoded");
        let bytes_max = if is_file { self.limits.file_bytes } else { self.limits.text_bytes };
        if announced > bytes_max {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = self.body.next().await? {
            if (bytes.len() + chunk.len()) as u64 > bytes_max {
                return Err(too_large());
            }
            self.hold(chunk.len())?;
            bytes.extend_from_slice(&chunk);
        }
        if is_file {
            return Ok(Fields { raw: Some(bytes), ..Fields::default() });
        }
        // .NET writers send a byte order mark.
        if bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        let values = values(&bytes);
        if values > self.limits.values {
            return Err(too_large());
        }
        self.hold(values * VALUE_BYTES)?;
        if bytes.len() <= READ_AT_ONCE_BYTES {
            return of_text(&kind, &bytes);
        }
        tokio::task::spawn_blocking(move || of_text(&kind, &bytes)).await.map_err(|_| Refusal::internal())?
    }

    fn hold(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.held.first_mut().map_or(Ok(()), |held| held.more(bytes as u64))
    }

    async fn multipart(&mut self, boundary: String) -> Result<Fields, Refusal> {
        let limits = self.limits;
        // Bytes read when the current header began.
        let (read, header_from) = (AtomicU64::new(0), AtomicU64::new(0));
        let body = &mut *self.body;
        let stream = futures_util::stream::unfold(body, |body| async {
            // multer reads all that is ready before parsing; yielding limits it to one chunk.
            tokio::task::yield_now().await;
            if read.load(Relaxed) > header_from.load(Relaxed).saturating_add(UNPARSED_BYTES_MAX) {
                return Some((Err(too_large()), body));
            }
            match body.next().await {
                Ok(None) => None,
                Ok(Some(_)) if body.read > limits.multipart_bytes => Some((Err(too_large()), body)),
                Ok(Some(chunk)) => {
                    read.store(body.read, Relaxed);
                    Some((Ok(chunk), body))
                }
                Err(refusal) => Some((Err(refusal), body)),
            }
        });
        let mut fields = Fields { is_form: true, ..Fields::default() };
        let mut text_bytes = 0;
        let mut multipart = multer::Multipart::new(stream, boundary);
        loop {
            header_from.store(read.load(Relaxed), Relaxed);
            let Some(part) = multipart.next_field().await.map_err(broken)? else { return Ok(fields) };
            header_from.store(u64::MAX, Relaxed);
            let header_bytes: usize = part.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
            if header_bytes as u64 > PART_HEADER_BYTES_MAX {
                return Err(too_large());
            }
            match part.file_name().map(base_name) {
                Some(_) if limits.files == 0 => {
                    return Err(Refusal::new(Code::Unsupported, "这里不接收文件", "no file is taken here"));
                }
                Some(name) => {
                    if fields.files.len() == limits.files {
                        return Err(Refusal::new(Code::TooLarge, "文件太多", "too many files"));
                    }
                    let file = spool(part, self.limits, self.blobs).await?;
                    fields.files.push(Upload { name, file });
                }
                None => {
                    let name = part.name().unwrap_or_default().to_owned();
                    let before = text_bytes;
                    let value = text_part(part, &mut text_bytes, limits.text_bytes).await?;
                    if let Some(held) = self.held.first_mut() {
                        held.more(text_bytes - before + VALUE_BYTES as u64)?;
                    }
                    if fields.map.len() == FORM_FIELDS_MAX {
                        return Err(too_large());
                    }
                    add(&mut fields.map, name, value);
                }
            }
        }
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// An estimate, from separators outside strings.
fn values(bytes: &[u8]) -> usize {
    let (mut values, mut in_string, mut escaped) = (0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b',' | b':' | b'{' | b'[' if !in_string => values += 1,
            b'&' => values += 1,
            _ => {}
        }
    }
    values
}

/// `content_type`: lower case.
fn of_text(content_type: &str, bytes: &[u8]) -> Result<Fields, Refusal> {
    let first = bytes.iter().find(|b| !b.is_ascii_whitespace());
    let is_json = first == Some(&b'{') || content_type.trim_start().starts_with("application/json");
    match (is_json, first) {
        (_, None) => Ok(Fields::default()),
        (true, _) => match serde_json::from_slice(bytes) {
            Ok(Value::Object(map)) => {
                json_keys::each_once(bytes)?;
                Ok(Fields::from(map))
            }
            _ => Err(not_json()),
        },
        (false, _) if content_type.starts_with("application/x-www-form-urlencoded") => {
            Ok(Fields { map: pairs(bytes), is_form: true, ..Fields::default() })
        }
        (false, _) => {
            Err(Refusal::malformed("请求内容应为 JSON、表单或 multipart", "the request body must be JSON, a form or multipart"))
        }
    }
}

/// Our own refusal, or a malformed form.
fn broken(e: multer::Error) -> Refusal {
    if let multer::Error::StreamReadFailed(e) = &e
        && let Some(refusal) = e.downcast_ref::<Refusal>()
    {
        return refusal.clone();
    }
    Refusal::malformed("multipart 格式不正确", "the multipart body is malformed")
}

/// Strips folders, sent by some browsers and attackers.
fn base_name(name: &str) -> String {
    name.rsplit(['/', '\\']).next().unwrap_or_default().chars().take(255).collect()
}

async fn text_part(mut part: multer::Field<'_>, text_bytes: &mut u64, bytes_max: u64) -> Result<String, Refusal> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(broken)? {
        *text_bytes += chunk.len() as u64;
        if *text_bytes > bytes_max {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| Refusal::malformed("表单不是 UTF-8", "the form is not UTF-8"))
}

const SPOOL_BYTES: usize = 512 << 10;
/// How a ZIP begins.
const ARCHIVE: &[u8] = b"PK";

async fn spool(mut part: multer::Field<'_>, limits: Limits, blobs: &Blobs) -> Result<Result<Incoming, Refusal>, Refusal> {
    let mut file = None;
    let mut gathered = Vec::new();
    let (mut read, mut head, mut bytes_max) = (0, Vec::<u8>::new(), limits.file_bytes);
    while let Some(chunk) = part.chunk().await.map_err(broken)? {
        read += chunk.len() as u64;
        if head.len() < ARCHIVE.len() {
            head.extend(chunk.iter().take(ARCHIVE.len() - head.len()));
            bytes_max = if head == ARCHIVE { limits.archive_bytes } else { limits.file_bytes };
        }
        if read > bytes_max {
            // Skip to the next part.
            (file, gathered) = (None, Vec::new());
            continue;
        }
        gathered.extend_from_slice(&chunk);
        if gathered.len() >= SPOOL_BYTES {
            file = Some(append(file, std::mem::take(&mut gathered), blobs).await?);
        }
    }
    if read > bytes_max {
        return Ok(Err(pictures::too_many_bytes()));
    }
    append(file, gathered, blobs).await.map(Ok)
}

async fn append(file: Option<Incoming>, bytes: Vec<u8>, blobs: &Blobs) -> Result<Incoming, Refusal> {
    let blobs = blobs.clone();
    let appended = tokio::task::spawn_blocking(move || {
        let mut file = file.map_or_else(|| blobs.create(), Ok)?;
        file.write(&bytes)?;
        Ok::<_, StoreError>(file)
    });
    Ok(appended.await.map_err(|_| Refusal::internal())??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_where_they_are_and_not_in_words() {
        assert_eq!(values(br#"{"a":[1,2,{"b":","}]}"#), 7);
        assert_eq!(values(br#"{"a":"[[[,,,:::\",,,"}"#), 2);
        assert_eq!(values(b"a=1&b=2"), 1);
        let nasty = format!("{{\"a\":[{}]}}", vec!["{\"\":0}"; 1000].join(","));
        assert!(values(nasty.as_bytes()) >= 2000);
    }

    #[test]
    fn what_is_no_body() {
        for (kind, body) in [("application/json", "[1]"), ("", "{"), ("text/plain", "hello"), ("", r#"{"a":"\ud800"}"#)] {
            assert_eq!(of_text(kind, body.as_bytes()).unwrap_err().code, Code::Malformed, "{body}");
        }
        assert_eq!(base_name(r"C:\a\b.png"), "b.png");
        assert_eq!(base_name("../../x"), "x");
    }
}
