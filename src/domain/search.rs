//! Finding invoices by words, as people write them. Not here: other filters (app/invoice_lists.rs).

use super::calendar::date_of;
use super::checks::is_sum_by_name;
use super::invoice::Invoice;
use super::judge::open_reasons;
use super::money::{amount, chinese_amount, narrow};

pub const WORDS_MAX: usize = 20;

/// Each has to fit, in any order.
#[derive(Clone, Debug)]
pub struct Sought(Vec<Word>);

#[derive(Clone, Debug)]
enum Word {
    /// `#5`.
    Number(u64),
    Any {
        plain: String,
        when: Option<When>,
        fen: Option<i64>,
    },
}

/// A day, a month or a year; what was left out fits any.
#[derive(Clone, Copy, Debug, PartialEq)]
struct When {
    /// 0: any.
    year: u16,
    month: Option<u8>,
    day: Option<u8>,
}

/// In one width and case.
fn plain(text: &str) -> String {
    text.chars().map(narrow).flat_map(char::to_lowercase).collect()
}

impl When {
    /// A word that is that and nothing else.
    fn of(word: &str) -> Option<Self> {
        let is_of_dates = |c: char| c.is_ascii_digit() || "-/.年月份日号〇○零一二三四五六七八九十拾".contains(c);
        if !word.chars().all(is_of_dates) {
            return None;
        }
        let year_and_month = || {
            let (year, month) = word.split_once(['-', '/', '.'])?;
            let is_that = year.len() == 4 && (1..=2).contains(&month.len()) && (year.to_owned() + month).parse::<u32>().is_ok();
            is_that.then(|| format!("{year}-{month}-1"))
        };
        let month = word.strip_suffix("月份").or_else(|| word.strip_suffix('月')).map(|word| format!("{word}月1日"));
        let year = word.strip_suffix('年').map(|word| format!("{word}年1月1日"));
        let of = |date: &str| date_of(date).map(|(year, month, day)| Self { year, month: Some(month), day: Some(day) });
        if let Some(month) = month.or_else(year_and_month) {
            return of(&month).map(|when| Self { day: None, ..when });
        }
        match year {
            Some(year) => of(&year).map(|when| Self { month: None, day: None, ..when }),
            None => of(word),
        }
    }

    /// `on`: `yyyy-MM-dd`.
    fn fits(self, on: &str) -> bool {
        let parts: Vec<u16> = on.split('-').filter_map(|part| part.parse().ok()).collect();
        let [year, month, day] = parts[..] else { return false };
        let is = |wanted: Option<u8>, part: u16| wanted.is_none_or(|wanted| u16::from(wanted) == part);
        (self.year == 0 || self.year == year) && is(self.month, month) && is(self.day, day)
    }
}

/// Whether `part` is there; of what is written with digits, all of them.
fn has(text: &str, part: &str, whole: bool) -> bool {
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let goes_on = |inner: Option<char>, outer: Option<char>| whole && is_digit(inner) && is_digit(outer);
    text.match_indices(part).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + part.len()..]);
        !goes_on(part.chars().next(), before.chars().next_back()) && !goes_on(part.chars().next_back(), after.chars().next())
    })
}

/// `40,270`, `¥40270.00`, `四万零二百七十`, `4万`.
fn sum(word: &str) -> Option<i64> {
    let ten_thousands = || amount(word.strip_suffix('万')?)?.checked_mul(10_000);
    // One numeral alone is a word.
    let in_words =
        || if word.chars().count() > 1 { chinese_amount(word).or_else(|| chinese_amount(&format!("{word}元"))) } else { None };
    amount(word).or_else(ten_thousands).or_else(in_words)
}

impl Word {
    fn of(word: &str) -> Self {
        let plain = plain(word);
        match plain.strip_prefix('#').and_then(|number| number.parse().ok()) {
            Some(number) => Self::Number(number),
            None => Self::Any { when: When::of(&plain), fen: sum(word), plain },
        }
    }
}

