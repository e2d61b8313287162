//! Reads areas on an aligned page. Not here: trimming runs to a field (shape.rs), consistency between fields (domain/checks.rs).

use super::align;
use super::areas::{self, without_keywords};
use super::clean::{remove_lines, remove_stamp};
use super::detect;
use super::ends;
use super::geometry::{Point, Quad, intersection, union};
use super::page::{Line, is_wide};
use super::read::{Charset, Reading, crop, read_crops};
use super::seal;
use super::shape::{DISAGREEMENT_FACTOR, charset, correct_letters, is_incomplete, is_serial, trim_date, trim_run};
use super::sheet::{Run, Sheet};
use super::sums;
use super::text::fold_text;
use crate::domain::area::Holds;
use crate::domain::template::{Area, Rect};
use crate::engine::Trouble;
use image::RgbImage;
use std::ops::Range;

#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// On `picture`; empty if off it.
    pub position: Rect,
    pub text: String,
    /// 0 to 1; 0 with an empty text if illegible.
    pub probability: f64,
}

/// Weaker parts beside better ones are paper texture.
const NOISE: f32 = 0.3;
/// A crop was cleaned if this share of its values changed by more than this.
const CLEANED_CHANGE_MIN: u8 = 24;
const CLEANED_SHARE_MIN: f32 = 0.003;
/// Removing a seal's letters may remove text too.
const SEAL_FACTOR: f32 = 0.85;
/// Runs read this surely, with nothing to clean, are not read again.
const CERTAIN_MIN: f32 = 0.995;

/// `specimen`: the text on the template's own picture, or empty.
pub fn read_area(sheet: &Sheet<'_>, area: &Area, runs: &[Run], specimen: &str) -> Result<Field, Trouble> {
    // Older specimens may include part of a label.
    let specimen = if sums::is_sum_area(area) { sums::extract_sum(specimen) } else { specimen };
    let there = sheet.map.apply_quad(&Quad::from_rect(&area.rect).rotated(sheet.quarter_turns));
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
        found = detect_again(sheet, area, &there, specimen)?;
    }
    let mut read = joined(found);
    if runs.iter().any(|r| r.overlaps) {
        read = read_whole(sheet, area, runs, specimen, read)?;
    }
    if runs.iter().any(|r| r.split) {
        read.1 *= DISAGREEMENT_FACTOR;
    }
    let sealed =
        sheet.allow_misaligned && area.remove_stamp && inside > 0.3 && seal::touches(sheet.picture, &Quad::from_rect(&position));
    // If the value is hidden, the text beside the area is a neighbour's.
    if runs.iter().any(|r| r.displaced) {
        read.1 *= DISAGREEMENT_FACTOR;
    }
    let red = !runs.is_empty() && runs.iter().all(|r| seal::is_red_print(sheet.picture, &sheet.lines[r.line].part(&r.glyphs)));
    if sealed && !red {
        let bare = under_seal(sheet, area, &there, specimen)?;
        // The seal had split it.
        read = match bare.as_slice() {
            [(text, p)] if runs.len() > 1 && !text.is_empty() => (text.clone(), *p),
            _ => reconcile(read, joined(bare), is_serial(area.kind, specimen).then_some(specimen.len())),
        };
    }
    if matches!(area.kind.holds(), Holds::Date | Holds::Time) {
        read.0 = trim_date(&read.0, specimen).to_owned();
    }
    let (text, probability) = correct_letters(sums::with_currency_sign(read.0, specimen), read.1, specimen);
    let mut probability = probability * sheet.trust;
    if inside < 0.98 {
        probability *= inside * inside;
    }
    if is_incomplete(area.kind, &text, specimen) {
        probability = probability.min(0.5);
    }
    if text.is_empty() {
        probability = 0.0;
    }
    Ok(Field { position, text, probability: f64::from(probability.clamp(0.0, 1.0)) })
}

/// Texts with probabilities.
type Parts = Vec<(String, f32)>;

