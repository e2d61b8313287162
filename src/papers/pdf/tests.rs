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
        // Counted by `scripts/test`, as one for want of a paper.
        if let Some(list) = std::env::var_os("PAPERLINE_SKIPPED") {
            let mut list = std::fs::File::options().append(true).create(true).open(list).unwrap();
            let name = std::thread::current().name().unwrap_or_default().to_owned();
            std::io::Write::write_all(&mut list, format!("paper: {name}: PAPERLINE_PAPERS names none\n").as_bytes()).unwrap();
        }
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

/// What the truth of a paper came to.
#[derive(Default)]
struct Count {
    exact: usize,
    missing: usize,
    wrong: usize,
    sure: usize,
}

type Truth = serde_json::Map<String, serde_json::Value>;

/// Papers with their truths.
fn papers(folder: &std::path::Path) -> Vec<(String, Paper, Truth)> {
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let mut papers = Vec::new();
    for line in manifest.lines().skip(1) {
        let [name, _, _, truth, ..] = *line.split('\t').collect::<Vec<_>>() else { continue };
        let format = match name.rsplit('.').next() {
            Some("pdf") => crate::papers::Format::Pdf,
            Some("ofd") => crate::papers::Format::Ofd,
            Some("xml") => crate::papers::Format::Xml,
            _ => continue,
        };
        let bytes = std::fs::read(folder.join(name)).unwrap();
        if let (Ok(truth), Ok(paper)) = (serde_json::from_str::<Truth>(truth), crate::papers::read(format, &bytes)) {
            papers.push((name.to_owned(), paper, truth));
        }
    }
    papers
}

fn count(name: &str, paper: &Paper, truth: &Truth, count: &mut Count) {
    let forms = forms::read(paper);
    for (pos_id, truth) in truth {
        let truths: Vec<&str> = match truth {
            serde_json::Value::Array(all) => all.iter().filter_map(|one| one.as_str()).collect(),
            serde_json::Value::String(one) => vec![one],
            _ => continue,
        };
        for (n, truth) in truths.iter().enumerate() {
            let field = forms.get(n).and_then(|form| form.fields.iter().find(|field| field.pos_id == *pos_id));
            match field {
                Some(field) if is_same(pos_id, &field.text, truth) => count.exact += 1,
                Some(field) => {
                    count.wrong += 1;
                    count.sure += usize::from(field.probability >= 0.9);
                    println!("  {name}: {pos_id} is {truth}, not {} ({:.2})", field.text, field.probability);
                }
                None => {
                    count.missing += 1;
                    println!("  {name}: {pos_id} is {truth}, and was not found");
                }
            }
        }
    }
    if std::env::var_os("PAPERLINE_SHOW").is_some_and(|shown| name.contains(&*shown.to_string_lossy())) {
        for run in paper.pages.iter().flat_map(|page| &page.runs) {
            println!("{:6.0} {:6.0} {:5.0} {:4.0} {}", run.rect.x, run.rect.y, run.rect.width, run.rect.height, run.text);
        }
        println!("{forms:#?}");
    }
}

/// Every truth of every paper with text or data is read, and nothing is wrong and sure.
#[test]
fn real_papers_are_read() {
    let Some(folder) = folder() else { return };
    let (mut whole, mut shown) = (Count::default(), Count::default());
    for (name, paper, truth) in papers(&folder) {
        count(&name, &paper, &truth, &mut whole);
        if paper.pages.iter().any(|page| !page.runs.is_empty()) {
            count(&format!("text of {name}"), &Paper { stated: Vec::new(), ..paper }, &truth, &mut shown);
        }
    }
    println!("exact {}, missing {}, wrong {}, of them sure {}", whole.exact, whole.missing, whole.wrong, whole.sure);
    println!(
        "of their texts: exact {}, missing {}, wrong {}, of them sure {}",
        shown.exact, shown.missing, shown.wrong, shown.sure
    );
    assert_eq!((whole.sure, shown.sure), (0, 0));
    assert!(shown.exact * 100 >= (shown.exact + shown.missing + shown.wrong) * 99);
}

/// The same every time.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 40) as f32) / ((1u64 << 24) as f32)
    }

    /// From -1 to 1.
    fn around(&mut self) -> f32 {
        self.next() * 2.0 - 1.0
    }
}

/// As others would set or read it: moved, other orders, cut into single characters, joined over small gaps, boxes a little off, some
/// of it not there.
fn otherwise(paper: &Paper, how: usize, chance: &mut Chance) -> Paper {
    let mut paper = Paper { stated: Vec::new(), ..paper.clone() };
    for page in &mut paper.pages {
        match how {
            0 => page.runs.reverse(),
            1 => {
                let (dx, dy) = (chance.next() * 200.0, chance.next() * 300.0);
                page.runs.iter_mut().for_each(|run| (run.rect.x, run.rect.y) = (run.rect.x * 0.8 + dx, run.rect.y * 0.8 + dy));
                page.runs
                    .iter_mut()
                    .for_each(|run| (run.rect.width, run.rect.height) = (run.rect.width * 0.8, run.rect.height * 0.8));
            }
            2 => page.runs = page.runs.iter().flat_map(one_by_one).collect(),
            3 => joined_up(&mut page.runs),
            4..8 => {
                for run in &mut page.runs {
                    run.rect.x += chance.around() * run.rect.height * 0.15;
                    run.rect.y += chance.around() * run.rect.height * 0.12;
                    run.rect.width *= 1.0 + chance.around() * 0.03;
                    run.rect.height *= 1.0 + chance.around() * 0.1;
                    run.probability = f64::from(0.95 + chance.next() * 0.05);
                }
            }
            _ => page.runs.retain(|_| chance.next() > 0.1),
        }
    }
    paper
}

