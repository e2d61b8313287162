//! Opens a data dir: one process at a time, in a format this release knows, never half a restore. Not here: what the first start
//! creates (accounts.rs).

use super::accounts::FIRST_PASSWORD;
use super::health::Disk;
use super::log::log;
use super::{App, By, data_dir, identity, imports, now, print_jobs, recount};
use crate::domain::fact::Fact;
use crate::domain::ids::CompanyId;
use crate::domain::refusal::{Code, Refusal};
use crate::os;
use crate::store::backup;
use crate::store::blobs::Blobs;
use crate::store::local::Local;
use crate::store::restore::INCOMPLETE;
use crate::store::tables::{COUNTERS, FORMAT, FORMAT_NUMBER, RESTORED_COUNTER, TOKENS};
use crate::store::{Room, Store, StoreError};
use std::error::Error;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const ROOM_LOOKED_AT_EVERY: Duration = Duration::from_millis(500);

/// Whether the disk under `dir` has room; checked at most twice a second.
pub fn room(dir: &Path) -> Room {
    let dir = dir.to_owned();
    let last: Mutex<Option<(Instant, Result<(), &'static str>)>> = Mutex::new(None);
    Arc::new(move || {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        match *last {
            Some((at, found)) if at.elapsed() < ROOM_LOOKED_AT_EVERY => found,
            _ => {
                // If it can't be asked, a write will find out.
                let found = Disk::under(&dir).map_or(Ok(()), |disk| disk.room());
                *last = Some((Instant::now(), found));
                found
            }
        }
    })
}

/// Where a backup is unpacked on a new box, and the file in it that marks it complete.
pub(super) const RESTORED: &str = "restored";
pub(super) const WHOLE: &str = "whole";

/// Replaces the current data with the unpacked backup; if interrupted, it continues at the next start.
fn take_up_restored(dir: &Path) -> io::Result<()> {
    let restored = dir.join(RESTORED);
    if !restored.join(WHOLE).exists() {
        return Ok(());
    }
    if restored.join("db").exists() && dir.join(FIRST_PASSWORD).exists() {
        // The new box's own password, which no longer applies.
        fs::remove_file(dir.join(FIRST_PASSWORD))?;
    }
    for name in ["db", "pictures", "tls", FIRST_PASSWORD] {
        let (from, to) = (restored.join(name), dir.join(name));
        if !from.exists() {
            continue;
        }
        if to.is_dir() {
            fs::remove_dir_all(&to)?;
        }
        fs::rename(&from, &to)?;
    }
    os::sync_dir(dir)?;
    fs::remove_dir_all(&restored)
}

impl App {
    /// Opens the store in `dir`, creating the directory if needed.
    pub fn open(dir: &Path, settings: &[(String, String)]) -> Result<Self, Box<dyn Error>> {
        os::make_dir_for_owner(dir).map_err(|e| data_dir::io_in_words(dir, &e))?;
        data_dir::check_access(dir)?;
        // It may have been made by hand or copied; only the owner may read it.
        os::keep_to_owner(dir).map_err(|e| data_dir::io_in_words(dir, &e))?;
        if dir.join(INCOMPLETE).exists() {
            let dir = dir.display();
            return Err(format!("the restore into {dir} did not come to its end: empty the directory and restore again").into());
        }
        take_up_restored(dir)?;
        let backend = Local::open(&dir.join("db")).map_err(|e| data_dir::store_in_words(dir, &e))?;
        // An unpacking that the last run did not finish. Safe to say only with the store open, hence locked.
        let half = dir.join(RESTORED);
        if half.exists() {
            fs::remove_dir_all(&half).map_err(|e| data_dir::io_in_words(&half, &e))?;
        }
        let room = room(dir);
        let store = Store::new(Arc::new(backend), room.clone()).map_err(|e| data_dir::store_in_words(dir, &e))?;
        bring_to_format(&store, dir)?;
        note_restore(&store).map_err(|refusal| unreadable(dir, refusal))?;
        imports::finish_undos(&store).map_err(|refusal| unreadable(dir, refusal))?;
        print_jobs::doubt_what_was_in_flight(&store).map_err(|refusal| unreadable(dir, refusal))?;
        let blobs = Blobs::open(&dir.join("pictures"), room).map_err(|e| data_dir::store_in_words(dir, &e))?;
        Ok(Self::new(store, blobs, dir.to_owned(), settings.to_vec()).map_err(|refusal| unreadable(dir, refusal))?)
    }
}

/// A restore brings back old tokens, passwords and locks; the log says so.
fn note_restore(store: &Store) -> Result<(), Refusal> {
    let mark = RESTORED_COUNTER.to_owned();
    if !store.read(|view| view.has(&COUNTERS, &mark))? {
        return Ok(());
    }
    store.write_blocking(move |txn| {
        txn.delete(&COUNTERS, &mark);
        let tokens = txn.scan(&TOKENS, &(), false).count() as u64;
        let by = By::the_box(CompanyId(0), String::new());
        Ok(log(txn, now(), &by, None, Fact::BackupRestored { tokens })?)
    })
}

/// What older formats lack, in order. Records themselves are read in any shape and rewritten when they next change.
const MIGRATIONS: [(u64, Migration); 4] =
    [(4, identity::to_format_4), (4, recount::to_format_4), (7, recount::to_format_7), (8, recount::to_format_8)];

type Migration = fn(&Store) -> Result<(), Refusal>;

/// Refuses a newer release's store; backs an older one up before changing it.
fn bring_to_format(store: &Store, dir: &Path) -> Result<(), Box<dyn Error>> {
    let older = match store.read(|view| view.get(&FORMAT, &())).map_err(|e| data_dir::store_in_words(dir, &e))? {
        Some(FORMAT_NUMBER) => return Ok(()),
        Some(newer) if newer > FORMAT_NUMBER => {
            let dir = dir.display();
            return Err(format!(
                "{dir} was written by a newer paperline (format {newer}; this one knows up to {FORMAT_NUMBER}): start that one"
            )
            .into());
        }
        Some(older) => {
            let snapshot = dir.join(format!("before-format-{FORMAT_NUMBER}.backup"));
            if !snapshot.exists() {
                tracing::info!("from format {older} to {FORMAT_NUMBER}: keeping {} first", snapshot.display());
                backup::write_file(store, dir, &now().to_string(), &snapshot)?;
            }
            older
        }
        // New, so it lacks nothing.
        None => FORMAT_NUMBER,
    };
    let missing = MIGRATIONS.iter().filter(|(format, _)| *format > older);
    let brought = missing
        .map(|(_, migrate)| migrate(store))
        .chain(std::iter::once_with(|| store.write_blocking(|txn| Ok(txn.put(&FORMAT, &(), &FORMAT_NUMBER)?))));
    Ok(brought.collect::<Result<(), _>>().map_err(|refusal| unreadable(dir, refusal))?)
}

/// The log already names the row; this says what to do.
fn unreadable(dir: &Path, refusal: Refusal) -> String {
    match refusal.code {
        Code::Internal => data_dir::store_in_words(dir, &StoreError::Fatal("a row can't be read".into())),
        _ => format!("{}\n{}", refusal.zh, refusal.en),
    }
}
