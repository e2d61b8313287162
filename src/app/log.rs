//! The audit log: written in the write it describes, never changed, searched through an index by time, ip, user, company and kind.

use super::By;
use crate::domain::action::LogRow;
use crate::domain::fact::{Fact, KINDS, in_english};
use crate::domain::ids::{ActionId, CompanyId, Millis};
use crate::domain::news::News;
pub use crate::store::tables::Arrival;
use crate::store::tables::{COUNTERS, LOG, LOG_INDEX, LOG_KEYS};
use crate::store::{StoreError, Txn, View, record};
use sha2::{Digest, Sha256};
use std::collections::BinaryHeap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facet {
    Ip,
    User,
    Company,
    /// Its Chinese name.
    Kind,
}

impl Facet {
    pub const ALL: [Self; 4] = [Self::Ip, Self::User, Self::Company, Self::Kind];
}

/// The facet number shared by all rows.
pub(super) const EVERY: u8 = 4;
/// Added to the facet of administrative rows, which count separately: the interface document's log excludes them.
pub(super) const ADMINISTRATION: u8 = 8;

/// The newest row's time.
const LAST: &str = "log/last";
/// The newest row's number. Numbers and times have the same order.
const NUMBER: &str = "log";

pub(super) fn value(row: &LogRow, facet: u8) -> String {
    match facet % ADMINISTRATION {
        0 => &row.ip,
        1 => &row.user_name,
        2 => &row.company_name,
        3 => row.fact.kind(),
        _ => "",
    }
    .to_owned()
}

/// Kept in the next row as proof against changes. Rows of older releases have none.
pub(super) fn digest(arrival: &Arrival, row: &LogRow) -> [u8; 32] {
    let (time, number) = arrival;
    let mut hash = Sha256::new_with_prefix(time.to_be_bytes());
    hash.update(number.to_be_bytes());
    // A row too large to encode was never stored.
    hash.update(record::encode(row).unwrap_or_default());
    hash.finalize().into()
}

pub(super) fn row(view: &View<'_>, at: Arrival) -> Result<Option<LogRow>, StoreError> {
    view.get(&LOG, &at)
}

pub(super) fn newest_place(view: &View<'_>) -> Result<Arrival, StoreError> {
    Ok((view.counter(LAST)?.try_into().unwrap_or(Millis::MAX), view.counter(NUMBER)?))
}

/// Logs a fact in the verb's own write, and tells it as news.
pub(super) fn log(txn: &mut Txn<'_>, now: Millis, by: &By, action: Option<ActionId>, fact: Fact) -> Result<(), StoreError> {
    debug_assert!(
        KINDS.iter().any(|(zh, _)| *zh == fact.kind()),
        "{} has no row in KINDS: it can't be chosen or read in English",
        fact.kind()
    );
    let newest = newest_place(&txn.view())?;
    let before = txn.get(&LOG, &newest)?.map_or([0; 32], |row| digest(&newest, &row));
    let row = LogRow {
        action,
        fact,
        user: by.actor.user,
        user_name: by.actor.user_name.clone(),
        company: by.actor.company,
        company_name: by.actor.company_name.clone(),
        ip: by.ip.clone(),
        before: Some(before),
    };
    // The index is searched by binary search, so log time never goes back, even if the clock does.
    let time = now.max(newest.0);
    txn.put(&COUNTERS, &LAST.to_owned(), &time.unsigned_abs())?;
    let arrival = (time, txn.next(NUMBER)?);
    let stream = if action.is_some() { 0 } else { ADMINISTRATION };
    for facet in stream..=stream + EVERY {
        let key = (facet, row.company, value(&row, facet));
        let number = txn.get(&LOG_KEYS, &key)?.unwrap_or(0) + 1;
        txn.put(&LOG_KEYS, &key, &number)?;
        txn.put(&LOG_INDEX, &(key.0, key.1, key.2, number), &arrival)?;
    }
    if row.fact.is_about_accounts() {
        txn.tell(News::Accounts);
    }
    txn.tell(News::Logged(arrival.0, arrival.1));
    txn.put(&LOG, &arrival, &row)
}

#[derive(Clone, Debug)]
pub struct Query {
    pub scope: Option<CompanyId>,
    pub from: Millis,
    pub to: Millis,
    /// Part of a value of `facet`, or of any facet.
    pub keyword: Option<String>,
    pub facet: Option<Facet>,
    /// Include administrative rows.
    pub administration: bool,
    /// Only older rows.
    pub before: Option<Arrival>,
}

/// The rows of one value, by number, within the time asked for.
struct Run {
    key: (u8, CompanyId, String),
    first: u64,
    last: u64,
}

impl Run {
    fn arrival(&self, view: &View<'_>, number: u64) -> Result<Arrival, StoreError> {
        let (facet, company, value) = self.key.clone();
        Ok(view.get(&LOG_INDEX, &(facet, company, value, number))?.unwrap_or((Millis::MAX, u64::MAX)))
    }

