//! Labels as they come out, before they are printed. Not here: keeping looks (label_looks.rs).

use super::label_looks::Changes;
use crate::app::{device_lists, label_looks};
use crate::domain::refusal::Refusal;
use crate::http::edge::call::Call;
use crate::http::edge::reply::{self, Reply};
use crate::labels::{self, Code, Values};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper::StatusCode;
use serde_json::{Value, json};

fn resolution(call: &Call) -> Result<u32, Refusal> {
    let dpi = call.fields.natural_or_none("dpi")?.map_or(labels::DPI, |dpi| u32::try_from(dpi).unwrap_or(u32::MAX));
    labels::check_resolution(dpi).map(|()| dpi)
}

/// Of the device of this serial; without one, of none that there is.
fn values(call: &Call) -> Result<Values, Refusal> {
    let Some(sn) = call.fields.serial_or_none("sn")? else { return Ok(Values::sample()) };
    let device = call.edge.app.store.read(|view| device_lists::find(view, &sn))?;
    let device = device.ok_or_else(|| Refusal::not_found(format!("没有这台设备：{sn}"), format!("no such device: {sn}")))?;
    let zone = call.edge.app.settings().zone();
    Ok(call.edge.app.store.read(|view| label_looks::values(view, &device, &zone))?)
}

/// On a thread that may block: large labels take a while.
async fn work<T: Send + 'static>(call: &Call, work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
    let _share = call.share(&call.edge.budgets.labels)?;
    tokio::task::spawn_blocking(work).await.map_err(|_| Refusal::internal())?
}

pub async fn kept(call: Call) -> Result<Reply, Refusal> {
    let (id, dpi) = (call.number_in_path("id")?, resolution(&call)?);
    let (look, values) = (call.edge.app.label_look(id)?, values(&call)?);
    let png = work(&call, move || labels::draw(&look, &values, dpi)?.png()).await?;
    Ok(reply::new(StatusCode::OK, "image/png", reply::full(png)))
}

pub async fn draft(call: Call) -> Result<Reply, Refusal> {
    let (look, dpi) = (Changes::read(&call.fields)?.of_new()?, resolution(&call)?);
    look.check()?;
    let values = values(&call)?;
    let (drawn, png) = work(&call, move || {
        let drawn = labels::preview(&look, &values, dpi)?;
        let png = drawn.dots.png()?;
        Ok((drawn, png))
    })
    .await?;
    let code =
        |code: &Code| json!({ "element": code.element, "dots_per_module": code.dots_per_module, "readable": code.is_readable });
    Ok(reply::json(&json!({
        "png": BASE64.encode(png),
        "width": drawn.dots.width,
        "height": drawn.dots.height,
        "codes": drawn.codes.iter().map(code).collect::<Vec<Value>>(),
    })))
}
