//! The words that name a form, and whether a page bears the same: forms of one make differ in nothing else.
//! Not here: where the form lies on the page (align.rs).

use super::clean::{remove_red, remove_stamp};
use super::geometry::{Map, Point, Quad};
use super::nets::Nets;
use super::page::{Line, is_wide, usual_height};
use super::read::{Charset, Glyph, crop, read_crops};
use super::seal;
use super::text::{fold, simplified};
use crate::domain::template::{FixedWord, Learnt};
use crate::engine::Trouble;
use image::RgbImage;
use std::cmp::Ordering;

/// Stands for a character of the title that was not read surely: any other may be there.
pub const HOLE: char = '□';
/// A title is so much higher than the middle one of a form's words …
pub const LARGE: f32 = 1.15;
/// … or at least not smaller, and above all but so many of them.
const USUAL: f32 = 0.9;
const ABOVE_MAX: f32 = 0.2;
/// Several characters that are read otherwise, each as surely as this, are another title when it is so unlikely that all of them were
/// misread; none is taken to be surer than the least.
const LIKELY: f32 = 0.5;
const MISREAD_MAX: f32 = 0.01;
const MISREAD_MIN: f32 = 0.01;
/// On the template's own picture a character counts from here: one that is left open lets its sisters pass.
pub const LEARNT: f32 = 0.8;
/// One other character in an otherwise equal title has to be surer: it makes 广东 a 广西.
const SURE_ALONE: f32 = 0.98;

/// A title of fewer characters may be a heading of the form.
const PRINTED_MIN: usize = 6;

/// How a page's title compares with the template's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Accord {
    /// Characters of the title that are there.
    pub same: usize,
    pub of: usize,
    /// Another title stands there for sure.
    pub other: bool,
    /// Characters in whose place another was read, as likely as not.
    pub replaced: usize,
    /// What was read in its place.
    pub read: String,
}

impl Accord {
    pub fn is_whole(&self) -> bool {
        self.same == self.of && !self.other
    }

    /// How sure it is that this is the title, 0 to 1, by what is missing of it.
    pub fn certainty(&self) -> f32 {
        let missing = self.of - self.same.min(self.of);
        match missing {
            _ if self.other => 0.0,
            0 => 1.0,
            1 => 0.97,
            2 if self.of >= 8 => 0.92,
            _ => 0.8,
        }
    }

    /// How sure it is that the form is called what its template is, 0 to 1: a character that was read otherwise may be another place's.
    pub fn likeness(&self) -> f32 {
        match self.replaced {
            0 => 1.0,
            1 => 0.85,
            _ => 0.6,
        }
    }
}

/// A template's title and the place of it.
#[derive(Debug)]
pub struct Title {
    chars: Vec<char>,
    quad: Quad,
}

/// What names a form ends in one of these (an invoice, a receipt, a list, a proof), with brackets after it or without, or has one of the
/// words in it: a last character may be lost at the edge of a line. What ends in one of the last names a part of the form.
const ENDINGS: [char; 6] = ['票', '据', '单', '证', '书', '账'];
const NAMES: [&str; 5] = ["发票", "收据", "票据", "凭证", "增值税"];
const PARTS: [char; 10] = ['码', '号', '人', '联', '章', '期', '额', '位', '效', '名'];

pub fn names_a_form(text: &str) -> bool {
    let bare = text.split(['(', '（', '[', '【']).next().unwrap_or_default();
    let chars = fold([bare]).chars;
    let bare: String = chars.iter().collect();
    let Some(last) = chars.last().filter(|_| chars.len() >= 4) else { return false };
    ENDINGS.contains(last) || (!PARTS.contains(last) && NAMES.iter().any(|name| bare.contains(name)))
}

