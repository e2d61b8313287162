//! The text that a PDF's pages show: glyphs as they are drawn, with their places in pixels, joined into runs. Not here: opening files
//! (mod.rs), what runs mean (domain/forms/).

use crate::domain::paper::{Page, Run};
use crate::domain::template::Rect;
use crate::domain::text::means_nothing;
use crate::papers::Trouble;
use hayro::hayro_interpret::font::{Glyph, GlyphRun};
use hayro::hayro_interpret::hayro_cmap::BfString;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache, InterpreterSettings, Paint,
    SoftMask, TransformExt, interpret_page,
};
use hayro::hayro_syntax::page as pdf;
use hayro::kurbo::{Affine, BezPath, Point, Rect as Bounds, Shape, Vec2};
use std::collections::HashMap;

/// Of a whole file; a page of small print has some 10,000.
const GLYPHS_MAX: usize = 400_000;
/// For what no one can say. Values with it are never sure.
const UNKNOWN: char = '\u{FFFD}';

/// Of one page.
const PICTURES_MAX: usize = 10_000;

/// Reads page after page of one file.
pub(super) struct Reader<'a> {
    cache: InterpreterCache<'a>,
    left: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new() -> Self {
        Self { cache: InterpreterCache::new(), left: GLYPHS_MAX }
    }

    pub(super) fn page(&mut self, page: &'a pdf::Page<'a>, scale: f32, width: u32, height: u32) -> Result<Page, Trouble> {
        let whole = Bounds::new(0.0, 0.0, f64::from(width), f64::from(height));
        let transform = Affine::scale(f64::from(scale)) * page.initial_transform(true).to_kurbo();
        let mut context = Context::new(transform, whole, &self.cache, page.xref(), InterpreterSettings::default());
        let mut taker = Taker { drawn: Vec::new(), pictures: Vec::new(), clips: vec![whole], run: 0, left: self.left };
        interpret_page(page, &mut context, &mut taker);
        if taker.left == 0 {
            return Err(Trouble::TooMuch);
        }
        self.left = taker.left;
        let spelt = spelt(taker.drawn);
        // Where hardly anything says what it is, the page is a picture.
        let unknown = spelt.iter().filter(|(_, text)| text.contains(UNKNOWN)).count();
        let runs = if unknown * 3 > spelt.len() { Vec::new() } else { joined(spelt) };
        Ok(Page::new(width, height, runs, &taker.pictures))
    }
}

/// A glyph as it is drawn.
#[derive(Clone)]
struct Drawn {
    text: Option<String>,
    code: u32,
    /// The left end of its base line.
    at: Point,
    /// To where the next one begins.
    advance: Vec2,
    /// Of its font, from the base line upwards.
    up: Vec2,
    /// Which glyph run it is of.
    run: usize,
}

impl Drawn {
    fn size(&self) -> f64 {
        self.up.hypot()
    }

    /// Along the line.
    fn direction(&self) -> Vec2 {
        let length = self.advance.hypot();
        if length > 0.0 { self.advance / length } else { Vec2::new(1.0, 0.0) }
    }

    fn end(&self) -> Point {
        self.at + self.advance
    }

    fn is_blank(&self) -> bool {
        self.text.as_deref().is_some_and(|text| text.chars().all(char::is_whitespace))
    }

    /// Four corners: descenders are a sixth of the size.
    fn bounds(&self) -> Bounds {
        let (low, high) = (self.up * -0.14, self.up * 0.86);
        let first = Bounds::from_points(self.at + low, self.end() + high);
        first.union(Bounds::from_points(self.at + high, self.end() + low))
    }
}

struct Taker {
    drawn: Vec<Drawn>,
    /// Where they are seen.
    pictures: Vec<Rect>,
    /// Each within those before.
    clips: Vec<Bounds>,
    run: usize,
    left: usize,
}

