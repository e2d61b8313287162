//! What stands in a template's areas on an aligned page. Not here: finding the template (align.rs), what of a line belongs to a field
//! (shape.rs), what the fields must agree on (domain/checks.rs).

use super::align;
use super::areas::{self, without_keywords};
use super::clean::{remove_lines, remove_stamp};
use super::detect;
use super::ends;
use super::geometry::{Point, Quad, intersection, union};
use super::page::{Line, is_wide};
use super::read::{Charset, Reading, crop, read_crops};
use super::seal;
use super::shape::{DISAGREEMENT, charset, dated, figured, lacks_something, numbered, trimmed};
use super::sheet::{Run, Sheet};
use super::sums;
use super::text::fold_text;
use crate::domain::area::Holds;
use crate::domain::template::{Area, Rect};
use crate::engine::Trouble;
use image::RgbImage;
use std::ops::Range;

/// What an area says.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Bounding rectangle of the area on `picture`; without extent when the area is not on it.
    pub position: Rect,
    pub text: String,
    /// 0 to 1; 0 with an empty text for what can't be read.
    pub probability: f64,
}

/// Below this, a few odd glyphs beside better ones are a pattern of the paper.
const NOISE: f32 = 0.3;
/// Of a pixel's value, and of the values: less is no seal and no ruled line.
const CLEANED_LEAST: u8 = 24;
const CLEANED_SHARE: f32 = 0.003;
/// What is left when a seal's words are taken for a part of the print may lack some of it too.
const SEAL_ADDS: f32 = 0.85;
/// What was read as surely as this with the rest of its line, and has nothing to clean, is not read once more.
const CERTAIN: f32 = 0.995;

/// Reads one area. `specimen`: what the template's own picture has there, if it is known.
///
/// # Errors
/// `Receive` when a net fails.
pub fn read_area(sheet: &Sheet<'_>, area: &Area, runs: &[Run], specimen: &str) -> Result<Field, Trouble> {
    // A template of an older release may have a label's half in its specimen.
    let specimen = if sums::belongs(area) { sums::bare(specimen) } else { specimen };
    let there = sheet.map.apply_quad(&Quad::of_rect(&area.rect).turned(sheet.quarters));
    let frame = Rect { x: 0.0, y: 0.0, width: sheet.picture.width() as f32, height: sheet.picture.height() as f32 };
    let bounds = there.bounds();
    let mut position = intersection(&bounds, &frame);
    let inside = position.width * position.height / (bounds.width * bounds.height).max(1e-3);
    let mut found = Vec::new();
    for run in runs {
        position = union(&position, &intersection(&sheet.lines[run.line].part(&run.glyphs).bounds(), &frame));
        found.extend(read_run(sheet, area, run, specimen)?);
    }
    if found.is_empty() && inside > 0.3 {
        found = search(sheet, area, &there, specimen)?;
    }
    let mut read = joined(found);
    if runs.iter().any(|r| r.overlaps) {
        read = whole(sheet, area, runs, specimen, read)?;
    }
    if runs.iter().any(|r| r.torn) {
        read.1 *= DISAGREEMENT;
    }
    let sealed = sheet.misprint && area.remove_stamp && inside > 0.3 && seal::touches(sheet.picture, &Quad::of_rect(&position));
    // Where a seal or a blot hides an area's own print, what stands beside it is its neighbour's.
    if runs.iter().any(|r| r.astray) {
        read.1 *= DISAGREEMENT;
    }
    let red = !runs.is_empty() && runs.iter().all(|r| seal::is_red_print(sheet.picture, &sheet.lines[r.line].part(&r.glyphs)));
    if sealed && !red {
        let bare = under_seal(sheet, area, &there, specimen)?;
        // In one piece without the seal, in several with it: it was the seal that broke it.
        read = match bare.as_slice() {
            [(text, p)] if runs.len() > 1 && !text.is_empty() => (text.clone(), *p),
            _ => settled(read, joined(bare), numbered(area.kind, specimen).then_some(specimen.len())),
        };
    }
    if matches!(area.kind.holds(), Holds::Date | Holds::Time) {
        read.0 = dated(&read.0, specimen).to_owned();
    }
    let (text, probability) = figured(sums::signed(read.0, specimen), read.1, specimen);
    let mut probability = probability * sheet.trust;
    if inside < 0.98 {
        probability *= inside * inside;
    }
    if lacks_something(area.kind, &text, specimen) {
        probability = probability.min(0.5);
    }
    if text.is_empty() {
        probability = 0.0;
    }
    Ok(Field { position, text, probability: f64::from(probability.clamp(0.0, 1.0)) })
}

