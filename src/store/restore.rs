//! Reading and restoring backups. Not here: their format (backup_file.rs).

use super::backup_file::{
    BackupError, Contents, FILES, HEAD, PICTURES_DIR, RECORDS, Row, SUMS, Summing, decode, hex, is_sum, printable_name, wrong,
};
use super::blobs::Blobs;
use super::key::Key;
use super::local::Local;
use super::tables::{COUNTERS, FORMAT_NUMBER, NEWS, PICTURES, RESTORED_COUNTER, SESSIONS};
use super::{Batch, KeyValue, Room, record};
use crate::domain::invoice::{PICTURE_BYTES_MAX, Picture};
use crate::domain::news::News;
use crate::os;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{self, BufRead, Read, Write};
use std::path::Path;

/// Marks a data dir until its restore is complete.
pub const INCOMPLETE: &str = "restore-incomplete";
const MEMBER_BYTES_MAX: u64 = 256 << 20;

enum Member<'a> {
    Rows(Vec<Row>),
    /// Named by its hash.
    Picture(&'a str, &'a mut dyn Read),
    File(&'static str, Vec<u8>),
}

/// Fails at the first member that is not as it was written.
fn read(path: &Path, mut each: impl FnMut(Member<'_>) -> Result<(), BackupError>) -> Result<(), BackupError> {
    let mut tar = tar::Archive::new(io::BufReader::with_capacity(1 << 20, File::open(path)?));
    let damaged = |name: &str| wrong(format!("{}: {} is damaged", path.display(), printable_name(name)));
    let foreign = || wrong(format!("{} holds what it does not list", path.display()));
    let mut sums: BTreeMap<String, String> = BTreeMap::new();
    let mut is_whole = false;
    // Long names, holes and links are not part of a backup.
    for member in tar.entries()?.raw(true) {
        // The library's message quotes the content.
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
            match first_mismatch(&text, &sums) {
                Some(name) => return Err(damaged(&name)),
                None if text.lines().count() != sums.len() => return Err(foreign()),
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
            return Err(wrong(format!("{}: {} is nothing of a backup's", path.display(), printable_name(&name))));
        }
        io::copy(&mut data, &mut io::sink())?;
        // Only one of the two would be checked.
        if sums.insert(name.clone(), hex(data.sum)).is_some() {
            return Err(damaged(&name));
        }
    }
    if !is_whole {
        return Err(wrong(format!("{} is cut off: it has no end", path.display())));
    }
    // Whatever follows the zeros is not read as a member.
    if is_zeros(&mut tar.into_inner())? { Ok(()) } else { Err(foreign()) }
}

/// `sums`: by name, as computed.
fn first_mismatch(list: &str, sums: &BTreeMap<String, String>) -> Option<String> {
    let mut listed = list.lines().filter_map(|line| line.split_once("  "));
    listed.find(|(sum, name)| sums.get(*name).is_none_or(|found| found != sum)).map(|(_, name)| name.to_owned())
}

fn is_zeros(rest: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let some = rest.fill_buf()?;
        if some.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        match some.len() {
            0 => return Ok(true),
            read => rest.consume(read),
        }
    }
}

fn is_version(text: &str) -> bool {
    text.len() <= 20 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-+".contains(&b))
}

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

/// Checks every sum, and that every row's picture is there.
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

/// Restores into `dir`, which must be empty or missing; on failure, nothing is left. Sessions are not restored; the first start
/// logs what else is valid again.
pub fn restore(path: &Path, dir: &Path, room: Room) -> Result<Contents, BackupError> {
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(wrong(format!("{} is not empty; restore into a new directory", dir.display())));
    }
    File::open(path)?;
    let was_there = dir.exists();
    os::make_dir_for_owner(dir)?;
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
    let (sessions, news) = (SESSIONS.prefix(&()), NEWS.prefix(&()));
    let mut newest = 0;
    let mut contents = Contents::default();
    {
        let backend = Local::open(&dir.join("db"))?;
        let blobs = Blobs::open(&dir.join("pictures"), room.clone())?;
        read(path, |member| {
            match member {
                Member::Rows(rows) => {
                    room().map_err(|why| io::Error::new(io::ErrorKind::StorageFull, why))?;
                    contents.rows += rows.len() as u64;
                    let numbers = rows.iter().filter_map(|(key, _)| u64::decode(&mut key.strip_prefix(news.as_slice())?));
                    newest = numbers.fold(newest, u64::max);
                    let stays = |key: &[u8]| !key.starts_with(&sessions) && !key.starts_with(&news);
                    backend.apply(&rows.into_iter().filter(|(key, _)| stays(key)).collect())?;
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
        backend.apply(&Batch::from([
            (COUNTERS.prefix(&RESTORED_COUNTER.to_owned()), record::encode(&1_u64)),
            (NEWS.prefix(&beyond(newest)?), record::encode(&News::Accounts)),
        ]))?;
        backend.sync()?;
    }
    fs::remove_file(dir.join(INCOMPLETE))?;
    os::sync_dir(dir)?;
    Ok(contents)
}

/// A number that no news of the box that was backed up, nor of another one restored from the same file, is likely to have had: a client
/// that counts them must not take other news for those it knows. Stays below 2^53, for JavaScript, over 500 restores.
fn beyond(newest: u64) -> Result<u64, BackupError> {
    let mut random = [0; 4];
    getrandom::fill(&mut random).map_err(|e| io::Error::other(e.to_string()))?;
    Ok(newest + 4096 * (1 + u64::from(u32::from_le_bytes(random))))
}

fn restore_file(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let parent = path.parent().unwrap_or(path);
    os::make_dir_for_owner(parent)?;
    let mut file = os::for_owner(File::options().write(true).create_new(true)).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    os::sync_dir(parent)?;
    Ok(())
}
