//! Client of the external algorithm server over TCP, by the protocol of the interface documents (§4 of the contract). Frames both
//! ways: msg_id and length (i32, little-endian), then that many bytes of JSON in GBK or UTF-8. Not here: retries.

use super::builtin::{code, picture};
use super::{Cancel, Draft, Engine, Event, Trouble, Verdict};
use crate::domain::area::{AreaKind, POS_LABEL};
use crate::domain::ids::TemplateId;
use crate::domain::settings::{Encoding, Settings};
use crate::domain::template::{EngineNumbers, Learnt, Rect, Template};
use crate::domain::vat_code;
use encoding_rs::GBK;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const RECOGNISE: i32 = 1;
const ADD: i32 = 2;
const DELETE: i32 = 3;
const CHANGE: i32 = 4;
const MATCHED: i32 = 100;
const FOUND: i32 = 101;
const READ: i32 = 102;

const FRAME_BYTES_MAX: usize = 4 << 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How often a blocked read checks for cancellation.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

pub type SettingsNow = Arc<dyn Fn() -> Arc<Settings> + Send + Sync>;

/// Connects on demand and reconnects if the connection is lost.
pub struct Server {
    /// Key of its template numbers.
    name: String,
    address: String,
    settings: SettingsNow,
    stream: Option<TcpStream>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

struct Frame {
    id: i32,
    body: Map<String, Value>,
}

impl Frame {
    fn status(&self) -> i32 {
        self.body.get("status").and_then(Value::as_i64).and_then(|s| s.try_into().ok()).unwrap_or(0)
    }

    fn text(&self, name: &str) -> String {
        match self.body.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        }
    }

    fn number(&self, name: &str) -> Option<f64> {
        number(self.body.get(name)?)
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|n| n.is_finite())
}

fn position(value: Option<&Value>) -> Option<Rect> {
    let side = |name: &str| number(value?.get(name)?).map(|n| n as f32);
    Some(Rect { x: side("x")?, y: side("y")?, width: side("w")?, height: side("h")? })
}

/// Two-byte characters of encoding_rs outside plain GBK: additions of CP936 and GB 18030.
fn is_beyond_gbk(c: char) -> bool {
    matches!(c, '\u{1F9}' | '\u{20AC}' | '\u{2E80}'..='\u{2EFF}' | '\u{2FF0}'..='\u{2FFB}' | '\u{303E}'
        | '\u{3400}'..='\u{4DBF}' | '\u{E000}'..='\u{F8FF}')
}

fn encode(value: &Value, encoding: Encoding) -> Vec<u8> {
    let text = value.to_string();
    if encoding == Encoding::Utf8 {
        return text.into_bytes();
    }
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        let mut utf8 = [0; 4];
        let (encoded, _, failed) = GBK.encode(c.encode_utf8(&mut utf8));
        if failed || is_beyond_gbk(c) {
            // Occurs only inside JSON strings, so it can be escaped.
            let mut utf16 = [0; 2];
            c.encode_utf16(&mut utf16).iter().for_each(|unit| bytes.extend(format!("\\u{unit:04x}").bytes()));
        } else {
            bytes.extend_from_slice(&encoded);
        }
    }
    bytes
}

fn decode(bytes: &[u8], encoding: Encoding) -> Option<Map<String, Value>> {
    if bytes.is_empty() {
        return Some(Map::new());
    }
    match encoding {
        Encoding::Utf8 => serde_json::from_slice(bytes).ok(),
        Encoding::Gbk => {
            let (text, _, broken) = GBK.decode(bytes);
            if broken { None } else { serde_json::from_str(&text).ok() }
        }
    }
}

fn broken(what: &str) -> Trouble {
    Trouble::Receive(what.to_owned())
}

impl Server {
    pub fn new(name: String, address: String, settings: SettingsNow) -> Self {
        Self { name, address, settings, stream: None }
    }

