//! How many papers lie on a picture of which one has been recognised: its form found once more beside it, another template's, or the title
//! and number of a form that nobody knows. Not here: reading them.

use super::align::{self, Alignment, CERTAINTY_MIN};
use super::geometry::{Map, Point, Quad};
use super::go_on;
use super::page::{Line, Page};
use super::text::fold_text;
use super::title::{self, Title};
use crate::domain::template::{Rect, Template};
use crate::engine::{Cancel, Trouble};
use std::sync::Arc;

/// Fewer lines beside a form are notes, stamps and scraps of the desk.
const BESIDE_MIN: usize = 5;
/// A form is there once more when so many of its words are, and such a share of those that were found the first time. A form that has
/// grown longer has its last words further down, but each only once.
const WORDS_MIN: usize = 3;
const WORDS_SHARE: f32 = 0.4;
/// Another template's form has to be as certain as this, and its title whole.
const OTHER_CERTAINTY: f32 = 0.9;
/// More than these are not counted.
const PAPERS_MAX: u32 = 20;
/// Print so near a form, in heights of its words, is the form's own.
const MARGIN: f32 = 1.5;

/// Where a template's print and its areas lie on a page.
struct Form {
    back: Map,
    print: Rect,
}

impl Form {
    fn of(template: &Template, map: &Map) -> Option<Self> {
        let words = || template.learnt.words.iter().map(|w| Quad(w.corners));
        let areas = template.layout.areas.iter().map(|a| Quad::of_rect(&a.rect));
        let corners: Vec<Point> = words().chain(areas).flat_map(|q| q.0).collect();
        let mut heights: Vec<f32> = words().map(|q| q.height()).collect();
        heights.sort_by(f32::total_cmp);
        let margin = MARGIN * heights.get(heights.len() / 2)?;
        let edge = |of: fn(&Point) -> f32, pick: fn(f32, f32) -> f32| corners.iter().map(of).reduce(pick);
        let (left, right) = (edge(|p| p.0, f32::min)? - margin, edge(|p| p.0, f32::max)? + margin);
        let (top, bottom) = (edge(|p| p.1, f32::min)? - margin, edge(|p| p.1, f32::max)? + margin);
        Some(Self { back: map.inverse()?, print: Rect { x: left, y: top, width: right - left, height: bottom - top } })
    }

    fn has(&self, quad: &Quad) -> bool {
        let (x, y) = self.back.apply(quad.centre());
        (self.print.x..=self.print.right()).contains(&x) && (self.print.y..=self.print.bottom()).contains(&y)
    }
}

/// How many papers lie on the page, the one that fits among them. What stands beside that one is read only where there is enough of it.
///
/// # Errors
/// `Receive` when a net fails or nobody waits any more.
pub fn papers(
    page: &mut Page<'_>,
    template: &Template,
    map: &Map,
    templates: &[Arc<Template>],
    cancel: &Cancel,
) -> Result<u32, Trouble> {
    let Some(form) = Form::of(template, map) else { return Ok(1) };
    let is_beside = |quad: &Quad| !form.has(quad);
    let unread = page.unread().iter().filter(|q| is_beside(q)).count();
    if unread + page.lines().iter().filter(|l| is_beside(&l.quad)).count() < BESIDE_MIN {
        return Ok(1);
    }
    go_on(cancel)?;
    page.read_where(is_beside)?;
    let mut beside = page.lines();
    beside.retain(|l| is_beside(&l.quad));
    if laid(template, &beside).is_some() {
        // Only what is read of the form itself can be found twice.
        page.read_where(|_| true)?;
    }
    let mut own = page.lines();
    own.retain(|l| form.has(&l.quad));
    let Some(first) = align::align(&template.learnt, None, &own, &[]) else { return Ok(1) };
    let mut count = 1;
    while count < PAPERS_MAX
        && let Some(again) = laid(template, &beside).filter(|again| is_twice(&first, again))
        && let Some(form) = Form::of(template, &again.map)
    {
        count += 1;
        beside.retain(|l| !form.has(&l.quad));
    }
    if count == 1 && (bears_another(template, templates, &beside) || names_another(&beside)) {
        count = 2;
    }
    Ok(count)
}

fn laid(template: &Template, lines: &[Line]) -> Option<Alignment> {
    align::align(&template.learnt, None, lines, &[]).filter(|a| a.certainty >= CERTAINTY_MIN && a.words.len() >= WORDS_MIN)
}

fn is_twice(first: &Alignment, again: &Alignment) -> bool {
    let both = first.words.iter().filter(|w| again.words.contains(w)).count();
    both >= WORDS_MIN && both as f32 >= WORDS_SHARE * first.words.len() as f32
}

fn bears_another(fit: &Template, templates: &[Arc<Template>], beside: &[Line]) -> bool {
    templates.iter().filter(|t| t.id != fit.id).any(|template| {
        let quota = template.layout.quota.as_deref();
        let laid = align::align(&template.learnt, quota, beside, &[]);
        laid.filter(|a| a.certainty >= OTHER_CERTAINTY && a.words.len() >= WORDS_MIN)
            .is_some_and(|a| Title::of(&template.learnt).is_some_and(|t| t.compare(beside, &a.map).is_whole()))
    })
}

/// A large title, and a number of the kind that invoices have with what it is called: forms print these once.
fn names_another(beside: &[Line]) -> bool {
    let texts: Vec<String> = beside.iter().map(|l| fold_text(&l.reading.text()).iter().collect()).collect();
    let labelled = texts.iter().any(|t| ["发票号码", "发票代码", "票据号码", "票据代码"].iter().any(|label| t.contains(label)));
    let is_number = |group: &str| [8, 10, 12, 20].contains(&group.len());
    let numbered = texts.iter().any(|t| t.split(|c: char| !c.is_ascii_digit()).any(is_number));
    labelled && numbered && title::printed(beside).is_some()
}
