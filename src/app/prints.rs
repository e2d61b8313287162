//! A record of each label: when it was sent, by whom, its outcome. Not here: the print state (labels.rs).

use super::{By, now};
use crate::domain::device::{Device, Label, Print};
use crate::store::tables::PRINTS;
use crate::store::{StoreError, Txn, View};
use std::collections::HashMap;

/// The last label, if its outcome is open.
pub(super) fn open_print(txn: &Txn<'_>, device: &Device) -> Result<Option<(u64, Print)>, StoreError> {
    let Some(last) = device.prints.checked_sub(1).map(u64::from) else { return Ok(None) };
    let print = txn.get(&PRINTS, &(device.sn.clone(), last))?;
    Ok(print.filter(|p| p.outcome == Label::Sent).map(|p| (last, p)))
}

pub(super) fn add_print(txn: &mut Txn<'_>, by: &By, device: &mut Device, reason: &str, outcome: Label) -> Result<(), StoreError> {
    let print = Print {
        at: now(),
        user: by.actor.user,
        user_name: by.actor.user_name.clone(),
        ip: by.ip.clone(),
        reason: reason.to_owned(),
        outcome,
        told: None,
    };
    txn.put(&PRINTS, &(device.sn.clone(), device.prints.into()), &print)?;
    device.prints += 1;
    Ok(())
}

/// Records the outcome of the open label; false if none is open.
pub(super) fn close_print(txn: &mut Txn<'_>, by: &By, device: &Device, outcome: Label) -> Result<bool, StoreError> {
    let Some((number, print)) = open_print(txn, device)? else { return Ok(false) };
    let told = Some((now(), by.actor.user_name.clone()));
    txn.put(&PRINTS, &(device.sn.clone(), number), &Print { outcome, told, ..print })?;
    Ok(true)
}

/// Oldest first.
pub fn prints(view: &View<'_>, sn: &str) -> Result<Vec<Print>, StoreError> {
    view.scan(&PRINTS, &sn.to_owned(), false).map(|row| row.map(|(_, print)| print)).collect()
}

pub(super) fn last_print(view: &View<'_>, device: &Device) -> Result<Option<Print>, StoreError> {
    let last = device.prints.checked_sub(1).map(u64::from);
    Ok(last.map(|last| view.get(&PRINTS, &(device.sn.clone(), last))).transpose()?.flatten())
}

/// Whether it is unknown if the last label came out, also for a reprint or a device marked as not printed since.
pub fn is_in_doubt(device: &Device, last: &Print) -> bool {
    last.outcome == Label::Sent || matches!(device.label, Label::Sent | Label::Unknown)
}

/// The last labels that are in doubt, by serial.
pub fn in_doubt(view: &View<'_>, devices: &[Device]) -> Result<HashMap<String, Print>, StoreError> {
    let mut found = HashMap::new();
    for device in devices {
        found.extend(last_print(view, device)?.filter(|print| is_in_doubt(device, print)).map(|print| (device.sn.clone(), print)));
    }
    Ok(found)
}
