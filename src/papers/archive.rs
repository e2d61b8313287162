//! ZIP archives of papers: which files they bring, unpacked one after the other into whatever the caller makes for each. Names are shown
//! and never used as paths. Not here: what a file is (detect.rs), OFD, which is a ZIP too (ofd/).

use super::detect::{ENTRIES_MAX, Found, entries, format_of};
use crate::domain::words::Words;
use encoding_rs::GB18030;
use std::io::{self, Read, Seek, Write};
use zip::ZipArchive;
use zip::result::ZipError;

pub const FILES_MAX: usize = 200;
/// All files together, counted while they are unpacked.
pub const UNPACKED_MAX: u64 = 512 << 20;
/// Of a shown name, characters.
const NAME_MAX: usize = 200;
/// Set where a name is UTF-8; what Chinese programs write without it is GBK.
const UTF8_NAME: u16 = 1 << 11;

/// Why an archive is not taken, whatever is in it.
#[derive(Debug)]
pub enum Trouble {
    /// Of the caller's files, not of the archive.
    Io(io::Error),
    Damaged,
    TooManyFiles,
    TooMuch,
    /// No file in it, or only what systems put beside files.
    Empty,
}

/// Why one file of an archive is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    Encrypted,
    /// An archive in an archive.
    Nested,
    TooLarge,
    Damaged,
    /// Packed in a way that is not unpacked here.
    Method,
}

impl Trouble {
    pub fn words(&self) -> Words {
        match self {
            Self::Io(_) => Words::new(
                "暂时不能解开这个压缩包：请稍后再上传",
                "the archive can't be unpacked now: please upload it again later",
            ),
            Self::Damaged => Words::new(
                "压缩包不完整或已损坏：请从原处重新下载，或解开后上传里面的文件",
                "the archive is incomplete or damaged: please download it again, or unpack it and upload the files",
            ),
            Self::TooManyFiles => Words::new(
                "压缩包里的文件超过 200 个：请分成几个压缩包",
                "the archive has more than 200 files: please split it into several",
            ),
            Self::TooMuch => Words::new(
                "压缩包解开后超过 512 MiB：请分成几个压缩包",
                "the archive has more than 512 MiB when unpacked: please split it into several",
            ),
            Self::Empty => Words::new("压缩包里没有文件", "there is no file in this archive"),
        }
    }
}

