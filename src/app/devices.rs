//! Registering devices: serials and CPU ids are unique. Not here: finding devices (device_lists.rs), correcting them
//! (corrections.rs), labels (labels.rs).

use super::{App, BUILT, By, now, print_queue, refusals};
use crate::domain::device::{
    self, Conflict, ConflictKind, Device, Import, ImportState, Label, Listed, REGISTERED_SO, Settlement, canonical_cpuid,
};
use crate::domain::ids::{Millis, local_time};
use crate::domain::news::News;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::serials::{SerialFormat, check_clock};
use crate::domain::settings::Settings;
use crate::domain::spreadsheet::Words;
use crate::store::tables::{
    CONFLICTS, CONFLICTS_BY_PAIR, DEVICES, DEVICES_BY_CPUID, DEVICES_BY_TIME, DEVICES_UNPRINTED, IMPORTED, IMPORTS, RETIRED, TWINS,
};
use crate::store::{StoreError, Txn, View};
use jiff::civil::Date;
use std::collections::HashMap;
use std::sync::Arc;

/// Without a serial, the box allots one.
#[derive(Clone, Debug)]
pub struct NewDevice {
    pub sn: Option<String>,
    pub cpuid: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    Created,
    Exists,
    /// The serial or CPU id belongs to another device.
    Conflict,
    /// Not done, because an earlier verb was refused.
    Refused,
}

pub type Pair = (String, String);

/// Answers one row: the pair as requested, or as it exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    pub sn: Option<String>,
    pub cpuid: String,
    pub status: Registered,
    /// The device that the row contradicts.
    pub with: Option<Other>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    pub pair: Pair,
    pub retired: bool,
}

impl Other {
    /// A message, since a retired device is on no list.
    pub fn is_retired(&self) -> Option<Words> {
        let (sn, cpuid) = &self.pair;
        self.retired.then(|| refusals::serial_is_retired(sn, cpuid))
    }
}

/// A verb writes five keys per device.
pub(super) const DEVICES_PER_VERB: usize = 200;

pub(super) const DEVICES_COUNTER: &str = "devices";
pub(super) const UNPRINTED_COUNTER: &str = "devices/unprinted";
/// The last number given to a device; never reused.
pub(super) const SEQUENCE_COUNTER: &str = "devices/sequence";

/// A row compared with known devices.
#[derive(Debug)]
pub(super) enum Verdict {
    New,
    Exists(Pair),
    Contradicts {
        by_sn: Option<Pair>,
        by_cpuid: Option<Pair>,
        /// The serial's device is retired.
        retired: bool,
    },
}

/// The device to name in the answer.
pub(super) fn other(by_sn: Option<Pair>, by_cpuid: Option<Pair>, retired: bool) -> Option<Other> {
    let retired = retired && by_sn.is_some();
    by_sn.or(by_cpuid).map(|pair| Other { pair, retired })
}

/// Earlier rows of the same list, not yet written.
#[derive(Debug, Default)]
pub(super) struct Planned {
    by_sn: HashMap<String, String>,
    by_cpuid: HashMap<String, Pair>,
}

impl Planned {
    pub(super) fn add(&mut self, sn: &str, cpuid: &str) {
        self.by_sn.insert(sn.to_owned(), cpuid.to_owned());
        self.by_cpuid.insert(canonical_cpuid(cpuid), (sn.to_owned(), cpuid.to_owned()));
    }
}

/// Who has a CPU id; among an older store's twins, the one with this exact spelling.
pub(super) fn holder(view: &View<'_>, cpuid: &str) -> Result<Option<Device>, StoreError> {
    let canonical = canonical_cpuid(cpuid);
    let Some(sn) = view.get(&DEVICES_BY_CPUID, &canonical)? else { return Ok(None) };
    let first = view.get(&DEVICES, &sn)?;
    if first.as_ref().is_some_and(|device| device.cpuid == cpuid) {
        return Ok(first);
    }
    for row in view.scan(&TWINS, &canonical, false) {
        if let Some(twin) = view.get(&DEVICES, &row?.0.1)?.filter(|twin| twin.cpuid == cpuid) {
            return Ok(Some(twin));
        }
    }
    Ok(first)
}

