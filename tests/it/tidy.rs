//! Rules of the code base, checked on the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

pub fn sources(dir: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push((path.clone(), fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

#[test]
fn what_is_told_is_told_by_the_store() {
    for (path, text) in sources(&src()) {
        let file = path.strip_prefix(src()).unwrap().to_str().unwrap().to_owned();
        assert!(!text.contains("emit("), "{file} emits");
        assert!(!text.contains("Table::new(") || file == "store/tables.rs", "{file} numbers a table");
    }
}

/// What each may name, in ARCHITECTURE.md's order, and what else it may not.
const ROOMS: [(&str, &[&str], &[&str]); 25] = [
    ("os", &[], &["serde_json"]),
    ("domain", &[], &["serde_json", "tokio"]),
    ("font", &[], &["serde_json", "tokio"]),
    ("pixels", &["domain"], &["serde_json", "tokio"]),
    ("papers", &["os", "domain", "font"], &["tokio"]),
    ("labels", &["domain", "font"], &["serde_json", "tokio"]),
    ("store", &["os", "domain"], &["serde_json"]),
    ("app", &["os", "domain", "pixels", "papers", "labels", "store"], &["serde_json"]),
    ("engine", &["domain", "pixels"], &[]),
    ("hub", &["domain"], &["serde_json"]),
    ("dispatcher", &["domain", "papers", "store", "app", "engine", "hub"], &[]),
    ("trials", &["domain", "engine"], &[]),
    ("printing", &["domain", "labels", "store", "app"], &["serde_json"]),
    ("mdns", &[], &["serde_json"]),
    (
        "http",
        &["os", "domain", "pixels", "papers", "labels", "store", "app", "engine", "hub", "trials", "mdns"],
        &["store::tables"],
    ),
    // Outside the layers above, which need none of these.
    ("config", &[], &[]),
    ("agent", &["os", "domain", "config"], &["serde_json"]),
    ("control", &["os", "store", "app"], &[]),
    ("greeting", &["app", "http"], &[]),
    ("feed", &["domain", "store", "app", "hub", "http"], &["store::tables"]),
    ("upkeep", &["store", "app", "control"], &["store::tables"]),
    ("service", &["os", "config", "control"], &[]),
    (
        "serve",
        &[
            "os",
            "app",
            "engine",
            "hub",
            "dispatcher",
            "trials",
            "printing",
            "mdns",
            "http",
            "config",
            "control",
            "greeting",
            "feed",
        ],
        &[],
    ),
    ("generated", &["domain", "http"], &[]),
    ("main", &["os", "papers", "config", "agent", "serve", "service", "upkeep"], &[]),
];

/// As `crate::…`, or `paperline::…` in `main.rs`.
fn rooms_in(text: &str) -> BTreeSet<String> {
    assert!(!text.contains("crate::{"), "a line for each room");
    let mut found = BTreeSet::new();
    for root in ["crate::", "paperline::"] {
        for rest in text.split(root).skip(1) {
            match rest.strip_prefix('{') {
                Some(list) => {
                    let mut named = Vec::new();
                    paths(list.split(';').next().unwrap().trim_end_matches('}'), "", &mut named);
                    found.extend(named.iter().map(|path| path.split("::").next().unwrap().to_owned()));
                }
                None => {
                    found.extend(Some(rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect::<String>()));
                }
            }
        }
    }
    found.retain(|name| ROOMS.iter().any(|(room, ..)| room == name));
    found
}

#[test]
fn imports_run_one_way() {
    for (path, text) in sources(&src()) {
        let file = path.strip_prefix(src()).unwrap().to_str().unwrap().to_owned();
        let room = file.split(['/', '.']).next().unwrap();
        if file == "lib.rs" {
            continue;
        }
        let (_, may, may_not) = ROOMS.iter().find(|(name, ..)| *name == room).unwrap_or_else(|| panic!("{room} has no law"));
        for other in rooms_in(&text) {
            assert!(other == room || may.contains(&other.as_str()), "{file} names {other}");
        }
        for name in *may_not {
            assert!(!text.contains(name), "{file} names {name}");
        }
    }
    assert!(rooms_in("use crate::store::Store;\nuse paperline::{config, serve::run};\n").len() == 3, "rooms are found");
    for (at, (room, may, _)) in ROOMS.iter().enumerate() {
        for other in *may {
            assert!(ROOMS[..at].iter().any(|(name, ..)| name == other), "{room} needs {other}, which comes after it");
        }
    }
}

#[test]
fn the_engine_of_the_store_has_one_door() {
    for (path, text) in sources(&src()) {
        let file = path.strip_prefix(src()).unwrap().to_str().unwrap().to_owned();
        for (word, only) in [("sled::", "store/local.rs"), ("bincode::", "store/record.rs")] {
            assert!(!text.contains(word) || file == only, "{file} names {word}");
        }
    }
}

#[test]
fn one_room_knows_the_system() {
    let of_a_system = ["os::unix", "os::windows", "rustix", "winsafe", "raw_printer", "/proc/", "(unix)", "(windows)", "target_os"];
    for (path, text) in sources(&src()) {
        let file = path.strip_prefix(src()).unwrap().to_str().unwrap().to_owned();
        let names = of_a_system.into_iter().find(|word| text.contains(word));
        let may = file.starts_with("os/") || file.ends_with("tests.rs");
        assert!(may || names.is_none(), "{file} names {}: its place is in os/", names.unwrap_or_default());
    }
}

#[test]
fn every_file_says_what_it_holds() {
    for (path, text) in sources(&src()) {
        assert!(text.starts_with("//!"), "{} does not say what it holds", path.display());
        let code = text.split("#[cfg(test)]").next().unwrap();
        assert!(code.lines().count() <= 500, "{} is too long for one subject", path.display());
    }
}

/// Verbs read as English: what they refuse with is said in one folder, where each sentence is once. Errors of the start are for the
/// terminal.
#[test]
fn no_chinese_sentence_is_made_in_a_verb() {
    let is_chinese = |c: char| matches!(c, '\u{2E80}'..='\u{9FFF}' | '\u{FF00}'..='\u{FFEF}');
    let mut sentences = BTreeMap::new();
    for (path, text) in sources(&src().join("app")) {
        let file = path.strip_prefix(src()).unwrap().to_str().unwrap().to_owned();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for (at, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            if !line.contains(is_chinese) || file == "app/data_dir.rs" {
                continue;
            }
            assert!(file.starts_with("app/refusals/"), "{file}:{}: its place is in app/refusals/: {}", at + 1, line.trim());
            if let Some(other) = sentences.insert(line.trim().to_owned(), file.clone()) {
                panic!("{other} and {file} both say {}", line.trim());
            }
        }
    }
    assert!(sentences.len() > 50, "sentences are found");
}

#[test]
fn functions_are_short() {
    for (path, text) in sources(&src()) {
        let lines: Vec<&str> = text.lines().collect();
        for (first, line) in lines.iter().enumerate() {
            let bare = line.trim_start();
            let indent = &line[..line.len() - bare.len()];
            let is_function = bare.split('(').next().is_some_and(|head| head.split(' ').any(|word| word == "fn"));
            if !is_function || bare.starts_with("//") || bare.ends_with(['}', ';']) {
                continue;
            }
            let end = format!("{indent}}}");
            let length = lines[first..].iter().position(|line| **line == end).map_or(0, |last| last + 1);
            assert!(length <= 70, "{}:{}: {length} lines", path.display(), first + 1);
        }
    }
}

/// Of `a::{b, c::{d}}`: `a::b`, `a::c::d`.
fn paths(list: &str, before: &str, found: &mut Vec<String>) {
    let (mut depth, mut from) = (0, 0);
    let parts = list.char_indices().filter_map(|(at, c)| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        (c == ',' && depth == 0).then(|| std::mem::replace(&mut from, at + 1)..at)
    });
    let mut parts: Vec<_> = parts.collect();
    parts.push(from..list.len());
    for part in parts.into_iter().map(|range| list[range].trim()).filter(|part| !part.is_empty()) {
        match part.split_once("::{") {
            Some((head, inner)) => paths(inner.strip_suffix('}').unwrap(), &format!("{before}{head}::"), found),
            None => found.push(format!("{before}{part}")),
        }
    }
}

/// As `module::file::name`.
fn imports(module: &str, is_room: bool, text: &str) -> Vec<String> {
    let parent = if is_room { module } else { module.rsplit_once("::").map_or("", |(parent, _)| parent) };
    let mut found = Vec::new();
    for statement in text.split("#[cfg(test)]").next().unwrap().split("\nuse ").skip(1) {
        let statement: String = statement.split(';').next().unwrap().lines().map(str::trim).collect();
        let mut named = Vec::new();
        paths(&statement, "", &mut named);
        for path in named {
            if let Some(path) = path.strip_prefix("crate::") {
                found.push(path.to_owned());
            } else if let Some(path) = path.strip_prefix("super::") {
                let (mut room, mut path) = (parent, path);
                while let Some(further) = path.strip_prefix("super::") {
                    (room, path) = (room.rsplit_once("::").map_or("", |(room, _)| room), further);
                }
                found.push(format!("{room}::{path}").trim_start_matches("::").to_owned());
            }
        }
    }
    found
}

/// Not even indirectly.
#[test]
fn no_files_need_each_other() {
    let all: Vec<(String, bool, String)> = sources(&src())
        .into_iter()
        .map(|(path, text)| {
            let file = path.strip_prefix(src()).unwrap().with_extension("");
            let name = file.to_str().unwrap().replace('/', "::");
            let room = name.strip_suffix("::mod").map(str::to_owned);
            (room.clone().unwrap_or(name), room.is_some(), text)
        })
        .collect();
    let is_module = |name: &str| all.iter().any(|(module, ..)| module == name);
    let mut needs: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    // A `mod.rs` gathers its files, and is left out.
    for (module, is_room, text) in all.iter().filter(|(_, is_room, _)| !is_room) {
        for mut path in imports(module, *is_room, text) {
            while !is_module(&path) && path.contains("::") {
                path.truncate(path.rfind("::").unwrap());
            }
            if path != *module {
                needs.entry(module).or_default().insert(path);
            }
        }
    }
    assert!(needs["http::route"].contains("http::edge::call"), "imports are found: {:?}", needs["http::route"]);
    // Drops files whose needs are all dropped; cycles remain.
    loop {
        let left: BTreeSet<String> = needs.keys().map(|module| (*module).to_owned()).collect();
        needs.retain(|_, needed| needed.iter().any(|module| left.contains(module)));
        if needs.len() == left.len() {
            break;
        }
    }
    let circle: Vec<_> = needs.keys().collect();
    assert!(circle.is_empty(), "these need each other, or what does: {circle:?}");
}

#[test]
fn every_kind_of_field_has_its_names_in_the_pages_and_its_key_in_the_description() {
    let (pages, description) = (include_str!("../../web/src/lib/regions.ts"), include_str!("../../src/http/wire/schemas.rs"));
    for known in paperline::domain::area::KNOWN {
        for name in [known.pos_id, known.zh, known.en] {
            assert!(pages.contains(&format!("\n  {}: '{name}',", known.key)), "the pages don't know {name}");
        }
        assert!(description.contains(&format!(" {}?: Area|null", known.key)), "{} is not described", known.key);
    }
    // And what known forms have beside them.
    for pos_id in paperline::domain::forms::POS_IDS {
        let is_kind = paperline::domain::area::KNOWN.iter().any(|known| known.pos_id == pos_id);
        let en = paperline::domain::area::in_english(pos_id);
        let says = |quote: &str| pages.contains(&format!("\n  {pos_id}: {quote}{en}{quote},"));
        assert!(is_kind || en != pos_id && (says("'") || says("\"")), "the pages don't say {en} for {pos_id}");
    }
}

#[test]
fn every_kind_of_the_log_has_its_words_in_both_languages() {
    for (language, words) in
        [("zh-CN", include_str!("../../web/src/i18n/zh-CN/log.ts")), ("en", include_str!("../../web/src/i18n/en/log.ts"))]
    {
        for (kind, _) in paperline::domain::fact_words::KINDS {
            assert!(words.contains(&format!("\n      {kind}: '")), "{language} has no word for {kind}");
        }
    }
}

/// A word of `docs/terms.md` that is not to be used; of Chinese keys, which are stored words, only what is shown.
#[test]
fn one_thing_has_one_word_in_each_language() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let terms = fs::read_to_string(root.join("docs/terms.md")).unwrap();
    let rows: Vec<Vec<&str>> =
        terms.lines().filter(|line| line.starts_with("| ")).skip(1).map(|line| line.split('|').map(str::trim).collect()).collect();
    let banned: Vec<&str> = rows.iter().flat_map(|row| row[4].split(", ")).filter(|word| !word.is_empty()).collect();
    assert!(rows.len() > 10 && banned.len() > 10, "{rows:?}");
    for (column, language) in [(1, "zh-CN"), (2, "en")] {
        // Fields have their names beside their kinds.
        let mut all = fs::read_to_string(root.join("web/src/lib/regions.ts")).unwrap();
        for file in fs::read_dir(root.join("web/src/i18n").join(language)).unwrap() {
            let path = file.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            for line in text.lines().filter(|line| !line.starts_with("//")) {
                // What is shown: the strings of a line.
                let shown: String = line.split('\'').skip(1).step_by(2).collect::<Vec<_>>().join("\n");
                let wrong = banned.iter().find(|word| shown.contains(**word));
                assert!(wrong.is_none(), "{}: {}: see docs/terms.md", path.display(), line.trim());
                all.push_str(&shown);
            }
        }
        let missing: Vec<&str> = rows.iter().map(|row| row[column]).filter(|word| !all.contains(word)).collect();
        assert_eq!(missing, [""; 0], "{language} does not use them");
    }
}

/// The pages and the wire know every kind of paper.
#[test]
fn every_known_form_has_its_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let (offered, wire) = (text("web/src/lib/forms.ts"), text("web/src/api/wire.ts"));
    let languages = [text("web/src/i18n/zh-CN/invoices.ts"), text("web/src/i18n/en/invoices.ts")];
    for word in paperline::domain::kind::KINDS.iter().map(|(_, word, ..)| *word).chain(["template", "unknown"]) {
        assert!(offered.contains(&format!("'{word}'")), "the list of invoices does not offer {word}");
        assert!(wire.contains(&format!("'{word}'")), "the wire does not know {word}");
        assert!(languages.iter().all(|words| words.contains(&format!("      {word}: '"))), "{word} has no name on the pages");
    }
}
