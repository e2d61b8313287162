//! Rebuilds what an older release's store lacks: identity indexes, totals, the log's index. If interrupted, it starts over.

use super::invoices::EVERYBODY;
use super::kin::{class, index, place, rows};
use super::{faults, log, pictures, templates};
use crate::domain::action::Job;
use crate::domain::ids::{CompanyId, InvoiceId, PictureId};
use crate::domain::invoice::{Invoice, Standing};
use crate::domain::refusal::Refusal;
use crate::domain::totals::Totals;
use crate::store::key::Key;
use crate::store::record::Record;
use crate::store::tables::{
    ACTIONS, COUNTERS, INVOICE_RANKS, INVOICES, INVOICES_AS_THEY_CAME, INVOICES_BY_IDENTITY, INVOICES_DECIDED, LOG, LOG_INDEX,
    LOG_KEYS, PICTURES, QUEUES, RUNNING, TEMPLATES, TOTALS, Table, Twin,
};
use crate::store::{Store, StoreError, Txn, View};
use std::collections::{BTreeMap, HashSet};

/// A verb may write about a thousand keys.
const AT_ONCE: usize = 200;

/// Format 4: a template's pictures belong to its company, and who waits for a person is listed. Format 7 does the rest.
pub(super) fn to_format_4(store: &Store) -> Result<(), Refusal> {
    hand_pictures_over(store)?;
    let queued = store.walk(queued_again)?;
    each_invoice(store, move |txn, invoice| come_back(txn, invoice, &queued))?;
    store.write_blocking(move |txn| {
        let names = txn.scan(&COUNTERS, &(), false).map(|row| row.map(|(name, _)| name)).collect::<Result<Vec<_>, _>>()?;
        names.iter().filter(|name| name.starts_with("invoices/")).for_each(|name| txn.delete(&COUNTERS, name));
        Ok(())
    })
}

/// Format 7: of invoices that are one, the surest file comes first; decisions keep the order in which they were made.
pub(super) fn to_format_7(store: &Store) -> Result<(), Refusal> {
    let ranks = store.walk(ranks)?;
    let wrong = store.walk(|view| keys_without(view, &INVOICE_RANKS, |id| Ok(ranks.contains_key(id))))?;
    delete(store, &INVOICE_RANKS, wrong)?;
    for some in ranks.into_iter().collect::<Vec<_>>().chunks(AT_ONCE).map(<[_]>::to_vec) {
        store.write_blocking(move |txn| Ok(some.iter().try_for_each(|(id, rank)| txn.put(&INVOICE_RANKS, id, rank))?))?;
    }
    each_invoice(store, |txn, invoice| index(txn, &invoice))?;
    for table in [&INVOICES_BY_IDENTITY, &INVOICES_DECIDED] {
        let wrong = store.walk(|view| keys_without(view, table, |row| is_known_by(view, table, row)))?;
        delete(store, table, wrong)?;
    }
    let totals = store.walk(count)?;
    store.write_blocking(move |txn| Ok(totals.iter().try_for_each(|(whose, totals)| txn.put(&TOTALS, whose, totals))?))?;
    loop {
        let some = store.walk(|view| {
            let rows = view.scan(&INVOICES_AS_THEY_CAME, &(), false).take(AT_ONCE);
            rows.map(|row| row.map(|(key, ())| key)).collect::<Result<Vec<_>, _>>()
        })?;
        if some.is_empty() {
            return Ok(());
        }
        delete(store, &INVOICES_AS_THEY_CAME, some)?;
    }
}

/// Format 8: the log is found by what its rows are about.
pub(super) fn to_format_8(store: &Store) -> Result<(), Refusal> {
    let facets = |stream: u8| [stream + log::NAMED, stream + log::NUMBERED];
    for facet in [0, log::ADMINISTRATION].into_iter().flat_map(facets) {
        let keys =
            store.walk(|view| view.scan(&LOG_KEYS, &facet, false).map(|row| row.map(|(key, _)| key)).collect::<Result<_, _>>())?;
        delete(store, &LOG_KEYS, keys)?;
        let rows =
            store.walk(|view| view.scan(&LOG_INDEX, &facet, false).map(|row| row.map(|(key, _)| key)).collect::<Result<_, _>>())?;
        delete(store, &LOG_INDEX, rows)?;
    }
    let mut from = (i64::MIN, 0);
    loop {
        let some = store
            .walk(|view| view.range(&LOG, &from, &(i64::MAX, u64::MAX), false).take(AT_ONCE).collect::<Result<Vec<_>, _>>())?;
        let Some(((time, number), _)) = some.last() else { return Ok(()) };
        from = (*time, number + 1);
        store.write_blocking(move |txn| {
            for (arrival, row) in some {
                for facet in facets(log::stream(&row)) {
                    log::index(txn, arrival, &row, facet)?;
                }
            }
            Ok(())
        })?;
    }
}

