//! The company's logo, one a box, as labels show it. Not here: taking it in (app/logos.rs), drawing it (labels/logo.rs).

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logo {
    /// Name of the file that was sent.
    pub file: String,
    /// 8 bits of grey a pixel, within the limits below.
    pub png: Vec<u8>,
}

/// Of the file that is sent.
pub const FILE_BYTES_MAX: u64 = 1 << 20;
/// In pixels.
pub const SIDE_MAX: u32 = 1_000;
/// It is a row of the store, which takes no larger one.
pub const PNG_BYTES_MAX: usize = 90 * 1024;
/// What is darker is printed.
pub const INK_BELOW: u8 = 128;
