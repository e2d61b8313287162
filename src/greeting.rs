//! What the terminal says at start: the box's addresses and its time.

use crate::app::App;
use crate::http::edge::tls;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};
use std::io::IsTerminal;
use std::net::{IpAddr, SocketAddr};

#[derive(Clone, Copy, Debug)]
pub struct Bound {
    pub address: SocketAddr,
    pub is_tls: bool,
}

impl Bound {
    fn scheme(self) -> &'static str {
        if self.is_tls { "https" } else { "http" }
    }

    /// For other machines on the network.
    fn url(self, ip: IpAddr) -> String {
        format!("{}://{}", self.scheme(), SocketAddr::new(ip, self.address.port()))
    }
}

/// `bound`: in the order of printing.
pub fn print(app: &App, bound: &[Bound]) {
    for one in bound {
        println!("listening on {}://{}", one.scheme(), one.address);
    }
    let mut reached = Vec::new();
    for one in bound.iter().rev().filter(|one| one.address.ip().is_unspecified()) {
        // A socket on all IPv4 addresses has no IPv6 one.
        let ips = tls::addresses().into_iter().filter(|ip| ip.is_ipv4() || one.address.is_ipv6());
        reached.extend(ips.map(|ip| one.url(ip)));
    }
    if !reached.is_empty() {
        println!("在浏览器中打开 / open in a browser:");
        reached.iter().for_each(|url| println!("  {url}"));
    }
    println!("{}", clock(app, &Zoned::new(Timestamp::now(), app.settings().zone())));
    if let (true, Some(url)) = (std::io::stdout().is_terminal(), reached.first())
        && let Ok(code) = QrCode::with_error_correction_level(url, EcLevel::L)
    {
        // Phones expect dark on light; terminals are light on dark.
        println!("{}", code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build());
    }
}

fn clock(app: &App, now: &Zoned) -> String {
    let time = now.strftime("%Y-%m-%d %H:%M:%S %:z");
    let zone = app.settings().timezone.clone();
    match zone.or_else(|| TimeZone::try_system().ok().and_then(|zone| zone.iana_name().map(str::to_owned))) {
        Some(zone) => format!("时间 / time: {time} ({zone})"),
        None => format!(
            "时间 / time: {time}：没有设置时区，请在“系统”页面设置 timezone / no time zone is set: set timezone on the page System"
        ),
    }
}
