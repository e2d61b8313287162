//! A white page on which outlines and pictures are put. Not here: which ones (ofd.rs, sheet.rs).

use crate::papers::Trouble;
use crate::papers::ofd::style::Colour;
use hayro::kurbo::{Affine, BezPath, PathEl, Point, Rect, Shape, Stroke};
use hayro::vello_cpu::color::AlphaColor;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::vello_cpu::peniko::{BlendMode, Compose, Extend, Fill, ImageAlphaType, ImageQuality, ImageSampler, Mix};
use hayro::vello_cpu::{Image, ImageSource, PixelMetadata, Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit};
use image::{RgbImage, RgbaImage};
use std::sync::Arc;

/// Pixels beyond which nothing is drawn: hostile files have coordinates of any size.
const FAR: f64 = 100_000.0;
/// Thinner lines vanish.
const LINE_MIN: f64 = 0.8;

/// What a page may cost, about the bytes that the renderer keeps for it. A page full of text costs a thirtieth.
const COST_MAX: f64 = 100e6;

pub struct Canvas {
    context: RenderContext,
    /// Of `COST_MAX`.
    left: f64,
}

impl Canvas {
    /// Pixels; longer sides than `SIDE_MAX` are the caller's mistake.
    pub fn new(width: u32, height: u32) -> Self {
        let side = |length: u32| u16::try_from(length).unwrap_or(u16::MAX).max(1);
        Self { context: RenderContext::new(side(width), side(height)), left: COST_MAX }
    }

    /// More was put on it than it takes.
    pub fn is_overdrawn(&self) -> bool {
        self.left < 0.0
    }

    fn affords(&mut self, cost: f64) -> bool {
        self.left -= cost;
        !self.is_overdrawn()
    }

    /// The renderer keeps something for every few pixels along a path, and for every band of what it covers.
    fn cost(&self, path: &BezPath, place: Affine) -> f64 {
        let (mut at, mut along) = (Point::ZERO, 0.0);
        for element in path.elements() {
            let (points, is_drawn): (&[Point], bool) = match element {
                PathEl::MoveTo(a) => (&[*a], false),
                PathEl::LineTo(a) => (&[*a], true),
                PathEl::QuadTo(a, b) => (&[*a, *b], true),
                PathEl::CurveTo(a, b, c) => (&[*a, *b, *c], true),
                PathEl::ClosePath => (&[], false),
            };
            for next in points.iter().map(|point| place * *point) {
                along += if is_drawn { (next - at).hypot() } else { 0.0 };
                at = next;
            }
        }
        let page = Rect::new(0.0, 0.0, f64::from(self.context.width()), f64::from(self.context.height()));
        let area = place.transform_rect_bbox(path.bounding_box()).intersect(page).area();
        6.0 * along + area / 32.0
    }

    fn is_near(&self, path: &BezPath, place: Affine) -> bool {
        let bounds = place.transform_rect_bbox(path.bounding_box());
        let is_fine = |at: f64| at.is_finite() && at.abs() < FAR;
        let sees = bounds.x0 <= f64::from(self.context.width()) && bounds.y0 <= f64::from(self.context.height());
        sees && bounds.x1 >= 0.0 && bounds.y1 >= 0.0 && [bounds.x0, bounds.y0, bounds.x1, bounds.y1].into_iter().all(is_fine)
    }

    fn prepare(&mut self, place: Affine, colour: Colour) {
        let [r, g, b] = colour.rgb;
        self.context.set_transform(place);
        self.context.set_paint(AlphaColor::from_rgba8(r, g, b, colour.alpha));
    }

    /// As the file names it.
    pub fn blend(&mut self, mode: Option<&str>) {
        let mix = match mode {
            Some("Darken") => Mix::Darken,
            Some("Multiply") => Mix::Multiply,
            _ => Mix::Normal,
        };
        self.context.set_blend_mode(BlendMode::new(mix, Compose::SrcOver));
    }

    pub fn fill(&mut self, path: &BezPath, place: Affine, colour: Colour, even_odd: bool) {
        if self.is_near(path, place) && self.affords(self.cost(path, place)) {
            self.prepare(place, colour);
            self.context.set_fill_rule(if even_odd { Fill::EvenOdd } else { Fill::NonZero });
            self.context.fill_path(path);
        }
    }

    /// `width` in units of the path.
    pub fn stroke(&mut self, path: &BezPath, place: Affine, colour: Colour, width: f32) {
        let scale = place.determinant().abs().sqrt();
        // A line has two sides.
        if scale > 0.0 && scale.is_finite() && self.is_near(path, place) && self.affords(2.0 * self.cost(path, place)) {
            self.prepare(place, colour);
            let width = f64::from(width).clamp(LINE_MIN / scale, FAR / scale);
            self.context.set_stroke(Stroke::new(width));
            self.context.stroke_path(path);
        }
    }

    /// `place` is that of the unit square which the picture fills.
    pub fn picture(&mut self, picture: RgbaImage, place: Affine, alpha: u8) {
        let square = Rect::new(0.0, 0.0, 1.0, 1.0);
        if !self.is_near(&square.to_path(0.1), place) {
            return;
        }
        let pixels = |picture: &RgbaImage| f64::from(picture.width()) * f64::from(picture.height());
        let decoded = pixels(&picture);
        let picture = shrunk(picture, place);
        if !self.affords(decoded + 4.0 * pixels(&picture)) {
            return;
        }
        let (Ok(width), Ok(height)) = (u16::try_from(picture.width()), u16::try_from(picture.height())) else { return };
        let pixels = Pixmap::from_parts(picture.into_raw(), width, height, PixelMetadata::new(ImageAlphaType::Alpha, true));
        self.context.set_transform(place * Affine::scale_non_uniform(1.0 / f64::from(width), 1.0 / f64::from(height)));
        let alpha = f32::from(alpha) / 255.0;
        let sampler = ImageSampler { x_extend: Extend::Pad, y_extend: Extend::Pad, quality: ImageQuality::Medium, alpha };
        self.context.set_paint(Image { image: ImageSource::Pixmap(Arc::new(pixels)), sampler });
        self.context.fill_rect(&Rect::new(0.0, 0.0, f64::from(width), f64::from(height)));
    }

    pub fn done(mut self) -> Result<RgbImage, Trouble> {
        if self.is_overdrawn() {
            return Err(Trouble::TooMuch);
        }
        self.context.flush();
        let mut pixels = Pixmap::new(self.context.width(), self.context.height());
        let settings = RasterizerSettings { target_init: TargetInit::Clear(WHITE), ..RasterizerSettings::default() };
        self.context.render_with(&mut pixels, &mut Resources::default(), settings);
        Ok(rgb(&pixels))
    }
}

/// What was drawn on white is opaque.
pub fn rgb(pixels: &Pixmap) -> RgbImage {
    let (width, height) = (u32::from(pixels.width()), u32::from(pixels.height()));
    let bytes = pixels.data_as_u8_slice().chunks_exact(4).flat_map(|pixel| pixel.iter().take(3).copied()).collect();
    RgbImage::from_raw(width, height, bytes).unwrap_or_default()
}

/// Each pixel of the page is to see all of the picture that it covers.
fn shrunk(picture: RgbaImage, place: Affine) -> RgbaImage {
    let [a, b, c, d, ..] = place.as_coeffs();
    let side = |x: f64, y: f64| (x.hypot(y).ceil() as u32).clamp(1, 8_000);
    let (width, height) = (side(a, b), side(c, d));
    if picture.width() <= width && picture.height() <= height {
        return picture;
    }
    image::imageops::thumbnail(&picture, width.min(picture.width()), height.min(picture.height()))
}
