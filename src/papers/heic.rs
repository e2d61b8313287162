//! HEIC, the photos of phones: one page, and nothing but a picture. Turned here, once, as the file's container says; the orientation in its
//! EXIF is for readers that don't know the container.

use super::{Shape, Trouble};
use crate::domain::paper::{Page, Paper, Source};
use heic_decoder::isobmff::{Transform, parse};
use heic_decoder::{DecodeOptions, DecodedImage, HeifError, decode_with, probe};
use image::imageops::{flip_horizontal, flip_vertical, rotate90, rotate180, rotate270, thumbnail};
use image::{Rgb, RgbImage};

/// Up to sixteen bytes of each are held (desk.rs has the limit): a phone has 12 or 24 million.
const PIXELS_MAX: usize = 26_000_000;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> (Vec<u8>, RgbImage) {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures");
        (std::fs::read(folder.join("digital.heic")).unwrap(), image::open(folder.join("digital.png")).unwrap().into_rgb8())
    }

    fn with(bytes: &[u8], place: &[u8], by: usize, value: u8) -> Vec<u8> {
        let at = bytes.windows(place.len()).position(|window| window == place).unwrap() + by;
        let mut bytes = bytes.to_vec();
        bytes[at] = value;
        bytes
    }

    fn distance(a: &RgbImage, b: &RgbImage) -> f64 {
        assert_eq!(a.dimensions(), b.dimensions());
        a.iter().zip(b.iter()).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.len() as f64
    }

    /// It is stored on its side; its EXIF says so once more.
    #[test]
    fn a_photo_is_turned_once() {
        let (bytes, upright) = files();
        assert_eq!(inspect(&bytes), Ok(Shape { pages: 1, width: 1044, height: 666 }));
        for (turns, want) in [(0, rotate270(&upright)), (1, rotate180(&upright)), (2, rotate90(&upright)), (3, upright.clone())] {
            let found = picture(&with(&bytes, b"irot", 4, turns)).unwrap();
            assert!(distance(&found, &want) < 3.0, "irot {turns}: {}", distance(&found, &want));
        }
        let mirrored = |axis: u8| {
            let mut bytes = with(&bytes, b"irot", 4, axis);
            let at = bytes.windows(4).position(|window| window == b"irot").unwrap();
            bytes[at..at + 4].copy_from_slice(b"imir");
            picture(&bytes).unwrap()
        };
        let lying = rotate270(&upright);
        assert!(distance(&mirrored(0), &flip_vertical(&lying)) < 3.0);
        assert!(distance(&mirrored(1), &flip_horizontal(&lying)) < 3.0);
    }

    #[test]
    fn what_is_cut_off_or_too_large_is_refused() {
        let (bytes, _) = files();
        for end in [0, 8, 24, 400, bytes.len() / 2, bytes.len() - 60] {
            assert_eq!(inspect(&bytes[..end]), Err(Trouble::Damaged), "{end}");
        }
        // 6,554 × 5,140 pixels, of which nothing is there.
        let size = [2, 1, 0x02, 0x9A, 0x04, 0x14];
        assert_eq!(inspect(&with(&with(&bytes, &size, 2, 0x19), &[2, 1, 0x19, 0x9A], 4, 0x14)), Err(Trouble::TooMuch));
    }
}
