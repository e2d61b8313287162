//! The embedded pages: precompressed, named by content hash, revalidated.

use super::call::Call;
use super::reply::{self, Reply};
use super::tls;
use crate::domain::refusal::Refusal;
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, StatusCode};
use rust_embed::{EmbeddedFile, RustEmbed};
use serde_json::json;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

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

/// The pages' paths, as in web/src/router.ts.
pub const PAGES: &[&str] = &[
    "/",
    "/login",
    "/labels",
    "/handheld",
    "/console",
    "/templates",
    "/templates/new",
    "/templates/{id}",
    "/queue",
    "/faults",
    "/invoices",
    "/invoices/{id}",
    "/invoices/portal",
    "/account",
    "/people",
    "/log",
    "/system",
];

fn is_page(path: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let asked = path.trim_end_matches('/').split('/');
    PAGES.iter().any(|page| {
        let page = page.trim_end_matches('/').split('/');
        page.clone().count() == asked.clone().count()
            && page.zip(asked.clone()).all(|(own, part)| own == part || own == "{id}" && is_number(part))
    })
}

/// A file, or the page itself at a page's address. Elsewhere browsers get a page that says so, others `None`: a client must not
/// take HTML for an answer.
pub fn page<B>(request: &Request<B>) -> Option<Reply> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return None;
    }
    let path = request.uri().path();
    let header = |name| request.headers().get(name).and_then(|v: &HeaderValue| v.to_str().ok()).unwrap_or_default();
    let file = path.trim_start_matches('/');
    let is_asset = file.starts_with("assets/");
    let (file, status) = if !file.is_empty() && Assets::get(file).is_some() {
        (file, StatusCode::OK)
    } else if is_page(path) {
        (INDEX, StatusCode::OK)
    } else if header(header::ACCEPT).contains("text/html") && !is_asset {
        (INDEX, StatusCode::NOT_FOUND)
    } else {
        return None;
    };
    let name = file;
    let (file, coding) = encoded(name, header(header::ACCEPT_ENCODING))?;
    let hash: String = file.metadata.sha256_hash().iter().take(16).map(|b| format!("{b:02x}")).collect();
    let etag = format!("\"{hash}\"");
    let is_known = status == StatusCode::OK && header(header::IF_NONE_MATCH) == etag;
    let body = if is_known { reply::full("") } else { reply::full(bytes::Bytes::from(file.data.into_owned())) };
    let status = if is_known { StatusCode::NOT_MODIFIED } else { status };
    let mut reply = reply::new(status, media_type(name), body);
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        reply::set(&mut reply, header::ETAG, etag);
    }
    if let Some(coding) = coding {
        reply::set(&mut reply, header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    reply::set(&mut reply, header::VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    let cache = if is_asset { "public, max-age=31536000, immutable" } else { "no-cache" };
    reply::set(&mut reply, header::CACHE_CONTROL, HeaderValue::from_static(cache));
    Some(reply)
}

fn ca(call: &Call) -> Result<Vec<u8>, Refusal> {
    let none = || {
        Refusal::not_found(
            "没有 CA 证书：HTTPS 未启用，或使用的是您自己的证书",
            "there is no CA certificate: HTTPS is off, or has a certificate of your own",
        )
    };
    let is_on = call.edge.reach.https_port().is_some();
    tls::ca_certificate(call.edge.app.dir()).filter(|_| is_on).ok_or_else(none)
}

pub async fn ca_pem(call: Call) -> Result<Reply, Refusal> {
    Ok(reply::new(StatusCode::OK, "application/x-pem-file", reply::full(ca(&call)?)))
}

/// As Windows and phones take it.
pub async fn ca_crt(call: Call) -> Result<Reply, Refusal> {
    let der = CertificateDer::from_pem_slice(&ca(&call)?).map_err(|_| Refusal::internal())?;
    Ok(reply::new(StatusCode::OK, "application/x-x509-ca-cert", reply::full(der.to_vec())))
}

pub async fn healthy(_: Call) -> Result<Reply, Refusal> {
    Ok(reply::json(&json!({ "status": "ok" })))
}

/// Once the box listens, everything is open.
pub async fn ready(call: Call) -> Result<Reply, Refusal> {
    call.edge.app.store.read(crate::app::queues::sizes)?;
    Ok(reply::json(&json!({ "status": "ready" })))
}
