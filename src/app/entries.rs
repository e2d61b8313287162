//! People's corrections to an invoice and the review that ends a fault. Each is one write that applies the same checks as to the
//! engine's reading. Not here: the checks (domain/judge.rs), how values are written (domain/entries.rs).

use super::invoices::{corrections, learnt, put, visible};
use super::{App, By, faults, log, now, refusals};
use crate::domain::checks::Reason;
use crate::domain::fact::{Change, Fact};
use crate::domain::ids::{InvoiceId, Millis};
use crate::domain::invoice::{Correction, Invoice, Review, Standing, Why};
use crate::domain::refusal::Refusal;
use crate::domain::region::Region;
use crate::domain::template::Learnt;
use crate::domain::text::is_blank;
use crate::domain::{entries, judge};
use crate::store::tables::{CORRECTIONS, FAULTS};
use crate::store::{StoreError, Txn};

#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// The version that the person saw; if outdated, nothing is written.
    pub version: Option<u64>,
    pub fields: Vec<(String, String)>,
    /// Areas that are not on the paper.
    pub absent: Vec<String>,
    /// Why the values are right despite the checks.
    pub against_checks: Option<String>,
}

#[derive(Clone, Debug)]
pub enum Taken {
    Done(Box<Invoice>),
    /// The invoice changed meanwhile; this is its current state.
    Stale(Box<Invoice>),
    /// By the checks.
    Refused(Vec<(String, Reason)>),
}

pub(super) fn is_stale(invoice: &Invoice, version: Option<u64>) -> bool {
    version.is_some_and(|seen| seen != invoice.version)
}

/// Sets one value; the old one goes to the history.
fn correct(txn: &mut Txn<'_>, by: &By, at: Millis, invoice: &mut Invoice, pos_id: &str, text: String) -> Result<(), StoreError> {
    // Confirming the engine's value makes it the person's; repeating that adds nothing.
    let earlier = corrections(&txn.view(), invoice.id)?;
    let known = earlier.iter().rev().find(|c| c.pos_id == pos_id).map(|c| c.new.as_str());
    if known == Some(text.as_str()) && invoice.text(pos_id) == known {
        return Ok(());
    }
    let number = txn.scan(&CORRECTIONS, &invoice.id, true).next().transpose()?.map_or(0, |((_, number), _)| number);
    let old = invoice.text(pos_id).unwrap_or_default().to_owned();
    let user_name = by.actor.user_name.clone();
    let correction = Correction { at, user_name, pos_id: pos_id.to_owned(), old, new: text.clone() };
    txn.put(&CORRECTIONS, &(invoice.id, number + 1), &correction)?;
    invoice.set_text(pos_id, text);
    Ok(())
}

/// Confirms all other values in the person's name.
pub(super) fn confirm(txn: &mut Txn<'_>, by: &By, at: Millis, invoice: &mut Invoice) -> Result<(), StoreError> {
    let standing: Vec<(String, String)> =
        invoice.regions.iter().filter(|r| !is_blank(&r.text)).map(|r| (r.pos_id.clone(), r.text.clone())).collect();
    for (pos_id, text) in standing {
        correct(txn, by, at, invoice, &pos_id, text)?;
    }
    Ok(())
}

/// A value that is only confirmed keeps its spelling, and so does a sum that is typed in another one.
fn as_kept(invoice: &Invoice, pos_id: &str, text: &str, learnt: &Learnt) -> String {
    let is_there = |known: &&str| *known == text || entries::is_same_sum(pos_id, known, text, learnt);
    invoice.text(pos_id).filter(is_there).map_or_else(|| entries::written(pos_id, text, learnt), str::to_owned)
}

