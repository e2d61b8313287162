//! Reads areas on an aligned page. Not here: trimming runs to a field (shape.rs), consistency between fields (domain/checks.rs).

use super::align;
use super::areas::{self, without_keywords};
use super::certainty::Value;
use super::charset::Charset;
use super::clean::{remove_lines, remove_stamp};
use super::detect;
use super::ends;
use super::geometry::{Point, Quad, intersection, union};
use super::ink;
use super::labels;
use super::page::{Line, is_wide};
use super::read::{Glyph, Reading, crop, read_crops};
use super::restored::restored;
use super::seal;
use super::shape::{charset, is_serial, leaves_out, trim_date, trim_run};
use super::sheet::{Run, Sheet};
use super::sums;
use super::text::{fold_text, half_width};
use super::unlike::is_unlike;
use crate::domain::area::{AreaKind, Holds};
use crate::domain::certainty::{Doubt, Lowered};
use crate::domain::money::amount;
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
    pub doubts: Vec<Lowered>,
}

impl Field {
    /// Its probability before any doubt, 0 to 1.
    pub fn as_read(&self) -> f64 {
        self.probability + self.doubts.iter().map(|one| one.by).sum::<f64>()
    }
}

/// Weaker parts beside better ones are paper texture.
const NOISE: f32 = 0.3;
/// A crop was cleaned if this share of its values changed by more than this.
const CLEANED_CHANGE_MIN: u8 = 24;
const CLEANED_SHARE_MIN: f32 = 0.003;
/// So near the picture's border, in heights, the rest of a text may lie beyond it.
const BORDER: f32 = 0.15;
/// Runs read this surely, with nothing to clean, are not read again.
const CERTAIN_MIN: f32 = 0.995;
/// Nor are those read so surely that the other net read alike.
const AGREED_MIN: f32 = 0.97;

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
    let mut value = joined(only_fitting(area, found, specimen));
    if runs.iter().any(|r| r.overlaps) {
        value = read_whole(sheet, area, runs, specimen, value)?;
    }
    if runs.iter().any(|r| r.split) {
        value = value.doubted(Doubt::Cut);
    }
    let sealed =
        sheet.allow_misaligned && area.remove_stamp && inside > 0.3 && seal::touches(sheet.picture, &Quad::from_rect(&position));
    if runs.iter().any(|r| r.overrun) {
        value = value.doubted(Doubt::Overrun);
    }
    // If the value is hidden, the text beside the area is a neighbour's.
    if runs.iter().any(|r| r.displaced) {
        value = value.doubted(Doubt::Beside);
    }
    let red = !runs.is_empty() && runs.iter().all(|r| seal::is_red_print(sheet.picture, &sheet.lines[r.line].part(&r.glyphs)));
    if sealed && !red {
        let mut bare = under_seal(sheet, area, &there, specimen)?;
        // The seal had split it.
        value = match bare.as_slice() {
            [one] if runs.len() > 1 && !one.text.is_empty() => bare.remove(0),
            _ => reconcile(value, joined(bare), is_serial(area.kind, specimen).then_some(specimen.len())),
        };
    }
    if sheet.allow_misaligned {
        value = placed(sheet, area, runs, value, specimen);
    }
    Ok(finished(sheet, area, value, specimen, (position, inside)))
}

/// What is doubtful about where the runs stand.
fn placed(sheet: &Sheet<'_>, area: &Area, runs: &[Run], mut value: Value, specimen: &str) -> Value {
    if let Some(rest) = labels::without_words_beside(sheet, runs, &value.text, specimen) {
        value = value.with_text(rest).doubted(Doubt::Corrected);
    }
    if labels::is_other(sheet, area) {
        value = value.doubted(Doubt::OtherLabel);
    }
    if labels::is_between_rows(sheet, area, runs) || labels::is_slipped(sheet, area) {
        value = value.doubted(Doubt::Beside);
    }
    let part = |run: &Run| sheet.lines[run.line].part(&run.glyphs);
    let (width, height) = (sheet.picture.width() as f32, sheet.picture.height() as f32);
    let is_cut = |quad: Quad| {
        let (near, bounds) = (BORDER * quad.height(), quad.bounds());
        bounds.x < near || bounds.y < near || bounds.right() > width - near || bounds.bottom() > height - near
    };
    if runs.iter().any(|run| is_cut(part(run))) {
        value = value.doubted(Doubt::BeyondPicture);
    }
    if runs.iter().any(|run| ink::is_struck(sheet.picture, &sheet.lines[run.line], &run.glyphs)) {
        value = value.doubted(Doubt::Struck);
    }
    value
}

