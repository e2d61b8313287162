//! Replies: JSON, files, refusals, common headers.

use super::budget::Held;
use crate::domain::refusal::{Code, Refusal, Wrong};
use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{HeaderMap, Response, StatusCode};
use serde_json::{Value, json};
use std::io;
use tokio::sync::mpsc;

pub type Body = UnsyncBoxBody<Bytes, io::Error>;
pub type Reply = Response<Body>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Chinese,
    English,
}

impl Language {
    pub fn of(headers: &HeaderMap) -> Self {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let (mut zh, mut en) = (None, None);
        for (place, part) in accepted.split(',').enumerate() {
            let mut part = part.split(';').map(str::trim);
            let language = part.next().unwrap_or_default().to_ascii_lowercase();
            let quality = part.find_map(|p| p.strip_prefix("q=")).map_or(1.0, |q| q.parse::<f64>().unwrap_or(0.0));
            // The earlier wins among equals.
            let rank = quality - place as f64 * 1e-6;
            let primary = language.split('-').next().unwrap_or_default();
            match primary {
                "zh" if quality > 0.0 && zh.is_none_or(|best| rank > best) => zh = Some(rank),
                "en" if quality > 0.0 && en.is_none_or(|best| rank > best) => en = Some(rank),
                _ => {}
            }
        }
        match (zh, en) {
            (None, Some(_)) => Self::English,
            (Some(zh), Some(en)) if en > zh => Self::English,
            _ => Self::Chinese,
        }
    }

    pub fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Chinese => zh,
            Self::English => en,
        }
    }
}

impl Code {
    pub fn status(self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Throttled => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::TooLarge => "too_large",
            Self::Unsupported => "unsupported",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}

pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

pub fn new(status: StatusCode, media_type: &'static str, body: Body) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    set(&mut reply, header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    reply
}

pub fn set(reply: &mut Reply, name: HeaderName, value: HeaderValue) {
    reply.headers_mut().insert(name, value);
}

pub const JSON: &str = "application/json; charset=utf-8";

pub fn json(value: &Value) -> Reply {
    with_status(StatusCode::OK, value)
}

pub fn with_status(status: StatusCode, value: &Value) -> Reply {
    // A `Value` always has a JSON form.
    new(status, JSON, full(serde_json::to_vec(value).unwrap_or_default()))
}

fn refusal_value(refusal: &Refusal, language: Language) -> Value {
    let mut value = json!({ "err": language.pick(&refusal.zh, &refusal.en), "code": refusal.code.word() });
    if !refusal.fields.is_empty() {
        let one = |wrong: &Wrong| json!({ "name": wrong.name, "err": language.pick(&wrong.zh, &wrong.en) });
        value["fields"] = refusal.fields.iter().map(one).collect();
    }
    value
}

pub fn refusal(refusal: &Refusal, language: Language) -> Reply {
    let mut reply = with_status(refusal.code.status(), &refusal_value(refusal, language));
    if refusal.code == Code::Unavailable {
        set(&mut reply, header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    reply
}

/// With one more field for programs.
pub fn refusal_with(refusal: &Refusal, language: Language, name: &str, beside: Value) -> Reply {
    let mut value = refusal_value(refusal, language);
    value[name] = beside;
    with_status(refusal.code.status(), &value)
}

/// The sending end of a streamed body.
#[derive(Debug)]
pub struct Pieces {
    // Dropped first: whoever has seen the end may ask for the next one.
    held: Held,
    sender: mpsc::Sender<io::Result<Bytes>>,
}

/// The client is gone.
#[derive(Debug)]
pub struct Gone;

impl Pieces {
    /// Blocks until there is room. Fails when the client is gone or has lost the right.
    pub fn send(&self, piece: Bytes) -> Result<(), Gone> {
        if !self.held.may_go_on() {
            self.break_off(&"an answer was broken off: whoever asked for it may not have it any more");
            return Err(Gone);
        }
        self.sender.blocking_send(Ok(piece)).map_err(|_| Gone)
    }

    /// Ends the body visibly incomplete.
    fn break_off(&self, why: &dyn std::fmt::Display) {
        tracing::warn!("{why}");
        let _ = self.sender.blocking_send(Err(io::Error::other("broken off")));
    }
}

/// `make` runs on a blocking thread while its output is sent, in bounded memory. If it fails, the body ends visibly incomplete.
pub fn streamed<E: std::fmt::Display>(
    media_type: &'static str,
    held: Held,
    make: impl FnOnce(&Pieces) -> Result<(), E> + Send + 'static,
) -> Reply {
    let (sender, mut chunks) = mpsc::channel::<io::Result<Bytes>>(4);
    let stream = futures_util::stream::poll_fn(move |cx| chunks.poll_recv(cx).map(|chunk| chunk.map(|c| c.map(Frame::data))));
    let pieces = Pieces { held, sender };
    tokio::task::spawn_blocking(move || {
        if let Err(e) = make(&pieces) {
            pieces.break_off(&e);
        }
    });
    new(StatusCode::OK, media_type, StreamBody::new(stream).boxed_unsync())
}

/// What a download is kept as.
#[derive(Clone, Debug)]
pub struct FileName {
    /// ASCII, for old clients.
    pub plain: String,
    pub shown: String,
}

impl From<&str> for FileName {
    fn from(plain: &str) -> Self {
        Self { plain: plain.to_owned(), shown: plain.to_owned() }
    }
}

/// `name`: ASCII.
pub fn attached(mut reply: Reply, name: &str) -> Reply {
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        set(&mut reply, header::CONTENT_DISPOSITION, value);
    }
    reply
}

/// Under a name in any language (RFC 6266).
pub fn attached_as(mut reply: Reply, FileName { plain, shown }: &FileName) -> Reply {
    if plain == shown {
        return attached(reply, plain);
    }
    let name = percent_encoding::utf8_percent_encode(shown, percent_encoding::NON_ALPHANUMERIC);
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{name}")) {
        set(&mut reply, header::CONTENT_DISPOSITION, value);
    }
    reply
}

const CSP: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
                   font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
                   frame-ancestors 'none'";

/// `hsts`: HTTPS only, on every port of this name.
pub fn finish(reply: &mut Reply, hsts: bool) {
    let headers = reply.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if hsts {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_only_when_it_is_preferred() {
        let of = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(value));
            Language::of(&headers)
        };
        assert_eq!(Language::of(&HeaderMap::new()), Language::Chinese);
        for (value, language) in [
            ("en", Language::English),
            ("en-GB,en;q=0.9", Language::English),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("en;q=0.5, zh;q=0.9", Language::Chinese),
            ("en,zh", Language::English),
            ("fr", Language::Chinese),
            ("zh;q=0, en;q=0.1", Language::English),
        ] {
            assert_eq!(of(value), language, "{value}");
        }
    }
}
