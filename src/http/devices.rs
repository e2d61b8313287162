//! Devices and labels as the pages see them: lists, files of them, prints and claims, conflicts. Not here: the production line's own
//! endpoints (production.rs).

use super::body::Fields;
use super::reply::{self, Reply};
use super::route::Call;
use super::{csv, time};
use crate::app::devices::{self, Cursor, Filter, NewDevice, Registered};
use crate::app::labels::{self, Claim};
use crate::app::{App, now};
use crate::domain::device::{Conflict, Device, Label, Print};
use crate::domain::ids::Millis;
use crate::domain::refusal::Refusal;
use crate::store::View;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{self, HeaderValue};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io;

const LIMIT: u64 = 100;
const LIMIT_MAX: u64 = 1_000;
const SENT_MAX: usize = 1_000;
const CONFLICTS_MAX: usize = 1_000;

fn label(label: Label) -> &'static str {
    match label {
        Label::New => "new",
        Label::Sent => "sent",
        Label::Printed => "printed",
        Label::Failed => "failed",
        Label::Unknown => "unknown",
    }
}

fn device(device: &Device, zone: &TimeZone) -> Value {
    json!({
        "DeviceSN": device.sn,
        "CPUID": device.cpuid,
        "register_time": time::write(device.registered, zone),
        "status": u8::from(device.is_printed()),
        "print_count": device.print_count,
        "label": label(device.label),
    })
}

fn filter(fields: &Fields, zone: &TimeZone) -> Result<Filter, Refusal> {
    Ok(Filter {
        printed: fields.has("printed").then(|| fields.flag("printed")).transpose()?,
        from: fields.time_or_none("from", zone)?.map(|t| t.first),
        to: fields.time_or_none("to", zone)?.map(|t| t.last),
        text: fields.serial_or_none("q")?.map(|q| q.trim().to_owned()).filter(|q| !q.is_empty()),
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
    let page = call.edge.app.look(move |view| devices::page(view, &filter, cursor, limit)).await?;
    let devices: Vec<Value> = page.devices.iter().map(|d| device(d, &zone)).collect();
    Ok(reply::json(&json!({ "devices": devices, "next_cursor": page.next.map(write_cursor), "total": page.total })))
}

/// Devices of one chunk of the answer.
const DEVICES_PER_LOOK: usize = 1_000;
/// So many are read where the request is, without a thread of their own: less than a millisecond.
const DEVICES_AT_ONCE: usize = 200;

/// Makes an answer of devices, look by look, while it is sent: `text` puts one's serial and CPU id into words. What one look finds is sent
/// as it is.
pub fn stream(
    app: &App,
    filter: Filter,
    media_type: &'static str,
    (head, tail): (&'static str, &'static str),
    mut text: impl FnMut(&mut Vec<u8>, &str, &str) + Send + 'static,
) -> Result<Reply, Refusal> {
    let mut chunk = Vec::from(head);
    let next =
        app.store.walk(|view| devices::pairs(view, &filter, None, DEVICES_AT_ONCE, |sn, cpuid| text(&mut chunk, sn, cpuid)))?;
    let Some(mut after) = next else {
        chunk.extend_from_slice(tail.as_bytes());
        return Ok(reply::new(StatusCode::OK, media_type, reply::full(chunk)));
    };
    let (sender, reply) = reply::streamed(media_type);
    let store = app.store.clone();
    tokio::task::spawn_blocking(move || {
        loop {
            if sender.blocking_send(Ok(Bytes::from(std::mem::take(&mut chunk)))).is_err() {
                return;
            }
            let look = |view: &View<'_>| {
                devices::pairs(view, &filter, Some(after), DEVICES_PER_LOOK, |sn, cpuid| text(&mut chunk, sn, cpuid))
            };
            match store.walk(look) {
                Ok(Some(last)) => after = last,
                Ok(None) => {
                    chunk.extend_from_slice(tail.as_bytes());
                    let _ = sender.blocking_send(Ok(Bytes::from(chunk)));
                    return;
                }
                Err(e) => {
                    tracing::error!("{e}");
                    let _ = sender.blocking_send(Err(io::Error::other("broken off")));
                    return;
                }
            }
        }
    });
    Ok(reply)
}

/// Literal: it comes back in by import.
pub async fn export(call: Call) -> Result<Reply, Refusal> {
    let filter = filter(&call.fields, &call.edge.app.settings().zone())?;
    let line = |text: &mut Vec<u8>, sn: &str, cpuid: &str| {
        text.extend_from_slice(format!("{},{}\r\n", csv::cell(sn), csv::cell(cpuid)).as_bytes());
    };
    let mut reply = stream(&call.edge.app, filter, "text/csv; charset=utf-8", ("DeviceSN,CPUID\r\n", ""), line)?;
    reply::set(&mut reply, header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"devices.csv\""));
    Ok(reply)
}

