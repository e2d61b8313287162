//! What a client sent: a query, JSON, a form or multipart, all read into the same fields; files go to the disk as they come. Every
//! kind has its limit.

use super::time::{self, Covered};
use crate::app::pictures;
use crate::domain::refusal::{Code, Refusal};
use crate::store::StoreError;
use crate::store::blobs::{Blobs, Incoming};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming as RequestBody};
use hyper::{HeaderMap, header};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use std::time::{Duration, Instant};

pub const TEXT_BYTES_MAX: u64 = 32 << 20;
/// Of a form's fields beside its files.
const FORM_FIELDS_MAX: usize = 1000;
/// A sender that stays silent so long is gone.
const SILENCE_MAX: Duration = Duration::from_secs(40);
/// After this, a sender has to have kept up `PACE_BYTES` a second.
const PACE_AFTER: Duration = Duration::from_secs(60);
const PACE_BYTES: u64 = 1024;
/// How long a refused sender may go on talking before the line is cut.
const DRAIN_MAX: Duration = Duration::from_secs(60);

/// A file of a multipart body, on disk but not kept yet.
#[derive(Debug)]
pub struct Upload {
    /// Base name as the client sent it.
    pub name: String,
    /// Why it was not taken; its bytes are gone then.
    pub file: Result<Incoming, Refusal>,
}

/// The fields of a request, whatever form they came in.
#[derive(Debug, Default)]
pub struct Fields {
    map: Map<String, Value>,
    /// In a form every value is text.
    is_form: bool,
    pub files: Vec<Upload>,
    raw: Option<Vec<u8>>,
}

/// What a route takes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub multipart_bytes: u64,
    pub file_bytes: u64,
    pub files: usize,
    /// A body of a kind that holds no fields is taken as it is.
    pub raw: bool,
}

fn too_large() -> Refusal {
    Refusal::new(Code::TooLarge, "请求太大", "the request is too large")
}

fn not_json() -> Refusal {
    Refusal::malformed("请求内容不是正确的 JSON", "the request body is not valid JSON")
}

/// A body that is read with an eye on the clock.
struct Paced {
    body: RequestBody,
    began: Instant,
    read: u64,
}

impl Paced {
    async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        loop {
            let gone = || Refusal::malformed("请求没有发送完整", "the request was not sent to its end");
            let frame = tokio::time::timeout(SILENCE_MAX, self.body.frame()).await.map_err(|_| gone())?;
            let Some(frame) = frame else { return Ok(None) };
            let Ok(data) = frame.map_err(|_| gone())?.into_data() else { continue };
            self.read += data.len() as u64;
            let late = self.began.elapsed().saturating_sub(PACE_AFTER).as_secs();
            if self.read < late * PACE_BYTES {
                return Err(gone());
            }
            return Ok(Some(data));
        }
    }

    /// Lets a refused sender finish, so that the refusal reaches it; nothing is kept.
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

impl Fields {
    pub fn of_query(query: &str) -> Self {
        Self { map: pairs(query.as_bytes()), is_form: true, ..Self::default() }
    }

    /// Reads the whole body; what of it is files lies on disk afterwards.
    pub async fn of_body(headers: &HeaderMap, body: RequestBody, limits: Limits, blobs: &Blobs) -> Result<Self, Refusal> {
        let mut paced = Paced { body, began: Instant::now(), read: 0 };
        let read = Self::read(headers, &mut paced, limits, blobs).await;
        if read.is_err() {
            paced.drain();
        }
        read
    }

    /// For a request refused before its body was looked at.
    pub fn drain(body: RequestBody) {
        Paced { body, began: Instant::now(), read: 0 }.drain();
    }

