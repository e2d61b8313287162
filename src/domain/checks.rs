//! Checks of an invoice's fields against each other, the template and the QR code. Not here: reading (engine), the QR code
//! (vat_code.rs), handling faults (app).

use super::area::{AreaKind, Holds};
pub use super::calendar::date_of;
use super::calendar::is_to_come;
use super::check_digits::{is_credit_code, is_person_number, is_tax_number_length};
use super::identity;
use super::ids::Millis;
use super::money::{amount, chinese_amount};
pub use super::reason::Reason;
use super::region::{Region, is_sure, text_of};
use super::template::Learnt;
use super::text::{compact, is_blank};
use super::vat_code::{self, VatCode};

const TAX_NUMBER: [&str; 3] = ["税号", "识别号", "信用代码"];
const SUM: [&str; 3] = ["金额", "税额", "合计"];

/// Why an invoice is at fault; empty if it is not. `learnt`: from the template's origin picture; `threshold`: the lowest
/// probability that is sure; `codes`: texts of the QR codes.
pub fn faults(regions: &[Region], learnt: &Learnt, threshold: f64, codes: &[String]) -> Vec<Reason> {
    let unsure = regions.iter().filter(|r| !is_sure(r, threshold));
    let mut reasons: Vec<Reason> = unsure.map(not_sure).collect();
    reasons.extend(contradictions(regions, learnt, codes));
    reasons
}

fn not_sure(region: &Region) -> Reason {
    let (area, probability) = (region.pos_id.clone(), region.probability);
    if is_blank(&region.text) { Reason::NothingRead { area, probability } } else { Reason::Unsure { area, probability } }
}

pub fn several(papers: u32) -> Option<Reason> {
    (papers > 1).then_some(Reason::Several { invoices: papers })
}

/// On a picture with one code.
pub fn sum_of_code_differs(regions: &[Region], codes: &[String]) -> Option<Reason> {
    let mut known = codes.iter().filter_map(|code| VatCode::parse(code));
    let (code, None) = (known.next()?, known.next()) else { return None };
    let (area, text, said) = code.other_sum(regions)?;
    Some(Reason::CodeDiffers { area: area.to_owned(), text: text.to_owned(), code: said.to_owned() })
}

/// What follows from the values alone, whoever read or typed them.
pub fn contradictions(regions: &[Region], learnt: &Learnt, codes: &[String]) -> Vec<Reason> {
    let mut reasons = money_faults(regions, learnt);
    reasons.extend(red_without_minus(regions));
    reasons.extend(sum_faults(regions, learnt));
    for region in regions {
        let (area, text) = (region.pos_id.clone(), region.text.clone());
        let own = learnt.specimen(&region.pos_id);
        if has_wrong_check_digit(region, own) {
            reasons.push(Reason::CheckDigit { area, text });
        } else if has_wrong_length(region, own) {
            reasons.push(Reason::Digits { area, text });
        }
    }
    if let Some(date) = text_of(regions, AreaKind::Date)
        && !date.is_empty()
        && date_of(date).is_none()
    {
        reasons.push(Reason::NotADate { text: date.to_owned() });
    }
    for code in codes.iter().filter_map(|c| VatCode::parse(c)) {
        reasons.extend(vat_code::contradicted(&code, regions, learnt).map(|(region, code)| Reason::CodeDiffers {
            area: region.pos_id.clone(),
            text: region.text.clone(),
            code,
        }));
    }
    reasons
}

/// `at`: when it was read.
pub fn day_to_come(regions: &[Region], at: Millis) -> Option<Reason> {
    let text = text_of(regions, AreaKind::Date).filter(|text| is_to_come(text, at))?;
    Some(Reason::DayToCome { text: text.to_owned() })
}

pub(super) fn has_digits(text: &str, lengths: [usize; 2]) -> bool {
    let text = compact(text);
    text.chars().all(|c| c.is_ascii_digit()) && lengths.contains(&text.len())
}

/// The specimen has a standard length, and this text does not.
fn has_wrong_length(region: &Region, specimen: Option<&str>) -> bool {
    let Some(own) = specimen.filter(|_| !region.text.is_empty()) else { return false };
    match region.kind().holds() {
        Holds::Serial(lengths) => has_digits(own, lengths) && !has_digits(&region.text, lengths),
        _ => {
            let length = |text: &str| compact(text).chars().count();
            holds_tax_number(&region.pos_id, Some(own))
                && is_tax_number_length(length(own))
                && !is_tax_number_length(length(&region.text))
        }
    }
}

