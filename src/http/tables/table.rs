//! Tables people send, as text or a spreadsheet (sheet.rs). An error in one line costs no other.

use crate::domain::refusal::{Code, Refusal};
use crate::domain::spreadsheet::Words;
use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

/// In text always `Text`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Wrong,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    pub kind: Kind,
}

#[derive(Debug)]
pub struct Row {
    pub line: usize,
    /// In the order of the wanted columns; empty where there is no such column.
    pub cells: Result<Vec<Cell>, Refusal>,
}

#[derive(Debug)]
pub struct Table {
    pub encoding: &'static str,
    pub separator: Option<char>,
    /// Which of the wanted columns there are.
    pub has: Vec<bool>,
    pub unused: Vec<String>,
    /// Of a workbook; `others` tells of its other sheets.
    pub sheet: Option<String>,
    pub others: Vec<Words>,
    pub rows: Vec<Row>,
}

/// Which table is looked for in a file.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Each with all the names it goes by.
    pub columns: &'a [&'a [&'a str]],
    /// How many of them make a line the header.
    pub least: usize,
    /// Lines that may stand above the header.
    pub titles: usize,
    /// Of two sheets, one without this column is taken.
    pub rather_without: Option<usize>,
    pub rows_max: usize,
}

impl<'a> Wanted<'a> {
    /// All of these columns, named in the first line.
    pub const fn all(columns: &'a [&'a [&'a str]]) -> Self {
        Self { columns, least: columns.len(), titles: 0, rather_without: None, rows_max: ROWS_MAX }
    }

    fn names(&self) -> String {
        self.columns.iter().filter_map(|names| names.first().copied()).collect::<Vec<_>>().join(",")
    }

    pub(in crate::http) fn too_many_rows(&self) -> Refusal {
        let max = self.rows_max;
        Refusal::new(Code::TooLarge, format!("文件最多 {max} 行"), format!("a file has at most {max} lines"))
    }

    pub(in crate::http) fn hidden(&self, sheet: &str) -> Refusal {
        let names = self.names();
        Refusal::malformed(
            format!("只有隐藏的工作表 {sheet} 写有列名 {names}：请取消隐藏再导入"),
            format!("only the hidden sheet {sheet} names the columns {names}: unhide it and import again"),
        )
    }

    /// `found`: the first line.
    pub(in crate::http) fn without_header(&self, found: &str) -> Refusal {
        let names = self.names();
        if self.least < self.columns.len() {
            return Refusal::malformed(
                format!("没有找到标题行：前 {} 行里应有一行写明列名（{names}）；第一行是：{found}", self.titles + 1),
                format!(
                    "there is no header: one of the first {} lines must name columns ({names}); the first is: {found}",
                    self.titles + 1
                ),
            );
        }
        Refusal::malformed(
            format!("第一行应写明列名 {names}，各一列，以逗号、分号或制表符分隔；现在的第一行是：{found}"),
            format!(
                "the first line must name the columns {names}, each once, separated by comma, semicolon or Tab; it is: {found}"
            ),
        )
    }
}

/// Excel's limit.
const ROWS_MAX: usize = 1_048_576;
pub(in crate::http) const COLUMNS_MAX: usize = 1_000;
const SEPARATORS: [char; 3] = [',', ';', '\t'];

fn is_no_table(zh: &str, en: &str) -> Refusal {
    Refusal::malformed(
        format!("这是{zh}，不是表格：请另存为 CSV 或 .xlsx 再导入"),
        format!("this is {en}, not a table: save it as CSV or .xlsx and import that"),
    )
}

/// Other files, by their first bytes.
const OTHERS: &[(&[u8], &str, &str)] = &[
    (b"\xD0\xCF\x11\xE0", "旧版 Excel（.xls）或加密的 Excel 文件", "an Excel file of the old kind (.xls) or with a password"),
    (b"%PDF", " PDF 文件", "a PDF"),
    (b"\x89PNG", "图片（PNG）", "a picture (PNG)"),
    (b"\xFF\xD8\xFF", "图片（JPEG）", "a picture (JPEG)"),
    (b"GIF8", "图片（GIF）", "a picture (GIF)"),
    (b"BM\x00", "图片（BMP）", "a picture (BMP)"),
    (b"\x1F\x8B", " gzip 压缩包", "a gzip archive"),
    (b"Rar!", " RAR 压缩包", "a RAR archive"),
    (b"7z\xBC\xAF", " 7z 压缩包", "a 7z archive"),
    (b"{\\rtf", " RTF 文档", "an RTF document"),
    (b"\x7FELF", "程序", "a program"),
    (b"MZ\x90", "程序", "a program"),
];

/// The columns may have any order and case.
pub fn read(bytes: &[u8], wanted: &Wanted<'_>) -> Result<Table, Refusal> {
    if let Some((_, zh, en)) = OTHERS.iter().find(|(begins, ..)| bytes.starts_with(begins)) {
        return Err(is_no_table(zh, en));
    }
    let (encoding, text) = decoded(bytes)?;
    let mut lines = lines(&text);
    let (separator, columns) = header(&mut lines, wanted)?;
    let mut rows = Vec::new();
    for (line, text) in lines.filter(|(_, text)| !is_blank(text)) {
        let cells = cells(text, separator).and_then(|cells| columns.pick(cells));
        if matches!(&cells, Ok(None)) {
            continue;
        }
        if rows.len() == wanted.rows_max {
            return Err(wanted.too_many_rows());
        }
        rows.push(Row { line, cells: cells.map(Option::unwrap_or_default) });
    }
    let has = columns.has();
    Ok(Table { encoding, separator: Some(separator), has, unused: columns.unused, sheet: None, others: Vec::new(), rows })
}

fn header<'t>(lines: &mut impl Iterator<Item = (usize, &'t str)>, wanted: &Wanted<'_>) -> Result<(char, Columns), Refusal> {
    let (mut named, mut first, mut seen) = (None, None, 0);
    while seen <= wanted.titles {
        let Some((_, text)) = lines.next() else { break };
        if is_blank(text) {
            continue;
        }
        if let Some(separator) = named_separator(text).filter(|_| named.is_none() && first.is_none()) {
            named = Some(separator);
            continue;
        }
        let found = named.iter().chain(&SEPARATORS).find_map(|separator| {
            let names: Vec<String> = cells(text, *separator).ok()?.into_iter().map(|cell| cell.text).collect();
            Some((*separator, Columns::of(&names, wanted)?))
        });
        if let Some(found) = found {
            return Ok(found);
        }
        first = first.or(Some(text));
        seen += 1;
    }
    Err(first.map_or_else(|| Refusal::malformed("文件里没有内容", "there is nothing in the file"), |line| no_header(line, wanted)))
}

