//! Reads a whole picture for the forms that are known without a template. Not here: what its lines mean (domain/forms/).

use super::level::Level;
use super::nets::Nets;
use super::page::{self, Line};
use super::picture::Picture;
use super::{check_cancelled, code, detect, to_original};
use crate::domain::forms::{self, Field, Proposal};
use crate::domain::paper::{Page, Paper, Run, Source, Stated};
use crate::domain::vat_code::VatCode;
use crate::engine::{Cancel, Known, Trouble};

/// The picture's invoices, and the texts of its QR codes. Positions are the original's.
pub fn read(nets: &Nets, picture: &Picture, cancel: &Cancel) -> Result<Known, Trouble> {
    let codes = code::read_codes(&image::DynamicImage::from(picture.pixels.clone()));
    let Some(lines) = lines(nets, picture, cancel)? else { return Ok((Vec::new(), codes)) };
    let (level, paper) = paper(&lines, &codes, picture.pixels.dimensions());
    let mut forms = forms::read(&paper);
    for form in &mut forms {
        put_back(&mut form.fields, &level, picture);
    }
    Ok((forms, codes))
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
    let page = Page { width: level.width.ceil() as u32, height: level.height.ceil() as u32, runs };
    let stated = stated(codes).into_iter().map(|stated| (Source::Qr, stated)).collect();
    (level, Paper { source: Source::Ocr, pages: vec![page], stated })
}

/// What the only VAT code on a picture says; of several it is not known whose they are.
fn stated(codes: &[String]) -> Option<Stated> {
    let mut known = codes.iter().filter_map(|code| VatCode::parse(code));
    let (code, None) = (known.next()?, known.next()) else { return None };
    Some(Stated { kind: code.form(), fields: code.fields(), ..Stated::default() })
}