fn read_run(sheet: &Sheet<'_>, area: &Area, run: &Run, specimen: &str) -> Result<Parts, Trouble> {
    let line = &sheet.lines[run.line];
    let mut found = Vec::new();
    for all in without_keywords(line, run, &area.keywords) {
        let Some((range, charset)) = trim_run(line, all.clone(), area.kind, specimen) else { continue };
        let first = line_reading(line, &range, charset);
        let gap = |i: usize, j: usize| (line.reading.glyphs[i].at - line.reading.glyphs[j].at) * line.quad.width() / 2.0;
        let mut quad = line.part(&range);
        // Add a margin, but nothing of the neighbours.
        let margin = [
            range.start.checked_sub(1).map(|before| gap(range.start, before)),
            (range.end < line.reading.glyphs.len()).then(|| gap(range.end, range.end - 1)),
        ];
        let wide = |m: Option<f32>| m.map_or(0.3, |gap| (gap / line.quad.height().max(1.0) - 0.3).clamp(0.0, 0.3));
        let share = line.quad.height() / quad.width().max(1.0);
        let extension = if sheet.allow_misaligned { extension(sheet, area, run.line, &range) } else { None };
        quad = quad.slice(-wide(margin[0]) * share, 1.0 + wide(margin[1]) * share);
        let crops = cleaned(sheet, area, &quad)?;
        let mut read = if first.1 >= CERTAIN_MIN && crops.len() == 1 {
            first
        } else {
            consensus(first, read_crops(sheet.nets, &crops, charset)?)
        };
        if let Some(extension) = extension {
            read = merge_extension(read, read_cleaned(sheet, area, &extension, charset)?, charset, specimen);
        }
        let (text, probability) = calibrated(read, charset);
        let doubtful = area.kind.holds() == Holds::Sum && sums::is_doubtful(line, &all, &range);
        found.push((text, if doubtful { probability * DISAGREEMENT_FACTOR } else { probability }));
    }
    Ok(found)
}

/// The run extended over undetected text, within the area and up to the next line.
fn extension(sheet: &Sheet<'_>, area: &Area, line: usize, range: &Range<usize>) -> Option<Quad> {
    let (own, quad) = (&sheet.lines[line], sheet.lines[line].part(range));
    let there = sheet.map.apply_quad(&Quad::from_rect(&area.rect).rotated(sheet.quarter_turns));
    let along = |points: [Point; 4]| points.map(|p| quad.local(p).0);
    let reach = along(there.0);
    let (mut from, mut to) = (reach.iter().copied().fold(0.0, f32::min), reach.iter().copied().fold(1.0, f32::max));
    // Where the line itself continues, its glyphs are others'.
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
    ends::extended(sheet.picture, &quad, from, to)
}

/// A digit charset reads anything as digits, so there the length decides.
fn merge_extension(read: (String, f32), extension: Vec<Reading>, charset: Charset, specimen: &str) -> (String, f32) {
    let best = extension.into_iter().max_by(|a, b| a.probability.total_cmp(&b.probability)).unwrap_or_default();
    let more = (best.text().trim().to_owned(), best.probability);
    let (a, b): (String, String) = (fold_text(&read.0).iter().collect(), fold_text(&more.0).iter().collect());
    if a == b {
        return read;
    }
    let goes_on = b.len() > a.len() && b.contains(&a);
    if matches!(charset, Charset::Digits | Charset::Code | Charset::Money) {
        let has_length = |text: &str| text.chars().count() == specimen.chars().count();
        return match (has_length(&read.0), has_length(&more.0) && goes_on) {
            (false, true) => more,
            (true, _) => read,
            (false, false) => (read.0, read.1 * DISAGREEMENT_FACTOR),
        };
    }
    if goes_on && more.1 > NOISE { more } else { (read.0, read.1 * DISAGREEMENT_FACTOR) }
}

/// The plain crop, plus a cleaned one if wanted and different.
fn cleaned(sheet: &Sheet<'_>, area: &Area, quad: &Quad) -> Result<Vec<RgbImage>, Trouble> {
    let mut crops = vec![crop(sheet.picture, quad)?];
    if area.remove_stamp || area.remove_line {
        let mut clean = crops[0].clone();
        scrub(area, &mut clean);
        if is_changed(&crops[0], &clean) {
            crops.push(clean);
        }
    }
    Ok(crops)
}

fn read_cleaned(sheet: &Sheet<'_>, area: &Area, quad: &Quad, charset: Charset) -> Result<Vec<Reading>, Trouble> {
    read_crops(sheet.nets, &cleaned(sheet, area, quad)?, charset)
}

