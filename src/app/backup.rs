//! Backups on demand and every night. Not here: what is in one (store/backup.rs).

use super::devices::DEVICES_COUNTER;
use super::open::{RESTORED, WHOLE};
use super::{App, By, log, now};
use crate::domain::ids::Millis;
use crate::domain::refusal::Refusal;
use crate::store::StoreError;
use crate::store::backup::{self, BackupError, Contents};
use crate::store::blobs::Incoming;
use crate::store::tables::USERS;
use jiff::Timestamp;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// One is made at a time; what became of the last nightly one.
#[derive(Debug, Default)]
pub struct Backups {
    turn: Mutex<()>,
    /// In words, where it failed.
    trouble: Mutex<Option<String>>,
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

impl App {
    fn made(&self) -> String {
        Timestamp::from_millisecond(now()).map(|at| at.to_string()).unwrap_or_default()
    }

    /// Blocks for as long as it takes.
    fn write_backup<T>(&self, write: impl FnOnce(&str) -> Result<T, BackupError>) -> Result<T, BackupError> {
        let turn = self.backups.turn.try_lock();
        if turn.is_err() {
            return Err(BackupError::Wrong("a backup is being made already".into()));
        }
        write(&self.made())
    }

    /// Into a file that is not there yet; what went wrong, in words.
    pub async fn back_up(self: &Arc<Self>, path: PathBuf) -> Result<Contents, String> {
        let app = self.clone();
        let written = tokio::task::spawn_blocking(move || {
            app.write_backup(|made| backup::write_file(&app.store, &app.dir, made, &path)).map_err(|e| e.to_string())
        });
        written.await.map_err(|e| e.to_string())?
    }

    /// The same as it is sent to someone. Blocks.
    pub fn back_up_to(&self, out: impl Write) -> Result<Contents, BackupError> {
        self.write_backup(|made| backup::write(&self.store, &self.dir, made, out))
    }

    /// Nothing was done on it yet but setting it up.
    pub fn is_new(&self) -> Result<bool, Refusal> {
        Ok(self.store.read(|view| {
            let users = view.scan(&USERS, &(), false).count();
            let mut used = users > FIRST_USERS;
            for counter in [DEVICES_COUNTER, "actions", "pictures", "groups"] {
                used |= view.counter(counter)? > 0;
            }
            Ok::<_, StoreError>(!used)
        })?)
    }

    /// Lays a backup out beside the store of a new box, to be taken up when the box begins anew, which it does.
    pub async fn take_in_backup(self: &Arc<Self>, file: Incoming) -> Result<(), Refusal> {
        if !self.is_new()? {
            return Err(Refusal::conflict(
                "只能恢复到刚安装、尚未使用的系统",
                "a backup can be restored only on a box on which nothing was done yet",
            ));
        }
        let dir = self.dir.join(RESTORED);
        let laid_out = tokio::task::spawn_blocking(move || {
            if dir.exists() {
                fs::remove_dir_all(&dir)?;
            }
            backup::restore(file.path(), &dir)?;
            fs::File::create(dir.join(WHOLE))?.sync_all()?;
            fs::File::open(&dir)?.sync_all()?;
            Ok::<_, BackupError>(())
        });
        match laid_out.await.map_err(|_| Refusal::internal())? {
            Ok(()) => {
                self.begin_anew.notify_one();
                Ok(())
            }
            // Its words name the spooled file: they are for the log.
            Err(e) => {
                tracing::warn!("no backup was taken in: {e}");
                Err(Refusal::malformed("这不是完整的 paperline 备份", "this is no whole backup of paperline"))
            }
        }
    }

    pub async fn log_backup(&self, by: By) -> Result<(), Refusal> {
        self.store.write(move |txn| Ok(log(txn, now(), &by, None, "下载备份")?)).await
    }

    /// The nightly ones there are, and what went wrong with the last.
    pub fn nightly_backups(&self) -> (Vec<Kept>, Option<String>) {
        let kept = self.settings().backup_dir.as_deref().map(|dir| kept(Path::new(dir))).unwrap_or_default();
        (kept, self.backups.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Makes tonight's, when its time has come and it is not there yet; drops those past the number to keep. Blocks.
    pub fn back_up_nightly(&self) {
        let settings = self.settings();
        let Some(dir) = settings.backup_dir.as_deref().map(Path::new) else { return };
        let Ok(now) = Timestamp::from_millisecond(now()) else { return };
        let local = now.to_zoned(settings.zone());
        let path = dir.join(format!("{PREFIX}{}{SUFFIX}", local.date()));
        if local.time() < settings.backup_time || path.exists() {
            return;
        }
        let made = fs::create_dir_all(dir)
            .map_err(BackupError::from)
            .and_then(|()| self.write_backup(|made| backup::write_file(&self.store, &self.dir, made, &path)));
        let trouble = match made {
            Ok(contents) => {
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
        *self.backups.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}