/// `inside`: the share of the area that lies on the picture.
fn finished(sheet: &Sheet<'_>, area: &Area, mut value: Value, specimen: &str, (position, inside): (Rect, f32)) -> Field {
    if matches!(area.kind.holds(), Holds::Date | Holds::Time) {
        let trimmed = trim_date(&value.text, specimen).to_owned();
        if leaves_out(&value.text, &trimmed) {
            value = value.doubted(Doubt::LeftOut);
        }
        value.text = trimmed;
    }
    value.text = sums::with_currency_sign(value.text, specimen);
    if let Some(corrected) = restored(area, &value.text, specimen) {
        value = value.with_text(corrected).doubted(Doubt::Corrected);
    }
    for (doubt, trust) in sheet.place {
        value = value.trusted(*doubt, *trust);
    }
    if inside < 0.98 {
        value = value.trusted(Doubt::BeyondPicture, inside * inside);
    }
    let kind = if sums::is_sum_area(area) { AreaKind::Money } else { area.kind };
    if is_unlike(kind, &area.pos_id, &value.text, specimen) {
        value = value.doubted(Doubt::UnlikeSpecimen);
    }
    if value.text.is_empty() {
        return Field { position, text: String::new(), probability: 0.0, doubts: Vec::new() };
    }
    let (probability, doubts) = value.certainty();
    Field { position, text: value.text, probability, doubts }
}

fn read_run(sheet: &Sheet<'_>, area: &Area, run: &Run, specimen: &str) -> Result<Vec<Value>, Trouble> {
    let line = &sheet.lines[run.line];
    let mut found = Vec::new();
    for all in without_keywords(line, run, &area.keywords) {
        let Some((range, charset)) = trim_run(line, all.clone(), area.kind, specimen) else { continue };
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
        let mut value = read_again(sheet, line, &range, charset, cleaned(sheet, area, &quad)?)?;
        if let Some(extension) = extension {
            value = merge_extension(value, read_cleaned(sheet, area, &extension, charset)?, charset, specimen);
        }
        if area.kind.holds() == Holds::Sum && sums::is_doubtful(line, &all, &range) {
            value = value.doubted(Doubt::Adjoined);
        }
        if area.kind.holds() == Holds::SumInWords && sums::drops_an_ideograph(line, &all, &range) {
            value = value.doubted(Doubt::LeftOut);
        }
        // Another reading may have what the line's own has not.
        if value.text.chars().count() <= range.len() && ink::is_unread(sheet.picture, line, &range) {
            value = value.doubted(Doubt::Unread);
        }
        found.push(value);
    }
    Ok(found)
}