impl Sought {
    /// `None`: too many words.
    pub fn of(text: &str) -> Option<Self> {
        let words: Vec<Word> = text.split_whitespace().map(Word::of).collect();
        (words.len() <= WORDS_MAX).then_some(Self(words))
    }

    pub fn fits(&self, invoice: &Invoice) -> bool {
        let reasons = open_reasons(invoice).flat_map(|why| {
            let told = why.told();
            [why.zh(), why.en(), told.zh, told.en]
        });
        let texts = [&invoice.user_name, &invoice.file_name].into_iter().chain(invoice.regions.iter().map(|r| &r.text));
        // No word holds a line's end.
        let all = plain(&texts.cloned().chain(reasons).collect::<Vec<_>>().join("\n"));
        let on = invoice.date();
        self.0.iter().all(|word| match word {
            Word::Number(number) => invoice.id.0 == *number,
            Word::Any { plain, when, fen } => {
                let is_dated = || matches!((&on, when), (Some(on), Some(when)) if when.fits(on));
                // 1月 is no part of 11月; digits alone may be the begin of a number.
                let is_whole = when.is_some() && !plain.chars().all(|c| c.is_ascii_digit());
                has(&all, plain, is_whole) || is_dated() || fen.is_some_and(|fen| has_sum(invoice, fen))
            }
        })
    }
}

fn has_sum(invoice: &Invoice, fen: i64) -> bool {
    invoice.regions.iter().any(|r| is_sum_by_name(&r.pos_id) && amount(&r.text) == Some(fen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_months_and_years_are_understood_as_people_write_them() {
        let when = |year, month, day| Some(When { year, month, day });
        for (word, wanted) in [
            ("2018年3月23日", when(2018, Some(3), Some(23))),
            ("2018-03-23", when(2018, Some(3), Some(23))),
            ("3月23日", when(0, Some(3), Some(23))),
            ("2018年3月", when(2018, Some(3), None)),
            ("2018年03月份", when(2018, Some(3), None)),
            ("2018-03", when(2018, Some(3), None)),
            ("2018/3", when(2018, Some(3), None)),
            ("2018.03", when(2018, Some(3), None)),
            ("3月", when(0, Some(3), None)),
            ("十一月", when(0, Some(11), None)),
            ("18年3月", when(2018, Some(3), None)),
            ("2018年三月", when(2018, Some(3), None)),
            ("2026年", when(2026, None, None)),
            ("2026", None),
            ("13月", None),
            ("2018-13", None),
            ("2018-03-", None),
            ("3月报销", None),
        ] {
            assert_eq!(When::of(word), wanted, "{word}");
        }
        let fits = |word: &str, on: &str| When::of(word).unwrap().fits(on);
        assert!(fits("3月", "2022-03-17") && fits("2022年", "2022-03-17") && fits("2022-3", "2022-03-17"));
        assert!(!fits("1月", "2022-11-17") && !fits("2022年", "2012-03-17") && !fits("2022-3", "2022-10-03"));
    }

    #[test]
    fn a_month_is_no_part_of_another() {
        assert!(has("2025年11月3日", "11月", true) && has("3月报销.pdf", "3月", true) && has("ab12", "b1", false));
        assert!(!has("2025年11月3日", "1月", true) && !has("2018-033", "2018-03", true));
    }

    #[test]
    fn sums_are_understood_as_people_write_them() {
        for word in ["40,270", "¥40270.00", "四万零二百七十", "四万零二百七十元", "肆万零贰佰柒拾元整"] {
            assert_eq!(sum(word), Some(4_027_000), "{word}");
        }
        assert_eq!((sum("四万"), sum("4万"), sum("4.5万")), (Some(4_000_000), Some(4_000_000), Some(4_500_000)));
        assert_eq!((sum("甲"), sum("万"), sum("二"), sum("十"), sum("三一")), (None, None, None, None, None));
    }
}
