//! Reads a whole picture for the forms that are known without a template. Not here: what its lines mean (domain/forms/).

use super::geometry::Quad;
use super::nets::Nets;
use super::page::{self, Line};
use super::picture::Picture;
use super::{check_cancelled, code, detect, to_original};
use crate::domain::forms;
use crate::domain::paper::{Page, Paper, Run, Source, Stated};
use crate::domain::template::Rect;
use crate::domain::vat_code::VatCode;
use crate::engine::{Cancel, Known, Trouble};

/// The picture's invoices, and the texts of its QR codes. Positions are the original's.
pub fn read(nets: &Nets, picture: &Picture, cancel: &Cancel) -> Result<Known, Trouble> {
    let quads = detect::all_lines(nets, picture)?;
    check_cancelled(cancel)?;
    let codes = code::read_codes(&image::DynamicImage::from(picture.pixels.clone()));
    let mut pages = page::page_orientations(nets, &picture.pixels, &quads)?;
    let Some(page) = pages.first_mut() else { return Ok((Vec::new(), codes)) };
    check_cancelled(cancel)?;
    page.read_where(|_| true)?;
    let lines = page.lines();
    let level = Level::of(&lines, picture);
    let runs: Vec<Run> = lines.iter().map(|line| level.run(line)).collect();
    let page = Page { width: level.width.ceil() as u32, height: level.height.ceil() as u32, runs };
    let stated = stated(&codes).into_iter().map(|stated| (Source::Qr, stated)).collect();
    let mut forms = forms::read(&Paper { source: Source::Ocr, pages: vec![page], stated });
    for field in forms.iter_mut().flat_map(|form| &mut form.fields) {
        field.rect = field.rect.map(|rect| to_original(&level.back(&rect), picture));
    }
    Ok((forms, codes))
}

/// What the only VAT code on a picture says; of several it is not known whose they are.
fn stated(codes: &[String]) -> Option<Stated> {
    let mut known = codes.iter().filter_map(|code| VatCode::parse(code));
    let (code, None) = (known.next()?, known.next()) else { return None };
    Some(Stated { fields: code.fields(), ..Stated::default() })
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
    fn of(lines: &[Line], picture: &Picture) -> Self {
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
        let (width, height) = (picture.pixels.width() as f32, picture.pixels.height() as f32);
        let whole = level.bounds(&Quad::from_rect(&Rect { x: 0.0, y: 0.0, width, height }));
        (level.left, level.top, level.width, level.height) = (whole.x, whole.y, whole.width, whole.height);
        level
    }

    fn bounds(&self, quad: &Quad) -> Rect {
        let turned = |(x, y): (f32, f32)| (x * self.cos - y * self.sin - self.left, x * self.sin + y * self.cos - self.top);
        Quad(quad.0.map(turned)).bounds()
    }

    fn run(&self, line: &Line) -> Run {
        // Sure is a line only if each of its characters is.
        let probability = line.reading.glyphs.iter().map(|glyph| glyph.probability).fold(1.0, f32::min);
        Run { text: line.reading.text(), rect: self.bounds(&line.quad), probability: f64::from(probability) }
    }

    fn back(&self, rect: &Rect) -> Rect {
        let turned = |(x, y): (f32, f32)| {
            let (x, y) = (x + self.left, y + self.top);
            (x * self.cos + y * self.sin, y * self.cos - x * self.sin)
        };
        Quad(Quad::from_rect(rect).0.map(turned)).bounds()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::builtin::picture;
    use image::RgbImage;
    use image::metadata::Orientation;

    #[test]
    fn what_is_turned_comes_back() {
        let picture = picture::prepare(RgbImage::new(300, 200).into(), Orientation::NoTransforms).unwrap();
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
        assert_eq!(Level::of(&[], &picture).width, 300.0);
    }
}
