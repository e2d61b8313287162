//! The process that reads papers: what a hostile file can do, it does here. It takes one request a line and answers each. Not here: who
//! starts and kills it (desk.rs).

use super::{Format, Trouble};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Write};
use std::path::PathBuf;

/// The command that starts it.
pub const COMMAND: &str = "read-papers";

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub ask: Ask,
    pub format: Format,
    pub path: PathBuf,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Ask {
    Inspect,
    Read,
    /// A page's picture, as JPEG.
    Draw {
        page: u32,
    },
}

/// A line of JSON with the length of what follows: the answer in JSON, or a picture.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Head {
    pub trouble: Option<Trouble>,
    pub bytes: usize,
}

/// An answer longer than this is not read.
pub(super) const ANSWER_BYTES_MAX: usize = 64 << 20;
const JPEG_QUALITY: u8 = 90;

/// Until its input ends.
///
/// # Errors
/// Its output is closed.
pub fn run() -> io::Result<()> {
    let (mut requests, mut answers) = (io::stdin().lock(), io::stdout().lock());
    let mut line = String::new();
    while requests.read_line(&mut line)? > 0 {
        let answer = serde_json::from_str(&line).map_err(|_| Trouble::Damaged).and_then(|request| answer(&request));
        line.clear();
        let (trouble, body) = match answer {
            Ok(body) => (None, body),
            Err(trouble) => (Some(trouble), Vec::new()),
        };
        serde_json::to_writer(&mut answers, &Head { trouble, bytes: body.len() })?;
        answers.write_all(b"\n")?;
        answers.write_all(&body)?;
        answers.flush()?;
    }
    Ok(())
}

fn answer(request: &Request) -> Result<Vec<u8>, Trouble> {
    let bytes = std::fs::read(&request.path).map_err(|_| Trouble::Damaged)?;
    let said = match request.ask {
        Ask::Inspect => serde_json::to_vec(&super::inspect(request.format, &bytes)?),
        Ask::Read => serde_json::to_vec(&super::read(request.format, &bytes)?),
        Ask::Draw { page } => {
            let picture = super::draw::page(request.format, &bytes, page)?;
            let mut jpeg = Vec::new();
            let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY);
            picture.write_with_encoder(encoder).map_err(|_| Trouble::TooMuch)?;
            return Ok(jpeg);
        }
    };
    said.ok().filter(|said| said.len() <= ANSWER_BYTES_MAX).ok_or(Trouble::TooMuch)
}
