//! Backups: one tar file with every record, every picture, the TLS key and a list of SHA-256 sums at its end. Made beside a running
//! writer: rows are copied while it goes on, and what it writes meanwhile is appended. Not here: when they are made (serve.rs).

use super::blobs::Blobs;
use super::local::Local;
use super::tables::{COUNTERS, FORMAT_NUMBER, PICTURES, RESTORED_COUNTER, SESSIONS};
use super::{Batch, KeyValue, Room, Store, StoreError, record};
use crate::domain::invoice::{PICTURE_BYTES_MAX, Picture};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, Read, Write};
use std::ops::Bound;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

const HEAD: &str = "paperline-backup.txt";
const SUMS: &str = "SHA256SUMS";
const RECORDS: &str = "records/";
const PICTURES_DIR: &str = "pictures/";
/// Beside the records and the pictures, where they are there.
const FILES: [&str; 6] = ["tls/cert.pem", "tls/key.pem", "tls/own.pem", "tls/ca.pem", "tls/ca-key.pem", "initial-admin-password"];
/// Stands in a data dir while a restore is at work on it.
pub const INCOMPLETE: &str = "restore-incomplete";
const ROWS_AT_ONCE: usize = 1_000;
const MEMBER_BYTES: usize = 4 << 20;
/// A member of records that is larger is no backup's; files are far smaller.
const MEMBER_BYTES_MAX: u64 = 256 << 20;
/// Batches that may wait to be appended; a target that is slower than this loses the backup, not the box.
const BEHIND_MAX: usize = 4_096;

#[derive(Debug)]
pub enum BackupError {
    Io(io::Error),
    Store(StoreError),
    /// What is wrong with the file, the directory or the rate, for a person.
    Wrong(String),
}

impl fmt::Display for BackupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(e) => e.fmt(f),
            Self::Store(e) => e.fmt(f),
            Self::Wrong(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for BackupError {}

impl From<io::Error> for BackupError {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}

impl From<StoreError> for BackupError {
    fn from(e: StoreError) -> Self {
        Self::Store(e)
    }
}

fn wrong(why: impl Into<String>) -> BackupError {
    BackupError::Wrong(why.into())
}

/// What is in a backup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// Rows written; one that changed meanwhile counts again.
    pub rows: u64,
    pub pictures: u64,
    pub bytes: u64,
    /// Pictures whose file is not what its name says; they are in it as they are.
    pub damaged: Vec<String>,
}

/// A key, and its value or that it is gone.
type Row = (Vec<u8>, Option<Vec<u8>>);

/// Where the writer leaves copies of what it writes, for backups under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Tails(Arc<Mutex<Vec<SyncSender<Batch>>>>);

impl Tails {
    fn begin(&self) -> Receiver<Batch> {
        let (sender, receiver) = sync_channel(BEHIND_MAX);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        receiver
    }

    /// One that is not read any more, or too slowly, is dropped.
    pub(super) fn push(&self, batch: &Batch) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|tail| tail.try_send(batch.clone()).is_ok());
    }
}

impl Store {
    /// Every row, and then whatever was written while they were read: put back in this order, they are the store as it was at one
    /// moment, after this was called. Holds the writer up for no longer than a batch.
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
            for row in self.engine.scan(&from, Bound::Unbounded, false).take(ROWS_AT_ONCE) {
                let (key, value) = row?;
                bytes += key.len() + value.len();
                rows.push((key.to_vec(), Some(value.to_vec())));
                if bytes >= MEMBER_BYTES {
                    break;
                }
            }
            let Some((last, _)) = rows.last() else { break };
            // The first key after it.
            from = [last.as_slice(), &[0]].concat();
            write(rows)?;
            drain(&mut write)?;
        }
        let _whole = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        drain(&mut write)
    }
}

fn encode(rows: &[Row]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut put = |field: &[u8]| {
        bytes.extend((field.len() as u32).to_le_bytes());
        bytes.extend(field);
    };
    for (key, value) in rows {
        put(key);
        // A value always has its version byte: an empty one is one that is gone.
        put(value.as_deref().unwrap_or_default());
    }
    bytes
}

