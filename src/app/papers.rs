//! Several papers on one picture: where each lies, as it was found or as a person says. Not here: finding them (engine), reading each
//! (dispatcher).

use super::entries::is_stale;
use super::invoices::{put, visible};
use super::outcome::Outcome;
use super::queues::enqueue;
use super::{App, By, faults, log, now, refusals};
use crate::domain::account::Actor;
use crate::domain::action::{Action, Job};
use crate::domain::area::AreaKind;
use crate::domain::corners::{Corners, Marked};
use crate::domain::fact::{Fact, Task};
use crate::domain::ids::{ActionId, InvoiceId};
use crate::domain::invoice::{BY_HAND, Invoice, Standing, Void};
use crate::domain::news::News;
use crate::domain::reason::Reason;
use crate::domain::refusal::Refusal;
use crate::domain::region::{self, Region};
use crate::store::tables::{CORNERS, INVOICES, MARKED};
use crate::store::{StoreError, Txn, View};

/// What was read from a page of its file in one go, this one included and void ones left out, in the order of reading.
pub fn on_page(view: &View<'_>, invoice: &Invoice, page: u32) -> Result<Vec<(Invoice, Option<Corners>)>, StoreError> {
    let mut all = vec![invoice.clone()];
    // Kept in one write, they have numbers one after the other.
    let is_next = |before: &Invoice, after: &Invoice| before.picture.id == after.picture.id && before.part + 1 == after.part;
    while let Some(first) = all.first()
        && let Some(before) = view.get(&INVOICES, &InvoiceId(first.id.0.saturating_sub(1)))?
        && is_next(&before, first)
    {
        all.insert(0, before);
    }
    while let Some(last) = all.last()
        && let Some(after) = view.get(&INVOICES, &InvoiceId(last.id.0 + 1))?
        && is_next(last, &after)
    {
        all.push(after);
    }
    all.retain(|one| one.void.is_none() && (one.pages.0..=one.pages.1).contains(&page));
    all.into_iter().map(|one| Ok((view.get(&CORNERS, &one.id)?, one))).map(|one| one.map(|(corners, one)| (one, corners))).collect()
}

/// Where the papers of a recognition lie, if a person said so, with their page.
pub fn said(view: &View<'_>, action: &Action) -> Result<Option<(u32, Vec<Corners>)>, StoreError> {
    if let Some(marked) = view.get(&MARKED, &action.id)? {
        return Ok(Some((marked.page, marked.papers)));
    }
    let Job::Recognise { again: Some(again), .. } = action.job else { return Ok(None) };
    let Some(known) = view.get(&INVOICES, &again)?.filter(Invoice::is_marked_by_hand) else { return Ok(None) };
    Ok(view.get(&CORNERS, &again)?.map(|corners| (known.pages.0, vec![corners])))
}

/// Each paper has what was read of it, or what became of reading them all.
pub(super) fn by_hand(txn: &mut Txn<'_>, marked: &Marked, outcomes: Vec<Outcome>) -> Result<Vec<Outcome>, StoreError> {
    let was_read = outcomes.iter().any(|outcome| outcome.corners.is_some());
    let given_up = |corners: &Corners| {
        outcomes.first().map(|outcome| Outcome { corners: Some(*corners), pages: (marked.page, marked.page), ..outcome.clone() })
    };
    let mut found = if was_read { outcomes } else { marked.papers.iter().filter_map(given_up).collect() };
    for outcome in &mut found {
        outcome.part = BY_HAND + u32::try_from(txn.next("papers marked by hand")?).unwrap_or(u32::MAX - BY_HAND);
    }
    Ok(found)
}

/// The same paper, read again; of several invoices on it the one with the known number.
pub(super) fn again(view: &View<'_>, known: &Invoice, outcomes: Vec<Outcome>) -> Result<Vec<Outcome>, StoreError> {
    let corners = view.get(&CORNERS, &known.id)?;
    let is_alone = outcomes.len() == 1;
    let number = |regions: &[Region]| region::text_of(regions, AreaKind::InvoiceId).map(str::to_owned);
    let own = number(&known.regions);
    let is_known = |outcome: &Outcome| is_alone || own.is_some() && number(&outcome.regions) == own;
    let found = outcomes.into_iter().find(is_known).unwrap_or_else(|| Outcome::nothing_read(Reason::NoTemplateFits));
    Ok(vec![Outcome { part: known.part, pages: known.pages, corners, ..found }])
}

/// In one write with those that stand instead.
pub(super) fn make_void(txn: &mut Txn<'_>, action: &Action, marked: &Marked, instead: &[Invoice]) -> Result<(), StoreError> {
    let numbers: Vec<String> = instead.iter().map(|invoice| format!("#{}", invoice.id)).collect();
    let reason = refusals::papers_marked_anew(&numbers.join(" "));
    let actor = Actor { user: action.user, ..Actor::nobody(&action.user_name) };
    for (id, standing) in &marked.instead_of {
        let Some(before) = txn.get(&INVOICES, id)? else { continue };
        let mut invoice = before.clone();
        // Where it is if it is restored.
        if before.standing == Standing::Reading {
            invoice.standing = *standing;
        }
        if before.void.is_some() {
            put(txn, Some(&before), &mut invoice)?;
            continue;
        }
        invoice.void = Some(Void { user_name: action.user_name.clone(), at: now(), reason: reason.clone() });
        put(txn, Some(&before), &mut invoice)?;
        faults::relist(txn, &before, &invoice)?;
        let actor = Actor { company: invoice.company, company_name: invoice.company_name.clone(), ..actor.clone() };
        let by = By { actor, ip: String::new(), needs: &[] };
        log(txn, now(), &by, Some(action.id), Fact::InvoiceVoided { invoice: *id, reason: reason.clone() })?;
    }
    Ok(())
}

impl App {
    /// Reads a page of the invoice's file again, each paper by itself; when that is done, what was read from it before becomes void.
    /// `papers`: 1 to `PAPERS_MAX` that are on the page. Inner `Err`: somebody was faster; the current invoice.
    pub async fn mark_papers(
        &self,
        by: By,
        id: InvoiceId,
        version: Option<u64>,
        page: u32,
        papers: Vec<Corners>,
    ) -> Result<Result<ActionId, Box<Invoice>>, Refusal> {
        self.act(by, move |txn, by| {
            let invoice = visible(&txn.view(), &by.actor, id)?;
            if is_stale(&invoice, version) {
                return Ok(Err(Box::new(invoice)));
            }
            if invoice.void.is_some() {
                return Err(refusals::invoice_is_void());
            }
            let before: Vec<Invoice> = on_page(&txn.view(), &invoice, page)?.into_iter().map(|(one, _)| one).collect();
            if before.iter().any(|one| one.standing == Standing::Reading) {
                return Err(refusals::invoice_is_being_read());
            }
            let instead_of = before.iter().map(|one| (one.id, one.standing)).collect();
            for one in before {
                let mut reading = one.clone();
                faults::settle(txn, &one, &mut reading, Standing::Reading)?;
            }
            let by = by.about(&txn.view(), invoice.company)?;
            let job = Job::Recognise { picture: invoice.picture.id, again: None };
            let fact = Fact::Queued { task: Task::Recognise, about: format!("#{}", invoice.id) };
            let action = enqueue(txn, &by, job, &invoice.file_name, fact)?;
            txn.put(&MARKED, &action.id, &Marked { page, papers: papers.clone(), instead_of })?;
            txn.tell(News::Uploaded { company: invoice.company, actions: vec![action.id] });
            Ok(Ok(action.id))
        })
        .await
    }
}
