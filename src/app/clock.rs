//! The clocks: the scope's, which people set, and one that nobody sets.

use crate::domain::ids::Millis;
use crate::domain::lease::Moment;
use std::fs;
use std::sync::OnceLock;

/// Milliseconds since 1970-01-01 UTC, now, by the wall clock.
pub fn now() -> Millis {
    jiff::Timestamp::now().as_millisecond()
}

/// Now, by the clock that nobody sets; it goes on while the machine sleeps.
pub fn moment() -> Moment {
    static RUN: OnceLock<u64> = OnceLock::new();
    let run = *RUN.get_or_init(|| {
        let digits: String = boot_id().chars().filter(char::is_ascii_hexdigit).take(16).collect();
        // Where the system does not tell, every start of the box may be in another run of the machine.
        u64::from_str_radix(&digits, 16).unwrap_or_else(|_| now().unsigned_abs())
    });
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Moment { run, ms: time.tv_sec.unsigned_abs() * 1000 + time.tv_nsec.unsigned_abs() / 1_000_000 }
}

/// The run of the machine; nothing where the system does not tell.
pub fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// When this binary was built: no clock that is right stands before.
pub const BUILT: Millis = millis(env!("PAPERLINE_BUILT"));

/// Seconds as digits.
const fn millis(digits: &str) -> Millis {
    let (mut seconds, mut at) = (0, 0);
    while at < digits.len() {
        seconds = seconds * 10 + (digits.as_bytes()[at] - b'0') as Millis;
        at += 1;
    }
    seconds * 1000
}
