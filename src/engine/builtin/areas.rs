//! Assigns the text of an aligned page to the template's areas. Not here: reading it (fields.rs).

use super::geometry::{Homography, Point, distance, lerp};
use super::page::{Line, is_wide};
use super::read::Reading;
use super::sheet::{Run, Sheet};
use super::sums;
use super::text::{fold, fold_text, local_alignment};
use crate::domain::template::{Area, Rect};
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

/// Tolerance around an area, in line heights.
const REACH: f32 = 0.15;
/// The same for glyphs that continue those inside.
const REACH_ALONG: f32 = 1.5;
/// A middle so far outside is another character than those inside, in line heights.
const OVERRUN: f32 = 0.45;
/// The same for runs beside an empty area.
const REACH_DISPLACED: f32 = 0.8;

/// The runs of each area, in reading order.
pub fn assign(sheet: &Sheet<'_>, areas: &[Area]) -> Vec<Vec<Run>> {
    let mut runs = vec![Vec::new(); areas.len()];
    let Some(back) = sheet.map.inverse() else { return runs };
    let mut spare = Vec::new();
    for (l, line) in sheet.lines.iter().enumerate() {
        let positions = positions(line, &back);
        let height = back.apply_quad(&line.quad).height();
        let mut owner: Vec<Option<usize>> = positions.iter().map(|p| nearest(areas, *p, REACH * height)).collect();
        let free = free(sheet, l);
        owner.iter_mut().zip(&free).filter(|(_, free)| !**free).for_each(|(owner, _)| *owner = None);
        let starts = word_starts(&line.reading, &positions);
        if sheet.allow_misaligned {
            // A colon ends a label.
            let open: Vec<bool> =
                free.iter().zip(&line.reading.glyphs).map(|(f, g)| *f && !matches!(g.text.as_str(), ":" | "：")).collect();
            assign_whole_words(&mut owner, &starts, &positions, areas);
            extend(&mut owner, (&open, &starts), &positions, areas, height);
        }
        let numbers = numbers(line, &starts);
        if !sheet.allow_misaligned {
            assign_whole_numbers(&mut owner, &numbers);
        }
        for (range, own) in segments(&owner, &free, &positions, height) {
            let split = |at: usize| at > 0 && at < owner.len() && !starts[at] && owner[at - 1].is_some() && owner[at].is_some();
            // A digit outside belongs to the number inside.
            let cut = |at: usize| at < owner.len() && numbers[at].is_some() && at > 0 && numbers[at - 1] == numbers[at];
            let split = |at: usize| cut(at) || split(at);
            let split = sheet.allow_misaligned && own.is_some() && (split(range.start) || split(range.end));
            let beyond = |at: usize, area: &Area| distance_outside(&area.rect, positions[at]) > OVERRUN * height;
            let overrun = own.is_some_and(|own| beyond(range.start, &areas[own]) || beyond(range.end - 1, &areas[own]));
            let overrun = sheet.allow_misaligned && overrun;
            let run = Run { line: l, glyphs: range, overlaps: false, split, displaced: false, overrun };
            if !has_text(line, &run.glyphs) {
                continue;
            }
            match own {
                Some(area) => runs[area].push(run),
                None => spare.push(run),
            }
        }
    }
    if sheet.allow_misaligned {
        gather_displaced(sheet, areas, &back, &spare, &mut runs);
    }
    for (runs, area) in runs.iter_mut().zip(areas) {
        in_reading_order(sheet, &back, runs, area);
        sums::without_labels(area, sheet.lines, runs);
    }
    runs
}

/// False for punctuation and a seal's star.
fn has_text(line: &Line, glyphs: &Range<usize>) -> bool {
    line.reading.glyphs[glyphs.clone()].iter().any(|g| g.text.chars().any(char::is_alphanumeric))
}

/// Glyph positions on the template.
fn positions(line: &Line, back: &Homography) -> Vec<Point> {
    line.reading.glyphs.iter().map(|g| back.apply(line.quad.slice(g.at, g.at).centre())).collect()
}

fn free(sheet: &Sheet<'_>, line: usize) -> Vec<bool> {
    let mut free = vec![true; sheet.lines[line].reading.glyphs.len()];
    for (_, range) in sheet.fixed.iter().filter(|(l, _)| *l == line) {
        free[range.clone()].fill(false);
    }
    free
}

/// 0 inside.
fn distance_outside(rect: &Rect, p: Point) -> f32 {
    let dx = (rect.x - p.0).max(p.0 - rect.right()).max(0.0);
    let dy = (rect.y - p.1).max(p.1 - rect.bottom()).max(0.0);
    dx.hypot(dy)
}