    /// How many rows are `before`, by binary search; known to be between `low` and `high`.
    fn count(&self, view: &View<'_>, (low, high): (u64, u64), before: impl Fn(Arrival) -> bool) -> Result<u64, StoreError> {
        let (mut low, mut high) = (low, high);
        while low < high {
            let middle = low + (high - low) / 2;
            if before(self.arrival(view, middle + 1)?) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    fn len(&self) -> u64 {
        (self.last + 1).saturating_sub(self.first)
    }
}

fn runs(view: &View<'_>, query: &Query) -> Result<Vec<Run>, StoreError> {
    let keyword = query.keyword.as_deref().unwrap_or_default().to_lowercase();
    let facets: Vec<u8> = match (keyword.is_empty(), query.facet) {
        (true, _) => vec![EVERY],
        (false, Some(facet)) => vec![facet as u8],
        (false, None) => Facet::ALL.map(|facet| facet as u8).to_vec(),
    };
    let streams: &[u8] = if query.administration { &[0, ADMINISTRATION] } else { &[0] };
    let after = (query.to.saturating_add(1), 0);
    let end = query.before.map_or(after, |before| before.min(after));
    let mut runs = Vec::new();
    for facet in streams.iter().flat_map(|stream| facets.iter().map(move |facet| stream + facet)) {
        let keys: Box<dyn Iterator<Item = _>> = match query.scope {
            Some(company) => Box::new(view.scan(&LOG_KEYS, &(facet, company), false)),
            None => Box::new(view.scan(&LOG_KEYS, &facet, false)),
        };
        for row in keys {
            let (key, count) = row?;
            let is_found = |text: &str| text.to_lowercase().contains(&keyword);
            let is_kind = facet % ADMINISTRATION == Facet::Kind as u8;
            if !(is_found(&key.2) || is_kind && is_found(in_english(&key.2))) {
                continue;
            }
            let mut run = Run { key, first: 1, last: count };
            run.first = run.count(view, (0, count), |arrival| arrival < (query.from, 0))? + 1;
            run.last = run.count(view, (run.first - 1, count), |arrival| arrival < end)?;
            if run.len() > 0 {
                runs.push(run);
            }
        }
    }
    Ok(runs)
}

/// Drops the newest `skip` rows from disjoint runs: a binary search over log numbers that narrows every run.
fn leave_out(view: &View<'_>, runs: &mut [Run], skip: u64) -> Result<(), StoreError> {
    // Per run, the least and most rows to keep.
    let mut stay: Vec<(u64, u64)> = runs.iter().map(|run| (run.first - 1, run.last)).collect();
    let (mut from, mut to) = (0, view.counter(NUMBER)? + 1);
    while to - from > 1 {
        let middle = from + (to - from) / 2;
        let counted = runs.iter().zip(&stay).map(|(run, stay)| run.count(view, *stay, |(_, number)| number < middle));
        let older: Vec<u64> = counted.collect::<Result<_, _>>()?;
        let newer: u64 = runs.iter().zip(&older).map(|(run, older)| run.last - older).sum();
        for ((least, most), older) in stay.iter_mut().zip(older) {
            *(if newer >= skip { least } else { most }) = older;
        }
        *(if newer >= skip { &mut from } else { &mut to }) = middle;
    }
    for (run, (least, _)) in runs.iter_mut().zip(stay) {
        run.last = least;
    }
    Ok(())
}

/// The rows of all runs, newest first, without repeats.
struct Merged<'a> {
    view: &'a View<'a>,
    runs: Vec<Run>,
    heads: BinaryHeap<(Arrival, usize)>,
}

impl<'a> Merged<'a> {
    fn new(view: &'a View<'a>, runs: Vec<Run>) -> Result<Self, StoreError> {
        let mut this = Self { view, runs, heads: BinaryHeap::new() };
        for at in 0..this.runs.len() {
            this.push(at)?;
        }
        Ok(this)
    }

