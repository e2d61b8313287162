//! Finds the actor: address, cookie or token, and whether the page is ours.

use super::reply::Reply;
use crate::app::{App, now};
use crate::domain::account::Actor;
use crate::domain::refusal::{Code, Refusal};
use hyper::HeaderMap;
use hyper::header::{self, HeaderValue};
use hyper::http::uri::Authority;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

#[derive(Clone, Copy, Debug)]
pub struct Peer {
    pub address: SocketAddr,
    pub is_tls: bool,
}

/// Where a request comes from, seen through trusted proxies.
#[derive(Clone, Debug)]
pub struct Origin {
    pub ip: IpAddr,
    /// From the box itself, without a proxy, under a name of its own: a page that reaches us by DNS rebinding sends its own name.
    pub is_loopback: bool,
    /// Whether the browser uses HTTPS, which a trusted proxy may end.
    pub is_tls: bool,
    /// This box's names, as in `Host`: with any non-default port.
    hosts: Vec<String>,
}

const FORWARDED: [&str; 4] = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded"];

fn values<'h>(headers: &'h HeaderMap, name: &str) -> impl DoubleEndedIterator<Item = &'h str> {
    headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).map(str::trim)
}

/// Some proxies add a port or a scope.
fn address_of(hop: &str) -> Option<IpAddr> {
    let with_port = || hop.parse::<SocketAddr>().map(|address| address.ip());
    let bare = || hop.split('%').next().unwrap_or_default().trim_matches(['[', ']']).parse();
    hop.parse().or_else(|_| with_port()).or_else(|_| bare()).ok()
}

impl Origin {
    pub fn of(headers: &HeaderMap, peer: Peer, trusted: &[IpNet]) -> Self {
        let direct = peer.address.ip().to_canonical();
        let is_trusted = |ip: &IpAddr| trusted.iter().any(|network| network.contains(ip));
        let was_forwarded = FORWARDED.iter().any(|name| headers.contains_key(*name));
        let mut ip = direct;
        // From the nearest hop outwards, while the reporting hop is trusted.
        for hop in values(headers, "x-forwarded-for").rev() {
            match address_of(hop) {
                Some(hop) if is_trusted(&ip) => ip = hop.to_canonical(),
                _ => break,
            }
        }
        let forwarded = |name| values(headers, name).next().filter(|_| is_trusted(&direct));
        let hosts: Vec<String> = forwarded("x-forwarded-host").into_iter().chain(host(headers)).map(str::to_owned).collect();
        let is_loopback = direct.is_loopback() && !was_forwarded && host(headers).is_none_or(is_loopback_name);
        // A proxy may append to a client's claim: all must agree.
        let mut schemes = values(headers, "x-forwarded-proto").filter(|_| is_trusted(&direct)).peekable();
        let is_tls = peer.is_tls || schemes.peek().is_some() && schemes.all(|scheme| scheme.eq_ignore_ascii_case("https"));
        Self { ip, is_loopback, is_tls, hosts }
    }

    /// The address that the browser has of this box; none if that is one of this machine alone.
    pub fn url(&self) -> Option<String> {
        const CHARS_MAX: usize = 100;
        let host = self.hosts.first().filter(|host| host.len() <= CHARS_MAX && !host.contains('@') && !is_loopback_name(host))?;
        let scheme = if self.is_tls { "https" } else { "http" };
        site(scheme, host).map(|_| format!("{scheme}://{host}"))
    }

    /// CSRF: the page a browser names must be ours.
    pub fn check_same_site(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
        let origin = origin.to_str().unwrap_or_default();
        let scheme = if self.is_tls { "https" } else { "http" };
        let theirs = origin.split_once("://").and_then(|(scheme, authority)| site(scheme, authority));
        if theirs.is_some() && self.hosts.iter().any(|host| site(scheme, host) == theirs) {
            return Ok(());
        }
        let ours = self.hosts.first().map_or_else(String::new, |host| format!("{scheme}://{host}"));
        let told: String = origin.chars().take(200).collect();
        Err(Refusal::new(
            Code::Forbidden,
            format!(
                "拒绝来自其他网站的请求：网页地址是 {told}，而收到的地址是 {ours}。如果前面有反向代理，请让它转发 Host、X-Forwarded-Host 和 X-Forwarded-Proto，并在设置 trusted_proxies 中加入代理的地址"
            ),
            format!(
                "a request from another site is refused: the page is at {told}, and this was asked of {ours}. If there is a reverse proxy in front, have it pass on Host, X-Forwarded-Host and X-Forwarded-Proto, and name its address in the setting trusted_proxies"
            ),
        ))
    }
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST).map(|host| host.to_str().unwrap_or_default())
}

fn name_of(host: &str) -> &str {
    match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, _)) => name,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    }
}

