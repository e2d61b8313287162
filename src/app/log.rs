//! The audit log: written in the write it describes, never changed, searched through an index by time, ip, user, company, kind and
//! what it is about.

use super::By;
use crate::domain::action::LogRow;
use crate::domain::fact::Fact;
use crate::domain::fact_words::{KINDS, as_shown, in_english};
use crate::domain::ids::{ActionId, CompanyId, InvoiceId, Millis};
use crate::domain::news::News;
use crate::domain::subject::{self, Subject};
pub use crate::store::tables::Arrival;
use crate::store::tables::{COUNTERS, INVOICES, LOG, LOG_INDEX, LOG_KEYS};
use crate::store::{StoreError, Txn, View, record};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, BinaryHeap};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facet {
    Ip,
    User,
    Company,
    /// Its Chinese name.
    Kind,
    /// A row has as many of these values as it has subjects.
    About = 5,
}

impl Facet {
    /// The interface document's, by their numbers there.
    pub const OLD: [Self; 4] = [Self::Ip, Self::User, Self::Company, Self::Kind];
    pub const ALL: [Self; 5] = [Self::Ip, Self::User, Self::Company, Self::Kind, Self::About];
}

/// The facet number shared by all rows.
pub(super) const EVERY: u8 = 4;
pub(super) const NAMED: u8 = Facet::About as u8;
/// Of what rows are about, that which has a number: a search for words does not walk over it.
pub(super) const NUMBERED: u8 = 6;
/// Added to the facet of administrative rows, which count separately: the interface document's log excludes them.
pub(super) const ADMINISTRATION: u8 = 8;

/// The newest row's time.
const LAST: &str = "log/last";
/// The newest row's number. Numbers and times have the same order.
const NUMBER: &str = "log";

/// What a row is found by in a facet.
pub(super) fn values(view: &View<'_>, row: &LogRow, facet: u8) -> Result<BTreeSet<String>, StoreError> {
    let one = match facet % ADMINISTRATION {
        0 => &row.ip,
        1 => &row.user_name,
        2 => &row.company_name,
        3 => row.fact.kind(),
        of @ (NAMED | NUMBERED) => {
            let about = about(view, row)?.into_iter();
            return Ok(about.filter(|key| subject::is_numbered(key) == (of == NUMBERED)).collect());
        }
        _ => "",
    };
    Ok(BTreeSet::from([one.to_owned()]))
}

/// With its invoices' files, and what it says of them. One that can't be read has none: the rest is found, and the row can be written.
fn about(view: &View<'_>, row: &LogRow) -> Result<BTreeSet<String>, StoreError> {
    let mut keys = BTreeSet::new();
    for subject in row.fact.subjects().into_iter().chain(row.action.map(Subject::Task)) {
        keys.insert(subject.key());
        if let Subject::Invoice(id) = subject {
            match view.get(&INVOICES, &id) {
                Ok(invoice) => keys.extend(invoice.map(|invoice| Subject::File(invoice.file_name).key())),
                Err(StoreError::Corrupt { .. }) => {}
                Err(e) => return Err(e),
            }
        }
    }
    keys.extend(row.fact.said());
    keys.remove("");
    Ok(keys)
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
    let stream = stream(&row);
    for facet in stream..=stream + NUMBERED {
        index(txn, arrival, &row, facet)?;
    }
    if row.fact.is_about_accounts() {
        txn.tell(News::Accounts);
    }
    txn.tell(News::Logged(arrival.0, arrival.1));
    txn.put(&LOG, &arrival, &row)
}

/// Added to its facets.
pub(super) fn stream(row: &LogRow) -> u8 {
    if row.action.is_some() { 0 } else { ADMINISTRATION }
}

pub(super) fn index(txn: &mut Txn<'_>, arrival: Arrival, row: &LogRow, facet: u8) -> Result<(), StoreError> {
    for value in values(&txn.view(), row, facet)? {
        let key = (facet, row.company, value);
        let number = txn.get(&LOG_KEYS, &key)?.unwrap_or(0) + 1;
        txn.put(&LOG_KEYS, &key, &number)?;
        txn.put(&LOG_INDEX, &(key.0, key.1, key.2, number), &arrival)?;
    }
    Ok(())
}

