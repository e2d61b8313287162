//! The invoice line: from upload to reading, watched live.

use crate::support::{Client, Paperline, Socket, blank_png, eventually, sample};
use image::{Rgb, RgbImage};
use serde_json::{Value, json};
use std::io::Cursor;

fn quota_model(origin: &str) -> Value {
    json!({
        "modelAction": { "json_model": {
            "global_setting": { "label": "广东通用定额发票", "quota": "20" },
            "invoice_code": { "x": 310, "y": 222, "width": 285, "height": 42 },
            "invoice_id": { "x": 318, "y": 282, "width": 195, "height": 42 },
        } },
        "file_name": origin,
        "type": 0,
    })
}

fn watch(client: &Client, page: u64) -> Socket {
    let mut socket = client.socket("/invoice/webSocketServer");
    assert_eq!(socket.next().unwrap()["msg_id"], 205);
    socket.say(&json!({ "code": "001", "console_status": page }));
    socket
}

fn upload_origin(client: &Client, picture: &[u8]) -> String {
    client.upload("/invoice/uploadModelOrigin", &[("origin.bmp", picture)]).body["file_name"].as_str().unwrap().to_owned()
}

/// Rotated and shrunk, as on a real scanner.
fn turned(picture: &[u8], degrees: f32, scale: f32) -> Vec<u8> {
    use imageproc::geometric_transformations::{Border, Interpolation, Projection, warp_into};
    let picture = image::load_from_memory(picture).unwrap().into_rgb8();
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (wide, high) = ((width * cos + height * sin) * scale, (width * sin + height * cos) * scale);
    let mut out = RgbImage::from_pixel(wide as u32, high as u32, Rgb([255, 255, 255]));
    let projection = Projection::translate(wide / 2.0, high / 2.0)
        * Projection::rotate(degrees.to_radians())
        * Projection::scale(scale, scale)
        * Projection::translate(-width / 2.0, -height / 2.0);
    warp_into(&picture, projection, Interpolation::Bilinear, Border::Constant(Rgb([255, 255, 255])), &mut out);
    let mut bytes = Vec::new();
    out.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
    bytes
}

#[test]
fn a_turned_and_shrunk_invoice_is_read_live_by_its_template() {
    let Some(picture) = sample("quota-invoice.bmp") else { return };
    let paperline = Paperline::start();
    let client = paperline.admin();
    let mut models = watch(&client, 3);
    let origin = upload_origin(&client, &picture);
    let added = client.post("/invoice/addModel.action", &quota_model(&origin));
    assert_eq!(added.body["sucess"], "已加入队列，等待算法服务器处理");
    let (told, _) = models.until(2);
    assert_eq!((&told["status"], &told["action_id"]), (&json!(0), &added.body["action_id"]));
    assert_eq!(told["model"]["model_label"], "广东通用定额发票");

    let mut console = watch(&client, 2);
    let uploaded = client.upload("/invoice/recognizeImage", &[("turned.png", &turned(&picture, 3.0, 0.8))]);
    let action = uploaded.body["action_id_list"][0].clone();
    let (ended, before) = console.until(1);
    let numbers: Vec<i64> = before.iter().map(|m| m["msg_id"].as_i64().unwrap()).filter(|n| *n != 205).collect();
    assert_eq!(numbers, [203, 100, 101, 102, 101, 102, 102, 102], "{before:?}");
    assert!(before.iter().filter(|m| m["msg_id"] != 205).all(|m| m["action_id"] == action));
    assert_eq!(before.iter().find(|m| m["msg_id"] == 100).unwrap()["model_label"], "广东通用定额发票");
    assert_eq!((&ended["status"], &ended["is_fault"]), (&json!(0), &json!(0)), "{ended}");
    let regions = &ended["region_list"];
    for (area, text) in [("发票代码", "144001604125"), ("发票号码", "07172119"), ("金额", "20"), ("发票类型", "广东通用定额发票")]
    {
        assert_eq!(regions[area]["ocr_result"], text, "{regions}");
        assert!(regions[area]["probability"].as_f64().unwrap() >= 0.9, "{regions}");
    }
    assert!(regions["发票代码"]["position"]["w"].as_i64().unwrap() > 100);
    assert!(regions["金额"]["position"].is_null());
    let models = client.get("/invoice/getAllModel").body;
    assert_eq!((&models["total"], &models["model_list"][0]["model_success_counter"]), (&json!(1), &json!(1)));
    assert_eq!(client.get("/invoice/getFaultQueue").body, json!({ "fault_num": 0, "fault_list": [] }));
}

