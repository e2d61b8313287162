//! Pictures, and what was read on them. Not here: the reading (engine).

use super::area::AreaKind;
use super::ground::Ground;
use super::ids::{ActionId, CompanyId, InvoiceId, Millis, PictureId, TemplateId, UserId};
use super::reason::Reason;
use super::region::{self, Region, is_sure};
use super::words::Words;
use super::{calendar, identity, money, text};
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
    /// As its file counts them; the first is read.
    pub pages: u32,
}

/// Of one picture's file.
pub const PICTURE_BYTES_MAX: u64 = 20 << 20;
/// Of one picture, at every door where one is decoded.
pub const PIXELS_MAX: u64 = 64_000_000;
/// Of a side: what is longer is no paper, and to shrink it takes memory by its length.
pub const SIDE_MAX: u32 = 65_535;
/// Four bytes a pixel are four colours of 8 bits; a picture of more bits has to have fewer pixels.
const DECODED_BYTES_MAX: u64 = PIXELS_MAX * 4;
/// The largest colour profiles have some MiB, and one of some KB may be made to swell to hundreds.
const PNG_HEADER_BYTES_MAX: u64 = 8 << 20;

/// What a decoder may take for a picture. Of a PNG that is what its header unpacks to, and not its pixels; of the others, the pixels and as
/// much again to come to them.
pub fn decoder_bytes_max(is_png: bool) -> u64 {
    if is_png { PNG_HEADER_BYTES_MAX } else { 2 * DECODED_BYTES_MAX }
}

/// Whether a picture of so many pixels, and of so many bytes when it is unpacked, is decoded at all.
pub fn is_decoded((width, height): (u32, u32), bytes: u64) -> bool {
    u64::from(width) * u64::from(height) <= PIXELS_MAX && width.max(height) <= SIDE_MAX && bytes <= DECODED_BYTES_MAX
}

impl Picture {
    pub fn kib(&self) -> u64 {
        self.bytes.div_ceil(1024)
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
    pub ground: Ground,
}

/// So many are kept, the likeliest.
pub const CONTENDERS_MAX: usize = 5;

/// Why an invoice needs a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Why {
    Found(Reason),
    /// By an older release, which kept sentences.
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

    /// As the pages say it.
    pub fn told(&self) -> Words {
        match self {
            Self::Found(reason) => reason.told(),
            Self::Said(words) => words.clone(),
        }
    }

    /// The areas it doubts, each with the text that it speaks of. A sentence is searched for what stands on the invoice.
    pub fn doubted<'a>(&'a self, regions: &'a [Region]) -> Vec<(&'a str, Option<&'a str>)> {
        match self {
            Self::Found(reason) => reason.doubted(),
            Self::Said(Words { zh, .. }) => {
                let named = regions.iter().filter(|r| zh.contains(&r.pos_id));
                named.map(|r| (r.pos_id.as_str(), Some(r.text.as_str()).filter(|text| zh.contains(text)))).collect()
            }
        }
    }

    /// A doubtful reading of this area.
    pub fn doubts(&self, pos_id: &str) -> bool {
        use Reason::{ReadTwice, Unsure};
        matches!(self, Self::Found(Unsure { area, .. } | ReadTwice { area, .. }) if area == pos_id)
    }
}

/// Where an invoice stands between the machine and people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// The machine was sure.
    Passed,
    /// For a person.
    Waiting,
    /// Queued again.
    Reading,
    /// A person has seen to it.
    Reviewed,
}

/// Who saw to it; nobody knows of those that were resolved before this was kept. While it waits, only whose word stands against the checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    pub user_name: String,
    pub at: Millis,
    /// Why it was taken though the checks refuse it.
    pub against_checks: Option<String>,
}

/// Taken out of the books by a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Void {
    pub user_name: String,
    pub at: Millis,
    pub reason: String,
}

/// What a person found of an invoice that looks like an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// That earlier one: of any third it says nothing.
    pub of: InvoiceId,
    pub is_duplicate: bool,
    pub user_name: String,
    pub at: Millis,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invoice {
    pub id: InvoiceId,
    /// Goes up with every write.
    pub version: u64,
    pub action: ActionId,
    pub template: Option<TemplateId>,
    /// What the template was called when it was read.
    pub template_label: String,
    pub company: CompanyId,
    pub company_name: String,
    pub user: UserId,
    pub user_name: String,
    pub picture: Picture,
    /// As whoever uploaded it called it.
    pub file_name: String,
    pub recognised: Millis,
    /// As they were found; empty when it was no fault.
    pub reasons: Vec<Why>,
    pub standing: Standing,
    pub regions: Vec<Region>,
    /// Texts of the VAT codes on the picture: what people type is held against them too.
    pub codes: Vec<String>,
    pub review: Option<Review>,
    pub void: Option<Void>,
    /// One for each that it was held against; it is the duplicate of one at most.
    pub decisions: Vec<Decision>,
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

    /// Who has seen to it, where it stands so.
    pub fn reviewed(&self) -> Option<&Review> {
        self.review.as_ref().filter(|_| self.standing == Standing::Reviewed)
    }

    /// By what it may be found to be another one's double. One that is void is nobody's.
    pub fn identities(&self) -> Vec<String> {
        if self.void.is_some() { Vec::new() } else { self.known_as() }
    }

    /// By what it is known in the world, void or not.
    pub fn known_as(&self) -> Vec<String> {
        let number = identity::Number::of(&self.regions).map(|number| number.identities()).unwrap_or_default();
        [format!("picture {}", self.picture.hash)].into_iter().chain(number).collect()
    }

    /// The identity of the blue invoice that this red one takes back.
    pub fn blue_identity(&self) -> Option<String> {
        let blue = identity::blue(&self.regions).filter(|_| self.is_red() && self.void.is_none())?;
        Some(format!("number {blue}"))
    }

    /// Its 金额 in fen.
    pub fn amount(&self) -> Option<i64> {
        money::amount(region::text_of(&self.regions, AreaKind::Money)?)
    }

    /// Its 开票日期, `yyyy-MM-dd`.
    pub fn date(&self) -> Option<String> {
        calendar::iso_date(region::date_of(&self.regions)?)
    }

    /// It takes another one back.
    pub fn is_red(&self) -> bool {
        let in_words = || money::chinese_amount(region::text_of(&self.regions, AreaKind::MoneyCn)?);
        self.amount().or_else(in_words).is_some_and(|fen| fen < 0)
    }

    /// It waits for a person; one that is void does not.
    pub fn is_fault(&self) -> bool {
        self.standing == Standing::Waiting && self.void.is_none()
    }

    /// What people read instead of the machine is sure.
    pub fn set_text(&mut self, pos_id: &str, text: String) {
        match self.regions.iter_mut().find(|r| r.pos_id == pos_id) {
            Some(region) => (region.text, region.probability, region.status) = (text, 1.0, 0),
            None => self.regions.push(Region { pos_id: pos_id.to_owned(), position: None, text, probability: 1.0, status: 0 }),
        }
    }

    /// The areas that nobody is sure of, and that hold nothing.
    pub fn doubtful_and_empty(&self, threshold: f64) -> impl Iterator<Item = &str> {
        let is_doubtful = move |r: &&Region| {
            !is_sure(r, threshold) || r.probability < 1.0 && self.reasons.iter().any(|why| why.doubts(&r.pos_id))
        };
        self.regions.iter().filter(|r| text::is_blank(&r.text)).filter(is_doubtful).map(|r| r.pos_id.as_str())
    }
}
