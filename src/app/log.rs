//! The audit log: written with what it describes, never changed, found by time and by ip, user, company or kind through an index.

use super::By;
use crate::domain::action::LogRow;
use crate::domain::ids::{ActionId, CompanyId, Millis};
use crate::store::tables::{Arrival, COUNTERS, LOG, LOG_INDEX, LOG_KEYS};
use crate::store::{StoreError, Txn, View};
use std::collections::BinaryHeap;

/// What a row can be found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facet {
    Ip,
    User,
    Company,
    /// The first word of the description.
    Kind,
}

impl Facet {
    pub const ALL: [Self; 4] = [Self::Ip, Self::User, Self::Company, Self::Kind];
}

/// The number of the facet that every row has.
pub(super) const EVERY: u8 = 4;
/// Rows of actions and rows of administration are counted apart: the interface document's log has the former only.
pub(super) const ADMINISTRATION: u8 = 8;

/// The time of the newest row.
const LAST: &str = "log/last";

fn kind(row: &LogRow) -> &str {
    row.description.split(' ').next().unwrap_or_default()
}

pub(super) fn value(row: &LogRow, facet: u8) -> String {
    match facet % ADMINISTRATION {
        0 => &row.ip,
        1 => &row.user_name,
        2 => &row.company_name,
        3 => kind(row),
        _ => "",
    }
    .to_owned()
}

/// A line in the log, in the same write as what it describes.
pub(super) fn log(
    txn: &mut Txn<'_>,
    now: Millis,
    by: &By,
    action: Option<ActionId>,
    description: impl Into<String>,
) -> Result<(), StoreError> {
    let row = LogRow {
        action,
        description: description.into(),
        user: by.actor.user,
        user_name: by.actor.user_name.clone(),
        company: by.actor.company,
        company_name: by.actor.company_name.clone(),
        ip: by.ip.clone(),
    };
    // The index is searched by halving: the log's time never goes back, even when the clock does.
    let last = txn.view().counter(LAST)?;
    let time = now.max(last.try_into().unwrap_or(Millis::MAX));
    txn.put(&COUNTERS, &LAST.to_owned(), &time.unsigned_abs())?;
    let arrival = (time, txn.next("log")?);
    let stream = if action.is_some() { 0 } else { ADMINISTRATION };
    for facet in stream..=stream + EVERY {
        let key = (facet, row.company, value(&row, facet));
        let number = txn.get(&LOG_KEYS, &key)?.unwrap_or(0) + 1;
        txn.put(&LOG_KEYS, &key, &number)?;
        txn.put(&LOG_INDEX, &(key.0, key.1, key.2, number), &arrival)?;
    }
    txn.put(&LOG, &arrival, &row)
}

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Query {
    /// Only this company's.
    pub wall: Option<CompanyId>,
    pub from: Millis,
    pub to: Millis,
    /// A part of a value; without a facet, of any of the four.
    pub keyword: Option<String>,
    pub facet: Option<Facet>,
    /// Administrative changes too.
    pub administration: bool,
}

/// Rows of one value: the numbers of those in the time asked for.
struct Run {
    key: (u8, CompanyId, String),
    first: u64,
    last: u64,
}

impl Run {
    fn arrival(&self, view: &View<'_>, number: u64) -> Result<Arrival, StoreError> {
        let (facet, company, value) = self.key.clone();
        Ok(view.get(&LOG_INDEX, &(facet, company, value, number))?.unwrap_or((Millis::MAX, 0)))
    }

    /// Numbers from 1 to this many came in before `time`.
    fn before(&self, view: &View<'_>, count: u64, time: Millis) -> Result<u64, StoreError> {
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.arrival(view, middle + 1)?.0 < time {
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
    let mut runs = Vec::new();
    for facet in streams.iter().flat_map(|stream| facets.iter().map(move |facet| stream + facet)) {
        let keys: Box<dyn Iterator<Item = _>> = match query.wall {
            Some(company) => Box::new(view.scan(&LOG_KEYS, &(facet, company), false)),
            None => Box::new(view.scan(&LOG_KEYS, &facet, false)),
        };
        for row in keys {
            let (key, count) = row?;
            if !key.2.to_lowercase().contains(&keyword) {
                continue;
            }
            let mut run = Run { key, first: 1, last: count };
            run.first = run.before(view, count, query.from)? + 1;
            run.last = run.before(view, count, query.to.saturating_add(1))?;
            if run.len() > 0 {
                runs.push(run);
            }
        }
    }
    Ok(runs)
}

/// Newest first, from the `skip`th; also how many there are in all.
pub fn search(view: &View<'_>, query: &Query, skip: u64, limit: usize) -> Result<(u64, Vec<(Arrival, LogRow)>), StoreError> {
    let mut runs = runs(view, query)?;
    // A keyword looked for in all four may hit a row more than once: then only reading them all tells how many there are.
    let may_repeat = query.keyword.as_deref().is_some_and(|k| !k.is_empty()) && query.facet.is_none();
    let mut total: u64 = runs.iter().map(Run::len).sum();
    let mut skip = skip;
    if let [run] = &mut runs[..] {
        run.last -= skip.min(run.len());
        skip = 0;
    }
    let mut heads = BinaryHeap::new();
    for (at, run) in runs.iter().enumerate().filter(|(_, run)| run.len() > 0) {
        heads.push((run.arrival(view, run.last)?, at));
    }
    let (mut rows, mut seen, mut last) = (Vec::new(), 0, None);
    while let Some((arrival, at)) = heads.pop() {
        let run = &mut runs[at];
        run.last -= 1;
        if run.len() > 0 {
            heads.push((run.arrival(view, run.last)?, at));
        }
        if last == Some(arrival) {
            continue;
        }
        last = Some(arrival);
        seen += 1;
        if seen > skip && rows.len() < limit {
            rows.extend(view.get(&LOG, &arrival)?.map(|row| (arrival, row)));
        }
        if rows.len() == limit && !may_repeat {
            break;
        }
    }
    if may_repeat {
        total = seen;
    }
    Ok((total, rows))
}
