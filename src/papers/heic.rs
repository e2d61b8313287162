//! HEIC, the photos of phones: one page, and nothing but a picture. Turned here, once, as the file's container says; the orientation in its
//! EXIF is for readers that don't know the container.

use super::{Shape, Trouble};
use crate::domain::paper::{Page, Paper, Source};
use heic_decoder::isobmff::{Transform, parse};
use heic_decoder::{DecodeOptions, DecodedImage, HeifError, decode_with, probe};
use image::imageops::{flip_horizontal, flip_vertical, rotate90, rotate180, rotate270, thumbnail};
use image::{Rgb, RgbImage};

/// Twelve bytes of each are held: a phone has 12 or 24 million.
const PIXELS_MAX: usize = 30_000_000;
/// A usual photo has 4,032 pixels on its longer side; larger ones are shrunk.
const SIDE_MAX: u32 = 4_096;

/// All of it is decoded: what can't be is refused while somebody waits for it.
pub fn inspect(bytes: &[u8]) -> Result<Shape, Trouble> {
    let (width, height) = picture(bytes)?.dimensions();
    Ok(Shape { pages: 1, width, height })
}

/// It has no text.
pub fn read() -> Paper {
    Paper { source: Source::Ocr, pages: vec![Page::default()], stated: Vec::new() }
}

pub fn picture(bytes: &[u8]) -> Result<RgbImage, Trouble> {
    let stated = probe(bytes).map_err(|e| trouble(&e))?;
    let pixels = stated.coded_width.saturating_mul(stated.coded_height);
    if pixels.saturating_mul(if stated.alpha_bit_depth.is_some() { 2 } else { 1 }) > PIXELS_MAX {
        return Err(Trouble::TooMuch);
    }
    let turns = parse(bytes).map_err(|e| trouble(&e))?.transforms;
    // The decoder would turn all planes with the tiles still in memory. No phone crops, so that is left to it.
    let is_cropped = turns.iter().any(|turn| matches!(turn, Transform::CleanAperture(_)));
    let decoded = decode_with(bytes, &DecodeOptions { apply_transforms: is_cropped }).map_err(|e| trouble(&e))?;
    let mut picture = coloured(decoded)?;
    let longer = picture.width().max(picture.height());
    if longer > SIDE_MAX {
        let side = |side: u32| (u64::from(side) * u64::from(SIDE_MAX) / u64::from(longer)).max(1) as u32;
        picture = thumbnail(&picture, side(picture.width()), side(picture.height()));
    }
    let turns = turns.into_iter().filter(|_| !is_cropped);
    Ok(turns.fold(picture, |picture, turn| match turn {
        Transform::Rotate90Ccw(1) => rotate270(&picture),
        Transform::Rotate90Ccw(2) => rotate180(&picture),
        Transform::Rotate90Ccw(3) => rotate90(&picture),
        Transform::MirrorVertical => flip_vertical(&picture),
        Transform::MirrorHorizontal => flip_horizontal(&picture),
        Transform::Rotate90Ccw(_) | Transform::CleanAperture(_) => picture,
    }))
}

/// Transparent is white.
fn coloured(decoded: DecodedImage) -> Result<RgbImage, Trouble> {
    let size = |side: usize| u32::try_from(side).map_err(|_| Trouble::TooMuch);
    let (width, height) = (size(decoded.width)?, size(decoded.height)?);
    if decoded.alpha.is_none() {
        let pixels = decoded.to_rgb8().map_err(|e| trouble(&e))?.data;
        return RgbImage::from_raw(width, height, pixels).ok_or(Trouble::Damaged);
    }
    let pixels = decoded.to_rgba8().map_err(|e| trouble(&e))?.data;
    let mut picture = RgbImage::new(width, height);
    for (to, from) in picture.pixels_mut().zip(pixels.chunks_exact(4)) {
        if let [r, g, b, a] = from {
            *to = Rgb([r, g, b].map(|c| ((u32::from(*c) * u32::from(*a) + 255 * (255 - u32::from(*a))) / 255) as u8));
        }
    }
    Ok(picture)
}

fn trouble(error: &HeifError) -> Trouble {
    if matches!(error, HeifError::LimitExceeded(_)) { Trouble::TooMuch } else { Trouble::Damaged }
}
