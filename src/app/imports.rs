//! Device files: previewed, registered verb by verb, undoable until something is done to their devices. Not here: reading the file
//! (http/tables/table.rs).

use super::claims;
use super::devices::{NewDevice, Planned, Registered, Registration, Verdict, delist, other, verdict};
use super::{App, By, log, now, refusals};
use crate::domain::device::{Device, Import, ImportState};
use crate::domain::fact::Fact;
use crate::domain::news::News;
use crate::domain::refusal::Refusal;
use crate::domain::spreadsheet::{Words, is_digits};
use crate::store::tables::{DEVICES, DEVICES_BY_CPUID, IMPORTED, IMPORTS};
use crate::store::{Store, StoreError, Txn, View};
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

/// Under way in this run.
pub(super) type Importing = Mutex<HashSet<u64>>;

/// Deletes about as many keys as registering wrote.
const UNDONE_PER_VERB: usize = 200;
/// More lost zeros are not looked for.
const LOST_ZEROS_MAX: usize = 8;

/// Called before anything is done to an imported device: its import can't be undone any more.
pub(super) fn touch(txn: &mut Txn<'_>, device: &Device) -> Result<(), Refusal> {
    let Some(id) = device.import else { return Ok(()) };
    let Some(import) = txn.get(&IMPORTS, &id)? else { return Ok(()) };
    match import.state {
        ImportState::Untouched => {
            Ok(txn.put(&IMPORTS, &id, &Import { state: ImportState::Touched(device.sn.clone()), ..import })?)
        }
        ImportState::Undoing => Err(refusals::device_is_being_removed(&device.sn, id)),
        ImportState::Touched(_) | ImportState::Undone => Ok(()),
    }
}

/// What registering these rows would answer, in order.
pub fn preview(view: &View<'_>, rows: &[NewDevice]) -> Result<Vec<Registration>, StoreError> {
    let mut planned = Planned::default();
    let mut registrations = Vec::with_capacity(rows.len());
    for row in rows {
        let asked = |status, with| Registration { sn: row.sn.clone(), cpuid: row.cpuid.clone(), status, with };
        registrations.push(match verdict(view, &planned, row)? {
            Verdict::New => {
                planned.add(row.sn.as_deref().unwrap_or_default(), &row.cpuid);
                asked(Registered::Created, None)
            }
            Verdict::Exists((sn, cpuid)) => Registration { sn: Some(sn), cpuid, status: Registered::Exists, with: None },
            Verdict::Contradicts { by_sn, by_cpuid, retired } => asked(Registered::Conflict, other(by_sn, by_cpuid, retired)),
        });
    }
    Ok(registrations)
}

/// Spreadsheets drop leading zeros of codes. Returns the index of each row whose serial or CPU id differs only in zeros from
/// another in the file or the store, with a message.
pub fn lost_zeros(view: &View<'_>, rows: &[NewDevice]) -> Result<Vec<(usize, Words)>, StoreError> {
    type Code = for<'r> fn(&'r NewDevice) -> &'r str;
    let codes: [(&str, Code); 2] = [("DeviceSN", |row| row.sn.as_deref().unwrap_or_default()), ("CPUID", |row| &row.cpuid)];
    let mut found = Vec::new();
    for (name, code) in codes {
        let digits = || rows.iter().enumerate().map(|(at, row)| (at, code(row))).filter(|(_, text)| is_digits(text));
        let mut longest: HashMap<&str, &str> = HashMap::new();
        for (_, text) in digits() {
            let known = longest.entry(text.trim_start_matches('0')).or_insert(text);
            if text.len() > known.len() {
                *known = text;
            }
        }
        let is_known = |text: &String| if name == "CPUID" { view.has(&DEVICES_BY_CPUID, text) } else { view.has(&DEVICES, text) };
        for (at, text) in digits() {
            let bare = text.trim_start_matches('0');
            let longer = longest.get(bare).filter(|twin| twin.len() > text.len()).map(|twin| (*twin).to_owned());
            let twin = match longer {
                Some(twin) => Some(twin),
                None => twin_of(text, is_known)?,
            };
            found.extend(twin.map(|twin| (at, refusals::differs_in_zeros_only(name, text, &twin))));
        }
    }
    Ok(found)
}

/// A known code that differs in leading zeros only: more of them, or none.
fn twin_of(text: &str, is_known: impl Fn(&String) -> Result<bool, StoreError>) -> Result<Option<String>, StoreError> {
    let bare = text.trim_start_matches('0').to_owned();
    let longer = (1..=LOST_ZEROS_MAX).map(|zeros| "0".repeat(zeros) + text);
    for twin in longer.chain((bare.len() < text.len()).then_some(bare)) {
        if is_known(&twin)? {
            return Ok(Some(twin));
        }
    }
    Ok(None)
}