pub(super) fn verdict(view: &View<'_>, planned: &Planned, new: &NewDevice) -> Result<Verdict, StoreError> {
    let pair = |device: Device| (device.sn, device.cpuid);
    let canonical = canonical_cpuid(&new.cpuid);
    let by_cpuid = match planned.by_cpuid.get(&canonical) {
        Some(planned) => Some(planned.clone()),
        None => holder(view, &new.cpuid)?.map(pair),
    };
    let Some(sn) = &new.sn else { return Ok(by_cpuid.map_or(Verdict::New, Verdict::Exists)) };
    let by_sn = match planned.by_sn.get(sn) {
        Some(cpuid) => Some((sn.clone(), cpuid.clone())),
        None => view.get(&DEVICES, sn)?.map(pair),
    };
    if let Some(known) = by_sn.clone().filter(|known| canonical_cpuid(&known.1) == canonical) {
        return Ok(Verdict::Exists(known));
    }
    let (by_sn, retired) = match by_sn {
        None => (view.get(&RETIRED, sn)?.map(pair), true),
        known => (known, false),
    };
    Ok(if by_sn.is_none() && by_cpuid.is_none() { Verdict::New } else { Verdict::Contradicts { by_sn, by_cpuid, retired } })
}

/// Common to all rows of a verb.
struct Registering {
    by: By,
    now: Millis,
    settings: Arc<Settings>,
    /// `Err`: why no serials are allotted now.
    allots: Result<(), Refusal>,
    import: Option<u64>,
}

fn register(txn: &mut Txn<'_>, with: &Registering, new: &NewDevice) -> Result<Registration, Refusal> {
    let sn = match verdict(&txn.view(), &Planned::default(), new)? {
        Verdict::Exists((sn, cpuid)) => {
            return Ok(Registration { sn: Some(sn), cpuid, status: Registered::Exists, with: None });
        }
        Verdict::Contradicts { by_sn, by_cpuid, retired } => {
            let asked = (new.sn.clone().unwrap_or_default(), new.cpuid.clone());
            let other = other(by_sn.clone(), by_cpuid.clone(), retired);
            let kind = ConflictKind::Registration;
            note_conflict(txn, &with.by, with.now, Contradiction { kind, asked, by_sn, by_cpuid })?;
            return Ok(Registration { sn: new.sn.clone(), cpuid: new.cpuid.clone(), status: Registered::Conflict, with: other });
        }
        Verdict::New => match &new.sn {
            Some(sn) => sn.clone(),
            None => with.allots.clone().and_then(|()| allot(txn, &with.settings, with.now))?,
        },
    };
    let device = Device {
        sn,
        cpuid: new.cpuid.clone(),
        registered: with.now,
        sequence: txn.next(SEQUENCE_COUNTER)?,
        label: Label::New,
        print_count: 0,
        prints: 0,
        current_labels: 0,
        registered_by: Some(with.by.actor.user_name.clone()),
        import: with.import,
    };
    enlist(txn, &device)?;
    settle_by_itself(txn, &with.by, with.now, &device, REGISTERED_SO)?;
    if let Some(import) = with.import {
        txn.put(&IMPORTED, &(import, device.sn.clone()), &())?;
    }
    Ok(Registration { sn: Some(device.sn), cpuid: device.cpuid, status: Registered::Created, with: None })
}

/// Stores a device with all its indexes.
pub(super) fn enlist(txn: &mut Txn<'_>, device: &Device) -> Result<(), StoreError> {
    let arrival = (device.registered, device.sequence);
    txn.put(&DEVICES, &device.sn, device)?;
    txn.put(&DEVICES_BY_CPUID, &canonical_cpuid(&device.cpuid), &device.sn)?;
    txn.put(&DEVICES_BY_TIME, &arrival, &Listed { sn: device.sn.clone(), cpuid: Some(device.cpuid.clone()) })?;
    txn.add(DEVICES_COUNTER, 1)?;
    if !device.is_printed() {
        txn.put(&DEVICES_UNPRINTED, &arrival, &device.sn)?;
        txn.add(UNPRINTED_COUNTER, 1)?;
    }
    Ok(())
}

/// Takes a device off all lists. Its CPU id becomes free, or its twin's.
pub(super) fn delist(txn: &mut Txn<'_>, device: &Device) -> Result<(), StoreError> {
    let arrival = (device.registered, device.sequence);
    txn.delete(&DEVICES, &device.sn);
    txn.delete(&DEVICES_BY_TIME, &arrival);
    txn.add(DEVICES_COUNTER, -1)?;
    if !device.is_printed() {
        txn.delete(&DEVICES_UNPRINTED, &arrival);
        txn.add(UNPRINTED_COUNTER, -1)?;
    }
    let canonical = canonical_cpuid(&device.cpuid);
    if txn.get(&DEVICES_BY_CPUID, &canonical)?.as_ref() != Some(&device.sn) {
        txn.delete(&TWINS, &(canonical, device.sn.clone()));
        return Ok(());
    }
    let twin = txn.scan(&TWINS, &canonical, false).next().transpose()?.map(|(key, ())| key);
    match twin {
        Some(twin) => {
            txn.put(&DEVICES_BY_CPUID, &canonical, &twin.1)?;
            txn.delete(&TWINS, &twin);
        }
        None => txn.delete(&DEVICES_BY_CPUID, &canonical),
    }
    Ok(())
}

