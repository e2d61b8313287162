//! What a setting can be: its kinds with their bounds, how each type is read from text, and as what it is shown. Not here: the settings
//! themselves (settings.rs).

use super::serials::SerialFormat;
use ipnet::IpNet;
use jiff::civil::Time;
use serde::Serialize;
use std::net::IpAddr;

/// The same in Chinese and in English.
pub type Words = (&'static str, &'static str);

/// Bounds belong to what they bound; a step is that of a page's buttons.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Switch,
    Natural {
        from: u64,
        to: u64,
        step: u64,
    },
    Number {
        from: f64,
        to: f64,
        step: f64,
    },
    /// Each as it is written, and as people call it.
    Choice(&'static [Words]),
    Text(Text),
    /// Comma-separated.
    List(Text),
}

#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// Empty, it is not set at all.
    pub may_be_null: bool,
    /// Beside what its type takes.
    pub is: fn(&str) -> bool,
    /// What it has to be.
    pub wrong: Words,
}

/// The parts in which the settings are shown, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Invoices,
    Serials,
    Engine,
    Backup,
    Access,
}

impl Group {
    pub const ALL: [(Self, Words); 5] = [
        (Self::Invoices, ("发票", "Invoices")),
        (Self::Serials, ("序列号与时间", "Serials and time")),
        (Self::Engine, ("识别引擎", "Engine")),
        (Self::Backup, ("自动备份", "Nightly backups")),
        (Self::Access, ("网络与登录", "Network and log-in")),
    ];
}

/// As it stands on the wire.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    Bool(bool),
    Natural(u64),
    Number(f64),
    Text(String),
    List(Vec<String>),
    Null,
}

impl Kind {
    fn takes(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Natural { from, to, .. }, Value::Natural(n)) => (from..=to).contains(&n),
            (Self::Number { from, to, .. }, Value::Number(n)) => (from..=to).contains(&n),
            (Self::Text(text), Value::Text(given)) => (text.is)(given),
            _ => true,
        }
    }

    /// What it has to be, in both languages.
    pub fn must_be(&self) -> (String, String) {
        let both = |zh: &str, en: &str| (zh.to_owned(), en.to_owned());
        let between =
            |from: String, to: String| (format!("应为 {from} 到 {to} 之间的数"), format!("must be a number from {from} to {to}"));
        match self {
            Self::Switch => both("应为 true 或 false", "must be true or false"),
            Self::Natural { from, to, .. } => between(from.to_string(), to.to_string()),
            Self::Number { from, to, .. } => between(from.to_string(), to.to_string()),
            Self::Choice(words) => {
                let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
                (format!("应为 {}", words.join(" 或 ")), format!("must be {}", words.join(" or ")))
            }
            Self::Text(Text { wrong: (zh, en), .. }) | Self::List(Text { wrong: (zh, en), .. }) => both(zh, en),
        }
    }

    /// A written value as people call it.
    pub fn shown<'a>(&self, text: &'a str) -> (&'a str, &'a str) {
        match (self, text) {
            (Self::Switch, "true") => ("打开", "on"),
            (Self::Switch, "false") => ("关闭", "off"),
            (Self::Choice(words), _) => {
                words.iter().find(|(word, _)| *word == text).map_or((text, text), |(_, called)| (called, called))
            }
            _ => (text, text),
        }
    }

    /// `None`: it is none of this kind.
    pub fn read<T: Setting>(&self, text: &str) -> Option<T> {
        T::read(text).filter(|setting| self.takes(&setting.value()))
    }
}

/// A type of which a setting can be.
pub trait Setting: Sized {
    fn read(text: &str) -> Option<Self>;
    fn value(&self) -> Value;
}

impl Setting for bool {
    fn read(text: &str) -> Option<Self> {
        match text {
            "true" | "1" | "on" => Some(true),
            "false" | "0" | "off" => Some(false),
            _ => None,
        }
    }

    fn value(&self) -> Value {
        Value::Bool(*self)
    }
}

macro_rules! numbers {
    ($($type:ty => $value:ident as $wide:ty;)*) => {$(
        impl Setting for $type {
            fn read(text: &str) -> Option<Self> {
                text.parse().ok()
            }

            fn value(&self) -> Value {
                Value::$value(*self as $wide)
            }
        }
    )*};
}

numbers! {
    u32 => Natural as u64;
    u64 => Natural as u64;
    usize => Natural as u64;
    f64 => Number as f64;
}

impl Setting for String {
    fn read(text: &str) -> Option<Self> {
        Some(text.into())
    }

    fn value(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl Setting for Option<String> {
    fn read(text: &str) -> Option<Self> {
        Some((!text.is_empty()).then(|| text.into()))
    }

    fn value(&self) -> Value {
        self.clone().map_or(Value::Null, Value::Text)
    }
}

impl Setting for Option<SerialFormat> {
    fn read(text: &str) -> Option<Self> {
        if text.is_empty() { Some(None) } else { SerialFormat::read(text).map(Some) }
    }

    fn value(&self) -> Value {
        Value::Text(self.as_ref().map_or("", SerialFormat::text).into())
    }
}

impl Setting for Time {
    fn read(text: &str) -> Option<Self> {
        Self::strptime("%H:%M", text).ok()
    }

    fn value(&self) -> Value {
        Value::Text(self.strftime("%H:%M").to_string())
    }
}

/// Each is `10.0.0.0/8`, or one address, as which a network of one address is shown.
impl Setting for Vec<IpNet> {
    fn read(text: &str) -> Option<Self> {
        let network = |text: &str| text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        text.split(',').map(str::trim).filter(|part| !part.is_empty() && *part != "none").map(network).collect()
    }

    fn value(&self) -> Value {
        let shown = |net: &IpNet| if net.prefix_len() == net.max_prefix_len() { net.addr().to_string() } else { net.to_string() };
        Value::List(self.iter().map(shown).collect())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Gbk,
    Utf8,
}

impl Setting for Encoding {
    fn read(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "gbk" => Some(Self::Gbk),
            "utf-8" | "utf8" => Some(Self::Utf8),
            _ => None,
        }
    }

    fn value(&self) -> Value {
        Value::Text(match self {
            Self::Gbk => "gbk".into(),
            Self::Utf8 => "utf-8".into(),
        })
    }
}
