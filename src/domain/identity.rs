//! By what an invoice is known in the world: values are compared, not how they are spelt. Not here: which invoices are one (app).

use super::calendar::iso_date;
use super::checks::{DATE, INVOICE_CODE, INVOICE_ID, compact};
use super::invoice::Region;
use super::money::narrow;

fn value(text: &str) -> String {
    compact(text).chars().map(narrow).collect::<String>().to_uppercase()
}

fn read(regions: &[Region], pos_id: &str) -> Option<String> {
    regions.iter().find(|r| r.pos_id == pos_id).map(|r| value(&r.text))
}

fn is_digits(text: &str, lengths: &[usize]) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// A number of 20 digits is its own; a shorter one goes with its code, and a ticket's, which has none, with its date. `None` where a part
/// is missing.
pub fn number(regions: &[Region]) -> Option<String> {
    let number = read(regions, INVOICE_ID).filter(|n| !n.is_empty())?;
    if is_digits(&number, &[20]) {
        return Some(number);
    }
    match read(regions, INVOICE_CODE) {
        Some(code) if code.is_empty() => None,
        Some(code) => Some(format!("{code} {number}")),
        None => Some(format!("{number} {}", iso_date(&read(regions, DATE)?)?)),
    }
}

/// What red invoices call the one that they take back.
const BLUE: [&str; 4] = ["蓝字", "正数", "被红冲", "原发票"];

/// The number of the blue invoice that a red one names in its 备注.
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

    fn regions(list: &[(&str, &str)]) -> Vec<Region> {
        let one = |(area, text): &(&str, &str)| Region {
            pos_id: (*area).into(),
            position: None,
            text: (*text).into(),
            probability: 1.0,
            status: 0,
        };
        list.iter().map(one).collect()
    }

    #[test]
    fn an_invoice_is_known_by_its_values_however_they_are_spelt() {
        let number = |list: &[(&str, &str)]| number(&regions(list));
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