/// Texts with their probabilities and where they stand in their row.
type Found = Vec<(String, f32)>;

fn read_run(sheet: &Sheet<'_>, area: &Area, run: &Run, specimen: &str) -> Result<Found, Trouble> {
    let line = &sheet.lines[run.line];
    let mut found = Vec::new();
    for all in without_keywords(line, run, &area.keywords) {
        let Some((range, charset)) = trimmed(line, all.clone(), area.kind, specimen) else { continue };
        let first = folded(line, &range, charset);
        let gap = |i: usize, j: usize| (line.reading.glyphs[i].at - line.reading.glyphs[j].at) * line.quad.width() / 2.0;
        let mut quad = line.part(&range);
        // A margin, but nothing of the neighbours in it.
        let margin = [
            range.start.checked_sub(1).map(|before| gap(range.start, before)),
            (range.end < line.reading.glyphs.len()).then(|| gap(range.end, range.end - 1)),
        ];
        let wide = |m: Option<f32>| m.map_or(0.3, |gap| (gap / line.quad.height().max(1.0) - 0.3).clamp(0.0, 0.3));
        let share = line.quad.height() / quad.width().max(1.0);
        let longer = if sheet.misprint { longer(sheet, area, run.line, &range) } else { None };
        quad = quad.slice(-wide(margin[0]) * share, 1.0 + wide(margin[1]) * share);
        let crops = cleaned(sheet, area, &quad)?;
        let mut read =
            if first.1 >= CERTAIN && crops.len() == 1 { first } else { agreed(first, read_crops(sheet.nets, &crops, charset)?) };
        if let Some(longer) = longer {
            read = lengthened(read, read_cleaned(sheet, area, &longer, charset)?, charset, specimen);
        }
        let (text, probability) = sober(read, charset);
        let doubtful = area.kind.holds() == Holds::Sum && sums::doubtful(line, &all, &range);
        found.push((text, if doubtful { probability * DISAGREEMENT } else { probability }));
    }
    Ok(found)
}

/// The part of a line with the print beyond its ends that the detection did not find, inside the area and up to the next line.
fn longer(sheet: &Sheet<'_>, area: &Area, line: usize, range: &Range<usize>) -> Option<Quad> {
    let (own, quad) = (&sheet.lines[line], sheet.lines[line].part(range));
    let there = sheet.map.apply_quad(&Quad::of_rect(&area.rect).turned(sheet.quarters));
    let along = |points: [Point; 4]| points.map(|p| quad.local(p).0);
    let reach = along(there.0);
    let (mut from, mut to) = (reach.iter().copied().fold(0.0, f32::min), reach.iter().copied().fold(1.0, f32::max));
    // Where the line itself goes on, its glyphs belong to others.
    from = if range.start > 0 { 0.0 } else { from };
    to = if range.end < own.reading.glyphs.len() { 1.0 } else { to };
    for other in sheet.lines.iter().enumerate().filter(|(l, _)| *l != line).map(|(_, other)| other) {
        let (_, y) = quad.local(other.quad.centre());
        if (-0.5..=1.5).contains(&y) {
            let ends = along(other.quad.0);
            let (start, end) = (ends.iter().copied().fold(f32::MAX, f32::min), ends.iter().copied().fold(f32::MIN, f32::max));
            if (start + end) / 2.0 > 0.5 { to = to.min(start.max(1.0)) } else { from = from.max(end.min(0.0)) }
        }
    }
    ends::grown(sheet.picture, &quad, from, to)
}