#[derive(Debug)]
pub(super) struct Contradiction {
    pub kind: ConflictKind,
    pub asked: Pair,
    pub by_sn: Option<Pair>,
    pub by_cpuid: Option<Pair>,
}

/// Kept for people to settle; repeated requests count in one row.
fn note_conflict(txn: &mut Txn<'_>, by: &By, now: Millis, found: Contradiction) -> Result<(), StoreError> {
    keep_conflict(txn, (&by.actor.user_name, &by.ip), now, found)
}

pub(super) fn keep_conflict(
    txn: &mut Txn<'_>,
    (user_name, ip): (&str, &str),
    now: Millis,
    found: Contradiction,
) -> Result<(), StoreError> {
    let Contradiction { kind, asked: (sn, cpuid), by_sn, by_cpuid } = found;
    let pair = (sn.clone(), canonical_cpuid(&cpuid));
    let known = txn.get(&CONFLICTS_BY_PAIR, &pair)?.map(|id| txn.get(&CONFLICTS, &id)).transpose()?.flatten();
    let conflict = match known {
        Some(known) => Conflict { last: now, times: known.times + 1, settled: None, by_sn, by_cpuid, ..known },
        None => Conflict {
            id: txn.next("conflicts")?,
            sn,
            cpuid,
            by_sn,
            by_cpuid,
            first: now,
            last: now,
            times: 1,
            user_name: user_name.to_owned(),
            ip: ip.to_owned(),
            settled: None,
            kind,
        },
    };
    txn.put(&CONFLICTS_BY_PAIR, &pair, &conflict.id)?;
    txn.put(&CONFLICTS, &conflict.id, &conflict)
}

/// The device registered last, with its time.
pub fn newest(view: &View<'_>) -> Result<Option<(Millis, String)>, StoreError> {
    let newest = view.scan(&DEVICES_BY_TIME, &(), true).next().transpose()?;
    Ok(newest.map(|((at, _), listed)| (at, listed.sn)))
}

/// Whether serials can be allotted now.
pub fn allotment(view: &View<'_>, settings: &Settings, now: Millis) -> Result<(), Refusal> {
    settings.check_sn_format().map_err(|refusal| Refusal { code: Code::Unavailable, fields: Vec::new(), ..refusal })?;
    let (newest, zone) = (newest(view)?, settings.zone());
    let newest = newest.as_ref().map(|(at, sn)| (*at, sn.as_str()));
    check_clock(now, BUILT, newest, |at| local_time(at, &zone))
}

fn today(settings: &Settings, now: Millis) -> Result<Date, Refusal> {
    Ok(jiff::Timestamp::from_millisecond(now).map_err(|_| Refusal::internal())?.to_zoned(settings.zone()).date())
}

/// One counter per day, week or year.
fn serials_of(format: &SerialFormat, day: Date) -> String {
    format!("serials/{}", format.period(day))
}

fn allot(txn: &mut Txn<'_>, settings: &Settings, now: Millis) -> Result<String, Refusal> {
    let format = settings.device_sn_format.as_ref().ok_or_else(refusals::serial_is_missing)?;
    let day = today(settings, now)?;
    let counter = serials_of(format, day);
    loop {
        let number = txn.next(&counter)?;
        if number > format.last_number() {
            return Err(refusals::serials_are_used_up(&format.period_in_words(day)));
        }
        let sn = format.serial(day, number);
        if !txn.has(&DEVICES, &sn)? && !txn.has(&RETIRED, &sn)? {
            return Ok(sn);
        }
    }
}

/// Whether the box has serials for all rows that need one. Serials within `rows` count as taken.
fn check_allotments(
    view: &View<'_>,
    settings: &Settings,
    allots: &Result<(), Refusal>,
    now: Millis,
    rows: &[NewDevice],
) -> Result<(), Refusal> {
    let (mut planned, mut wanted) = (Planned::default(), 0u64);
    for row in rows {
        if matches!(verdict(view, &planned, row)?, Verdict::New) {
            wanted += u64::from(row.sn.is_none());
            planned.add(row.sn.as_deref().unwrap_or_default(), &row.cpuid);
        }
    }
    if wanted == 0 {
        return Ok(());
    }
    allots.clone()?;
    let (format, day) = (settings.device_sn_format.as_ref().ok_or_else(refusals::serial_is_missing)?, today(settings, now)?);
    let (mut number, mut free) = (view.counter(&serials_of(format, day))?, 0);
    while free < wanted && number < format.last_number() {
        number += 1;
        let sn = format.serial(day, number);
        free += u64::from(!planned.by_sn.contains_key(&sn) && !view.has(&DEVICES, &sn)? && !view.has(&RETIRED, &sn)?);
    }
    if free == wanted {
        return Ok(());
    }
    Err(refusals::too_few_serials(&format.period_in_words(day), free, wanted))
}

