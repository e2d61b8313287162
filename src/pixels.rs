//! From a picture's file to its pixels: the one door where pictures are decoded, within limits. Not here: what a picture may be
//! (domain/invoice.rs), and what becomes of its pixels.

use crate::domain::invoice::{decoder_bytes_max, is_decoded};
use image::error::{LimitError, LimitErrorKind};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, ImageResult, Limits};
use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Unpacked, a sheet of A4 at 600 dpi in colour has 104 MB, a photograph of 12 megapixels 36.
const LARGE_BYTES: u64 = 48 << 20;
/// Held by whoever decodes a large picture, until it is made smaller: the engine, a template's test and a preview would otherwise hold one
/// each at the same time.
static LARGE: Mutex<()> = Mutex::new(());

/// A picture of which only the header is read.
pub struct Opened {
    decoder: Box<dyn ImageDecoder>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("dimensions", &self.dimensions()).finish_non_exhaustive()
    }
}

/// What it is is told by its content.
pub fn open(file: File) -> ImageResult<Opened> {
    let mut reader = ImageReader::new(BufReader::new(file)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(decoder_bytes_max(reader.format() == Some(ImageFormat::Png)));
    reader.limits(limits);
    Ok(Opened { decoder: Box::new(reader.into_decoder()?) })
}

impl Opened {
    /// Pixels, as they lie in the file.
    pub fn dimensions(&self) -> (u32, u32) {
        self.decoder.dimensions()
    }

    /// How it has to be turned to stand as a browser shows it.
    pub fn orientation(&mut self) -> ImageResult<Orientation> {
        self.decoder.orientation()
    }

    /// `false`: it has too many pixels, or too many bits for so many.
    pub fn is_decoded(&self) -> bool {
        is_decoded(self.decoder.dimensions(), self.decoder.total_bytes())
    }
}

/// The picture, and how it has to be turned, for `shrink`, which keeps no more of a large one than it needs. Blocks: large ones are decoded
/// one after the other.
pub fn decode<T>(path: &Path, shrink: impl FnOnce(DynamicImage, Orientation) -> T) -> ImageResult<T> {
    let mut opened = open(File::open(path)?)?;
    if !opened.is_decoded() {
        return Err(ImageError::Limits(LimitError::from_kind(LimitErrorKind::DimensionError)));
    }
    let orientation = opened.orientation()?;
    let _alone = (opened.decoder.total_bytes() > LARGE_BYTES).then(|| LARGE.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(shrink(DynamicImage::from_decoder(opened.decoder)?, orientation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::RgbImage;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn of_large_pictures_one_is_decoded_at_a_time_and_small_ones_pass_by() {
        let dir = tempfile::tempdir().unwrap();
        let (large, small) = (dir.path().join("large.bmp"), dir.path().join("small.bmp"));
        RgbImage::new(5_000, 4_000).save(&large).unwrap();
        RgbImage::new(50, 40).save(&small).unwrap();
        let at_once = AtomicUsize::new(0);
        let decode_large = || {
            decode(&large, |picture, _| {
                assert_eq!(at_once.fetch_add(1, Ordering::SeqCst), 0);
                // The other one is there long before this is over; a small one is not held up.
                decode(&small, |picture, _| assert_eq!(picture.width(), 50)).unwrap();
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
