//! Dispatches a request: actor, permission, body, handler.

use super::body;
use super::budget::Who;
use super::call::{Access, Call, Route, Takes, Upgrade, nothing_here};
use super::fields::Fields;
use super::reply::{self, Language, Reply};
use super::session::{self, Origin, Peer};
use super::ui;
use crate::app::App;
use crate::domain::account::Actor;
use crate::domain::refusal::Refusal;
use crate::http::Edge;
use crate::http::invoice::upload as invoice;
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{HeaderMap, Method, Request, StatusCode};
use std::collections::HashMap;
use std::sync::Arc;

pub async fn answer(edge: Arc<Edge>, peer: Peer, request: Request<Incoming>) -> Reply {
    let language = Language::of(request.headers());
    let path = request.uri().path();
    // Old clients may end a path in `.action`.
    let plain_path = path.strip_suffix(".action").filter(|p| p.starts_with("/invoice/")).unwrap_or(path);
    let found = edge.router.by_path.at(plain_path);
    let mut reply = match found {
        Ok(found) => match found.value.iter().find(|route| route.methods.has(request.method())) {
            Some(route) => {
                let captured = found.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
                let through = pass(edge.clone(), peer, route, captured, language, request).await;
                through.unwrap_or_else(|refusal| reply::refusal(&refusal, language))
            }
            None if path == "/login" => ui::page(&request).unwrap_or_else(|| not_allowed(found.value, language)),
            None => not_allowed(found.value, language),
        },
        Err(_) => ui::page(&request).unwrap_or_else(|| reply::refusal(&nothing_here(), language)),
    };
    reply::finish(&mut reply, peer.is_tls && edge.app.settings().hsts);
    reply
}

async fn pass(
    edge: Arc<Edge>,
    peer: Peer,
    route: &'static Route,
    captured: HashMap<String, String>,
    language: Language,
    request: Request<Incoming>,
) -> Result<Reply, Refusal> {
    let settings = edge.app.settings();
    let origin = Origin::of(request.headers(), peer, &settings.trusted_proxies);
    let is_upgrade = request.headers().contains_key(header::UPGRADE);
    let (mut parts, body) = request.into_parts();
    let let_in = || {
        let version = edge.app.accounts_version();
        let actor = permitted(&edge, route, &parts.headers, &origin, is_upgrade)?;
        can_take(&edge.app, route.takes)?;
        Ok((actor, version))
    };
    let (mut actor, version) = match let_in() {
        Ok(found) => found,
        Err(refusal) => {
            body::drain(body);
            return Err(refusal);
        }
    };
    if actor.is_some() {
        edge.budgets.note_familiar(origin.ip);
    }
    let query = Fields::of_query(parts.uri.query().unwrap_or_default());
    let fields = if parts.method == Method::GET || parts.method == Method::HEAD {
        Fields::of_query(parts.uri.query().unwrap_or_default())
    } else {
        let who = actor.as_ref().map_or(Who::at(origin.ip), |actor| Who::User(actor.user));
        let limits = route.takes.limits(settings.max_upload_mib);
        let read = body::receive(&parts.headers, body, limits, &edge.app.blobs, &edge.budgets, who).await;
        let fields = read.map_err(|refusal| invoice::too_large(route, refusal))?;
        // Access may have been revoked meanwhile.
        if edge.app.accounts_version() != version {
            actor = permitted(&edge, route, &parts.headers, &origin, is_upgrade)?;
        }
        fields
    };
    let headers = if is_upgrade { parts.headers.clone() } else { std::mem::take(&mut parts.headers) };
    let upgrade = is_upgrade.then(|| Upgrade(Request::from_parts(parts, ())));
    let call = Call { edge, origin, language, headers, captured, fields, query, upgrade, access: &route.access, actor };
    if route.methods.changes_something() {
        // Finishes even if the client hangs up.
        return tokio::spawn((route.handler)(call)).await.unwrap_or_else(|_| Err(Refusal::internal()));
    }
    (route.handler)(call).await
}

/// Refuses early what would be refused after the upload.
fn can_take(app: &App, takes: Takes) -> Result<(), Refusal> {
    if takes == Takes::Backup {
        app.check_is_new()?;
    }
    if takes.has_files() { app.store.has_room() } else { Ok(()) }
}

/// The actor, if allowed; `None` on open routes.
fn permitted(
    edge: &Edge,
    route: &'static Route,
    headers: &HeaderMap,
    origin: &Origin,
    is_upgrade: bool,
) -> Result<Option<Actor>, Refusal> {
    if route.methods.changes_something() || is_upgrade {
        origin.check_same_site(headers)?;
    }
    if matches!(route.access, Access::Open) {
        return Ok(None);
    }
    let actor = session::actor(&edge.app, headers, origin)?.ok_or_else(Refusal::unauthenticated)?;
    let needed = route.access.permissions();
    let may = needed.is_empty() || needed.iter().any(|p| actor.may(*p));
    if may { Ok(Some(actor)) } else { Err(Refusal::no_permission()) }
}

fn not_allowed(allowed: &[&'static Route], language: Language) -> Reply {
    let refusal = Refusal::malformed("不支持这种请求方法", "this method is not allowed here");
    let mut reply = reply::refusal(&refusal, language);
    *reply.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    let names: Vec<&str> = allowed.iter().flat_map(|route| route.methods.names()).copied().collect();
    if let Ok(value) = HeaderValue::from_str(&names.join(", ")) {
        reply::set(&mut reply, header::ALLOW, value);
    }
    reply
}
