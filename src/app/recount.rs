//! Rebuilds what an older release's store lacks: identity indexes and totals. If interrupted, it starts over.

use super::invoices::EVERYBODY;
use super::kin::{class, index};
use super::{faults, pictures, templates};
use crate::domain::action::Job;
use crate::domain::ids::{CompanyId, InvoiceId, PictureId};
use crate::domain::invoice::{Invoice, Standing};
use crate::domain::refusal::Refusal;
use crate::domain::totals::Totals;
use crate::store::tables::{ACTIONS, COUNTERS, INVOICES, INVOICES_BY_IDENTITY, PICTURES, QUEUES, RUNNING, TEMPLATES, TOTALS};
use crate::store::{Store, StoreError, Txn, View};
use std::collections::{BTreeMap, HashSet};

/// A verb may write about a thousand keys.
const AT_ONCE: usize = 200;

/// Format 4: numbers compare by value, totals are signed and by class, a template's pictures belong to its company.
pub(super) fn to_format_4(store: &Store) -> Result<(), Refusal> {
    hand_pictures_over(store)?;
    let queued = store.walk(queued_again)?;
    let mut from = InvoiceId(0);
    loop {
        let some = store.walk(|view| {
            let rows = view.range(&INVOICES, &from, &InvoiceId(u64::MAX), false).take(AT_ONCE);
            rows.map(|row| row.map(|(_, invoice)| invoice)).collect::<Result<Vec<_>, _>>()
        })?;
        let Some(last) = some.last() else { break };
        from = InvoiceId(last.id.0 + 1);
        let queued = queued.clone();
        store.write_blocking(move |txn| Ok(some.into_iter().try_for_each(|invoice| anew(txn, invoice, &queued))?))?;
    }
    let wrong = store.walk(not_known_by)?;
    for some in wrong.chunks(AT_ONCE) {
        let some = some.to_vec();
        store.write_blocking(move |txn| {
            some.iter().for_each(|key| txn.delete(&INVOICES_BY_IDENTITY, key));
            Ok(())
        })?;
    }
    let totals = store.walk(count)?;
    store.write_blocking(move |txn| {
        for (whose, totals) in totals {
            txn.put(&TOTALS, &whose, &totals)?;
        }
        let names = txn.scan(&COUNTERS, &(), false).map(|row| row.map(|(name, _)| name)).collect::<Result<Vec<_>, _>>()?;
        names.iter().filter(|name| name.starts_with("invoices/")).for_each(|name| txn.delete(&COUNTERS, name));
        Ok(())
    })
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
fn anew(txn: &mut Txn<'_>, mut invoice: Invoice, queued: &HashSet<InvoiceId>) -> Result<(), StoreError> {
    index(txn, &invoice)?;
    if invoice.standing == Standing::Reading && !queued.contains(&invoice.id) {
        invoice.standing = Standing::Waiting;
        txn.put(&INVOICES, &invoice.id, &invoice)?;
        faults::add(txn, &invoice)?;
    }
    Ok(())
}

type Known = (CompanyId, String, InvoiceId);

/// Index rows of identities that changed.
fn not_known_by(view: &View<'_>) -> Result<Vec<Known>, StoreError> {
    let mut wrong = Vec::new();
    for row in view.scan(&INVOICES_BY_IDENTITY, &(), false) {
        let (key, ()) = row?;
        if !view.get(&INVOICES, &key.2)?.is_some_and(|invoice| invoice.identities().contains(&key.1)) {
            wrong.push(key);
        }
    }
    Ok(wrong)
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
