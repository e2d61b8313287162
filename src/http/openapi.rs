//! `/openapi.json`: every route of the table, what it needs, takes and gives, and the form of its refusals. Not here: the routes
//! (route.rs) and what each takes and gives (operations.rs).

use super::call::{Access, Call, Methods, Route, Takes};
use super::operations::{self, ANSWER_SCHEMAS, NOTHING, OPERATIONS, Operation, REQUEST_SCHEMAS};
use super::reply::{self, Reply};
use crate::domain::account::Permission;
use crate::domain::refusal::Refusal;
use bytes::Bytes;
use hyper::StatusCode;
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

/// Requests may hold more than is named and spell times in several ways; answers don't.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Request,
    Answer,
}

/// Reads the notation of operations.rs into a JSON Schema; `None` where it is none.
struct Notation<'a> {
    rest: &'a str,
    side: Side,
}

impl<'a> Notation<'a> {
    fn schema(text: &'a str, side: Side) -> Option<Value> {
        let mut notation = Self { rest: text, side };
        let schema = notation.alternatives()?;
        notation.rest.is_empty().then_some(schema)
    }

    fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start();
        let found = rest.strip_prefix(token);
        self.rest = found.unwrap_or(rest);
        found.is_some()
    }

    /// Everything up to the next sign of the notation.
    fn word(&mut self) -> &'a str {
        let end = self.rest.find([':', ',', '|', ')', ']', '}', '?']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.trim()
    }

    fn alternatives(&mut self) -> Option<Value> {
        let mut all = vec![self.one()?];
        while self.eat("|") {
            all.push(self.one()?);
        }
        if all.len() == 1 {
            return all.pop();
        }
        let constants: Option<Vec<&Value>> = all.iter().map(|schema| schema.get("const")).collect();
        Some(match constants {
            Some(constants) => json!({ "enum": constants }),
            None => json!({ "anyOf": all }),
        })
    }

    fn one(&mut self) -> Option<Value> {
        if self.eat("(") {
            return self.object();
        }
        if self.eat("[") {
            let items = self.alternatives()?;
            let list = self.eat("]").then(|| json!({ "type": "array", "items": items }))?;
            return Some(self.within(list, "minItems", "maxItems"));
        }
        if self.eat("{") {
            let names = self.range().map(|range| limited(json!({ "type": "string" }), range, "minLength", "maxLength"));
            if names.is_some() && !self.eat(":") {
                return None;
            }
            let values = self.alternatives()?;
            let mut map = self.eat("}").then(|| json!({ "type": "object", "additionalProperties": values }))?;
            if let Some(names) = names {
                map["propertyNames"] = names;
            }
            return Some(self.within(map, "minProperties", "maxProperties"));
        }
        self.plain()
    }

    /// `1..200`, or `..200`, where one stands here.
    fn range(&mut self) -> Option<Range> {
        let text = self.rest.trim_start();
        let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
        let (from, to) = text[..end].split_once("..")?;
        let range = (from.parse().ok(), to.parse().ok()?);
        self.rest = &text[end..];
        Some(range)
    }

    fn within(&mut self, schema: Value, least: &str, most: &str) -> Value {
        match self.range() {
            Some(range) => limited(schema, range, least, most),
            None => schema,
        }
    }

    fn object(&mut self) -> Option<Value> {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        let mut others = Value::from(self.side == Side::Request);
        while !self.eat(")") {
            if self.eat("..") {
                let whole = Notation::schema(operations::notation(self.word())?, self.side)?;
                properties.extend(whole["properties"].as_object()?.clone());
                required.extend(whole["required"].as_array()?.iter().filter_map(Value::as_str).map(str::to_owned));
                self.eat(",");
                continue;
            }
            let name = self.word().to_owned();
            let is_optional = self.eat("?");
            if name.is_empty() || !self.eat(":") {
                return None;
            }
            let schema = self.alternatives()?;
            if name == "*" {
                others = schema;
            } else {
                if !is_optional {
                    required.push(name.clone());
                }
                properties.insert(name, schema);
            }
            self.eat(",");
        }
        Some(json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": others }))
    }

    fn plain(&mut self) -> Option<Value> {
        let word = self.word();
        if let Some((kind, limits)) = word.split_once(' ') {
            let mut limits = Self { rest: limits, side: self.side };
            let range = limits.range().filter(|_| limits.rest.is_empty())?;
            let schema = Self::schema(kind, self.side)?;
            return match kind {
                "text" | "serial" => Some(limited(schema, range, "minLength", "maxLength")),
                "int" | "natural" | "number" => Some(limited(schema, range, "minimum", "maximum")),
                _ => None,
            };
        }
        if let Ok(number) = word.parse::<i64>() {
            return Some(json!({ "const": number }));
        }
        if let Some(text) = word.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
            return Some(json!({ "const": text }));
        }
        Some(match (word, self.side) {
            ("text", _) => json!({ "type": "string" }),
            ("int", _) => json!({ "type": "integer" }),
            ("natural", Side::Request) => json!({ "type": "integer", "minimum": 0, "maximum": i64::MAX }),
            ("natural", Side::Answer) => json!({ "type": "integer", "minimum": 0 }),
            ("number", _) => json!({ "type": "number" }),
            ("bool", _) => json!({ "type": "boolean" }),
            ("flag", _) => json!({ "enum": [0, 1, true, false] }),
            ("serial", _) => json!({ "type": ["string", "integer"] }),
            ("time", Side::Request) => json!({ "type": "string", "examples": ["2018-10-04 11:34:11", "2018-10-04"] }),
            ("time", Side::Answer) => json!({ "type": "string", "pattern": r"^-?\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d$" }),
            ("any", _) => json!({}),
            ("null", _) => json!({ "type": "null" }),
            (name, _) if name.starts_with(|c: char| c.is_ascii_uppercase()) => {
                json!({ "$ref": format!("#/components/schemas/{name}") })
            }
            _ => return None,
        })
    }
}