impl Refused {
    pub fn words(self) -> Words {
        match self {
            Self::Encrypted => Words::new(
                "这个文件在压缩包里有密码：请用密码解开后再上传",
                "this file has a password in its archive: please unpack it and upload that",
            ),
            Self::Nested => Words::new(
                "压缩包里的压缩包或 Office 文件，没有解开：请解开后再上传",
                "an archive or Office file inside an archive, which is not unpacked: please unpack it and upload that",
            ),
            Self::TooLarge => Words::new("文件太大", "the file is too large"),
            Self::Damaged => Words::new(
                "这个文件在压缩包里已损坏：请从原处重新下载再上传",
                "this file is damaged in its archive: please download it again and upload that",
            ),
            Self::Method => Words::new(
                "这个文件的压缩方式不能识别：请解开后再上传",
                "this file is packed in a way that is not known: please unpack it and upload that",
            ),
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Goes through the files in the archive's order. `make` gives the place for one; `keep` gets each with its shown name: the place, rewound,
/// or why there is none. A file over `file_max` bytes is refused, as are encrypted ones and archives; the rest goes on.
pub fn unpack<F: Read + Write + Seek>(
    mut archive: impl Read + Seek,
    file_max: u64,
    mut make: impl FnMut() -> io::Result<F>,
    mut keep: impl FnMut(String, Result<F, Refused>) -> io::Result<()>,
) -> Result<(), Trouble> {
    if entries(&mut archive)?.ok_or(Trouble::Damaged)? > ENTRIES_MAX as u64 {
        return Err(Trouble::TooManyFiles);
    }
    let mut archive = ZipArchive::new(archive).map_err(|_| Trouble::Damaged)?;
    // One of the two would be lost in silence.
    if archive.has_duplicate_names() {
        return Err(Trouble::Damaged);
    }
    let files = files(&archive);
    match files.len() {
        0 => return Err(Trouble::Empty),
        1..=FILES_MAX => {}
        _ => return Err(Trouble::TooManyFiles),
    }
    let mut left = UNPACKED_MAX;
    for (number, name) in files {
        let file = match archive.by_index(number) {
            Ok(entry) => {
                let mut place = make()?;
                let limit = file_max.min(left);
                match copy(entry, limit, &mut place)? {
                    Copied::All(bytes) => {
                        left -= bytes;
                        let is_nested = format_of(&mut place)? == Some(Found::Archive);
                        if is_nested { Err(Refused::Nested) } else { Ok(place) }
                    }
                    Copied::TooMuch if limit < file_max => return Err(Trouble::TooMuch),
                    Copied::TooMuch => {
                        left -= limit;
                        Err(Refused::TooLarge)
                    }
                    Copied::Broken => Err(Refused::Damaged),
                }
            }
            Err(ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword) => Err(Refused::Encrypted),
            Err(ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_)) => Err(Refused::Method),
            Err(_) => Err(Refused::Damaged),
        };
        keep(name, file)?;
    }
    Ok(())
}

/// Number and shown name of each that is a file of somebody's.
fn files<R: Read + Seek>(archive: &ZipArchive<R>) -> Vec<(usize, String)> {
    let mut files = Vec::new();
    for number in 0..archive.len() {
        let Ok(entry) = archive.by_index_data(number) else { continue };
        let name = name_of(entry.name_raw(), entry.flags().as_u16() & UTF8_NAME != 0);
        if !entry.is_dir() && !is_litter(&name) {
            files.push((number, shown(&name)));
        }
    }
    files
}

fn name_of(raw: &[u8], is_utf8: bool) -> String {
    match std::str::from_utf8(raw) {
        Ok(name) => name.to_owned(),
        Err(_) if is_utf8 => String::from_utf8_lossy(raw).into_owned(),
        Err(_) => GB18030.decode_without_bom_handling(raw).0.into_owned(),
    }
}

fn parts(name: &str) -> impl DoubleEndedIterator<Item = &str> {
    name.split(['/', '\\']).filter(|part| !part.is_empty() && ![".", ".."].contains(part))
}

/// What systems put beside files.
fn is_litter(name: &str) -> bool {
    let last = parts(name).next_back().unwrap_or_default().to_ascii_lowercase();
    let is_known = [".ds_store", "thumbs.db", "desktop.ini"].contains(&last.as_str());
    last.is_empty() || is_known || last.starts_with("._") || parts(name).any(|part| part == "__MACOSX")
}

/// The file's name, with the folder that it stands in.
fn shown(name: &str) -> String {
    let mut last: Vec<&str> = parts(name).rev().take(2).collect();
    last.reverse();
    let name: Vec<char> = last.join("/").chars().filter(|c| !c.is_control()).collect();
    // The end tells more than the begin.
    name.get(name.len().saturating_sub(NAME_MAX)..).unwrap_or_default().iter().collect()
}

enum Copied {
    All(u64),
    TooMuch,
    Broken,
}

/// At most `limit` bytes. What the archive does wrong is told apart from what the place does.
fn copy(mut entry: impl Read, limit: u64, place: &mut impl Write) -> io::Result<Copied> {
    let mut buffer = vec![0; 64 << 10];
    let mut copied = 0;
    loop {
        let length = match entry.read(&mut buffer) {
            Ok(0) => return Ok(Copied::All(copied)),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return Ok(Copied::Broken),
        };
        copied += length as u64;
        if copied > limit {
            return Ok(Copied::TooMuch);
        }
        place.write_all(buffer.get(..length).unwrap_or_default())?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    const FILE_MAX: u64 = 1 << 20;

    fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    type Unpacked = Vec<(String, Result<Vec<u8>, Refused>)>;

    fn unpacked(bytes: &[u8]) -> Result<Unpacked, Trouble> {
        let mut all = Vec::new();
        let keep = |name: String, file: Result<Cursor<Vec<u8>>, Refused>| {
            all.push((
                name,
                file.map(|mut file| {
                    let mut bytes = Vec::new();
                    file.read_to_end(&mut bytes).unwrap();
                    bytes
                }),
            ));
            Ok(())
        };
        unpack(Cursor::new(bytes), FILE_MAX, || Ok(Cursor::new(Vec::new())), keep)?;
        Ok(all)
    }

    #[test]
    fn files_come_in_order_and_litter_is_left_out() {
        let bytes = zipped(&[
            ("发票/b.pdf", b"%PDF-1"),
            ("__MACOSX/发票/._b.pdf", b"x"),
            ("发票/._b.pdf", b"x"),
            (".DS_Store", b"x"),
            ("a/Thumbs.db", b"x"),
            ("leer/", b""),
            ("../../etc/passwd", b"x"),
            ("C:\\x\\y\\a.xml", b"<EInvoice/>"),
        ]);
        let want: Unpacked = [("发票/b.pdf", &b"%PDF-1"[..]), ("etc/passwd", b"x"), ("y/a.xml", b"<EInvoice/>")]
            .map(|(name, bytes)| (name.to_owned(), Ok(bytes.to_vec())))
            .into();
        assert_eq!(unpacked(&bytes).unwrap(), want);
    }

    #[test]
    fn names_without_the_utf8_bit_are_gbk() {
        let bytes = zipped(&[("AAAA.pdf", b"1")]);
        let (name, _, _) = GB18030.encode("发票");
        let patched: Vec<u8> = {
            let mut patched = bytes.clone();
            let places: Vec<usize> = (0..bytes.len() - 3).filter(|at| &bytes[*at..at + 4] == b"AAAA").collect();
            places.into_iter().for_each(|at| patched[at..at + 4].copy_from_slice(&name));
            patched
        };
        assert_eq!(unpacked(&patched).unwrap(), [("发票.pdf".to_owned(), Ok(b"1".to_vec()))]);
    }

    #[test]
    fn an_archive_inside_is_refused_and_an_ofd_is_not() {
        let ofd = zipped(&[("OFD.xml", b"<OFD/>")]);
        let inner = zipped(&[("a.pdf", b"%PDF-1")]);
        let all = unpacked(&zipped(&[("a.zip", &inner), ("a.ofd", &ofd), ("b.xml", b"<a/>")])).unwrap();
        let want = [("a.zip", Err(Refused::Nested)), ("a.ofd", Ok(ofd)), ("b.xml", Ok(b"<a/>".to_vec()))];
        assert_eq!(all, want.map(|(name, file)| (name.to_owned(), file)));
    }

    #[test]
    fn a_file_that_grows_too_large_is_refused_whatever_its_header_says() {
        let zeros = vec![0; FILE_MAX as usize + 1];
        let all = unpacked(&zipped(&[("bomb", &zeros), ("exact", &zeros[1..]), ("c", b"c")])).unwrap();
        assert_eq!(all[0].1, Err(Refused::TooLarge));
        assert_eq!((all[1].1.as_ref().unwrap().len() as u64, all[2].1.as_ref().unwrap().as_slice()), (FILE_MAX, &b"c"[..]));
    }

    #[test]
    fn the_sum_of_all_files_is_counted_too() {
        let zeros = vec![0; 64 << 20];
        let names: Vec<String> = (0..9).map(|n| n.to_string()).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), zeros.as_slice())).collect();
        let bytes = zipped(&files);
        let mut kept = 0;
        let mut keep = |_: String, _: Result<Counted, Refused>| {
            kept += 1;
            Ok(())
        };
        assert!(matches!(unpack(Cursor::new(bytes), 64 << 20, || Ok(Counted(0)), &mut keep), Err(Trouble::TooMuch)));
        assert_eq!(kept, 8);
    }

