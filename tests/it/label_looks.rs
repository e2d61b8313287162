//! Label looks belong to the box: the same in every browser and after a restart.

use crate::support::{Answer, Paperline};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

#[test]
fn a_look_is_kept_on_the_box_and_is_the_same_everywhere() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let looks = || client.get("/api/labels").body["labels"].clone();
    let first = looks()[0].clone();
    assert_eq!((&first["label_id"], &first["name"]), (&json!(1), &json!("40 × 30")));
    assert_eq!((&first["width_mm"], &first["height_mm"], &first["rotate"]), (&json!(40), &json!(30), &json!(0)));
    let kinds: Vec<&Value> = first["elements"].as_array().unwrap().iter().map(|e| &e["kind"]).collect();
    assert_eq!(kinds, ["qr", "text"]);
    let small = json!({ "name": "小标签", "width_mm": 25.4, "height_mm": "12.7", "gap_mm": 0, "rotate": 90 });
    let made = client.post("/api/labels", &small);
    assert_eq!((made.status, &made.body["label_id"]), (201, &json!(2)));
    assert_eq!((&made.body["width_mm"], &made.body["height_mm"], &made.body["gap_mm"]), (&json!(25.4), &json!(12.7), &json!(0)));
    let element = json!({ "kind": "text", "x_mm": 1, "y_mm": 0.5, "w_mm": 20, "h_mm": 3.25, "value": "批次 {batch} {SN} {date}" });
    let changed = client.patch("/api/labels/2", &json!({ "elements": [element], "rotate": 270 })).body;
    assert_eq!((&changed["elements"], &changed["rotate"], &changed["name"]), (&json!([element]), &json!(270), &json!("小标签")));
    let back = client.patch("/api/labels/2", &json!({ "elements": [] })).body;
    assert_eq!(back["elements"], made.body["elements"], "without elements: the QR code and the serial beneath");
    assert_eq!(client.patch("/api/labels/1", &json!({ "name": "大标签" })).status, 200);
    let seen = looks();
    let (dir, _) = paperline.stop();
    let paperline = Paperline::start_in(dir, &[]);
    let other = paperline.operator();
    assert_eq!(other.get("/api/labels").body["labels"], seen);
    assert_eq!(other.delete("/api/labels/1").status, 200);
    assert_eq!(other.delete("/api/labels/2").refusal(), (409, "conflict"), "the last one stays");
    assert_eq!(other.delete("/api/labels/1").refusal(), (404, "not_found"));
    assert_eq!(other.post("/api/labels", &json!({ "name": "x", "width_mm": 6, "height_mm": 6 })).body["label_id"], 3);
}

#[test]
fn what_no_label_can_be_is_refused_by_name() {
    let paperline = Paperline::start();
    let client = paperline.operator().with_header("accept-language", "en");
    let good = json!({ "name": "a", "width_mm": 30, "height_mm": 10 });
    let text = |value: &str| json!([{ "kind": "text", "x_mm": 0, "y_mm": 0, "w_mm": 10, "h_mm": 5, "value": value }]);
    let of_kind = |kind: &str| json!([{ "kind": kind, "x_mm": 0, "y_mm": 0, "w_mm": 9, "h_mm": 9, "value": "{SN}" }]);
    for (field, value, says) in [
        ("width_mm", json!(5.9), "width_mm"),
        ("height_mm", json!(301), "height_mm"),
        ("height_mm", json!(-10), "height_mm"),
        ("width_mm", json!("wide"), "width_mm"),
        ("gap_mm", json!(51), "gap_mm"),
        ("rotate", json!(45), "rotate"),
        ("name", json!(" "), "name"),
        ("name", json!("x".repeat(65)), "name"),
        ("width_mm", Value::Null, "width_mm"),
        ("elements", text("{sn}"), "elements[0].value"),
        ("elements", text(""), "elements[0].value"),
        ("elements", of_kind("code128"), "elements[0]: the bar code is too small"),
        (
            "elements",
            json!([{ "kind": "qr", "x_mm": 0, "y_mm": 0, "w_mm": 4, "h_mm": 4, "value": "{SN}" }]),
            "elements[0]: the QR code is too small",
        ),
        ("elements", text("{SN}😀"), "elements[0]: the text has “😀”"),
        ("elements", of_kind("picture"), "elements[0].kind"),
        ("elements", json!([{ "kind": "qr", "x_mm": 25, "y_mm": 0, "w_mm": 9, "h_mm": 9, "value": "{SN}" }]), "elements[0].w_mm"),
        ("elements", json!([{ "kind": "qr", "x_mm": 0, "y_mm": 0, "w_mm": 9, "value": "{SN}" }]), "elements[0].h_mm"),
        ("elements", json!("qr"), "elements"),
    ] {
        let mut body = good.clone();
        body[field] = value.clone();
        let answer = client.post("/api/labels", &body);
        assert_eq!(answer.refusal(), (400, "malformed"), "{field} {value}");
        assert!(answer.body["err"].as_str().unwrap().contains(says), "{answer:?}");
    }
    assert_eq!(client.post("/api/labels", &good).status, 201);
    assert_eq!(client.post("/api/labels", &good).refusal(), (409, "conflict"), "two of one name");
    // Too small for its content.
    client.patch("/api/labels/2", &json!({ "elements": of_kind("qr") }));
    assert_eq!(client.patch("/api/labels/2", &json!({ "height_mm": 8 })).refusal(), (400, "malformed"));
    assert_eq!(client.get("/api/labels").body["labels"][1]["height_mm"], 10);
}

