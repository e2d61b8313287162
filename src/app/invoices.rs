//! Invoices as they were read, and those that wait for a person.

use super::queues::{end, enqueue, picture_of};
use super::{App, By, log, now};
use crate::domain::account::Actor;
use crate::domain::action::{Job, State};
use crate::domain::change::Change;
use crate::domain::ids::{ActionId, CompanyId, InvoiceId, Millis, TemplateId};
use crate::domain::invoice::{Correction, Invoice, Reason, Region, Settled};
use crate::domain::refusal::{Refusal, sentence};
use crate::store::tables::{
    CORRECTIONS, FAULTS, FAULTS_BY_COMPANY, INVOICES, INVOICES_BY_COMPANY, INVOICES_BY_IDENTITY, TEMPLATES,
};
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

impl Outcome {
    fn failed(reason: Reason, trouble: &'static str) -> Self {
        Self { template: None, regions: Vec::new(), reasons: vec![reason], trouble: Some(trouble) }
    }

    /// The engine gave no proper answer in all its tries; `sentence` is the seed's.
    pub fn gave_up(sentence: &'static str) -> Self {
        let reason = Reason::new(format!("识别失败：{sentence}"), "recognition failed: the engine gave no proper answer");
        Self::failed(reason, sentence)
    }

    pub fn brought_the_box_down() -> Self {
        let reason = Reason::new("系统在识别这张图片时两次中断", "the box went down twice while this picture was being read");
        Self::failed(reason, sentence::ENGINE_RECEIVE)
    }
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

fn add_fault(txn: &mut Txn<'_>, invoice: &Invoice) -> Result<(), StoreError> {
    txn.put(&FAULTS, &invoice.id, &())?;
    txn.put(&FAULTS_BY_COMPANY, &(invoice.company, invoice.id), &())?;
    let all = txn.add(ALL, 1)?;
    let own = txn.add(&counter(invoice.company), 1)?;
    txn.emit(Change::Faults { company: invoice.company, own, all, new: Some(Box::new(invoice.clone())) });
    Ok(())
}

fn remove_fault(txn: &mut Txn<'_>, invoice: &Invoice) -> Result<(), StoreError> {
    txn.delete(&FAULTS, &invoice.id);
    txn.delete(&FAULTS_BY_COMPANY, &(invoice.company, invoice.id));
    let all = txn.add(ALL, -1)?;
    let own = txn.add(&counter(invoice.company), -1)?;
    txn.emit(Change::Faults { company: invoice.company, own, all, new: None });
    Ok(())
}

/// By what an invoice may be found to be another one's double.
fn identities(invoice: &Invoice) -> Vec<String> {
    let mut identities = vec![format!("picture {}", invoice.picture.hash)];
    identities.extend(invoice.identity().map(|identity| format!("number {identity}")));
    identities
}

fn put(txn: &mut Txn<'_>, before: Option<&Invoice>, invoice: &Invoice) -> Result<(), StoreError> {
    for identity in before.map(identities).unwrap_or_default() {
        txn.delete(&INVOICES_BY_IDENTITY, &(invoice.company, identity, invoice.id));
    }
    for identity in identities(invoice) {
        txn.put(&INVOICES_BY_IDENTITY, &(invoice.company, identity, invoice.id), &())?;
    }
    txn.put(&INVOICES_BY_COMPANY, &(invoice.company, invoice.id), &())?;
    txn.put(&INVOICES, &invoice.id, invoice)
}

/// The earliest other invoice of the company with the same picture, or the same code and number.
pub fn duplicate_of(view: &View<'_>, invoice: &Invoice) -> Result<Option<InvoiceId>, StoreError> {
    let mut earliest = None;
    for identity in identities(invoice) {
        for row in view.scan(&INVOICES_BY_IDENTITY, &(invoice.company, identity), false).take(2) {
            let ((_, _, id), ()) = row?;
            if id < invoice.id && earliest.is_none_or(|e| id < e) {
                earliest = Some(id);
            }
        }
    }
    Ok(earliest)
}

pub fn corrections(view: &View<'_>, id: InvoiceId) -> Result<Vec<Correction>, StoreError> {
    view.scan(&CORRECTIONS, &id, false).map(|row| row.map(|(_, correction)| correction)).collect()
}

/// What is asked of the invoices.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub wall: Option<CompanyId>,
    pub from: Option<Millis>,
    pub to: Option<Millis>,
    pub template: Option<TemplateId>,
    pub fault: Option<bool>,
    /// A part of any field's text, or of the user's name.
    pub text: Option<String>,
}

impl Filter {
    fn fits(&self, invoice: &Invoice) -> bool {
        let contains = |text: &String| invoice.user_name.contains(text) || invoice.regions.iter().any(|r| r.text.contains(text));
        self.from.is_none_or(|from| invoice.recognised >= from)
            && self.to.is_none_or(|to| invoice.recognised <= to)
            && self.template.is_none_or(|id| invoice.template == Some(id))
            && self.fault.is_none_or(|fault| invoice.is_fault() == fault)
            && self.text.as_ref().is_none_or(contains)
    }
}

/// Newest first, those before `before`; calls `each` until it says stop. The invoices of one look at the store.
pub fn walk(
    view: &View<'_>,
    filter: &Filter,
    before: Option<InvoiceId>,
    mut each: impl FnMut(Invoice) -> bool,
) -> Result<(), StoreError> {
    let last = InvoiceId(before.map_or(u64::MAX, |id| id.0.saturating_sub(1)));
    let ids: Box<dyn Iterator<Item = Result<InvoiceId, StoreError>>> = match filter.wall {
        Some(company) => {
            let rows = view.range(&INVOICES_BY_COMPANY, &(company, InvoiceId(0)), &(company, last), true);
            Box::new(rows.map(|row| row.map(|((_, id), ())| id)))
        }
        None => Box::new(view.range(&INVOICES, &InvoiceId(0), &last, true).map(|row| row.map(|(id, _)| id))),
    };
    for id in ids {
        let invoice = view.get(&INVOICES, &id?)?;
        if let Some(invoice) = invoice.filter(|invoice| filter.fits(invoice))
            && !each(invoice)
        {
            break;
        }
    }
    Ok(())
}

