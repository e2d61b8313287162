//! Which template a picture is of: the page's direction, what is read of it, how each template lies on it, and whose title it bears.
//! Not here: how one template is laid on a page (align.rs).

use super::align::{self, Alignment};
use super::detect;
use super::geometry::Quad;
use super::go_on;
use super::nets::Nets;
use super::page::{self, Line, Page};
use super::picture::Picture;
use super::several;
use super::title::{self, Accord, Title};
use crate::domain::fit_reason::FitReason;
use crate::domain::template::{Area, Template};
use crate::engine::{Cancel, TemplateScore, Trouble};
use std::sync::Arc;
use std::time::Instant;

/// Directions of a page that are tried when it is not clear which way up it lies.
const DIRECTIONS_MAX: usize = 2;
/// When the longest lines alone make it this certain which template it is, only what concerns it is read.
const OBVIOUS: f32 = 0.95;
const OBVIOUS_ANCHORS: usize = 3;
/// So many times so many lines more are read before it is not obvious at all.
const STAGES: usize = 2;
const STAGE_LINES: usize = 8;
/// As many templates of one make are told apart by their titles alone, without the rest of the page.
const SISTERS_MAX: usize = 6;
/// Another template that fits this nearly as well makes it doubtful which it is, unless the title says so.
const RIVAL: f32 = 0.9;
const RIVALRY: f32 = 0.6;

/// A title is so many times as long as it is high.
const TITLE_LENGTH_MIN: f32 = 3.0;
/// That a paper with a title is of a template on which none was read.
const UNTITLED: f32 = 0.7;
/// How much a long title counts beside a short one.
const TITLE_LENGTH: usize = 12;
const TITLE_WEIGHT: f32 = 0.1;
/// So many templates are told how they fared.
const CANDIDATES_MAX: usize = 5;

/// A template, and how it lies on a page read in one direction.
#[derive(Debug)]
pub struct Fit<'a> {
    pub template: &'a Template,
    pub alignment: Alignment,
    pub accord: Option<Accord>,
    /// That it is this template and none of the same make, 0 to 1.
    pub sameness: f32,
    /// That the paper is called what the template is, 0 to 1.
    pub titled: f32,
}

impl Fit<'_> {
    /// That it is this template, 0 to 1.
    pub fn certainty(&self) -> f32 {
        self.alignment.certainty.min(self.sameness).min(self.titled)
    }
}

/// A template weighed: `fit` when it fits.
#[derive(Debug)]
pub struct Weighed<'a> {
    pub template: &'a Template,
    pub score: f32,
    pub reason: FitReason,
    pub fit: Option<Fit<'a>>,
}

impl Weighed<'_> {
    fn refuse(&mut self, reason: FitReason) {
        (self.score, self.reason, self.fit) = (0.0, reason, None);
    }

    fn candidate(&self) -> TemplateScore {
        TemplateScore { template: self.template.id, score: f64::from(self.score), reason: self.reason.clone() }
    }
}

/// What came of all templates: the one that fits best with the lines of the page in its direction, and how the likeliest fared.
#[derive(Debug, Default)]
pub struct Choice<'a> {
    pub best: Option<(Fit<'a>, Vec<Line>)>,
    pub candidates: Vec<TemplateScore>,
    /// How many papers lie on the picture.
    pub papers: u32,
}

