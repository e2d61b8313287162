//! Pictures as files, named by SHA-256. A file is durable before its row is written; files without a row are removed at start. Not
//! here: the records (domain/invoice.rs).

use super::{Room, StoreError};
use crate::domain::invoice::BlobHash;
use crate::os;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

#[derive(Clone)]
pub struct Blobs {
    dir: PathBuf,
    room: Room,
}

impl fmt::Debug for Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blobs").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl Blobs {
    /// Removes what interrupted uploads left. Files stop growing when `room` refuses.
    pub fn open(dir: &Path, room: Room) -> Result<Self, StoreError> {
        let incoming = dir.join("incoming");
        let made = || {
            fs::create_dir_all(&incoming)?;
            for entry in fs::read_dir(&incoming)? {
                fs::remove_file(entry?.path())?;
            }
            // All at once: folders are durable before files.
            for shard in 0..=u8::MAX {
                fs::create_dir_all(dir.join(format!("{shard:02x}")))?;
            }
            os::sync_dir(dir)
        };
        made().map_err(StoreError::io)?;
        Ok(Self { dir: dir.to_owned(), room })
    }

    /// Removed on drop unless kept. Blocks.
    pub fn create(&self) -> Result<Incoming, StoreError> {
        let file = NamedTempFile::new_in(self.scratch()).map_err(StoreError::io)?;
        Ok(Incoming { blobs: self.clone(), file, hasher: Sha256::new(), len: 0 })
    }

    /// For temporary files; emptied at each start.
    pub fn scratch(&self) -> PathBuf {
        self.dir.join("incoming")
    }

    pub fn has_room(&self) -> Result<(), StoreError> {
        (self.room)().map_err(|why| StoreError::io(io::Error::new(io::ErrorKind::StorageFull, why)))
    }

    pub fn path(&self, hash: &BlobHash) -> PathBuf {
        let name = hash.to_string();
        self.dir.join(&name[..2]).join(name)
    }

    /// Whether the file exists and matches its hash. Blocks.
    pub fn is_whole(&self, hash: &BlobHash) -> bool {
        let mut sum = Sha256::new();
        let read = File::open(self.path(hash)).and_then(|mut file| io::copy(&mut file, &mut sum));
        read.is_ok() && <[u8; 32]>::from(sum.finalize()) == hash.0
    }

    /// Removes files that are not in `named`; returns how many.
    pub fn sweep(&self, named: &HashSet<String>) -> Result<usize, StoreError> {
        let swept = || {
            let mut swept = 0;
            for shard in fs::read_dir(&self.dir)? {
                let shard = shard?.path();
                if shard.file_name().is_some_and(|n| n == "incoming") || !shard.is_dir() {
                    continue;
                }
                for file in fs::read_dir(&shard)? {
                    let file = file?;
                    if !file.file_name().to_str().is_some_and(|name| named.contains(name)) {
                        fs::remove_file(file.path())?;
                        swept += 1;
                    }
                }
            }
            Ok(swept)
        };
        swept().map_err(StoreError::io)
    }
}

#[derive(Debug)]
pub struct Incoming {
    blobs: Blobs,
    file: NamedTempFile,
    hasher: Sha256,
    len: u64,
}

impl Incoming {
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.add(bytes).map_err(StoreError::io)
    }

    fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        (self.blobs.room)().map_err(|why| io::Error::new(io::ErrorKind::StorageFull, why))?;
        self.hasher.update(bytes);
        self.len += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// On return it is durable under its hash. Blocks.
    pub fn keep(self) -> Result<BlobHash, StoreError> {
        let hash = BlobHash(self.hasher.finalize().into());
        let path = self.blobs.path(&hash);
        let kept = || {
            self.file.as_file().sync_all()?;
            os::put(self.file, &path)?;
            path.parent().map_or(Ok(()), os::sync_dir)
        };
        kept().map_err(StoreError::io)?;
        Ok(hash)
    }
}

impl Write for Incoming {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// What was written; nothing may be written after.
impl Read for Incoming {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.file.read(bytes)
    }
}

impl Seek for Incoming {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_is_kept_once_and_swept_when_unnamed() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(dir.path(), crate::store::endless()).unwrap();
        let put = |bytes: &[u8]| {
            let mut incoming = blobs.create().unwrap();
            incoming.write(bytes).unwrap();
            incoming.keep().unwrap()
        };
        let (a, b) = (put(b"one"), put(b"two"));
        assert_eq!(put(b"one"), a);
        assert_eq!(fs::read(blobs.path(&a)).unwrap(), b"one");
        drop(blobs.create().unwrap());
        assert_eq!(fs::read_dir(dir.path().join("incoming")).unwrap().count(), 0);
        assert_eq!(blobs.sweep(&HashSet::from([a.to_string()])).unwrap(), 1);
        assert!(blobs.path(&a).exists() && !blobs.path(&b).exists());
    }
}
