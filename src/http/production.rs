//! The production line's endpoints, as its interface document spells them.

use super::body::Fields;
use super::reply::{self, Reply};
use super::route::Call;
use crate::app::devices::{self, NewDevice, Registered, Registration, Switched};
use crate::domain::refusal::{Code, Refusal};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use std::io;

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
            let device = call.edge.app.store.read(|view| devices::find(view, &sn))?;
            let device = device.ok_or_else(|| unknown(std::slice::from_ref(&sn)))?;
            Ok(reply::json(&json!({ "CPUID": device.cpuid, "DeviceSN": device.sn })))
        }
        "Time" => search_by_time(call),
        _ => Err(Refusal::malformed("condition：应为 Time 或 DeviceSN", "condition: must be Time or DeviceSN")),
    }
}

/// Devices of one look at the store.
const DEVICES_PER_LOOK: usize = 1000;

/// Streams: the answer has no cap, and a look at the store is short.
fn search_by_time(call: Call) -> Result<Reply, Refusal> {
    let zone = call.edge.app.settings().zone();
    let from = call.fields.time("startTime", &zone)?.first;
    let to = call.fields.time("endTime", &zone)?.last;
    if to < from {
        return Err(Refusal::malformed("endTime：不能早于 startTime", "endTime: must not be before startTime"));
    }
    let store = call.edge.app.store.clone();
    let (sender, reply) = reply::streamed(reply::JSON);
    tokio::task::spawn_blocking(move || {
        let mut after = None;
        let mut text = String::from("{");
        let mut comma = "";
        loop {
            let page = store.read(|view| {
                let page = devices::between(view, from, to, after, DEVICES_PER_LOOK)?;
                let found = page.into_iter().map(|(arrival, sn)| Ok((arrival, devices::find(view, &sn)?)));
                found.collect::<Result<Vec<_>, crate::store::StoreError>>()
            });
            let page = match page {
                Ok(page) => page,
                Err(e) => {
                    tracing::error!("{e}");
                    let _ = sender.blocking_send(Err(io::Error::other("broken off")));
                    return;
                }
            };
            for device in page.iter().filter_map(|(_, device)| device.as_ref()) {
                text.push_str(&format!("{comma}{}:{}", Value::from(device.sn.as_str()), Value::from(device.cpuid.as_str())));
                comma = ",";
            }
            after = page.last().map(|(arrival, _)| *arrival);
            let is_last = page.len() < DEVICES_PER_LOOK;
            if is_last {
                text.push('}');
            }
            if sender.blocking_send(Ok(Bytes::from(std::mem::take(&mut text)))).is_err() || is_last {
                return;
            }
        }
    });
    Ok(reply)
}

pub async fn switch_print_status(call: Call) -> Result<Reply, Refusal> {
    let sns = call.fields.serials("DeviceSNList", SWITCH_MAX)?;
    let printed = match call.fields.number_or_none("status")? {
        None | Some(1) => true,
        Some(0) => false,
        Some(_) => return Err(Refusal::malformed("status：应为 0 或 1", "status: must be 0 or 1")),
    };
    let atomic = call.fields.flag("atomic")?;
    let Switched { done, unknown } = call.edge.app.switch_print_state(sns, printed, atomic).await?;
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
    let sns = call.edge.app.look(devices::unprinted).await?;
    Ok(reply::json(&json!({ "DeviceSNList": sns })))
}

pub async fn print_qr_code(call: Call) -> Result<Reply, Refusal> {
    let sns = call.fields.serials("DeviceSNList", QR_MAX)?;
    let drawn = call.edge.app.look(move |view| {
        let mut found = Vec::with_capacity(sns.len());
        let mut missing = Vec::new();
        for sn in sns {
            match devices::find(view, &sn)? {
                Some(device) => found.push(device),
                None => missing.push(sn),
            }
        }
        if !missing.is_empty() {
            return Ok(Err(unknown(&missing)));
        }
        let label = |device: &crate::domain::device::Device| {
            super::label::png(&device.label_text()).map(|png| (device.sn.clone(), Value::from(BASE64.encode(png))))
        };
        Ok(found.iter().map(label).collect::<Result<Map<_, _>, _>>())
    });
    Ok(reply::json(&Value::Object(drawn.await??)))
}

fn new_device(fields: &Fields) -> Result<NewDevice, Refusal> {
    Ok(NewDevice { sn: fields.serial_or_none("DeviceSN")?, cpuid: fields.serial("CPUID")? })
}

pub async fn register_device(call: Call) -> Result<Reply, Refusal> {
    let rows = if call.fields.has("devices") {
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
    let registrations = call.edge.app.register_devices(rows).await?;
    let conflicts = registrations.iter().filter(|r| r.status == Registered::Conflict).count();
    let status = match conflicts {
        0 => "sucess",
        n if n == registrations.len() => "error",
        _ => "partial",
    };
    let devices: Vec<Value> = registrations.iter().map(registration).collect();
    Ok(reply::json(&json!({ "reqStatus": status, "devices": devices })))
}

fn registration(registration: &Registration) -> Value {
    let status = match registration.status {
        Registered::Created => "created",
        Registered::Exists => "exists",
        Registered::Conflict => "conflict",
    };
    json!({ "DeviceSN": registration.sn, "CPUID": registration.cpuid, "status": status })
}
