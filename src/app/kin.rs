//! What an invoice has to do with others: by what they are found, whose duplicate it is, which one it takes back. Not here: what people
//! decide of it (decisions.rs).

use crate::domain::identity::same_as;
use crate::domain::ids::InvoiceId;
use crate::domain::invoice::{Decision, Invoice};
use crate::domain::totals::Class;
use crate::store::tables::{INVOICES, INVOICES_BY_IDENTITY, REDS};
use crate::store::{StoreError, Txn, View};
use std::collections::BTreeSet;

/// So many of one number are looked at for the blue one, and named when they come later.
const KIN_MAX: usize = 20;

/// The rows by which it is found.
pub(super) fn index(txn: &mut Txn<'_>, invoice: &Invoice) -> Result<(), StoreError> {
    for identity in invoice.identities() {
        txn.put(&INVOICES_BY_IDENTITY, &(invoice.company, identity, invoice.id), &())?;
    }
    match invoice.blue_identity() {
        Some(blue) => txn.put(&REDS, &(invoice.company, blue, invoice.id), &()),
        None => Ok(()),
    }
}

/// The later invoices that may count as something else when this one is found by `changed` or no more. Those have no other before them, or
/// a person has found something of them and the one that is before them.
pub(super) fn next_after<'i>(
    view: &View<'_>,
    invoice: &Invoice,
    changed: impl Iterator<Item = &'i String>,
) -> Result<Vec<Invoice>, StoreError> {
    let mut ids = BTreeSet::new();
    for identity in changed {
        let first = view.scan(&INVOICES_BY_IDENTITY, &(invoice.company, identity.clone()), false).next().transpose()?;
        if first.is_some_and(|((_, _, id), ())| id < invoice.id) {
            continue;
        }
        for other in same_as(identity) {
            for id in later(view, invoice, other) {
                ids.insert(id?);
            }
        }
    }
    let mut next = Vec::new();
    for id in ids {
        if let Some(other) = view.get(&INVOICES, &id)?
            && (other.decision.is_some() || !next.iter().any(|earlier: &Invoice| is_same(earlier, &other)))
        {
            next.push(other);
        }
    }
    Ok(next)
}

fn is_same(one: &Invoice, other: &Invoice) -> bool {
    let others = other.identities();
    one.identities().iter().flat_map(|identity| same_as(identity)).any(|identity| others.contains(&identity))
}

fn later<'v>(
    view: &View<'v>,
    invoice: &Invoice,
    identity: String,
) -> impl Iterator<Item = Result<InvoiceId, StoreError>> + use<'v> {
    let key = |id| (invoice.company, identity.clone(), id);
    let rows = view.range(&INVOICES_BY_IDENTITY, &key(InvoiceId(invoice.id.0 + 1)), &key(InvoiceId(u64::MAX)), false);
    rows.map(|row| row.map(|((_, _, id), ())| id))
}

/// The earliest other invoice of the company that is the same, by its picture or its number; `without` is left out.
fn twin(view: &View<'_>, invoice: &Invoice, without: Option<InvoiceId>) -> Result<Option<InvoiceId>, StoreError> {
    let mut earliest = None;
    for identity in invoice.identities().iter().flat_map(|identity| same_as(identity)) {
        for row in view.scan(&INVOICES_BY_IDENTITY, &(invoice.company, identity), false) {
            let ((_, _, id), ()) = row?;
            if Some(id) != without {
                if id < invoice.id && earliest.is_none_or(|e| id < e) {
                    earliest = Some(id);
                }
                break;
            }
        }
    }
    Ok(earliest)
}

/// An earlier one, and what a person has found of the two.
type Original = Option<(InvoiceId, Option<Decision>)>;

/// The one that it looks like. Who is found to be a duplicate stays one until a person says otherwise, also when the other is void since:
/// nothing begins to count unseen.
fn original(view: &View<'_>, invoice: &Invoice, without: Option<InvoiceId>) -> Result<Original, StoreError> {
    if invoice.void.is_none()
        && let Some(decision) = invoice.decision.as_ref().filter(|decision| decision.is_duplicate)
    {
        return Ok(Some((decision.of, Some(decision.clone()))));
    }
    let of = twin(view, invoice, without)?;
    Ok(of.map(|of| (of, invoice.decision.clone().filter(|decision| decision.of == of))))
}

fn is_duplicate(original: &Original) -> bool {
    original.as_ref().is_some_and(|(_, decision)| decision.as_ref().is_none_or(|d| d.is_duplicate))
}

/// What it counts as.
pub fn class(view: &View<'_>, invoice: &Invoice) -> Result<Class, StoreError> {
    Ok(Class::of(invoice, is_duplicate(&original(view, invoice, None)?)))
}

/// The first of the later ones that look like it, and what each counts as when this one is void.
pub fn later_ones(view: &View<'_>, invoice: &Invoice) -> Result<Vec<(InvoiceId, Class)>, StoreError> {
    let mut ids = BTreeSet::new();
    for identity in invoice.identities().iter().flat_map(|identity| same_as(identity)) {
        for id in later(view, invoice, identity).take(KIN_MAX) {
            ids.insert(id?);
        }
    }
    let mut ones = Vec::new();
    for id in ids.into_iter().take(KIN_MAX) {
        if let Some(other) = view.get(&INVOICES, &id)? {
            ones.push((id, Class::of(&other, is_duplicate(&original(view, &other, Some(invoice.id))?))));
        }
    }
    Ok(ones)
}

/// What an invoice has to do with others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kin {
    /// The earlier one that it looks like, and what a person has found of that.
    pub duplicate: Original,
    /// The blue one that it takes back.
    pub blue_of: Option<InvoiceId>,
    /// The red one that takes it back.
    pub red_by: Option<InvoiceId>,
}

impl Kin {
    pub fn of(view: &View<'_>, invoice: &Invoice) -> Result<Self, StoreError> {
        let mut kin = Self { duplicate: original(view, invoice, None)?, ..Self::default() };
        if let Some(blue) = invoice.blue_identity() {
            for row in view.scan(&INVOICES_BY_IDENTITY, &(invoice.company, blue), false).take(KIN_MAX) {
                let ((_, _, id), ()) = row?;
                if id != invoice.id && view.get(&INVOICES, &id)?.is_some_and(|other| !other.is_red()) {
                    kin.blue_of = Some(id);
                    break;
                }
            }
        } else if !invoice.is_red() {
            for identity in invoice.identities() {
                if let Some(row) = view.scan(&REDS, &(invoice.company, identity), false).next() {
                    kin.red_by = Some(row?.0.2);
                }
            }
        }
        Ok(kin)
    }

    /// What it counts as.
    pub fn class(&self, invoice: &Invoice) -> Class {
        Class::of(invoice, is_duplicate(&self.duplicate))
    }
}