/// A reading, and one of the same print with what goes on beside it. In figures alone whatever is there is read as a figure: there the
/// length decides.
fn lengthened(read: (String, f32), longer: Vec<Reading>, charset: Charset, specimen: &str) -> (String, f32) {
    let best = longer.into_iter().max_by(|a, b| a.probability.total_cmp(&b.probability)).unwrap_or_default();
    let more = (best.text().trim().to_owned(), best.probability);
    let (a, b): (String, String) = (fold_text(&read.0).iter().collect(), fold_text(&more.0).iter().collect());
    if a == b {
        return read;
    }
    let goes_on = b.len() > a.len() && b.contains(&a);
    if matches!(charset, Charset::Digits | Charset::Code | Charset::Money) {
        let due = |text: &str| text.chars().count() == specimen.chars().count();
        return match (due(&read.0), due(&more.0) && goes_on) {
            (false, true) => more,
            (true, _) => read,
            (false, false) => (read.0, read.1 * DISAGREEMENT),
        };
    }
    if goes_on && more.1 > NOISE { more } else { (read.0, read.1 * DISAGREEMENT) }
}

/// The quad as it is and, where the template asks for it and there is something to clean, cleaned.
fn cleaned(sheet: &Sheet<'_>, area: &Area, quad: &Quad) -> Result<Vec<RgbImage>, Trouble> {
    let mut crops = vec![crop(sheet.picture, quad)?];
    if area.remove_stamp || area.remove_line {
        let mut clean = crops[0].clone();
        scrub(area, &mut clean);
        if differ(&crops[0], &clean) {
            crops.push(clean);
        }
    }
    Ok(crops)
}

fn read_cleaned(sheet: &Sheet<'_>, area: &Area, quad: &Quad, charset: Charset) -> Result<Vec<Reading>, Trouble> {
    read_crops(sheet.nets, &cleaned(sheet, area, quad)?, charset)
}

/// Whether cleaning took more away than the grain of the paper.
fn differ(a: &RgbImage, b: &RgbImage) -> bool {
    let far = |(p, q): (&u8, &u8)| p.abs_diff(*q) > CLEANED_LEAST;
    let changed = a.as_raw().iter().zip(b.as_raw()).filter(|pair| far(*pair)).count();
    changed as f32 > CLEANED_SHARE * a.as_raw().len() as f32
}

fn scrub(area: &Area, crop: &mut RgbImage) {
    if area.remove_stamp {
        remove_stamp(crop);
    }
    if area.remove_line {
        remove_lines(crop);
    }
}

/// The net overrates itself where nothing but the print tells a digit from another. Of 236 numbers on 150 blotted, blurred and noisy
/// pictures it was sure (0.9) of 194 right and 3 wrong ones; with this power of 181 and 1, whose 0 a stroke had made an 8.
const SOBRIETY: i32 = 5;

fn sober((text, probability): (String, f32), charset: Charset) -> (String, f32) {
    match charset {
        Charset::Digits | Charset::Code | Charset::Money => (text, probability.powi(SOBRIETY)),
        Charset::Any | Charset::MoneyCn => (text, probability),
    }
}

/// The surest of all readings; if the others say something else it is not sure any more.
fn agreed(first: (String, f32), again: Vec<Reading>) -> (String, f32) {
    let mut all: Vec<(String, f32)> = again.iter().map(|r| (r.text().trim().to_owned(), r.probability)).collect();
    all.push(first);
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (best, rest) = (all[0].clone(), &all[1..]);
    let same = fold_text(&best.0);
    let dissent = rest.iter().filter(|(text, p)| *p > 0.1 && fold_text(text) != same).count();
    let assent = rest.iter().filter(|(text, _)| fold_text(text) == same).count();
    if assent == 0 || dissent > assent { (best.0, best.1 * DISAGREEMENT) } else { best }
}