fn picture(answer: &Answer) -> image::GrayImage {
    assert_eq!((answer.status, answer.header("content-type")), (200, "image/png"), "{answer:?}");
    let png = png::Decoder::new(std::io::Cursor::new(&answer.bytes)).read_info().unwrap();
    assert_eq!((png.info().bit_depth, png.info().color_type), (png::BitDepth::One, png::ColorType::Grayscale));
    image::load_from_memory(&answer.bytes).unwrap().into_luma8()
}

/// With a light margin, and larger.
fn scanned(label: &image::GrayImage) -> Vec<String> {
    let (width, height) = label.dimensions();
    let large = image::imageops::resize(label, width * 3, height * 3, image::imageops::FilterType::Nearest);
    let mut sheet = image::GrayImage::from_pixel(width * 3 + 60, height * 3 + 60, image::Luma([255]));
    image::imageops::replace(&mut sheet, &large, 30, 30);
    let mut sheet = rqrr::PreparedImage::prepare(sheet);
    sheet.detect_grids().iter().map(|grid| grid.decode().unwrap().1).collect()
}

#[test]
fn a_preview_is_the_raster_that_is_printed() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    client.post("/registerDevice", &json!({ "DeviceSN": "18440001", "CPUID": "39FFD60543AC4E3132593141" }));
    let preview = |query: &str| client.get(&format!("/api/labels/1/preview{query}"));
    let label = picture(&preview("?sn=18440001"));
    assert_eq!((label.dimensions(), scanned(&label)), ((320, 240), vec!["18440001 39FFD60543AC4E3132593141".to_owned()]));
    assert_eq!(picture(&preview("?sn=18440001&dpi=600")).dimensions(), (945, 709));
    let sample = scanned(&picture(&preview("")));
    assert!(
        sample.len() == 1 && sample[0].starts_with("12345678 39FFD605"),
        "without a serial, of a device that could be: {sample:?}"
    );
    for (query, refused) in [
        ("?sn=18440002", (404, "not_found")),
        ("?dpi=204", (400, "malformed")),
        ("?dpi=0", (400, "malformed")),
        ("?dpi=18446744073709551615", (400, "malformed")),
        ("?dpi=x", (400, "malformed")),
    ] {
        assert_eq!(preview(query).refusal(), refused, "{query}");
    }
    assert_eq!(client.get("/api/labels/9/preview").refusal(), (404, "not_found"));
    client.patch("/api/labels/1", &json!({ "rotate": 90 }));
    let turned = picture(&preview("?sn=18440001"));
    assert_eq!(turned, image::imageops::rotate90(&label), "clockwise");
    let retired =
        client.send("DELETE", "/api/devices/18440001", &[("content-type", "application/json")], b"{\"reason\":\"scrapped\"}");
    assert_eq!((retired.status, preview("?sn=18440001").refusal()), (200, (404, "not_found")));
}

