//! Rolls with several labels side by side: a row goes out at once, and is in doubt at once.

use crate::printing::{LANGUAGES, count, fates, print, register, serials, set_up, until_over};
use crate::support::printer::{Label, Printer};
use crate::support::{Client, Paperline, eventually};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ACROSS: u32 = 3;
const GAP_MM: f64 = 2.5;

fn set_up_rows(client: &Client, language: &str, printer: &Printer) -> u64 {
    let id = set_up(client, "线 1", language, &printer.address());
    let rolls = json!({ "across": ACROSS, "across_gap_mm": GAP_MM });
    let changed = client.patch(&format!("/api/printers/{id}"), &rolls);
    assert_eq!((&changed.body["across"], &changed.body["across_gap_mm"]), (&json!(ACROSS), &json!(GAP_MM)), "{changed:?}");
    id
}

fn dots(mm: f64, dpi: f64) -> u32 {
    (mm * dpi / 25.4).round() as u32
}

/// The row cut where the labels of this width end; what lies between them is blank.
fn cut(row: &Label, width_mm: f64, dpi: f64) -> Vec<Label> {
    let width = dots(width_mm, dpi);
    let whole = dots(f64::from(ACROSS) * width_mm + f64::from(ACROSS - 1) * GAP_MM, dpi);
    // TSPL counts in bytes.
    assert!([whole, whole.next_multiple_of(8)].contains(&row.width), "{} dots across", row.width);
    let left = |place: u32| dots(f64::from(place) * (width_mm + GAP_MM), dpi);
    let between = (0..ACROSS - 1).flat_map(|place| left(place) + width + 1..left(place + 1) - 1);
    assert!(between.flat_map(|x| (0..row.height).map(move |y| (x, y))).all(|(x, y)| !row.has_ink(x, y)));
    let label = |place: u32| {
        let mut bits = vec![0; (width.div_ceil(8) * row.height) as usize];
        for (x, y) in
            (0..row.height).flat_map(|y| (0..width).map(move |x| (x, y))).filter(|(x, y)| row.has_ink(left(place) + x, *y))
        {
            bits[(y * width.div_ceil(8) + x / 8) as usize] |= 0x80 >> (x % 8);
        }
        Label { width, height: row.height, bits }
    };
    (0..ACROSS).map(label).filter(|label| label.bits.iter().any(|byte| *byte != 0)).collect()
}

fn came_out(printer: &Printer, width_mm: f64) -> Vec<String> {
    printer.labels().iter().flat_map(|row| serials(&cut(row, width_mm, 203.0))).collect()
}

#[test]
fn labels_side_by_side_come_out_in_order_each_as_its_preview_shows_it() {
    for (language, rotate, width_mm) in [("zpl", 0, 40.0), ("tspl", 90, 30.0)] {
        let (paperline, printer) = (Paperline::start(), Printer::start(language, &[]));
        let client = paperline.operator();
        let sns = register(&client, 100);
        let id = set_up_rows(&client, language, &printer);
        assert_eq!(client.patch("/api/labels/1", &json!({ "rotate": rotate })).status, 200);
        let fates = until_over(&client, print(&client, id, &sns));
        assert_eq!(count(&fates, "printed"), 100);
        assert_eq!(printer.refused(), Vec::<Value>::new(), "{language}");
        assert_eq!(printer.labels().len(), 34, "the last row has one label");
        assert_eq!(came_out(&printer, width_mm), sns);
        let rows = printer.labels();
        for n in [0usize, 1, 2, 98, 99] {
            let preview = client.get(&format!("/api/labels/1/preview?sn={}&dpi=203", sns[n]));
            let preview = image::load_from_memory(&preview.bytes).unwrap().into_luma8();
            let label = &cut(&rows[n / ACROSS as usize], width_mm, 203.0)[n % ACROSS as usize];
            assert_eq!((preview.width(), preview.height()), (label.width, label.height));
            assert!(preview.enumerate_pixels().all(|(x, y, dot)| (dot.0[0] < 128) == label.has_ink(x, y)), "{language} {n}");
        }
        assert_eq!(client.get("/searchNoPrint").body["DeviceSNList"], json!([]));
    }
}

#[test]
fn the_ruler_of_a_test_label_begins_where_offsets_do_on_each_label_of_a_row() {
    let (paperline, printer) = (Paperline::start(), Printer::start("zpl", &[]));
    let client = paperline.operator();
    assert_eq!(client.patch("/api/labels/1", &json!({ "rotate": 90 })).status, 200);
    let id = set_up_rows(&client, "zpl", &printer);
    assert_eq!(client.post(&format!("/api/printers/{id}/test"), &json!({})).status, 202);
    let row = eventually("the test label is out", || printer.labels().pop());
    // 40 × 30 mm, turned: as it comes out it is 30 wide.
    let ruler = paperline::labels::ruler(30_000, 40_000, 203);
    let labels = cut(&row, 30.0, 203.0);
    assert_eq!(labels.len(), ACROSS as usize);
    for label in labels {
        assert_eq!((label.width, label.height), (ruler.width, ruler.height));
        assert!((0..ruler.height).all(|y| (0..ruler.width).all(|x| label.has_ink(x, y) == ruler.get(x, y))));
    }
}