    /// Reconnects if the server has closed the connection.
    fn connect(&mut self) -> Result<&mut TcpStream, Trouble> {
        if self.stream.as_ref().is_some_and(is_stale) {
            self.stream = None;
        }
        if self.stream.is_none() {
            let unreachable = |e: io::Error| Trouble::Unreachable(format!("{}: {e}", self.address));
            let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
            let addresses: Vec<SocketAddr> = self.address.to_socket_addrs().map_err(unreachable)?.collect();
            for address in addresses {
                match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
                    Ok(stream) => {
                        let set = stream.set_nodelay(true).and(stream.set_read_timeout(Some(POLL_INTERVAL)));
                        set.and(stream.set_write_timeout(Some(SEND_TIMEOUT))).map_err(unreachable)?;
                        self.stream = Some(stream);
                        break;
                    }
                    Err(e) => last = e,
                }
            }
            if self.stream.is_none() {
                return Err(Trouble::Unreachable(format!("{}: {last}", self.address)));
            }
        }
        self.stream.as_mut().ok_or_else(|| Trouble::Unreachable(self.address.clone()))
    }

    /// Sends a request and passes answers to `on_frame` until it returns a result. Failure drops the connection: late answers would
    /// be taken for the next request's.
    fn exchange<T>(
        &mut self,
        id: i32,
        body: &Value,
        cancel: &Cancel,
        mut on_frame: impl FnMut(&Frame) -> Result<Option<T>, Trouble>,
    ) -> Result<T, Trouble> {
        let encoding = (self.settings)().engine_encoding;
        let mut frame = Vec::new();
        let body = encode(body, encoding);
        frame.extend(id.to_le_bytes());
        frame.extend(i32::try_from(body.len()).map_err(|_| Trouble::Refused("too large a request".into()))?.to_le_bytes());
        frame.extend(body);
        let stream = self.connect()?;
        let sent = stream.write_all(&frame).map_err(|e| Trouble::Send(e.to_string()));
        let outcome = sent.and_then(|()| {
            loop {
                if let Some(end) = on_frame(&receive(stream, encoding, cancel)?)? {
                    return Ok(end);
                }
            }
        });
        if matches!(outcome, Err(Trouble::Send(_) | Trouble::Receive(_))) {
            self.stream = None;
        }
        outcome
    }

    /// Returns the engine's template number, if given.
    fn change(&mut self, id: i32, body: &Value, cancel: &Cancel) -> Result<Option<i64>, Trouble> {
        self.exchange(id, body, cancel, |frame| match (frame.id == id, frame.status()) {
            (false, _) => Ok(None),
            (true, 0) => Ok(Some(frame.number("id").map(|n| n as i64))),
            (true, status) => Err(Trouble::Refused(format!("the engine answers status {status}"))),
        })
    }
}

/// Closed, or holding unsolicited data.
fn is_stale(stream: &TcpStream) -> bool {
    let peeked = stream.set_nonblocking(true).and_then(|()| {
        let peeked = stream.peek(&mut [0]);
        stream.set_nonblocking(false)?;
        peeked
    });
    !matches!(peeked, Err(e) if e.kind() == io::ErrorKind::WouldBlock)
}

fn fill(stream: &mut TcpStream, mut bytes: &mut [u8], cancel: &Cancel) -> Result<(), Trouble> {
    while !bytes.is_empty() {
        if cancel.is_cancelled() {
            return Err(broken("nobody waits any more"));
        }
        match stream.read(bytes) {
            Ok(0) => return Err(broken("the engine closed the connection")),
            Ok(read) => bytes = &mut bytes[read..],
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted) => {}
            Err(e) => return Err(Trouble::Receive(e.to_string())),
        }
    }
    Ok(())
}

fn receive(stream: &mut TcpStream, encoding: Encoding, cancel: &Cancel) -> Result<Frame, Trouble> {
    let (mut id, mut length) = ([0; 4], [0; 4]);
    fill(stream, &mut id, cancel)?;
    fill(stream, &mut length, cancel)?;
    let length = usize::try_from(i32::from_le_bytes(length)).ok().filter(|length| *length <= FRAME_BYTES_MAX);
    let mut body = vec![0; length.ok_or_else(|| broken("a frame of no possible length"))?];
    fill(stream, &mut body, cancel)?;
    let body = decode(&body, encoding).ok_or_else(|| broken("a frame that is no JSON"))?;
    Ok(Frame { id: i32::from_le_bytes(id), body })
}

/// Area names used for a picture. Bounded, because reports are stored and broadcast.
#[derive(Default)]
struct AreaNames(BTreeSet<String>);

impl AreaNames {
    /// Twice a template's maximum.
    const MAX: usize = 128;
    const NAME_CHARS_MAX: usize = 64;

    fn checked_name(&mut self, frame: &Frame) -> Result<String, Trouble> {
        let name = frame.text("pos_id");
        if name.chars().count() > Self::NAME_CHARS_MAX {
            return Err(broken("an area whose name has more than 64 characters"));
        }
        if self.0.len() == Self::MAX && !self.0.contains(&name) {
            return Err(broken("more areas than any template has"));
        }
        self.0.insert(name.clone());
        Ok(name)
    }
}

/// More than any field holds; longer text is cut, and a person checks it.
const TEXT_CHARS_MAX: usize = 1_000;

/// Text and probability.
fn text_and_probability(frame: &Frame) -> (String, f64) {
    let mut text = frame.text("ocr_result");
    let end = text.char_indices().nth(TEXT_CHARS_MAX).map(|(end, _)| end);
    text.truncate(end.unwrap_or(text.len()));
    // 0 for an invalid probability, a failure status or a cut text.
    let probability = frame.number("probability").filter(|p| (0.0..=1.0).contains(p) && frame.status() == 0 && end.is_none());
    (text, probability.unwrap_or(0.0))
}

fn path_text(path: &Path) -> Result<String, Trouble> {
    let absolute = std::path::absolute(path).map_err(|e| Trouble::Refused(e.to_string()))?;
    absolute.to_str().map(str::to_owned).ok_or_else(|| Trouble::Refused("the picture's path is not UTF-8".into()))
}

impl Engine for Server {
    fn ready(&mut self) -> Result<(), Trouble> {
        self.connect().map(|_| ())
    }

