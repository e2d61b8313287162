//! Answers as XLSX files, for spreadsheets. Rows go to temporary files while they are made, so that memory stays bounded; a spreadsheet
//! can't be read before its end is written, so the file is whole before its first byte is sent.

use super::reply::{self, Reply};
use crate::store::StoreError;
use bytes::Bytes;
use hyper::header::{self, HeaderValue};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use tokio::sync::mpsc::Sender;

#[derive(Clone, Debug)]
pub enum Cell {
    Text(String),
    /// A sum of money, in hundredths.
    Fen(u64),
}

const MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Of the 1,048,576 that a sheet holds.
const ROWS_PER_SHEET: u32 = 1_000_000;
const COLUMN_WIDTH: f64 = 18.0;
const CHUNK_BYTES: usize = 64 << 10;
/// A cell holds no more.
const CELL_CHARS_MAX: usize = 32_767;

/// Calls `more` until it gives no more rows.
pub fn stream(
    name: &'static str,
    columns: &[&'static str],
    more: impl FnMut() -> Result<Vec<Vec<Cell>>, StoreError> + Send + 'static,
) -> Reply {
    let (sender, mut reply) = reply::streamed(MEDIA_TYPE);
    let columns = columns.to_vec();
    tokio::task::spawn_blocking(move || {
        let sent = written(&columns, more).and_then(|file| send(file, &sender));
        if let Err(e) = sent {
            tracing::error!("{e}");
            let _ = sender.blocking_send(Err(io::Error::other("broken off")));
        }
    });
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        reply::set(&mut reply, header::CONTENT_DISPOSITION, value);
    }
    reply
}

fn send(mut file: File, sender: &Sender<io::Result<Bytes>>) -> io::Result<()> {
    loop {
        let mut chunk = vec![0; CHUNK_BYTES];
        let read = file.read(&mut chunk)?;
        chunk.truncate(read);
        if read == 0 || sender.blocking_send(Ok(Bytes::from(chunk))).is_err() {
            return Ok(());
        }
    }
}

fn written(columns: &[&str], mut more: impl FnMut() -> Result<Vec<Vec<Cell>>, StoreError>) -> io::Result<File> {
    let mut workbook = Workbook::new();
    let money = Format::new().set_num_format("0.00");
    let mut rows = more().map_err(io::Error::other)?.into_iter();
    let mut is_done = false;
    while !is_done {
        let sheet = begin(&mut workbook, columns).map_err(io::Error::other)?;
        for row in 1..=ROWS_PER_SHEET {
            let mut next = rows.next();
            if next.is_none() {
                rows = more().map_err(io::Error::other)?.into_iter();
                next = rows.next();
            }
            let Some(cells) = next else {
                is_done = true;
                break;
            };
            write(sheet, row, cells, &money).map_err(io::Error::other)?;
        }
    }
    let mut file = tempfile::tempfile()?;
    workbook.save_to_writer(file.try_clone()?).map_err(io::Error::other)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

fn begin<'a>(workbook: &'a mut Workbook, columns: &[&str]) -> Result<&'a mut Worksheet, XlsxError> {
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_freeze_panes(1, 0)?;
    let bold = Format::new().set_bold();
    for (column, name) in (0u16..).zip(columns) {
        sheet.set_column_width(column, COLUMN_WIDTH)?;
        sheet.write_string_with_format(0, column, *name, &bold)?;
    }
    Ok(sheet)
}

fn write(sheet: &mut Worksheet, row: u32, cells: Vec<Cell>, money: &Format) -> Result<(), XlsxError> {
    for (column, cell) in (0u16..).zip(cells) {
        match cell {
            Cell::Text(text) if text.is_empty() => {}
            Cell::Text(text) => {
                let text: String = text.chars().take(CELL_CHARS_MAX).collect();
                sheet.write_string(row, column, text)?;
            }
            Cell::Fen(fen) => {
                sheet.write_number_with_format(row, column, fen as f64 / 100.0, money)?;
            }
        }
    }
    Ok(())
}
