//! Texts compared as a reader would: what is the same letter, and which parts of two texts are the same.
//! Not here: pictures.

use std::ops::Range;

/// A text reduced to what distinguishes it, each character with the index of the piece it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    pub chars: Vec<char>,
    pub pieces: Vec<usize>,
}

/// Without blanks and punctuation, capitals only, full-width forms as ASCII.
pub fn fold<'a>(pieces: impl IntoIterator<Item = &'a str>) -> Folded {
    let mut out = Folded::default();
    for (piece, text) in pieces.into_iter().enumerate() {
        for c in text.chars() {
            let c = narrow(c);
            if c.is_alphanumeric() {
                out.chars.push(c.to_uppercase().next().unwrap_or(c));
                out.pieces.push(piece);
            }
        }
    }
    out
}

/// The ASCII form of a full-width character.
pub fn narrow(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    }
}

pub fn fold_text(text: &str) -> Vec<char> {
    fold([text]).chars
}

/// Where two texts are the same, but for errors of reading.
#[derive(Clone, Debug, PartialEq)]
pub struct Common {
    pub a: Range<usize>,
    pub b: Range<usize>,
    /// Characters that are the same.
    pub hits: usize,
    /// Hits less what differs between them.
    pub score: f32,
}

const ERROR_COST: f32 = 0.7;

/// The best local alignment (Smith & Waterman, *Identification of Common Molecular Subsequences*): 1 for a hit, −0.7 for each error.
pub fn common(a: &[char], b: &[char]) -> Option<Common> {
    #[derive(Clone, Copy, Default)]
    struct Cell {
        score: f32,
        hits: usize,
        start: (usize, usize),
    }
    let mut best: Option<(Cell, usize, usize)> = None;
    let mut above = vec![Cell::default(); b.len() + 1];
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![Cell::default(); b.len() + 1];
        for (j, cb) in b.iter().enumerate() {
            let hit = ca == cb;
            let step = |from: Cell, gain: f32| Cell { score: from.score + gain, ..from };
            let from = if above[j].score > 0.0 { above[j] } else { Cell { start: (i, j), ..Cell::default() } };
            let mut cell = step(from, if hit { 1.0 } else { -ERROR_COST });
            cell.hits += usize::from(hit);
            for skipped in [step(above[j + 1], -ERROR_COST), step(row[j], -ERROR_COST)] {
                if skipped.score > cell.score {
                    cell = skipped;
                }
            }
            if cell.score > 0.0 {
                row[j + 1] = cell;
                if hit && best.as_ref().is_none_or(|(b, ..)| cell.score > b.score) {
                    best = Some((cell, i + 1, j + 1));
                }
            }
        }
        above = row;
    }
    best.map(|(cell, i, j)| Common { a: cell.start.0..i, b: cell.start.1..j, hits: cell.hits, score: cell.score })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_in_a_line_despite_an_error() {
        let found = common(&fold_text("发票代码："), &fold_text("票：发栗代码 1440")).unwrap();
        assert_eq!((found.a, found.b, found.hits), (0..4, 1..5, 3));
        assert!(common(&fold_text("日期"), &fold_text("金额")).is_none());
    }

    #[test]
    fn folding_keeps_the_pieces() {
        let folded = fold(["Ｎo", ".", "１２"]);
        assert_eq!(folded.chars, ['N', 'O', '1', '2']);
        assert_eq!(folded.pieces, [0, 0, 2, 2]);
    }
}
