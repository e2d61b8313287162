//! Invoices as they were read, and those that wait for a person.

use super::queues::{end, picture_of};
use super::{App, now};
use crate::domain::action::State;
use crate::domain::change::Change;
use crate::domain::ids::{ActionId, CompanyId, InvoiceId, TemplateId};
use crate::domain::invoice::{Invoice, Reason, Region};
use crate::domain::refusal::Refusal;
use crate::store::tables::{FAULTS, FAULTS_BY_COMPANY, INVOICES, INVOICES_BY_COMPANY, TEMPLATES};
use crate::store::{StoreError, Txn, View};

/// What came of a recognition.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub template: Option<TemplateId>,
    pub regions: Vec<Region>,
    /// Empty: no person is needed.
    pub reasons: Vec<Reason>,
    /// The seed's sentence, where the engine was the cause.
    pub trouble: Option<&'static str>,
}

const ALL: &str = "faults";

fn counter(company: CompanyId) -> String {
    format!("faults/{company}")
}

/// How many wait for a person: the company's, or everybody's.
pub fn faults_number(view: &View<'_>, wall: Option<CompanyId>) -> Result<u64, StoreError> {
    match wall {
        Some(company) => view.counter(&counter(company)),
        None => view.counter(ALL),
    }
}

/// Those that wait for a person, newest first, from the `skip`th.
pub fn faults(view: &View<'_>, wall: Option<CompanyId>, skip: usize, limit: usize) -> Result<Vec<Invoice>, StoreError> {
    let ids: Vec<InvoiceId> = match wall {
        Some(company) => {
            let rows = view.scan(&FAULTS_BY_COMPANY, &company, true).skip(skip).take(limit);
            rows.map(|row| row.map(|((_, id), ())| id)).collect::<Result<_, _>>()?
        }
        None => view.scan(&FAULTS, &(), true).skip(skip).take(limit).map(|row| row.map(|(id, ())| id)).collect::<Result<_, _>>()?,
    };
    let mut invoices = Vec::with_capacity(ids.len());
    for id in ids {
        invoices.extend(view.get(&INVOICES, &id)?);
    }
    Ok(invoices)
}

pub fn get(view: &View<'_>, id: InvoiceId) -> Result<Option<Invoice>, StoreError> {
    view.get(&INVOICES, &id)
}

fn add_fault(txn: &mut Txn<'_>, invoice: &Invoice) -> Result<(), StoreError> {
    txn.put(&FAULTS, &invoice.id, &())?;
    txn.put(&FAULTS_BY_COMPANY, &(invoice.company, invoice.id), &())?;
    let all = txn.add(ALL, 1)?;
    let own = txn.add(&counter(invoice.company), 1)?;
    txn.emit(Change::Faults { company: invoice.company, own, all, new: Some(Box::new(invoice.clone())) });
    Ok(())
}

impl App {
    /// The end of a recognition, for good: an invoice is kept, as read or as a fault. An end that comes twice does nothing.
    pub async fn recognition_ended(&self, id: ActionId, outcome: Outcome) -> Result<(), Refusal> {
        self.store
            .write(move |txn| {
                let state = if outcome.trouble.is_some() { State::Failed } else { State::Done };
                let Some(action) = end(txn, id, state)? else { return Ok(()) };
                let picture = picture_of(&txn.view(), &action)?.ok_or_else(Refusal::internal)?;
                let invoice = Invoice {
                    id: InvoiceId(txn.next("invoices")?),
                    action: id,
                    template: outcome.template,
                    company: action.company,
                    company_name: action.company_name,
                    user: action.user,
                    user_name: action.user_name,
                    picture,
                    recognised: now(),
                    reasons: outcome.reasons,
                    settled: None,
                    regions: outcome.regions,
                };
                txn.put(&INVOICES, &invoice.id, &invoice)?;
                txn.put(&INVOICES_BY_COMPANY, &(invoice.company, invoice.id), &())?;
                txn.emit(Change::Recognised { invoice: Box::new(invoice.clone()), trouble: outcome.trouble });
                if invoice.is_fault() {
                    add_fault(txn, &invoice)?;
                } else if let Some(template) = invoice.template
                    && let Some(mut template) = txn.get(&TEMPLATES, &template)?
                {
                    template.successes += 1;
                    txn.put(&TEMPLATES, &template.id, &template)?;
                }
                Ok(())
            })
            .await
    }
}