/// What the line's own reading says of a run, in a charset; unsure when it holds letters that have no place there.
fn folded(line: &Line, range: &Range<usize>, charset: Charset) -> (String, f32) {
    let glyphs = &line.reading.glyphs[range.clone()];
    let chars = || glyphs.iter().flat_map(|g| g.text.chars());
    let text: String = chars().filter_map(|c| charset.fold(c)).collect();
    let strange = chars().any(|c| c.is_alphanumeric() && charset.fold(c).is_none());
    let probability: f32 = glyphs.iter().map(|g| g.probability).product();
    (text.trim().to_owned(), if strange { probability * DISAGREEMENT } else { probability })
}

/// Runs that hold parts of each other's print, read in one piece.
fn whole(sheet: &Sheet<'_>, area: &Area, runs: &[Run], specimen: &str, parts: (String, f32)) -> Result<(String, f32), Trouble> {
    let quads: Vec<Quad> = runs.iter().map(|r| sheet.lines[r.line].part(&r.glyphs)).collect();
    let (Some(first), Some(last)) = (quads.first(), quads.last()) else { return Ok(parts) };
    let quad = Quad([first.0[0], last.0[1], last.0[2], first.0[3]]);
    // Of several rows there is no one piece.
    if quad.height() > 1.5 * first.height().max(last.height()) || quad.angle().sin().abs() > first.angle().sin().abs() + 0.1 {
        return Ok((parts.0, parts.1 * DISAGREEMENT));
    }
    let margin = 0.3 * quad.height() / quad.width().max(1.0);
    let kind = charset(area.kind, specimen);
    let again = read_cleaned(sheet, area, &quad.slice(-margin, 1.0 + margin), kind)?;
    let best = again.into_iter().max_by(|a, b| a.probability.total_cmp(&b.probability)).unwrap_or_default();
    let text = best.text().trim().to_owned();
    if text.is_empty() { Ok((parts.0, parts.1 * DISAGREEMENT)) } else { Ok(sober((text, best.probability), kind)) }
}

/// What stands in an area once the seal is off it: seals break lines apart, and their own words pass for print.
fn under_seal(sheet: &Sheet<'_>, area: &Area, there: &Quad, specimen: &str) -> Result<Found, Trouble> {
    let lines = seal::lines_without(sheet.nets, sheet.picture, &there.grown(1.5 * there.height(), 0.5 * there.height()))?;
    let fixed = align::in_place(sheet.words, &lines, &sheet.map);
    let bare = Sheet { lines: &lines, fixed: &fixed, ..*sheet };
    let runs = areas::assign(&bare, sheet.areas);
    let mut found = Vec::new();
    for (_, runs) in sheet.areas.iter().zip(&runs).filter(|(a, _)| a.pos_id == area.pos_id) {
        for run in runs {
            found.extend(read_run(&bare, area, run, specimen)?);
        }
    }
    Ok(found)
}

/// Of two readings, with a seal and without it. One that is a part of the other does not contradict it: a seal hides print, and adds to it,
/// and taking it away may take print along. `due`: how many digits there must be, where that is known.
fn settled(with: (String, f32), without: (String, f32), due: Option<usize>) -> (String, f32) {
    if without.0.is_empty() || with.0.is_empty() {
        return if without.0.is_empty() { with } else { without };
    }
    let (a, b): (String, String) = (fold_text(&with.0).iter().collect(), fold_text(&without.0).iter().collect());
    if a == b {
        return if with.1 > without.1 { with } else { without };
    }
    if due.is_some_and(|due| a.len() == due && b.len() < due) {
        let mut rest = a.chars();
        let is_part = b.chars().all(|c| rest.any(|r| r == c));
        return if is_part { with } else { (with.0, with.1 * DISAGREEMENT) };
    }
    if b.contains(&a) {
        return without;
    }
    if a.contains(&b) {
        return (without.0, without.1 * SEAL_ADDS);
    }
    if without.1 > 0.7 * with.1 { (without.0, without.1 * DISAGREEMENT) } else { (with.0, with.1 * DISAGREEMENT) }
}