#[test]
fn a_picture_that_no_template_fits_is_a_fault_that_everyone_hears_of() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let (mut queue, mut console, mut faults) = (watch(&client, 1), watch(&client, 2), watch(&client, 4));
    let uploaded = client.upload("/invoice/recognizeImage", &[("blank.png", &blank_png(300, 200))]);
    assert_eq!((&uploaded.body["manage_size"], &uploaded.body["recognize_size"]), (&json!(0), &json!(1)));
    let action = &uploaded.body["action_id_list"][0];

    let (queued, _) = queue.until(201);
    assert_eq!(queued["new_recognize"][0]["action_id"], *action);
    let (started, _) = queue.until(203);
    assert_eq!((&started["user_name"], &started["url"]), (&json!("admin"), &queued["new_recognize"][0]["url"]));
    let (matched, _) = console.until(100);
    assert_eq!((&matched["status"], &matched["action_id"]), (&json!(-1), action));
    let (ended, _) = console.until(1);
    assert_eq!((&ended["status"], &ended["is_fault"], &ended["model_id"]), (&json!(-1), &json!(1), &Value::Null));
    assert!(ended.get("err").is_none());
    assert_eq!(console.until(205).0["fault_num"], 1);
    let (fault, _) = faults.until(206);
    assert_eq!((&fault["fault_num"], &fault["fault_invoice"]["action_id"]), (&json!(1), action));

    let listed = client.post("/invoice/getFaultQueue.action", &json!({ "page": 0 })).body;
    assert_eq!(listed["fault_num"], 1);
    assert_eq!(listed["fault_list"][0]["reason"], "没有匹配的模板");
    let url = listed["fault_list"][0]["invoice_url"].as_str().unwrap();
    assert_eq!(client.get(url).bytes, blank_png(300, 200));
    let again = client.post("/invoice/getImgStr", &json!({ "url": url })).body;
    assert!(again["img_str"].as_str().unwrap().starts_with("data:image/png;base64,"));
}

#[test]
fn templates_are_changed_and_deleted_and_what_is_wrong_says_why() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let origin = upload_origin(&client, &blank_png(400, 300));
    let model = |label: &str, width: u64, kind: u64, id: Option<u64>| {
        let mut body = json!({
            "modelAction": { "json_model": { "global_setting": { "label": label, "quota": 0 }, "money": { "x": 0, "y": 0, "width": width, "height": 20 } } },
            "file_name": origin, "type": kind,
        });
        if let Some(id) = id {
            body["modelAction"]["model_id"] = json!(id);
        }
        client.post("/invoice/addModel", &body)
    };
    let total =
        |n: u64| eventually("the number of templates", || (client.get("/invoice/getAllModel").body["total"] == n).then_some(()));
    assert_eq!(model("一", 50, 0, None).status, 200);
    total(1);
    assert_eq!(model("一", 500, 0, None).refusal(), (400, "malformed"));
    assert_eq!(model("", 50, 0, None).refusal(), (400, "malformed"));
    assert_eq!(model("一", 50, 1, None).refusal(), (400, "malformed"));
    assert_eq!(model("一", 50, 1, Some(99)).refusal(), (404, "not_found"));
    let mut nowhere = json!({ "modelAction": { "json_model": { "global_setting": { "label": "x" } } }, "file_name": "/invoice/image/99.png", "type": 0 });
    assert_eq!(client.post("/invoice/addModel", &nowhere).body, json!({ "err": "上传文件失败", "code": "not_found" }));
    nowhere["file_name"] = Value::Null;
    assert_eq!(client.post("/invoice/addModel", &nowhere).refusal(), (400, "malformed"));

    assert_eq!(model("二", 60, 1, Some(1)).status, 200);
    eventually("the change", || (client.get("/invoice/getAllModel").body["model_list"][0]["model_label"] == "二").then_some(()));
    assert_eq!(client.post("/invoice/deleteModel", &json!({ "model_id": 99 })).refusal(), (404, "not_found"));
    assert_eq!(client.form("/invoice/deleteModel.action", "model_id=1").status, 200);
    total(0);
}