#[test]
fn a_label_that_is_not_kept_yet_is_shown_with_how_its_codes_come_out() {
    let paperline = Paperline::start();
    let client = paperline.operator().with_header("accept-language", "en");
    let element = |kind: &str, x: f64, y: f64, side: f64| json!({ "kind": kind, "x_mm": x, "y_mm": y, "w_mm": side, "h_mm": side, "value": "{SN} {CPUID}" });
    let elements = json!([
        { "kind": "text", "x_mm": 20, "y_mm": 1, "w_mm": 19, "h_mm": 4, "value": "合格 {SN}" },
        element("qr", 1.0, 1.0, 18.0),
        element("qr", 1.0, 24.0, 4.8),
        element("datamatrix", 28.0, 18.0, 10.0),
    ]);
    let draft = json!({ "width_mm": 40, "height_mm": 30, "elements": elements });
    let shown = client.post("/api/labels/preview", &draft).body;
    assert_eq!((&shown["width"], &shown["height"]), (&json!(320), &json!(240)));
    assert_eq!(
        shown["codes"],
        json!([
            { "element": 1, "dots_per_module": 4, "readable": true },
            { "element": 2, "dots_per_module": 1, "readable": false },
            { "element": 3, "dots_per_module": 3, "readable": true },
        ])
    );
    let png = BASE64.decode(shown["png"].as_str().unwrap()).unwrap();
    let label = image::load_from_memory(&png).unwrap().into_luma8();
    assert!(label.dimensions() == (320, 240) && scanned(&label).contains(&"12345678 39FFD60543AC4E3132593141".to_owned()));
    // What is shown as unreadable can't be kept, and what is kept is shown alike.
    let mut named = draft.clone();
    named["name"] = json!("样品");
    let refused = client.post("/api/labels", &named);
    assert_eq!(refused.refusal(), (400, "malformed"));
    assert!(
        refused.body["err"]
            .as_str()
            .unwrap()
            .starts_with("elements[2]: the QR code is too small: at 203 dpi it takes at least 8.4 × 8.4 mm")
    );
    named["elements"].as_array_mut().unwrap().remove(2);
    let kept = client.post("/api/labels", &named);
    assert_eq!(kept.status, 201, "{kept:?}");
    assert_eq!(kept.body["elements"][2]["kind"], "datamatrix");
    let unsaved = client.post("/api/labels/preview", &named).body["png"].clone();
    assert_eq!(unsaved, BASE64.encode(client.get("/api/labels/2/preview").bytes));
    // A change that spoils it is refused, and leaves it as it was; a name is no such change.
    let spoilt = client.patch("/api/labels/2", &json!({ "elements": [element("datamatrix", 0.0, 0.0, 3.0)] }));
    assert_eq!(spoilt.refusal(), (400, "malformed"));
    assert_eq!(client.patch("/api/labels/2", &json!({ "name": "样品二" })).body["elements"], kept.body["elements"]);
    for (field, value) in [("width_mm", Value::Null), ("height_mm", json!(5)), ("dpi", json!(72)), ("elements", json!("x"))] {
        let mut wrong = draft.clone();
        wrong[field] = value;
        assert_eq!(client.post("/api/labels/preview", &wrong).refusal(), (400, "malformed"), "{field}");
    }
    let mut of_another = draft;
    of_another["sn"] = json!("18440009");
    assert_eq!(client.post("/api/labels/preview", &of_another).refusal(), (404, "not_found"));
    assert_eq!(client.get("/api/labels").body["labels"].as_array().unwrap().len(), 2, "a preview keeps nothing");
}