#[derive(Default)]
struct Imported {
    created: u64,
    exists: u64,
    conflict: u64,
    errors: Vec<Value>,
}

/// Lines that are registered in one go.
const LINES_AT_ONCE: usize = 1_000;

pub async fn import(mut call: Call) -> Result<Reply, Refusal> {
    let bytes = call.fields.take_file_or_raw().await?;
    let by = call.by()?;
    let settings = call.edge.app.settings();
    let mut reader = ::csv::ReaderBuilder::new().flexible(true).has_headers(true).trim(::csv::Trim::All).from_reader(&bytes[..]);
    let columns = columns(&mut reader)?;
    let mut imported = Imported::default();
    let mut rows: Vec<NewDevice> = Vec::new();
    let mut lines = Lines { bytes: &bytes, at: 0, line: 1 };
    for record in reader.records() {
        let parsed = match &record {
            Ok(record) => row(record, columns).and_then(|row| devices::check(&settings, &row).map(|()| row)),
            Err(_) => Err(Refusal::malformed("不是 UTF-8 的 CSV", "not CSV in UTF-8")),
        };
        match parsed {
            Ok(row) => rows.push(row),
            Err(refusal) => {
                let at = record.as_ref().map_or_else(::csv::Error::position, ::csv::StringRecord::position);
                let line = lines.line_at(at.map_or(0, ::csv::Position::byte));
                imported.errors.push(json!({ "line": line, "err": call.language.pick(&refusal.zh, &refusal.en) }));
            }
        }
        if rows.len() == LINES_AT_ONCE {
            imported.register(&call, &by, std::mem::take(&mut rows)).await?;
        }
    }
    imported.register(&call, &by, rows).await?;
    let Imported { created, exists, conflict, errors } = imported;
    Ok(reply::json(&json!({ "created": created, "exists": exists, "conflict": conflict, "errors": errors })))
}

/// Counts lines as people do. The reader's own count is one short after CR LF.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line of the record that begins at this byte or with the line end before it. Bytes have to be asked for in their order.
    fn line_at(&mut self, byte: u64) -> usize {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX).min(self.bytes.len());
        let end = byte + usize::from(self.bytes.get(byte) == Some(&b'\n'));
        if end > self.at {
            self.line += self.bytes[self.at..end].iter().filter(|b| **b == b'\n').count();
            self.at = end;
        }
        self.line
    }
}

impl Imported {
    async fn register(&mut self, call: &Call, by: &crate::app::By, rows: Vec<NewDevice>) -> Result<(), Refusal> {
        for registration in call.edge.app.register_devices(by.clone(), rows).await? {
            *match registration.status {
                Registered::Created => &mut self.created,
                Registered::Exists => &mut self.exists,
                Registered::Conflict => &mut self.conflict,
            } += 1;
        }
        Ok(())
    }
}

/// Where the serial and the CPU id stand, by the header.
fn columns(reader: &mut ::csv::Reader<&[u8]>) -> Result<(usize, usize), Refusal> {
    let wrong = || Refusal::malformed("第一行应为 DeviceSN,CPUID", "the first line must be DeviceSN,CPUID");
    let header = reader.headers().map_err(|_| wrong())?;
    let column =
        |name: &str| header.iter().position(|h| h.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name)).ok_or_else(wrong);
    Ok((column("DeviceSN")?, column("CPUID")?))
}

fn row(record: &::csv::StringRecord, (sn, cpuid): (usize, usize)) -> Result<NewDevice, Refusal> {
    let missing = |name: &str| Refusal::malformed(format!("{name}：缺少这一项"), format!("{name}: is missing"));
    let sn = record.get(sn).filter(|sn| !sn.is_empty()).ok_or_else(|| missing("DeviceSN"))?;
    let cpuid = record.get(cpuid).ok_or_else(|| missing("CPUID"))?;
    Ok(NewDevice { sn: Some(sn.to_owned()), cpuid: cpuid.to_owned() })
}

pub async fn history(call: Call) -> Result<Reply, Refusal> {
    let sn = call.captured.get("sn").cloned().unwrap_or_default();
    let zone = call.edge.app.settings().zone();
    let found = call.edge.app.look(move |view| {
        Ok(match devices::find(view, &sn)? {
            Some(device) => Some((labels::history(view, &device.sn)?, device)),
            None => None,
        })
    });
    let (prints, found) = found.await?.ok_or_else(|| Refusal::not_found("没有这个设备", "no such device"))?;
    let one = |p: &Print| json!({ "time": time::write(p.at, &zone), "user_name": p.user_name, "user_ip": p.ip, "reason": p.reason, "outcome": label(p.outcome) });
    Ok(reply::json(&json!({ "device": device(&found, &zone), "prints": prints.iter().map(one).collect::<Vec<_>>() })))
}