    fn recognise(
        &mut self,
        picture: &Path,
        templates: &[Arc<Template>],
        cancel: &Cancel,
        report: &mut dyn FnMut(Event),
    ) -> Result<Verdict, Trouble> {
        let name = self.name.clone();
        let request = json!({ "url": path_text(picture)?, "delay": (self.settings)().engine_delay_ms });
        let mut matched: Option<Option<&Arc<Template>>> = None;
        let mut areas = AreaNames::default();
        let mut verdict = self.exchange(RECOGNISE, &request, cancel, |frame| {
            let known = matches!(matched, Some(Some(_)));
            match frame.id {
                MATCHED => {
                    let engine_number = frame.number("id").map(|n| n as i64).filter(|_| frame.status() == 0);
                    // Unknown numbers count as no template.
                    let template = engine_number.and_then(|n| templates.iter().find(|t| t.learnt.numbers.get(&name) == Some(&n)));
                    report(Event::Matched { template: template.map(|t| t.id), candidates: Vec::new() });
                    matched = Some(template);
                    Ok(None)
                }
                FOUND if known => {
                    let position = position(frame.body.get("position")).ok_or_else(|| broken("an area without its place"))?;
                    report(Event::Found { status: frame.status(), pos_id: areas.checked_name(frame)?, position });
                    Ok(None)
                }
                READ if known => {
                    let (text, probability) = text_and_probability(frame);
                    report(Event::Read {
                        status: frame.status(),
                        pos_id: areas.checked_name(frame)?,
                        text,
                        probability,
                        doubts: Vec::new(),
                    });
                    Ok(None)
                }
                RECOGNISE if known && frame.status() == 0 => Ok(Some(Verdict::Done { codes: Vec::new(), papers: 1 })),
                RECOGNISE => Ok(Some(Verdict::NoTemplateFits)),
                _ => Ok(None),
            }
        })?;
        match (&mut verdict, matched) {
            (Verdict::Done { codes, papers }, Some(Some(template))) => {
                let text = template.layout.label.clone();
                report(Event::Read { status: 0, pos_id: POS_LABEL.into(), text, probability: 1.0, doubts: Vec::new() });
                if has_field_in_code(template) {
                    *codes = codes_on(picture);
                    *papers = vat_code::invoices(codes).max(1);
                }
            }
            (_, None) => report(Event::Matched { template: None::<TemplateId>, candidates: Vec::new() }),
            _ => {}
        }
        Ok(verdict)
    }

    fn learn(&mut self, draft: &Draft<'_>, cancel: &Cancel) -> Result<Learnt, Trouble> {
        let mut json_model: Map<String, Value> =
            serde_json::from_str(draft.json_model).map_err(|e| Trouble::Refused(e.to_string()))?;
        let path = path_text(draft.picture)?;
        let number = match draft.numbers.get(&self.name) {
            Some(&number) => {
                json_model.extend([("id".into(), json!(number)), ("url".into(), json!(path))]);
                self.change(CHANGE, &json!({ "json_model": json_model }), cancel)?;
                number
            }
            None => {
                json_model.extend([("url".into(), json!([path])), ("image_num".into(), json!(1))]);
                let number = self.change(ADD, &json!({ "json_model": json_model }), cancel)?;
                number.ok_or_else(|| broken("a new template without its number"))?
            }
        };
        Ok(Learnt { numbers: EngineNumbers::from([(self.name.clone(), number)]), ..Learnt::default() })
    }

    fn forget(&mut self, numbers: &EngineNumbers, cancel: &Cancel) -> Result<(), Trouble> {
        // Never learnt by this engine.
        let Some(number) = numbers.get(&self.name) else { return Ok(()) };
        self.change(DELETE, &json!({ "id": number }), cancel).map(|_| ())
    }
}

/// The search visits every pixel: done only if a field can be checked against a code.
fn has_field_in_code(template: &Template) -> bool {
    let kinds = [AreaKind::InvoiceCode, AreaKind::InvoiceId, AreaKind::Date, AreaKind::Money];
    template.layout.areas.iter().any(|area| kinds.contains(&area.kind))
}

fn codes_on(path: &Path) -> Vec<String> {
    picture::open(path).map(|p| code::codes(&p).to_vec()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_outside_gbk_are_escaped() {
        let value = json!({ "标签": "发票€𠮷ǹ" });
        let bytes = encode(&value, Encoding::Gbk);
        assert!(bytes.windows(4).any(|w| w == [0xB7, 0xA2, 0xC6, 0xB1]), "发票 in GBK");
        assert!(String::from_utf8_lossy(&bytes).contains(r"\u20ac\ud842\udfb7\u01f9"));
        assert_eq!(decode(&bytes, Encoding::Gbk).map(Value::Object), Some(value.clone()));
        assert_eq!(decode(&encode(&value, Encoding::Utf8), Encoding::Utf8).map(Value::Object), Some(value));
        assert_eq!(decode(b"\xFF\xFF", Encoding::Gbk), None);
        assert_eq!(decode(b"[1]", Encoding::Utf8), None);
    }
}
