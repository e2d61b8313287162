//! The history of a device: registration, corrections, labels. Not here: making these changes (corrections.rs, labels.rs).

use super::By;
use super::prints::prints;
use crate::domain::device::{Device, Label, Step, StepKind};
use crate::domain::ids::Millis;
use crate::store::tables::STEPS;
use crate::store::{StoreError, Txn, View};

/// `from` and `to` are CPU ids.
pub(super) fn add_step(
    txn: &mut Txn<'_>,
    by: &By,
    at: Millis,
    sn: &str,
    kind: StepKind,
    (from, to): (String, String),
    reason: &str,
) -> Result<(), StoreError> {
    let (user_name, ip, reason) = (by.actor.user_name.clone(), by.ip.clone(), reason.to_owned());
    let last = txn.scan(&STEPS, &sn.to_owned(), true).next().transpose()?;
    let number = last.map_or(0, |((_, number), _)| number + 1);
    txn.put(&STEPS, &(sn.to_owned(), number), &Step { at, user_name, ip, kind, from, to, reason })
}

/// The last change of its CPU id.
pub(super) fn last_correction(txn: &Txn<'_>, sn: &str) -> Result<Option<Step>, StoreError> {
    for row in txn.scan(&STEPS, &sn.to_owned(), true) {
        let (_, step) = row?;
        if step.kind == StepKind::Cpuid {
            return Ok(Some(step));
        }
    }
    Ok(None)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Registered,
    Step(StepKind),
    Label(Label),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub at: Millis,
    /// `None` if an older release kept no name.
    pub user_name: Option<String>,
    pub what: What,
    /// Old and new CPU id.
    pub change: Option<(String, String)>,
    pub reason: String,
}

/// Newest first.
pub fn history(view: &View<'_>, device: &Device) -> Result<Vec<Line>, StoreError> {
    let line = |at, user_name: &str, what, reason: &str| Line {
        at,
        user_name: Some(user_name.to_owned()),
        what,
        change: None,
        reason: reason.to_owned(),
    };
    let registered = line(device.registered, "", What::Registered, "");
    let mut lines = vec![Line { user_name: device.registered_by.clone(), ..registered }];
    for print in prints(view, &device.sn)? {
        match &print.told {
            Some((at, user_name)) => {
                lines.push(line(print.at, &print.user_name, What::Label(Label::Sent), &print.reason));
                lines.push(line(*at, user_name, What::Label(print.outcome), ""));
            }
            None => lines.push(line(print.at, &print.user_name, What::Label(print.outcome), &print.reason)),
        }
    }
    for row in view.scan(&STEPS, &device.sn, false) {
        let Step { at, user_name, kind, from, to, reason, .. } = row?.1;
        let change = (kind == StepKind::Cpuid).then_some((from, to));
        lines.push(Line { change, ..line(at, &user_name, What::Step(kind), &reason) });
    }
    lines.sort_by_key(|line| line.at);
    lines.reverse();
    Ok(lines)
}
