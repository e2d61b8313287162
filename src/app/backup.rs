//! Backups on demand and every night. Not here: what is in one (store/backup.rs).

use super::devices::DEVICES_COUNTER;
use super::open::{RESTORED, WHOLE, room};
use super::{App, By, log, now};
use crate::domain::fact::Fact;
use crate::domain::ids::Millis;
use crate::domain::refusal::Refusal;
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

/// One is made at a time; what became of the last nightly one.
#[derive(Debug, Default)]
pub struct Backups {
    /// Of those that go into files; one that is sent to somebody has its own, however slowly it is taken.
    turn: Mutex<()>,
    taking_in: tokio::sync::Mutex<()>,
    /// One was taken in: the box is about to begin anew.
    is_taken_in: AtomicBool,
    /// Where it failed: in words, in which folder, when.
    trouble: Mutex<Option<(String, PathBuf, Millis)>>,
}

/// A backup in the folder of the nightly ones.
#[derive(Debug)]
pub struct Kept {
    pub name: String,
    pub bytes: u64,
    pub made: Millis,
}

/// What a first start makes.
const FIRST_USERS: usize = 2;

/// A backup that failed costs as much as one that did not: it is not made again at once.
const TRIED_AGAIN_MS: Millis = 30 * 60_000;
const PREFIX: &str = "paperline-";
const SUFFIX: &str = ".backup";

/// The nightly ones in `dir`, newest first: their names hold the day.
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

/// Nothing was done on it yet but setting it up.
fn is_new(view: &View<'_>) -> Result<bool, StoreError> {
    let mut used = view.scan(&USERS, &(), false).count() > FIRST_USERS;
    for counter in [DEVICES_COUNTER, "actions", "pictures", "groups"] {
        used |= view.counter(counter)? > 0;
    }
    Ok(!used)
}

fn in_use() -> Refusal {
    Refusal::conflict("只能恢复到刚安装、尚未使用的系统", "a backup can be restored only on a box on which nothing was done yet")
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Refusal::internal())
}

impl App {
    fn made(&self) -> String {
        Timestamp::from_millisecond(now()).map(|at| at.to_string()).unwrap_or_default()
    }

    /// Blocks for as long as it takes.
    fn write_backup(&self, path: &Path) -> Result<Contents, BackupError> {
        let _turn = self.backups.turn.lock().unwrap_or_else(PoisonError::into_inner);
        backup::write_file(&self.store, &self.dir, &self.made(), path)
    }

    /// Into a file that is not there yet; what went wrong, in words.
    pub async fn back_up(self: &Arc<Self>, path: PathBuf) -> Result<Contents, String> {
        let app = self.clone();
        let written = tokio::task::spawn_blocking(move || {
            let written = app.write_backup(&path).map_err(|e| e.to_string())?;
            app.remember_backup(&path);
            Ok(written)
        });
        written.await.map_err(|e| e.to_string())?
    }

    /// The same as it is sent to someone. Blocks.
    pub fn back_up_to(&self, out: impl Write) -> Result<Contents, BackupError> {
        backup::write(&self.store, &self.dir, &self.made(), out)
    }

    /// About how long it will be. Blocks.
    pub fn expected_backup_bytes(&self) -> Result<u64, BackupError> {
        backup::expected_bytes(&self.store, &self.dir)
    }

    pub fn is_new(&self) -> Result<bool, Refusal> {
        Ok(self.store.read(is_new)?)
    }

    pub fn check_is_new(&self) -> Result<(), Refusal> {
        if self.is_new()? { Ok(()) } else { Err(in_use()) }
    }

    /// Lays a backup out beside the store of a new box, to be taken up when the box begins anew, which it does. From the moment that it is
    /// found to be new still, nothing more is written here: what was acknowledged is never wiped away.
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
            // Its words name the spooled file: they are for the log.
            Err(e) => {
                tracing::warn!("no backup was taken in: {e}");
                return Err(Refusal::malformed("这不是完整的 paperline 备份", "this is no whole backup of paperline"));
            }
        }
        // One that can't be opened would be found so only when this box is gone.
        let opened = blocking({
            let dir = dir.clone();
            move || {
                let opened = Self::open(&dir, &[]);
                opened.map(drop).map_err(|why| {
                    tracing::warn!("a backup was not taken in, as it can't be opened: {why}");
                    let _ = fs::remove_dir_all(&dir);
                    Refusal::malformed("备份无法打开，已放弃恢复", "the backup can't be opened: nothing was restored")
                })
            }
        });
        opened.await??;
        let seal = |txn: &mut Txn<'_>, _: &By| {
            if !is_new(&txn.view())? {
                return Err(in_use());
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
            fs::File::open(&dir)?.sync_all()
        });
        let marked = marked.await;
        // From here on nobody touches what was laid out. Whatever became of the mark: without it the box begins anew as it was.
        self.backups.is_taken_in.store(true, Ordering::Release);
        self.restart.notify_one();
        marked?.map_err(|e| StoreError::Io(e).into())
    }

    pub async fn log_backup(&self, by: By) -> Result<(), Refusal> {
        self.act(by, move |txn, by| Ok(log(txn, now(), &by.about_the_box(), None, Fact::BackupDownloaded)?)).await
    }

    /// The nightly ones there are, and what went wrong with the last.
    pub fn nightly_backups(&self) -> (Vec<Kept>, Option<String>) {
        let kept = self.settings().backup_dir.as_deref().map(|dir| kept(Path::new(dir))).unwrap_or_default();
        let trouble = self.backups.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        (kept, trouble.as_ref().map(|(why, _, _)| why.clone()))
    }

    /// Makes tonight's, when its time has come and it is not there yet; drops those past the number to keep. Blocks.
    pub fn back_up_nightly(&self) {
        let settings = self.settings();
        let Some(dir) = settings.backup_dir.as_deref().map(Path::new) else { return };
        let Ok(now) = Timestamp::from_millisecond(now()) else { return };
        let local = now.to_zoned(settings.zone());
        let path = dir.join(format!("{PREFIX}{}{SUFFIX}", local.date()));
        let failed_lately =
            self.backups.trouble.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|(_, at, when)| {
                // Another folder may be a better one.
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
