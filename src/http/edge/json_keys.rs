//! Refuses duplicate JSON keys: a parser would silently drop one value (RFC 8259 §4).

use crate::domain::refusal::Refusal;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::cell::OnceCell;
use std::collections::HashSet;
use std::fmt;

/// Keeps the first duplicate key.
#[derive(Clone, Copy)]
struct Walk<'k>(&'k OnceCell<String>);

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut known = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if let Some(twice) = known.replace(key) {
                map.next_value::<IgnoredAny>()?;
                let _ = self.0.set(twice);
                return Err(A::Error::custom("a key stands twice"));
            }
            map.next_value_seed(self)?;
        }
        Ok(())
    }
}

/// # Errors
/// `Malformed`, naming the key. `json` was parsed before: other faults are not reported here.
pub fn each_once(json: &[u8]) -> Result<(), Refusal> {
    let twice = OnceCell::new();
    let _ = Walk(&twice).deserialize(&mut serde_json::Deserializer::from_slice(json));
    match twice.into_inner() {
        None => Ok(()),
        Some(key) => Err(Refusal::malformed(format!("{key}：写了两次"), format!("{key}: is there twice"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stands_twice_in_one_object_is_named() {
        let said = |json: &str| each_once(json.as_bytes()).map_err(|refusal| refusal.en.into_owned());
        assert_eq!(said(r#"{"a":[1,-1,0.5,"x",null,true,{"a":1}],"b":{"a":2}}"#), Ok(()));
        assert_eq!(said(r#"{"a":1,"a":1}"#), Err("a: is there twice".into()));
        assert_eq!(said(r#"{"list":[{"CPUID":"1"},{"CPUID":"2","CPUI\u0044":"3"}]}"#), Err("CPUID: is there twice".into()));
    }
}
