//! The label beside an area, and whether the page shows it there: a form may have got rows, lost some, or have other words in their
//! place. Also how far the next rows are, and the fixed words beside a value. Not here: what is doubted for it (fields.rs).

use super::geometry::{Quad, distance};
use super::page::{Line, is_wide};
use super::sheet::{Run, Sheet};
use super::text::{fold, fold_text, local_alignment};
use crate::domain::template::{Area, FixedWord, Rect};

/// A label before its area begins within this many of its heights; one above it ends within so many.
const BEFORE_MAX: f32 = 8.0;
const ABOVE_MAX: f32 = 1.5;
/// Longer fixed text is a sentence.
const LENGTH: std::ops::RangeInclusive<usize> = 2..=12;
/// The share of a label's characters that are read of it on poor pictures, too.
const SHARE_MIN: f32 = 0.6;
/// So far from its place, in its heights, a label is another row's.
const OFF_MAX: f32 = 0.8;
/// A shorter word may stand anywhere.
const TELLING: usize = 3;
/// Less sure, nothing is known of what stands there.
const SURE_MIN: f32 = 0.85;

/// Along the text from the left, and down, of a page whose text runs `quarter_turns` clockwise.
fn turned(quad: &Quad, quarter_turns: usize) -> Rect {
    let (sin, cos) = (quarter_turns as f32 * std::f32::consts::FRAC_PI_2).sin_cos();
    Quad(quad.0.map(|(x, y)| (x * cos + y * sin, y * cos - x * sin))).bounds()
}

fn middle(rect: &Rect) -> f32 {
    rect.y + rect.height / 2.0
}

fn is_label(word: &FixedWord) -> bool {
    LENGTH.contains(&fold_text(&word.text).len()) && !word.text.chars().any(|c| c.is_ascii_digit())
}

fn is_before(label: &Rect, area: &Rect) -> bool {
    let gap = area.x - label.right();
    (area.y..=area.bottom()).contains(&middle(label)) && (-0.5 * label.height..BEFORE_MAX * label.height).contains(&gap)
}

/// The nearest before the area in its row, or else just above it.
fn label<'a>(words: &'a [FixedWord], area: &Area, quarter_turns: usize) -> Option<&'a FixedWord> {
    let own = turned(&Quad::from_rect(&area.rect), quarter_turns);
    let placed = || words.iter().filter(|word| is_label(word)).map(|word| (turned(&Quad(word.corners), quarter_turns), word));
    let before = placed().filter(|(there, _)| is_before(there, &own));
    let above = placed().filter(|(there, _)| {
        let shared = there.right().min(own.right()) - there.x.max(own.x);
        let gap = own.y - there.bottom();
        shared > 0.5 * there.width.min(own.width) && (-0.5 * there.height..ABOVE_MAX * there.height).contains(&gap)
    });
    let nearest = before.max_by(|a, b| a.0.right().total_cmp(&b.0.right()));
    nearest.or_else(|| above.max_by(|a, b| a.0.bottom().total_cmp(&b.0.bottom()))).map(|(_, word)| word)
}

/// Whether the page has other print where the area's label stands on the template, or has that label in another place.
pub fn is_other(sheet: &Sheet<'_>, area: &Area) -> bool {
    let Some(label) = label(sheet.words, area, sheet.quarter_turns) else { return false };
    let there = sheet.map.apply_quad(&Quad(label.corners));
    let wanted = fold_text(&label.text);
    let enough = |hits: usize, of: usize| hits >= 2.min(of) && hits as f32 >= SHARE_MIN * of as f32;
    let mut other = false;
    for line in sheet.lines {
        let folded = fold(line.reading.glyphs.iter().map(|g| g.text.as_str()));
        let same = local_alignment(&wanted, &folded.chars).filter(|same| enough(same.hits, wanted.len()));
        if let Some(same) = same {
            let glyphs = folded.pieces[same.b.start]..folded.pieces[same.b.end - 1] + 1;
            let (along, down) = offset(&there, &line.part(&glyphs));
            if down.abs() <= OFF_MAX && along.abs() <= wanted.len() as f32 {
                return false;
            }
            // The same word may be printed twice.
            let once = sheet.words.iter().filter(|word| fold_text(&word.text) == wanted).count() == 1;
            other |= once && wanted.len() >= TELLING && line.reading.mean() > SURE_MIN;
        }
        other |= stands_at(line, &there).is_some_and(|text| {
            let same = local_alignment(&wanted, &text).map_or(0, |same| same.hits);
            text.len() >= 2 && !enough(same, wanted.len())
        });
    }
    other
}

