//! Templates: where areas are and what they hold. Not here: finding them on a picture (engine).

use super::area::AreaKind;
use super::ids::{CompanyId, Millis, PictureId, TemplateId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Pixels; `x`, `y` is the top left corner.
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
    /// The kind's name, or the user's own.
    pub pos_id: String,
    /// On the origin picture.
    pub rect: Rect,
    /// Fixed words inside the area: they help to find it and are not part of its text.
    pub keywords: Vec<String>,
    pub remove_line: bool,
    pub remove_stamp: bool,
}

/// Parsed `json_model`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    pub label: String,
    /// The printed amount of a fixed-amount invoice.
    pub quota: Option<String>,
    pub areas: Vec<Area>,
}

/// A word printed on every invoice of this kind, as on the origin picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FixedWord {
    pub text: String,
    /// Top left, top right, bottom right, bottom left in reading direction; origin pixels.
    pub corners: [(f32, f32); 4],
}

/// What engines learnt from the origin picture when the template was added.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Learnt {
    pub words: Vec<FixedWord>,
    /// `(pos_id, text)`: what each area holds there, its specimen.
    pub areas: Vec<(String, String)>,
    /// Text of the QR code on the origin picture.
    pub code: Option<String>,
    /// The form's title, as far as it was read surely.
    pub title: Option<String>,
    /// Width and height, pixels.
    pub size: (u32, u32),
    pub numbers: EngineNumbers,
}

/// Name of an external engine to the number it allotted to the template.
pub type EngineNumbers = BTreeMap<String, i64>;

impl Learnt {
    /// Merges what another engine learnt of the same template.
    pub fn and(self, more: Self) -> Self {
        let mut numbers = self.numbers.clone();
        numbers.extend(more.numbers.clone());
        let seen = if more.size == (0, 0) { self } else { more };
        Self { numbers, ..seen }
    }

    pub fn specimen(&self, pos_id: &str) -> Option<&str> {
        self.areas.iter().find(|(p, _)| p == pos_id).map(|(_, text)| text.as_str())
    }
}

/// The API's "model".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Template {
    pub id: TemplateId,
    pub company: CompanyId,
    pub layout: Layout,
    /// As the client sent it.
    pub json_model: String,
    pub registered: Millis,
    pub successes: u64,
    pub origin: PictureId,
    pub shown: PictureId,
    pub uuid: String,
    pub learnt: Learnt,
    /// Incremented when people change it.
    pub version: u64,
}
