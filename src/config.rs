//! The command line. Not here: settings that can change at run time (domain/settings.rs).

use clap::{Args, Parser, Subcommand};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

/// One box for device labels and Chinese invoices.
#[derive(Debug, Parser)]
#[command(name = "paperline", version, about)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve pages and interfaces and work through the queues (the default).
    Serve(Serve),
    /// Write everything into one file: records, pictures, password hashes, the TLS key. Works beside a running server.
    Backup {
        #[arg(long, default_value = "data")]
        data_dir: PathBuf,
        /// The file to create; it must not exist.
        #[arg(long)]
        out: PathBuf,
    },
    /// Create a data dir from a backup.
    Restore {
        /// Empty or missing.
        #[arg(long)]
        data_dir: PathBuf,
        #[arg(long)]
        from: PathBuf,
    },
    /// Print what a box sends on a printer that only this computer reaches: on USB, or in its own network.
    Agent(Agent),
    /// Read everything and report what is wrong. The server must be stopped.
    Check {
        #[arg(long, default_value = "data")]
        data_dir: PathBuf,
    },
    /// Run paperline as a service of this computer, from its start on.
    Service {
        #[command(subcommand)]
        command: ServiceCommand,
    },
    /// Manage users from the box itself; works beside a running server.
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
}

#[derive(Debug, Subcommand)]
pub enum ServiceCommand {
    /// Install the service and start it; again with other flags, it takes them on.
    Install {
        /// The data dir; without it, the system's place for data.
        #[arg(long)]
        data_dir: Option<PathBuf>,
        /// A folder beside the data dir that it may write to, such as that of nightly backups. Several may be given.
        #[arg(long)]
        writable: Vec<PathBuf>,
        /// Flags of `serve`, after `--`.
        #[arg(last = true)]
        flags: Vec<String>,
    },
    /// Remove the service; the data stay.
    Uninstall,
    /// Say how it is.
    Status,
    /// Replace the installed program by another, with a backup first; if that does not come up, go back.
    Upgrade {
        /// The other program.
        #[arg(required_unless_present = "go_on")]
        file: Option<PathBuf>,
        /// Take up one that was cut off.
        #[arg(long, hide = true)]
        go_on: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Unlock a user and print a new password for them.
    Reset {
        name: String,
        /// The data dir.
        #[arg(long, default_value = "data")]
        data_dir: PathBuf,
    },
}

#[derive(Args, Clone)]
pub struct Agent {
    /// The box, such as https://192.168.1.10:8443.
    #[arg(long, value_name = "URL")]
    pub join: String,
    /// A token of the box that may print labels; or in the variable PAPERLINE_TOKEN, where no list of processes shows it.
    #[arg(long)]
    pub token: Option<String>,
    /// The printer's name in its address on the box, agent://NAME.
    #[arg(long, value_name = "NAME")]
    pub printer: String,
    /// Where the printer is: /dev/usb/lp0, tcp://HOST:9100 or cups:QUEUE; on Windows spooler:PRINTER. Without it: the only
    /// printer on USB.
    #[arg(long)]
    pub device: Option<String>,
    /// The box's /ca.pem; HTTPS needs it.
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
}

impl std::fmt::Debug for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agent").field("join", &self.join).field("printer", &self.printer).finish_non_exhaustive()
    }
}

