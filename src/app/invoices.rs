//! Invoices as they were read, and what people put right on them. Not here: those that wait for a person (faults.rs).

use super::faults;
use super::queues::{end, picture_of};
use super::{App, By, log, now};
use crate::domain::account::Actor;
use crate::domain::action::{Job, State};
use crate::domain::change::Change;
use crate::domain::ids::{ActionId, CompanyId, InvoiceId, Millis, TemplateId};
use crate::domain::invoice::{Contender, Correction, Invoice, Reason, Region};
use crate::domain::money;
use crate::domain::refusal::{Refusal, sentence};
use crate::domain::template::AreaKind;
use crate::store::tables::{CONTENDERS, CORRECTIONS, COUNTERS, INVOICES, INVOICES_BY_COMPANY, INVOICES_BY_IDENTITY, TEMPLATES};
use crate::store::{StoreError, Txn, View};
use std::collections::BTreeMap;

/// What came of a recognition.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub template: Option<TemplateId>,
    pub regions: Vec<Region>,
    /// Empty: no person is needed.
    pub reasons: Vec<Reason>,
    /// The templates it was chosen from, the likeliest first, where the engine told.
    pub contenders: Vec<Contender>,
    /// The seed's sentence, where the engine was the cause.
    pub trouble: Option<&'static str>,
}

impl Outcome {
    fn failed(reason: Reason, trouble: &'static str) -> Self {
        Self { template: None, regions: Vec::new(), reasons: vec![reason], contenders: Vec::new(), trouble: Some(trouble) }
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

/// By what an invoice may be found to be another one's double.
pub(super) fn identities(invoice: &Invoice) -> Vec<String> {
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
    if let Some(before) = before {
        count(txn, before, -1)?;
    }
    count(txn, invoice, 1)?;
    txn.put(&INVOICES_BY_COMPANY, &(invoice.company, invoice.id), &())?;
    txn.put(&INVOICES, &invoice.id, invoice)
}

/// Brings the running totals up to date, so that a page of the list needs no walk through all of it.
fn count(txn: &mut Txn<'_>, invoice: &Invoice, sign: i64) -> Result<(), StoreError> {
    let fen = amount(invoice).map(|fen| i64::try_from(fen).unwrap_or(i64::MAX));
    let by = [sign, sign * i64::from(fen.is_some()), sign * fen.unwrap_or(0)];
    for wall in [None, Some(invoice.company)] {
        for (counter, by) in Total::counters(wall).iter().zip(by).filter(|(_, by)| *by != 0) {
            txn.add(counter, by)?;
        }
    }
    Ok(())
}

/// For a store that was kept without totals.
pub(super) fn count_all(txn: &mut Txn<'_>) -> Result<(), StoreError> {
    let mut totals: BTreeMap<Option<CompanyId>, Total> = BTreeMap::new();
    for row in txn.scan(&INVOICES, &(), false) {
        let (_, invoice) = row?;
        for wall in [None, Some(invoice.company)] {
            totals.entry(wall).or_default().add(&invoice);
        }
    }
    for (wall, Total { invoices, summed, fen }) in totals {
        for (counter, number) in Total::counters(wall).iter().zip([invoices, summed, fen]) {
            txn.put(&COUNTERS, counter, &number)?;
        }
    }
    Ok(())
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

/// How the likeliest templates fared when it was read last.
pub fn contenders(view: &View<'_>, id: InvoiceId) -> Result<Vec<Contender>, StoreError> {
    Ok(view.get(&CONTENDERS, &id)?.unwrap_or_default())
}

/// What is asked of the invoices.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub wall: Option<CompanyId>,
    pub from: Option<Millis>,
    pub to: Option<Millis>,
    /// `Some(None)`: those that no template fits.
    pub template: Option<Option<TemplateId>>,
    pub fault: Option<bool>,
    /// Whether an earlier one is the same.
    pub duplicate: Option<bool>,
    /// A part of any field's text, of the user's name, or of why it is a fault.
    pub text: Option<String>,
}

impl Filter {
    /// Nothing is asked but what the user may see.
    pub fn lets_all_through(&self) -> bool {
        let Self { wall: _, from, to, template, fault, duplicate, text } = self;
        from.is_none() && to.is_none() && template.is_none() && fault.is_none() && duplicate.is_none() && text.is_none()
    }

    pub fn fits(&self, view: &View<'_>, invoice: &Invoice) -> Result<bool, StoreError> {
        let contains = |text: &String| {
            invoice.user_name.contains(text)
                || invoice.regions.iter().any(|r| r.text.contains(text))
                || invoice.reasons.iter().any(|r| r.zh.contains(text) || r.en.contains(text))
        };
        let fits = self.from.is_none_or(|from| invoice.recognised >= from)
            && self.to.is_none_or(|to| invoice.recognised <= to)
            && self.template.is_none_or(|id| invoice.template == id)
            && self.fault.is_none_or(|fault| invoice.is_fault() == fault)
            && self.text.as_ref().is_none_or(contains);
        match self.duplicate {
            Some(wanted) if fits => Ok(duplicate_of(view, invoice)?.is_some() == wanted),
            _ => Ok(fits),
        }
    }
}

/// What invoices come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    pub invoices: u64,
    /// Those whose 金额 is a sum.
    pub summed: u64,
    pub fen: u64,
}

impl Total {
    /// Where the running totals of the three lie: everybody's, or a company's.
    pub(super) fn counters(wall: Option<CompanyId>) -> [String; 3] {
        let whose = wall.map_or_else(String::new, |company| format!("/{company}"));
        ["number", "summed", "fen"].map(|what| format!("invoices/{what}{whose}"))
    }

