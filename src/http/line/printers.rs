//! Printers, and the jobs that they have. Not here: how a label looks (label_looks.rs), labels that a browser printed (labels.rs).

use super::devices::reason_or_none;
use super::label_looks::{GAP, length, mm};
use crate::app::print_jobs::{self, JobNow, Wanted};
use crate::app::{App, printers};
use crate::domain::label_look::Micrometres;
use crate::domain::print_job::{Fate, NotSent};
use crate::domain::printer::{Address, Language, Printer, PrinterState};
use crate::domain::refusal::Refusal;
use crate::http::edge::call::Call;
use crate::http::edge::fields::Fields;
use crate::http::edge::reply::{self, Reply};
use crate::http::wire::time;
use crate::store::StoreError;
use hyper::StatusCode;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const LABELS_MAX: usize = 1_000;
const COPIES_MAX: u64 = 50;
/// Of all copies.
const OUT_MAX: u64 = 5_000;
/// Jobs that are over, beside those that are not.
const ENDED_MAX: u64 = 100;
const ENDED: u64 = 20;

fn state_word(state: PrinterState) -> &'static str {
    match state {
        PrinterState::Ready => "ready",
        PrinterState::Printing => "printing",
        PrinterState::OutOfLabels => "out_of_labels",
        PrinterState::Open => "open",
        PrinterState::Paused => "paused",
        PrinterState::Jammed => "jammed",
        PrinterState::Offline => "offline",
        PrinterState::Silent => "silent",
    }
}

fn fate_word(fate: Fate) -> &'static str {
    match fate {
        Fate::Waiting => "waiting",
        Fate::Sent => "sent",
        Fate::Printed => "printed",
        Fate::Failed => "failed",
        Fate::Unknown => "unknown",
    }
}

fn printer_json(app: &App, id: u64, printer: &Printer, zone: &TimeZone) -> Value {
    // Until it was asked for the first time.
    let heard = app.printers.of(id);
    json!({
        "printer_id": id,
        "name": printer.name,
        "language": printer.language.word(),
        "address": printer.address.to_string(),
        "dpi": printer.dpi,
        "label_id": printer.look,
        "offset_x": printer.offset.0,
        "offset_y": printer.offset.1,
        "across": printer.across,
        "across_gap_mm": mm(printer.across_gap),
        "auto_print": printer.prints_by_itself,
        "state": state_word(heard.map_or(PrinterState::Offline, |(state, _)| state)),
        "since": heard.map(|(_, since)| time::write(since, zone)),
    })
}

fn job_json(now: &JobNow, zone: &TimeZone) -> Value {
    let mut counts: BTreeMap<Fate, u64> = BTreeMap::new();
    for (_, fate) in &now.fates {
        *counts.entry(*fate).or_default() += 1;
    }
    let count = |fate| counts.get(&fate).copied().unwrap_or_default();
    json!({
        "job_id": now.id,
        "printer_id": now.job.printer,
        "printer_name": now.job.printer_name,
        "time": time::write(now.job.at, zone),
        "user_name": now.job.user_name,
        "reason": now.job.reason,
        "copies": now.job.copies,
        "over": now.progress.is_over(&now.job),
        "cancelled_by": now.progress.cancelled.as_ref().map(|(_, name)| name),
        "waiting": count(Fate::Waiting),
        "sent": count(Fate::Sent),
        "printed": count(Fate::Printed),
        "failed": count(Fate::Failed),
        "unknown": count(Fate::Unknown),
    })
}

/// For the pages: printers as they are, and the jobs that are not over.
pub(in crate::http) fn now(app: &App) -> Result<Value, Refusal> {
    let zone = app.settings().zone();
    let (printers, jobs) = app.store.read(|view| Ok::<_, StoreError>((printers::all(view)?, print_jobs::jobs(view, 0)?)))?;
    Ok(json!({
        "printers": printers.iter().map(|(id, printer)| printer_json(app, *id, printer, &zone)).collect::<Vec<_>>(),
        "jobs": jobs.iter().map(|job| job_json(job, &zone)).collect::<Vec<_>>(),
    }))
}

