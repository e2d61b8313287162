//! `/openapi.json`: every route of the table, what it needs, and the form of its refusals. Made from the table itself, so that it can't
//! miss one. The bodies are described where they are specified: in the interface documents.

use super::reply::{self, Reply};
use super::route::{Access, Call, Files, Methods, ROUTES, Route};
use crate::domain::account::Permission;
use crate::domain::refusal::Refusal;
use serde_json::{Map, Value, json};

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

fn operation(route: &Route) -> Value {
    let mut responses = json!({
        "2XX": { "description": "Done, as the interface document spells it." },
        "400": refusal("Malformed: `err` names the field."),
        "404": refusal("Unknown."),
        "405": refusal("Another method; `Allow` says which."),
        "409": refusal("Conflict."),
        "413": refusal("Too large."),
        "415": refusal("Not a picture, or a compressed body."),
        "429": { "description": "Too many tries; `Retry-After` says how long to wait." },
        "503": refusal("Not now."),
    });
    if !matches!(route.access, Access::Open) {
        responses["401"] = refusal("Not logged in.");
    }
    responses["403"] = refusal("No permission, or not over this transport, or from another site.");
    let captured = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameters: Vec<Value> =
        captured.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })).collect();
    let mut operation = json!({ "description": needs(route.access), "parameters": parameters, "responses": responses });
    if route.methods != Methods::Get && route.methods != Methods::Delete {
        let fields = json!({ "schema": { "type": "object" } });
        let mut content =
            json!({ "multipart/form-data": fields, "application/json": fields, "application/x-www-form-urlencoded": fields });
        match route.files {
            Files::One | Files::Many => content = json!({ "multipart/form-data": fields }),
            Files::Csv => content["text/csv"] = json!({ "schema": { "type": "string" } }),
            Files::None => {}
        }
        operation["requestBody"] = json!({ "content": content });
    }
    if matches!(route.access, Access::Open) {
        operation["security"] = json!([]);
    }
    operation
}

pub async fn openapi(_: Call) -> Result<Reply, Refusal> {
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        for method in route.methods.names().iter().filter(|method| **method != "HEAD") {
            let mut operation = operation(route);
            if *method == "GET" {
                operation.as_object_mut().map(|o| o.remove("requestBody"));
            }
            path[method.to_ascii_lowercase()] = operation;
        }
    }
    Ok(reply::json(&json!({
        "openapi": "3.1.0",
        "info": {
            "title": "paperline",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Every path under /invoice/ answers with and without the suffix .action.",
        },
        "security": [{ "session": [] }, { "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": "sid" },
                "token": { "type": "http", "scheme": "bearer" },
            },
            "schemas": {
                "Refusal": {
                    "type": "object",
                    "required": ["err", "code"],
                    "properties": {
                        "err": { "type": "string", "description": "For a person; Chinese, or English where Accept-Language prefers it." },
                        "code": { "type": "string", "enum": [
                            "malformed", "unauthenticated", "forbidden", "not_found", "conflict", "too_large", "unsupported", "throttled",
                            "unavailable", "internal",
                        ] },
                    },
                },
            },
        },
    })))
}
