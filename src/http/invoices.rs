//! Invoices as the pages see them: lists, one with its history, corrections, exports. Not here: those that wait for a person (faults.rs).

use super::body::Fields;
use super::reply::{self, Language, Reply};
use super::route::Call;
use super::xlsx::{self, Cell};
use super::{csv, time, wire};
use crate::app::invoices::{self, Filter, Total};
use crate::domain::account::Actor;
use crate::domain::ids::{InvoiceId, TemplateId};
use crate::domain::invoice::{Correction, Invoice, Settled};
use crate::domain::refusal::Refusal;
use crate::domain::template::{AreaKind, POS_LABEL};
use crate::store::{StoreError, View};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

const LIMIT: u64 = 50;
const LIMIT_MAX: u64 = 500;
const TEXT_CHARS_MAX: usize = 1_000;
const FIELDS_MAX: usize = 100;

fn invoice(view: &View<'_>, invoice: &Invoice, language: Language, zone: &TimeZone) -> Result<Value, StoreError> {
    let mut value = wire::fault(invoice, language, zone);
    value["is_fault"] = json!(u8::from(invoice.is_fault()));
    value["settled"] = json!(invoice.settled.map(|how| match how {
        Settled::Resolved => "resolved",
        Settled::Retried => "retried",
    }));
    value["duplicate_of"] = json!(invoices::duplicate_of(view, invoice)?);
    Ok(value)
}

pub fn filter(fields: &Fields, actor: &Actor, zone: &TimeZone) -> Result<Filter, Refusal> {
    let flag = |name| fields.has(name).then(|| fields.flag(name)).transpose();
    Ok(Filter {
        wall: actor.wall(),
        from: fields.time_or_none("from", zone)?.map(|t| t.first),
        to: fields.time_or_none("to", zone)?.map(|t| t.last),
        // 0 is none, as where a user's group is named.
        template: fields.natural_or_none("model_id")?.map(|id| (id != 0).then_some(TemplateId(id))),
        fault: flag("fault")?,
        duplicate: flag("duplicate")?,
        text: fields.serial_or_none("q")?.map(|q| q.trim().to_owned()).filter(|q| !q.is_empty()),
    })
}

pub async fn list(call: Call) -> Result<Reply, Refusal> {
    let (zone, language) = (call.edge.app.settings().zone(), call.language);
    let filter = filter(&call.fields, call.actor()?, &zone)?;
    let before = call.fields.natural_or_none("cursor")?.map(InvoiceId);
    let limit = call.fields.natural_or_none("limit")?.unwrap_or(LIMIT).clamp(1, LIMIT_MAX) as usize;
    let answer = call.edge.app.look(move |view| {
        let (mut page, mut total, mut has_more) = (Vec::new(), Total::default(), false);
        // Of all there is, the totals are kept; of what a filter lets through, they are found by walking it.
        let (from, is_whole) = if filter.lets_all_through() { (before, true) } else { (None, false) };
        invoices::walk(view, &filter, from, |found| {
            total.add(&found);
            if before.is_none_or(|before| found.id < before) {
                if page.len() < limit { page.push(found) } else { has_more = true }
            }
            !(is_whole && has_more)
        })?;
        if is_whole {
            total = Total::of(view, filter.wall)?;
        }
        let next = page.last().filter(|_| has_more).map(|last: &Invoice| last.id.to_string());
        let list = page.iter().map(|found| invoice(view, found, language, &zone)).collect::<Result<Vec<_>, _>>()?;
        let amount = json!({ "sum": format!("{}.{:02}", total.fen / 100, total.fen % 100), "invoices": total.summed });
        Ok(json!({ "invoices": list, "next_cursor": next, "total": total.invoices, "amount": amount }))
    });
    Ok(reply::json(&answer.await?))
}

fn whole(call: &Call, id: InvoiceId) -> Result<Value, Refusal> {
    let (actor, zone) = (call.actor()?, call.edge.app.settings().zone());
    call.edge.app.store.read(|view| {
        let found = invoices::visible(view, actor, id)?;
        let correction = |c: &Correction| {
            json!({ "time": time::write(c.at, &zone), "user_name": c.user_name, "pos_id": c.pos_id, "old": c.old, "new": c.new })
        };
        let mut value = invoice(view, &found, call.language, &zone)?;
        value["candidates"] = wire::contenders(&invoices::contenders(view, id)?, call.language);
        value["history"] = invoices::corrections(view, id)?.iter().map(correction).collect();
        Ok(value)
    })
}

pub async fn one(call: Call) -> Result<Reply, Refusal> {
    Ok(reply::json(&whole(&call, InvoiceId(call.number_in_path("id")?))?))
}

