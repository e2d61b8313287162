//! Finds the template of a picture: page orientation, alignments, titles. Not here: aligning one template (align.rs).

use super::align::{self, Alignment};
use super::check_cancelled;
use super::detect;
use super::geometry::Quad;
use super::nets::Nets;
use super::page::{self, Line, Page};
use super::picture::Picture;
use super::several;
use super::title::{self, Title, TitleMatch};
use crate::domain::fit_reason::FitReason;
use crate::domain::ids::TemplateId;
use crate::domain::template::{Area, Template};
use crate::engine::{Cancel, TemplateScore, Trouble};
use std::sync::Arc;
use std::time::Instant;

const ORIENTATIONS_MAX: usize = 2;
/// From this confidence on, only lines relevant to the fitting templates are read.
const OBVIOUS_CONFIDENCE: f32 = 0.95;
const OBVIOUS_ANCHORS: usize = 4;
/// Templates of a form family, of which so many with this share of the best one's words are told apart by what is then read.
const FAMILY_MAX: usize = 6;
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
        let likely = read_relevant(&mut page, picture, templates)?;
        let read = began.elapsed();
        check_cancelled(cancel)?;
        let mut lines = page.lines();
        let mut evaluated = align_all(templates, &lines, picture);
        let laid = began.elapsed() - read;
        let mut best = pick_best(nets, picture, &mut evaluated, &lines)?;
        // The other lines may show another form family. What was only skimmed is nobody's value.
        if !page.is_read() && best.as_ref().is_none_or(|best| !likely.contains(&best.template.id)) {
            page.read_where(|_| true)?;
            lines = page.lines();
            evaluated = align_all(templates, &lines, picture);
            best = pick_best(nets, picture, &mut evaluated, &lines)?;
        }
        tracing::debug!(?read, ?laid, titled = ?(began.elapsed() - laid - read), "{} templates weighed", evaluated.len());
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
        page.read_where(|_| true)?;
        let lines = page.lines();
        let mut evaluated = align_template(template, &lines, picture);
        check_title(nets, picture, &mut evaluated, &lines, false)?;
        if let Some(fit) = &evaluated.fit {
            let papers = several::papers(&mut page, fit.template, &fit.alignment.map, &[], cancel)?;
            return Ok((evaluated, lines, papers));
        }
        first.get_or_insert((evaluated, lines));
    }
    let (evaluated, lines) =
        first.unwrap_or((Evaluated { template, score: 0.0, reason: FitReason::NothingInCommon, fit: None }, Vec::new()));
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

/// Skims the page and, if that says which templates it may be, reads only what matters to them, and returns them; or else reads all of it.
fn read_relevant(page: &mut Page<'_>, picture: &Picture, templates: &[Arc<Template>]) -> Result<Vec<TemplateId>, Trouble> {
    page.skim()?;
    let lines = page.lines();
    let mut fits: Vec<Fit<'_>> = align_all(templates, &lines, picture).into_iter().filter_map(|e| e.fit).collect();
    fits.sort_by(|a, b| b.alignment.score.total_cmp(&a.alignment.score));
    let is_obvious = |fit: &Fit<'_>| fit.alignment.confidence >= OBVIOUS_CONFIDENCE && fit.alignment.anchors >= OBVIOUS_ANCHORS;
    let Some(best) = fits.first().filter(|fit| is_obvious(fit)) else {
        page.read_where(|_| true)?;
        return Ok(Vec::new());
    };
    let least = LIKELY_SHARE * best.alignment.score;
    fits.retain(|fit| fit.alignment.score >= least);
    fits.truncate(FAMILY_MAX);
    let regions: Vec<Quad> = fits.iter().flat_map(relevant_regions).collect();
    // Without a known position, any large line may be the title.
    let untitled = fits.iter().any(|f| Title::of(&f.template.learnt).is_none());
    let least = title::LARGE_RATIO * page::median_height(&lines);
    let may_be_title = |quad: &Quad| untitled && quad.height() > least && quad.width() > TITLE_ASPECT_MIN * quad.height();
    // Where nothing stands in its place, it may stand beside it.
    let margin = |region: &Quad| if page.quads().iter().any(|quad| is_near(region, quad, WITHIN)) { WITHIN } else { AROUND };
    let regions: Vec<(f32, Quad)> = regions.into_iter().map(|region| (margin(&region), region)).collect();
    page.read_where(|quad| may_be_title(quad) || regions.iter().any(|(margin, region)| is_near(region, quad, *margin)))?;
    Ok(fits.iter().map(|fit| fit.template.id).collect())
}

/// Titles are not compared yet.
fn align_all<'a>(templates: &'a [Arc<Template>], lines: &[Line], picture: &Picture) -> Vec<Evaluated<'a>> {
    templates.iter().map(|t| align_template(t, lines, picture)).collect()
}

fn align_template<'a>(template: &'a Template, lines: &[Line], picture: &Picture) -> Evaluated<'a> {
    let no = |score, reason| Evaluated { template, score, reason, fit: None };
    if template.learnt.words.is_empty() {
        return no(0.0, FitReason::NoWords);
    }
    let quota = template.layout.quota.as_deref();
    let Some(alignment) = align::align(&template.learnt, quota, lines) else {
        return no(0.0, FitReason::NothingInCommon);
    };
    let (found, of) = (alignment.anchors, alignment.expected);
    // Falls with the words found, even if these are certain.
    let score = alignment.confidence * found as f32 / of.max(1) as f32;
    if alignment.contradicted {
        return no(0.0, FitReason::OtherQuota(quota.unwrap_or_default().to_owned()));
    }
    if alignment.confidence < align::CONFIDENCE_MIN || of >= MANY_WORDS && (found as f32) < MANY_SHARE_MIN * of as f32 {
        return no(score, FitReason::Few { found, of });
    }
    if !shows_an_area(template, &alignment, picture) {
        return no(0.0, FitReason::OffPicture);
    }
    let fit = Fit { template, alignment, title_match: None, family_confidence: 1.0, title_confidence: 1.0 };
    Evaluated { template, score, reason: FitReason::Fits { found, of, title: None, differs: None }, fit: Some(fit) }
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
    let is_other = again.is_other || (first.is_other && again.same <= first.same);
    let best = if again.same > first.same { again } else { first };
    Ok(Some(TitleMatch { is_other, ..best }))
}

/// The template's areas, quota and title.
fn relevant_regions(fit: &Fit<'_>) -> Vec<Quad> {
    let learnt = &fit.template.learnt;
    let areas = fit.template.layout.areas.iter().map(|a| Quad::from_rect(&a.rect));
    let quota = fit.template.layout.quota.iter().flat_map(|q| align::quota_words(q, &learnt.words)).map(|w| Quad(w.corners));
    let title = Title::of(learnt).map(|t| *t.quad());
    areas.chain(quota).chain(title).map(|quad| fit.alignment.map.apply_quad(&quad)).collect()
}

/// Lines so near an area, in their heights, may be its value; or so, where it is empty.
const WITHIN: f32 = 0.2;
const AROUND: f32 = 1.0;

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
