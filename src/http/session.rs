//! Who is asking: the address behind a request, the cookie, the token, and whether the page it comes from is ours.

use super::reply::Reply;
use crate::app::{App, now};
use crate::domain::account::Actor;
use crate::domain::refusal::{Code, Refusal};
use hyper::HeaderMap;
use hyper::header::{self, HeaderValue};
use std::net::{IpAddr, SocketAddr};

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    pub address: SocketAddr,
    pub is_tls: bool,
}

/// Where a request comes from, with trusted proxies seen through.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    pub ip: IpAddr,
    /// On the box itself, with no proxy between.
    pub is_loopback: bool,
    pub is_tls: bool,
}

impl Origin {
    pub fn of(headers: &HeaderMap, peer: Peer, trusted: &[IpAddr]) -> Self {
        let direct = peer.address.ip().to_canonical();
        let forwarded: Vec<&str> =
            headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).collect();
        let was_forwarded = headers.contains_key("x-forwarded-for");
        let mut ip = direct;
        // From the nearest hop outwards, for as long as the hop that says so is trusted.
        for hop in forwarded.iter().rev() {
            match hop.trim().parse::<IpAddr>() {
                Ok(hop) if trusted.contains(&ip) => ip = hop.to_canonical(),
                _ => break,
            }
        }
        Self { ip, is_loopback: direct.is_loopback() && !was_forwarded, is_tls: peer.is_tls }
    }
}

const COOKIE: &str = "sid";

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    cookies.filter_map(|pair| pair.trim().split_once('=')).find(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Passwords and tokens travel over HTTPS, or not at all beyond the box.
pub fn check_transport(app: &App, origin: Origin) -> Result<(), Refusal> {
    if origin.is_tls || origin.is_loopback || app.settings().allow_plain_http {
        return Ok(());
    }
    Err(Refusal::new(Code::Forbidden, "请使用 HTTPS 访问", "please use HTTPS"))
}

/// Who is logged in; a token, where one is given, is all that counts.
pub fn actor(app: &App, headers: &HeaderMap, origin: Origin) -> Result<Option<Actor>, Refusal> {
    if let Some(token) = token(headers) {
        check_transport(app, origin)?;
        return app.token_actor(token);
    }
    match cookie(headers) {
        Some(secret) => app.session_actor(secret, now()),
        None => Ok(None),
    }
}

/// A page of another site must not act in a user's name: where a browser says what page a request comes from, it has to be ours.
pub fn check_same_site(headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let own = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let authority = origin.to_str().ok().and_then(|o| o.strip_prefix("http://").or_else(|| o.strip_prefix("https://")));
    let is_same = |authority: &str| {
        let own = own.strip_suffix(":80").or_else(|| own.strip_suffix(":443")).unwrap_or(own);
        !own.is_empty() && authority.eq_ignore_ascii_case(own)
    };
    if authority.is_some_and(is_same) {
        return Ok(());
    }
    Err(Refusal::new(Code::Forbidden, "拒绝来自其他网站的请求", "a request from another site is refused"))
}

/// `secret`: `None` takes the cookie away.
pub fn set_cookie(reply: &mut Reply, secret: Option<&str>, is_tls: bool) {
    let secure = if is_tls { "; Secure" } else { "" };
    let cookie = match secret {
        Some(secret) => format!("{COOKIE}={secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=604800{secure}"),
        None => format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{secure}"),
    };
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        reply.headers_mut().append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse::<header::HeaderName>().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_proxy_counts_only_when_trusted_and_is_never_loopback() {
        let peer = |address: &str| Peer { address: SocketAddr::new(address.parse().unwrap(), 1), is_tls: false };
        let proxy: IpAddr = "127.0.0.1".parse().unwrap();
        let of = |xff: &'static str, trusted: &[IpAddr]| {
            let origin = Origin::of(&headers(&[("x-forwarded-for", xff)]), peer("127.0.0.1"), trusted);
            (origin.ip.to_string(), origin.is_loopback)
        };
        assert_eq!(of("10.0.0.9", &[]), ("127.0.0.1".into(), false));
        assert_eq!(of("10.0.0.9", &[proxy]), ("10.0.0.9".into(), false));
        // What the client itself claims stands left of what the proxy saw.
        assert_eq!(of("127.0.0.1, 10.0.0.9", &[proxy]), ("10.0.0.9".into(), false));
        assert!(Origin::of(&HeaderMap::new(), peer("::ffff:127.0.0.1"), &[]).is_loopback);
    }

    #[test]
    fn only_our_own_pages_may_act() {
        let check = |origin: &'static str| check_same_site(&headers(&[("host", "box:8080"), ("origin", origin)])).is_ok();
        assert!(check("http://box:8080") && check("https://box:8080"));
        assert!(!check("null") && !check("http://evil") && !check("http://box") && !check("http://box:8080.evil"));
        assert!(check_same_site(&headers(&[("host", "box:80"), ("origin", "http://box")])).is_ok());
        assert!(check_same_site(&HeaderMap::new()).is_ok());
    }
}
