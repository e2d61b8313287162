//! The built-in engine, with two embedded nets. Unless said otherwise, errors here are `Receive`: a net failed or the request was
//! cancelled. Not here: the steps (a file each), what makes an invoice faulty (domain/checks.rs).

use super::{Cancel, Draft, Engine, Event, Known, Papers, Trial, Trouble, Verdict};
use crate::domain::area::{AreaKind, POS_LABEL};
use crate::domain::certainty::Doubt;
use crate::domain::forms::Proposal;
use crate::domain::template::{Area, EngineNumbers, FixedWord, Learnt, Rect, Template};
use crate::domain::vat_code;
use fields::Field;
use geometry::{Homography, Quad};
use matching::{Choice, Fit};
use nets::Nets;
use page::Line;
use picture::Picture;
use sheet::Sheet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

pub mod align;
pub mod areas;
pub mod certainty;
pub mod charset;
pub mod clean;
pub mod code;
pub mod detect;
pub mod ends;
pub mod fields;
pub mod geometry;
pub mod goods;
pub mod headline;
pub mod ink;
pub mod known;
pub mod labels;
pub mod level;
pub mod matching;
pub mod nets;
pub mod page;
pub mod papers;
pub mod parties;
pub mod picture;
pub mod read;
pub mod restored;
pub mod seal;
pub mod several;
pub mod shape;
pub mod sheet;
pub mod sums;
pub mod text;
pub mod title;
pub mod unlike;

#[cfg(test)]
mod tests;

/// Fixed words kept per template, largest first.
const WORDS_MAX: usize = 300;
/// Text read less surely is no anchor.
const WORD_MEAN_MIN: f32 = 0.6;
/// If its characters are less sure, no specimen is stored. A doubtful one is: without it, nothing that a value is held against.
const SPECIMEN_PROBABILITY_MIN: f64 = 0.5;

/// Its knowledge is stored with the templates.
#[derive(Debug, Default)]
pub struct Builtin {
    /// The page that was looked at last, where more may be asked of it: that no template fits, how many papers lie on it.
    last: Option<(PathBuf, Picture)>,
}

impl Builtin {
    fn opened(&mut self, picture: &Path) -> Result<Picture, Trouble> {
        let last = self.last.take().filter(|(path, _)| path == picture);
        last.map_or_else(|| picture::open(picture), |(_, picture)| Ok(picture))
    }
}

impl Engine for Builtin {
    fn recognise(
        &mut self,
        picture: &Path,
        templates: &[Arc<Template>],
        cancel: &Cancel,
        report: &mut dyn FnMut(Event),
    ) -> Result<Verdict, Trouble> {
        let began = Instant::now();
        self.last = None;
        let path = picture;
        let picture = picture::open(path)?;
        let nets = nets::nets()?;
        check_cancelled(cancel)?;
        tracing::debug!(opened = ?began.elapsed());
        let verdict = std::thread::scope(|scope| {
            // Beside the nets, which leave a core idle now and then.
            scope.spawn(|| code::codes(&picture));
            recognised(nets, &picture, templates, cancel, report)
        })?;
        if matches!(verdict, Verdict::NoTemplateFits) {
            self.last = Some((path.to_owned(), picture));
        }
        Ok(verdict)
    }

    fn known_forms(&mut self, picture: &Path, cancel: &Cancel) -> Result<Option<Known>, Trouble> {
        let picture = self.opened(picture)?;
        known::read(nets::nets()?, &picture, cancel).map(Some)
    }

    fn papers(&mut self, picture: &Path, _: &Cancel) -> Result<Papers, Trouble> {
        let opened = self.opened(picture)?;
        let found = papers::find(nets::nets()?, &opened)?;
        self.last = Some((picture.to_owned(), opened));
        Ok(found)
    }

    fn propose(&mut self, picture: &Path, cancel: &Cancel) -> Result<Proposal, Trouble> {
        known::propose(nets::nets()?, &picture::open(picture)?, cancel)
    }

