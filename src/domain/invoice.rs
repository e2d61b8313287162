//! Pictures, and what was read on them. Not here: the reading (engine).

use super::ids::{ActionId, CompanyId, InvoiceId, Millis, PictureId, TemplateId, UserId};
use super::template::Rect;
use serde::{Deserialize, Serialize};
use std::fmt;

/// SHA-256 of a file's bytes; shown as 64 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BlobHash(pub [u8; 32]);

impl fmt::Display for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PictureFormat {
    Jpeg,
    Png,
    Bmp,
    Tiff,
    WebP,
}

impl PictureFormat {
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Bmp => "bmp",
            Self::Tiff => "tiff",
            Self::WebP => "webp",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Bmp => "image/bmp",
            Self::Tiff => "image/tiff",
            Self::WebP => "image/webp",
        }
    }
}

/// What a picture is for decides who may see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    Invoice,
    Template,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    pub id: PictureId,
    pub hash: BlobHash,
    pub format: PictureFormat,
    /// Pixels, as shown (after the camera's own rotation mark).
    pub width: u32,
    pub height: u32,
    pub bytes: u64,
    pub purpose: Purpose,
    pub company: CompanyId,
    pub uploaded_by: UserId,
    pub uploaded: Millis,
}

/// Of one picture, at every door where one is decoded.
pub const PIXELS_MAX: u64 = 64_000_000;
/// What a decoder may take for it: eight bytes a pixel are four colours of 16 bits.
pub const DECODED_BYTES_MAX: u64 = PIXELS_MAX * 8;

impl Picture {
    pub fn kib(&self) -> u64 {
        self.bytes.div_ceil(1024)
    }
}

/// One field of an invoice, as the engine read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Region {
    pub pos_id: String,
    /// On the invoice picture; `None` for what is on no place of it (a quota, the template's label).
    pub position: Option<Rect>,
    pub text: String,
    /// From 0 to 1.
    pub probability: f64,
    pub status: i32,
}

/// Collects what an engine reports, in the order it came; a field reported again is replaced.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Regions(pub Vec<Region>);

impl Regions {
    fn region(&mut self, pos_id: &str) -> &mut Region {
        let at = self.0.iter().position(|r| r.pos_id == pos_id).unwrap_or_else(|| {
            let empty = Region { pos_id: pos_id.to_owned(), position: None, text: String::new(), probability: 0.0, status: 0 };
            self.0.push(empty);
            self.0.len() - 1
        });
        &mut self.0[at]
    }

    pub fn found(&mut self, pos_id: &str, position: Rect, status: i32) {
        let region = self.region(pos_id);
        region.position = Some(position);
        region.status = status;
    }

    pub fn read(&mut self, pos_id: &str, text: String, probability: f64, status: i32) {
        let region = self.region(pos_id);
        region.text = text;
        region.probability = probability.clamp(0.0, 1.0);
        region.status = status;
    }
}

/// Why an invoice needs a person, in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub zh: String,
    pub en: String,
}

impl Reason {
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    pub fn no_template_fits() -> Self {
        Self::new("没有匹配的模板", "no template fits")
    }
}

/// How a template fared on a picture, among those it was chosen from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contender {
    pub template: TemplateId,
    /// What it was called at that moment.
    pub label: String,
    /// 0 to 1.
    pub score: f64,
    /// Why it fits, or why not.
    pub ground: Reason,
}

/// So many are kept, the likeliest.
pub const CONTENDERS_MAX: usize = 5;

/// How a fault left the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Settled {
    Resolved,
    Retried,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invoice {
    pub id: InvoiceId,
    pub action: ActionId,
    pub template: Option<TemplateId>,
    pub company: CompanyId,
    pub company_name: String,
    pub user: UserId,
    pub user_name: String,
    pub picture: Picture,
    pub recognised: Millis,
    /// Empty when it is no fault.
    pub reasons: Vec<Reason>,
    pub settled: Option<Settled>,
    pub regions: Vec<Region>,
}

/// A field that a person put right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    pub at: Millis,
    pub user_name: String,
    pub pos_id: String,
    pub old: String,
    pub new: String,
}

impl Invoice {
    pub fn text(&self, pos_id: &str) -> Option<&str> {
        self.regions.iter().find(|r| r.pos_id == pos_id).map(|r| r.text.as_str())
    }

    /// Code and number, by which an invoice is known in the world; `None` where one of them is missing.
    pub fn identity(&self) -> Option<String> {
        let part = |pos_id| self.text(pos_id).map(str::trim).filter(|t| !t.is_empty());
        Some(format!("{} {}", part("发票代码")?, part("发票号码")?))
    }
    pub fn is_fault(&self) -> bool {
        !self.reasons.is_empty()
    }
}
