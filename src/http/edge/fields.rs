//! A request's fields by name, whatever its encoding. Not here: receiving them (body.rs).

use super::budget::Held;
use crate::app::labels::Named;
use crate::domain::refusal::{Code, Refusal};
use crate::http::wire::time::{self, Covered};
use crate::store::StoreError;
use crate::store::blobs::Incoming;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// A multipart file, on disk but not kept yet.
#[derive(Debug)]
pub struct Upload {
    pub name: String,
    /// Or why it was refused; it is then deleted.
    pub file: Result<Incoming, Refusal>,
}

#[derive(Debug, Default)]
pub struct Fields {
    pub(in crate::http) map: Map<String, Value>,
    /// In a form every value is text.
    pub(in crate::http) is_form: bool,
    pub files: Vec<Upload>,
    pub(in crate::http) raw: Option<Vec<u8>>,
    pub(in crate::http) held: Vec<Held>,
}

pub(in crate::http) fn pairs(bytes: &[u8]) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, value) in form_urlencoded::parse(bytes) {
        add(&mut map, name.into_owned(), value.into_owned());
    }
    map
}

/// A field given twice becomes a list.
pub(in crate::http) fn add(map: &mut Map<String, Value>, name: String, value: String) {
    match map.get_mut(&name) {
        None => {
            map.insert(name, Value::String(value));
        }
        Some(Value::Array(values)) => values.push(Value::String(value)),
        Some(first) => *first = Value::Array(vec![first.take(), Value::String(value)]),
    }
}

impl Fields {
    pub fn of_query(query: &str) -> Self {
        Self { map: pairs(query.as_bytes()), is_form: true, ..Self::default() }
    }

    /// The last file, or the raw body.
    pub async fn take_file_or_raw(&mut self) -> Result<Vec<u8>, Refusal> {
        if let Some(raw) = self.raw.take() {
            return Ok(raw);
        }
        let missing = || Refusal::malformed("缺少文件", "the file is missing");
        let file = self.files.pop().ok_or_else(missing)?.file?;
        let path = file.path().to_owned();
        let read = tokio::fs::read(path).await;
        drop(file);
        Ok(read.map_err(StoreError::Io)?)
    }
}

fn ill_typed(name: &str, zh: &str, en: &str) -> Refusal {
    Refusal::malformed(format!("{name}：{zh}"), format!("{name}: {en}"))
}

pub(in crate::http) fn too_many(name: &str, max: usize) -> Refusal {
    Refusal::new(Code::TooLarge, format!("{name}：一次最多 {max} 个"), format!("{name}: at most {max} at once"))
}

fn missing(name: &str) -> Refusal {
    ill_typed(name, "缺少这一项", "is missing")
}

/// Getters refuse a wrong type, naming the field.
impl Fields {
    pub fn of_value(value: &Value) -> Option<Self> {
        value.as_object().map(|map| Self { map: map.clone(), is_form: false, ..Self::default() })
    }

    pub fn iter(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.map.iter()
    }

