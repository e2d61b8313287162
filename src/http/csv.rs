//! Answers as CSV files (RFC 4180), made while they are sent.

use super::reply::{self, Reply};
use crate::store::StoreError;
use bytes::Bytes;
use hyper::header::{self, HeaderValue};
use std::io;

/// A cell, quoted where it has to be.
pub fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// A line of cells that people open in a spreadsheet: what it would take for a formula gets a `'` before it.
pub fn guarded_line(lines: &mut String, cells: &[&str]) {
    let guarded =
        |text: &&str| if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { cell(&format!("'{text}")) } else { cell(text) };
    lines.push_str(&cells.iter().map(guarded).collect::<Vec<_>>().join(","));
    lines.push_str("\r\n");
}

/// So that spreadsheets read it as UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Calls `more` until it says that there is nothing more; each time it adds lines.
pub fn stream(
    name: &'static str,
    header: &[&str],
    mut more: impl FnMut(&mut String) -> Result<bool, StoreError> + Send + 'static,
) -> Reply {
    let (sender, mut reply) = reply::streamed("text/csv; charset=utf-8");
    let mut lines = String::from(BYTE_ORDER_MARK);
    guarded_line(&mut lines, header);
    tokio::task::spawn_blocking(move || {
        loop {
            let goes_on = more(&mut lines);
            let is_last = !matches!(goes_on, Ok(true));
            let chunk = goes_on.map(|_| Bytes::from(std::mem::take(&mut lines))).map_err(|e| {
                tracing::error!("{e}");
                io::Error::other("broken off")
            });
            if sender.blocking_send(chunk).is_err() || is_last {
                return;
            }
        }
    });
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        reply::set(&mut reply, header::CONTENT_DISPOSITION, value);
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_becomes_a_formula() {
        let mut line = String::new();
        guarded_line(&mut line, &["=1+1", "a,\"b\"", "07172119", "-5", "发票"]);
        assert_eq!(line, "'=1+1,\"a,\"\"b\"\"\",07172119,'-5,发票\r\n");
    }
}
