//! Ids, one type each, so that they can't be mixed up. Not here: allotting (store), spelling in the API (http).

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    UserId,
    CompanyId,
    GroupId,
    TokenId,
    ActionId,
    /// The API's `model_id`.
    TemplateId,
    InvoiceId,
    PictureId,
}

/// Milliseconds since 1970-01-01 UTC.
pub type Millis = i64;

/// Formats as `yyyy-MM-dd HH:mm:ss`.
pub fn local_time(at: Millis, zone: &jiff::tz::TimeZone) -> String {
    let at = jiff::Timestamp::from_millisecond(at);
    at.map(|at| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}
