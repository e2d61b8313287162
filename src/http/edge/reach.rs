//! Where others reach the box, and where it is reached on its own machine. Not here: the name on the local network (mdns.rs).

use super::call::Call;
use super::reply::{self, Reply};
use super::tls;
use crate::domain::refusal::Refusal;
use crate::labels::qr;
use crate::mdns::LocalName;
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

#[derive(Clone, Copy, Debug)]
pub struct Bound {
    pub address: SocketAddr,
    pub is_tls: bool,
}

#[derive(Debug)]
pub struct Reach {
    pub bound: Vec<Bound>,
    pub name: Arc<LocalName>,
}

/// Why nobody else reaches the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alone {
    /// It listens on this machine's own address only.
    Loopback,
    /// Others may not log in over HTTP, and HTTPS is off.
    PlainHttp,
}

impl Alone {
    fn word(self) -> &'static str {
        match self {
            Self::Loopback => "loopback",
            Self::PlainHttp => "plain_http",
        }
    }
}

const ADDRESSES_MAX: usize = 8;

impl Bound {
    pub fn scheme(self) -> &'static str {
        if self.is_tls { "https" } else { "http" }
    }

    /// At a name, or an address as it is written in URLs.
    fn url(self, host: &str) -> String {
        let (port, own) = (self.address.port(), if self.is_tls { 443 } else { 80 });
        let scheme = self.scheme();
        if port == own { format!("{scheme}://{host}") } else { format!("{scheme}://{host}:{port}") }
    }

    /// A socket on all IPv4 addresses has no IPv6 one.
    fn ips(self) -> Vec<IpAddr> {
        let ip = self.address.ip();
        if !ip.is_unspecified() {
            return vec![ip];
        }
        let mut ips: Vec<IpAddr> = tls::addresses().into_iter().filter(|own| own.is_ipv4() || ip.is_ipv6()).collect();
        let outwards = address_outwards();
        ips.sort_by_key(|ip| (Some(*ip) != outwards, ip.is_ipv6()));
        ips
    }

    pub fn is_for_others(self) -> bool {
        !self.address.ip().to_canonical().is_loopback()
    }
}

fn in_url(ip: IpAddr) -> String {
    if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() }
}

/// Of the network that leads elsewhere: where there are several, the one that people mean.
fn address_outwards() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // Sends nothing; finds the route.
    socket.connect((Ipv4Addr::new(203, 0, 113, 1), 9)).ok()?;
    socket.local_addr().ok().map(|own| own.ip())
}

impl Reach {
    pub fn https_port(&self) -> Option<u16> {
        self.bound.iter().find(|one| one.is_tls).map(|one| one.address.port())
    }

    /// The listener for others: HTTPS, if they reach it.
    pub fn for_others(&self) -> Option<Bound> {
        self.bound.iter().rev().copied().find(|one| one.is_for_others())
    }

    /// For other machines, the surest first.
    pub fn urls(&self) -> Vec<String> {
        let Some(one) = self.for_others() else { return Vec::new() };
        let mut hosts: Vec<String> = one.ips().into_iter().map(in_url).collect();
        if !hosts.is_empty() {
            hosts.splice(1..1, self.name.announced());
        }
        hosts.iter().map(|host| one.url(host)).collect()
    }

    pub fn alone(&self, allows_plain_http: bool) -> Option<Alone> {
        match self.for_others() {
            None => Some(Alone::Loopback),
            Some(one) => (!one.is_tls && !allows_plain_http).then_some(Alone::PlainHttp),
        }
    }

    /// Where this machine reaches it: by HTTP, which no browser warns of.
    pub fn here(&self) -> Option<SocketAddr> {
        let mut here = self.bound.first()?.address;
        if here.ip().is_unspecified() {
            here.set_ip(if here.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
        }
        Some(here)
    }

    pub fn url_here(&self) -> Option<String> {
        Some(self.bound.first()?.url(&in_url(self.here()?.ip())))
    }
}

/// For whoever is about to log in: nothing but schemes, addresses and names.
pub async fn addresses(call: Call) -> Result<Reply, Refusal> {
    let edge = &call.edge;
    let allows_plain_http = edge.app.settings().allow_plain_http;
    // Behind a proxy the browser knows an address that the box does not.
    let asked = call.origin.url().filter(|_| call.origin.is_tls || allows_plain_http);
    let alone = edge.reach.alone(allows_plain_http).filter(|_| asked.is_none());
    let mut urls = if alone.is_none() { edge.reach.urls() } else { Vec::new() };
    if let Some(asked) = asked {
        urls.retain(|url| *url != asked);
        urls.insert(0, asked);
    }
    urls.truncate(ADDRESSES_MAX);
    let code = urls.first().and_then(|url| qr::outline(url).ok());
    Ok(reply::json(&json!({
        "addresses": urls,
        "code": code.map(|(outline, side)| json!({ "outline": outline, "side": side })),
        "host_name": tls::host_name(),
        "alone": alone.map(Alone::word),
        "ca": edge.reach.https_port().is_some() && tls::ca_certificate(edge.app.dir()).is_some(),
    })))
}
