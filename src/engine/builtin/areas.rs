//! Which print on an aligned page belongs to which area of the template, and which to none.
//! Not here: what it says (fields.rs).

use super::geometry::{Map, Point, between, distance};
use super::page::{Line, is_wide};
use super::read::Reading;
use super::sheet::{Run, Sheet};
use super::sums;
use super::text::{common, fold, fold_text};
use crate::domain::template::{Area, Rect};
use std::ops::Range;

/// Glyphs beyond an area's edge still belong to it up to this far, in heights of their line.
const REACH: f32 = 0.15;
/// As far as this, those that continue what is inside.
const REACH_ALONG: f32 = 1.5;
/// And as far as this, when there is nothing inside.
const REACH_ASTRAY: f32 = 0.8;
/// Which glyphs of the page belong to which area: for each area its runs, in reading order.
pub fn assign(sheet: &Sheet<'_>, areas: &[Area]) -> Vec<Vec<Run>> {
    let mut runs = vec![Vec::new(); areas.len()];
    let Some(back) = sheet.map.inverse() else { return runs };
    let mut spare = Vec::new();
    for (l, line) in sheet.lines.iter().enumerate() {
        let spots = spots(line, &back);
        let height = back.apply_quad(&line.quad).height();
        let mut owner: Vec<Option<usize>> = spots.iter().map(|p| nearest(areas, *p, REACH * height)).collect();
        let free = free(sheet, l);
        owner.iter_mut().zip(&free).filter(|(_, free)| !**free).for_each(|(owner, _)| *owner = None);
        let starts = word_starts(&line.reading, &spots);
        if sheet.misprint {
            // Not across a colon: before it stands what the value is called.
            let open: Vec<bool> =
                free.iter().zip(&line.reading.glyphs).map(|(f, g)| *f && !matches!(g.text.as_str(), ":" | "：")).collect();
            whole_words(&mut owner, &starts, &spots, areas);
            extend(&mut owner, &open, &spots, areas, height);
        }
        for (range, own) in stretches(&owner, &free, &spots, height) {
            let torn = |at: usize| at > 0 && at < owner.len() && !starts[at] && owner[at - 1].is_some() && owner[at].is_some();
            let torn = sheet.misprint && own.is_some() && (torn(range.start) || torn(range.end));
            let run = Run { line: l, glyphs: range, overlaps: false, torn, astray: false };
            if !says_something(line, &run.glyphs) {
                continue;
            }
            match own {
                Some(area) => runs[area].push(run),
                None => spare.push(run),
            }
        }
    }
    if sheet.misprint {
        gather_astray(sheet, areas, &back, &spare, &mut runs);
    }
    for (runs, area) in runs.iter_mut().zip(areas) {
        in_reading_order(sheet, &back, runs, area);
        sums::without_labels(area, sheet.lines, runs);
    }
    runs
}

/// Not punctuation alone, nor a seal's star.
fn says_something(line: &Line, glyphs: &Range<usize>) -> bool {
    line.reading.glyphs[glyphs.clone()].iter().any(|g| g.text.chars().any(char::is_alphanumeric))
}

/// Where the glyphs of a line stand on the template.
fn spots(line: &Line, back: &Map) -> Vec<Point> {
    line.reading.glyphs.iter().map(|g| back.apply(line.quad.slice(g.at, g.at).centre())).collect()
}

/// Which glyphs of a line are not fixed print.
fn free(sheet: &Sheet<'_>, line: usize) -> Vec<bool> {
    let mut free = vec![true; sheet.lines[line].reading.glyphs.len()];
    for (_, range) in sheet.fixed.iter().filter(|(l, _)| *l == line) {
        free[range.clone()].fill(false);
    }
    free
}

/// How far a point is outside a rectangle; 0 inside.
fn outside(rect: &Rect, p: Point) -> f32 {
    let dx = (rect.x - p.0).max(p.0 - rect.right()).max(0.0);
    let dy = (rect.y - p.1).max(p.1 - rect.bottom()).max(0.0);
    dx.hypot(dy)
}

fn nearest(areas: &[Area], p: Point, reach: f32) -> Option<usize> {
    let near = areas.iter().enumerate().map(|(i, a)| (outside(&a.rect, p), i)).filter(|(d, _)| *d <= reach);
    near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, i)| i)
}

/// A gap so many times wider than the print's own parts two words.
const WORD_GAP: f32 = 1.7;
/// An area with such a share of a word's glyphs has the word; in a short one half is enough, with its middle.
const WORD_SHARE: f32 = 0.7;
const SHORT_WORD: usize = 4;

/// Before which glyphs of a line a word begins.
fn word_starts(reading: &Reading, spots: &[Point]) -> Vec<bool> {
    let width = |i: usize| if reading.glyphs[i].text.chars().any(is_wide) { 1.0 } else { 0.55 };
    let gap = |i: usize| distance(spots[i - 1], spots[i]) / (0.5 * (width(i - 1) + width(i)));
    let mut gaps: Vec<f32> = (1..spots.len()).map(gap).collect();
    gaps.sort_by(f32::total_cmp);
    let usual = gaps.get(gaps.len() / 2).copied().unwrap_or_default();
    let blank = |i: usize| reading.glyphs[i].text.trim().is_empty();
    (0..spots.len()).map(|i| i == 0 || blank(i) || gap(i) > WORD_GAP * usual).collect()
}

