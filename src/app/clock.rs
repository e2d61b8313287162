//! The wall clock, which people may set, and a clock that nobody sets.

use crate::domain::ids::Millis;
use crate::domain::lease::Moment;
use crate::os;
pub use crate::os::boot_id;
use std::sync::OnceLock;

/// Wall clock, in milliseconds since 1970-01-01 UTC.
pub fn now() -> Millis {
    jiff::Timestamp::now().as_millisecond()
}

/// The clock that nobody sets; it runs on while the machine sleeps.
pub fn moment() -> Moment {
    static RUN: OnceLock<u64> = OnceLock::new();
    let run = *RUN.get_or_init(|| {
        let digits: String = boot_id().chars().filter(char::is_ascii_hexdigit).take(16).collect();
        // If unknown, every start counts as a new boot.
        u64::from_str_radix(&digits, 16).unwrap_or_else(|_| now().unsigned_abs())
    });
    Moment { run, ms: u64::try_from(os::since_boot().as_millis()).unwrap_or(u64::MAX) }
}

/// When this binary was built; a clock before that is wrong.
pub const BUILT: Millis = millis(env!("PAPERLINE_BUILT"));

/// From seconds in digits.
const fn millis(digits: &str) -> Millis {
    let (mut seconds, mut at) = (0, 0);
    while at < digits.len() {
        seconds = seconds * 10 + (digits.as_bytes()[at] - b'0') as Millis;
        at += 1;
    }
    seconds * 1000
}
