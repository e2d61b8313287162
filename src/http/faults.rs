//! The invoices that wait for a person: the list, the interface document's and ours with filters, and what is done about them.

use super::invoices::filter;
use super::reply::{self, Reply};
use super::route::Call;
use super::{invoice, wire};
use crate::app::faults::{self, RETRIED_AT_ONCE};
use crate::app::invoices::Filter;
use crate::domain::ids::InvoiceId;
use crate::domain::refusal::Refusal;
use serde_json::{Value, json};

const PER_PAGE: usize = 20;
const RETRIED_MAX: usize = 1_000;

/// One page as the interface document has it, and how many the filter lets through.
async fn page(call: Call, filter: Filter) -> Result<(Value, u64), Refusal> {
    let page = invoice::page(&call.fields)?;
    let (language, zone) = (call.language, call.edge.app.settings().zone());
    let answer = call.edge.app.look(move |view| {
        let number = faults::number(view, filter.wall)?;
        let (faults, total) = faults::page(view, &filter, page.saturating_mul(PER_PAGE), PER_PAGE)?;
        let list: Vec<Value> = faults.iter().map(|invoice| wire::fault(invoice, language, &zone)).collect();
        Ok((json!({ "fault_num": number, "fault_list": list }), total))
    });
    answer.await
}

pub async fn get_fault_queue(call: Call) -> Result<Reply, Refusal> {
    let wall = call.actor()?.wall();
    Ok(reply::json(&page(call, Filter { wall, ..Filter::default() }).await?.0))
}

pub async fn list(call: Call) -> Result<Reply, Refusal> {
    let filter = filter(&call.fields, call.actor()?, &call.edge.app.settings().zone())?;
    let (mut page, total) = page(call, filter).await?;
    page["total"] = json!(total);
    Ok(reply::json(&page))
}

pub async fn retry(call: Call) -> Result<Reply, Refusal> {
    let action = call.edge.app.retry_fault(call.by()?, InvoiceId(call.number_in_path("id")?)).await?;
    Ok(reply::json(&json!({ "action_id": action })))
}

/// Those that are named, or with `all` whatever the filter lets through.
pub async fn retry_some(call: Call) -> Result<Reply, Refusal> {
    let mut ids = if call.fields.flag("all")? {
        let filter = filter(&call.fields, call.actor()?, &call.edge.app.settings().zone())?;
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
        let wrong = || Refusal::malformed("invoice_ids：应为 1 到 1000 个编号", "invoice_ids: must be 1 to 1000 numbers");
        let list = call.fields.list("invoice_ids")?;
        if list.is_empty() || list.len() > RETRIED_MAX {
            return Err(wrong());
        }
        list.iter().map(|id| id.as_u64().map(InvoiceId).ok_or_else(wrong)).collect::<Result<Vec<_>, _>>()?
    };
    let by = call.by()?;
    let mut actions = Vec::new();
    // In the order in which they were read, as they were queued the first time.
    ids.sort_unstable();
    for some in ids.chunks(RETRIED_AT_ONCE) {
        actions.extend(call.edge.app.retry_faults(by.clone(), some.to_vec()).await?);
    }
    Ok(reply::json(&json!({ "action_id_list": actions })))
}

pub async fn resolve(call: Call) -> Result<Reply, Refusal> {
    call.edge.app.resolve_fault(call.by()?, InvoiceId(call.number_in_path("id")?)).await?;
    Ok(reply::json(&json!({ "sucess": "操作成功" })))
}
