//! Correcting devices: a new CPU id, retirement, and conflicts settled by people. Not here: what makes a conflict (devices.rs).

use super::claims;
use super::devices::{delist, enlist, holder, not_a_cpuid, settle_by_itself};
use super::history::{add_step, last_correction};
use super::imports::touch;
use super::prints::close_print;
use super::{App, By, log, now};
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
    Err(if txn.has(&RETIRED, sn)? {
        Refusal::conflict(format!("设备 {sn} 已作废"), format!("the device {sn} is retired"))
    } else {
        Refusal::not_found(format!("没有这个设备：{sn}"), format!("no such device: {sn}"))
    })
}

/// Refuses a decision made on a CPU id that has changed since. Compares the exact spelling, as that can be corrected too.
fn check_seen(txn: &Txn<'_>, device: &Device, seen: Option<&String>) -> Result<(), Refusal> {
    let Device { sn, cpuid, .. } = device;
    if seen.is_none_or(|seen| seen == cpuid) {
        return Ok(());
    }
    let (zh, en) = match last_correction(txn, sn)? {
        Some(step) if step.to == *cpuid => (
            format!("{} 在此期间已把设备 {sn} 的 CPUID 改为 {cpuid}", step.user_name),
            format!("{} has meanwhile made the CPUID of {sn} {cpuid}", step.user_name),
        ),
        _ => (format!("设备 {sn} 的 CPUID 是 {cpuid}"), format!("the CPUID of {sn} is {cpuid}")),
    };
    Err(Refusal::conflict(
        format!("{zh}；什么都没有写入，请看过现状后重新决定"),
        format!("{en}; nothing was written, look at it and decide anew"),
    ))
}

/// Gives a device another CPU id, which makes its printed label wrong.
fn correct(txn: &mut Txn<'_>, by: &By, now: Millis, device: Device, cpuid: &str, reason: &str) -> Result<Device, Refusal> {
    if device.cpuid == cpuid {
        let (zh, en) = (format!("CPUID：{} 的 CPUID 已是 {cpuid}", device.sn), format!("CPUID: {} has {cpuid} already", device.sn));
        return Err(Refusal::conflict(zh, en));
    }
    touch(txn, &device)?;
    delist(txn, &device)?;
    if let Some(other) = holder(&txn.view(), cpuid)? {
        let Device { sn, cpuid, .. } = other;
        return Err(Refusal::conflict(
            format!("CPUID：{cpuid} 属于设备 {sn}；请先更正或作废那一个"),
            format!("CPUID: {cpuid} is the device {sn}'s; correct or retire that one first"),
        ));
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

fn has_changed(device: &Device) -> Refusal {
    let Device { sn, cpuid, .. } = device;
    Refusal::conflict(
        format!("seen：设备 {sn} 在此期间已变更，现在的 CPUID 是 {cpuid}；没有替换，请看过现状后重新决定"),
        format!(
            "seen: the device {sn} has changed meanwhile, its CPUID is {cpuid} now; nothing was replaced, look at it and decide anew"
        ),
    )
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
            return Err(not_a_cpuid());
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
            let mut conflict = txn.get(&CONFLICTS, &id)?.ok_or_else(|| Refusal::not_found("没有这个冲突", "no such conflict"))?;
            if conflict.settled.is_some() {
                return Err(Refusal::conflict("该冲突已处理", "this conflict is settled already"));
            }
            let now = now();
            if replace {
                if conflict.kind == ConflictKind::Twins {
                    return Err(Refusal::conflict(
                        "decision：两个设备已有同一个 CPUID；请更正或作废其中一个",
                        "decision: two devices have one CPUID already; correct or retire one of them",
                    ));
                }
                let device = active(txn, &conflict.sn).map_err(|refusal| Refusal::conflict(refusal.zh, refusal.en))?;
                let stood = seen.as_ref().or(conflict.by_sn.as_ref().map(|(_, cpuid)| cpuid)).map(|cpuid| canonical_cpuid(cpuid));
                if stood != Some(canonical_cpuid(&device.cpuid)) {
                    // The next decision is compared with what is shown now.
                    let shown = as_it_stands(&txn.view(), conflict)?;
                    txn.put(&CONFLICTS, &id, &shown)?;
                    return Ok(Err(has_changed(&device)));
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