fn nearest(areas: &[Area], p: Point, reach: f32) -> Option<usize> {
    let near = areas.iter().enumerate().map(|(i, a)| (distance_outside(&a.rect, p), i)).filter(|(d, _)| *d <= reach);
    near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, i)| i)
}

/// Gaps this many times the median separate words.
const WORD_GAP: f32 = 1.7;
/// An area gets a whole word with this share of its glyphs, or half of a short one and its centre.
const WORD_SHARE: f32 = 0.7;
const SHORT_WORD: usize = 4;

fn word_starts(reading: &Reading, positions: &[Point]) -> Vec<bool> {
    let width = |i: usize| if reading.glyphs[i].text.chars().any(is_wide) { 1.0 } else { 0.55 };
    let gap = |i: usize| distance(positions[i - 1], positions[i]) / (0.5 * (width(i - 1) + width(i)));
    let mut gaps: Vec<f32> = (1..positions.len()).map(gap).collect();
    gaps.sort_by(f32::total_cmp);
    let usual = gaps.get(gaps.len() / 2).copied().unwrap_or_default();
    let blank = |i: usize| reading.glyphs[i].text.trim().is_empty();
    (0..positions.len()).map(|i| i == 0 || blank(i) || gap(i) > WORD_GAP * usual).collect()
}

/// Of each glyph, which number it is a part of.
fn numbers(line: &Line, starts: &[bool]) -> Vec<Option<usize>> {
    let glyphs = &line.reading.glyphs;
    let is_digit = |at: usize| glyphs.get(at).is_some_and(|g| g.text.chars().all(|c| c.is_ascii_digit()));
    let is_mark = |at: usize| matches!(glyphs[at].text.as_str(), "." | ",") && at > 0 && is_digit(at - 1) && is_digit(at + 1);
    let is_part = |at: usize| is_digit(at) || is_mark(at);
    let mut number = 0;
    let of = |at| {
        if at == 0 || starts[at] || !is_part(at - 1) {
            number += 1;
        }
        is_part(at).then_some(number)
    };
    (0..glyphs.len()).map(of).collect()
}

/// Where an area is drawn over a part of a number, all of it is meant.
fn assign_whole_numbers(owner: &mut [Option<usize>], numbers: &[Option<usize>]) {
    let mut owners: HashMap<usize, BTreeSet<usize>> = HashMap::new();
    for (own, number) in owner.iter().zip(numbers) {
        if let (Some(own), Some(number)) = (own, number) {
            owners.entry(*number).or_default().insert(*own);
        }
    }
    for (own, number) in owner.iter_mut().zip(numbers) {
        let only = number.and_then(|number| owners.get(&number)).filter(|owners| owners.len() == 1);
        if let Some(area) = only.and_then(|owners| owners.first()) {
            *own = Some(*area);
        }
    }
}

/// Misaligned words may start in a neighbouring area.
fn assign_whole_words(owner: &mut [Option<usize>], starts: &[bool], positions: &[Point], areas: &[Area]) {
    let mut start = 0;
    for end in (1..=starts.len()).filter(|end| starts.get(*end).is_none_or(|start| *start)) {
        let word = std::mem::replace(&mut start, end)..end;
        let owned: Vec<usize> = owner[word.clone()].iter().flatten().copied().collect();
        let middle = lerp(positions[word.start], positions[word.end - 1], 0.5);
        let has = |area: &&usize| {
            let share = owned.iter().filter(|a| a == area).count() as f32 / owned.len() as f32;
            share >= WORD_SHARE
                || (word.len() <= SHORT_WORD && share >= 0.5 && distance_outside(&areas[**area].rect, middle) <= 0.0)
        };
        if let Some(area) = owned.iter().find(has) {
            owner[word].iter_mut().flatten().for_each(|own| *own = *area);
        }
    }
}

/// Misaligned text may start before its area or end after it, and a word that the edge cuts is one. `free`, and whether a word starts.
fn extend(owner: &mut [Option<usize>], (free, starts): (&[bool], &[bool]), positions: &[Point], areas: &[Area], height: f32) {
    let joins = |a: usize, b: usize, area: usize| {
        let reaches = || distance_outside(&areas[area].rect, positions[b]) < REACH_ALONG * height;
        free[b] && distance(positions[a], positions[b]) < 1.6 * height && (!starts[a.max(b)] || reaches())
    };
    for i in 1..owner.len() {
        if let (Some(area), None) = (owner[i - 1], owner[i])
            && joins(i - 1, i, area)
        {
            owner[i] = Some(area);
        }
    }
    for i in (1..owner.len()).rev() {
        if let (Some(area), None) = (owner[i], owner[i - 1])
            && joins(i, i - 1, area)
        {
            owner[i - 1] = Some(area);
        }
    }
}