pub async fn correct(call: Call) -> Result<Reply, Refusal> {
    let id = InvoiceId(call.number_in_path("id")?);
    let mut fields = Vec::new();
    for (pos_id, value) in call.fields.object("fields")? {
        let wrong = || Refusal::malformed(format!("fields：{pos_id} 应为文字"), format!("fields: {pos_id} must be text"));
        let text = value.as_str().ok_or_else(wrong)?;
        if text.chars().count() > TEXT_CHARS_MAX || pos_id.chars().count() > 64 {
            return Err(Refusal::malformed(format!("fields：{pos_id} 太长"), format!("fields: {pos_id} is too long")));
        }
        fields.push((pos_id.clone(), text.to_owned()));
    }
    if fields.is_empty() || fields.len() > FIELDS_MAX {
        return Err(Refusal::malformed("fields：应有 1 到 100 项", "fields: must have 1 to 100 entries"));
    }
    call.edge.app.correct_invoice(call.by()?, id, fields).await?;
    Ok(reply::json(&whole(&call, id)?))
}

/// Invoices of one look at the store.
const INVOICES_PER_LOOK: usize = 500;

/// What the columns of an exported list are called: what the invoice is, then every known field, then the user's own in one cell.
fn columns() -> Vec<&'static str> {
    let first = ["invoice_id", "recognize_time", "user_name", "company_name", "model_id", "is_fault", "reason"];
    first.into_iter().chain(known()).chain(["其他"]).collect()
}

fn known() -> impl Iterator<Item = &'static str> {
    [POS_LABEL].into_iter().chain(AreaKind::KNOWN.iter().map(|(_, _, pos_id)| *pos_id))
}

fn cells(found: &Invoice, language: Language, zone: &TimeZone) -> Vec<String> {
    let mut cells = vec![
        found.id.to_string(),
        time::write(found.recognised, zone),
        found.user_name.clone(),
        found.company_name.clone(),
        found.template.map(|id| id.to_string()).unwrap_or_default(),
        u8::from(found.is_fault()).to_string(),
        wire::reasons(&found.reasons, language),
    ];
    cells.extend(known().map(|pos_id| found.text(pos_id).unwrap_or_default().to_owned()));
    let own = found.regions.iter().filter(|r| !known().any(|pos_id| pos_id == r.pos_id));
    cells.push(own.map(|r| format!("{}={}", r.pos_id, r.text)).collect::<Vec<_>>().join("; "));
    cells
}

/// All that the filter lets through, some at a time; nothing when there are no more.
fn pages(call: &Call) -> Result<impl FnMut() -> Result<Vec<Invoice>, StoreError> + Send + 'static, Refusal> {
    let filter = filter(&call.fields, call.actor()?, &call.edge.app.settings().zone())?;
    let store = call.edge.app.store.clone();
    let mut before = None;
    Ok(move || {
        let mut page = Vec::new();
        store.walk(|view| {
            invoices::walk(view, &filter, before, |found| {
                page.push(found);
                page.len() < INVOICES_PER_LOOK
            })
        })?;
        before = page.last().map_or(Some(InvoiceId(0)), |last| Some(last.id));
        Ok(page)
    })
}

pub async fn export_csv(call: Call) -> Result<Reply, Refusal> {
    let (zone, language) = (call.edge.app.settings().zone(), call.language);
    let mut more = pages(&call)?;
    Ok(csv::stream("invoices.csv", &columns(), move |lines| {
        let page = more()?;
        for found in &page {
            let cells = cells(found, language, &zone);
            csv::guarded_line(lines, &cells.iter().map(String::as_str).collect::<Vec<_>>());
        }
        Ok(!page.is_empty())
    }))
}

/// The same for a spreadsheet; what is a sum there can be summed.
pub async fn export_xlsx(call: Call) -> Result<Reply, Refusal> {
    let (zone, language) = (call.edge.app.settings().zone(), call.language);
    let mut more = pages(&call)?;
    let money = AreaKind::Money.pos_id();
    let money = columns().iter().position(|name| Some(*name) == money);
    Ok(xlsx::stream("invoices.xlsx", &columns(), move || {
        let page = more()?;
        let row = |found: &Invoice| {
            let mut row: Vec<Cell> = cells(found, language, &zone).into_iter().map(Cell::Text).collect();
            if let (Some(at), Some(fen)) = (money, invoices::amount(found)) {
                row[at] = Cell::Fen(fen);
            }
            row
        };
        Ok(page.iter().map(row).collect())
    }))
}
