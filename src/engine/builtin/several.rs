//! Counts the papers on a picture with one recognised invoice: other copies of its form, another template's, or an unknown form's
//! title and number. Not here: reading them.

use super::align::{self, Alignment, CONFIDENCE_MIN, Print};
use super::check_cancelled;
use super::geometry::{Homography, Point, Quad};
use super::page::{Line, Page};
use super::text::fold_text;
use super::title::{self, Title};
use crate::domain::template::{Rect, Template};
use crate::engine::{Cancel, Trouble};
use std::sync::Arc;

/// Fewer lines beside a form are notes or stamps.
const BESIDE_MIN: usize = 5;
/// A second copy must show this many of the form's words, and this share of those in the first. (In a form grown longer, words are
/// displaced but occur once.)
const WORDS_MIN: usize = 3;
const WORDS_SHARE: f32 = 0.4;
/// Required of another template's form, besides its complete title.
const OTHER_CONFIDENCE_MIN: f32 = 0.9;
const PAPERS_MAX: u32 = 20;
/// Text this close to a form, in median word heights, belongs to it.
const MARGIN: f32 = 1.5;

struct Form {
    back: Homography,
    print: Rect,
}

impl Form {
    fn of(template: &Template, map: &Homography) -> Option<Self> {
        let words = || template.learnt.words.iter().map(|w| Quad(w.corners));
        let areas = template.layout.areas.iter().map(|a| Quad::from_rect(&a.rect));
        let corners: Vec<Point> = words().chain(areas).flat_map(|q| q.0).collect();
        let mut heights: Vec<f32> = words().map(|q| q.height()).collect();
        heights.sort_by(f32::total_cmp);
        let margin = MARGIN * heights.get(heights.len() / 2)?;
        let edge = |of: fn(&Point) -> f32, pick: fn(f32, f32) -> f32| corners.iter().map(of).reduce(pick);
        let (left, right) = (edge(|p| p.0, f32::min)? - margin, edge(|p| p.0, f32::max)? + margin);
        let (top, bottom) = (edge(|p| p.1, f32::min)? - margin, edge(|p| p.1, f32::max)? + margin);
        Some(Self { back: map.inverse()?, print: Rect { x: left, y: top, width: right - left, height: bottom - top } })
    }

    fn contains(&self, quad: &Quad) -> bool {
        let (x, y) = self.back.apply(quad.centre());
        (self.print.x..=self.print.right()).contains(&x) && (self.print.y..=self.print.bottom()).contains(&y)
    }
}

/// The number of papers, at least 1. Lines outside the form are read only if there are enough.
pub fn papers(
    page: &mut Page<'_>,
    template: &Template,
    map: &Homography,
    templates: &[Arc<Template>],
    cancel: &Cancel,
) -> Result<u32, Trouble> {
    let Some(form) = Form::of(template, map) else { return Ok(1) };
    let is_beside = |quad: &Quad| !form.contains(quad);
    if page.lines().iter().filter(|l| is_beside(&l.quad)).count() < BESIDE_MIN {
        return Ok(1);
    }
    check_cancelled(cancel)?;
    page.read_where(is_beside)?;
    let mut beside = page.lines();
    beside.retain(|l| is_beside(&l.quad));
    if align_confidently(template, &beside).is_some() {
        page.read_where(|_| true)?;
    }
    let mut own = page.lines();
    own.retain(|l| form.contains(&l.quad));
    let Some(first) = align::align(&template.learnt, None, &Print::of(&own)) else { return Ok(1) };
    let mut count = 1;
    while count < PAPERS_MAX
        && let Some(again) = align_confidently(template, &beside).filter(|again| is_second_copy(&first, again))
        && let Some(form) = Form::of(template, &again.map)
    {
        count += 1;
        beside.retain(|l| !form.contains(&l.quad));
    }
    if count == 1 && (shows_other_template(template, templates, &beside) || shows_unknown_form(&beside)) {
        count = 2;
    }
    Ok(count)
}

fn align_confidently(template: &Template, lines: &[Line]) -> Option<Alignment> {
    align::align(&template.learnt, None, &Print::of(lines)).filter(|a| a.confidence >= CONFIDENCE_MIN && a.words.len() >= WORDS_MIN)
}

fn is_second_copy(first: &Alignment, again: &Alignment) -> bool {
    let both = first.words.iter().filter(|w| again.words.contains(w)).count();
    both >= WORDS_MIN && both as f32 >= WORDS_SHARE * first.words.len() as f32
}

fn shows_other_template(fit: &Template, templates: &[Arc<Template>], beside: &[Line]) -> bool {
    let print = Print::of(beside);
    templates.iter().filter(|t| t.id != fit.id).any(|template| {
        let quota = template.layout.quota.as_deref();
        let alignment = align::align(&template.learnt, quota, &print);
        alignment
            .filter(|a| a.confidence >= OTHER_CONFIDENCE_MIN && a.words.len() >= WORDS_MIN)
            .is_some_and(|a| Title::of(&template.learnt).is_some_and(|t| t.compare(beside, &a.map).is_whole()))
    })
}

/// A large title and a labelled invoice number: forms print these once.
fn shows_unknown_form(beside: &[Line]) -> bool {
    let texts: Vec<String> = beside.iter().map(|l| fold_text(&l.reading.text()).iter().collect()).collect();
    let labelled = texts.iter().any(|t| ["发票号码", "发票代码", "票据号码", "票据代码"].iter().any(|label| t.contains(label)));
    let is_number = |group: &str| [8, 10, 12, 20].contains(&group.len());
    let numbered = texts.iter().any(|t| t.split(|c: char| !c.is_ascii_digit()).any(is_number));
    labelled && numbered && title::printed_title(beside).is_some()
}
