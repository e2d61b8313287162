//! Label printers: where they are, what they understand, and what they say of themselves. Not here: talking to them (printing/).

use super::agent;
use super::fact::Change;
use super::label_look::{GAP_MAX, Micrometres, is_name};
use super::refusal::Refusal;
use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Printer {
    pub name: String,
    pub language: Language,
    pub address: Address,
    /// Dots per inch: 203, 300 or 600.
    pub dpi: u16,
    /// The label that it prints.
    pub look: u64,
    /// In dots, to the right and down.
    pub offset: (i16, i16),
    /// Labels side by side on the roll.
    pub across: u8,
    /// Between them.
    pub across_gap: Micrometres,
    /// Prints what stations register, without being asked.
    pub prints_by_itself: bool,
    /// It has told its state once; until then its silence says nothing.
    pub has_answered: bool,
}

/// Stored by index: append new variants at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    Zpl,
    Tspl,
}

/// Stored by index: append new variants at the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Address {
    /// The raw port of a printer on the network.
    Tcp { host: String, port: u16 },
    /// A printer beside an agent, which joins under this name.
    Agent { name: String },
}

/// What a printer says of itself, or that it can't be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PrinterState {
    Ready,
    Printing,
    OutOfLabels,
    /// Its head or cover.
    Open,
    Paused,
    /// Or whatever else a person has to see to.
    Jammed,
    /// No connection.
    Offline,
    /// A connection, and no answer.
    Silent,
}

impl PrinterState {
    /// Labels go out.
    pub fn takes_labels(self) -> bool {
        matches!(self, Self::Ready | Self::Printing)
    }
}

pub const DPIS: [u16; 3] = [203, 300, 600];
/// Some 5 cm at 600 dpi.
const OFFSET_MAX: i16 = 1_200;
const ACROSS_MAX: u8 = 10;
const RAW_PORT: u16 = 9100;
const HOST_CHARS_MAX: usize = 253;

impl Address {
    /// `tcp://HOST`, `tcp://HOST:PORT`, also without `tcp://`, or `agent://NAME`; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let place = match text.split_once("://") {
            Some((scheme, name)) if scheme.eq_ignore_ascii_case("agent") => {
                return agent::is_name(name).then(|| Self::Agent { name: name.to_owned() });
            }
            Some((scheme, place)) => scheme.eq_ignore_ascii_case("tcp").then_some(place)?,
            None => text,
        };
        let (host, port) = match place.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']')?;
                host.parse::<std::net::Ipv6Addr>().ok()?;
                (host, if port.is_empty() { None } else { Some(port.strip_prefix(':')?) })
            }
            None => {
                let (host, port) = place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port)));
                let is_name = host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
                (is_name.then_some(host)?, port)
            }
        };
        let port = port.map_or(Some(RAW_PORT), |port| port.parse().ok().filter(|port| *port > 0))?;
        (1..=HOST_CHARS_MAX).contains(&host.len()).then(|| Self::Tcp { host: host.to_ascii_lowercase(), port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp://[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
            Self::Agent { name } => write!(f, "agent://{name}"),
        }
    }
}

impl Language {
    pub fn word(self) -> &'static str {
        match self {
            Self::Zpl => "zpl",
            Self::Tspl => "tspl",
        }
    }
}

impl Printer {
    pub fn check(&self) -> Result<(), Refusal> {
        if !is_name(&self.name) {
            return Err(Refusal::field("name", "应为 1 到 64 个字", "must have 1 to 64 characters"));
        }
        if !DPIS.contains(&self.dpi) {
            return Err(Refusal::field("dpi", "应为 203、300 或 600", "must be 203, 300 or 600"));
        }
        for (field, dots) in [("offset_x", self.offset.0), ("offset_y", self.offset.1)] {
            if !(-OFFSET_MAX..=OFFSET_MAX).contains(&dots) {
                return Err(Refusal::field(field, "应为 -1200 到 1200 点", "must be -1200 to 1200 dots"));
            }
        }
        if !(1..=ACROSS_MAX).contains(&self.across) {
            return Err(Refusal::field("across", "应为 1 到 10", "must be 1 to 10"));
        }
        if self.across_gap > GAP_MAX {
            return Err(Refusal::field("across_gap_mm", "应为 0 到 50 毫米", "must be 0 to 50 millimetres"));
        }
        Ok(())
    }

    /// Perhaps another machine: what was heard of the one before says nothing of it.
    pub fn is_another(&self, than: &Self) -> bool {
        (&self.address, self.language) != (&than.address, than.language)
    }

    /// In words, each part that is not the same; `label` names the label of that number.
    pub fn changes(&self, now: &Self, label: impl Fn(u64) -> String) -> Vec<Change> {
        let parts = |printer: &Self| {
            [
                ("name", printer.name.clone()),
                ("language", printer.language.word().to_uppercase()),
                ("address", printer.address.to_string()),
                ("dpi", printer.dpi.to_string()),
                ("label", label(printer.look)),
                ("offset", format!("{}, {}", printer.offset.0, printer.offset.1)),
                ("across", format!("{} ({} mm)", printer.across, f64::from(printer.across_gap) / 1_000.0)),
                ("auto", if printer.prints_by_itself { "✓" } else { "" }.to_owned()),
            ]
        };
        let both = parts(self).into_iter().zip(parts(now));
        both.filter(|(was, is)| was != is).map(|((what, from), (_, to))| Change { what: what.into(), from, to }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_back_in_one_form() {
        let told = |text: &str| Address::parse(text).map(|address| address.to_string());
        for (text, address) in [
            ("tcp://10.0.0.7:9100", "tcp://10.0.0.7:9100"),
            (" Zebra-1.local ", "tcp://zebra-1.local:9100"),
            ("TCP://printer:6101", "tcp://printer:6101"),
            ("tcp://[fe80::1]:9100", "tcp://[fe80::1]:9100"),
            ("[::1]", "tcp://[::1]:9100"),
            ("agent://3号工位", "agent://3号工位"),
        ] {
            assert_eq!(told(text).as_deref(), Some(address), "{text}");
            assert_eq!(told(address).as_deref(), Some(address));
        }
        for text in [
            "",
            "tcp://",
            "http://printer",
            "a b",
            "printer:0",
            "printer:70000",
            "printer:",
            "tcp://[x]:1",
            "fe80::1",
            "a/b",
            "[::1]9100",
            "agent://",
            "agent://a b",
        ] {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
