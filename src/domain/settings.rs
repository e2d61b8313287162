//! The box's settings: names, meanings, defaults, and what each may be. Not here: where they are kept (app/settings.rs), and the
//! start-up flags (config.rs).

use super::refusal::Refusal;
use super::serials::{SERIAL_FORMAT, SerialFormat};
use ipnet::IpNet;
use jiff::civil::Time;
use regex::{Regex, RegexBuilder};
use std::net::IpAddr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Gbk,
    Utf8,
}

#[derive(Clone, Debug)]
pub struct Settings {
    /// Passwords and tokens are taken over plain HTTP from other addresses than loopback.
    pub allow_plain_http: bool,
    /// `prodsys` may log in from other addresses than loopback while its password is still the one in the document.
    pub allow_default_password: bool,
    /// What a whole DeviceSN looks like: a regular expression over ASCII. Empty: anything.
    pub device_sn_pattern: String,
    /// What the serials that the box allots are made of; `None`: it allots none.
    pub device_sn_format: Option<SerialFormat>,
    /// An area read with less is a fault; 0 to 1.
    pub confidence_threshold: f64,
    /// An engine silent for so long is broken.
    pub engine_timeout_s: u64,
    /// Tries after the first.
    pub engine_retries: u32,
    /// Before the second try; doubled before each further one.
    pub engine_backoff_ms: u64,
    /// Of the external engine's JSON.
    pub engine_encoding: Encoding,
    /// Slows the reading down, for people to follow.
    pub engine_delay_ms: u64,
    /// Of one multipart request, in all.
    pub max_upload_mib: u64,
    /// Whose `X-Forwarded-For`, `-Proto` and `-Host` count.
    pub trusted_proxies: Vec<IpNet>,
    /// Browsers are told to use nothing but HTTPS under this box's name, on every port of it, for a year.
    pub hsts: bool,
    /// An IANA name; `None`: the system's.
    pub timezone: Option<String>,
    /// Where a backup is put every night; `None`: none is made.
    pub backup_dir: Option<String>,
    /// Not before this time of day.
    pub backup_time: Time,
    /// So many nightly backups are kept.
    pub backup_keep: usize,
    /// `device_sn_pattern`, compiled; always there, since no pattern that does not compile is taken.
    sn: Option<Regex>,
    /// A serial that `device_sn_format` makes and `device_sn_pattern` does not take.
    sn_misfit: Option<String>,
}

/// Every setting's name.
pub const NAMES: [&str; 17] = [
    "allow_plain_http",
    "allow_default_password",
    "device_sn_pattern",
    "device_sn_format",
    "confidence_threshold",
    "engine_timeout_s",
    "engine_retries",
    "engine_backoff_ms",
    "engine_encoding",
    "engine_delay_ms",
    "max_upload_mib",
    "trusted_proxies",
    "hsts",
    "timezone",
    "backup_dir",
    "backup_time",
    "backup_keep",
];

const SN_PATTERN: &str = r"^\d{8}$";
const SN_CHARS_MAX: usize = 64;

/// Always of the whole serial. `\d` means ASCII digits; the size limit keeps a hostile pattern small.
fn sn_regex(pattern: &str) -> Option<Regex> {
    let pattern = if pattern.is_empty() { ".*".to_owned() } else { pattern.replace("\\d", "[0-9]") };
    let compiled = |pattern: &str| RegexBuilder::new(pattern).size_limit(1 << 17).build().ok();
    // By itself first: a stray `)` must not end the group around it. A comment of the `x` flag ends with its line.
    compiled(&pattern)?;
    compiled(&format!(r"\A(?:{pattern})\z")).or_else(|| compiled(&format!("\\A(?:{pattern}\n)\\z")))
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allow_plain_http: false,
            allow_default_password: false,
            device_sn_pattern: SN_PATTERN.into(),
            device_sn_format: SerialFormat::read(SERIAL_FORMAT),
            confidence_threshold: 0.9,
            engine_timeout_s: 60,
            engine_retries: 3,
            engine_backoff_ms: 1000,
            engine_encoding: Encoding::Gbk,
            engine_delay_ms: 0,
            max_upload_mib: 1024,
            trusted_proxies: Vec::new(),
            hsts: false,
            timezone: None,
            backup_dir: None,
            backup_time: Time::constant(2, 30, 0, 0),
            backup_keep: 7,
            sn: sn_regex(SN_PATTERN),
            sn_misfit: None,
        }
    }
}

fn number<T>(name: &str, value: &str, from: T, to: T) -> Result<T, Refusal>
where
    T: std::str::FromStr + PartialOrd + std::fmt::Display,
{
    value.parse().ok().filter(|n| *n >= from && *n <= to).ok_or_else(|| {
        Refusal::malformed(format!("{name}：应为 {from} 到 {to} 之间的数"), format!("{name}: must be a number from {from} to {to}"))
    })
}