impl<'a> Device<'a> for Taker {
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}

    fn push_clip_path(&mut self, path: &ClipPath) {
        let outer = self.clips.last().copied().unwrap_or(Bounds::ZERO);
        self.clips.push(outer.intersect(path.path.bounding_box()));
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        // Text that nobody sees is what a scanner read; we read the picture ourselves.
        if matches!(mode, DrawMode::Invisible) || is_unseen(&props.paint) {
            return;
        }
        self.run += 1;
        let clip = self.clips.last().copied().unwrap_or(Bounds::ZERO);
        for glyph in run.glyphs() {
            if self.left == 0 {
                return;
            }
            self.left -= 1;
            if let Some(drawn) = drawn(glyph, props.transform * glyph.transform(), self.run)
                && clip.contains(drawn.bounds().center())
            {
                self.drawn.push(drawn);
            }
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let clip = self.clips.last().copied().unwrap_or(Bounds::ZERO);
        let whole = Bounds::new(0.0, 0.0, f64::from(image.width()), f64::from(image.height()));
        let Bounds { x0, y0, x1, y1 } = props.transform.transform_rect_bbox(whole).intersect(clip);
        if self.pictures.len() < PICTURES_MAX {
            self.pictures.push(Rect { x: x0 as f32, y: y0 as f32, width: (x1 - x0) as f32, height: (y1 - y0) as f32 });
        }
    }

    fn pop_clip(&mut self) {
        if self.clips.len() > 1 {
            self.clips.pop();
        }
    }

    fn pop_transparency_group(&mut self) {}
}

/// White on white, as good as; forms print nothing in white on colour.
fn is_unseen(paint: &Paint<'_>) -> bool {
    let Paint::Color(color) = paint else { return false };
    let [red, green, blue, alpha] = color.to_rgba().components();
    alpha < 0.02 || (red > 0.98 && green > 0.98 && blue > 0.98)
}

fn drawn(glyph: &Glyph<'_>, transform: Affine, run: usize) -> Option<Drawn> {
    let at = transform * Point::ZERO;
    let up = (transform * Point::new(0.0, 1000.0)) - at;
    let across = (transform * Point::new(1000.0, 0.0)) - at;
    let is_finite = at.is_finite() && up.is_finite() && across.is_finite() && up.hypot() > 0.5 && across.hypot() > 0.0;
    if !is_finite {
        return None;
    }
    let width = f64::from(match glyph {
        Glyph::Outline(glyph) => glyph.advance_width(),
        Glyph::Type3(glyph) => glyph.advance_width(),
    }?);
    // A glyph of a font put in for another is stretched to the width it should have; its em is then no measure.
    let ratio = across.hypot() / up.hypot();
    let em = if (0.3..=1.25).contains(&ratio) { across } else { across / across.hypot() * up.hypot() };
    let text = glyph.as_unicode().map(|text| match text {
        BfString::Char(c) => c.to_string(),
        BfString::String(text) => text,
    });
    let is_known = |text: &String| !text.is_empty() && !text.chars().any(|c| c == '\0' || means_nothing(c));
    // Blanks have no width in some fonts; and type 3 fonts have units of their own.
    let width = if (1.0..=3000.0).contains(&width) { width } else { 500.0 };
    Some(Drawn { text: text.filter(is_known), code: glyph.char_code(), at, advance: em * (width / 1000.0), up, run })
}

/// Codes of fonts that don't say what they mean are GBK, or ASCII, or nothing: where one can't be GBK, all of the page are numbers of
/// glyphs.
fn spelt(mut drawn: Vec<Drawn>) -> Vec<(Drawn, String)> {
    let is_gbk = drawn.iter().filter(|d| d.text.is_none()).all(|d| in_gbk(d.code).is_some());
    drawn
        .drain(..)
        .map(|mut one| {
            let known = one.text.take().or_else(|| if is_gbk { in_gbk(one.code) } else { None });
            let text = known.unwrap_or_else(|| UNKNOWN.to_string());
            one.text = Some(text.clone());
            (one, text)
        })
        .collect()
}