/// The least, where one is said, and the most.
type Range = (Option<i64>, i64);

fn limited(mut schema: Value, (from, to): Range, least: &str, most: &str) -> Value {
    if let Some(from) = from {
        schema[least] = from.into();
    }
    schema[most] = to.into();
    schema
}

fn needs(access: Access) -> String {
    let names = |permissions: &[Permission]| permissions.iter().map(|p| p.name()).collect::<Vec<_>>().join(", ");
    match access {
        Access::Open => "Open to everyone.".into(),
        Access::Session => "Needs a session or a token.".into(),
        Access::Needs(permission) => format!("Needs {}.", permission.name()),
        Access::Any(permissions) => format!("Needs one of {}.", names(permissions)),
    }
}

fn refusal(description: &str) -> Value {
    json!({ "description": description, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Refusal" } } } })
}

/// A success, as `operation` says that it looks.
fn success(operation: &Operation) -> (&'static str, Value) {
    let content = |media_type: &str, schema: Value| json!({ media_type: { "schema": schema } });
    match operation.gives {
        "websocket" => ("101", json!({ "description": "A WebSocket." })),
        media_type if media_type.contains('/') => {
            ("200", json!({ "description": "Done.", "content": content(media_type, json!({ "type": "string" })) }))
        }
        notation => {
            let schema = Notation::schema(notation, Side::Answer).unwrap_or_default();
            let is_creation = operation.methods == Methods::Post
                && ["/api/companies", "/api/groups", "/api/users", "/api/tokens", "/api/labels"].contains(&operation.path);
            let status = if is_creation { "201" } else { "200" };
            (status, json!({ "description": "Done.", "content": content("application/json", schema) }))
        }
    }
}

fn responses(route: &Route, operation: &Operation) -> Value {
    let mut responses = json!({
        "400": refusal("Malformed: `err` names the field."),
        "403": refusal("No permission, or not over this transport, or from another site."),
        "404": refusal("Unknown."),
        "405": refusal("Another method; `Allow` says which."),
        "409": refusal("Conflict."),
        "413": refusal("Too large."),
        "415": refusal("Not a picture, or a compressed body."),
        "429": refusal("Too many tries; `Retry-After` says how long to wait."),
        "503": refusal("Not now."),
    });
    let (status, done) = success(operation);
    responses[status] = done;
    if !matches!(route.access, Access::Open) || route.path == "/metrics" {
        responses["401"] = refusal("Not logged in.");
    }
    if route.path == "/login" {
        let locked = "(reqStatus: 'locked', retryAfter: natural)";
        let content = json!({ "application/json": { "schema": Notation::schema(locked, Side::Answer) } });
        responses["429"] = json!({ "description": "Too many tries with a wrong password.", "content": content });
    }
    if operation.gives.starts_with("image/") {
        responses["304"] = json!({ "description": "Not changed since the `ETag` asked with." });
    }
    responses
}

fn body(route: &Route, fields: Value) -> Value {
    let form = |files: Value| {
        let mut fields = fields.clone();
        fields["properties"].as_object_mut().map(|properties| properties.insert("file".into(), files));
        json!({ "multipart/form-data": { "schema": fields } })
    };
    let file = json!({ "type": "string", "format": "binary" });
    let content = match route.takes {
        Takes::Picture | Takes::Backup => form(file),
        Takes::Pictures => form(json!({ "type": "array", "items": file })),
        Takes::Table => {
            let mut content = form(file);
            content["text/csv"] = json!({ "schema": { "type": "string" } });
            content
        }
        Takes::Words | Takes::Lists => {
            let fields = json!({ "schema": fields });
            json!({ "application/json": fields, "application/x-www-form-urlencoded": fields, "multipart/form-data": fields })
        }
    };
    let limits = route.takes.limits(0);
    let mut body = json!({ "content": content, "x-max-bytes": limits.text_bytes, "x-max-values": limits.values });
    if limits.files > 0 {
        (body["x-max-files"], body["x-max-file-bytes"]) = (limits.files.into(), limits.file_bytes.into());
    }
    body
}

fn operation(route: &Route, operation: &Operation, method: &str) -> Value {
    let fields = Notation::schema(operation.takes, Side::Request).unwrap_or_default();
    let captured = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = |name: &str| {
        let schema = if name == "id" {
            json!({ "type": "integer", "minimum": 1, "maximum": u64::MAX })
        } else {
            json!({ "type": "string" })
        };
        json!({ "name": name, "in": "path", "required": true, "schema": schema })
    };
    let mut parameters: Vec<Value> = captured.map(in_path).collect();
    let mut described = json!({ "description": needs(route.access), "responses": responses(route, operation) });
    if method == "GET" {
        let required = fields["required"].as_array().cloned().unwrap_or_default();
        for (name, schema) in fields["properties"].as_object().into_iter().flatten() {
            let is_required = required.iter().any(|r| r == name);
            parameters.push(json!({ "name": name, "in": "query", "required": is_required, "schema": schema }));
        }
    } else if method != "DELETE" || operation.takes != NOTHING {
        described["requestBody"] = body(route, fields);
    }
    described["parameters"] = Value::Array(parameters);
    if matches!(route.access, Access::Open) {
        described["security"] = json!([]);
    }
    described
}

fn schemas() -> Map<String, Value> {
    let of = |rows: &'static [(&'static str, &'static str)], side| {
        rows.iter().map(move |(name, notation)| ((*name).to_owned(), Notation::schema(notation, side).unwrap_or_default()))
    };
    let mut schemas: Map<String, Value> = of(ANSWER_SCHEMAS, Side::Answer).chain(of(REQUEST_SCHEMAS, Side::Request)).collect();
    schemas.insert(
        "Refusal".into(),
        json!({
            "type": "object",
            "required": ["err", "code"],
            "additionalProperties": false,
            "properties": {
                "err": { "type": "string", "description": "For a person; Chinese, or English where Accept-Language prefers it." },
                "code": { "enum": [
                    "malformed", "unauthenticated", "forbidden", "not_found", "conflict", "too_large", "unsupported", "throttled",
                    "unavailable", "internal",
                ] },
                "sucess": { "const": "修改失败", "description": "As the interface document has it, with updateUsersPermission." },
            },
        }),
    );
    schemas
}

/// The same for whoever asks, so it is made once: it takes as long as hundreds of other answers.
static DOCUMENT: OnceLock<Bytes> = OnceLock::new();

pub async fn openapi(call: Call) -> Result<Reply, Refusal> {
    let document = DOCUMENT.get_or_init(|| Bytes::from(document(call.edge.router.all).to_string()));
    Ok(reply::new(StatusCode::OK, reply::JSON, reply::full(document.clone())))
}

fn document(routes: &[Route]) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in routes {
        let Some(row) = OPERATIONS.iter().find(|o| o.methods == route.methods && o.path == route.path) else { continue };
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        for method in route.methods.names().iter().filter(|method| **method != "HEAD") {
            path[method.to_ascii_lowercase()] = operation(route, row, method);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "paperline",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Every path under /invoice/ answers with and without the suffix .action. A number may be sent as its decimal \
                            text, an object or a list in a form or a query as a string of JSON.",
        },
        "security": [{ "session": [] }, { "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": "sid" },
                "token": { "type": "http", "scheme": "bearer" },
            },
            "schemas": schemas(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::route::ROUTES;

    #[test]
    fn every_route_is_described_and_nothing_else() {
        let key = |methods: Methods, path: &str| format!("{methods:?} {path}");
        let mut routes: Vec<_> = ROUTES.iter().map(|route| key(route.methods, route.path)).collect();
        let mut described: Vec<_> = OPERATIONS.iter().map(|row| key(row.methods, row.path)).collect();
        routes.sort();
        described.sort();
        assert_eq!(routes, described);
    }

    #[test]
    fn every_description_can_be_read_and_names_what_there_is() {
        let schemas = schemas();
        let mut texts = serde_json::to_string(&schemas).unwrap();
        for (name, notation) in ANSWER_SCHEMAS.iter().chain(REQUEST_SCHEMAS) {
            assert!(Notation::schema(notation, Side::Answer).is_some(), "{name}");
        }
        for row in OPERATIONS {
            let takes = Notation::schema(row.takes, Side::Request).unwrap_or_else(|| panic!("{} takes", row.path));
            assert_eq!(takes["type"], "object", "{}", row.path);
            let is_notation = !row.gives.contains('/') && row.gives != "websocket";
            assert!(!is_notation || Notation::schema(row.gives, Side::Answer).is_some(), "{} gives", row.path);
            texts.push_str(&format!("{takes}{}", success(row).1));
        }
        for named in texts.split("#/components/schemas/").skip(1) {
            let name = named.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name}");
        }
    }

    #[test]
    fn the_notation() {
        assert_eq!(
            Notation::schema("(a: [text], b?: 'x'|'y', *: {int|null})", Side::Request),
            Some(json!({
                "type": "object",
                "properties": { "a": { "type": "array", "items": { "type": "string" } }, "b": { "enum": ["x", "y"] } },
                "required": ["a"],
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": { "anyOf": [{ "type": "integer" }, { "type": "null" }] },
                },
            }))
        );
        assert_eq!(
            Notation::schema("(a: text 1..64, b: [serial ..64] 1..1000, c: {..64: number 0..1} ..100|null)", Side::Answer),
            Some(json!({
                "type": "object",
                "properties": {
                    "a": { "type": "string", "minLength": 1, "maxLength": 64 },
                    "b": {
                        "type": "array",
                        "items": { "type": ["string", "integer"], "maxLength": 64 },
                        "minItems": 1,
                        "maxItems": 1000,
                    },
                    "c": { "anyOf": [
                        {
                            "type": "object",
                            "additionalProperties": { "type": "number", "minimum": 0, "maximum": 1 },
                            "propertyNames": { "type": "string", "maxLength": 64 },
                            "maxProperties": 100,
                        },
                        { "type": "null" },
                    ] },
                },
                "required": ["a", "b", "c"],
                "additionalProperties": false,
            }))
        );
        for wrong in [
            "(a text)",
            "[text",
            "words",
            "(a: text",
            "text)",
            "(: text)",
            "text 1..",
            "text 64",
            "bool 0..1",
            "{..64 text}",
            "[text] 9",
        ] {
            assert_eq!(Notation::schema(wrong, Side::Answer), None, "{wrong}");
        }
    }
}
