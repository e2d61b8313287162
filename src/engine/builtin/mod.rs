//! The built-in engine: reads invoices in the process, with two embedded nets and no file beside the binary.
//! Not here: the steps themselves (a file each), what makes an invoice faulty (domain/checks.rs).

use super::{Cancel, Draft, Engine, Event, Trial, Trouble, Verdict};
use crate::domain::area::{AreaKind, POS_LABEL};
use crate::domain::template::{Area, EngineNumbers, FixedWord, Learnt, Rect, Template};
use crate::domain::vat_code;
use fields::Field;
use geometry::{Map, Quad};
use matching::{Choice, Fit};
use nets::Nets;
use page::Line;
use picture::Picture;
use sheet::Sheet;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

pub mod align;
pub mod areas;
pub mod clean;
pub mod code;
pub mod detect;
pub mod ends;
pub mod fields;
pub mod geometry;
pub mod headline;
pub mod matching;
pub mod nets;
pub mod page;
pub mod picture;
pub mod read;
pub mod seal;
pub mod several;
pub mod shape;
pub mod sheet;
pub mod sums;
pub mod text;
pub mod title;

#[cfg(test)]
mod tests;

/// A template is known by this many words at most; the largest are kept.
const WORDS_MAX: usize = 300;
/// Print that is read worse is no anchor.
const WORD_MEAN_MIN: f32 = 0.6;
/// A specimen that is read worse is no example of what stands there.
const SPECIMEN_PROBABILITY_MIN: f64 = 0.5;
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
        let began = Instant::now();
        let picture = picture::open(picture)?;
        let nets = nets::nets()?;
        go_on(cancel)?;
        let opened = began.elapsed();
        let Choice { best, candidates, papers } = matching::choose(nets, &picture, templates, cancel)?;
        report(Event::Matched { template: best.as_ref().map(|(fit, _)| fit.template.id), candidates });
        let Some((fit, lines)) = best else {
            tracing::debug!(?opened, all = ?began.elapsed(), "no template fits");
            return Ok(Verdict::NoTemplateFits);
        };
        let matched = began.elapsed() - opened;
        read_fields(nets, &picture, &fit, &lines, cancel, report)?;
        let read = began.elapsed() - matched - opened;
        let codes = code::read_codes(&image::DynamicImage::from(picture.pixels));
        tracing::debug!(?opened, ?matched, ?read, all = ?began.elapsed(), "recognised by {}", fit.template.layout.label);
        Ok(Verdict::Done { papers: papers.max(vat_code::invoices(&codes)), codes })
    }

    fn learn(&mut self, draft: &Draft<'_>, cancel: &Cancel) -> Result<Learnt, Trouble> {
        let picture = picture::open(draft.picture)?;
        let nets = nets::nets()?;
        go_on(cancel)?;
        let quads = detect::all_lines(nets, &picture.pixels)?;
        go_on(cancel)?;
        let (mut lines, mut quarters) = (Vec::new(), 0);
        if let Some(page) = page::pages(nets, &picture.pixels, &quads)?.first_mut() {
            page.read_where(|_| true)?;
            (lines, quarters) = (page.lines(), page.quarters());
        }
        let map = Map::scaling(picture.scale);
        let areas = &draft.layout.areas;
        let sheet = Sheet {
            nets,
            picture: &picture.pixels,
            lines: &lines,
            fixed: &[],
            words: &[],
            areas,
            map,
            quarters,
            misprint: false,
            trust: 1.0,
        };
        let runs = areas::assign(&sheet, areas);
        let mut read_there = Vec::new();
        for (area, runs) in areas.iter().zip(&runs) {
            go_on(cancel)?;
            let field = fields::read_area(&sheet, area, runs, "")?;
            let text = if field.probability >= SPECIMEN_PROBABILITY_MIN { field.text } else { String::new() };
            read_there.push((area.pos_id.clone(), text));
        }
        let codes = code::read_codes(&image::DynamicImage::from(picture.pixels.clone()));
        let print = areas::fixed_print(&sheet, areas, &runs);
        let mut read = fixed_words(&lines, &print, picture.scale);
        if let Some(title) = headline::under_seal(nets, &picture.pixels, &lines, quarters)? {
            with_title(&mut read, title, picture.scale);
        }
        read.truncate(WORDS_MAX);
        let words: Vec<FixedWord> = read.iter().map(|(word, _)| word.clone()).collect();
        let (title, code) = (Some(row_as_read(&words, &read)), codes.into_iter().next());
        let size = (picture.width, picture.height);
        Ok(Learnt { words, areas: read_there, code, title, size, numbers: EngineNumbers::new() })
    }

    fn forget(&mut self, _: &EngineNumbers, _: &Cancel) -> Result<(), Trouble> {
        Ok(())
    }

    fn try_out(&mut self, picture: &Path, template: &Template, cancel: &Cancel) -> Result<Trial, Trouble> {
        let picture = picture::open(picture)?;
        let nets = nets::nets()?;
        go_on(cancel)?;
        let (weighed, lines, papers) = matching::weigh(nets, &picture, template, cancel)?;
        let (score, reason) = (f64::from(weighed.score), weighed.reason);
        let Some(fit) = weighed.fit else {
            let events = vec![Event::Matched { template: None, candidates: Vec::new() }];
            return Ok(Trial { score, reason, events, codes: Vec::new(), papers, aligned: None });
        };
        let mut events = vec![Event::Matched { template: Some(template.id), candidates: Vec::new() }];
        read_fields(nets, &picture, &fit, &lines, cancel, &mut |event| events.push(event))?;
        let aligned = aligned(&picture, template, &fit.alignment.map)?;
        let codes = code::read_codes(&image::DynamicImage::from(picture.pixels));
        let papers = papers.max(vat_code::invoices(&codes));
        Ok(Trial { score, reason, events, codes, papers, aligned: Some(aligned) })
    }
}

