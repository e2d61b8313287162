//! Logging in and out, who one is, and the box's settings.

use super::call::Call;
use super::reply::{self, Reply};
use super::{session, wire};
use crate::app::sessions::Login;
use crate::app::{App, accounts, groups, users};
use crate::domain::refusal::Refusal;
use crate::domain::serials::SerialFormat;
use crate::domain::settings::{Encoding, Settings};
use crate::store::StoreError;
use hyper::StatusCode;
use hyper::header::{self, HeaderValue};
use serde_json::{Value, json};

pub async fn log_in(call: Call) -> Result<Reply, Refusal> {
    let app = &call.edge.app;
    if let Err(refusal) = session::check_transport(app, &call.origin) {
        // The page can't know where HTTPS is; it is on the same host.
        return Ok(reply::refusal_with(&refusal, call.language, "https_port", json!(call.edge.https_port)));
    }
    let name = call.fields.text("username")?.to_owned();
    let password = call.fields.text("passwd")?.to_owned();
    let _held = call.edge.budgets.log_ins(call.origin.ip)?;
    let may_use_default = call.origin.is_loopback || app.settings().allow_default_password;
    let status = |word: &str| reply::json(&json!({ "reqStatus": word }));
    Ok(match app.log_in(name, password, call.origin.ip, may_use_default).await? {
        Login::UnknownUser => status("userError"),
        Login::WrongPassword => status("passwdError"),
        Login::Locked { retry_after } => {
            let body = json!({ "reqStatus": "locked", "retryAfter": retry_after });
            let mut reply = reply::with_status(StatusCode::TOO_MANY_REQUESTS, &body);
            reply::set(&mut reply, header::RETRY_AFTER, HeaderValue::from(retry_after));
            reply
        }
        Login::Welcome { secret } => {
            call.edge.budgets.note_familiar(call.origin.ip);
            let mut reply = status("sucess");
            session::set_cookie(&mut reply, Some(&secret), call.origin.is_tls);
            reply
        }
    })
}

pub async fn log_out(call: Call) -> Result<Reply, Refusal> {
    call.edge.app.log_out(call.actor()?.credential).await?;
    let mut reply = reply::json(&json!({ "reqStatus": "sucess" }));
    session::set_cookie(&mut reply, None, call.origin.is_tls);
    Ok(reply)
}

pub async fn me(call: Call) -> Result<Reply, Refusal> {
    let actor = call.actor()?;
    let zone = call.edge.app.settings().zone();
    let user = call.edge.app.store.read(|view| {
        let Some(user) = users::by_id(view, actor.user)? else { return Ok(None) };
        let group = groups::of(view, &user)?;
        let company = accounts::company_name(view, user.company)?;
        let mut value = wire::user(&user, group.as_ref(), &company, &zone);
        value["default_password"] = json!(user.default_password);
        Ok::<_, StoreError>(Some(value))
    })?;
    Ok(reply::json(&user.ok_or_else(Refusal::unauthenticated)?))
}

fn settings_as_json(settings: &Settings) -> Value {
    json!({
        "allow_plain_http": settings.allow_plain_http,
        "allow_default_password": settings.allow_default_password,
        "device_sn_pattern": settings.device_sn_pattern,
        "device_sn_format": settings.device_sn_format.as_ref().map_or("", SerialFormat::text),
        "confidence_threshold": settings.confidence_threshold,
        "engine_timeout_s": settings.engine_timeout_s,
        "engine_retries": settings.engine_retries,
        "engine_backoff_ms": settings.engine_backoff_ms,
        "engine_encoding": match settings.engine_encoding {
            Encoding::Gbk => "gbk",
            Encoding::Utf8 => "utf-8",
        },
        "engine_delay_ms": settings.engine_delay_ms,
        "max_upload_mib": settings.max_upload_mib,
        "trusted_proxies": settings.trusted_proxies.iter().map(network).collect::<Vec<_>>(),
        "hsts": settings.hsts,
        "timezone": settings.timezone,
        "backup_dir": settings.backup_dir,
        "backup_time": settings.backup_time.strftime("%H:%M").to_string(),
        "backup_keep": settings.backup_keep,
    })
}

/// A network of one address is that address.
fn network(network: &ipnet::IpNet) -> String {
    if network.prefix_len() == network.max_prefix_len() { network.addr().to_string() } else { network.to_string() }
}

fn settings_now(app: &App) -> Result<Reply, Refusal> {
    // Its version first: what changes meanwhile is found when it is sent back.
    let version = app.settings_version()?;
    let mut value = settings_as_json(&app.settings());
    value["version"] = json!(version);
    value["fixed"] = app.fixed_settings().collect();
    Ok(reply::json(&value))
}

pub async fn settings(call: Call) -> Result<Reply, Refusal> {
    settings_now(&call.edge.app)
}

pub async fn change_settings(call: Call) -> Result<Reply, Refusal> {
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
    settings_now(&call.edge.app)
}