/// Nothing was found where the area should be: it is looked at once more by itself, larger.
fn search(sheet: &Sheet<'_>, area: &Area, there: &Quad, specimen: &str) -> Result<Found, Trouble> {
    let quad = there.grown(0.3 * there.height(), 0.3 * there.height());
    let (w, h) = (quad.width().max(1.0), quad.height().max(1.0));
    let zoom = (96.0 / h).clamp(1.0, 3.0).min(1200.0 / w);
    let mut cut = super::read::straighten(sheet.picture, &quad, (w * zoom).max(8.0) as u32, (h * zoom).max(8.0) as u32);
    scrub(area, &mut cut);
    let quads: Vec<Quad> = detect::lines(sheet.nets, &cut, detect::QUICK)?.iter().map(|q| q.facing(0)).collect();
    let middle = |q: &Quad| {
        let (x, y) = q.centre();
        (0.05..0.95).contains(&(x / cut.width() as f32)) && (0.15..0.85).contains(&(y / cut.height() as f32))
    };
    let quads: Vec<Quad> = quads.into_iter().filter(middle).collect();
    let lines: Vec<Line> = super::page::read_lines(sheet.nets, &cut, quads)?;
    let mut found = Vec::new();
    for line in &lines {
        let run = Run { line: 0, glyphs: 0..line.reading.glyphs.len(), overlaps: false, torn: false, astray: false };
        for range in without_keywords(line, &run, &area.keywords) {
            let Some((range, charset)) = trimmed(line, range, area.kind, specimen) else { continue };
            let again = read_crops(sheet.nets, &[crop(&cut, &line.part(&range).grown(2.0, 0.0))?], charset)?;
            found.push(sober(agreed(folded(line, &range, charset), again), charset));
        }
    }
    Ok(found)
}

/// The parts of an area's text as one, as sure as the least sure of them.
fn joined(mut found: Found) -> (String, f32) {
    found.retain(|(text, _)| !text.is_empty());
    if found.iter().any(|(_, p)| *p > 2.0 * NOISE) {
        found.retain(|(_, p)| *p >= NOISE);
    }
    let mut text = String::new();
    for (part, _) in &found {
        let letters = |c: Option<char>| c.is_some_and(|c| !is_wide(c));
        if letters(text.chars().next_back()) && letters(part.chars().next()) {
            text.push(' ');
        }
        text.push_str(part);
    }
    (text, found.iter().map(|(_, p)| *p).fold(1.0, f32::min))
}

#[cfg(test)]
mod tests {
    use super::super::read::Glyph;
    use super::*;

    #[test]
    fn readings_that_differ_are_not_sure() {
        let glyph = |c: char| Glyph { text: c.into(), probability: 0.99, at: 0.5 };
        let reading = |text: &str, probability| Reading { glyphs: text.chars().map(glyph).collect(), probability };
        assert_eq!(agreed(("12".into(), 0.9), vec![reading("12", 0.95)]), ("12".into(), 0.95));
        assert!(agreed(("13".into(), 0.99), vec![reading("12", 0.95)]).1 < 0.8);
    }

    #[test]
    fn parts_are_joined_with_blanks_between_letters_only() {
        let parts = |list: &[&str]| joined(list.iter().map(|t| ((*t).to_owned(), 0.9)).collect()).0;
        assert_eq!(parts(&["某某", "公司"]), "某某公司");
        assert_eq!(parts(&["AB", "12"]), "AB 12");
        assert_eq!(joined(vec![("12".into(), 0.9), ("~".into(), 0.1)]), ("12".into(), 0.9));
        assert_eq!(joined(Vec::new()).0, "");
    }
}
