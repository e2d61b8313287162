//! Incoming pictures: format, size, completeness; without decoding pixels.

pub use super::refusals::{paper_is_not_read as unread, picture_has_too_many_bytes as too_many_bytes};
use super::{App, By, now, refusals};
use crate::domain::corners::Corners;
use crate::domain::file_kind;
use crate::domain::ids::{CompanyId, PictureId};
use crate::domain::invoice::{BlobHash, Picture, PictureFormat, Purpose};
use crate::domain::refusal::Refusal;
use crate::papers;
use crate::papers::desk::Desk;
use crate::papers::detect::{self, Found};
use crate::pixels::{self, tiff};
use crate::store::tables::PICTURES;
use crate::store::{StoreError, Txn, View};
use image::metadata::Orientation;
use image::{ImageFormat, ImageResult};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

pub const BYTES_MAX: u64 = crate::domain::invoice::PICTURE_BYTES_MAX;

/// A picture whose file is synced but which no row names yet.
#[derive(Clone, Debug)]
pub struct Kept {
    pub hash: BlobHash,
    pub shape: Shape,
    pub bytes: u64,
}

/// From the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub format: PictureFormat,
    pub width: u32,
    pub height: u32,
    pub pages: u32,
}

fn of_document(format: papers::Format) -> PictureFormat {
    match format {
        papers::Format::Pdf => PictureFormat::Pdf,
        papers::Format::Ofd => PictureFormat::Ofd,
        papers::Format::Xml => PictureFormat::Xml,
        papers::Format::Heic => PictureFormat::Heic,
    }
}

/// As `papers` reads it; `None` for a picture.
pub fn document(format: PictureFormat) -> Option<papers::Format> {
    use papers::Format::{Heic, Ofd, Pdf, Xml};
    [Pdf, Ofd, Xml, Heic].into_iter().find(|document| of_document(*document) == format)
}

/// Whether the file may hold its text or data.
pub fn says_itself(format: PictureFormat) -> bool {
    document(format).is_some_and(|document| document != papers::Format::Heic)
}

/// A picture or a document. Blocks.
pub fn inspect_paper(path: &Path, desk: &Desk) -> Result<Shape, Refusal> {
    let mut file = File::open(path).map_err(StoreError::Io)?;
    let Some(Found::Paper(format)) = detect::format_of(&mut file).map_err(StoreError::Io)? else { return inspect(path) };
    if file.metadata().map_err(StoreError::Io)?.len() > BYTES_MAX {
        return Err(too_many_bytes());
    }
    let papers::Shape { pages, width, height } = desk.inspect(format, path).map_err(|trouble| match format {
        papers::Format::Heic if trouble != papers::Trouble::Busy => refusals::picture_is_unsupported(file_kind::unread_heic()),
        _ => unread(&trouble),
    })?;
    Ok(Shape { format: of_document(format), width, height, pages })
}

/// Reads the header and checks that the end is there. Blocks.
pub fn inspect(path: &Path) -> Result<Shape, Refusal> {
    let mut file = File::open(path).map_err(StoreError::Io)?;
    let bytes = file.metadata().map_err(StoreError::Io)?.len();
    let mut head = Vec::new();
    (&file).take(file_kind::HEAD_BYTES as u64).read_to_end(&mut head).map_err(StoreError::Io)?;
    let format = match image::guess_format(&head) {
        Ok(ImageFormat::Jpeg) => PictureFormat::Jpeg,
        Ok(ImageFormat::Png) => PictureFormat::Png,
        Ok(ImageFormat::Bmp) => PictureFormat::Bmp,
        Ok(ImageFormat::Tiff) => PictureFormat::Tiff,
        Ok(ImageFormat::WebP) => PictureFormat::WebP,
        _ => return Err(refusals::picture_is_unsupported(file_kind::taken_for(&head))),
    };
    // Unreadable directories count as cut off.
    let pages = if format == PictureFormat::Tiff { tiff::pages(&mut file, bytes) } else { Ok(1) };
    let cut_off = || refusals::picture_is_unsupported(file_kind::cut_off());
    let pages = pages.map_err(|_| cut_off())?;
    if !is_whole(&mut file, format, bytes).unwrap_or(false) {
        return Err(cut_off());
    }
    file.seek(SeekFrom::Start(0)).map_err(StoreError::Io)?;
    let mut opened = pixels::open(file, 1).map_err(|_| cut_off())?;
    let (mut width, mut height) = opened.dimensions();
    if !opened.is_decoded() {
        return Err(refusals::picture_is_too_large(width, height));
    }
    if width == 0 || height == 0 {
        return Err(cut_off());
    }
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    if matches!(opened.orientation(), Ok(Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH)) {
        (width, height) = (height, width);
    }
    Ok(Shape { format, width, height, pages })
}

