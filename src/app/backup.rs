//! Backups on request and nightly. Not here: their contents (store/backup.rs).

use super::devices::DEVICES_COUNTER;
use super::open::{RESTORED, WHOLE, room};
use super::{App, By, log, now, refusals};
use crate::domain::fact::Fact;
use crate::domain::ids::Millis;
use crate::domain::refusal::Refusal;
use crate::os;
use crate::store::backup_file::{BackupError, Contents};
use crate::store::blobs::Incoming;
use crate::store::tables::USERS;
use crate::store::{StoreError, Txn, View};
use crate::store::{backup, restore};
use jiff::Timestamp;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug, Default)]
pub struct Backups {
    /// One backup to a file at a time. A download does not take a turn: its client may be slow.
    turn: Mutex<()>,
    taking_in: tokio::sync::Mutex<()>,
    /// A backup is in place; the box is about to restart.
    is_taken_in: AtomicBool,
    /// The last nightly failure: message, folder, time.
    trouble: Mutex<Option<(String, PathBuf, Millis)>>,
}

/// A nightly backup.
#[derive(Debug)]
pub struct Kept {
    pub name: String,
    pub bytes: u64,
    pub made: Millis,
}

/// As created by a first start.
const FIRST_USERS: usize = 2;

/// A failed backup costs as much as a good one, so wait before retrying.
const TRIED_AGAIN_MS: Millis = 30 * 60_000;
const PREFIX: &str = "paperline-";
const SUFFIX: &str = ".backup";

/// The nightly backups in `dir`, newest first; the day is in the name.
fn kept(dir: &Path) -> Vec<Kept> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let of = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        let day = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
        day.parse::<jiff::civil::Date>().ok()?;
        let about = entry.metadata().ok()?;
        let made = Timestamp::try_from(about.modified().ok()?).ok()?.as_millisecond();
        Some(Kept { name, bytes: about.len(), made })
    };
    let mut kept: Vec<Kept> = entries.filter_map(of).collect();
    kept.sort_by(|a, b| b.name.cmp(&a.name));
    kept
}

/// Nothing was done but setting it up.
fn is_new(view: &View<'_>) -> Result<bool, StoreError> {
    let mut used = view.scan(&USERS, &(), false).count() > FIRST_USERS;
    for counter in [DEVICES_COUNTER, "actions", "pictures", "groups"] {
        used |= view.counter(counter)? > 0;
    }
    Ok(!used)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Refusal::internal())
}

impl App {
    fn made(&self) -> String {
        Timestamp::from_millisecond(now()).map(|at| at.to_string()).unwrap_or_default()
    }

    /// Blocks.
    fn write_backup(&self, path: &Path) -> Result<Contents, BackupError> {
        let _turn = self.backups.turn.lock().unwrap_or_else(PoisonError::into_inner);
        backup::write_file(&self.store, &self.dir, &self.made(), path)
    }

    /// Into a new file; the error is a message.
    pub async fn back_up(self: &Arc<Self>, path: PathBuf) -> Result<Contents, String> {
        let app = self.clone();
        let written = tokio::task::spawn_blocking(move || {
            let written = app.write_backup(&path).map_err(|e| e.to_string())?;
            app.remember_backup(&path);
            Ok(written)
        });
        written.await.map_err(|e| e.to_string())?
    }

    /// The same as a stream. Blocks.
    pub fn back_up_to(&self, out: impl Write) -> Result<Contents, BackupError> {
        backup::write(&self.store, &self.dir, &self.made(), out)
    }

    /// An estimate. Blocks.
    pub fn expected_backup_bytes(&self) -> Result<u64, BackupError> {
        backup::expected_bytes(&self.store, &self.dir)
    }

    pub fn is_new(&self) -> Result<bool, Refusal> {
        Ok(self.store.read(is_new)?)
    }

    pub fn check_is_new(&self) -> Result<(), Refusal> {
        if self.is_new()? { Ok(()) } else { Err(refusals::box_was_used()) }
    }