fn decoded(bytes: &[u8]) -> Result<(&'static str, String), Refusal> {
    let (encoding, bytes) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (encoding, &bytes[mark..]),
        None => (guessed(bytes), bytes),
    };
    let text = encoding.decode_without_bom_handling(bytes).0.into_owned();
    if text.contains('\0') {
        return Err(is_no_table("二进制文件", "a binary file"));
    }
    Ok((if encoding == GB18030 { "GB18030" } else { encoding.name() }, text))
}

/// Separators and codes are ASCII: in UTF-16 every other byte is zero.
fn guessed(bytes: &[u8]) -> &'static Encoding {
    let beginning = &bytes[..bytes.len().min(4096)];
    let zeros = |odd: usize| beginning.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    match (zeros(0), zeros(1)) {
        (0, 0) if std::str::from_utf8(bytes).is_ok() || GB18030.decode_without_bom_handling(bytes).1 => UTF_8,
        (0, 0) => GB18030,
        (even, odd) if odd > even.max(beginning.len() / 8) => UTF_16LE,
        (even, odd) if even > odd.max(beginning.len() / 8) => UTF_16BE,
        _ => UTF_8,
    }
}

/// Numbered; ended by CR LF, LF or CR.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = Some(text);
    let next = move || {
        let text = rest?;
        let Some(end) = text.find(['\r', '\n']) else {
            rest = None;
            return Some(text);
        };
        let ending = if text[end..].starts_with("\r\n") { 2 } else { 1 };
        rest = Some(&text[end + ending..]);
        Some(&text[..end])
    };
    (1..).zip(std::iter::from_fn(next))
}

/// Excel's `sep=;`.
fn named_separator(line: &str) -> Option<char> {
    let line = line.trim_matches([' ', '"']);
    let separator = line.get(..4).filter(|name| name.eq_ignore_ascii_case("sep=")).map(|_| &line[4..])?;
    let mut chars = separator.chars();
    let first = chars.next()?;
    (chars.next().is_none() && SEPARATORS.contains(&first)).then_some(first)
}

fn is_blank(line: &str) -> bool {
    line.chars().all(|c| c.is_whitespace() || c == '\u{feff}' || SEPARATORS.contains(&c))
}

