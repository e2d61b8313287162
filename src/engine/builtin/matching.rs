//! Finds the template of a picture: page orientation, alignments, titles. Not here: aligning one template (align.rs).

use super::align::{self, Alignment, Print};
use super::check_cancelled;
use super::detect;
use super::geometry::Quad;
use super::nets::Nets;
use super::page::{self, Line, Page};
use super::picture::Picture;
use super::several;
use super::title::{self, Title, TitleMatch};
use crate::domain::fit_reason::FitReason;
use crate::domain::template::{Area, Template};
use crate::engine::{Cancel, TemplateScore, Trouble};
use std::sync::Arc;
use std::time::Instant;

const ORIENTATIONS_MAX: usize = 2;
/// From this confidence on, only what matters to the fitting template is read.
const OBVIOUS_CONFIDENCE: f32 = 0.95;
const OBVIOUS_ANCHORS: usize = 4;
/// A page that is legible at a glance, and shows less than this share of each template's words, is none of them. (Of 70 foreign papers of
/// the bench, the likest has 0.16; of 160 known ones, the least like has 0.27.)
const FOREIGN_MAX: f32 = 0.2;
const LEGIBLE_MEAN: f32 = 0.85;
const LEGIBLE_GLYPHS: usize = 20;
/// So many templates, each with this share of the best one's words, are told apart by their titles.
const FAMILY_MAX: usize = 40;
const LIKELY_SHARE: f32 = 0.6;
/// A runner-up with this share of the best rank casts doubt on the best, unless its title is complete.
const RIVAL_RANK_MIN: f32 = 0.9;
const RIVAL_FACTOR: f32 = 0.6;

/// Of so many fixed words at least this share is found on poor pictures of the form, too; papers of the same make have the same labels
/// elsewhere.
const MANY_WORDS: usize = 10;
const MANY_SHARE_MIN: f32 = 0.42;

/// With its title cut off, a form still shows this share of its words.
const CUT_SHARE_MIN: f32 = 0.6;

/// Minimum aspect ratio of a title.
const TITLE_ASPECT_MIN: f32 = 3.0;
/// Title confidence if only the page has a title.
const UNTITLED_CONFIDENCE: f32 = 0.7;
/// Matching characters from which a title ranks no higher.
const TITLE_LENGTH_MAX: usize = 12;
const TITLE_WEIGHT: f32 = 0.1;
const CANDIDATES_MAX: usize = 5;

#[derive(Debug)]
pub struct Fit<'a> {
    pub template: &'a Template,
    pub alignment: Alignment,
    pub title_match: Option<TitleMatch>,
    /// That it is this template of the form family, 0 to 1.
    pub family_confidence: f32,
    /// That the page has the template's title, 0 to 1.
    pub title_confidence: f32,
}

impl Fit<'_> {
    /// That it is this template, 0 to 1.
    pub fn confidence(&self) -> f32 {
        self.alignment.confidence.min(self.family_confidence).min(self.title_confidence)
    }
}

#[derive(Debug)]
pub struct Evaluated<'a> {
    pub template: &'a Template,
    pub score: f32,
    /// The share of its words that are there, whatever else speaks against it.
    pub likeness: f32,
    pub reason: FitReason,
    pub fit: Option<Fit<'a>>,
}

impl Evaluated<'_> {
    fn reject(&mut self, reason: FitReason) {
        (self.score, self.reason, self.fit) = (0.0, reason, None);
    }

    fn candidate(&self) -> TemplateScore {
        TemplateScore { template: self.template.id, score: f64::from(self.score), reason: self.reason.clone() }
    }
}

#[derive(Debug, Default)]
pub struct Choice<'a> {
    pub best: Option<(Fit<'a>, Vec<Line>)>,
    pub candidates: Vec<TemplateScore>,
    pub papers: u32,
}

