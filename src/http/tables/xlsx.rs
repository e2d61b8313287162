//! XLSX files, built in temporary files to bound memory. The format needs its end first: nothing is sent before it is complete.

use crate::domain::money;
use crate::domain::refusal::Refusal;
use crate::http::edge::budget::Held;
use crate::http::edge::reply::{self, FileName, Pieces, Reply};
use crate::store::blobs::Blobs;
use bytes::Bytes;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

#[derive(Clone, Debug)]
pub enum Cell {
    Text(String),
    /// Hundredths of a yuan.
    Fen(i64),
    Number(f64),
    Day((u16, u8, u8)),
    /// `yyyy-MM-dd HH:mm:ss`.
    Moment(String),
    /// Of the last row.
    Bold(String),
    BoldFen(i64),
}

impl Cell {
    pub fn in_words(&self) -> String {
        match self {
            Self::Text(text) | Self::Moment(text) | Self::Bold(text) => text.clone(),
            Self::Fen(fen) | Self::BoldFen(fen) => money::plain(*fen),
            Self::Number(number) => number.to_string(),
            Self::Day((year, month, day)) => format!("{year:04}-{month:02}-{day:02}"),
        }
    }
}

struct Formats {
    money: Format,
    day: Format,
    moment: Format,
    bold: Format,
    bold_money: Format,
}

impl Formats {
    fn new() -> Self {
        let of = |format| Format::new().set_num_format(format);
        let money = of("#,##0.00");
        Self {
            day: of("yyyy-mm-dd"),
            moment: of("yyyy-mm-dd hh:mm:ss"),
            bold: Format::new().set_bold(),
            bold_money: money.clone().set_bold(),
            money,
        }
    }
}

const MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Excel's limit: 1,048,576.
const ROWS_PER_SHEET: u32 = 1_000_000;
const COLUMN_WIDTH: f64 = 18.0;
const CHUNK_BYTES: usize = 64 << 10;
/// Excel's limit.
const CELL_CHARS_MAX: usize = 32_767;

type Rows = Box<dyn FnMut() -> io::Result<Vec<Vec<Cell>>> + Send>;

/// One sheet; where it has too many rows, several.
pub struct Table {
    /// Empty: as Excel names it.
    pub name: String,
    pub columns: Vec<String>,
    /// Called until it returns no rows, and not once more: that may be the file's end.
    pub more: Rows,
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("name", &self.name).finish_non_exhaustive()
    }
}

/// `blobs`: where the file is built.
pub fn stream(blobs: Blobs, name: &FileName, held: Held, tables: Vec<Table>) -> Result<Reply, Refusal> {
    blobs.has_room()?;
    let made = reply::streamed(MEDIA_TYPE, held, move |pieces| written(&blobs, tables).and_then(|file| send(file, pieces)));
    Ok(reply::attached_as(made, name))
}

fn send(mut file: File, pieces: &Pieces) -> io::Result<()> {
    loop {
        let mut chunk = vec![0; CHUNK_BYTES];
        let read = file.read(&mut chunk)?;
        chunk.truncate(read);
        if read == 0 || pieces.send(Bytes::from(chunk)).is_err() {
            return Ok(());
        }
    }
}

fn written(blobs: &Blobs, tables: Vec<Table>) -> io::Result<File> {
    // The system's temporary folder may be memory.
    let scratch = blobs.scratch();
    let mut workbook = Workbook::new();
    workbook.set_tempdir(&scratch).map_err(io::Error::other)?;
    let formats = Formats::new();
    for Table { name, columns, mut more } in tables {
        let mut more = || {
            blobs.has_room()?;
            more()
        };
        let mut rows = Vec::new().into_iter();
        let (mut is_done, mut is_first) = (false, true);
        while !is_done {
            let sheet = begin(&mut workbook, &columns).map_err(io::Error::other)?;
            if std::mem::take(&mut is_first) && !name.is_empty() {
                sheet.set_name(&name).map_err(io::Error::other)?;
            }
            for row in 1..=ROWS_PER_SHEET {
                let mut next = rows.next();
                if next.is_none() {
                    rows = more()?.into_iter();
                    next = rows.next();
                }
                let Some(cells) = next else {
                    is_done = true;
                    break;
                };
                write(sheet, row, cells, &formats).map_err(io::Error::other)?;
            }
        }
    }
    let mut file = tempfile::tempfile_in(scratch)?;
    workbook.save_to_writer(file.try_clone()?).map_err(io::Error::other)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

fn begin<'a>(workbook: &'a mut Workbook, columns: &[String]) -> Result<&'a mut Worksheet, XlsxError> {
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_freeze_panes(1, 0)?;
    let bold = Format::new().set_bold();
    for (column, name) in (0u16..).zip(columns) {
        sheet.set_column_width(column, COLUMN_WIDTH)?;
        sheet.write_string_with_format(0, column, name, &bold)?;
    }
    Ok(sheet)
}

fn write(sheet: &mut Worksheet, row: u32, cells: Vec<Cell>, formats: &Formats) -> Result<(), XlsxError> {
    for (column, cell) in (0u16..).zip(cells) {
        match cell {
            Cell::Text(text) if text.is_empty() => {}
            Cell::Text(text) => {
                let text: String = text.chars().take(CELL_CHARS_MAX).collect();
                sheet.write_string(row, column, text)?;
            }
            Cell::Fen(fen) => {
                sheet.write_number_with_format(row, column, fen as f64 / 100.0, &formats.money)?;
            }
            Cell::Bold(text) => {
                sheet.write_string_with_format(row, column, text, &formats.bold)?;
            }
            Cell::BoldFen(fen) => {
                sheet.write_number_with_format(row, column, fen as f64 / 100.0, &formats.bold_money)?;
            }
            Cell::Number(number) => {
                sheet.write_number(row, column, number)?;
            }
            Cell::Day((year, month, day)) => {
                let day = ExcelDateTime::from_ymd(year, month, day)?;
                sheet.write_datetime_with_format(row, column, &day, &formats.day)?;
            }
            Cell::Moment(text) => match ExcelDateTime::parse_from_str(&text.replace(' ', "T")) {
                Ok(moment) => {
                    sheet.write_datetime_with_format(row, column, &moment, &formats.moment)?;
                }
                Err(_) => {
                    sheet.write_string(row, column, text)?;
                }
            },
        }
    }
    Ok(())
}
