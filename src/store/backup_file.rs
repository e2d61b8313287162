//! The format of a backup. Not here: making one (backup.rs), restoring one (restore.rs).

use super::StoreError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::io::{self, Read};

pub(super) const HEAD: &str = "paperline-backup.txt";
pub(super) const SUMS: &str = "SHA256SUMS";
pub(super) const RECORDS: &str = "records/";
pub(super) const PICTURES_DIR: &str = "pictures/";
pub(super) const FILES: [&str; 6] =
    ["tls/cert.pem", "tls/key.pem", "tls/own.pem", "tls/ca.pem", "tls/ca-key.pem", "initial-admin-password"];

#[derive(Debug)]
pub enum BackupError {
    Io(io::Error),
    Store(StoreError),
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

pub(super) fn wrong(why: impl Into<String>) -> BackupError {
    BackupError::Wrong(why.into())
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// Rows changed meanwhile count again.
    pub rows: u64,
    pub pictures: u64,
    pub bytes: u64,
    /// Hashes of pictures whose content does not match; included all the same.
    pub damaged: Vec<String>,
}

/// `None`: deleted.
pub(super) type Row = (Vec<u8>, Option<Vec<u8>>);

pub(super) fn encode(rows: &[Row]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut put = |field: &[u8]| {
        bytes.extend((field.len() as u32).to_le_bytes());
        bytes.extend(field);
    };
    for (key, value) in rows {
        put(key);
        // Values start with a version byte: empty means deleted.
        put(value.as_deref().unwrap_or_default());
    }
    bytes
}

pub(super) fn decode(mut bytes: &[u8]) -> Option<Vec<Row>> {
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

pub(super) struct Summing<T> {
    pub inner: T,
    pub sum: Sha256,
}

impl<R: Read> Read for Summing<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(bytes)?;
        self.sum.update(&bytes[..read]);
        Ok(read)
    }
}

pub(super) fn hex(sum: Sha256) -> String {
    sum.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// A name for messages: an unexpected one may be a password.
pub(super) fn printable_name(name: &str) -> &str {
    let is_records = name.strip_prefix(RECORDS).is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    let is_picture = name.strip_prefix(PICTURES_DIR).is_some_and(is_sum);
    let is_known = is_records || is_picture || [HEAD, SUMS].contains(&name) || FILES.contains(&name);
    if is_known { name } else { "a member" }
}

pub(super) fn is_sum(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
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
