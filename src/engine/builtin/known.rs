//! Reads a whole picture for the forms that are known without a template. Not here: what its lines mean (domain/forms/).

use super::geometry::Quad;
use super::nets::Nets;
use super::page::{self, Line};
use super::picture::Picture;
use super::{check_cancelled, code, detect, to_original};
use crate::domain::forms::{self, Form};
use crate::domain::paper::{Page, Paper, Run, Source, Stated};
use crate::domain::template::Rect;
use crate::domain::vat_code::VatCode;
use crate::engine::{Cancel, Trouble};

/// The picture's invoices, and the texts of its QR codes. Positions are the original's.
pub fn read(nets: &Nets, picture: &Picture, cancel: &Cancel) -> Result<(Vec<Form>, Vec<String>), Trouble> {
    let quads = detect::all_lines(nets, &picture.pixels)?;
    check_cancelled(cancel)?;
    let codes = code::read_codes(&image::DynamicImage::from(picture.pixels.clone()));
    let mut pages = page::page_orientations(nets, &picture.pixels, &quads)?;
    let Some(page) = pages.first_mut() else { return Ok((Vec::new(), codes)) };
    check_cancelled(cancel)?;
    page.read_where(|_| true)?;
    let lines = page.lines();
    let (level, paper) = paper(&lines, &codes, picture.pixels.dimensions());
    let mut forms = forms::read(&paper);
    for field in forms.iter_mut().flat_map(|form| &mut form.fields) {
        field.rect = field.rect.map(|rect| to_original(&level.back(&rect), picture));
    }
    Ok((forms, codes))
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

/// Turns a picture so that its lines are level: rows and columns are then told by their places.
struct Level {
    sin: f32,
    cos: f32,
    /// Of the top left corner, after turning.
    left: f32,
    top: f32,
    width: f32,
    height: f32,
}

impl Level {
    fn of(lines: &[Line], size: (u32, u32)) -> Self {
        // Long lines know the angle best.
        let mut angles: Vec<(f32, f32)> = lines.iter().map(|line| (line.quad.angle(), line.quad.width())).collect();
        angles.sort_by(|a, b| a.0.total_cmp(&b.0));
        let half = angles.iter().map(|(_, weight)| weight).sum::<f32>() / 2.0;
        let mut so_far = 0.0;
        let median = angles.iter().find(|(_, weight)| {
            so_far += weight;
            so_far >= half
        });
        let angle = median.map_or(0.0, |(angle, _)| *angle);
        let (sin, cos) = (-angle).sin_cos();
        let mut level = Self { sin, cos, left: 0.0, top: 0.0, width: 0.0, height: 0.0 };
        let (width, height) = (size.0 as f32, size.1 as f32);
        let whole = level.bounds(&Quad::from_rect(&Rect { x: 0.0, y: 0.0, width, height }));
        (level.left, level.top, level.width, level.height) = (whole.x, whole.y, whole.width, whole.height);
        level
    }

    fn bounds(&self, quad: &Quad) -> Rect {
        let turned = |(x, y): (f32, f32)| (x * self.cos - y * self.sin - self.left, x * self.sin + y * self.cos - self.top);
        Quad(quad.0.map(turned)).bounds()
    }

    /// A run for each part of a line, so that a value is as sure as its own characters, and stands where they do.
    fn runs(&self, line: &Line) -> Vec<Run> {
        let glyphs = &line.reading.glyphs;
        let ends = |n: usize| n + 1 == glyphs.len() || parts_after(&glyphs[n].text, &glyphs[n + 1].text);
        let mut from = 0;
        let mut runs = Vec::new();
        for to in (0..glyphs.len()).filter(|n| ends(*n)).map(|n| n + 1) {
            let part = line.part(&(from..to));
            let [left, right] = [line.quad.ends()[0], line.quad.ends()[1]].map(|point| part.local(point).0);
            // The outer parts reach to the ends of the line.
            let part = part.slice(if from == 0 { left } else { 0.0 }, if to == glyphs.len() { right } else { 1.0 });
            let text: String = glyphs[from..to].iter().map(|glyph| glyph.text.as_str()).collect();
            let probability = glyphs[from..to].iter().map(|glyph| glyph.probability).fold(1.0, f32::min);
            if !text.trim().is_empty() {
                runs.push(Run { text, rect: self.bounds(&part), probability: f64::from(probability) });
            }
            from = to;
        }
        runs
    }

    fn back(&self, rect: &Rect) -> Rect {
        let turned = |(x, y): (f32, f32)| {
            let (x, y) = (x + self.left, y + self.top);
            (x * self.cos + y * self.sin, y * self.cos - x * self.sin)
        };
        Quad(Quad::from_rect(rect).0.map(turned)).bounds()
    }
}

/// Labels end with a colon; sums begin with their sign.
fn parts_after(glyph: &str, next: &str) -> bool {
    glyph.trim().is_empty() || matches!(glyph, ":" | "：") || matches!(next, "¥" | "￥")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_turned_comes_back() {
        for degrees in [0.0f32, 3.0, 90.0, 180.0, 268.0] {
            let (sin, cos) = (-degrees.to_radians()).sin_cos();
            let mut level = Level { sin, cos, left: 0.0, top: 0.0, width: 0.0, height: 0.0 };
            let whole = level.bounds(&Quad::from_rect(&Rect { x: 0.0, y: 0.0, width: 300.0, height: 200.0 }));
            (level.left, level.top) = (whole.x, whole.y);
            let word = Rect { x: 40.0, y: 50.0, width: 60.0, height: 10.0 };
            let there = level.bounds(&Quad::from_rect(&word));
            assert!(there.x >= -0.01 && there.y >= -0.01, "{degrees}: {there:?}");
            let back = level.back(&there);
            let centre = |rect: &Rect| (rect.x + rect.width / 2.0, rect.y + rect.height / 2.0);
            let ((x, y), (ax, ay)) = (centre(&back), centre(&word));
            assert!((x - ax).abs() < 0.1 && (y - ay).abs() < 0.1, "{degrees}: {back:?}");
        }
        assert_eq!(Level::of(&[], (300, 200)).width, 300.0);
    }
}
