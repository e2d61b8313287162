//! Pictures, and the invoices read from them. Not here: reading (engine).

use super::area::AreaKind;
use super::fit_reason::FitReason;
use super::ids::{ActionId, CompanyId, InvoiceId, Millis, PictureId, TemplateId, UserId};
use super::kind::Kind;
use super::paper::Source;
use super::reason::Reason;
use super::region::{self, Region, is_sure};
use super::words::Words;
use super::{calendar, identity, money, text};
use serde::{Deserialize, Serialize};
use std::fmt;

/// SHA-256 of a file, shown as 64 hex digits.
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
    Pdf,
    Ofd,
    Xml,
    Heic,
}

impl PictureFormat {
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Bmp => "bmp",
            Self::Tiff => "tiff",
            Self::WebP => "webp",
            Self::Pdf => "pdf",
            Self::Ofd => "ofd",
            Self::Xml => "xml",
            Self::Heic => "heic",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Bmp => "image/bmp",
            Self::Tiff => "image/tiff",
            Self::WebP => "image/webp",
            Self::Pdf => "application/pdf",
            Self::Ofd => "application/ofd",
            Self::Xml => "application/xml",
            Self::Heic => "image/heic",
        }
    }

    /// Its pages are drawn where papers are read, not decoded here.
    pub fn is_drawn(self) -> bool {
        matches!(self, Self::Pdf | Self::Ofd | Self::Xml | Self::Heic)
    }

    /// On the wire, an invoice's `source`.
    pub fn source(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Ofd => "ofd",
            Self::Pdf => "pdf",
            Self::Jpeg | Self::Png | Self::Bmp | Self::Tiff | Self::WebP | Self::Heic => "picture",
        }
    }

    /// The surer a file is, the lower: of invoices that are one, the surest counts.
    pub fn rank(self) -> u8 {
        match self {
            Self::Xml => 0,
            Self::Ofd => 1,
            Self::Pdf => 2,
            Self::Jpeg | Self::Png | Self::Bmp | Self::Tiff | Self::WebP | Self::Heic => 3,
        }
    }
}

/// Decides who may see the picture.
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
    /// Pixels, after EXIF rotation.
    pub width: u32,
    pub height: u32,
    pub bytes: u64,
    pub purpose: Purpose,
    pub company: CompanyId,
    pub uploaded_by: UserId,
    pub uploaded: Millis,
    /// Pages in the file.
    pub pages: u32,
}

pub const PICTURE_BYTES_MAX: u64 = 20 << 20;
/// Checked wherever a picture is decoded.
pub const PIXELS_MAX: u64 = 64_000_000;
/// Nothing longer is paper, and shrinking needs memory in proportion.
pub const SIDE_MAX: u32 = 65_535;
/// Four channels of 8 bits; deeper pictures must have fewer pixels.
const DECODED_BYTES_MAX: u64 = PIXELS_MAX * 4;
/// The largest colour profiles have some MiB, but a few KB can inflate to hundreds.
const PNG_HEADER_BYTES_MAX: u64 = 8 << 20;

/// Bytes a decoder may allocate: for a PNG, what its header inflates to; otherwise the pixels and as much again.
pub fn decoder_bytes_max(is_png: bool) -> u64 {
    if is_png { PNG_HEADER_BYTES_MAX } else { 2 * DECODED_BYTES_MAX }
}

/// `bytes`: the decoded size.
pub fn is_decoded((width, height): (u32, u32), bytes: u64) -> bool {
    u64::from(width) * u64::from(height) <= PIXELS_MAX && width.max(height) <= SIDE_MAX && bytes <= DECODED_BYTES_MAX
}

impl Picture {
    pub fn kib(&self) -> u64 {
        self.bytes.div_ceil(1024)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    pub template: TemplateId,
    pub label: String,
    /// 0 to 1.
    pub score: f64,
    pub reason: FitReason,
}

/// How many are kept, best first.
pub const CANDIDATES_MAX: usize = 5;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Why {
    Found(Reason),
    /// Text of an older release.
    Said(Words),
}

impl Why {
    pub fn zh(&self) -> String {
        match self {
            Self::Found(reason) => reason.zh(),
            Self::Said(words) => words.zh.clone(),
        }
    }

    pub fn en(&self) -> String {
        match self {
            Self::Found(reason) => reason.en(),
            Self::Said(words) => words.en.clone(),
        }
    }

    /// In the words of the pages.
    pub fn told(&self) -> Words {
        match self {
            Self::Found(reason) => reason.told(),
            Self::Said(words) => words.clone(),
        }
    }

    /// The areas it doubts, each with the text it refers to. Stored sentences are searched for areas and texts.
    pub fn doubted<'a>(&'a self, regions: &'a [Region]) -> Vec<(&'a str, Option<&'a str>)> {
        match self {
            Self::Found(reason) => reason.doubted(),
            Self::Said(Words { zh, .. }) => {
                let named = regions.iter().filter(|r| zh.contains(&r.pos_id));
                named.map(|r| (r.pos_id.as_str(), Some(r.text.as_str()).filter(|text| zh.contains(text)))).collect()
            }
        }
    }

    pub fn is_of_certainty(&self) -> bool {
        matches!(self, Self::Found(reason) if reason.unsure().is_some())
    }