/// Updates standing and review after values were set; drops a reason no longer needed. `why`: a reason given now.
fn reviewed(
    txn: &Txn<'_>,
    (by, at): (&By, Millis),
    invoice: &mut Invoice,
    learnt: &Learnt,
    why: Option<String>,
) -> Result<(), StoreError> {
    let said = corrections(&txn.view(), invoice.id)?;
    let against = judge::stands_against(invoice, &said, learnt);
    let earlier = invoice.review.take();
    let known = earlier.and_then(|review| review.against_checks);
    let is_emptied = |c: &Correction| !is_blank(&c.old) && invoice.text(&c.pos_id).is_some_and(is_blank);
    let is_needed = !against.is_empty() || said.iter().any(is_emptied);
    let against_checks = why.or(known).filter(|_| is_needed);
    match invoice.standing {
        // The checks refuse the engine's own reading, and nobody has given a reason.
        Standing::Passed if !against.is_empty() && against_checks.is_none() => {
            invoice.standing = Standing::Waiting;
            invoice.reasons = against.into_iter().map(|(_, reason)| Why::Found(reason)).collect();
        }
        Standing::Passed | Standing::Reviewed => {
            invoice.standing = Standing::Reviewed;
            invoice.review = Some(Review { user_name: by.actor.user_name.clone(), at, against_checks });
        }
        // Not reviewed yet: keep only the reason and its author.
        Standing::Waiting | Standing::Reading => {
            let user_name = by.actor.user_name.clone();
            invoice.review = against_checks.map(|why| Review { user_name, at, against_checks: Some(why) });
        }
    }
    Ok(())
}

/// What the log says of it.
fn changes(before: &Invoice, after: &Invoice) -> Vec<Change> {
    let former = |pos_id: &str| before.text(pos_id).unwrap_or_default().to_owned();
    let one = |region: &Region| Change { what: region.pos_id.clone(), from: former(&region.pos_id), to: region.text.clone() };
    after.regions.iter().map(one).filter(|change| change.from != change.to).collect()
}

/// A value can't be both filled in and absent.
fn not_both(entry: &Entry) -> Result<(), Refusal> {
    let both = entry.fields.iter().find(|(pos_id, text)| !is_blank(text) && entry.absent.contains(pos_id));
    both.map_or(Ok(()), |(area, _)| Err(refusals::area_is_filled_and_absent(area)))
}

impl App {
    /// Old texts go to the history.
    pub async fn correct_invoice(&self, by: By, id: InvoiceId, entry: Entry) -> Result<Taken, Refusal> {
        self.act(by, move |txn, by| {
            let before = visible(&txn.view(), &by.actor, id)?;
            if is_stale(&before, entry.version) {
                return Ok(Taken::Stale(Box::new(before)));
            }
            let learnt = learnt(&txn.view(), before.template)?;
            not_both(&entry)?;
            let kept = |(pos_id, text): &(String, String)| (pos_id.clone(), as_kept(&before, pos_id, text, &learnt));
            let mut fields: Vec<_> = entry.fields.iter().map(kept).collect();
            let emptied = fields.iter().filter(|(pos_id, text)| text.is_empty() && !entry.absent.contains(pos_id));
            let emptied = emptied.filter_map(|(pos_id, _)| {
                let text = before.text(pos_id).filter(|text| !is_blank(text))?.to_owned();
                Some((pos_id.clone(), Reason::Emptied { area: pos_id.clone(), text }))
            });
            let mut refused: Vec<_> = emptied.collect();
            let absent = entry.absent.iter().filter(|pos_id| before.text(pos_id).is_some());
            let absent: Vec<_> = absent.filter(|pos_id| !fields.iter().any(|(known, _)| known == *pos_id)).cloned().collect();
            fields.extend(absent.into_iter().map(|pos_id| (pos_id, String::new())));
            refused.extend(judge::against(&before, &fields, &learnt, false));
            if !refused.is_empty() && entry.against_checks.is_none() {
                return Ok(Taken::Refused(refused));
            }
            let (mut invoice, now) = (before.clone(), now());
            for (pos_id, text) in fields {
                correct(txn, by, now, &mut invoice, &pos_id, text)?;
            }
            let against_checks = entry.against_checks.clone();
            reviewed(txn, (by, now), &mut invoice, &learnt, entry.against_checks)?;
            put(txn, Some(&before), &mut invoice)?;
            faults::relist(txn, &before, &invoice)?;
            let fact = Fact::InvoiceChanged { invoice: id, changes: changes(&before, &invoice), against_checks, is_review: false };
            log(txn, now, &by.about(&txn.view(), invoice.company)?, None, fact)?;
            Ok(Taken::Done(Box::new(invoice)))
        })
        .await
    }