pub fn choose<'a>(nets: &Nets, picture: &Picture, templates: &'a [Arc<Template>], cancel: &Cancel) -> Result<Choice<'a>, Trouble> {
    let mut choice = Choice::default();
    if templates.iter().all(|t| t.learnt.words.is_empty()) {
        return Ok(choice);
    }
    for mut page in oriented_pages(nets, picture, cancel)? {
        check_cancelled(cancel)?;
        let began = Instant::now();
        let skimmed = weigh_skimmed(nets, &mut page, picture, templates)?;
        let glance = began.elapsed();
        check_cancelled(cancel)?;
        let Weighed { mut evaluated, best, lines } = match skimmed {
            Some(weighed) => weighed,
            // The other lines may show another form family. What was only skimmed is nobody's value.
            None => {
                page.read_where(|_| true)?;
                weigh(nets, picture, templates, page.lines())?
            }
        };
        tracing::debug!(?glance, all = ?began.elapsed(), "{} templates weighed", evaluated.len());
        let first = best.as_ref().map(|b| b.template.id);
        // Upside down, candidates score lower.
        if best.is_some() || choice.candidates.is_empty() {
            evaluated.sort_by(|a, b| {
                (Some(b.template.id) == first).cmp(&(Some(a.template.id) == first)).then(b.score.total_cmp(&a.score))
            });
            choice.candidates = evaluated.iter().take(CANDIDATES_MAX).map(Evaluated::candidate).collect();
        }
        if let Some(best) = best {
            choice.papers = several::papers(&mut page, best.template, &best.alignment.map, templates, cancel)?;
            choice.best = Some((best, lines));
            break;
        }
    }
    Ok(choice)
}

/// Evaluates one template in the likeliest orientation, or in the other if it fits only there. Also returns the lines and the
/// number of papers.
pub fn evaluate<'a>(
    nets: &Nets,
    picture: &Picture,
    template: &'a Template,
    cancel: &Cancel,
) -> Result<(Evaluated<'a>, Vec<Line>, u32), Trouble> {
    let mut first = None;
    for mut page in oriented_pages(nets, picture, cancel)? {
        check_cancelled(cancel)?;
        // What was skimmed is held against what is read, as where the template is not known beforehand.
        page.skim()?;
        page.read_where(|_| true)?;
        let lines = page.lines();
        let mut evaluated = align_template(template, &Print::of(&lines), picture);
        check_title(nets, picture, &mut evaluated, &lines, false)?;
        if let Some(fit) = &evaluated.fit {
            let papers = several::papers(&mut page, fit.template, &fit.alignment.map, &[], cancel)?;
            return Ok((evaluated, lines, papers));
        }
        first.get_or_insert((evaluated, lines));
    }
    let (evaluated, lines) = first
        .unwrap_or((Evaluated { template, score: 0.0, likeness: 0.0, reason: FitReason::NothingInCommon, fit: None }, Vec::new()));
    Ok((evaluated, lines, 1))
}

fn oriented_pages<'a>(nets: &'a Nets, picture: &'a Picture, cancel: &Cancel) -> Result<Vec<Page<'a>>, Trouble> {
    let began = Instant::now();
    let quads = detect::quick_lines(nets, picture)?;
    let detected = began.elapsed();
    check_cancelled(cancel)?;
    let mut pages = page::page_orientations(nets, &picture.pixels, quads)?;
    tracing::debug!(?detected, turned = ?(began.elapsed() - detected), "{} lines", quads.len());
    pages.truncate(ORIENTATIONS_MAX);
    Ok(pages)
}

/// The templates held against a page.
struct Weighed<'a> {
    evaluated: Vec<Evaluated<'a>>,
    best: Option<Fit<'a>>,
    lines: Vec<Line>,
}

fn weigh<'a>(nets: &Nets, picture: &Picture, templates: &'a [Arc<Template>], lines: Vec<Line>) -> Result<Weighed<'a>, Trouble> {
    let mut evaluated = align_all(templates, &lines, picture);
    let best = pick_best(nets, picture, &mut evaluated, &lines)?;
    Ok(Weighed { evaluated, best, lines })
}

