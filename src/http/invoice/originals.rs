//! The originals of invoices in one ZIP, named by a pattern. Not here: one original (files.rs), which invoices (invoices.rs).

use super::exports::NAME;
use super::hand_out::HandOut;
use super::invoices::filter;
use crate::app::invoice_lists::Walk;
use crate::domain::area::AreaKind;
use crate::domain::checks::SELLER;
use crate::domain::ids::PictureId;
use crate::domain::invoice::Invoice;
use crate::domain::money;
use crate::domain::refusal::Refusal;
use crate::http::edge::call::Call;
use crate::http::edge::reply::{self, Pieces, Reply};
use crate::store::Store;
use crate::store::blobs::Blobs;
use bytes::Bytes;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Write};
use zip::write::{SimpleFileOptions, ZipWriter};

const INVOICES_PER_LOOK: usize = 100;
/// What a name has where the request does not say.
const PATTERN: &str = "{date}_{seller}_{amount}_{number}";
const PATTERN_CHARS_MAX: usize = 100;
/// File systems take 255 bytes: 80 characters of three, and the number.
const NAME_CHARS_MAX: usize = 80;

type Value = fn(&Invoice) -> String;

/// What stands for a value in a pattern.
const VALUES: [(&str, Value); 7] = [
    ("{id}", |invoice| invoice.id.to_string()),
    ("{date}", |invoice| invoice.date().unwrap_or_default()),
    ("{number}", |invoice| text(invoice, AreaKind::InvoiceId.pos_id())),
    ("{seller}", |invoice| text(invoice, SELLER)),
    ("{buyer}", |invoice| text(invoice, AreaKind::Head.pos_id())),
    ("{amount}", |invoice| invoice.amount().map(money::plain).unwrap_or_default()),
    ("{user}", |invoice| invoice.user_name.clone()),
];

fn text(invoice: &Invoice, area: &str) -> String {
    invoice.text(area).unwrap_or_default().to_owned()
}

/// Without what file systems do not take, and without an empty place between two marks.
fn name(invoice: &Invoice, pattern: &str) -> String {
    let filled = VALUES.iter().fold(pattern.to_owned(), |filled, (mark, value)| filled.replace(mark, &value(invoice)));
    let plain = filled.chars().map(|c| if c.is_control() || "/\\:*?\"<>|".contains(c) { '_' } else { c });
    let plain: String = plain.collect();
    let parts: Vec<&str> = plain.split('_').map(str::trim).filter(|part| !part.is_empty()).collect();
    let name: String = parts.join("_").trim_start_matches('.').chars().take(NAME_CHARS_MAX).collect();
    if name.is_empty() { invoice.id.to_string() } else { name }
}

/// Sends what a ZIP writes.
struct Sent<'a>(&'a Pieces);

impl Write for Sent<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.send(Bytes::copy_from_slice(bytes));
        sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Originals {
    store: Store,
    blobs: Blobs,
    walk: Walk,
    pattern: String,
    /// A file of several invoices is there once.
    files: HashSet<PictureId>,
    names: HashSet<String>,
    taken: HandOut,
}

impl Originals {
    fn write(&mut self, pieces: &Pieces) -> io::Result<()> {
        let mut archive = ZipWriter::new_stream(Sent(pieces));
        // Papers are packed already.
        let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        loop {
            let page = self.store.walk(|view| self.walk.some(view, INVOICES_PER_LOOK)).map_err(io::Error::other)?;
            if page.is_empty() {
                self.taken.is_whole()?;
                return archive.finish().map(drop).map_err(io::Error::other);
            }
            page.iter().for_each(|invoice| self.taken.add(invoice.id));
            for invoice in page.iter().filter(|invoice| self.files.insert(invoice.picture.id)).collect::<Vec<_>>() {
                let name = self.free_name(invoice);
                let mut file = File::open(self.blobs.path(&invoice.picture.hash))?;
                archive.start_file(name, options).map_err(io::Error::other)?;
                io::copy(&mut file, &mut archive)?;
            }
        }
    }

    fn free_name(&mut self, invoice: &Invoice) -> String {
        let (name, extension) = (name(invoice, &self.pattern), invoice.picture.format.extension());
        let numbered = [format!("{name}.{extension}"), format!("{name} #{}.{extension}", invoice.id)];
        // Upper and lower case are one on many machines.
        numbered
            .into_iter()
            .find(|name| self.names.insert(name.to_lowercase()))
            .unwrap_or_else(|| format!("{}.{extension}", invoice.id))
    }
}

/// `name`: the pattern, see `VALUES`.
pub async fn export_zip(call: Call) -> Result<Reply, Refusal> {
    let zone = call.edge.app.settings().zone();
    let pattern = call.fields.text_or_none("name")?.map(str::trim).filter(|pattern| !pattern.is_empty()).unwrap_or(PATTERN);
    if pattern.chars().count() > PATTERN_CHARS_MAX {
        return Err(Refusal::malformed("name：最多 100 个字", "name: at most 100 characters"));
    }
    let app = &call.edge.app;
    let name = call.name_of_today(NAME, "zip")?;
    let mut originals = Originals {
        store: app.store.clone(),
        blobs: app.blobs.clone(),
        walk: Walk::new(filter(&call.fields, call.actor()?, &zone)?, None),
        pattern: pattern.to_owned(),
        files: HashSet::new(),
        names: HashSet::new(),
        taken: HandOut::new(&call, &name)?,
    };
    let made = reply::streamed("application/zip", call.export()?, move |pieces| originals.write(pieces));
    Ok(reply::attached_as(made, &name))
}