/// The invoice, if the user sees its company.
pub fn visible(view: &View<'_>, actor: &Actor, id: InvoiceId) -> Result<Invoice, Refusal> {
    let invoice = view.get(&INVOICES, &id)?.ok_or_else(|| Refusal::not_found("没有这张发票", "no such invoice"))?;
    if actor.sees(invoice.company) { Ok(invoice) } else { Err(Refusal::no_permission()) }
}

/// The invoice, if it waits for a person.
fn fault(txn: &Txn<'_>, by: &By, id: InvoiceId) -> Result<Invoice, Refusal> {
    let invoice = visible(&txn.view(), &by.actor, id)?;
    if txn.has(&FAULTS, &id)? {
        return Ok(invoice);
    }
    Err(Refusal::conflict("该发票不在异常队列中", "the invoice is not on the fault list"))
}

pub(super) fn end_recognition(txn: &mut Txn<'_>, id: ActionId, outcome: Outcome) -> Result<(), Refusal> {
    let state = if outcome.trouble.is_some() { State::Failed } else { State::Done };
    let Some(action) = end(txn, id, state)? else { return Ok(()) };
    let picture = picture_of(&txn.view(), &action)?.ok_or_else(Refusal::internal)?;
    let again = match action.job {
        Job::Recognise { again: Some(again), .. } => txn.get(&INVOICES, &again)?,
        _ => None,
    };
    let mut invoice = Invoice {
        id: match &again {
            Some(known) => known.id,
            None => InvoiceId(txn.next("invoices")?),
        },
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
    keep_corrections(txn, &mut invoice)?;
    put(txn, again.as_ref(), &invoice)?;
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
}

impl App {
    /// The end of a recognition, for good: an invoice is kept, as read or as a fault. An end that comes twice does nothing.
    pub async fn recognition_ended(&self, id: ActionId, outcome: Outcome) -> Result<(), Refusal> {
        self.store.write(move |txn| end_recognition(txn, id, outcome)).await
    }

    /// What people read instead. The old texts go to the history.
    pub async fn correct_invoice(&self, by: By, id: InvoiceId, fields: Vec<(String, String)>) -> Result<Invoice, Refusal> {
        self.store
            .write(move |txn| {
                let before = visible(&txn.view(), &by.actor, id)?;
                let mut invoice = before.clone();
                let mut number = txn.scan(&CORRECTIONS, &id, true).next().transpose()?.map_or(0, |((_, number), _)| number);
                let now = now();
                for (pos_id, text) in fields {
                    let old = invoice.text(&pos_id).unwrap_or_default().to_owned();
                    if invoice.text(&pos_id) == Some(text.as_str()) {
                        continue;
                    }
                    number += 1;
                    let user_name = by.actor.user_name.clone();
                    let correction = Correction { at: now, user_name, pos_id: pos_id.clone(), old, new: text.clone() };
                    txn.put(&CORRECTIONS, &(id, number), &correction)?;
                    set_text(&mut invoice, &pos_id, text);
                }
                put(txn, Some(&before), &invoice)?;
                log(txn, now, &by, None, format!("修改发票 {id}"))?;
                Ok(invoice)
            })
            .await
    }

    /// Read it again: a new action for the same invoice, which is off the list at once.
    pub async fn retry_fault(&self, by: By, id: InvoiceId) -> Result<ActionId, Refusal> {
        self.store
            .write(move |txn| {
                let mut invoice = fault(txn, &by, id)?;
                remove_fault(txn, &invoice)?;
                invoice.settled = Some(Settled::Retried);
                txn.put(&INVOICES, &id, &invoice)?;
                let job = Job::Recognise { picture: invoice.picture.id, again: Some(id) };
                // Whoever asks, it stays its company's.
                let mut by = by;
                (by.actor.company, by.actor.company_name) = (invoice.company, invoice.company_name);
                let action = enqueue(txn, &by, job, &format!(" {id}"))?;
                txn.emit(Change::Queued { company: action.company, pictures: vec![(action.id, invoice.picture)] });
                Ok(action.id)
            })
            .await
    }

    /// A person has seen to it.
    pub async fn resolve_fault(&self, by: By, id: InvoiceId) -> Result<(), Refusal> {
        self.store
            .write(move |txn| {
                let mut invoice = fault(txn, &by, id)?;
                remove_fault(txn, &invoice)?;
                invoice.settled = Some(Settled::Resolved);
                txn.put(&INVOICES, &id, &invoice)?;
                Ok(log(txn, now(), &by, None, format!("处理异常发票 {id}"))?)
            })
            .await
    }
}

fn set_text(invoice: &mut Invoice, pos_id: &str, text: String) {
    match invoice.regions.iter_mut().find(|r| r.pos_id == pos_id) {
        // A person's reading is sure.
        Some(region) => (region.text, region.probability) = (text, 1.0),
        None => {
            let region = Region { pos_id: pos_id.to_owned(), position: None, text, probability: 1.0, status: 0 };
            invoice.regions.push(region);
        }
    }
}

/// What a person once put right is not overwritten by reading again.
fn keep_corrections(txn: &Txn<'_>, invoice: &mut Invoice) -> Result<(), StoreError> {
    for correction in corrections(&txn.view(), invoice.id)? {
        set_text(invoice, &correction.pos_id, correction.new);
    }
    Ok(())
}
