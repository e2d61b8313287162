//! The box's name on the local network, such as paperline.local, announced by multicast DNS (RFC 6762). Not here: its other addresses
//! (http/edge/reach.rs).

use mdns_sd::{DaemonEvent, IfKind, Receiver, RecvTimeoutError, ServiceDaemon, ServiceInfo};
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// In the data dir: the name that was taken last, which is asked for first the next time (RFC 6762 §9).
const FILE: &str = "mdns-name";
const DOMAIN: &str = ".local";
/// Asking whether a name is free takes a second, each further name one more.
const ANNOUNCED_WITHIN: Duration = Duration::from_secs(15);
const STOPPED_WITHIN: Duration = Duration::from_secs(1);

/// What is announced, and where: most machines are in one network, but in each another name may be free.
#[derive(Debug)]
pub struct LocalName {
    file: PathBuf,
    /// With its domain, like all of these; `None`: nothing is announced.
    wanted: Option<String>,
    first: Option<String>,
    /// By interface.
    announced: RwLock<BTreeMap<String, String>>,
}

/// Withdraws the name when it is closed.
pub struct Announcement(ServiceDaemon);

impl std::fmt::Debug for Announcement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Announcement")
    }
}

impl LocalName {
    /// `wanted`: one label; `None` for none.
    pub fn open(data_dir: &Path, wanted: Option<&str>) -> Arc<Self> {
        let file = data_dir.join(FILE);
        let kept = fs::read_to_string(&file).ok().map(|name| name.trim().to_owned());
        let first = wanted.map(|wanted| kept.filter(|kept| is_of(kept, wanted)).unwrap_or_else(|| wanted.to_owned()));
        let in_domain = |label: String| label + DOMAIN;
        Arc::new(Self {
            file,
            wanted: wanted.map(|wanted| in_domain(wanted.to_owned())),
            first: first.map(in_domain),
            announced: RwLock::default(),
        })
    }

    /// Those that are announced now.
    pub fn announced(&self) -> Vec<String> {
        let announced = self.announced.read().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<String> = announced.values().cloned().collect();
        names.sort();
        names.dedup();
        names
    }

    /// Those that a certificate has to have, with the one that is still asked for.
    pub fn all(&self) -> Vec<String> {
        self.announced().into_iter().chain(self.first.clone()).collect()
    }

    /// Announces it for a listener that others reach. A network without multicast is told to the log.
    pub fn announce(self: &Arc<Self>, listener: SocketAddr, is_tls: bool) -> Option<Announcement> {
        let first = self.first.clone()?;
        let begun = begin(&first, listener, is_tls).and_then(|(daemon, events)| {
            let name = self.clone();
            std::thread::Builder::new().name("mdns".into()).spawn(move || name.hear(&events))?;
            Ok(daemon)
        });
        match begun {
            Ok(daemon) => Some(Announcement(daemon)),
            Err(e) => {
                tracing::warn!("{first} is not announced: {e}");
                None
            }
        }
    }

    /// Until the announcement ends.
    fn hear(&self, events: &Receiver<DaemonEvent>) {
        let mut is_settled = false;
        loop {
            let next = if is_settled {
                events.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                events.recv_timeout(ANNOUNCED_WITHIN)
            };
            match next {
                // The library names the host and the interface in one text.
                Ok(DaemonEvent::Announce(_, host)) => {
                    if let Some((host, interface)) = host.split_once(".:") {
                        self.took(host, interface);
                        is_settled = true;
                    }
                }
                Ok(DaemonEvent::IpDel(_)) => self.forget_interfaces_that_are_gone(),
                Err(RecvTimeoutError::Timeout) => {
                    is_settled = true;
                    let first = self.first.as_deref().unwrap_or_default();
                    tracing::warn!("{first} is not announced: no network took it; the box is reached by its addresses");
                }
                Err(RecvTimeoutError::Disconnected) => return,
                Ok(_) => {}
            }
        }
    }

    fn took(&self, host: &str, interface: &str) {
        let mut announced = self.announced.write().unwrap_or_else(PoisonError::into_inner);
        let is_known = announced.values().any(|name| name == host);
        announced.insert(interface.to_owned(), host.to_owned());
        drop(announced);
        if is_known {
            return;
        }
        let wanted = self.wanted.as_deref().unwrap_or_default();
        println!("局域网内的名称 / name on the network: {host}");
        if self.first.as_deref() != Some(host) {
            println!("  {wanted} 已被另一台机器使用 / another machine has {wanted}");
            if let Err(e) = fs::write(&self.file, host.trim_end_matches(DOMAIN)) {
                tracing::warn!("{FILE}: {e}");
            }
        } else if host != wanted {
            let file = self.file.display();
            println!("  沿用上次的名称；要改回 {wanted}，请删除 {file} / kept from last time; for {wanted}, delete {file}");
        }
    }

    fn forget_interfaces_that_are_gone(&self) {
        let there: Vec<String> = if_addrs::get_if_addrs().unwrap_or_default().into_iter().map(|interface| interface.name).collect();
        self.announced.write().unwrap_or_else(PoisonError::into_inner).retain(|interface, _| there.contains(interface));
    }
}

impl Announcement {
    /// Tells the network that the name is free.
    pub fn close(self) {
        if let Ok(done) = self.0.shutdown() {
            let _ = done.recv_timeout(STOPPED_WITHIN);
        }
    }
}

/// `paperline`, `paperline-2`.
fn is_of(name: &str, wanted: &str) -> bool {
    let rest = name.strip_prefix(wanted);
    let number = rest.and_then(|rest| rest.strip_prefix('-')).and_then(|number| number.parse::<u16>().ok());
    rest == Some("") || number.is_some_and(|number| number > 1)
}

fn begin(
    first: &str,
    listener: SocketAddr,
    is_tls: bool,
) -> Result<(ServiceDaemon, Receiver<DaemonEvent>), Box<dyn std::error::Error>> {
    let daemon = ServiceDaemon::new()?;
    let events = daemon.monitor()?;
    let ip = listener.ip();
    if ip.is_unspecified() {
        daemon.disable_interface(vec![IfKind::LoopbackV4, IfKind::LoopbackV6])?;
        // A socket on all IPv4 addresses has no IPv6 one.
        if ip.is_ipv4() {
            daemon.disable_interface(IfKind::IPv6)?;
        }
    } else {
        daemon.disable_interface(IfKind::All)?;
        daemon.enable_interface(ip)?;
    }
    let kind = if is_tls { "_https._tcp.local." } else { "_http._tcp.local." };
    let info = ServiceInfo::new(kind, "paperline", &format!("{first}."), "", listener.port(), &[("path", "/")][..])?;
    daemon.register(info.enable_addr_auto())?;
    Ok((daemon, events))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_last_time_is_asked_for_first_if_it_is_one_of_the_wanted_name() {
        let dir = tempfile::tempdir().unwrap();
        let first = |wanted: Option<&str>| LocalName::open(dir.path(), wanted).all();
        assert_eq!(first(Some("paperline")), ["paperline.local"]);
        for (kept, asked) in [
            ("paperline-2", "paperline-2.local"),
            ("paperline-12\n", "paperline-12.local"),
            ("paperline-1", "paperline.local"),
            ("paperline-x", "paperline.local"),
            ("paperliner", "paperline.local"),
            ("other-2", "paperline.local"),
            ("", "paperline.local"),
        ] {
            fs::write(dir.path().join(FILE), kept).unwrap();
            assert_eq!(first(Some("paperline")), [asked], "{kept}");
        }
        assert_eq!(first(None), [""; 0]);
    }
}