/// Which of the templates the picture is of.
///
/// # Errors
/// `Receive` when a net fails or nobody waits any more.
pub fn choose<'a>(nets: &Nets, picture: &Picture, templates: &'a [Arc<Template>], cancel: &Cancel) -> Result<Choice<'a>, Trouble> {
    let mut choice = Choice::default();
    if templates.iter().all(|t| t.learnt.words.is_empty()) {
        return Ok(choice);
    }
    for mut page in directions(nets, picture, cancel)? {
        go_on(cancel)?;
        let began = Instant::now();
        read_what_matters(&mut page, picture, templates)?;
        let read = began.elapsed();
        go_on(cancel)?;
        let mut lines = page.lines();
        let mut weighed = lay_all(templates, &page, &lines, picture);
        let laid = began.elapsed() - read;
        let mut best = chosen(nets, picture, &mut weighed, &lines)?;
        // What seemed obvious may bear another title: then the rest may tell of another make.
        if best.is_none() && !page.unread().is_empty() {
            page.read_where(|_| true)?;
            lines = page.lines();
            weighed = lay_all(templates, &page, &lines, picture);
            best = chosen(nets, picture, &mut weighed, &lines)?;
        }
        tracing::debug!(?read, ?laid, titled = ?(began.elapsed() - laid - read), "{} templates weighed", weighed.len());
        let first = best.as_ref().map(|b| b.template.id);
        // In the page's own direction they fare better than upside down.
        if best.is_some() || choice.candidates.is_empty() {
            weighed.sort_by(|a, b| {
                (Some(b.template.id) == first).cmp(&(Some(a.template.id) == first)).then(b.score.total_cmp(&a.score))
            });
            choice.candidates = weighed.iter().take(CANDIDATES_MAX).map(Weighed::candidate).collect();
        }
        if let Some(best) = best {
            choice.papers = several::papers(&mut page, best.template, &best.alignment.map, templates, cancel)?;
            choice.best = Some((best, lines));
            break;
        }
    }
    Ok(choice)
}

/// How this one template fares in the page's likeliest direction, or in the other if it fits there; and how many papers there are.
///
/// # Errors
/// `Receive` when a net fails or nobody waits any more.
pub fn weigh<'a>(
    nets: &Nets,
    picture: &Picture,
    template: &'a Template,
    cancel: &Cancel,
) -> Result<(Weighed<'a>, Vec<Line>, u32), Trouble> {
    let mut first = None;
    for mut page in directions(nets, picture, cancel)? {
        go_on(cancel)?;
        page.read_where(|_| true)?;
        let lines = page.lines();
        let mut weighed = lay(template, &page, &lines, picture);
        look_at_title(nets, picture, &mut weighed, &lines, false)?;
        if let Some(fit) = &weighed.fit {
            let papers = several::papers(&mut page, fit.template, &fit.alignment.map, &[], cancel)?;
            return Ok((weighed, lines, papers));
        }
        first.get_or_insert((weighed, lines));
    }
    let (weighed, lines) =
        first.unwrap_or((Weighed { template, score: 0.0, reason: FitReason::NothingInCommon, fit: None }, Vec::new()));
    Ok((weighed, lines, 1))
}

fn directions<'a>(nets: &'a Nets, picture: &'a Picture, cancel: &Cancel) -> Result<Vec<Page<'a>>, Trouble> {
    let began = Instant::now();
    let quads = detect::lines(nets, &picture.pixels, detect::QUICK)?;
    let detected = began.elapsed();
    go_on(cancel)?;
    let mut pages = page::pages(nets, &picture.pixels, &quads)?;
    tracing::debug!(?detected, turned = ?(began.elapsed() - detected), "{} lines", quads.len());
    pages.truncate(DIRECTIONS_MAX);
    Ok(pages)
}

