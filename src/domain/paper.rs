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

/// Of a page's area: codes and seals are smaller.
const PICTURE_SHARE: f32 = 0.1;
/// What is printed over a picture is on the form's own ground.
const RUNS_OVER_MAX: usize = 1;

impl Page {
    /// In pixels; `pictures`: where some are drawn.
    pub fn new(width: u32, height: u32, runs: Vec<Run>, pictures: &[Rect]) -> Self {
        let is_large = |picture: &&Rect| picture.width * picture.height > PICTURE_SHARE * width as f32 * height as f32;
        let is_over = |run: &&Run, picture: &Rect| {
            let (x, y) = (run.rect.x + run.rect.width / 2.0, run.rect.y + run.rect.height / 2.0);
            (picture.x..picture.right()).contains(&x) && (picture.y..picture.bottom()).contains(&y)
        };
        let is_beside =
            |picture: &&Rect| runs.iter().filter(|run| is_over(run, picture)).take(RUNS_OVER_MAX + 1).count() <= RUNS_OVER_MAX;
        let beside = pictures.iter().filter(is_large).filter(is_beside).take(PICTURES_MAX).count();
        Self { width, height, pictures: beside as u32, runs }
    }
}

/// More are counted as this many.
const PICTURES_MAX: usize = 100;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_picture_without_text_over_it_stands_beside_the_text() {
        let rect = |x: f32, y: f32, width: f32, height: f32| Rect { x, y, width, height };
        let line = |y: f32| Run { text: "名称".into(), rect: rect(100.0, y, 80.0, 20.0), probability: 1.0 };
        let beside = |picture: Rect| Page::new(1000, 800, vec![line(50.0), line(80.0), line(110.0)], &[picture]).pictures;
        assert_eq!(beside(rect(500.0, 300.0, 400.0, 400.0)), 1);
        assert_eq!(beside(rect(800.0, 600.0, 100.0, 100.0)), 0, "a code, a seal");
        assert_eq!(beside(rect(0.0, 0.0, 1000.0, 800.0)), 0, "the form's own ground");
    }
}
