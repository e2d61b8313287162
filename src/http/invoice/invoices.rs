//! Invoices for the pages. Not here: faults (faults.rs), exports (exports.rs).

use super::words::{self as invoice_words, STANDINGS, taken, whole};
use crate::app::decisions::Verdict;
use crate::app::entries::Entry;
use crate::app::invoice_lists::{self, Cursor, Filter, Page};
use crate::domain::account::Actor;
use crate::domain::calendar::iso_date;
use crate::domain::ids::{ActionId, InvoiceId, TemplateId};
use crate::domain::invoice::Invoice;
use crate::domain::kind::KINDS;
use crate::domain::money;
use crate::domain::order::{self, Order, Place};
use crate::domain::refusal::Refusal;
use crate::domain::search::{Sought, WORDS_MAX};
use crate::domain::text::one_line;
use crate::http::edge::call::Call;
use crate::http::edge::fields::Fields;
use crate::http::edge::reply::{self, Reply};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as CURSOR;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

const LIMIT: u64 = 50;
const LIMIT_MAX: u64 = 500;
const TEXT_CHARS_MAX: usize = 1_000;
const NAME_CHARS_MAX: usize = 64;
const FIELDS_MAX: usize = 100;
const REASON_CHARS_MAX: usize = 200;

fn too_many_words() -> Refusal {
    Refusal::malformed(format!("q：最多 {WORDS_MAX} 个词"), format!("q: at most {WORDS_MAX} words"))
}