#[derive(Default)]
struct Changes {
    name: Option<String>,
    language: Option<Language>,
    address: Option<Address>,
    dpi: Option<u16>,
    look: Option<u64>,
    offset: (Option<i16>, Option<i16>),
    across: Option<u8>,
    across_gap: Option<Micrometres>,
    by_itself: Option<bool>,
}

impl Changes {
    fn read(fields: &Fields) -> Result<Self, Refusal> {
        let language = match fields.text_or_none("language")?.map(str::to_ascii_lowercase).as_deref() {
            None => None,
            Some("zpl") => Some(Language::Zpl),
            Some("tspl") => Some(Language::Tspl),
            Some(_) => return Err(Refusal::field("language", "应为 zpl 或 tspl", "must be zpl or tspl")),
        };
        let no_address = || {
            let (zh, en) =
                ("应像 tcp://192.168.1.50:9100 或 agent://工位名", "must be like tcp://192.168.1.50:9100 or agent://STATION");
            Refusal::field("address", zh, en)
        };
        let address = fields.text_or_none("address")?.map(|text| Address::parse(text).ok_or_else(no_address)).transpose()?;
        // What does not fit is no allowed value either.
        let dots = |name: &str| Ok::<_, Refusal>(fields.number_or_none(name)?.map(|dots| i16::try_from(dots).unwrap_or(i16::MAX)));
        Ok(Self {
            name: fields.text_or_none("name")?.map(|name| name.trim().to_owned()),
            language,
            address,
            dpi: fields.natural_or_none("dpi")?.map(|dpi| u16::try_from(dpi).unwrap_or(u16::MAX)),
            look: fields.natural_or_none("label_id")?,
            offset: (dots("offset_x")?, dots("offset_y")?),
            across: fields.natural_or_none("across")?.map(|across| u8::try_from(across).unwrap_or(u8::MAX)),
            across_gap: length(fields, "", "across_gap_mm")?,
            by_itself: fields.has("auto_print").then(|| fields.flag("auto_print")).transpose()?,
        })
    }

    fn apply(self, printer: &mut Printer) {
        let Self { name, language, address, dpi, look, offset, across, across_gap, by_itself } = self;
        printer.name = name.unwrap_or(std::mem::take(&mut printer.name));
        printer.language = language.unwrap_or(printer.language);
        printer.address = address.unwrap_or(printer.address.clone());
        printer.dpi = dpi.unwrap_or(printer.dpi);
        printer.look = look.unwrap_or(printer.look);
        printer.across = across.unwrap_or(printer.across);
        printer.across_gap = across_gap.unwrap_or(printer.across_gap);
        printer.prints_by_itself = by_itself.unwrap_or(printer.prints_by_itself);
        printer.offset = (offset.0.unwrap_or(printer.offset.0), offset.1.unwrap_or(printer.offset.1));
    }
}

pub async fn list(call: Call) -> Result<Reply, Refusal> {
    let app = &call.edge.app;
    app.printers.look();
    let (printers, zone) = (app.store.read(printers::all)?, app.settings().zone());
    let printers: Vec<Value> = printers.iter().map(|(id, printer)| printer_json(app, *id, printer, &zone)).collect();
    Ok(reply::json(&json!({ "printers": printers })))
}

pub async fn add(call: Call) -> Result<Reply, Refusal> {
    let changes = Changes::read(&call.fields)?;
    let missing = |name: &str| Refusal::field(name, "缺少这一项", "is missing");
    let (name, language, address) = (
        changes.name.ok_or_else(|| missing("name"))?,
        changes.language.ok_or_else(|| missing("language"))?,
        changes.address.ok_or_else(|| missing("address"))?,
    );
    let printer = Printer {
        name,
        language,
        address,
        dpi: changes.dpi.unwrap_or(203),
        look: changes.look.unwrap_or(0),
        offset: (changes.offset.0.unwrap_or(0), changes.offset.1.unwrap_or(0)),
        across: changes.across.unwrap_or(1),
        across_gap: changes.across_gap.unwrap_or(GAP),
        prints_by_itself: changes.by_itself.unwrap_or(false),
        has_answered: false,
    };
    let app = &call.edge.app;
    app.printers.look();
    let (id, printer) = app.add_printer(call.by()?, printer, changes.look.is_some()).await?;
    Ok(reply::with_status(StatusCode::CREATED, &printer_json(app, id, &printer, &app.settings().zone())))
}

