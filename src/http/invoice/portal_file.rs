//! The tax portal's export (全量发票查询导出), row by row. Not here: reading sheets and text (tables/), what becomes of the lines
//! (app/portal_lists.rs).

use crate::domain::calendar::iso_date;
use crate::domain::checks::marks_no_sum;
use crate::domain::money;
use crate::domain::portal::{Party, PortalLine};
use crate::domain::refusal::Refusal;
use crate::domain::spreadsheet;
use crate::domain::text::{compact, one_line};
use crate::http::tables::table::{Cell, Kind, Row, Table, Wanted};
use std::collections::HashMap;

const ROWS_MAX: usize = 50_000;
const TITLES_MAX: usize = 10;
const TEXT_CHARS_MAX: usize = 200;
/// A longer remark is cut.
const REMARK_CHARS_MAX: usize = 500;

const CODE: usize = 0;
const NUMBER: usize = 1;
const DIGITAL: usize = 2;
const SELLER_NUMBER: usize = 3;
const SELLER: usize = 4;
const BUYER_NUMBER: usize = 5;
const BUYER: usize = 6;
const DATE: usize = 7;
const NET: usize = 8;
const TAX: usize = 9;
const TOTAL: usize = 10;
const ORIGIN: usize = 11;
const KIND: usize = 12;
const STATUS: usize = 13;
const POSITIVE: usize = 14;
const RISK: usize = 15;
const CLERK: usize = 16;
const REMARK: usize = 17;
/// Only where each line of an invoice has a row.
const ITEM: usize = 18;

const COLUMNS: &[&[&str]] = &[
    &["发票代码"],
    &["发票号码"],
    &["数电发票号码", "数电票号码", "全电发票号码", "数电号码"],
    &["销方识别号", "销售方识别号", "销方纳税人识别号", "销售方纳税人识别号", "销方税号", "销售方税号"],
    &["销方名称", "销售方名称"],
    &["购方识别号", "购买方识别号", "购方纳税人识别号", "购买方纳税人识别号", "购方税号", "购买方税号"],
    &["购买方名称", "购方名称"],
    &["开票日期"],
    &["金额", "不含税金额"],
    &["税额"],
    &["价税合计"],
    &["发票来源"],
    &["发票票种"],
    &["发票状态"],
    &["是否正数发票"],
    &["发票风险等级"],
    &["开票人"],
    &["备注"],
    &["货物或应税劳务名称", "货物或应税劳务、服务名称", "项目名称"],
];
/// The portal's others, which say nothing of the invoice as a whole.
const OF_ITEMS: [&str; 8] = ["序号", "税收分类编码", "特定业务类型", "规格型号", "单位", "数量", "单价", "税率"];

pub const WANTED: Wanted<'static> =
    Wanted { columns: COLUMNS, least: 5, titles: TITLES_MAX, rather_without: Some(ITEM), rows_max: ROWS_MAX };

#[derive(Debug)]
pub struct Sorted {
    pub rows: usize,
    /// One an invoice.
    pub lines: Vec<PortalLine>,
    pub errors: Vec<(usize, Refusal)>,
    pub unused: Vec<String>,
}

/// Each row is of an invoice in `lines` or among the errors.
pub fn sort(table: Table) -> Result<Sorted, Refusal> {
    check_columns(&table.has)?;
    let (rows, sums_up) = (table.rows.len(), table.has[ITEM]);
    let unused = table.unused.into_iter().filter(|name| !OF_ITEMS.contains(&name.trim())).collect();
    let mut gathered = Gathered { sums_up, ..Gathered::default() };
    for row in table.rows {
        gathered.take(row);
    }
    let (lines, errors) = gathered.end();
    Ok(Sorted { rows, lines, errors, unused })
}

fn check_columns(has: &[bool]) -> Result<(), Refusal> {
    let needed: [(&[usize], &str); 3] =
        [(&[NUMBER, DIGITAL], "发票号码 / 数电发票号码"), (&[DATE], "开票日期"), (&[NET, TOTAL], "金额 / 价税合计")];
    match needed.iter().find(|(any, _)| !any.iter().any(|at| has[*at])) {
        Some((_, name)) => Err(Refusal::malformed(
            format!("标题行没有“{name}”列：请上传税务局导出的原文件"),
            format!("the header has no column {name}: upload the file as the tax portal exported it"),
        )),
        None => Ok(()),
    }
}

#[derive(Default)]
struct Gathered {
    /// Rows of one invoice are added up; else there is one.
    sums_up: bool,
    invoices: Vec<Found>,
    by_key: HashMap<String, usize>,
    errors: Vec<(usize, Refusal)>,
}

#[derive(Default)]
struct Found {
    line: Option<PortalLine>,
    rows: Vec<usize>,
    /// A row that makes the others useless.
    broken: Option<usize>,
}