/// The words of the row that names the form: it holds the largest that reads like such a name, and is larger than the usual print, or
/// stands at the head of the form: `开票人` and `发票号码` name something else. Other large print (a station, a shop) may well be
/// another's on the next one.
pub fn row(words: &[FixedWord]) -> Vec<&FixedWord> {
    let quad = |w: &FixedWord| Quad(w.corners);
    // By height above all: the headings of a table may be one long line.
    let size = |w: &FixedWord| quad(w).height().powi(2) * quad(w).width();
    // Boxes around one or two characters are higher than the print.
    let lasting = |w: &&FixedWord| fold([w.text.as_str()]).chars.iter().filter(|c| is_wide_letter(**c)).count() >= 4;
    let mut heights: Vec<f32> = words.iter().filter(lasting).map(|w| quad(w).height()).collect();
    heights.sort_by(f32::total_cmp);
    let usual = heights.get(heights.len() / 2).copied().unwrap_or_default();
    let is_large = |w: &FixedWord| quad(w).height() > LARGE * usual;
    let heads = |w: &FixedWord| {
        let above = words.iter().filter(|other| quad(w).local(quad(other).centre()).1 < -0.5).count();
        quad(w).height() >= USUAL * usual && above as f32 <= ABOVE_MAX * words.len() as f32
    };
    let names = |w: &&FixedWord| names_a_form(&w.text) && (is_large(w) || heads(w));
    let rank = |w: &FixedWord| (is_large(w), size(w));
    let Some(chief) = words.iter().filter(names).max_by(|a, b| rank(a).partial_cmp(&rank(b)).unwrap_or(Ordering::Equal)) else {
        return Vec::new();
    };
    let (there, height) = (quad(chief), quad(chief).height());
    let beside = |w: &&FixedWord| {
        let ends = quad(w).ends().map(|p| there.local(p));
        let gap = (ends[0].0 - 1.0).max(-ends[1].0) * there.width();
        let level = ends.iter().all(|(_, y)| (0.3..=0.7).contains(y));
        level && gap < 1.2 * height && (0.75..=1.33).contains(&(quad(w).height() / height.max(1.0)))
    };
    let mut row: Vec<&FixedWord> = words.iter().filter(|w| std::ptr::eq(*w, chief) || beside(w)).collect();
    let start = |w: &FixedWord| there.local(quad(w).ends()[0]).0;
    row.sort_by(|a, b| start(a).total_cmp(&start(b)));
    row
}

/// The title that a page's lines show: larger than its print usually is, and as long as what tells one form from another.
pub fn printed(lines: &[Line]) -> Option<String> {
    let read = lines.iter().filter(|l| l.reading.mean() >= LEARNT);
    let words: Vec<FixedWord> = read.map(|l| FixedWord { text: l.reading.text(), corners: l.quad.0 }).collect();
    let row = row(&words);
    let text: String = row.iter().map(|w| w.text.as_str()).collect();
    let is_large = row.first().is_some_and(|w| Quad(w.corners).height() > LARGE * usual_height(lines));
    (is_large && letters(&text) >= PRINTED_MIN).then_some(text)
}

impl Title {
    pub fn of(learnt: &Learnt) -> Option<Self> {
        let row = row(&learnt.words);
        let (first, last) = (row.first()?, row.last()?);
        let text = learnt.title.clone().unwrap_or_else(|| row.iter().map(|w| w.text.as_str()).collect());
        let chars: Vec<char> = text.chars().filter(|c| is_wide_letter(*c) || *c == HOLE).map(simplified).collect();
        let quad = Quad([first.corners[0], last.corners[1], last.corners[2], first.corners[3]]);
        (chars.len() >= 3).then_some(Self { chars, quad })
    }

    pub fn text(&self) -> String {
        self.chars.iter().collect()
    }

    pub fn quad(&self) -> &Quad {
        &self.quad
    }

    /// What `lines` say in the title's place.
    pub fn compare(&self, lines: &[Line], map: &Map) -> Accord {
        let there = map.apply_quad(&self.quad);
        let mut glyphs: Vec<(Point, &Glyph)> = Vec::new();
        for line in lines.iter().filter(|l| (0.5..=1.8).contains(&(l.quad.height() / there.height().max(1.0)))) {
            let placed = line.reading.glyphs.iter().map(|g| (there.local(line.quad.slice(g.at, g.at).centre()), g));
            glyphs.extend(placed.filter(|((_, y), g)| (0.1..=0.9).contains(y) && g.text.chars().any(is_wide_letter)));
        }
        glyphs.sort_by(|a, b| a.0.0.total_cmp(&b.0.0));
        // What stands in the title's place, and what goes on from it without a gap: another title may be longer.
        let pitch = 1.0 / self.chars.len() as f32;
        let inside = |x: f32| (-0.3 * pitch..=1.0 + 0.3 * pitch).contains(&x);
        let (Some(mut from), Some(mut to)) =
            (glyphs.iter().position(|g| inside(g.0.0)), glyphs.iter().rposition(|g| inside(g.0.0)))
        else {
            return self.accord(&[]);
        };
        while from > 0 && glyphs[from].0.0 - glyphs[from - 1].0.0 < 1.5 * pitch {
            from -= 1;
        }
        while to + 1 < glyphs.len() && glyphs[to + 1].0.0 - glyphs[to].0.0 < 1.5 * pitch {
            to += 1;
        }
        let mut read: Vec<Seen> = glyphs[from..=to].iter().map(|((x, _), g)| Seen::new(g, x / pitch)).collect();
        // Lines that overlap show the same character twice.
        read.dedup_by(|later, kept| {
            let twice = later.at - kept.at < 0.5;
            if twice && later.probability > kept.probability {
                *kept = *later;
            }
            twice
        });
        self.accord(&read)
    }

