//! What identifies an invoice, however it is spelt. Not here: duplicates (app).

use super::area::AreaKind;
use super::calendar::iso_date;
use super::money::narrow;
use super::region::{self, Region};
use super::text::is_unseen;

pub(super) fn value(text: &str) -> String {
    text.chars().filter(|c| !is_unseen(*c)).map(narrow).collect::<String>().to_uppercase()
}

/// Printed before numbers; longer ones first.
const LABELS: [&str; 18] = [
    "INVOICE", "发票", "發票", "号码", "號碼", "代码", "代碼", "编号", "NUMBER", "CODE", "NUM", "NO", "Nº", "N°", "№", "号",
    "票据", "电子",
];

fn is_separator(c: char) -> bool {
    matches!(
        c,
        '-' | '_'
            | '.'
            | ','
            | ':'
            | '/'
            | '\\'
            | '|'
            | '·'
            | '•'
            | '*'
            | '#'
            | '°'
            | '~'
            | '—'
            | '―'
            | '‐'
            | '。'
            | '、'
            | ';'
            | '\''
    )
}

/// A number without leading labels and separators; if only digits and separators are left, the digits.
pub(super) fn serial(text: &str) -> String {
    let value = value(text);
    let mut rest = value.as_str();
    loop {
        rest = rest.trim_start_matches(is_separator);
        match LABELS.iter().find_map(|label| rest.strip_prefix(label)) {
            Some(after) => rest = after,
            None => break,
        }
    }
    // Tickets start with a letter: O012345 is not 0012345.
    let is_ticket = rest.len() == 7 && rest.starts_with('O') && is_digits(&rest[1..], &[6]);
    let is_plain = !is_ticket && rest.contains(|c: char| c.is_ascii_digit());
    let digits: Option<String> = rest
        .chars()
        .filter(|c| !is_separator(*c))
        .map(|c| if c == 'O' || c == 'О' || c == 'Ο' { '0' } else { c })
        .map(|c| c.is_ascii_digit().then_some(c))
        .collect();
    digits.filter(|_| is_plain).unwrap_or_else(|| rest.to_owned())
}

fn is_digits(text: &str, lengths: &[usize]) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Number {
    /// 20 digits, unique by themselves.
    Whole(String),
    /// A shorter number and its code; `dated`: the number and the date, if there is one.
    Coded { coded: String, dated: Option<String> },
    /// Number and date: without a code (tickets), or if it was not read.
    Dated(String),
}

impl Number {
    /// `None` if a part is missing.
    pub fn of(regions: &[Region]) -> Option<Self> {
        let number = serial(region::text_of(regions, AreaKind::InvoiceId)?);
        if number.is_empty() {
            return None;
        }
        if is_digits(&number, &[20]) {
            return Some(Self::Whole(number));
        }
        let dated = region::date_of(regions).and_then(|date| iso_date(&value(date))).map(|date| format!("{number} {date}"));
        match region::text_of(regions, AreaKind::InvoiceCode).map(serial).filter(|code| !code.is_empty()) {
            Some(code) => Some(Self::Coded { coded: format!("{code} {number}"), dated }),
            None => dated.map(Self::Dated),
        }
    }

    /// The index keys it is stored under.
    pub fn identities(&self) -> Vec<String> {
        match self {
            Self::Whole(number) | Self::Dated(number) => vec![format!("number {number}")],
            Self::Coded { coded, dated } => {
                [format!("number {coded}")].into_iter().chain(dated.iter().map(|dated| format!("coded {dated}"))).collect()
            }
        }
    }
}

/// The index keys of invoices that may be the same. If only one of two shows its code, they may be; with different codes they are
/// not.
pub fn same_as(identity: &str) -> Vec<String> {
    match (identity.strip_prefix("coded "), identity.strip_prefix("number ")) {
        (Some(dated), _) => vec![format!("number {dated}")],
        (_, Some(number)) => vec![identity.to_owned(), format!("coded {number}")],
        _ => vec![identity.to_owned()],
    }
}

/// How red invoices refer to the one they cancel.
const BLUE: [&str; 4] = ["蓝字", "正数", "被红冲", "原发票"];

/// What only a red invoice's 备注 says. (`原发票` stands on one that was issued anew, too.)
const RED: [&str; 3] = ["被红冲蓝字", "对应正数", "红字发票信息"];

pub fn is_said_to_be_red(regions: &[Region]) -> bool {
    let mut remarks = regions.iter().filter(|r| r.pos_id.contains("备注")).map(|r| value(&r.text));
    remarks.any(|remark| RED.iter().any(|word| remark.contains(word)))
}

