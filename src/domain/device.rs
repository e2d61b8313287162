//! A device of the production line, and what its serial and CPU id may look like. Not here: where devices are kept (app/devices.rs).

use super::ids::{Millis, UserId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What is known of a device's label. Nothing but `Printed` counts as having one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Label {
    New,
    /// On its way to the printer; nobody has said yet what came out.
    Sent,
    Printed,
    Failed,
    /// Nobody could say.
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub sn: String,
    pub cpuid: String,
    pub registered: Millis,
    /// Tells apart those registered in one millisecond.
    pub sequence: u64,
    pub label: Label,
    /// Labels that came out.
    pub print_count: u32,
    /// Labels that were sent to a printer or said to have come out: the number of the next `Print`.
    pub prints: u32,
}

/// A device in the order of registration, with all that a window of time is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    pub sn: String,
    /// `None` in rows that were written before format 3.
    pub cpuid: Option<String>,
}

/// One label, as a fact: who printed it, when, from where, why again, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Print {
    pub at: Millis,
    pub user: UserId,
    pub user_name: String,
    pub ip: String,
    /// Of a reprint.
    pub reason: String,
    pub outcome: Label,
}

/// A registration that contradicts an earlier one. It changed nothing, and waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    pub id: u64,
    pub sn: String,
    pub cpuid: String,
    /// The device that has the serial, and the one that has the CPU id: serial and CPU id of each.
    pub by_sn: Option<(String, String)>,
    pub by_cpuid: Option<(String, String)>,
    pub first: Millis,
    pub last: Millis,
    pub times: u32,
    pub user_name: String,
    pub ip: String,
    pub settled: Option<Settlement>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    pub at: Millis,
    pub user_name: String,
    pub reason: String,
}

impl Device {
    pub fn is_printed(&self) -> bool {
        self.label == Label::Printed
    }

    /// What its QR label says.
    pub fn label_text(&self) -> String {
        format!("{} {}", self.sn, self.cpuid)
    }
}

pub const CPUID_CHARS_MAX: usize = 64;

/// 1–64 printable ASCII characters without blanks.
pub fn is_cpuid(text: &str) -> bool {
    (1..=CPUID_CHARS_MAX).contains(&text.len()) && text.bytes().all(|b| (0x21..=0x7E).contains(&b))
}

/// The last number of an ISO week's serials.
pub const WEEK_NUMBER_MAX: u32 = 9999;

/// `yyWW` of a day: the year its ISO week belongs to, and the week.
pub fn week_prefix(day: Date) -> String {
    let week = day.iso_week_date();
    format!("{:02}{:02}", week.year().rem_euclid(100), week.week())
}

/// `yyWWnnnn`.
pub fn week_serial(prefix: &str, number: u32) -> String {
    format!("{prefix}{number:04}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn serials_follow_the_iso_week() {
        assert_eq!(week_serial(&week_prefix(date(2026, 11, 22)), 1), "26470001");
        // The first days of 2027 belong to the last week of 2026.
        assert_eq!(week_prefix(date(2027, 1, 3)), "2653");
        assert_eq!(week_prefix(date(2027, 1, 4)), "2701");
    }

    #[test]
    fn cpuids() {
        assert!(is_cpuid("39FFD605") && is_cpuid(&"x".repeat(64)));
        assert!(!is_cpuid("") && !is_cpuid("a b") && !is_cpuid("é") && !is_cpuid(&"x".repeat(65)));
    }
}