    async fn read(headers: &HeaderMap, body: &mut Paced, limits: Limits, blobs: &Blobs) -> Result<Self, Refusal> {
        if !matches!(header(headers, &header::CONTENT_ENCODING), "" | "identity") {
            return Err(Refusal::new(Code::Unsupported, "不支持压缩的请求", "compressed requests are not taken"));
        }
        let content_type = header(headers, &header::CONTENT_TYPE);
        let announced = header(headers, &header::CONTENT_LENGTH).parse::<u64>().unwrap_or(0);
        if let Ok(boundary) = multer::parse_boundary(content_type) {
            if announced > limits.multipart_bytes {
                return Err(too_large());
            }
            return Self::of_multipart(body, boundary, limits, blobs).await;
        }
        if announced > TEXT_BYTES_MAX {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = body.next().await? {
            if (bytes.len() + chunk.len()) as u64 > TEXT_BYTES_MAX {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        let kind = content_type.to_ascii_lowercase();
        if limits.raw && !kind.starts_with("application/json") && !kind.starts_with("application/x-www-form-urlencoded") {
            return Ok(Self { raw: Some(bytes), ..Self::default() });
        }
        Self::of_text(content_type, &bytes)
    }

    fn of_text(content_type: &str, bytes: &[u8]) -> Result<Self, Refusal> {
        // .NET's writers put a byte order mark before what they send.
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let first = bytes.iter().find(|b| !b.is_ascii_whitespace());
        let is_json = first == Some(&b'{') || content_type.trim_start().to_ascii_lowercase().starts_with("application/json");
        match (is_json, first) {
            (_, None) => Ok(Self::default()),
            (true, _) => match serde_json::from_slice(bytes) {
                Ok(Value::Object(map)) => Ok(Self { map, is_form: false, ..Self::default() }),
                _ => Err(not_json()),
            },
            (false, _) if content_type.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") => {
                Ok(Self { map: pairs(bytes), is_form: true, ..Self::default() })
            }
            (false, _) => {
                Err(Refusal::malformed("请求内容应为 JSON、表单或 multipart", "the request body must be JSON, a form or multipart"))
            }
        }
    }

    async fn of_multipart(body: &mut Paced, boundary: String, limits: Limits, blobs: &Blobs) -> Result<Self, Refusal> {
        let stream = futures_util::stream::unfold(body, |body| async {
            match body.next().await {
                Ok(None) => None,
                Ok(Some(_)) if body.read > limits.multipart_bytes => Some((Err(too_large()), body)),
                Ok(Some(chunk)) => Some((Ok(chunk), body)),
                Err(refusal) => Some((Err(refusal), body)),
            }
        });
        let mut fields = Self { is_form: true, ..Self::default() };
        let mut text_bytes = 0;
        let mut multipart = multer::Multipart::new(stream, boundary);
        while let Some(part) = multipart.next_field().await.map_err(broken)? {
            match part.file_name().map(base_name) {
                Some(name) => {
                    if fields.files.len() == limits.files {
                        return Err(Refusal::new(Code::TooLarge, "文件太多", "too many files"));
                    }
                    let file = spool(part, limits.file_bytes, blobs).await?;
                    fields.files.push(Upload { name, file });
                }
                None => {
                    let name = part.name().unwrap_or_default().to_owned();
                    let value = text_part(part, &mut text_bytes).await?;
                    if fields.map.len() == FORM_FIELDS_MAX {
                        return Err(too_large());
                    }
                    add(&mut fields.map, name, value);
                }
            }
        }
        Ok(fields)
    }
}

/// Our own refusal where it ended the stream; else the form is at fault.
fn broken(e: multer::Error) -> Refusal {
    if let multer::Error::StreamReadFailed(e) = &e
        && let Some(refusal) = e.downcast_ref::<Refusal>()
    {
        return refusal.clone();
    }
    Refusal::malformed("multipart 格式不正确", "the multipart body is malformed")
}

/// Without the folders that some browsers and any attacker put before it.
fn base_name(name: &str) -> String {
    name.rsplit(['/', '\\']).next().unwrap_or_default().chars().take(255).collect()
}

async fn text_part(mut part: multer::Field<'_>, text_bytes: &mut u64) -> Result<String, Refusal> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(broken)? {
        *text_bytes += chunk.len() as u64;
        if *text_bytes > TEXT_BYTES_MAX {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| Refusal::malformed("表单不是 UTF-8", "the form is not UTF-8"))
}

/// Bytes gathered before they go to the disk, off the runtime.
const SPOOL_BYTES: usize = 1 << 20;

async fn spool(mut part: multer::Field<'_>, bytes_max: u64, blobs: &Blobs) -> Result<Result<Incoming, Refusal>, Refusal> {
    let mut file = None;
    let mut gathered = Vec::new();
    let mut read = 0;
    while let Some(chunk) = part.chunk().await.map_err(broken)? {
        read += chunk.len() as u64;
        if read > bytes_max {
            // Read on to the next part, and keep nothing of this one.
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

fn pairs(bytes: &[u8]) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, value) in form_urlencoded::parse(bytes).take(FORM_FIELDS_MAX * 100) {
        add(&mut map, name.into_owned(), value.into_owned());
    }
    map
}

/// A field given twice becomes a list.
fn add(map: &mut Map<String, Value>, name: String, value: String) {
    match map.get_mut(&name) {
        None => {
            map.insert(name, Value::String(value));
        }
        Some(Value::Array(values)) => values.push(Value::String(value)),
        Some(first) => *first = Value::Array(vec![first.take(), Value::String(value)]),
    }
}

impl Fields {
    /// The one file of a form, or the body itself.
    pub async fn take_file_or_raw(&mut self) -> Result<Vec<u8>, Refusal> {
        if let Some(raw) = self.raw.take() {
            return Ok(raw);
        }
        let missing = || Refusal::malformed("缺少文件", "the file is missing");
        let file = self.files.pop().ok_or_else(missing)?.file?;
        let path = file.path().to_owned();
        let read = tokio::fs::read(path).await;
        drop(file);
        Ok(read.map_err(StoreError::Io)?)
    }
}

fn ill_typed(name: &str, zh: &str, en: &str) -> Refusal {
    Refusal::malformed(format!("{name}：{zh}"), format!("{name}: {en}"))
}

fn missing(name: &str) -> Refusal {
    ill_typed(name, "缺少这一项", "is missing")
}

/// Reads a value's fields by name. Each getter refuses with the field's name where the value is of the wrong type.
impl Fields {
    pub fn of_value(value: &Value) -> Option<Self> {
        value.as_object().map(|map| Self { map: map.clone(), is_form: false, ..Self::default() })
    }

    pub fn iter(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.map.iter()
    }

    pub fn value(&self, name: &str) -> Option<&Value> {
        match self.map.get(name)? {
            Value::Null => None,
            // What a client has nothing to say for, it leaves empty: many old ones fill in every field.
            Value::String(text) if text.is_empty() => None,
            value => Some(value),
        }
    }

    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    pub fn text_or_none(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(ill_typed(name, "应为文字", "must be text")),
        }
    }

    pub fn text(&self, name: &str) -> Result<&str, Refusal> {
        self.text_or_none(name)?.ok_or_else(|| missing(name))
    }

    pub fn number_or_none(&self, name: &str) -> Result<Option<i64>, Refusal> {
        self.value(name)
            .map(|value| whole_number(value).ok_or_else(|| ill_typed(name, "应为整数", "must be a whole number")))
            .transpose()
    }

    /// An id, a page, a count: 0 or more.
    pub fn natural_or_none(&self, name: &str) -> Result<Option<u64>, Refusal> {
        let number = self.number_or_none(name)?;
        number.map(|n| u64::try_from(n).map_err(|_| ill_typed(name, "不能为负数", "must not be negative"))).transpose()
    }

    pub fn natural(&self, name: &str) -> Result<u64, Refusal> {
        self.natural_or_none(name)?.ok_or_else(|| missing(name))
    }

    /// Absent is no.
    pub fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.value(name) {
            None | Some(Value::Bool(false)) => Ok(false),
            Some(Value::Bool(true)) => Ok(true),
            Some(Value::String(text)) if text == "true" => Ok(true),
            Some(Value::String(text)) if text == "false" => Ok(false),
            Some(value) => match whole_number(value) {
                Some(0) => Ok(false),
                Some(1) => Ok(true),
                _ => Err(ill_typed(name, "应为 0 或 1", "must be 0 or 1")),
            },
        }
    }

    /// A serial: text, or a number.
    pub fn serial_or_none(&self, name: &str) -> Result<Option<String>, Refusal> {
        self.value(name)
            .map(|value| serial(value).ok_or_else(|| ill_typed(name, "应为文字或数字", "must be text or a number")))
            .transpose()
    }

    pub fn serial(&self, name: &str) -> Result<String, Refusal> {
        self.serial_or_none(name)?.ok_or_else(|| missing(name))
    }

    /// A list: an array, in a form also a string of JSON, values separated by commas, or the field given several times.
    pub fn list(&self, name: &str) -> Result<Vec<Value>, Refusal> {
        let wrong = || ill_typed(name, "应为列表", "must be a list");
        match self.value(name).ok_or_else(|| missing(name))? {
            Value::Array(values) => Ok(values.clone()),
            Value::String(text) if self.is_form => {
                if text.trim_start().starts_with('[') {
                    return serde_json::from_str(text).map_err(|_| wrong());
                }
                Ok(text.split(',').map(|part| Value::String(part.trim().to_owned())).collect())
            }
            _ => Err(wrong()),
        }
    }

    pub fn serials(&self, name: &str, max: usize) -> Result<Vec<String>, Refusal> {
        let list = self.list(name)?;
        if list.is_empty() {
            return Err(ill_typed(name, "不能为空", "must not be empty"));
        }
        if list.len() > max {
            let (zh, en) = (format!("{name}：一次最多 {max} 个"), format!("{name}: at most {max} at once"));
            return Err(Refusal::new(Code::TooLarge, zh, en));
        }
        list.iter().map(|v| serial(v).ok_or_else(|| ill_typed(name, "应为文字或数字", "must hold text or numbers"))).collect()
    }

    /// An object: as such, or as a string of JSON.
    pub fn object_or_none(&self, name: &str) -> Result<Option<Map<String, Value>>, Refusal> {
        let wrong = || ill_typed(name, "应为 JSON 对象", "must be a JSON object");
        match self.value(name) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(map.clone())),
            Some(Value::String(text)) => serde_json::from_str(text).map(Some).map_err(|_| wrong()),
            Some(_) => Err(wrong()),
        }
    }

    pub fn object(&self, name: &str) -> Result<Map<String, Value>, Refusal> {
        self.object_or_none(name)?.ok_or_else(|| missing(name))
    }

    pub fn time_or_none(&self, name: &str, zone: &TimeZone) -> Result<Option<Covered>, Refusal> {
        let wrong = || ill_typed(name, "时间格式应为 yyyy-MM-dd HH:mm:ss", "must be a time like yyyy-MM-dd HH:mm:ss");
        self.text_or_none(name)?.map(|text| time::read(text, zone).ok_or_else(wrong)).transpose()
    }

    pub fn time(&self, name: &str, zone: &TimeZone) -> Result<Covered, Refusal> {
        self.time_or_none(name, zone)?.ok_or_else(|| missing(name))
    }
}

