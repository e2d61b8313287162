//! Devices: registered once, found by serial, by CPU id, by time. Not here: their labels (labels.rs).

use super::{App, By, log, now};
use crate::domain::change::Change;
use crate::domain::device::{self, Conflict, Device, Label, Listed, Settlement};
use crate::domain::ids::Millis;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::settings::Settings;
use crate::store::tables::{Arrival, CONFLICTS, CONFLICTS_BY_PAIR, DEVICES, DEVICES_BY_CPUID, DEVICES_BY_TIME, DEVICES_UNPRINTED};
use crate::store::{StoreError, Txn, View};

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

/// A verb writes five keys a device.
pub(super) const DEVICES_PER_VERB: usize = 200;

/// The running total of devices; the unprinted are counted beside it.
pub(super) const DEVICES_COUNTER: &str = "devices";
pub(super) const UNPRINTED_COUNTER: &str = "devices/unprinted";

fn register(txn: &mut Txn<'_>, by: &By, new: &NewDevice, now: Millis, week: &str) -> Result<Registration, Refusal> {
    let known_sn = txn.get(&DEVICES_BY_CPUID, &new.cpuid)?;
    let answer = |sn: Option<String>, status| Ok(Registration { sn, cpuid: new.cpuid.clone(), status });
    let sn = match (&new.sn, known_sn) {
        (None, Some(known)) => return answer(Some(known), Registered::Exists),
        (Some(sn), Some(known)) if *sn == known => return answer(Some(known), Registered::Exists),
        (Some(sn), known) if known.is_some() || txn.has(&DEVICES, sn)? => {
            note_conflict(txn, by, sn, &new.cpuid, known, now)?;
            return answer(Some(sn.clone()), Registered::Conflict);
        }
        (Some(sn), _) => sn.clone(),
        (None, None) => allot(txn, week)?,
    };
    let device = Device {
        sn,
        cpuid: new.cpuid.clone(),
        registered: now,
        sequence: txn.next(DEVICES_COUNTER)?,
        label: Label::New,
        print_count: 0,
        prints: 0,
    };
    let arrival = (device.registered, device.sequence);
    txn.put(&DEVICES, &device.sn, &device)?;
    txn.put(&DEVICES_BY_CPUID, &device.cpuid, &device.sn)?;
    txn.put(&DEVICES_BY_TIME, &arrival, &Listed { sn: device.sn.clone(), cpuid: Some(device.cpuid.clone()) })?;
    txn.put(&DEVICES_UNPRINTED, &arrival, &device.sn)?;
    txn.add(UNPRINTED_COUNTER, 1)?;
    answer(Some(device.sn), Registered::Created)
}

