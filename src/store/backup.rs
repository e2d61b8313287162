//! Backups: one tar with records, pictures, the TLS key and SHA-256 sums. Rows are copied beside the running writer, and what it
//! writes meanwhile is appended. Not here: when (serve.rs).

use super::backup_file::{BackupError, Contents, FILES, HEAD, PICTURES_DIR, RECORDS, Row, SUMS, Summing, encode, hex, wrong};
use super::restore::read_through;
use super::tables::FORMAT_NUMBER;
use super::{Batch, Store};
use crate::os;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::ops::Bound;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

const ROWS_AT_ONCE: usize = 1_000;
const MEMBER_BYTES: usize = 4 << 20;
/// Batches waiting to be appended; if there are more, the backup fails and the writer goes on.
const BACKLOG_MAX: usize = 4_096;

#[derive(Clone, Debug, Default)]
pub(super) struct Tails(Arc<Mutex<Vec<SyncSender<Batch>>>>);

impl Tails {
    fn begin(&self) -> Receiver<Batch> {
        let (sender, receiver) = sync_channel(BACKLOG_MAX);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        receiver
    }

    pub(super) fn push(&self, batch: &Batch) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|tail| tail.try_send(batch.clone()).is_ok());
    }
}

impl Store {
    /// All rows, then what was written meanwhile. Applied in order, they are the store at one moment after the call.
    fn export(&self, mut write: impl FnMut(Vec<Row>) -> Result<(), BackupError>) -> Result<(), BackupError> {
        let tail = {
            let _whole = self.gate.read().unwrap_or_else(PoisonError::into_inner);
            self.tails.begin()
        };
        let drain = |write: &mut dyn FnMut(Vec<Row>) -> Result<(), BackupError>| loop {
            match tail.try_recv() {
                Ok(batch) => write(batch.into_iter().collect())?,
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Disconnected) => {
                    return Err(wrong("the backup is written more slowly than the box is changed; try again at a quieter time"));
                }
            }
        };
        let mut from = Vec::new();
        loop {
            let mut rows: Vec<Row> = Vec::new();
            let mut bytes = 0;
            for row in self.backend.scan(&from, Bound::Unbounded, false).take(ROWS_AT_ONCE) {
                let (key, value) = row?;
                bytes += key.len() + value.len();
                rows.push((key, Some(value)));
                if bytes >= MEMBER_BYTES {
                    break;
                }
            }
            let Some((last, _)) = rows.last() else { break };
            from = [last.as_slice(), &[0]].concat();
            write(rows)?;
            drain(&mut write)?;
        }
        let _whole = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        drain(&mut write)
    }
}

struct Archive<W: Write> {
    tar: tar::Builder<W>,
    sums: String,
    contents: Contents,
}

impl<W: Write> Archive<W> {
    fn add(&mut self, name: &str, size: u64, data: impl Read) -> io::Result<String> {
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(0o600);
        let mut data = Summing { inner: data, sum: Sha256::new() };
        self.tar.append_data(&mut header, name, &mut data)?;
        let sum = hex(data.sum);
        self.sums.push_str(&format!("{sum}  {name}\n"));
        self.contents.bytes += size;
        Ok(sum)
    }

    fn add_file(&mut self, name: &str, path: &Path) -> io::Result<Option<String>> {
        let file = match File::open(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let size = file.metadata()?.len();
        self.add(name, size, file.take(size)).map(Some)
    }
}

const TAR_BLOCK: u64 = 512;

fn member_bytes(bytes: u64) -> u64 {
    TAR_BLOCK + bytes.next_multiple_of(TAR_BLOCK)
}

/// An estimate in bytes, without what is written meanwhile. Reads every row.
pub fn expected_bytes(store: &Store, dir: &Path) -> Result<u64, BackupError> {
    let mut rows = 0;
    for row in store.backend.scan(&[], Bound::Unbounded, false) {
        let (key, value) = row?;
        rows += (key.len() + value.len() + 2 * size_of::<u32>()) as u64;
    }
    let (mut pictures, mut sums) = (0, 0);
    for shard in fs::read_dir(dir.join("pictures"))? {
        let shard = shard?;
        if shard.file_name() == "incoming" || !shard.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(shard.path())? {
            let file = file?;
            sums += 2 * file.file_name().len() + PICTURES_DIR.len() + "  \n".len();
            pictures += member_bytes(file.metadata()?.len());
        }
    }
    let others = FILES.iter().filter_map(|name| fs::metadata(dir.join(name)).ok());
    let others: u64 = others.map(|file| member_bytes(file.len())).sum();
    Ok(member_bytes(1) + member_bytes(rows) + pictures + others + member_bytes(sums as u64) + 2 * TAR_BLOCK)
}

/// `dir`: the data dir. Contains everything acknowledged before the call.
pub fn write<W: Write>(store: &Store, dir: &Path, made: &str, out: W) -> Result<Contents, BackupError> {
    let mut archive = Archive { tar: tar::Builder::new(out), sums: String::new(), contents: Contents::default() };
    let head = format!("format {FORMAT_NUMBER}\npaperline {}\nmade {made}\n", env!("CARGO_PKG_VERSION"));
    archive.add(HEAD, head.len() as u64, head.as_bytes())?;
    let mut members = 0;
    store.export(|rows| {
        for rows in rows.chunks(ROWS_AT_ONCE) {
            members += 1;
            archive.contents.rows += rows.len() as u64;
            let bytes = encode(rows);
            archive.add(&format!("{RECORDS}{members:08}"), bytes.len() as u64, &bytes[..])?;
        }
        Ok(())
    })?;
    // After the rows: a picture's file exists before its row, and stays.
    for shard in fs::read_dir(dir.join("pictures"))? {
        let shard = shard?;
        if shard.file_name() == "incoming" || !shard.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(shard.path())? {
            let file = file?;
            let name = file.file_name().to_string_lossy().into_owned();
            if let Some(sum) = archive.add_file(&format!("{PICTURES_DIR}{name}"), &file.path())? {
                archive.contents.pictures += 1;
                if sum != name {
                    archive.contents.damaged.push(name);
                }
            }
        }
    }
    for name in FILES {
        archive.add_file(name, &dir.join(name))?;
    }
    let sums = std::mem::take(&mut archive.sums);
    archive.add(SUMS, sums.len() as u64, sums.as_bytes())?;
    let contents = archive.contents;
    archive.tar.into_inner()?.flush()?;
    Ok(contents)
}

/// `path` must not exist; the backup is verified before it gets that name.
pub fn write_file(store: &Store, dir: &Path, made: &str, path: &Path) -> Result<Contents, BackupError> {
    if path.exists() {
        return Err(wrong(format!("{} is there already; name another file", path.display())));
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Readable by its owner only, under an unpredictable name.
    let partial = tempfile::Builder::new().prefix(".paperline-").suffix(".partial").tempfile_in(parent)?;
    let contents = write(store, dir, made, io::BufWriter::with_capacity(1 << 20, partial.as_file()))?;
    partial.as_file().sync_all()?;
    read_through(partial.path())?;
    partial.persist_noclobber(path).map_err(|e| e.error)?;
    os::sync_dir(parent)?;
    Ok(contents)
}
