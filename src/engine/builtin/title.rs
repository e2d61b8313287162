//! A form's title, and whether a page shows the same: a form family differs in nothing else. Not here: where the form lies
//! (align.rs).

use super::charset::Charset;
use super::clean::{remove_red, remove_stamp};
use super::geometry::{Homography, Point, Quad};
use super::nets::Nets;
use super::page::{Line, is_wide, median_height};
use super::read::{Glyph, crop, read_crops};
use super::seal;
use super::text::{fold, simplified};
use crate::domain::template::{FixedWord, Learnt};
use crate::engine::Trouble;
use image::RgbImage;
use std::cmp::Ordering;

/// A title character that was not read surely; matches anything.
pub const UNKNOWN: char = '□';
/// A title's height relative to the median word …
pub const LARGE_RATIO: f32 = 1.15;
/// … or, at the head of a form, with at most this share of the words above.
pub const HEAD_RATIO_MIN: f32 = 0.9;
const ABOVE_MAX: f32 = 0.2;
/// Characters replaced at least this surely mean another title if it is improbable that all were misread (each with at least
/// `MISREAD_MIN`).
const REPLACED_MIN: f32 = 0.5;
const MISREAD_MAX: f32 = 0.01;
const MISREAD_MIN: f32 = 0.01;
/// Minimum for learning: a character left open lets the rest of the form family pass.
pub const LEARN_MIN: f32 = 0.8;
/// Minimum for a single differing character: one character tells 广东 from 广西.
const SINGLE_MIN: f32 = 0.98;

/// Shorter titles are easily lost.
const MISSING_OF_MIN: usize = 4;
/// Shorter titles may be headings.
const PRINTED_MIN: usize = 6;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct TitleMatch {
    /// Characters found, of how many.
    pub same: usize,
    pub of: usize,
    /// It is surely another title.
    pub is_other: bool,
    /// Characters probably replaced by another.
    pub replaced: usize,
    /// The text found.
    pub read: String,
}

impl TitleMatch {
    pub fn is_whole(&self) -> bool {
        self.same == self.of && !self.is_other
    }

    /// Hardly any of it was read. Under seals and on faded papers most of it is.
    pub fn is_missing(&self) -> bool {
        self.of >= MISSING_OF_MIN && 3 * self.same <= self.of
    }

    /// Confidence that the title is there, 0 to 1, by missing characters.
    pub fn confidence(&self) -> f32 {
        let missing = self.of - self.same.min(self.of);
        match missing {
            _ if self.is_other => 0.0,
            0 => 1.0,
            1 => 0.97,
            2 if self.of >= 8 => 0.92,
            _ => 0.8,
        }
    }

    /// Confidence that it is the same title, 0 to 1: a replaced character may name another province.
    pub fn similarity(&self) -> f32 {
        match self.replaced {
            0 => 1.0,
            1 => 0.85,
            _ => 0.6,
        }
    }
}

#[derive(Debug)]
pub struct Title {
    chars: Vec<char>,
    quad: Quad,
}

/// Names end in one of `ENDINGS` (brackets may follow) or contain one of `NAMES`, as detection may lose the last character. What
/// ends in one of `PARTS` names a field.
const ENDINGS: [char; 7] = ['票', '据', '单', '证', '书', '账', '条'];
const NAMES: [&str; 5] = ["发票", "收据", "票据", "凭证", "增值税"];
const PARTS: [char; 10] = ['码', '号', '人', '联', '章', '期', '额', '位', '效', '名'];

pub fn names_form(text: &str) -> bool {
    let bare = text.split(['(', '（', '[', '【']).next().unwrap_or_default();
    let chars = fold([bare]).chars;
    let bare: String = chars.iter().collect();
    let Some(last) = chars.last().filter(|_| chars.len() >= 4) else { return false };
    ENDINGS.contains(last) || (!PARTS.contains(last) && NAMES.iter().any(|name| bare.contains(name)))
}

