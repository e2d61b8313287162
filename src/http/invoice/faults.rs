//! Invoices that wait for a person: the interface document's list, ours, and the decisions.

use super::invoices::{decide, entry, filter, listed};
use super::upload as invoice;
use super::words as invoice_words;
use super::words::{stale, taken};
use crate::app::decisions::Verdict;
use crate::app::entries::Taken;
use crate::app::faults;
use crate::app::invoice_lists::Filter;
use crate::app::invoices;
use crate::app::second_readings::RETRIED_AT_ONCE;
use crate::domain::account::Permission;
use crate::domain::ids::InvoiceId;
use crate::domain::invoice::Invoice;
use crate::domain::refusal::Refusal;
use crate::http::edge::call::Call;
use crate::http::edge::reply::{self, Language, Reply};
use crate::http::wire::spelling as wire;
use crate::store::{StoreError, View};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::time::Instant;

const DONE: &str = "操作成功";
const PER_PAGE: usize = 20;
const RETRIED_MAX: usize = 1_000;

/// One page, the number of faults and the number of matches.
async fn page(call: &Call, filter: Filter, in_words: InWords) -> Result<(Vec<Value>, u64, u64), Refusal> {
    let page = invoice::page(&call.fields)?;
    let (language, zone) = (call.language, call.edge.app.settings().zone());
    let answer = call.edge.app.look(move |view| {
        let number = faults::number(view, filter.scope)?;
        let (faults, total) = faults::page(view, &filter, page.saturating_mul(PER_PAGE), PER_PAGE)?;
        let list = faults.iter().map(|invoice| in_words(view, invoice, language, &zone)).collect::<Result<Vec<_>, _>>()?;
        Ok((list, number, total))
    });
    answer.await
}

type InWords = fn(&View<'_>, &Invoice, Language, &TimeZone) -> Result<Value, StoreError>;

/// With the interface document's fields only.
pub async fn get_fault_queue(call: Call) -> Result<Reply, Refusal> {
    let filter = Filter { scope: call.actor()?.scope(), ..Filter::default() };
    let (list, number, _) = page(&call, filter, |_, invoice, language, zone| Ok(wire::fault(invoice, language, zone))).await?;
    Ok(reply::json(&json!({ "fault_num": number, "fault_list": list })))
}

pub async fn list(call: Call) -> Result<Reply, Refusal> {
    let filter = filter(&call.fields, call.actor()?, &call.edge.app.settings().zone())?;
    let (mut list, number, total) = page(&call, filter, invoice_words::invoice).await?;
    let others = call.edge.app.presence.others(call.actor()?.user, Instant::now());
    for fault in &mut list {
        let open_by = fault["invoice_id"].as_u64().and_then(|id| others.get(&InvoiceId(id)));
        fault["open_by"] = json!(open_by.map_or(&[][..], Vec::as_slice));
    }
    Ok(reply::json(&json!({ "fault_num": number, "fault_list": list, "total": total })))
}

/// Marks it as open; tells who else has it open.
pub async fn open(call: Call) -> Result<Reply, Refusal> {
    let (actor, id, now) = (call.actor()?, InvoiceId(call.number_in_path("id")?), Instant::now());
    call.edge.app.store.read(|view| invoices::visible(view, actor, id))?;
    call.edge.app.presence.open(id, actor.user, &actor.user_name, now);
    let others = call.edge.app.presence.others(actor.user, now);
    Ok(reply::json(&json!({ "sucess": DONE, "open_by": others.get(&id).map_or(&[][..], Vec::as_slice) })))
}

pub async fn close(call: Call) -> Result<Reply, Refusal> {
    call.edge.app.presence.close(InvoiceId(call.number_in_path("id")?), call.actor()?.user, Instant::now());
    Ok(reply::json(&json!({ "sucess": DONE })))
}

/// Corrects and reviews in one verb.
pub async fn review(call: Call) -> Result<Reply, Refusal> {
    let (id, entry) = (InvoiceId(call.number_in_path("id")?), entry(&call.fields)?);
    let changes_something = !entry.fields.is_empty() || !entry.absent.is_empty();
    if changes_something && !call.actor()?.may(Permission::InvoiceRw) {
        return Err(Refusal::no_permission());
    }
    let threshold = call.edge.app.settings().confidence_threshold;
    taken(&call, call.edge.app.review_fault(call.by()?, id, entry, threshold).await?)
}

pub async fn reopen(call: Call) -> Result<Reply, Refusal> {
    decide(&call, Verdict::Reopen).await
}

pub async fn retry(call: Call) -> Result<Reply, Refusal> {
    let (id, version) = (InvoiceId(call.number_in_path("id")?), call.fields.natural_or_none("version")?);
    match call.edge.app.retry_fault(call.by()?, id, version).await? {
        Ok(action) => Ok(reply::json(&json!({ "action_id": action }))),
        Err(found) => stale(&call, &found),
    }
}

/// `all`: everything that matches the filter.
pub async fn retry_some(call: Call) -> Result<Reply, Refusal> {
    let filter = filter(&call.fields, call.actor()?, &call.edge.app.settings().zone())?;
    let mut ids = if call.fields.flag("all")? {
        let found = call.edge.app.look(move |view| {
            let mut ids = Vec::new();
            faults::walk(view, &filter, |invoice| {
                ids.push(invoice.id);
                true
            })?;
            Ok(ids)
        });
        found.await?
    } else {
        listed(&call.fields, RETRIED_MAX)?
    };
    let by = call.by()?;
    let mut actions = Vec::new();
    ids.sort_unstable();
    for some in ids.chunks(RETRIED_AT_ONCE) {
        actions.extend(call.edge.app.retry_faults(by.clone(), some.to_vec()).await?);
    }
    Ok(reply::json(&json!({ "action_id_list": actions })))
}

pub async fn resolve(call: Call) -> Result<Reply, Refusal> {
    let (id, version) = (InvoiceId(call.number_in_path("id")?), call.fields.natural_or_none("version")?);
    match call.edge.app.resolve_fault(call.by()?, id, version).await? {
        Taken::Done(_) => Ok(reply::json(&json!({ "sucess": DONE }))),
        other => taken(&call, other),
    }
}
