//! The judgement of a known form: of each field the surest source's value, and what speaks against it. Not here: finding the values
//! (forms/), checks that hold for any invoice (checks.rs).

use super::area::{AreaKind, POS_LABEL};
use super::checks::{self, NET, SELLER, TAX};
use super::forms::{self, Field, Form};
use super::judge::Verdict;
use super::kind::Kind;
use super::money::{amount, plain};
use super::paper::{Item, Source};
use super::reason::Reason;
use super::region::{Region, text_of};
use super::template::Learnt;

/// What every invoice of the kind has.
fn needed(kind: Kind) -> &'static [AreaKind] {
    match kind {
        Kind::Quota => &[AreaKind::InvoiceCode, AreaKind::InvoiceId, AreaKind::Money],
        _ => &[AreaKind::InvoiceId, AreaKind::Date, AreaKind::Money],
    }
}

/// Of its number; empty where it is not of digits alone.
fn digits(kind: Kind) -> &'static [usize] {
    match kind {
        Kind::DigitalNormal | Kind::DigitalSpecial | Kind::DigitalRail | Kind::DigitalAir => &[20],
        Kind::VatENormal | Kind::VatESpecial | Kind::VatNormal | Kind::VatSpecial | Kind::VatRoll | Kind::VatToll => &[8, 20],
        _ => &[],
    }
}

/// Whose names every invoice of the kind has.
fn parties(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::VatRoll => &[SELLER],
        Kind::DigitalNormal
        | Kind::DigitalSpecial
        | Kind::VatENormal
        | Kind::VatESpecial
        | Kind::VatNormal
        | Kind::VatSpecial
        | Kind::VatToll => &["客户名称", SELLER],
        _ => &[],
    }
}

/// `threshold`: the lowest probability that is sure.
pub fn judge(form: &Form, threshold: f64) -> Verdict {
    let (mut regions, mut reasons) = (Vec::new(), Vec::new());
    for (at, field) in form.fields.iter().enumerate() {
        if form.fields[..at].iter().any(|known| known.pos_id == field.pos_id) {
            continue;
        }
        let (region, differs) = surest(field, form.fields[at..].iter().filter(|other| other.pos_id == field.pos_id), threshold);
        regions.push(region);
        reasons.extend(differs);
    }
    let (pos_id, label, source, page) = (POS_LABEL.to_owned(), form.kind.zh().to_owned(), Source::Ocr, form.pages.0);
    let source = regions.iter().map(|r: &Region| r.source).min().unwrap_or(source);
    regions.push(Region { pos_id, position: None, text: label, probability: 1.0, status: 0, source, page, doubts: Vec::new() });
    let missing = needed(form.kind).iter().filter(|kind| text_of(&regions, **kind).is_none_or(str::is_empty));
    let missing: Vec<Reason> = missing.map(|kind| Reason::Missing { area: kind.pos_id().to_owned() }).collect();
    reasons.extend(missing);
    let number = text(&regions, AreaKind::InvoiceId.pos_id());
    let lengths = digits(form.kind);
    if !number.is_empty() && !lengths.is_empty() && !lengths.contains(&number.len()) {
        reasons.push(Reason::Digits { area: AreaKind::InvoiceId.pos_id().to_owned(), text: number.to_owned() });
    }
    let unnamed = parties(form.kind).iter().filter(|pos_id| text(&regions, pos_id).is_empty());
    let unnamed: Vec<Reason> = unnamed.map(|pos_id| Reason::Missing { area: (*pos_id).to_owned() }).collect();
    reasons.extend(unnamed);
    let is_read = form.fields.iter().all(|field| matches!(field.source, Source::Ocr | Source::Qr));
    reasons.extend(match form.beside {
        0 => None,
        papers if is_read => Some(Reason::Several { invoices: papers + 1 }),
        pictures => Some(Reason::PicturesBeside { pictures }),
    });
    // What its source contradicts is unsure for that alone, which is said with both values.
    let twice: Vec<&str> = reasons.iter().filter_map(contradicted_by_itself).collect();
    let is_said = |reason: &Reason| reason.unsure().is_some_and(|(area, _)| twice.contains(&area));
    let found = checks::faults(&regions, &Learnt::default(), threshold, &[]);
    let found: Vec<Reason> = found.into_iter().filter(|reason| !is_said(reason)).collect();
    reasons.extend(found);
    reasons.extend(checks::total_differs(&regions));
    reasons.extend(items_differ(&regions, &form.items));
    let is_of_difference = text(&regions, "备注").contains("差额");
    reasons.extend((1..).zip(&form.items).filter(|_| !is_of_difference).find_map(|(line, item)| line_tax_differs(line, item)));
    Verdict { regions, filled: Vec::new(), reasons }
}

