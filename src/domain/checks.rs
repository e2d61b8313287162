//! When an invoice's fields contradict each other, its template, or the QR code printed on it, and how sure is sure enough.
//! Not here: reading them (engine), the QR code itself (vat_code.rs), nor what is done with a fault (app).

use super::check_digits::{is_credit_code, is_person_number};
use super::invoice::Region;
use super::money::{amount, chinese_amount};
use super::vat_code::{self, VatCode};

const MONEY: &str = "金额";
const MONEY_CN: &str = "中文金额";
const ID_CARD: &str = "身份证号码";
pub(super) const DATE: &str = "日期";
pub(super) const INVOICE_ID: &str = "发票号码";
pub(super) const INVOICE_CODE: &str = "发票代码";
/// What users call an area for a tax number.
const TAX_NUMBER: [&str; 3] = ["税号", "识别号", "信用代码"];

/// The key under which a template's specimen holds the QR code of the origin picture. No area can have it: it is longer than a name.
pub const SPECIMEN_CODE: &str = "\u{0}qr";

/// Why an invoice is at fault; `zh` and `en` say it to a person.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// An area's probability is below the threshold.
    Unsure {
        area: String,
        probability: f64,
    },
    /// 金额 and 中文金额 are different sums.
    AmountsDiffer {
        money: String,
        money_cn: String,
    },
    /// The template's specimen holds a sum here, this invoice does not.
    NoAmount {
        area: String,
        text: String,
    },
    /// The QR code says otherwise.
    CodeDiffers {
        area: String,
        text: String,
        code: String,
    },
    NotADate {
        text: String,
    },
    /// Another number of digits than such a number has.
    Digits {
        area: String,
        text: String,
    },
    /// Its check character does not fit the others.
    CheckDigit {
        area: String,
        text: String,
    },
    /// Two areas together are no longer a third, as they were on the template's own picture: `(area, text)` of each.
    SumDiffers {
        parts: [(String, String); 2],
        whole: (String, String),
    },
}

impl Reason {
    pub fn zh(&self) -> String {
        match self {
            Self::Unsure { area, probability } => format!("{area}识别不可靠（置信度 {probability:.2}）"),
            Self::AmountsDiffer { money, money_cn } => format!("金额“{money}”与中文金额“{money_cn}”不一致"),
            Self::NoAmount { area, text } => format!("{area}“{text}”不是金额"),
            Self::CodeDiffers { area, text, code } => format!("{area}“{text}”与二维码“{code}”不一致"),
            Self::NotADate { text } => format!("日期“{text}”不是有效日期"),
            Self::Digits { area, text } => format!("{area}“{text}”位数不正确"),
            Self::CheckDigit { area, text } => format!("{area}“{text}”校验位不正确"),
            Self::SumDiffers { parts: [(a, x), (b, y)], whole: (c, z) } => format!("{a}“{x}”与{b}“{y}”之和不等于{c}“{z}”"),
        }
    }

    pub fn en(&self) -> String {
        match self {
            Self::Unsure { area, probability } => format!("{area} was not read surely (confidence {probability:.2})"),
            Self::AmountsDiffer { money, money_cn } => format!("金额 \"{money}\" and 中文金额 \"{money_cn}\" differ"),
            Self::NoAmount { area, text } => format!("{area} \"{text}\" is no amount"),
            Self::CodeDiffers { area, text, code } => format!("{area} \"{text}\" differs from the QR code's \"{code}\""),
            Self::NotADate { text } => format!("日期 \"{text}\" is no date"),
            Self::Digits { area, text } => format!("{area} \"{text}\" has a wrong number of digits"),
            Self::CheckDigit { area, text } => format!("{area} \"{text}\" has a wrong check digit"),
            Self::SumDiffers { parts: [(a, x), (b, y)], whole: (c, z) } => {
                format!("{a} \"{x}\" and {b} \"{y}\" do not add up to {c} \"{z}\"")
            }
        }
    }
}

