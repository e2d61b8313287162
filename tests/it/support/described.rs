//! Checks every test's answers and messages against operations.rs and told.rs in src/http/wire/.

use paperline::http::wire::notation::{Field, Shape};
use paperline::http::wire::operations::{OPERATIONS, Operation};
use paperline::http::wire::schemas::notation;
use paperline::http::wire::told::{MESSAGES, NUMBER};
use serde_json::Value;

#[track_caller]
pub fn hold_answer(method: &str, path: &str, body: &Value) {
    let path = path.split('?').next().unwrap();
    let path = path.strip_suffix(".action").filter(|path| path.starts_with("/invoice/")).unwrap_or(path);
    let Some(row) = operation(method, path).filter(|_| method != "HEAD") else { return };
    if row.gives.contains('/') || row.gives == "websocket" {
        return;
    }
    if let Err(wrong) = fits(&shape(row.gives), body, "answer") {
        panic!("{method} {path} gives what operations.rs does not say: {wrong}");
    }
}

#[track_caller]
pub fn hold_message(message: &Value) {
    let Some(id) = message["msg_id"].as_u64() else { return };
    let Some((_, _, notation)) = MESSAGES.iter().find(|(_, known, _)| u64::from(*known) == id) else {
        panic!("told.rs has no message {id}: {message}");
    };
    let mut rest = message.clone();
    rest.as_object_mut().unwrap().remove("msg_id");
    if !notation.contains("(number: ") {
        rest.as_object_mut().unwrap().remove(NUMBER);
    }
    if let Err(wrong) = fits(&shape(notation), &rest, "message") {
        panic!("message {id} is not what told.rs says: {wrong}");
    }
}

/// Literal paths win over parameters.
fn operation(method: &str, path: &str) -> Option<&'static Operation> {
    let is_like = |pattern: &str| {
        let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
        pattern.len() == path.len() && pattern.iter().zip(path).all(|(part, given)| part.starts_with('{') || *part == given)
    };
    let of_method = || OPERATIONS.iter().filter(|row| row.methods.names().contains(&method));
    of_method().find(|row| row.path == path).or_else(|| of_method().find(|row| is_like(row.path)))
}

fn shape(notation: &'static str) -> Shape<'static> {
    Shape::read(notation).unwrap()
}

fn fits(expected: &Shape<'static>, value: &Value, at: &str) -> Result<(), String> {
    let is_so = match expected {
        Shape::Plain(kind, _) => match *kind {
            "text" => value.is_string(),
            "time" => value.as_str().is_some_and(|text| text.len() >= 19 && text.is_ascii()),
            "int" => value.is_i64(),
            "natural" => value.is_u64(),
            "number" => value.is_number(),
            "bool" => value.is_boolean(),
            "null" => value.is_null(),
            _ => true,
        },
        Shape::Number(number) => value.as_i64() == Some(*number),
        Shape::Word(word) => value.as_str() == Some(word),
        Shape::Named(name) => return fits(&shape(notation(name).unwrap()), value, at),
        Shape::List(items, _) => match value.as_array() {
            Some(values) => return values.iter().enumerate().try_for_each(|(n, value)| fits(items, value, &format!("{at}[{n}]"))),
            None => false,
        },
        Shape::Map { values, .. } => match value.as_object() {
            Some(map) => return map.iter().try_for_each(|(key, value)| fits(values, value, &format!("{at}.{key}"))),
            None => false,
        },
        Shape::Object { .. } => return object_fits(expected, value, at),
        Shape::Either(all) => all.iter().any(|one| fits(one, value, at).is_ok()),
    };
    if is_so { Ok(()) } else { Err(format!("{at} is {value}, and no {expected:?}")) }
}

fn object_fits(expected: &Shape<'static>, value: &Value, at: &str) -> Result<(), String> {
    let Some(map) = value.as_object() else { return Err(format!("{at} is {value}, and no object")) };
    let fields = fields(expected);
    if let Some(key) = map.keys().find(|key| fields.iter().all(|field| field.name != key.as_str())) {
        return Err(format!("{at}.{key} is not described"));
    }
    fields.iter().try_for_each(|field| match map.get(field.name) {
        Some(value) => fits(&field.shape, value, &format!("{at}.{}", field.name)),
        None if field.is_optional => Ok(()),
        None => Err(format!("{at}.{} is missing", field.name)),
    })
}

/// Own and inherited ones.
fn fields(object: &Shape<'static>) -> Vec<Field<'static>> {
    let Shape::Object { bases, fields: own, .. } = object else { panic!("{object:?} is no object") };
    let mut all: Vec<_> = bases.iter().flat_map(|base| fields(&shape(notation(base).unwrap()))).collect();
    all.extend(own.clone());
    all
}