/// A word belongs to one area, though a printer that is off by some millimetres begins it in the one beside.
fn whole_words(owner: &mut [Option<usize>], starts: &[bool], spots: &[Point], areas: &[Area]) {
    let mut start = 0;
    for end in (1..=starts.len()).filter(|end| starts.get(*end).is_none_or(|start| *start)) {
        let word = std::mem::replace(&mut start, end)..end;
        let owned: Vec<usize> = owner[word.clone()].iter().flatten().copied().collect();
        let middle = between(spots[word.start], spots[word.end - 1], 0.5);
        let has = |area: &&usize| {
            let share = owned.iter().filter(|a| a == area).count() as f32 / owned.len() as f32;
            share >= WORD_SHARE || (word.len() <= SHORT_WORD && share >= 0.5 && outside(&areas[**area].rect, middle) <= 0.0)
        };
        if let Some(area) = owned.iter().find(has) {
            owner[word].iter_mut().flatten().for_each(|own| *own = *area);
        }
    }
}

/// What continues an area's glyphs without a gap belongs to it too: printers start early or late.
fn extend(owner: &mut [Option<usize>], free: &[bool], spots: &[Point], areas: &[Area], height: f32) {
    let joins = |a: usize, b: usize, area: usize| {
        free[b] && distance(spots[a], spots[b]) < 1.6 * height && outside(&areas[area].rect, spots[b]) < REACH_ALONG * height
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

/// Neighbouring glyphs with the same owner; those without one are also cut at wide gaps.
fn stretches(owner: &[Option<usize>], free: &[bool], spots: &[Point], height: f32) -> Vec<(Range<usize>, Option<usize>)> {
    let mut out: Vec<(Range<usize>, Option<usize>)> = Vec::new();
    for i in (0..owner.len()).filter(|i| free[*i]) {
        match out.last_mut() {
            Some((range, own))
                if range.end == i && *own == owner[i] && (own.is_some() || distance(spots[i - 1], spots[i]) < 2.5 * height) =>
            {
                range.end = i + 1;
            }
            _ => out.push((i..i + 1, owner[i])),
        }
    }
    out
}

/// Empty areas take the nearest print that belongs to none, if it stands just beside them.
fn gather_astray(sheet: &Sheet<'_>, areas: &[Area], back: &Map, spare: &[Run], runs: &mut [Vec<Run>]) {
    for run in spare {
        let there = back.apply_quad(&sheet.lines[run.line].part(&run.glyphs));
        let (bounds, height) = (there.bounds(), there.height());
        let beside = areas.iter().enumerate().filter(|(i, area)| {
            let (shared, least) = if sheet.quarters % 2 == 1 {
                (bounds.bottom().min(area.rect.bottom()) - bounds.y.max(area.rect.y), bounds.height.min(area.rect.height))
            } else {
                (bounds.right().min(area.rect.right()) - bounds.x.max(area.rect.x), bounds.width.min(area.rect.width))
            };
            runs[*i].is_empty() && shared > 0.5 * least
        });
        let near = beside.map(|(i, area)| (outside(&area.rect, there.centre()), i)).filter(|(d, _)| *d < REACH_ASTRAY * height);
        if let Some((_, i)) = near.min_by(|a, b| a.0.total_cmp(&b.0)) {
            runs[i].push(Run { astray: true, ..run.clone() });
        }
    }
}

/// An area less than this many times as high as its print holds one row; what else reaches into it is its neighbours'.
const ONE_ROW: f32 = 2.1;

/// Rows from top to bottom, in each from left to right, as on the template.
fn in_reading_order(sheet: &Sheet<'_>, back: &Map, runs: &mut Vec<Run>, area: &Area) {
    // Along and across the print, whichever way the template's picture lies.
    let (sin, cos) = (sheet.quarters as f32 * std::f32::consts::FRAC_PI_2).sin_cos();
    let turned = |(x, y): Point| (x * cos + y * sin, y * cos - x * sin);
    let middle = turned((area.rect.x + area.rect.width / 2.0, area.rect.y + area.rect.height / 2.0)).1;
    let extent = if sheet.quarters % 2 == 1 { area.rect.width } else { area.rect.height };
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
        && extent < ONE_ROW * rows[best][0].1
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
            // Where seals break lines apart, two of them may hold the same print.
            let fresh = run.glyphs.clone().find(|i| along(&run, *i) > end + 0.25 * height).unwrap_or(run.glyphs.end);
            run.overlaps = fresh > run.glyphs.start;
            run.glyphs.start = fresh;
            if let Some(last) = run.glyphs.clone().next_back() {
                end = end.max(along(&run, last));
                runs.push(run);
            }
        }
    }
}

/// On a template's own picture: the print that belongs to no area, and the keywords inside areas.
pub fn fixed_print(sheet: &Sheet<'_>, areas: &[Area], runs: &[Vec<Run>]) -> Vec<(usize, Range<usize>)> {
    let mut print = Vec::new();
    let back = sheet.map.inverse();
    for (l, line) in sheet.lines.iter().enumerate() {
        let mut free = vec![true; line.reading.glyphs.len()];
        for run in runs.iter().flatten().filter(|r| r.line == l) {
            free[run.glyphs.clone()].fill(false);
        }
        let spots = back.map_or_else(Vec::new, |b| spots(line, &b));
        let height = back.map_or(1.0, |b| b.apply_quad(&line.quad).height());
        if !spots.is_empty() {
            print.extend(stretches(&vec![None; free.len()], &free, &spots, height).into_iter().map(|(range, _)| (l, range)));
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

/// Where a keyword stands among glyphs of a line.
fn keyword_in(line: &Line, range: &Range<usize>, keyword: &str) -> Option<Range<usize>> {
    let word = fold_text(keyword);
    let text = fold(line.reading.glyphs[range.clone()].iter().map(|g| g.text.as_str()));
    let same = common(&word, &text.chars).filter(|c| c.hits as f32 >= 0.7 * word.len() as f32)?;
    Some(range.start + text.pieces[same.b.start]..range.start + text.pieces[same.b.end - 1] + 1)
}

/// What is left of a run when keywords are taken out.
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
