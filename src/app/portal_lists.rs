//! Lists of the tax portal, taken in verb by verb. Not here: reading their files (http), comparing them with the invoices (portal.rs).

use super::{App, By, log, now, refusals};
use crate::domain::fact::Fact;
use crate::domain::ids::CompanyId;
use crate::domain::portal::{PortalLine, PortalList};
use crate::domain::refusal::Refusal;
use crate::store::tables::{PORTAL_BY_IDENTITY, PORTAL_LINES, PORTAL_LISTS};
use crate::store::{StoreError, Txn, View};
use std::collections::BTreeSet;

/// Each writes 2 to 4 keys, none where nothing changed, and up to 9 where it moves.
const LINES_PER_VERB: usize = 200;
pub const LISTS_COUNTER: &str = "portal lists";
/// Shown of a month, and looked through for them.
const LISTS_MAX: usize = 20;
const LOOKED_THROUGH_MAX: usize = 1_000;

#[derive(Debug)]
pub struct NewList {
    pub file: String,
    /// Of the file, with the wrong ones.
    pub rows: u64,
    pub wrong: u64,
    /// With different keys.
    pub lines: Vec<PortalLine>,
}

/// What became of its invoices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    pub added: u64,
    pub changed: u64,
    pub same: u64,
}

/// A month that many lists have named, newest first.
pub fn lists_of(view: &View<'_>, company: CompanyId, month: &str) -> Result<Vec<PortalList>, StoreError> {
    let rows = view.scan(&PORTAL_LISTS, &company, true).take(LOOKED_THROUGH_MAX);
    let lists = rows.map(|row| row.map(|(_, list)| list));
    let of_month = lists.filter(|list| list.as_ref().map_or(true, |list| list.months.iter().any(|named| named == month)));
    of_month.take(LISTS_MAX).collect()
}

impl App {
    /// If it breaks off, what is written stays, and the list says that it is not whole until it is sent again.
    pub async fn take_portal_list(&self, by: By, new: NewList) -> Result<Taken, Refusal> {
        let NewList { file, rows, wrong, lines } = new;
        let months: BTreeSet<String> = lines.iter().map(|line| line.month().to_owned()).collect();
        let (Some(first), Some(last)) = (months.first().cloned(), months.last().cloned()) else { return Ok(Taken::default()) };
        let (invoices, at) = (lines.len() as u64, now());
        let begin = move |txn: &mut Txn<'_>, by: &By| {
            let fact = Fact::PortalListTaken { file: file.clone(), invoices, wrong, months: [first, last] };
            log(txn, at, by, None, fact)?;
            let (user_name, months) = (by.actor.user_name.clone(), months.into_iter().collect());
            let list = PortalList { at, user_name, file, rows, wrong, invoices, written: 0, months, is_whole: false };
            let key = (by.actor.company, txn.next(LISTS_COUNTER)?);
            txn.put(&PORTAL_LISTS, &key, &list)?;
            Ok(key)
        };
        let key = self.act(by.clone(), begin).await?;
        let (mut taken, mut written) = (Taken::default(), 0);
        let mut lines = lines.into_iter();
        while written < invoices {
            let some: Vec<PortalLine> = lines.by_ref().take(LINES_PER_VERB).collect();
            written += some.len() as u64;
            let wrote = self.act(by.clone(), move |txn, by| write_some(txn, by, key, &some)).await;
            let wrote = wrote.map_err(|refusal| refusals::list_broke_off(&refusal, taken.in_all(), invoices))?;
            taken = taken.and(wrote);
        }
        Ok(taken)
    }
}

impl Taken {
    fn in_all(self) -> u64 {
        self.added + self.changed + self.same
    }

    fn and(self, other: Self) -> Self {
        Self { added: self.added + other.added, changed: self.changed + other.changed, same: self.same + other.same }
    }
}

fn write_some(txn: &mut Txn<'_>, by: &By, key: (CompanyId, u64), lines: &[PortalLine]) -> Result<Taken, Refusal> {
    let (company, _) = key;
    // Somebody may have been moved to another company meanwhile.
    if by.actor.company != company {
        return Err(Refusal::no_permission());
    }
    let mut taken = Taken::default();
    for line in lines {
        match replace(txn, company, line)? {
            None => taken.added += 1,
            Some(true) => taken.changed += 1,
            Some(false) => taken.same += 1,
        }
    }
    let list = txn.get(&PORTAL_LISTS, &key)?.ok_or_else(Refusal::internal)?;
    let written = list.written + lines.len() as u64;
    let is_whole = written == list.invoices;
    if is_whole {
        make_whole(txn, company, &list)?;
    }
    txn.put(&PORTAL_LISTS, &key, &PortalList { written, is_whole, ..list })?;
    Ok(taken)
}

/// A list that broke off is whole once it, and not only another of the month, is: what a company got and what it gave are lists of their own.
fn make_whole(txn: &mut Txn<'_>, company: CompanyId, list: &PortalList) -> Result<(), StoreError> {
    let rows = txn.scan(&PORTAL_LISTS, &company, true).take(LOOKED_THROUGH_MAX);
    let broken: Vec<_> = rows.filter(|row| row.as_ref().map_or(true, |(_, other)| !other.is_whole)).collect::<Result<_, _>>()?;
    for (key, other) in broken {
        let is_it =
            (&other.file, other.rows, other.invoices, &other.months) == (&list.file, list.rows, list.invoices, &list.months);
        if is_it {
            txn.put(&PORTAL_LISTS, &key, &PortalList { is_whole: true, ..other })?;
        }
    }
    Ok(())
}

/// `None`: a new line; else whether it says something else than before.
fn replace(txn: &mut Txn<'_>, company: CompanyId, line: &PortalLine) -> Result<Option<bool>, StoreError> {
    let before = earlier(txn, company, line)?;
    if matches!(&before[..], [(_, before)] if before == line) {
        return Ok(Some(false));
    }
    for (month, before) in &before {
        let key = before.key();
        txn.delete(&PORTAL_LINES, &(company, month.clone(), key.clone()));
        for identity in before.identities() {
            txn.delete(&PORTAL_BY_IDENTITY, &(company, identity, key.clone()));
        }
    }
    let (key, month) = (line.key(), line.month().to_owned());
    for identity in line.identities() {
        txn.put(&PORTAL_BY_IDENTITY, &(company, identity, key.clone()), &month)?;
    }
    txn.put(&PORTAL_LINES, &(company, month, key), line)?;
    Ok((!before.is_empty()).then_some(true))
}

/// The same invoice, with its month; by its 20 digits, or by code and number where a list has those alone.
fn earlier(txn: &Txn<'_>, company: CompanyId, line: &PortalLine) -> Result<Vec<(String, PortalLine)>, StoreError> {
    let mut found: Vec<(String, PortalLine)> = Vec::new();
    for identity in line.numbers() {
        for row in txn.scan(&PORTAL_BY_IDENTITY, &(company, identity), false) {
            let ((.., key), month) = row?;
            if found.iter().any(|(_, before)| before.key() == key) {
                continue;
            }
            let before = txn.get(&PORTAL_LINES, &(company, month.clone(), key))?;
            found.extend(before.map(|before| (month, before)));
        }
    }
    Ok(found)
}
