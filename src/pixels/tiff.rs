//! A TIFF's pages: counts them, checks that all pixel data is there, and shows decoders one of them; its directories are walked without
//! decoding. Not here: other formats (app/pictures.rs).

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Error, Read, Seek, SeekFrom};

/// More is not sensible.
const PAGES_MAX: usize = 10_000;
/// Per directory.
const ENTRIES_MAX: u64 = 4_096;
/// Numbers read per file, more than any honest one has.
const NUMBERS_MAX: u32 = 500_000;

/// Tags of TIFF 6.0.
const NEW_SUBFILE_TYPE: u64 = 254;
const STRIPS: (u64, u64) = (273, 279);
const TILES: (u64, u64) = (324, 325);
/// Subfile type bits: a reduced copy, a mask.
const NO_PAGE: u64 = 1 | 4;

/// Classic TIFF and BigTIFF differ in the width of numbers.
struct Walk<'f> {
    file: &'f mut File,
    bytes: u64,
    is_big_endian: bool,
    is_large: bool,
    left: u32,
    /// Whether all pixel data has to be there.
    is_checked: bool,
}

struct Entry {
    kind: u64,
    count: u64,
    /// The value's position: in the entry if it fits.
    at: u64,
}

fn cut_off() -> Error {
    Error::from(io::ErrorKind::UnexpectedEof)
}

/// `bytes`: the file's length. Fails if the file is cut off or malformed.
pub fn pages(file: &mut File, bytes: u64) -> io::Result<u32> {
    let (found, _) = directories(file, bytes, true)?;
    u32::try_from(found.len()).map_err(|_| cut_off())
}

/// Where each page's directory is, and whether numbers are wide; smaller copies and masks are no pages.
fn directories(file: &mut File, bytes: u64, is_checked: bool) -> io::Result<(Vec<u64>, bool)> {
    let mut head = [0; 4];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut head)?;
    let is_big_endian = head.starts_with(b"MM");
    let is_large = head.contains(&43);
    let mut walk = Walk { file, bytes, is_big_endian, is_large, left: NUMBERS_MAX, is_checked };
    let mut next = if is_large { walk.number(8, 8)? } else { walk.number(4, 4)? };
    let (mut seen, mut pages) = (HashSet::new(), Vec::new());
    while next != 0 {
        if seen.len() == PAGES_MAX || !seen.insert(next) {
            return Err(cut_off());
        }
        let (is_page, after) = walk.directory(next)?;
        pages.extend(is_page.then_some(next));
        next = after;
    }
    if pages.is_empty() { Err(cut_off()) } else { Ok((pages, is_large)) }
}

/// The file as if this page were its first: decoders know no other.
#[derive(Debug)]
pub struct AtPage {
    file: File,
    head: Vec<u8>,
    at: u64,
}

impl AtPage {
    /// `page`: from 1.
    pub fn new(mut file: File, page: u32) -> io::Result<Self> {
        let bytes = file.metadata()?.len();
        let (pages, is_large) = directories(&mut file, bytes, false)?;
        let index = usize::try_from(page).ok().and_then(|page| page.checked_sub(1));
        let directory = *index.and_then(|index| pages.get(index)).ok_or_else(cut_off)?;
        let mut head = vec![0; if is_large { 16 } else { 8 }];
        file.rewind()?;
        file.read_exact(&mut head)?;
        file.rewind()?;
        let place = head.split_off(head.len() / 2).len();
        let number = directory.to_le_bytes().into_iter().take(place);
        if head.starts_with(b"MM") {
            head.extend(number.rev())
        } else {
            head.extend(number)
        }
        Ok(Self { file, head, at: 0 })
    }
}

impl Read for AtPage {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let head = usize::try_from(self.at).ok().and_then(|at| self.head.get(at..)).unwrap_or_default();
        let read = if head.is_empty() {
            self.file.read(out)?
        } else {
            let read = head.len().min(out.len());
            out[..read].copy_from_slice(&head[..read]);
            self.file.seek_relative(read as i64)?;
            read
        };
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for AtPage {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = self.file.seek(to)?;
        Ok(self.at)
    }
}