fn on_or_off(name: &str, value: &str) -> Result<bool, Refusal> {
    match value {
        "true" | "1" | "on" => Ok(true),
        "false" | "0" | "off" => Ok(false),
        _ => Err(Refusal::malformed(format!("{name}：应为 true 或 false"), format!("{name}: must be true or false"))),
    }
}

/// `10.0.0.0/8`, or one address.
fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn encoding(text: &str) -> Result<Encoding, Refusal> {
    match text.to_ascii_lowercase().as_str() {
        "gbk" => Ok(Encoding::Gbk),
        "utf-8" | "utf8" => Ok(Encoding::Utf8),
        _ => Err(Refusal::malformed("engine_encoding：应为 gbk 或 utf-8", "engine_encoding: must be gbk or utf-8")),
    }
}

impl Settings {
    /// Takes one setting from text, as it is written on the command line and kept in the store.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Refusal> {
        match name {
            "allow_plain_http" => self.allow_plain_http = on_or_off(name, value)?,
            "allow_default_password" => self.allow_default_password = on_or_off(name, value)?,
            "device_sn_pattern" => {
                let wrong =
                    || Refusal::malformed("device_sn_pattern：不是正确的正则表达式", "device_sn_pattern: not a regular expression");
                self.sn = Some(sn_regex(value).ok_or_else(wrong)?);
                self.device_sn_pattern = value.into();
                self.look_for_a_misfit();
            }
            "device_sn_format" => {
                let wrong = || {
                    Refusal::malformed(
                        "device_sn_format：由 {yy} {yyyy} {ww} {mm} {dd}、可见的 ASCII 字符和一个 {nnnn}（1 到 9 个 n）组成，例如 {yy}{ww}{nnnn}；留空则不分配",
                        "device_sn_format: is made of {yy} {yyyy} {ww} {mm} {dd}, visible ASCII characters and one {nnnn} (1 to 9 n), as in {yy}{ww}{nnnn}; empty: none is allotted",
                    )
                };
                self.device_sn_format = if value.is_empty() { None } else { Some(SerialFormat::read(value).ok_or_else(wrong)?) };
                self.look_for_a_misfit();
            }
            "confidence_threshold" => self.confidence_threshold = number(name, value, 0.0, 1.0)?,
            "engine_timeout_s" => self.engine_timeout_s = number(name, value, 1, 3600)?,
            "engine_retries" => self.engine_retries = number(name, value, 0, 100)?,
            "engine_backoff_ms" => self.engine_backoff_ms = number(name, value, 0, 600_000)?,
            "engine_encoding" => self.engine_encoding = encoding(value)?,
            "engine_delay_ms" => self.engine_delay_ms = number(name, value, 0, 60_000)?,
            "max_upload_mib" => self.max_upload_mib = number(name, value, 1, 102_400)?,
            "trusted_proxies" => {
                let wrong = || {
                    Refusal::malformed(
                        "trusted_proxies：应为逗号分隔的 IP 地址或网段（如 10.0.0.0/8）",
                        "trusted_proxies: must be IP addresses or networks such as 10.0.0.0/8, comma-separated",
                    )
                };
                let parts = value.split(',').map(str::trim).filter(|a| !a.is_empty() && *a != "none");
                self.trusted_proxies = parts.map(|part| network(part).ok_or_else(wrong)).collect::<Result<_, _>>()?;
            }
            "hsts" => self.hsts = on_or_off(name, value)?,
            "timezone" => {
                if !value.is_empty() && jiff::tz::TimeZone::get(value).is_err() {
                    return Err(Refusal::malformed("timezone：没有这个时区", "timezone: no such time zone"));
                }
                self.timezone = (!value.is_empty()).then(|| value.into());
            }
            "backup_dir" => {
                let wrong =
                    || Refusal::malformed("backup_dir：应为绝对路径，或留空", "backup_dir: must be an absolute path, or empty");
                if !value.is_empty() && (!value.starts_with('/') || value.chars().any(char::is_control)) {
                    return Err(wrong());
                }
                self.backup_dir = (!value.is_empty()).then(|| value.into());
            }
            "backup_time" => {
                let wrong = || Refusal::malformed("backup_time：应为 HH:MM", "backup_time: must be HH:MM");
                self.backup_time = Time::strptime("%H:%M", value).map_err(|_| wrong())?;
            }
            "backup_keep" => self.backup_keep = number(name, value, 1, 1000)?,
            _ => return Err(Refusal::malformed(format!("{name}：没有这项设置"), format!("{name}: no such setting"))),
        }
        Ok(())
    }

    pub fn is_sn(&self, text: &str) -> bool {
        (1..=SN_CHARS_MAX).contains(&text.len())
            && text.bytes().all(|b| (0x21..=0x7E).contains(&b))
            && self.sn.as_ref().is_some_and(|sn| sn.is_match(text))
    }

    fn look_for_a_misfit(&mut self) {
        self.sn_misfit = self.device_sn_format.as_ref().and_then(|format| format.misfit(|sn| self.is_sn(sn)));
    }

    /// Whether the box can allot serials that it would take itself; the refusal names both settings.
    pub fn check_sn_format(&self) -> Result<(), Refusal> {
        let (Some(format), Some(sn)) = (&self.device_sn_format, &self.sn_misfit) else { return Ok(()) };
        let (text, pattern) = (format.text(), &self.device_sn_pattern);
        Err(Refusal::malformed(
            format!("device_sn_format：{text} 会分配出 {sn} 这样的序列号，不符合 device_sn_pattern {pattern}；请将两项一起修改"),
            format!(
                "device_sn_format: {text} makes serials like {sn}, which device_sn_pattern {pattern} does not take; change both together"
            ),
        ))
    }

    /// What is wrong with a serial that does not fit, in both languages.
    pub fn sn_in_words(&self) -> (String, String) {
        if self.device_sn_pattern == SN_PATTERN {
            return ("应为 8 位数字".into(), "must have 8 digits".into());
        }
        (format!("不符合格式 {}", self.device_sn_pattern), format!("does not fit {}", self.device_sn_pattern))
    }

    /// The zone in which times are written and read.
    pub fn zone(&self) -> jiff::tz::TimeZone {
        self.timezone.as_deref().and_then(|name| jiff::tz::TimeZone::get(name).ok()).unwrap_or_else(jiff::tz::TimeZone::system)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials() {
        let mut settings = Settings::default();
        assert!(settings.is_sn("18470001"));
        for wrong in ["1847000", "184700011", "1847000a", "１８４７０００１", "18470001\n", ""] {
            assert!(!settings.is_sn(wrong), "{wrong:?}");
        }
        settings.set("device_sn_pattern", "^SN-[A-F0-9]{4}$").unwrap();
        assert!(settings.is_sn("SN-00FF") && !settings.is_sn("18470001"));
        assert!(settings.set("device_sn_pattern", "(").is_err());
        assert!(settings.is_sn("SN-00FF"));
    }

    #[test]
    fn a_pattern_always_means_the_whole_serial() {
        let mut settings = Settings::default();
        for (pattern, fits, not) in [
            (r"\d{10}", "1234567890", "12345678901"),
            (r"^\d{3}", "123", "1234"),
            ("a|ab", "ab", "abc"),
            (r"(?x) \d{3} # three", "123", "1234"),
            (r"(?m)^\d{3}$", "123", "1234"),
        ] {
            settings.set("device_sn_pattern", pattern).unwrap();
            assert!(settings.is_sn(fits) && !settings.is_sn(not), "{pattern}");
        }
        for wrong in [r"\d{8})|(.*", "(", r"\d{9999}{9999}"] {
            assert!(settings.set("device_sn_pattern", wrong).is_err(), "{wrong}");
        }
        settings.set("device_sn_pattern", "").unwrap();
        assert!(settings.is_sn("18470001") && settings.is_sn("SN-1") && !settings.is_sn("a b"));
    }

    #[test]
    fn what_the_box_allots_is_what_it_takes() {
        let with = |pattern: &str, format: &str| {
            let mut settings = Settings::default();
            settings.set("device_sn_pattern", pattern).and_then(|()| settings.set("device_sn_format", format)).unwrap();
            settings.check_sn_format()
        };
        for (pattern, format) in [
            (SN_PATTERN, SERIAL_FORMAT),
            ("", SERIAL_FORMAT),
            (r"SN-\d{8}", "SN-{yyyy}{nnnn}"),
            (r"\d{6}", "{nnnnnn}"),
            (r"SN-\d{8}", ""),
        ] {
            assert!(with(pattern, format).is_ok(), "{pattern} {format}");
        }
        for (pattern, format) in
            [(r"\d{10}", SERIAL_FORMAT), (r"^SN-\d{8}$", SERIAL_FORMAT), (SN_PATTERN, "{nnn}"), (r"\d{4}0\d{3}", SERIAL_FORMAT)]
        {
            let refusal = with(pattern, format).unwrap_err();
            for named in ["device_sn_pattern", "device_sn_format", pattern, format] {
                assert!(refusal.en.contains(named) && refusal.zh.contains(named), "{refusal:?}");
            }
        }
    }

    #[test]
    fn every_name_is_known_and_bad_values_are_refused() {
        for name in NAMES {
            let refusal = Settings::default().set(name, "\u{1}[").unwrap_err();
            assert!(refusal.zh.starts_with(name) && refusal.en.starts_with(name), "{refusal:?}");
        }
        assert!(Settings::default().set("colour", "red").is_err());
        let mut settings = Settings::default();
        for (value, networks) in [("127.0.0.1, ::1", 2), ("10.0.0.0/8,fd00::/8", 2), ("", 0), ("none", 0)] {
            settings.set("trusted_proxies", value).unwrap();
            assert_eq!(settings.trusted_proxies.len(), networks, "{value}");
        }
        for value in ["10.0.0.0/33", "10.0.0", "box", "10.0.0.1/8/8"] {
            assert!(settings.set("trusted_proxies", value).is_err(), "{value}");
        }
    }
}
