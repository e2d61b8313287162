//! How invoices relate: identity index, duplicates, red and blue. Not here: people's decisions (decisions.rs).

use crate::domain::identity::same_as;
use crate::domain::ids::InvoiceId;
use crate::domain::invoice::{Decision, Invoice};
use crate::domain::totals::Class;
use crate::store::tables::{INVOICES, INVOICES_BY_IDENTITY, REDS};
use crate::store::{StoreError, Txn, View};
use std::collections::BTreeSet;

/// Invoices of one number that are looked at.
const KIN_MAX: usize = 20;

/// Adds its index rows.
pub(super) fn index(txn: &mut Txn<'_>, invoice: &Invoice) -> Result<(), StoreError> {
    for identity in invoice.identities() {
        txn.put(&INVOICES_BY_IDENTITY, &(invoice.company, identity, invoice.id), &())?;
    }
    match invoice.blue_identity() {
        Some(blue) => txn.put(&REDS, &(invoice.company, blue, invoice.id), &()),
        None => Ok(()),
    }
}

/// Later invoices whose class may change when `before` becomes `after`: those with no other twin before them, or with decisions.
pub(super) fn next_after(view: &View<'_>, before: &Invoice, after: &Invoice) -> Result<Vec<Invoice>, StoreError> {
    let mut next: Vec<Invoice> = Vec::new();
    if (before.known_as(), before.void.is_some()) == (after.known_as(), after.void.is_some()) {
        return Ok(next);
    }
    let identities: BTreeSet<String> =
        before.known_as().iter().chain(&after.known_as()).flat_map(|identity| same_as(identity)).collect();
    let mut ids = BTreeSet::new();
    for identity in identities {
        for id in later(view, after, identity) {
            ids.insert(id?);
        }
    }
    for id in ids {
        if let Some(other) = view.get(&INVOICES, &id)?
            && (!other.decisions.is_empty() || !next.iter().any(|earlier| is_same(earlier, &other)))
        {
            next.push(other);
        }
    }
    Ok(next)
}

