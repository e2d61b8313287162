//! The end of a recognition: an invoice is stored, as read or as a fault, keeping earlier corrections. Not here: the queue
//! (queues.rs), the reading (dispatcher/attempt.rs).

use super::invoices::{corrections, learnt, put};
use super::queues::{end, picture_of};
use super::{App, faults, now};
use crate::domain::action::{Job, State};
use crate::domain::ids::{ActionId, InvoiceId, TemplateId};
use crate::domain::invoice::{Candidate, Invoice, Standing, Why};
use crate::domain::judge;
use crate::domain::news::{Broken, News};
use crate::domain::reason::Reason;
use crate::domain::refusal::Refusal;
use crate::domain::region::Region;
use crate::store::Txn;
use crate::store::tables::{CANDIDATES, INVOICES, TEMPLATES};

#[derive(Clone, Debug)]
pub struct Outcome {
    /// With its label at that time.
    pub template: Option<(TemplateId, String)>,
    pub regions: Vec<Region>,
    /// Empty: no person is needed.
    pub reasons: Vec<Reason>,
    /// Texts of VAT codes on the picture.
    pub codes: Vec<String>,
    /// Likeliest first, if the engine told.
    pub candidates: Vec<Candidate>,
}

impl Outcome {
    pub fn nothing_read(reason: Reason) -> Self {
        Self { template: None, regions: Vec::new(), reasons: vec![reason], codes: Vec::new(), candidates: Vec::new() }
    }

    /// No proper answer in all tries.
    pub fn gave_up(broken: Broken) -> Self {
        Self::nothing_read(match broken {
            Broken::Sending => Reason::EngineNotAsked,
            Broken::Receiving => Reason::EngineNoAnswer,
        })
    }
}

pub(super) fn end_recognition(txn: &mut Txn<'_>, id: ActionId, outcome: Outcome) -> Result<(), Refusal> {
    let broken = outcome.reasons.iter().find_map(Reason::broken);
    let state = if broken.is_some() { State::Failed } else { State::Done };
    let Some(action) = end(txn, id, state)? else { return Ok(()) };
    let picture = picture_of(&txn.view(), &action)?.ok_or_else(Refusal::internal)?;
    let again = match action.job {
        Job::Recognise { again: Some(again), .. } => txn.get(&INVOICES, &again)?,
        _ => None,
    };
    let mut reasons = outcome.reasons;
    reasons.extend(judge::unread_pages(picture.pages));
    let (template, template_label) = outcome.template.unzip();
    let mut invoice = Invoice {
        id: match &again {
            Some(known) => known.id,
            None => InvoiceId(txn.next("invoices")?),
        },
        version: 1,
        action: id,
        template,
        template_label: template_label.unwrap_or_default(),
        company: action.company,
        company_name: action.company_name,
        // A second reading doesn't change the uploader.
        user: again.as_ref().map_or(action.user, |known| known.user),
        user_name: again.as_ref().map_or(action.user_name, |known| known.user_name.clone()),
        picture,
        file_name: action.file_name,
        recognised: now(),
        reasons: reasons.into_iter().map(Why::Found).collect(),
        standing: Standing::Waiting,
        regions: outcome.regions,
        codes: outcome.codes,
        review: again.as_ref().and_then(|known| known.review.clone()).filter(|review| review.against_checks.is_some()),
        void: again.as_ref().and_then(|known| known.void.clone()),
        decisions: again.as_ref().map(|known| known.decisions.clone()).unwrap_or_default(),
    };
    let said = corrections(&txn.view(), invoice.id)?;
    // Usually a first reading, which doesn't need the template.
    let learnt = learnt(&txn.view(), template.filter(|_| !said.is_empty()))?;
    judge::keep_corrections(&mut invoice, &said, &learnt);
    if invoice.reasons.is_empty() {
        invoice.standing = Standing::Passed;
    }
    put(txn, again.as_ref(), &mut invoice)?;
    if outcome.candidates.is_empty() {
        txn.delete(&CANDIDATES, &invoice.id);
    } else {
        txn.put(&CANDIDATES, &invoice.id, &outcome.candidates)?;
    }
    txn.tell(News::Recognised { company: invoice.company, action: id, invoice: invoice.id, broken });
    if invoice.is_fault() {
        faults::add(txn, &invoice)?;
    } else if let Some(template) = invoice.template.filter(|_| invoice.standing == Standing::Passed)
        && let Some(mut template) = txn.get(&TEMPLATES, &template)?
    {
        template.successes += 1;
        txn.put(&TEMPLATES, &template.id, &template)?;
    }
    Ok(())
}

impl App {
    /// Stores the invoice, as read or as a fault. Repeating it does nothing.
    pub async fn recognition_ended(&self, id: ActionId, outcome: Outcome) -> Result<(), Refusal> {
        self.store.write(move |txn| end_recognition(txn, id, outcome)).await
    }
}