    fn learn(&mut self, draft: &Draft<'_>, cancel: &Cancel) -> Result<Learnt, Trouble> {
        let picture = picture::open(draft.picture)?;
        let nets = nets::nets()?;
        check_cancelled(cancel)?;
        let quads = detect::all_lines(nets, &picture)?;
        check_cancelled(cancel)?;
        let (mut lines, mut quarter_turns) = (Vec::new(), 0);
        if let Some(page) = page::page_orientations(nets, &picture.pixels, &quads)?.first_mut() {
            page.read_where(|_| true)?;
            (lines, quarter_turns) = (page.lines(), page.quarter_turns());
        }
        let map = Homography::scaling(picture.scale);
        let areas = &draft.layout.areas;
        let sheet = Sheet {
            nets,
            picture: &picture.pixels,
            lines: &lines,
            fixed: &[],
            words: &[],
            areas,
            map,
            quarter_turns,
            allow_misaligned: false,
            place: &[],
        };
        let runs = areas::assign(&sheet, areas);
        let mut specimens = Vec::new();
        for (area, runs) in areas.iter().zip(&runs) {
            check_cancelled(cancel)?;
            let field = fields::read_area(&sheet, area, runs, "")?;
            let text = if field.as_read() >= SPECIMEN_PROBABILITY_MIN { field.text } else { String::new() };
            specimens.push((area.pos_id.clone(), text));
        }
        let code = code::codes(&picture).first().cloned();
        let print = areas::fixed_print(&sheet, areas, &runs);
        let mut read = fixed_words(&lines, &print, picture.scale);
        if let Some(title) = headline::under_seal(nets, &picture.pixels, &lines, quarter_turns)? {
            replace_title(&mut read, title, picture.scale);
        }
        read.truncate(WORDS_MAX);
        let words: Vec<FixedWord> = read.iter().map(|(word, _)| word.clone()).collect();
        let title = Some(title_as_read(&words, &read));
        let size = (picture.width, picture.height);
        Ok(Learnt { words, areas: specimens, code, title, size, numbers: EngineNumbers::new() })
    }

    fn forget(&mut self, _: &EngineNumbers, _: &Cancel) -> Result<(), Trouble> {
        Ok(())
    }

    fn try_out(&mut self, picture: &Path, template: &Template, cancel: &Cancel) -> Result<Trial, Trouble> {
        let picture = picture::open(picture)?;
        let nets = nets::nets()?;
        check_cancelled(cancel)?;
        let (evaluated, lines, papers) = matching::evaluate(nets, &picture, template, cancel)?;
        let (score, reason) = (f64::from(evaluated.score), evaluated.reason);
        let Some(fit) = evaluated.fit else {
            let events = vec![Event::Matched { template: None, candidates: Vec::new() }];
            return Ok(Trial { score, reason, events, codes: Vec::new(), papers, aligned: None });
        };
        let mut events = vec![Event::Matched { template: Some(template.id), candidates: Vec::new() }];
        read_fields(nets, &picture, &fit, &lines, cancel, &mut |event| events.push(event))?;
        let aligned = aligned(&picture, template, &fit.alignment.map)?;
        let codes = code::codes(&picture).to_vec();
        let papers = papers.max(vat_code::invoices(&codes));
        Ok(Trial { score, reason, events, codes, papers, aligned: Some(aligned) })
    }
}

