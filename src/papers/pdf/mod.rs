//! PDF files: whether one opens, its pages' sizes, what is attached to it. Not here: text on its pages (text.rs), pictures of them
//! (draw.rs), what attached XML says (xml.rs).

use super::{DPI, PAGES_MAX, SIDE_MAX, Shape, Trouble, xml};
use crate::domain::paper::{Paper, Source, Stated};
use hayro::hayro_syntax::object::{Array, Dict, Object, Stream};
use hayro::hayro_syntax::page::Page as PdfPage;
use hayro::hayro_syntax::{DecryptionError, LoadPdfError, Pdf, PdfData};

mod text;

/// Of all attachments together, unpacked.
const ATTACHED_MAX: usize = 8 << 20;
/// An invoice has one; others belong to portfolios.
const ATTACHMENTS_MAX: usize = 64;
/// Of the tree of names.
const DEPTH_MAX: u8 = 16;

pub fn inspect(bytes: &[u8]) -> Result<Shape, Trouble> {
    let pdf = open(bytes)?;
    let pages = pdf.pages();
    let (_, width, height) = scaled(pages.first().ok_or(Trouble::Damaged)?);
    Ok(Shape { pages: u32::try_from(pages.len()).map_err(|_| Trouble::TooManyPages)?, width, height })
}

pub fn read(bytes: &[u8]) -> Result<Paper, Trouble> {
    let pdf = open(bytes)?;
    let mut pages = Vec::new();
    let mut reader = text::Reader::new();
    for page in pdf.pages().iter() {
        let (scale, width, height) = scaled(page);
        pages.push(reader.page(page, scale, width, height)?);
    }
    Ok(Paper { source: Source::Pdf, pages, stated: stated(&pdf) })
}

/// What opens without a password, is whole, and has no more pages than an invoice has.
pub(super) fn open(bytes: &[u8]) -> Result<Pdf, Trouble> {
    if is_cut(bytes) {
        return Err(Trouble::Damaged);
    }
    let data: PdfData = bytes.to_vec().into();
    let pdf = Pdf::new(data).map_err(|error| match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => Trouble::Locked,
        _ => Trouble::Damaged,
    })?;
    match pdf.pages().len() {
        0 => Err(Trouble::Damaged),
        1..=PAGES_MAX => Ok(pdf),
        _ => Err(Trouble::TooManyPages),
    }
}

/// The scale from its points to its picture, and the picture's size.
pub(super) fn scaled(page: &PdfPage<'_>) -> (f32, u32, u32) {
    let (width, height) = page.render_dimensions();
    let longer = width.max(height).max(1.0);
    let scale = (DPI / 72.0).min(SIDE_MAX as f32 / longer);
    let pixels = |points: f32| ((points * scale).round() as u32).clamp(1, SIDE_MAX);
    (scale, pixels(width), pixels(height))
}

/// A file cut off would open by its objects, with whatever had come; its end has a mark, and some say their length before.
fn is_cut(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(2048)];
    let start = find(head, b"%PDF-").unwrap_or(0);
    if let Some(at) = find(head, b"/Linearized")
        && let Some(length) = number_after(&head[at..], b"/L ")
        && length > (bytes.len() - start) as u64
    {
        return true;
    }
    find(bytes, b"%%EOF").is_none()
}

fn find(bytes: &[u8], word: &[u8]) -> Option<usize> {
    bytes.windows(word.len()).position(|window| window == word)
}

fn number_after(bytes: &[u8], word: &[u8]) -> Option<u64> {
    let rest = &bytes[find(bytes, word)? + word.len()..];
    let digits: String = rest.iter().map(|b| char::from(*b)).skip_while(|c| *c == ' ').take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// What its attached XML says; what is no invoice's is nothing.
fn stated(pdf: &Pdf) -> Vec<(Source, Stated)> {
    let mut found = Vec::new();
    let mut seen: Vec<Vec<u8>> = Vec::new();
    let mut left = ATTACHED_MAX;
    for stream in attachments(pdf).into_iter().take(ATTACHMENTS_MAX) {
        if stream.raw_data().len() > left {
            break;
        }
        let Ok(bytes) = stream.decoded() else { continue };
        let Some(rest) = left.checked_sub(bytes.len()) else { break };
        left = rest;
        if !is_xml(&bytes) || seen.iter().any(|other| **other == *bytes) {
            continue;
        }
        if let Ok(paper) = xml::read(&bytes) {
            found.extend(paper.stated.into_iter().map(|(_, stated)| (Source::Xml, stated)));
        }
        seen.push(bytes.into_owned());
    }
    found
}

fn is_xml(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let utf16 = bytes.starts_with(b"\xFF\xFE<\0") || bytes.starts_with(b"\xFE\xFF\0<");
    utf16 || bytes.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'<')
}

fn attachments(pdf: &Pdf) -> Vec<Stream<'_>> {
    let xref = pdf.xref();
    let mut files: Vec<Dict<'_>> = Vec::new();
    if let Some(root) = xref.get::<Dict<'_>>(xref.root_id()) {
        if let Some(tree) = root.get::<Dict<'_>>("Names").and_then(|names| names.get::<Dict<'_>>("EmbeddedFiles")) {
            named(&tree, 0, &mut files);
        }
        files.extend(associated(&root));
    }
    for page in pdf.pages().iter() {
        files.extend(associated(page.raw()));
    }
    files.iter().filter_map(embedded).collect()
}

fn associated<'a>(dict: &Dict<'a>) -> Vec<Dict<'a>> {
    dict.get::<Array<'_>>("AF").map(|files| files.iter::<Dict<'_>>().collect()).unwrap_or_default()
}

fn named<'a>(node: &Dict<'a>, depth: u8, files: &mut Vec<Dict<'a>>) {
    if depth > DEPTH_MAX || files.len() > ATTACHMENTS_MAX {
        return;
    }
    if let Some(names) = node.get::<Array<'_>>("Names") {
        // Keys and values take turns.
        files.extend(names.iter::<Object<'_>>().filter_map(Object::into_dict).take(ATTACHMENTS_MAX));
    }
    if let Some(kids) = node.get::<Array<'_>>("Kids") {
        for kid in kids.iter::<Dict<'_>>().take(ATTACHMENTS_MAX) {
            named(&kid, depth + 1, files);
        }
    }
}

fn embedded<'a>(file: &Dict<'a>) -> Option<Stream<'a>> {
    let streams = file.get::<Dict<'_>>("EF")?;
    streams.get::<Stream<'_>>("UF").or_else(|| streams.get::<Stream<'_>>("F"))
}

#[cfg(test)]
mod tests;