/// All of the page, or, where some of its lines have made it obvious which template it is, or of which make, what concerns those.
fn read_what_matters(page: &mut Page<'_>, picture: &Picture, templates: &[Arc<Template>]) -> Result<(), Trouble> {
    for stage in 0..=STAGES {
        let lines = page.lines();
        let fits: Vec<Fit<'_>> = lay_all(templates, page, &lines, picture).into_iter().filter_map(|w| w.fit).collect();
        let obvious = |f: &Fit<'_>| f.alignment.certainty >= OBVIOUS && f.alignment.anchors >= OBVIOUS_ANCHORS + stage.min(1);
        if (1..=SISTERS_MAX).contains(&fits.len()) && fits.iter().all(obvious) {
            let places: Vec<Quad> = fits.iter().flat_map(places).collect();
            // Where a template has no title, there is no place to look for one: any large line may be it.
            let untitled = fits.iter().any(|f| Title::of(&f.template.learnt).is_none());
            let least = title::LARGE * page::usual_height(&lines);
            let may_be_title = |quad: &Quad| untitled && quad.height() > least && quad.width() > TITLE_LENGTH_MIN * quad.height();
            return page.read_where(|quad| may_be_title(quad) || places.iter().any(|place| touches(place, quad)));
        }
        if stage < STAGES {
            page.read_telling(STAGE_LINES)?;
        }
    }
    page.read_where(|_| true)
}

/// All templates laid on what has been read of a page; their titles are not looked at yet.
fn lay_all<'a>(templates: &'a [Arc<Template>], page: &Page<'_>, lines: &[Line], picture: &Picture) -> Vec<Weighed<'a>> {
    templates.iter().map(|t| lay(t, page, lines, picture)).collect()
}

fn lay<'a>(template: &'a Template, page: &Page<'_>, lines: &[Line], picture: &Picture) -> Weighed<'a> {
    let no = |score, reason| Weighed { template, score, reason, fit: None };
    if template.learnt.words.is_empty() {
        return no(0.0, FitReason::NoWords);
    }
    let quota = template.layout.quota.as_deref();
    let Some(alignment) = align::align(&template.learnt, quota, lines, &page.unread()) else {
        return no(0.0, FitReason::NothingInCommon);
    };
    let (found, of) = (alignment.anchors, alignment.sought);
    // What a person is told falls with what was found, however certain the little is that was found.
    let score = alignment.certainty * found as f32 / of.max(1) as f32;
    if alignment.contradicted {
        return no(0.0, FitReason::OtherQuota(quota.unwrap_or_default().to_owned()));
    }
    if alignment.certainty < align::CERTAINTY_MIN {
        return no(score, FitReason::Few { found, of });
    }
    if !shows_an_area(template, &alignment, picture) {
        return no(0.0, FitReason::OffPicture);
    }
    let fit = Fit { template, alignment, accord: None, sameness: 1.0, titled: 1.0 };
    Weighed { template, score, reason: FitReason::Fits { found, of, title: None, differs: None }, fit: Some(fit) }
}

/// Where the page bears another title, the template does not fit. `known`: the title that is there is a template's.
fn look_at_title(nets: &Nets, picture: &Picture, weighed: &mut Weighed<'_>, lines: &[Line], known: bool) -> Result<(), Trouble> {
    let Some(fit) = &mut weighed.fit else { return Ok(()) };
    let own = Title::of(&fit.template.learnt).map_or_else(String::new, |t| t.text());
    let Some(accord) = accord(nets, picture, fit, lines, known)? else {
        // A form without a title of its own is not one that bears a title.
        if let Some(read) = title::printed(lines) {
            fit.titled = UNTITLED;
            if let FitReason::Fits { differs, .. } = &mut weighed.reason {
                *differs = Some((own, read));
            }
        }
        return Ok(());
    };
    if accord.other {
        weighed.refuse(FitReason::OtherTitle(own, accord.read));
        return Ok(());
    }
    if let FitReason::Fits { title, differs, .. } = &mut weighed.reason {
        *title = Some((accord.same, accord.of));
        *differs = (accord.replaced > 0).then(|| (own, accord.read.clone()));
    }
    (fit.sameness, fit.titled) = (accord.certainty(), accord.likeness());
    fit.accord = Some(accord);
    Ok(())
}

