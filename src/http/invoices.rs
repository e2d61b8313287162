//! Invoices as the pages see them: lists, one with its history, corrections, and what is done about faults.

use super::body::Fields;
use super::reply::{self, Language, Reply};
use super::route::Call;
use super::{csv, time, wire};
use crate::app::invoices::{self, Filter};
use crate::domain::account::Actor;
use crate::domain::ids::{InvoiceId, TemplateId};
use crate::domain::invoice::{Correction, Invoice};
use crate::domain::refusal::Refusal;
use crate::domain::template::{AreaKind, POS_LABEL};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

const LIMIT: u64 = 50;
const LIMIT_MAX: u64 = 500;
const TEXT_CHARS_MAX: usize = 1_000;
const FIELDS_MAX: usize = 100;

fn invoice(invoice: &Invoice, language: Language, zone: &TimeZone) -> Value {
    let mut value = wire::fault(invoice, language, zone);
    value["is_fault"] = json!(u8::from(invoice.is_fault()));
    value
}

fn filter(fields: &Fields, actor: &Actor, zone: &TimeZone) -> Result<Filter, Refusal> {
    Ok(Filter {
        wall: actor.wall(),
        from: fields.time_or_none("from", zone)?.map(|t| t.first),
        to: fields.time_or_none("to", zone)?.map(|t| t.last),
        template: fields.natural_or_none("model_id")?.map(TemplateId),
        fault: fields.has("fault").then(|| fields.flag("fault")).transpose()?,
        text: fields.serial_or_none("q")?.map(|q| q.trim().to_owned()).filter(|q| !q.is_empty()),
    })
}

pub async fn list(call: Call) -> Result<Reply, Refusal> {
    let (zone, language) = (call.edge.app.settings().zone(), call.language);
    let filter = filter(&call.fields, call.actor()?, &zone)?;
    let before = call.fields.natural_or_none("cursor")?.map(InvoiceId);
    let limit = call.fields.natural_or_none("limit")?.unwrap_or(LIMIT).clamp(1, LIMIT_MAX) as usize;
    let answer = call.edge.app.look(move |view| {
        let (mut page, mut total, mut has_more) = (Vec::new(), 0u64, false);
        invoices::walk(view, &filter, None, |found| {
            total += 1;
            if before.is_none_or(|before| found.id < before) {
                if page.len() < limit { page.push(found) } else { has_more = true }
            }
            true
        })?;
        let next = page.last().filter(|_| has_more).map(|last: &Invoice| last.id.to_string());
        let list: Vec<Value> = page.iter().map(|found| invoice(found, language, &zone)).collect();
        Ok(json!({ "invoices": list, "next_cursor": next, "total": total }))
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
        let mut value = invoice(&found, call.language, &zone);
        value["history"] = invoices::corrections(view, id)?.iter().map(correction).collect();
        value["duplicate_of"] = json!(invoices::duplicate_of(view, &found)?);
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

pub async fn retry(call: Call) -> Result<Reply, Refusal> {
    let action = call.edge.app.retry_fault(call.by()?, InvoiceId(call.number_in_path("id")?)).await?;
    Ok(reply::json(&json!({ "action_id": action })))
}

pub async fn resolve(call: Call) -> Result<Reply, Refusal> {
    call.edge.app.resolve_fault(call.by()?, InvoiceId(call.number_in_path("id")?)).await?;
    Ok(reply::json(&json!({ "sucess": "操作成功" })))
}

/// Invoices of one look at the store.
const INVOICES_PER_LOOK: usize = 500;

/// One line an invoice: what it is, then every known field, then the user's own in one cell.
pub async fn export(call: Call) -> Result<Reply, Refusal> {
    let (zone, language) = (call.edge.app.settings().zone(), call.language);
    let filter = filter(&call.fields, call.actor()?, &zone)?;
    let store = call.edge.app.store.clone();
    let known: Vec<&str> = [POS_LABEL].into_iter().chain(AreaKind::KNOWN.iter().map(|(_, _, pos_id)| *pos_id)).collect();
    let first = ["invoice_id", "recognize_time", "user_name", "company_name", "model_id", "is_fault", "reason"];
    let header: Vec<&str> = first.iter().copied().chain(known.iter().copied()).chain(["其他"]).collect();
    let mut before = None;
    Ok(csv::stream("invoices.csv", &header.clone(), move |lines| {
        let mut page = Vec::new();
        store.walk(|view| {
            invoices::walk(view, &filter, before, |found| {
                page.push(found);
                page.len() < INVOICES_PER_LOOK
            })
        })?;
        before = page.last().map(|last| last.id);
        for found in &page {
            let mut cells = vec![
                found.id.to_string(),
                time::write(found.recognised, &zone),
                found.user_name.clone(),
                found.company_name.clone(),
                found.template.map(|id| id.to_string()).unwrap_or_default(),
                u8::from(found.is_fault()).to_string(),
                wire::reasons(&found.reasons, language),
            ];
            cells.extend(known.iter().map(|pos_id| found.text(pos_id).unwrap_or_default().to_owned()));
            let own = found.regions.iter().filter(|r| !known.contains(&r.pos_id.as_str()));
            cells.push(own.map(|r| format!("{}={}", r.pos_id, r.text)).collect::<Vec<_>>().join("; "));
            csv::guarded_line(lines, &cells.iter().map(String::as_str).collect::<Vec<_>>());
        }
        Ok(page.len() == INVOICES_PER_LOOK)
    }))
}