/// Off its row by more than this share of the way to the next, a value may be that row's.
const ROW_SHARE: f32 = 0.28;

/// The rows of an area's labels.
struct Rows {
    /// Of the area's own label, and of the area, which may be drawn a little beside it, as its specimen is printed.
    own: f32,
    area: f32,
    /// Of all in its column, from the top.
    all: Vec<f32>,
    /// The least way between two of them.
    pitch: f32,
}

/// `None` if the area's label stands above it, or alone.
fn rows(sheet: &Sheet<'_>, area: &Area) -> Option<Rows> {
    let own = turned(&Quad(label(sheet.words, area, sheet.quarter_turns)?.corners), sheet.quarter_turns);
    let place = turned(&Quad::from_rect(&area.rect), sheet.quarter_turns);
    let in_column = |there: &Rect| there.right().min(own.right()) - there.x.max(own.x) > 0.3 * there.width.min(own.width);
    let labels = sheet.words.iter().filter(|word| is_label(word)).map(|word| turned(&Quad(word.corners), sheet.quarter_turns));
    let mut all: Vec<f32> = labels.filter(in_column).map(|there| middle(&there)).collect();
    all.sort_by(f32::total_cmp);
    let pitch = all.windows(2).map(|two| two[1] - two[0]).filter(|way| *way > 0.8 * own.height).min_by(f32::total_cmp)?;
    (is_before(&own, &place) && place.height < 1.6 * pitch).then_some(Rows { own: middle(&own), area: middle(&place), all, pitch })
}

/// Whether the runs stand between the area's row and another one, as when a printer slipped: they may be the other's.
pub fn is_between_rows(sheet: &Sheet<'_>, area: &Area, runs: &[Run]) -> bool {
    let (Some(rows), Some(back)) = (rows(sheet, area), sheet.map.inverse()) else { return false };
    let printed = |run: &Run| middle(&turned(&back.apply_quad(&sheet.lines[run.line].part(&run.glyphs)), sheet.quarter_turns));
    let least = |a: f32, b: f32| if a.abs() < b.abs() { a } else { b };
    let off = runs.iter().map(printed).map(|at| least(at - rows.own, at - rows.area));
    let off = off.max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or_default();
    let ways = rows.all.iter().map(|row| row - rows.own).filter(|way| way * off > 0.0 && way.abs() > 0.5 * rows.pitch);
    ways.map(f32::abs).min_by(f32::total_cmp).is_some_and(|next| off.abs() > ROW_SHARE * next)
}

/// Whether all print of the area's column stands a row too low or too high: at one end a label has none, and beyond the other there is
/// print without a label.
pub fn is_slipped(sheet: &Sheet<'_>, area: &Area) -> bool {
    let (Some(rows), Some(back)) = (rows(sheet, area), sheet.map.inverse()) else { return false };
    let [first, .., last] = rows.all.as_slice() else { return false };
    let place = turned(&Quad::from_rect(&area.rect), sheet.quarter_turns);
    let mut printed = Vec::new();
    for (l, line) in sheet.lines.iter().enumerate() {
        let is_free = |at: usize| !sheet.fixed.iter().any(|(fixed, glyphs)| *fixed == l && glyphs.contains(&at));
        let free: Vec<usize> = (0..line.reading.glyphs.len()).filter(|at| is_free(*at)).collect();
        let (Some(from), Some(to)) = (free.first(), free.last()) else { continue };
        let there = turned(&back.apply_quad(&line.part(&(*from..to + 1))), sheet.quarter_turns);
        let shared = there.right().min(place.right()) - there.x.max(place.x);
        // What begins before the column is no value of it.
        if shared > 0.3 * there.width.min(place.width) && there.x > place.x - 2.0 * there.height && there.height < 1.5 * rows.pitch
        {
            printed.push(middle(&there));
        }
    }
    let is_printed = |row: f32| printed.iter().any(|y| (y - row).abs() < 0.5 * rows.pitch);
    let is_on_template = |row: f32| holds_print(sheet, &place, row, 0.5 * rows.pitch);
    let is_missing = |row: f32| is_on_template(row) && !is_printed(row);
    let is_beyond = |row: f32| is_printed(row) && !is_on_template(row);
    is_missing(*first) && is_beyond(last + rows.pitch) || is_missing(*last) && is_beyond(first - rows.pitch)
}

