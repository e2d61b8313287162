//! Decodes picture files within limits; all decoding goes through here. Not here: which pictures are allowed (domain/invoice.rs).

use crate::domain::invoice::{decoder_bytes_max, is_decoded};
use image::error::{LimitError, LimitErrorKind};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, ImageResult, Limits, RgbImage};
use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

pub mod cut;
pub mod tiff;

/// A colour A4 scan at 600 dpi takes 104 MB, a 12-megapixel photo 36 MB.
const LARGE_BYTES: u64 = 48 << 20;
/// Held while a large picture is decoded and shrunk, so that engine, template test and preview don't do so at once.
static LARGE: Mutex<()> = Mutex::new(());

/// Only the header has been read.
pub struct Opened {
    decoder: Box<dyn ImageDecoder>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("dimensions", &self.dimensions()).finish_non_exhaustive()
    }
}

/// The format is detected from the content. `page`: of a TIFF, from 1.
pub fn open(file: File, page: u32) -> ImageResult<Opened> {
    let reader = ImageReader::new(BufReader::new(file)).with_guessed_format()?;
    if reader.format() != Some(ImageFormat::Tiff) {
        return opened(reader);
    }
    let file = BufReader::new(tiff::AtPage::new(reader.into_inner().into_inner(), page)?);
    opened(ImageReader::with_format(file, ImageFormat::Tiff))
}

fn opened(mut reader: ImageReader<impl BufRead + Seek + 'static>) -> ImageResult<Opened> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(decoder_bytes_max(reader.format() == Some(ImageFormat::Png)));
    reader.limits(limits);
    Ok(Opened { decoder: Box::new(reader.into_decoder()?) })
}

impl Opened {
    /// Pixels, before the orientation is applied.
    pub fn dimensions(&self) -> (u32, u32) {
        self.decoder.dimensions()
    }

    /// As a browser shows it.
    pub fn orientation(&mut self) -> ImageResult<Orientation> {
        self.decoder.orientation()
    }

    /// Whether pixel count and decoded size are within the limits.
    pub fn is_decoded(&self) -> bool {
        is_decoded(self.decoder.dimensions(), self.decoder.total_bytes())
    }
}

/// Decodes a picture and passes it with its orientation to `shrink`. Blocks: large pictures are decoded one at a time. `page`: of a TIFF,
/// from 1.
pub fn decode<T>(path: &Path, page: u32, shrink: impl FnOnce(DynamicImage, Orientation) -> T) -> ImageResult<T> {
    let mut opened = open(File::open(path)?, page)?;
    if !opened.is_decoded() {
        return Err(ImageError::Limits(LimitError::from_kind(LimitErrorKind::DimensionError)));
    }
    let orientation = opened.orientation()?;
    let _alone = (opened.decoder.total_bytes() > LARGE_BYTES).then(|| LARGE.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(shrink(DynamicImage::from_decoder(opened.decoder)?, orientation))
}

/// Transparency made white.
pub fn on_white(image: &DynamicImage) -> RgbImage {
    let rgba = image.to_rgba8();
    let mut out = RgbImage::new(rgba.width(), rgba.height());
    for (to, from) in out.pixels_mut().zip(rgba.pixels()) {
        let [r, g, b, a] = from.0.map(u32::from);
        to.0 = [r, g, b].map(|c| ((c * a + 255 * (255 - a)) / 255) as u8);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn large_pictures_are_decoded_one_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let (large, small) = (dir.path().join("large.bmp"), dir.path().join("small.bmp"));
        RgbImage::new(5_000, 4_000).save(&large).unwrap();
        RgbImage::new(50, 40).save(&small).unwrap();
        let at_once = AtomicUsize::new(0);
        let decode_large = || {
            decode(&large, 1, |picture, _| {
                assert_eq!(at_once.fetch_add(1, Ordering::SeqCst), 0);
                decode(&small, 1, |picture, _| assert_eq!(picture.width(), 50)).unwrap();
                std::thread::sleep(std::time::Duration::from_millis(200));
                at_once.fetch_sub(1, Ordering::SeqCst);
                picture.width()
            })
        };
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..3).map(|_| scope.spawn(decode_large)).collect();
            assert!(all.into_iter().all(|one| one.join().unwrap().unwrap() == 5_000));
        });
    }
}