/// The title's words, left to right: the row of the largest word that names a form and is either large or at the head. `开票人` and
/// `发票号码` name fields; other large text (a station, a shop) varies.
pub fn title_row(words: &[FixedWord]) -> Vec<&FixedWord> {
    let quad = |w: &FixedWord| Quad(w.corners);
    // Mostly by height: a table's headings may be one long line.
    let size = |w: &FixedWord| quad(w).height().powi(2) * quad(w).width();
    // Boxes of one or two characters are higher than the text.
    let is_long = |w: &&FixedWord| fold([w.text.as_str()]).chars.iter().filter(|c| is_wide_letter(**c)).count() >= 4;
    let mut heights: Vec<f32> = words.iter().filter(is_long).map(|w| quad(w).height()).collect();
    heights.sort_by(f32::total_cmp);
    let usual = heights.get(heights.len() / 2).copied().unwrap_or_default();
    let is_large = |w: &FixedWord| quad(w).height() > LARGE_RATIO * usual;
    let is_at_head = |w: &FixedWord| {
        let above = words.iter().filter(|other| quad(w).local(quad(other).centre()).1 < -0.5).count();
        quad(w).height() >= HEAD_RATIO_MIN * usual && above as f32 <= ABOVE_MAX * words.len() as f32
    };
    let names = |w: &&FixedWord| names_form(&w.text) && (is_large(w) || is_at_head(w));
    let rank = |w: &FixedWord| (is_large(w), size(w));
    let Some(main) = words.iter().filter(names).max_by(|a, b| rank(a).partial_cmp(&rank(b)).unwrap_or(Ordering::Equal)) else {
        return Vec::new();
    };
    let (there, height) = (quad(main), quad(main).height());
    let beside = |w: &&FixedWord| {
        let ends = quad(w).ends().map(|p| there.local(p));
        let gap = (ends[0].0 - 1.0).max(-ends[1].0) * there.width();
        let level = ends.iter().all(|(_, y)| (0.3..=0.7).contains(y));
        level && gap < 1.2 * height && (0.75..=1.33).contains(&(quad(w).height() / height.max(1.0)))
    };
    let mut row: Vec<&FixedWord> = words.iter().filter(|w| std::ptr::eq(*w, main) || beside(w)).collect();
    let start = |w: &FixedWord| there.local(quad(w).ends()[0]).0;
    row.sort_by(|a, b| start(a).total_cmp(&start(b)));
    row
}

/// The page's title: larger than the usual text and long enough to identify a form.
pub fn printed_title(lines: &[Line]) -> Option<String> {
    let read = lines.iter().filter(|l| l.reading.mean() >= LEARN_MIN);
    let words: Vec<FixedWord> = read.map(|l| FixedWord { text: l.reading.text(), corners: l.quad.0 }).collect();
    let row = title_row(&words);
    let text: String = row.iter().map(|w| w.text.as_str()).collect();
    let is_large = row.first().is_some_and(|w| Quad(w.corners).height() > LARGE_RATIO * median_height(lines));
    (is_large && letter_count(&text) >= PRINTED_MIN).then_some(text)
}

impl Title {
    pub fn of(learnt: &Learnt) -> Option<Self> {
        let row = title_row(&learnt.words);
        let (first, last) = (row.first()?, row.last()?);
        let text = learnt.title.clone().unwrap_or_else(|| row.iter().map(|w| w.text.as_str()).collect());
        let chars: Vec<char> = text.chars().filter(|c| is_wide_letter(*c) || *c == UNKNOWN).map(simplified).collect();
        let quad = Quad([first.corners[0], last.corners[1], last.corners[2], first.corners[3]]);
        (chars.len() >= 3).then_some(Self { chars, quad })
    }

    pub fn text(&self) -> String {
        self.chars.iter().collect()
    }

    pub fn quad(&self) -> &Quad {
        &self.quad
    }

