//! The backend on disk: sled, in one tree. The only file that names sled.

use super::{Batch, KeyValue, Pair, StoreError};
use crate::os;
use std::fs::{self, File, TryLockError};
use std::io;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

#[derive(Debug)]
pub struct Local {
    db: sled::Db,
    /// sled's log file, synced after its `flush()`: that ends in `sync_file_range` in 0.34, which loses acknowledged rows on a
    /// power cut (sled #1351, #1452).
    log: File,
}

const CACHE_BYTES: u64 = 64 << 20;
const LOCKED_MAX: Duration = Duration::from_secs(2);

const LOG: &str = "db";
/// An unfinished snapshot, left by a kill during opening. The next opening takes it for the newest and fails (sled #1527, #1533);
/// it is never needed.
const UNFINISHED_SNAPSHOT: &str = ".generating";

impl Local {
    /// `Busy`: open in another process. `Io`: the system refused. `Fatal`: damaged.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(dir).map_err(StoreError::Io)?;
        clear_unfinished_snapshots(dir, open_log(dir)?)?;
        let log = open_log(dir)?;
        let config = sled::Config::new().path(dir).cache_capacity(CACHE_BYTES).flush_every_ms(None);
        // sled panics on some damage.
        let open = || catch_unwind(AssertUnwindSafe(|| config.open())).map_err(|_| StoreError::Fatal("panicked".into()));
        let began = Instant::now();
        let db = loop {
            match open()? {
                // A store just closed releases its lock a moment later.
                Err(sled::Error::Io(e)) if is_lock_error(&e) && began.elapsed() < LOCKED_MAX => wait_a_moment(),
                Err(sled::Error::Io(e)) if is_lock_error(&e) => return Err(StoreError::Busy),
                Err(sled::Error::Io(e)) => return Err(StoreError::Io(e)),
                opened => break opened.map_err(fatal)?,
            }
        };
        let local = Self { db, log };
        local.sync()?;
        // sled does not sync these, nor the directory entries of a new database.
        File::options().write(true).open(dir.join("conf")).and_then(|conf| conf.sync_all()).map_err(StoreError::Io)?;
        for dir in [Some(dir), dir.parent()].into_iter().flatten() {
            os::sync_dir(dir).map_err(StoreError::Io)?;
        }
        Ok(local)
    }
}

fn open_log(dir: &Path) -> Result<File, StoreError> {
    File::options().read(true).write(true).create(true).truncate(false).open(dir.join(LOG)).map_err(StoreError::Io)
}

fn wait_a_moment() {
    std::thread::sleep(Duration::from_millis(50));
}

fn is_lock_error(e: &io::Error) -> bool {
    e.to_string().contains("could not acquire lock")
}

/// Under sled's own lock, which ends with `log`: another process may be writing its snapshot.
fn clear_unfinished_snapshots(dir: &Path, log: File) -> Result<(), StoreError> {
    let began = Instant::now();
    loop {
        match log.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if began.elapsed() < LOCKED_MAX => wait_a_moment(),
            Err(TryLockError::WouldBlock) => return Err(StoreError::Busy),
            Err(TryLockError::Error(e)) => return Err(StoreError::Io(e)),
        }
    }
    let cleared = fs::read_dir(dir).and_then(|entries| {
        for entry in entries {
            let path = entry?.path();
            if path.to_string_lossy().ends_with(UNFINISHED_SNAPSHOT) {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    });
    drop(log);
    cleared.map_err(StoreError::Io)
}

fn fatal(e: sled::Error) -> StoreError {
    StoreError::Fatal(e.to_string())
}

impl KeyValue for Local {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.db.get(key).map(|value| value.map(|bytes| bytes.to_vec())).map_err(fatal)
    }

    fn scan<'a>(
        &'a self,
        from: &[u8],
        to: Bound<&[u8]>,
        newest_first: bool,
    ) -> Box<dyn Iterator<Item = Result<Pair, StoreError>> + 'a> {
        let rows = self.db.range::<&[u8], _>((Bound::Included(from), to));
        let pair =
            |row: sled::Result<(sled::IVec, sled::IVec)>| row.map(|(key, value)| (key.to_vec(), value.to_vec())).map_err(fatal);
        if newest_first { Box::new(rows.rev().map(pair)) } else { Box::new(rows.map(pair)) }
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut changes = sled::Batch::default();
        for (key, value) in batch {
            match value {
                Some(value) => changes.insert(key.as_slice(), value.as_slice()),
                None => changes.remove(key.as_slice()),
            }
        }
        self.db.apply_batch(changes).map_err(fatal)?;
        // sled splits a page that grew too large on its next access, even a read, which then fails after a failed write. So access
        // them while they can be written.
        for key in batch.keys() {
            self.db.contains_key(key).map_err(fatal)?;
        }
        // sled's epoch collector frees a few hundred replaced pages on every 128th visit; large batches replace more.
        for _ in 0..=batch.len() / 100 {
            crossbeam_epoch::pin().flush();
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.db.flush().map_err(fatal)?;
        self.log.sync_data().map_err(|e| StoreError::Fatal(e.to_string()))
    }
}
