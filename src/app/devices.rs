//! Devices: registered once, printed and counted, found by serial, by time, or because they have no label yet.

use super::{App, now};
use crate::domain::change::Change;
use crate::domain::device::{self, Device};
use crate::domain::ids::Millis;
use crate::domain::refusal::{Code, Refusal};
use crate::store::tables::{Arrival, DEVICES, DEVICES_BY_CPUID, DEVICES_BY_TIME, DEVICES_UNPRINTED};
use crate::store::{StoreError, Txn, View};
use std::collections::HashSet;

/// What a station asks for; without a serial the box allots one.
#[derive(Clone, Debug)]
pub struct NewDevice {
    pub sn: Option<String>,
    pub cpuid: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    Created,
    Exists,
    /// The serial or the CPU id belongs to another.
    Conflict,
}

/// A row of the answer: the device as asked for, or as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    pub sn: Option<String>,
    pub cpuid: String,
    pub status: Registered,
}

/// How a change of print states ended. Serials in the order asked for, each once.
#[derive(Clone, Debug, Default)]
pub struct Switched {
    pub done: Vec<String>,
    pub unknown: Vec<String>,
}

/// A verb writes five keys a device.
const DEVICES_PER_VERB: usize = 200;

fn register(txn: &mut Txn<'_>, new: &NewDevice, now: Millis, week: &str) -> Result<Registration, Refusal> {
    let known_sn = txn.get(&DEVICES_BY_CPUID, &new.cpuid)?;
    let answer = |sn: Option<String>, status| Ok(Registration { sn, cpuid: new.cpuid.clone(), status });
    let sn = match (&new.sn, known_sn) {
        (None, Some(known)) => return answer(Some(known), Registered::Exists),
        (Some(sn), Some(known)) if *sn == known => return answer(Some(known), Registered::Exists),
        (Some(sn), Some(_)) => return answer(Some(sn.clone()), Registered::Conflict),
        (Some(sn), None) if txn.has(&DEVICES, sn)? => return answer(Some(sn.clone()), Registered::Conflict),
        (Some(sn), None) => sn.clone(),
        (None, None) => allot(txn, week)?,
    };
    let device =
        Device { sn, cpuid: new.cpuid.clone(), registered: now, sequence: txn.next("devices")?, printed: false, print_count: 0 };
    let arrival = (device.registered, device.sequence);
    txn.put(&DEVICES, &device.sn, &device)?;
    txn.put(&DEVICES_BY_CPUID, &device.cpuid, &device.sn)?;
    txn.put(&DEVICES_BY_TIME, &arrival, &device.sn)?;
    txn.put(&DEVICES_UNPRINTED, &arrival, &device.sn)?;
    answer(Some(device.sn), Registered::Created)
}

/// The week's next free serial.
fn allot(txn: &mut Txn<'_>, week: &str) -> Result<String, Refusal> {
    let counter = format!("serials/{week}");
    loop {
        let number = txn.next(&counter)?;
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        if number > device::WEEK_NUMBER_MAX {
            return Err(Refusal::new(Code::Unavailable, "本周的序列号已用完", "this week's serials are used up"));
        }
        let sn = device::week_serial(week, number);
        if !txn.has(&DEVICES, &sn)? {
            return Ok(sn);
        }
    }
}

fn switch(txn: &mut Txn<'_>, sns: &[String], printed: bool, switched: &mut Switched) -> Result<(), Refusal> {
    let mut changed = false;
    for sn in sns {
        let Some(mut device) = txn.get(&DEVICES, sn)? else {
            switched.unknown.push(sn.clone());
            continue;
        };
        switched.done.push(sn.clone());
        let arrival = (device.registered, device.sequence);
        if printed {
            device.print_count += 1;
        }
        if device.printed != printed {
            device.printed = printed;
            changed = true;
            if printed {
                txn.delete(&DEVICES_UNPRINTED, &arrival);
            } else {
                txn.put(&DEVICES_UNPRINTED, &arrival, sn)?;
            }
        }
        txn.put(&DEVICES, sn, &device)?;
    }
    if changed {
        txn.emit(Change::Unprinted);
    }
    Ok(())
}

