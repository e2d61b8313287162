//! Generates `web/src/api/wire.ts`; only in tests (src/generated.rs).

use super::notation::{Field, Shape};
use super::operations::{OPERATIONS, Operation};
use super::schemas::{ANSWER_SCHEMAS, REQUEST_SCHEMAS, notation, parts};
use super::told::{MESSAGES, NUMBER, SAID};
use crate::domain::account::{Permission, PermissionSet};
use crate::http::edge::call::Methods;
use crate::hub::Page;

const HEAD: &str = "\
// Made of the box's sources: src/http/wire/operations.rs says what the wire has. Not to be changed by hand: what is written here is lost when
// it is made anew (CONTRIBUTING.md says how).
";

pub fn wire() -> String {
    let types = ANSWER_SCHEMAS.iter().chain(REQUEST_SCHEMAS).copied().chain(parts());
    let types: Vec<String> = types.map(|(name, notation)| declared(name, notation)).collect();
    [HEAD.to_owned(), rights(), pages(), types.join("\n"), messages(), routes()].join("\n")
}

fn shape(notation: &'static str) -> Shape<'static> {
    Shape::read(notation).unwrap_or_else(|| panic!("no notation: {notation}"))
}

fn declared(name: &str, notation: &'static str) -> String {
    match shape(notation) {
        Shape::Object { bases, fields, others: None } => {
            let bases = if bases.is_empty() { String::new() } else { format!(" extends {}", known(&bases).join(", ")) };
            format!("export interface {name}{bases} {{\n{}}}\n", lines(&fields))
        }
        shape => format!("export type {name} = {}\n", type_of(&shape)),
    }
}

/// Fails here rather than as a type error in the pages.
fn known<'a>(names: &[&'a str]) -> Vec<&'a str> {
    names.iter().for_each(|name| assert!(notation(name).is_some(), "nothing is called {name}"));
    names.to_vec()
}

fn lines(fields: &[Field<'_>]) -> String {
    fields.iter().map(line).collect()
}

fn line(field: &Field<'_>) -> String {
    format!("  {}{}\n", meaning(field, "\n  "), member(field))
}

fn meaning(field: &Field<'_>, then: &str) -> String {
    field.means.map(|means| format!("/** {}. */{then}", capital(means))).unwrap_or_default()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn member(field: &Field<'_>) -> String {
    format!("{}{}: {}", field.name, if field.is_optional { "?" } else { "" }, type_of(&field.shape))
}

fn type_of(shape: &Shape<'_>) -> String {
    match shape {
        Shape::Plain(kind, _) => match *kind {
            "text" | "time" => "string",
            "int" | "natural" | "number" => "number",
            "bool" => "boolean",
            "flag" => "0 | 1 | boolean",
            "serial" => "string | number",
            "null" => "null",
            _ => "unknown",
        }
        .into(),
        Shape::Number(number) => number.to_string(),
        Shape::Word(word) => format!("'{word}'"),
        Shape::Named(name) => known(&[name])[0].into(),
        Shape::List(items, _) => format!("{}[]", closed(items)),
        Shape::Map { values, .. } => format!("Record<string, {}>", type_of(values)),
        Shape::Object { bases, fields, others } => {
            let members: Vec<String> = fields.iter().map(|field| meaning(field, " ") + &member(field)).collect();
            // The index signature must fit the named members too.
            let members = members.into_iter().chain(others.iter().map(|_| "[own: string]: unknown".into())).collect::<Vec<_>>();
            let own = match members.as_slice() {
                [] if bases.is_empty() => Some("Record<string, never>".into()),
                [] => None,
                members => Some(format!("{{ {} }}", members.join("; "))),
            };
            known(bases).into_iter().map(str::to_owned).chain(own).collect::<Vec<_>>().join(" & ")
        }
        Shape::Either(all) => all.iter().map(type_of).collect::<Vec<_>>().join(" | "),
    }
}

/// In brackets if a suffix would bind to its last part only.
fn closed(shape: &Shape<'_>) -> String {
    let is_open = match shape {
        Shape::Either(_) => true,
        Shape::Object { bases, .. } => !bases.is_empty(),
        Shape::Plain(kind, _) => ["flag", "serial"].contains(kind),
        _ => false,
    };
    if is_open { format!("({})", type_of(shape)) } else { type_of(shape) }
}

fn rights() -> String {
    let ids: String = Permission::ALL.iter().map(|(_, id, name)| format!("  '{name}': {id},\n")).collect();
    format!("/** By their names. */\nexport const RIGHTS = {{\n{ids}}} as const\n\nexport type Right = keyof typeof RIGHTS\n")
}

/// The invoice socket's pages, with the permissions that open each.
fn pages() -> String {
    let name = |page: Page| format!("{page:?}").to_lowercase();
    let opens = |page: Page| {
        let narrow =
            Permission::ALL.iter().filter(|(right, _, name)| name.ends_with("-r") && page.is_open_to(PermissionSet::of(&[*right])));
        narrow.map(|(_, _, name)| format!("'{name}'")).collect::<Vec<_>>().join(", ")
    };
    let numbers: String = Page::ALL.map(|page| format!("  {}: {},\n", name(page), page as u64)).concat();
    let rights: String = Page::ALL.map(|page| format!("  {}: [{}],\n", name(page), opens(page))).concat();
    format!(
        "/** The pages of the invoice socket. */\nexport const PAGES = {{\n{numbers}}} as const\n\nexport type Page = keyof typeof PAGES\n\n\
         /** Of these, a page needs one. */\nexport const PAGE_RIGHTS: Record<Page, Right[]> = {{\n{rights}}}\n"
    )
}

fn messages() -> String {
    let ids: String = MESSAGES.iter().map(|(name, id, _)| format!("  {name}: {id},\n")).collect();
    let said: String = SAID.iter().map(|(name, code)| format!("  {name}: '{code}',\n")).collect();
    let told = MESSAGES.iter().map(|(_, id, notation)| {
        let Shape::Object { fields, .. } = shape(notation) else { panic!("a message is an object: {notation}") };
        let members: Vec<String> = fields.iter().map(|field| meaning(field, " ") + &member(field)).collect();
        format!("  | {{ msg_id: {id}; {} }}\n", members.join("; "))
    });
    format!(
        "/** What the invoice socket tells, by `msg_id`. */\nexport const MESSAGES = {{\n{ids}}} as const\n\nexport type Message = (\n{}) & {{ {NUMBER}?: number }}\n\n\
         /** What is said on it, by `code`. */\nexport const SAID = {{\n{said}}} as const\n",
        told.collect::<String>()
    )
}

/// `never`: not JSON.
fn route(row: &Operation) -> String {
    let gives = if row.gives.contains('/') || row.gives == "websocket" { "never".into() } else { type_of(&shape(row.gives)) };
    format!("  '{}': {{ takes: {}; gives: {gives} }}\n", row.path, type_of(&shape(row.takes)))
}

fn routes() -> String {
    let of = |methods: Methods| OPERATIONS.iter().filter(move |row| row.methods == methods).map(route).collect::<String>();
    let one = |name: &str, base: &str, methods| format!("export interface {name}{base} {{\n{}}}\n", of(methods));
    [
        "/** By GET and by POST. */".to_owned(),
        one("Read", "", Methods::Read),
        one("Get", " extends Read", Methods::Get),
        one("Post", " extends Read", Methods::Post),
        one("Patch", "", Methods::Patch),
        one("Delete", "", Methods::Delete),
    ]
    .join("\n")
    .replacen("*/\n\n", "*/\n", 1)
}
