//! Reads a whole picture for the forms that are known without a template. Not here: what its lines mean (domain/forms/).

use super::geometry::Quad;
use super::level::Level;
use super::nets::Nets;
use super::page::{self, Line};
use super::picture::Picture;
use super::{check_cancelled, code, detect, seal, to_original};
use crate::domain::forms::{self, Field, Proposal};
use crate::domain::paper::{Page, Paper, Run, Source, Stated};
use crate::domain::template::Rect;
use crate::domain::vat_code::VatCode;
use crate::engine::{Cancel, Known, Trouble};

/// Positions are the original's.
pub fn read(nets: &Nets, picture: &Picture, cancel: &Cancel) -> Result<Known, Trouble> {
    let codes = code::codes(picture).to_vec();
    let none = |codes| Ok(Known { codes, ..Known::default() });
    if stated(&codes).is_none() && picture.skimmed.get().is_some_and(|text| !forms::may_be_known(text)) {
        return none(codes);
    }
    let Some((lines, quarter_turns)) = lines(nets, picture, cancel)? else { return none(codes) };
    let (level, paper) = paper(&lines, &codes, picture.pixels.dimensions());
    let mut forms = forms::read(&paper);
    for form in &mut forms {
        let has_witness = form.sum_has_witness();
        for field in &mut form.fields {
            let is_hidden = |rect: Rect| match field.pos_id {
                "金额" if !has_witness => is_sealed(picture, &level, &rect),
                "客户名称" | "销方名称" | "开票人" | "姓名" => ends_under_seal(picture, &level, &rect),
                _ => false,
            };
            if field.rect.is_some_and(is_hidden) {
                field.probability = field.probability.min(forms::DOUBT);
            }
        }
        put_back(&mut form.fields, &level, picture);
    }
    Ok(Known { forms, codes, quarter_turns })
}

/// A digit may be lost under a seal at either end.
fn is_sealed(picture: &Picture, level: &Level, sum: &Rect) -> bool {
    let around = Rect { x: sum.x - sum.height, width: sum.width + 2.0 * sum.height, ..*sum };
    seal::touches(&picture.pixels, &Quad::from_rect(&level.back(&around)))
}

/// Nothing says how long a name is. Forms have red lines: a seal has more red.
fn ends_under_seal(picture: &Picture, level: &Level, name: &Rect) -> bool {
    const SEAL_SHARE: f32 = 0.1;
    let behind = Rect { x: name.right(), width: name.height, ..*name };
    seal::share(&picture.pixels, &Quad::from_rect(&level.back(&behind))) > SEAL_SHARE
}

/// What a template of the picture could have. Positions are the original's.
pub fn propose(nets: &Nets, picture: &Picture, cancel: &Cancel) -> Result<Proposal, Trouble> {
    let Some((lines, _)) = lines(nets, picture, cancel)? else { return Ok(Proposal::default()) };
    let (level, paper) = paper(&lines, &[], picture.pixels.dimensions());
    let mut proposal = paper.pages.first().map(forms::propose).unwrap_or_default();
    put_back(&mut proposal.fields, &level, picture);
    let rects = proposal.labels.iter_mut().map(|label| &mut label.rect).chain(proposal.print.iter_mut().map(|run| &mut run.rect));
    rects.for_each(|rect| *rect = to_original(&level.back(rect), picture));
    Ok(proposal)
}

/// All of the picture, read, and how it is turned.
fn lines(nets: &Nets, picture: &Picture, cancel: &Cancel) -> Result<Option<(Vec<Line>, usize)>, Trouble> {
    let quads = detect::all_lines(nets, picture)?;
    check_cancelled(cancel)?;
    let mut pages = page::page_orientations(nets, &picture.pixels, &quads)?;
    let Some(page) = pages.first_mut() else { return Ok(None) };
    check_cancelled(cancel)?;
    page.read_where(|_| true)?;
    Ok(Some((page.lines(), page.quarter_turns())))
}

fn put_back(fields: &mut [Field], level: &Level, picture: &Picture) {
    for field in fields {
        field.rect = field.rect.map(|rect| to_original(&level.back(&rect), picture));
    }
}

/// The lines of a picture of this size as a paper's page, levelled.
fn paper(lines: &[Line], codes: &[String], size: (u32, u32)) -> (Level, Paper) {
    let level = Level::of(lines, size);
    let runs: Vec<Run> = lines.iter().flat_map(|line| level.runs(line)).collect();
    let page = Page::new(level.width.ceil() as u32, level.height.ceil() as u32, runs, &[]);
    let stated = stated(codes).into_iter().map(|stated| (Source::Qr, stated)).collect();
    (level, Paper { source: Source::Ocr, pages: vec![page], stated })
}

/// What the only VAT code on a picture says; of several it is not known whose they are.
fn stated(codes: &[String]) -> Option<Stated> {
    let mut known = codes.iter().filter_map(|code| VatCode::parse(code));
    let (code, None) = (known.next()?, known.next()) else { return None };
    Some(Stated { kind: code.form(), fields: code.fields(), ..Stated::default() })
}

#[cfg(test)]
mod tests {
    use super::super::picture::prepare;
    use super::*;
    use image::metadata::Orientation;
    use image::{Rgb, RgbImage};

    #[test]
    fn a_seal_at_the_end_of_a_sum_or_a_name_is_seen() {
        let place = Rect { x: 100.0, y: 40.0, width: 90.0, height: 24.0 };
        let sealed = |red: std::ops::Range<u32>| {
            let mut page = RgbImage::from_pixel(300, 100, Rgb([250, 250, 250]));
            red.flat_map(|x| (30..80).map(move |y| (x, y))).for_each(|(x, y)| page.put_pixel(x, y, Rgb([215, 60, 70])));
            let picture = prepare(page.into(), Orientation::NoTransforms).unwrap();
            let level = Level::of(&[], (300, 100));
            (is_sealed(&picture, &level, &place), ends_under_seal(&picture, &level, &place))
        };
        assert_eq!((sealed(80..86), sealed(200..206)), ((true, false), (true, true)), "beside it");
        assert_eq!((sealed(20..40), sealed(230..250)), ((false, false), (false, false)), "further away");
        assert_eq!(sealed(200..202), (true, false), "a ruled line ends no name");
    }
}
