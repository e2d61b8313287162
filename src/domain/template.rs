//! What a template says of an invoice: where its areas are and what is in them. Not here: finding them on a picture (engine).

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

/// What an area holds. The contract's keys of `json_model`, and the names they are reported by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AreaKind {
    Money,
    Head,
    Date,
    Time,
    IdCard,
    Detail,
    MoneyCn,
    InvoiceId,
    InvoiceCode,
    /// An area of the user's own.
    Own,
}

/// How a field that belongs to no drawn area is reported: the template's label.
pub const POS_LABEL: &str = "发票类型";

/// What an area is called in English; one of the user's own is called as he named it.
pub fn in_english(area: &str) -> &str {
    if area == POS_LABEL {
        return "Invoice type";
    }
    AreaKind::KNOWN.iter().find(|(_, _, pos_id, _)| *pos_id == area).map_or(area, |(.., en)| en)
}

impl AreaKind {
    /// `(json_model key, pos_id, English name)` of every kind but `Own`.
    pub const KNOWN: [(Self, &'static str, &'static str, &'static str); 9] = [
        (Self::Money, "money", "金额", "Amount"),
        (Self::Head, "head", "客户名称", "Buyer"),
        (Self::Date, "date", "日期", "Date"),
        (Self::Time, "time", "时间", "Time"),
        (Self::IdCard, "id_card", "身份证号码", "ID number"),
        (Self::Detail, "detail", "具体信息", "Details"),
        (Self::MoneyCn, "money_cn", "中文金额", "Amount in words"),
        (Self::InvoiceId, "invoice_id", "发票号码", "Invoice number"),
        (Self::InvoiceCode, "invoice_code", "发票代码", "Invoice code"),
    ];

    pub fn of_key(key: &str) -> Self {
        Self::KNOWN.iter().find(|(_, k, ..)| *k == key).map_or(Self::Own, |(kind, ..)| *kind)
    }

    pub fn pos_id(self) -> Option<&'static str> {
        Self::KNOWN.iter().find(|(kind, ..)| *kind == self).map(|(_, _, pos_id, _)| *pos_id)
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
    pub specimen: Vec<(String, String)>,
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
        let mut numbers = self.numbers;
        numbers.extend(more.numbers);
        let seen =
            if more.size == (0, 0) { (self.words, self.specimen, self.size) } else { (more.words, more.specimen, more.size) };
        Self { words: seen.0, specimen: seen.1, size: seen.2, numbers }
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