/// The area of which one source says two things.
fn contradicted_by_itself(reason: &Reason) -> Option<&str> {
    match reason {
        Reason::SourcesDiffer { area, surer: (a, _), other: (b, _) } if a == b => Some(area),
        _ => None,
    }
}

/// The first is the surest; where the others say the same, it has their place on the page.
fn surest<'a>(first: &Field, all: impl Iterator<Item = &'a Field>, threshold: f64) -> (Region, Option<Reason>) {
    let (mut position, mut page, mut probability, mut differs) = (first.rect, first.page, first.probability, None);
    for other in all.skip(1) {
        if forms::is_same(first.pos_id, &first.text, &other.text) {
            probability = probability.max(other.probability);
            if position.is_none() && other.rect.is_some() {
                (position, page) = (other.rect, other.page);
            }
        } else if other.probability >= threshold && differs.is_none() {
            let said = |field: &Field| (field.source, field.text.clone());
            differs = Some(Reason::SourcesDiffer { area: first.pos_id.to_owned(), surer: said(first), other: said(other) });
        }
    }
    let (pos_id, text) = (first.pos_id.to_owned(), first.text.clone());
    (Region { pos_id, position, text, probability, status: 0, source: first.source, page, doubts: Vec::new() }, differs)
}

fn text<'a>(regions: &'a [Region], pos_id: &str) -> &'a str {
    regions.iter().find(|r| r.pos_id == pos_id).map_or("", |r| r.text.as_str())
}

/// The lines' amounts and taxes add up to the invoice's.
fn items_differ(regions: &[Region], items: &[Item]) -> Option<Reason> {
    let sum = |of: fn(&Item) -> &str| items.iter().filter_map(|item| amount(of(item))).try_fold(0i64, i64::checked_add);
    let differs = |pos_id: &str, of: fn(&Item) -> &str| {
        let is_no_sum = |text: &&str| amount(text).is_none() && text.chars().filter(char::is_ascii_digit).count() > 2;
        // Two columns in one, say.
        if let (Some(wrong), whole) = (items.iter().map(of).find(is_no_sum), text(regions, pos_id)) {
            return Some(Reason::ItemsDiffer { area: pos_id.to_owned(), items: wrong.to_owned(), whole: whole.to_owned() });
        }
        let (lines, whole) = (sum(of)?, amount(text(regions, pos_id))?);
        let is_said = items.iter().any(|item| amount(of(item)).is_some());
        (is_said && lines != whole).then(|| Reason::ItemsDiffer {
            area: pos_id.to_owned(),
            items: plain(lines),
            whole: plain(whole),
        })
    };
    differs(NET, |item| &item.amount).or_else(|| differs(TAX, |item| &item.tax))
}

/// Rates of reduced levies, whose tax may be of another amount: 5 % taken as 1.5 %, 3 % as 2 %.
const REDUCED: [&str; 2] = ["1.5%", "2%"];
/// What rounding makes of a line, in fen; and a fen for each unit, where each was rounded, but not more than a hundredth.
const ROUNDING: i128 = 6;

/// A percentage in thousandths of a per cent.
fn rate(text: &str) -> Option<i128> {
    let percent = text.strip_suffix('%').filter(|_| !REDUCED.contains(&text))?;
    let (whole, fraction) = percent.split_once('.').unwrap_or((percent, ""));
    let is_number = |part: &str| part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    format!("{whole}{fraction:0<3}").parse().ok()
}

