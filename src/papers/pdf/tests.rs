//! PDFs made here, and real ones where `PAPERLINE_PAPERS` names their folder.

use super::*;
use crate::domain::forms;
use std::fmt::Write;

/// A file of one page for each content, 600 by 400 points, with `/F1` Helvetica and `/F2` Chinese in GBK that says nothing of Unicode.
fn pdf_of(contents: &[&str], of_page: &str, of_catalog: &str) -> Vec<u8> {
    let mut objects: Vec<String> = Vec::new();
    let kids: Vec<String> = (0..contents.len()).map(|n| format!("{} 0 R", 6 + 2 * n)).collect();
    objects.push(format!("<</Type/Catalog/Pages 2 0 R{of_catalog}>>"));
    objects.push(format!("<</Type/Pages/Kids[{}]/Count {}>>", kids.join(" "), kids.len()));
    objects.push("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".into());
    objects.push("<</Type/Font/Subtype/Type0/BaseFont/SimSun/Encoding/GBK-EUC-H/DescendantFonts[5 0 R]>>".into());
    objects.push("<</Type/Font/Subtype/CIDFontType2/BaseFont/SimSun/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>/DW 1000/W[1 95 500 814 907 500]/FontDescriptor<</Type/FontDescriptor/FontName/SimSun/Flags 4/FontBBox[0 -141 1000 859]/ItalicAngle 0/Ascent 859/Descent -141/CapHeight 683/StemV 80>>>>".into());
    for (n, content) in contents.iter().enumerate() {
        let contents = 7 + 2 * n;
        objects.push(format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 400]/Contents {contents} 0 R/Resources<</Font<</F1 3 0 R/F2 4 0 R>>>>{of_page}>>"
        ));
        objects.push(format!("<</Length {}>>stream\n{content}\nendstream", content.len()));
    }
    let mut file = String::from("%PDF-1.7\n");
    let mut places = Vec::new();
    for (n, object) in objects.iter().enumerate() {
        places.push(file.len());
        write!(file, "{} 0 obj\n{object}\nendobj\n", n + 1).unwrap();
    }
    let start = file.len();
    write!(file, "xref\n0 {}\n0000000000 65535 f \n", places.len() + 1).unwrap();
    for place in &places {
        writeln!(file, "{place:010} 00000 n ").unwrap();
    }
    write!(file, "trailer<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n", places.len() + 1).unwrap();
    file.into_bytes()
}

fn shown(x: i32, y: i32, text: &str) -> String {
    let (bytes, ..) = encoding_rs::GBK.encode(text);
    let hex: String = bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    format!("BT /F2 10 Tf 1 0 0 1 {x} {y} Tm <{hex}> Tj ET\n")
}

fn texts(file: &[u8]) -> Vec<String> {
    let paper = read(file).unwrap();
    paper.pages.iter().flat_map(|page| page.runs.iter().map(|run| run.text.clone())).collect()
}

#[test]
fn text_has_its_place_in_pixels_of_the_page() {
    let file = pdf_of(&[&shown(60, 300, "发票号码：24112000")], "", "");
    let paper = read(&file).unwrap();
    let page = &paper.pages[0];
    assert_eq!((page.width, page.height), (1250, 833));
    assert_eq!(page.runs.len(), 1);
    let run = &page.runs[0];
    assert_eq!(run.text, "发票号码：24112000");
    let scale = 150.0 / 72.0;
    assert!((run.rect.x - 60.0 * scale).abs() < 1.0, "{:?}", run.rect);
    assert!((run.rect.right() - (60.0 + 90.0) * scale).abs() < 3.0, "{:?}", run.rect);
    assert!(run.rect.y < 100.0 * scale && run.rect.bottom() > 100.0 * scale, "the base line is within: {:?}", run.rect);
    assert_eq!(inspect(&file).unwrap(), Shape { pages: 1, width: 1250, height: 833 });
}

