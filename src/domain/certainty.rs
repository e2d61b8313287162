//! Why a value is less sure than its characters were. Not here: what raises which doubt (engine/builtin), what follows (checks.rs).

use serde::{Deserialize, Serialize};

/// Stored with invoices: append new variants at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Doubt {
    /// It was read more than once, and not the same each time.
    ReadApart,
    /// Signs that don't belong in such a field were left out of it.
    LeftOut,
    /// There is a seal on it.
    UnderSeal,
    /// The edge of its area cuts a word, or a sum was cut off from one.
    Cut,
    /// It goes on beyond its area.
    Overrun,
    /// Its area is empty; it stands beside it.
    Beside,
    /// What adjoins it may be a part of it.
    Adjoined,
    /// A character was changed into one that it looks like, or what its form asks for was put back.
    Corrected,
    /// It has another length, other signs or another kind of text than the specimen, or is no date or sum.
    UnlikeSpecimen,
    /// A part of its area lies beyond the picture.
    BeyondPicture,
    /// Few words say where the template lies on the picture, or they don't agree well.
    LoosePlace,
    /// Another template of its family fits nearly as well.
    Rival,
    /// There is print in its area that was not read.
    Unread,
    /// The label printed beside it is not the template's: it may be another field.
    OtherLabel,
    /// A line goes through it: it may have been struck out.
    Struck,
}

impl Doubt {
    /// On the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::ReadApart => "read_apart",
            Self::LeftOut => "left_out",
            Self::UnderSeal => "under_seal",
            Self::Cut => "cut",
            Self::Overrun => "overrun",
            Self::Beside => "beside",
            Self::Adjoined => "adjoined",
            Self::Corrected => "corrected",
            Self::UnlikeSpecimen => "unlike_specimen",
            Self::BeyondPicture => "beyond_picture",
            Self::LoosePlace => "loose_place",
            Self::Rival => "rival",
            Self::Unread => "unread",
            Self::OtherLabel => "other_label",
            Self::Struck => "struck",
        }
    }
}

/// So that what is below a limit does not look as if it reached it. What a computer can't write exactly is not taken for less.
pub fn rounded_down(probability: f64, places: i32) -> f64 {
    let steps = 10_f64.powi(places);
    (probability * steps + 1e-9).floor() / steps
}

/// A doubt, and how much of the probability it took, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lowered {
    pub doubt: Doubt,
    pub by: f64,
}

#[cfg(test)]
mod tests {
    use super::rounded_down;

    #[test]
    fn what_is_below_a_limit_is_never_told_as_the_limit() {
        for (probability, told) in
            [(0.897, 0.89), (0.9, 0.9), (0.899_999, 0.89), (0.29, 0.29), (0.57, 0.57), (1.0, 1.0), (0.0, 0.0)]
        {
            assert_eq!(rounded_down(probability, 2), told, "{probability}");
        }
        assert!((1..=100).all(|n| rounded_down(f64::from(n) / 100.0, 2) == f64::from(n) / 100.0));
    }
}
