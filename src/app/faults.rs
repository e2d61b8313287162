//! The invoices that wait for a person: the list, and the ways off it. Not here: what makes a fault (domain/checks.rs), and what a person
//! reads instead (entries.rs).

use super::entries::{Taken, confirm, is_stale};
use super::invoice_lists::Filter;
use super::invoices::{put, visible};
use super::queues::enqueue;
use super::{App, By, log, now};
use crate::domain::action::Job;
use crate::domain::change::Change;
use crate::domain::fact::Fact;
use crate::domain::ids::{ActionId, CompanyId, InvoiceId};
use crate::domain::invoice::{Invoice, Review, Standing};
use crate::domain::refusal::Refusal;
use crate::store::tables::{FAULTS, FAULTS_BY_COMPANY, INVOICES};
use crate::store::{StoreError, Txn, View};
use std::collections::BTreeMap;

pub(super) const ALL: &str = "faults";

pub(super) fn counter(company: CompanyId) -> String {
    format!("faults/{company}")
}

/// How many wait for a person: the company's, or everybody's.
pub fn number(view: &View<'_>, wall: Option<CompanyId>) -> Result<u64, StoreError> {
    match wall {
        Some(company) => view.counter(&counter(company)),
        None => view.counter(ALL),
    }
}

/// Newest first.
fn ids<'a>(view: &View<'a>, wall: Option<CompanyId>) -> Box<dyn Iterator<Item = Result<InvoiceId, StoreError>> + 'a> {
    match wall {
        Some(company) => Box::new(view.scan(&FAULTS_BY_COMPANY, &company, true).map(|row| row.map(|((_, id), ())| id))),
        None => Box::new(view.scan(&FAULTS, &(), true).map(|row| row.map(|(id, ())| id))),
    }
}

/// Those that wait for a person, newest first; calls `each` until it says stop.
pub fn walk(view: &View<'_>, filter: &Filter, mut each: impl FnMut(Invoice) -> bool) -> Result<(), StoreError> {
    for id in ids(view, filter.wall) {
        if let Some(invoice) = view.get(&INVOICES, &id?)?
            && filter.fits(view, &invoice)?
            && !each(invoice)
        {
            break;
        }
    }
    Ok(())
}

/// One page of them, and how many there are in all.
pub fn page(view: &View<'_>, filter: &Filter, skip: usize, limit: usize) -> Result<(Vec<Invoice>, u64), StoreError> {
    if filter.lets_all_through() {
        let some = ids(view, filter.wall).skip(skip).take(limit);
        let page = some.filter_map(|id| id.and_then(|id| view.get(&INVOICES, &id)).transpose()).collect::<Result<_, _>>()?;
        return Ok((page, number(view, filter.wall)?));
    }
    let (mut page, mut found) = (Vec::new(), 0usize);
    walk(view, filter, |invoice| {
        if found >= skip && page.len() < limit {
            page.push(invoice);
        }
        found += 1;
        true
    })?;
    Ok((page, found as u64))
}

fn tell(txn: &mut Txn<'_>, company: CompanyId, new: Option<&Invoice>) -> Result<(), StoreError> {
    let (own, all) = (txn.view().counter(&counter(company))?, txn.view().counter(ALL)?);
    txn.emit(Change::Faults { company, own, all, new: new.cloned().map(Box::new) });
    Ok(())
}

pub(super) fn add(txn: &mut Txn<'_>, invoice: &Invoice) -> Result<(), StoreError> {
    txn.put(&FAULTS, &invoice.id, &())?;
    txn.put(&FAULTS_BY_COMPANY, &(invoice.company, invoice.id), &())?;
    txn.add(ALL, 1)?;
    txn.add(&counter(invoice.company), 1)?;
    tell(txn, invoice.company, Some(invoice))
}

fn strike(txn: &mut Txn<'_>, invoice: &Invoice) -> Result<(), StoreError> {
    txn.delete(&FAULTS, &invoice.id);
    txn.delete(&FAULTS_BY_COMPANY, &(invoice.company, invoice.id));
    txn.add(ALL, -1)?;
    txn.add(&counter(invoice.company), -1)?;
    Ok(())
}

/// On the list or off it, as the invoice now says; it is kept already.
pub(super) fn relist(txn: &mut Txn<'_>, before: &Invoice, after: &Invoice) -> Result<(), StoreError> {
    match (before.is_fault(), after.is_fault()) {
        (false, true) => add(txn, after),
        (true, false) => {
            strike(txn, after)?;
            tell(txn, after.company, None)
        }
        _ => Ok(()),
    }
}

/// Off the list, for good.
pub(super) fn settle(txn: &mut Txn<'_>, before: &Invoice, invoice: &mut Invoice, standing: Standing) -> Result<(), StoreError> {
    invoice.standing = standing;
    put(txn, Some(before), invoice)?;
    relist(txn, before, invoice)
}

