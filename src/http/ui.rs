//! The pages, from inside the binary: compressed beforehand, named by their content, asked again only when they may have changed.

use super::reply::{self, Reply};
use super::route::Call;
use crate::domain::refusal::Refusal;
use hyper::header::{self, HeaderValue};
use hyper::{Request, StatusCode};
use rust_embed::{EmbeddedFile, RustEmbed};
use serde_json::json;

#[derive(RustEmbed)]
#[folder = "web/dist"]
struct Assets;

const INDEX: &str = "index.html";

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map" | "webmanifest") => "application/json; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// The smallest form that the browser takes.
fn encoded(path: &str, accepted: &str) -> Option<(EmbeddedFile, Option<&'static str>)> {
    let accepts = |coding: &str| accepted.split(',').any(|a| a.split(';').next().is_some_and(|a| a.trim() == coding));
    for (coding, ending) in [("br", "br"), ("gzip", "gz")] {
        if accepts(coding)
            && let Some(file) = Assets::get(&format!("{path}.{ending}"))
        {
            return Some((file, Some(coding)));
        }
    }
    Assets::get(path).map(|file| (file, None))
}

/// A file of the pages, or for any other address the page itself, which finds its way from there.
pub fn page<B>(request: &Request<B>) -> Reply {
    let path = request.uri().path().trim_start_matches('/');
    let is_asset = path.starts_with("assets/");
    let path = if !path.is_empty() && Assets::get(path).is_some() { path } else { INDEX };
    if is_asset && path == INDEX {
        // A chunk of another version: the page has to notice, not to take HTML for a script.
        return reply::new(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", reply::full("not found"));
    }
    let accepted = request.headers().get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let Some((file, coding)) = encoded(path, accepted) else {
        return reply::new(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", reply::full("not found"));
    };
    let hash: String = file.metadata.sha256_hash().iter().take(16).map(|b| format!("{b:02x}")).collect();
    let etag = format!("\"{hash}\"");
    let is_known = request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let body = if is_known { reply::full("") } else { reply::full(bytes::Bytes::from(file.data.into_owned())) };
    let status = if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let mut reply = reply::new(status, media_type(path), body);
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        reply::set(&mut reply, header::ETAG, etag);
    }
    if let Some(coding) = coding {
        reply::set(&mut reply, header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    reply::set(&mut reply, header::VARY, HeaderValue::from_static("Accept-Encoding"));
    let cache = if is_asset { "public, max-age=31536000, immutable" } else { "no-cache" };
    reply::set(&mut reply, header::CACHE_CONTROL, HeaderValue::from_static(cache));
    reply
}

pub async fn healthy(_: Call) -> Result<Reply, Refusal> {
    Ok(reply::json(&json!({ "status": "ok" })))
}

/// It answers from the moment it listens: everything is open by then.
pub async fn ready(call: Call) -> Result<Reply, Refusal> {
    call.edge.app.store.read(crate::app::queues::sizes)?;
    Ok(reply::json(&json!({ "status": "ready" })))
}