/// Whether cleaning changed more than paper grain.
fn is_changed(a: &RgbImage, b: &RgbImage) -> bool {
    let far = |(p, q): (&u8, &u8)| p.abs_diff(*q) > CLEANED_CHANGE_MIN;
    let changed = a.as_raw().iter().zip(b.as_raw()).filter(|pair| far(*pair)).count();
    changed as f32 > CLEANED_SHARE_MIN * a.as_raw().len() as f32
}

fn scrub(area: &Area, crop: &mut RgbImage) {
    if area.remove_stamp {
        remove_stamp(crop);
    }
    if area.remove_line {
        remove_lines(crop);
    }
}

/// Without language context, as in digits, the net is overconfident. Of 236 numbers on 150 degraded pictures, 194 right and 3 wrong
/// were above 0.9; with this power 181 and 1 (a stroke made a 0 an 8).
const CALIBRATION_POWER: i32 = 5;

fn calibrated((text, probability): (String, f32), charset: Charset) -> (String, f32) {
    match charset {
        Charset::Digits | Charset::Code | Charset::Money => (text, probability.powi(CALIBRATION_POWER)),
        Charset::Any | Charset::MoneyCn => (text, probability),
    }
}

/// The most probable reading; less sure unless the majority agrees.
fn consensus(first: (String, f32), again: Vec<Reading>) -> (String, f32) {
    let mut all: Vec<(String, f32)> = again.iter().map(|r| (r.text().trim().to_owned(), r.probability)).collect();
    all.push(first);
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (best, rest) = (all[0].clone(), &all[1..]);
    let same = fold_text(&best.0);
    let dissent = rest.iter().filter(|(text, p)| *p > 0.1 && fold_text(text) != same).count();
    let assent = rest.iter().filter(|(text, _)| fold_text(text) == same).count();
    if assent == 0 || dissent > assent { (best.0, best.1 * DISAGREEMENT_FACTOR) } else { best }
}

/// The line's own reading of a run; less sure if it holds letters outside the charset.
fn line_reading(line: &Line, range: &Range<usize>, charset: Charset) -> (String, f32) {
    let glyphs = &line.reading.glyphs[range.clone()];
    let chars = || glyphs.iter().flat_map(|g| g.text.chars());
    let text: String = chars().filter_map(|c| charset.fold(c)).collect();
    let strange = chars().any(|c| c.is_alphanumeric() && charset.fold(c).is_none());
    let probability: f32 = glyphs.iter().map(|g| g.probability).product();
    (text.trim().to_owned(), if strange { probability * DISAGREEMENT_FACTOR } else { probability })
}

/// Reads overlapping runs in one piece.
fn read_whole(
    sheet: &Sheet<'_>,
    area: &Area,
    runs: &[Run],
    specimen: &str,
    parts: (String, f32),
) -> Result<(String, f32), Trouble> {
    let quads: Vec<Quad> = runs.iter().map(|r| sheet.lines[r.line].part(&r.glyphs)).collect();
    let (Some(first), Some(last)) = (quads.first(), quads.last()) else { return Ok(parts) };
    let quad = Quad([first.0[0], last.0[1], last.0[2], first.0[3]]);
    if quad.height() > 1.5 * first.height().max(last.height()) || quad.angle().sin().abs() > first.angle().sin().abs() + 0.1 {
        return Ok((parts.0, parts.1 * DISAGREEMENT_FACTOR));
    }
    let margin = 0.3 * quad.height() / quad.width().max(1.0);
    let kind = charset(area.kind, specimen);
    let again = read_cleaned(sheet, area, &quad.slice(-margin, 1.0 + margin), kind)?;
    let best = again.into_iter().max_by(|a, b| a.probability.total_cmp(&b.probability)).unwrap_or_default();
    let text = best.text().trim().to_owned();
    if text.is_empty() { Ok((parts.0, parts.1 * DISAGREEMENT_FACTOR)) } else { Ok(calibrated((text, best.probability), kind)) }
}