    /// Corrections and the end of the fault in one write. Readings less sure than `threshold` are doubtful.
    pub async fn review_fault(&self, by: By, id: InvoiceId, entry: Entry, threshold: f64) -> Result<Taken, Refusal> {
        self.act(by, move |txn, by| {
            let before = visible(&txn.view(), &by.actor, id)?;
            if is_stale(&before, entry.version) || !txn.has(&FAULTS, &id)? {
                return Ok(Taken::Stale(Box::new(before)));
            }
            let learnt = learnt(&txn.view(), before.template)?;
            // Blanks count as not sent.
            not_both(&entry)?;
            let said = entry.fields.iter().filter(|(_, text)| !is_blank(text));
            let mut fields: Vec<_> = said.map(|(pos_id, text)| (pos_id.clone(), as_kept(&before, pos_id, text, &learnt))).collect();
            let absent = entry.absent.iter().filter(|pos_id| before.text(pos_id).is_some());
            fields.extend(absent.map(|pos_id| (pos_id.clone(), String::new())));
            let left = before.doubtful_and_empty(threshold).find(|area| !fields.iter().any(|(pos_id, _)| pos_id == area));
            if let Some(area) = left {
                return Err(refusals::area_is_left_open(area));
            }
            let refused = judge::against(&before, &fields, &learnt, true);
            if !refused.is_empty() && entry.against_checks.is_none() {
                return Ok(Taken::Refused(refused));
            }
            let (mut invoice, now) = (before.clone(), now());
            for (pos_id, text) in fields {
                correct(txn, by, now, &mut invoice, &pos_id, text)?;
            }
            confirm(txn, by, now, &mut invoice)?;
            let against_checks = entry.against_checks.clone();
            invoice.standing = Standing::Reviewed;
            reviewed(txn, (by, now), &mut invoice, &learnt, entry.against_checks)?;
            faults::settle(txn, &before, &mut invoice, Standing::Reviewed)?;
            let fact = Fact::InvoiceChanged { invoice: id, changes: changes(&before, &invoice), against_checks, is_review: true };
            log(txn, now, &by.about(&txn.view(), invoice.company)?, None, fact)?;
            Ok(Taken::Done(Box::new(invoice)))
        })
        .await
    }

    /// Ends a fault without corrections.
    pub async fn resolve_fault(&self, by: By, id: InvoiceId, version: Option<u64>) -> Result<Taken, Refusal> {
        self.act(by, move |txn, by| {
            let before = visible(&txn.view(), &by.actor, id)?;
            if is_stale(&before, version) || !txn.has(&FAULTS, &id)? {
                return Ok(Taken::Stale(Box::new(before)));
            }
            let (mut invoice, at) = (before.clone(), now());
            confirm(txn, by, at, &mut invoice)?;
            let user_name = by.actor.user_name.clone();
            // The reason may belong to an earlier correction.
            let against_checks = invoice.review.and_then(|review| review.against_checks);
            invoice.review = Some(Review { user_name, at, against_checks });
            faults::settle(txn, &before, &mut invoice, Standing::Reviewed)?;
            let by = by.about(&txn.view(), invoice.company)?;
            log(txn, at, &by, None, Fact::FaultResolved { invoice: id })?;
            Ok(Taken::Done(Box::new(invoice)))
        })
        .await
    }
}