/// Newest first.
pub fn newest(view: &View<'_>, limit: usize) -> Result<Vec<(u64, Import)>, StoreError> {
    view.scan(&IMPORTS, &(), true).take(limit).collect()
}

pub fn cannot_undo(import: &Import) -> Option<Refusal> {
    match &import.state {
        ImportState::Untouched | ImportState::Undoing => None,
        ImportState::Touched(sn) => Some(refusals::imported_device_was_used(sn)),
        ImportState::Undone => Some(refusals::import_is_undone()),
    }
}

impl App {
    /// Every row must be valid and have a serial. If it breaks off, what was registered stays and can be undone.
    pub async fn import_devices(&self, by: By, file: String, rows: Vec<NewDevice>) -> Result<(u64, Vec<Registration>), Refusal> {
        let begin = move |txn: &mut Txn<'_>, author: &By| {
            let (id, now) = (txn.next("imports")?, now());
            log(txn, now, author, None, Fact::DevicesImported { import: id, file: file.clone() })?;
            let (user_name, ip) = (author.actor.user_name.clone(), author.ip.clone());
            txn.put(&IMPORTS, &id, &Import { at: now, user_name, ip, file, created: 0, state: ImportState::Untouched })?;
            Ok(id)
        };
        let id = self.act(by.clone(), begin).await?;
        let importing = || self.importing.lock().unwrap_or_else(PoisonError::into_inner);
        importing().insert(id);
        let mut registrations = Vec::with_capacity(rows.len());
        let registered = self.register_rows(by, rows, Some(id), |done| registrations.extend(done)).await;
        importing().remove(&id);
        registered.map_err(|refusal| refusals::import_broke_off(&refusal, id, registrations.len()))?;
        Ok((id, registrations))
    }

    /// Deletes what an import created. If interrupted, it continues on request and at the next start.
    pub async fn undo_import(&self, by: By, id: u64) -> Result<Import, Refusal> {
        if self.importing.lock().unwrap_or_else(PoisonError::into_inner).contains(&id) {
            return Err(refusals::import_is_under_way());
        }
        let begin = move |txn: &mut Txn<'_>, by: &By| {
            let import = txn.get(&IMPORTS, &id)?.ok_or_else(refusals::no_such_import)?;
            if let Some(refusal) = cannot_undo(&import) {
                return Err(refusal);
            }
            if import.state == ImportState::Untouched {
                log(txn, now(), by, None, Fact::ImportUndone { import: id, file: import.file.clone() })?;
                txn.put(&IMPORTS, &id, &Import { state: ImportState::Undoing, ..import })?;
            }
            Ok(())
        };
        self.act(by, begin).await?;
        loop {
            if let Some(undone) = self.store.write(move |txn| undo_some(txn, id)).await? {
                return Ok(undone);
            }
        }
    }
}

/// Undoes part of an import; returns it when done.
fn undo_some(txn: &mut Txn<'_>, id: u64) -> Result<Option<Import>, Refusal> {
    let rows = txn.scan(&IMPORTED, &id, false).take(UNDONE_PER_VERB).map(|row| row.map(|(key, ())| key));
    let keys: Vec<(u64, String)> = rows.collect::<Result<_, _>>()?;
    for key in &keys {
        if let Some(device) = txn.get(&DEVICES, &key.1)? {
            delist(txn, &device)?;
            claims::forget(txn, &key.1)?;
        }
        txn.delete(&IMPORTED, key);
    }
    txn.tell(News::Unprinted);
    if keys.len() == UNDONE_PER_VERB {
        return Ok(None);
    }
    let import = txn.get(&IMPORTS, &id)?.ok_or_else(Refusal::internal)?;
    let undone = Import { state: ImportState::Undone, ..import };
    txn.put(&IMPORTS, &id, &undone)?;
    Ok(Some(undone))
}

/// Completes interrupted undos.
pub(super) fn finish_undos(store: &Store) -> Result<(), Refusal> {
    let imports = store.walk(|view| view.scan(&IMPORTS, &(), false).collect::<Result<Vec<_>, _>>())?;
    for (id, _) in imports.into_iter().filter(|(_, import)| import.state == ImportState::Undoing) {
        while store.write_blocking(move |txn| undo_some(txn, id))?.is_none() {}
    }
    Ok(())
}