    /// Compares with the lines at the title's position.
    pub fn compare(&self, lines: &[Line], map: &Homography) -> TitleMatch {
        let there = map.apply_quad(&self.quad);
        let mut glyphs: Vec<(Point, &Glyph)> = Vec::new();
        for line in lines.iter().filter(|l| (0.5..=1.8).contains(&(l.quad.height() / there.height().max(1.0)))) {
            let placed = line.reading.glyphs.iter().map(|g| (there.local(line.quad.slice(g.at, g.at).centre()), g));
            glyphs.extend(placed.filter(|((_, y), g)| (0.1..=0.9).contains(y) && g.text.chars().any(is_wide_letter)));
        }
        glyphs.sort_by(|a, b| a.0.0.total_cmp(&b.0.0));
        // Include adjoining glyphs: another title may be longer.
        let pitch = 1.0 / self.chars.len() as f32;
        let inside = |x: f32| (-0.3 * pitch..=1.0 + 0.3 * pitch).contains(&x);
        let (Some(mut from), Some(mut to)) =
            (glyphs.iter().position(|g| inside(g.0.0)), glyphs.iter().rposition(|g| inside(g.0.0)))
        else {
            return self.match_chars(&[]);
        };
        while from > 0 && glyphs[from].0.0 - glyphs[from - 1].0.0 < 1.5 * pitch {
            from -= 1;
        }
        while to + 1 < glyphs.len() && glyphs[to + 1].0.0 - glyphs[to].0.0 < 1.5 * pitch {
            to += 1;
        }
        let mut read: Vec<ReadChar> = glyphs[from..=to].iter().map(|((x, _), g)| ReadChar::new(g, x / pitch)).collect();
        // Overlapping lines repeat characters.
        read.dedup_by(|later, kept| {
            let twice = later.at - kept.at < 0.5;
            if twice && later.probability > kept.probability {
                *kept = *later;
            }
            twice
        });
        self.match_chars(&read)
    }

    /// Reads the title's region again, plain and with red removed; returns the best match.
    pub fn reread(&self, nets: &Nets, picture: &RgbImage, map: &Homography) -> Result<TitleMatch, Trouble> {
        let there = map.apply_quad(&self.quad);
        let quad = there.expanded(0.4 * there.height(), 0.12 * there.height());
        let plain = crop(picture, &quad)?;
        let mut clean = plain.clone();
        remove_stamp(&mut clean);
        let mut crops = vec![plain.clone(), clean];
        if seal::touches(picture, &there) {
            let mut brown = plain;
            remove_red(&mut brown);
            crops.push(brown);
        }
        let lead = 0.4 * there.height() / quad.width().max(1.0);
        let pitch = (1.0 - 2.0 * lead) / self.chars.len() as f32;
        let accords = read_crops(&nets.reader, &crops, Charset::Any)?.into_iter().map(|reading| {
            let glyphs = reading.glyphs.iter().filter(|g| g.text.chars().any(is_wide_letter));
            self.match_chars(&glyphs.map(|g| ReadChar::new(g, (g.at - lead) / pitch)).collect::<Vec<_>>())
        });
        let best = accords.reduce(|best, a| if a.same > best.same { a } else { best });
        Ok(best.unwrap_or_default())
    }

    fn match_chars(&self, read: &[ReadChar]) -> TitleMatch {
        let steps = edit_script(&self.chars, read);
        let same = steps.iter().filter(|s| matches!(s, EditStep::Keep(_))).count();
        let mut others: Vec<f32> = Vec::new();
        // A title learnt in part may continue.
        let may_continue = self.chars.last().is_none_or(|c| !ENDINGS.contains(c));
        let end = steps.iter().rposition(|s| !matches!(s, EditStep::Insert(_))).map_or(0, |last| last + 1);
        for (i, step) in steps.iter().enumerate() {
            match step {
                EditStep::Insert(_) if may_continue && i >= end => {}
                // A character read twice.
                EditStep::Insert(j) if read.get(j + 1).is_some_and(|next| next.c == read[*j].c) => {}
                EditStep::Insert(j) if *j > 0 && read[j - 1].c == read[*j].c => {}
                EditStep::Replace(j) | EditStep::Insert(j) => others.push(read[*j].probability),
                // Missing without a gap: never printed.
                EditStep::Delete => {
                    let before = steps[..i].iter().rev().find_map(EditStep::read);
                    let after = steps[i..].iter().find_map(EditStep::read);
                    if let (Some(a), Some(b)) = (before, after)
                        && read[b].at - read[a].at < 1.45
                    {
                        others.push(read[a].probability.min(read[b].probability));
                    }
                }
                EditStep::Keep(_) => {}
            }
        }
        let likely: Vec<f32> = others.iter().copied().filter(|p| *p >= REPLACED_MIN).collect();
        let all_misread: f32 = likely.iter().map(|p| (1.0 - p).max(MISREAD_MIN)).product();
        // An inserted character may have been lost in learning, a replaced one was not.
        let replaced = steps.iter().any(|s| matches!(s, EditStep::Replace(_)));
        let alone = replaced && others.len() == 1 && others[0] >= SINGLE_MIN && same + 1 >= self.chars.len();
        let is_likely = |s: &&EditStep| matches!(s, EditStep::Replace(j) if read[*j].probability >= REPLACED_MIN);
        TitleMatch {
            same,
            of: self.chars.len(),
            replaced: steps.iter().filter(is_likely).count(),
            is_other: (likely.len() >= 2 && all_misread < MISREAD_MAX) || alone,
            read: read.iter().map(|s| s.c).collect(),
        }
    }
}

