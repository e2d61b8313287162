//! A batch of a line: how many devices are to come, and which serials are theirs. Not here: counting them (app/batches.rs).

use super::fact::Change;
use super::ids::Millis;
use super::label_look::is_name;
use super::refusal::Refusal;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    pub name: String,
    pub expected: u32,
    /// Serials of one length, in their order as text.
    pub first: String,
    pub last: String,
    pub began: Millis,
    pub closed: Option<Millis>,
}

pub const EXPECTED_MAX: u32 = 20_000;
const SERIAL_CHARS_MAX: usize = 64;

impl Batch {
    pub fn check(&self) -> Result<(), Refusal> {
        if !is_name(&self.name) {
            return Err(Refusal::field("name", "应为 1 到 64 个字", "must have 1 to 64 characters"));
        }
        if !(1..=EXPECTED_MAX).contains(&self.expected) {
            return Err(Refusal::field("expected", "应为 1 到 20000", "must be 1 to 20000"));
        }
        let is_serial = |text: &str| (1..=SERIAL_CHARS_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        for (field, serial) in [("first", &self.first), ("last", &self.last)] {
            if !is_serial(serial) {
                return Err(Refusal::field(field, "应为序列号", "must be a serial"));
            }
        }
        if self.first.len() != self.last.len() || self.first > self.last {
            return Err(Refusal::field(
                "last",
                "应与起始号一样长，且不小于它",
                "must be as long as the first one, and not before it",
            ));
        }
        match self.size() {
            Some(size) if size > u64::from(EXPECTED_MAX) => {
                Err(Refusal::field("last", "一批最多 20000 个序列号", "a batch has at most 20000 serials"))
            }
            Some(size) if size < u64::from(self.expected) => Err(Refusal::field(
                "expected",
                &format!("号段里只有 {size} 个序列号"),
                &format!("the range has {size} serials only"),
            )),
            Some(_) => Ok(()),
            None => Err(Refusal::field(
                "last",
                "起始号和结束号只能在末尾的数字上不同",
                "the first and the last serial may differ in the digits at their end only",
            )),
        }
    }

    pub fn holds(&self, sn: &str) -> bool {
        sn.len() == self.first.len() && (self.first.as_str()..=self.last.as_str()).contains(&sn)
    }

    /// Whether a serial could be of both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.first.len() == other.first.len() && self.first <= other.last && other.first <= self.last
    }

    /// What differs, as numbers: the same text, then digits.
    fn numbers(&self) -> Option<(&str, u64, u64)> {
        let same = self.first.bytes().zip(self.last.bytes()).take_while(|(a, b)| a == b).count();
        let digits = self.first[..same].bytes().rev().take_while(u8::is_ascii_digit).count();
        let at = same - digits;
        let number = |serial: &str| {
            let digits = &serial[at..];
            if digits.is_empty() { Some(0) } else { digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit())) }
        };
        Some((&self.first[..at], number(&self.first)?, number(&self.last)?))
    }

    fn size(&self) -> Option<u64> {
        self.numbers().map(|(_, first, last)| last - first + 1)
    }

    /// All of them, in order.
    pub fn serials(&self) -> impl Iterator<Item = String> {
        let width = self.first.len();
        let (prefix, first, last) =
            self.numbers().map_or((String::new(), 1, 0), |(prefix, first, last)| (prefix.to_owned(), first, last));
        let digits = width - prefix.len();
        (first..=last).map(move |number| if digits == 0 { prefix.clone() } else { format!("{prefix}{number:0digits$}") })
    }

    /// In words, each part that is not the same.
    pub fn changes(&self, now: &Self) -> Vec<Change> {
        let parts = |batch: &Self| {
            let range = format!("{} – {}", batch.first, batch.last);
            [("name", batch.name.clone()), ("expected", batch.expected.to_string()), ("serials", range)]
        };
        let both = parts(self).into_iter().zip(parts(now));
        both.filter(|(was, is)| was != is).map(|((what, from), (_, to))| Change { what: what.into(), from, to }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(first: &str, last: &str, expected: u32) -> Batch {
        Batch { name: "甲".into(), expected, first: first.into(), last: last.into(), began: 0, closed: None }
    }

    #[test]
    fn a_range_is_of_serials_that_differ_in_their_last_digits() {
        let all = |first, last| batch(first, last, 1).serials().collect::<Vec<_>>();
        assert_eq!(all("26480098", "26480101"), ["26480098", "26480099", "26480100", "26480101"]);
        assert_eq!(all("A-09", "A-11"), ["A-09", "A-10", "A-11"]);
        assert_eq!(all("X", "X"), ["X"]);
        for (first, last, expected, wrong) in [
            ("26480001", "26480100", 100, None),
            ("26480001", "26480100", 101, Some("expected")),
            ("26480001", "26480100", 0, Some("expected")),
            ("26480100", "26480001", 1, Some("last")),
            ("2648001", "26480010", 1, Some("last")),
            ("A1", "B1", 1, Some("last")),
            ("00000", "20000", 1, Some("last")),
            ("", "", 1, Some("first")),
            ("9999999999999999999999", "9999999999999999999999", 1, Some("last")),
        ] {
            let found = batch(first, last, expected).check().err().map(|refusal| refusal.fields[0].name.clone());
            assert_eq!(found.as_deref(), wrong, "{first} {last} {expected}");
        }
    }

    #[test]
    fn a_batch_holds_its_range() {
        let (one, other) = (batch("26480001", "26480100", 9), batch("26480100", "26480200", 9));
        assert!(one.holds("26480001") && one.holds("26480100") && !one.holds("26480101") && !one.holds("2648005"));
        assert!(one.overlaps(&other) && !one.overlaps(&batch("26480101", "26480200", 9)) && !one.overlaps(&batch("001", "999", 9)));
    }
}