    /// Unpacks a backup beside the store of a new box and restarts the box, which then uses it. Once the box is confirmed to be
    /// still new, the store is sealed, so that no acknowledged write is lost.
    pub async fn take_in_backup(self: &Arc<Self>, by: By, file: Incoming) -> Result<(), Refusal> {
        self.check_is_new()?;
        let _turn = self.backups.taking_in.lock().await;
        if self.backups.is_taken_in.load(Ordering::Acquire) {
            return Err(Refusal::unavailable());
        }
        let dir = self.dir.join(RESTORED);
        let laid_out = blocking({
            let (dir, room) = (dir.clone(), room(&self.dir));
            move || {
                if dir.exists() {
                    fs::remove_dir_all(&dir)?;
                }
                restore::restore(file.path(), &dir, room)
            }
        });
        match laid_out.await? {
            Ok(_) => {}
            Err(BackupError::Io(e)) if e.kind() == io::ErrorKind::StorageFull => return Err(Refusal::unavailable()),
            // The message names the spooled file, so only the log gets it.
            Err(e) => {
                tracing::warn!("no backup was taken in: {e}");
                return Err(refusals::not_a_whole_backup());
            }
        }
        // Test now: after the restart, the current store is gone.
        let opened = blocking({
            let dir = dir.clone();
            move || {
                let opened = Self::open(&dir, &[]);
                opened.map(drop).map_err(|why| {
                    tracing::warn!("a backup was not taken in, as it can't be opened: {why}");
                    let _ = fs::remove_dir_all(&dir);
                    refusals::backup_can_not_be_opened()
                })
            }
        });
        opened.await??;
        let seal = |txn: &mut Txn<'_>, _: &By| {
            if !is_new(&txn.view())? {
                return Err(refusals::box_was_used());
            }
            txn.seal();
            Ok(())
        };
        if let Err(refusal) = self.act(by, seal).await {
            blocking(move || fs::remove_dir_all(dir)).await?.map_err(StoreError::Io)?;
            return Err(refusal);
        }
        let marked = blocking(move || {
            fs::File::create(dir.join(WHOLE))?.sync_all()?;
            os::sync_dir(&dir)
        });
        let marked = marked.await;
        // From here on, don't touch the unpacked files. If the mark is missing, the box restarts with its old store.
        self.backups.is_taken_in.store(true, Ordering::Release);
        self.restart.notify_one();
        marked?.map_err(|e| StoreError::Io(e).into())
    }

    pub async fn log_backup(&self, by: By) -> Result<(), Refusal> {
        self.act(by, move |txn, by| Ok(log(txn, now(), &by.about_the_box(), None, Fact::BackupDownloaded)?)).await
    }

    /// And the message of the last failure.
    pub fn nightly_backups(&self) -> (Vec<Kept>, Option<String>) {
        let kept = self.settings().backup_dir.as_deref().map(|dir| kept(Path::new(dir))).unwrap_or_default();
        let trouble = self.backups.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        (kept, trouble.as_ref().map(|(why, _, _)| why.clone()))
    }

    /// Makes tonight's backup if it is due and missing, and deletes old ones. Blocks.
    pub fn back_up_nightly(&self) {
        let settings = self.settings();
        let Some(dir) = settings.backup_dir.as_deref().map(Path::new) else { return };
        let Ok(now) = Timestamp::from_millisecond(now()) else { return };
        let local = now.to_zoned(settings.zone());
        let path = dir.join(format!("{PREFIX}{}{SUFFIX}", local.date()));
        let failed_lately =
            self.backups.trouble.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|(_, at, when)| {
                // Another folder is tried at once.
                at == dir && now.as_millisecond() - when < TRIED_AGAIN_MS
            });
        if local.time() < settings.backup_time || path.exists() || failed_lately {
            return;
        }
        let made = fs::create_dir_all(dir).map_err(BackupError::from).and_then(|()| self.write_backup(&path));
        let trouble = match made {
            Ok(contents) => {
                self.remember_backup(&path);
                tracing::info!("backup: {} with {} rows and {} pictures", path.display(), contents.rows, contents.pictures);
                for old in kept(dir).iter().skip(settings.backup_keep) {
                    if let Err(e) = fs::remove_file(dir.join(&old.name)) {
                        tracing::warn!("{}: {e}", old.name);
                    }
                }
                (!contents.damaged.is_empty()).then(|| format!("{} pictures are damaged", contents.damaged.len()))
            }
            Err(e) => {
                tracing::error!("no backup in {}: {e}", dir.display());
                Some(e.to_string())
            }
        };
        let trouble = trouble.map(|why| (why, dir.to_owned(), now.as_millisecond()));
        *self.backups.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}
