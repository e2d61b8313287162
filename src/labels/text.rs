//! Text in whole dots, as large as its element, in as few lines as can be read. Not here: the outlines (font.rs).

use super::Problem;
use super::dots::{Area, Dots};
use crate::font::{BUNDLED, Face, Outline};
use ab_glyph_rasterizer::{Point, Rasterizer, point};
use hayro::kurbo::{Affine, PathEl, Shape};
use std::rc::Rc;

/// Of the font's size, above the base line: of capitals and figures, so that lines with and without long letters are alike.
const CAPITALS: f64 = 0.733;
/// Of the height; lines that stand on each other don't touch.
const FILLED: f64 = 0.92;
/// Of a dot that is covered: strokes thinner than a dot stay whole.
const COVERED: f32 = 0.42;
const COVERED_SMALL: f32 = 0.34;
/// Dots of the font's size below which strokes are about as thin as a dot.
const SMALL: f64 = 20.0;
/// Dots of the font's size below which nobody can read it: of figures and letters, of ideographs.
const LEAST: f64 = 8.0;
const LEAST_IDEOGRAPHS: f64 = 9.5;
const LINES_MAX: u32 = 5;
/// Rows that are worked on at once.
const BAND: u32 = 256;

struct Line {
    /// Each with where it begins, in units of the font's size.
    glyphs: Vec<(f64, Rc<Outline>)>,
    left: f64,
    right: f64,
    above: f64,
    below: f64,
    has_ideographs: bool,
}

fn line(text: &str) -> Result<Line, Problem> {
    let mut face = Face::of(BUNDLED).ok_or_else(|| Problem::new("的字体已损坏", "has no font"))?;
    let mut line = Line {
        glyphs: Vec::new(),
        left: f64::MAX,
        right: 0.0,
        above: CAPITALS,
        below: 0.0,
        has_ideographs: text.contains(|c| c > '\u{2E7F}'),
    };
    let mut at = 0.0;
    for c in text.chars() {
        let outline = face.outline(c).ok_or_else(|| {
            Problem::new(format!("里的“{c}”不在本机的字体里，印不出来"), format!("has “{c}”, which the box's font lacks"))
        })?;
        if !outline.path.is_empty() {
            let ink = outline.path.bounding_box();
            line.left = line.left.min(at + ink.x0);
            line.right = line.right.max(at + ink.x1);
            line.above = line.above.max(-ink.y0);
            line.below = line.below.max(ink.y1);
        }
        let advance = f64::from(outline.advance);
        line.glyphs.push((at, outline));
        at += advance;
    }
    Ok(line)
}

impl Line {
    /// Of the font; a dot of the width is for where letters are put in whole dots.
    fn size_in(&self, width: f64, height: f64) -> f64 {
        (height * FILLED / (self.above + self.below)).min((width - 1.0) / (self.right - self.left))
    }

    fn least(&self) -> f64 {
        if self.has_ideographs { LEAST_IDEOGRAPHS } else { LEAST }
    }

    fn draw(&self, face: &mut Dots, area: Area, size: f64) {
        let left = (f64::from(area.width) - size * (self.right - self.left)) / 2.0 - size * self.left;
        let base = ((f64::from(area.height) + size * (self.above - self.below)) / 2.0).round();
        let mut pen = Pen { face, area, base: f64::from(area.top) + base, size };
        for (at, outline) in &self.glyphs {
            // In whole dots, so that the same figure always looks the same.
            pen.put(outline, (f64::from(area.left) + left + at * size).round());
        }
    }
}

/// In the middle of `area`, in one line; in more where one would be too small to be read. Without text, nothing.
pub fn draw(face: &mut Dots, area: Area, text: &str) -> Result<(), Problem> {
    let whole = line(text)?;
    if whole.right <= whole.left {
        return Ok(());
    }
    let characters: Vec<char> = text.chars().collect();
    for count in 1..=LINES_MAX {
        let parts = characters.chunks(characters.len().div_ceil(count as usize));
        let lines = parts.map(|part| line(part.iter().collect::<String>().trim())).collect::<Result<Vec<_>, _>>()?;
        let height = area.height / count;
        let sizes = lines.iter().filter(|line| line.right > line.left).map(|line| line.size_in(area.width.into(), height.into()));
        let size = sizes.fold(f64::MAX, f64::min);
        if size >= whole.least() {
            for (top, line) in (area.top..).step_by(height as usize).zip(&lines) {
                line.draw(face, Area { top, height, ..area }, size);
            }
            return Ok(());
        }
    }
    let percent = (whole.least() / whole.size_in(area.width.into(), area.height.into()).max(0.1) * 100.0).ceil();
    Err(Problem::new(
        format!("太小，印出来看不清：要放大到 {percent}%，或缩短内容"),
        format!("is too small to be read: make it {percent}% as large, or its content shorter"),
    ))
}

struct Pen<'a> {
    face: &'a mut Dots,
    area: Area,
    base: f64,
    size: f64,
}

impl Pen<'_> {
    fn put(&mut self, outline: &Outline, x: f64) {
        if outline.path.is_empty() {
            return;
        }
        let ink = Affine::scale(self.size).transform_rect_bbox(outline.path.bounding_box());
        let first = (x + ink.x0).floor().max(f64::from(self.area.left));
        let last = (x + ink.x1).ceil().min(f64::from(self.area.left + self.area.width));
        let top = (self.base + ink.y0).floor().max(f64::from(self.area.top)) as u32;
        let bottom = (self.base + ink.y1).ceil().min(f64::from(self.area.top + self.area.height)) as u32;
        let columns = (last - first).max(0.0) as usize + 1;
        let covered = if self.size < SMALL { COVERED_SMALL } else { COVERED };
        for from in (top..bottom).step_by(BAND as usize) {
            let rows = (bottom - from).min(BAND);
            let mut coverage = Rasterizer::new(columns, rows as usize);
            let place = |p: hayro::kurbo::Point| {
                point((p.x * self.size + x - first) as f32, (p.y * self.size + self.base - f64::from(from)) as f32)
            };
            trace(&mut coverage, outline, place);
            coverage.for_each_pixel_2d(|column, row, part| {
                if part >= covered {
                    self.face.burn(first as u32 + column, from + row);
                }
            });
        }
    }
}

fn trace(coverage: &mut Rasterizer, outline: &Outline, place: impl Fn(hayro::kurbo::Point) -> Point) {
    let (mut first, mut at) = (point(0.0, 0.0), point(0.0, 0.0));
    for element in outline.path.elements() {
        match *element {
            PathEl::MoveTo(to) => {
                first = place(to);
                at = first;
            }
            PathEl::LineTo(to) => {
                coverage.draw_line(at, place(to));
                at = place(to);
            }
            PathEl::QuadTo(by, to) => {
                coverage.draw_quad(at, place(by), place(to));
                at = place(to);
            }
            PathEl::CurveTo(by, then, to) => {
                coverage.draw_cubic(at, place(by), place(then), place(to));
                at = place(to);
            }
            PathEl::ClosePath => {
                coverage.draw_line(at, first);
                at = first;
            }
        }
    }
}
