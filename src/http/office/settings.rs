//! The box's settings, all from their rows (domain/settings.rs).

use crate::app::App;
use crate::domain::refusal::Refusal;
use crate::domain::setting::{Group, Kind};
use crate::domain::settings::{ROWS, Row, Settings};
use crate::http::edge::call::Call;
use crate::http::edge::reply::{self, Reply};
use serde_json::{Map, Value, json};

fn now(app: &App) -> Result<Reply, Refusal> {
    // Read first: a concurrent change is noticed when it is sent back.
    let version = app.settings_version()?;
    let settings = app.settings();
    let mut all: Map<String, Value> = ROWS.iter().map(|row| (row.name.to_owned(), json!((row.get)(&settings)))).collect();
    all.insert("version".into(), json!(version));
    all.insert("fixed".into(), app.fixed_settings().collect());
    Ok(reply::json(&Value::Object(all)))
}

pub async fn settings(call: Call) -> Result<Reply, Refusal> {
    now(&call.edge.app)
}

pub async fn change(call: Call) -> Result<Reply, Refusal> {
    let mut changes = Vec::new();
    let seen = call.fields.natural_or_none("version")?;
    for (name, value) in call.fields.iter().filter(|(name, _)| *name != "version") {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            Value::Array(parts) => parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
            other => other.to_string(),
        };
        changes.push((name.clone(), text));
    }
    call.edge.app.change_settings(call.by()?, changes, seen).await?;
    now(&call.edge.app)
}

pub async fn about(call: Call) -> Result<Reply, Refusal> {
    let defaults = Settings::default();
    let one = |row: &Row| {
        let mut about = json!({
            "name": row.name,
            "label": call.language.pick(row.label.0, row.label.1),
            "help": call.language.pick(row.help.0, row.help.1),
            "default": (row.get)(&defaults),
            "kind": word(&row.kind),
        });
        match row.kind {
            Kind::Natural { from, to, step } => (about["from"], about["to"], about["step"]) = (json!(from), json!(to), json!(step)),
            Kind::Number { from, to, step } => (about["from"], about["to"], about["step"]) = (json!(from), json!(to), json!(step)),
            Kind::Choice(words) => {
                about["choices"] = words.iter().map(|(value, label)| json!({ "value": value, "label": label })).collect();
            }
            Kind::Switch | Kind::Text(_) | Kind::List(_) => {}
        }
        about
    };
    let group = |(group, (zh, en)): (Group, (&str, &str))| {
        let settings: Vec<Value> = ROWS.iter().filter(|row| row.group == group).map(one).collect();
        json!({ "label": call.language.pick(zh, en), "settings": settings })
    };
    Ok(reply::json(&json!({ "groups": Group::ALL.map(group) })))
}

fn word(kind: &Kind) -> &'static str {
    match kind {
        Kind::Switch => "switch",
        Kind::Natural { .. } => "natural",
        Kind::Number { .. } => "number",
        Kind::Choice(_) => "choice",
        Kind::Text(_) => "text",
        Kind::List(_) => "list",
    }
}

fn choices(words: &[(&str, &str)]) -> String {
    words.iter().map(|(word, _)| format!("'{word}'")).collect::<Vec<_>>().join("|")
}

fn notation(mark: &str, kind: impl Fn(&Kind) -> String) -> String {
    let fields: Vec<String> = ROWS.iter().map(|row| format!("{}{mark}: {}", row.name, kind(&row.kind))).collect();
    format!("({})", fields.join(", "))
}

/// In the notation of operations.rs.
pub fn in_force() -> String {
    notation("", |kind| match kind {
        Kind::Switch => "bool".into(),
        Kind::Natural { .. } => "natural".into(),
        Kind::Number { .. } => "number".into(),
        Kind::Choice(words) => choices(words),
        Kind::Text(text) if text.may_be_null => "text|null".into(),
        Kind::Text(_) => "text".into(),
        Kind::List(_) => "[text]".into(),
    })
}

pub fn changed() -> String {
    notation("?", |kind| match kind {
        Kind::Switch => "flag".into(),
        Kind::Natural { from, to, .. } => format!("natural {from}..{to}"),
        Kind::Number { from, to, .. } => format!("number {from}..{to}"),
        Kind::Choice(words) => choices(words),
        Kind::Text(text) if text.may_be_null => "text|null".into(),
        Kind::Text(_) => "text".into(),
        Kind::List(_) => "[text]|text".into(),
    })
}
