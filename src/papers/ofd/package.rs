//! The ZIP of an OFD: its parts by path, within limits. Not here: what the parts say (document.rs).

use crate::papers::detect::{ENTRIES_MAX, entries};
use crate::papers::tree::{Node, parse};
use crate::papers::{Trouble, UNPACKED_MAX};
use std::collections::HashMap;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// Of one XML part.
const PART_MAX: u64 = 32 << 20;

pub struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// Lower case, without the first slash.
    numbers: HashMap<String, usize>,
    /// Bytes that may still be unpacked.
    left: u64,
}

impl<'a> Package<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Self, Trouble> {
        let said = entries(&mut Cursor::new(bytes)).map_err(|_| Trouble::Damaged)?;
        if said.ok_or(Trouble::Damaged)? > ENTRIES_MAX as u64 {
            return Err(Trouble::TooMuch);
        }
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Trouble::Damaged)?;
        let key = |name: &[u8]| key(&String::from_utf8_lossy(name));
        let numbers = archive.file_names_raw().enumerate().map(|(number, name)| (key(name), number)).collect();
        Ok(Self { archive, numbers, left: UNPACKED_MAX })
    }

    pub fn paths(&self) -> Vec<String> {
        let mut paths: Vec<String> = self.numbers.keys().cloned().collect();
        paths.sort_unstable();
        paths
    }

    pub fn has(&self, path: &str) -> bool {
        self.numbers.contains_key(&key(path))
    }

    /// `None`: there is no such part, or it can't be unpacked; the rest may still be an invoice.
    pub fn bytes(&mut self, path: &str) -> Result<Option<Vec<u8>>, Trouble> {
        let Some(number) = self.numbers.get(&key(path)) else { return Ok(None) };
        let entry = match self.archive.by_index(*number) {
            Ok(entry) => entry,
            Err(zip::result::ZipError::UnsupportedArchive(zip::result::ZipError::PASSWORD_REQUIRED)) => {
                return Err(Trouble::Locked);
            }
            Err(_) => return Ok(None),
        };
        let limit = self.left.min(PART_MAX);
        let mut bytes = Vec::new();
        let whole = entry.take(limit + 1).read_to_end(&mut bytes);
        let length = bytes.len() as u64;
        if length > limit {
            return Err(Trouble::TooMuch);
        }
        // What was unpacked counts even if its sum is wrong.
        self.left -= length;
        Ok(whole.is_ok().then_some(bytes))
    }

    pub fn tree(&mut self, path: &str) -> Result<Option<Node>, Trouble> {
        match self.bytes(path)?.map(|bytes| parse(&bytes)) {
            Some(Err(Trouble::TooMuch)) => Err(Trouble::TooMuch),
            Some(tree) => Ok(tree.ok()),
            None => Ok(None),
        }
    }
}

fn key(path: &str) -> String {
    path.replace('\\', "/").trim_start_matches('/').to_ascii_lowercase()
}

/// A path as parts name each other: from the root, or from the folder of the part that names it.
pub fn resolved(folder: &str, path: &str) -> String {
    let path = path.trim().replace('\\', "/");
    let from = if path.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in from.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        for (folder, path, want) in [
            ("Doc_0", "Pages/P.xml", "Doc_0/Pages/P.xml"),
            ("Doc_0/Pages", "../Res/a.png", "Doc_0/Res/a.png"),
            ("Doc_0", "/Doc_1/a.xml", "Doc_1/a.xml"),
            ("Doc_0", "../../../etc/passwd", "etc/passwd"),
            ("", ".\\Doc_0\\a.xml", "Doc_0/a.xml"),
        ] {
            assert_eq!(resolved(folder, path), want);
        }
    }
}
