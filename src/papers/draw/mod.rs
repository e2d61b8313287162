//! Pictures of pages, for people, templates and OCR. Not here: what stands on them as text (pdf.rs, ofd/).

use super::{Format, Trouble, heic, xml};
use image::RgbImage;

mod canvas;
mod ofd;
mod pdf;
mod sheet;

pub use sheet::size as sheet_size;

/// Page `number`, from 1, on white. Blocks: 10 to 100 ms.
pub fn page(format: Format, bytes: &[u8], number: u32) -> Result<RgbImage, Trouble> {
    let index = number.checked_sub(1).and_then(|index| usize::try_from(index).ok()).ok_or(Trouble::Damaged)?;
    match format {
        Format::Pdf => pdf::page(bytes, index),
        Format::Ofd => ofd::page(bytes, index),
        Format::Xml if index == 0 => sheet::drawn(&xml::stated(bytes)?),
        Format::Heic if index == 0 => heic::picture(bytes),
        Format::Xml | Format::Heic => Err(Trouble::Damaged),
    }
}