/// All reasons why an invoice is at fault; none when it is not. `regions`: as the engine read them; `specimen`: what the engine read on
/// the template's own picture, by `pos_id`; `codes`: texts of the QR codes on the invoice.
pub fn faults(regions: &[Region], specimen: &[(String, String)], threshold: f64, codes: &[String]) -> Vec<Reason> {
    let text = |pos_id: &str| regions.iter().find(|r| r.pos_id == pos_id).map(|r| r.text.as_str());
    let mut reasons: Vec<Reason> = regions
        .iter()
        .filter(|r| !is_sure(r, threshold))
        .map(|r| Reason::Unsure { area: r.pos_id.clone(), probability: r.probability })
        .collect();
    reasons.extend(money_faults(text(MONEY), text(MONEY_CN), specimen));
    reasons.extend(sum_faults(regions, specimen));
    reasons.extend(
        regions
            .iter()
            .filter(|r| has_wrong_check_digit(r, of_specimen(specimen, &r.pos_id)))
            .map(|r| Reason::CheckDigit { area: r.pos_id.clone(), text: r.text.clone() }),
    );
    if let Some(date) = text(DATE)
        && !date.is_empty()
        && date_of(date).is_none()
    {
        reasons.push(Reason::NotADate { text: date.to_owned() });
    }
    for (area, lengths) in [(INVOICE_CODE, [10, 12]), (INVOICE_ID, [8, 20])] {
        let has_such = |text: &str| {
            let text = compact(text);
            text.chars().all(|c| c.is_ascii_digit()) && lengths.contains(&text.len())
        };
        if let (Some(own), Some(read)) = (of_specimen(specimen, area), text(area))
            && has_such(own)
            && !read.is_empty()
            && !has_such(read)
        {
            reasons.push(Reason::Digits { area: area.into(), text: read.to_owned() });
        }
    }
    for code in codes.iter().filter_map(|c| VatCode::parse(c)) {
        reasons.extend(vat_code::said_otherwise(&code, regions, specimen).map(|(region, code)| Reason::CodeDiffers {
            area: region.pos_id.clone(),
            text: region.text.clone(),
            code,
        }));
    }
    reasons
}

/// A NaN is not sure either.
pub(super) fn is_sure(region: &Region, threshold: f64) -> bool {
    region.probability >= threshold
}

/// The pairs of areas that on the template's own picture added up to a third (the sum, its tax, and both together), and do not here.
fn sum_faults(regions: &[Region], specimen: &[(String, String)]) -> Vec<Reason> {
    let sums: Vec<(&Region, u64)> = regions
        .iter()
        .filter_map(|r| Some((r, of_specimen(specimen, &r.pos_id).and_then(amount).filter(|own| *own > 0)?)))
        .collect();
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

/// Of 18 characters, as tax numbers and persons' have them. An area is taken to hold a tax number by its name, or because the template's
/// own picture has one there.
fn has_wrong_check_digit(region: &Region, specimen: Option<&str>) -> bool {
    let number = compact(&region.text).to_ascii_uppercase();
    if number.len() != 18 || !number.chars().all(|c| c.is_ascii_alphanumeric()) {
        return false;
    }
    let is_tax_number =
        TAX_NUMBER.iter().any(|name| region.pos_id.contains(name)) || specimen.is_some_and(|s| is_credit_code(&compact(s)));
    // A person who trades has the person's number as tax number.
    (is_tax_number && !is_credit_code(&number) || region.pos_id == ID_CARD) && !is_person_number(&number)
}

pub(super) fn of_specimen<'a>(specimen: &'a [(String, String)], pos_id: &str) -> Option<&'a str> {
    specimen.iter().find(|(p, _)| p == pos_id).map(|(_, t)| t.as_str())
}

/// Sums are compared where both are sums. One that is none is a fault only if the specimen shows that a sum belongs there: an area may
/// have been drawn around other words too.
fn money_faults(money: Option<&str>, money_cn: Option<&str>, specimen: &[(String, String)]) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let (figures, words) = (money.and_then(amount), money_cn.and_then(chinese_amount));
    if let (Some(figures), Some(words)) = (figures, words) {
        if figures != words {
            let quote = |text: Option<&str>| text.unwrap_or_default().to_owned();
            reasons.push(Reason::AmountsDiffer { money: quote(money), money_cn: quote(money_cn) });
        }
        return reasons;
    }
    type Parse = fn(&str) -> Option<u64>;
    for (area, text, parse) in [(MONEY, money, amount as Parse), (MONEY_CN, money_cn, chinese_amount as Parse)] {
        if let Some(text) = text
            && !text.is_empty()
            && parse(text).is_none()
            && of_specimen(specimen, area).and_then(parse).is_some()
        {
            reasons.push(Reason::NoAmount { area: area.into(), text: text.to_owned() });
        }
    }
    reasons
}

