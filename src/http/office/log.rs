//! The audit log: the interface document's twenty rows, ours, and an export.

use crate::app::log::{self, Facet, Query};
use crate::domain::action::LogRow;
use crate::domain::ids::Millis;
use crate::domain::refusal::{Code, Refusal, sentence};
use crate::domain::settings::Settings;
use crate::domain::subject::{self, Subject};
use crate::http::edge::call::Call;
use crate::http::edge::reply::{self, Language, Reply};
use crate::http::invoice::upload::page;
use crate::http::tables::csv;
use crate::http::wire::time;
use crate::store::StoreError;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

const ROWS_PER_PAGE: u64 = 20;

fn sentence(row: &LogRow, language: Language) -> String {
    match language {
        Language::Chinese => row.fact.shown_zh(),
        Language::English => row.fact.en(),
    }
}

fn subject(subject: &Subject, language: Language) -> Value {
    let mut value = json!({ "kind": subject.kind(), "id": subject.id(), "name": subject.name() });
    if let Subject::Setting(name) = subject
        && let Some((zh, en)) = Settings::label(name)
    {
        value["called"] = language.pick(zh, en).into();
    }
    value
}

fn row((arrival, row): &(log::Arrival, LogRow), zone: &TimeZone, words: impl Fn(&LogRow) -> String) -> Value {
    json!({
        "action_id": row.action,
        "action_time": time::write(arrival.0, zone),
        "action_description": words(row),
        "user_id": row.user,
        "user_name": row.user_name,
        "company_id": row.company,
        "company_name": row.company_name,
        "user_ip": row.ip,
    })
}

fn query(call: &Call, from: Millis, to: Millis, administration: bool) -> Result<Query, Refusal> {
    if to < from {
        return Err(Refusal::malformed("endTime：不能早于 startTime", "endTime: must not be before startTime"));
    }
    let all: &'static [Facet] = if administration { &Facet::ALL } else { &Facet::OLD };
    let facets = match call.fields.natural_or_none("type")? {
        None => all,
        Some(number) => {
            let last = all.len() - 1;
            let wrong = || Refusal::malformed(format!("type：应为 0 到 {last}"), format!("type: must be 0 to {last}"));
            usize::try_from(number).ok().and_then(|n| all.chunks(1).nth(n)).ok_or_else(wrong)?
        }
    };
    let keyword = call.fields.text_or_none("keyword")?.unwrap_or_default();
    // The interface document's keyword is one.
    let words = if administration { subject::words(keyword) } else { vec![keyword.to_lowercase()] };
    let words = words.into_iter().filter(|word| !word.is_empty()).collect();
    Ok(Query { scope: call.actor()?.scope(), from, to, words, facets, administration, before: None })
}

async fn find(call: &Call, query: Query, words: impl Fn(&LogRow) -> String) -> Result<(Value, log::Found), Refusal> {
    let (page, zone) = (page(&call.fields)? as u64, call.edge.app.settings().zone());
    let skip = page.saturating_mul(ROWS_PER_PAGE);
    let found = call.edge.app.look(move |view| log::search(view, &query, skip, ROWS_PER_PAGE as usize)).await?;
    let list: Vec<Value> = found.rows.iter().map(|found| row(found, &zone, &words)).collect();
    let pages = found.total.div_ceil(ROWS_PER_PAGE);
    Ok((json!({ "page_sum": pages, "action_list": list }), found))
}

pub async fn get_twenty_action(call: Call) -> Result<Reply, Refusal> {
    let zone = call.edge.app.settings().zone();
    let times = (call.fields.time_or_none("startTime", &zone)?, call.fields.time_or_none("endTime", &zone)?);
    let (Some(from), Some(to)) = times else { return Err(Refusal::sentence(Code::Malformed, sentence::TIMES_MISSING)) };
    let query = query(&call, from.first, to.last, false)?;
    // The interface document's language.
    Ok(reply::json(&find(&call, query, |row| row.fact.zh()).await?.0))
}

/// With administrative changes; without times, everything.
fn whole_query(call: &Call) -> Result<Query, Refusal> {
    let zone = call.edge.app.settings().zone();
    let from = call.fields.time_or_none("startTime", &zone)?.map_or(Millis::MIN, |t| t.first);
    let to = call.fields.time_or_none("endTime", &zone)?.map_or(Millis::MAX, |t| t.last);
    query(call, from, to, true)
}

pub async fn log(call: Call) -> Result<Reply, Refusal> {
    let query = whole_query(&call)?;
    let (mut page, found) = find(&call, query, |row| sentence(row, call.language)).await?;
    page["is_cut"] = found.is_cut.into();
    for (at, (_, row)) in found.rows.iter().enumerate() {
        page["action_list"][at]["about"] = row.fact.subjects().iter().map(|about| subject(about, call.language)).collect();
    }
    Ok(reply::json(&page))
}

const ROWS_PER_LOOK: usize = 1_000;
const HEADER: [&str; 7] = ["action_id", "action_time", "action_description", "user_name", "company_name", "user_ip", "user_id"];

pub async fn export(call: Call) -> Result<Reply, Refusal> {
    let (mut query, zone) = (whole_query(&call)?, call.edge.app.settings().zone());
    let (store, language) = (call.edge.app.store.clone(), call.chosen_language()?);
    let name = call.name_of_today(("操作日志", "log"), "csv")?;
    Ok(csv::stream(&name, call.export()?, &HEADER, move |lines| {
        let rows = store.walk(|view| log::newest(view, &query, ROWS_PER_LOOK))?;
        query.before = rows.last().map(|(arrival, _)| *arrival);
        for (arrival, row) in &rows {
            let action = row.action.map(|id| id.to_string()).unwrap_or_default();
            let (time, user) = (time::write(arrival.0, &zone), row.user.to_string());
            csv::guarded_line(
                lines,
                &[&action, &time, &sentence(row, language), &row.user_name, &row.company_name, &row.ip, &user],
            );
        }
        Ok::<_, StoreError>(rows.len() == ROWS_PER_LOOK)
    }))
}
