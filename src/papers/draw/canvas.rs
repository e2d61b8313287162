//! A white page on which outlines and pictures are put. Not here: which ones (ofd.rs, sheet.rs).

use crate::papers::ofd::style::Colour;
use hayro::kurbo::{Affine, BezPath, Rect, Shape, Stroke};
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

pub struct Canvas {
    context: RenderContext,
}

impl Canvas {
    /// Pixels; longer sides than `SIDE_MAX` are the caller's mistake.
    pub fn new(width: u32, height: u32) -> Self {
        let side = |length: u32| u16::try_from(length).unwrap_or(u16::MAX).max(1);
        Self { context: RenderContext::new(side(width), side(height)) }
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
        if self.is_near(path, place) {
            self.prepare(place, colour);
            self.context.set_fill_rule(if even_odd { Fill::EvenOdd } else { Fill::NonZero });
            self.context.fill_path(path);
        }
    }

    /// `width` in units of the path.
    pub fn stroke(&mut self, path: &BezPath, place: Affine, colour: Colour, width: f32) {
        let scale = place.determinant().abs().sqrt();
        if scale > 0.0 && scale.is_finite() && self.is_near(path, place) {
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
        let picture = shrunk(picture, place);
        let (Ok(width), Ok(height)) = (u16::try_from(picture.width()), u16::try_from(picture.height())) else { return };
        let pixels = Pixmap::from_parts(picture.into_raw(), width, height, PixelMetadata::new(ImageAlphaType::Alpha, true));
        self.context.set_transform(place * Affine::scale_non_uniform(1.0 / f64::from(width), 1.0 / f64::from(height)));
        let alpha = f32::from(alpha) / 255.0;
        let sampler = ImageSampler { x_extend: Extend::Pad, y_extend: Extend::Pad, quality: ImageQuality::Medium, alpha };
        self.context.set_paint(Image { image: ImageSource::Pixmap(Arc::new(pixels)), sampler });
        self.context.fill_rect(&Rect::new(0.0, 0.0, f64::from(width), f64::from(height)));
    }

    pub fn done(mut self) -> RgbImage {
        self.context.flush();
        let mut pixels = Pixmap::new(self.context.width(), self.context.height());
        let settings = RasterizerSettings { target_init: TargetInit::Clear(WHITE), ..RasterizerSettings::default() };
        self.context.render_with(&mut pixels, &mut Resources::default(), settings);
        rgb(&pixels)
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