/// The line's own reading of a run, held against others of it: of its crops, plain and cleaned, and of the net that skimmed the page.
/// Where all agree surely, it is not read once more.
fn read_again(
    sheet: &Sheet<'_>,
    line: &Line,
    range: &Range<usize>,
    charset: Charset,
    mut crops: Vec<RgbImage>,
) -> Result<Value, Trouble> {
    let first = line_reading(line, range, charset);
    if !line.is_read {
        // What was only skimmed is nobody's value.
        let mut readings = read_crops(&sheet.nets.reader, &crops, charset)?;
        let cleaned = readings.split_off(1);
        let value = surest(readings);
        let is_same = plain(&value.text) == plain(&first.text);
        let value = consensus(value, cleaned, is_same);
        return Ok(if is_same { value } else { value.doubted(Doubt::ReadApart) });
    }
    let skimmed = line.skimmed_at(range).map(|glyphs| plain(&folded(glyphs, charset)) == plain(&first.text));
    let is_agreed = skimmed == Some(true) && first.likelihood() >= AGREED_MIN;
    if is_agreed || first.likelihood() >= CERTAIN_MIN && crops.len() == 1 {
        crops.remove(0);
    }
    Ok(consensus(first, read_crops(&sheet.nets.reader, &crops, charset)?, is_agreed))
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
fn merge_extension(value: Value, extension: Vec<Reading>, charset: Charset, specimen: &str) -> Value {
    let more = surest(extension);
    let (a, b): (String, String) = (fold_text(&value.text).iter().collect(), fold_text(&more.text).iter().collect());
    if a == b {
        return value;
    }
    let goes_on = b.len() > a.len() && b.contains(&a);
    if matches!(charset, Charset::Digits | Charset::Code | Charset::Money) {
        let has_length = |text: &str| text.chars().count() == specimen.chars().count();
        return match (has_length(&value.text), has_length(&more.text) && goes_on) {
            (false, true) => more,
            (true, _) => value,
            (false, false) => value.doubted(Doubt::ReadApart),
        };
    }
    if goes_on && more.likelihood() > NOISE { more } else { value.doubted(Doubt::ReadApart) }
}

fn surest(readings: Vec<Reading>) -> Value {
    let best = readings.into_iter().max_by(|a, b| a.probability.total_cmp(&b.probability)).unwrap_or_default();
    Value::new(best.text().trim(), best.probability)
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
    read_crops(&sheet.nets.reader, &cleaned(sheet, area, quad)?, charset)
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

/// The most probable reading; less sure unless the majority agrees. `agreed`: the other net read as `first` has it.
fn consensus(first: Value, again: Vec<Reading>, agreed: bool) -> Value {
    if again.is_empty() {
        return first;
    }
    let skimmed = agreed.then(|| fold_text(&first.text));
    let mut all: Vec<Value> = again.iter().map(|r| Value::new(r.text().trim(), r.probability)).collect();
    all.push(first);
    all.sort_by(|a, b| b.likelihood().total_cmp(&a.likelihood()));
    let best = all.remove(0);
    let same = fold_text(&best.text);
    let texts = || all.iter().filter(|other| other.likelihood() > 0.1).map(|other| fold_text(&other.text)).chain(skimmed.clone());
    let dissent = texts().filter(|text| *text != same).count();
    let assent = all.iter().map(|other| fold_text(&other.text)).chain(skimmed.clone()).filter(|text| *text == same).count();
    if assent == 0 || dissent > assent { best.doubted(Doubt::ReadApart) } else { best }
}

/// The line's own reading of a run; less sure if it holds signs outside the charset.
fn line_reading(line: &Line, range: &Range<usize>, charset: Charset) -> Value {
    let glyphs = &line.reading.glyphs[range.clone()];
    let chars = || glyphs.iter().flat_map(|g| g.text.chars());
    let text = folded(glyphs, charset);
    let is_word = |c: char| charset == Charset::MoneyCn && !c.is_alphanumeric();
    let strange = chars().any(|c| !c.is_whitespace() && !is_word(c) && charset.fold(c).is_none());
    let value = Value::new(text.trim(), glyphs.iter().map(|g| g.probability).product());
    if strange { value.doubted(Doubt::LeftOut) } else { value }
}

fn folded(glyphs: &[Glyph], charset: Charset) -> String {
    glyphs.iter().flat_map(|g| g.text.chars()).filter_map(|c| charset.fold(c)).collect()
}

/// Without blanks, which nets see differently.
fn plain(text: &str) -> String {
    text.chars().map(half_width).filter(|c| !c.is_whitespace()).collect()
}

/// Reads overlapping runs in one piece.
fn read_whole(sheet: &Sheet<'_>, area: &Area, runs: &[Run], specimen: &str, parts: Value) -> Result<Value, Trouble> {
    let quads: Vec<Quad> = runs.iter().map(|r| sheet.lines[r.line].part(&r.glyphs)).collect();
    let (Some(first), Some(last)) = (quads.first(), quads.last()) else { return Ok(parts) };
    let quad = Quad([first.0[0], last.0[1], last.0[2], first.0[3]]);
    if quad.height() > 1.5 * first.height().max(last.height()) || quad.angle().sin().abs() > first.angle().sin().abs() + 0.1 {
        return Ok(parts.doubted(Doubt::ReadApart));
    }
    let margin = 0.3 * quad.height() / quad.width().max(1.0);
    let kind = charset(area.kind, specimen);
    let again = read_cleaned(sheet, area, &quad.slice(-margin, 1.0 + margin), kind)?;
    let whole = surest(again);
    Ok(if whole.text.is_empty() { parts.doubted(Doubt::ReadApart) } else { whole })
}

/// Reads without red: seals split lines, and their letters pass for text.
fn under_seal(sheet: &Sheet<'_>, area: &Area, there: &Quad, specimen: &str) -> Result<Vec<Value>, Trouble> {
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
fn reconcile(with: Value, without: Value, digits: Option<usize>) -> Value {
    if without.text.is_empty() || with.text.is_empty() {
        return if without.text.is_empty() { with } else { without };
    }
    let (a, b): (String, String) = (fold_text(&with.text).iter().collect(), fold_text(&without.text).iter().collect());
    if a == b {
        return if with.likelihood() > without.likelihood() { with } else { without };
    }
    if digits.is_some_and(|digits| a.len() == digits && b.len() < digits) {
        let mut rest = a.chars();
        let is_part = b.chars().all(|c| rest.any(|r| r == c));
        return if is_part { with } else { with.doubted(Doubt::ReadApart) };
    }
    if b.contains(&a) {
        return without;
    }
    if a.contains(&b) {
        return without.doubted(Doubt::UnderSeal);
    }
    let surer = if without.likelihood() > 0.7 * with.likelihood() { without } else { with };
    surer.doubted(Doubt::ReadApart)
}

/// Detects text once more, magnified, in an area without any.
fn detect_again(sheet: &Sheet<'_>, area: &Area, there: &Quad, specimen: &str) -> Result<Vec<Value>, Trouble> {
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
        let run =
            Run { line: 0, glyphs: 0..line.reading.glyphs.len(), overlaps: false, split: false, displaced: false, overrun: false };
        for range in without_keywords(line, &run, &area.keywords) {
            let Some((range, charset)) = trim_run(line, range, area.kind, specimen) else { continue };
            // What was detected before belongs to another area, or to none.
            let (x, y) = line.part(&range).centre();
            let there = quad.point(x / cut.width() as f32, y / cut.height() as f32);
            let is_known = sheet.lines.iter().any(|known| known.quad.contains(there));
            let again = read_crops(&sheet.nets.reader, &[crop(&cut, &line.part(&range).expanded(2.0, 0.0))?], charset)?;
            let value = consensus(line_reading(line, &range, charset), again, false);
            found.push(if is_known { value.doubted(Doubt::Beside) } else { value });
        }
    }
    Ok(found)
}

/// A number's or a sum's neighbours: of several parts, the one that can be it.
fn only_fitting(area: &Area, found: Vec<Value>, specimen: &str) -> Vec<Value> {
    let fits = |part: &Value| match area.kind.holds() {
        Holds::Serial(_) if is_serial(area.kind, specimen) => part.text.len() == specimen.len(),
        Holds::Sum => amount(&part.text).is_some(),
        _ => true,
    };
    match found.iter().position(fits) {
        Some(at) if found.len() > 1 && found.iter().filter(|part| fits(part)).count() == 1 => {
            found.into_iter().skip(at).take(1).map(|part| part.doubted(Doubt::Adjoined)).collect()
        }
        _ => found,
    }
}

/// Joins the parts; as sure as the least sure of them.
fn joined(mut found: Vec<Value>) -> Value {
    found.retain(|part| !part.text.is_empty());
    if found.iter().any(|part| part.likelihood() > 2.0 * NOISE) {
        found.retain(|part| part.likelihood() >= NOISE);
    }
    let mut text = String::new();
    for part in &found {
        let letters = |c: Option<char>| c.is_some_and(|c| !is_wide(c));
        if letters(text.chars().next_back()) && letters(part.text.chars().next()) {
            text.push(' ');
        }
        text.push_str(&part.text);
    }
    let least = found.into_iter().min_by(|a, b| a.likelihood().total_cmp(&b.likelihood()));
    least.unwrap_or_default().with_text(text)
}

#[cfg(test)]
mod tests {
    use super::super::read::Glyph;
    use super::*;

    #[test]
    fn differing_readings_are_not_sure() {
        let glyph = |c: char| Glyph { text: c.into(), probability: 0.99, at: 0.5 };
        let reading = |text: &str, probability| Reading { glyphs: text.chars().map(glyph).collect(), probability };
        assert_eq!(consensus(Value::new("12", 0.9), vec![reading("12", 0.95)], false), Value::new("12", 0.95));
        let differing = consensus(Value::new("13", 0.99), vec![reading("12", 0.95)], false);
        assert!(differing.likelihood() < 0.8 && differing.certainty().1[0].doubt == Doubt::ReadApart);
    }

    #[test]
    fn a_doubt_leaves_what_was_read_a_specimen() {
        let field = |value: Value| {
            let (probability, doubts) = value.certainty();
            Field { position: Rect { x: 0.0, y: 0.0, width: 1.0, height: 1.0 }, text: value.text, probability, doubts }
        };
        let doubted = field(Value::new("某某公司", 0.97).doubted(Doubt::Unread).doubted(Doubt::Cut));
        assert!(doubted.probability < 0.1 && doubted.as_read() > 0.9, "{doubted:?}");
        assert!(field(Value::new("某某公司", 0.3)).as_read() < 0.5);
    }

    #[test]
    fn of_several_parts_only_a_number_that_fits_is_kept() {
        let (rect, keywords) = (Rect { x: 0.0, y: 0.0, width: 1.0, height: 1.0 }, Vec::new());
        let area =
            |kind| Area { kind, pos_id: String::new(), rect, keywords: keywords.clone(), remove_line: false, remove_stamp: false };
        let kept = |kind, parts: &[&str], specimen| {
            let parts = parts.iter().map(|text| Value::new(*text, 0.95)).collect();
            joined(only_fitting(&area(kind), parts, specimen)).text
        };
        assert_eq!(kept(AreaKind::InvoiceId, &["52912305", "529123"], "12345678"), "52912305");
        assert_eq!(kept(AreaKind::Money, &["¥17,528.68", "9132010530824¥5"], "¥1.00"), "¥17,528.68");
        assert_eq!(kept(AreaKind::Money, &["12.00", "13.00"], "1.00"), "12.00 13.00", "it is not known which");
        assert_eq!(kept(AreaKind::Head, &["某某", "公司"], "甲公司"), "某某公司");
    }

    #[test]
    fn parts_are_joined_with_spaces_between_letters_only() {
        let parts = |list: &[&str]| joined(list.iter().map(|t| Value::new(*t, 0.9)).collect()).text;
        assert_eq!(parts(&["某某", "公司"]), "某某公司");
        assert_eq!(parts(&["AB", "12"]), "AB 12");
        assert_eq!(joined(vec![Value::new("12", 0.9), Value::new("~", 0.1)]), Value::new("12", 0.9));
        assert_eq!(joined(Vec::new()).text, "");
        let doubted = joined(vec![Value::new("甲", 0.95), Value::new("乙", 0.95).doubted(Doubt::Adjoined)]);
        assert_eq!((doubted.text.as_str(), doubted.certainty().1[0].doubt), ("甲乙", Doubt::Adjoined));
    }
}
