//! Putting devices right: another CPU id, retirement, and the conflicts that people settle. Not here: what makes a conflict
//! (devices.rs).

use super::devices::{delist, enlist, holder, not_a_cpuid};
use super::history::add_step;
use super::imports::touch;
use super::labels::close_print;
use super::{App, By, log, now};
use crate::domain::change::Change;
use crate::domain::device::{Conflict, ConflictKind, Device, Label, Settlement, StepKind, is_cpuid};
use crate::domain::ids::Millis;
use crate::domain::refusal::Refusal;
use crate::store::tables::{CONFLICTS, DEVICES, RETIRED};
use crate::store::{StoreError, Txn, View};

/// The device of that serial, if anything can still be done to it.
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

/// Gives a device another CPU id. What its label says is wrong from then on.
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
    log(txn, now, by, None, format!("更正设备 {} {} → {cpuid}：{reason}", device.sn, device.cpuid))?;
    let device = Device { cpuid: cpuid.to_owned(), label: Label::New, current_labels: 0, ..device };
    enlist(txn, &device)?;
    txn.emit(Change::Unprinted);
    Ok(device)
}

/// Conflicts that wait for a person, or all of them; the newest first.
pub fn conflicts(view: &View<'_>, all: bool, limit: usize) -> Result<Vec<Conflict>, StoreError> {
    let rows = view.scan(&CONFLICTS, &(), true).map(|row| row.map(|(_, conflict)| conflict));
    rows.filter(|row| row.as_ref().map_or(true, |c| all || c.settled.is_none())).take(limit).collect()
}

impl App {
    pub async fn correct_device(&self, by: By, sn: String, cpuid: String, reason: String) -> Result<Device, Refusal> {
        if !is_cpuid(&cpuid) {
            return Err(not_a_cpuid());
        }
        self.act(by, move |txn, by| {
            let device = active(txn, &sn)?;
            correct(txn, by, now(), device, &cpuid, &reason)
        })
        .await
    }

    /// Takes a device off all lists for good; its serial is never another's.
    pub async fn retire_device(&self, by: By, sn: String, reason: String) -> Result<Device, Refusal> {
        self.act(by, move |txn, by| {
            let device = active(txn, &sn)?;
            touch(txn, &device)?;
            let now = now();
            delist(txn, &device)?;
            txn.put(&RETIRED, &sn, &device)?;
            add_step(txn, by, now, &sn, StepKind::Retired, (String::new(), String::new()), &reason)?;
            log(txn, now, by, None, format!("作废设备 {sn} {}：{reason}", device.cpuid))?;
            txn.emit(Change::Unprinted);
            Ok(device)
        })
        .await
    }

    /// A person has dealt with it, and says how. With `replace` the device of that serial gets the CPU id that was asked for.
    pub async fn settle_conflict(&self, by: By, id: u64, reason: String, replace: bool) -> Result<Conflict, Refusal> {
        self.act(by, move |txn, by| {
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
                correct(txn, by, now, device, &conflict.cpuid, &reason)?;
            }
            log(txn, now, by, None, format!("处理设备冲突 {} {}：{reason}", conflict.sn, conflict.cpuid))?;
            let user_name = by.actor.user_name.clone();
            conflict.settled = Some(Settlement { at: now, user_name, reason, replaced: replace });
            txn.put(&CONFLICTS, &id, &conflict)?;
            Ok(conflict)
        })
        .await
    }
}
