//! Labels as they come out, before they are printed. Not here: keeping looks (label_looks.rs).

use super::label_looks::Changes;
use crate::app::labels::Named;
use crate::app::{device_lists, label_looks};
use crate::domain::device::{CPUID_CHARS_MAX, canonical_cpuid};
use crate::domain::label_look::LabelLook;
use crate::domain::refusal::{Code as Refused, Refusal};
use crate::http::edge::call::Call;
use crate::http::edge::reply::{self, Language, Reply};
use crate::labels::{self, Code, Values};
use crate::store::{StoreError, View};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper::StatusCode;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

const PICTURES_MAX: usize = 100;
/// Of all pictures of a request: one of the largest label there is.
const DOTS_MAX: u64 = 51_000_000;

fn resolution(call: &Call) -> Result<u32, Refusal> {
    let dpi = call.fields.natural_or_none("dpi")?.map_or(labels::DPI, |dpi| u32::try_from(dpi).unwrap_or(u32::MAX));
    labels::check_resolution(dpi).map(|()| dpi)
}

fn no_device(sn: &str) -> Refusal {
    Refusal::not_found(format!("没有这台设备：{sn}"), format!("no such device: {sn}"))
}

/// Of the device of this serial; without one, of none that there is.
fn values(call: &Call, look: &LabelLook) -> Result<Values, Refusal> {
    let Some(sn) = call.fields.serial_or_none("sn")? else {
        return Ok(call.edge.app.store.read(|view| label_looks::sample(view, look))?);
    };
    let device = call.edge.app.store.read(|view| device_lists::find(view, &sn))?;
    let device = device.ok_or_else(|| no_device(&sn))?;
    let zone = call.edge.app.settings().zone();
    Ok(call.edge.app.store.read(|view| label_looks::values(view, look, &device, &zone))?)
}

/// Refused for a device that has another CPU id by now, and for a serial alone that no device has.
fn values_of(view: &View<'_>, look: &LabelLook, named: &Named, zone: &TimeZone) -> Result<Result<Values, Refusal>, StoreError> {
    match (device_lists::find(view, &named.sn)?, &named.cpuid) {
        (Some(device), Some(cpuid)) if canonical_cpuid(cpuid) != canonical_cpuid(&device.cpuid) => Ok(Err(Refusal::conflict(
            format!("CPUID 不是 {cpuid}，现为 {}", device.cpuid),
            format!("the CPUID is not {cpuid}, but {} by now", device.cpuid),
        ))),
        (Some(device), _) => label_looks::values(view, look, &device, zone).map(Ok),
        (None, Some(cpuid)) => label_looks::values_of_none(view, look, (&named.sn, cpuid), zone).map(Ok),
        (None, None) => Ok(Err(no_device(&named.sn))),
    }
}

/// On a thread that may block: large labels take a while.
async fn work<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Refusal::internal())?
}

/// Blocks.
fn picture(look: &LabelLook, values: &Values, dpi: u32) -> Result<Value, Refusal> {
    let drawn = labels::preview(look, values, dpi)?;
    let code =
        |code: &Code| json!({ "element": code.element, "dots_per_module": code.dots_per_module, "readable": code.is_readable });
    Ok(json!({
        "png": BASE64.encode(drawn.dots.png()?),
        "width": drawn.dots.width,
        "height": drawn.dots.height,
        "codes": drawn.codes.iter().map(code).collect::<Vec<Value>>(),
    }))
}

pub async fn kept(call: Call) -> Result<Reply, Refusal> {
    let (id, dpi) = (call.number_in_path("id")?, resolution(&call)?);
    let look = call.edge.app.label_look(id)?;
    let values = values(&call, &look)?;
    let _share = call.share(&call.edge.budgets.labels)?;
    let png = work(move || labels::draw(&look, &values, dpi)?.png()).await?;
    Ok(reply::new(StatusCode::OK, "image/png", reply::full(png)))
}

pub async fn draft(call: Call) -> Result<Reply, Refusal> {
    let (look, dpi) = (Changes::read(&call.fields)?.of_new()?, resolution(&call)?);
    look.check()?;
    let values = values(&call, &look)?;
    let _share = call.share(&call.edge.budgets.labels)?;
    Ok(reply::json(&work(move || picture(&look, &values, dpi)).await?))
}

fn is_too_long(Named { sn, cpuid }: &Named) -> bool {
    [Some(sn), cpuid.as_ref()].into_iter().flatten().any(|text| text.chars().count() > CPUID_CHARS_MAX)
}

fn check_dots(look: &LabelLook, dpi: u32, count: usize) -> Result<(), Refusal> {
    let most = DOTS_MAX / labels::dots_of(look, dpi).max(1);
    if count as u64 <= most {
        return Ok(());
    }
    let zh = format!("devices：这么大的标签一次最多画 {most} 张，请分几次");
    Err(Refusal::new(Refused::TooLarge, zh, format!("devices: of labels this large at most {most} at once, please ask for fewer")))
}

fn of_one(look: &LabelLook, values: Result<Values, Refusal>, dpi: u32, language: Language) -> Result<Value, Refusal> {
    match values.and_then(|values| picture(look, &values, dpi)) {
        // It would be the same of each.
        Err(refusal) if refusal.code == Refused::Internal => Err(refusal),
        Err(refusal) => Ok(json!({ "err": language.pick(&refusal.zh, &refusal.en) })),
        Ok(picture) => Ok(picture),
    }
}

/// One after the other: whoever doesn't wait for the rest any more has no more drawn.
pub async fn pictures(call: Call) -> Result<Reply, Refusal> {
    let (look, dpi) = (Changes::read(&call.fields)?.of_new()?, resolution(&call)?);
    look.check()?;
    let wanted = call.fields.labels("devices", PICTURES_MAX)?;
    if wanted.iter().any(is_too_long) {
        return Err(Refusal::malformed(
            "devices：序列号和 CPUID 最多 64 个字",
            "devices: serials and CPUIDs have at most 64 characters",
        ));
    }
    check_dots(&look, dpi, wanted.len())?;
    let (zone, language) = (call.edge.app.settings().zone(), call.language);
    let all_values =
        |view: &View<'_>| wanted.iter().map(|named| values_of(view, &look, named, &zone)).collect::<Result<Vec<_>, _>>();
    let found = call.edge.app.store.read(all_values)?;
    let _share = call.share(&call.edge.budgets.labels)?;
    let mut pictures = Vec::with_capacity(found.len());
    for values in found {
        let look = look.clone();
        pictures.push(work(move || of_one(&look, values, dpi, language)).await?);
    }
    Ok(reply::json(&json!({ "pictures": pictures })))
}
