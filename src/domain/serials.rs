//! Allotting serials. Not here: which are valid (settings.rs) or taken (app/devices.rs).

use super::ids::Millis;
use super::refusal::{Code, Refusal};
use jiff::civil::Date;

/// Parsed `device_sn_format`: fixed text, date parts and one running number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SerialFormat {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Fixed(String),
    /// Two or four digits.
    Year(usize),
    Week,
    Month,
    Day,
    Number(usize),
}

pub const SERIAL_FORMAT: &str = "{yy}{ww}{nnnn}";
const CHARS_MAX: usize = 64;
const NUMBER_DIGITS_MAX: usize = 9;

impl SerialFormat {
    /// `None` for an invalid format.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (fixed, after) = rest.split_at(rest.find(['{', '}']).unwrap_or(rest.len()));
            if !fixed.is_empty() {
                parts.push(Part::Fixed(fixed.to_owned()));
            }
            rest = after;
            if let Some(inside) = after.strip_prefix('{') {
                let (name, after) = inside.split_once('}')?;
                parts.push(Part::named(name)?);
                rest = after;
            } else if !after.is_empty() {
                return None;
            }
        }
        let numbers = parts.iter().filter(|part| matches!(part, Part::Number(_))).count();
        let format = Self { text: text.to_owned(), parts };
        let is_visible = text.bytes().all(|b| (0x21..=0x7E).contains(&b));
        (numbers == 1 && is_visible && format.serial(Date::constant(2000, 1, 1), 1).len() <= CHARS_MAX).then_some(format)
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn last_number(&self) -> u64 {
        let digits = self.parts.iter().find_map(|part| if let Part::Number(digits) = part { Some(*digits) } else { None });
        10u64.pow(digits.and_then(|n| u32::try_from(n).ok()).unwrap_or(0)) - 1
    }

    pub fn serial(&self, day: Date, number: u64) -> String {
        self.written(day, |digits| format!("{number:0digits$}"))
    }

    /// The serial without its number; numbering restarts when this changes.
    pub fn period(&self, day: Date) -> String {
        self.written(day, |_| String::new())
    }

    /// For people: `2647nnnn`.
    pub fn period_in_words(&self, day: Date) -> String {
        self.written(day, |digits| "n".repeat(digits))
    }

    fn written(&self, day: Date, number: impl Fn(usize) -> String) -> String {
        // ISO 8601: a week belongs to the year that has most of its days.
        let year = if self.parts.contains(&Part::Week) { day.iso_week_date().year() } else { day.year() };
        let one = |part: &Part| match part {
            Part::Fixed(text) => text.clone(),
            Part::Year(2) => format!("{:02}", year.rem_euclid(100)),
            Part::Year(_) => format!("{year:04}"),
            Part::Week => format!("{:02}", day.iso_week_date().week()),
            Part::Month => format!("{:02}", day.month()),
            Part::Day => format!("{:02}", day.day()),
            Part::Number(digits) => number(*digits),
        };
        self.parts.iter().map(one).collect()
    }

    /// One that `is_serial` rejects, from a sample of the coming years.
    pub fn misfit(&self, is_serial: impl Fn(&str) -> bool) -> Option<String> {
        let numbers = [1, 2, 10, 87, 123, 456, 1_000, 5_678, 12_345].into_iter().filter(|n| *n < self.last_number());
        let numbers: Vec<u64> = numbers.chain([self.last_number()]).collect();
        let days = (2025..2045).flat_map(|year| (1..=12).map(move |month| Date::new(year, month, (month + 7) * 3 / 2)));
        let ends = [Date::constant(2026, 12, 31), Date::constant(2029, 12, 31), Date::constant(2099, 12, 31)];
        let days = days.filter_map(Result::ok).chain(ends);
        days.flat_map(|day| numbers.iter().map(move |number| self.serial(day, *number))).find(|serial| !is_serial(serial))
    }
}

impl Part {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "yy" => Self::Year(2),
            "yyyy" => Self::Year(4),
            "ww" => Self::Week,
            "mm" => Self::Month,
            "dd" => Self::Day,
            _ if (1..=NUMBER_DIGITS_MAX).contains(&name.len()) && name.bytes().all(|b| b == b'n') => Self::Number(name.len()),
            _ => return None,
        })
    }
}

/// Refuses serials while the clock is before the build time or the newest device: a serial tells when its device was made.
/// `newest`: its time and serial; `write` formats times.
pub fn check_clock(
    now: Millis,
    built: Millis,
    newest: Option<(Millis, &str)>,
    write: impl Fn(Millis) -> String,
) -> Result<(), Refusal> {
    let time = write(now);
    if now < built {
        let built = write(built);
        return Err(Refusal::new(
            Code::Unavailable,
            format!("本机时钟为 {time}，早于本程序的生成日期 {built}：暂不分配序列号。请校准时钟，或自带 DeviceSN 登记"),
            format!(
                "the clock says {time}, which is before this program was built ({built}): no serial is allotted. Set the clock, or register with a DeviceSN"
            ),
        ));
    }
    match newest {
        Some((at, sn)) if now < at => {
            let at = write(at);
            Err(Refusal::new(
                Code::Unavailable,
                format!(
                    "本机时钟为 {time}，早于最新的记录（{sn}，{at}）：暂不分配序列号。请校准时钟，或自带 DeviceSN 登记；若那条记录的时间有误，请将该设备作废"
                ),
                format!(
                    "the clock says {time}, which is before the newest record ({sn}, {at}): no serial is allotted. Set the clock, or register with a DeviceSN; if that record's time is wrong, retire the device"
                ),
            ))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn serials_follow_the_iso_week() {
        let format = SerialFormat::read(SERIAL_FORMAT).unwrap();
        assert_eq!(format.serial(date(2026, 11, 22), 1), "26470001");
        assert_eq!(format.period(date(2027, 1, 3)), "2653");
        assert_eq!(format.period_in_words(date(2027, 1, 4)), "2701nnnn");
        assert_eq!(format.last_number(), 9999);
    }

    #[test]
    fn other_formats() {
        let made = |text: &str| SerialFormat::read(text).unwrap().serial(date(2027, 1, 3), 42);
        assert_eq!(made("SN-{yyyy}{mm}{dd}-{nnn}"), "SN-20270103-042");
        assert_eq!(made("{n}"), "42");
        for wrong in ["", "{yy}", "{yy}{nnnn}{nn}", "{yy", "yy}{nnnn}", "{qq}{nnnn}", "a b{nnnn}", "号{nnnn}", "{nnnnnnnnnn}"] {
            assert_eq!(SerialFormat::read(wrong), None, "{wrong:?}");
        }
        assert_eq!(SerialFormat::read(&format!("{}{{nnnn}}", "x".repeat(61))), None);
    }

    #[test]
    fn a_clock_before_what_is_known_is_wrong() {
        let checked = |now, newest| check_clock(now, 1_000, newest, |at| at.to_string());
        assert!(checked(1_000, None).is_ok() && checked(2_000, Some((2_000, "18440001"))).is_ok());
        for (now, newest) in [(999, None), (0, Some((500, "18440001"))), (1_999, Some((2_000, "18440001")))] {
            let refusal = checked(now, newest).unwrap_err();
            assert_eq!(refusal.code, Code::Unavailable);
            assert!(refusal.en.contains("clock") && refusal.zh.contains("时钟") && refusal.en.contains(&now.to_string()));
        }
        assert!(checked(1_999, Some((2_000, "18440001"))).unwrap_err().zh.contains("18440001"));
    }
}
