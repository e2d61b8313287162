//! The laws of the house, read from the sources.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(dir: &Path) -> Vec<(PathBuf, String)> {
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

/// What each room may not name.
#[test]
fn imports_run_one_way() {
    let rules: &[(&str, &[&str])] = &[
        ("domain", &["crate::store", "crate::app", "crate::engine", "crate::hub", "crate::http", "serde_json", "tokio"]),
        ("store", &["crate::app", "crate::engine", "crate::hub", "crate::http", "crate::dispatcher", "serde_json"]),
        ("app", &["crate::engine", "crate::hub", "crate::http", "crate::dispatcher", "serde_json"]),
        ("engine", &["crate::store", "crate::app", "crate::hub", "crate::http", "crate::dispatcher"]),
        ("hub.rs", &["crate::store", "crate::app", "crate::engine", "crate::http", "serde_json"]),
        ("dispatcher.rs", &["crate::http"]),
        ("trials.rs", &["crate::http", "crate::dispatcher", "crate::store"]),
    ];
    for (room, forbidden) in rules {
        let path = src().join(room);
        let files = if path.is_dir() { sources(&path) } else { vec![(path.clone(), fs::read_to_string(&path).unwrap())] };
        for (path, text) in files {
            for name in *forbidden {
                assert!(!text.contains(name), "{} names {name}", path.display());
            }
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
fn every_file_says_what_it_holds() {
    for (path, text) in sources(&src()) {
        assert!(text.starts_with("//!"), "{} does not say what it holds", path.display());
        let code = text.split("#[cfg(test)]").next().unwrap();
        assert!(code.lines().count() <= 550, "{} is too long for one subject", path.display());
    }
}

/// A kind that the pages don't know can be neither chosen nor read by half of their readers.
#[test]
fn every_kind_of_the_log_has_its_words_in_both_languages() {
    for (language, words) in
        [("zh-CN", include_str!("../../web/src/i18n/zh-CN/log.ts")), ("en", include_str!("../../web/src/i18n/en/log.ts"))]
    {
        for (kind, _) in paperline::domain::fact::KINDS {
            assert!(words.contains(&format!("\n      {kind}: '")), "{language} has no word for {kind}");
        }
    }
}
