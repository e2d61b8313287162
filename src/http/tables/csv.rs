//! Streamed CSV files (RFC 4180).

use crate::domain::money;
use crate::http::edge::budget::Held;
use crate::http::edge::reply::{self, FileName, Reply};
use bytes::Bytes;

pub fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// Whether a spreadsheet would see a formula, after the blanks it drops. A negative number is none.
fn is_formula(text: &str) -> bool {
    let is_dropped = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}');
    let begins = text.trim_start_matches(is_dropped).starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let is_figure = || text.chars().all(|c| c.is_numeric() || "-－¥￥,，.．".contains(c)) && money::amount(text).is_some();
    (begins || text.starts_with(['\t', '\r', '\n'])) && !(text.starts_with(['-', '－']) && is_figure())
}

/// Would-be formulas get a leading `'`.
pub fn guarded_line(lines: &mut String, cells: &[&str]) {
    let guarded = |text: &&str| if is_formula(text) { cell(&format!("'{text}")) } else { cell(text) };
    lines.push_str(&cells.iter().map(guarded).collect::<Vec<_>>().join(","));
    lines.push_str("\r\n");
}

/// Spreadsheets need it to recognise UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// `more` appends lines and returns whether there are more.
pub fn stream<E: std::fmt::Display>(
    name: &FileName,
    held: Held,
    header: &[&str],
    mut more: impl FnMut(&mut String) -> Result<bool, E> + Send + 'static,
) -> Reply {
    let mut lines = String::from(BYTE_ORDER_MARK);
    guarded_line(&mut lines, header);
    let made = reply::streamed("text/csv; charset=utf-8", held, move |pieces| {
        loop {
            let goes_on = more(&mut lines)?;
            let is_gone = pieces.send(Bytes::from(std::mem::take(&mut lines))).is_err();
            if is_gone || !goes_on {
                return Ok::<_, E>(());
            }
        }
    });
    reply::attached_as(made, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_becomes_a_formula() {
        let mut line = String::new();
        guarded_line(&mut line, &["=1+1", "a,\"b\"", "07172119", "-5", "发票"]);
        assert_eq!(line, "'=1+1,\"a,\"\"b\"\"\",07172119,-5,发票\r\n");
        for text in ["＝1+1", " =1", "\n=1", "\u{3000}=1", "\u{feff}@x", "+5", "-5+1", "-1,2", "－A1", "\tx", "-(1)", "-Y5", "-"]
        {
            assert!(is_formula(text), "{text:?}");
        }
        for text in ["-235.00", "-¥1,235.00", "－5", "a=1", "", "¥-5", "(235.00)", "发票 =1"] {
            assert!(!is_formula(text), "{text:?}");
        }
    }
}
