//! What the terminal says at start: the box's addresses and its time.

use crate::app::App;
use crate::http::edge::reach::{Alone, Reach};
use crate::http::edge::tls;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};
use std::io::IsTerminal;

pub fn print(app: &App, reach: &Reach) {
    for one in &reach.bound {
        println!("listening on {}://{}", one.scheme(), one.address);
    }
    if let Some(url) = reach.url_here() {
        println!("在本机打开 / on this machine: {url}");
    }
    let urls = reach.urls();
    if !urls.is_empty() {
        println!("在浏览器中打开 / open in a browser:");
        urls.iter().for_each(|url| println!("  {url}"));
        if let Some(name) = tls::host_name() {
            println!("  主机名 / host name: {name}");
        }
    }
    let alone = reach.alone(app.settings().allow_plain_http);
    if let Some(why) = alone {
        println!("{}", why_alone(why));
    }
    println!("{}", clock(app, &Zoned::new(Timestamp::now(), app.settings().zone())));
    if let (true, None, Some(url)) = (std::io::stdout().is_terminal(), alone, urls.first())
        && let Ok(code) = QrCode::with_error_correction_level(url, EcLevel::L)
    {
        // Phones expect dark on light; terminals are light on dark.
        println!("{}", code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build());
    }
}

fn why_alone(why: Alone) -> &'static str {
    match why {
        Alone::Loopback => {
            "只有本机能打开：要让其他设备也能打开，请用 --http 0.0.0.0:8080 --https 0.0.0.0:8443 启动\n\
             only this machine reaches it: for other devices, start it with --http 0.0.0.0:8080 --https 0.0.0.0:8443"
        }
        Alone::PlainHttp => {
            "HTTPS 已关闭，其他设备不能登录：请去掉 --https off，或打开设置 allow_plain_http\n\
             HTTPS is off, so other devices can't log in: leave out --https off, or turn the setting allow_plain_http on"
        }
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