pub fn holds_tax_number(area: &str, specimen: Option<&str>) -> bool {
    TAX_NUMBER.iter().any(|name| area.contains(name)) || specimen.is_some_and(|s| is_credit_code(&compact(s)))
}

pub(super) fn is_sum_by_name(area: &str) -> bool {
    AreaKind::of_pos_id(area).holds() == Holds::Sum || SUM.iter().any(|name| area.contains(name))
}

/// Whether an area must hold a sum in figures. Its name alone does not say: it may have been drawn around other words.
pub fn holds_sum(area: &str, specimen: Option<&str>) -> bool {
    let own = specimen.filter(|s| amount(s).is_some());
    own.is_some_and(|s| s.contains(['¥', '￥']) || is_sum_by_name(area))
}

/// Where known forms have the sum without tax, the tax (beside the total of `AreaKind::Money`) and the seller's name.
pub const NET: &str = "不含税金额";
pub const TAX: &str = "税额";
pub const SELLER: &str = "销方名称";

/// On a known form, tax and the sum without it are the total.
pub fn total_differs(regions: &[Region]) -> Option<Reason> {
    let [net, tax, whole] = [NET, TAX, AreaKind::Money.pos_id()].map(|pos_id| {
        let text = regions.iter().find(|r| r.pos_id == pos_id).map_or("", |r| r.text.as_str());
        (pos_id.to_owned(), text.to_owned())
    });
    let (Some(a), Some(b), Some(c)) = (amount(&net.1), amount(&tax.1), amount(&whole.1)) else { return None };
    (a.checked_add(b) != Some(c)).then_some(Reason::SumDiffers { parts: [net, tax], whole })
}

/// Stars and words for no sum at all.
pub fn marks_no_sum(text: &str) -> bool {
    let text = compact(text);
    text.chars().all(|c| matches!(c, '*' | '＊')) || matches!(text.as_str(), "免税" | "不征税")
}

fn red_without_minus(regions: &[Region]) -> Option<Reason> {
    let text = text_of(regions, AreaKind::Money).filter(|text| amount(text).is_some_and(|fen| fen > 0))?;
    identity::is_said_to_be_red(regions).then(|| Reason::RedWithoutMinus { text: text.to_owned() })
}

/// Pairs that added up to a third on the origin picture (sum, tax, total) and no longer do.
fn sum_faults(regions: &[Region], learnt: &Learnt) -> Vec<Reason> {
    let sums: Vec<(&Region, i64)> =
        regions.iter().filter_map(|r| Some((r, learnt.specimen(&r.pos_id).and_then(amount).filter(|own| *own != 0)?))).collect();
    let mut reasons = Vec::new();
    for (i, (a, x)) in sums.iter().enumerate() {
        for (b, y) in &sums[i + 1..] {
            for (c, _) in sums.iter().filter(|(_, z)| x.checked_add(*y) == Some(*z)) {
                if let (Some(here), Some(there), Some(both)) = (amount(&a.text), amount(&b.text), amount(&c.text))
                    && here.checked_add(there) != Some(both)
                {
                    let said = |r: &Region| (r.pos_id.clone(), r.text.clone());
                    reasons.push(Reason::SumDiffers { parts: [said(a), said(b)], whole: said(c) });
                }
            }
        }
    }
    reasons
}

fn has_wrong_check_digit(region: &Region, specimen: Option<&str>) -> bool {
    let number = compact(&region.text).to_ascii_uppercase();
    if number.len() != 18 || !number.chars().all(|c| c.is_ascii_alphanumeric()) {
        return false;
    }
    let is_tax_number = holds_tax_number(&region.pos_id, specimen);
    // Sole traders use their personal number as tax number.
    (is_tax_number && !is_credit_code(&number) || region.kind().holds() == Holds::PersonNumber) && !is_person_number(&number)
}

