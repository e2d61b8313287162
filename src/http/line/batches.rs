//! Batches, and labels that a person has scanned.

use crate::app::batches::{self, Standing};
use crate::app::{App, now};
use crate::domain::batch::{Batch, EXPECTED_MAX};
use crate::domain::refusal::Refusal;
use crate::http::edge::call::Call;
use crate::http::edge::fields::Fields;
use crate::http::edge::reply::{self, Reply};
use crate::http::wire::time;
use hyper::StatusCode;
use serde_json::{Value, json};

fn batch_json(app: &App, id: u64, batch: &Batch) -> Value {
    let zone = app.settings().zone();
    json!({
        "batch_id": id,
        "name": batch.name,
        "expected": batch.expected,
        "first": batch.first,
        "last": batch.last,
        "began": time::write(batch.began, &zone),
        "closed": batch.closed.map(|closed| time::write(closed, &zone)),
    })
}

#[derive(Default)]
struct Changes {
    name: Option<String>,
    expected: Option<u32>,
    first: Option<String>,
    last: Option<String>,
    closed: Option<bool>,
}

impl Changes {
    fn read(fields: &Fields) -> Result<Self, Refusal> {
        let expected = fields.natural_or_none("expected")?;
        Ok(Self {
            name: fields.text_or_none("name")?.map(|name| name.trim().to_owned()),
            expected: expected.map(|number| u32::try_from(number).unwrap_or(EXPECTED_MAX + 1)),
            first: fields.serial_or_none("first")?,
            last: fields.serial_or_none("last")?,
            closed: fields.has("closed").then(|| fields.flag("closed")).transpose()?,
        })
    }

    fn apply(self, batch: &mut Batch) {
        let Self { name, expected, first, last, closed } = self;
        batch.name = name.unwrap_or(std::mem::take(&mut batch.name));
        batch.expected = expected.unwrap_or(batch.expected);
        batch.first = first.unwrap_or(std::mem::take(&mut batch.first));
        batch.last = last.unwrap_or(std::mem::take(&mut batch.last));
        match closed {
            Some(true) => batch.closed = batch.closed.or(Some(now())),
            Some(false) => batch.closed = None,
            None => {}
        }
    }
}

/// Newest first.
pub async fn list(call: Call) -> Result<Reply, Refusal> {
    let app = &call.edge.app;
    let batches = app.store.read(batches::all)?;
    Ok(reply::json(&json!({ "batches": batches.iter().rev().map(|(id, batch)| batch_json(app, *id, batch)).collect::<Vec<_>>() })))
}

/// With how far it is.
pub async fn one(call: Call) -> Result<Reply, Refusal> {
    let (app, id) = (&call.edge.app, call.number_in_path("id")?);
    let batch = batches::one(app, id)?;
    let counted = batch.clone();
    let standing = app.look(move |view| batches::standing(view, &counted)).await?;
    let Standing { registered, printed, confirmed, missing, missing_named, extra, extra_is_least, extra_named, unprinted } =
        standing;
    let mut answer = batch_json(app, id, &batch);
    for (name, value) in [
        ("registered", json!(registered)),
        ("printed", json!(printed)),
        ("confirmed", json!(confirmed)),
        ("missing", json!(missing)),
        ("missing_named", json!(missing_named)),
        ("extra", json!(extra)),
        ("extra_is_least", json!(extra_is_least)),
        ("extra_named", json!(extra_named)),
        ("unprinted", json!(unprinted)),
    ] {
        answer[name] = value;
    }
    Ok(reply::json(&answer))
}

pub async fn add(call: Call) -> Result<Reply, Refusal> {
    let changes = Changes::read(&call.fields)?;
    let missing = |name: &str| Refusal::field(name, "缺少这一项", "is missing");
    let batch = Batch {
        name: changes.name.ok_or_else(|| missing("name"))?,
        expected: changes.expected.ok_or_else(|| missing("expected"))?,
        first: changes.first.ok_or_else(|| missing("first"))?,
        last: changes.last.ok_or_else(|| missing("last"))?,
        began: now(),
        closed: None,
    };
    let app = &call.edge.app;
    let (id, batch) = app.add_batch(call.by()?, batch).await?;
    Ok(reply::with_status(StatusCode::CREATED, &batch_json(app, id, &batch)))
}

pub async fn change(call: Call) -> Result<Reply, Refusal> {
    let (id, changes) = (call.number_in_path("id")?, Changes::read(&call.fields)?);
    let app = &call.edge.app;
    let batch = app.change_batch(call.by()?, id, |batch| changes.apply(batch)).await?;
    Ok(reply::json(&batch_json(app, id, &batch)))
}

pub async fn delete(call: Call) -> Result<Reply, Refusal> {
    call.edge.app.delete_batch(call.by()?, call.number_in_path("id")?).await?;
    Ok(reply::json(&json!({ "sucess": "删除成功" })))
}

/// A label was scanned: what it says is the device's.
pub async fn verified(call: Call) -> Result<Reply, Refusal> {
    let (sn, cpuid) = (call.fields.serial("DeviceSN")?, call.fields.serial("CPUID")?);
    call.edge.app.label_verified(call.by()?, sn, cpuid).await?;
    Ok(reply::json(&json!({ "reqStatus": "sucess" })))
}