#[test]
fn what_a_browser_prints_is_the_raster_that_printers_get() {
    let paperline = Paperline::start();
    let client = paperline.operator().with_header("accept-language", "en");
    client.post("/registerDevice", &json!({ "devices": [
        { "DeviceSN": "18440001", "CPUID": "39FFD60543AC4E3132593141" }, { "DeviceSN": "18440002", "CPUID": "39FFD60543AC4E3132593142" },
    ] }));
    client.post("/api/batches", &json!({ "name": "B7", "expected": 2, "first": "18440001", "last": "18440002" }));
    let text = |y: f64, value: &str| json!({ "kind": "text", "x_mm": 20, "y_mm": y, "w_mm": 29, "h_mm": 5, "value": value });
    let code = json!({ "kind": "datamatrix", "x_mm": 1, "y_mm": 1, "w_mm": 18, "h_mm": 18, "value": "{SN} {CPUID}" });
    let mut look = json!({ "name": "Line 2", "width_mm": 50, "height_mm": 20, "rotate": 90 });
    look["elements"] = json!([code, text(1.0, "{SN}"), text(7.0, "批次 {batch}"), text(13.0, "{date}")]);
    assert_eq!(client.post("/api/labels", &look).status, 201);
    look["dpi"] = json!(300);
    let pair = |sn: &str, cpuid: &str| json!({ "DeviceSN": sn, "CPUID": cpuid });
    look["devices"] = json!([
        pair("18440002", "39FFD60543AC4E3132593142"),
        pair("18440001", "0x39ffd60543ac4e3132593141"),
        "18440001",
        pair("18440001", "CORRECTED-SINCE"),
        pair("00000000", "TEST"),
        "18440009",
        pair("18440009", "芯片"),
    ]);
    let answer = client.post("/api/labels/pictures", &look).body;
    let pictures = answer["pictures"].as_array().unwrap();
    assert_eq!(pictures.len(), 7);
    for (at, sn) in [(0, "18440002"), (1, "18440001"), (2, "18440001")] {
        let printed = client.get(&format!("/api/labels/2/preview?sn={sn}&dpi=300"));
        assert_eq!(pictures[at]["png"], BASE64.encode(printed.bytes), "{sn}");
        assert_eq!((&pictures[at]["width"], &pictures[at]["height"]), (&json!(236), &json!(591)), "turned");
        assert_eq!(pictures[at]["codes"], json!([{ "element": 0, "dots_per_module": 9, "readable": true }]));
    }
    let now = "the CPUID is not CORRECTED-SINCE, but 39FFD60543AC4E3132593141 by now";
    assert_eq!(pictures[3], json!({ "err": now }), "a label that looks right and is wrong");
    assert!(pictures[4]["png"].is_string(), "of no device, to try a printer");
    assert_eq!(pictures[5]["err"], "no such device: 18440009");
    assert!(
        pictures[6]["err"].as_str().unwrap().starts_with("elements[0]: the Data Matrix code can't hold “芯”"),
        "that one alone"
    );
}

#[test]
fn pictures_of_labels_have_their_limits() {
    let paperline = Paperline::start();
    let client = paperline.operator().with_header("accept-language", "en");
    let ask = |width: u32, dpi: u32, count: usize| {
        let devices: Vec<Value> = (0..count).map(|n| json!({ "DeviceSN": format!("{n:08}"), "CPUID": "TEST" })).collect();
        client.post("/api/labels/pictures", &json!({ "width_mm": width, "height_mm": width, "dpi": dpi, "devices": devices }))
    };
    assert_eq!(ask(12, 203, 100).body["pictures"].as_array().unwrap().len(), 100);
    assert_eq!(ask(12, 203, 101).refusal(), (413, "too_large"));
    assert_eq!(ask(12, 203, 0).refusal(), (400, "malformed"));
    assert_eq!(ask(12, 204, 1).refusal(), (400, "malformed"));
    assert_eq!(ask(5, 203, 1).refusal(), (400, "malformed"));
    assert_eq!(ask(300, 600, 1).status, 200, "the largest label there is");
    let many = ask(100, 600, 10);
    assert_eq!(many.refusal(), (413, "too_large"));
    assert!(many.body["err"].as_str().unwrap().contains("at most 9 at once"), "{many:?}");
    let long = json!({ "width_mm": 12, "height_mm": 12, "devices": [{ "DeviceSN": "1", "CPUID": "x".repeat(65) }] });
    assert_eq!(client.post("/api/labels/pictures", &long).refusal(), (400, "malformed"));
    assert_eq!(client.get("/api/labels").body["labels"].as_array().unwrap().len(), 1, "nothing is kept");
}
