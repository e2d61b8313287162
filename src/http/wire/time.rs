//! Times on the wire: the box's local time, `yyyy-MM-dd HH:mm:ss`.

use crate::domain::ids::Millis;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

pub use crate::domain::ids::local_time as write;

/// As in the IANA database.
pub fn zone_name(zone: &TimeZone) -> &str {
    zone.iana_name().filter(|name| *name != "Etc/Unknown").unwrap_or("UTC")
}

/// A typed time's first and last millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covered {
    pub first: Millis,
    pub last: Millis,
}

/// `yyyy-MM-dd[ HH:mm[:ss]]` (single digits too) or RFC 3339.
pub fn read(text: &str, zone: &TimeZone) -> Option<Covered> {
    let text = text.trim();
    let (date, time) = text.split_once([' ', 'T', 't']).map_or((text, None), |(date, time)| (date, Some(time.trim())));
    let date = read_date(date)?;
    if time.is_some_and(|t| t.contains(['Z', 'z', '+', '-'])) {
        let first = text.parse::<Timestamp>().ok()?.as_millisecond();
        let last = if text.contains('.') { first } else { first + 999 };
        return Some(Covered { first, last });
    }
    let (start, unit) = match time {
        None => (date.to_datetime(Time::midnight()), Span::new().days(1)),
        Some(time) => {
            let (time, unit) = read_time(time)?;
            (date.to_datetime(time), unit)
        }
    };
    let millis = |at: DateTime| Some(zone.to_ambiguous_zoned(at).compatible().ok()?.timestamp().as_millisecond());
    Some(Covered { first: millis(start)?, last: millis(start.checked_add(unit).ok()?)? - 1 })
}

fn digits<const MIN: usize, const MAX: usize>(text: &str) -> Option<i16> {
    ((MIN..=MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

fn read_date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    Date::new(digits::<4, 4>(year)?, digits::<1, 2>(month)?.try_into().ok()?, digits::<1, 2>(day)?.try_into().ok()?).ok()
}

fn read_time(text: &str) -> Option<(Time, Span)> {
    let mut parts = text.split(':');
    let mut part = || parts.next().map(digits::<1, 2>);
    let (hour, minute, second) = (part()??, part()??, part());
    if parts.next().is_some() {
        return None;
    }
    let (second, unit) = match second {
        None => (0, Span::new().minutes(1)),
        Some(second) => (second?, Span::new().seconds(1)),
    };
    Some((Time::new(hour.try_into().ok()?, minute.try_into().ok()?, second.try_into().ok()?, 0).ok()?, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> TimeZone {
        TimeZone::get("Asia/Shanghai").unwrap()
    }

    #[test]
    fn every_form_of_a_time() {
        let zone = zone();
        let second = read("2018-10-4 11:34:11", &zone).unwrap();
        assert_eq!(write(second.first, &zone), "2018-10-04 11:34:11");
        assert_eq!(second.last - second.first, 999);
        assert_eq!(read("2018-10-04T03:34:11Z", &zone), Some(second));
        assert_eq!(read("2018-10-04T11:34:11+08:00", &zone), Some(second));
        let minute = read("2018-10-04 11:34", &zone).unwrap();
        assert_eq!(minute.last - minute.first, 59_999);
        let day = read("2018-10-04", &zone).unwrap();
        assert_eq!((write(day.first, &zone), write(day.last, &zone)), ("2018-10-04 00:00:00".into(), "2018-10-04 23:59:59".into()));
        for wrong in
            ["", "yesterday", "2018-13-01", "2018-10-04 25:00:00", "2018-10-04 11", "2018-10-4-1", "18-10-04", "2018-10-04 1:2:3:4"]
        {
            assert_eq!(read(wrong, &zone), None, "{wrong}");
        }
    }
}
