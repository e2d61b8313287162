//! Log-in, log-out, and who is logged in.

use crate::app::sessions::Login;
use crate::app::{accounts, groups, users};
use crate::domain::refusal::Refusal;
use crate::http::edge::call::Call;
use crate::http::edge::reply::{self, Reply};
use crate::http::edge::session;
use crate::http::wire::spelling as wire;
use crate::http::wire::time;
use crate::store::StoreError;
use hyper::StatusCode;
use hyper::header::{self, HeaderValue};
use serde_json::json;

pub async fn log_in(call: Call) -> Result<Reply, Refusal> {
    let app = &call.edge.app;
    if let Err(refusal) = session::check_transport(app, &call.origin) {
        // The page can't know the port; the host is the same.
        return Ok(reply::refusal_with(&refusal, call.language, "https_port", json!(call.edge.reach.https_port())));
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
        value["must_change_password"] = json!(user.must_change_password);
        value["timezone"] = json!(time::zone_name(&zone));
        Ok::<_, StoreError>(Some(value))
    })?;
    Ok(reply::json(&user.ok_or_else(Refusal::unauthenticated)?))
}
