//! Opens pictures for the engine: upright as in a browser, and shrunk to bound memory. Not here: what is on them.

use super::geometry::Quad;
use crate::engine::Trouble;
use crate::pixels;
use fast_image_resize::images::Image;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::metadata::Orientation;
use image::{DynamicImage, RgbImage};
use std::path::Path;
use std::sync::OnceLock;

/// Shrunk to this, pixels: enough for the small print of A4.
const SIDE_MAX: u32 = 3200;

#[derive(Debug)]
pub struct Picture {
    pub pixels: RgbImage,
    /// Of the original, upright.
    pub width: u32,
    pub height: u32,
    /// Pixels of the original, upright.
    pub scale: f32,
    /// Kept by detect.rs: a picture is looked at for templates, then for known forms.
    pub quick_lines: OnceLock<Vec<Quad>>,
    /// Kept by matching.rs: what was legible at a glance, where a template was looked for.
    pub skimmed: OnceLock<String>,
    /// Kept by code.rs.
    pub codes: OnceLock<Vec<String>>,
}

/// The first page of a file.
pub fn open(path: &Path) -> Result<Picture, Trouble> {
    let opened = pixels::decode(path, 1, prepare);
    opened.map_err(|e| Trouble::Refused(format!("the picture can't be opened: {e}")))?
}

/// Shrinks, turns upright, then makes transparency white: in this order only the decoder holds the full size.
///
/// # Errors
/// `Refused` for a picture without pixels.
pub fn prepare(image: DynamicImage, orientation: Orientation) -> Result<Picture, Trouble> {
    let longest = image.width().max(image.height());
    if image.width() == 0 || image.height() == 0 {
        return Err(Trouble::Refused("the picture has no pixels".into()));
    }
    let (mut width, mut height) = (image.width(), image.height());
    let scale = (SIDE_MAX as f32 / longest as f32).min(1.0);
    let mut image = if scale < 1.0 { shrunk(&image, scale)? } else { image };
    image.apply_orientation(orientation);
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    if matches!(orientation, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH) {
        (width, height) = (height, width);
    }
    let pixels = if image.color().has_alpha() { pixels::on_white(&image) } else { image.into_rgb8() };
    Ok(Picture { pixels, width, height, scale, quick_lines: OnceLock::new(), skimmed: OnceLock::new(), codes: OnceLock::new() })
}

/// Keeps the pixel format.
fn shrunk(image: &DynamicImage, scale: f32) -> Result<DynamicImage, Trouble> {
    let of = |side: u32| ((side as f32 * scale).round() as u32).max(1);
    let mut small = DynamicImage::new(of(image.width()), of(image.height()), image.color());
    // `use_alpha` would copy the whole picture first.
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear)).use_alpha(false);
    let resized = Resizer::new().resize(image, &mut small, &options);
    resized.map_err(|e| Trouble::Refused(format!("the picture can't be shrunk: {e}")))?;
    Ok(small)
}

/// Bilinear, antialiased when shrinking.
pub fn resized(from: &RgbImage, width: u32, height: u32) -> Result<RgbImage, Trouble> {
    let failed = |error: &dyn std::fmt::Display| Trouble::Receive(format!("scaling failed: {error}"));
    let mut to = Image::new(width, height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    Resizer::new().resize(from, &mut to, &options).map_err(|e| failed(&e))?;
    RgbImage::from_raw(width, height, to.into_vec()).ok_or_else(|| failed(&"size"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgba, RgbaImage};

    #[test]
    fn transparent_becomes_white_and_huge_is_shrunk_and_rotated() {
        let clear = RgbaImage::from_pixel(6400, 10, Rgba([0, 0, 0, 0]));
        let picture = prepare(clear.into(), Orientation::Rotate90).unwrap();
        assert_eq!((picture.height, picture.pixels.height(), picture.pixels.width()), (6400, 3200, 5));
        assert_eq!(picture.pixels.get_pixel(2, 7).0, [255; 3]);
    }

    #[test]
    fn non_pictures_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.png");
        std::fs::write(&path, "no picture").unwrap();
        assert!(matches!(open(&path), Err(Trouble::Refused(_))));
        assert!(matches!(open(&dir.path().join("absent")), Err(Trouble::Refused(_))));
    }
}