/// Splits glyphs by owner; those without one also at wide gaps.
fn segments(owner: &[Option<usize>], free: &[bool], positions: &[Point], height: f32) -> Vec<(Range<usize>, Option<usize>)> {
    let mut out: Vec<(Range<usize>, Option<usize>)> = Vec::new();
    for i in (0..owner.len()).filter(|i| free[*i]) {
        match out.last_mut() {
            Some((range, own))
                if range.end == i
                    && *own == owner[i]
                    && (own.is_some() || distance(positions[i - 1], positions[i]) < 2.5 * height) =>
            {
                range.end = i + 1;
            }
            _ => out.push((i..i + 1, owner[i])),
        }
    }
    out
}

fn gather_displaced(sheet: &Sheet<'_>, areas: &[Area], back: &Homography, spare: &[Run], runs: &mut [Vec<Run>]) {
    for run in spare {
        let there = back.apply_quad(&sheet.lines[run.line].part(&run.glyphs));
        let (bounds, height) = (there.bounds(), there.height());
        let beside = areas.iter().enumerate().filter(|(i, area)| {
            let (shared, least) = if sheet.quarter_turns % 2 == 1 {
                (bounds.bottom().min(area.rect.bottom()) - bounds.y.max(area.rect.y), bounds.height.min(area.rect.height))
            } else {
                (bounds.right().min(area.rect.right()) - bounds.x.max(area.rect.x), bounds.width.min(area.rect.width))
            };
            runs[*i].is_empty() && shared > 0.5 * least
        });
        let near = beside
            .map(|(i, area)| (distance_outside(&area.rect, there.centre()), i))
            .filter(|(d, _)| *d < REACH_DISPLACED * height);
        if let Some((_, i)) = near.min_by(|a, b| a.0.total_cmp(&b.0)) {
            runs[i].push(Run { displaced: true, ..run.clone() });
        }
    }
}

/// An area lower than this many text heights holds one row; other rows are its neighbours'.
const ONE_ROW_HEIGHTS: f32 = 2.1;

/// Sorts rows from the top and runs from the left, as on the template.
fn in_reading_order(sheet: &Sheet<'_>, back: &Homography, runs: &mut Vec<Run>, area: &Area) {
    // Rotate so that x runs along the text.
    let (sin, cos) = (sheet.quarter_turns as f32 * std::f32::consts::FRAC_PI_2).sin_cos();
    let turned = |(x, y): Point| (x * cos + y * sin, y * cos - x * sin);
    let middle = turned((area.rect.x + area.rect.width / 2.0, area.rect.y + area.rect.height / 2.0)).1;
    let extent = if sheet.quarter_turns % 2 == 1 { area.rect.width } else { area.rect.height };
    let placed = runs.drain(..).map(|run| {
        let quad = back.apply_quad(&sheet.lines[run.line].part(&run.glyphs));
        (turned(quad.centre()), quad.height(), run)
    });
    let mut placed: Vec<(Point, f32, Run)> = placed.collect();
    placed.sort_by(|a, b| a.0.1.total_cmp(&b.0.1));
    let mut rows: Vec<Vec<(Point, f32, Run)>> = Vec::new();
    for item in placed {
        match rows.last_mut() {
            Some(row) if item.0.1 - row[0].0.1 < 0.5 * row[0].1 => row.push(item),
            _ => rows.push(vec![item]),
        }
    }
    let off = |row: &[(Point, f32, Run)]| row.iter().map(|r| (r.0.1 - middle).abs()).fold(f32::MAX, f32::min);
    if let Some(best) = (0..rows.len()).min_by(|a, b| off(&rows[*a]).total_cmp(&off(&rows[*b])))
        && extent < ONE_ROW_HEIGHTS * rows[best][0].1
    {
        rows = vec![rows.swap_remove(best)];
    }
    for mut row in rows {
        row.sort_by(|a, b| a.0.0.total_cmp(&b.0.0));
        let along = |run: &Run, i: usize| {
            let line = &sheet.lines[run.line];
            turned(back.apply(line.quad.slice(line.reading.glyphs[i].at, line.reading.glyphs[i].at).centre())).0
        };
        let mut end = f32::MIN;
        for (_, height, mut run) in row {
            // Where a seal splits lines, two may hold the same text.
            let first_new = run.glyphs.clone().find(|i| along(&run, *i) > end + 0.25 * height).unwrap_or(run.glyphs.end);
            run.overlaps = first_new > run.glyphs.start;
            run.glyphs.start = first_new;
            if let Some(last) = run.glyphs.clone().next_back() {
                end = end.max(along(&run, last));
                runs.push(run);
            }
        }
    }
}

