//! Tables in Excel's own file. Not here: tables in text (table.rs).

use super::table::{COLUMNS_MAX, Cell, Columns, Kind, ROWS_MAX, Row, Table, too_many_rows, without_header};
use crate::domain::refusal::{Code, Refusal};
use calamine::{DataRef, ExcelDateTime, Reader, Xlsx};
use std::io::{self, Cursor, Read};
use zip::ZipArchive;

/// Unpacked, all parts together.
const BYTES_MAX: u64 = 512 << 20;
/// Beyond this, whole numbers are not kept whole.
const WHOLE_MAX: f64 = 1e15;

type Book<'a> = Xlsx<Cursor<&'a [u8]>>;

fn unreadable() -> Refusal {
    Refusal::malformed(
        "这个 Excel 文件无法读取，可能已损坏：请重新另存为 .xlsx 或 CSV",
        "this Excel file can't be read, it may be damaged: save it anew as .xlsx or CSV",
    )
}

/// What kind of archive it is, and that it does not swell beyond all bounds.
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
        left -= io::copy(&mut part.take(left), &mut io::sink()).map_err(|_| unreadable())?;
        if left == 0 {
            return Err(Refusal::new(Code::TooLarge, "这个 Excel 文件解压后太大", "this Excel file is too large when unpacked"));
        }
    }
    Ok(())
}

/// The first sheet that has the columns.
pub fn read(bytes: &[u8], wanted: &[&str]) -> Result<Table, Refusal> {
    check_archive(bytes)?;
    let mut book: Book<'_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let mut first_line = None;
    for name in book.sheet_names() {
        let (found, header) = read_sheet(&mut book, &name, wanted)?;
        if let Some(table) = found {
            return Ok(table);
        }
        first_line = first_line.or(header);
    }
    Err(match first_line {
        Some(found) => without_header(&found, wanted),
        None => Refusal::malformed("这个 Excel 文件里没有内容", "there is nothing in this Excel file"),
    })
}

/// The sheet's table, or else its first line.
fn read_sheet(book: &mut Book<'_>, name: &str, wanted: &[&str]) -> Result<(Option<Table>, Option<String>), Refusal> {
    // A sheet of pictures only has no cells.
    let Ok(mut reader) = book.worksheet_cells_reader(name) else { return Ok((None, None)) };
    // How a number is shown, where that is with leading zeros: `00000000`.
    let code = |style: &calamine::Style| style.number_format.as_ref().map_or(0, |format| zeros(&format.format_code));
    let widths: Vec<usize> = reader.styles().iter().map(code).collect();
    let mut sheet = Sheet { wanted, columns: None, first_line: None, rows: Vec::new() };
    let (mut row, mut cells) = (0, Vec::<Cell>::new());
    while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(|_| unreadable())? {
        let (at, column) = cell.get_position();
        if at != row {
            if !sheet.take(row, std::mem::take(&mut cells))? {
                return Ok((None, sheet.first_line));
            }
            row = at;
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
    if !sheet.take(row, cells)? {
        return Ok((None, sheet.first_line));
    }
    let Sheet { columns, first_line, rows, .. } = sheet;
    let table = |columns: Columns| Table { encoding: "xlsx", separator: None, unused: columns.unused, rows };
    Ok((columns.map(table), first_line))
}

struct Sheet<'a> {
    wanted: &'a [&'a str],
    columns: Option<Columns>,
    first_line: Option<String>,
    rows: Vec<Row>,
}

impl Sheet<'_> {
    /// Takes a line; `false` where the first one is no header.
    fn take(&mut self, row: u32, cells: Vec<Cell>) -> Result<bool, Refusal> {
        let line = usize::try_from(row).unwrap_or(usize::MAX).saturating_add(1);
        if cells.iter().all(|cell| cell.text.is_empty()) {
            return Ok(true);
        }
        let Some(columns) = &self.columns else {
            let names: Vec<String> = cells.into_iter().map(|cell| cell.text).collect();
            self.columns = Columns::of(&names, self.wanted).ok();
            self.first_line = Some(names.join(",").chars().take(100).collect());
            return Ok(self.columns.is_some());
        };
        let cells = columns.pick(cells);
        if matches!(&cells, Ok(None)) {
            return Ok(true);
        }
        if self.rows.len() == ROWS_MAX {
            return Err(too_many_rows());
        }
        self.rows.push(Row { line, cells: cells.map(Option::unwrap_or_default) });
        Ok(true)
    }
}

/// How many digits `00000000` shows at least; 0 of any other format.
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
        // As the sheet shows it, so that it is seen to be bent.
        DataRef::Float(number) if number.abs() >= WHOLE_MAX => (scientific(*number), Kind::Number),
        DataRef::Float(number) => (number.to_string(), Kind::Number),
        DataRef::Bool(is_true) => (if *is_true { "TRUE".into() } else { "FALSE".into() }, Kind::Number),
        DataRef::DateTime(at) => (day(at), Kind::Number),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => (text.clone(), Kind::Number),
        DataRef::Error(error) => (error.to_string(), Kind::Wrong),
    };
    Cell { text, kind }
}

/// What is shown with its zeros has lost none.
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
