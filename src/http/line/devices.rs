//! Devices for the pages. Not here: the production line's endpoints (production.rs), imports (imports.rs), labels and conflicts
//! (labels.rs).

use crate::app::device_lists::{self, Cursor, Filter, Sought};
use crate::app::history::{self, Line, What};
use crate::app::{App, prints as kept_prints};
use crate::domain::device::{Device, Label, Print, StepKind};
use crate::domain::ids::Millis;
use crate::domain::refusal::Refusal;
use crate::domain::text::one_line;
use crate::http::edge::budget::Held;
use crate::http::edge::call::Call;
use crate::http::edge::fields::Fields;
use crate::http::edge::reply::{self, Reply};
use crate::http::tables::csv;
use crate::http::tables::xlsx::{self, Cell, Table};
use crate::http::wire::time;
use crate::store::{StoreError, View};
use bytes::Bytes;
use hyper::StatusCode;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::collections::HashMap;

const LIMIT: u64 = 100;
const LIMIT_MAX: u64 = 1_000;

pub(in crate::http) fn label(label: Label) -> &'static str {
    match label {
        Label::New => "new",
        Label::Sent => "sent",
        Label::Printed => "printed",
        Label::Failed => "failed",
        Label::Unknown => "unknown",
    }
}

/// `sent`: its label with unknown outcome.
fn device(device: &Device, sent: Option<&Print>, zone: &TimeZone) -> Value {
    json!({
        "DeviceSN": device.sn,
        "CPUID": device.cpuid,
        "register_time": time::write(device.registered, zone),
        "status": u8::from(device.is_printed()),
        "print_count": device.print_count,
        "sent_count": device.prints,
        "label": label(device.label),
        "sent_by": sent.map(|print| &print.user_name),
        "sent_time": sent.map(|print| time::write(print.at, zone)),
    })
}

fn filter(fields: &Fields, zone: &TimeZone) -> Result<Filter, Refusal> {
    Ok(Filter {
        printed: fields.has("printed").then(|| fields.flag("printed")).transpose()?,
        from: fields.time_or_none("from", zone)?.map(|t| t.first),
        to: fields.time_or_none("to", zone)?.map(|t| t.last),
        text: fields.serial_or_none("q")?.and_then(|q| Sought::read(&q)),
        newest_first: match fields.text_or_none("order")? {
            None | Some("oldest") => false,
            Some("newest") => true,
            Some(_) => return Err(Refusal::malformed("order：应为 newest 或 oldest", "order: must be newest or oldest")),
        },
    })
}

fn write_cursor(cursor: Cursor) -> String {
    format!("{}-{}-{}", cursor.after.0, cursor.after.1, cursor.total)
}

fn read_cursor(fields: &Fields) -> Result<Option<Cursor>, Refusal> {
    let Some(text) = fields.text_or_none("cursor")? else { return Ok(None) };
    let mut parts = text.splitn(3, '-');
    let mut part = || parts.next().unwrap_or_default();
    let (time, sequence, total) = (part().parse::<Millis>(), part().parse(), part().parse());
    match (time, sequence, total) {
        (Ok(time), Ok(sequence), Ok(total)) => Ok(Some(Cursor { after: (time, sequence), total })),
        _ => Err(Refusal::malformed("cursor：不是本接口给出的值", "cursor: not one that was given here")),
    }
}

pub async fn list(call: Call) -> Result<Reply, Refusal> {
    let zone = call.edge.app.settings().zone();
    let (filter, cursor) = (filter(&call.fields, &zone)?, read_cursor(&call.fields)?);
    let limit = call.fields.natural_or_none("limit")?.unwrap_or(LIMIT).clamp(1, LIMIT_MAX);
    let limit = usize::try_from(limit).unwrap_or(1);
    let look = move |view: &View<'_>| {
        let page = device_lists::page(view, &filter, cursor, limit)?;
        let retired = match &filter.text {
            Some(named) if page.total == 0 => device_lists::retired(view, named, limit)?,
            _ => Vec::new(),
        };
        Ok((kept_prints::in_doubt(view, &page.devices)?, page, retired))
    };
    let (in_doubt, page, retired) = call.edge.app.look(look).await?;
    let devices: Vec<Value> = page.devices.iter().map(|d| device(d, in_doubt.get(&d.sn), &zone)).collect();
    let mut found = json!({ "devices": devices, "next_cursor": page.next.map(write_cursor), "total": page.total });
    if !retired.is_empty() {
        found["retired"] = retired.iter().map(|d| device(d, None, &zone)).collect();
    }
    Ok(reply::json(&found))
}

