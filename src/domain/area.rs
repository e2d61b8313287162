//! The kinds of fields, in one table. Not here: where an area lies (template.rs), checks on its text (checks.rs, entries.rs).

use serde::{Deserialize, Serialize};

/// Stored with the template: append new variants at the end.
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
    /// Named by the user.
    Own,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// In figures.
    Sum,
    SumInWords,
    Date,
    Time,
    /// An identifier, usually of one of these lengths.
    Serial([usize; 2]),
    PersonNumber,
    Text,
}

#[derive(Debug)]
pub struct Known {
    pub kind: AreaKind,
    /// In `json_model`.
    pub key: &'static str,
    /// Its name in reports, which is Chinese.
    pub pos_id: &'static str,
    /// As accountants say it.
    pub zh: &'static str,
    pub en: &'static str,
    pub holds: Holds,
}

type Names = (&'static str, &'static str);

const fn known(kind: AreaKind, key: &'static str, pos_id: &'static str, (zh, en): Names, holds: Holds) -> Known {
    Known { kind, key, pos_id, zh, en, holds }
}

/// Every kind but `Own`; `key` and `pos_id` are the interface document's.
pub const KNOWN: &[Known] = &[
    known(AreaKind::Money, "money", "金额", ("价税合计", "Total"), Holds::Sum),
    known(AreaKind::Head, "head", "客户名称", ("购买方", "Buyer"), Holds::Text),
    known(AreaKind::Date, "date", "日期", ("开票日期", "Invoice date"), Holds::Date),
    known(AreaKind::Time, "time", "时间", ("时间", "Time"), Holds::Time),
    known(AreaKind::IdCard, "id_card", "身份证号码", ("身份证号码", "ID number"), Holds::PersonNumber),
    known(AreaKind::Detail, "detail", "具体信息", ("具体信息", "Details"), Holds::Text),
    known(AreaKind::MoneyCn, "money_cn", "中文金额", ("大写金额", "Amount in words"), Holds::SumInWords),
    known(AreaKind::InvoiceId, "invoice_id", "发票号码", ("发票号码", "Invoice number"), Holds::Serial([8, 20])),
    known(AreaKind::InvoiceCode, "invoice_code", "发票代码", ("发票代码", "Invoice code"), Holds::Serial([10, 12])),
];

/// `pos_id` of the template's label, which has no drawn area.
pub const POS_LABEL: &str = "发票类型";

impl AreaKind {
    fn known(self) -> Option<&'static Known> {
        KNOWN.iter().find(|known| known.kind == self)
    }

    pub fn of_key(key: &str) -> Self {
        KNOWN.iter().find(|known| known.key == key).map_or(Self::Own, |known| known.kind)
    }

    /// In `json_model`; the user's own have any.
    pub fn key(self) -> Option<&'static str> {
        self.known().map(|known| known.key)
    }

    pub fn of_pos_id(pos_id: &str) -> Self {
        KNOWN.iter().find(|known| known.pos_id == pos_id).map_or(Self::Own, |known| known.kind)
    }

    pub fn pos_id(self) -> &'static str {
        self.known().map_or("", |known| known.pos_id)
    }

    pub fn holds(self) -> Holds {
        self.known().map_or(Holds::Text, |known| known.holds)
    }
}

/// What known forms have beside the kinds of templates.
const OF_FORMS: [(&str, &str); 14] = [
    ("校验码", "Check code"),
    ("购方税号", "Buyer's tax number"),
    ("销方名称", "Seller"),
    ("销方税号", "Seller's tax number"),
    ("不含税金额", "Amount without tax"),
    ("税额", "Tax"),
    ("备注", "Remarks"),
    ("开票人", "Issued by"),
    ("车次", "Train"),
    ("出发站", "From"),
    ("到达站", "To"),
    ("座位", "Seat"),
    ("乘车日期", "Travel date"),
    ("姓名", "Name"),
];

pub fn in_chinese(area: &str) -> &str {
    KNOWN.iter().find(|known| known.pos_id == area).map_or(area, |known| known.zh)
}

pub fn in_english(area: &str) -> &str {
    let of_forms = || OF_FORMS.iter().find_map(|(pos_id, en)| (*pos_id == area).then_some(*en));
    match KNOWN.iter().find(|known| known.pos_id == area) {
        Some(known) => known.en,
        None if area == POS_LABEL => "Invoice type",
        None => of_forms().unwrap_or(area),
    }
}
