//! Invoices that left the box, as a file or on paper: who took them, and when. Not here: making the files (http/invoice/exports.rs).

use super::{App, By, invoices, log, now};
use crate::domain::account::Credential;
use crate::domain::action::LogRow;
use crate::domain::fact::Fact;
use crate::domain::hand_out::{block, by_block};
use crate::domain::ids::InvoiceId;
use crate::domain::refusal::Refusal;
use crate::store::tables::{Arrival, HANDED_OUT, LOG};
use crate::store::{StoreError, Txn, View};

/// Exports through which one invoice's are looked for.
const LOOKED_THROUGH_MAX: usize = 2_000;

fn keep(txn: &mut Txn<'_>, by: &By, fact: Fact, ids: Vec<InvoiceId>) -> Result<(), StoreError> {
    log(txn, now(), by, None, fact)?;
    let (time, number) = log::newest_place(&txn.view())?;
    for (block, runs) in by_block(ids) {
        txn.put(&HANDED_OUT, &(block, time, number), &runs)?;
    }
    Ok(())
}

impl App {
    /// A file of them is whole. What programs fetch again and again is in the log alone.
    pub async fn exported(&self, by: By, file: String, ids: Vec<InvoiceId>) -> Result<(), Refusal> {
        let keeping = move |txn: &mut Txn<'_>, by: &By| {
            let fact = Fact::InvoicesExported { file, invoices: ids.len() as u64 };
            let is_person = matches!(by.actor.credential, Credential::Session(_));
            Ok(keep(txn, by, fact, if is_person { ids } else { Vec::new() })?)
        };
        self.act(by, keeping).await
    }

    /// A person sends them to a printer of their own; whether paper came out is not known.
    pub async fn printed(&self, by: By, mut ids: Vec<InvoiceId>) -> Result<(), Refusal> {
        ids.sort_unstable();
        ids.dedup();
        let keeping = move |txn: &mut Txn<'_>, by: &By| {
            for id in &ids {
                invoices::visible(&txn.view(), &by.actor, *id)?;
            }
            match ids.as_slice() {
                // The log finds it by its number.
                [only] => Ok(log(txn, now(), by, None, Fact::InvoicePrinted { invoice: *only })?),
                _ => Ok(keep(txn, by, Fact::InvoicesPrinted { invoices: ids.len() as u64 }, ids)?),
            }
        };
        self.act(by, keeping).await
    }
}

/// With the rows of the log that tell of them, newest first.
pub(super) fn with(view: &View<'_>, id: InvoiceId, limit: usize) -> Result<Vec<(Arrival, LogRow)>, StoreError> {
    let mut rows = Vec::new();
    for row in view.scan(&HANDED_OUT, &block(id), true).take(LOOKED_THROUGH_MAX) {
        let ((_, time, number), runs) = row?;
        if !runs.has(id) {
            continue;
        }
        rows.extend(view.get(&LOG, &(time, number))?.map(|row| ((time, number), row)));
        if rows.len() == limit {
            break;
        }
    }
    Ok(rows)
}