    /// Forgets what it gets.
    struct Counted(usize);

    impl Write for Counted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Read for Counted {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Ok(0)
        }
    }

    impl Seek for Counted {
        fn seek(&mut self, _: io::SeekFrom) -> io::Result<u64> {
            Ok(0)
        }
    }

    #[test]
    fn what_is_too_many_encrypted_cut_off_or_empty_is_told() {
        let names: Vec<String> = (0..=FILES_MAX).map(|n| format!("{n}.pdf")).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
        assert!(matches!(unpacked(&zipped(&files)), Err(Trouble::TooManyFiles)));
        assert_eq!(unpacked(&zipped(&files[1..])).unwrap().len(), FILES_MAX);
        let good = zipped(&[("a.pdf", b"%PDF-1"), ("b.pdf", b"%PDF-2")]);
        assert!(matches!(unpacked(&good[..good.len() - 30]), Err(Trouble::Damaged)));
        assert!(matches!(unpacked(b"PK\x03\x04"), Err(Trouble::Damaged)));
        assert!(matches!(unpacked(&zipped(&[])), Err(Trouble::Empty)));
        // The bit for encryption, in the local header and in the directory.
        let mut locked = good.clone();
        let directory = (0..good.len()).find(|at| good[*at..].starts_with(b"PK\x01\x02")).unwrap();
        locked[6] |= 1;
        locked[directory + 8] |= 1;
        let all = unpacked(&locked).unwrap();
        assert_eq!(all, [("a.pdf".to_owned(), Err(Refused::Encrypted)), ("b.pdf".to_owned(), Ok(b"%PDF-2".to_vec()))]);
        let mut bent = good;
        let at = (0..bent.len()).find(|at| bent[*at..].starts_with(b"%PDF-1")).map_or(40, |at| at + 5);
        bent[at] ^= 1;
        assert_eq!(unpacked(&bent).unwrap()[0].1, Err(Refused::Damaged));
    }
}
