//! A VAT invoice's QR code supplies what a blot hides. The made-up invoice is from scripts/bench.d/invoices.

use crate::support::{Paperline, eventually};
use serde_json::json;
use std::fs;
use std::path::Path;

fn picture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(name)).unwrap()
}

#[test]
fn what_a_blot_hides_is_taken_from_the_code_and_said_to_be() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let origin = client.upload("/invoice/uploadModelOrigin", &[("digital.png", &picture("digital.png"))]);
    let area = |x, y, width, height| json!({ "x": x, "y": y, "width": width, "height": height });
    let model = json!({
        "modelAction": { "json_model": {
            "global_setting": { "label": "电子发票（普通发票）", "quota": "" },
            "invoice_id": area(776, 31, 264, 29),
            "date": area(776, 60, 259, 28),
            "money_cn": area(288, 455, 423, 36),
            "money": area(794, 455, 205, 36),
        } },
        "file_name": origin.body["file_name"],
        "type": 0,
    });
    client.post("/invoice/addModel", &model);
    eventually("the template is learnt", || client.get("/invoice/getAllModel").body["model_list"][0]["model_id"].as_u64());
    let taken = client.upload("/invoice/recognizeImage", &[("blotted.png", &picture("digital-blotted.png"))]);
    assert_eq!(taken.status, 200, "{taken:?}");
    let invoice = eventually("the invoice is read", || client.get("/api/invoices").body["invoices"].get(0).cloned());
    let regions = &invoice["region_list"];
    for (area, text, status) in [
        ("发票号码", "51474190533618332534", 0),
        ("日期", "2019年12月02日", 1),
        ("中文金额", "贰拾柒圆零柒分", 0),
        ("金额", "¥27.07", 1),
    ] {
        assert_eq!((&regions[area]["ocr_result"], &regions[area]["status"]), (&json!(text), &json!(status)), "{regions}");
    }
    assert_eq!((&invoice["is_fault"], &invoice["reason"]), (&json!(0), &json!("")));
}
