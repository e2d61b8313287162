//! What a file is, by its bytes and never by its name: portals send a ZIP named .xml, and web pages named .pdf. Not here: what files that
//! are no papers are taken for (domain/file_kind.rs).

use super::Format;
use super::tree::decoded;
use std::io::{self, Read, Seek, SeekFrom};
use zip::ZipArchive;

/// As much of a file as tells what it is.
pub const HEAD_BYTES: usize = 1_024;
/// More files are in no archive that is taken.
pub const ENTRIES_MAX: usize = 2_000;
/// The end of an archive: 22 bytes and a comment.
const END_BYTES: u64 = 22 + 65_535;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Paper(Format),
    /// A ZIP that is no OFD.
    Archive,
}

/// `None`: no paper. Leaves the file at its begin.
pub fn format_of(file: &mut (impl Read + Seek)) -> io::Result<Option<Found>> {
    file.rewind()?;
    let mut head = Vec::with_capacity(HEAD_BYTES);
    file.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    // An archive may begin with a PDF that is not packed.
    let found = if is_zip(&head) {
        Some(if is_ofd(file)? { Found::Paper(Format::Ofd) } else { Found::Archive })
    } else if is_pdf(&head) {
        Some(Found::Paper(Format::Pdf))
    } else if is_heic(&head) {
        Some(Found::Paper(Format::Heic))
    } else {
        is_xml(&head).then_some(Found::Paper(Format::Xml))
    };
    file.rewind()?;
    Ok(found)
}

/// Mail gateways and old printers put junk before it.
pub fn is_pdf(head: &[u8]) -> bool {
    head.get(..head.len().min(HEAD_BYTES)).is_some_and(|head| head.windows(5).any(|word| word == b"%PDF-"))
}

pub fn is_zip(head: &[u8]) -> bool {
    [b"PK\x03\x04", b"PK\x05\x06"].iter().any(|mark| head.starts_with(*mark))
}

