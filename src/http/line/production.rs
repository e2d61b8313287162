//! The production line's endpoints, as its interface document spells them.

use crate::app::device_lists::{self, Filter};
use crate::app::devices::{NewDevice, Registered, Registration};
use crate::app::labels::Switched;
use crate::domain::device::Device;
use crate::domain::refusal::{Code, Refusal};
use crate::http::edge::call::Call;
use crate::http::edge::fields::Fields;
use crate::http::edge::reply::{self, Language, Reply};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rayon::prelude::*;
use serde_json::{Map, Value, json};

const REGISTER_MAX: usize = 10_000;
const SWITCH_MAX: usize = 10_000;
const QR_MAX: usize = 1_000;

fn unknown(sns: &[String]) -> Refusal {
    let list = sns.join(", ");
    Refusal::not_found(format!("没有这些设备：{list}"), format!("no such devices: {list}"))
}

pub async fn search(call: Call) -> Result<Reply, Refusal> {
    match call.fields.text("condition")? {
        "DeviceSN" => {
            let sn = call.fields.serial("DeviceSN")?;
            let device = call.edge.app.store.read(|view| device_lists::find(view, &sn))?;
            let device = device.ok_or_else(|| unknown(std::slice::from_ref(&sn)))?;
            Ok(reply::json(&json!({ "CPUID": device.cpuid, "DeviceSN": device.sn })))
        }
        "Time" => search_by_time(call),
        _ => Err(Refusal::malformed("condition：应为 Time 或 DeviceSN", "condition: must be Time or DeviceSN")),
    }
}

/// Streamed: the answer has no size limit.
fn search_by_time(call: Call) -> Result<Reply, Refusal> {
    let zone = call.edge.app.settings().zone();
    let from = call.fields.time("startTime", &zone)?.first;
    let to = call.fields.time("endTime", &zone)?.last;
    if to < from {
        return Err(Refusal::malformed("endTime：不能早于 startTime", "endTime: must not be before startTime"));
    }
    let filter = Filter { from: Some(from), to: Some(to), ..Filter::default() };
    let mut comma = "";
    let pair = move |text: &mut Vec<u8>, sn: &str, cpuid: &str| {
        text.extend_from_slice(comma.as_bytes());
        let _ = serde_json::to_writer(&mut *text, sn);
        text.push(b':');
        let _ = serde_json::to_writer(text, cpuid);
        comma = ",";
    };
    let held = || call.share(&call.edge.budgets.streams);
    super::devices::stream(&call.edge.app, held, filter, reply::JSON, ("{", "}"), pair)
}

pub async fn switch_print_status(call: Call) -> Result<Reply, Refusal> {
    let sns = call.fields.serials("DeviceSNList", SWITCH_MAX)?;
    let reason = super::devices::reason_or_none(&call.fields)?;
    let unprinted = match call.fields.number_or_none("status")? {
        None | Some(1) => None,
        Some(0) => Some(reason),
        Some(_) => return Err(Refusal::malformed("status：应为 0 或 1", "status: must be 0 or 1")),
    };
    let (atomic, seen) = (call.fields.flag("atomic")?, call.fields.counts("seen")?);
    let Switched { done, unknown } = call.edge.app.switch_print_state(call.by()?, sns, unprinted, atomic, seen).await?;
    if unknown.is_empty() {
        return Ok(reply::json(&json!({ "reqStatus": "sucess" })));
    }
    let failed: Map<String, Value> = unknown.into_iter().map(|sn| (sn, json!("not_found"))).collect();
    Ok(reply::json(&if done.is_empty() {
        json!({ "reqStatus": "error", "failed": failed })
    } else {
        json!({ "reqStatus": "partial", "succeeded": done, "failed": failed })
    }))
}

pub async fn search_no_print(call: Call) -> Result<Reply, Refusal> {
    let sns = call.edge.app.look(device_lists::unprinted).await?;
    Ok(reply::json(&json!({ "DeviceSNList": sns })))
}

