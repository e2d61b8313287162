//! Dates as invoices print them. Not here: timestamps (http/wire/time.rs).

use super::ids::Millis;
use jiff::{Timestamp, ToSpan, tz::Offset};

/// Year, month and day of the one date in a text: `2018年10月4日`, `2018-10-04`, `2018.10.4`, `20181004`, `二〇一八年十月四日`, among other
/// words. Two-digit years are 20xx, a missing year is 0. `None` for impossible dates and for two different ones.
pub fn date_of(text: &str) -> Option<(u16, u8, u8)> {
    let plain = plain_digits(text);
    let mut groups: Vec<String> = Vec::new();
    let mut open = false;
    for c in plain.chars() {
        if c.is_ascii_digit() {
            match groups.last_mut() {
                Some(group) if open => group.push(c),
                _ => groups.push(c.to_string()),
            }
            open = true;
        } else {
            open = false;
        }
    }
    let after_a_number = |sign: char| {
        let mut signs = plain.match_indices(sign).map(|(at, _)| at);
        signs.find(|at| plain[..*at].ends_with(|c: char| c.is_ascii_digit()))
    };
    if let (Some(month), Some(day)) = (after_a_number('月'), after_a_number('日'))
        && day < month
    {
        return None;
    }
    let dates: Vec<(usize, (u16, u8, u8))> = groups
        .iter()
        .enumerate()
        .filter_map(|(i, group)| {
            let date = match group.len() {
                8 => calendar(group.get(..4)?, group.get(4..6)?, group.get(6..)?),
                1 | 2 | 4 => calendar(group, groups.get(i + 1)?, groups.get(i + 2)?),
                _ => None,
            };
            Some((group.len(), date?))
        })
        .collect();
    if groups.len() == 2 && text.contains('月') {
        return calendar("0", &groups[0], &groups[1]);
    }
    let (_, first) = *dates.first()?;
    // Short groups after a date may be a time.
    let is_one = dates.iter().all(|(len, date)| *len < 4 || *date == first);
    is_one.then_some(first)
}

fn calendar(year: &str, month: &str, day: &str) -> Option<(u16, u8, u8)> {
    if month.len() > 2 || day.len() > 2 {
        return None;
    }
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

/// `二〇一八年十月二十四日` to `2018年10月24日`.
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

/// `yyyy-MM-dd`, the stored form of typed dates; `None` without a year.
pub fn iso_date(text: &str) -> Option<String> {
    date_of(text).filter(|(year, ..)| *year > 0).map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}"))
}

/// 2026-01-01: paperline is not older, so a clock before it is wrong.
const FIRST: Millis = 1_767_225_600_000;

/// Whether a date was still to come at `at`, by more than a day, as clocks are not exact. Invoices are dated in China.
pub fn is_to_come(text: &str, at: Millis) -> bool {
    let Some(date) = iso_date(text).filter(|_| at >= FIRST) else { return false };
    let today = Timestamp::from_millisecond(at).ok().map(|now| Offset::constant(8).to_datetime(now).date());
    today.and_then(|today| today.checked_add(1.day()).ok()).is_some_and(|last| date > last.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_told_from_other_texts() {
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
        assert_eq!(date_of("2018年3月5日 10:11:12"), Some((2018, 3, 5)));
        for text in [
            "2018年13月04日",
            "2019-02-29",
            "20180230",
            "某日",
            "12345",
            "2018年10月",
            "",
            "2026-01-021",
            "2026年1日2月",
            "2026-01-02 2026-02-03",
        ] {
            assert_eq!(date_of(text), None, "{text}");
        }
    }

    #[test]
    fn a_date_more_than_a_day_ahead_is_to_come() {
        // 2026-11-29 23:59:59 in China, and a second later.
        let night = 1_795_967_999_000;
        let ahead = |at: Millis| ["2026年11月30日", "2026-12-01", "2027.1.1", "11月30日", "某日"].map(|text| is_to_come(text, at));
        assert_eq!(ahead(night), [false, true, true, false, false]);
        assert_eq!(ahead(night + 1_000), [false, false, true, false, false]);
        assert_eq!(ahead(0), [false; 5], "the clock is wrong");
    }

    #[test]
    fn a_date_has_its_year() {
        assert_eq!(iso_date("2026.1.2").as_deref(), Some("2026-01-02"));
        assert_eq!(iso_date("二〇二六年一月十二日").as_deref(), Some("2026-01-12"));
        assert_eq!((iso_date("1月2日"), iso_date("2026-2-30")), (None, None));
    }
}