/// Of a search for several words, only so many of the rows that fit one of them are held against the others.
const COMPARED_MAX: u64 = 200_000;

#[derive(Clone, Debug)]
pub struct Query {
    pub scope: Option<CompanyId>,
    pub from: Millis,
    pub to: Millis,
    /// In lower case, each part of a value of one of `facets`. All have to fit.
    pub words: Vec<String>,
    pub facets: &'static [Facet],
    /// Include administrative rows.
    pub administration: bool,
    /// Only older rows.
    pub before: Option<Arrival>,
}

/// A facet, whose rows, and a value.
type Key = (u8, CompanyId, String);

/// The rows of one value, by number, within the time asked for.
struct Run {
    key: Key,
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

fn is_found(value: &str, facet: u8, word: &str) -> bool {
    match facet % ADMINISTRATION {
        NAMED | NUMBERED => subject::fits(value, word),
        3 => [value, &as_shown(value), &in_english(value).to_lowercase()].iter().any(|words| words.contains(word)),
        _ => value.to_lowercase().contains(word),
    }
}

fn facets(query: &Query, word: &str) -> impl Iterator<Item = u8> {
    let is_numbered = subject::is_numbered(word);
    query.facets.iter().map(move |facet| if *facet == Facet::About && is_numbered { NUMBERED } else { *facet as u8 })
}

/// `#5` is also the task by which invoice 5 came: its upload.
fn meant(view: &View<'_>, word: &str) -> Result<Vec<String>, StoreError> {
    let invoice = word.strip_prefix('#').and_then(|number| number.parse().ok()).map(InvoiceId);
    let invoice = match invoice.map(|id| view.get(&INVOICES, &id)).transpose() {
        Err(StoreError::Corrupt { .. }) => None,
        found => found?.flatten(),
    };
    let task = invoice.map(|invoice| Subject::Task(invoice.action).key());
    Ok([word.to_owned()].into_iter().chain(task).collect())
}

/// Those keys that `word` means.
fn numbered(view: &View<'_>, scope: Option<CompanyId>, facet: u8, word: &str) -> Result<Vec<(Key, u64)>, StoreError> {
    let of_all = facet - NUMBERED + EVERY;
    let companies = match scope {
        Some(company) => vec![company],
        None => view.scan(&LOG_KEYS, &of_all, false).map(|row| row.map(|(key, _)| key.1)).collect::<Result<_, _>>()?,
    };
    let mut keys = Vec::new();
    for meant in meant(view, word)? {
        for company in &companies {
            let key = (facet, *company, meant.clone());
            keys.extend(view.get(&LOG_KEYS, &key)?.map(|count| (key, count)));
        }
    }
    Ok(keys)
}

/// Of all rows, or of those that fit `word`.
fn runs(view: &View<'_>, query: &Query, word: Option<&str>) -> Result<Vec<Run>, StoreError> {
    let facets: Vec<u8> = word.map_or(vec![EVERY], |word| facets(query, word).collect());
    let word = word.unwrap_or_default();
    let streams: &[u8] = if query.administration { &[0, ADMINISTRATION] } else { &[0] };
    let after = (query.to.saturating_add(1), 0);
    let end = query.before.map_or(after, |before| before.min(after));
    let mut runs = Vec::new();
    for facet in streams.iter().flat_map(|stream| facets.iter().map(move |facet| stream + facet)) {
        let keys: Box<dyn Iterator<Item = _>> = match query.scope {
            _ if facet % ADMINISTRATION == NUMBERED => Box::new(numbered(view, query.scope, facet, word)?.into_iter().map(Ok)),
            Some(company) => Box::new(view.scan(&LOG_KEYS, &(facet, company), false)),
            None => Box::new(view.scan(&LOG_KEYS, &facet, false)),
        };
        for row in keys {
            let (key, count) = row?;
            if facet % ADMINISTRATION != NUMBERED && !is_found(&key.2, facet, word) {
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

/// The runs of the rarest word, and the other words.
fn plan(view: &View<'_>, query: &Query) -> Result<(Vec<Run>, Vec<String>), StoreError> {
    let mut words = query.words.clone();
    let Some((mut rarest, mut best)) = words.first().map(|word| runs(view, query, Some(word))).transpose()?.map(|runs| (0, runs))
    else {
        return Ok((runs(view, query, None)?, words));
    };
    let rows = |runs: &[Run]| runs.iter().map(Run::len).sum::<u64>();
    for (at, word) in words.iter().enumerate().skip(1) {
        let runs = runs(view, query, Some(word))?;
        if rows(&runs) < rows(&best) {
            (rarest, best) = (at, runs);
        }
    }
    words.remove(rarest);
    Ok((best, words))
}

fn fits(view: &View<'_>, row: &LogRow, query: &Query, word: &str) -> Result<bool, StoreError> {
    for facet in facets(query, word) {
        let meant = if facet % ADMINISTRATION == NUMBERED { meant(view, word)? } else { vec![word.to_owned()] };
        if values(view, row, facet)?.iter().any(|value| meant.iter().any(|word| is_found(value, facet, word))) {
            return Ok(true);
        }
    }
    Ok(false)
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

/// The rows of all runs that fit all words, newest first, without repeats.
struct Merged<'a> {
    view: &'a View<'a>,
    query: &'a Query,
    runs: Vec<Run>,
    words: Vec<String>,
    heads: BinaryHeap<(Arrival, usize)>,
    /// Rows that may still be held against `words`.
    left: u64,
    is_cut: bool,
}

impl<'a> Merged<'a> {
    fn new(view: &'a View<'a>, query: &'a Query, (runs, words): (Vec<Run>, Vec<String>)) -> Result<Self, StoreError> {
        let mut this = Self { view, query, runs, words, heads: BinaryHeap::new(), left: u64::MAX, is_cut: false };
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

    fn next_of_runs(&mut self) -> Result<Option<Arrival>, StoreError> {
        let newest = self.heads.peek().map(|(arrival, _)| *arrival);
        while let Some((_, at)) = self.heads.peek().filter(|(arrival, _)| Some(*arrival) == newest).copied() {
            self.heads.pop();
            self.runs[at].last -= 1;
            self.push(at)?;
        }
        Ok(newest)
    }

    fn next(&mut self) -> Result<Option<Arrival>, StoreError> {
        while let Some(arrival) = self.next_of_runs()? {
            if self.words.is_empty() {
                return Ok(Some(arrival));
            }
            self.is_cut = self.left == 0;
            if self.is_cut {
                return Ok(None);
            }
            self.left -= 1;
            let Some(row) = self.view.get(&LOG, &arrival)? else { continue };
            let mut fit = self.words.iter().map(|word| fits(self.view, &row, self.query, word));
            if fit.try_fold(true, |all, fits| fits.map(|fits| all && fits))? {
                return Ok(Some(arrival));
            }
        }
        Ok(None)
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

#[derive(Debug)]
pub struct Found {
    pub total: u64,
    pub rows: Vec<(Arrival, LogRow)>,
    /// Older rows were not looked at.
    pub is_cut: bool,
}

/// Newest first, from row `skip`.
pub fn search(view: &View<'_>, query: &Query, skip: u64, limit: usize) -> Result<Found, StoreError> {
    let (mut runs, words) = plan(view, query)?;
    let facet = |run: &Run| run.key.0 % ADMINISTRATION;
    let total = runs.iter().map(Run::len).sum();
    // A row is about several things, and has one value of each other facet.
    let is_one = |run: &Run| facet(run) == facet(&runs[0]) && (facet(run) < NAMED || run.key.2 == runs[0].key.2);
    let are_apart = runs.len() < 2 || runs.iter().all(is_one);
    if words.is_empty() && are_apart {
        if skip >= total {
            return Ok(Found { total, rows: Vec::new(), is_cut: false });
        }
        if skip > 0 {
            leave_out(view, &mut runs, skip)?;
        }
        let rows = Merged::new(view, query, (runs, words))?.rows(limit)?;
        return Ok(Found { total, rows, is_cut: false });
    }
    // Facets overlap, so counting means going through all rows.
    let mut merged = Merged { left: COMPARED_MAX, ..Merged::new(view, query, (runs, words))? };
    let mut total = 0;
    while total < skip && merged.next()?.is_some() {
        total += 1;
    }
    let rows = merged.rows(limit)?;
    total += rows.len() as u64;
    while merged.next()?.is_some() {
        total += 1;
    }
    Ok(Found { total, rows, is_cut: merged.is_cut })
}

/// Of an invoice, newest first.
pub fn about_invoice(
    view: &View<'_>,
    company: CompanyId,
    id: InvoiceId,
    limit: usize,
) -> Result<Vec<(Arrival, LogRow)>, StoreError> {
    let (scope, words) = (Some(company), vec![Subject::Invoice(id).key()]);
    let (from, to, facets, administration) = (Millis::MIN, Millis::MAX, &[Facet::About][..], true);
    let mut rows = newest(view, &Query { scope, from, to, words, facets, administration, before: None }, limit)?;
    // Without the task by which it came.
    rows.retain(|(_, row)| row.fact.subjects().contains(&Subject::Invoice(id)));
    Ok(rows)
}

/// Newest first, without a total.
pub fn newest(view: &View<'_>, query: &Query, limit: usize) -> Result<Vec<(Arrival, LogRow)>, StoreError> {
    Merged::new(view, query, plan(view, query)?)?.rows(limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::{Actor, Credential, PermissionSet};
    use crate::domain::ids::UserId;
    use crate::store::memory::Memory;
    use crate::store::{Batch, KeyValue, Store};
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
        let kinds = ["修改发票 #7 #70", "识别发票 10", "增加用户 修改设置"].map(|text| Fact::Told(text.into()));
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
            let found_by = |row: &LogRow, query: &Query| query.words.iter().all(|word| fits(view, row, query, word).unwrap());
            for scope in [None, Some(CompanyId(2))] {
                for words in [&[][..], &["user 1"], &["1"], &["用户"], &["设置", "user 1"], &["nobody"], &["#7"], &["10", "0.0.1"]]
                {
                    for facets in [&Facet::ALL[..], &Facet::OLD, &[Facet::User], &[Facet::Kind], &[Facet::About], &[Facet::Ip]] {
                        for (from, to) in [(Millis::MIN, Millis::MAX), (1_002, 1_011), (1_011, 1_011)] {
                            for administration in [false, true] {
                                let words = words.iter().map(|word| (*word).to_owned()).collect();
                                let query = Query { scope, from, to, words, facets, administration, before: None };
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

    #[test]
    fn what_is_done_with_an_invoice_that_can_not_be_read_is_logged_and_found() {
        let memory = Arc::new(Memory::default());
        memory.apply(&Batch::from([(INVOICES.prefix(&InvoiceId(7)), Some(Vec::new()))])).unwrap();
        let store = Store::new(memory, crate::store::endless()).unwrap();
        let reopened = Fact::InvoiceReopened { invoice: InvoiceId(7) };
        store.write_blocking(move |txn| Ok(log(txn, 1, &by(0), None, reopened)?)).unwrap();
        store.read(|view| {
            assert!(view.get(&INVOICES, &InvoiceId(7)).is_err());
            assert_eq!(about_invoice(view, CompanyId(1), InvoiceId(7), 9).unwrap().len(), 1);
        });
    }

    fn check(view: &View<'_>, mut query: Query, expected: &[u64]) {
        let numbers = |rows: &[(Arrival, LogRow)]| rows.iter().map(|((_, number), _)| *number).collect::<Vec<_>>();
        for skip in [0, 1, 7, 20, 60, 199, 200, 201] {
            let Found { total, rows, is_cut } = search(view, &query, skip, 20).unwrap();
            let page: Vec<u64> = expected.iter().skip(skip as usize).take(20).copied().collect();
            assert_eq!((total, numbers(&rows), is_cut), (expected.len() as u64, page, false), "{query:?} from {skip}");
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
