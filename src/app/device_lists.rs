//! Finding devices by serial, time or label text. Not here: changing them (devices.rs).

use super::devices::{DEVICES_COUNTER, UNPRINTED_COUNTER};
use crate::domain::device::{Device, canonical_cpuid};
use crate::domain::ids::Millis;
use crate::store::tables::{Arrival, DEVICES, DEVICES_BY_TIME, DEVICES_UNPRINTED, RETIRED};
use crate::store::{StoreError, View};

pub fn find(view: &View<'_>, sn: &str) -> Result<Option<Device>, StoreError> {
    view.get(&DEVICES, &sn.to_owned())
}

pub fn find_retired(view: &View<'_>, sn: &str) -> Result<Option<Device>, StoreError> {
    view.get(&RETIRED, &sn.to_owned())
}

/// Retired devices named exactly: for a person who holds one and finds it on no list.
pub fn retired(view: &View<'_>, named: &Sought, limit: usize) -> Result<Vec<Device>, StoreError> {
    let rows = view.scan(&RETIRED, &(), false).map(|row| row.map(|(_, device)| device));
    rows.filter(|row| row.as_ref().map_or(true, |device| named.names(&device.sn, &device.cpuid))).take(limit).collect()
}

pub fn number(view: &View<'_>) -> Result<u64, StoreError> {
    view.counter(DEVICES_COUNTER)
}

pub fn unprinted_number(view: &View<'_>) -> Result<u64, StoreError> {
    view.counter(UNPRINTED_COUNTER)
}

/// Serials without a printed label, oldest first.
pub fn unprinted(view: &View<'_>) -> Result<Vec<String>, StoreError> {
    view.scan(&DEVICES_UNPRINTED, &(), false).map(|row| row.map(|(_, sn)| sn)).collect()
}

#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub printed: Option<bool>,
    pub from: Option<Millis>,
    pub to: Option<Millis>,
    /// Parts of a serial or CPU id, ignoring case; all must match.
    pub text: Option<Sought>,
    pub newest_first: bool,
}

/// Typed, scanned or pasted text, as upper-case parts.
#[derive(Clone, Debug)]
pub struct Sought(Vec<String>);

impl Sought {
    /// `None` if empty. Drops what scanners add: a prefix like `]Q1` and control characters.
    pub fn read(text: &str) -> Option<Self> {
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let text = text.trim();
        let text = match text.as_bytes() {
            [b']', letter, digit, _, ..] if letter.is_ascii_alphabetic() && digit.is_ascii_alphanumeric() => &text[3..],
            _ => text,
        };
        let parts: Vec<String> = text.split_whitespace().map(str::to_ascii_uppercase).collect();
        (!parts.is_empty()).then_some(Self(parts))
    }

    /// Whether each part is the whole serial or CPU id.
    fn names(&self, sn: &str, cpuid: &str) -> bool {
        let (sn, canonical) = (sn.to_ascii_uppercase(), canonical_cpuid(cpuid));
        self.0.iter().all(|part| *part == sn || canonical_cpuid(part) == canonical)
    }

    fn is_found(&self, sn: &str, cpuid: &str) -> bool {
        let (sn, cpuid) = (sn.to_ascii_uppercase(), cpuid.to_ascii_uppercase());
        let canonical = canonical_cpuid(&cpuid);
        self.0.iter().all(|part| sn.contains(part) || cpuid.contains(part) || canonical.contains(&canonical_cpuid(part)))
    }
}

/// Where the next page starts; `total` is carried along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub after: Arrival,
    pub total: u64,
}

#[derive(Clone, Debug)]
pub struct Page {
    pub devices: Vec<Device>,
    pub next: Option<Cursor>,
    /// All matches when the first page was read.
    pub total: u64,
}

pub fn page(view: &View<'_>, filter: &Filter, cursor: Option<Cursor>, limit: usize) -> Result<Page, StoreError> {
    let total = match (cursor, &filter.text) {
        (Some(cursor), _) => Some(cursor.total),
        (None, None) => Some(total(view, filter, filter.from.unwrap_or(Millis::MIN), filter.to.unwrap_or(Millis::MAX))?),
        // Counted by `find_some`.
        (None, Some(_)) => None,
    };
    let found = find_some(view, filter, cursor.map(|cursor| cursor.after), limit, total.is_none())?;
    let total = total.unwrap_or(found.number);
    let next = found.next.map(|after| Cursor { after, total });
    Ok(Page { devices: found.devices, next, total })
}

/// Like `page`, without the total; also where to go on.
pub fn some(
    view: &View<'_>,
    filter: &Filter,
    after: Option<Arrival>,
    limit: usize,
) -> Result<(Vec<Device>, Option<Arrival>), StoreError> {
    let found = find_some(view, filter, after, limit, false)?;
    Ok((found.devices, found.next))
}

/// The CPU id if the index has it.
type Candidate = (String, Option<String>);