/// Skims the page and, if that says which templates it may be, reads their titles to tell which it is, and then what matters to it. `None`
/// if all of it must be read to know.
fn weigh_skimmed<'a>(
    nets: &Nets,
    page: &mut Page<'_>,
    picture: &Picture,
    templates: &'a [Arc<Template>],
) -> Result<Option<Weighed<'a>>, Trouble> {
    page.skim()?;
    let skimmed = page.lines();
    let mut evaluated = align_all(templates, &skimmed, picture);
    if is_legible(&skimmed) {
        picture.skimmed.get_or_init(|| skimmed.iter().map(|line| line.reading.text()).collect());
        if evaluated.iter().all(|e| e.likeness < FOREIGN_MAX) {
            return Ok(Some(Weighed { evaluated, best: None, lines: skimmed }));
        }
    }
    let mut likely: Vec<Fit<'_>> = evaluated.iter_mut().filter_map(|e| e.fit.take()).collect();
    likely.sort_by(|a, b| b.alignment.score.total_cmp(&a.alignment.score));
    let is_obvious = |fit: &Fit<'_>| fit.alignment.confidence >= OBVIOUS_CONFIDENCE && fit.alignment.anchors >= OBVIOUS_ANCHORS;
    let Some(first) = likely.first().filter(|fit| is_obvious(fit)) else { return Ok(None) };
    let least = LIKELY_SHARE * first.alignment.score;
    likely.retain(|fit| fit.alignment.score >= least);
    likely.truncate(FAMILY_MAX);
    let titles: Vec<Quad> = likely.iter().flat_map(telling_places).collect();
    // Without a known position, any large line may be the title.
    let untitled = likely.iter().any(|f| Title::of(&f.template.learnt).is_none());
    let least = title::LARGE_RATIO * page::median_height(&skimmed);
    let may_be_title = |quad: &Quad| untitled && quad.height() > least && quad.width() > TITLE_ASPECT_MIN * quad.height();
    page.read_where(|quad| may_be_title(quad) || titles.iter().any(|place| is_near(place, quad, BESIDE_TITLE)))?;
    let lines = page.lines();
    let print = Print::of(&lines);
    for evaluated in evaluated.iter_mut().filter(|e| likely.iter().any(|fit| fit.template.id == e.template.id)) {
        *evaluated = align_template(evaluated.template, &print, picture);
    }
    let Some(mut best) = pick_best(nets, picture, &mut evaluated, &lines)? else { return Ok(None) };
    // Where nothing stands in its place, it may stand beside it.
    let margin = |area: &Quad| if page.quads().iter().any(|quad| is_near(area, quad, WITHIN)) { WITHIN } else { AROUND };
    let places: Vec<(f32, Quad)> = area_places(&best).map(|area| (margin(&area), area)).collect();
    page.read_where(|quad| places.iter().any(|(margin, place)| is_near(place, quad, *margin)))?;
    let lines = page.lines();
    let quota = best.template.layout.quota.as_deref();
    let alignment = align::align(&best.template.learnt, quota, &Print::of(&lines));
    let Some(alignment) = alignment.filter(|a| a.confidence >= align::CONFIDENCE_MIN) else { return Ok(None) };
    best.alignment = alignment;
    Ok(Some(Weighed { evaluated, best: Some(best), lines }))
}

/// Titles are not compared yet.
fn align_all<'a>(templates: &'a [Arc<Template>], lines: &[Line], picture: &Picture) -> Vec<Evaluated<'a>> {
    let print = Print::of(lines);
    templates.iter().map(|t| align_template(t, &print, picture)).collect()
}

