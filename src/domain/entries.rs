//! Typed values: their stored form, and which are refused. Not here: contradictions between fields (checks.rs).

use super::area::{AreaKind, Holds};
use super::calendar::{date_of, iso_date};
use super::checks::{has_digits, holds_sum, holds_tax_number};
use super::money::{self, amount, chinese_amount, narrow};
use super::reason::Reason;
use super::template::Learnt;
use super::text::compact;
use super::text::trimmed;
use super::{checks, identity};

/// Sums as `¥40,270.00`, dates as `2026-01-12`, numbers without spaces, anything else trimmed.
pub fn written(area: &str, text: &str, learnt: &Learnt) -> String {
    let (own, trimmed) = (learnt.specimen(area), trimmed(text));
    let number = || compact(trimmed).chars().map(narrow).collect::<String>();
    let known = match AreaKind::of_pos_id(area).holds() {
        Holds::Date => iso_date(trimmed),
        Holds::SumInWords => None,
        Holds::Serial(_) => Some(number()),
        holds if holds == Holds::Sum || holds_sum(area, own) => amount(trimmed).map(money::written),
        _ if holds_tax_number(area, own) => Some(number().to_uppercase()),
        _ => None,
    };
    known.unwrap_or_else(|| trimmed.to_owned())
}

pub fn is_same_sum(area: &str, one: &str, other: &str, learnt: &Learnt) -> bool {
    let is_sum = checks::is_sum_by_name(area) || holds_sum(area, learnt.specimen(area));
    is_sum && amount(one).is_some_and(|fen| amount(other) == Some(fen))
}

pub fn is_same(area: &str, one: &str, other: &str) -> bool {
    let value = |text: &str| match AreaKind::of_pos_id(area).holds() {
        Holds::Date => iso_date(text),
        Holds::SumInWords => chinese_amount(text).map(money::plain),
        Holds::Serial(_) => Some(identity::serial(text)),
        _ if checks::is_sum_by_name(area) => amount(text).map(money::plain),
        _ => None,
    };
    let plain = |text: &str| identity::value(text);
    match (value(one), value(other)) {
        (Some(one), Some(other)) => one == other,
        _ => plain(one) == plain(other),
    }
}

/// Why a text can't stand in this area, whatever the others hold. Lengths of numbers are checked only if the specimen or, without
/// one, `before` has a standard length: receipts have any, and a ticket's number has a letter.
pub fn refused(area: &str, text: &str, before: Option<&str>, learnt: &Learnt) -> Option<Reason> {
    if text.is_empty() {
        return None;
    }
    let (owned, said) = (area.to_owned(), text.to_owned());
    match AreaKind::of_pos_id(area).holds() {
        Holds::Sum => amount(text).is_none().then_some(Reason::NoAmount { area: owned, text: said }),
        Holds::SumInWords => chinese_amount(text).is_none().then_some(Reason::NoAmount { area: owned, text: said }),
        Holds::Date => date_of(text).is_none_or(|(year, ..)| year == 0).then_some(Reason::NotADate { text: said }),
        Holds::Serial(lengths) => {
            let is_known = learnt.specimen(area).or(before).is_some_and(|own| has_digits(own, lengths));
            (is_known && !has_digits(text, lengths)).then_some(Reason::Digits { area: owned, text: said })
        }
        Holds::Time | Holds::PersonNumber | Holds::Text => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_one_way() {
        let areas = [("税额", "¥1.00"), ("座位", "12")].map(|(a, t)| (a.to_owned(), t.to_owned())).into();
        let specimen = Learnt { areas, ..Learnt::default() };
        for (area, typed, kept) in [
            ("金额", " 40270 ", "¥40,270.00"),
            ("金额", "（235.00）", "-¥235.00"),
            ("金额", "￥40,270.5", "¥40,270.50"),
            ("税额", "7.1", "¥7.10"),
            ("座位", "7.1", "7.1"),
            ("日期", "2026.1.12", "2026-01-12"),
            ("日期", "二〇二六年一月十二日", "2026-01-12"),
            ("发票号码", "０７１７ ２１１９", "07172119"),
            ("购方税号", "91350100m000100y43 ", "91350100M000100Y43"),
            ("中文金额", " 贰拾元整", "贰拾元整"),
            ("备注", " a b ", "a b"),
        ] {
            assert_eq!(written(area, typed, &specimen), kept, "{area} {typed}");
        }
    }

    #[test]
    fn values_are_compared_not_spellings() {
        for (area, one, other) in [
            ("金额", "¥1,113.00", "1113"),
            ("税额", "¥7.10", "7.1"),
            ("日期", "2026-01-12", "2026年1月12日"),
            ("中文金额", "贰拾元整", "人民币贰拾圆整"),
            ("发票号码", "34972867", "No 3497-2867"),
            ("客户名称", "某 公司（一）", "某公司(一)"),
            ("金额", "看不清", "看不清 "),
        ] {
            assert!(is_same(area, one, other), "{area} {one} {other}");
        }
        for (area, one, other) in [
            ("金额", "99.90", "999.00"),
            ("座位", "012", "12"),
            ("金额", "", "1"),
            ("金额", "-1", "1"),
            ("发票号码", "A012345", "012345"),
        ] {
            assert!(!is_same(area, one, other), "{area} {one} {other}");
        }
    }

    #[test]
    fn impossible_values_are_refused() {
        for (area, text) in [
            ("金额", "二百"),
            ("金额", "$20"),
            ("中文金额", "壹佰块"),
            ("日期", "2026-02-30"),
            ("日期", "1月2日"),
            ("发票号码", "123"),
            ("发票号码", "看不清"),
        ] {
            assert!(refused(area, text, Some("07172119"), &Learnt::default()).is_some(), "{area} {text}");
        }
        for (area, text) in
            [("金额", "-¥2.00"), ("日期", "2026-01-12"), ("发票号码", "A012345"), ("发票号码", ""), ("备注", "=1+1")]
        {
            assert_eq!(refused(area, text, None, &Learnt::default()), None, "{area} {text}");
        }
        assert_eq!(refused("发票号码", "00217", None, &Learnt::default()), None, "a receipt that no template knows");
        assert_eq!(refused("发票号码", "26332000000123456789", Some("07172119"), &Learnt::default()), None);
        let ticket = Learnt { areas: vec![("发票号码".to_owned(), "A012345".to_owned())], ..Learnt::default() };
        assert_eq!(refused("发票号码", "0123456", Some("07172119"), &ticket), None, "a ticket's number has seven characters");
    }
}