    pub fn is_said_by(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Found(reason), Self::Found(other)) if reason.is_said_by(other))
    }

    pub fn doubts(&self, pos_id: &str) -> bool {
        match self {
            Self::Found(Reason::ReadTwice { area, .. }) => area == pos_id,
            Self::Found(reason) => reason.unsure().is_some_and(|(area, _)| area == pos_id),
            Self::Said(_) => false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    Passed,
    Waiting,
    Reading,
    Reviewed,
}

/// Who reviewed it; unknown for old invoices. While it waits, only kept if a person overruled the checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    pub user_name: String,
    pub at: Millis,
    /// Why it was accepted against the checks.
    pub against_checks: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Void {
    pub user_name: String,
    pub at: Millis,
    pub reason: String,
}

/// Whether an invoice duplicates one that comes before it: of a surer file, or an earlier one of an equal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The one before it; says nothing about others.
    pub of: InvoiceId,
    pub is_duplicate: bool,
    pub user_name: String,
    pub at: Millis,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invoice {
    pub id: InvoiceId,
    /// Incremented by every write.
    pub version: u64,
    pub action: ActionId,
    pub template: Option<TemplateId>,
    /// The template's name when the invoice was read.
    pub template_label: String,
    /// The national form; `None` with a template, or if nothing is known.
    pub kind: Option<Kind>,
    /// Its place among its file's invoices, from 1; above `BY_HAND` a number of its own.
    pub part: u32,
    /// First and last page in the file, from 1.
    pub pages: (u32, u32),
    pub company: CompanyId,
    pub company_name: String,
    pub user: UserId,
    pub user_name: String,
    pub picture: Picture,
    /// The name it was uploaded under.
    pub file_name: String,
    pub recognised: Millis,
    /// As found; empty if it was no fault. `judge::open_reasons` says which are still to be told.
    pub reasons: Vec<Why>,
    pub standing: Standing,
    pub regions: Vec<Region>,
    /// Texts of the VAT codes; typed values are checked against them too.
    pub codes: Vec<String>,
    pub review: Option<Review>,
    pub void: Option<Void>,
    /// One per compared invoice; at most one says duplicate.
    pub decisions: Vec<Decision>,
}

/// Parts that people marked on a picture. Sent again, the same file does not have them, so they are told by their numbers alone.
pub const BY_HAND: u32 = 1 << 16;

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

    /// On the wire, its `kind`.
    pub fn kind_word(&self) -> &'static str {
        match (self.template, self.kind) {
            (Some(_), _) => "template",
            (None, Some(kind)) => kind.word(),
            (None, None) => "unknown",
        }
    }

    pub fn reviewed(&self) -> Option<&Review> {
        self.review.as_ref().filter(|_| self.standing == Standing::Reviewed)
    }

    pub fn is_marked_by_hand(&self) -> bool {
        self.part > BY_HAND
    }

    /// The keys by which duplicates are found; none if void.
    pub fn identities(&self) -> Vec<String> {
        if self.void.is_some() { Vec::new() } else { self.known_as() }
    }

    /// The same, void or not.
    pub fn known_as(&self) -> Vec<String> {
        let number = identity::Number::of(&self.regions).map(|number| number.identities()).unwrap_or_default();
        let file = match self.part {
            1 => format!("picture {}", self.picture.hash),
            part => format!("picture {} {part}", self.picture.hash),
        };
        [file].into_iter().chain(number).collect()
    }

    /// The identity of the blue invoice that this red one cancels.
    pub fn blue_identity(&self) -> Option<String> {
        let blue = identity::blue(&self.regions).filter(|_| self.is_red() && self.void.is_none())?;
        Some(format!("number {blue}"))
    }

    /// 金额 in fen.
    pub fn amount(&self) -> Option<i64> {
        money::amount(region::text_of(&self.regions, AreaKind::Money)?)
    }

    /// 开票日期 as `yyyy-MM-dd`.
    pub fn date(&self) -> Option<String> {
        calendar::iso_date(region::date_of(&self.regions)?)
    }

    /// A negative amount: it cancels another invoice.
    pub fn is_red(&self) -> bool {
        let in_words = || money::chinese_amount(region::text_of(&self.regions, AreaKind::MoneyCn)?);
        self.amount().or_else(in_words).is_some_and(|fen| fen < 0)
    }

    pub fn is_fault(&self) -> bool {
        self.standing == Standing::Waiting && self.void.is_none()
    }

    /// Text from a person has probability 1.
    pub fn set_text(&mut self, pos_id: &str, text: String) {
        match self.regions.iter_mut().find(|r| r.pos_id == pos_id) {
            Some(region) => (region.text, region.probability, region.status, region.source) = (text, 1.0, 0, Source::Person),
            None => {
                let (pos_id, source) = (pos_id.to_owned(), Source::Person);
                let (page, doubts) = (self.pages.0, Vec::new());
                self.regions.push(Region { pos_id, position: None, text, probability: 1.0, status: 0, source, page, doubts });
            }
        }
    }

    pub fn doubtful_and_empty(&self, threshold: f64) -> impl Iterator<Item = &str> {
        let is_doubtful = move |r: &&Region| {
            !is_sure(r, threshold) || r.probability < 1.0 && self.reasons.iter().any(|why| why.doubts(&r.pos_id))
        };
        self.regions.iter().filter(|r| text::is_blank(&r.text)).filter(is_doubtful).map(|r| r.pos_id.as_str())
    }
}