pub async fn print_qr_code(call: Call) -> Result<Reply, Refusal> {
    let sns = call.fields.serials("DeviceSNList", QR_MAX)?;
    let drawn = call.edge.app.look(move |view| {
        let mut found = Vec::with_capacity(sns.len());
        let mut missing = Vec::new();
        for sn in sns {
            match device_lists::find(view, &sn)? {
                Some(device) => found.push(device),
                None => missing.push(sn),
            }
        }
        if !missing.is_empty() {
            return Ok(Err(unknown(&missing)));
        }
        let label = |device: &Device| {
            super::label::png(&device.label_text()).map(|png| (device.sn.clone(), Value::from(BASE64.encode(png))))
        };
        // A label takes 0.2 ms; they share the cores.
        Ok(found.par_iter().map(label).collect::<Result<Vec<_>, _>>().map(Map::from_iter))
    });
    Ok(reply::json(&Value::Object(drawn.await??)))
}

const ROW: [&str; 2] = ["DeviceSN", "CPUID"];

/// An unknown field may be a misspelt serial.
fn new_device(fields: &Fields) -> Result<NewDevice, Refusal> {
    let mut row = Map::new();
    for (name, value) in fields.iter() {
        if name == "devices" && value.is_null() {
            continue;
        }
        let known = ROW.into_iter().find(|known| name.eq_ignore_ascii_case(known));
        let wrong = |zh: &str, en: &str| Refusal::malformed(format!("{name}：{zh}"), format!("{name}: {en}"));
        let known =
            known.ok_or_else(|| wrong("没有这个字段，应为 DeviceSN 或 CPUID", "no such field, must be DeviceSN or CPUID"))?;
        if row.insert(known.to_owned(), fields.value(name).cloned().unwrap_or_default()).is_some() {
            return Err(wrong("写了两次", "is there twice"));
        }
    }
    let row = Fields::from(row);
    let sn = row.serial_or_none("DeviceSN")?.filter(|sn| !sn.is_empty());
    Ok(NewDevice { sn, cpuid: row.serial("CPUID")? })
}

pub async fn register_device(call: Call) -> Result<Reply, Refusal> {
    let rows = if call.fields.has("devices") {
        if let Some((name, _)) = call.fields.iter().find(|(name, _)| ROW.iter().any(|row| name.eq_ignore_ascii_case(row))) {
            let (zh, en) = (format!("{name}：应写在 devices 的每一项里"), format!("{name}: belongs into the rows of devices"));
            return Err(Refusal::malformed(zh, en));
        }
        let list = call.fields.list("devices")?;
        if list.len() > REGISTER_MAX {
            let (zh, en) = (format!("devices：一次最多 {REGISTER_MAX} 个"), format!("devices: at most {REGISTER_MAX} at once"));
            return Err(Refusal::new(Code::TooLarge, zh, en));
        }
        if list.is_empty() {
            return Err(Refusal::malformed("devices：不能为空", "devices: must not be empty"));
        }
        let wrong = || Refusal::malformed("devices：每一项应为对象", "devices: each must be an object");
        list.iter().map(|row| new_device(&Fields::of_value(row).ok_or_else(wrong)?)).collect::<Result<_, _>>()?
    } else {
        vec![new_device(&call.fields)?]
    };
    let (registrations, refused) = call.edge.app.register_devices(call.by()?, rows).await?;
    let conflicts = registrations.iter().filter(|r| matches!(r.status, Registered::Conflict | Registered::Refused)).count();
    let status = match conflicts {
        0 => "sucess",
        n if n == registrations.len() && refused.is_none() => "error",
        _ => "partial",
    };
    let why = refused.as_ref().map(|refusal| call.language.pick(&refusal.zh, &refusal.en));
    let devices: Vec<Value> = registrations.iter().map(|row| registration(row, why, call.language)).collect();
    Ok(reply::json(&json!({ "reqStatus": status, "devices": devices })))
}

/// `refused`: why the rest was not registered.
fn registration(registration: &Registration, refused: Option<&str>, language: Language) -> Value {
    let status = match registration.status {
        Registered::Created => "created",
        Registered::Exists => "exists",
        Registered::Conflict => "conflict",
        Registered::Refused => "refused",
    };
    let mut row = json!({ "DeviceSN": registration.sn, "CPUID": registration.cpuid, "status": status });
    if let Some((with, (zh, en))) = registration.with.as_ref().and_then(|with| Some((with, with.is_retired()?))) {
        row["with"] = super::imports::other(with);
        row["err"] = language.pick(&zh, &en).into();
    }
    if let (Registered::Refused, Some(err)) = (registration.status, refused) {
        row["err"] = err.into();
    }
    row
}
