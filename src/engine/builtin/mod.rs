//! The built-in engine: reads invoices in the process, with two embedded nets and no file beside the binary.
//! Not here: the steps themselves (a file each), what makes an invoice faulty (domain/checks.rs).

use super::{Cancel, Draft, Engine, Event, Trouble, Verdict};
use crate::domain::checks::SPECIMEN_CODE;
use crate::domain::template::{Area, AreaKind, EngineNumbers, FixedWord, Learnt, POS_LABEL, Rect, Template};
use align::Alignment;
use fields::{Field, Sheet};
use geometry::{Map, Quad};
use nets::Nets;
use page::{Line, Page};
use picture::Picture;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

pub mod align;
pub mod areas;
pub mod clean;
pub mod code;
pub mod detect;
pub mod fields;
pub mod geometry;
pub mod nets;
pub mod page;
pub mod picture;
pub mod read;
pub mod text;

#[cfg(test)]
#[cfg(test)]
#[cfg(test)]
#[cfg(test)]
#[cfg(test)]
mod tests;

/// A template is known by this many words at most; the largest are kept.
const WORDS_MAX: usize = 300;
/// Print that is read worse is no anchor.
const WORD_MEAN_MIN: f32 = 0.6;
/// A specimen that is read worse is no example of what stands there.
const SPECIMEN_PROBABILITY_MIN: f64 = 0.5;
/// Directions of a page that are tried when it is not clear which way up it lies.
const DIRECTIONS_MAX: usize = 2;

/// When the longest lines alone make it this certain which template it is, only what concerns it is read.
const OBVIOUS: f32 = 0.95;
const OBVIOUS_ANCHORS: usize = 3;

/// Stateless: what it knows of a template is in the template.
#[derive(Debug, Default)]
pub struct Builtin;

impl Engine for Builtin {
    fn recognise(
        &mut self,
        picture: &Path,
        templates: &[Arc<Template>],
        cancel: &Cancel,
        report: &mut dyn FnMut(Event),
    ) -> Result<Verdict, Trouble> {
        let picture = picture::open(picture)?;
        let nets = nets::nets()?;
        go_on(cancel)?;
        let Some(fit) = best_fit(nets, &picture, templates, cancel)? else {
            report(Event::Matched { template: None });
            return Ok(Verdict::NoTemplateFits);
        };
        let Template { id, layout, learnt, .. } = fit.template;
        report(Event::Matched { template: Some(*id) });
        let sheet = Sheet {
            nets,
            picture: &picture.pixels,
            lines: &fit.lines,
            fixed: &fit.alignment.fixed,
            map: fit.alignment.map,
            quarters: running(&learnt.words),
            misprint: true,
            trust: trust(&fit.alignment),
        };
        // With a quota, the sum is known: a money area need not be read.
        let areas: Vec<Area> =
            layout.areas.iter().filter(|a| layout.quota.is_none() || a.kind != AreaKind::Money).cloned().collect();
        let runs = areas::assign(&sheet, &areas);
        for (area, runs) in areas.iter().zip(&runs) {
            go_on(cancel)?;
            let specimen = learnt.specimen.iter().find(|(p, _)| *p == area.pos_id).map_or("", |(_, t)| t);
            let Field { position, text, probability } = fields::read_area(&sheet, area, runs, specimen)?;
            let status = if position.has_extent() { 0 } else { -1 };
            report(Event::Found { status, pos_id: area.pos_id.clone(), position: shown(&position, &picture) });
            report(Event::Read { status: 0, pos_id: area.pos_id.clone(), text, probability });
        }
        let mut say = |pos_id: &str, text: &str, probability: f64| {
            report(Event::Read { status: 0, pos_id: pos_id.to_owned(), text: text.to_owned(), probability });
        };
        if let Some(quota) = &layout.quota {
            say(AreaKind::Money.pos_id().unwrap_or_default(), quota, 1.0);
        }
        say(POS_LABEL, &layout.label, f64::from(fit.alignment.certainty));
        Ok(Verdict::Done { codes: code::read_codes(&image::DynamicImage::from(picture.pixels)) })
    }

    fn learn(&mut self, draft: &Draft<'_>, cancel: &Cancel) -> Result<Learnt, Trouble> {
        let picture = picture::open(draft.picture)?;
        let nets = nets::nets()?;
        go_on(cancel)?;
        let quads = detect::lines(nets, &picture.pixels, detect::CAREFUL)?;
        go_on(cancel)?;
        let (mut lines, mut quarters) = (Vec::new(), 0);
        if let Some(page) = page::pages(nets, &picture.pixels, &quads)?.first_mut() {
            page.read_where(|_| true)?;
            (lines, quarters) = (page.lines(), page.quarters());
        }
        let map = Map::scaling(picture.scale);
        let sheet = Sheet { nets, picture: &picture.pixels, lines: &lines, fixed: &[], map, quarters, misprint: false, trust: 1.0 };
        let areas = &draft.layout.areas;
        let runs = areas::assign(&sheet, areas);
        let mut specimen = Vec::new();
        for (area, runs) in areas.iter().zip(&runs) {
            go_on(cancel)?;
            let field = fields::read_area(&sheet, area, runs, "")?;
            let text = if field.probability >= SPECIMEN_PROBABILITY_MIN { field.text } else { String::new() };
            specimen.push((area.pos_id.clone(), text));
        }
        let codes = code::read_codes(&image::DynamicImage::from(picture.pixels.clone()));
        specimen.extend(codes.into_iter().next().map(|text| (SPECIMEN_CODE.to_owned(), text)));
        let mut words = fixed_words(&lines, &areas::fixed_print(&sheet, areas, &runs), picture.scale);
        words.truncate(WORDS_MAX);
        Ok(Learnt { words, specimen, size: (picture.width, picture.height), numbers: EngineNumbers::new() })
    }