/// It was to be read again, and nobody will: a person has to see to it after all.
pub(super) fn come_back(txn: &mut Txn<'_>, id: InvoiceId) -> Result<(), StoreError> {
    let Some(before) = txn.get(&INVOICES, &id)?.filter(|invoice| invoice.standing == Standing::Reading) else { return Ok(()) };
    let mut invoice = before.clone();
    settle(txn, &before, &mut invoice, Standing::Waiting)
}

/// The invoice, if it waits for a person.
fn fault(txn: &Txn<'_>, by: &By, id: InvoiceId) -> Result<Invoice, Refusal> {
    let invoice = visible(&txn.view(), &by.actor, id)?;
    if txn.has(&FAULTS, &id)? {
        return Ok(invoice);
    }
    Err(Refusal::conflict("该发票不在异常队列中", "the invoice is not on the fault list"))
}

/// Telling is the caller's: once for however many.
fn read_again(txn: &mut Txn<'_>, by: &By, before: Invoice) -> Result<(ActionId, Invoice), StoreError> {
    let mut invoice = before.clone();
    invoice.standing = Standing::Reading;
    put(txn, Some(&before), &mut invoice)?;
    strike(txn, &invoice)?;
    let job = Job::Recognise { picture: invoice.picture.id, again: Some(invoice.id) };
    let by = by.about(&txn.view(), invoice.company)?;
    let action = enqueue(txn, &by, job, &invoice.file_name, &invoice.id.to_string())?;
    Ok((action.id, invoice))
}

/// A retry writes about twenty keys, of the thousand that one verb may.
pub const RETRIED_AT_ONCE: usize = 50;

impl App {
    /// Read it again: a new action for the same invoice, which is off the list at once. `Err` within: somebody was faster, and this is how
    /// it stands now.
    pub async fn retry_fault(
        &self,
        by: By,
        id: InvoiceId,
        version: Option<u64>,
    ) -> Result<Result<ActionId, Box<Invoice>>, Refusal> {
        self.act(by, move |txn, by| {
            let invoice = visible(&txn.view(), &by.actor, id)?;
            if is_stale(&invoice, version) || !txn.has(&FAULTS, &id)? {
                return Ok(Err(Box::new(invoice)));
            }
            let (action, invoice) = read_again(txn, by, invoice)?;
            tell(txn, invoice.company, None)?;
            txn.emit(Change::Queued { company: invoice.company, pictures: vec![(action, invoice.picture)] });
            Ok(Ok(action))
        })
        .await
    }

    /// Read these again, at most `RETRIED_AT_ONCE`. What left the list meanwhile, or was never to be seen, is passed over.
    pub async fn retry_faults(&self, by: By, ids: Vec<InvoiceId>) -> Result<Vec<ActionId>, Refusal> {
        self.act(by, move |txn, by| {
            let mut queued: BTreeMap<CompanyId, Vec<_>> = BTreeMap::new();
            for id in ids.into_iter().take(RETRIED_AT_ONCE) {
                let Ok(invoice) = fault(txn, by, id) else { continue };
                let (action, invoice) = read_again(txn, by, invoice)?;
                queued.entry(invoice.company).or_default().push((action, invoice.picture));
            }
            let mut actions: Vec<ActionId> = queued.values().flatten().map(|(action, _)| *action).collect();
            actions.sort_unstable();
            for (company, pictures) in queued {
                tell(txn, company, None)?;
                txn.emit(Change::Queued { company, pictures });
            }
            Ok(actions)
        })
        .await
    }

    /// A person has seen to it, and found nothing to put right.
    pub async fn resolve_fault(&self, by: By, id: InvoiceId, version: Option<u64>) -> Result<Taken, Refusal> {
        self.act(by, move |txn, by| {
            let before = visible(&txn.view(), &by.actor, id)?;
            if is_stale(&before, version) || !txn.has(&FAULTS, &id)? {
                return Ok(Taken::Stale(Box::new(before)));
            }
            let (mut invoice, at) = (before.clone(), now());
            confirm(txn, by, at, &mut invoice)?;
            let user_name = by.actor.user_name.clone();
            // It may have been given for what was typed before.
            let against_checks = invoice.review.and_then(|review| review.against_checks);
            invoice.review = Some(Review { user_name, at, against_checks });
            settle(txn, &before, &mut invoice, Standing::Reviewed)?;
            let by = by.about(&txn.view(), invoice.company)?;
            log(txn, at, &by, None, Fact::FaultResolved { invoice: id })?;
            Ok(Taken::Done(Box::new(invoice)))
        })
        .await
    }
}