/// The blue invoice's number in the 备注 of a red one.
pub fn blue(regions: &[Region]) -> Option<String> {
    let remarks = regions.iter().filter(|r| r.pos_id.contains("备注"));
    remarks.map(|r| value(&r.text)).find_map(|remark| {
        let from = BLUE.iter().filter_map(|word| remark.find(word)).min()?;
        let numbers: Vec<&str> = remark[from..].split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty()).collect();
        numbers.iter().enumerate().find_map(|(n, number)| match numbers.get(n + 1) {
            _ if is_digits(number, &[20]) => Some((*number).to_owned()),
            Some(next) if is_digits(number, &[10, 12]) && is_digits(next, &[8]) => Some(format!("{number} {next}")),
            _ => None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::paper::Source;

    fn regions(list: &[(&str, &str)]) -> Vec<Region> {
        let one = |(area, text): &(&str, &str)| Region {
            pos_id: (*area).into(),
            position: None,
            text: (*text).into(),
            probability: 1.0,
            status: 0,
            source: Source::Ocr,
            page: 1,
            doubts: Vec::new(),
        };
        list.iter().map(one).collect()
    }

    #[test]
    fn spelling_does_not_change_an_identity() {
        let number = |list: &[(&str, &str)]| Number::of(&regions(list));
        let digital = number(&[("发票号码", "26332000000123456789")]);
        assert!(digital.is_some());
        assert_eq!(number(&[("发票号码", "2633 2000 0001 2345 6789"), ("日期", "2026年1月2日")]), digital);
        assert_eq!(number(&[("发票号码", "２６３３２０００００００１２３４５６７８９"), ("发票代码", "")]), None, "a digit more");
        assert_eq!(number(&[("发票号码", "２６３３２００００００１２３４５６７８９"), ("发票代码", "")]), digital);
        let paper = number(&[("发票号码", "07172119"), ("发票代码", "144001604125")]);
        assert_eq!(number(&[("发票代码", "１４４００１６０４１２５"), ("发票号码", " 0717 2119")]), paper);
        assert_ne!(number(&[("发票代码", "144001604126"), ("发票号码", "07172119")]), paper);
        assert_eq!(number(&[("发票代码", ""), ("发票号码", "07172119")]), None, "its code was not read");
        let ticket = number(&[("发票号码", "a012345"), ("日期", "2026年1月2日")]);
        assert!(ticket.is_some());
        assert_eq!(number(&[("发票号码", "A0123 45"), ("日期", "2026-01-02")]), ticket);
        assert_ne!(number(&[("发票号码", "A012345"), ("日期", "2026-01-03")]), ticket);
        assert_eq!((number(&[("发票号码", "A012345")]), number(&[("发票代码", "144001604125")])), (None, None));
    }

    #[test]
    fn a_missing_code_may_match_but_different_codes_never_do() {
        let one = |list: &[(&str, &str)]| Number::of(&regions(list)).unwrap().identities();
        let is_same = |a: &[String], b: &[String]| a.iter().any(|each| same_as(each).iter().any(|other| b.contains(other)));
        let number = ("发票号码", "07172119");
        let coded = one(&[number, ("发票代码", "144001604125"), ("日期", "2026年1月2日")]);
        let other_code = one(&[number, ("发票代码", "144001604126"), ("日期", "2026年1月2日")]);
        for bare in [one(&[number, ("日期", "2026-01-02")]), one(&[number, ("发票代码", ""), ("开票日期", "2026-01-02")])]
        {
            for other in [&coded, &other_code, &bare] {
                assert!(is_same(&bare, other) && is_same(other, &bare), "{bare:?} {other:?}");
            }
        }
        assert!(!is_same(&coded, &other_code) && is_same(&coded, &coded));
        assert!(!is_same(&coded, &one(&[number, ("日期", "2026-01-03")])));
    }

    #[test]
    fn labels_and_separators_are_no_part_of_a_number() {
        for text in [
            "No34972867",
            "No.34972867",
            "NO:34972867",
            "no. 3497 2867",
            "Ｎｏ．34972867",
            "№34972867",
            "№ 3497-2867",
            "Nº 34972867",
            "N°34972867",
            "#34972867",
            "发票号码：34972867",
            "發票號碼:34972867",
            "号码 34972867",
            "发票 No. 34972867",
            "3497-2867",
            "3497–2867",
            "3497.2867",
            "\u{200B}34972867",
            "34972867.",
        ] {
            assert_eq!(serial(text), "34972867", "{text}");
        }
        for (text, kept) in [
            ("代码042001700112", "042001700112"),
            ("发票代码：0420-0170-0112", "042001700112"),
            ("O42OO17OO112", "042001700112"),
            ("A012345", "A012345"),
            ("a0123 45", "A012345"),
            ("O012345", "O012345"),
            ("012345", "012345"),
            ("N012345", "N012345"),
            ("A-O1", "A-O1"),
            ("发票代码：", ""),
            ("看不清", "看不清"),
        ] {
            assert_eq!(serial(text), kept, "{text}");
        }
        let one = Number::of(&regions(&[("发票代码", "代码042001700112"), ("发票号码", "No.34972867")]));
        assert_eq!(one, Number::of(&regions(&[("发票代码", "O42001700112"), ("发票号码", "3497-2867")])));
        assert!(one.is_some());
    }

    #[test]
    fn a_red_invoice_names_its_blue_one() {
        let blue = |text: &str| blue(&regions(&[("备注", text)]));
        let digital = "被红冲蓝字数电票号码：26332000000123456789 红字发票信息确认单编号：33010626010000000001";
        assert_eq!(blue(digital).as_deref(), Some("26332000000123456789"));
        let turned = "红字发票信息确认单编号：33010626010000000001 被红冲蓝字数电票号码：２６３３２０００００ 0123456789";
        assert_eq!(blue(turned).as_deref(), Some("26332000000123456789"));
        assert_eq!(blue("对应正数发票代码:044001900111号码:12345678").as_deref(), Some("044001900111 12345678"));
        for text in [
            "",
            "订单 26332000000123456789",
            "蓝字",
            "对应正数发票代码:044001900111",
            "红字发票信息确认单编号：33010626010000000001",
        ] {
            assert_eq!(blue(text), None, "{text}");
        }
        assert_eq!(super::blue(&regions(&[("金额", digital)])), None);
    }
}
