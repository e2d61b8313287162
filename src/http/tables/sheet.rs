//! XLSX tables. Not here: text (table.rs).

use super::table::{COLUMNS_MAX, Cell, Columns, Kind, Row, Table, Wanted};
use crate::domain::refusal::{Code, Refusal};
use calamine::{DataRef, ExcelDateTime, Reader, SheetVisible, Xlsx};
use std::io::{self, Cursor, Read};
use std::sync::{Mutex, PoisonError};
use zip::ZipArchive;

/// Unpacked: twice a text table's limit. Parsing takes three times as much.
const BYTES_MAX: u64 = 64 << 20;
const WORKBOOK_BYTES_MAX: u64 = 256 << 10;
/// Files are read one at a time, even if the sender is gone.
static TURN: Mutex<()> = Mutex::new(());
/// Larger integers are not exact.
const WHOLE_MAX: f64 = 1e15;

type Book<'a> = Xlsx<Cursor<&'a [u8]>>;

fn unreadable() -> Refusal {
    Refusal::malformed(
        "这个 Excel 文件无法读取，可能已损坏：请重新另存为 .xlsx 或 CSV",
        "this Excel file can't be read, it may be damaged: save it anew as .xlsx or CSV",
    )
}

pub fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// Bounds the unpacked size.
fn check_archive(bytes: &[u8]) -> Result<(), Refusal> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let has = |name: &str| archive.file_names().flatten().any(|file| file.starts_with(name));
    if !has("xl/") {
        let (zh, en) = match () {
            () if has("word/") => ("Word 文档", "a Word document"),
            () if has("ppt/") => ("PowerPoint 文档", "a PowerPoint document"),
            () if has("content.xml") => ("OpenDocument 文件", "an OpenDocument file"),
            () => ("ZIP 压缩包", "a ZIP archive"),
        };
        return Err(Refusal::malformed(
            format!("这是{zh}，不是 Excel 文件：请另存为 CSV 或 .xlsx 再导入"),
            format!("this is {en}, not an Excel file: save it as CSV or .xlsx and import that"),
        ));
    }
    let mut left = BYTES_MAX;
    for number in 0..archive.len() {
        let part = archive.by_index(number).map_err(|_| unreadable())?;
        if part.name().is_ok_and(|name| name == "xl/workbook.xml") && part.size() > WORKBOOK_BYTES_MAX {
            return Err(unreadable());
        }
        left -= io::copy(&mut part.take(left), &mut io::sink()).map_err(|_| unreadable())?;
        if left == 0 {
            return Err(Refusal::new(
                Code::TooLarge,
                "这个 Excel 文件解压后超过 64 MB：请分成几个文件，或另存为 CSV",
                "this Excel file has more than 64 MB when unpacked: please split it, or save it as CSV",
            ));
        }
    }
    Ok(())
}

/// Reads the first visible sheet with the columns, rather one without the column that is not wanted; other sheets are reported, not
/// read.
pub fn read(bytes: &[u8], wanted: &Wanted<'_>) -> Result<Table, Refusal> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    check_archive(bytes)?;
    let mut book: Book<'_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let seen = |sheet: &calamine::Sheet| (sheet.name.clone(), sheet.visible == SheetVisible::Visible);
    let sheets: Vec<(String, bool)> = book.sheets_metadata().iter().map(seen).collect();
    let chosen = choose(&mut book, &sheets, wanted)?;
    let (mut table, mut first_line, mut hidden, mut others) = (None::<Table>, None, None, Vec::new());
    for (at, (name, is_visible)) in sheets.into_iter().enumerate() {
        let keeps = chosen == Some(at);
        let sheet = match read_sheet(&mut book, &name, wanted, if keeps { Look::Keep } else { Look::Count }) {
            Err(_) if !keeps => {
                others.push((
                    format!("工作表 {name} 无法读取，没有导入"),
                    format!("the sheet {name} can't be read and was not imported"),
                ));
                continue;
            }
            read => read?,
        };
        let Sheet { columns, first_line: header, rows, number, .. } = sheet;
        match columns {
            Some(columns) if keeps => {
                let (has, unused) = (columns.has(), columns.unused);
                table = Some(Table { encoding: "xlsx", separator: None, has, unused, sheet: Some(name), others: Vec::new(), rows });
                continue;
            }
            Some(_) if !is_visible => hidden = hidden.or(Some(name.clone())),
            _ => first_line = first_line.or(header.filter(|_| is_visible)),
        }
        if number > 0 {
            let (zh, en) = if is_visible { ("", "") } else { ("（隐藏）", " (hidden)") };
            let lines = if number == 1 { "line" } else { "lines" };
            others.push((
                format!("工作表 {name}{zh} 有 {number} 行，没有导入"),
                format!("the sheet {name}{en} has {number} {lines} that were not imported"),
            ));
        }
    }
    let no_table = || match (hidden, first_line) {
        (Some(name), _) => wanted.hidden(&name),
        (None, Some(found)) => wanted.without_header(&found),
        (None, None) => Refusal::malformed("这个 Excel 文件里没有内容", "there is nothing in this Excel file"),
    };
    table.map(|table| Table { others, ..table }).ok_or_else(no_table)
}

/// By the headers alone. A sheet that can't be read up to there and stands before the others ends it.
fn choose(book: &mut Book<'_>, sheets: &[(String, bool)], wanted: &Wanted<'_>) -> Result<Option<usize>, Refusal> {
    let mut second = None;
    for (at, (name, _)) in sheets.iter().enumerate().filter(|(_, (_, is_visible))| *is_visible) {
        let sheet = match read_sheet(book, name, wanted, Look::Header) {
            Err(_) if second.is_some() => continue,
            read => read?,
        };
        let Some(columns) = sheet.columns else { continue };
        if wanted.rather_without.is_none_or(|column| !columns.has()[column]) {
            return Ok(Some(at));
        }
        second = second.or(Some(at));
    }
    Ok(second)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Header,
    Count,
    Keep,
}

