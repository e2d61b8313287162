//! Correcting devices: a new CPU id, retirement, and conflicts settled by people. Not here: what makes a conflict (devices.rs).

use super::claims;
use super::devices::{delist, enlist, holder, settle_by_itself};
use super::history::{add_step, last_correction};
use super::imports::touch;
use super::prints::close_print;
use super::{App, By, log, now, refusals};
use crate::domain::device::{Conflict, ConflictKind, Device, Label, Settlement, StepKind, canonical_cpuid, is_cpuid};
use crate::domain::fact::Fact;
use crate::domain::ids::Millis;
use crate::domain::news::News;
use crate::domain::refusal::Refusal;
use crate::store::tables::{CONFLICTS, DEVICES, RETIRED};
use crate::store::{StoreError, Txn, View};

/// The device, unless unknown or retired.
fn active(txn: &Txn<'_>, sn: &String) -> Result<Device, Refusal> {
    if let Some(device) = txn.get(&DEVICES, sn)? {
        return Ok(device);
    }
    Err(if txn.has(&RETIRED, sn)? { refusals::device_is_retired(sn) } else { refusals::no_such_device(sn) })
}

/// Refuses a decision made on a CPU id that has changed since. Compares the exact spelling, as that can be corrected too.
fn check_seen(txn: &Txn<'_>, device: &Device, seen: Option<&String>) -> Result<(), Refusal> {
    let Device { sn, cpuid, .. } = device;
    if seen.is_none_or(|seen| seen == cpuid) {
        return Ok(());
    }
    let correction = last_correction(txn, sn)?.filter(|step| step.to == *cpuid);
    Err(refusals::cpuid_is_not_the_one_seen(sn, cpuid, correction.as_ref().map(|step| step.user_name.as_str())))
}

/// Gives a device another CPU id, which makes its printed label wrong.
fn correct(txn: &mut Txn<'_>, by: &By, now: Millis, device: Device, cpuid: &str, reason: &str) -> Result<Device, Refusal> {
    if device.cpuid == cpuid {
        return Err(refusals::device_has_the_cpuid_already(&device.sn, cpuid));
    }
    touch(txn, &device)?;
    delist(txn, &device)?;
    if let Some(other) = holder(&txn.view(), cpuid)? {
        return Err(refusals::cpuid_is_taken(&other.cpuid, &other.sn));
    }
    close_print(txn, by, &device, Label::Unknown)?;
    let change = (device.cpuid.clone(), cpuid.to_owned());
    add_step(txn, by, now, &device.sn, StepKind::Cpuid, change, reason)?;
    log(
        txn,
        now,
        by,
        None,
        Fact::DeviceCorrected {
            sn: device.sn.clone(),
            from: device.cpuid.clone(),
            to: cpuid.to_owned(),
            reason: reason.to_owned(),
        },
    )?;
    let device = Device { cpuid: cpuid.to_owned(), label: Label::New, current_labels: 0, ..device };
    enlist(txn, &device)?;
    settle_by_itself(txn, by, now, &device, reason)?;
    txn.tell(News::Unprinted);
    Ok(device)
}

/// Open conflicts, or all; newest first. Open ones show their devices as they are now.
pub fn conflicts(view: &View<'_>, all: bool, limit: usize) -> Result<Vec<Conflict>, StoreError> {
    let mut found = Vec::new();
    for row in view.scan(&CONFLICTS, &(), true) {
        let conflict = as_it_stands(view, row?.1)?;
        if all || (conflict.settled.is_none() && !is_so(view, &conflict)?) {
            found.push(conflict);
        }
        if found.len() == limit {
            break;
        }
    }
    Ok(found)
}

/// The device already has this pair: possible in the store of an older release.
fn is_so(view: &View<'_>, conflict: &Conflict) -> Result<bool, StoreError> {
    let device = view.get(&DEVICES, &conflict.sn)?.filter(|_| conflict.kind == ConflictKind::Registration);
    Ok(device.is_some_and(|device| canonical_cpuid(&device.cpuid) == canonical_cpuid(&conflict.cpuid)))
}

