//! Opening a data dir: one box at a time, in a format that this release knows, and never half of a restore. Not here: what the first
//! start makes (accounts.rs).

use super::accounts::FIRST_PASSWORD;
use super::log::log;
use super::{App, By, data_dir, identity, imports, now, recount};
use crate::domain::fact::Fact;
use crate::domain::ids::CompanyId;
use crate::domain::refusal::{Code, Refusal};
use crate::store::backup;
use crate::store::blobs::Blobs;
use crate::store::local::Local;
use crate::store::restore::INCOMPLETE;
use crate::store::tables::{COUNTERS, FORMAT, FORMAT_NUMBER, RESTORED_COUNTER, TOKENS};
use crate::store::{Room, Store, StoreError};
use std::error::Error;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Below this share of the disk, nothing more is written.
const FREE_SHARE_MIN: f64 = 0.05;
/// Where the share is large, this much is enough.
const FREE_BYTES_ENOUGH: u64 = 1 << 30;
const ROOM_LOOKED_AT_EVERY: Duration = Duration::from_millis(500);

/// Whether the disk under `dir` still has room; looks twice a second at most.
pub fn room(dir: &Path) -> Room {
    let dir = dir.to_owned();
    let last: Mutex<Option<(Instant, Result<(), &'static str>)>> = Mutex::new(None);
    Arc::new(move || {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        match *last {
            Some((at, found)) if at.elapsed() < ROOM_LOOKED_AT_EVERY => found,
            _ => {
                let found = look_for_room(&dir);
                *last = Some((Instant::now(), found));
                found
            }
        }
    })
}

fn look_for_room(dir: &Path) -> Result<(), &'static str> {
    // What can't be asked is found out by writing.
    let Ok(disk) = rustix::fs::statvfs(dir) else { return Ok(()) };
    if disk.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY) {
        return Err("the disk can only be read");
    }
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let enough = free > FREE_BYTES_ENOUGH || disk.f_bavail as f64 > disk.f_blocks as f64 * FREE_SHARE_MIN;
    if enough { Ok(()) } else { Err("the disk is nearly full") }
}

/// Where a backup is laid out on a new box, and the file in it that says that it is whole.
pub(super) const RESTORED: &str = "restored";
pub(super) const WHOLE: &str = "whole";

/// Puts what was laid out in the place of what there was; interrupted anywhere, it goes on at the next start.
fn take_up_restored(dir: &Path) -> io::Result<()> {
    let restored = dir.join(RESTORED);
    if !restored.join(WHOLE).exists() {
        return Ok(());
    }
    if restored.join("db").exists() && dir.join(FIRST_PASSWORD).exists() {
        // The new box's own: nobody has it any more.
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
    fs::File::open(dir)?.sync_all()?;
    fs::remove_dir_all(&restored)
}

impl App {
    /// The store in `dir` and the verbs on it; makes the directory where it is missing.
    pub fn open(dir: &Path, settings: &[(String, String)]) -> Result<Self, Box<dyn Error>> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|e| data_dir::io_in_words(dir, &e))?;
        data_dir::check_access(dir)?;
        // It may have been made by hand, or copied: what is in it is for its owner alone.
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).map_err(|e| data_dir::io_in_words(dir, &e))?;
        if dir.join(INCOMPLETE).exists() {
            let dir = dir.display();
            return Err(format!("the restore into {dir} did not come to its end: empty the directory and restore again").into());
        }
        take_up_restored(dir)?;
        let backend = Local::open(&dir.join("db")).map_err(|e| data_dir::store_in_words(dir, &e))?;
        // Half a backup, that was being taken in when the box went down. Only whoever has the store open may say so.
        let half = dir.join(RESTORED);
        if half.exists() {
            fs::remove_dir_all(&half).map_err(|e| data_dir::io_in_words(&half, &e))?;
        }
        let room = room(dir);
        let store = Store::new(Arc::new(backend), room.clone()).map_err(|e| data_dir::store_in_words(dir, &e))?;
        bring_to_format(&store, dir)?;
        note_restore(&store).map_err(|refusal| unreadable(dir, refusal))?;
        imports::finish_undos(&store).map_err(|refusal| unreadable(dir, refusal))?;
        let blobs = Blobs::open(&dir.join("pictures"), room).map_err(|e| data_dir::store_in_words(dir, &e))?;
        Ok(Self::new(store, blobs, dir.to_owned(), settings.to_vec()).map_err(|refusal| unreadable(dir, refusal))?)
    }
}

/// Tokens, passwords and locks are again as they were when the backup was made: whoever looks into the log is told.
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

/// What a store of the format before lacks, for each format that lacks anything; in their order. Records are read as they are, and take
/// their new shape when they are written.
const MIGRATIONS: [(u64, Migration); 2] = [(4, identity::to_format_4), (4, recount::to_format_4)];

type Migration = fn(&Store) -> Result<(), Refusal>;

/// A newer release's store is left alone. An older one's is kept as a backup before anything in it is written anew.
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
        // Just made: it lacks nothing.
        None => FORMAT_NUMBER,
    };
    let missing = MIGRATIONS.iter().filter(|(format, _)| *format > older);
    let brought = missing
        .map(|(_, migrate)| migrate(store))
        .chain(std::iter::once_with(|| store.write_blocking(|txn| Ok(txn.put(&FORMAT, &(), &FORMAT_NUMBER)?))));
    Ok(brought.collect::<Result<(), _>>().map_err(|refusal| unreadable(dir, refusal))?)
}

/// A row that can't be read was named in the log; here it is said what to do.
fn unreadable(dir: &Path, refusal: Refusal) -> String {
    match refusal.code {
        Code::Internal => data_dir::store_in_words(dir, &StoreError::Fatal("a row can't be read".into())),
        _ => format!("{}\n{}", refusal.zh, refusal.en),
    }
}