/// By identity, void or not.
fn is_same(one: &Invoice, other: &Invoice) -> bool {
    let others = other.known_as();
    one.known_as().iter().flat_map(|identity| same_as(identity)).any(|identity| others.contains(&identity))
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

/// The earliest earlier invoice with the same picture or number for which `is_wanted` holds.
fn twin(view: &View<'_>, invoice: &Invoice, is_wanted: impl Fn(InvoiceId) -> bool) -> Result<Option<InvoiceId>, StoreError> {
    let mut earliest: Option<InvoiceId> = None;
    for identity in invoice.identities().iter().flat_map(|identity| same_as(identity)) {
        for row in view.scan(&INVOICES_BY_IDENTITY, &(invoice.company, identity), false) {
            let ((_, _, id), ()) = row?;
            if id >= invoice.id || earliest.is_some_and(|earliest| earliest <= id) {
                break;
            }
            if is_wanted(id) {
                earliest = Some(id);
                break;
            }
        }
    }
    Ok(earliest)
}

/// An earlier invoice, and the decision on the two.
type Original = Option<(InvoiceId, Option<Decision>)>;

/// The invoice that this one was decided to duplicate; else the first twin not decided on; else the first twin. A decided duplicate
/// stays one even if its original becomes void, so that nothing starts to count unnoticed, but not if the original's identity
/// changes. `without` is ignored.
fn original(view: &View<'_>, invoice: &Invoice, without: Option<InvoiceId>) -> Result<Original, StoreError> {
    if invoice.void.is_some() {
        return Ok(None);
    }
    let decided = |of: InvoiceId| invoice.decisions.iter().find(|decision| decision.of == of);
    if let Some(decision) = invoice.decisions.iter().find(|decision| decision.is_duplicate)
        && view.get(&INVOICES, &decision.of)?.is_some_and(|other| is_same(&other, invoice))
    {
        return Ok(Some((decision.of, Some(decision.clone()))));
    }
    let there = |of: InvoiceId| Some(of) != without;
    if let Some(of) = twin(view, invoice, |of| there(of) && decided(of).is_none())? {
        return Ok(Some((of, None)));
    }
    Ok(twin(view, invoice, there)?.map(|of| (of, decided(of).cloned())))
}

/// Whether it is void, or in the end a duplicate of a void one.
pub(super) fn counts_for_nothing(view: &View<'_>, id: InvoiceId) -> Result<bool, StoreError> {
    let mut at = id;
    for _ in 0..KIN_MAX {
        let Some(invoice) = view.get(&INVOICES, &at)?.filter(|invoice| invoice.void.is_none()) else { return Ok(true) };
        match original(view, &invoice, None)? {
            Some((of, Some(decision))) if decision.is_duplicate => at = of,
            _ => return Ok(false),
        }
    }
    Ok(false)
}

fn is_duplicate(original: &Original) -> bool {
    original.as_ref().is_some_and(|(_, decision)| decision.as_ref().is_none_or(|d| d.is_duplicate))
}

pub fn class(view: &View<'_>, invoice: &Invoice) -> Result<Class, StoreError> {
    Ok(Class::of(invoice, is_duplicate(&original(view, invoice, None)?)))
}

/// The first later invoices that are duplicates now, with the class each would have without this one.
pub fn later_ones(view: &View<'_>, invoice: &Invoice) -> Result<Vec<(InvoiceId, Class)>, StoreError> {
    let mut ids = BTreeSet::new();
    for identity in invoice.identities().iter().flat_map(|identity| same_as(identity)) {
        for id in later(view, invoice, identity).take(KIN_MAX) {
            ids.insert(id?);
        }
    }
    let mut ones = Vec::new();
    for id in ids.into_iter().take(KIN_MAX) {
        if let Some(other) = view.get(&INVOICES, &id)?
            && class(view, &other)? == Class::Duplicate
        {
            ones.push((id, Class::of(&other, is_duplicate(&original(view, &other, Some(invoice.id))?))));
        }
    }
    Ok(ones)
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kin {
    /// The twin before it, and the decision.
    pub duplicate: Original,
    /// The blue invoice that it reverses.
    pub blue_of: Option<InvoiceId>,
    /// The red invoice that reverses it.
    pub red_by: Option<InvoiceId>,
}

impl Kin {
    pub fn of(view: &View<'_>, invoice: &Invoice) -> Result<Self, StoreError> {
        let duplicate = original(view, invoice, None)?;
        Ok(Self { duplicate, blue_of: blue_of(view, invoice)?, red_by: red_by(view, invoice)? })
    }

    pub fn class(&self, invoice: &Invoice) -> Class {
        Class::of(invoice, is_duplicate(&self.duplicate))
    }
}

/// The first confirmed one, or else the first.
fn blue_of(view: &View<'_>, red: &Invoice) -> Result<Option<InvoiceId>, StoreError> {
    let Some(blue) = red.blue_identity() else { return Ok(None) };
    let mut first = None;
    for row in view.scan(&INVOICES_BY_IDENTITY, &(red.company, blue), false).take(KIN_MAX) {
        let ((_, _, id), ()) = row?;
        let Some(other) = view.get(&INVOICES, &id)?.filter(|other| id != red.id && !other.is_red()) else { continue };
        if class(view, &other)? == Class::Confirmed {
            return Ok(Some(id));
        }
        first = first.or(Some(id));
    }
    Ok(first)
}

/// Only a confirmed red invoice reverses, and only the one it names.
fn red_by(view: &View<'_>, blue: &Invoice) -> Result<Option<InvoiceId>, StoreError> {
    if blue.is_red() {
        return Ok(None);
    }
    for identity in blue.identities() {
        for row in view.scan(&REDS, &(blue.company, identity), false).take(KIN_MAX) {
            let ((_, _, id), ()) = row?;
            if let Some(red) = view.get(&INVOICES, &id)?
                && class(view, &red)? == Class::Confirmed
                && blue_of(view, &red)? == Some(blue.id)
            {
                return Ok(Some(id));
            }
        }
    }
    Ok(None)
}