fn align_template<'a>(template: &'a Template, print: &Print<'_>, picture: &Picture) -> Evaluated<'a> {
    let mut likeness = 0.0;
    let no = |likeness, score, reason| Evaluated { template, score, likeness, reason, fit: None };
    if template.learnt.words.is_empty() {
        return no(likeness, 0.0, FitReason::NoWords);
    }
    let quota = template.layout.quota.as_deref();
    let Some(alignment) = align::align(&template.learnt, quota, print) else {
        return no(likeness, 0.0, FitReason::NothingInCommon);
    };
    likeness = alignment.score;
    let (found, of) = (alignment.anchors, alignment.expected);
    // Falls with the words found, even if these are certain.
    let score = alignment.confidence * found as f32 / of.max(1) as f32;
    if alignment.contradicted {
        return no(1.0, 0.0, FitReason::OtherQuota(quota.unwrap_or_default().to_owned()));
    }
    if alignment.confidence < align::CONFIDENCE_MIN || of >= MANY_WORDS && (found as f32) < MANY_SHARE_MIN * of as f32 {
        return no(likeness, score, FitReason::Few { found, of });
    }
    if !shows_an_area(template, &alignment, picture) {
        return no(likeness, 0.0, FitReason::OffPicture);
    }
    let fit = Fit { template, alignment, title_match: None, family_confidence: 1.0, title_confidence: 1.0 };
    Evaluated { template, score, likeness, reason: FitReason::Fits { found, of, title: None, differs: None }, fit: Some(fit) }
}

/// Rejects a template if the page has another title. `known`: some template has the page's title.
fn check_title(nets: &Nets, picture: &Picture, evaluated: &mut Evaluated<'_>, lines: &[Line], known: bool) -> Result<(), Trouble> {
    let Some(fit) = &mut evaluated.fit else { return Ok(()) };
    let title = Title::of(&fit.template.learnt);
    let there = title.as_ref().map(|t| *t.quad());
    let own = title.map_or_else(String::new, |t| t.text());
    let Some(title_match) = title_match(nets, picture, fit, lines, known)? else {
        if let Some(read) = title::printed_title(lines) {
            fit.title_confidence = UNTITLED_CONFIDENCE;
            if let FitReason::Fits { differs, .. } = &mut evaluated.reason {
                *differs = Some((own, read));
            }
        }
        return Ok(());
    };
    let is_there = there.is_some_and(|there| shows(picture, &fit.alignment, &there));
    let found = fit.alignment.anchors as f32 / fit.alignment.expected.max(1) as f32;
    if title_match.is_other || title_match.is_missing() && (is_there || found < CUT_SHARE_MIN) {
        evaluated.reject(FitReason::OtherTitle(own, title_match.read));
        return Ok(());
    }
    if let FitReason::Fits { title, differs, .. } = &mut evaluated.reason {
        *title = Some((title_match.same, title_match.of));
        *differs = (title_match.replaced > 0).then(|| (own, title_match.read.clone()));
    }
    (fit.family_confidence, fit.title_confidence) = (title_match.confidence(), title_match.similarity());
    fit.title_match = Some(title_match);
    Ok(())
}

fn pick_best<'a>(
    nets: &Nets,
    picture: &Picture,
    evaluated: &mut [Evaluated<'a>],
    lines: &[Line],
) -> Result<Option<Fit<'a>>, Trouble> {
    let shows_title =
        |fit: &Fit<'_>| Title::of(&fit.template.learnt).is_some_and(|t| t.compare(lines, &fit.alignment.map).is_whole());
    let known = evaluated.iter().filter_map(|e| e.fit.as_ref()).any(shows_title);
    for evaluated in &mut *evaluated {
        check_title(nets, picture, evaluated, lines, known)?;
    }
    let mut rest: Vec<Fit<'a>> = evaluated.iter_mut().filter_map(|e| e.fit.take()).collect();
    let share = |f: &Fit<'_>| f.title_match.as_ref().map_or(1.0, |a| a.same as f32 / a.of.max(1) as f32);
    // One complete title may contain the other.
    let length = |f: &Fit<'_>| f.title_match.as_ref().map_or(0, |a| a.same).min(TITLE_LENGTH_MAX) as f32 / TITLE_LENGTH_MAX as f32;
    let rank = |f: &Fit<'_>| f.alignment.score * (0.5 + 0.5 * share(f)) + TITLE_WEIGHT * length(f);
    rest.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
    let rival_factor = match rest.as_slice() {
        [first, second, ..] if rank(second) > RIVAL_RANK_MIN * rank(first) && share(first) < 1.0 => RIVAL_FACTOR,
        _ => 1.0,
    };
    let Some(mut best) = rest.into_iter().next() else { return Ok(None) };
    best.family_confidence *= rival_factor;
    for other in evaluated.iter_mut().filter(|e| e.template.id != best.template.id) {
        if let FitReason::Fits { found, of, .. } = other.reason {
            other.reason = FitReason::LessThanAnother { found, of };
        }
    }
    Ok(Some(best))
}