fn is_loopback_name(host: &str) -> bool {
    let name = name_of(host);
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// Same origin (RFC 6454 §4).
fn site(scheme: &str, authority: &str) -> Option<(String, String, u16)> {
    let authority = authority.parse::<Authority>().ok()?;
    let scheme = scheme.to_ascii_lowercase();
    let own_port = match scheme.as_str() {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let port = if authority.port().is_some() { authority.port_u16()? } else { own_port };
    Some((scheme, authority.host().to_ascii_lowercase(), port))
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

/// Credentials need HTTPS, except on the box itself or with `allow_plain_http`.
pub fn check_transport(app: &App, origin: &Origin) -> Result<(), Refusal> {
    if origin.is_tls || origin.is_loopback || app.settings().allow_plain_http {
        return Ok(());
    }
    Err(Refusal::new(Code::Forbidden, "请使用 HTTPS 访问", "please use HTTPS"))
}

/// If a token is given, only it counts.
pub fn actor(app: &App, headers: &HeaderMap, origin: &Origin) -> Result<Option<Actor>, Refusal> {
    if let Some(token) = token(headers) {
        check_transport(app, origin)?;
        return app.token_actor(token);
    }
    match cookie(headers) {
        Some(secret) => {
            check_transport(app, origin)?;
            app.session_actor(secret, now())
        }
        None => Ok(None),
    }
}

/// `secret`: `None` removes the cookie.
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

    fn of(pairs: &[(&'static str, &'static str)], peer: &str, trusted: &[&str]) -> Origin {
        let peer = Peer { address: SocketAddr::new(peer.parse().unwrap(), 1), is_tls: false };
        Origin::of(&headers(pairs), peer, &trusted.iter().map(|t| t.parse().unwrap()).collect::<Vec<_>>())
    }

    #[test]
    fn a_proxy_counts_only_when_trusted_and_is_never_loopback() {
        let from = |forwarded: &'static str, trusted: &[&str]| {
            let origin = of(&[("x-forwarded-for", forwarded)], "127.0.0.1", trusted);
            (origin.ip.to_string(), origin.is_loopback)
        };
        assert_eq!(from("10.0.0.9", &[]), ("127.0.0.1".into(), false));
        assert_eq!(from("10.0.0.9", &["127.0.0.1/32"]), ("10.0.0.9".into(), false));
        assert_eq!(from("10.0.0.9", &["127.0.0.0/8"]), ("10.0.0.9".into(), false));
        // The client's own claim stands left of what the proxy saw.
        assert_eq!(from("127.0.0.1, 10.0.0.9", &["127.0.0.1/32"]), ("10.0.0.9".into(), false));
        for (written, ip) in [
            ("1.2.3.4:5678", "1.2.3.4"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("nonsense", "127.0.0.1"),
        ] {
            assert_eq!(from(written, &["127.0.0.1/32"]).0, ip, "{written}");
        }
        assert!(of(&[], "::ffff:127.0.0.1", &[]).is_loopback);
    }

    #[test]
    fn only_a_loopback_name_is_the_box_itself() {
        for (host, is_loopback) in [
            ("localhost", true),
            ("LOCALHOST:8080", true),
            ("127.0.0.1:8080", true),
            ("127.1.2.3", true),
            ("[::1]:8080", true),
            ("evil.example", false),
            ("localhost.evil.example:8080", false),
            ("10.0.0.1", false),
            ("", false),
        ] {
            assert_eq!(of(&[("host", host)], "127.0.0.1", &[]).is_loopback, is_loopback, "{host}");
            assert!(!of(&[("host", host)], "10.0.0.9", &[]).is_loopback);
        }
        for name in FORWARDED {
            assert!(!of(&[("host", "localhost"), (name, "localhost")], "127.0.0.1", &["127.0.0.1/32"]).is_loopback, "{name}");
        }
    }

    #[test]
    fn https_may_end_at_a_trusted_proxy() {
        let is_tls = |scheme: &'static str, trusted: &[&str]| of(&[("x-forwarded-proto", scheme)], "10.0.0.2", trusted).is_tls;
        assert!(is_tls("https", &["10.0.0.0/8"]) && is_tls("HTTPS", &["10.0.0.2/32"]));
        assert!(!is_tls("https", &[]) && !is_tls("https", &["10.0.0.3/32"]) && !is_tls("http", &["10.0.0.0/8"]));
        assert!(is_tls("https, https", &["10.0.0.0/8"]) && !is_tls("https, http", &["10.0.0.0/8"]));
    }

    #[test]
    fn only_our_own_pages_may_act() {
        let check = |host: &'static str, origin: &'static str| {
            let pairs = [("host", host), ("origin", origin)];
            of(&pairs, "10.0.0.9", &[]).check_same_site(&headers(&pairs)).is_ok()
        };
        assert!(check("box:8080", "http://box:8080") && check("box:80", "http://box") && check("Box", "http://box:80"));
        assert!(check("[::1]:8080", "http://[::1]:8080"));
        for origin in
            ["null", "http://evil", "http://box", "http://box:8080.evil", "https://box:8080", "http://box:80", "box:8080", ""]
        {
            assert!(!check("box:8080", origin), "{origin}");
        }
        // Default ports differ by scheme.
        assert!(!check("box:443", "http://box") && !check("box", "https://box"));
        assert!(of(&[], "10.0.0.9", &[]).check_same_site(&HeaderMap::new()).is_ok());
    }

    #[test]
    fn behind_a_trusted_proxy_the_browsers_own_name_counts() {
        let pairs = [
            ("host", "127.0.0.1:8080"),
            ("x-forwarded-host", "labels.factory.example"),
            ("x-forwarded-proto", "https"),
            ("origin", "https://labels.factory.example"),
        ];
        assert!(of(&pairs, "127.0.0.1", &["127.0.0.1/32"]).check_same_site(&headers(&pairs)).is_ok());
        let refusal = of(&pairs, "127.0.0.1", &[]).check_same_site(&headers(&pairs)).unwrap_err();
        for word in ["https://labels.factory.example", "http://127.0.0.1:8080", "trusted_proxies", "X-Forwarded-Host"] {
            assert!(refusal.zh.contains(word) && refusal.en.contains(word), "{word}");
        }
    }
}
