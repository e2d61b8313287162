//! Trims runs to a value and detects incomplete values, by area kind and specimen (the text on the template's own picture). Not
//! here: reading (fields.rs).

use super::page::{Line, is_wide};
use super::read::Charset;
use super::sums;
use super::text::{CURRENCY_SIGNS, half_width};
use crate::domain::area::{AreaKind, Holds};
use crate::domain::checks::date_of;
use crate::domain::money::{amount, chinese_amount};
use std::ops::Range;

/// Hidden or added text shows only in a number's length and signs, or an invalid date, time or sum.
pub fn is_unlike(kind: AreaKind, text: &str, specimen: &str) -> bool {
    match kind.holds() {
        Holds::Serial(_) if is_serial(kind, specimen) => text.len() != specimen.len(),
        Holds::Serial(_) => !specimen.is_empty() && signs(text) != signs(specimen),
        Holds::Date => {
            let cut = is_padded(specimen) && text.chars().count() < specimen.chars().count();
            date_of(specimen).is_some() && (cut || date_of(text).is_none())
        }
        Holds::Time => {
            let (own, usual) = (figures(text), figures(specimen));
            usual.len() > 1 && (own.len() != usual.len() || own.iter().any(|group| group.len() > 2))
        }
        Holds::Sum => {
            let has_sign = |text: &str| text.starts_with(CURRENCY_SIGNS);
            // Its sign may have become the first digit.
            amount(specimen).is_some()
                && (amount(text).is_none() || has_sign(specimen) && text.starts_with(|c: char| c.is_ascii_digit()))
        }
        Holds::SumInWords => chinese_amount(specimen).is_some() && chinese_amount(text).is_none(),
        // Item names have their tax class between stars.
        Holds::Text if !is_code(specimen) => stars(specimen) >= 2 && stars(text) < 2,
        Holds::Text => text.chars().any(is_wide) || signs(text).replace('A', "") != signs(specimen).replace('A', ""),
        Holds::PersonNumber => false,
    }
}

fn stars(text: &str) -> usize {
    text.matches('*').count()
}

/// Letters, digits and signs: a number, whatever it is called.
fn is_code(specimen: &str) -> bool {
    const SHORTEST: usize = 4;
    let figures = specimen.chars().filter(char::is_ascii_digit).count();
    specimen.is_ascii()
        && specimen.len() >= SHORTEST
        && 2 * figures >= SHORTEST
        && amount(specimen).is_none()
        && !specimen.contains('%')
}

/// `*class*name`, as invoices name goods: beside small print, a star looks like a quotation mark or a dot, and the first one is
/// easily lost.
/// Elsewhere a star stands for what is masked, as in a person's name.
pub fn with_stars(kind: AreaKind, text: &str, specimen: &str) -> Option<String> {
    let starred = text.replace(['“', '”', '"', '·', '•'], "*");
    let (inner, is_named) = (starred.trim_start_matches('*'), stars(specimen) >= 2 || kind == AreaKind::Detail && stars(text) > 0);
    let (class, name) = inner.split_once('*')?;
    let is_word = |part: &str| part.chars().any(is_wide);
    let goods = format!("*{inner}");
    (is_named && is_word(class) && is_word(name) && !name.contains('*') && goods != text).then_some(goods)
}

/// The hyphens, dots and brackets of a number, and a sign for each row of letters.
fn signs(text: &str) -> String {
    let mut signs = String::new();
    for c in text.chars().map(half_width).filter(|c| !c.is_ascii_digit() && !c.is_whitespace()) {
        let sign = if c.is_alphabetic() { 'A' } else { c };
        if !(sign == 'A' && signs.ends_with('A')) {
            signs.push(sign);
        }
    }
    signs
}

fn figures(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect()
}

/// With zero padding all dates have the same length.
fn is_padded(date: &str) -> bool {
    let groups = figures(date);
    groups.len() == 3 && groups[1..].iter().all(|g| g.len() == 2) && groups[1..].iter().any(|g| g.starts_with('0'))
}

/// Whether the specimen is a code or number of usual length, digits only.
pub fn is_serial(kind: AreaKind, specimen: &str) -> bool {
    let Holds::Serial(lengths) = kind.holds() else { return false };
    specimen.chars().all(|c| c.is_ascii_digit()) && lengths.contains(&specimen.len())
}

/// May be printed before an amount in words.
const CURRENCY: &str = "人民币";
const MONEY_SIGNS: &str = "¥￥.,-元";