/// Kept for people to settle; a station that asks again and again makes one row, not many.
fn note_conflict(
    txn: &mut Txn<'_>,
    by: &By,
    sn: &str,
    cpuid: &str,
    other_sn: Option<String>,
    now: Millis,
) -> Result<(), StoreError> {
    let pair = (sn.to_owned(), cpuid.to_owned());
    let known = txn.get(&CONFLICTS_BY_PAIR, &pair)?.map(|id| txn.get(&CONFLICTS, &id)).transpose()?.flatten();
    let conflict = match known {
        Some(known) => Conflict { last: now, times: known.times + 1, settled: None, ..known },
        None => {
            let both = |device: Device| (device.sn, device.cpuid);
            Conflict {
                id: txn.next("conflicts")?,
                by_sn: txn.get(&DEVICES, &pair.0)?.map(both),
                by_cpuid: other_sn.map(|other| (other, cpuid.to_owned())),
                sn: pair.0.clone(),
                cpuid: pair.1.clone(),
                first: now,
                last: now,
                times: 1,
                user_name: by.actor.user_name.clone(),
                ip: by.ip.clone(),
                settled: None,
            }
        }
    };
    txn.put(&CONFLICTS_BY_PAIR, &pair, &conflict.id)?;
    txn.put(&CONFLICTS, &conflict.id, &conflict)
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

pub fn find(view: &View<'_>, sn: &str) -> Result<Option<Device>, StoreError> {
    view.get(&DEVICES, &sn.to_owned())
}

pub fn number(view: &View<'_>) -> Result<u64, StoreError> {
    view.counter(DEVICES_COUNTER)
}

pub fn unprinted_number(view: &View<'_>) -> Result<u64, StoreError> {
    view.counter(UNPRINTED_COUNTER)
}

/// Every serial without a label, oldest first.
pub fn unprinted(view: &View<'_>) -> Result<Vec<String>, StoreError> {
    view.scan(&DEVICES_UNPRINTED, &(), false).map(|row| row.map(|(_, sn)| sn)).collect()
}

/// Conflicts that wait for a person, or all of them; the newest first.
pub fn conflicts(view: &View<'_>, all: bool, limit: usize) -> Result<Vec<Conflict>, StoreError> {
    let rows = view.scan(&CONFLICTS, &(), true).map(|row| row.map(|(_, conflict)| conflict));
    rows.filter(|row| row.as_ref().map_or(true, |c| all || c.settled.is_none())).take(limit).collect()
}

impl App {
    /// Rows in, rows out, in the same order. A row of wrong form refuses the whole and registers nothing.
    pub async fn register_devices(&self, by: By, rows: Vec<NewDevice>) -> Result<Vec<Registration>, Refusal> {
        let settings = self.settings();
        for row in &rows {
            check(&settings, row)?;
        }
        let mut registrations = Vec::with_capacity(rows.len());
        for rows in rows.chunks(DEVICES_PER_VERB).map(<[_]>::to_vec) {
            let (zone, by) = (settings.zone(), by.clone());
            let verb = move |txn: &mut Txn<'_>| {
                let now = now();
                let today = jiff::Timestamp::from_millisecond(now).map_err(|_| Refusal::internal())?.to_zoned(zone).date();
                let week = device::week_prefix(today);
                let registered = rows.iter().map(|row| register(txn, &by, row, now, &week)).collect::<Result<Vec<_>, _>>()?;
                if registered.iter().any(|r| r.status == Registered::Created) {
                    txn.emit(Change::Unprinted);
                }
                Ok(registered)
            };
            registrations.extend(self.store.write(verb).await?);
        }
        Ok(registrations)
    }

    /// A person has dealt with it, and says how.
    pub async fn settle_conflict(&self, by: By, id: u64, reason: String) -> Result<Conflict, Refusal> {
        self.store
            .write(move |txn| {
                let mut conflict =
                    txn.get(&CONFLICTS, &id)?.ok_or_else(|| Refusal::not_found("没有这个冲突", "no such conflict"))?;
                if conflict.settled.is_some() {
                    return Err(Refusal::conflict("该冲突已处理", "this conflict is settled already"));
                }
                let now = now();
                log(txn, now, &by, None, format!("处理设备冲突 {} {}：{reason}", conflict.sn, conflict.cpuid))?;
                conflict.settled = Some(Settlement { at: now, user_name: by.actor.user_name.clone(), reason });
                txn.put(&CONFLICTS, &id, &conflict)?;
                Ok(conflict)
            })
            .await
    }
}

/// Whether a row has the form of a device.
pub fn check(settings: &Settings, row: &NewDevice) -> Result<(), Refusal> {
    if !device::is_cpuid(&row.cpuid) {
        return Err(Refusal::malformed(
            "CPUID：应为 1 到 64 个可见的 ASCII 字符，不含空格",
            "CPUID: must be 1 to 64 printable ASCII characters without blanks",
        ));
    }
    match &row.sn {
        Some(sn) if !settings.is_sn(sn) => {
            let (zh, en) = settings.sn_in_words();
            Err(Refusal::malformed(format!("DeviceSN：{sn} {zh}"), format!("DeviceSN: {sn} {en}")))
        }
        _ => Ok(()),
    }
}

/// What is asked of the devices.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub printed: Option<bool>,
    pub from: Option<Millis>,
    pub to: Option<Millis>,
    /// The beginning of a serial or CPU id; where nothing begins so, any part of one.
    pub text: Option<String>,
}

/// A place in a list, to go on from: after this arrival, in a list of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub after: Arrival,
    pub total: u64,
}

#[derive(Clone, Debug)]
pub struct Page {
    pub devices: Vec<Device>,
    pub next: Option<Cursor>,
    /// All that fit the filter when the first page was read.
    pub total: u64,
}

/// More than these are not put in order for one search by text.
const MATCHES_MAX: usize = 10_000;