pub fn find(view: &View<'_>, sn: &str) -> Result<Option<Device>, StoreError> {
    view.get(&DEVICES, &sn.to_owned())
}

/// Up to `limit` serials in the order of their registration, from `after` (not included) or from `from`, to `to` (included).
pub fn between(
    view: &View<'_>,
    from: Millis,
    to: Millis,
    after: Option<Arrival>,
    limit: usize,
) -> Result<Vec<(Arrival, String)>, StoreError> {
    let start = after.map_or((from, 0), |(time, sequence)| (time, sequence + 1));
    view.range(&DEVICES_BY_TIME, &start, &(to, u64::MAX), false).take(limit).collect()
}

/// Every serial without a label, oldest first.
pub fn unprinted(view: &View<'_>) -> Result<Vec<String>, StoreError> {
    view.scan(&DEVICES_UNPRINTED, &(), false).map(|row| row.map(|(_, sn)| sn)).collect()
}

impl App {
    /// Rows in, rows out, in the same order. A row of wrong form refuses the whole and registers nothing.
    pub async fn register_devices(&self, rows: Vec<NewDevice>) -> Result<Vec<Registration>, Refusal> {
        let settings = self.settings();
        for row in &rows {
            if !device::is_cpuid(&row.cpuid) {
                return Err(Refusal::malformed(
                    "CPUID：应为 1 到 64 个可见的 ASCII 字符，不含空格",
                    "CPUID: must be 1 to 64 printable ASCII characters without blanks",
                ));
            }
            if let Some(sn) = &row.sn
                && !settings.is_sn(sn)
            {
                return Err(Refusal::malformed(
                    format!("DeviceSN：{sn} 不符合格式 {}", settings.device_sn_pattern),
                    format!("DeviceSN: {sn} does not fit {}", settings.device_sn_pattern),
                ));
            }
        }
        let mut registrations = Vec::with_capacity(rows.len());
        for rows in rows.chunks(DEVICES_PER_VERB).map(<[_]>::to_vec) {
            let zone = settings.zone();
            let verb = move |txn: &mut Txn<'_>| {
                let now = now();
                let today = jiff::Timestamp::from_millisecond(now).map_err(|_| Refusal::internal())?.to_zoned(zone).date();
                let week = device::week_prefix(today);
                let registered = rows.iter().map(|row| register(txn, row, now, &week)).collect::<Result<Vec<_>, _>>()?;
                if registered.iter().any(|r| r.status == Registered::Created) {
                    txn.emit(Change::Unprinted);
                }
                Ok(registered)
            };
            registrations.extend(self.store.write(verb).await?);
        }
        Ok(registrations)
    }

    /// A serial twice in the list counts once. With `atomic`, an unknown one leaves all as they were.
    pub async fn switch_print_state(&self, sns: Vec<String>, printed: bool, atomic: bool) -> Result<Switched, Refusal> {
        let mut seen = HashSet::new();
        let sns: Vec<String> = sns.into_iter().filter(|sn| seen.insert(sn.clone())).collect();
        // All or none has to be one verb, however long the list.
        let per_verb = if atomic { sns.len().max(1) } else { DEVICES_PER_VERB };
        let mut switched = Switched::default();
        for sns in sns.chunks(per_verb).map(<[_]>::to_vec) {
            let verb = move |txn: &mut Txn<'_>| {
                let mut switched = Switched::default();
                if atomic {
                    for sn in &sns {
                        if !txn.has(&DEVICES, sn)? {
                            switched.unknown.push(sn.clone());
                        }
                    }
                    if !switched.unknown.is_empty() {
                        return Ok(switched);
                    }
                }
                switch(txn, &sns, printed, &mut switched)?;
                Ok(switched)
            };
            let part = self.store.write(verb).await?;
            switched.done.extend(part.done);
            switched.unknown.extend(part.unknown);
        }
        Ok(switched)
    }
}