/// The line's tax is not its rate of its amount; only where it says all three.
fn line_tax_differs(line: u32, item: &Item) -> Option<Reason> {
    let (net, tax, rate) = (i128::from(amount(&item.amount)?), i128::from(amount(&item.tax)?), rate(&item.tax_rate)?);
    let units = item.quantity.parse::<f64>().ok().filter(|units| units.is_finite()).map_or(0.0, |units| units.abs().ceil());
    let rounding = ROUNDING.max((units as i128).min(net.abs() / 100));
    let is_off = (tax * 100_000 - net * rate).abs() > rounding * 100_000;
    let (amount, rate, tax) = (item.amount.clone(), item.tax_rate.clone(), item.tax.clone());
    is_off.then_some(Reason::LineTaxDiffers { line, amount, rate, tax })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::template::Rect;

    const RECT: Rect = Rect { x: 1.0, y: 2.0, width: 3.0, height: 4.0 };

    fn field(pos_id: &'static str, text: &str, source: Source) -> Field {
        let rect = (source == Source::Pdf).then_some(RECT);
        Field { pos_id, text: text.into(), probability: 1.0, source, page: 1, rect }
    }

    fn form(fields: &[(&'static str, &str, Source)], items: &[(&str, &str)]) -> Form {
        let items = items.iter().map(|(amount, tax)| Item { amount: (*amount).into(), tax: (*tax).into(), ..Item::default() });
        let fields = fields.iter().map(|(pos_id, text, source)| field(pos_id, text, *source)).collect();
        Form { kind: Kind::DigitalNormal, fields, items: items.collect(), pages: (1, 1), beside: 0 }
    }

    const GOOD: [(&str, &str, Source); 7] = [
        ("发票号码", "24112000000048542163", Source::Xml),
        ("日期", "2024-05-28", Source::Xml),
        ("金额", "113.00", Source::Xml),
        (NET, "100.00", Source::Xml),
        (TAX, "13.00", Source::Xml),
        ("客户名称", "示例采购单位", Source::Xml),
        (SELLER, "示例科技有限公司", Source::Xml),
    ];

    #[test]
    fn a_whole_form_whose_sources_agree_needs_nobody() {
        let mut fields = GOOD.to_vec();
        fields.push(("日期", "2024年05月28日", Source::Pdf));
        let verdict = judge(&form(&fields, &[("60.00", "7.80"), ("40.00", "5.20")]), 0.9);
        assert_eq!(verdict.reasons, []);
        let date = &verdict.regions[1];
        assert_eq!((date.text.as_str(), date.source, date.position), ("2024-05-28", Source::Xml, Some(RECT)));
    }

    #[test]
    fn whoever_is_not_named_is_missed_and_a_picture_beside_the_text_is_said() {
        let missed = |pos_id: &str, kind: Kind| {
            let fields: Vec<_> = GOOD.into_iter().filter(|(name, ..)| *name != pos_id).collect();
            judge(&Form { kind, ..form(&fields, &[]) }, 0.9).reasons
        };
        assert_eq!(missed(SELLER, Kind::VatToll), [Reason::Missing { area: SELLER.into() }]);
        assert_eq!(missed("客户名称", Kind::DigitalSpecial), [Reason::Missing { area: "客户名称".into() }]);
        assert_eq!(missed("客户名称", Kind::VatRoll), [], "bought by whoever came in");
        let beside = judge(&Form { beside: 1, ..form(&GOOD, &[]) }, 0.9).reasons;
        assert_eq!(beside, [Reason::PicturesBeside { pictures: 1 }]);
    }

    #[test]
    fn a_digital_number_has_twenty_digits() {
        let mut short = GOOD;
        short[0].1 = "2411200000004854216";
        assert!(matches!(&judge(&form(&short, &[]), 0.9).reasons[..], [Reason::Digits { .. }]));
    }

    #[test]
    fn a_line_whose_tax_is_not_its_rate_is_named() {
        let item = |quantity: &str, amount: &str, tax_rate: &str, tax: &str| {
            let [quantity, amount, tax_rate, tax] = [quantity, amount, tax_rate, tax].map(str::to_owned);
            Item { quantity, amount, tax_rate, tax, ..Item::default() }
        };
        let is_off = |item: &Item| line_tax_differs(1, item).is_some();
        for (quantity, net, rate, tax) in [
            ("1", "100.00", "13%", "13.00"),
            ("", "100.00", "13%", "13.06"),
            ("10", "100.00", "13%", "13.10"),
            ("1", "-20.00", "6%", "-1.20"),
            ("1", "100.00", "免税", "0.00"),
            ("1", "100.00", "13%", ""),
            ("1", "100.00", "***", "3.00"),
            ("1", "10350.00", "1.5%", "150.00"),
            ("", "66666.67", "0.5%", "333.33"),
            ("NaN", "100.00", "0%", "0.00"),
        ] {
            assert!(!is_off(&item(quantity, net, rate, tax)), "{net} {rate} {tax}");
        }
        for (quantity, net, rate, tax) in [
            ("1", "100.00", "13%", "13.07"),
            ("6", "100.00", "13%", "12.93"),
            ("1", "-20.00", "6%", "1.20"),
            ("1", "100.00", "0%", "13.00"),
            ("NaN", "100.00", "13%", "31.00"),
            ("5000", "100.00", "13%", "16.00"),
            ("inf", "100000000000.00", "13%", "31.00"),
        ] {
            assert!(is_off(&item(quantity, net, rate, tax)), "{net} {rate} {tax}");
        }
        let lines = [("1", "60.00", "13%", "7.80"), ("1", "40.00", "13%", "5.20"), ("1", "0.00", "6%", "0.00")];
        let with = |lines: &[(&str, &str, &str, &str)], remark: &str| {
            let mut fields = GOOD.to_vec();
            fields.push(("备注", remark, Source::Xml));
            let items = lines.iter().map(|(quantity, net, rate, tax)| item(quantity, net, rate, tax)).collect();
            judge(&Form { items, ..form(&fields, &[]) }, 0.9).reasons
        };
        assert_eq!(with(&lines, ""), []);
        let wrong = [lines[0], ("1", "40.00", "6%", "5.20")];
        let words = with(&wrong, "");
        assert_eq!(words[0].zh(), "明细第 2 行：税额“5.20”不等于金额“40.00”乘以税率 6%");
        assert_eq!((words.len(), words[0].en()), (1, "line 2 of the items: the tax \"5.20\" is not 6% of \"40.00\"".into()));
        assert_eq!(with(&wrong, "差额征税：20.00"), [], "the tax is of a part of the amount");
    }

    #[test]
    fn what_contradicts_is_said() {
        let reasons = |fields: &[(&'static str, &str, Source)], items: &[(&str, &str)]| judge(&form(fields, items), 0.9).reasons;
        let mut two = GOOD.to_vec();
        two.push(("金额", "131.00", Source::Pdf));
        assert!(matches!(&reasons(&two, &[])[..], [Reason::SourcesDiffer { area, .. }] if area == "金额"));
        assert!(matches!(&reasons(&GOOD[..1], &[])[..], [Reason::Missing { .. }, Reason::Missing { .. }, ..]));
        let mut sum = GOOD;
        sum[4].1 = "12.00";
        assert!(matches!(&reasons(&sum, &[])[..], [Reason::SumDiffers { .. }]));
        assert!(matches!(&reasons(&GOOD, &[("60.00", "7.80")])[..], [Reason::ItemsDiffer { .. }]));
        // A date and a sum of two columns in one.
        let run_together = reasons(&GOOD, &[("20180208.0060.00", "7.80"), ("40.00", "5.20")]);
        assert!(matches!(&run_together[..], [Reason::ItemsDiffer { items, .. }] if items == "20180208.0060.00"));
    }
}
