//! The store's engine on a local disk: sled, in one tree. The only file that names it.

use super::{Batch, KeyValue, Pair, StoreError};
use std::fs::File;
use std::ops::Bound;
use std::path::Path;
use std::time::{Duration, Instant};

/// Bytes as the engine has them: shared with its cache, or so few that they are copied at no cost.
pub type Slice = sled::IVec;

#[derive(Debug)]
pub struct Local {
    db: sled::Db,
    /// sled's own log file, to be synced beside it: `flush()` of sled 0.34 ends in `sync_file_range`, which loses acknowledged rows on a
    /// power cut (sled #1351, #1452).
    log: File,
}

const CACHE_BYTES: u64 = 64 << 20;
const LOCKED_MAX: Duration = Duration::from_secs(2);

impl Local {
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let config = sled::Config::new().path(dir).cache_capacity(CACHE_BYTES).flush_every_ms(None);
        let began = Instant::now();
        let db = loop {
            match config.open() {
                // One that was just closed lets go of its lock a moment later.
                Err(sled::Error::Io(e)) if e.to_string().contains("lock") && began.elapsed() < LOCKED_MAX => {
                    std::thread::sleep(Duration::from_millis(50));
                }
                opened => break opened.map_err(fatal)?,
            }
        };
        let log = File::open(dir.join("db")).map_err(|e| StoreError::Fatal(e.to_string()))?;
        let local = Self { db, log };
        local.sync()?;
        // The directory entries of a database just made must last as well.
        for path in [Some(dir), dir.parent()].into_iter().flatten() {
            File::open(path).and_then(|d| d.sync_all()).map_err(|e| StoreError::Fatal(e.to_string()))?;
        }
        Ok(local)
    }
}

fn fatal(e: sled::Error) -> StoreError {
    StoreError::Fatal(e.to_string())
}

impl KeyValue for Local {
    fn get(&self, key: &[u8]) -> Result<Option<Slice>, StoreError> {
        self.db.get(key).map_err(fatal)
    }

    fn scan<'a>(
        &'a self,
        from: &[u8],
        to: Bound<&[u8]>,
        newest_first: bool,
    ) -> Box<dyn Iterator<Item = Result<Pair, StoreError>> + 'a> {
        let rows = self.db.range::<&[u8], _>((Bound::Included(from), to));
        let pair = |row: sled::Result<Pair>| row.map_err(fatal);
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
        // A page that has grown too large is split by whoever comes through it next, and be it to read: after a write that failed, such a read
        // fails as well. What has changed is gone through at once, as long as it can be written.
        for key in batch.keys() {
            self.db.contains_key(key).map_err(fatal)?;
        }
        // Pages that were replaced are freed by the epoch collector, a few hundred at a time and only every 128th visit: a large batch
        // leaves more than that, and the rest would pile up.
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
