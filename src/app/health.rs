//! How the box is: its disk, its engines, its nightly backups.

use super::App;
use crate::domain::ids::Millis;
use crate::os::{self, Space};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Less free space refuses writes,
const FREE_SHARE_MIN: f64 = 0.05;
/// unless this much is free.
const FREE_BYTES_ENOUGH: u64 = 1 << 30;
/// There is little room when it lasts for no more than this many times the least.
const LITTLE: u64 = 3;

#[derive(Clone, Copy, Debug)]
pub struct Disk(pub Space);

impl Disk {
    /// `None` if it can't be asked.
    pub fn under(dir: &Path) -> Option<Self> {
        os::space_under(dir).map(Self)
    }

    fn has_free(&self, times: u64) -> bool {
        self.0.free > FREE_BYTES_ENOUGH * times || self.0.free as f64 > self.0.total as f64 * FREE_SHARE_MIN * times as f64
    }

    /// Whether it can be written to, or why not.
    pub fn room(&self) -> Result<(), &'static str> {
        if self.0.is_read_only {
            return Err("the disk can only be read");
        }
        if self.has_free(1) { Ok(()) } else { Err("the disk is nearly full") }
    }

    /// Somebody should make room before writes are refused.
    pub fn is_nearly_full(&self) -> bool {
        !self.has_free(LITTLE)
    }
}

/// What was last heard of each lane's engine; nothing while nothing was asked of it.
#[derive(Debug, Default)]
pub struct Engines(Mutex<BTreeMap<usize, bool>>);

impl Engines {
    pub fn heard(&self, lane: usize, is_there: bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(lane, is_there);
    }

    pub fn all(&self) -> Vec<bool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().copied().collect()
    }
}

#[derive(Debug)]
pub struct Health {
    pub disk: Option<Disk>,
    pub engines: Vec<bool>,
    /// Whether any are to be made.
    pub has_nightly_backups: bool,
    pub last_backup: Option<Millis>,
    pub backup_trouble: Option<String>,
}

impl App {
    /// Blocks.
    pub fn health(&self) -> Health {
        let (kept, backup_trouble) = self.nightly_backups();
        Health {
            disk: Disk::under(self.dir()),
            engines: self.engines.all(),
            has_nightly_backups: self.settings().backup_dir.is_some(),
            last_backup: kept.iter().map(|backup| backup.made).max(),
            backup_trouble,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_called_nearly_full_before_it_is_full() {
        const GIB: u64 = 1 << 30;
        let disk = |free: u64, total: u64| Disk(Space { free, total, is_read_only: false });
        for (free, total, room, nearly) in [
            (50, 100, true, false),
            (16, 100, true, false),
            (2, 100, true, true),
            (1, 100, false, true),
            (1, 10, true, true),
            (3, 10, true, false),
        ] {
            let disk = disk(free * GIB, total * GIB);
            assert_eq!((disk.room().is_ok(), disk.is_nearly_full()), (room, nearly), "{free} of {total}");
        }
        assert!(Disk(Space { is_read_only: true, ..disk(50 * GIB, 100 * GIB).0 }).room().is_err());
    }
}