/// A PNG of one paper of a picture, and its size in pixels. Blocks.
pub fn cut(path: &Path, corners: &Corners) -> ImageResult<(Vec<u8>, (u32, u32))> {
    pixels::cut::cut(path, corners)
}

/// A PNG of a page of a TIFF, from 1. Blocks.
pub fn page(path: &Path, page: u32) -> ImageResult<Vec<u8>> {
    pixels::cut::page(path, page)
}

/// JPEG's end mark may be this far from the end: cameras append data.
const JPEG_TAIL: u64 = 64 << 10;

/// Tells a truncated file from a whole one without decoding it.
fn is_whole(file: &mut File, format: PictureFormat, bytes: u64) -> std::io::Result<bool> {
    let mut tail = |len: u64| {
        file.seek(SeekFrom::Start(bytes.saturating_sub(len)))?;
        let mut tail = Vec::new();
        file.read_to_end(&mut tail)?;
        Ok::<_, std::io::Error>(tail)
    };
    Ok(match format {
        PictureFormat::Jpeg => tail(JPEG_TAIL)?.windows(2).any(|w| w == [0xFF, 0xD9]),
        PictureFormat::Png => tail(JPEG_TAIL)?.windows(4).any(|w| w == b"IEND"),
        // Length at byte 4, not counting the first eight bytes.
        PictureFormat::WebP => stated_length(file, 4)? + 8 <= bytes + 1,
        // Length at byte 2; some writers leave it zero.
        PictureFormat::Bmp => stated_length(file, 2)? <= bytes,
        // Checked when counting pages.
        PictureFormat::Tiff => true,
        PictureFormat::Pdf | PictureFormat::Ofd | PictureFormat::Xml | PictureFormat::Heic => false,
    })
}

fn stated_length(file: &mut File, at: u64) -> std::io::Result<u64> {
    let mut length = [0; 4];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut length)?;
    Ok(u64::from(u32::from_le_bytes(length)))
}

pub fn record(txn: &mut Txn<'_>, by: &By, kept: &Kept, purpose: Purpose, company: CompanyId) -> Result<Picture, StoreError> {
    let id = PictureId(txn.next("pictures")?);
    let picture = Picture {
        id,
        hash: kept.hash,
        format: kept.shape.format,
        width: kept.shape.width,
        height: kept.shape.height,
        bytes: kept.bytes,
        purpose,
        company,
        uploaded_by: by.actor.user,
        uploaded: now(),
        pages: kept.shape.pages,
    };
    txn.put(&PICTURES, &id, &picture)?;
    Ok(picture)
}

/// Moves the picture to `company`, which it is about; the uploader may be of another.
pub(super) fn give(txn: &mut Txn<'_>, picture: Picture, company: CompanyId) -> Result<Picture, StoreError> {
    let picture = Picture { company, ..picture };
    txn.put(&PICTURES, &picture.id, &picture)?;
    Ok(picture)
}

/// Copies the row for `company`, as others use the picture too.
pub(super) fn hand_over(txn: &mut Txn<'_>, picture: Picture, company: CompanyId) -> Result<Picture, StoreError> {
    let picture = Picture { id: PictureId(txn.next("pictures")?), company, ..picture };
    txn.put(&PICTURES, &picture.id, &picture)?;
    Ok(picture)
}

pub fn get(view: &View<'_>, id: PictureId) -> Result<Option<Picture>, StoreError> {
    view.get(&PICTURES, &id)
}

impl App {
    pub async fn record_template_origin(&self, by: By, kept: Kept) -> Result<Picture, Refusal> {
        self.act(by, move |txn, by| Ok(record(txn, by, &kept, Purpose::Template, by.actor.company)?)).await
    }

    /// Removes files that no row names, left by unfinished uploads. Only at start, before any upload.
    pub fn sweep_pictures(&self) -> Result<usize, Refusal> {
        let named = self.store.read(|view| {
            view.scan(&PICTURES, &(), false).map(|row| row.map(|(_, p)| p.hash.to_string())).collect::<Result<_, _>>()
        })?;
        Ok(self.blobs.sweep(&named)?)
    }
}