    /// Of all that are seen from behind this wall.
    pub fn of(view: &View<'_>, wall: Option<CompanyId>) -> Result<Self, StoreError> {
        let [invoices, summed, fen] = Self::counters(wall);
        Ok(Self { invoices: view.counter(&invoices)?, summed: view.counter(&summed)?, fen: view.counter(&fen)? })
    }

    pub fn add(&mut self, invoice: &Invoice) {
        self.invoices += 1;
        if let Some(fen) = amount(invoice) {
            self.summed += 1;
            self.fen = self.fen.saturating_add(fen);
        }
    }
}

/// The invoice's 金额 in fen.
pub fn amount(invoice: &Invoice) -> Option<u64> {
    money::amount(invoice.text(AreaKind::Money.pos_id()?)?)
}

/// Newest first, those before `before`; calls `each` until it says stop. The invoices of one look at the store.
pub fn walk(
    view: &View<'_>,
    filter: &Filter,
    before: Option<InvoiceId>,
    mut each: impl FnMut(Invoice) -> bool,
) -> Result<(), StoreError> {
    let last = InvoiceId(before.map_or(u64::MAX, |id| id.0.saturating_sub(1)));
    let invoices: Box<dyn Iterator<Item = Result<Option<Invoice>, StoreError>>> = match filter.wall {
        Some(company) => {
            let rows = view.range(&INVOICES_BY_COMPANY, &(company, InvoiceId(0)), &(company, last), true);
            Box::new(rows.map(|row| row.and_then(|((_, id), ())| view.get(&INVOICES, &id))))
        }
        None => Box::new(view.range(&INVOICES, &InvoiceId(0), &last, true).map(|row| row.map(|(_, invoice)| Some(invoice)))),
    };
    for invoice in invoices {
        if let Some(invoice) = invoice?
            && filter.fits(view, &invoice)?
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
    if outcome.contenders.is_empty() {
        txn.delete(&CONTENDERS, &invoice.id);
    } else {
        txn.put(&CONTENDERS, &invoice.id, &outcome.contenders)?;
    }
    txn.emit(Change::Recognised { invoice: Box::new(invoice.clone()), trouble: outcome.trouble });
    if invoice.is_fault() {
        faults::add(txn, &invoice)?;
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
                let earlier = corrections(&txn.view(), id)?;
                let mut number = txn.scan(&CORRECTIONS, &id, true).next().transpose()?.map_or(0, |((_, number), _)| number);
                let now = now();
                for (pos_id, text) in fields {
                    // What a machine read and a person finds right is the person's from then on; said again, it is no news.
                    let known = earlier.iter().rev().find(|c| c.pos_id == pos_id).map(|c| c.new.as_str());
                    if known == Some(text.as_str()) {
                        continue;
                    }
                    let old = invoice.text(&pos_id).unwrap_or_default().to_owned();
                    number += 1;
                    let user_name = by.actor.user_name.clone();
                    let correction = Correction { at: now, user_name, pos_id: pos_id.clone(), old, new: text.clone() };
                    txn.put(&CORRECTIONS, &(id, number), &correction)?;
                    set_text(&mut invoice, &pos_id, text);
                }
                put(txn, Some(&before), &invoice)?;
                log(txn, now, &by, None, format!("修改发票 #{id}"))?;
                Ok(invoice)
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