fn decode(mut bytes: &[u8]) -> Option<Vec<Row>> {
    let mut take = || {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (field, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        bytes = rest;
        Some((field.to_vec(), rest.is_empty()))
    };
    let mut rows = Vec::new();
    loop {
        let ((key, _), (value, is_last)) = (take()?, take()?);
        rows.push((key, (!value.is_empty()).then_some(value)));
        if is_last {
            return Some(rows);
        }
    }
}

/// Sums what goes through it.
struct Summing<T> {
    inner: T,
    sum: Sha256,
}

impl<R: Read> Read for Summing<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(bytes)?;
        self.sum.update(&bytes[..read]);
        Ok(read)
    }
}

fn hex(sum: Sha256) -> String {
    sum.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// A member's name as it may be said: where something is out of its place, what stands there may be a password.
fn sayable(name: &str) -> &str {
    let is_records = name.strip_prefix(RECORDS).is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    let is_picture = name.strip_prefix(PICTURES_DIR).is_some_and(is_sum);
    let is_known = is_records || is_picture || [HEAD, SUMS].contains(&name) || FILES.contains(&name);
    if is_known { name } else { "a member" }
}

fn is_sum(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

struct Archive<W: Write> {
    tar: tar::Builder<W>,
    sums: String,
    contents: Contents,
}

impl<W: Write> Archive<W> {
    /// Answers the member's SHA-256.
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

/// What a member of so many bytes takes up.
fn in_archive(bytes: u64) -> u64 {
    TAR_BLOCK + bytes.next_multiple_of(TAR_BLOCK)
}

/// About how long a backup made now would be: what is written meanwhile comes on top. Reads every row.
pub fn expected_bytes(store: &Store, dir: &Path) -> Result<u64, BackupError> {
    let mut rows = 0;
    for row in store.engine.scan(&[], Bound::Unbounded, false) {
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
            // The name of a picture is its sum.
            sums += 2 * file.file_name().len() + PICTURES_DIR.len() + "  \n".len();
            pictures += in_archive(file.metadata()?.len());
        }
    }
    let others = FILES.iter().filter_map(|name| fs::metadata(dir.join(name)).ok());
    let others: u64 = others.map(|file| in_archive(file.len())).sum();
    // Head and sums, and the two empty blocks that a tar ends in.
    Ok(in_archive(1) + in_archive(rows) + pictures + others + in_archive(sums as u64) + 2 * TAR_BLOCK)
}

/// Writes a backup of the box on `dir` to `out`. Everything acknowledged before this was called is in it.
pub fn write<W: Write>(store: &Store, dir: &Path, made: &str, out: W) -> Result<Contents, BackupError> {
    let mut archive = Archive { tar: tar::Builder::new(out), sums: String::new(), contents: Contents::default() };
    let head = format!("format {FORMAT_NUMBER}\npaperline {}\nmade {made}\n", env!("CARGO_PKG_VERSION"));
    archive.add(HEAD, head.len() as u64, head.as_bytes())?;
    let mut members = 0;
    store.export(|rows| {
        // What is written at once may be more than a member ought to be.
        for rows in rows.chunks(ROWS_AT_ONCE) {
            members += 1;
            archive.contents.rows += rows.len() as u64;
            let bytes = encode(rows);
            archive.add(&format!("{RECORDS}{members:08}"), bytes.len() as u64, &bytes[..])?;
        }
        Ok(())
    })?;
    // After the rows: a picture's file is there before the row that names it, and stays.
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

/// Writes it to `path`, which must not be there yet, reads it through again, and only then gives it its name.
pub fn write_file(store: &Store, dir: &Path, made: &str, path: &Path) -> Result<Contents, BackupError> {
    if path.exists() {
        return Err(wrong(format!("{} is there already; name another file", path.display())));
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Its owner's alone, and under a name that nobody could have put there before.
    let partial = tempfile::Builder::new().prefix(".paperline-").suffix(".partial").tempfile_in(parent)?;
    let contents = write(store, dir, made, io::BufWriter::with_capacity(1 << 20, partial.as_file()))?;
    partial.as_file().sync_all()?;
    read_through(partial.path())?;
    partial.persist_noclobber(path).map_err(|e| e.error)?;
    // The name must last as well.
    File::open(parent)?.sync_all()?;
    Ok(contents)
}

enum Member<'a> {
    Rows(Vec<Row>),
    /// By the name of its hash.
    Picture(&'a str, &'a mut dyn Read),
    File(&'static str, Vec<u8>),
}

/// Gives `each` every member in its order; fails at the first thing that is not as it was written.
fn read(path: &Path, mut each: impl FnMut(Member<'_>) -> Result<(), BackupError>) -> Result<(), BackupError> {
    let mut tar = tar::Archive::new(io::BufReader::with_capacity(1 << 20, File::open(path)?));
    let damaged = |name: &str| wrong(format!("{}: {} is damaged", path.display(), sayable(name)));
    let foreign = || wrong(format!("{} holds what it does not list", path.display()));
    let mut sums: BTreeMap<String, String> = BTreeMap::new();
    let mut is_whole = false;
    // As they lie there: what stands for something longer, a hole or another file's name, is no part of a backup.
    for member in tar.entries()?.raw(true) {
        // The library's own words quote what stands there.
        let member = member.map_err(|_| wrong(format!("{} is cut off or no backup", path.display())))?;
        let name = member.path()?.to_string_lossy().into_owned();
        if is_whole {
            return Err(foreign());
        }
        let bytes_max = if name.starts_with(PICTURES_DIR) { PICTURE_BYTES_MAX } else { MEMBER_BYTES_MAX };
        if !member.header().entry_type().is_file() || member.size() > bytes_max {
            return Err(damaged(&name));
        }
        if sums.is_empty() != (name == HEAD) {
            return Err(wrong(format!("{} is no backup of paperline", path.display())));
        }
        let mut data = Summing { inner: member, sum: Sha256::new() };
        let whole = |data: &mut dyn Read| -> io::Result<Vec<u8>> {
            let mut bytes = Vec::new();
            data.read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        if name == SUMS {
            let text = String::from_utf8(whole(&mut data)?).map_err(|_| damaged(SUMS))?;
            let expected: BTreeMap<_, _> = text
                .lines()
                .filter_map(|line| line.split_once("  "))
                .map(|(sum, name)| (name.to_owned(), sum.to_owned()))
                .collect();
            let differs = |(name, sum): (&String, &String)| (sums.get(name) != Some(sum)).then(|| name.clone());
            match expected.iter().find_map(differs) {
                Some(name) => return Err(damaged(&name)),
                None if expected.len() != sums.len() => return Err(foreign()),
                None => is_whole = true,
            }
            continue;
        }
        if name == HEAD {
            check_head(path, &whole(&mut data)?)?;
        } else if name.starts_with(RECORDS) {
            let rows = decode(&whole(&mut data)?).ok_or_else(|| damaged(&name))?;
            each(Member::Rows(rows))?;
        } else if let Some(hash) = name.strip_prefix(PICTURES_DIR).filter(|hash| is_sum(hash)) {
            each(Member::Picture(hash, &mut data))?;
        } else if let Some(known) = FILES.into_iter().find(|known| *known == name) {
            let bytes = whole(&mut data)?;
            each(Member::File(known, bytes))?;
        } else {
            return Err(wrong(format!("{}: {} is nothing of a backup's", path.display(), sayable(&name))));
        }
        io::copy(&mut data, &mut io::sink())?;
        // Each stands there once: of two, one would not be held against its sum.
        if sums.insert(name.clone(), hex(data.sum)).is_some() {
            return Err(damaged(&name));
        }
    }
    if !is_whole {
        return Err(wrong(format!("{} is cut off: it has no end", path.display())));
    }
    // A tar ends in zeros, and whatever follows them is not read as a member.
    let mut rest = tar.into_inner();
    loop {
        let some = rest.fill_buf()?;
        if some.iter().any(|byte| *byte != 0) {
            return Err(foreign());
        }
        match some.len() {
            0 => return Ok(()),
            read => rest.consume(read),
        }
    }
}

fn is_version(text: &str) -> bool {
    text.len() <= 20 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-+".contains(&b))
}

/// What a newer paperline has made is left alone.
fn check_head(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let text = String::from_utf8_lossy(bytes);
    let head: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once(' ')).collect();
    match head.get("format").and_then(|format| format.parse::<u64>().ok()) {
        Some(format) if format <= FORMAT_NUMBER => Ok(()),
        Some(format) => Err(wrong(format!(
            "{} was made by a newer paperline ({}, format {format}); this one reads up to format {FORMAT_NUMBER}",
            path.display(),
            head.get("paperline").filter(|version| is_version(version)).unwrap_or(&"unknown"),
        ))),
        None => Err(wrong(format!("{} is no backup of paperline", path.display()))),
    }
}

/// Reads a backup from end to end: every sum, and a picture for every row that names one.
pub fn read_through(path: &Path) -> Result<(), BackupError> {
    let prefix = PICTURES.prefix(&());
    let (mut named, mut there) = (BTreeMap::new(), HashSet::new());
    read(path, |member| {
        match member {
            Member::Rows(rows) => {
                for (key, value) in rows.into_iter().filter(|(key, _)| key.starts_with(&prefix)) {
                    let picture = value.as_deref().and_then(record::decode::<Picture>);
                    named.insert(key, picture.map(|picture| picture.hash.to_string()));
                }
            }
            Member::Picture(hash, _) => drop(there.insert(hash.to_owned())),
            Member::File(..) => {}
        }
        Ok(())
    })?;
    match named.into_values().flatten().find(|hash| !there.contains(hash)) {
        Some(hash) => Err(wrong(format!("{} lacks the picture {hash}", path.display()))),
        None => Ok(()),
    }
}

/// Makes a data dir of a backup, while there is `room`. `dir` must be empty or not be there; until it is whole, a file in it says that it
/// is not, and when nothing comes of it, nothing is left. Sessions are not restored: they have ended; what else has become valid again, the
/// first start says in the log.
pub fn restore(path: &Path, dir: &Path, room: Room) -> Result<Contents, BackupError> {
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(wrong(format!("{} is not empty; restore into a new directory", dir.display())));
    }
    File::open(path)?;
    let was_there = dir.exists();
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    lay_out(path, dir, room).inspect_err(|_| {
        let removed = if was_there { empty(dir) } else { fs::remove_dir_all(dir) };
        if let Err(e) = removed {
            tracing::warn!("{} could not be emptied: {e}", dir.display());
        }
    })
}

fn empty(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
    }
    Ok(())
}

fn lay_out(path: &Path, dir: &Path, room: Room) -> Result<Contents, BackupError> {
    File::create(dir.join(INCOMPLETE))?.sync_all()?;
    let sessions = SESSIONS.prefix(&());
    let mut contents = Contents::default();
    {
        let engine = Local::open(&dir.join("db"))?;
        let blobs = Blobs::open(&dir.join("pictures"), room.clone())?;
        read(path, |member| {
            match member {
                Member::Rows(rows) => {
                    room().map_err(|why| io::Error::new(io::ErrorKind::StorageFull, why))?;
                    contents.rows += rows.len() as u64;
                    engine.apply(&rows.into_iter().filter(|(key, _)| !key.starts_with(&sessions)).collect())?;
                }
                Member::Picture(hash, data) => {
                    contents.pictures += 1;
                    let mut file = blobs.create()?;
                    contents.bytes += io::copy(data, &mut file)?;
                    if file.keep()?.to_string() != hash {
                        contents.damaged.push(hash.to_owned());
                    }
                }
                Member::File(name, bytes) => restore_file(&dir.join(name), &bytes)?,
            }
            Ok(())
        })?;
        engine.apply(&Batch::from([(COUNTERS.prefix(&RESTORED_COUNTER.to_owned()), record::encode(&1_u64))]))?;
        engine.sync()?;
    }
    fs::remove_file(dir.join(INCOMPLETE))?;
    File::open(dir)?.sync_all()?;
    Ok(contents)
}

fn restore_file(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let parent = path.parent().unwrap_or(path);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    File::open(parent)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_and_garbage_does_not() {
        let rows = vec![(b"key".to_vec(), Some(b"\x01value".to_vec())), (b"gone".to_vec(), None)];
        let bytes = encode(&rows);
        assert_eq!(decode(&bytes), Some(rows));
        for cut in 1..bytes.len() {
            let whole = decode(&bytes[..cut]).is_some_and(|rows| rows.len() == 1);
            assert!(whole == (cut == 4 + 3 + 4 + 6), "cut at {cut}");
        }
        assert_eq!(decode(&[]), None);
    }
}