fn in_gbk(code: u32) -> Option<String> {
    let [0, 0, high, low] = code.to_be_bytes() else { return None };
    let bytes = if high == 0 { vec![low] } else { vec![high, low] };
    let is_one = high == 0 && (0x20..0x7F).contains(&low);
    let is_two = (0x81..=0xFE).contains(&high) && (0x40..=0xFE).contains(&low) && low != 0x7F;
    if !is_one && !is_two {
        return None;
    }
    encoding_rs::GBK.decode_without_bom_handling_and_without_replacement(&bytes).map(std::borrow::Cow::into_owned)
}

/// Glyphs that stand on one base line, each where the one before ends.
struct Line {
    text: String,
    last: Drawn,
    bounds: Bounds,
}

fn joined(glyphs: Vec<(Drawn, String)>) -> Vec<Run> {
    let mut lines: Vec<Line> = Vec::new();
    // Blanks at an end count for nothing; those between are a gap.
    for (glyph, text) in glyphs.into_iter().filter(|(glyph, _)| !glyph.is_blank() && is_level(glyph)) {
        if lines.last().is_some_and(|line| is_again(&line.last, &glyph)) {
            continue;
        }
        match lines.last_mut().and_then(|line| Some((gap(&line.last, &glyph)?, line))) {
            Some((gap, line)) => line.take(glyph, &text, gap),
            None => {
                let bounds = glyph.bounds();
                lines.push(Line { text, last: glyph, bounds });
            }
        }
    }
    let mut seen: HashMap<String, Vec<Rect>> = HashMap::new();
    let runs = lines.iter().filter(|line| !line.text.trim().is_empty()).map(Line::run);
    runs.filter(|run| is_first(run, &mut seen)).collect()
}

/// Bold is made by drawing twice, text by text or glyph by glyph.
fn is_first(run: &Run, seen: &mut HashMap<String, Vec<Rect>>) -> bool {
    let places = seen.entry(run.text.clone()).or_default();
    let near = 0.25 * run.rect.height.min(run.rect.width);
    let is_there = |place: &Rect| (place.x - run.rect.x).abs() < near && (place.y - run.rect.y).abs() < near;
    let is_new = !places.iter().any(is_there);
    if is_new {
        places.push(run.rect);
    }
    is_new
}

fn is_again(last: &Drawn, next: &Drawn) -> bool {
    last.text == next.text && (next.at - last.at).hypot() < last.size().min(next.size()) * 0.15
}

impl Line {
    fn take(&mut self, glyph: Drawn, text: &str, gap: f64) {
        if gap > 0.2 {
            self.text.push(' ');
        }
        self.text.push_str(text);
        self.bounds = self.bounds.union(glyph.bounds());
        self.last = glyph;
    }

    fn run(&self) -> Run {
        let place = &self.bounds;
        let rect = Rect { x: place.x0 as f32, y: place.y0 as f32, width: place.width() as f32, height: place.height() as f32 };
        Run { text: self.text.trim().to_owned(), rect, probability: 1.0 }
    }
}

/// Along the page's edges. Seals are set round.
fn is_level(glyph: &Drawn) -> bool {
    let direction = glyph.direction();
    direction.x.abs().max(direction.y.abs()) > 0.98
}

/// Between a glyph and the next one of its line, in ems of the smaller; `None` if they are of two lines or stand too far apart.
fn gap(last: &Drawn, next: &Drawn) -> Option<f64> {
    let (small, large) = (last.size().min(next.size()), last.size().max(next.size()));
    let direction = last.direction();
    let between = next.at - last.end();
    let along = between.dot(direction) / small;
    let across = between.cross(direction).abs() / small;
    let is_one_line = large < small * 1.4 && next.direction().dot(direction) > 0.98 && across < 0.15;
    // One text goes on over small corrections of its places; two texts only where nothing is between them.
    let most = if last.run == next.run { 0.6 } else { 0.3 };
    (is_one_line && (-0.6..most).contains(&along)).then_some(along)
}