/// What stands in the areas of the template that fits; with a quota, the sum is known.
fn read_fields(
    nets: &Nets,
    picture: &Picture,
    fit: &Fit<'_>,
    lines: &[Line],
    cancel: &Cancel,
    report: &mut dyn FnMut(Event),
) -> Result<(), Trouble> {
    let Template { layout, learnt, .. } = fit.template;
    // With a quota, the sum is known: a money area need not be read.
    let areas: Vec<Area> = layout.areas.iter().filter(|a| layout.quota.is_none() || a.kind != AreaKind::Money).cloned().collect();
    let sheet = Sheet {
        nets,
        picture: &picture.pixels,
        lines,
        fixed: &fit.alignment.fixed,
        words: &learnt.words,
        areas: &areas,
        map: fit.alignment.map,
        quarters: running(&learnt.words),
        misprint: true,
        trust: trust(fit),
    };
    let runs = areas::assign(&sheet, &areas);
    for (area, runs) in areas.iter().zip(&runs) {
        go_on(cancel)?;
        let specimen = learnt.specimen(&area.pos_id).unwrap_or_default();
        let Field { position, text, probability } = fields::read_area(&sheet, area, runs, specimen)?;
        let status = if position.has_extent() { 0 } else { -1 };
        report(Event::Found { status, pos_id: area.pos_id.clone(), position: shown(&position, picture) });
        report(Event::Read { status: 0, pos_id: area.pos_id.clone(), text, probability });
    }
    let mut say = |pos_id: &str, text: &str, probability: f64| {
        report(Event::Read { status: 0, pos_id: pos_id.to_owned(), text: text.to_owned(), probability });
    };
    if let Some(quota) = &layout.quota {
        say(AreaKind::Money.pos_id(), quota, 1.0);
    }
    say(POS_LABEL, &layout.label, f64::from(fit.certainty()));
    Ok(())
}

/// The longer side of the picture that a template test shows.
const ALIGNED_SIDE_MAX: f32 = 1200.0;
const ALIGNED_QUALITY: u8 = 80;

