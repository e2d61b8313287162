//! Stored invoices with their identity index and totals. Not here: lists (invoice_lists.rs), faults (faults.rs), people's input
//! (entries.rs, decisions.rs).

use super::{kin, refusals};
use crate::domain::account::Actor;
use crate::domain::ids::{CompanyId, InvoiceId, TemplateId};
use crate::domain::invoice::{Candidate, Correction, Invoice};
use crate::domain::paper::Item;
use crate::domain::refusal::Refusal;
use crate::domain::template::{Learnt, Template};
use crate::domain::totals::{Class, Totals};
use crate::store::tables::{
    CANDIDATES, CORRECTIONS, INVOICES, INVOICES_BY_COMPANY, INVOICES_BY_IDENTITY, ITEMS, REDS, TEMPLATES, TOTALS,
};
use crate::store::{StoreError, Txn, View};

/// The totals' row for all companies.
pub(super) const EVERYBODY: CompanyId = CompanyId(0);

pub fn get(view: &View<'_>, id: InvoiceId) -> Result<Option<Invoice>, StoreError> {
    view.get(&INVOICES, &id)
}

/// Stores it and updates version, indexes and totals.
pub(super) fn put(txn: &mut Txn<'_>, before: Option<&Invoice>, invoice: &mut Invoice) -> Result<(), StoreError> {
    let old = before.map(Invoice::identities).unwrap_or_default();
    // Decisions don't apply to another number or picture; voiding changes neither.
    if before.is_some_and(|before| before.known_as() != invoice.known_as()) {
        invoice.decisions.clear();
    }
    let next = before.map_or_else(|| Ok(Vec::new()), |before| kin::next_after(&txn.view(), before, invoice))?;
    for other in before.into_iter().chain(&next) {
        count(txn, other, Totals::take)?;
    }
    for identity in old {
        txn.delete(&INVOICES_BY_IDENTITY, &(invoice.company, identity, invoice.id));
    }
    if let Some(blue) = before.and_then(Invoice::blue_identity) {
        txn.delete(&REDS, &(invoice.company, blue, invoice.id));
    }
    kin::index(txn, invoice)?;
    invoice.version = before.map_or(1, |before| before.version + 1);
    txn.put(&INVOICES_BY_COMPANY, &(invoice.company, invoice.id), &())?;
    txn.put(&INVOICES, &invoice.id, invoice)?;
    for other in next.iter().chain([&*invoice]) {
        count(txn, other, Totals::add)?;
    }
    Ok(())
}

/// Keeps running totals, so that a list page need not walk all invoices.
fn count(txn: &mut Txn<'_>, invoice: &Invoice, change: fn(&mut Totals, &Invoice, Class)) -> Result<(), StoreError> {
    let class = kin::class(&txn.view(), invoice)?;
    for whose in [EVERYBODY, invoice.company] {
        let mut totals = txn.get(&TOTALS, &whose)?.unwrap_or_default();
        change(&mut totals, invoice, class);
        txn.put(&TOTALS, &whose, &totals)?;
    }
    Ok(())
}

pub fn corrections(view: &View<'_>, id: InvoiceId) -> Result<Vec<Correction>, StoreError> {
    view.scan(&CORRECTIONS, &id, false).map(|row| row.map(|(_, correction)| correction)).collect()
}

/// From the last reading.
pub fn candidates(view: &View<'_>, id: InvoiceId) -> Result<Vec<Candidate>, StoreError> {
    Ok(view.get(&CANDIDATES, &id)?.unwrap_or_default())
}

/// Its lines, in their order.
pub fn items(view: &View<'_>, id: InvoiceId) -> Result<Vec<Item>, StoreError> {
    let rows: Vec<Vec<Item>> = view.scan(&ITEMS, &id, false).map(|row| row.map(|(_, items)| items)).collect::<Result<_, _>>()?;
    Ok(rows.concat())
}

/// Empty if the template is gone.
pub(super) fn learnt(view: &View<'_>, template: Option<TemplateId>) -> Result<Learnt, StoreError> {
    let template: Option<Template> = template.map(|id| view.get(&TEMPLATES, &id)).transpose()?.flatten();
    Ok(template.map(|t| t.learnt).unwrap_or_default())
}

/// The invoice, if `actor` sees its company.
pub fn visible(view: &View<'_>, actor: &Actor, id: InvoiceId) -> Result<Invoice, Refusal> {
    let invoice = view.get(&INVOICES, &id)?.ok_or_else(refusals::no_such_invoice)?;
    if actor.sees(invoice.company) { Ok(invoice) } else { Err(Refusal::no_permission()) }
}
