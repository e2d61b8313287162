//! A device of the production line, and what its serial and CPU id may look like. Not here: where devices are kept (app/devices.rs).

use super::ids::{Millis, UserId};
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
    /// Of those that came out, how many say what it is called now: another one needs a reason.
    pub current_labels: u32,
    /// Whoever registered it; `None` in rows that were written before format 4.
    pub registered_by: Option<String>,
    /// The import that brought it.
    pub import: Option<u64>,
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
    /// When and by whom it was said what came of a label that was sent.
    pub told: Option<(Millis, String)>,
}

/// What else befell a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepKind {
    Cpuid,
    Retired,
    /// Its label was taken for printed and is not.
    Unprinted,
}

/// A line of a device's history, beside its prints. `from` and `to` are CPU ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub at: Millis,
    pub user_name: String,
    pub ip: String,
    pub kind: StepKind,
    pub from: String,
    pub to: String,
    pub reason: String,
}

/// How contradicting pairs came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConflictKind {
    Registration,
    /// Two devices of an older store that have one CPU id now.
    Twins,
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
    pub kind: ConflictKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    pub at: Millis,
    pub user_name: String,
    pub reason: String,
    /// The device got the CPU id that was asked for.
    pub replaced: bool,
}

/// A file of devices that was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    pub at: Millis,
    pub user_name: String,
    pub ip: String,
    pub file: String,
    pub created: u64,
    pub state: ImportState,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportState {
    /// Nothing has been done yet to what it brought.
    Untouched,
    /// The serial of the first device that something was done to: its label was sent or marked, or it was corrected or retired.
    Touched(String),
    /// On its way out; goes on at the next start if it has to.
    Undoing,
    Undone,
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

/// Two CPU ids that have this in common are one: case and a leading `0x` don't count.
pub fn canonical_cpuid(cpuid: &str) -> String {
    let upper = cpuid.to_ascii_uppercase();
    upper.strip_prefix("0X").filter(|rest| !rest.is_empty()).map(str::to_owned).unwrap_or(upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpuids() {
        assert!(is_cpuid("39FFD605") && is_cpuid(&"x".repeat(64)));
        assert_eq!(["39ffd6ab", "0x39FFD6AB", "0X39ffD6ab"].map(canonical_cpuid), ["39FFD6AB"; 3]);
        assert_eq!(["0x", "x12"].map(canonical_cpuid), ["0X", "X12"]);
        assert!(!is_cpuid("") && !is_cpuid("a b") && !is_cpuid("é") && !is_cpuid(&"x".repeat(65)));
    }
}
