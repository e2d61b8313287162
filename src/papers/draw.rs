//! Draws pages.

use super::{Format, Trouble};
use image::RgbImage;

/// Page `page`, from 1.
pub fn page(_: Format, _: &[u8], _page: u32) -> Result<RgbImage, Trouble> {
    Err(Trouble::Damaged)
}