const DEVICES_PER_LOOK: usize = 1_000;
/// Read without a thread: under a millisecond.
const DEVICES_AT_ONCE: usize = 200;

/// Streams devices, one look at a time; `text` encodes a pair. `held`: the budget's share, taken beyond one look.
pub fn stream(
    app: &App,
    held: impl FnOnce() -> Result<Held, Refusal>,
    filter: Filter,
    media_type: &'static str,
    (head, tail): (&'static str, &'static str),
    mut text: impl FnMut(&mut Vec<u8>, &str, &str) + Send + 'static,
) -> Result<Reply, Refusal> {
    let mut chunk = Vec::from(head);
    let mut after = None;
    // A search may walk a long list in vain.
    if filter.text.is_none() {
        let pair = |sn: &str, cpuid: &str| text(&mut chunk, sn, cpuid);
        after = app.store.walk(|view| device_lists::pairs(view, &filter, None, DEVICES_AT_ONCE, pair))?;
        if after.is_none() {
            chunk.extend_from_slice(tail.as_bytes());
            return Ok(reply::new(StatusCode::OK, media_type, reply::full(chunk)));
        }
    }
    let store = app.store.clone();
    Ok(reply::streamed(media_type, held()?, move |pieces| {
        loop {
            if pieces.send(Bytes::from(std::mem::take(&mut chunk))).is_err() {
                return Ok::<_, StoreError>(());
            }
            let look = |view: &View<'_>| {
                device_lists::pairs(view, &filter, after, DEVICES_PER_LOOK, |sn, cpuid| text(&mut chunk, sn, cpuid))
            };
            after = store.walk(look)?;
            if after.is_none() {
                chunk.extend_from_slice(tail.as_bytes());
                let _ = pieces.send(Bytes::from(chunk));
                return Ok(());
            }
        }
    }))
}

/// Without the formula guard, so that it can be imported again.
pub async fn export_csv(call: Call) -> Result<Reply, Refusal> {
    let filter = filter(&call.fields, &call.edge.app.settings().zone())?;
    let line = |text: &mut Vec<u8>, sn: &str, cpuid: &str| {
        text.extend_from_slice(format!("{},{}\r\n", csv::cell(sn), csv::cell(cpuid)).as_bytes());
    };
    let made = stream(&call.edge.app, || call.export(), filter, "text/csv; charset=utf-8", ("DeviceSN,CPUID\r\n", ""), line)?;
    Ok(reply::attached(made, "devices.csv"))
}

/// The first two columns can be imported again.
const SHEET: [&str; 7] = ["DeviceSN", "CPUID", "状态 Label", "打印 Printed", "登记时间 Registered", "登记人 By", "打印次数 Prints"];

/// All text, so that no zero is lost.
pub async fn export_xlsx(call: Call) -> Result<Reply, Refusal> {
    let zone = call.edge.app.settings().zone();
    let filter = filter(&call.fields, &zone)?;
    let store = call.edge.app.store.clone();
    let mut goes_on = Some(None);
    let row = move |device: &Device| -> Vec<Cell> {
        let printed = if device.is_printed() { "1" } else { "0" };
        let texts = [
            device.sn.clone(),
            device.cpuid.clone(),
            label(device.label).to_owned(),
            printed.to_owned(),
            time::write(device.registered, &zone),
            device.registered_by.clone().unwrap_or_default(),
            device.print_count.to_string(),
        ];
        texts.map(Cell::Text).to_vec()
    };
    let blobs = call.edge.app.blobs.clone();
    let more = move || {
        let Some(after) = goes_on.take() else { return Ok(Vec::new()) };
        let (devices, next) = store.walk(|view| device_lists::some(view, &filter, after, DEVICES_PER_LOOK))?;
        goes_on = next.map(Some);
        Ok(devices.iter().map(&row).collect())
    };
    let (name, columns) = (String::new(), SHEET.map(str::to_owned).into());
    xlsx::stream(blobs, &"devices.xlsx".into(), call.export()?, vec![Table { name, columns, more: Box::new(more) }])
}