pub fn filter(fields: &Fields, actor: &Actor, zone: &TimeZone) -> Result<Filter, Refusal> {
    let flag = |name| fields.has(name).then(|| fields.flag(name)).transpose();
    let said = |name: &str| {
        Ok::<_, Refusal>(fields.serial_or_none(name)?.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
    };
    let date = |name: &str| {
        let wrong =
            || Refusal::malformed(format!("{name}：应为日期 yyyy-MM-dd"), format!("{name}: must be a date like yyyy-MM-dd"));
        said(name)?.map(|text| iso_date(&text).ok_or_else(wrong)).transpose()
    };
    let sum = |name: &str| {
        let wrong = || Refusal::malformed(format!("{name}：应为金额（元）"), format!("{name}: must be a sum in yuan"));
        said(name)?.map(|text| money::amount(&text).ok_or_else(wrong)).transpose()
    };
    let standing = |text: String| {
        let wrong = || {
            let words = STANDINGS.map(|(_, word)| word).join("、");
            Refusal::malformed(format!("state：应为 {words} 之一"), "state: must be passed, waiting, reading or reviewed")
        };
        STANDINGS.iter().find(|(_, word)| *word == text).map(|(standing, _)| *standing).ok_or_else(wrong)
    };
    let one_of = |name: &str, words: Vec<&str>| {
        let wrong = || {
            Refusal::malformed(
                format!("{name}：应为 {} 之一", words.join("、")),
                format!("{name}: must be one of {}", words.join(", ")),
            )
        };
        said(name)?.map(|word| words.contains(&word.as_str()).then_some(word).ok_or_else(wrong)).transpose()
    };
    let (dates, amounts) = ((date("date_from")?, date("date_to")?), (sum("min")?, sum("max")?));
    let turned_round = |from: &str, to: &str| {
        Refusal::malformed(format!("{from}、{to}：起点不能大于终点"), format!("{from}, {to}: the first must not be after the last"))
    };
    if matches!(&dates, (Some(from), Some(to)) if from > to) {
        return Err(turned_round("date_from", "date_to"));
    }
    if matches!(amounts, (Some(min), Some(max)) if min > max) {
        return Err(turned_round("min", "max"));
    }
    Ok(Filter {
        scope: actor.scope(),
        from: fields.time_or_none("from", zone)?.map(|t| t.first),
        to: fields.time_or_none("to", zone)?.map(|t| t.last),
        // 0: no template.
        template: fields.natural_or_none("model_id")?.map(|id| (id != 0).then_some(TemplateId(id))),
        fault: flag("fault")?,
        standing: said("state")?.map(standing).transpose()?,
        duplicate: flag("duplicate")?,
        void: flag("void")?,
        counted: flag("counted")?,
        dates,
        amounts,
        kind: one_of("kind", KINDS.iter().map(|(_, word, ..)| *word).chain(["template", "unknown"]).collect())?,
        source: one_of("source", vec!["xml", "ofd", "pdf", "picture"])?,
        action: fields.natural_or_none("action_id")?.map(ActionId),
        number: said("number")?,
        seller: said("seller")?,
        buyer: said("buyer")?,
        text: said("q")?.map(|text| Sought::of(&text).ok_or_else(too_many_words)).transpose()?,
    })
}

pub fn order(fields: &Fields) -> Result<Option<Order>, Refusal> {
    let wrong = || {
        let words = order::WORDS.map(|(_, word)| word);
        Refusal::malformed(
            format!("order：应为 {} 之一，前面加 - 表示降序", words.join("、")),
            format!("order: must be one of {}, with - before it to fall", words.join(", ")),
        )
    };
    fields.text_or_none("order")?.map(|word| Order::of_word(word).ok_or_else(wrong)).transpose()
}

fn place(cursor: &str) -> Result<Place, Refusal> {
    let wrong = || Refusal::malformed("cursor：应为上一页的 next_cursor", "cursor: must be the next_cursor of the page before");
    let bytes = CURSOR.decode(cursor).ok().filter(|bytes| bytes.len() <= order::PLACE_BYTES_MAX);
    bytes.map(Place).ok_or_else(wrong)
}

pub async fn list(call: Call) -> Result<Reply, Refusal> {
    let (zone, language) = (call.edge.app.settings().zone(), call.language);
    let filter = filter(&call.fields, call.actor()?, &zone)?;
    let order = order(&call.fields)?;
    let after = match order {
        None => call.fields.natural_or_none("cursor")?.map(|id| Cursor::Id(InvoiceId(id))),
        Some(_) => call.fields.text_or_none("cursor")?.map(place).transpose()?.map(Cursor::Place),
    };
    let limit = call.fields.natural_or_none("limit")?.unwrap_or(LIMIT).clamp(1, LIMIT_MAX) as usize;
    let answer = call.edge.app.look(move |view| {
        let Page { invoices, next, totals } = invoice_lists::page(view, &filter, order, after, limit)?;
        let next = next.map(|cursor| match cursor {
            Cursor::Id(id) => id.to_string(),
            Cursor::Place(Place(bytes)) => CURSOR.encode(bytes),
        });
        let in_words = |found: &Invoice| invoice_words::invoice(view, found, language, &zone);
        let list = invoices.iter().map(in_words).collect::<Result<Vec<_>, _>>()?;
        let confirmed = totals.confirmed;
        let sum = money::plain(i64::try_from(confirmed.fen).unwrap_or(i64::MAX));
        Ok(json!({
            "invoices": list,
            "next_cursor": next,
            "total": totals.invoices(),
            "amount": { "sum": sum, "invoices": confirmed.summed },
            "sums": invoice_words::sums(&totals),
        }))
    });
    Ok(reply::json(&answer.await?))
}

/// `invoice_ids`: 1 to `max` numbers.
pub fn listed(fields: &Fields, max: usize) -> Result<Vec<InvoiceId>, Refusal> {
    let wrong =
        || Refusal::malformed(format!("invoice_ids：应为 1 到 {max} 个编号"), format!("invoice_ids: must be 1 to {max} numbers"));
    let list = fields.list("invoice_ids")?;
    if list.is_empty() || list.len() > max {
        return Err(wrong());
    }
    let number = |id: &Value| u64::try_from(id.as_i64().or_else(|| id.as_str()?.parse().ok())?).ok();
    list.iter().map(|id| number(id).map(InvoiceId).ok_or_else(wrong)).collect()
}

pub async fn one(call: Call) -> Result<Reply, Refusal> {
    Ok(reply::json(&whole(&call, InvoiceId(call.number_in_path("id")?))?))
}

fn reason(fields: &Fields, name: &str) -> Result<Option<String>, Refusal> {
    let text = one_line(fields.text_or_none(name)?.unwrap_or_default());
    if text.chars().count() > REASON_CHARS_MAX {
        return Err(Refusal::malformed(format!("{name}：最多 200 个字"), format!("{name}: at most 200 characters")));
    }
    Ok((!text.is_empty()).then_some(text))
}

/// What a person entered, and the version they saw.
pub fn entry(fields: &Fields) -> Result<Entry, Refusal> {
    let too_long = |pos_id: &str| Refusal::malformed(format!("fields：{pos_id} 太长"), format!("fields: {pos_id} is too long"));
    let mut said = Vec::new();
    for (pos_id, value) in fields.object_or_none("fields")?.unwrap_or_default() {
        let wrong = || Refusal::malformed(format!("fields：{pos_id} 应为文字"), format!("fields: {pos_id} must be text"));
        let text = value.as_str().ok_or_else(wrong)?;
        if text.chars().count() > TEXT_CHARS_MAX || pos_id.chars().count() > NAME_CHARS_MAX {
            return Err(too_long(&pos_id));
        }
        said.push((pos_id.clone(), text.to_owned()));
    }
    let absent = if fields.has("absent") { fields.list("absent")? } else { Vec::new() };
    let wrong = || Refusal::malformed("absent：应为区域名称的列表", "absent: must be a list of names of areas");
    let absent = absent.iter().map(|name| name.as_str().map(str::to_owned).ok_or_else(wrong)).collect::<Result<Vec<_>, _>>()?;
    if said.len() > FIELDS_MAX || absent.len() > FIELDS_MAX {
        return Err(Refusal::malformed("fields、absent：最多 100 项", "fields, absent: at most 100 entries"));
    }
    let against_checks = reason(fields, "override")?;
    Ok(Entry { version: fields.natural_or_none("version")?, fields: said, absent, against_checks })
}

pub async fn correct(call: Call) -> Result<Reply, Refusal> {
    let id = InvoiceId(call.number_in_path("id")?);
    let entry = entry(&call.fields)?;
    if entry.absent.is_empty() {
        call.fields.object("fields")?;
    }
    if entry.fields.is_empty() && entry.absent.is_empty() {
        return Err(Refusal::malformed("fields：应有 1 到 100 项", "fields: must have 1 to 100 entries"));
    }
    taken(&call, call.edge.app.correct_invoice(call.by()?, id, entry).await?)
}

pub async fn decide(call: &Call, verdict: Verdict) -> Result<Reply, Refusal> {
    let (id, version) = (InvoiceId(call.number_in_path("id")?), call.fields.natural_or_none("version")?);
    taken(call, call.edge.app.decide(call.by()?, id, version, verdict).await?)
}

pub async fn duplicate(call: Call) -> Result<Reply, Refusal> {
    let is_duplicate = match call.fields.text_or_none("decision")? {
        None | Some("") => None,
        Some("duplicate") => Some(true),
        Some("distinct") => Some(false),
        Some(_) => {
            let (zh, en) = ("decision：应为 duplicate、distinct 或 null", "decision: must be duplicate, distinct or null");
            return Err(Refusal::malformed(zh, en));
        }
    };
    let of = call.fields.natural_or_none("of")?.map(InvoiceId);
    decide(&call, Verdict::Duplicate { is_duplicate, of }).await
}

pub async fn void(call: Call) -> Result<Reply, Refusal> {
    let missing =
        || Refusal::malformed("reason：请填写作废原因（1 到 200 个字）", "reason: say why it is void (1 to 200 characters)");
    let reason = reason(&call.fields, "reason")?.ok_or_else(missing)?;
    decide(&call, Verdict::Void { reason }).await
}

pub async fn restore(call: Call) -> Result<Reply, Refusal> {
    decide(&call, Verdict::Restore).await
}
