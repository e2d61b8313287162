//! The box's settings, each one row: its name, type, default, kind with bounds, group, and its words. What reads, shows, describes and
//! lists them is made of the rows. Not here: what kinds there are (setting.rs), where they are kept (app/settings.rs), and the start-up
//! flags (config.rs).

use super::refusal::{Refusal, Wrong};
use super::serials::{SERIAL_FORMAT, SerialFormat};
use super::setting::{Group, Kind, Setting, Text, Value, Words};
use ipnet::IpNet;
use jiff::civil::Time;
use regex::{Regex, RegexBuilder};

pub use super::setting::Encoding;

/// A setting as it is described.
#[derive(Debug)]
pub struct Row {
    pub name: &'static str,
    pub kind: Kind,
    pub group: Group,
    /// What it is called.
    pub label: Words,
    /// What it does.
    pub help: Words,
    pub get: Get,
    set: Set,
}

type Get = fn(&Settings) -> Value;
/// `None`: the text is none of its kind, and nothing is changed.
type Set = fn(&mut Settings, &str) -> Option<()>;

macro_rules! settings {
    ($($name:ident: $type:ty = $default:expr, $kind:expr, $group:ident,
        ($zh:literal, $zh_help:literal), ($en:literal, $en_help:literal);)*) => {
        #[derive(Clone, Debug)]
        pub struct Settings {
            $(#[doc = $en_help] pub $name: $type,)*
            /// `device_sn_pattern`, compiled; always there, since no pattern that does not compile is taken.
            sn: Option<Regex>,
            /// A serial that `device_sn_format` makes and `device_sn_pattern` does not take.
            sn_misfit: Option<String>,
        }

        /// Every setting, in the order in which the wire has them.
        pub const ROWS: &[Row] = &[$(Row {
            name: stringify!($name),
            kind: $kind,
            group: Group::$group,
            label: ($zh, $en),
            help: ($zh_help, $en_help),
            get: |settings| settings.$name.value(),
            set: |settings, text| {
                const KIND: Kind = $kind;
                settings.$name = KIND.read(text)?;
                Some(())
            },
        }),*];

        impl Default for Settings {
            fn default() -> Self {
                Self { $($name: $default,)* sn: sn_regex(SN_PATTERN), sn_misfit: None }
            }
        }
    };
}

settings! {
    allow_plain_http: bool = false, Kind::Switch, Access,
        ("允许明文 HTTP 登录", "关闭时，其他电脑只能通过 HTTPS 登录"),
        ("Allow log-in over plain HTTP", "Off, other machines can log in over HTTPS only");
    allow_default_password: bool = false, Kind::Switch, Access,
        ("允许默认密码远程登录", "关闭时，仍用出厂密码的账号只能在本机登录"),
        ("Allow the factory password remotely", "Off, an account with its factory password logs in on this machine only");
    device_sn_pattern: String = SN_PATTERN.into(),
        text(is_pattern, ("不是正确的正则表达式", "not a regular expression")), Serials,
        ("序列号格式", "正则表达式，默认为 8 位数字"),
        ("Serial number pattern", "A regular expression; 8 digits by default");
    device_sn_format: Option<SerialFormat> = SerialFormat::read(SERIAL_FORMAT), text(any, FORMAT), Serials,
        ("自动分配的序列号", "{yy} 年、{ww} 周、{nnnn} 流水号，须符合序列号格式"),
        ("Serials that are allotted", "{yy} year, {ww} week, {nnnn} running number; must fit the pattern");
    confidence_threshold: f64 = 0.9, Kind::Number { from: 0.0, to: 1.0, step: 0.01 }, Invoices,
        ("可信度阈值", "低于此值的识别结果要由人核对（0–1）"),
        ("Confidence threshold", "Anything read below it is for people to review (0–1)");
    known_forms: bool = true, Kind::Switch, Invoices,
        ("识别全国统一票样", "数电票、增值税发票等全国统一的票据无需模板即可识别；图片优先使用本公司的模板"),
        ("Known forms", "National forms are read without a template; on pictures a company's own template goes first");
    engine_timeout_s: u64 = 60, natural(1, 3600, 1), Engine,
        ("引擎超时（秒）", "引擎在此时间内没有响应，则视为失败"),
        ("Engine timeout (s)", "Silent for longer, the engine has failed");
    engine_retries: u32 = 3, natural(0, 100, 1), Engine,
        ("失败重试次数", "引擎出错后再试几次，之后由人处理"),
        ("Retries", "Tries after a failure before it is for people");
    // Doubled before each further one.
    engine_backoff_ms: u64 = 1000, natural(0, 600_000, 100), Engine,
        ("重试间隔（毫秒）", "第一次重试前等待的时间，之后逐次延长"),
        ("Wait before a retry (ms)", "Before the first retry; later ones wait longer");
    engine_encoding: Encoding = Encoding::Gbk, Kind::Choice(&[("gbk", "GBK"), ("utf-8", "UTF-8")]), Engine,
        ("外部引擎编码", "仅在使用外部算法服务器时有效"),
        ("Encoding of an external engine", "Matters with an external engine only");
    engine_delay_ms: u64 = 0, natural(0, 60_000, 100), Engine,
        ("识别步骤间隔（毫秒）", "放慢识别过程，便于在识别台上观看"),
        ("Delay between steps (ms)", "Slows reading down, to be watched on the console");
    max_upload_mib: u64 = 1024, natural(1, 102_400, 1), Invoices,
        ("上传上限（MB）", "一次上传的全部文件的总大小"),
        ("Upload limit (MB)", "All files of one upload together");
    // Their `X-Forwarded-For`, `-Proto` and `-Host` count.
    trusted_proxies: Vec<IpNet> = Vec::new(), Kind::List(Text { may_be_null: false, is: any, wrong: NETWORKS }), Access,
        ("受信任的代理", "IP 地址或网段（如 10.0.0.0/8），用逗号分隔；只采信这些代理转发的客户端地址"),
        ("Trusted proxies", "IP addresses or networks such as 10.0.0.0/8, comma-separated, that name the client");
    hsts: bool = false, Kind::Switch, Access,
        ("强制浏览器使用 HTTPS", "一年内，浏览器对这个名称的所有端口都只用 HTTPS；同名主机上有其他 HTTP 服务时不要打开"),
        ("Make browsers use HTTPS", "For a year browsers use HTTPS alone on every port of this name; leave it off where other services share the name");
    timezone: Option<String> = None, text_or_none(is_zone, ("没有这个时区", "no such time zone")), Serials,
        ("时区", "例如 Asia/Shanghai；留空则使用系统时区"),
        ("Time zone", "Such as Asia/Shanghai; empty for the system’s");
    backup_dir: Option<String> = None, text_or_none(is_path, ("应为绝对路径，或留空", "must be an absolute path, or empty")), Backup,
        ("自动备份目录", "服务器上的绝对路径，最好在另一块硬盘上；留空则不自动备份"),
        ("Folder for nightly backups", "An absolute path on the server, best on another disk; empty for none");
    // Made at the first chance from then on.
    backup_time: Time = Time::constant(2, 30, 0, 0), text(any, ("应为 HH:MM", "must be HH:MM")), Backup,
        ("自动备份时间", "例如 02:30"),
        ("Time of nightly backups", "Such as 02:30");
    backup_keep: usize = 7, natural(1, 1000, 1), Backup,
        ("保留备份数", "超出的旧备份会被删除"),
        ("Nightly backups kept", "Older ones are deleted");
}

const FORMAT: Words = (
    "由 {yy} {yyyy} {ww} {mm} {dd}、可见的 ASCII 字符和一个 {nnnn}（1 到 9 个 n）组成，例如 {yy}{ww}{nnnn}；留空则不分配",
    "is made of {yy} {yyyy} {ww} {mm} {dd}, visible ASCII characters and one {nnnn} (1 to 9 n), as in {yy}{ww}{nnnn}; empty: none is allotted",
);
const NETWORKS: Words =
    ("应为逗号分隔的 IP 地址或网段（如 10.0.0.0/8）", "must be IP addresses or networks such as 10.0.0.0/8, comma-separated");

const fn natural(from: u64, to: u64, step: u64) -> Kind {
    Kind::Natural { from, to, step }
}

const fn text(is: fn(&str) -> bool, wrong: Words) -> Kind {
    Kind::Text(Text { may_be_null: false, is, wrong })
}

const fn text_or_none(is: fn(&str) -> bool, wrong: Words) -> Kind {
    Kind::Text(Text { may_be_null: true, is, wrong })
}

fn any(_: &str) -> bool {
    true
}

fn is_pattern(text: &str) -> bool {
    sn_regex(text).is_some()
}

fn is_zone(name: &str) -> bool {
    jiff::tz::TimeZone::get(name).is_ok()
}

fn is_path(text: &str) -> bool {
    std::path::Path::new(text).is_absolute() && !text.chars().any(char::is_control)
}

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

impl Settings {
    /// As a person reads it; empty if unknown or without a value.
    pub fn written(&self, name: &str) -> String {
        match Self::row(name).ok().map(|row| (row.get)(self)) {
            None | Some(Value::Null) => String::new(),
            Some(Value::Bool(is_on)) => is_on.to_string(),
            Some(Value::Natural(n)) => n.to_string(),
            Some(Value::Number(n)) => n.to_string(),
            Some(Value::Text(text)) => text,
            Some(Value::List(texts)) => texts.join(", "),
        }
    }

    /// What it is called.
    pub fn label(name: &str) -> Option<Words> {
        ROWS.iter().find(|row| row.name == name).map(|row| row.label)
    }

    /// As it is shown, of a text that was written of it.
    pub fn shown<'a>(name: &str, text: &'a str) -> (&'a str, &'a str) {
        ROWS.iter().find(|row| row.name == name).map_or((text, text), |row| row.kind.shown(text))
    }

    pub fn row(name: &str) -> Result<&'static Row, Refusal> {
        ROWS.iter().find(|row| row.name == name).ok_or_else(|| Refusal::field(name, "没有这项设置", "no such setting"))
    }

    /// Takes one setting from text, as it is written on the command line and kept in the store.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Refusal> {
        let row = Self::row(name)?;
        (row.set)(self, value).ok_or_else(|| {
            let (zh, en) = row.kind.must_be();
            Refusal::field(name, &zh, &en)
        })?;
        if name.starts_with("device_sn_") {
            self.sn = sn_regex(&self.device_sn_pattern);
            self.sn_misfit = self.device_sn_format.as_ref().and_then(|format| format.misfit(|sn| self.is_sn(sn)));
        }
        Ok(())
    }

    pub fn is_sn(&self, text: &str) -> bool {
        (1..=SN_CHARS_MAX).contains(&text.len())
            && text.bytes().all(|b| (0x21..=0x7E).contains(&b))
            && self.sn.as_ref().is_some_and(|sn| sn.is_match(text))
    }

    /// Whether the box can allot serials that it would take itself; the refusal names both settings.
    pub fn check_sn_format(&self) -> Result<(), Refusal> {
        let (Some(format), Some(sn)) = (&self.device_sn_format, &self.sn_misfit) else { return Ok(()) };
        let (text, pattern) = (format.text(), &self.device_sn_pattern);
        let wrong = Wrong {
            name: "device_sn_format".into(),
            zh: format!("会分配出 {sn} 这样的序列号，不符合上面的序列号格式；请将两项一起修改").into(),
            en: format!("makes serials like {sn}, which the serial number pattern does not take; change both together").into(),
        };
        let refusal = Refusal::malformed(
            format!("device_sn_format：{text} 会分配出 {sn} 这样的序列号，不符合 device_sn_pattern {pattern}；请将两项一起修改"),
            format!(
                "device_sn_format: {text} makes serials like {sn}, which device_sn_pattern {pattern} does not take; change both together"
            ),
        );
        Err(Refusal { fields: vec![wrong], ..refusal })
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
        for Row { name, .. } in ROWS {
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

    #[test]
    fn each_says_what_it_is_in_both_languages_and_has_a_default_within_its_bounds() {
        for row in ROWS {
            let words = [row.label.0, row.label.1, row.help.0, row.help.1];
            assert!(words.iter().all(|words| !words.trim().is_empty()), "{}", row.name);
            let mut settings = Settings::default();
            let default = (row.get)(&settings);
            let text = match &default {
                Value::Bool(on) => on.to_string(),
                Value::Natural(n) => n.to_string(),
                Value::Number(n) => n.to_string(),
                Value::Text(text) => text.clone(),
                Value::List(parts) => parts.join(","),
                Value::Null => String::new(),
            };
            settings.set(row.name, &text).unwrap();
            assert_eq!((row.get)(&settings), default, "{}", row.name);
        }
    }
}
