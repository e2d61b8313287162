//! What stands in an area: the kinds of fields that the box knows, and what is known of each. One table: a new kind is a row of it. Not
//! here: where an area lies (template.rs), what is made of its text (checks.rs, entries.rs).

use serde::{Deserialize, Serialize};

/// Which field of an invoice an area is. Kept with the template: a new one goes to the end.
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

/// What kind of value that is, which says how it is read, checked and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// In figures.
    Sum,
    SumInWords,
    Date,
    Time,
    /// A number that is never counted with, usually of one of these lengths.
    Serial([usize; 2]),
    /// A person's, with its check digit.
    PersonNumber,
    Text,
}

#[derive(Debug)]
pub struct Known {
    pub kind: AreaKind,
    /// In `json_model`.
    pub key: &'static str,
    /// What it is reported by, and called in Chinese.
    pub pos_id: &'static str,
    pub en: &'static str,
    pub holds: Holds,
}

const fn known(kind: AreaKind, key: &'static str, pos_id: &'static str, en: &'static str, holds: Holds) -> Known {
    Known { kind, key, pos_id, en, holds }
}

/// Every kind but `Own`; keys and `pos_id`s are the interface document's.
pub const KNOWN: [Known; 9] = [
    known(AreaKind::Money, "money", "金额", "Amount", Holds::Sum),
    known(AreaKind::Head, "head", "客户名称", "Buyer", Holds::Text),
    known(AreaKind::Date, "date", "日期", "Date", Holds::Date),
    known(AreaKind::Time, "time", "时间", "Time", Holds::Time),
    known(AreaKind::IdCard, "id_card", "身份证号码", "ID number", Holds::PersonNumber),
    known(AreaKind::Detail, "detail", "具体信息", "Details", Holds::Text),
    known(AreaKind::MoneyCn, "money_cn", "中文金额", "Amount in words", Holds::SumInWords),
    known(AreaKind::InvoiceId, "invoice_id", "发票号码", "Invoice number", Holds::Serial([8, 20])),
    known(AreaKind::InvoiceCode, "invoice_code", "发票代码", "Invoice code", Holds::Serial([10, 12])),
];

/// How a field that belongs to no drawn area is reported: the template's label.
pub const POS_LABEL: &str = "发票类型";

impl AreaKind {
    fn known(self) -> Option<&'static Known> {
        KNOWN.iter().find(|known| known.kind == self)
    }

    pub fn of_key(key: &str) -> Self {
        KNOWN.iter().find(|known| known.key == key).map_or(Self::Own, |known| known.kind)
    }

    /// By what it is reported by, which is all that is kept of a field.
    pub fn of_pos_id(pos_id: &str) -> Self {
        KNOWN.iter().find(|known| known.pos_id == pos_id).map_or(Self::Own, |known| known.kind)
    }

    /// Empty for `Own`: such an area is reported by the name that its user gave it.
    pub fn pos_id(self) -> &'static str {
        self.known().map_or("", |known| known.pos_id)
    }

    pub fn holds(self) -> Holds {
        self.known().map_or(Holds::Text, |known| known.holds)
    }
}

/// What an area is called in English; one of the user's own is called as he named it.
pub fn in_english(area: &str) -> &str {
    match KNOWN.iter().find(|known| known.pos_id == area) {
        Some(known) => known.en,
        None if area == POS_LABEL => "Invoice type",
        None => area,
    }
}
