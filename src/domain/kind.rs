//! The national forms that are known without a template. Not here: how they are read (forms/).

use serde::{Deserialize, Serialize};

/// Stored with the invoice: append new variants at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    DigitalNormal,
    DigitalSpecial,
    DigitalRail,
    DigitalAir,
    VatENormal,
    VatESpecial,
    VatNormal,
    VatSpecial,
    VatRoll,
    VatToll,
    Vehicle,
    Taxi,
    Train,
    Quota,
    Machine,
    Fiscal,
}

/// Kind, its word on the wire, and its name.
pub const KINDS: &[(Kind, &str, &str, &str)] = &[
    (Kind::DigitalNormal, "digital_normal", "电子发票（普通发票）", "Digital invoice, normal"),
    (Kind::DigitalSpecial, "digital_special", "电子发票（增值税专用发票）", "Digital invoice, special VAT"),
    (Kind::DigitalRail, "digital_rail", "电子发票（铁路电子客票）", "Digital railway ticket"),
    (Kind::DigitalAir, "digital_air", "电子发票（航空运输电子客票行程单）", "Digital air ticket"),
    (Kind::VatENormal, "vat_e_normal", "增值税电子普通发票", "Electronic VAT invoice, normal"),
    (Kind::VatESpecial, "vat_e_special", "增值税电子专用发票", "Electronic VAT invoice, special"),
    (Kind::VatNormal, "vat_normal", "增值税普通发票", "VAT invoice, normal"),
    (Kind::VatSpecial, "vat_special", "增值税专用发票", "VAT invoice, special"),
    (Kind::VatRoll, "vat_roll", "增值税普通发票（卷票）", "VAT invoice, roll"),
    (Kind::VatToll, "vat_toll", "通行费增值税电子普通发票", "Electronic VAT invoice, road toll"),
    (Kind::Vehicle, "vehicle", "机动车销售统一发票", "Motor vehicle invoice"),
    (Kind::Taxi, "taxi", "出租车发票", "Taxi receipt"),
    (Kind::Train, "train", "火车票", "Train ticket"),
    (Kind::Quota, "quota", "定额发票", "Fixed amount invoice"),
    (Kind::Machine, "machine", "通用机打发票", "General machine-printed invoice"),
    (Kind::Fiscal, "fiscal", "财政票据", "Fiscal receipt"),
];

impl Kind {
    /// A VAT invoice's, by its code: the last two of twelve digits, or the eighth of ten.
    pub fn of_code(code: &str) -> Option<Self> {
        if !code.chars().all(|c| c.is_ascii_digit()) {
            return None;
        }
        match (code.len(), code.get(10..12), code.get(7..8)) {
            (12, Some("11"), _) if code.starts_with('0') => Some(Self::VatENormal),
            (12, Some("12"), _) if code.starts_with('0') => Some(Self::VatToll),
            (12, Some("13"), _) if code.starts_with('0') => Some(Self::VatESpecial),
            (12, Some("04" | "05"), _) if code.starts_with('0') => Some(Self::VatNormal),
            (12, Some("06" | "07"), _) if code.starts_with('0') => Some(Self::VatRoll),
            (10, _, Some("1" | "5")) => Some(Self::VatSpecial),
            (10, _, Some("3" | "6")) => Some(Self::VatNormal),
            _ => None,
        }
    }

    fn row(self) -> Option<&'static (Self, &'static str, &'static str, &'static str)> {
        KINDS.iter().find(|(kind, ..)| *kind == self)
    }

    /// Its word on the wire.
    pub fn word(self) -> &'static str {
        self.row().map_or("", |row| row.1)
    }

    pub fn zh(self) -> &'static str {
        self.row().map_or("", |row| row.2)
    }

    pub fn of_word(word: &str) -> Option<Self> {
        KINDS.iter().find(|row| row.1 == word).map(|row| row.0)
    }
}