    fn push(&mut self, at: usize) -> Result<(), StoreError> {
        let run = &self.runs[at];
        if run.len() > 0 {
            self.heads.push((run.arrival(self.view, run.last)?, at));
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Option<Arrival>, StoreError> {
        let newest = self.heads.peek().map(|(arrival, _)| *arrival);
        while let Some((_, at)) = self.heads.peek().filter(|(arrival, _)| Some(*arrival) == newest).copied() {
            self.heads.pop();
            self.runs[at].last -= 1;
            self.push(at)?;
        }
        Ok(newest)
    }

    fn rows(&mut self, limit: usize) -> Result<Vec<(Arrival, LogRow)>, StoreError> {
        let mut rows = Vec::new();
        while rows.len() < limit
            && let Some(arrival) = self.next()?
        {
            rows.extend(self.view.get(&LOG, &arrival)?.map(|row| (arrival, row)));
        }
        Ok(rows)
    }
}

/// Newest first, from row `skip`; also the total.
pub fn search(view: &View<'_>, query: &Query, skip: u64, limit: usize) -> Result<(u64, Vec<(Arrival, LogRow)>), StoreError> {
    let mut runs = runs(view, query)?;
    let facet = |run: &Run| run.key.0 % ADMINISTRATION;
    let total = runs.iter().map(Run::len).sum();
    if runs.windows(2).all(|two| facet(&two[0]) == facet(&two[1])) {
        if skip >= total {
            return Ok((total, Vec::new()));
        }
        if skip > 0 {
            leave_out(view, &mut runs, skip)?;
        }
        return Ok((total, Merged::new(view, runs)?.rows(limit)?));
    }
    // Facets overlap, so counting means going through all rows.
    let mut merged = Merged::new(view, runs)?;
    let mut total = 0;
    while total < skip && merged.next()?.is_some() {
        total += 1;
    }
    let rows = merged.rows(limit)?;
    total += rows.len() as u64;
    while merged.next()?.is_some() {
        total += 1;
    }
    Ok((total, rows))
}

/// Newest first, without a total.
pub fn newest(view: &View<'_>, query: &Query, limit: usize) -> Result<Vec<(Arrival, LogRow)>, StoreError> {
    Merged::new(view, runs(view, query)?)?.rows(limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::{Actor, Credential, PermissionSet};
    use crate::domain::ids::UserId;
    use crate::store::Store;
    use crate::store::memory::Memory;
    use std::sync::Arc;

    fn by(number: usize) -> By {
        let actor = Actor {
            user: UserId(number as u64),
            user_name: format!("user {}", number % 3),
            company: CompanyId(1 + number as u64 % 2),
            company_name: format!("company {}", number % 2),
            permissions: PermissionSet::default(),
            credential: Credential::Token(crate::domain::ids::TokenId(1)),
        };
        By { actor, ip: format!("10.0.0.{}", number % 5), needs: &[] }
    }

    /// Searches agree with a walk through all rows.
    #[test]
    fn pages_are_what_a_walk_finds() {
        let store = Store::new(Arc::new(Memory::default()), crate::store::endless()).unwrap();
        let kinds = ["修改设置", "识别发票 10", "增加用户 修改设置"].map(|text| Fact::Told(text.into()));
        let write = store.write_blocking(move |txn| {
            for n in 0..200 {
                // Equal times, and a clock that goes back.
                let now = [1_000, 1_000, 1_001, 1_010, 990][n % 5] + n as Millis / 20;
                let action = (n % 4 == 0).then_some(ActionId(n as u64));
                log(txn, now, &by(n * 7 % 30), action, kinds[n % 3].clone())?;
            }
            Ok(())
        });
        write.unwrap();
        store.read(|view| {
            let all: Vec<_> = view.scan(&LOG, &(), true).map(Result::unwrap).collect();
            let found_by = |row: &LogRow, query: &Query| {
                let keyword = query.keyword.clone().unwrap_or_default();
                let facets = query.facet.map_or(0..4, |facet| facet as u8..facet as u8 + 1);
                keyword.is_empty() || facets.into_iter().any(|facet| value(row, facet).contains(&keyword))
            };
            for scope in [None, Some(CompanyId(2))] {
                for keyword in [None, Some("user 1"), Some("1"), Some("用户"), Some("设置"), Some("nobody")] {
                    for facet in [None, Some(Facet::User), Some(Facet::Kind), Some(Facet::Ip), Some(Facet::Company)] {
                        for (from, to) in [(Millis::MIN, Millis::MAX), (1_002, 1_011), (1_011, 1_011)] {
                            for administration in [false, true] {
                                let keyword = keyword.map(str::to_owned);
                                let query = Query { scope, from, to, keyword, facet, administration, before: None };
                                let expected: Vec<u64> = all
                                    .iter()
                                    .filter(|((time, _), row)| {
                                        (from..=to).contains(time)
                                            && scope.is_none_or(|scope| scope == row.company)
                                            && (administration || row.action.is_some())
                                            && found_by(row, &query)
                                    })
                                    .map(|((_, number), _)| *number)
                                    .collect();
                                check(view, query, &expected);
                            }
                        }
                    }
                }
            }
        });
    }

    fn check(view: &View<'_>, mut query: Query, expected: &[u64]) {
        let numbers = |rows: &[(Arrival, LogRow)]| rows.iter().map(|((_, number), _)| *number).collect::<Vec<_>>();
        for skip in [0, 1, 7, 20, 60, 199, 200, 201] {
            let (total, rows) = search(view, &query, skip, 20).unwrap();
            let page: Vec<u64> = expected.iter().skip(skip as usize).take(20).copied().collect();
            assert_eq!((total, numbers(&rows)), (expected.len() as u64, page), "{query:?} from {skip}");
        }
        let mut walked = Vec::new();
        loop {
            let rows = newest(view, &query, 9).unwrap();
            let Some((last, _)) = rows.last() else { break };
            query.before = Some(*last);
            walked.extend(numbers(&rows));
        }
        assert_eq!(walked, expected, "{query:?}");
    }
}
