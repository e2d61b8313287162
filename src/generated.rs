//! Files of the repo that are made of the sources: a test holds each against what it would be now, and writes it anew where
//! `PAPERLINE_REGENERATE` is set: `PAPERLINE_REGENERATE=1 cargo test --lib is_fresh`.

use crate::domain::setting::{Group, Kind, Value};
use crate::domain::settings::{ROWS, Settings};
use std::fmt::Write;
use std::path::Path;

fn hold(file: &str, fresh: impl Fn(&str) -> String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let now = std::fs::read_to_string(&path).unwrap_or_default();
    let fresh = fresh(&now);
    if std::env::var_os("PAPERLINE_REGENERATE").is_some() {
        std::fs::write(&path, fresh).unwrap();
    } else {
        assert!(now == fresh, "{file} is stale: PAPERLINE_REGENERATE=1 cargo test --lib is_fresh");
    }
}

fn list_of_settings() -> String {
    let mut list = String::new();
    let defaults = Settings::default();
    for (group, (zh, en)) in Group::ALL {
        writeln!(list, "\n### {en} / {zh}\n\n| name | takes | default | means |\n|---|---|---|---|").unwrap();
        for row in ROWS.iter().filter(|row| row.group == group) {
            let takes = match row.kind {
                Kind::Switch => "`true`, `false`".into(),
                Kind::Natural { from, to, .. } => format!("{from} to {to}"),
                Kind::Number { from, to, .. } => format!("{from} to {to}"),
                Kind::Choice(words) => words.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(", "),
                Kind::Text(_) => "text".into(),
                Kind::List(_) => "texts, comma-separated".into(),
            };
            let default = match (row.get)(&defaults) {
                Value::Bool(on) => format!("`{on}`"),
                Value::Natural(n) => n.to_string(),
                Value::Number(n) => n.to_string(),
                Value::Text(text) => format!("`{text}`"),
                Value::List(parts) => parts.join(", "),
                Value::Null => String::new(),
            };
            let (help_zh, help_en) = row.help;
            writeln!(list, "| `{}` | {takes} | {default} | {}: {help_en}<br>{}：{help_zh} |", row.name, row.label.1, row.label.0)
                .unwrap();
        }
    }
    list
}

#[test]
fn the_list_of_settings_is_fresh() {
    const MARKS: [&str; 2] = ["<!-- made of src/domain/settings.rs -->\n", "\n<!-- so far -->"];
    hold("docs/settings.md", |now| {
        let (before, rest) = now.split_once(MARKS[0]).unwrap();
        let (_, after) = rest.split_once(MARKS[1]).unwrap();
        [before, MARKS[0], &list_of_settings(), MARKS[1], after].concat()
    });
}

#[test]
fn the_wire_file_is_fresh() {
    hold("web/src/api/wire.ts", |_| crate::http::wire::typescript::wire());
}