/// Two sums must be equal. What is no sum is a fault if its specimen is one or, without a specimen, if the other is one: areas may
/// be drawn around other words.
fn money_faults(regions: &[Region], learnt: &Learnt) -> Vec<Reason> {
    let text = |kind| text_of(regions, kind).unwrap_or_default();
    let (money, money_cn) = (text(AreaKind::Money), text(AreaKind::MoneyCn));
    let mut reasons = Vec::new();
    let said = (amount(money), chinese_amount(money_cn));
    if let (Some(figures), Some(words)) = said
        && figures != words
    {
        reasons.push(Reason::AmountsDiffer { money: money.to_owned(), money_cn: money_cn.to_owned() });
    }
    for region in regions {
        let (own, is_empty) = (learnt.specimen(&region.pos_id), is_blank(&region.text));
        let is_missing = match region.kind() {
            AreaKind::Money if said.0.is_none() && said.1.is_some() => own.is_none_or(|own| is_blank(own) || amount(own).is_some()),
            AreaKind::Money if own.is_none_or(is_blank) => said.0.is_none() && (is_empty || !marks_no_sum(&region.text)),
            _ if is_empty => false,
            AreaKind::MoneyCn => {
                let belongs = own.map_or(said.0.is_some(), |own| chinese_amount(own).is_some());
                said.1.is_none() && belongs
            }
            kind => {
                let belongs = holds_sum(&region.pos_id, own) && (kind == AreaKind::Money || !marks_no_sum(&region.text));
                belongs && amount(&region.text).is_none()
            }
        };
        if is_missing {
            let text = if is_empty { String::new() } else { region.text.clone() };
            reasons.push(Reason::NoAmount { area: region.pos_id.clone(), text });
        }
    }
    reasons
}