fn read_sheet<'a>(book: &mut Book<'_>, name: &str, wanted: &'a Wanted<'a>, look: Look) -> Result<Sheet<'a>, Refusal> {
    let mut sheet =
        Sheet { wanted, keeps: look == Look::Keep, columns: None, first_line: None, rows: Vec::new(), lines: 0, number: 0 };
    // A sheet of pictures has no cells.
    let Ok(mut reader) = book.worksheet_cells_reader(name) else { return Ok(sheet) };
    let code = |style: &calamine::Style| style.number_format.as_ref().map_or(0, |format| zeros(&format.format_code));
    let widths: Vec<usize> = reader.styles().iter().map(code).collect();
    let (mut row, mut cells) = (0, Vec::<Cell>::new());
    while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(|_| unreadable())? {
        let (at, column) = cell.get_position();
        if at != row {
            sheet.take(row, std::mem::take(&mut cells))?;
            row = at;
            if look == Look::Header && sheet.is_told() {
                return Ok(sheet);
            }
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        let cell = read_cell(cell.get_value(), widths.get(style).copied().unwrap_or(0));
        if cell.text.is_empty() || column >= COLUMNS_MAX {
            continue;
        }
        if cells.len() <= column {
            cells.resize(column + 1, Cell { text: String::new(), kind: Kind::Text });
        }
        cells[column] = cell;
    }
    sheet.take(row, cells)?;
    Ok(sheet)
}

struct Sheet<'a> {
    wanted: &'a Wanted<'a>,
    keeps: bool,
    columns: Option<Columns>,
    first_line: Option<String>,
    rows: Vec<Row>,
    /// That were looked at for a header.
    lines: usize,
    /// Without a header, lines that look like rows.
    number: usize,
}

impl Sheet<'_> {
    /// Whether there is a header, or none is looked for any more.
    fn is_told(&self) -> bool {
        self.columns.is_some() || self.lines > self.wanted.titles
    }

    /// Without a header, lines are only counted.
    fn take(&mut self, row: u32, cells: Vec<Cell>) -> Result<(), Refusal> {
        let line = usize::try_from(row).unwrap_or(usize::MAX).saturating_add(1);
        if cells.iter().all(|cell| cell.text.is_empty()) {
            return Ok(());
        }
        if self.columns.is_none() && self.is_told() {
            self.number += usize::from(may_be_row(&cells, self.wanted));
            return Ok(());
        }
        let Some(columns) = &self.columns else {
            let is_row = may_be_row(&cells, self.wanted);
            let names: Vec<String> = cells.into_iter().map(|cell| cell.text).collect();
            self.columns = Columns::of(&names, self.wanted);
            self.first_line.get_or_insert_with(|| names.join(",").chars().take(100).collect());
            self.lines += 1;
            self.number = if self.columns.is_some() { 0 } else { self.number + usize::from(is_row) };
            return Ok(());
        };
        let cells = columns.pick(cells);
        if matches!(&cells, Ok(None)) {
            return Ok(());
        }
        self.number += 1;
        if !self.keeps {
            return Ok(());
        }
        if self.rows.len() == self.wanted.rows_max {
            return Err(self.wanted.too_many_rows());
        }
        self.rows.push(Row { line, cells: cells.map(Option::unwrap_or_default) });
        Ok(())
    }
}

/// A remark is not a row.
fn may_be_row(cells: &[Cell], wanted: &Wanted<'_>) -> bool {
    cells.iter().filter(|cell| !cell.text.is_empty()).count() >= wanted.least
}

/// The number of zeros in formats like `00000000`; 0 for others.
fn zeros(format: &str) -> usize {
    if format.bytes().all(|b| b == b'0') { format.len().min(64) } else { 0 }
}

fn read_cell(value: &DataRef<'_>, width: usize) -> Cell {
    let (text, kind) = match value {
        DataRef::Empty => (String::new(), Kind::Text),
        DataRef::String(text) => (text.trim().to_owned(), Kind::Text),
        DataRef::SharedString(text) => (text.trim().to_owned(), Kind::Text),
        DataRef::Int(number) => (format!("{number:0width$}"), number_kind(width)),
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < WHOLE_MAX => {
            (format!("{number:0width$.0}"), number_kind(width))
        }
        // As the sheet shows it: visibly damaged.
        DataRef::Float(number) if number.abs() >= WHOLE_MAX => (scientific(*number), Kind::Number),
        DataRef::Float(number) => (number.to_string(), Kind::Number),
        DataRef::Bool(is_true) => (if *is_true { "TRUE".into() } else { "FALSE".into() }, Kind::Number),
        DataRef::DateTime(at) => (day(at), Kind::Number),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => (text.clone(), Kind::Number),
        DataRef::Error(error) => (error.to_string(), Kind::Wrong),
    };
    Cell { text, kind }
}

/// Shown with its zeros, it has lost none.
fn number_kind(width: usize) -> Kind {
    if width > 0 { Kind::Text } else { Kind::Number }
}

fn scientific(number: f64) -> String {
    let text = format!("{number:.5E}");
    match text.split_once('E') {
        Some((base, exponent)) if !exponent.starts_with('-') => format!("{base}E+{exponent}"),
        _ => text,
    }
}

fn day(at: &ExcelDateTime) -> String {
    let (year, month, day, ..) = at.to_ymd_hms_milli();
    format!("{year:04}-{month:02}-{day:02}")
}
