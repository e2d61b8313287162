//! Puts right what a value's form leaves no choice about: what is lost or read as something alike. A person is told each time
//! (`Doubt::Corrected`). Not here: which values can't be put right (unlike.rs).

use super::charset::Charset;
use super::goods::class_of;
use super::page::is_wide;
use super::parties;
use super::shape::{figures, stars};
use super::sums;
use super::text::in_one_script;
use crate::domain::area::{AreaKind, Holds};
use crate::domain::checks::date_of;
use crate::domain::template::Area;

/// `None` where nothing is to be put right.
pub fn restored(area: &Area, text: &str, specimen: &str) -> Option<String> {
    let is_text = area.kind.holds() == Holds::Text && in_one_script(specimen).is_none();
    let turned = is_text.then(|| in_one_script(text)).flatten();
    let text = turned.as_deref().unwrap_or(text);
    let by_kind = || match area.kind.holds() {
        _ if sums::is_sum_area(area) => sums::with_lost_sign(text, specimen),
        Holds::Date => with_day(text, specimen),
        Holds::Text if area.kind != AreaKind::Detail => parties::with_ending(text),
        _ => None,
    };
    correct_letters(text, specimen).or_else(|| with_stars(area.kind, text, specimen)).or_else(by_kind).or_else(|| turned.clone())
}

/// `*class*name`, as invoices name goods: beside small print, a star looks like a quotation mark or a dot, and the first one is
/// easily lost. Where both are, the class tells.
/// Elsewhere a star stands for what is masked, as in a person's name.
fn with_stars(kind: AreaKind, text: &str, specimen: &str) -> Option<String> {
    let starred = text.replace(['“', '”', '"', '·', '•'], "*");
    let is_word = |part: &str| part.chars().any(is_wide);
    let is_named = stars(specimen) >= 2 && is_word(specimen) || kind == AreaKind::Detail && stars(text) > 0;
    let inner = starred.trim_start_matches('*');
    let (class, name) = match inner.split_once('*') {
        Some(parts) => parts,
        None => inner.split_at(class_of(inner).filter(|_| specimen.starts_with('*'))?.len()),
    };
    let goods = format!("*{class}*{name}");
    (is_named && is_word(class) && is_word(name) && !name.contains('*') && goods != text).then_some(goods)
}

/// Cars, trains and seats have letters, then digits: corrects look-alikes after the first letter.
fn correct_letters(text: &str, specimen: &str) -> Option<String> {
    let shaped = |text: &str| {
        let figures = text.trim_start_matches(|c: char| c.is_ascii_uppercase());
        let letters = text.len() - figures.len();
        (1..=3).contains(&letters) && !figures.is_empty() && figures.chars().all(|c| c.is_ascii_digit())
    };
    let first = text.chars().next().filter(char::is_ascii_uppercase)?;
    let folded: String = std::iter::once(first).chain(text.chars().skip(1).map(|c| Charset::Digits.fold(c).unwrap_or(c))).collect();
    (folded != text && shaped(specimen) && !shaped(text) && shaped(&folded)).then_some(folded)
}

