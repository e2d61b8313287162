//! Trims runs to a value, by area kind and specimen (the text on the template's own picture). Not here: reading (fields.rs), whether
//! a value looks like the specimen (unlike.rs).

use super::charset::Charset;
use super::page::Line;
use super::sums;
use super::text::CURRENCY_SIGNS;
use crate::domain::area::{AreaKind, Holds};
use crate::domain::money::chinese_amount;
use std::ops::Range;

pub fn stars(text: &str) -> usize {
    text.matches('*').count()
}

pub fn figures(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect()
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

/// Whether trimming took more than words: figures, or which half of the day a time is in.
pub fn leaves_out(whole: &str, trimmed: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
    digits(trimmed) < digits(whole) || says_half(whole) && !says_half(trimmed)
}

pub fn says_half(time: &str) -> bool {
    let time = time.to_ascii_uppercase();
    ["上午", "下午", "AM", "PM", "凌晨", "中午", "晚"].iter().any(|half| time.contains(half))
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
            is_read: true,
            skimmed: None,
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
    fn signs_are_never_narrower_than_the_specimens() {
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
        assert_eq!(trim_date("14:06:07 31234567", "09:15:30"), "14:06:07");
        assert_eq!(trim_date("14:06", "09:15:30"), "14:06");
        let left_out = |whole, specimen| leaves_out(whole, trim_date(whole, specimen));
        assert!(left_out("下午2:26:09", "09:15:30") && left_out("2:26:09 pm", "09:15:30"));
        assert!(left_out("2023年08月17日985772", "2020年1月2日") && left_out("14:06:07 31234567", "09:15:30"));
        assert!(!left_out("票期2021-06-12", "2020-01-02") && !left_out("下午2:26:09", "上午9:15:30"));
        assert_eq!(
            (sums::with_currency_sign("Y291.16".into(), "¥3.00"), sums::with_currency_sign("Y12".into(), "A12")),
            ("¥291.16".into(), "Y12".into())
        );
    }
}