#[test]
fn a_row_that_was_in_flight_is_in_doubt_whole_and_the_others_go_on() {
    for language in LANGUAGES {
        let (paperline, mut printer) = (Paperline::start(), Printer::start(language, &[]));
        let client = paperline.operator();
        let sns = register(&client, 12);
        let id = set_up_rows(&client, language, &printer);
        printer.say(&json!({ "at_label": 2, "mode": "hang_up" }));
        let now = until_over(&client, print(&client, id, &sns));
        let of = |fate: &str| sns.iter().filter(|sn| now[*sn] == fate).cloned().collect::<Vec<_>>();
        assert_eq!((of("unknown"), of("printed")), (sns[3..6].to_vec(), [&sns[..3], &sns[6..]].concat()), "{language}");
        assert_eq!(came_out(&printer, 40.0), [&sns[..3], &sns[6..]].concat(), "nothing is sent again by itself");
    }
}

#[test]
fn a_box_killed_with_a_row_at_the_printer_doubts_that_row() {
    let printer = Printer::start("zpl", &["--ms-per-label", "400"]);
    let paperline = Paperline::start();
    let client = paperline.operator();
    let sns = register(&client, 12);
    let id = set_up_rows(&client, "zpl", &printer);
    let job = print(&client, id, &sns);
    eventually("the second row is at the printer", || (printer.labels().len() == 2).then_some(()));
    let now = fates(&client, job);
    assert_eq!(
        (now[&sns[2]].as_str(), now[&sns[3]].as_str(), now[&sns[5]].as_str(), now[&sns[6]].as_str()),
        ("printed", "sent", "sent", "waiting")
    );
    let said = client.post("/api/labels/outcome", &json!({ "failed": [&sns[5]] }));
    assert_eq!(said.refusal(), (409, "conflict"), "the printer answers for all of the row");
    let paperline = Paperline::start_in(paperline.kill(), &[]);
    let client = paperline.operator();
    let now = until_over(&client, job);
    let of = |fate: &str| sns.iter().filter(|sn| now[*sn] == fate).cloned().collect::<Vec<_>>();
    assert_eq!((of("unknown"), count(&now, "printed")), (sns[3..6].to_vec(), 9));
    assert_eq!(came_out(&printer, 40.0), sns, "each once");
}

#[test]
fn copies_fill_rows_and_a_label_that_does_not_fit_begins_none() {
    let (paperline, printer) = (Paperline::start(), Printer::start("zpl", &[]));
    let client = paperline.operator();
    let look = client.post("/api/labels", &json!({ "name": "小", "width_mm": 12, "height_mm": 6 })).body["label_id"].clone();
    let cpuid = |n: usize| if n == 3 { "X".repeat(64) } else { format!("A{n}") };
    let sns: Vec<String> = (1..=5).map(|n| format!("2648000{n}")).collect();
    let devices: Vec<Value> = (1..=5).map(|n| json!({ "DeviceSN": sns[n - 1], "CPUID": cpuid(n) })).collect();
    assert_eq!(client.post("/registerDevice", &json!({ "devices": devices })).status, 200);
    let id = set_up_rows(&client, "zpl", &printer);
    assert_eq!(client.patch(&format!("/api/printers/{id}"), &json!({ "label_id": look })).status, 200);
    let body = json!({ "printer_id": id, "DeviceSNList": sns, "copies": 2 });
    let fates: BTreeMap<_, _> = until_over(&client, client.post("/api/print", &body).body["job_id"].as_u64().unwrap());
    assert_eq!(fates.values().collect::<Vec<_>>(), ["printed", "printed", "failed", "printed", "printed"]);
    let rows: Vec<Vec<String>> = printer.labels().iter().map(|row| serials(&cut(row, 12.0, 203.0))).collect();
    let of = |row: &[usize]| row.iter().map(|n| sns[n - 1].clone()).collect::<Vec<_>>();
    assert_eq!(rows, [of(&[1, 1, 2]), of(&[2]), of(&[4, 4, 5]), of(&[5])]);
    let counts: Vec<Value> = sns.iter().map(|sn| client.get(&format!("/api/devices/{sn}")).body["print_count"].clone()).collect();
    assert_eq!(counts, [2, 2, 0, 2, 2], "each copy that came out counts");
}