fn each_invoice(
    store: &Store,
    change: impl Fn(&mut Txn<'_>, Invoice) -> Result<(), StoreError> + Clone + Send + 'static,
) -> Result<(), Refusal> {
    let mut from = InvoiceId(0);
    loop {
        let some = store.walk(|view| {
            let rows = view.range(&INVOICES, &from, &InvoiceId(u64::MAX), false).take(AT_ONCE);
            rows.map(|row| row.map(|(_, invoice)| invoice)).collect::<Result<Vec<_>, _>>()
        })?;
        let Some(last) = some.last() else { return Ok(()) };
        from = InvoiceId(last.id.0 + 1);
        let change = change.clone();
        store.write_blocking(move |txn| Ok(some.into_iter().try_for_each(|invoice| change(txn, invoice))?))?;
    }
}

fn keys_without<K: Key, V: Record>(
    view: &View<'_>,
    table: &Table<K, V>,
    is_right: impl Fn(&K) -> Result<bool, StoreError>,
) -> Result<Vec<K>, StoreError> {
    let mut wrong = Vec::new();
    for row in view.scan(table, &(), false) {
        let (key, _) = row?;
        if !is_right(&key)? {
            wrong.push(key);
        }
    }
    Ok(wrong)
}

fn delete<K: Key + Clone + Send + 'static, V: Record>(
    store: &Store,
    table: &'static Table<K, V>,
    keys: Vec<K>,
) -> Result<(), Refusal> {
    for some in keys.chunks(AT_ONCE).map(<[_]>::to_vec) {
        store.write_blocking(move |txn| {
            some.iter().for_each(|key| txn.delete(table, key));
            Ok(())
        })?;
    }
    Ok(())
}

/// Where a person said of an invoice whether it duplicates an earlier one, that one comes first however sure its file is: what was
/// decided, and what counts by it, stays.
fn ranks(view: &View<'_>) -> Result<BTreeMap<InvoiceId, u64>, StoreError> {
    let mut decided: Vec<(InvoiceId, u64, Vec<InvoiceId>)> = Vec::new();
    for row in view.scan(&INVOICES, &(), true) {
        let (id, invoice) = row?;
        if !invoice.decisions.is_empty() {
            let of = invoice.decisions.iter().map(|decision| decision.of).collect();
            decided.push((id, u64::from(invoice.picture.format.rank()), of));
        }
    }
    let mut ranks = BTreeMap::new();
    // The newest first: a decision is always on an earlier one.
    for (id, own, decisions) in decided {
        let rank = ranks.get(&id).copied().unwrap_or(own);
        for of in decisions {
            let Some(other) = view.get(&INVOICES, &of)? else { continue };
            let known = ranks.get(&of).copied().unwrap_or_else(|| u64::from(other.picture.format.rank()));
            if rank < known {
                ranks.insert(of, rank);
            }
        }
    }
    Ok(ranks)
}

/// Whether an index row is its invoice's.
pub(super) fn is_known_by(view: &View<'_>, table: &Table<Twin, ()>, row: &Twin) -> Result<bool, StoreError> {
    let Some(invoice) = view.get(&INVOICES, &row.3)? else { return Ok(false) };
    let is_here = table.number != INVOICES_DECIDED.number || !invoice.decisions.is_empty();
    let place = place(view, &invoice)?;
    Ok(is_here && rows(&invoice, place).any(|known| known == *row))
}

/// Administrators' templates for other companies had pictures that those could not see.
fn hand_pictures_over(store: &Store) -> Result<(), Refusal> {
    for id in store.walk(|view| templates::ids(view, None))? {
        store.write_blocking(move |txn| {
            let Some(mut template) = templates::get(&txn.view(), id)? else { return Ok(()) };
            let (company, before) = (template.company, (template.origin, template.shown));
            let same = before.0 == before.1;
            template.origin = own_picture(txn, template.origin, company)?;
            template.shown = if same { template.origin } else { own_picture(txn, template.shown, company)? };
            if before != (template.origin, template.shown) {
                txn.put(&TEMPLATES, &id, &template)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn own_picture(txn: &mut Txn<'_>, id: PictureId, company: CompanyId) -> Result<PictureId, StoreError> {
    match txn.get(&PICTURES, &id)? {
        Some(picture) if picture.company != company => Ok(pictures::hand_over(txn, picture, company)?.id),
        _ => Ok(id),
    }
}

/// Invoices being read again.
fn queued_again(view: &View<'_>) -> Result<HashSet<InvoiceId>, StoreError> {
    let waiting = view.scan(&QUEUES, &(), false).map(|row| row.map(|(_, id)| id));
    let running = view.scan(&RUNNING, &(), false).map(|row| row.map(|(id, _)| id));
    let mut queued = HashSet::new();
    for id in waiting.chain(running) {
        if let Some(Job::Recognise { again: Some(again), .. }) = view.get(&ACTIONS, &id?)?.map(|action| action.job) {
            queued.insert(again);
        }
    }
    Ok(queued)
}

/// A cancelled second reading left the invoice on no list.
fn come_back(txn: &mut Txn<'_>, mut invoice: Invoice, queued: &HashSet<InvoiceId>) -> Result<(), StoreError> {
    if invoice.standing == Standing::Reading && !queued.contains(&invoice.id) {
        invoice.standing = Standing::Waiting;
        txn.put(&INVOICES, &invoice.id, &invoice)?;
        faults::add(txn, &invoice)?;
    }
    Ok(())
}

/// Totals of each company and of all.
pub(super) fn count(view: &View<'_>) -> Result<BTreeMap<CompanyId, Totals>, StoreError> {
    let mut totals: BTreeMap<CompanyId, Totals> = BTreeMap::new();
    for row in view.scan(&INVOICES, &(), false) {
        let (_, invoice) = row?;
        let class = class(view, &invoice)?;
        for whose in [EVERYBODY, invoice.company] {
            totals.entry(whose).or_default().add(&invoice, class);
        }
    }
    Ok(totals)
}