/// Whether the template has print or an area in the column, so near a row.
fn holds_print(sheet: &Sheet<'_>, place: &Rect, row: f32, near: f32) -> bool {
    let areas = sheet.areas.iter().map(|area| Quad::from_rect(&area.rect));
    sheet.words.iter().map(|word| Quad(word.corners)).chain(areas).map(|quad| turned(&quad, sheet.quarter_turns)).any(|there| {
        let shared = there.right().min(place.right()) - there.x.max(place.x);
        shared > 0.0 && (middle(&there) - row).abs() < near
    })
}

/// A fixed word just beside the value, so long at most in characters, that the value seems to begin or end with: a station's 站.
const BESIDE_MAX: usize = 2;
/// So near its place, in its heights.
const BESIDE_NEAR: f32 = 1.5;

/// The text without the fixed words that are printed just before and behind it, where its specimen has them not. `None` if it has none.
pub fn without_words_beside(sheet: &Sheet<'_>, runs: &[Run], text: &str, specimen: &str) -> Option<String> {
    let (first, last) = (runs.first()?, runs.last()?);
    let is_at = |word: &FixedWord, run: &Run, glyph: usize| {
        let line = &sheet.lines[run.line];
        let there = sheet.map.apply_quad(&Quad(word.corners));
        let at = line.reading.glyphs.get(glyph).map(|glyph| line.quad.slice(glyph.at, glyph.at).centre());
        at.is_some_and(|at| distance(there.centre(), at) < BESIDE_NEAR * there.height())
    };
    let words = || sheet.words.iter().filter(|word| word.text.chars().all(is_wide) && word.text.chars().count() <= BESIDE_MAX);
    let starts = |word: &&FixedWord| !specimen.starts_with(&word.text) && is_at(word, first, first.glyphs.start);
    let ends = |word: &&FixedWord| !specimen.ends_with(&word.text) && is_at(word, last, last.glyphs.end.saturating_sub(1));
    let mut rest = text;
    rest = words().filter(starts).find_map(|word| rest.strip_prefix(&word.text)).unwrap_or(rest).trim_start();
    rest = words().filter(ends).find_map(|word| rest.strip_suffix(word.text.as_str())).unwrap_or(rest).trim_end();
    (!specimen.is_empty() && !rest.is_empty() && rest != text).then(|| rest.to_owned())
}

/// Of the middles, in heights of `there`.
fn offset(there: &Quad, found: &Quad) -> (f32, f32) {
    let (x, y) = there.local(found.centre());
    ((x - 0.5) * there.width() / there.height().max(1.0), y - 0.5)
}

/// The letters that the line has in the place of a label.
fn stands_at(line: &Line, there: &Quad) -> Option<Vec<char>> {
    let inside = |at: f32| {
        let (x, y) = there.local(line.quad.slice(at, at).centre());
        (0.0..=1.0).contains(&x) && (0.2..=0.8).contains(&y)
    };
    let glyphs: Vec<_> = line.reading.glyphs.iter().filter(|g| inside(g.at)).collect();
    let sure = glyphs.iter().map(|g| g.probability).sum::<f32>() > SURE_MIN * glyphs.len() as f32;
    (sure && !glyphs.is_empty()).then(|| fold(glyphs.iter().map(|g| g.text.as_str())).chars)
}

#[cfg(test)]
mod tests {
    use super::super::geometry::Homography;
    use super::super::nets::nets;
    use super::super::read::{Glyph, Reading};
    use super::*;
    use crate::domain::area::AreaKind;

    const HEIGHT: f32 = 20.0;
    const PITCH: f32 = 40.0;

    fn quad(text: &str, x: f32, y: f32) -> Quad {
        let width = text.chars().count() as f32 * HEIGHT;
        Quad([(x, y), (x + width, y), (x + width, y + HEIGHT), (x, y + HEIGHT)])
    }

    fn line((text, x, y): (&str, f32, f32)) -> Line {
        let n = text.chars().count() as f32;
        let glyph = |(i, c): (usize, char)| Glyph { text: c.into(), probability: 0.99, at: (i as f32 + 0.5) / n };
        let reading = Reading { glyphs: text.chars().enumerate().map(glyph).collect(), probability: 0.95 };
        Line { quad: quad(text, x, y), reading, is_read: true, skimmed: None }
    }