fn recognised(
    nets: &Nets,
    picture: &Picture,
    templates: &[Arc<Template>],
    cancel: &Cancel,
    report: &mut dyn FnMut(Event),
) -> Result<Verdict, Trouble> {
    let began = Instant::now();
    let Choice { best, candidates, papers } = matching::choose(nets, picture, templates, cancel)?;
    report(Event::Matched { template: best.as_ref().map(|(fit, _)| fit.template.id), candidates });
    let matched = began.elapsed();
    let Some((fit, lines)) = best else {
        tracing::debug!(?matched, "no template fits");
        return Ok(Verdict::NoTemplateFits);
    };
    read_fields(nets, picture, &fit, &lines, cancel, report)?;
    let read = began.elapsed() - matched;
    let codes = code::codes(picture).to_vec();
    tracing::debug!(?matched, ?read, all = ?began.elapsed(), "recognised by {}", fit.template.layout.label);
    Ok(Verdict::Done { papers: papers.max(vat_code::invoices(&codes)), codes })
}

fn read_fields(
    nets: &Nets,
    picture: &Picture,
    fit: &Fit<'_>,
    lines: &[Line],
    cancel: &Cancel,
    report: &mut dyn FnMut(Event),
) -> Result<(), Trouble> {
    let Template { layout, learnt, .. } = fit.template;
    // With a quota the amount is known.
    let areas: Vec<Area> = layout.areas.iter().filter(|a| layout.quota.is_none() || a.kind != AreaKind::Money).cloned().collect();
    let sheet = Sheet {
        nets,
        picture: &picture.pixels,
        lines,
        fixed: &fit.alignment.fixed,
        words: &learnt.words,
        areas: &areas,
        map: fit.alignment.map,
        quarter_turns: text_orientation(&learnt.words),
        allow_misaligned: true,
        place: &place(fit),
    };
    let runs = areas::assign(&sheet, &areas);
    for (area, runs) in areas.iter().zip(&runs) {
        check_cancelled(cancel)?;
        let specimen = learnt.specimen(&area.pos_id).unwrap_or_default();
        let Field { position, text, probability, doubts } = fields::read_area(&sheet, area, runs, specimen)?;
        let status = if position.has_extent() { 0 } else { -1 };
        report(Event::Found { status, pos_id: area.pos_id.clone(), position: to_original(&position, picture) });
        report(Event::Read { status: 0, pos_id: area.pos_id.clone(), text, probability, doubts });
    }
    let mut report_read = |pos_id: &str, text: &str, probability: f64| {
        report(Event::Read { status: 0, pos_id: pos_id.to_owned(), text: text.to_owned(), probability, doubts: Vec::new() });
    };
    if let Some(quota) = &layout.quota {
        report_read(AreaKind::Money.pos_id(), quota, 1.0);
    }
    report_read(POS_LABEL, &layout.label, f64::from(fit.confidence()));
    Ok(())
}

/// Longer side of the picture that a template test shows, pixels.
const ALIGNED_SIDE_MAX: f32 = 1200.0;
const ALIGNED_QUALITY: u8 = 80;

/// The picture warped to the template's frame, as JPEG.
fn aligned(picture: &Picture, template: &Template, map: &Homography) -> Result<Vec<u8>, Trouble> {
    let (width, height) = (template.learnt.size.0.max(1) as f32, template.learnt.size.1.max(1) as f32);
    let scale = (ALIGNED_SIDE_MAX / width.max(height)).min(1.0);
    let side = |length: f32| ((length * scale).round() as u32).max(1);
    let there = map.apply_quad(&Quad::from_rect(&Rect { x: 0.0, y: 0.0, width, height }));
    let seen = read::rectify(&picture.pixels, &there, side(width), side(height));
    let mut jpeg = Vec::new();
    let encoded = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, ALIGNED_QUALITY).encode_image(&seen);
    encoded.map_err(|e| Trouble::Receive(format!("the aligned picture can't be written: {e}")))?;
    Ok(jpeg)
}

fn check_cancelled(cancel: &Cancel) -> Result<(), Trouble> {
    if cancel.is_cancelled() { Err(Trouble::Receive("cancelled".into())) } else { Ok(()) }
}