/// Areas of a template's own picture that hold no sum or date; shown while it is drawn.
pub fn warnings(texts: &[(String, String)]) -> Vec<Reason> {
    let wrong = |(area, text): &(String, String)| {
        let no_amount = || Reason::NoAmount { area: area.clone(), text: text.clone() };
        match AreaKind::of_pos_id(area).holds() {
            Holds::Sum => amount(text).is_none().then(no_amount),
            Holds::SumInWords => chinese_amount(text).is_none().then(no_amount),
            Holds::Date => date_of(text).is_none().then(|| Reason::NotADate { text: text.clone() }),
            _ => None,
        }
    };
    texts.iter().filter_map(wrong).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::paper::Source;

    fn regions(list: &[(&str, &str)]) -> Vec<Region> {
        let read = |(area, text): &(&str, &str)| Region {
            pos_id: (*area).into(),
            position: None,
            text: (*text).into(),
            probability: 0.95,
            status: 0,
            source: Source::Ocr,
            page: 1,
            doubts: Vec::new(),
        };
        list.iter().map(read).collect()
    }

    fn specimen(list: &[(&str, &str)]) -> Learnt {
        Learnt { areas: list.iter().map(|(p, t)| ((*p).into(), (*t).into())).collect(), ..Learnt::default() }
    }

    fn none() -> Learnt {
        Learnt::default()
    }

    #[test]
    fn an_unsure_area_is_a_fault_and_a_sure_one_is_not() {
        let mut read = regions(&[("客户名称", "某公司"), ("具体信息", "")]);
        assert_eq!(faults(&read, &none(), 0.9, &[]), []);
        read[1].probability = 0.0;
        assert_eq!(faults(&read, &none(), 0.9, &[]), [Reason::NothingRead { area: "具体信息".into(), probability: 0.0 }]);
        read[1].text = "元".into();
        assert_eq!(faults(&read, &none(), 0.9, &[]), [Reason::Unsure { area: "具体信息".into(), probability: 0.0 }]);
        read[1].probability = f64::NAN;
        assert_eq!(faults(&read, &none(), 0.9, &[]).len(), 1);
    }

    #[test]
    fn amounts_are_compared() {
        assert_eq!(faults(&regions(&[("金额", "¥20.00"), ("中文金额", "贰拾元整")]), &none(), 0.9, &[]), []);
        let wrong = faults(&regions(&[("金额", "¥120.00"), ("中文金额", "贰拾元整")]), &none(), 0.9, &[]);
        assert!(matches!(&wrong[..], [Reason::AmountsDiffer { .. }]), "{wrong:?}");
        let none = regions(&[("金额", "20"), ("中文金额", "货元拾整")]);
        assert_eq!(faults(&none, &specimen(&[("中文金额", "备注")]), 0.9, &[]), [], "drawn around other words");
        let wrong = faults(&none, &specimen(&[("中文金额", "伍拾元整")]), 0.9, &[]);
        assert!(matches!(&wrong[..], [Reason::NoAmount { .. }]), "{wrong:?}");
    }

    #[test]
    fn if_one_amount_is_a_sum_so_must_the_other_be() {
        for text in ["", "¥1,23", "$100.00", "235.00-", "NaN", "二百", "\u{200B}"] {
            let read = regions(&[("金额", text), ("中文金额", "贰佰叁拾伍元整")]);
            for own in [&[][..], &[("金额", "¥1.00"), ("中文金额", "壹元整")]] {
                let wrong = faults(&read, &specimen(own), 0.9, &[]);
                assert!(matches!(&wrong[..], [Reason::NoAmount { area, .. }] if area == "金额"), "{text} {own:?}: {wrong:?}");
            }
            assert_eq!(faults(&read, &specimen(&[("金额", "备注")]), 0.9, &[]), [], "drawn around other words");
        }
        let wrong = faults(&regions(&[("金额", "¥20.00"), ("中文金额", "货元拾整")]), &none(), 0.9, &[]);
        assert!(matches!(&wrong[..], [Reason::NoAmount { area, .. }] if area == "中文金额"), "{wrong:?}");
        assert_eq!(faults(&regions(&[("中文金额", "贰拾元整")]), &none(), 0.9, &[]), [], "it has no such area");
        for text in ["$20.00", "1.234,50", "1OO.OO", ""] {
            let wrong = faults(&regions(&[("金额", text), ("中文金额", "看不清")]), &none(), 0.9, &[]);
            assert!(matches!(&wrong[..], [Reason::NoAmount { area, .. }] if area == "金额"), "{text}: {wrong:?}");
        }
        assert_eq!(faults(&regions(&[("金额", "***")]), &none(), 0.9, &[]), [], "it says that there is none");
        let wrong = faults(&regions(&[("金额", "1OO.OO")]), &specimen(&[("金额", "")]), 0.9, &[]);
        assert!(matches!(&wrong[..], [Reason::NoAmount { .. }]), "{wrong:?}");
    }

    #[test]
    fn numbers_have_the_digits_their_specimen_has() {
        let own = specimen(&[("发票代码", "144001604125"), ("发票号码", "07172119")]);
        assert_eq!(faults(&regions(&[("发票代码", "1440016041"), ("发票号码", "07172119")]), &own, 0.9, &[]), []);
        assert_eq!(faults(&regions(&[("发票代码", "14400160412"), ("发票号码", "0717211A")]), &own, 0.9, &[]).len(), 2);
        let train = specimen(&[("发票号码", "A012345")]);
        assert_eq!(faults(&regions(&[("发票号码", "B99")]), &train, 0.9, &[]), []);
    }

    #[test]
    fn sums_add_up_where_they_did_on_the_specimen() {
        let own = specimen(&[("不含税", "¥100.00"), ("税额", "¥13.00"), ("金额", "¥113.00"), ("单价", "¥0.00")]);
        let good = [("不含税", "200.00"), ("税额", "26.00"), ("金额", "226.00"), ("单价", "7")];
        assert_eq!(faults(&regions(&good), &own, 0.9, &[]), []);
        let bad = [("不含税", "200.00"), ("税额", "28.00"), ("金额", "226.00"), ("单价", "7")];
        let wrong = faults(&regions(&bad), &own, 0.9, &[]);
        assert!(matches!(&wrong[..], [Reason::SumDiffers { whole: (area, _), .. }] if area == "金额"), "{wrong:?}");
        let wrong = faults(&regions(&[("不含税", "2OO"), ("税额", "28.00")]), &own, 0.9, &[]);
        assert!(matches!(&wrong[..], [Reason::NoAmount { .. }]), "{wrong:?}");
        assert_eq!(faults(&regions(&bad), &specimen(&[("不含税", "1"), ("税额", "1"), ("金额", "3")]), 0.9, &[]), []);
    }

    #[test]
    fn numbers_with_a_check_digit_are_checked() {
        let wrong =
            |area: &str, text: &str, own: &[(&str, &str)]| !faults(&regions(&[(area, text)]), &specimen(own), 0.9, &[]).is_empty();
        assert!(!wrong("购方税号", "91350100M000100Y43", &[]));
        assert!(wrong("购方税号", "91350100M000100Y48", &[]));
        assert!(!wrong("购方税号", "11010519491231002X", &[]));
        assert!(!wrong("购方税号", "350100123456789", &[]));
        assert!(wrong("own1", "91350100M000108Y43", &[("own1", "91350100M000100Y43")]));
        assert!(!wrong("own1", "91350100M000108Y43", &[("own1", "12345")]));
        assert!(wrong("身份证号码", "11010519491231012X", &[]));
        assert!(!wrong("身份证号码", "1101051949****002X", &[]));
    }

    #[test]
    fn negative_sums_are_compared_with_their_sign() {
        assert_eq!(faults(&regions(&[("金额", "-¥235.00"), ("中文金额", "（负数）贰佰叁拾伍元整")]), &none(), 0.9, &[]), []);
        let wrong = faults(&regions(&[("金额", "-¥235.00"), ("中文金额", "贰佰叁拾伍元整")]), &none(), 0.9, &[]);
        assert!(matches!(&wrong[..], [Reason::AmountsDiffer { .. }]), "{wrong:?}");
        let own = specimen(&[("不含税", "¥100.00"), ("税额", "¥13.00"), ("金额", "¥113.00")]);
        let red = [("不含税", "¥-200.00"), ("税额", "¥-26.00"), ("金额", "(226.00)")];
        assert_eq!(faults(&regions(&red), &own, 0.9, &[]), []);
        assert_eq!(faults(&regions(&[red[0], red[1], ("金额", "226.00")]), &own, 0.9, &[]).len(), 1);
    }

    #[test]
    fn where_the_specimen_has_a_sum_one_is_required() {
        let own = specimen(&[("税额", "¥13.00"), ("合计金额", "100.00"), ("座位", "12"), ("备注", "¥7.00")]);
        let wrong =
            faults(&regions(&[("税额", "¥1l.00"), ("合计金额", "壹佰"), ("座位", "无座"), ("备注", "七元")]), &own, 0.9, &[]);
        let areas: Vec<&str> = wrong.iter().flat_map(|r| r.areas()).collect();
        assert_eq!(areas, ["税额", "合计金额", "备注"], "{wrong:?}");
        assert_eq!(faults(&regions(&[("税额", "***"), ("合计金额", "免税"), ("备注", "不征税")]), &own, 0.9, &[]), []);
        let areas = |own: &[(&str, &str)]| warnings(&specimen(own).areas).iter().map(|r| r.areas().join("")).collect::<String>();
        assert_eq!(areas(&[("金额", "¥5..3"), ("日期", "某日"), ("备注", "x")]), "金额日期");
        assert_eq!(areas(&[("金额", ")¥53.40"), ("日期", "2026年1月2日"), ("中文金额", "伍元整")]), "");
    }

    #[test]
    fn tax_numbers_have_a_standard_length() {
        let own = specimen(&[("购方税号", "91350100M000100Y43"), ("销方", "91350100M000100Y43"), ("旧税号", "1234")]);
        let wrong = |area: &str, text: &str| faults(&regions(&[(area, text)]), &own, 0.9, &[]).len();
        for length in 1..=22 {
            let text = "91350100M000100Y4391350100M0".get(..length).unwrap_or_default();
            assert_eq!(wrong("购方税号", text), usize::from(![15, 18, 20].contains(&length)), "{length}");
        }
        assert_eq!((wrong("销方", "91350100M000100Y4"), wrong("旧税号", "91350100M000100Y4"), wrong("购方税号", "")), (1, 0, 0));
    }

    #[test]
    fn the_code_is_believed() {
        let code = ["01,10,044001900111,12345678,100.00,20181004,12345678901234567890,ABCD,".to_owned()];
        let good =
            regions(&[("发票代码", "044001900111"), ("发票号码", "12345678"), ("日期", "2018年10月4日"), ("金额", "¥113.00")]);
        assert_eq!(faults(&good, &none(), 0.9, &code), []);
        let bad =
            regions(&[("发票代码", "044001900112"), ("发票号码", "12345679"), ("日期", "2018年10月5日"), ("金额", "¥113.00")]);
        assert_eq!(faults(&bad, &none(), 0.9, &code).len(), 3);
        // The area held the code's amount on the origin picture.
        let own =
            Learnt { code: Some("01,10,044001900111,12345670,50.00,20180901,1,A,".into()), ..specimen(&[("金额", "¥50.00")]) };
        assert_eq!(faults(&good, &own, 0.9, &code).len(), 1);
        assert_eq!(faults(&bad, &none(), 0.9, &["https://example.com/a,b,c".to_owned()]), []);
    }

    #[test]
    fn what_says_that_it_is_red_has_a_negative_sum() {
        let remark = ("备注", "被红冲蓝字数电票号码：24112000000999000001 红字发票信息确认单编号：11010000000000000001");
        assert_eq!(faults(&regions(&[("金额", "-500.00"), remark]), &none(), 0.9, &[]), []);
        let wrong = faults(&regions(&[("金额", "500.00"), remark]), &none(), 0.9, &[]);
        assert!(matches!(&wrong[..], [Reason::RedWithoutMinus { text }] if text == "500.00"), "{wrong:?}");
        assert_eq!(faults(&regions(&[("金额", "500.00"), ("备注", "原发票号码:24112000000999000001")]), &none(), 0.9, &[]), []);
    }

    #[test]
    fn an_impossible_date_is_a_fault() {
        assert!(matches!(&faults(&regions(&[("日期", "2018年10月32日")]), &none(), 0.9, &[])[..], [Reason::NotADate { .. }]));
    }
}
