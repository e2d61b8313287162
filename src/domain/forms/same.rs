//! Whether two sources say the same, however each writes it. Not here: what follows where they don't (checks.rs).

use super::super::calendar::date_of;
use super::super::money;
use unicode_normalization::UnicodeNormalization;

/// Values of one `pos_id`. Remarks are never compared: each source breaks their lines elsewhere, and leaves others out.
pub fn is_same(pos_id: &str, a: &str, b: &str) -> bool {
    let (a, b) = (plain(a), plain(b));
    let both = |one: Option<i64>, other: Option<i64>| one.is_some() && one == other;
    match pos_id {
        _ if a == b => true,
        "备注" => true,
        "日期" | "乘车日期" => date_of(&a).is_some() && date_of(&a) == date_of(&b),
        "金额" | "不含税金额" | "税额" => both(money::amount(&a), money::amount(&b)),
        "中文金额" => both(money::chinese_amount(&a), money::chinese_amount(&b)),
        "出发站" | "到达站" => station(&a) == station(&b),
        "座位" => a.trim_end_matches('号') == b.trim_end_matches('号'),
        "身份证号码" => a.len() == b.len() && a.bytes().zip(b.bytes()).all(|(a, b)| a == b || a == b'*' || b == b'*'),
        _ => false,
    }
}

/// `站` is printed behind a station's name on the ticket, and not stated.
pub(super) fn station(name: &str) -> &str {
    name.strip_suffix('站').filter(|rest| rest.chars().count() >= 2).unwrap_or(name)
}

fn plain(text: &str) -> String {
    text.nfkc().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_is_no_contradiction() {
        for (pos_id, a, b) in [
            ("日期", "2026-01-02", "2026年01月02日"),
            ("金额", "113", "¥113.00"),
            ("中文金额", "壹拾圆壹分", "壹拾元零壹分"),
            ("客户名称", "示例（测试）有限公司", "示例(测试)有限公司"),
            ("出发站", "甲南站", "甲南"),
            ("身份证号码", "1101011990****001X", "11010119900101001X"),
            ("备注", "一", "二"),
        ] {
            assert!(is_same(pos_id, a, b), "{pos_id}");
        }
        for (pos_id, a, b) in [
            ("日期", "2026-01-02", "2026年01月03日"),
            ("金额", "113", "-113"),
            ("税额", "***", "1.00"),
            ("客户名称", "甲公司", "乙公司"),
            ("身份证号码", "1101011990****001X", "1101011991****001X"),
        ] {
            assert!(!is_same(pos_id, a, b), "{pos_id}");
        }
    }
}
