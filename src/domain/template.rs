//! What a template says of an invoice: where its areas are and what is in them. Not here: finding them on a picture (engine).

use super::area::AreaKind;
use super::ids::{CompanyId, Millis, PictureId, TemplateId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Pixels; `x`, `y` is the upper left corner.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rect {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

impl Rect {
    pub fn right(&self) -> f32 {
        self.x + self.width
    }

    pub fn bottom(&self) -> f32 {
        self.y + self.height
    }

    pub fn has_extent(&self) -> bool {
        self.width > 0.0 && self.height > 0.0
    }

    pub fn is_within(&self, width: u32, height: u32) -> bool {
        self.x >= 0.0 && self.y >= 0.0 && self.right() <= width as f32 && self.bottom() <= height as f32
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Area {
    pub kind: AreaKind,
    /// How it is reported: the kind's own name, or the one the user gave.
    pub pos_id: String,
    /// On the template's origin picture.
    pub rect: Rect,
    /// Fixed words printed inside the area: they help to find it and are left out of its text.
    pub keywords: Vec<String>,
    pub remove_line: bool,
    pub remove_stamp: bool,
}

/// The wire's `json_model`, understood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    pub label: String,
    /// The amount as written, for a fixed-amount invoice.
    pub quota: Option<String>,
    pub areas: Vec<Area>,
}

/// A word printed on every invoice of this kind, as the engine read it on the template's origin picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FixedWord {
    pub text: String,
    /// The four corners in reading order (upper left, upper right, lower right, lower left of the text), origin pixels.
    pub corners: [(f32, f32); 4],
}

/// What the engines made of a template when it was added.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Learnt {
    pub words: Vec<FixedWord>,
    /// What the engine read in each area of the origin picture, by `pos_id`: the template's own specimen.
    pub areas: Vec<(String, String)>,
    /// The text of the QR code on it.
    pub code: Option<String>,
    /// What the form is called, as far as that was read surely.
    pub title: Option<String>,
    /// Width and height of the origin picture, pixels.
    pub size: (u32, u32),
    /// What external engines know the template by; by the engine's name.
    pub numbers: EngineNumbers,
}

/// Each external engine allots numbers of its own.
pub type EngineNumbers = BTreeMap<String, i64>;

impl Learnt {
    /// Together with what one more engine made of the same template.
    pub fn and(self, more: Self) -> Self {
        let mut numbers = self.numbers.clone();
        numbers.extend(more.numbers.clone());
        let seen = if more.size == (0, 0) { self } else { more };
        Self { numbers, ..seen }
    }

    /// What the origin picture shows in an area.
    pub fn specimen(&self, pos_id: &str) -> Option<&str> {
        self.areas.iter().find(|(p, _)| p == pos_id).map(|(_, text)| text.as_str())
    }
}

/// The wire's "model".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Template {
    pub id: TemplateId,
    pub company: CompanyId,
    pub layout: Layout,
    /// `json_model` as the client sent it, to be given back as it came.
    pub json_model: String,
    pub registered: Millis,
    pub successes: u64,
    /// The picture drawn on: areas are in its pixels.
    pub origin: PictureId,
    /// The picture to show.
    pub shown: PictureId,
    pub uuid: String,
    pub learnt: Learnt,
    /// Goes up with every change that people make.
    pub version: u64,
}