pub async fn sent(call: Call) -> Result<Reply, Refusal> {
    let sns = call.fields.serials("DeviceSNList", SENT_MAX)?;
    let reason = call.fields.text_or_none("reason")?.unwrap_or_default().to_owned();
    if reason.chars().count() > REASON_CHARS_MAX {
        return Err(Refusal::malformed("reason：太长", "reason: is too long"));
    }
    call.edge.app.labels_sent(call.by()?, sns, reason).await?;
    Ok(reply::json(&json!({ "reqStatus": "sucess" })))
}

const REASON_CHARS_MAX: usize = 200;

pub async fn came_out(call: Call) -> Result<Reply, Refusal> {
    let mut outcomes = BTreeMap::new();
    for (name, label) in [("printed", Label::Printed), ("failed", Label::Failed), ("unknown", Label::Unknown)] {
        let given = call.fields.has(name) && !call.fields.list(name)?.is_empty();
        for sn in if given { call.fields.serials(name, SENT_MAX)? } else { Vec::new() } {
            if outcomes.insert(sn.clone(), label).is_some() {
                return Err(Refusal::malformed(format!("{name}：{sn} 重复"), format!("{name}: {sn} is there twice")));
            }
        }
    }
    if outcomes.is_empty() {
        return Err(Refusal::malformed(
            "printed、failed、unknown：至少要有一个设备",
            "printed, failed, unknown: name at least one device",
        ));
    }
    let switched = call.edge.app.labels_came_out(call.by()?, outcomes.into_iter().collect()).await?;
    let failed: Map<String, Value> = switched.unknown.iter().map(|sn| (sn.clone(), json!("not_found"))).collect();
    let status = if failed.is_empty() { "sucess" } else { "partial" };
    Ok(reply::json(&json!({ "reqStatus": status, "succeeded": switched.done, "failed": failed })))
}

pub fn claims(claims: &BTreeMap<String, Claim>, zone: &TimeZone) -> Value {
    let one = |(sn, claim): (&String, &Claim)| {
        let value = json!({ "user_id": claim.user, "user_name": claim.user_name, "until": time::write(claim.until, zone) });
        (sn.clone(), value)
    };
    Value::Object(claims.iter().map(one).collect())
}

pub async fn claim(call: Call) -> Result<Reply, Refusal> {
    let sns = call.fields.serials("DeviceSNList", SENT_MAX)?;
    let taken = call.edge.app.claim_labels(&call.by()?, &sns)?;
    let claimed: Vec<&String> = sns.iter().filter(|sn| !taken.contains_key(*sn)).collect();
    Ok(reply::json(&json!({ "claimed": claimed, "taken": claims(&taken, &call.edge.app.settings().zone()) })))
}

pub async fn release(call: Call) -> Result<Reply, Refusal> {
    let sns = call.fields.serials("DeviceSNList", SENT_MAX)?;
    call.edge.app.claims.release(call.actor()?.credential, &sns);
    Ok(reply::json(&json!({ "reqStatus": "sucess" })))
}

pub async fn claimed(call: Call) -> Result<Reply, Refusal> {
    let app = &call.edge.app;
    Ok(reply::json(&json!({ "claims": claims(&app.claims.held(now()), &app.settings().zone()) })))
}

fn conflict(conflict: &Conflict, zone: &TimeZone) -> Value {
    let pair = |pair: &Option<(String, String)>| pair.as_ref().map(|(sn, cpuid)| json!({ "DeviceSN": sn, "CPUID": cpuid }));
    json!({
        "conflict_id": conflict.id,
        "DeviceSN": conflict.sn,
        "CPUID": conflict.cpuid,
        "same_sn": pair(&conflict.by_sn),
        "same_cpuid": pair(&conflict.by_cpuid),
        "first_time": time::write(conflict.first, zone),
        "last_time": time::write(conflict.last, zone),
        "times": conflict.times,
        "user_name": conflict.user_name,
        "user_ip": conflict.ip,
        "settled": conflict.settled.as_ref().map(|s| json!({
            "time": time::write(s.at, zone), "user_name": s.user_name, "reason": s.reason,
        })),
    })
}

pub async fn conflicts(call: Call) -> Result<Reply, Refusal> {
    let (all, zone) = (call.fields.flag("all")?, call.edge.app.settings().zone());
    let found = call.edge.app.look(move |view| devices::conflicts(view, all, CONFLICTS_MAX)).await?;
    Ok(reply::json(&json!({ "conflicts": found.iter().map(|c| conflict(c, &zone)).collect::<Vec<_>>() })))
}

pub async fn settle(call: Call) -> Result<Reply, Refusal> {
    let id = call.number_in_path("id")?;
    let reason = call.fields.text("reason")?.trim().to_owned();
    if !(1..=REASON_CHARS_MAX).contains(&reason.chars().count()) {
        return Err(Refusal::malformed("reason：应为 1 到 200 个字", "reason: must have 1 to 200 characters"));
    }
    let settled = call.edge.app.settle_conflict(call.by()?, id, reason).await?;
    Ok(reply::json(&conflict(&settled, &call.edge.app.settings().zone())))
}
