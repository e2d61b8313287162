//! Real papers, which are no part of the repo: what they say is read to the letter, and their pages are drawn. Skipped, and counted, where
//! PAPERLINE_PAPERS does not name a folder with them. PAPERLINE_PICTURES: where the drawn pages are to be looked at.

use super::detect::{Found, format_of};
use super::stating::plain;
use super::{Format, draw, inspect, read};
use crate::domain::paper::Paper;
use crate::domain::reason::Reason;
use crate::domain::{forms, known};
use serde_json::Value;
use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::time::Instant;

/// Name, bytes and truth of each.
fn papers(folder: &str) -> Vec<(String, Vec<u8>, Value)> {
    let root = std::env::var_os("PAPERLINE_PAPERS").map(PathBuf::from);
    let list = root.as_ref().and_then(|root| std::fs::read_to_string(root.join("MANIFEST.tsv")).ok());
    let (Some(root), Some(list)) = (root, list) else {
        // Counted by `scripts/test`, as one for want of a paper.
        if let Some(list) = std::env::var_os("PAPERLINE_SKIPPED") {
            let mut list = std::fs::File::options().append(true).create(true).open(list).unwrap();
            writeln!(list, "paper: {}: PAPERLINE_PAPERS names none", std::thread::current().name().unwrap_or_default()).unwrap();
        }
        println!("skipped: PAPERLINE_PAPERS names no papers");
        return Vec::new();
    };
    let row = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let name = columns[0].to_owned();
        let bytes = name.starts_with(folder).then(|| std::fs::read(root.join(&name)).unwrap())?;
        Some((name, bytes, serde_json::from_str(columns[3]).unwrap_or(Value::Null)))
    };
    list.lines().skip(1).filter_map(row).collect()
}

/// The surest value.
fn said<'a>(paper: &'a Paper, pos_id: &str) -> Option<&'a str> {
    let all = paper.stated.iter().flat_map(|(_, stated)| &stated.fields);
    all.into_iter().find(|(known, _)| known == pos_id).map(|(_, text)| text.as_str())
}

/// How many fields were compared.
fn compare(name: &str, paper: &Paper, truth: &Value) -> usize {
    let mut compared = 0;
    for (pos_id, want) in truth.as_object().into_iter().flatten() {
        let right = match (pos_id.as_str(), want) {
            ("invoices", _) => continue,
            ("pages", want) => paper.pages.len() as u64 == want.as_u64().unwrap(),
            ("原发票", want) => said(paper, "备注").is_some_and(|remark| remark.contains(want.as_str().unwrap())),
            (pos_id, want) => said(paper, pos_id) == Some(&plain(want.as_str().unwrap())),
        };
        assert!(right, "{name}: {pos_id}: {want}, but it says {:?}", said(paper, pos_id));
        compared += 1;
    }
    compared
}

#[test]
fn data_of_real_papers_is_read_to_the_letter() {
    for (folder, format) in [("xml/", Format::Xml), ("ofd/", Format::Ofd)] {
        for (name, bytes, truth) in papers(folder) {
            assert_eq!(format_of(&mut Cursor::new(&bytes)).unwrap(), Some(Found::Paper(format)), "{name}");
            let began = Instant::now();
            let paper = read(format, &bytes).unwrap();
            let took = began.elapsed();
            let runs = paper.pages.iter().map(|page| page.runs.len()).collect::<Vec<_>>();
            let items = paper.stated.iter().map(|(_, stated)| stated.items.len()).collect::<Vec<_>>();
            println!("{name}: {} fields exact, runs {runs:?}, items {items:?}, {took:?}", compare(&name, &paper, &truth));
            // Each source that states a value states the same one.
            for (pos_id, want) in truth.as_object().into_iter().flatten() {
                for (_, stated) in &paper.stated {
                    let other = stated.fields.iter().find(|(known, _)| known == pos_id).map(|(_, text)| text.as_str());
                    assert!(
                        other.is_none_or(|other| Some(other) == want.as_str().map(plain).as_deref()),
                        "{name}: {pos_id}: {other:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn lines_of_real_papers_are_taxed_as_they_say_and_no_source_contradicts_itself() {
    for (folder, format) in [("xml/", Format::Xml), ("ofd/", Format::Ofd), ("pdf/", Format::Pdf)] {
        for (name, bytes, _) in papers(folder).into_iter().filter(|(_, _, truth)| !truth.is_null()) {
            for form in forms::read(&read(format, &bytes).unwrap()) {
                let reasons = known::judge(&form, 0.9).reasons;
                println!("{name}: {} items, {reasons:?}", form.items.len());
                let is_wrong = |reason: &Reason| match reason {
                    Reason::LineTaxDiffers { .. } => true,
                    Reason::SourcesDiffer { surer, other, .. } => surer.0 == other.0,
                    _ => false,
                };
                assert!(!reasons.iter().any(is_wrong), "{name}: {reasons:?}");
            }
        }
    }
}

#[test]
fn pages_of_real_papers_are_drawn() {
    for (folder, format) in [("xml/", Format::Xml), ("ofd/", Format::Ofd), ("pdf/", Format::Pdf)] {
        for (name, bytes, truth) in papers(folder) {
            if truth.is_null() {
                assert!(draw::page(format, &bytes, 1).is_err(), "{name}");
                continue;
            }
            for number in 1.. {
                let began = Instant::now();
                let Ok(picture) = draw::page(format, &bytes, number) else {
                    assert!(number > 1, "{name}");
                    break;
                };
                println!("{name}: page {number}, {} × {}, {:?}", picture.width(), picture.height(), began.elapsed());
                let shape = inspect(format, &bytes).ok().filter(|_| number == 1);
                assert!(shape.is_none_or(|shape| (shape.width, shape.height) == picture.dimensions()), "{name}");
                let dark = picture.pixels().filter(|pixel| pixel.0.iter().all(|part| *part < 128)).count();
                assert!(dark > 1_000, "{name}: {dark} dark pixels");
                if let Some(folder) = std::env::var_os("PAPERLINE_PICTURES") {
                    let file = format!("{}-{number}.png", name.replace('/', "-"));
                    picture.save(PathBuf::from(folder).join(file)).unwrap();
                }
            }
        }
    }
}
