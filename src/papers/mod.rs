//! The one door for documents: bytes → what they are → pages, their text, their data, their pictures. Files are hostile until read: all of
//! this runs in a process of its own (worker.rs), within its limits; so do photos whose decoder is young. Not here: other pictures
//! (pixels/), what the text means (domain/forms/).

use crate::domain::paper::Paper;
use crate::domain::words::Words;
use serde::{Deserialize, Serialize};

pub mod archive;
#[cfg(test)]
mod bent;
pub mod desk;
pub mod detect;
mod draw;
mod heic;
mod ofd;
mod pdf;
#[cfg(test)]
mod real;
mod stating;
mod tree;
pub mod worker;
mod xbrl;
mod xml;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    Pdf,
    Ofd,
    Xml,
    Heic,
}

/// From the file's structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    pub pages: u32,
    /// Of the first page's picture, pixels.
    pub width: u32,
    pub height: u32,
}

/// Why a file can't be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trouble {
    /// It asks for a password.
    Locked,
    /// Cut off or damaged.
    Damaged,
    /// An XML or ZIP that is no invoice.
    NoInvoice,
    TooManyPages,
    /// An XML of more than one invoice.
    Several,
    /// Unpacked size, number of objects, nesting, or time.
    TooMuch,
    /// It could not be read now; the file may be good.
    Busy,
}

/// More is no invoice.
pub const PAGES_MAX: usize = 200;
/// Dots an inch of a page's picture.
pub const DPI: f32 = 150.0;
/// Longer side of a page's picture, pixels; larger pages are drawn smaller.
pub const SIDE_MAX: u32 = 4_000;
/// All parts of a file together, bytes.
pub const UNPACKED_MAX: u64 = 128 << 20;

impl Trouble {
    pub fn words(&self) -> Words {
        match self {
            Self::Locked => Words::new(
                "这个文件有打开密码：请先用密码打开，另存为没有密码的文件再上传",
                "this file asks for a password: please open it, save it without one and upload that",
            ),
            Self::Damaged => Words::new(
                "文件不完整或已损坏：请从原处重新下载再上传",
                "the file is incomplete or damaged: please download it again and upload that",
            ),
            Self::NoInvoice => Words::new(
                "这个文件里没有发票：请上传发票的 PDF、OFD、XML 或图片",
                "there is no invoice in this file: please upload the invoice's PDF, OFD, XML or picture",
            ),
            Self::Several => Words::new(
                "这个 XML 里有多张发票：请把每一张单独上传",
                "there is more than one invoice in this XML: please upload each by itself",
            ),
            Self::TooManyPages => Words::new(
                "文件超过 200 页：请只上传发票所在的页",
                "the file has more than 200 pages: please upload only those with invoices",
            ),
            Self::TooMuch => Words::new(
                "文件太复杂，没有读完：请把发票另存为图片再上传",
                "the file is too complex and was not read to its end: please save the invoice as a picture and upload that",
            ),
            Self::Busy => Words::new("现在无法读取文件，请稍后再试", "files can't be read just now, please try again later"),
        }
    }
}

/// Whether pages fit a limit, and the size of the first one. Blocks.
pub fn inspect(format: Format, bytes: &[u8]) -> Result<Shape, Trouble> {
    match format {
        Format::Pdf => pdf::inspect(bytes),
        Format::Ofd => ofd::inspect(bytes),
        Format::Xml => xml::inspect(bytes),
        Format::Heic => heic::inspect(bytes),
    }
}

/// All text and data. Blocks.
pub fn read(format: Format, bytes: &[u8]) -> Result<Paper, Trouble> {
    match format {
        Format::Pdf => pdf::read(bytes),
        Format::Ofd => ofd::read(bytes),
        Format::Xml => xml::read(bytes),
        Format::Heic => Ok(heic::read()),
    }
}