pub(super) fn compact(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Year, month and day in a text: `2018年10月4日`, `2018-10-04`, `2018.10.4`, `20181004`, `二〇一八年十月四日`, with other words around it. A
/// year of two digits is of this century; a year that is not printed is 0. `None` for what no calendar has.
pub fn date_of(text: &str) -> Option<(u16, u8, u8)> {
    let mut groups: Vec<String> = Vec::new();
    let mut open = false;
    for c in plain_digits(text).chars() {
        if c.is_ascii_digit() {
            match groups.last_mut() {
                Some(group) if open => group.push(c),
                _ => groups.push(c.to_string()),
            }
            open = true;
        } else {
            // A blank between two digits of one number is the printer's, not the calendar's; a sign ends the number.
            open = false;
        }
    }
    let dates = groups.iter().enumerate().filter_map(|(i, group)| match group.len() {
        8 => calendar(group.get(..4)?, group.get(4..6)?, group.get(6..)?),
        1 | 2 | 4 => calendar(group, groups.get(i + 1)?, groups.get(i + 2)?),
        _ => None,
    });
    if groups.len() == 2 && text.contains('月') {
        return calendar("0", &groups[0], &groups[1]);
    }
    let mut dates = dates;
    dates.next()
}

fn calendar(year: &str, month: &str, day: &str) -> Option<(u16, u8, u8)> {
    let year = match (year.len(), year.parse::<u16>().ok()?) {
        (1, 0) => 0,
        (2, short) => 2000 + short,
        (4, year @ 1900..=2199) => year,
        _ => return None,
    };
    let (month, day) = (month.parse::<u8>().ok()?, day.parse::<u8>().ok()?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    (1..=days).contains(&day).then_some((year, month, day))
}

/// Chinese numerals of a date as figures: `二〇一八年十月二十四日` is `2018年10月24日`.
fn plain_digits(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let figure = |c: char| "〇一二三四五六七八九".chars().position(|d| d == c).or((c == '零' || c == '○').then_some(0));
    let mut out = String::new();
    for (i, c) in chars.iter().enumerate() {
        let numeral = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|c| figure(*c).is_some());
        match (*c, figure(*c)) {
            (_, Some(value)) => out.push_str(&value.to_string()),
            ('十' | '拾', _) => match (numeral(i.checked_sub(1)), numeral(Some(i + 1))) {
                (true, true) => {}
                (true, false) => out.push('0'),
                (false, true) => out.push('1'),
                (false, false) => out.push_str("10"),
            },
            ('０'..='９', _) => out.push(char::from_u32(*c as u32 - 0xFEE0).unwrap_or(*c)),
            (c, _) => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regions(list: &[(&str, &str)]) -> Vec<Region> {
        let read = |(area, text): &(&str, &str)| Region {
            pos_id: (*area).into(),
            position: None,
            text: (*text).into(),
            probability: 0.95,
            status: 0,
        };
        list.iter().map(read).collect()
    }

    fn specimen(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(p, t)| ((*p).into(), (*t).into())).collect()
    }

    #[test]
    fn an_unsure_area_is_a_fault_and_a_sure_one_is_not() {
        let mut read = regions(&[("客户名称", "某公司"), ("具体信息", "")]);
        assert_eq!(faults(&read, &[], 0.9, &[]), []);
        read[1].probability = 0.0;
        assert_eq!(faults(&read, &[], 0.9, &[]), [Reason::Unsure { area: "具体信息".into(), probability: 0.0 }]);
        read[1].probability = f64::NAN;
        assert_eq!(faults(&read, &[], 0.9, &[]).len(), 1);
    }

    #[test]
    fn amounts_are_compared() {
        assert_eq!(faults(&regions(&[("金额", "¥20.00"), ("中文金额", "贰拾元整")]), &[], 0.9, &[]), []);
        let wrong = faults(&regions(&[("金额", "¥120.00"), ("中文金额", "贰拾元整")]), &[], 0.9, &[]);
        assert!(matches!(&wrong[..], [Reason::AmountsDiffer { .. }]), "{wrong:?}");
        let none = regions(&[("金额", "20"), ("中文金额", "货元拾整")]);
        assert_eq!(faults(&none, &[], 0.9, &[]), []);
        let wrong = faults(&none, &specimen(&[("中文金额", "伍拾元整")]), 0.9, &[]);
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
    fn a_sum_and_its_tax_are_the_total_where_they_were() {
        let own = specimen(&[("不含税", "¥100.00"), ("税额", "¥13.00"), ("金额", "¥113.00"), ("单价", "¥0.00")]);
        let good = [("不含税", "200.00"), ("税额", "26.00"), ("金额", "226.00"), ("单价", "7")];
        assert_eq!(faults(&regions(&good), &own, 0.9, &[]), []);
        let bad = [("不含税", "200.00"), ("税额", "28.00"), ("金额", "226.00"), ("单价", "7")];
        let wrong = faults(&regions(&bad), &own, 0.9, &[]);
        assert!(matches!(&wrong[..], [Reason::SumDiffers { whole: (area, _), .. }] if area == "金额"), "{wrong:?}");
        // What can't be a sum is another fault's, and what never added up need not.
        assert_eq!(faults(&regions(&[("不含税", "2OO"), ("税额", "28.00")]), &own, 0.9, &[]), []);
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
    fn the_code_is_believed() {
        let code = ["01,10,044001900111,12345678,100.00,20181004,12345678901234567890,ABCD,".to_owned()];
        let good =
            regions(&[("发票代码", "044001900111"), ("发票号码", "12345678"), ("日期", "2018年10月4日"), ("金额", "¥113.00")]);
        assert_eq!(faults(&good, &[], 0.9, &code), []);
        let bad =
            regions(&[("发票代码", "044001900112"), ("发票号码", "12345679"), ("日期", "2018年10月5日"), ("金额", "¥113.00")]);
        assert_eq!(faults(&bad, &[], 0.9, &code).len(), 3);
        // On the origin the area held what its code said: here it must too.
        let own = specimen(&[("金额", "¥50.00"), (SPECIMEN_CODE, "01,10,044001900111,12345670,50.00,20180901,1,A,")]);
        assert_eq!(faults(&good, &own, 0.9, &code).len(), 1);
        assert_eq!(faults(&bad, &[], 0.9, &["https://example.com/a,b,c".to_owned()]), []);
    }

    #[test]
    fn dates_are_told_from_what_is_none() {
        for (text, date) in [
            ("2018年10月04日", (2018, 10, 4)),
            ("开票日期：2018-1-9 11:34", (2018, 1, 9)),
            ("2020.02.29", (2020, 2, 29)),
            ("20181004", (2018, 10, 4)),
            ("二〇一八年十月二十四日", (2018, 10, 24)),
            ("二零一八年二月十日", (2018, 2, 10)),
            ("18年3月5日", (2018, 3, 5)),
            ("２０１８年１０月４日", (2018, 10, 4)),
            ("10月4日", (0, 10, 4)),
        ] {
            assert_eq!(date_of(text), Some(date), "{text}");
        }
        for text in ["2018年13月04日", "2019-02-29", "20180230", "某日", "12345", "2018年10月", ""] {
            assert_eq!(date_of(text), None, "{text}");
        }
        assert!(matches!(&faults(&regions(&[("日期", "2018年10月32日")]), &[], 0.9, &[])[..], [Reason::NotADate { .. }]));
    }

    #[test]
    fn a_reason_speaks_both_languages() {
        let reason = Reason::Digits { area: "发票号码".into(), text: "1".into() };
        assert!(reason.zh().contains("位数") && reason.en().contains("digits"));
    }
}