/// An open conflict gets its current pairs; a settled one stays as it was.
fn as_it_stands(view: &View<'_>, conflict: Conflict) -> Result<Conflict, StoreError> {
    if conflict.settled.is_some() {
        return Ok(conflict);
    }
    let pair = |device: Device| (device.sn, device.cpuid);
    let of = |sn: &String| match view.get(&DEVICES, sn)? {
        Some(device) => Ok(Some(pair(device))),
        None => Ok(view.get(&RETIRED, sn)?.map(pair)),
    };
    let by_sn = of(&conflict.sn)?;
    let by_cpuid = match (conflict.kind, &conflict.by_cpuid) {
        (ConflictKind::Twins, Some((sn, _))) => of(sn)?,
        _ => holder(view, &conflict.cpuid)?.map(pair),
    };
    Ok(Conflict { by_sn, by_cpuid, ..conflict })
}

#[derive(Clone, Debug)]
pub struct Decision {
    pub reason: String,
    /// Give the device of that serial the requested CPU id.
    pub replace: bool,
    /// The CPU id that the person saw.
    pub seen: Option<String>,
}

impl App {
    /// `seen`: the CPU id on which the decision was based.
    pub async fn correct_device(
        &self,
        by: By,
        sn: String,
        cpuid: String,
        reason: String,
        seen: Option<String>,
    ) -> Result<Device, Refusal> {
        if !is_cpuid(&cpuid) {
            return Err(refusals::not_a_cpuid());
        }
        self.act(by, move |txn, by| {
            let device = active(txn, &sn)?;
            check_seen(txn, &device, seen.as_ref())?;
            correct(txn, by, now(), device, &cpuid, &reason)
        })
        .await
    }

    /// Takes a device off all lists for good; its serial is never reused. `seen` as above.
    pub async fn retire_device(&self, by: By, sn: String, reason: String, seen: Option<String>) -> Result<Device, Refusal> {
        self.act(by, move |txn, by| {
            let device = active(txn, &sn)?;
            check_seen(txn, &device, seen.as_ref())?;
            touch(txn, &device)?;
            let now = now();
            delist(txn, &device)?;
            claims::forget(txn, &sn)?;
            txn.put(&RETIRED, &sn, &device)?;
            add_step(txn, by, now, &sn, StepKind::Retired, (String::new(), String::new()), &reason)?;
            log(txn, now, by, None, Fact::DeviceRetired { sn: sn.clone(), cpuid: device.cpuid.clone(), reason: reason.clone() })?;
            txn.tell(News::Unprinted);
            Ok(device)
        })
        .await
    }

    pub async fn settle_conflict(&self, by: By, id: u64, decision: Decision) -> Result<Conflict, Refusal> {
        let verb = move |txn: &mut Txn<'_>, by: &By| {
            let Decision { reason, replace, seen } = decision;
            let mut conflict = txn.get(&CONFLICTS, &id)?.ok_or_else(refusals::no_such_conflict)?;
            if conflict.settled.is_some() {
                return Err(refusals::conflict_is_settled());
            }
            let now = now();
            if replace {
                if conflict.kind == ConflictKind::Twins {
                    return Err(refusals::twins_are_not_replaced());
                }
                let device = active(txn, &conflict.sn).map_err(|refusal| Refusal::conflict(refusal.zh, refusal.en))?;
                let stood = seen.as_ref().or(conflict.by_sn.as_ref().map(|(_, cpuid)| cpuid)).map(|cpuid| canonical_cpuid(cpuid));
                if stood != Some(canonical_cpuid(&device.cpuid)) {
                    // The next decision is compared with what is shown now.
                    let shown = as_it_stands(&txn.view(), conflict)?;
                    txn.put(&CONFLICTS, &id, &shown)?;
                    return Ok(Err(refusals::device_has_changed(&device.sn, &device.cpuid)));
                }
                correct(txn, by, now, device, &conflict.cpuid, &reason)?;
            }
            log(
                txn,
                now,
                by,
                None,
                Fact::ConflictSettled {
                    sn: conflict.sn.clone(),
                    cpuid: conflict.cpuid.clone(),
                    replaced: replace,
                    reason: reason.clone(),
                },
            )?;
            let user_name = by.actor.user_name.clone();
            conflict.settled = Some(Settlement { at: now, user_name, reason, replaced: replace });
            txn.put(&CONFLICTS, &id, &conflict)?;
            Ok(Ok(conflict))
        };
        self.act(by, verb).await?
    }
}