fn no_header(line: &str, wanted: &Wanted<'_>) -> Refusal {
    let found: String = line.trim().chars().take(100).collect();
    if found.starts_with('<') {
        return is_no_table("网页或 XML", "a web page or XML");
    }
    if found.starts_with(['{', '[']) {
        return is_no_table(" JSON", "JSON");
    }
    wanted.without_header(&found)
}

#[derive(Debug)]
pub(in crate::http) struct Columns {
    places: Vec<Option<usize>>,
    width: usize,
    pub unused: Vec<String>,
}

impl Columns {
    pub(in crate::http) fn of(names: &[String], wanted: &Wanted<'_>) -> Option<Self> {
        let is = |name: &String, wanted: &str| name.trim().trim_start_matches('\u{feff}').eq_ignore_ascii_case(wanted);
        let mut places = Vec::new();
        for known in wanted.columns {
            let is_known = |name: &String| known.iter().any(|known| is(name, known));
            let mut found = names.iter().enumerate().filter(|(_, name)| is_known(name)).map(|(place, _)| place);
            places.push(found.next());
            // A duplicate name is ambiguous.
            if found.next().is_some() {
                return None;
            }
        }
        let unused = names.iter().enumerate().filter(|(place, name)| !places.contains(&Some(*place)) && !name.is_empty());
        let unused = unused.map(|(_, name)| name.clone()).collect();
        let columns = Self { places, width: names.len(), unused };
        (columns.places.iter().flatten().count() >= wanted.least).then_some(columns)
    }

    pub(in crate::http) fn has(&self) -> Vec<bool> {
        self.places.iter().map(Option::is_some).collect()
    }

    /// `None`: an empty row.
    pub(in crate::http) fn pick(&self, mut cells: Vec<Cell>) -> Result<Option<Vec<Cell>>, Refusal> {
        if cells.iter().all(|cell| cell.text.is_empty()) {
            return Ok(None);
        }
        if cells.iter().skip(self.width).any(|cell| !cell.text.is_empty()) {
            return Err(Refusal::malformed("这一行的列比标题行多", "this line has more columns than the first one"));
        }
        let empty = Cell { text: String::new(), kind: Kind::Text };
        let mut pick = |place: &Option<usize>| {
            let cell = place.and_then(|place| cells.get_mut(place));
            cell.map_or_else(|| empty.clone(), |cell| std::mem::replace(cell, empty.clone()))
        };
        let picked: Vec<Cell> = self.places.iter().map(&mut pick).collect();
        match picked.iter().find(|cell| cell.kind == Kind::Wrong) {
            Some(wrong) => Err(Refusal::malformed(
                format!("{} 无法读取：引号或公式有误", wrong.text),
                format!("{} can't be read: a stray quotation mark, or a formula that failed", wrong.text),
            )),
            None => Ok(Some(picked)),
        }
    }
}

fn cells(line: &str, separator: char) -> Result<Vec<Cell>, Refusal> {
    let is_blank = |c: char| c != separator && (c.is_whitespace() || c == '\u{feff}');
    let (mut cells, mut rest) = (Vec::new(), line);
    loop {
        if cells.len() == COLUMNS_MAX {
            let (zh, en) = (format!("一行最多 {COLUMNS_MAX} 列"), format!("a line has at most {COLUMNS_MAX} columns"));
            return Err(Refusal::malformed(zh, en));
        }
        let begins = rest.trim_start_matches(is_blank);
        let (cell, after) = match begins.strip_prefix('"') {
            Some(quoted) => {
                let (text, after) = unquoted(quoted)?;
                let after = after.trim_start_matches(is_blank);
                if !after.is_empty() && !after.starts_with(separator) {
                    return Err(Refusal::malformed("引号之后还有文字", "there is text after a closing quotation mark"));
                }
                (Cell { text: text.trim().to_owned(), kind: Kind::Text }, after)
            }
            None => {
                let (text, after) = begins.split_at(begins.find(separator).unwrap_or(begins.len()));
                let kind = if text.contains('"') { Kind::Wrong } else { Kind::Text };
                (Cell { text: text.trim_end_matches(is_blank).to_owned(), kind }, after)
            }
        };
        cells.push(cell);
        match after.strip_prefix(separator) {
            Some(after) => rest = after,
            None => return Ok(cells),
        }
    }
}

