//! The queues for the pages.

use crate::app::queues;
use crate::domain::action::{Action, Job};
use crate::domain::ids::ActionId;
use crate::domain::progress::Match;
use crate::domain::refusal::Refusal;
use crate::domain::text::one_line;
use crate::http::edge::call::Call;
use crate::http::edge::reply::{self, Reply};
use crate::http::wire::spelling as wire;
use crate::http::wire::time;
use crate::store::{StoreError, View};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

const WAITING_MAX: usize = 200;
/// Waiting pictures per answer.
const LIMIT_MAX: u64 = 10_000;
const REASON_CHARS_MAX: usize = 200;

fn action(view: &View<'_>, action: &Action, zone: &TimeZone) -> Result<Value, StoreError> {
    let mut value = json!({
        "action_id": action.id,
        "action_kind": action.job.task().zh(),
        "user_id": action.user,
        "user_name": action.user_name,
        "company_name": action.company_name,
        "action_start_time": time::write(action.queued, zone),
    });
    if let Some(picture) = queues::picture_of(view, action)? {
        (value["url"], value["image_size"]) = (json!(wire::url(&picture)), json!(picture.kib()));
        value["file_name"] = json!(action.file_name);
    }
    match &action.job {
        Job::AddTemplate(draft) => value["model_label"] = json!(draft.layout.label),
        Job::ChangeTemplate(id, draft) => (value["model_id"], value["model_label"]) = (json!(id), json!(draft.layout.label)),
        Job::DeleteTemplate(id) => value["model_id"] = json!(id),
        Job::Recognise { .. } => {}
    }
    Ok(value)
}

pub async fn queue(call: Call) -> Result<Reply, Refusal> {
    let (actor, zone) = (call.actor()?, call.edge.app.settings().zone());
    // One look: a moving action must be in exactly one list.
    let answer = call.edge.app.store.read(|view| {
        let running = queues::running(view)?.into_iter().filter(|a| actor.sees(a.company));
        let running = running.map(|a| action(view, &a, &zone)).collect::<Result<Vec<_>, _>>()?;
        let waiting = queues::template_actions_waiting(view, WAITING_MAX, |a| actor.sees(a.company))?;
        let waiting = waiting.iter().map(|a| action(view, a, &zone)).collect::<Result<Vec<_>, _>>()?;
        let sizes = queues::sizes(view)?;
        let paused = queues::pause(view)?.map(|pause| wire::pause(&pause, &zone));
        Ok::<_, StoreError>(json!({
            "running": running.first(),
            "running_list": running,
            "manage_wait": waiting,
            "manage_size": sizes.manage,
            "recognize_size": sizes.recognise,
            "paused": paused,
            "usual_ms": queues::usual_ms(view)?,
        }))
    });
    let mut answer = answer?;
    if let Some(limit) = call.fields.natural_or_none("limit")? {
        let (actor, limit) = (actor.clone(), limit.clamp(1, LIMIT_MAX) as usize);
        let waiting = call.edge.app.look(move |view| {
            let waiting = queues::recognitions_waiting(view, limit, |a| actor.sees(a.company))?;
            waiting.iter().map(|(waits, _)| action(view, waits, &zone)).collect::<Result<Vec<_>, _>>()
        });
        answer["recognize_wait"] = Value::Array(waiting.await?);
    }
    Ok(reply::json(&answer))
}

/// Oldest first; template and candidates appear once the engine has reported them.
pub async fn console(call: Call) -> Result<Reply, Refusal> {
    let (actor, zone, language) = (call.actor()?, call.edge.app.settings().zone(), call.language);
    let reading = |matched: Match| {
        let (id, url, label) = match &matched.template {
            Some((id, picture, label)) => (json!(id), json!(wire::url(picture)), json!(label)),
            None => Default::default(),
        };
        let (url, label, kind) = match &matched.form {
            Some((kind, picture, page)) => (json!(wire::page_url(picture, *page)), json!(kind.zh()), json!(kind.word())),
            None => (url, label, Value::Null),
        };
        let candidates = wire::candidates(&matched.candidates, language);
        json!({ "model_id": id, "model_label": label, "url": url, "kind": kind, "candidates": candidates })
    };
    let running = call.edge.app.store.read(|view| {
        let running = queues::running(view)?.into_iter();
        let pictures = running.filter(|a| actor.sees(a.company) && matches!(a.job, Job::Recognise { .. }));
        let pictures = pictures.map(|a| Ok((a.id, action(view, &a, &zone)?))).collect::<Result<Vec<_>, StoreError>>()?;
        Ok::<_, StoreError>((pictures, queues::pause(view)?.map(|pause| wire::pause(&pause, &zone))))
    });
    let (running, paused) = running?;
    let told = |(id, mut action): (ActionId, Value)| {
        action["match"] = json!(call.edge.hub.matched(id).map(reading));
        action
    };
    Ok(reply::json(&json!({ "running": running.into_iter().map(told).collect::<Vec<_>>(), "paused": paused })))
}

fn done() -> Reply {
    reply::json(&json!({ "sucess": "操作成功" }))
}

pub async fn pause(call: Call) -> Result<Reply, Refusal> {
    let reason = one_line(call.fields.text_or_none("reason")?.unwrap_or_default());
    if reason.chars().count() > REASON_CHARS_MAX {
        return Err(Refusal::malformed("reason：最多 200 个字", "reason: at most 200 characters"));
    }
    call.edge.app.pause_queues(call.by()?, reason).await?;
    Ok(done())
}

pub async fn resume(call: Call) -> Result<Reply, Refusal> {
    call.edge.app.resume_queues(call.by()?).await?;
    Ok(done())
}

pub async fn cancel(call: Call) -> Result<Reply, Refusal> {
    call.edge.app.cancel_action(call.by()?, ActionId(call.number_in_path("id")?)).await?;
    Ok(done())
}

pub async fn run_next(call: Call) -> Result<Reply, Refusal> {
    call.edge.app.run_action_next(call.by()?, ActionId(call.number_in_path("id")?)).await?;
    Ok(done())
}