#[derive(Args, Clone, Debug)]
pub struct Serve {
    /// The data dir.
    #[arg(long, default_value = "data")]
    pub data_dir: PathBuf,
    /// Where to listen for HTTP: 0.0.0.0:8080, localhost:8080, :8080 or 8080; port 0 takes a free one.
    #[arg(long, default_value = "0.0.0.0:8080", value_parser = address)]
    pub http: SocketAddr,
    /// Where to listen for HTTPS, or `off`.
    #[arg(long, default_value = "0.0.0.0:8443", value_parser = address_or_off)]
    pub https: Listen,
    /// The box's name on the local network: paperline is paperline.local there, or paperline-2.local if another machine has that. Or `off`.
    #[arg(long, default_value = "paperline", value_name = "NAME|off", value_parser = local_name)]
    pub mdns: LocalName,
    /// What reads invoices: `builtin`, or an external algorithm server as tcp://HOST:PORT. Several share the work.
    /// NAME=tcp://HOST:PORT keeps its templates under NAME, even if the address changes.
    #[arg(long = "engine", default_value = "builtin", value_parser = engine)]
    pub engines: Vec<EngineChoice>,
    /// A setting, as name=value; overrides the stored one. Several may follow.
    #[arg(long = "set", value_name = "NAME=VALUE", num_args = 1.., value_parser = setting)]
    pub settings: Vec<(String, String)>,
    /// Started by Windows' manager of services.
    #[arg(long, hide = true)]
    pub as_service: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listen {
    At(SocketAddr),
    Off,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocalName {
    Is(String),
    Off,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineChoice {
    Builtin,
    Tcp {
        /// Its template numbers are stored under this.
        name: String,
        /// Host and port.
        address: String,
    },
}

impl EngineChoice {
    pub fn name(&self) -> &str {
        match self {
            Self::Builtin => "builtin",
            Self::Tcp { name, .. } => name,
        }
    }
}

fn engine(text: &str) -> Result<EngineChoice, String> {
    if text == "builtin" {
        return Ok(EngineChoice::Builtin);
    }
    let wrong = || "must be builtin, tcp://HOST:PORT or NAME=tcp://HOST:PORT".to_owned();
    let (name, address) = text.split_once("tcp://").ok_or_else(wrong)?;
    let (host, port) = address.rsplit_once(':').ok_or_else(wrong)?;
    let name = if name.is_empty() { address } else { name.strip_suffix('=').ok_or_else(wrong)? };
    if name.is_empty() || host.is_empty() || port.parse::<u16>().is_err() {
        return Err(wrong());
    }
    Ok(EngineChoice::Tcp { name: name.to_owned(), address: address.to_owned() })
}

impl Serve {
    /// Template numbers are stored under an engine's name, so names must differ.
    pub fn check_engine_names(&self) -> Result<(), String> {
        let names: Vec<_> = self.engines.iter().filter(|engine| **engine != EngineChoice::Builtin).collect();
        match names.iter().enumerate().find(|(n, one)| names[..*n].iter().any(|other| other.name() == one.name())) {
            Some((_, twice)) => Err(format!("two engines are called {}", twice.name())),
            None => Ok(()),
        }
    }
}

/// Without a host: all IPv4 addresses. A name with several addresses: its first IPv4 one.
fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong = || "must be an address with a port, such as 0.0.0.0:8080, localhost:8080, :8080 or 8080".to_owned();
    let text = text.trim();
    if let Ok(port) = text.strip_prefix(':').unwrap_or(text).parse() {
        return Ok(SocketAddr::from(([0, 0, 0, 0], port)));
    }
    let found: Vec<SocketAddr> = text.to_socket_addrs().map_err(|_| wrong())?.collect();
    found.iter().find(|address| address.is_ipv4()).or(found.first()).copied().ok_or_else(wrong)
}

fn address_or_off(text: &str) -> Result<Listen, String> {
    if text == "off" { Ok(Listen::Off) } else { address(text).map(Listen::At).map_err(|wrong| format!("{wrong}, or off")) }
}

/// One label of a name (RFC 1123 §2.1), with or without its domain.
fn local_name(text: &str) -> Result<LocalName, String> {
    const CHARS_MAX: usize = 63;
    let text = text.trim().to_ascii_lowercase();
    let label = text.strip_suffix(".local").unwrap_or(&text);
    let is_label = (1..=CHARS_MAX).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-');
    match label {
        "off" => Ok(LocalName::Off),
        // That is every machine's own.
        label if is_label && label != "localhost" => Ok(LocalName::Is(label.to_owned())),
        _ => Err("must be a name of letters, digits and hyphens, such as paperline, or off".into()),
    }
}

fn setting(text: &str) -> Result<(String, String), String> {
    text.split_once('=').map(|(name, value)| (name.into(), value.into())).ok_or_else(|| "must be NAME=VALUE".into())
}

impl Default for Serve {
    fn default() -> Self {
        Self {
            data_dir: "data".into(),
            http: SocketAddr::from(([0, 0, 0, 0], 8080)),
            https: Listen::At(SocketAddr::from(([0, 0, 0, 0], 8443))),
            mdns: LocalName::Is("paperline".into()),
            engines: vec![EngineChoice::Builtin],
            settings: Vec::new(),
            as_service: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_people_write_it() {
        for (text, taken) in [
            ("0.0.0.0:8080", "0.0.0.0:8080"),
            (":8080", "0.0.0.0:8080"),
            ("8080", "0.0.0.0:8080"),
            ("localhost:8080", "127.0.0.1:8080"),
            ("[::1]:8080", "[::1]:8080"),
            ("127.0.0.1:0", "127.0.0.1:0"),
        ] {
            assert_eq!(address(text).map(|a| a.to_string()).as_deref(), Ok(taken), "{text}");
        }
        for text in ["", "0.0.0.0", "99999", ":", "http://0.0.0.0:8080", "::1"] {
            assert!(address(text).is_err(), "{text}");
        }
        assert_eq!(address_or_off("8443"), Ok(Listen::At(SocketAddr::from(([0, 0, 0, 0], 8443)))));
        assert_eq!(address_or_off("off"), Ok(Listen::Off));
    }

    #[test]
    fn a_name_on_the_network_is_one_label() {
        for text in ["paperline", "Paperline.local", " paperline "] {
            assert_eq!(local_name(text), Ok(LocalName::Is("paperline".into())), "{text}");
        }
        assert_eq!(local_name("off"), Ok(LocalName::Off));
        for text in ["", ".local", "a.b", "a b", "-a", "a-", "标签", "a_b", "localhost", &"a".repeat(64)] {
            assert!(local_name(text).is_err(), "{text}");
        }
    }
}