/// Oldest first.
pub fn page(view: &View<'_>, filter: &Filter, cursor: Option<Cursor>, limit: usize) -> Result<Page, StoreError> {
    let (from, to) = (filter.from.unwrap_or(Millis::MIN), filter.to.unwrap_or(Millis::MAX));
    let start = cursor.map_or((from, 0), |c| (c.after.0, c.after.1 + 1));
    if let Some(text) = &filter.text {
        let mut found = matching(view, text)?;
        found.retain(|d| d.registered >= from && d.registered <= to && filter.printed.is_none_or(|p| d.is_printed() == p));
        let total = cursor.map_or(found.len() as u64, |c| c.total);
        found.retain(|d| (d.registered, d.sequence) >= start);
        let has_more = found.len() > limit;
        found.truncate(limit);
        return Ok(finish(found, has_more, total));
    }
    let total = match cursor {
        Some(cursor) => cursor.total,
        None => total(view, filter, from, to)?,
    };
    let mut devices = Vec::new();
    // The unprinted have an index of their own; the printed are what is in the other one and not in this.
    let rows: Box<dyn Iterator<Item = Result<(Arrival, String), StoreError>>> = if filter.printed == Some(false) {
        Box::new(view.range(&DEVICES_UNPRINTED, &start, &(to, u64::MAX), false))
    } else {
        let rows = view.range(&DEVICES_BY_TIME, &start, &(to, u64::MAX), false);
        Box::new(rows.map(|row| row.map(|(arrival, listed)| (arrival, listed.sn))))
    };
    for row in rows {
        let Some(device) = find(view, &row?.1)? else { continue };
        if filter.printed.is_none_or(|p| device.is_printed() == p) {
            if devices.len() == limit {
                return Ok(finish(devices, true, total));
            }
            devices.push(device);
        }
    }
    Ok(finish(devices, false, total))
}

/// Serial and CPU id of what `page` finds, without its total. Where nothing but times is asked for, the index has all of it.
pub fn pairs(
    view: &View<'_>,
    filter: &Filter,
    after: Option<Arrival>,
    limit: usize,
    mut each: impl FnMut(&str, &str),
) -> Result<Option<Arrival>, StoreError> {
    let from = filter.from.unwrap_or(Millis::MIN);
    let after = after.unwrap_or((from.saturating_sub(1), u64::MAX - 1));
    if filter.printed.is_some() || filter.text.is_some() {
        let page = page(view, filter, Some(Cursor { after, total: 0 }), limit)?;
        page.devices.iter().for_each(|device| each(&device.sn, &device.cpuid));
        return Ok(page.next.map(|next| next.after));
    }
    let (start, end) = ((after.0, after.1 + 1), (filter.to.unwrap_or(Millis::MAX), u64::MAX));
    let mut last = after;
    for (number, row) in view.range(&DEVICES_BY_TIME, &start, &end, false).enumerate() {
        if number == limit {
            return Ok(Some(last));
        }
        let (arrival, listed) = row?;
        match &listed.cpuid {
            Some(cpuid) => each(&listed.sn, cpuid),
            None => find(view, &listed.sn)?.iter().for_each(|device| each(&device.sn, &device.cpuid)),
        }
        last = arrival;
    }
    Ok(None)
}

fn finish(devices: Vec<Device>, has_more: bool, total: u64) -> Page {
    let last = devices.last().filter(|_| has_more);
    let next = last.map(|d| Cursor { after: (d.registered, d.sequence), total });
    Page { devices, next, total }
}

fn total(view: &View<'_>, filter: &Filter, from: Millis, to: Millis) -> Result<u64, StoreError> {
    let (all, unprinted) = if filter.from.is_none() && filter.to.is_none() {
        (view.counter(DEVICES_COUNTER)?, view.counter(UNPRINTED_COUNTER)?)
    } else {
        let range = (&(from, 0u64), &(to, u64::MAX));
        let all = view.range(&DEVICES_BY_TIME, range.0, range.1, false).count() as u64;
        let unprinted = match filter.printed {
            None => 0,
            Some(_) => view.range(&DEVICES_UNPRINTED, range.0, range.1, false).count() as u64,
        };
        (all, unprinted)
    };
    Ok(match filter.printed {
        None => all,
        Some(false) => unprinted,
        Some(true) => all.saturating_sub(unprinted),
    })
}

/// Oldest first.
fn matching(view: &View<'_>, text: &str) -> Result<Vec<Device>, StoreError> {
    let beginning = text.to_owned();
    // One past everything that begins so: no serial or CPU id has a character above `~`.
    let end = format!("{text}\u{7f}");
    let mut found = std::collections::BTreeMap::new();
    let mut keep = |device: Device| found.insert((device.registered, device.sequence), device);
    for row in view.range(&DEVICES, &beginning, &end, false).take(MATCHES_MAX) {
        keep(row?.1);
    }
    for row in view.range(&DEVICES_BY_CPUID, &beginning, &end, false).take(MATCHES_MAX) {
        find(view, &row?.1)?.map(&mut keep);
    }
    if found.is_empty() {
        for row in view.scan(&DEVICES_BY_CPUID, &(), false) {
            let (cpuid, sn) = row?;
            if cpuid.contains(text) || sn.contains(text) {
                find(view, &sn)?.map(|device| found.insert((device.registered, device.sequence), device));
                if found.len() == MATCHES_MAX {
                    break;
                }
            }
        }
    }
    Ok(found.into_values().collect())
}