    /// Its place read once more by itself, as it is and without seals; the reading that shows most of the title counts.
    ///
    /// # Errors
    /// `Receive` when the net fails.
    pub fn reread(&self, nets: &Nets, picture: &RgbImage, map: &Map) -> Result<Accord, Trouble> {
        let there = map.apply_quad(&self.quad);
        let quad = there.grown(0.4 * there.height(), 0.12 * there.height());
        let plain = crop(picture, &quad)?;
        let mut clean = plain.clone();
        remove_stamp(&mut clean);
        let mut crops = vec![plain.clone(), clean];
        // Where no seal lies, there is none to look beneath.
        if seal::touches(picture, &there) {
            let mut brown = plain;
            remove_red(&mut brown);
            crops.push(brown);
        }
        let lead = 0.4 * there.height() / quad.width().max(1.0);
        let pitch = (1.0 - 2.0 * lead) / self.chars.len() as f32;
        let accords = read_crops(nets, &crops, Charset::Any)?.into_iter().map(|reading| {
            let glyphs = reading.glyphs.iter().filter(|g| g.text.chars().any(is_wide_letter));
            self.accord(&glyphs.map(|g| Seen::new(g, (g.at - lead) / pitch)).collect::<Vec<_>>())
        });
        let best = accords.reduce(|best, a| if a.same > best.same { a } else { best });
        Ok(best.unwrap_or_default())
    }

    fn accord(&self, read: &[Seen]) -> Accord {
        let steps = edits(&self.chars, read);
        let same = steps.iter().filter(|s| matches!(s, Edit::Same(_))).count();
        let mut others: Vec<f32> = Vec::new();
        // A title that was learnt in part may go on.
        let is_open = self.chars.last().is_none_or(|c| !ENDINGS.contains(c));
        let end = steps.iter().rposition(|s| !matches!(s, Edit::More(_))).map_or(0, |last| last + 1);
        for (i, step) in steps.iter().enumerate() {
            match step {
                Edit::More(_) if is_open && i >= end => {}
                // Read twice is not printed twice.
                Edit::More(j) if read.get(j + 1).is_some_and(|next| next.c == read[*j].c) => {}
                Edit::More(j) if *j > 0 && read[j - 1].c == read[*j].c => {}
                Edit::Other(j) | Edit::More(j) => others.push(read[*j].probability),
                // A character that is missing, and no room where it should be: it was never printed.
                Edit::Less => {
                    let before = steps[..i].iter().rev().find_map(Edit::read);
                    let after = steps[i..].iter().find_map(Edit::read);
                    if let (Some(a), Some(b)) = (before, after)
                        && read[b].at - read[a].at < 1.45
                    {
                        others.push(read[a].probability.min(read[b].probability));
                    }
                }
                Edit::Same(_) => {}
            }
        }
        let likely: Vec<f32> = others.iter().copied().filter(|p| *p >= LIKELY).collect();
        let all_misread: f32 = likely.iter().map(|p| (1.0 - p).max(MISREAD_MIN)).product();
        // One more at an end may have been lost when the template was learnt; one in another's place was not.
        let replaced = steps.iter().any(|s| matches!(s, Edit::Other(_)));
        let alone = replaced && others.len() == 1 && others[0] >= SURE_ALONE && same + 1 >= self.chars.len();
        let is_likely = |s: &&Edit| matches!(s, Edit::Other(j) if read[*j].probability >= LIKELY);
        Accord {
            same,
            of: self.chars.len(),
            replaced: steps.iter().filter(is_likely).count(),
            other: (likely.len() >= 2 && all_misread < MISREAD_MAX) || alone,
            read: read.iter().map(|s| s.c).collect(),
        }
    }
}

/// How many of a text's characters tell titles apart.
pub fn letters(text: &str) -> usize {
    text.chars().filter(|c| is_wide_letter(*c)).count()
}

fn is_wide_letter(c: char) -> bool {
    is_wide(c) && c.is_alphanumeric() && !c.is_numeric()
}

/// A character on the page.
#[derive(Clone, Copy, Debug)]
struct Seen {
    c: char,
    probability: f32,
    /// In widths of a character of the title, from its start.
    at: f32,
}

impl Seen {
    fn new(glyph: &Glyph, at: f32) -> Self {
        Self { c: glyph.text.chars().next().map_or(HOLE, simplified), probability: glyph.probability, at }
    }
}