pub async fn change(call: Call) -> Result<Reply, Refusal> {
    let (id, changes) = (call.number_in_path("id")?, Changes::read(&call.fields)?);
    let app = &call.edge.app;
    let printer = app.change_printer(call.by()?, id, |printer| changes.apply(printer)).await?;
    Ok(reply::json(&printer_json(app, id, &printer, &app.settings().zone())))
}

pub async fn delete(call: Call) -> Result<Reply, Refusal> {
    call.edge.app.delete_printer(call.by()?, call.number_in_path("id")?).await?;
    Ok(reply::json(&json!({ "sucess": "删除成功" })))
}

/// A label with a ruler; it comes out when the printer can.
pub async fn test(call: Call) -> Result<Reply, Refusal> {
    let (app, id) = (&call.edge.app, call.number_in_path("id")?);
    printers::one(app, id)?;
    app.printers.ask_for_a_test(id);
    Ok(reply::with_status(StatusCode::ACCEPTED, &json!({ "reqStatus": "sucess" })))
}

pub async fn print(call: Call) -> Result<Reply, Refusal> {
    let fields = &call.fields;
    let labels = fields.labels("DeviceSNList", LABELS_MAX)?;
    let copies = fields.natural_or_none("copies")?.unwrap_or(1);
    if !(1..=COPIES_MAX).contains(&copies) {
        return Err(Refusal::field("copies", "应为 1 到 50", "must be 1 to 50"));
    }
    if copies * labels.len() as u64 > OUT_MAX {
        return Err(Refusal::field("copies", "一次最多打印 5000 张", "at most 5000 labels at once"));
    }
    let wanted = Wanted {
        printer: fields.natural("printer_id")?,
        labels,
        copies: u32::try_from(copies).unwrap_or(1),
        reason: reason_or_none(fields)?,
        seen: fields.counts("seen")?,
    };
    let job = call.edge.app.print_labels(call.by()?, wanted).await?;
    Ok(reply::with_status(StatusCode::ACCEPTED, &json!({ "job_id": job })))
}

pub async fn job(call: Call) -> Result<Reply, Refusal> {
    let (app, id) = (&call.edge.app, call.number_in_path("id")?);
    let now = print_jobs::one(app, id)?;
    let mut answer = job_json(&now, &app.settings().zone());
    let labels: Map<String, Value> = now.fates.iter().map(|(sn, fate)| (sn.clone(), fate_word(*fate).into())).collect();
    answer["labels"] = Value::Object(labels);
    let why = |(sn, why): &(String, NotSent)| {
        let (zh, en) = why.words();
        (sn.clone(), call.language.pick(zh, en).into())
    };
    answer["why"] = Value::Object(now.not_sent.iter().map(why).collect());
    Ok(reply::json(&answer))
}

/// Those that are not over, and the last of the others; newest first.
pub async fn jobs(call: Call) -> Result<Reply, Refusal> {
    let ended = call.fields.natural_or_none("limit")?.unwrap_or(ENDED).min(ENDED_MAX);
    let ended = usize::try_from(ended).unwrap_or(0);
    let jobs = call.edge.app.look(move |view| print_jobs::jobs(view, ended)).await?;
    let zone = call.edge.app.settings().zone();
    Ok(reply::json(&json!({ "jobs": jobs.iter().map(|job| job_json(job, &zone)).collect::<Vec<_>>() })))
}

pub async fn cancel(call: Call) -> Result<Reply, Refusal> {
    call.edge.app.cancel_print_job(call.by()?, call.number_in_path("id")?).await?;
    Ok(reply::json(&json!({ "reqStatus": "sucess" })))
}