pub fn charset(kind: AreaKind, example: &str) -> Charset {
    let all = |is: fn(char) -> bool| !example.is_empty() && example.chars().all(is);
    match kind.holds() {
        Holds::Serial(_) if all(|c| c.is_ascii_digit()) => Charset::Digits,
        // Never narrower than the specimen.
        Holds::Serial(_) | Holds::PersonNumber if all(|c| c == ' ' || Charset::Code.fold(c) == Some(c)) => Charset::Code,
        Holds::Serial(_) | Holds::PersonNumber if !example.is_empty() => Charset::Any,
        Holds::Serial(_) | Holds::PersonNumber => Charset::Code,
        Holds::Sum if all(|c| c == ' ' || c.is_ascii_digit() || MONEY_SIGNS.contains(c)) => Charset::Money,
        Holds::SumInWords if chinese_amount(example).is_some() => Charset::MoneyCn,
        _ => Charset::Any,
    }
}

/// Strips punctuation from a run and, around digits, words.
pub fn trim_run(line: &Line, range: Range<usize>, kind: AreaKind, specimen: &str) -> Option<(Range<usize>, Charset)> {
    let glyphs = &line.reading.glyphs;
    let cut = |keep: &dyn Fn(char) -> bool| {
        let kept = |i: &usize| glyphs[*i].text.chars().any(keep);
        let start = range.clone().find(kept)?;
        let end = range.clone().rfind(kept)? + 1;
        Some(start..end)
    };
    let plain = cut(&|c| !c.is_whitespace() && !":：;；,，、.。".contains(c))?;
    let digits = matches!(kind.holds(), Holds::Serial(_) | Holds::PersonNumber);
    if digits {
        // A letter at the end may be a misread digit, if that gives the specimen's length.
        let strict = cut(&|c| c.is_ascii_digit());
        let loose = cut(&|c| c.is_ascii_alphanumeric()).map(|r| strip_no(line, r));
        let letters =
            specimen.is_empty() || specimen.chars().any(|c| c.is_ascii_alphabetic()) || kind.holds() == Holds::PersonNumber;
        let fits = |r: &Option<Range<usize>>| r.as_ref().is_some_and(|r| r.len() == specimen.len());
        let chosen = if letters || (fits(&loose) && !fits(&strict)) { loose } else { strict };
        let range = chosen.unwrap_or(plain);
        let example = if specimen.is_empty() { text_of(line, &range) } else { specimen.to_owned() };
        return Some((range, charset(kind, &example)));
    }
    let example = if specimen.is_empty() { text_of(line, &plain) } else { specimen.to_owned() };
    let charset = charset(kind, sums::extract_sum(&example));
    let sum = (kind.holds() == Holds::Sum).then(|| sums::find_sum(line, &range)).flatten();
    // Keep a minus in words or brackets.
    if let Some(sum) = &sum
        && text_of(line, sum).contains(['(', '（', '负', '負'])
    {
        return Some((sum.clone(), Charset::Any));
    }
    let range = match charset {
        Charset::Money => {
            let signs = || cut(&|c| c.is_ascii_digit() || MONEY_SIGNS.contains(c));
            let sum = sum.or_else(signs).unwrap_or_else(|| plain.clone());
            // The glyph before the digits may be a misread currency sign.
            let signed = specimen.starts_with(CURRENCY_SIGNS) && !text_of(line, &sum).starts_with(CURRENCY_SIGNS);
            let start = if signed { sum.start.saturating_sub(1).max(plain.start) } else { sum.start };
            // Without one in the specimen, a sign is the form's own.
            let own = !specimen.is_empty() && !specimen.starts_with(CURRENCY_SIGNS);
            let start =
                (start..sum.end).find(|i| !(own && line.reading.glyphs[*i].text.starts_with(CURRENCY_SIGNS))).unwrap_or(start);
            start..sum.end
        }
        Charset::MoneyCn if text_of(line, &plain).contains(['负', '負']) => return Some((plain, Charset::Any)),
        Charset::MoneyCn => {
            let words = cut(&|c| charset.fold(c).is_some() && !CURRENCY.contains(c)).unwrap_or_else(|| plain.clone());
            let before = words.start.saturating_sub(CURRENCY.chars().count()).max(plain.start);
            let named =
                text_of(line, &(before..words.start)) == CURRENCY && (specimen.is_empty() || specimen.starts_with(CURRENCY));
            if named { before..words.end } else { words }
        }
        _ => sum.unwrap_or(plain),
    };
    Some((range, charset))
}