impl Walk<'_> {
    /// `width`: in bytes.
    fn number(&mut self, at: u64, width: usize) -> io::Result<u64> {
        self.left = self.left.checked_sub(1).ok_or_else(cut_off)?;
        let mut raw = [0; 8];
        let raw = raw.get_mut(..width).ok_or_else(cut_off)?;
        self.file.seek(SeekFrom::Start(at))?;
        self.file.read_exact(raw)?;
        let number = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Ok(if self.is_big_endian { raw.iter().fold(0, number) } else { raw.iter().rev().fold(0, number) })
    }

    /// Whether it is a page, and the next directory.
    fn directory(&mut self, at: u64) -> io::Result<(bool, u64)> {
        let (width, entry_bytes, word) = if self.is_large { (8, 20, 8) } else { (2, 12, 4) };
        let entries = self.number(at, width)?;
        if entries > ENTRIES_MAX {
            return Err(cut_off());
        }
        let first = at + width as u64;
        let mut found = Vec::new();
        for n in 0..entries {
            let at = first + n * entry_bytes;
            let tag = self.number(at, 2)?;
            if [NEW_SUBFILE_TYPE, STRIPS.0, STRIPS.1, TILES.0, TILES.1].contains(&tag) {
                let (kind, count) = (self.number(at + 2, 2)?, self.number(at + 4, word)?);
                let mut entry = Entry { kind, count, at: at + 4 + word as u64 };
                if count.saturating_mul(entry.width() as u64) > word as u64 {
                    entry.at = self.number(entry.at, word)?;
                }
                found.push((tag, entry));
            }
        }
        let next = self.number(first + entries * entry_bytes, word)?;
        let of = |tag: u64| found.iter().find(|(t, _)| *t == tag).map(|(_, entry)| entry);
        for (offsets, lengths) in [STRIPS, TILES] {
            if self.is_checked
                && let (Some(offsets), Some(lengths)) = (of(offsets), of(lengths))
            {
                self.is_there(offsets, lengths)?;
            }
        }
        let kind = of(NEW_SUBFILE_TYPE).map(|entry| self.number(entry.at, entry.width())).transpose()?;
        Ok((kind.unwrap_or(0) & NO_PAGE == 0, next))
    }

    /// Fails unless all strips or tiles are within the file.
    fn is_there(&mut self, offsets: &Entry, lengths: &Entry) -> io::Result<()> {
        for n in 0..offsets.count.min(lengths.count) {
            let offset = self.number(offsets.at + n * offsets.width() as u64, offsets.width())?;
            let length = self.number(lengths.at + n * lengths.width() as u64, lengths.width())?;
            if offset.saturating_add(length) > self.bytes {
                return Err(cut_off());
            }
        }
        Ok(())
    }
}

impl Entry {
    fn width(&self) -> usize {
        match self.kind {
            3 => 2,
            16 => 8,
            _ => 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels;

    /// Pages of one grey pixel each, in this order of bytes; those of `small` are smaller copies.
    fn tiff(pages: &[u8], small: &[usize], is_big_endian: bool) -> Vec<u8> {
        let number = |n: u32, width: usize| {
            let bytes = n.to_le_bytes().into_iter().take(width);
            if is_big_endian { bytes.rev().collect::<Vec<u8>>() } else { bytes.collect() }
        };
        let mut file = if is_big_endian { b"MM".to_vec() } else { b"II".to_vec() };
        file.extend([number(42, 2), number(8, 4)].concat());
        for (n, grey) in pages.iter().enumerate() {
            let fields = [
                (254, u32::from(small.contains(&n))),
                (256, 1),
                (257, 1),
                (258, 8),
                (259, 1),
                (262, 1),
                (273, file.len() as u32 + 2 + 10 * 12 + 4),
                (277, 1),
                (278, 1),
                (279, 1),
            ];
            file.extend(number(fields.len() as u32, 2));
            for (tag, value) in fields {
                file.extend([number(tag, 2), number(4, 2), number(1, 4), number(value, 4)].concat());
            }
            let next = if n + 1 < pages.len() { file.len() as u32 + 6 } else { 0 };
            file.extend(number(next, 4));
            file.extend([*grey, 0]);
        }
        file
    }

    #[test]
    fn each_page_is_decoded_and_smaller_copies_are_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.tiff");
        for is_big_endian in [false, true] {
            std::fs::write(&path, tiff(&[10, 20, 30, 40], &[0, 2], is_big_endian)).unwrap();
            let mut file = File::open(&path).unwrap();
            let bytes = file.metadata().unwrap().len();
            assert_eq!(pages(&mut file, bytes).unwrap(), 2);
            let grey = |page| pixels::decode(&path, page, |picture, _| picture.into_luma8().get_pixel(0, 0).0[0]);
            assert_eq!([1, 2].map(|page| grey(page).unwrap()), [20, 40]);
            assert!(grey(0).is_err() && grey(3).is_err());
        }
    }
}