/// Main text direction of the origin picture, in quarter turns clockwise.
fn text_orientation(words: &[FixedWord]) -> usize {
    let mut lengths = [0.0; 4];
    for quad in words.iter().map(|w| Quad(w.corners)) {
        let quarter = (quad.angle() / std::f32::consts::FRAC_PI_2).round() as i32;
        lengths[quarter.rem_euclid(4) as usize] += quad.width();
    }
    (0..4).max_by(|a, b| lengths[*a].total_cmp(&lengths[*b]).then(b.cmp(a))).unwrap_or(0)
}

/// What is doubtful about the template's place, by number and error of the anchors, and whether it is this template.
fn place(fit: &Fit<'_>) -> [(Doubt, f32); 2] {
    let anchors: f32 = match fit.alignment.anchors {
        0 | 1 => 0.8,
        2 => 0.88,
        3 => 0.97,
        _ => 1.0,
    };
    let close = if fit.alignment.error > 0.5 { anchors * 0.9 } else { anchors };
    // On the wrong form, every area may hold something else.
    [(Doubt::LoosePlace, close), (Doubt::Rival, fit.family_confidence)]
}

/// From pixels of the scaled picture to the original's, clipped.
fn to_original(rect: &Rect, picture: &Picture) -> Rect {
    let (width, height) = (picture.width as f32, picture.height as f32);
    let (x, y) = ((rect.x / picture.scale).clamp(0.0, width), (rect.y / picture.scale).clamp(0.0, height));
    Rect {
        x,
        y,
        width: (rect.width / picture.scale).min(width - x).max(0.0),
        height: (rect.height / picture.scale).min(height - y).max(0.0),
    }
}

/// Replaces a title's fragments by the title found under a seal, if that has more letters.
fn replace_title(words: &mut Vec<(FixedWord, String)>, line: Line, scale: f32) {
    let all = 0..line.reading.glyphs.len();
    let found = fixed_words(&[line], &[(0, all)], scale);
    let Some((title, sure)) = found.first() else { return };
    let known: Vec<FixedWord> = words.iter().map(|(word, _)| word.clone()).collect();
    if title::letter_count(sure) <= title::letter_count(&title_as_read(&known, words)) {
        return;
    }
    let there = Quad(title.corners);
    words.retain(|(word, _)| {
        let (x, y) = there.local(Quad(word.corners).centre());
        !((0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y))
    });
    words.splice(0..0, found);
}

/// The title, unsure characters as `UNKNOWN`.
fn title_as_read(words: &[FixedWord], read: &[(FixedWord, String)]) -> String {
    let sure = |word: &FixedWord| read.iter().find(|(w, _)| w == word).map_or("", |(_, sure)| sure);
    title::title_row(words).into_iter().map(sure).collect()
}

/// Fixed words in pixels of the origin picture, largest first; each also with its unsure characters as `UNKNOWN`.
fn fixed_words(lines: &[Line], print: &[(usize, Range<usize>)], scale: f32) -> Vec<(FixedWord, String)> {
    let mut words: Vec<(FixedWord, String)> = Vec::new();
    for (line, range) in print {
        let glyphs = &lines[*line].reading.glyphs[range.clone()];
        let mean = glyphs.iter().map(|g| g.probability).sum::<f32>() / glyphs.len().max(1) as f32;
        let text: String = glyphs.iter().map(|g| g.text.as_str()).collect();
        if mean >= WORD_MEAN_MIN && (!text::fold_text(&text).is_empty() || text.contains(text::CURRENCY_SIGNS)) {
            let corners = lines[*line].part(range).0.map(|(x, y)| (x / scale, y / scale));
            let sure =
                glyphs.iter().map(|g| if g.probability < title::LEARN_MIN { title::UNKNOWN.to_string() } else { g.text.clone() });
            words.push((FixedWord { text, corners }, sure.collect()));
        }
    }
    let size = |(w, _): &(FixedWord, String)| Quad(w.corners).height() * text::fold_text(&w.text).len() as f32;
    words.sort_by(|a, b| size(b).total_cmp(&size(a)));
    words
}