/// Strips text around a date or time if the specimen has none.
pub fn trim_date<'t>(text: &'t str, specimen: &str) -> &'t str {
    let is_figure = |c: char| c.is_ascii_digit();
    let (Some(start), Some(last)) = (text.find(is_figure), specimen.chars().next_back()) else { return text };
    let end = if is_figure(last) { text.rfind(is_figure) } else { text.rfind(last) };
    let end = end.and_then(|at| Some(at + text[at..].chars().next()?.len_utf8())).filter(|end| *end > start);
    if !specimen.starts_with(is_figure) {
        return text;
    }
    let text = &text[start..end.unwrap_or(text.len())];
    // What is printed behind a time has figures, too.
    match figures(text).get(figures(specimen).len()) {
        Some(next) if specimen.contains(':') => {
            text[..next.as_ptr() as usize - text.as_ptr() as usize].trim_end_matches(|c| !is_figure(c))
        }
        _ => text,
    }
}

/// Cars, trains and seats have letters, then digits: corrects look-alikes after the first letter.
pub fn correct_letters(text: &str, specimen: &str) -> Option<String> {
    let shaped = |text: &str| {
        let figures = text.trim_start_matches(|c: char| c.is_ascii_uppercase());
        let letters = text.len() - figures.len();
        (1..=3).contains(&letters) && !figures.is_empty() && figures.chars().all(|c| c.is_ascii_digit())
    };
    let first = text.chars().next().filter(char::is_ascii_uppercase)?;
    let folded: String = std::iter::once(first).chain(text.chars().skip(1).map(|c| Charset::Digits.fold(c).unwrap_or(c))).collect();
    (folded != text && shaped(specimen) && !shaped(text) && shaped(&folded)).then_some(folded)
}

fn strip_no(line: &Line, range: Range<usize>) -> Range<usize> {
    let start: String = text_of(line, &range).chars().take(2).collect();
    let cut = if start.eq_ignore_ascii_case("no") { 2 } else { usize::from(start.starts_with('№')) };
    range.start + cut.min(range.len().saturating_sub(1))..range.end
}