/// The text up to the closing quote, and the rest.
fn unquoted(quoted: &str) -> Result<(String, &str), Refusal> {
    let (mut text, mut rest) = (String::new(), quoted);
    loop {
        let Some((before, after)) = rest.split_once('"') else {
            return Err(Refusal::malformed("引号没有在本行内结束", "a quotation mark is not closed on its line"));
        };
        text.push_str(before);
        match after.strip_prefix('"') {
            Some(after) => {
                text.push('"');
                rest = after;
            }
            None => return Ok((text, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Wanted<'_> = Wanted::all(&[&["DeviceSN"], &["CPUID"]]);

    fn texts(bytes: &[u8]) -> Vec<(usize, Option<[String; 2]>)> {
        let table = read(bytes, &WANTED).unwrap();
        let cells = |row: Row| row.cells.ok().map(|cells| [cells[0].text.clone(), cells[1].text.clone()]);
        table.rows.into_iter().map(|row| (row.line, cells(row))).collect()
    }

    fn good(line: usize, sn: &str, cpuid: &str) -> (usize, Option<[String; 2]>) {
        (line, Some([sn.into(), cpuid.into()]))
    }

    #[test]
    fn a_stray_quote_costs_its_own_line() {
        let text =
            "DeviceSN,CPUID,备注\n1,A,\n2,B,\"待复测\n3,C,5\" screen\n4,\"D\"\"4\",\"a,b\"\n5,E\"5\n\"6\"x,F,\n7,G,x,y\n8,H\n";
        let expected = [
            good(2, "1", "A"),
            (3, None),
            good(4, "3", "C"),
            good(5, "4", "D\"4"),
            (6, None),
            (7, None),
            (8, None),
            good(9, "8", "H"),
        ];
        assert_eq!(texts(text.as_bytes()), expected);
    }

    #[test]
    fn separators_line_ends_and_columns_in_any_order() {
        for text in [
            "devicesn,cpuid\r\n1,A\r\n",
            "CPUID;DeviceSN\nA;1",
            "DEVICESN\tCPUID\r1\tA\r",
            "sep=;\r\nDeviceSN;CPUID\r\n1;A\r\n",
            "\u{feff}\"DeviceSN\" , \"CPUID\"\n 1 , A \n",
            "note;DeviceSN;CPUID\n;1;A\n;;\n \n\"\";\"\";\n",
            "SEP=,\nDeviceSN,CPUID\n1,A",
        ] {
            let found: Vec<_> = texts(text.as_bytes()).into_iter().map(|row| row.1).collect();
            assert_eq!(found, [good(0, "1", "A").1], "{text:?}");
        }
        assert_eq!(read("a,DeviceSN,b,,CPUID\n".as_bytes(), &WANTED).unwrap().unused, ["a", "b"]);
    }

    #[test]
    fn every_encoding_and_what_is_none() {
        let text = "DeviceSN,CPUID,备注\r\n1,A,测试\r\n";
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let gb = GB18030.encode(text).0.into_owned();
        let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
        for (bytes, name) in [
            (text.as_bytes().to_vec(), "UTF-8"),
            (marked(b"\xEF\xBB\xBF", text.as_bytes()), "UTF-8"),
            (le.clone(), "UTF-16LE"),
            (marked(b"\xFF\xFE", &le), "UTF-16LE"),
            (be.clone(), "UTF-16BE"),
            (marked(b"\xFE\xFF", &be), "UTF-16BE"),
            (gb, "GB18030"),
        ] {
            let table = read(&bytes, &WANTED).unwrap();
            assert_eq!((table.encoding, &table.unused[..]), (name, &["备注".to_owned()][..]));
            assert_eq!(texts(&bytes), [good(2, "1", "A")]);
        }
        for (bytes, says) in [
            (&b""[..], "nothing"),
            (b"\n,\n", "nothing"),
            (b"%PDF-1.7 x", "PDF"),
            (b"\x89PNG\r\n\x1a\n", "PNG"),
            (b"\xD0\xCF\x11\xE0\xA1\xB1", ".xls"),
            (b"<html><table>", "web page"),
            (b"{\"devices\":[]}", "JSON"),
            (b"18440001,A\n", "18440001,A"),
            (b"DeviceSN,CPUID,CPUID\n1,A,B\n", "each once"),
            (b"abc\0def\n", "binary"),
        ] {
            let refusal = read(bytes, &WANTED).unwrap_err();
            assert!(refusal.en.contains(says) && refusal.code == Code::Malformed, "{refusal:?}");
        }
    }
}