/// By its brand; a general one says in its list of others what it is.
pub fn is_heic(head: &[u8]) -> bool {
    const BRANDS: [&[u8]; 6] = [b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis"];
    let Some((size, rest)) = head.split_first_chunk::<4>() else { return false };
    let Some(brands) = rest.strip_prefix(b"ftyp") else { return false };
    let end = usize::try_from(u32::from_be_bytes(*size)).unwrap_or(usize::MAX).saturating_sub(8).min(brands.len());
    let is_general = [&b"mif1"[..], b"msf1"].iter().any(|general| brands.starts_with(general));
    let listed = if is_general { end } else { end.min(4) };
    brands[..listed].chunks_exact(4).any(|brand| BRANDS.contains(&brand))
}

/// Markup, but neither a web page nor a drawing.
pub fn is_xml(head: &[u8]) -> bool {
    let whole = head.len() & !1;
    // A character may be cut at the head's end.
    let Some(text) = (0..4).find_map(|cut| decoded(head.get(..whole.checked_sub(cut)?)?).ok()) else { return false };
    let mut rest = text.trim_start_matches(['\u{FEFF}', ' ', '\r', '\n', '\t']);
    if !rest.starts_with('<') {
        return false;
    }
    loop {
        let lower: String = rest.chars().take(16).collect::<String>().to_ascii_lowercase();
        let end = match lower.as_str() {
            lower if lower.starts_with("<!doctype html") => return false,
            lower if lower.starts_with("<!--") => "-->",
            lower if lower.starts_with("<?") => "?>",
            lower if lower.starts_with("<!") => ">",
            lower => {
                let name: &str = lower.trim_start_matches('<').split([' ', '>', '/', '\r', '\n', '\t']).next().unwrap_or_default();
                return lower.starts_with('<') && !["html", "head", "body", "script", "svg", "svg:svg"].contains(&name);
            }
        };
        // What does not end in the head is an XML's prologue: web pages have none that long.
        let Some((_, after)) = rest.split_once(end) else { return true };
        rest = after.trim_start();
    }
}

/// A ZIP with OFD.xml in it.
pub fn is_ofd(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    if entries(file)?.is_none_or(|entries| entries > ENTRIES_MAX as u64) {
        return Ok(false);
    }
    let is_root = |name: &[u8]| name.strip_prefix(b"/").unwrap_or(name).eq_ignore_ascii_case(b"OFD.xml");
    Ok(ZipArchive::new(file).is_ok_and(|archive| archive.file_names_raw().any(is_root)))
}

/// How many files an archive says it has, before anything is kept of its directory; the largest number, if it says several. `None`: it has
/// no end.
pub fn entries(file: &mut (impl Read + Seek)) -> io::Result<Option<u64>> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(END_BYTES + 20)))?;
    let mut tail = Vec::new();
    file.by_ref().take(END_BYTES + 20).read_to_end(&mut tail)?;
    let number = |bytes: &[u8], at: usize, size: usize| -> Option<u64> {
        Some(bytes.get(at..at + size)?.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)))
    };
    let mut most: Option<u64> = None;
    for at in 0..tail.len().saturating_sub(3) {
        let said = match tail.get(at..at + 4) {
            Some(b"PK\x05\x06") => number(&tail, at + 10, 2),
            Some(b"PK\x06\x07") => match number(&tail, at + 8, 8) {
                Some(place) if place < length => {
                    file.seek(SeekFrom::Start(place))?;
                    let mut end = Vec::new();
                    file.by_ref().take(56).read_to_end(&mut end)?;
                    number(&end, 32, 8)
                }
                _ => None,
            },
            _ => continue,
        };
        // 65,535 in the short form means that the long one has the number.
        most = most.max(said.filter(|said| *said != 0xFFFF));
    }
    Ok(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write};
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    pub fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn files_are_told_by_what_is_in_them() {
        let utf16: Vec<u8> = "\u{FEFF}<?xml version=\"1.0\"?><EInvoice>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let junk = [&[0_u8; 900][..], b"%PDF-1.4"].concat();
        let far = [&[b'x'; 1_100][..], b"%PDF-1.4"].concat();
        let ofd = zipped(&[("Doc_0/Document.xml", b""), ("OFD.xml", b"<OFD/>")]);
        let with_ofd_inside = zipped(&[("a/OFD.xml", b"")]);
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("a.pdf", SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored)).unwrap();
        writer.write_all(b"%PDF-1.4").unwrap();
        let stored = writer.finish().unwrap().into_inner();
        let long = [b"<EInvoice>".to_vec(), "发".repeat(600).into_bytes()].concat();
        let cut = [b"<EInvoice>a".to_vec(), "发".repeat(600).into_bytes()].concat();
        for (bytes, want) in [
            (&b"%PDF-1.7"[..], Some(Found::Paper(Format::Pdf))),
            (&junk, Some(Found::Paper(Format::Pdf))),
            (&far, None),
            (&ofd, Some(Found::Paper(Format::Ofd))),
            (&with_ofd_inside, Some(Found::Archive)),
            (&zipped(&[]), Some(Found::Archive)),
            (&stored, Some(Found::Archive)),
            (b"\xEF\xBB\xBF\n<?xml version='1.0'?><!-- a --><EInvoice/>", Some(Found::Paper(Format::Xml))),
            (b"<:eInvoice xmlns:=\"\">", Some(Found::Paper(Format::Xml))),
            (&utf16, Some(Found::Paper(Format::Xml))),
            (&long, Some(Found::Paper(Format::Xml))),
            (&cut, Some(Found::Paper(Format::Xml))),
            (b"<!DOCTYPE html><html>", None),
            (b"<?xml version='1.0'?>\n<!-- x --><html xmlns='x'>", None),
            (b" <HTML><body>", None),
            (b"<svg xmlns='x'/>", None),
            (b"PNG <", None),
            (b"\0\0\0\x10ftypheic\0\0\0\0", Some(Found::Paper(Format::Heic))),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", Some(Found::Paper(Format::Heic))),
            (b"\0\0\0\x14ftypmif1\0\0\0\0mif1heic", None),
            (b"\0\0\0\x18ftypmif1\0\0\0\0avifmif1", None),
            (b"\0\0\0\x14ftypavif\0\0\0\0heic", None),
            (b"\0\0\0\x10ftypisom", None),
            (b"\0\0\0\x01ftyp", None),
            (b"", None),
        ] {
            let head = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned();
            assert_eq!(format_of(&mut Cursor::new(bytes)).unwrap(), want, "{head}");
        }
    }

    #[test]
    fn the_number_of_files_is_known_before_the_directory_is_read() {
        let names: Vec<String> = (0..2_001).map(|n| n.to_string()).collect();
        let mut files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
        files.push(("OFD.xml", b""));
        let bytes = zipped(&files);
        assert_eq!(entries(&mut Cursor::new(&bytes)).unwrap(), Some(2_002));
        assert!(!is_ofd(&mut Cursor::new(&bytes)).unwrap());
        assert_eq!(entries(&mut Cursor::new(&bytes[..bytes.len() - 22])).unwrap(), None);
    }
}