/// A step that makes one text of another; the number is that of the character read.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Edit {
    Same(usize),
    Other(usize),
    More(usize),
    Less,
}

impl Edit {
    fn read(&self) -> Option<usize> {
        match self {
            Self::Same(j) | Self::Other(j) | Self::More(j) => Some(*j),
            Self::Less => None,
        }
    }
}

/// The fewest edits (Wagner & Fischer, *The String-to-String Correction Problem*); of those, the ones that leave characters where they are.
fn edits(own: &[char], read: &[Seen]) -> Vec<Edit> {
    let (n, m) = (own.len(), read.len());
    let cost = |i: usize, j: usize| {
        let away = (read[j].at - i as f32 - 0.5).abs().min(4.0) * 0.02;
        away + if own[i] == read[j].c || own[i] == HOLE { 0.0 } else { 1.0 }
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
            steps.push(if own[i] == read[j].c || own[i] == HOLE { Edit::Same(j) } else { Edit::Other(j) });
        } else if j > 0 && (i == 0 || table[i][j] >= table[i][j - 1] + 1.0 - 1e-4) {
            j -= 1;
            steps.push(Edit::More(j));
        } else {
            i -= 1;
            steps.push(Edit::Less);
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

    fn seen(text: &str, probability: f32) -> Vec<Seen> {
        text.chars().enumerate().map(|(i, c)| Seen { c, probability, at: i as f32 + 0.5 }).collect()
    }

    #[test]
    fn another_kind_or_province_is_another_title() {
        let own = title("广东增值税专用发票");
        assert!(own.accord(&seen("广东增值税普通发票", 0.99)).other);
        assert!(own.accord(&seen("广西增值税专用发票", 0.99)).other);
        assert!(own.accord(&seen("广东增值税电子专用发票", 0.99)).other);
        assert!(title("广东增值税电子普通发票").accord(&seen("广东增值税普通发票", 0.99)).other);
    }

    #[test]
    fn a_character_read_otherwise_makes_the_form_less_likely_the_same() {
        let own = title("广东增值税专用发票");
        let doubtful = own.accord(&seen("广西增值税专用发票", 0.9));
        assert!(!doubtful.other && doubtful.likeness() < 0.9, "{doubtful:?}");
        let faint = own.accord(&seen("广东增值税专用发栗", 0.4));
        assert_eq!((faint.replaced, faint.likeness()), (0, 1.0));
        assert_eq!(title("广□增值税专用发票").accord(&seen("广西增值税专用发票", 0.99)).likeness(), 1.0);
    }

    #[test]
    fn a_title_is_large_and_names_a_form() {
        let word = |text: &str, y: f32, height: f32| {
            let width = text.chars().count() as f32 * height;
            FixedWord { text: text.into(), corners: [(0.0, y), (width, y), (width, y + height), (0.0, y + height)] }
        };
        let usual = ["开票人：王芳", "开票日期", "发票号码", "收款单位盖章"];
        let mut words: Vec<FixedWord> = usual.iter().zip([100.0, 200.0, 300.0, 400.0]).map(|(t, y)| word(t, y, 20.0)).collect();
        assert!(row(&words).is_empty());
        words.push(word("四川增值税专用发", 0.0, 36.0));
        assert_eq!(row(&words).iter().map(|w| w.text.as_str()).collect::<String>(), "四川增值税专用发");
    }

    #[test]
    fn bad_print_is_no_other_title() {
        let own = title("广东增值税专用发票");
        let same = own.accord(&seen("广东增值税专用发票", 0.6));
        assert_eq!((same.same, same.other, same.certainty()), (9, false, 1.0));
        assert!(!own.accord(&seen("广束增值税专用发栗", 0.8)).other);
        assert!(!own.accord(&seen("广东增值税专用用发票", 0.99)).other);
        assert!(!title("广东增值税专用发").accord(&seen("广东增值税专用发票", 0.99)).other);
        assert!(!title("广东增值税").accord(&seen("广东增值税专用发票", 0.99)).other);
        assert!(title("广东增值税").accord(&seen("广西增值税专用发票", 0.99)).other);
        // A seal hides two: there is room for them.
        let mut hidden = seen("广东增值税专用发票", 0.99);
        hidden.drain(3..5);
        let hidden = own.accord(&hidden);
        assert!(!hidden.other && hidden.certainty() > 0.9);
        assert!(own.accord(&[]).certainty() < 0.9);
        assert!(!title("广□增值税专用发票").accord(&seen("广西增值税专用发票", 0.99)).other);
    }
}