#[test]
fn a_turned_page_has_its_text_where_it_is_seen() {
    // Drawn upright on a page that is shown turned by 90°: written so that it reads along the shown page.
    let content = "BT /F1 10 Tf 0 1 -1 0 100 50 Tm (INVOICE) Tj ET";
    let paper = read(&pdf_of(&[content], "/Rotate 90", "")).unwrap();
    let page = &paper.pages[0];
    assert_eq!((page.width, page.height), (833, 1250));
    let rect = page.runs[0].rect;
    assert!(rect.width > rect.height * 2.0, "{rect:?}");
    assert!(rect.is_within(page.width, page.height), "{rect:?}");
}

#[test]
fn glyphs_set_one_by_one_are_one_text_and_far_ones_are_two() {
    let one_by_one: String = "发票代码".chars().zip(0..).map(|(c, n)| shown(50 + n * 10, 200, &c.to_string())).collect();
    assert_eq!(texts(&pdf_of(&[&one_by_one], "", "")), ["发票代码"]);
    let apart = shown(50, 200, "金额") + &shown(90, 200, "税额") + &shown(50, 180, "100.00");
    assert_eq!(texts(&pdf_of(&[&apart], "", "")), ["金额", "税额", "100.00"]);
    let blanks = shown(50, 200, "单位        数量");
    assert_eq!(texts(&pdf_of(&[&blanks], "", "")), ["单位", "数量"]);
}

#[test]
fn what_is_not_seen_is_not_read() {
    let invisible = format!("3 Tr {} 0 Tr", shown(50, 200, "1"));
    let white = format!("1 1 1 rg {} 0 0 0 rg", shown(50, 220, "2"));
    let clipped = format!("q 0 0 40 40 re W n {} Q", shown(50, 240, "3"));
    let outside = shown(900, 200, "4");
    let bold = shown(50, 100, "5") + &shown(50, 100, "5");
    let all = format!("{invisible}\n{white}\n{clipped}\n{outside}\n{bold}\n{}", shown(80, 100, "6"));
    assert_eq!(texts(&pdf_of(&[&all], "", "")), ["5", "6"]);
}

#[test]
fn what_can_not_be_read_says_why() {
    let whole = pdf_of(&["", ""], "", "");
    assert_eq!(inspect(&whole).unwrap().pages, 2);
    assert_eq!(inspect(&[b"rubbish before\r\n".as_slice(), &whole].concat()).unwrap().pages, 2);
    assert_eq!(inspect(&whole[..whole.len() / 2]), Err(Trouble::Damaged));
    assert_eq!(inspect(b"<html><body>expired</body></html>"), Err(Trouble::Damaged));
    assert_eq!(inspect(b""), Err(Trouble::Damaged));
    let many = vec![""; PAGES_MAX + 1];
    assert_eq!(inspect(&pdf_of(&many, "", "")), Err(Trouble::TooManyPages));
    assert_eq!(inspect(&pdf_of(&many[1..], "", "")).unwrap().pages, PAGES_MAX as u32);
    let large = inspect(&pdf_of(&[""], "/UserUnit 1/CropBox[0 0 600 400]", "")).unwrap();
    assert!(large.width <= SIDE_MAX);
}

fn folder() -> Option<std::path::PathBuf> {
    let folder = std::env::var_os("PAPERLINE_PAPERS");
    if folder.is_none() {
        println!("skipped: PAPERLINE_PAPERS names no folder of real papers");
    }
    folder.map(Into::into)
}

#[test]
fn real_files_that_can_not_be_read_say_why() {
    let Some(folder) = folder() else { return };
    let trouble = |name: &str| inspect(&std::fs::read(folder.join("pdf").join(name)).unwrap()).err();
    assert_eq!(trouble("var_needs_password.pdf"), Some(Trouble::Locked));
    assert_eq!(trouble("var_is_html.pdf"), Some(Trouble::Damaged));
    assert_eq!(trouble("var_owner_password_aes128.pdf"), None);
    assert_eq!(trouble("var_junk_before.pdf"), None);
    let bytes = std::fs::read(folder.join("pdf/vat_07.pdf")).unwrap();
    for part in 1..10 {
        assert_eq!(inspect(&bytes[..bytes.len() * part / 10]), Err(Trouble::Damaged), "{part} tenths");
    }
}