    /// A form of three rows; the area is in the middle one, with a fixed word in it. What is found on a page with `print`, of which
    /// the last is the area's.
    fn on_page<T>(print: &[(&str, f32, f32)], found: impl Fn(&Sheet<'_>, &Area, &Run) -> T) -> T {
        let labels = [("客户名称", 10.0, 0.0), ("应收金额", 10.0, PITCH), ("收款单位", 10.0, 2.0 * PITCH)];
        let values = [("¥13.00", 130.0, 0.0), ("站", 190.0, PITCH), ("¥14.00", 130.0, 2.0 * PITCH)];
        let words: Vec<FixedWord> = labels
            .into_iter()
            .chain(values)
            .map(|(text, x, y)| FixedWord { text: text.into(), corners: quad(text, x, y).0 })
            .collect();
        let rect = Rect { x: 120.0, y: PITCH - 5.0, width: 200.0, height: HEIGHT + 10.0 };
        let area =
            Area { kind: AreaKind::Own, pos_id: "某".into(), rect, keywords: Vec::new(), remove_line: false, remove_stamp: false };
        let lines: Vec<Line> = print.iter().map(|print| line(*print)).collect();
        let picture = image::RgbImage::new(8, 8);
        let sheet = Sheet {
            nets: nets().unwrap(),
            picture: &picture,
            lines: &lines,
            fixed: &[],
            words: &words,
            areas: std::slice::from_ref(&area),
            map: Homography::scaling(1.0),
            quarter_turns: 0,
            allow_misaligned: true,
            place: &[],
        };
        let last = lines.len() - 1;
        let glyphs = 0..lines[last].reading.glyphs.len();
        let run = Run { line: last, glyphs, overlaps: false, split: false, displaced: false, overrun: false };
        found(&sheet, &area, &run)
    }

    #[test]
    fn a_label_is_the_templates_or_another() {
        let value = ("¥12.00", 130.0, PITCH);
        let is_other =
            |print: &[(&str, f32, f32)]| on_page(&[print, &[value]].concat(), |sheet, area, _| super::is_other(sheet, area));
        assert!(!is_other(&[("应收金额", 10.0, PITCH)]) && !is_other(&[("应妆金额", 12.0, PITCH + 4.0)]), "misread by a character");
        assert!(!is_other(&[]) && !is_other(&[("印", 40.0, PITCH)]), "not to be seen");
        assert!(is_other(&[("押金退还", 10.0, PITCH)]), "renamed");
        assert!(is_other(&[("应收金额", 10.0, PITCH * 2.0)]), "a row was put before it");
        assert!(is_other(&[("收款单位", 10.0, PITCH), ("应收金额", 10.0, PITCH * 3.0)]), "in another order");
    }

    #[test]
    fn what_a_slipping_printer_leaves_between_rows_is_no_rows() {
        let is_between = |y: f32| {
            let print = [("应收金额", 10.0, PITCH), ("¥12.00", 130.0, y)];
            on_page(&print, |sheet, area, run| is_between_rows(sheet, area, std::slice::from_ref(run)))
        };
        assert!(!is_between(PITCH) && !is_between(PITCH + 8.0) && !is_between(PITCH - 8.0));
        assert!(is_between(PITCH + 14.0) && is_between(PITCH - 16.0));
    }

    #[test]
    fn what_stands_a_row_off_is_seen_at_the_ends_of_its_column() {
        let slipped = |by: f32, count: u8| {
            let rows = (0..count).map(|row| ("¥12.00", 130.0, f32::from(row) * PITCH + by));
            on_page(&rows.collect::<Vec<_>>(), |sheet, area, _| is_slipped(sheet, area))
        };
        assert!(!slipped(0.0, 3) && !slipped(4.0, 3) && !slipped(0.0, 2) && !slipped(0.0, 4), "in place, or more below");
        assert!(slipped(PITCH, 3) && slipped(PITCH - 6.0, 3) && slipped(-PITCH, 3));
    }

    #[test]
    fn a_fixed_word_beside_a_value_is_none_of_it() {
        let rest = |text: &'static str, x: f32, specimen: &str| {
            on_page(&[(text, x, PITCH)], |sheet, _, run| without_words_beside(sheet, std::slice::from_ref(run), text, specimen))
        };
        assert_eq!(rest("呼和浩特站", 110.0, "郴州西").as_deref(), Some("呼和浩特"));
        assert_eq!(rest("站G914", 190.0, "Z163").as_deref(), Some("G914"));
        assert_eq!(rest("呼和浩特站", 110.0, "郴州西站"), None, "its specimen has it");
        assert_eq!(rest("呼和浩特站", 230.0, "郴州西"), None, "elsewhere");
        assert_eq!((rest("呼和浩特东", 110.0, "郴州西"), rest("站", 190.0, "郴州西")), (None, None));
    }
}
