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

/// The picture's invoices, and the texts of its QR codes. Positions are the original's.
pub fn read(nets: &Nets, picture: &Picture, cancel: &Cancel) -> Result<Known, Trouble> {
    let codes = code::read_codes(&image::DynamicImage::from(picture.pixels.clone()));
    let Some(lines) = lines(nets, picture, cancel)? else { return Ok((Vec::new(), codes)) };
    let (level, paper) = paper(&lines, &codes, picture.pixels.dimensions());
    let mut forms = forms::read(&paper);
    for form in &mut forms {
        let has_witness = form.sum_has_witness();
        for field in form.fields.iter_mut().filter(|field| field.pos_id == "金额" && !has_witness) {
            if field.rect.is_some_and(|rect| is_sealed(picture, &level.back(&rect))) {
                field.probability = field.probability.min(forms::DOUBT);
            }
        }
        put_back(&mut form.fields, &level, picture);
    }
    Ok((forms, codes))
}

/// A digit may be lost under a seal at either end.
fn is_sealed(picture: &Picture, place: &Rect) -> bool {
    let em = place.width.min(place.height);
    let around = Rect { x: place.x - em, width: place.width + 2.0 * em, ..*place };
    seal::touches(&picture.pixels, &Quad::from_rect(&around))
}

/// What a template of the picture could have. Positions are the original's.
pub fn propose(nets: &Nets, picture: &Picture, cancel: &Cancel) -> Result<Proposal, Trouble> {
    let Some(lines) = lines(nets, picture, cancel)? else { return Ok(Proposal::default()) };
    let (level, paper) = paper(&lines, &[], picture.pixels.dimensions());
    let mut proposal = paper.pages.first().map(forms::propose).unwrap_or_default();
    put_back(&mut proposal.fields, &level, picture);
    Ok(proposal)
}

/// All of the picture, read.
fn lines(nets: &Nets, picture: &Picture, cancel: &Cancel) -> Result<Option<Vec<Line>>, Trouble> {
    let quads = detect::all_lines(nets, picture)?;
    check_cancelled(cancel)?;
    let mut pages = page::page_orientations(nets, &picture.pixels, &quads)?;
    let Some(page) = pages.first_mut() else { return Ok(None) };
    check_cancelled(cancel)?;
    page.read_where(|_| true)?;
    Ok(Some(page.lines()))
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
    let page = Page { width: level.width.ceil() as u32, height: level.height.ceil() as u32, runs, pictures: 0 };
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
    fn a_seal_at_the_end_of_a_sum_is_seen() {
        let place = Rect { x: 100.0, y: 40.0, width: 90.0, height: 24.0 };
        let sealed = |red: std::ops::Range<u32>| {
            let mut page = RgbImage::from_pixel(300, 100, Rgb([250, 250, 250]));
            red.flat_map(|x| (30..80).map(move |y| (x, y))).for_each(|(x, y)| page.put_pixel(x, y, Rgb([215, 60, 70])));
            is_sealed(&prepare(page.into(), Orientation::NoTransforms).unwrap(), &place)
        };
        assert!(sealed(80..86) && sealed(200..206), "beside it");
        assert!(!sealed(20..40) && !sealed(230..250), "further away");
    }
}
