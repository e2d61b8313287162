//! Devices, and the form of CPU ids. Not here: storing them (app/devices.rs).

use super::ids::{Millis, UserId};
use serde::{Deserialize, Serialize};

/// Only `Printed` counts as having a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Label {
    New,
    /// The outcome is not reported yet.
    Sent,
    Printed,
    Failed,
    /// Nobody could tell the outcome.
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub sn: String,
    pub cpuid: String,
    pub registered: Millis,
    /// Orders devices registered in the same millisecond.
    pub sequence: u64,
    pub label: Label,
    pub print_count: u32,
    /// Labels sent or reported as printed; also the number of the next `Print`.
    pub prints: u32,
    /// Printed labels that show the current serial and CPU id; a further one needs a reason.
    pub current_labels: u32,
    /// `None` in rows from before format 4.
    pub registered_by: Option<String>,
    pub import: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    pub sn: String,
    /// `None` in rows from before format 3.
    pub cpuid: Option<String>,
}

/// A person scanned a label, and it said what the device is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    pub at: Millis,
    pub user_name: String,
    pub cpuid: String,
    /// Labels that had been sent by then.
    pub prints: u32,
}

impl Verified {
    /// Not once its CPU id is another one, or another label was sent.
    pub fn is_of(&self, device: &Device) -> bool {
        self.cpuid == device.cpuid && self.prints == device.prints
    }
}

/// A label sent to a printer or reported as printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Print {
    pub at: Millis,
    pub user: UserId,
    pub user_name: String,
    pub ip: String,
    /// Why it was printed again.
    pub reason: String,
    pub outcome: Label,
    /// When and by whom the outcome was reported.
    pub told: Option<(Millis, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepKind {
    Cpuid,
    Retired,
    Unprinted,
}

/// History besides prints. `from` and `to` are CPU ids.
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConflictKind {
    Registration,
    /// Two devices of an older store that now have the same CPU id.
    Twins,
}

/// A registration that contradicts an earlier one: it changed nothing and waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    pub id: u64,
    pub sn: String,
    pub cpuid: String,
    /// `(sn, cpuid)` of the devices that have this serial and this CPU id.
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
    /// Whether the device took the requested CPU id.
    pub replaced: bool,
}

/// The reason on a conflict whose pair is registered now.
pub const REGISTERED_SO: &str = "已按此登记 / registered so";

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
    Untouched,
    /// The first serial whose label was sent or marked, or whose device was corrected or retired.
    Touched(String),
    /// Resumed at the next start.
    Undoing,
    Undone,
}

impl Device {
    pub fn is_printed(&self) -> bool {
        self.label == Label::Printed
    }

    pub fn label_text(&self) -> String {
        format!("{} {}", self.sn, self.cpuid)
    }
}

pub const CPUID_CHARS_MAX: usize = 64;

/// 1–64 printable ASCII characters without spaces.
pub fn is_cpuid(text: &str) -> bool {
    (1..=CPUID_CHARS_MAX).contains(&text.len()) && text.bytes().all(|b| (0x21..=0x7E).contains(&b))
}

/// The form in which CPU ids are compared.
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
