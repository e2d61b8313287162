//! What a paper holds before anyone says what it means: pages with runs of text, and what the file states as data. Not here: reading
//! files (papers/), known forms (forms/).

use super::kind::Kind;
use super::template::Rect;
use serde::{Deserialize, Serialize};

/// Where a value comes from, the surest first. Stored with the invoice: append new variants at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Source {
    Xml,
    /// Data inside an OFD, or its text.
    Ofd,
    Pdf,
    Qr,
    Ocr,
    Person,
}

impl Source {
    /// On the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Ofd => "ofd",
            Self::Pdf => "pdf",
            Self::Qr => "qr",
            Self::Ocr => "ocr",
            Self::Person => "person",
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::Xml => "XML 数据",
            Self::Ofd => "OFD",
            Self::Pdf => "PDF 文字",
            Self::Qr => "二维码",
            Self::Ocr => "图片",
            Self::Person => "人工填写",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Self::Xml => "XML data",
            Self::Ofd => "OFD",
            Self::Pdf => "PDF's text",
            Self::Qr => "QR code",
            Self::Ocr => "picture",
            Self::Person => "entry",
        }
    }
}

/// Text that stands together on a line; what its file draws or an OCR reads in one go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// As in the file; NFKC is the reader's of the form.
    pub text: String,
    /// Pixels of the page's picture.
    pub rect: Rect,
    /// 0 to 1; 1 for text of a file.
    pub probability: f64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Pixels of its picture.
    pub width: u32,
    pub height: u32,
    pub runs: Vec<Run>,
    /// Large ones beside the text: what they show, it does not say.
    pub pictures: u32,
}

/// A line of an invoice; what the form does not say is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub name: String,
    pub spec: String,
    pub unit: String,
    pub quantity: String,
    pub price: String,
    /// Without tax.
    pub amount: String,
    /// As printed: `13%`, `免税`, `***`.
    pub tax_rate: String,
    pub tax: String,
}

/// An invoice as its file states it in data, without a place on a page. `(pos_id, text)`, in the words of the contract's §6.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stated {
    pub kind: Option<Kind>,
    pub fields: Vec<(String, String)>,
    pub items: Vec<Item>,
}

/// A document's text and data. A file of pictures has pages without runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paper {
    /// Of its text.
    pub source: Source,
    pub pages: Vec<Page>,
    /// Data that it carries, the surest first, with where it stands (an XML inside a PDF is `Xml`).
    pub stated: Vec<(Source, Stated)>,
}
