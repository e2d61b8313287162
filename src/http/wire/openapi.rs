//! Generates `/openapi.json`. Not here: the routes (http/route.rs), their shapes (operations.rs).

use super::notation::{Range, Shape};
use super::operations::{NOTHING, OPERATIONS, Operation};
use super::schemas::{self, ANSWER_SCHEMAS, REQUEST_SCHEMAS};
use crate::domain::account::Permission;
use crate::domain::refusal::Refusal;
use crate::http::edge::call::{Access, Call, Methods, Route, Takes};
use crate::http::edge::reply::{self, Reply};
use bytes::Bytes;
use hyper::StatusCode;
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

/// Requests allow unnamed fields and several spellings of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Request,
    Answer,
}

fn schema(notation: &str, side: Side) -> Option<Value> {
    Shape::read(notation).map(|shape| schema_of(&shape, side))
}

fn schema_of(shape: &Shape<'_>, side: Side) -> Value {
    match shape {
        Shape::Plain(kind, range) => plain(kind, *range, side),
        Shape::Number(number) => json!({ "const": number }),
        Shape::Word(word) => json!({ "const": word }),
        Shape::Named(name) => match schemas::part(name) {
            Some(part) => schema(part, side).unwrap_or_default(),
            None => json!({ "$ref": format!("#/components/schemas/{name}") }),
        },
        Shape::List(items, range) => {
            limited(json!({ "type": "array", "items": schema_of(items, side) }), *range, "minItems", "maxItems")
        }
        Shape::Map { keys, values, size } => {
            let mut map = json!({ "type": "object", "additionalProperties": schema_of(values, side) });
            if keys.is_some() {
                map["propertyNames"] = limited(json!({ "type": "string" }), *keys, "minLength", "maxLength");
            }
            limited(map, *size, "minProperties", "maxProperties")
        }
        Shape::Object { bases, fields, others } => {
            let (mut properties, mut required) = (Map::new(), Vec::new());
            for base in bases.iter().filter_map(|base| schema(schemas::notation(base)?, side)) {
                properties.extend(base["properties"].as_object().cloned().unwrap_or_default());
                required.extend(base["required"].as_array().cloned().unwrap_or_default());
            }
            for field in fields {
                if !field.is_optional {
                    required.push(field.name.into());
                }
                properties.insert(field.name.to_owned(), schema_of(&field.shape, side));
            }
            let others = others.as_ref().map_or_else(|| Value::from(side == Side::Request), |shape| schema_of(shape, side));
            json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": others })
        }
        Shape::Either(all) => {
            let all: Vec<Value> = all.iter().map(|shape| schema_of(shape, side)).collect();
            let constants: Option<Vec<&Value>> = all.iter().map(|schema| schema.get("const")).collect();
            match constants {
                Some(constants) => json!({ "enum": constants }),
                None => json!({ "anyOf": all }),
            }
        }
    }
}

fn plain(kind: &str, range: Option<Range>, side: Side) -> Value {
    let schema = match (kind, side) {
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
        ("null", _) => json!({ "type": "null" }),
        _ => json!({}),
    };
    match kind {
        "text" | "serial" => limited(schema, range, "minLength", "maxLength"),
        _ => limited(schema, range, "minimum", "maximum"),
    }
}

fn limited(mut schema: Value, range: Option<Range>, least: &str, most: &str) -> Value {
    let Some((from, to)) = range else { return schema };
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

fn success(operation: &Operation) -> (&'static str, Value) {
    let content = |media_type: &str, schema: Value| json!({ media_type: { "schema": schema } });
    match operation.gives {
        "websocket" => ("101", json!({ "description": "A WebSocket." })),
        media_type if media_type.contains('/') => {
            ("200", json!({ "description": "Done.", "content": content(media_type, json!({ "type": "string" })) }))
        }
        notation => {
            let schema = schema(notation, Side::Answer).unwrap_or_default();
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
        let content = json!({ "application/json": { "schema": schema(locked, Side::Answer) } });
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
    let fields = schema(operation.takes, Side::Request).unwrap_or_default();
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
        rows.iter().map(move |(name, notation)| ((*name).to_owned(), schema(notation, side).unwrap_or_default()))
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
                "fields": {
                    "type": "array",
                    "description": "What is wrong with which field, where it can be told.",
                    "items": {
                        "type": "object",
                        "required": ["name", "err"],
                        "properties": { "name": { "type": "string" }, "err": { "type": "string" } },
                    },
                },
                "sucess": { "const": "修改失败", "description": "As the interface document has it, with updateUsersPermission." },
                "failed": { "type": "array", "items": { "type": "object" }, "description": "Of recognizeImage: the files, and why." },
                "invoice": { "$ref": "#/components/schemas/WholeInvoice", "description": "As it is now: somebody was faster." },
                "checks": { "type": "array", "items": { "type": "object" }, "description": "What speaks against the values, and where." },
                "https_port": { "type": ["integer", "null"], "description": "Of a log-in over plain HTTP: where HTTPS is." },
            },
        }),
    );
    schemas
}

/// Costly, and the same for everyone.
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
            assert!(schema(notation, Side::Answer).is_some(), "{name}");
        }
        for row in OPERATIONS {
            let takes = schema(row.takes, Side::Request).unwrap_or_else(|| panic!("{} takes", row.path));
            assert_eq!(takes["type"], "object", "{}", row.path);
            let is_notation = !row.gives.contains('/') && row.gives != "websocket";
            assert!(!is_notation || schema(row.gives, Side::Answer).is_some(), "{} gives", row.path);
            texts.push_str(&format!("{takes}{}", success(row).1));
        }
        for named in texts.split("#/components/schemas/").skip(1) {
            let name = named.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name}");
        }
    }

    #[test]
    fn a_permission_id_is_one_of_a_permission() {
        let ids: Vec<Value> = Permission::ALL.iter().map(|(_, id, _)| json!(id)).collect();
        assert_eq!(schemas()["PermissionId"], json!({ "enum": ids }));
    }

    #[test]
    fn the_notation() {
        assert_eq!(
            schema("(a: [text], b?: 'x'|'y', *: {int|null})", Side::Request),
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
            schema("(a: text 1..64, b: [serial ..64] 1..1000, c: {..64: number 0..1} ..100|null)", Side::Answer),
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
    }
}
