//! Invoices waiting for a person: the list, adding and removing. Not here: what makes a fault (domain/checks.rs), corrections
//! (entries.rs), reading again (second_readings.rs).

use super::invoice_lists::Filter;
use super::invoices::{put, visible};
use super::{By, refusals};
use crate::domain::ids::{ActionId, CompanyId, InvoiceId};
use crate::domain::invoice::{Invoice, Standing};
use crate::domain::news::News;
use crate::domain::refusal::Refusal;
use crate::store::tables::{FAULTS, FAULTS_BY_COMPANY, INVOICES, MARKED};
use crate::store::{StoreError, Txn, View};

pub(super) const ALL: &str = "faults";

pub(super) fn counter(company: CompanyId) -> String {
    format!("faults/{company}")
}

/// Of the company, or of all.
pub fn number(view: &View<'_>, scope: Option<CompanyId>) -> Result<u64, StoreError> {
    match scope {
        Some(company) => view.counter(&counter(company)),
        None => view.counter(ALL),
    }
}

/// Newest first.
fn ids<'a>(view: &View<'a>, scope: Option<CompanyId>) -> Box<dyn Iterator<Item = Result<InvoiceId, StoreError>> + 'a> {
    match scope {
        Some(company) => Box::new(view.scan(&FAULTS_BY_COMPANY, &company, true).map(|row| row.map(|((_, id), ())| id))),
        None => Box::new(view.scan(&FAULTS, &(), true).map(|row| row.map(|(id, ())| id))),
    }
}

/// Newest first, until `each` returns false.
pub fn walk(view: &View<'_>, filter: &Filter, mut each: impl FnMut(Invoice) -> bool) -> Result<(), StoreError> {
    for id in ids(view, filter.scope) {
        if let Some(invoice) = view.get(&INVOICES, &id?)?
            && filter.fits(view, &invoice)?
            && !each(invoice)
        {
            break;
        }
    }
    Ok(())
}

/// One page and the total.
pub fn page(view: &View<'_>, filter: &Filter, skip: usize, limit: usize) -> Result<(Vec<Invoice>, u64), StoreError> {
    if filter.lets_all_through() {
        let some = ids(view, filter.scope).skip(skip).take(limit);
        let page = some.filter_map(|id| id.and_then(|id| view.get(&INVOICES, &id)).transpose()).collect::<Result<_, _>>()?;
        return Ok((page, number(view, filter.scope)?));
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

pub(super) fn tell(txn: &mut Txn<'_>, company: CompanyId, new: Option<InvoiceId>) -> Result<(), StoreError> {
    let (own, all) = (txn.view().counter(&counter(company))?, txn.view().counter(ALL)?);
    txn.tell(News::Faults { company, own, all, new });
    Ok(())
}

pub(super) fn add(txn: &mut Txn<'_>, invoice: &Invoice) -> Result<(), StoreError> {
    txn.put(&FAULTS, &invoice.id, &())?;
    txn.put(&FAULTS_BY_COMPANY, &(invoice.company, invoice.id), &())?;
    txn.add(ALL, 1)?;
    txn.add(&counter(invoice.company), 1)?;
    tell(txn, invoice.company, Some(invoice.id))
}

pub(super) fn strike(txn: &mut Txn<'_>, invoice: &Invoice) -> Result<(), StoreError> {
    txn.delete(&FAULTS, &invoice.id);
    txn.delete(&FAULTS_BY_COMPANY, &(invoice.company, invoice.id));
    txn.add(ALL, -1)?;
    txn.add(&counter(invoice.company), -1)?;
    Ok(())
}

/// Puts the already stored invoice on the list or takes it off, by its standing.
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

/// Stores the invoice with its final standing.
pub(super) fn settle(txn: &mut Txn<'_>, before: &Invoice, invoice: &mut Invoice, standing: Standing) -> Result<(), StoreError> {
    invoice.standing = standing;
    put(txn, Some(before), invoice)?;
    relist(txn, before, invoice)
}

/// A second reading won't happen; a person has to look after all.
pub(super) fn come_back(txn: &mut Txn<'_>, id: InvoiceId) -> Result<(), StoreError> {
    let Some(before) = txn.get(&INVOICES, &id)?.filter(|invoice| invoice.standing == Standing::Reading) else { return Ok(()) };
    let mut invoice = before.clone();
    settle(txn, &before, &mut invoice, Standing::Waiting)
}

/// Papers that a person marked won't be read; what was read from the page before stands where it stood.
pub(super) fn unmark(txn: &mut Txn<'_>, id: ActionId) -> Result<(), StoreError> {
    for (id, standing) in txn.get(&MARKED, &id)?.map(|marked| marked.instead_of).unwrap_or_default() {
        let Some(before) = txn.get(&INVOICES, &id)?.filter(|invoice| invoice.standing == Standing::Reading) else { continue };
        let mut invoice = before.clone();
        settle(txn, &before, &mut invoice, standing)?;
    }
    Ok(())
}

/// The invoice, if it is on the list.
pub(super) fn fault(txn: &Txn<'_>, by: &By, id: InvoiceId) -> Result<Invoice, Refusal> {
    let invoice = visible(&txn.view(), &by.actor, id)?;
    if txn.has(&FAULTS, &id)? {
        return Ok(invoice);
    }
    Err(refusals::not_on_the_fault_list())
}
