//! What happened to an invoice, from its upload on. Not here: its fields (invoices.rs), the rest of the log (log.rs).

use super::invoices::corrections;
use super::{hand_outs, log};
use crate::domain::fact::Fact;
use crate::domain::ids::Millis;
use crate::domain::invoice::{Correction, Invoice};
use crate::store::{StoreError, View};

/// Rows of the log that are shown; the log has them all.
const ROWS_MAX: usize = 200;
/// Exports and printed lists that are shown.
const HAND_OUTS_MAX: usize = 50;

#[derive(Debug)]
pub enum What {
    Uploaded,
    /// The reading that it shows.
    Read,
    Logged(Fact),
}

#[derive(Debug)]
pub struct Event {
    pub at: Millis,
    /// Nobody for a reading.
    pub user_name: Option<String>,
    pub what: What,
    /// Values that were entered or, where they stayed, confirmed.
    pub changes: Vec<Correction>,
}

impl Event {
    /// As a file or on paper.
    pub fn hands_out(&self) -> bool {
        let What::Logged(fact) = &self.what else { return false };
        matches!(fact, Fact::InvoicesExported { .. } | Fact::InvoicesPrinted { .. } | Fact::InvoicePrinted { .. })
    }
}

/// Whether such a row has the corrections that its verb made.
fn has_values(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::InvoiceChanged { .. } | Fact::InvoiceCorrected { .. } | Fact::InvoiceReviewed { .. } | Fact::FaultResolved { .. }
    )
}

/// In order of time.
pub fn events(view: &View<'_>, invoice: &Invoice) -> Result<Vec<Event>, StoreError> {
    let mut values = corrections(view, invoice.id)?;
    let mut events = Vec::new();
    let mut rows = log::about_invoice(view, invoice.company, invoice.id, ROWS_MAX + 1)?;
    if let Some(((left_out, _), _)) = rows.get(ROWS_MAX) {
        values.retain(|value| value.at > *left_out);
    }
    rows.truncate(ROWS_MAX);
    rows.extend(hand_outs::with(view, invoice.id, HAND_OUTS_MAX)?);
    rows.sort_by_key(|(arrival, _)| *arrival);
    for ((at, _), row) in rows {
        let is_its = |value: &Correction| has_values(&row.fact) && value.at <= at && value.user_name == row.user_name;
        let (changes, others) = values.into_iter().partition(is_its);
        values = others;
        events.push(Event { at, user_name: Some(row.user_name), what: What::Logged(row.fact), changes });
    }
    let by = |at, user_name, what| Event { at, user_name, what, changes: Vec::new() };
    events.push(by(invoice.picture.uploaded, Some(invoice.user_name.clone()), What::Uploaded));
    events.push(by(invoice.recognised, None, What::Read));
    // Stable: what happened at one moment stays in the log's order.
    events.sort_by_key(|event| event.at);
    Ok(events)
}
