//! What a template of a picture could have: the areas its labels were found for, and all that is printed on it; answered at once, nothing
//! is kept. Not here: the reading (src/trials.rs), what labels say (domain/forms/propose.rs).

use super::files;
use super::thumbs::PageFile;
use crate::app::templates;
use crate::domain::account::Permission;
use crate::domain::area::AreaKind;
use crate::domain::forms::Proposal;
use crate::domain::refusal::Refusal;
use crate::domain::template::Rect;
use crate::http::edge::call::Call;
use crate::http::edge::reply::{self, Reply};
use crate::http::wire::spelling as wire;
use crate::trials::Trials;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// Of an invoice: on the picture of its first page.
pub async fn of_invoice(call: Call) -> Result<Reply, Refusal> {
    let found = files::invoice_of(&call)?;
    // What stands on it is for those who may see it.
    if !call.actor()?.may(Permission::InvoiceR) {
        return Err(Refusal::no_permission());
    }
    available(&call.edge.trials)?;
    let page = call.edge.thumbs.file(call.edge.app.clone(), &found.picture, found.pages.0).await?;
    let PageFile { path, size } = page;
    drafted(&call, path.to_path_buf(), size).await
}

/// Of a picture that was uploaded for a template.
pub async fn of_origin(call: Call) -> Result<Reply, Refusal> {
    available(&call.edge.trials)?;
    let origin = wire::picture_of_url(call.fields.text("file_name")?);
    let (app, actor) = (&call.edge.app, call.actor()?);
    let origin = app.store.read(|view| templates::origin_of(view, actor, origin))?;
    let path = app.blobs.path(&origin.hash);
    drafted(&call, path, (origin.width, origin.height)).await
}

fn available(trials: &Trials) -> Result<(), Refusal> {
    let is_external =
        |_| Refusal::conflict("使用外部算法服务器时不能自动框选区域", "areas can't be proposed with an external engine");
    trials.available().map_err(is_external)
}

async fn drafted(call: &Call, picture: PathBuf, (width, height): (u32, u32)) -> Result<Reply, Refusal> {
    let patience = Duration::from_secs(call.edge.app.settings().engine_timeout_s);
    let Proposal { label, fields, labels, print } = call.edge.trials.propose(picture, patience).await?;
    let placed = |rect: Rect, mut told: Value| {
        let end = |end: f32, most: u32| (end.ceil().max(0.0) as u32).min(most);
        let (left, top) = (rect.x.floor().max(0.0) as u32, rect.y.floor().max(0.0) as u32);
        let (right, bottom) = (end(rect.right(), width), end(rect.bottom(), height));
        for (name, value) in [("x", left), ("y", top), ("width", right.checked_sub(left)?), ("height", bottom.checked_sub(top)?)] {
            told[name] = value.into();
        }
        (right > left && bottom > top).then_some(told)
    };
    let areas = fields.iter().filter_map(|field| {
        let key = AreaKind::of_pos_id(field.pos_id).key();
        placed(field.rect?, json!({ "pos_id": field.pos_id, "key": key, "text": field.text }))
    });
    let labels = labels.iter().filter_map(|label| placed(label.rect, json!({ "pos_id": label.pos_id })));
    let lines = print.iter().filter_map(|run| placed(run.rect, json!({ "text": run.text })));
    let (areas, labels, lines): (Vec<Value>, Vec<Value>, Vec<Value>) = (areas.collect(), labels.collect(), lines.collect());
    Ok(reply::json(&json!({ "label": label, "width": width, "height": height, "areas": areas, "labels": labels, "lines": lines })))
}