    pub fn value(&self, name: &str) -> Option<&Value> {
        match self.map.get(name)? {
            Value::Null => None,
            // Old clients send empty fields for absent ones.
            Value::String(text) if text.is_empty() => None,
            value => Some(value),
        }
    }

    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    pub fn text_or_none(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(ill_typed(name, "应为文字", "must be text")),
        }
    }

    pub fn text(&self, name: &str) -> Result<&str, Refusal> {
        self.text_or_none(name)?.ok_or_else(|| missing(name))
    }

    pub fn number_or_none(&self, name: &str) -> Result<Option<i64>, Refusal> {
        self.value(name)
            .map(|value| whole_number(value).ok_or_else(|| ill_typed(name, "应为整数", "must be a whole number")))
            .transpose()
    }

    pub fn natural_or_none(&self, name: &str) -> Result<Option<u64>, Refusal> {
        let number = self.number_or_none(name)?;
        number.map(|n| u64::try_from(n).map_err(|_| ill_typed(name, "不能为负数", "must not be negative"))).transpose()
    }

    pub fn natural(&self, name: &str) -> Result<u64, Refusal> {
        self.natural_or_none(name)?.ok_or_else(|| missing(name))
    }

    pub fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.value(name) {
            None | Some(Value::Bool(false)) => Ok(false),
            Some(Value::Bool(true)) => Ok(true),
            Some(Value::String(text)) if text == "true" => Ok(true),
            Some(Value::String(text)) if text == "false" => Ok(false),
            Some(value) => match whole_number(value) {
                Some(0) => Ok(false),
                Some(1) => Ok(true),
                _ => Err(ill_typed(name, "应为 0 或 1", "must be 0 or 1")),
            },
        }
    }

    pub fn serial_or_none(&self, name: &str) -> Result<Option<String>, Refusal> {
        self.value(name)
            .map(|value| serial(value).ok_or_else(|| ill_typed(name, "应为文字或数字", "must be text or a number")))
            .transpose()
    }

    pub fn serial(&self, name: &str) -> Result<String, Refusal> {
        self.serial_or_none(name)?.ok_or_else(|| missing(name))
    }

    /// An array; in a form also JSON text, comma-separated values, or a repeated field.
    pub fn list(&self, name: &str) -> Result<Vec<Value>, Refusal> {
        let wrong = || ill_typed(name, "应为列表", "must be a list");
        match self.value(name).ok_or_else(|| missing(name))? {
            Value::Array(values) => Ok(values.clone()),
            Value::String(text) if self.is_form => {
                if text.trim_start().starts_with('[') {
                    return serde_json::from_str(text).map_err(|_| wrong());
                }
                Ok(text.split(',').map(|part| Value::String(part.trim().to_owned())).collect())
            }
            _ => Err(wrong()),
        }
    }

    fn some_of(&self, name: &str, max: usize) -> Result<Vec<Value>, Refusal> {
        let list = self.list(name)?;
        if list.is_empty() {
            return Err(ill_typed(name, "不能为空", "must not be empty"));
        }
        if list.len() > max {
            return Err(too_many(name, max));
        }
        Ok(list)
    }

    /// Each label is a serial, or a serial and CPU id.
    pub fn labels(&self, name: &str, max: usize) -> Result<Vec<Named>, Refusal> {
        let wrong = || ill_typed(name, "应为 {DeviceSN, CPUID}、文字或数字", "must hold {DeviceSN, CPUID}, text or numbers");
        let one = |value: &Value| match Self::of_value(value) {
            Some(label) => Ok(Named { sn: label.serial("DeviceSN")?, cpuid: label.serial_or_none("CPUID")? }),
            None => Ok(Named { sn: serial(value).ok_or_else(wrong)?, cpuid: None }),
        };
        self.some_of(name, max)?.iter().map(one).collect()
    }

    pub fn serials(&self, name: &str, max: usize) -> Result<Vec<String>, Refusal> {
        let list = self.some_of(name, max)?;
        list.iter().map(|v| serial(v).ok_or_else(|| ill_typed(name, "应为文字或数字", "must hold text or numbers"))).collect()
    }

    /// An object, or JSON text of one.
    pub fn object_or_none(&self, name: &str) -> Result<Option<Map<String, Value>>, Refusal> {
        let wrong = || ill_typed(name, "应为 JSON 对象", "must be a JSON object");
        match self.value(name) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(map.clone())),
            Some(Value::String(text)) => serde_json::from_str(text).map(Some).map_err(|_| wrong()),
            Some(_) => Err(wrong()),
        }
    }

    pub fn object(&self, name: &str) -> Result<Map<String, Value>, Refusal> {
        self.object_or_none(name)?.ok_or_else(|| missing(name))
    }

    /// Counts by serial; empty if absent.
    pub fn counts(&self, name: &str) -> Result<HashMap<String, u64>, Refusal> {
        let wrong = || ill_typed(name, "每一项应为不小于 0 的整数", "must hold whole numbers of 0 or more");
        let count = |value: &Value| whole_number(value).and_then(|n| u64::try_from(n).ok()).ok_or_else(wrong);
        self.object_or_none(name)?.unwrap_or_default().into_iter().map(|(sn, value)| Ok((sn, count(&value)?))).collect()
    }

    pub fn time_or_none(&self, name: &str, zone: &TimeZone) -> Result<Option<Covered>, Refusal> {
        let wrong = || ill_typed(name, "时间格式应为 yyyy-MM-dd HH:mm:ss", "must be a time like yyyy-MM-dd HH:mm:ss");
        self.text_or_none(name)?.map(|text| time::read(text, zone).ok_or_else(wrong)).transpose()
    }

    pub fn time(&self, name: &str, zone: &TimeZone) -> Result<Covered, Refusal> {
        self.time_or_none(name, zone)?.ok_or_else(|| missing(name))
    }
}

impl From<Map<String, Value>> for Fields {
    fn from(map: Map<String, Value>) -> Self {
        Self { map, is_form: false, ..Self::default() }
    }
}

fn whole_number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
        }
        _ => None,
    }
}

fn serial(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(query: &str) -> Fields {
        Fields::of_query(query)
    }

    fn json(text: &str) -> Fields {
        Fields::of_value(&serde_json::from_str(text).unwrap()).unwrap()
    }

    #[test]
    fn a_list_in_every_form() {
        let asked = ["1".to_owned(), "2".to_owned()];
        for query in ["a=1&a=2", "a=1,2", "a=%5B1,%222%22%5D"] {
            assert_eq!(form(query).serials("a", 9).unwrap(), asked, "{query}");
        }
        let fields = json(r#"{"a":[1,"2"]}"#);
        assert_eq!(fields.serials("a", 9).unwrap(), asked);
        assert_eq!(fields.serials("a", 1).unwrap_err().code, Code::TooLarge);
        assert!(json(r#"{"a":"1,2"}"#).serials("a", 9).is_err());
        assert!(form("a=").serials("a", 9).is_err());
    }

    #[test]
    fn numbers_flags_and_absence() {
        let fields = json(r#"{"n":"12","m":3,"x":null,"t":1.5,"e":""}"#);
        assert_eq!((fields.natural("n").unwrap(), fields.natural("m").unwrap()), (12, 3));
        assert!(!fields.has("x") && !fields.has("e"));
        for name in ["t", "e", "x"] {
            assert!(fields.natural(name).unwrap_err().en.contains(name));
        }
        assert!(form("p=-1").natural("p").is_err());
        assert!(!form("e=").has("e"));
        assert!(form("f=1").flag("f").unwrap() && !form("f=0").flag("f").unwrap() && form("f=2").flag("f").is_err());
    }
}