fn text_of(line: &Line, range: &Range<usize>) -> String {
    line.reading.glyphs[range.clone()].iter().map(|g| g.text.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::areas::without_keywords;
    use super::super::geometry::Quad;
    use super::super::read::{Glyph, Reading};
    use super::super::sheet::Run;
    use super::*;

    fn line(text: &str) -> Line {
        let n = text.chars().count() as f32;
        let glyph = |(i, c): (usize, char)| Glyph { text: c.into(), probability: 0.99, at: (i as f32 + 0.5) / n };
        Line {
            quad: Quad([(0.0, 0.0), (n * 20.0, 0.0), (n * 20.0, 20.0), (0.0, 20.0)]),
            reading: Reading { glyphs: text.chars().enumerate().map(glyph).collect(), probability: 0.9 },
        }
    }

    #[test]
    fn keywords_are_removed_and_digits_trimmed() {
        let line = line("发票代码：144001604125号");
        let run =
            Run { line: 0, glyphs: 0..line.reading.glyphs.len(), overlaps: false, split: false, displaced: false, overrun: false };
        let rest = without_keywords(&line, &run, &["发票代码".into()]);
        assert_eq!((rest.len(), rest[0].clone()), (1, 4..18));
        let (range, charset) = trim_run(&line, 0..18, AreaKind::InvoiceCode, "").unwrap();
        assert_eq!((range, charset), (5..17, Charset::Digits));
        let (range, charset) = trim_run(&line, 4..18, AreaKind::Head, "").unwrap();
        assert_eq!((range, charset), (5..18, Charset::Any));
    }

    #[test]
    fn the_currency_is_kept_where_the_specimen_has_it() {
        let kept = |text: &str, kind, specimen| {
            let line = line(text);
            let (range, charset) = trim_run(&line, 0..line.reading.glyphs.len(), kind, specimen).unwrap();
            (text_of(&line, &range), charset)
        };
        let words = "人民币叁拾陆元整";
        assert_eq!(kept(words, AreaKind::MoneyCn, "人民币壹元整"), (words.to_owned(), Charset::MoneyCn));
        assert_eq!(kept(words, AreaKind::MoneyCn, ""), (words.to_owned(), Charset::MoneyCn), "of a specimen itself");
        assert_eq!(kept(words, AreaKind::MoneyCn, "壹元整"), ("叁拾陆元整".to_owned(), Charset::MoneyCn));
        assert_eq!(kept("CNY2,900.00", AreaKind::Money, "CNY 64,833.04"), ("CNY2,900.00".to_owned(), Charset::Any));
    }

    #[test]
    fn a_value_looks_like_its_specimen() {
        let number = |text, specimen| is_unlike(AreaKind::InvoiceId, text, specimen);
        assert!(number("AB202012345", "AB-2020-12345") && number("2020-12345", "AB-2020-12345"));
        assert!(!number("CD-2021-998", "AB-2020-12345") && !number("ＣＤ－2021-99", "AB-2020-12345"));
        assert!(number("1234567", "12345678") && !number("12345670", "12345678") && !number("任何", ""));
        let sum = |text, specimen| is_unlike(AreaKind::Money, text, specimen);
        assert!(
            sum("7300.00", "¥192.38") && !sum("¥300.00", "¥192.38") && !sum("300.00", "192.38") && !sum("CNY 300.00", "CNY 1.00")
        );
        let own = |text, specimen| is_unlike(AreaKind::Own, text, specimen);
        assert!(own("昱建筑材821K-KB10-128", "634T-EK61-460") && own("821KKB10-128", "634T-EK61-460"));
        assert!(
            !own("821K-KB10-128", "634T-EK61-460")
                && !own("1,000.00", "12.50")
                && !own("某某公司", "另一公司")
                && !own("免税", "13%")
        );
        assert!(own("仪器仪表*压力表", "*文具*笔") && !own("*仪器仪表*压力表", "*文具*笔") && !own("餐费", "住宿费"));
        assert_eq!(with_stars(AreaKind::Own, "“鞋*劳保鞋", "*文具*笔").as_deref(), Some("*鞋*劳保鞋"));
        assert_eq!(with_stars(AreaKind::Detail, "住宿服务*住宿费", "").as_deref(), Some("*住宿服务*住宿费"));
        assert_eq!(with_stars(AreaKind::Own, "·涂料·乳胶漆", "*文具*笔").as_deref(), Some("*涂料*乳胶漆"));
        for (text, specimen) in [
            ("“鞋”劳保鞋", "文具"),
            ("*鞋*劳保鞋", "*文具*笔"),
            ("*鞋*“甲”", "*文具*笔"),
            ("6*8", "*文具*笔"),
            ("甲·乙公司", "丙公司"),
        ] {
            assert_eq!(with_stars(AreaKind::Own, text, specimen), None, "{text}");
        }
        let time = |text| is_unlike(AreaKind::Time, text, "09:15:30");
        assert!(time("14:06") && time("14:06:07 31234567") && time("14:06:0731") && !time("14:06:07"));
        assert_eq!(charset(AreaKind::InvoiceId, "AB-2020-12345"), Charset::Any);
        assert_eq!(charset(AreaKind::InvoiceId, "ab2020"), Charset::Any, "not in capitals");
        assert_eq!(charset(AreaKind::InvoiceId, "AB2020"), Charset::Code);
        assert_eq!(charset(AreaKind::InvoiceId, "12345678"), Charset::Digits);
    }

    #[test]
    fn dates_are_trimmed() {
        assert_eq!(trim_date("票期2021-06-12", "2020-01-02"), "2021-06-12");
        assert_eq!(trim_date("2023年08月17日985772", "2020年1月2日"), "2023年08月17日");
        assert_eq!(trim_date("2023年08月17", "2020年1月2日"), "2023年08月17");
        assert_eq!(trim_date("开票日期：2021-06-12", "日期：2020-01-02"), "开票日期：2021-06-12");
        assert_eq!(trim_date("某日", "2020-01-02"), "某日");
        assert!(is_unlike(AreaKind::Date, "2016/06/1", "2019/03/25"));
        assert_eq!(trim_date("14:06:07 31234567", "09:15:30"), "14:06:07");
        assert_eq!(trim_date("14:06", "09:15:30"), "14:06");
        assert!(!is_unlike(AreaKind::Date, "2016/6/1", "2019/12/25"));
        assert_eq!(
            (sums::with_currency_sign("Y291.16".into(), "¥3.00"), sums::with_currency_sign("Y12".into(), "A12")),
            ("¥291.16".into(), "Y12".into())
        );
    }
}
