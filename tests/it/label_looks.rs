//! Label looks belong to the box: the same in every browser and after a restart.

use crate::support::Paperline;
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
        ("elements", of_kind("datamatrix"), "not there yet"),
        ("elements", of_kind("code128"), "not there yet"),
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