/// On the template's own picture: text outside the areas, and keywords inside.
pub fn fixed_print(sheet: &Sheet<'_>, areas: &[Area], runs: &[Vec<Run>]) -> Vec<(usize, Range<usize>)> {
    let mut print = Vec::new();
    let back = sheet.map.inverse();
    for (l, line) in sheet.lines.iter().enumerate() {
        let mut free = vec![true; line.reading.glyphs.len()];
        for run in runs.iter().flatten().filter(|r| r.line == l) {
            free[run.glyphs.clone()].fill(false);
        }
        let positions = back.map_or_else(Vec::new, |b| positions(line, &b));
        let height = back.map_or(1.0, |b| b.apply_quad(&line.quad).height());
        if !positions.is_empty() {
            print.extend(segments(&vec![None; free.len()], &free, &positions, height).into_iter().map(|(range, _)| (l, range)));
        }
    }
    for (area, runs) in areas.iter().zip(runs) {
        for run in runs {
            let line = &sheet.lines[run.line];
            print.extend(area.keywords.iter().filter_map(|k| keyword_in(line, &run.glyphs, k)).map(|range| (run.line, range)));
        }
    }
    print
}

fn keyword_in(line: &Line, range: &Range<usize>, keyword: &str) -> Option<Range<usize>> {
    let word = fold_text(keyword);
    let text = fold(line.reading.glyphs[range.clone()].iter().map(|g| g.text.as_str()));
    let same = local_alignment(&word, &text.chars).filter(|c| c.hits as f32 >= 0.7 * word.len() as f32)?;
    Some(range.start + text.pieces[same.b.start]..range.start + text.pieces[same.b.end - 1] + 1)
}

pub fn without_keywords(line: &Line, run: &Run, keywords: &[String]) -> Vec<Range<usize>> {
    let mut rest = vec![run.glyphs.clone()];
    for keyword in keywords {
        let cut = |range: Range<usize>| match keyword_in(line, &range, keyword) {
            Some(word) => vec![range.start..word.start, word.end..range.end],
            None => vec![range],
        };
        rest = rest.into_iter().flat_map(cut).filter(|range| !range.is_empty()).collect();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::area::AreaKind;

    fn area(from: f32, to: f32) -> Area {
        let rect = Rect { x: from, y: 0.0, width: to - from, height: 20.0 };
        Area { kind: AreaKind::Own, pos_id: "某".into(), rect, keywords: Vec::new(), remove_line: false, remove_stamp: false }
    }

    /// Ten characters of 20 pixels, a gap before the seventh; those whose middle is in the area are its own.
    fn extended(area: &Area, fixed: Option<usize>) -> Vec<usize> {
        let positions: Vec<Point> = (0..10u16).map(|i| (f32::from(i) * 20.0 + if i >= 6 { 40.0 } else { 0.0 }, 10.0)).collect();
        let starts: Vec<bool> = (0..10).map(|i| i == 0 || i == 6).collect();
        let free: Vec<bool> = (0..10).map(|i| Some(i) != fixed).collect();
        let mut owner: Vec<Option<usize>> = positions.iter().map(|p| nearest(std::slice::from_ref(area), *p, 1.0)).collect();
        extend(&mut owner, (&free, &starts), &positions, std::slice::from_ref(area), 20.0);
        (0..10).filter(|i| owner[*i].is_some()).collect()
    }

    #[test]
    fn a_word_that_the_edge_cuts_is_taken_whole_up_to_fixed_print_or_a_gap() {
        assert_eq!(extended(&area(-5.0, 45.0), None), [0, 1, 2, 3, 4, 5]);
        assert_eq!(extended(&area(75.0, 105.0), None), [0, 1, 2, 3, 4, 5]);
        assert_eq!(extended(&area(-5.0, 45.0), Some(4)), [0, 1, 2, 3]);
        assert_eq!(extended(&area(165.0, 185.0), None), [6, 7, 8, 9]);
    }

    #[test]
    fn of_a_number_that_is_cut_all_is_meant() {
        let mut owner = vec![Some(0), Some(0), None, None, Some(1), None];
        assign_whole_numbers(&mut owner, &[Some(1), Some(1), Some(1), None, Some(2), Some(2)]);
        assert_eq!(owner, [Some(0), Some(0), Some(0), None, Some(1), Some(1)]);
        let mut shared = vec![Some(0), Some(1), None];
        assign_whole_numbers(&mut shared, &[Some(1), Some(1), Some(1)]);
        assert_eq!(shared, [Some(0), Some(1), None], "it is not known whose it is");
    }
}
