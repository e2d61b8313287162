//! A label in ZPL, as one picture. Not here: TSPL.

use super::dots::Dots;
use std::fmt::Write;

/// `^GF` takes no more (*ZPL II Programming Guide*): larger labels are of several pictures, one below the other.
const PICTURE_BYTES_MAX: usize = 99_999;

/// `offset`: dots right and down; what comes to lie beyond the label is cropped.
pub fn label(dots: &Dots, offset: (i32, i32)) -> Vec<u8> {
    let dots = dots.moved(offset);
    let row = dots.row_bytes();
    let mut label = format!("^XA^PW{}^LL{}^LH0,0", dots.width, dots.height);
    let (rows, mut y) = (PICTURE_BYTES_MAX / row.max(1), 0);
    for picture in dots.rows.chunks((rows * row).max(1)) {
        let (bytes, hex) = (picture.len(), hex(picture.chunks(row.max(1))));
        let _ = write!(label, "^FO0,{y}^GFA,{bytes},{bytes},{row},{hex}^FS");
        y += rows;
    }
    label.push_str("^PQ1^XZ");
    label.into_bytes()
}

/// Each row by itself: a run is how often (`G` to `Y`: 1 to 19, `g` to `z`: 20 to 400) and what; `,` and `!` fill the rest of the row
/// with 0 and F, `:` is the row above.
fn hex<'r>(rows: impl Iterator<Item = &'r [u8]>) -> String {
    let mut hex = String::new();
    let mut above: Option<&[u8]> = None;
    for row in rows {
        if above == Some(row) {
            hex.push(':');
            continue;
        }
        above = Some(row);
        let digits: Vec<u8> = row.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect();
        let runs: Vec<&[u8]> = digits.chunk_by(|a, b| a == b).collect();
        for (at, run) in runs.iter().enumerate() {
            match (run[0], at + 1 == runs.len()) {
                (0, true) => hex.push(','),
                (15, true) => hex.push('!'),
                (digit, _) => push_run(&mut hex, digit, run.len()),
            }
        }
    }
    hex
}

fn push_run(hex: &mut String, digit: u8, mut times: usize) {
    let letter = |first: u8, n: usize| char::from(first + u8::try_from(n - 1).unwrap_or(0));
    let digit = char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase();
    while times > 419 {
        hex.extend(['z', digit]);
        times -= 400;
    }
    if times >= 20 {
        hex.push(letter(b'g', times / 20));
    }
    // One is said by the digit alone.
    if !times.is_multiple_of(20) && times > 1 {
        hex.push(letter(b'G', times % 20));
    }
    hex.push(digit);
}