/// Labels only: the older endpoint.
pub async fn prints(call: Call) -> Result<Reply, Refusal> {
    let sn = call.text_in_path("sn")?;
    let zone = call.edge.app.settings().zone();
    let found = call.edge.app.look(move |view| {
        Ok(match device_lists::find(view, &sn)? {
            Some(device) => Some((kept_prints::prints(view, &device.sn)?, device)),
            None => None,
        })
    });
    let (prints, found) = found.await?.ok_or_else(|| Refusal::not_found("没有这个设备", "no such device"))?;
    let one = |p: &Print| json!({ "time": time::write(p.at, &zone), "user_name": p.user_name, "user_ip": p.ip, "reason": p.reason, "outcome": label(p.outcome) });
    Ok(reply::json(
        &json!({ "device": device(&found, in_doubt(&found, &prints), &zone), "prints": prints.iter().map(one).collect::<Vec<_>>() }),
    ))
}

fn in_doubt<'p>(device: &Device, prints: &'p [Print]) -> Option<&'p Print> {
    prints.last().filter(|last| kept_prints::is_in_doubt(device, last))
}

fn line(line: &Line, zone: &TimeZone) -> Value {
    let what = match line.what {
        What::Registered => "registered",
        What::Step(StepKind::Cpuid) => "cpuid",
        What::Step(StepKind::Retired) => "retired",
        What::Step(StepKind::Unprinted) => "unprinted",
        What::Label(state) => label(state),
    };
    let (from, to) = line.change.as_ref().map(|(from, to)| (from, to)).unzip();
    json!({
        "time": time::write(line.at, zone),
        "user_name": line.user_name,
        "what": what,
        "from": from,
        "to": to,
        "reason": line.reason,
    })
}

async fn whole(call: &Call, sn: String) -> Result<Reply, Refusal> {
    let zone = call.edge.app.settings().zone();
    let look = move |view: &View<'_>| {
        let (found, is_retired) = match device_lists::find(view, &sn)? {
            Some(device) => (Some(device), false),
            None => (device_lists::find_retired(view, &sn)?, true),
        };
        Ok(match found {
            Some(device) => {
                let sent: HashMap<String, Print> = kept_prints::in_doubt(view, std::slice::from_ref(&device))?;
                Some((history::history(view, &device)?, sent, device, is_retired))
            }
            None => None,
        })
    };
    let found = call.edge.app.look(look).await?;
    let (lines, sent, found, is_retired) = found.ok_or_else(|| Refusal::not_found("没有这个设备", "no such device"))?;
    let mut value = device(&found, sent.get(&found.sn), &zone);
    value["retired"] = is_retired.into();
    value["history"] = lines.iter().map(|l| line(l, &zone)).collect();
    Ok(reply::json(&value))
}

pub async fn one(call: Call) -> Result<Reply, Refusal> {
    let sn = call.text_in_path("sn")?;
    whole(&call, sn).await
}

pub async fn correct(call: Call) -> Result<Reply, Refusal> {
    let (sn, cpuid, reason) = (call.text_in_path("sn")?, call.fields.serial("CPUID")?, reason(&call.fields)?);
    let seen = call.fields.serial_or_none("seen")?;
    let device = call.edge.app.correct_device(call.by()?, sn, cpuid, reason, seen).await?;
    whole(&call, device.sn).await
}

pub async fn retire(call: Call) -> Result<Reply, Refusal> {
    let (sn, reason, seen) = (call.text_in_path("sn")?, reason(&call.fields)?, call.fields.serial_or_none("seen")?);
    let device = call.edge.app.retire_device(call.by()?, sn, reason, seen).await?;
    whole(&call, device.sn).await
}

const REASON_CHARS_MAX: usize = 200;

pub(in crate::http) fn reason(fields: &Fields) -> Result<String, Refusal> {
    let reason = one_line(fields.text("reason")?);
    if !(1..=REASON_CHARS_MAX).contains(&reason.chars().count()) {
        return Err(Refusal::malformed("reason：应为 1 到 200 个字", "reason: must have 1 to 200 characters"));
    }
    Ok(reason)
}

pub(in crate::http) fn reason_or_none(fields: &Fields) -> Result<String, Refusal> {
    let reason = one_line(fields.text_or_none("reason")?.unwrap_or_default());
    if reason.chars().count() > REASON_CHARS_MAX {
        return Err(Refusal::malformed("reason：太长", "reason: is too long"));
    }
    Ok(reason)
}
