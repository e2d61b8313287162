//! JPEGs of pictures and of pages of documents, small or whole. Each is made once, one at a time (a large scan takes seconds to open), and cached in
//! bounded memory. Not here: who may see them (upload.rs).

use crate::app::{App, pictures};
use crate::domain::invoice::{BlobHash, Picture};
use crate::domain::refusal::{Code, Refusal};
use crate::pixels;
use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageError, ImageFormat, ImageReader};
use std::collections::HashMap;
use std::io::{self, Cursor, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tempfile::{NamedTempFile, TempPath};
use tokio::sync::Semaphore;

/// A request gets the next larger one.
const WIDTHS: [u32; 3] = [160, 480, 1600];
pub const WHOLE: u32 = u32::MAX;
/// Maximum height, in widths: a till receipt.
const HEIGHTS: u32 = 4;
const JPEG_QUALITY: u8 = 82;
/// A phone's photo opens in some tenths of a second.
const SMALL_PIXELS_MAX: u64 = 13_000_000;
/// Up to twice as much is kept.
const GENERATION_BYTES: usize = 16 << 20;

pub fn width(wanted: u64) -> u32 {
    WIDTHS.into_iter().find(|width| u64::from(*width) >= wanted).unwrap_or(WIDTHS[WIDTHS.len() - 1])
}

/// File, page from 1, width.
type Key = (BlobHash, u32, u32);

/// What was not used lately goes with its generation.
#[derive(Debug, Default)]
struct Kept {
    young: HashMap<Key, Bytes>,
    old: HashMap<Key, Bytes>,
    young_bytes: usize,
}

impl Kept {
    fn get(&mut self, key: &Key) -> Option<Bytes> {
        if let Some(found) = self.young.get(key) {
            return Some(found.clone());
        }
        let found = self.old.remove(key)?;
        self.put(*key, found.clone());
        Some(found)
    }

    fn put(&mut self, key: Key, bytes: Bytes) {
        self.young_bytes += bytes.len();
        self.young.insert(key, bytes);
        if self.young_bytes > GENERATION_BYTES {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
    }
}

#[derive(Debug)]
pub struct Thumbs {
    kept: Mutex<Kept>,
    /// Large ones queue separately, so that small ones need not wait.
    large: Semaphore,
    small: Semaphore,
}

impl Default for Thumbs {
    fn default() -> Self {
        Self { kept: Mutex::default(), large: Semaphore::new(1), small: Semaphore::new(1) }
    }
}

impl Thumbs {
    fn known(&self, key: &Key) -> Option<Bytes> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(key)
    }

    /// At most `width` pixels wide. `page`: from 1.
    pub async fn get(&self, app: Arc<App>, picture: &Picture, page: u32, width: u32) -> Result<Bytes, Refusal> {
        let key = (picture.hash, page, width);
        if let Some(known) = self.known(&key) {
            return Ok(known);
        }
        let is_large = u64::from(picture.width) * u64::from(picture.height) > SMALL_PIXELS_MAX;
        let queue = if is_large { &self.large } else { &self.small };
        let _turn = queue.acquire().await.map_err(|_| Refusal::internal())?;
        if let Some(known) = self.known(&key) {
            return Ok(known);
        }
        let (path, document) = (app.blobs.path(&picture.hash), pictures::document(picture.format));
        let made = tokio::task::spawn_blocking(move || match document {
            None => make(&path, page, width).map_err(|e| broken(&e)),
            Some(format) => {
                let drawn = app.papers.draw(format, &path, page).map_err(|trouble| pictures::unread(&trouble))?;
                if width == WHOLE { Ok(drawn) } else { shrink(&drawn, width).map_err(|e| broken(&e)) }
            }
        });
        let bytes = Bytes::from(made.await.map_err(|_| Refusal::internal())??);
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).put(key, bytes.clone());
        Ok(bytes)
    }

    /// `page`: from 1.
    pub async fn file(&self, app: Arc<App>, picture: &Picture, page: u32) -> Result<PageFile, Refusal> {
        let jpeg = self.get(app.clone(), picture, page, WHOLE).await?;
        let kept = tokio::task::spawn_blocking(move || kept_for_a_while(&app.blobs.scratch(), &jpeg));
        kept.await.map_err(|_| Refusal::internal())?
    }
}

/// A whole page for an engine; removed with this.
#[derive(Debug)]
pub struct PageFile {
    pub path: TempPath,
    /// Pixels.
    pub size: (u32, u32),
}

fn kept_for_a_while(scratch: &Path, jpeg: &[u8]) -> Result<PageFile, Refusal> {
    let written = || {
        let mut file = NamedTempFile::new_in(scratch)?;
        file.write_all(jpeg)?;
        Ok::<_, io::Error>(file.into_temp_path())
    };
    let size = ImageReader::with_format(Cursor::new(jpeg), ImageFormat::Jpeg).into_dimensions();
    let (Ok(path), Ok(size)) = (written(), size) else { return Err(Refusal::internal()) };
    Ok(PageFile { path, size })
}

fn broken(e: &ImageError) -> Refusal {
    tracing::warn!("a picture can't be made smaller: {e}");
    Refusal::new(Code::Unsupported, "这张图片无法缩小显示", "this picture can't be made smaller")
}

fn make(path: &Path, page: u32, width: u32) -> Result<Vec<u8>, ImageError> {
    pixels::decode(path, page, |picture, turned| encode(small(picture, turned, width)))?
}

/// Of a page that was drawn here.
fn shrink(drawn: &[u8], width: u32) -> Result<Vec<u8>, ImageError> {
    encode(small(image::load_from_memory_with_format(drawn, ImageFormat::Jpeg)?, Orientation::NoTransforms, width))
}

fn encode(picture: DynamicImage) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Vec::new();
    picture.into_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY))?;
    Ok(bytes)
}

/// Shrunk before turning: only the decoder holds all pixels.
fn small(mut picture: DynamicImage, turned: Orientation, width: u32) -> DynamicImage {
    let height = width.saturating_mul(HEIGHTS);
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    let (width, height) = match turned {
        Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH => (height, width),
        _ => (width, height),
    };
    if picture.width() > width || picture.height() > height {
        picture = picture.thumbnail(width, height);
    }
    picture.apply_orientation(turned);
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_has_few_sizes() {
        assert_eq!([1, 160, 161, 5_000].map(width), [160, 160, 480, 1600]);
    }

    #[test]
    fn what_is_kept_is_bounded_and_what_is_used_stays() {
        let mut kept = Kept::default();
        let key = |n: u8| (BlobHash([n; 32]), 1, 160);
        let picture = Bytes::from(vec![0; GENERATION_BYTES / 4]);
        for n in 0..40 {
            kept.put(key(n), picture.clone());
            assert!(kept.get(&key(0)).is_some(), "the first is used all the time");
        }
        let bytes: usize = kept.young.values().chain(kept.old.values()).map(Bytes::len).sum();
        assert!(bytes <= 3 * GENERATION_BYTES, "{bytes}");
        assert!(kept.get(&key(1)).is_none());
    }
}