impl Gathered {
    fn take(&mut self, Row { line: row, cells }: Row) {
        let numbered = cells.and_then(|cells| Ok((numbers(&cells)?, cells)));
        let (numbers, cells) = match numbered {
            Ok(numbered) => numbered,
            Err(refusal) => return self.errors.push((row, if self.sums_up { whose_is_unknown(&refusal) } else { refusal })),
        };
        let key = numbers.key();
        let place = *self.by_key.entry(key).or_insert_with(|| {
            self.invoices.push(Found::default());
            self.invoices.len() - 1
        });
        let found = &mut self.invoices[place];
        match line(numbers, &cells).and_then(|line| found.add(line, self.sums_up)) {
            Ok(()) => found.rows.push(row),
            Err(refusal) => {
                if self.sums_up || found.line.is_some() {
                    found.broken.get_or_insert(row);
                }
                self.errors.push((row, refusal));
            }
        }
    }

    fn end(mut self) -> (Vec<PortalLine>, Vec<(usize, Refusal)>) {
        let mut lines = Vec::with_capacity(self.invoices.len());
        for Found { line, rows, broken } in self.invoices {
            match broken {
                Some(broken) => self.errors.extend(rows.into_iter().map(|row| (row, other_row_is_wrong(broken)))),
                None => lines.extend(line),
            }
        }
        self.errors.sort_by_key(|(row, _)| *row);
        (lines, self.errors)
    }
}

impl Found {
    fn add(&mut self, line: PortalLine, sums_up: bool) -> Result<(), Refusal> {
        let Some(first) = &mut self.line else {
            self.line = Some(line);
            return Ok(());
        };
        if sums_up && first.date == line.date {
            for (sum, more) in [(&mut first.net, line.net), (&mut first.tax, line.tax), (&mut first.total, line.total)] {
                *sum = match (*sum, more) {
                    (Some(sum), Some(more)) => Some(sum.saturating_add(more)),
                    (sum, more) => sum.or(more),
                };
            }
            first.is_red |= line.is_red;
            return Ok(());
        }
        if *first == line {
            return Ok(());
        }
        let other = self.rows.first().copied().unwrap_or_default();
        Err(Refusal::malformed(
            format!("与第 {other} 行是同一张发票，内容却不同"),
            format!("it is the same invoice as line {other}, and says something else"),
        ))
    }
}

fn other_row_is_wrong(broken: usize) -> Refusal {
    Refusal::malformed(
        format!("同一张发票的第 {broken} 行有误，这张发票没有录入"),
        format!("line {broken}, of the same invoice, is wrong, so the invoice was not taken"),
    )
}

/// A row of an invoice that it does not name.
fn whose_is_unknown(refusal: &Refusal) -> Refusal {
    Refusal::malformed(
        format!("{}（若它属于某张发票，该发票的合计少了这一行）", refusal.zh),
        format!("{} (if it belongs to an invoice, that one's sums lack it)", refusal.en),
    )
}

fn wrong(at: usize, zh: &str, en: &str) -> Refusal {
    let name = COLUMNS[at][0];
    Refusal::malformed(format!("{name}：{zh}"), format!("{name}: {en}"))
}

/// Spreadsheets drop leading zeros, which the fixed lengths bring back.
fn padded(digits: String, lengths: [usize; 2]) -> Option<String> {
    let width = lengths.into_iter().find(|length| digits.len() == *length || digits.len() + 1 == *length)?;
    Some(format!("{digits:0>width$}"))
}

/// A line with its numbers alone.
fn numbers(cells: &[Cell]) -> Result<PortalLine, Refusal> {
    let digits = |at: usize| {
        let text = compact(cells[at].text.trim_start_matches('\''));
        match spreadsheet::damage(&text) {
            Some((zh, en)) => Err(wrong(
                at,
                &format!("{zh}（或直接上传税务局导出的原文件）"),
                &format!("{en} (or upload the file as the tax portal exported it)"),
            )),
            None if text.is_empty() || spreadsheet::is_digits(&text) => Ok(text),
            None => Err(wrong(at, &format!("{text} 不是数字"), &format!("{text} is no number"))),
        }
    };
    let (code, mut number, mut digital) = (digits(CODE)?, digits(NUMBER)?, digits(DIGITAL)?);
    if number.len() == 20 && (digital.is_empty() || digital == number) {
        digital = std::mem::take(&mut number);
    }
    if !digital.is_empty() && digital.len() != 20 {
        return Err(wrong(DIGITAL, &format!("{digital} 不是 20 位"), &format!("{digital} has not 20 digits")));
    }
    if code.is_empty() && number.is_empty() && !digital.is_empty() {
        return Ok(PortalLine { digital, ..PortalLine::default() });
    }
    if code.is_empty() || number.is_empty() {
        let at = if number.is_empty() { NUMBER } else { CODE };
        return Err(wrong(at, "缺少这一项", "is missing"));
    }
    let not_so_long =
        |at, text: &str, zh: &str, en: &str| wrong(at, &format!("{text} 不是 {zh} 位"), &format!("{text} has not {en} digits"));
    let code = padded(code.clone(), [10, 12]).ok_or_else(|| not_so_long(CODE, &code, "10 或 12", "10 or 12"))?;
    if number.len() > 8 {
        return Err(not_so_long(NUMBER, &number, "8", "8"));
    }
    Ok(PortalLine { code, number: format!("{number:0>8}"), digital, ..PortalLine::default() })
}

