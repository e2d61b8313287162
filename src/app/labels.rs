//! Labels: their outcomes, and the resulting print state. Not here: label records (prints.rs), claims (claims.rs).

use super::claims;
use super::devices::{DEVICES_PER_VERB, UNPRINTED_COUNTER};
use super::history::{add_step, last_correction};
use super::imports::touch;
use super::prints::{add_print, close_print, last_print, open_print};
use super::{App, By, now, print_queue, refusals};
use crate::domain::device::{Device, Label, Print, StepKind, canonical_cpuid};
use crate::domain::news::News;
use crate::domain::refusal::Refusal;
use crate::store::tables::{DEVICES, DEVICES_UNPRINTED};
use crate::store::{StoreError, Txn};
use std::collections::{HashMap, HashSet};

/// Serials in the order requested, each once.
#[derive(Clone, Debug, Default)]
pub struct Switched {
    pub done: Vec<String>,
    pub unknown: Vec<String>,
}

/// A serial and, optionally, the CPU id on the label.
#[derive(Clone, Debug)]
pub struct Named {
    pub sn: String,
    pub cpuid: Option<String>,
}

/// Why an outcome does not apply to the device's current label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTold {
    Unknown,
    /// No label was sent for its current CPU id.
    Changed,
    /// The outcome is known already.
    Answered,
}

#[derive(Clone, Debug, Default)]
pub struct Told {
    pub done: Vec<String>,
    pub not: Vec<(String, NotTold)>,
}

/// Refuses labels whose CPU id is not the device's.
pub(super) fn check_pairs<'l>(txn: &Txn<'_>, labels: impl Iterator<Item = &'l Named>) -> Result<(), Refusal> {
    let mut wrong = Vec::new();
    for Named { sn, cpuid } in labels {
        let (Some(said), Some(device)) = (cpuid, txn.get(&DEVICES, sn)?) else { continue };
        if canonical_cpuid(said) != canonical_cpuid(&device.cpuid) {
            wrong.push((said.as_str(), device));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(refusals::labels_show_another_cpuid(&wrong)) }
}

/// A device that was corrected or set to unprinted has a `New` label again, and its earlier labels are closed.
fn why_not(txn: &Txn<'_>, device: &Device, named: &Named) -> Result<Option<NotTold>, StoreError> {
    if device.label == Label::Sent || open_print(txn, device)?.is_some() {
        return Ok(None);
    }
    // Naming the current pair means having the label at hand, wherever it was printed; a device that was never corrected has no
    // other label.
    let has_seen = named.cpuid.as_ref() == Some(&device.cpuid);
    Ok(match device.label {
        Label::New if has_seen || (device.prints == 0 && last_correction(txn, &device.sn)?.is_none()) => None,
        Label::New => Some(NotTold::Changed),
        _ => Some(NotTold::Answered),
    })
}

pub(super) fn once_each(sns: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    sns.into_iter().filter(|sn| seen.insert(sn.clone())).collect()
}

/// Refuses labels claimed by others.
pub(super) fn check_claims(txn: &Txn<'_>, by: &By, devices: &[Device]) -> Result<(), Refusal> {
    let held = claims::of_others(txn, by.actor.credential, devices.iter().map(|device| &device.sn))?;
    if held.is_empty() { Ok(()) } else { Err(refusals::labels_are_claimed(&held, by.actor.user)) }
}

/// Devices whose count differs from the one seen, each with its last label.
fn counted_on<'d>(
    txn: &Txn<'_>,
    devices: &'d [Device],
    seen: &HashMap<String, u64>,
    count: impl Fn(&Device) -> u32,
) -> Result<Vec<(&'d Device, Option<Print>)>, StoreError> {
    let other = devices.iter().filter(|device| seen.get(&device.sn).is_some_and(|seen| *seen != u64::from(count(device))));
    other.map(|device| Ok((device, last_print(&txn.view(), device)?))).collect()
}

/// Refuses labels sent since they were looked at.
pub(super) fn check_sent(txn: &Txn<'_>, devices: &[Device], seen: &HashMap<String, u64>) -> Result<(), Refusal> {
    let sent = counted_on(txn, devices, seen, |device| device.prints)?;
    if sent.is_empty() { Ok(()) } else { Err(refusals::labels_were_sent_meanwhile(&sent)) }
}

/// Refuses labels printed since they were looked at.
fn check_printed(txn: &Txn<'_>, devices: &[Device], seen: &HashMap<String, u64>) -> Result<(), Refusal> {
    let printed = counted_on(txn, devices, seen, |device| device.print_count)?;
    if printed.is_empty() { Ok(()) } else { Err(refusals::labels_were_printed_meanwhile(&printed)) }
}

/// Marks a device as not printed.
fn unprint(txn: &mut Txn<'_>, by: &By, device: Device, reason: &str) -> Result<(), Refusal> {
    if device.label == Label::New {
        return Ok(());
    }
    touch(txn, &device)?;
    add_step(txn, by, now(), &device.sn, StepKind::Unprinted, (String::new(), String::new()), reason)?;
    Ok(relabel(txn, device, Label::New)?)
}

/// Stores a device's new label state with its index.
pub(super) fn relabel(txn: &mut Txn<'_>, mut device: Device, label: Label) -> Result<(), StoreError> {
    let (was_printed, arrival) = (device.is_printed(), (device.registered, device.sequence));
    device.label = label;
    match (was_printed, device.is_printed()) {
        (false, true) => {
            txn.delete(&DEVICES_UNPRINTED, &arrival);
            txn.add(UNPRINTED_COUNTER, -1)?;
        }
        (true, false) => {
            txn.put(&DEVICES_UNPRINTED, &arrival, &device.sn)?;
            txn.add(UNPRINTED_COUNTER, 1)?;
        }
        _ => {}
    }
    // Also where the list stays the same: whoever shows it shows the labels' states.
    if !(was_printed && device.is_printed()) {
        txn.tell(News::Unprinted);
    }
    txn.put(&DEVICES, &device.sn, &device)
}

