//! Sends pictures in bounded memory. Not here: who may see them (http/invoice/upload.rs).

use super::budget::Held;
use super::reply::{self, Body, Reply};
use crate::domain::refusal::Refusal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody};
use hyper::StatusCode;
use hyper::body::Frame;
use hyper::header::{self, HeaderValue};
use serde_json::Value;
use std::path::PathBuf;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

/// Divisible by 3, so that Base64 pieces join without padding.
const PIECE_BYTES: usize = 48 << 10;

#[derive(Debug)]
pub struct SentFile {
    file: File,
    bytes: u64,
    _held: Held,
}

struct Sending {
    head: Option<Bytes>,
    file: SentFile,
    write: fn(Vec<u8>) -> Bytes,
    tail: Option<Bytes>,
}

impl SentFile {
    pub async fn open(path: PathBuf, held: Held) -> Result<Self, Refusal> {
        let opened = async {
            let file = File::open(&path).await?;
            let bytes = file.metadata().await?.len();
            Ok::<_, std::io::Error>(Self { file, bytes, _held: held })
        };
        opened.await.map_err(|e| {
            tracing::error!("a picture's file can't be read: {e}");
            // A damaged backup, or deleted by hand.
            if e.kind() == std::io::ErrorKind::NotFound {
                return Refusal::not_found("图片文件已丢失", "the picture's file is lost");
            }
            Refusal::internal()
        })
    }

    pub fn reply(self, media_type: &'static str) -> Reply {
        let bytes = self.bytes;
        let sending = Sending { head: None, file: self, write: Bytes::from, tail: None };
        with_length(media_type, sending.body(), bytes)
    }

    /// As a data URL, the JSON object's last field.
    pub fn reply_in_json(self, mut object: Value, name: &str, media_type: &str) -> Reply {
        object[name] = Value::from(format!("data:{media_type};base64,"));
        let mut head = object.to_string();
        // The closing quote and brace.
        let tail = head.split_off(head.len() - 2);
        let length = head.len() as u64 + self.bytes.div_ceil(3) * 4 + tail.len() as u64;
        let write = |piece: Vec<u8>| Bytes::from(BASE64.encode(piece));
        let sending = Sending { head: Some(head.into()), file: self, write, tail: Some(tail.into()) };
        with_length(reply::JSON, sending.body(), length)
    }
}

fn with_length(media_type: &'static str, body: Body, length: u64) -> Reply {
    let mut reply = reply::new(StatusCode::OK, media_type, body);
    reply::set(&mut reply, header::CONTENT_LENGTH, HeaderValue::from(length));
    reply
}

impl Sending {
    fn body(self) -> Body {
        let stream = futures_util::stream::unfold(self, |mut sending| async {
            let next = sending.next().await.transpose()?;
            Some((next.map(Frame::data), sending))
        });
        StreamBody::new(stream).boxed_unsync()
    }

    async fn next(&mut self) -> std::io::Result<Option<Bytes>> {
        if let Some(head) = self.head.take() {
            return Ok(Some(head));
        }
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        (&mut self.file.file).take(PIECE_BYTES as u64).read_to_end(&mut piece).await?;
        Ok(if piece.is_empty() { self.tail.take() } else { Some((self.write)(piece)) })
    }
}