/// Compares the title with the lines; if incomplete, reads it again.
fn title_match(nets: &Nets, picture: &Picture, fit: &Fit<'_>, lines: &[Line], known: bool) -> Result<Option<TitleMatch>, Trouble> {
    let Some(title) = Title::of(&fit.template.learnt) else { return Ok(None) };
    let first = title.compare(lines, &fit.alignment.map);
    if first.is_whole() || (known && first.is_other) {
        return Ok(Some(first));
    }
    let again = title.reread(nets, &picture.pixels, &fit.alignment.map)?;
    if again.same == again.of && !first.is_other {
        return Ok(Some(again));
    }
    // Twice the same, unsure as each is, it is no misreading.
    let is_twice = first.replaced > 1 && again.replaced > 1 && first.read == again.read;
    let is_other = again.is_other || is_twice || (first.is_other && again.same <= first.same);
    let best = if again.same > first.same { again } else { first };
    Ok(Some(TitleMatch { is_other, ..best }))
}

fn is_legible(lines: &[Line]) -> bool {
    let glyphs: Vec<f32> = lines.iter().flat_map(|line| &line.reading.glyphs).map(|glyph| glyph.probability).collect();
    glyphs.len() >= LEGIBLE_GLYPHS && glyphs.iter().sum::<f32>() >= LEGIBLE_MEAN * glyphs.len() as f32
}

/// Where its title and its quota stand, which tell it from the others of its family.
fn telling_places(fit: &Fit<'_>) -> Vec<Quad> {
    let learnt = &fit.template.learnt;
    let quota = fit.template.layout.quota.iter().flat_map(|q| align::quota_words(q, &learnt.words)).map(|w| Quad(w.corners));
    let title = Title::of(learnt).map(|t| *t.quad());
    quota.chain(title).map(|quad| fit.alignment.map.apply_quad(&quad)).collect()
}

fn area_places(fit: &Fit<'_>) -> impl Iterator<Item = Quad> {
    fit.template.layout.areas.iter().map(|area| fit.alignment.map.apply_quad(&Quad::from_rect(&area.rect)))
}

/// Lines that reach so far into an area, in their heights, may be its value; or those so near it, where it is empty.
const WITHIN: f32 = -0.25;
const AROUND: f32 = 1.0;
/// A title may be set a little higher or longer.
const BESIDE_TITLE: f32 = 0.2;

fn is_near(region: &Quad, line: &Quad, margin: f32) -> bool {
    let margin = margin * line.height();
    let (a, b) = (region.bounds(), line.bounds());
    a.x - margin < b.right() && b.x < a.right() + margin && a.y - margin < b.bottom() && b.y < a.bottom() + margin
}

/// A place of the template, if all of it is on the picture.
fn shows(picture: &Picture, alignment: &Alignment, place: &Quad) -> bool {
    let (width, height) = (picture.pixels.width() as f32, picture.pixels.height() as f32);
    alignment.map.apply_quad(place).0.iter().all(|(x, y)| (0.0..=width).contains(x) && (0.0..=height).contains(y))
}

/// A fragment that shows no area is no invoice. A template without areas only yields its label.
fn shows_an_area(template: &Template, alignment: &Alignment, picture: &Picture) -> bool {
    let (width, height) = (picture.pixels.width() as f32, picture.pixels.height() as f32);
    let visible = |area: &Area| {
        let (x, y) = alignment.map.apply(Quad::from_rect(&area.rect).centre());
        (0.0..=width).contains(&x) && (0.0..=height).contains(&y)
    };
    template.layout.areas.is_empty() || template.layout.areas.iter().any(visible)
}
