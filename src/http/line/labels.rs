//! Labels for the pages: outcomes, claims, conflicts. Not here: their looks (label_looks.rs).

use super::devices::{reason, reason_or_none};
use crate::app::claims::{self, ends};
use crate::app::corrections::{self, Decision};
use crate::app::labels::NotTold;
use crate::domain::device::{Conflict, ConflictKind, Label};
use crate::domain::lease::Claim;
use crate::domain::refusal::Refusal;
use crate::http::edge::call::Call;
use crate::http::edge::fields::too_many;
use crate::http::edge::reply::{self, Reply};
use crate::http::wire::time;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const SENT_MAX: usize = 1_000;
const CONFLICTS_MAX: usize = 1_000;

pub async fn sent(call: Call) -> Result<Reply, Refusal> {
    let mut labels = if call.fields.has("devices") { call.fields.labels("devices", SENT_MAX)? } else { Vec::new() };
    if labels.is_empty() || call.fields.has("DeviceSNList") {
        labels.extend(call.fields.labels("DeviceSNList", SENT_MAX)?);
    }
    if labels.len() > SENT_MAX {
        return Err(too_many("devices", SENT_MAX));
    }
    let reason = reason_or_none(&call.fields)?;
    let seen = call.fields.counts("seen")?;
    call.edge.app.labels_sent(call.by()?, labels, reason, seen).await?;
    Ok(reply::json(&json!({ "reqStatus": "sucess" })))
}

pub async fn came_out(call: Call) -> Result<Reply, Refusal> {
    let mut outcomes = BTreeMap::new();
    for (name, label) in [("printed", Label::Printed), ("failed", Label::Failed), ("unknown", Label::Unknown)] {
        let given = call.fields.has(name) && !call.fields.list(name)?.is_empty();
        for named in if given { call.fields.labels(name, SENT_MAX)? } else { Vec::new() } {
            let sn = named.sn.clone();
            if outcomes.insert(sn.clone(), (named, label)).is_some() {
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
    let told = call.edge.app.labels_came_out(call.by()?, outcomes.into_values().collect()).await?;
    let word = |why: &NotTold| match why {
        NotTold::Unknown => "not_found",
        NotTold::Changed => "changed",
        NotTold::Answered => "answered",
    };
    let failed: Map<String, Value> = told.not.iter().map(|(sn, why)| (sn.clone(), word(why).into())).collect();
    let status = if failed.is_empty() { "sucess" } else { "partial" };
    Ok(reply::json(&json!({ "reqStatus": status, "succeeded": told.done, "failed": failed })))
}

pub fn claims(claims: &BTreeMap<String, Claim>, zone: &TimeZone) -> Value {
    let one = |(sn, claim): (&String, &Claim)| {
        let value = json!({ "user_id": claim.user, "user_name": claim.user_name, "until": time::write(ends(claim), zone) });
        (sn.clone(), value)
    };
    Value::Object(claims.iter().map(one).collect())
}

pub async fn claim(call: Call) -> Result<Reply, Refusal> {
    let sns = call.fields.serials("DeviceSNList", SENT_MAX)?;
    let taken = call.edge.app.claim_labels(call.by()?, sns.clone()).await?;
    let claimed: Vec<&String> = sns.iter().filter(|sn| !taken.contains_key(*sn)).collect();
    Ok(reply::json(&json!({ "claimed": claimed, "taken": claims(&taken, &call.edge.app.settings().zone()) })))
}

pub async fn release(call: Call) -> Result<Reply, Refusal> {
    let sns = call.fields.serials("DeviceSNList", SENT_MAX)?;
    call.edge.app.release_labels(call.by()?, sns).await?;
    Ok(reply::json(&json!({ "reqStatus": "sucess" })))
}

pub async fn claimed(call: Call) -> Result<Reply, Refusal> {
    let app = &call.edge.app;
    Ok(reply::json(&json!({ "claims": claims(&app.store.read(claims::all)?, &app.settings().zone()) })))
}

fn conflict(conflict: &Conflict, zone: &TimeZone) -> Value {
    let pair = |pair: &Option<(String, String)>| pair.as_ref().map(|(sn, cpuid)| json!({ "DeviceSN": sn, "CPUID": cpuid }));
    let kind = match conflict.kind {
        ConflictKind::Registration => "registration",
        ConflictKind::Twins => "twins",
    };
    json!({
        "conflict_id": conflict.id,
        "kind": kind,
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
            "decision": if s.replaced { "replace" } else { "keep" },
        })),
    })
}

pub async fn conflicts(call: Call) -> Result<Reply, Refusal> {
    let (all, zone) = (call.fields.flag("all")?, call.edge.app.settings().zone());
    let found = call.edge.app.look(move |view| corrections::conflicts(view, all, CONFLICTS_MAX)).await?;
    Ok(reply::json(&json!({ "conflicts": found.iter().map(|c| conflict(c, &zone)).collect::<Vec<_>>() })))
}

pub async fn settle(call: Call) -> Result<Reply, Refusal> {
    let id = call.number_in_path("id")?;
    let reason = reason(&call.fields)?;
    let replace = match call.fields.text_or_none("decision")? {
        None | Some("keep") => false,
        Some("replace") => true,
        Some(_) => return Err(Refusal::malformed("decision：应为 keep 或 replace", "decision: must be keep or replace")),
    };
    let seen = call.fields.serial_or_none("seen")?;
    let settled = call.edge.app.settle_conflict(call.by()?, id, Decision { reason, replace, seen }).await?;
    Ok(reply::json(&conflict(&settled, &call.edge.app.settings().zone())))
}
