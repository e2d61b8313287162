//! People's decisions on a whole invoice: duplicate or not, void, to be reviewed again.

use super::entries::{Taken, is_stale};
use super::invoices::{corrections, put, visible};
use super::kin::{self, Kin};
use super::{App, By, faults, log, now};
use crate::domain::checks::Reason;
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
        return Err(Refusal::conflict(
            format!("#{of} 已不计入合计，这张再判为重复，就一张也不计了。请先在 #{of} 上重新判断，或将这张作废"),
            format!(
                "#{of} itself is not counted: with this one its duplicate, none would be. Decide #{of} anew first, or void this one"
            ),
        ));
    }
    invoice.decisions.retain(|known| known.of != of && !(is_duplicate && known.is_duplicate));
    if invoice.decisions.len() >= DECISIONS_MAX {
        return Err(Refusal::conflict(
            format!("这张发票已与 {DECISIONS_MAX} 张比较过，不能再多"),
            format!("the invoice was held against {DECISIONS_MAX} others already: no more can be kept"),
        ));
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
                return Err(Refusal::conflict(
                    "没有与这张发票相同的更早的发票，无需判断",
                    "there is no earlier invoice like this one: nothing is to be decided",
                ));
            };
            if seen.is_some_and(|seen| seen != of) {
                return Err(Refusal::conflict(
                    format!("这张发票现在要与 #{of} 对比，请看过再判断"),
                    format!("the invoice is to be compared with #{of} now: please look at that first"),
                ));
            }
            decide(txn, invoice, of, is_duplicate.map(|is_duplicate| Decision { of, is_duplicate, user_name, at }))?;
            Fact::DuplicateDecided { invoice: id, of, is_duplicate }
        }
        Verdict::Void { reason } => {
            if invoice.void.is_some() {
                return Err(Refusal::conflict("这张发票已作废", "the invoice is void already"));
            }
            invoice.void = Some(Void { user_name, at, reason: reason.clone() });
            Fact::InvoiceVoided { invoice: id, reason }
        }
        Verdict::Restore => {
            if invoice.void.take().is_none() {
                return Err(Refusal::conflict("这张发票没有作废", "the invoice is not void"));
            }
            Fact::InvoiceRestored { invoice: id }
        }
        Verdict::Reopen => {
            match invoice.standing {
                Standing::Passed | Standing::Reviewed if invoice.void.is_none() => {}
                Standing::Passed | Standing::Reviewed => {
                    return Err(Refusal::conflict("这张发票已作废，请先恢复", "the invoice is void: please restore it first"));
                }
                Standing::Waiting => {
                    return Err(Refusal::conflict("这张发票已在待核对列表中", "the invoice is waiting for a person already"));
                }
                Standing::Reading => {
                    return Err(Refusal::conflict("这张发票正在重新识别", "the invoice is being read again"));
                }
            }
            invoice.standing = Standing::Waiting;
            // A given reason stays with its value; values merely confirmed are in doubt again.
            invoice.review.take_if(|review| review.against_checks.is_none());
            let said = corrections(&txn.view(), id)?;
            let found_right = |area: &str| said.iter().rev().find(|c| c.pos_id == area).is_some_and(|c| c.old == c.new);
            let doubts = invoice.reasons.iter().filter_map(|why| match why {
                Why::Found(Reason::Unsure { area, probability }) if found_right(area) => Some((area.clone(), *probability)),
                _ => None,
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
