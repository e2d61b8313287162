//! The end of a recognition: its invoices are stored, as read or as a fault, keeping earlier corrections. Not here: the queue
//! (queues.rs), the reading (dispatcher/attempt.rs).

use super::invoices::{corrections, learnt, put};
use super::queues::{end, picture_of};
use super::{App, faults, now, papers};
use crate::domain::action::{Action, Job, State};
use crate::domain::checks;
use crate::domain::corners::Corners;
use crate::domain::ids::{ActionId, InvoiceId, TemplateId};
use crate::domain::invoice::{Candidate, Invoice, Picture, Standing, Why};
use crate::domain::judge;
use crate::domain::kind::Kind;
use crate::domain::news::{Broken, News};
use crate::domain::paper::Item;
use crate::domain::reason::Reason;
use crate::domain::refusal::Refusal;
use crate::domain::region::Region;
use crate::store::Txn;
use crate::store::tables::{CANDIDATES, CORNERS, INVOICES, ITEMS, MARKED, TEMPLATES};

/// One invoice as read.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// With its label at that time.
    pub template: Option<(TemplateId, String)>,
    pub kind: Option<Kind>,
    /// Its place among the file's invoices, from 1.
    pub part: u32,
    /// First and last page, from 1.
    pub pages: (u32, u32),
    /// How many of the file's pages were read; of a picture it is one.
    pub pages_read: u32,
    pub regions: Vec<Region>,
    pub items: Vec<Item>,
    /// Empty: no person is needed.
    pub reasons: Vec<Reason>,
    /// Texts of VAT codes on the picture.
    pub codes: Vec<String>,
    /// Likeliest first, if the engine told.
    pub candidates: Vec<Candidate>,
    /// Where it lies on its page, if that is not all of it.
    pub corners: Option<Corners>,
}

impl Default for Outcome {
    fn default() -> Self {
        Self {
            template: None,
            kind: None,
            part: 1,
            pages: (1, 1),
            pages_read: 1,
            regions: Vec::new(),
            items: Vec::new(),
            reasons: Vec::new(),
            codes: Vec::new(),
            candidates: Vec::new(),
            corners: None,
        }
    }
}

impl Outcome {
    pub fn nothing_read(reason: Reason) -> Self {
        Self { reasons: vec![reason], ..Self::default() }
    }

    /// No proper answer in all tries.
    pub fn gave_up(broken: Broken) -> Self {
        Self::nothing_read(match broken {
            Broken::Sending => Reason::EngineNotAsked,
            Broken::Receiving => Reason::EngineNoAnswer,
        })
    }
}

/// `outcomes`: the file's invoices, at least one. Read again, only the known one of them is written.
pub(super) fn end_recognition(txn: &mut Txn<'_>, id: ActionId, outcomes: Vec<Outcome>) -> Result<(), Refusal> {
    let broken = outcomes.iter().flat_map(|outcome| &outcome.reasons).find_map(Reason::broken);
    let state = if broken.is_some() { State::Failed } else { State::Done };
    let Some(action) = end(txn, id, state)? else { return Ok(()) };
    let picture = picture_of(&txn.view(), &action)?.ok_or_else(Refusal::internal)?;
    let again = match action.job {
        Job::Recognise { again: Some(again), .. } => txn.get(&INVOICES, &again)?,
        _ => None,
    };
    let marked = txn.get(&MARKED, &id)?;
    let outcomes = match (&again, &marked) {
        (None, None) => outcomes,
        (None, Some(marked)) => papers::by_hand(txn, marked, outcomes)?,
        (Some(known), _) if known.is_marked_by_hand() => papers::again(&txn.view(), known, outcomes)?,
        (Some(known), _) => vec![outcomes.into_iter().find(|outcome| outcome.part == known.part).unwrap_or_else(|| Outcome {
            part: known.part,
            pages: known.pages,
            ..Outcome::nothing_read(Reason::NoTemplateFits)
        })],
    };
    let mut kept = Vec::new();
    for outcome in outcomes {
        kept.push(keep(txn, &action, &picture, again.as_ref(), outcome)?);
    }
    let invoices = kept.iter().map(|invoice| invoice.id).collect();
    txn.tell(News::Recognised { company: action.company, action: id, invoices, broken });
    if let Some(marked) = marked {
        papers::make_void(txn, &action, &marked, &kept)?;
    }
    for invoice in kept {
        if invoice.is_fault() {
            faults::add(txn, &invoice)?;
        } else if let Some(template) = invoice.template.filter(|_| invoice.standing == Standing::Passed)
            && let Some(mut template) = txn.get(&TEMPLATES, &template)?
        {
            template.successes += 1;
            txn.put(&TEMPLATES, &template.id, &template)?;
        }
    }
    Ok(())
}