fn one_by_one(run: &crate::domain::paper::Run) -> Vec<crate::domain::paper::Run> {
    let weight = |c: char| if c.is_ascii() || c == '¥' { 1.0 } else { 2.0 };
    let unit = run.rect.width / run.text.chars().map(weight).sum::<f32>();
    let mut x = run.rect.x;
    let mut all = Vec::new();
    for c in run.text.chars() {
        let rect = crate::domain::template::Rect { x, width: weight(c) * unit, ..run.rect };
        x += rect.width;
        all.push(crate::domain::paper::Run { text: c.to_string(), rect, probability: run.probability });
    }
    all
}

/// Neighbours of a row are one run, with a blank between, as an OCR reads them.
fn joined_up(runs: &mut Vec<crate::domain::paper::Run>) {
    runs.sort_by(|a, b| a.rect.y.total_cmp(&b.rect.y).then(a.rect.x.total_cmp(&b.rect.x)));
    let mut n = 0;
    while n < runs.len() {
        let (right, y, height) = (runs[n].rect.right(), runs[n].rect.y, runs[n].rect.height);
        let next = (0..runs.len()).find(|m| {
            let other = &runs[*m].rect;
            let gap = (other.x - right) / height;
            *m != n
                && (0.0..1.0).contains(&gap)
                && (other.y - y).abs() < height * 0.2
                && (other.height - height).abs() < height * 0.2
        });
        match next {
            Some(m) => {
                let other = runs.remove(m);
                n -= usize::from(m < n);
                runs[n].rect.width = other.rect.right() - runs[n].rect.x;
                runs[n].text = format!("{} {}", runs[n].text, other.text);
            }
            None => n += 1,
        }
    }
}

/// Two pages on one sheet, one below or beside the other.
fn two_up(a: &Paper, b: &Paper, is_below: bool) -> Paper {
    let (first, second) = (&a.pages[0], &b.pages[0]);
    let (dx, dy) = if is_below { (0, first.height) } else { (first.width, 0) };
    let mut page = first.clone();
    page.width = (dx + second.width).max(first.width);
    page.height = (dy + second.height).max(first.height);
    page.runs.extend(second.runs.iter().cloned().map(|mut run| {
        (run.rect.x, run.rect.y) = (run.rect.x + dx as f32, run.rect.y + dy as f32);
        run
    }));
    Paper { source: a.source, pages: vec![page], stated: Vec::new() }
}

#[test]
fn two_real_papers_on_a_sheet_are_two() {
    let Some(folder) = folder() else { return };
    let papers = papers(&folder);
    let single: Vec<&(String, Paper, Truth)> =
        papers.iter().filter(|(_, paper, _)| paper.pages.len() == 1 && !paper.pages[0].runs.is_empty()).collect();
    let mut all = Count::default();
    for pair in single.windows(2) {
        let [(a, one, first), (b, two, second)] = pair else { continue };
        if first.get("发票号码") == second.get("发票号码") {
            continue;
        }
        let both = |pos_id: &str| Some(serde_json::json!([first.get(pos_id)?, second.get(pos_id)?]));
        let truth: Truth = first.keys().filter_map(|pos_id| Some((pos_id.clone(), both(pos_id)?))).collect();
        for is_below in [true, false] {
            count(&format!("{a} + {b} {is_below}"), &two_up(one, two, is_below), &truth, &mut all);
        }
    }
    println!("two on a sheet: exact {}, missing {}, wrong {}, of them sure {}", all.exact, all.missing, all.wrong, all.sure);
    assert_eq!(all.sure, 0);
}

/// However the text is set, nothing becomes wrong and sure, and nearly all is found.
#[test]
fn real_papers_set_otherwise_are_read() {
    let Some(folder) = folder() else { return };
    let papers = papers(&folder);
    let many = std::env::var("PAPERLINE_TRIES").ok().and_then(|tries| tries.parse().ok()).unwrap_or(20);
    for how in 0..many {
        let mut chance = Chance(how as u64);
        let mut all = Count::default();
        for (name, paper, truth) in papers.iter().filter(|(_, paper, _)| paper.pages.iter().any(|page| !page.runs.is_empty())) {
            // Where a title may be gone, the others move up.
            if how < 8 || !truth.contains_key("invoices") {
                count(&format!("{how} {name}"), &otherwise(paper, how, &mut chance), truth, &mut all);
            }
        }
        println!(
            "set otherwise {how}: exact {}, missing {}, wrong {}, of them sure {}",
            all.exact, all.missing, all.wrong, all.sure
        );
        assert_eq!(all.sure, 0);
        // Of what is all there, nearly all is found.
        assert!(how >= 8 || all.exact * 100 >= (all.exact + all.missing + all.wrong) * 98);
    }
}