/// A label goes to a printer. Returns the number of its print.
pub(super) fn send(txn: &mut Txn<'_>, by: &By, mut device: Device, reason: &str) -> Result<u64, Refusal> {
    touch(txn, &device)?;
    // The outcome of the one before stays unknown.
    close_print(txn, by, &device, Label::Unknown)?;
    let number = device.prints.into();
    add_print(txn, by, &mut device, reason, Label::Sent)?;
    let label = if device.is_printed() { Label::Printed } else { Label::Sent };
    relabel(txn, device, label)?;
    Ok(number)
}

/// The outcome of the label sent, or of one printed elsewhere.
pub(super) fn outcome(txn: &mut Txn<'_>, by: &By, mut device: Device, label: Label) -> Result<(), Refusal> {
    touch(txn, &device)?;
    if !close_print(txn, by, &device, label)? {
        add_print(txn, by, &mut device, "", label)?;
    }
    if label == Label::Printed {
        device.print_count += 1;
        device.current_labels += 1;
    }
    // After a failed reprint, the earlier label remains.
    let keeps_its_label = device.is_printed() && label != Label::Printed;
    Ok(relabel(txn, device, if keeps_its_label { Label::Printed } else { label })?)
}

impl App {
    /// Marks devices as printed, or with `unprinted` (the reason) as not printed. With `atomic`, one unknown serial leaves all
    /// unchanged; so does one whose print count is not the one in `seen`.
    pub async fn switch_print_state(
        &self,
        by: By,
        sns: Vec<String>,
        unprinted: Option<String>,
        atomic: bool,
        seen: HashMap<String, u64>,
    ) -> Result<Switched, Refusal> {
        let sns = once_each(sns);
        // All-or-nothing has to be one verb, however long the list.
        let per_verb = if atomic || !seen.is_empty() { sns.len().max(1) } else { DEVICES_PER_VERB };
        let mut switched = Switched::default();
        for sns in sns.chunks(per_verb).map(<[_]>::to_vec) {
            let (by, unprinted, seen) = (by.clone(), unprinted.clone(), seen.clone());
            let verb = move |txn: &mut Txn<'_>, by: &By| {
                let mut part = Switched::default();
                let mut known = Vec::new();
                for sn in sns {
                    match txn.get(&DEVICES, &sn)? {
                        Some(device) => known.push(device),
                        None => part.unknown.push(sn),
                    }
                }
                if atomic && !part.unknown.is_empty() {
                    return Ok(part);
                }
                check_printed(txn, &known, &seen)?;
                for device in known {
                    part.done.push(device.sn.clone());
                    match &unprinted {
                        None => outcome(txn, by, device, Label::Printed)?,
                        Some(reason) => unprint(txn, by, device, reason)?,
                    }
                }
                claims::release(txn, by.actor.credential, &part.done)?;
                Ok(part)
            };
            let part = self.act(by.clone(), verb).await?;
            switched.done.extend(part.done);
            switched.unknown.extend(part.unknown);
        }
        Ok(switched)
    }

    /// Records labels sent to a printer. Reprints are refused without a `reason`. `seen`: how often each had been sent when this
    /// was decided.
    pub async fn labels_sent(&self, by: By, labels: Vec<Named>, reason: String, seen: HashMap<String, u64>) -> Result<(), Refusal> {
        self.act(by, move |txn, by| {
            check_pairs(txn, labels.iter())?;
            let mut devices = Vec::new();
            for sn in once_each(labels.into_iter().map(|label| label.sn).collect()) {
                devices.push(txn.get(&DEVICES, &sn)?.ok_or_else(|| refusals::no_such_device(&sn))?);
            }
            check_claims(txn, by, &devices)?;
            print_queue::check_waiting(&txn.view(), &devices)?;
            check_sent(txn, &devices, &seen)?;
            let again: Vec<&str> = devices.iter().filter(|d| d.current_labels > 0).map(|d| d.sn.as_str()).collect();
            if !again.is_empty() && reason.trim().is_empty() {
                return Err(refusals::reprint_needs_a_reason(&again));
            }
            for device in devices {
                send(txn, by, device, reason.trim())?;
            }
            Ok(())
        })
        .await
    }

    /// Records outcomes, in one verb: a wrong pair leaves all unchanged.
    pub async fn labels_came_out(&self, by: By, outcomes: Vec<(Named, Label)>) -> Result<Told, Refusal> {
        let verb = move |txn: &mut Txn<'_>, by: &By| {
            check_pairs(txn, outcomes.iter().map(|(label, _)| label))?;
            let not_out: Vec<&String> =
                outcomes.iter().filter(|(_, label)| *label != Label::Printed).map(|(named, _)| &named.sn).collect();
            print_queue::check_at_printers(&txn.view(), &not_out)?;
            let mut told = Told::default();
            let sns: Vec<String> = outcomes.iter().map(|(label, _)| label.sn.clone()).collect();
            claims::release(txn, by.actor.credential, &sns)?;
            for (named, label) in outcomes {
                let found = txn.get(&DEVICES, &named.sn)?;
                let why_not = match &found {
                    Some(device) => why_not(txn, device, &named)?,
                    None => Some(NotTold::Unknown),
                };
                match (found, why_not) {
                    (Some(device), None) => {
                        outcome(txn, by, device, label)?;
                        told.done.push(named.sn);
                    }
                    (_, why_not) => told.not.extend(why_not.map(|why| (named.sn, why))),
                }
            }
            Ok(told)
        };
        self.act(by, verb).await
    }
}