/// The picture seen as the template's own lies, as a JPEG.
fn aligned(picture: &Picture, template: &Template, map: &Map) -> Result<Vec<u8>, Trouble> {
    let (width, height) = (template.learnt.size.0.max(1) as f32, template.learnt.size.1.max(1) as f32);
    let scale = (ALIGNED_SIDE_MAX / width.max(height)).min(1.0);
    let side = |length: f32| ((length * scale).round() as u32).max(1);
    let there = map.apply_quad(&Quad::of_rect(&Rect { x: 0.0, y: 0.0, width, height }));
    let seen = read::straighten(&picture.pixels, &there, side(width), side(height));
    let mut jpeg = Vec::new();
    let encoded = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, ALIGNED_QUALITY).encode_image(&seen);
    encoded.map_err(|e| Trouble::Receive(format!("the aligned picture can't be written: {e}")))?;
    Ok(jpeg)
}

fn go_on(cancel: &Cancel) -> Result<(), Trouble> {
    if cancel.is_cancelled() { Err(Trouble::Receive("cancelled".into())) } else { Ok(()) }
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
fn trust(fit: &Fit<'_>) -> f32 {
    let anchors: f32 = match fit.alignment.anchors {
        0 | 1 => 0.8,
        2 => 0.88,
        3 => 0.97,
        _ => 1.0,
    };
    let close = if fit.alignment.error > 0.5 { anchors * 0.9 } else { anchors };
    // On a form that may be another, every area may hold something else.
    close.min(fit.sameness)
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

/// A title that was found under a seal, instead of its scraps, where it says more than they.
fn with_title(words: &mut Vec<(FixedWord, String)>, line: Line, scale: f32) {
    let all = 0..line.reading.glyphs.len();
    let found = fixed_words(&[line], &[(0, all)], scale);
    let Some((title, sure)) = found.first() else { return };
    let known: Vec<FixedWord> = words.iter().map(|(word, _)| word.clone()).collect();
    if title::letters(sure) <= title::letters(&row_as_read(&known, words)) {
        return;
    }
    let there = Quad(title.corners);
    words.retain(|(word, _)| {
        let (x, y) = there.local(Quad(word.corners).centre());
        !((0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y))
    });
    words.splice(0..0, found);
}

/// The title among some words, as far as it was read surely.
fn row_as_read(words: &[FixedWord], read: &[(FixedWord, String)]) -> String {
    let sure = |word: &FixedWord| read.iter().find(|(w, _)| w == word).map_or("", |(_, sure)| sure);
    title::row(words).into_iter().map(sure).collect()
}

/// The fixed print among the glyphs, the largest first, in pixels of the origin picture; each with what was read surely of it.
fn fixed_words(lines: &[Line], print: &[(usize, Range<usize>)], scale: f32) -> Vec<(FixedWord, String)> {
    let mut words: Vec<(FixedWord, String)> = Vec::new();
    for (line, range) in print {
        let glyphs = &lines[*line].reading.glyphs[range.clone()];
        let mean = glyphs.iter().map(|g| g.probability).sum::<f32>() / glyphs.len().max(1) as f32;
        let text: String = glyphs.iter().map(|g| g.text.as_str()).collect();
        if mean >= WORD_MEAN_MIN && (!text::fold_text(&text).is_empty() || text.contains(text::CURRENCIES)) {
            let corners = lines[*line].part(range).0.map(|(x, y)| (x / scale, y / scale));
            let sure = glyphs.iter().map(|g| if g.probability < title::LEARNT { title::HOLE.to_string() } else { g.text.clone() });
            words.push((FixedWord { text, corners }, sure.collect()));
        }
    }
    let size = |(w, _): &(FixedWord, String)| Quad(w.corners).height() * text::fold_text(&w.text).len() as f32;
    words.sort_by(|a, b| size(b).total_cmp(&size(a)));
    words
}