/// A date that ends in 日, without it.
fn with_day(text: &str, specimen: &str) -> Option<String> {
    let is_whole = text.ends_with(|c: char| c.is_ascii_digit()) && figures(text).len() == 3 && date_of(text).is_some();
    let before = |specimen: &str| specimen.ends_with(char::is_whitespace);
    let gap = specimen.strip_suffix('日').map(|rest| if before(rest) { " " } else { "" })?;
    (is_whole && text.contains('年') && text.contains('月')).then(|| format!("{text}{gap}日"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::template::Rect;

    fn put_right(kind: AreaKind, text: &str, specimen: &str) -> Option<String> {
        let rect = Rect { x: 0.0, y: 0.0, width: 1.0, height: 1.0 };
        let pos_id = kind.pos_id().into();
        restored(&Area { kind, pos_id, rect, keywords: Vec::new(), remove_line: false, remove_stamp: false }, text, specimen)
    }

    #[test]
    fn names_are_in_one_script() {
        let name = |text, specimen| put_right(AreaKind::Head, text, specimen);
        assert_eq!(name("厦門明德医疗器械有限公司", "宁波恒通公司").as_deref(), Some("厦门明德医疗器械有限公司"));
        assert_eq!(name("廣東遠大醫療器械有限公司", "宁波恒通公司"), None, "all of it in the other");
        assert_eq!(name("厦門明德医疗器械有限公司", "廣東远大公司"), None, "as the specimen");
        assert_eq!(put_right(AreaKind::MoneyCn, "陸拾元整万", ""), None, "a sum");
    }

    #[test]
    fn goods_get_their_stars_back() {
        let own = |text, specimen| put_right(AreaKind::Own, text, specimen);
        assert_eq!(own("“鞋*劳保鞋", "*文具*笔").as_deref(), Some("*鞋*劳保鞋"));
        assert_eq!(put_right(AreaKind::Detail, "住宿服务*住宿费", "").as_deref(), Some("*住宿服务*住宿费"));
        assert_eq!(own("·涂料·乳胶漆", "*文具*笔").as_deref(), Some("*涂料*乳胶漆"));
        for (text, goods) in [
            ("鉴证咨询服务检测费", "*鉴证咨询服务*检测费"),
            ("计算机外部设备机械键盘", "*计算机外部设备*机械键盘"),
            ("*谷物加工品五常大米", "*谷物加工品*五常大米"),
            ("集成电路单片机", "*集成电路*单片机"),
        ] {
            assert_eq!(put_right(AreaKind::Detail, text, "*文具*笔").as_deref(), Some(goods));
            assert_eq!(put_right(AreaKind::Detail, text, "餐费").filter(|_| !text.contains('*')), None, "no stars in the specimen");
        }
        for (text, specimen) in [
            ("“鞋”劳保鞋", "文具"),
            ("*鞋*劳保鞋", "*文具*笔"),
            ("*鞋*“甲”", "*文具*笔"),
            ("6*8", "*文具*笔"),
            ("3层120抽*24包", "600*400*280"),
            ("集成电路", "*文具*笔"),
            ("什么都不是", "*文具*笔"),
            ("甲·乙公司", "丙公司"),
        ] {
            assert_eq!(own(text, specimen), None, "{text}");
        }
    }

    #[test]
    fn a_lost_sign_or_day_is_put_back() {
        let sum = |text, specimen| put_right(AreaKind::Money, text, specimen);
        assert_eq!(sum("300.00", "¥192.38").as_deref(), Some("¥300.00"));
        assert_eq!((sum("300.00", "192.38"), sum("¥300.00", "¥192.38"), sum("3.0.0", "¥192.38")), (None, None, None));
        let date = |text, specimen| put_right(AreaKind::Date, text, specimen);
        assert_eq!(date("2023年08月17", "2020年01月02日").as_deref(), Some("2023年08月17日"));
        assert_eq!(date("2023 年 8 月 17", "2020 年 1 月 2 日").as_deref(), Some("2023 年 8 月 17 日"));
        for (text, specimen) in [
            ("2023年08月17日", "2020年01月02日"),
            ("2023-08-17", "2020-01-02"),
            ("2023-08-17", "2020年01月02日"),
            ("2023年08", "2020年01月02日"),
            ("2023年08月32", "2020年01月02日"),
        ] {
            assert_eq!(date(text, specimen), None, "{text}");
        }
    }

    #[test]
    fn the_ending_of_a_firm_has_one_spelling() {
        let head = |text| put_right(AreaKind::Head, text, "");
        for (text, right) in [
            ("宁波杏林(有限台伙)", "宁波杏林(有限合伙)"),
            ("宁波杏林（有限台伙）", "宁波杏林（有限合伙）"),
            ("甲乙有限公可", "甲乙有限公司"),
            ("甲乙有陌公司", "甲乙有限公司"),
            ("甲乙股份冇限公司", "甲乙股份有限公司"),
            ("甲乙有限贵任公司", "甲乙有限责任公司"),
            ("甲乙有限公司南京分公同", "甲乙有限公司南京分公司"),
        ] {
            assert_eq!(head(text).as_deref(), Some(right));
        }
        for text in [
            "甲乙有限公司",
            "甲乙股份有限公司",
            "甲乙有限责任公司",
            "甲乙（有限合伙）",
            "甲乙无限公司",
            "金属有色公司",
            "某市总公司",
            "某市百货公司",
            "市立公园",
            "甲乙有限公园管理处",
            "有限公同",
            "甲乙（普通合伙）",
            "",
        ] {
            assert_eq!(head(text), None, "{text}");
        }
        assert_eq!(put_right(AreaKind::Detail, "甲乙有限公可", ""), None, "no name of a firm");
    }
}