struct Found {
    devices: Vec<Device>,
    next: Option<Arrival>,
    number: u64,
}

/// `counts`: count all matches from here on.
fn find_some(view: &View<'_>, filter: &Filter, after: Option<Arrival>, limit: usize, counts: bool) -> Result<Found, StoreError> {
    let (mut first, mut last) = ((filter.from.unwrap_or(Millis::MIN), 0), (filter.to.unwrap_or(Millis::MAX), u64::MAX));
    match after {
        Some((at, sequence)) if filter.newest_first => {
            last = sequence.checked_sub(1).map_or((at.saturating_sub(1), u64::MAX), |before| (at, before));
        }
        Some((at, sequence)) => first = (at, sequence.saturating_add(1)),
        None => {}
    }
    // Only unprinted devices have an index; printed ones are filtered from the index of all.
    let rows: Box<dyn Iterator<Item = Result<Candidate, StoreError>>> = if filter.printed == Some(false) {
        let rows = view.range(&DEVICES_UNPRINTED, &first, &last, filter.newest_first);
        Box::new(rows.map(|row| row.map(|(_, sn)| (sn, None))))
    } else {
        let rows = view.range(&DEVICES_BY_TIME, &first, &last, filter.newest_first);
        Box::new(rows.map(|row| row.map(|(_, listed)| (listed.sn, listed.cpuid))))
    };
    let mut found = Found { devices: Vec::new(), next: None, number: 0 };
    for row in rows {
        let (sn, cpuid) = row?;
        if let (Some(text), Some(cpuid)) = (&filter.text, &cpuid)
            && !text.is_found(&sn, cpuid)
        {
            continue;
        }
        let Some(device) = find(view, &sn)? else { continue };
        let is_found = filter.text.as_ref().is_none_or(|text| text.is_found(&sn, &device.cpuid));
        if !is_found || filter.printed.is_some_and(|printed| device.is_printed() != printed) {
            continue;
        }
        found.number += 1;
        if found.devices.len() < limit {
            found.devices.push(device);
            continue;
        }
        found.next = found.devices.last().map(|d| (d.registered, d.sequence));
        if !counts {
            break;
        }
    }
    Ok(found)
}

/// Calls `each` with serial and CPU id. If only times are asked for, the index suffices.
pub fn pairs(
    view: &View<'_>,
    filter: &Filter,
    after: Option<Arrival>,
    limit: usize,
    mut each: impl FnMut(&str, &str),
) -> Result<Option<Arrival>, StoreError> {
    if filter.printed.is_some() || filter.text.is_some() || filter.newest_first {
        let (devices, next) = some(view, filter, after, limit)?;
        devices.iter().for_each(|device| each(&device.sn, &device.cpuid));
        return Ok(next);
    }
    let start = after.map_or((filter.from.unwrap_or(Millis::MIN), 0), |after| (after.0, after.1.saturating_add(1)));
    let mut last = start;
    for (number, row) in view.range(&DEVICES_BY_TIME, &start, &(filter.to.unwrap_or(Millis::MAX), u64::MAX), false).enumerate() {
        if number == limit {
            return Ok(Some(last));
        }
        let (arrival, listed) = row?;
        match &listed.cpuid {
            Some(cpuid) => each(&listed.sn, cpuid),
            None => find(view, &listed.sn)?.iter().for_each(|device| each(&device.sn, &device.cpuid)),
        }
        last = arrival;
    }
    Ok(None)
}

fn total(view: &View<'_>, filter: &Filter, from: Millis, to: Millis) -> Result<u64, StoreError> {
    let (all, unprinted) = if filter.from.is_none() && filter.to.is_none() {
        (view.counter(DEVICES_COUNTER)?, view.counter(UNPRINTED_COUNTER)?)
    } else {
        let range = (&(from, 0u64), &(to, u64::MAX));
        let all = view.range(&DEVICES_BY_TIME, range.0, range.1, false).count() as u64;
        let unprinted = match filter.printed {
            None => 0,
            Some(_) => view.range(&DEVICES_UNPRINTED, range.0, range.1, false).count() as u64,
        };
        (all, unprinted)
    };
    Ok(match filter.printed {
        None => all,
        Some(false) => unprinted,
        Some(true) => all.saturating_sub(unprinted),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_paste_finds_the_device() {
        let finds = |text: &str| Sought::read(text).unwrap().is_found("18440001", "39FFd605");
        for text in
            ["18440001", "0001", "39ffD6", "0x39ffd605", "18440001 39FFD605", "]Q118440001", "\u{1d}18440001\r\n", "]C139FF"]
        {
            assert!(finds(text), "{text:?}");
        }
        for text in ["18440002", "18440001 39FFD606", "]Q", "]Q1", "0x"] {
            assert!(!finds(text), "{text:?}");
        }
        assert!(Sought::read(" \r\n").is_none());
    }
}