/// Counts the characters that distinguish titles.
pub fn letter_count(text: &str) -> usize {
    text.chars().filter(|c| is_wide_letter(*c)).count()
}

fn is_wide_letter(c: char) -> bool {
    is_wide(c) && c.is_alphanumeric() && !c.is_numeric()
}

#[derive(Clone, Copy, Debug)]
struct ReadChar {
    c: char,
    probability: f32,
    /// From the title's start, in character widths.
    at: f32,
}

impl ReadChar {
    fn new(glyph: &Glyph, at: f32) -> Self {
        Self { c: glyph.text.chars().next().map_or(UNKNOWN, simplified), probability: glyph.probability, at }
    }
}

/// The index is that of the character read.
#[derive(Clone, Copy, Debug, PartialEq)]
enum EditStep {
    Keep(usize),
    Replace(usize),
    Insert(usize),
    Delete,
}

impl EditStep {
    fn read(&self) -> Option<usize> {
        match self {
            Self::Keep(j) | Self::Replace(j) | Self::Insert(j) => Some(*j),
            Self::Delete => None,
        }
    }
}

/// The fewest edits (Wagner & Fischer, *The String-to-String Correction Problem*); of those, the least displaced.
fn edit_script(own: &[char], read: &[ReadChar]) -> Vec<EditStep> {
    let (n, m) = (own.len(), read.len());
    let cost = |i: usize, j: usize| {
        let away = (read[j].at - i as f32 - 0.5).abs().min(4.0) * 0.02;
        away + if own[i] == read[j].c || own[i] == UNKNOWN { 0.0 } else { 1.0 }
    };
    let mut table = vec![vec![0.0f32; m + 1]; n + 1];
    for i in 0..=n {
        for j in 0..=m {
            table[i][j] = match (i, j) {
                (0, 0) => 0.0,
                (0, _) => table[0][j - 1] + 1.0,
                (_, 0) => table[i - 1][0] + 1.0,
                _ => (table[i - 1][j - 1] + cost(i - 1, j - 1)).min(table[i - 1][j] + 1.0).min(table[i][j - 1] + 1.0),
            };
        }
    }
    let (mut i, mut j, mut steps) = (n, m, Vec::new());
    while i > 0 || j > 0 {
        if i > 0 && j > 0 && table[i][j] >= table[i - 1][j - 1] + cost(i - 1, j - 1) - 1e-4 {
            (i, j) = (i - 1, j - 1);
            steps.push(if own[i] == read[j].c || own[i] == UNKNOWN { EditStep::Keep(j) } else { EditStep::Replace(j) });
        } else if j > 0 && (i == 0 || table[i][j] >= table[i][j - 1] + 1.0 - 1e-4) {
            j -= 1;
            steps.push(EditStep::Insert(j));
        } else {
            i -= 1;
            steps.push(EditStep::Delete);
        }
    }
    steps.reverse();
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(text: &str) -> Title {
        let width = text.chars().count() as f32 * 30.0;
        Title { chars: text.chars().collect(), quad: Quad([(0.0, 0.0), (width, 0.0), (width, 30.0), (0.0, 30.0)]) }
    }

    fn seen(text: &str, probability: f32) -> Vec<ReadChar> {
        text.chars().enumerate().map(|(i, c)| ReadChar { c, probability, at: i as f32 + 0.5 }).collect()
    }

    #[test]
    fn another_invoice_type_or_province_is_another_title() {
        let own = title("广东增值税专用发票");
        assert!(own.match_chars(&seen("广东增值税普通发票", 0.99)).is_other);
        assert!(own.match_chars(&seen("广西增值税专用发票", 0.99)).is_other);
        assert!(own.match_chars(&seen("广东增值税电子专用发票", 0.99)).is_other);
        assert!(title("广东增值税电子普通发票").match_chars(&seen("广东增值税普通发票", 0.99)).is_other);
    }

    #[test]
    fn a_title_is_missing_where_hardly_any_of_it_is_read() {
        let own = title("广东增值税专用发票");
        assert!(own.match_chars(&[]).is_missing() && own.match_chars(&seen("标准快件", 0.4)).is_missing());
        assert!(!own.match_chars(&seen("增值税专", 0.9)).is_missing() && !title("发票联").match_chars(&[]).is_missing());
    }

    #[test]
    fn a_replaced_character_lowers_the_similarity() {
        let own = title("广东增值税专用发票");
        let doubtful = own.match_chars(&seen("广西增值税专用发票", 0.9));
        assert!(!doubtful.is_other && doubtful.similarity() < 0.9, "{doubtful:?}");
        let faint = own.match_chars(&seen("广东增值税专用发栗", 0.4));
        assert_eq!((faint.replaced, faint.similarity()), (0, 1.0));
        assert_eq!(title("广□增值税专用发票").match_chars(&seen("广西增值税专用发票", 0.99)).similarity(), 1.0);
    }

    #[test]
    fn a_title_is_large_and_names_a_form() {
        let word = |text: &str, y: f32, height: f32| {
            let width = text.chars().count() as f32 * height;
            FixedWord { text: text.into(), corners: [(0.0, y), (width, y), (width, y + height), (0.0, y + height)] }
        };
        let usual = ["开票人：王芳", "开票日期", "发票号码", "收款单位盖章"];
        let mut words: Vec<FixedWord> = usual.iter().zip([100.0, 200.0, 300.0, 400.0]).map(|(t, y)| word(t, y, 20.0)).collect();
        assert!(title_row(&words).is_empty());
        words.push(word("四川增值税专用发", 0.0, 36.0));
        assert_eq!(title_row(&words).iter().map(|w| w.text.as_str()).collect::<String>(), "四川增值税专用发");
    }

    #[test]
    fn poorly_read_title_is_not_another_title() {
        let own = title("广东增值税专用发票");
        let same = own.match_chars(&seen("广东增值税专用发票", 0.6));
        assert_eq!((same.same, same.is_other, same.confidence()), (9, false, 1.0));
        assert!(!own.match_chars(&seen("广束增值税专用发栗", 0.8)).is_other);
        assert!(!own.match_chars(&seen("广东增值税专用用发票", 0.99)).is_other);
        assert!(!title("广东增值税专用发").match_chars(&seen("广东增值税专用发票", 0.99)).is_other);
        assert!(!title("广东增值税").match_chars(&seen("广东增值税专用发票", 0.99)).is_other);
        assert!(title("广东增值税").match_chars(&seen("广西增值税专用发票", 0.99)).is_other);
        // Two characters under a seal leave a gap.
        let mut hidden = seen("广东增值税专用发票", 0.99);
        hidden.drain(3..5);
        let hidden = own.match_chars(&hidden);
        assert!(!hidden.is_other && hidden.confidence() > 0.9);
        assert!(own.match_chars(&[]).confidence() < 0.9);
        assert!(!title("广□增值税专用发票").match_chars(&seen("广西增值税专用发票", 0.99)).is_other);
    }
}
