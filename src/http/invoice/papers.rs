//! Several papers on one picture: where they lie, and a person's word for it. Not here: what follows from that (app/papers.rs).

use super::files;
use super::words::stale;
use crate::app::papers;
use crate::domain::area::AreaKind;
use crate::domain::corners::{Corners, PAPERS_MAX};
use crate::domain::ids::InvoiceId;
use crate::domain::invoice::{Invoice, PictureFormat};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::template::Rect;
use crate::http::edge::call::Call;
use crate::http::edge::reply::{self, Reply};
use serde_json::{Value, json};
use std::time::Duration;

/// Which page of the file.
fn page_of(call: &Call, found: &Invoice) -> Result<u32, Refusal> {
    if found.picture.format == PictureFormat::Xml {
        let (zh, en) = ("XML 只有数据，没有可划分的图", "an XML file is data: there is no picture to mark papers on");
        return Err(Refusal::conflict(zh, en));
    }
    let asked = call.fields.natural_or_none("page")?.unwrap_or(u64::from(found.pages.0));
    let page = u32::try_from(asked).ok().filter(|page| (1..=found.picture.pages).contains(page));
    page.ok_or_else(|| Refusal::not_found("没有这一页", "no such page"))
}

/// In pixels; the first page's is known.
async fn size_of(call: &Call, found: &Invoice, page: u32) -> Result<(u32, u32), Refusal> {
    match page {
        1 => Ok((found.picture.width, found.picture.height)),
        _ => Ok(call.edge.thumbs.file(call.edge.app.clone(), &found.picture, page).await?.size),
    }
}

/// What the engine would make of the page, if it has time.
async fn proposed(call: &Call, found: &Invoice, page: u32) -> Result<Vec<Corners>, Refusal> {
    let trials = &call.edge.trials;
    if trials.available().is_err() {
        return Ok(Vec::new());
    }
    let file = call.edge.thumbs.file(call.edge.app.clone(), &found.picture, page).await?;
    let patience = Duration::from_secs(call.edge.app.settings().engine_timeout_s);
    match trials.papers(file.path.to_path_buf(), patience).await {
        // A person marks them as well without.
        Err(refusal) if refusal.code == Code::Unavailable => Ok(Vec::new()),
        found => found,
    }
}

fn described(invoice: &Invoice) -> Value {
    json!({ "invoice_id": invoice.id, "number": number(invoice), "kind": invoice.kind_word() })
}

fn number(invoice: &Invoice) -> &str {
    invoice.text(AreaKind::InvoiceId.pos_id()).unwrap_or_default()
}

/// As read; where the page was read as one paper, what the engine would make of it.
pub async fn papers(call: Call) -> Result<Reply, Refusal> {
    let found = files::invoice_of(&call)?;
    let page = page_of(&call, &found)?;
    let (width, height) = size_of(&call, &found, page).await?;
    let known = call.edge.app.store.read(|view| papers::on_page(view, &found, page))?;
    let is_whole = known.len() < 2 && known.iter().all(|(_, corners)| corners.is_none());
    let proposed = if is_whole { proposed(&call, &found, page).await? } else { Vec::new() };
    let whole = || Corners::from_rect(&Rect { x: 0.0, y: 0.0, width: width as f32, height: height as f32 });
    let papers: Vec<Value> = if proposed.len() > 1 {
        proposed.iter().map(|corners| json!({ "corners": corners.0, "invoice_id": null, "number": null, "kind": null })).collect()
    } else {
        let of = |(invoice, corners): &(Invoice, Option<Corners>)| {
            let mut paper = described(invoice);
            paper["corners"] = json!(corners.unwrap_or_else(whole).0);
            paper
        };
        known.iter().map(of).collect()
    };
    let invoices: Vec<Value> = known.iter().map(|(invoice, _)| described(invoice)).collect();
    Ok(reply::json(&json!({ "page": page, "width": width, "height": height, "papers": papers, "invoices": invoices })))
}

pub async fn mark(call: Call) -> Result<Reply, Refusal> {
    let (id, version) = (InvoiceId(call.number_in_path("id")?), call.fields.natural_or_none("version")?);
    let found = files::invoice_of(&call)?;
    let listed = call.fields.list("papers")?;
    if listed.is_empty() || listed.len() > PAPERS_MAX {
        let (zh, en) = (format!("papers：应有 1 到 {PAPERS_MAX} 张"), format!("papers: must be 1 to {PAPERS_MAX}"));
        return Err(Refusal::malformed(zh, en));
    }
    let wrong = || Refusal::malformed("papers：每张应有四个角，各为 [x, y]", "papers: each must have four corners, each [x, y]");
    let marked: Vec<Corners> = listed.iter().map(|one| corners(one).ok_or_else(wrong)).collect::<Result<_, _>>()?;
    let page = page_of(&call, &found)?;
    let (width, height) = size_of(&call, &found, page).await?;
    if let Some(at) = marked.iter().position(|corners| !corners.is_on(width, height)) {
        let number = at + 1;
        let zh = format!("papers：第 {number} 张的四个角应从左上起按顺时针排列，围成凸四边形，在图片之内，边长不小于 40 像素");
        let en = format!(
            "papers: the corners of paper {number} must run clockwise from its upper left, make a convex shape on the picture, and be 40 pixels apart or more"
        );
        return Err(Refusal::malformed(zh, en));
    }
    match call.edge.app.mark_papers(call.by()?, id, version, page, marked).await? {
        Ok(action) => Ok(reply::json(&json!({ "action_id": action }))),
        Err(found) => stale(&call, &found),
    }
}

fn corners(value: &Value) -> Option<Corners> {
    let point = |value: &Value| {
        let [x, y] = value.as_array()?.as_slice() else { return None };
        Some((x.as_f64()? as f32, y.as_f64()? as f32))
    };
    let points: Vec<(f32, f32)> = value.as_array()?.iter().map(point).collect::<Option<_>>()?;
    Some(Corners(points.try_into().ok()?))
}