fn keep(
    txn: &mut Txn<'_>,
    action: &Action,
    picture: &Picture,
    again: Option<&Invoice>,
    outcome: Outcome,
) -> Result<Invoice, Refusal> {
    let mut reasons = outcome.reasons;
    let now = now();
    reasons.extend(judge::unread_pages(picture.pages, outcome.pages_read));
    reasons.extend(checks::day_to_come(&outcome.regions, now));
    let (template, template_label) = outcome.template.unzip();
    let mut invoice = Invoice {
        id: match again {
            Some(known) => known.id,
            None => InvoiceId(txn.next("invoices")?),
        },
        version: 1,
        action: action.id,
        template,
        template_label: template_label.unwrap_or_default(),
        kind: outcome.kind,
        part: outcome.part,
        pages: outcome.pages,
        company: action.company,
        company_name: action.company_name.clone(),
        // A second reading doesn't change the uploader.
        user: again.map_or(action.user, |known| known.user),
        user_name: again.map_or(&action.user_name, |known| &known.user_name).clone(),
        picture: picture.clone(),
        file_name: action.file_name.clone(),
        recognised: now,
        reasons: reasons.into_iter().map(Why::Found).collect(),
        standing: Standing::Waiting,
        regions: outcome.regions,
        codes: outcome.codes,
        review: again.and_then(|known| known.review.clone()).filter(|review| review.against_checks.is_some()),
        void: again.and_then(|known| known.void.clone()),
        decisions: again.map(|known| known.decisions.clone()).unwrap_or_default(),
    };
    let said = corrections(&txn.view(), invoice.id)?;
    // Usually a first reading, which doesn't need the template.
    let learnt = learnt(&txn.view(), template.filter(|_| !said.is_empty()))?;
    judge::keep_corrections(&mut invoice, &said, &learnt);
    if invoice.reasons.is_empty() {
        invoice.standing = Standing::Passed;
    }
    put(txn, again, &mut invoice)?;
    put_items(txn, invoice.id, &outcome.items)?;
    match outcome.corners {
        Some(corners) => txn.put(&CORNERS, &invoice.id, &corners)?,
        None => txn.delete(&CORNERS, &invoice.id),
    }
    if outcome.candidates.is_empty() {
        txn.delete(&CANDIDATES, &invoice.id);
    } else {
        txn.put(&CANDIDATES, &invoice.id, &outcome.candidates)?;
    }
    Ok(invoice)
}

fn put_items(txn: &mut Txn<'_>, id: InvoiceId, items: &[Item]) -> Result<(), Refusal> {
    let before = txn.scan(&ITEMS, &id, false).map(|row| row.map(|(key, _)| key)).collect::<Result<Vec<_>, _>>()?;
    before.iter().for_each(|key| txn.delete(&ITEMS, key));
    for (number, some) in (1..).zip(items.chunks(ITEMS_IN_A_ROW)) {
        txn.put(&ITEMS, &(id, number), &some.to_vec())?;
    }
    Ok(())
}

/// A row stays small, and a long list has few.
const ITEMS_IN_A_ROW: usize = 20;

impl App {
    /// Stores the file's invoices, as read or as faults. Repeating it does nothing.
    pub async fn recognition_ended(&self, id: ActionId, outcomes: Vec<Outcome>) -> Result<(), Refusal> {
        self.store.write(move |txn| end_recognition(txn, id, outcomes)).await
    }
}