impl From<Map<String, Value>> for Fields {
    fn from(map: Map<String, Value>) -> Self {
        Self { map, is_form: false, ..Self::default() }
    }
}

fn whole_number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
        }
        _ => None,
    }
}

fn serial(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(query: &str) -> Fields {
        Fields::of_query(query)
    }

    #[test]
    fn a_list_in_every_form() {
        let asked = ["1".to_owned(), "2".to_owned()];
        for query in ["a=1&a=2", "a=1,2", "a=%5B1,%222%22%5D"] {
            assert_eq!(form(query).serials("a", 9).unwrap(), asked, "{query}");
        }
        let json = Fields::of_text("", br#" {"a":[1,"2"]}"#).unwrap();
        assert_eq!(json.serials("a", 9).unwrap(), asked);
        assert_eq!(json.serials("a", 1).unwrap_err().code, Code::TooLarge);
        assert!(Fields::of_text("", br#"{"a":"1,2"}"#).unwrap().serials("a", 9).is_err());
        assert!(form("a=").serials("a", 9).is_err());
    }

    #[test]
    fn numbers_flags_and_absence() {
        let fields = Fields::of_text("text/plain", br#"{"n":"12","m":3,"x":null,"t":1.5,"e":""}"#).unwrap();
        assert_eq!((fields.natural("n").unwrap(), fields.natural("m").unwrap()), (12, 3));
        assert!(!fields.has("x") && !fields.has("e"));
        for name in ["t", "e", "x"] {
            assert!(fields.natural(name).unwrap_err().en.contains(name));
        }
        assert!(form("p=-1").natural("p").is_err());
        assert!(!form("e=").has("e"));
        assert!(form("f=1").flag("f").unwrap() && !form("f=0").flag("f").unwrap() && form("f=2").flag("f").is_err());
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_json() {
        for kind in ["", "application/json"] {
            assert_eq!(Fields::of_text(kind, "\u{feff}{\"a\":1}".as_bytes()).unwrap().natural("a").unwrap(), 1);
        }
        assert!(!Fields::of_text("application/json", "\u{feff}".as_bytes()).unwrap().has("a"));
    }

    #[test]
    fn what_is_no_body() {
        for (kind, body) in [("application/json", "[1]"), ("", "{"), ("text/plain", "hello"), ("", r#"{"a":"\ud800"}"#)] {
            assert_eq!(Fields::of_text(kind, body.as_bytes()).unwrap_err().code, Code::Malformed, "{body}");
        }
        assert_eq!(base_name(r"C:\a\b.png"), "b.png");
        assert_eq!(base_name("../../x"), "x");
    }
}
