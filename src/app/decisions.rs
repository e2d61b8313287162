//! What people decide of an invoice as a whole: whether it is another one's duplicate, that it is void, that it is looked at again.

use super::entries::{Taken, is_stale};
use super::invoices::{corrections, put, visible};
use super::kin::Kin;
use super::{App, By, faults, log, now};
use crate::domain::checks::Reason;
use crate::domain::ids::InvoiceId;
use crate::domain::invoice::{Decision, Invoice, Standing, Void, Why};
use crate::domain::refusal::Refusal;
use crate::store::Txn;

/// What is said of an invoice.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It is its earlier twin's duplicate, it is not, or nobody knows again.
    Duplicate(Option<bool>),
    /// It is out of the books.
    Void { reason: String },
    /// It is not.
    Restore,
    /// Somebody has to look at it again.
    Reopen,
}

/// Changes the invoice; its line in the log.
fn apply(txn: &Txn<'_>, by: &By, invoice: &mut Invoice, verdict: Verdict) -> Result<String, Refusal> {
    let (id, user_name, at) = (invoice.id, by.actor.user_name.clone(), now());
    Ok(match verdict {
        Verdict::Duplicate(is_duplicate) => {
            let Some((of, _)) = Kin::of(&txn.view(), invoice)?.duplicate else {
                return Err(Refusal::conflict(
                    "没有与这张发票相同的更早的发票，无需判断",
                    "there is no earlier invoice like this one: nothing is to be decided",
                ));
            };
            invoice.decision = is_duplicate.map(|is_duplicate| Decision { of, is_duplicate, user_name, at });
            match is_duplicate {
                Some(true) => format!("判定发票 #{id} 与 #{of} 重复"),
                Some(false) => format!("判定发票 #{id} 与 #{of} 不重复"),
                None => format!("判定发票 #{id} 的重复判断撤销"),
            }
        }
        Verdict::Void { reason } => {
            if invoice.void.is_some() {
                return Err(Refusal::conflict("这张发票已作废", "the invoice is void already"));
            }
            let line = format!("作废发票 #{id}：{reason}");
            invoice.void = Some(Void { user_name, at, reason });
            line
        }
        Verdict::Restore => {
            if invoice.void.take().is_none() {
                return Err(Refusal::conflict("这张发票没有作废", "the invoice is not void"));
            }
            format!("恢复发票 #{id}")
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
            // The reason stays with the value that it was given for; what was merely found right is in doubt again.
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
            format!("退回待核对 #{id}")
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
            let line = apply(txn, by, &mut invoice, verdict)?;
            put(txn, Some(&before), &mut invoice)?;
            faults::relist(txn, &before, &invoice)?;
            let by = by.about(&txn.view(), invoice.company)?;
            log(txn, now(), &by, None, line)?;
            Ok(Taken::Done(Box::new(invoice)))
        })
        .await
    }
}