fn count_imported(txn: &mut Txn<'_>, id: u64, created: u64) -> Result<(), Refusal> {
    let import = txn.get(&IMPORTS, &id)?.ok_or_else(Refusal::internal)?;
    if matches!(import.state, ImportState::Undoing | ImportState::Undone) {
        return Err(refusals::import_is_being_undone());
    }
    Ok(txn.put(&IMPORTS, &id, &Import { created: import.created + created, ..import })?)
}

/// Settles a conflict whose pair the device has now.
pub(super) fn settle_by_itself(txn: &mut Txn<'_>, by: &By, now: Millis, device: &Device, reason: &str) -> Result<(), StoreError> {
    let pair = (device.sn.clone(), canonical_cpuid(&device.cpuid));
    let open = txn.get(&CONFLICTS_BY_PAIR, &pair)?.map(|id| txn.get(&CONFLICTS, &id)).transpose()?.flatten();
    let Some(open) = open.filter(|c| c.settled.is_none() && c.kind == ConflictKind::Registration) else { return Ok(()) };
    let (user_name, reason) = (by.actor.user_name.clone(), reason.to_owned());
    let settled = Some(Settlement { at: now, user_name, reason, replaced: true });
    txn.put(&CONFLICTS, &open.id, &Conflict { settled, ..open })
}

impl App {
    /// Answers in the order of `rows`. A malformed row refuses everything before anything is registered. If a later verb is
    /// refused, the remaining rows say so, and the refusal is returned too.
    pub async fn register_devices(&self, by: By, rows: Vec<NewDevice>) -> Result<(Vec<Registration>, Option<Refusal>), Refusal> {
        let settings = self.settings();
        self.store.walk(|view| rows.iter().try_for_each(|row| check(view, &settings, row)))?;
        let mut registrations = Vec::with_capacity(rows.len());
        let refused = self.register_rows(by, rows.clone(), None, |done| registrations.extend(done)).await.err();
        if let Some(refusal) = refused.as_ref().filter(|_| registrations.is_empty()) {
            return Err(refusal.clone());
        }
        let left = rows.into_iter().skip(registrations.len()).collect::<Vec<_>>();
        let not_reached = |NewDevice { sn, cpuid }| Registration { sn, cpuid, status: Registered::Refused, with: None };
        registrations.extend(left.into_iter().map(not_reached));
        Ok((registrations, refused))
    }

    /// `rows` are well-formed; `told` gets the result of each verb.
    pub(super) async fn register_rows(
        &self,
        by: By,
        rows: Vec<NewDevice>,
        import: Option<u64>,
        mut told: impl FnMut(Vec<Registration>),
    ) -> Result<(), Refusal> {
        let settings = self.settings();
        // Before writing the first row, check that all get their serials.
        let mut whole = Some(rows.clone()).filter(|_| rows.len() > DEVICES_PER_VERB);
        for rows in rows.chunks(DEVICES_PER_VERB).map(<[_]>::to_vec) {
            let (settings, whole) = (settings.clone(), whole.take());
            let verb = move |txn: &mut Txn<'_>, by: &By| {
                let now = now();
                let allots = allotment(&txn.view(), &settings, now);
                if let Some(whole) = whole {
                    check_allotments(&txn.view(), &settings, &allots, now, &whole)?;
                }
                let with = Registering { by: by.clone(), now, settings, allots, import };
                let registered = rows.iter().map(|row| register(txn, &with, row)).collect::<Result<Vec<_>, _>>()?;
                let created = registered.iter().filter(|r| r.status == Registered::Created).count() as u64;
                if created > 0 {
                    txn.tell(News::Unprinted);
                }
                if import.is_none() {
                    let new = registered.iter().filter(|r| r.status == Registered::Created).filter_map(|r| r.sn.clone());
                    print_queue::print_by_itself(txn, by, new.collect())?;
                }
                if let Some(id) = import {
                    count_imported(txn, id, created)?;
                }
                Ok(registered)
            };
            told(self.act(by.clone(), verb).await?);
        }
        Ok(())
    }
}

/// A known serial stays valid even if the pattern has changed.
pub fn check(view: &View<'_>, settings: &Settings, row: &NewDevice) -> Result<(), Refusal> {
    if !device::is_cpuid(&row.cpuid) {
        return Err(refusals::not_a_cpuid());
    }
    match &row.sn {
        Some(sn) if !settings.is_sn(sn) && !view.has(&DEVICES, sn)? && !view.has(&RETIRED, sn)? => {
            Err(refusals::not_a_serial(sn, settings.sn_in_words()))
        }
        _ => Ok(()),
    }
}