fn sum(at: usize, cells: &[Cell]) -> Result<Option<i64>, Refusal> {
    let Cell { text, kind } = &cells[at];
    if marks_no_sum(text) || text.chars().all(|c| matches!(c, '-' | '—')) {
        return Ok(None);
    }
    let read = if *kind == Kind::Number { text.parse().ok().and_then(fen) } else { money::amount(text) };
    read.map(Some).ok_or_else(|| wrong(at, &format!("{text} 不是金额"), &format!("{text} is no sum")))
}

/// As a sheet computes with it: 0.30000000000000004.
fn fen(yuan: f64) -> Option<i64> {
    let fen = yuan * 100.0;
    let is_whole = (fen - fen.round()).abs() < 0.001 && fen.abs() < 1e15;
    #[expect(clippy::cast_possible_truncation, reason = "it is within bounds")]
    is_whole.then_some(fen.round() as i64)
}

fn line(numbers: PortalLine, cells: &[Cell]) -> Result<PortalLine, Refusal> {
    let text = |at: usize| {
        let text = one_line(&cells[at].text);
        if text.chars().count() > TEXT_CHARS_MAX {
            return Err(wrong(at, "最多 200 个字", "at most 200 characters"));
        }
        Ok(text)
    };
    let party =
        |number: usize, name: usize| Ok::<_, Refusal>(Party { number: compact(&text(number)?).to_uppercase(), name: text(name)? });
    let written = &cells[DATE].text;
    let no_date = || match written.is_empty() {
        true => wrong(DATE, "缺少这一项", "is missing"),
        false => wrong(DATE, &format!("{written} 不是日期"), &format!("{written} is no date")),
    };
    let date = iso_date(written).ok_or_else(no_date)?;
    let (net, tax, total) = (sum(NET, cells)?, sum(TAX, cells)?, sum(TOTAL, cells)?);
    let total = total.or_else(|| net.map(|net| net.saturating_add(tax.unwrap_or_default())));
    let remark = one_line(&cells[REMARK].text);
    Ok(PortalLine {
        date,
        seller: party(SELLER_NUMBER, SELLER)?,
        buyer: party(BUYER_NUMBER, BUYER)?,
        is_red: text(POSITIVE)? == "否" || total.or(net).is_some_and(|fen| fen < 0),
        net,
        tax,
        total,
        origin: text(ORIGIN)?,
        kind: text(KIND)?,
        status: text(STATUS)?,
        risk: text(RISK)?,
        clerk: text(CLERK)?,
        remark: match remark.char_indices().nth(REMARK_CHARS_MAX) {
            Some((end, _)) => format!("{}…", &remark[..end]),
            None => remark,
        },
        ..numbers
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::tables::table;

    const HEADER: &str = "数电票号码,发票代码,发票号码,开票日期,销方识别号,销方名称,购方识别号,购买方名称,金额,税额,价税合计,发票状态,是否正数发票,备注";
    const DIGITAL: &str = "26322000004478296111";

    fn sorted(text: &str) -> Sorted {
        sort(table::read(text.as_bytes(), &WANTED).unwrap()).unwrap()
    }

    fn rows(rows: &[&str]) -> Sorted {
        sorted(&format!("{HEADER}\n{}\n", rows.join("\n")))
    }

    fn errors(sorted: &Sorted) -> Vec<(usize, &str)> {
        sorted.errors.iter().map(|(row, refusal)| (*row, refusal.zh.as_ref())).collect()
    }

    #[test]
    fn columns_stand_anywhere_below_titles() {
        let text = format!(
            "全量发票查询导出\n\n纳税人：某公司\n备注,价税合计,购方名称,开票日期,全电发票号码,序号,附注\n\
             年会,\"1,234.50\",某公司,2026-06-04 10:11:12,{DIGITAL},1,x\n,,,,,,\n"
        );
        let found = sorted(&text);
        assert_eq!((found.rows, errors(&found), &found.unused[..]), (1, vec![], &["附注".to_owned()][..]));
        let line = &found.lines[0];
        assert_eq!((line.date.as_str(), line.total, line.digital.as_str()), ("2026-06-04", Some(123_450), DIGITAL));
        assert_eq!((line.buyer.name.as_str(), line.remark.as_str(), line.is_red), ("某公司", "年会", false));
    }

    #[test]
    fn numbers_come_back_whole_or_not_at_all() {
        let found = rows(&[
            &format!("{DIGITAL},,,2026-06-04,,,,,1.00,0.13,1.13,正常,是,"),
            ",44001900111,1234567,2026/6/4,,,,,1,,,已作废,是,",
            &format!(",,'{DIGITAL},20260605,,,,,-1.00,-0.13,-1.13,正常,,"),
            "2.6337E+19,,,2026-06-04,,,,,1,,,,,",
            "26322000004478200000,,,2026-06-04,,,,,1,,,,,",
            ",,12345678,2026-06-04,,,,,1,,,,,",
            ",044001900111,123456789,2026-06-04,,,,,1,,,,,",
            "2632200000447829611,,,2026-06-04,,,,,1,,,,,",
            ",,,2026-06-04,,,,,1,,,,,",
        ]);
        let said = errors(&found);
        assert_eq!((found.rows, said.len(), found.lines.len()), (9, 8, 1), "{said:?}");
        assert!(said[1].1.contains("同一张发票") && said[2].1.contains("科学计数法") && said[3].1.contains("15 位"), "{said:?}");
        assert!(said[4].1.contains("发票代码") && said[5].1.contains("8 位") && said[6].1.contains("20 位"), "{said:?}");
        let old = &found.lines[0];
        assert_eq!((old.code.as_str(), old.number.as_str(), old.total), ("044001900111", "01234567", Some(100)));
    }

    #[test]
    fn sums_and_dates_that_can_not_be_read_are_said() {
        let row = |date: &str, net: &str, tax: &str, total: &str| format!("{DIGITAL},,,{date},,,,,{net},{tax},{total},,,");
        let one = |text: &str| rows(&[text]);
        assert_eq!(one(&row("2026-06-04", "100", "***", "")).lines[0].total, Some(10_000));
        assert_eq!(one(&row("2026-06-04", "100", "免税", "100")).lines[0].tax, None);
        assert!(one(&row("2026-06-04", "-5.00", "0", "-5")).lines[0].is_red);
        for (text, says) in [
            (row("45812", "1", "0", "1"), "开票日期：45812 不是日期"),
            (row("", "1", "0", "1"), "开票日期：缺少这一项"),
            (row("2026-06-04", "一百", "0", "1"), "金额：一百 不是金额"),
        ] {
            let found = one(&text);
            assert_eq!((errors(&found), found.lines.len()), (vec![(2, says)], 0));
        }
    }

    #[test]
    fn rows_of_items_are_added_up_and_one_wrong_row_costs_its_invoice() {
        let header = "数电票号码,开票日期,金额,税额,价税合计,货物或应税劳务名称";
        let other = "26322000004478296222";
        let text = format!(
            "{header}\n{DIGITAL},2026-06-04,300,39,339,纸\n{other},2026-06-04,1,0,1,a\n{DIGITAL},2026-06-04,20,1.2,21.2,运费\n\
             {other},2026-06-04,?,0,1,b\n,2026-06-04,1,0,1,c\n"
        );
        let found = sorted(&text);
        assert_eq!(found.lines.len(), 1);
        let sums = &found.lines[0];
        assert_eq!((sums.net, sums.tax, sums.total), (Some(32_000), Some(4_020), Some(36_020)));
        let said = errors(&found);
        assert_eq!(said[..2], [(3, "同一张发票的第 5 行有误，这张发票没有录入"), (5, "金额：? 不是金额")]);
        assert!(said.len() == 3 && said[2].1.contains("合计少了这一行"), "{said:?}");
    }

    #[test]
    fn what_a_sheet_computed_is_a_sum_to_the_fen() {
        assert_eq!((fen(0.1 + 0.2), fen(-360.2), fen(1e14), fen(0.005)), (Some(30), Some(-36_020), None, None));
    }

    #[test]
    fn a_header_without_what_is_needed_is_named() {
        let none = table::read(b"a,b\n1,2\n", &WANTED).unwrap_err();
        assert!(none.zh.contains("没有找到标题行") && none.zh.contains("开票日期") && none.zh.ends_with("a,b"), "{none:?}");
        let text = "发票代码,发票号码,销方名称,购方名称,金额\n1,2,3,4,5\n";
        let lacks = sort(table::read(text.as_bytes(), &WANTED).unwrap()).unwrap_err();
        assert!(lacks.zh.contains("开票日期"), "{lacks:?}");
    }
}
