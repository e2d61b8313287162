//! People's decisions on a whole invoice: duplicate or not, void, to be reviewed again.

use super::entries::{Taken, is_stale};
use super::invoices::{corrections, put, visible};
use super::kin::{self, Kin};
use super::{App, By, faults, log, now, refusals};
use crate::domain::fact::Fact;
use crate::domain::ids::InvoiceId;
use crate::domain::invoice::{Decision, Invoice, Standing, Void, Why};
use crate::domain::refusal::Refusal;
use crate::store::Txn;

#[derive(Clone, Debug)]
pub enum Verdict {
    /// `None`: undecided again. `of`: the twin that the person saw.
    Duplicate { is_duplicate: Option<bool>, of: Option<InvoiceId> },
    /// Takes it out of the books.
    Void { reason: String },
    /// Undoes `Void`.
    Restore,
    /// Sends it to review again.
    Reopen,
}

/// Decisions kept with an invoice, one for each invoice it was compared with.
const DECISIONS_MAX: usize = 100;

/// Records what a person says of `invoice` and `of`.
fn decide(txn: &Txn<'_>, invoice: &mut Invoice, of: InvoiceId, decision: Option<Decision>) -> Result<(), Refusal> {
    let is_duplicate = decision.as_ref().is_some_and(|decision| decision.is_duplicate);
    if is_duplicate && kin::counts_for_nothing(&txn.view(), of)? {
        return Err(refusals::neither_twin_would_count(of));
    }
    invoice.decisions.retain(|known| known.of != of && !(is_duplicate && known.is_duplicate));
    if invoice.decisions.len() >= DECISIONS_MAX {
        return Err(refusals::too_many_decisions(DECISIONS_MAX));
    }
    invoice.decisions.extend(decision);
    Ok(())
}

/// Changes the invoice and returns the fact for the log.
fn apply(txn: &Txn<'_>, by: &By, invoice: &mut Invoice, verdict: Verdict) -> Result<Fact, Refusal> {
    let (id, user_name, at) = (invoice.id, by.actor.user_name.clone(), now());
    Ok(match verdict {
        Verdict::Duplicate { is_duplicate, of: seen } => {
            let Some((of, _)) = Kin::of(&txn.view(), invoice)?.duplicate else {
                return Err(refusals::no_twin_before());
            };
            if seen.is_some_and(|seen| seen != of) {
                return Err(refusals::twin_is_another_now(of));
            }
            decide(txn, invoice, of, is_duplicate.map(|is_duplicate| Decision { of, is_duplicate, user_name, at }))?;
            Fact::DuplicateDecided { invoice: id, of, is_duplicate }
        }
        Verdict::Void { reason } => {
            if invoice.void.is_some() {
                return Err(refusals::invoice_is_void());
            }
            invoice.void = Some(Void { user_name, at, reason: reason.clone() });
            Fact::InvoiceVoided { invoice: id, reason }
        }
        Verdict::Restore => {
            if invoice.void.take().is_none() {
                return Err(refusals::invoice_is_not_void());
            }
            Fact::InvoiceRestored { invoice: id }
        }
        Verdict::Reopen => {
            match invoice.standing {
                Standing::Passed | Standing::Reviewed if invoice.void.is_none() => {}
                Standing::Passed | Standing::Reviewed => return Err(refusals::void_invoice_is_not_reviewed()),
                Standing::Waiting => return Err(refusals::invoice_waits_already()),
                Standing::Reading => return Err(refusals::invoice_is_being_read()),
            }
            invoice.standing = Standing::Waiting;
            // A given reason stays with its value; values merely confirmed are in doubt again.
            invoice.review.take_if(|review| review.against_checks.is_none());
            let said = corrections(&txn.view(), id)?;
            let found_right = |area: &str| said.iter().rev().find(|c| c.pos_id == area).is_some_and(|c| c.old == c.new);
            let doubts = invoice.reasons.iter().filter_map(|why| match why {
                Why::Found(reason) => reason.unsure().filter(|(area, _)| found_right(area)),
                Why::Said(_) => None,
            });
            for (area, probability) in doubts.collect::<Vec<_>>() {
                invoice.regions.iter_mut().filter(|r| r.pos_id == area).for_each(|r| r.probability = probability);
            }
            Fact::InvoiceReopened { invoice: id }
        }
    })
}

impl App {
    /// `version`: the one that the person saw.
    pub async fn decide(&self, by: By, id: InvoiceId, version: Option<u64>, verdict: Verdict) -> Result<Taken, Refusal> {
        self.act(by, move |txn, by| {
            let before = visible(&txn.view(), &by.actor, id)?;
            if is_stale(&before, version) {
                return Ok(Taken::Stale(Box::new(before)));
            }
            let mut invoice = before.clone();
            let fact = apply(txn, by, &mut invoice, verdict)?;
            put(txn, Some(&before), &mut invoice)?;
            faults::relist(txn, &before, &invoice)?;
            let by = by.about(&txn.view(), invoice.company)?;
            log(txn, now(), &by, None, fact)?;
            Ok(Taken::Done(Box::new(invoice)))
        })
        .await
    }
}