    fn forget(&mut self, _: &EngineNumbers, _: &Cancel) -> Result<(), Trouble> {
        Ok(())
    }
}

fn go_on(cancel: &Cancel) -> Result<(), Trouble> {
    if cancel.is_cancelled() { Err(Trouble::Receive("cancelled".into())) } else { Ok(()) }
}

/// A template, and how it lies on a page read in one direction.
struct Fit<'a> {
    template: &'a Template,
    alignment: Alignment,
    lines: Vec<Line>,
}

fn best_fit<'a>(
    nets: &Nets,
    picture: &Picture,
    templates: &'a [Arc<Template>],
    cancel: &Cancel,
) -> Result<Option<Fit<'a>>, Trouble> {
    if templates.iter().all(|t| t.learnt.words.is_empty()) {
        return Ok(None);
    }
    let quads = detect::lines(nets, &picture.pixels, detect::QUICK)?;
    go_on(cancel)?;
    for mut page in page::pages(nets, &picture.pixels, &quads)?.into_iter().take(DIRECTIONS_MAX) {
        go_on(cancel)?;
        if let [only] = fits(&page, picture, templates).as_slice()
            && only.alignment.certainty >= OBVIOUS
            && only.alignment.anchors >= OBVIOUS_ANCHORS
        {
            let places = places(only);
            page.read_where(|quad| places.iter().any(|place| touches(place, quad)))?;
        } else {
            page.read_where(|_| true)?;
        }
        go_on(cancel)?;
        let mut fits = fits(&page, picture, templates);
        if fits.is_empty() {
            page.read_where(|_| true)?;
            fits = self::fits(&page, picture, templates);
        }
        if let Some(best) = fits.into_iter().max_by(|a, b| a.alignment.score.total_cmp(&b.alignment.score)) {
            return Ok(Some(best));
        }
    }
    Ok(None)
}

/// All templates that fit what has been read of a page.
fn fits<'a>(page: &Page<'_>, picture: &Picture, templates: &'a [Arc<Template>]) -> Vec<Fit<'a>> {
    let (lines, unread) = (page.lines(), page.unread());
    let fit = |template: &'a Arc<Template>| {
        let alignment = align::align(&template.learnt, template.layout.quota.as_deref(), &lines, &unread)?;
        let fits = alignment.certainty >= align::CERTAINTY_MIN && shows_an_area(template, &alignment, picture);
        fits.then(|| Fit { template: template.as_ref(), alignment, lines: lines.clone() })
    };
    templates.iter().filter_map(fit).collect()
}

/// Where lines are worth reading once the template is obvious: in its areas, and where its quota and its name are printed.
fn places(fit: &Fit<'_>) -> Vec<Quad> {
    let learnt = &fit.template.learnt;
    let areas = fit.template.layout.areas.iter().map(|a| Quad::of_rect(&a.rect));
    let quota = fit.template.layout.quota.iter().flat_map(|q| align::quota_words(q, &learnt.words)).map(|w| Quad(w.corners));
    let title = align::title(&learnt.words).map(|w| Quad(w.corners));
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

/// How most of a template's print runs on its picture, in quarter turns clockwise.
fn running(words: &[FixedWord]) -> usize {
    let mut lengths = [0.0; 4];
    for quad in words.iter().map(|w| Quad(w.corners)) {
        let quarter = (quad.angle() / std::f32::consts::FRAC_PI_2).round() as i32;
        lengths[quarter.rem_euclid(4) as usize] += quad.width();
    }
    (0..4).max_by(|a, b| lengths[*a].total_cmp(&lengths[*b]).then(b.cmp(a))).unwrap_or(0)
}

/// How far positions on an aligned page are to be trusted: a map through few anchors, or far from them, may be off.
fn trust(alignment: &Alignment) -> f32 {
    let anchors = match alignment.anchors {
        0 | 1 => 0.8,
        2 => 0.88,
        3 => 0.97,
        _ => 1.0,
    };
    if alignment.error > 0.5 { anchors * 0.9 } else { anchors }
}

/// A rectangle of the picture that was read, in pixels of the one that was sent.
fn shown(rect: &Rect, picture: &Picture) -> Rect {
    let (width, height) = (picture.width as f32, picture.height as f32);
    let (x, y) = ((rect.x / picture.scale).clamp(0.0, width), (rect.y / picture.scale).clamp(0.0, height));
    Rect {
        x,
        y,
        width: (rect.width / picture.scale).min(width - x).max(0.0),
        height: (rect.height / picture.scale).min(height - y).max(0.0),
    }
}

/// The fixed print among the glyphs, the largest first, in pixels of the origin picture.
fn fixed_words(lines: &[Line], print: &[(usize, Range<usize>)], scale: f32) -> Vec<FixedWord> {
    let mut words: Vec<FixedWord> = Vec::new();
    for (line, range) in print {
        let glyphs = &lines[*line].reading.glyphs[range.clone()];
        let mean = glyphs.iter().map(|g| g.probability).sum::<f32>() / glyphs.len().max(1) as f32;
        let text: String = glyphs.iter().map(|g| g.text.as_str()).collect();
        if mean >= WORD_MEAN_MIN && !text::fold_text(&text).is_empty() {
            let corners = lines[*line].part(range).0.map(|(x, y)| (x / scale, y / scale));
            words.push(FixedWord { text, corners });
        }
    }
    let size = |w: &FixedWord| Quad(w.corners).height() * text::fold_text(&w.text).len() as f32;
    words.sort_by(|a, b| size(b).total_cmp(&size(a)));
    words
}
