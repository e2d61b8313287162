//! Opening a data dir: one box at a time, in a format that this release knows, and never half of a restore. Not here: what the first
//! start makes (accounts.rs).

use super::accounts::FIRST_PASSWORD;
use super::{App, now, recount};
use crate::store::backup::{self, INCOMPLETE};
use crate::store::blobs::Blobs;
use crate::store::local::Local;
use crate::store::tables::{FORMAT, FORMAT_NUMBER};
use crate::store::{Listener, Room, Store};
use std::error::Error;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Below this share of the disk, nothing more is written.
const FREE_SHARE_MIN: f64 = 0.05;
/// Where the share is large, this much is enough.
const FREE_BYTES_ENOUGH: u64 = 1 << 30;
const ROOM_LOOKED_AT_EVERY: Duration = Duration::from_millis(500);

/// Whether the disk under `dir` still has room; looks twice a second at most.
fn room(dir: &Path) -> Room {
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
    /// The store in `dir` and the verbs on it; makes the directory where it is missing. `news` is told of every change.
    pub fn open(dir: &Path, settings: &[(String, String)], news: Listener) -> Result<Self, Box<dyn Error>> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        if dir.join(INCOMPLETE).exists() {
            let dir = dir.display();
            return Err(format!("the restore into {dir} did not come to its end: empty the directory and restore again").into());
        }
        take_up_restored(dir)?;
        let engine = Local::open(&dir.join("db"))
            .map_err(|e| format!("{} can't be opened ({e}). Is paperline running on it already?", dir.join("db").display()))?;
        let room = room(dir);
        let store = Store::new(Arc::new(engine), room.clone(), news)?;
        bring_to_format(&store, dir)?;
        let blobs = Blobs::open(&dir.join("pictures"), room)?;
        Ok(Self::new(store, blobs, dir.to_owned(), settings.to_vec())?)
    }
}

/// A newer release's store is left alone. An older one's is kept as a backup before anything in it is written anew; its records are
/// read as they are, and take their new shape when they are written. Totals that it lacks are counted.
fn bring_to_format(store: &Store, dir: &Path) -> Result<(), Box<dyn Error>> {
    match store.read(|view| view.get(&FORMAT, &()))? {
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
        }
        None => {}
    }
    let brought =
        recount::to_format_4(store).and_then(|()| store.write_blocking(|txn| Ok(txn.put(&FORMAT, &(), &FORMAT_NUMBER)?)));
    Ok(brought.map_err(|refusal| refusal.en)?)
}