/// Values are compared, not their spelling: `2026-07-02` is `2026年07月02日`.
fn is_same(pos_id: &str, a: &str, b: &str) -> bool {
    use crate::domain::{calendar::date_of, money::amount};
    match pos_id {
        _ if a == b => true,
        "日期" | "乘车日期" => date_of(a).is_some() && date_of(a) == date_of(b),
        "金额" | "税额" | "不含税金额" => amount(a).is_some() && amount(a) == amount(b),
        _ => false,
    }
}

/// Every truth of every paper with text or data is read, and nothing is wrong and sure.
#[test]
fn real_papers_are_read() {
    let Some(folder) = folder() else { return };
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let (mut exact, mut missing, mut wrong, mut sure) = (0, 0, 0, 0);
    for line in manifest.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [name, _, _, truth, ..] = columns.as_slice() else { continue };
        let format = match name.rsplit('.').next() {
            Some("pdf") => crate::papers::Format::Pdf,
            Some("ofd") => crate::papers::Format::Ofd,
            Some("xml") => crate::papers::Format::Xml,
            _ => continue,
        };
        let Ok(truth) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(truth) else { continue };
        let Ok(paper) = crate::papers::read(format, &std::fs::read(folder.join(name)).unwrap()) else {
            println!("{name}: can't be read");
            continue;
        };
        if std::env::var_os("PAPERLINE_SHOW").is_some_and(|shown| name.contains(&*shown.to_string_lossy())) {
            for page in &paper.pages {
                for run in &page.runs {
                    println!("{:6.0} {:6.0} {:5.0} {:4.0} {}", run.rect.x, run.rect.y, run.rect.width, run.rect.height, run.text);
                }
            }
            println!("{:#?}", paper.stated);
        }
        let forms = forms::read(&paper);
        println!(
            "{name}: {} forms {:?}",
            forms.len(),
            forms.iter().map(|form| (form.kind, form.pages, form.items.len())).collect::<Vec<_>>()
        );
        if std::env::var_os("PAPERLINE_SHOW").is_some_and(|shown| name.contains(&*shown.to_string_lossy())) {
            for form in &forms {
                for field in &form.fields {
                    println!("    {} = {} ({:.2} {:?} {})", field.pos_id, field.text, field.probability, field.source, field.page);
                }
                for item in &form.items {
                    println!("    {item:?}");
                }
            }
        }
        for (pos_id, truth) in &truth {
            let truths: Vec<String> = match truth {
                serde_json::Value::Array(all) => all.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
                serde_json::Value::String(one) => vec![one.clone()],
                _ => continue,
            };
            for (n, truth) in truths.iter().enumerate() {
                let field = forms.get(n).and_then(|form| form.fields.iter().find(|field| field.pos_id == *pos_id));
                match field {
                    Some(field) if is_same(pos_id, &field.text, truth) => {
                        exact += 1;
                        if field.probability < 0.9 {
                            println!("  unsure {pos_id} {} {:.2}", field.text, field.probability);
                        }
                    }
                    Some(field) => {
                        wrong += 1;
                        sure += usize::from(field.probability >= 0.9);
                        println!("  WRONG {pos_id}: {} ({:.2}), is {truth}", field.text, field.probability);
                    }
                    None => {
                        missing += 1;
                        println!("  missing {pos_id}: {truth}");
                    }
                }
            }
        }
    }
    println!("exact {exact}, missing {missing}, wrong {wrong}, of them sure {sure}");
    assert_eq!(sure, 0);
}