/// Reads without red: seals split lines, and their letters pass for text.
fn under_seal(sheet: &Sheet<'_>, area: &Area, there: &Quad, specimen: &str) -> Result<Parts, Trouble> {
    let lines = seal::lines_without_red(sheet.nets, sheet.picture, &there.expanded(1.5 * there.height(), 0.5 * there.height()))?;
    let fixed = align::glyphs_in_place(sheet.words, &lines, &sheet.map);
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

/// One reading may be part of the other: seals hide and add text, and removing them may remove some. `digits`: the expected number,
/// if known.
fn reconcile(with: (String, f32), without: (String, f32), digits: Option<usize>) -> (String, f32) {
    if without.0.is_empty() || with.0.is_empty() {
        return if without.0.is_empty() { with } else { without };
    }
    let (a, b): (String, String) = (fold_text(&with.0).iter().collect(), fold_text(&without.0).iter().collect());
    if a == b {
        return if with.1 > without.1 { with } else { without };
    }
    if digits.is_some_and(|digits| a.len() == digits && b.len() < digits) {
        let mut rest = a.chars();
        let is_part = b.chars().all(|c| rest.any(|r| r == c));
        return if is_part { with } else { (with.0, with.1 * DISAGREEMENT_FACTOR) };
    }
    if b.contains(&a) {
        return without;
    }
    if a.contains(&b) {
        return (without.0, without.1 * SEAL_FACTOR);
    }
    if without.1 > 0.7 * with.1 { (without.0, without.1 * DISAGREEMENT_FACTOR) } else { (with.0, with.1 * DISAGREEMENT_FACTOR) }
}

/// Detects text once more, magnified, in an area without any.
fn detect_again(sheet: &Sheet<'_>, area: &Area, there: &Quad, specimen: &str) -> Result<Parts, Trouble> {
    let quad = there.expanded(0.3 * there.height(), 0.3 * there.height());
    let (w, h) = (quad.width().max(1.0), quad.height().max(1.0));
    let zoom = (96.0 / h).clamp(1.0, 3.0).min(1200.0 / w);
    let mut cut = super::read::rectify(sheet.picture, &quad, (w * zoom).max(8.0) as u32, (h * zoom).max(8.0) as u32);
    scrub(area, &mut cut);
    let quads: Vec<Quad> = detect::lines(sheet.nets, &cut, detect::QUICK_SIDE)?.iter().map(|q| q.oriented(0)).collect();
    let middle = |q: &Quad| {
        let (x, y) = q.centre();
        (0.05..0.95).contains(&(x / cut.width() as f32)) && (0.15..0.85).contains(&(y / cut.height() as f32))
    };
    let quads: Vec<Quad> = quads.into_iter().filter(middle).collect();
    let lines: Vec<Line> = super::page::read_lines(sheet.nets, &cut, quads)?;
    let mut found = Vec::new();
    for line in &lines {
        let run = Run { line: 0, glyphs: 0..line.reading.glyphs.len(), overlaps: false, split: false, displaced: false };
        for range in without_keywords(line, &run, &area.keywords) {
            let Some((range, charset)) = trim_run(line, range, area.kind, specimen) else { continue };
            let again = read_crops(sheet.nets, &[crop(&cut, &line.part(&range).expanded(2.0, 0.0))?], charset)?;
            found.push(calibrated(consensus(line_reading(line, &range, charset), again), charset));
        }
    }
    Ok(found)
}

/// Joins the parts; as sure as the least sure of them.
fn joined(mut found: Parts) -> (String, f32) {
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
    fn differing_readings_are_not_sure() {
        let glyph = |c: char| Glyph { text: c.into(), probability: 0.99, at: 0.5 };
        let reading = |text: &str, probability| Reading { glyphs: text.chars().map(glyph).collect(), probability };
        assert_eq!(consensus(("12".into(), 0.9), vec![reading("12", 0.95)]), ("12".into(), 0.95));
        assert!(consensus(("13".into(), 0.99), vec![reading("12", 0.95)]).1 < 0.8);
    }

    #[test]
    fn parts_are_joined_with_spaces_between_letters_only() {
        let parts = |list: &[&str]| joined(list.iter().map(|t| ((*t).to_owned(), 0.9)).collect()).0;
        assert_eq!(parts(&["某某", "公司"]), "某某公司");
        assert_eq!(parts(&["AB", "12"]), "AB 12");
        assert_eq!(joined(vec![("12".into(), 0.9), ("~".into(), 0.1)]), ("12".into(), 0.9));
        assert_eq!(joined(Vec::new()).0, "");
    }
}
