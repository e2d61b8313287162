//! Faults read again instead of reviewed. Not here: what becomes of earlier corrections (recognitions.rs).

use super::entries::is_stale;
use super::faults::{fault, strike, tell};
use super::invoices::{put, visible};
use super::queues::enqueue;
use super::{App, By};
use crate::domain::action::Job;
use crate::domain::fact::{Fact, Task};
use crate::domain::ids::{ActionId, CompanyId, InvoiceId};
use crate::domain::invoice::{Invoice, Standing};
use crate::domain::news::News;
use crate::domain::refusal::Refusal;
use crate::store::tables::FAULTS;
use crate::store::{StoreError, Txn};
use std::collections::BTreeMap;

/// The caller tells the news, once for all.
fn read_again(txn: &mut Txn<'_>, by: &By, before: Invoice) -> Result<(ActionId, Invoice), StoreError> {
    let mut invoice = before.clone();
    invoice.standing = Standing::Reading;
    put(txn, Some(&before), &mut invoice)?;
    strike(txn, &invoice)?;
    let job = Job::Recognise { picture: invoice.picture.id, again: Some(invoice.id) };
    let by = by.about(&txn.view(), invoice.company)?;
    let fact = Fact::Queued { task: Task::Recognise, about: format!("#{}", invoice.id) };
    let action = enqueue(txn, &by, job, &invoice.file_name, fact)?;
    Ok((action.id, invoice))
}

/// A retry writes about twenty keys.
pub const RETRIED_AT_ONCE: usize = 50;

impl App {
    /// Queues the invoice again and takes it off the list. Inner `Err`: somebody was faster; the current invoice.
    pub async fn retry_fault(
        &self,
        by: By,
        id: InvoiceId,
        version: Option<u64>,
    ) -> Result<Result<ActionId, Box<Invoice>>, Refusal> {
        self.act(by, move |txn, by| {
            let invoice = visible(&txn.view(), &by.actor, id)?;
            if is_stale(&invoice, version) || !txn.has(&FAULTS, &id)? {
                return Ok(Err(Box::new(invoice)));
            }
            let (action, invoice) = read_again(txn, by, invoice)?;
            tell(txn, invoice.company, None)?;
            txn.tell(News::Uploaded { company: invoice.company, actions: vec![action] });
            Ok(Ok(action))
        })
        .await
    }

    /// At most `RETRIED_AT_ONCE`; skips those no longer on the list or not visible.
    pub async fn retry_faults(&self, by: By, ids: Vec<InvoiceId>) -> Result<Vec<ActionId>, Refusal> {
        self.act(by, move |txn, by| {
            let mut queued: BTreeMap<CompanyId, Vec<ActionId>> = BTreeMap::new();
            for id in ids.into_iter().take(RETRIED_AT_ONCE) {
                let Ok(invoice) = fault(txn, by, id) else { continue };
                let (action, invoice) = read_again(txn, by, invoice)?;
                queued.entry(invoice.company).or_default().push(action);
            }
            let mut actions: Vec<ActionId> = queued.values().flatten().copied().collect();
            actions.sort_unstable();
            for (company, actions) in queued {
                tell(txn, company, None)?;
                txn.tell(News::Uploaded { company, actions });
            }
            Ok(actions)
        })
        .await
    }
}
