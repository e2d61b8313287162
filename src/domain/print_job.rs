//! What was asked of a printer, label by label. At most once: a label whose fate is not known is never sent again by itself.
//! Not here: sending (printing/), what a label means for its device (app/labels.rs).

use super::ids::{Millis, UserId};
use serde::{Deserialize, Serialize};

/// Never changes; how far it has come is its `Progress`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrintJob {
    pub printer: u64,
    pub printer_name: String,
    pub at: Millis,
    pub user: UserId,
    pub user_name: String,
    pub ip: String,
    /// Why labels are printed again.
    pub reason: String,
    /// Of each label.
    pub copies: u32,
    /// Serials, in order, each once.
    pub sns: Vec<String>,
}

/// Labels go out in order, a row at a time, so two numbers say where a job is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The label that goes out next, counted from 0; those before it went out or never will.
    pub next: u32,
    /// So many labels before `next`, a row, are at the printer, and nothing is known of them yet.
    pub in_flight: u32,
    /// When and by whom.
    pub cancelled: Option<(Millis, String)>,
}

/// Of a label that did not simply come out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mishap {
    /// It went out, and whether it came out nobody heard. The number of its print in the device's history.
    InDoubt(u64),
    /// It never went out.
    Failed(NotSent),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotSent {
    /// The device is retired.
    NoDevice,
    /// Its code does not fit on the label, or the font lacks a character.
    NotDrawn,
    /// Somebody printed or marked it meanwhile.
    PrintedMeanwhile,
}

impl NotSent {
    /// Chinese and English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::NoDevice => ("设备已作废", "the device is retired"),
            Self::NotDrawn => (
                "这种标签印不出它的内容：码放不下，有印不了的字符，或打印机的偏移把内容推到了标签外",
                "this label can't hold what it should say: a code does not fit, a character can't be printed, or the printer's offset pushes some of it off the label",
            ),
            Self::PrintedMeanwhile => ("已有标签", "it has a label by now"),
        }
    }
}

/// Of several copies of a label the greatest counts: what is not known before what is to come, what came out before what did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    Failed,
    Printed,
    Waiting,
    Sent,
    Unknown,
}

impl PrintJob {
    pub fn labels(&self) -> u32 {
        u32::try_from(self.sns.len()).unwrap_or(u32::MAX).saturating_mul(self.copies)
    }

    /// Copies of a label follow each other.
    pub fn sn(&self, label: u32) -> Option<&String> {
        self.sns.get(label.checked_div(self.copies)? as usize)
    }
}

impl Progress {
    pub fn has_more(&self, job: &PrintJob) -> bool {
        self.cancelled.is_none() && self.next < job.labels()
    }

    pub fn is_over(&self, job: &PrintJob) -> bool {
        self.in_flight == 0 && !self.has_more(job)
    }

    pub fn at_printer(&self) -> std::ops::Range<u32> {
        self.next.saturating_sub(self.in_flight)..self.next
    }

    pub fn is_in_flight(&self, label: u32) -> bool {
        self.at_printer().contains(&label)
    }

    /// Of a label without a mishap.
    pub fn fate(&self, label: u32) -> Fate {
        match label {
            _ if self.is_in_flight(label) => Fate::Sent,
            _ if label < self.next => Fate::Printed,
            _ if self.cancelled.is_some() => Fate::Failed,
            _ => Fate::Waiting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(sns: u32, copies: u32) -> PrintJob {
        PrintJob {
            printer: 1,
            printer_name: "Z".into(),
            at: 0,
            user: UserId(1),
            user_name: "u".into(),
            ip: String::new(),
            reason: String::new(),
            copies,
            sns: (0..sns).map(|n| n.to_string()).collect(),
        }
    }

    #[test]
    fn copies_follow_each_other() {
        let job = job(2, 3);
        let sns: Vec<_> = (0..7).map(|label| job.sn(label).map(String::as_str)).collect();
        assert_eq!(sns, [Some("0"), Some("0"), Some("0"), Some("1"), Some("1"), Some("1"), None]);
    }

    #[test]
    fn a_cancelled_job_is_over_once_nothing_is_in_flight() {
        let (job, mut progress) = (job(3, 1), Progress { next: 2, in_flight: 1, ..Progress::default() });
        let fates = |progress: &Progress| [0, 1, 2].map(|label| progress.fate(label));
        assert_eq!(fates(&progress), [Fate::Printed, Fate::Sent, Fate::Waiting]);
        progress.cancelled = Some((1, "u".into()));
        assert!(!progress.is_over(&job) && !progress.has_more(&job));
        progress.in_flight = 0;
        assert_eq!(fates(&progress), [Fate::Printed, Fate::Printed, Fate::Failed]);
        assert!(progress.is_over(&job));
    }
}