/// The best of those whose title is not another.
fn chosen<'a>(nets: &Nets, picture: &Picture, weighed: &mut [Weighed<'a>], lines: &[Line]) -> Result<Option<Fit<'a>>, Trouble> {
    let bears = |fit: &Fit<'_>| Title::of(&fit.template.learnt).is_some_and(|t| t.compare(lines, &fit.alignment.map).is_whole());
    let known = weighed.iter().filter_map(|w| w.fit.as_ref()).any(bears);
    for weighed in &mut *weighed {
        look_at_title(nets, picture, weighed, lines, known)?;
    }
    let mut rest: Vec<Fit<'a>> = weighed.iter_mut().filter_map(|w| w.fit.take()).collect();
    let share = |f: &Fit<'_>| f.accord.as_ref().map_or(1.0, |a| a.same as f32 / a.of.max(1) as f32);
    // Of two titles that are both there, one may be a part of the other.
    let length = |f: &Fit<'_>| f.accord.as_ref().map_or(0, |a| a.same).min(TITLE_LENGTH) as f32 / TITLE_LENGTH as f32;
    let rank = |f: &Fit<'_>| f.alignment.score * (0.5 + 0.5 * share(f)) + TITLE_WEIGHT * length(f);
    rest.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
    let rivalry = match rest.as_slice() {
        [first, second, ..] if rank(second) > RIVAL * rank(first) && share(first) < 1.0 => RIVALRY,
        _ => 1.0,
    };
    let Some(mut best) = rest.into_iter().next() else { return Ok(None) };
    best.sameness *= rivalry;
    for other in weighed.iter_mut().filter(|w| w.template.id != best.template.id) {
        if let FitReason::Fits { found, of, .. } = other.reason {
            other.reason = FitReason::LessThanAnother { found, of };
        }
    }
    Ok(Some(best))
}

/// The title as the page's lines have it; where that is not all of it, looked at once more.
fn accord(nets: &Nets, picture: &Picture, fit: &Fit<'_>, lines: &[Line], known: bool) -> Result<Option<Accord>, Trouble> {
    let Some(title) = Title::of(&fit.template.learnt) else { return Ok(None) };
    let first = title.compare(lines, &fit.alignment.map);
    if first.is_whole() || (known && first.other) {
        return Ok(Some(first));
    }
    let again = title.reread(nets, &picture.pixels, &fit.alignment.map)?;
    if again.same == again.of && !first.other {
        return Ok(Some(again));
    }
    let other = again.other || (first.other && again.same <= first.same);
    let best = if again.same > first.same { again } else { first };
    Ok(Some(Accord { other, ..best }))
}

/// Where lines are worth reading once the template is obvious: in its areas, and where its quota and its name are printed.
fn places(fit: &Fit<'_>) -> Vec<Quad> {
    let learnt = &fit.template.learnt;
    let areas = fit.template.layout.areas.iter().map(|a| Quad::of_rect(&a.rect));
    let quota = fit.template.layout.quota.iter().flat_map(|q| align::quota_words(q, &learnt.words)).map(|w| Quad(w.corners));
    let title = Title::of(learnt).map(|t| *t.quad());
    areas.chain(quota).chain(title).map(|quad| fit.alignment.map.apply_quad(&quad)).collect()
}

/// Whether a line comes so near a place that some of its text may belong there.
fn touches(place: &Quad, line: &Quad) -> bool {
    let margin = line.height();
    let (a, b) = (place.bounds(), line.bounds());
    a.x - margin < b.right() && b.x < a.right() + margin && a.y - margin < b.bottom() && b.y < a.bottom() + margin
}

/// A scrap of an invoice with none of its areas on it is no invoice; a template without areas has only its label to give.
fn shows_an_area(template: &Template, alignment: &Alignment, picture: &Picture) -> bool {
    let (width, height) = (picture.pixels.width() as f32, picture.pixels.height() as f32);
    let visible = |area: &Area| {
        let (x, y) = alignment.map.apply(Quad::of_rect(&area.rect).centre());
        (0.0..=width).contains(&x) && (0.0..=height).contains(&y)
    };
    template.layout.areas.is_empty() || template.layout.areas.iter().any(visible)
}
