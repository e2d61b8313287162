//! How invoices relate: identity index, duplicates, red and blue. Not here: people's decisions (decisions.rs).

use crate::domain::identity::same_as;
use crate::domain::ids::InvoiceId;
use crate::domain::invoice::{Decision, Invoice};
use crate::domain::totals::Class;
use crate::domain::twins;
use crate::store::tables::{INVOICE_RANKS, INVOICES, INVOICES_BY_IDENTITY, INVOICES_DECIDED, REDS, Table, Twin};
use crate::store::{StoreError, Txn, View};
use std::collections::BTreeSet;

/// Invoices of one number that are looked at.
const KIN_MAX: usize = 20;

/// The order of those that are one: the surest file first, then the earliest. It never changes.
pub(super) type Place = (u8, InvoiceId);

pub(super) fn place(view: &View<'_>, invoice: &Invoice) -> Result<Place, StoreError> {
    let kept = view.get(&INVOICE_RANKS, &invoice.id)?.and_then(|rank| u8::try_from(rank).ok());
    Ok((kept.unwrap_or_else(|| invoice.picture.format.rank()), invoice.id))
}

pub(super) fn rows(invoice: &Invoice, (rank, id): Place) -> impl Iterator<Item = Twin> {
    let company = invoice.company;
    invoice.identities().into_iter().map(move |identity| (company, identity, rank, id))
}

/// Adds its index rows.
pub(super) fn index(txn: &mut Txn<'_>, invoice: &Invoice) -> Result<(), StoreError> {
    let place = place(&txn.view(), invoice)?;
    for row in rows(invoice, place) {
        if !invoice.decisions.is_empty() {
            txn.put(&INVOICES_DECIDED, &row, &())?;
        }
        txn.put(&INVOICES_BY_IDENTITY, &row, &())?;
    }
    match invoice.blue_identity() {
        Some(blue) => txn.put(&REDS, &(invoice.company, blue, invoice.id), &()),
        None => Ok(()),
    }
}

pub(super) fn unindex(txn: &mut Txn<'_>, invoice: &Invoice) -> Result<(), StoreError> {
    let place = place(&txn.view(), invoice)?;
    for row in rows(invoice, place) {
        txn.delete(&INVOICES_DECIDED, &row);
        txn.delete(&INVOICES_BY_IDENTITY, &row);
    }
    if let Some(blue) = invoice.blue_identity() {
        txn.delete(&REDS, &(invoice.company, blue, invoice.id));
    }
    Ok(())
}

/// Those behind it whose class may change when `before` becomes `after`: with no other twin before them, or with decisions.
pub(super) fn next_after(view: &View<'_>, before: Option<&Invoice>, after: &Invoice) -> Result<Vec<Invoice>, StoreError> {
    let mut next: Vec<Invoice> = Vec::new();
    let known = |invoice: &Invoice| (invoice.known_as(), invoice.void.is_some());
    if before.is_some_and(|before| known(before) == known(after)) {
        return Ok(next);
    }
    let identities: BTreeSet<String> =
        before.into_iter().chain([after]).flat_map(Invoice::known_as).flat_map(|identity| same_as(&identity)).collect();
    let (place, mut places) = (place(view, after)?, BTreeSet::new());
    for identity in identities {
        // All of a number, or of a picture, are each other's twins; those of a number and date are not, if their codes differ.
        let alone = if identity.starts_with("coded ") { usize::MAX } else { 1 };
        let decided = behind(view, &INVOICES_DECIDED, after, &identity, place);
        for found in behind(view, &INVOICES_BY_IDENTITY, after, &identity, place).take(alone).chain(decided) {
            places.insert(found?);
        }
    }
    for (_, id) in places {
        if let Some(other) = view.get(&INVOICES, &id)?
            && (!other.decisions.is_empty() || !next.iter().any(|first| is_same(first, &other)))
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

fn behind<'v>(
    view: &View<'v>,
    table: &Table<Twin, ()>,
    invoice: &Invoice,
    identity: &str,
    (rank, id): Place,
) -> impl Iterator<Item = Result<Place, StoreError>> + use<'v> {
    let key = |rank, id| (invoice.company, identity.to_owned(), rank, InvoiceId(id));
    let rows = view.range(table, &key(rank, id.0 + 1), &key(u8::MAX, u64::MAX), false);
    rows.map(|row| row.map(|((_, _, rank, id), ())| (rank, id)))
}

/// The first invoice before it with the same picture or number for which `is_wanted` holds.
fn twin(view: &View<'_>, invoice: &Invoice, is_wanted: impl Fn(InvoiceId) -> bool) -> Result<Option<InvoiceId>, StoreError> {
    let (mut end, mut first) = (place(view, invoice)?, None);
    for identity in invoice.identities().iter().flat_map(|identity| same_as(identity)) {
        for row in view.scan(&INVOICES_BY_IDENTITY, &(invoice.company, identity), false) {
            let ((_, _, rank, id), ()) = row?;
            if (rank, id) >= end {
                break;
            }
            if is_wanted(id) {
                (end, first) = ((rank, id), Some(id));
                break;
            }
        }
    }
    Ok(first)
}

/// An invoice before it, and the decision on the two.
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

/// The first invoices behind it that are duplicates now, with the class each would have without this one.
pub fn later_ones(view: &View<'_>, invoice: &Invoice) -> Result<Vec<(InvoiceId, Class)>, StoreError> {
    let (place, mut places) = (place(view, invoice)?, BTreeSet::new());
    for identity in invoice.identities().iter().flat_map(|identity| same_as(identity)) {
        for found in behind(view, &INVOICES_BY_IDENTITY, invoice, &identity, place).take(KIN_MAX) {
            places.insert(found?);
        }
    }
    let mut ones = Vec::new();
    for (_, id) in places.into_iter().take(KIN_MAX) {
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
    /// The `pos_id`s of what that one says otherwise.
    pub differs: Vec<&'static str>,
    /// The blue invoice that it reverses.
    pub blue_of: Option<InvoiceId>,
    /// The red invoice that reverses it.
    pub red_by: Option<InvoiceId>,
}

impl Kin {
    pub fn of(view: &View<'_>, invoice: &Invoice) -> Result<Self, StoreError> {
        let duplicate = original(view, invoice, None)?;
        let twin = duplicate.as_ref().filter(|_| is_duplicate(&duplicate)).map(|(of, _)| view.get(&INVOICES, of)).transpose()?;
        let differs = twin.flatten().map(|twin| twins::differs(invoice, &twin)).unwrap_or_default();
        Ok(Self { duplicate, differs, blue_of: blue_of(view, invoice)?, red_by: red_by(view, invoice)? })
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
        let ((_, _, _, id), ()) = row?;
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
