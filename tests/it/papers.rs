//! Papers: sums beside labels, several in one picture, differing titles. Composed from tests/pictures; real ones are not in the
//! repository.

use crate::documents::tiff;
use crate::support::{Client, Paperline, eventually, skipped_without_paper};
use image::imageops::{crop_imm, replace};
use image::{Rgb, RgbImage};
use serde_json::{Value, json};
use std::io::Cursor;
use std::path::{Path, PathBuf};

fn picture(name: &str) -> RgbImage {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(name);
    image::open(path).unwrap().into_rgb8()
}

fn png(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
    bytes
}

/// With upper left corners.
fn sheet(width: u32, height: u32, papers: &[(&RgbImage, i64, i64)]) -> RgbImage {
    let mut sheet = RgbImage::from_pixel(width, height, Rgb([250, 250, 250]));
    papers.iter().for_each(|(paper, x, y)| replace(&mut sheet, *paper, *x, *y));
    sheet
}

fn area(x: u32, y: u32, width: u32, height: u32) -> Value {
    json!({ "x": x, "y": y, "width": width, "height": height, "remove_stamp": 1, "remove_line": 1 })
}

fn receipt() -> Value {
    json!({
        "global_setting": { "label": "收款收据", "quota": "" },
        "invoice_id": area(699, 31, 134, 39),
        "date": area(306, 85, 255, 34),
        "head": area(162, 133, 616, 43),
        "money_cn": area(246, 233, 531, 43),
        "money": area(162, 282, 268, 43),
    })
}

/// Its sum begins at x = 800, its label `（小写）` ends at 778.
fn digital(money: Value) -> Value {
    json!({
        "global_setting": { "label": "电子发票", "quota": "" },
        "invoice_id": area(780, 33, 240, 26),
        "date": area(780, 62, 180, 26),
        "money_cn": area(290, 458, 300, 30),
        "money": money,
    })
}

fn origin(client: &Client, picture: &RgbImage) -> String {
    let origin = client.upload("/invoice/uploadModelOrigin", &[("origin.png", &png(picture))]);
    origin.body["file_name"].as_str().unwrap().to_owned()
}

fn add(client: &Client, model: &Value, picture: &RgbImage) -> u64 {
    let total = client.get("/invoice/getAllModel").body["total"].as_u64().unwrap();
    let action = json!({ "modelAction": { "json_model": model }, "file_name": origin(client, picture), "type": 0 });
    assert_eq!(client.post("/invoice/addModel", &action).status, 200);
    eventually("the template is learnt", || {
        let models = client.get("/invoice/getAllModel").body;
        (models["total"] == total + 1).then(|| models["model_list"][0]["model_id"].as_u64().unwrap())
    })
}

fn tested(client: &Client, id: u64, picture: &RgbImage) -> Value {
    let answer = client.upload(&format!("/api/models/{id}/test"), &[("paper.png", &png(picture))]);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

fn drawn(client: &Client, model: &Value, origin: &str, picture: &RgbImage) -> Value {
    let mut body = Vec::new();
    for (name, text) in [("json_model", model.to_string().as_str()), ("file_name", origin)] {
        body.extend(format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n").bytes());
    }
    body.extend(b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"i.png\"\r\n\r\n");
    body.extend(png(picture));
    body.extend(b"\r\n--x--\r\n");
    let answer = client.send("POST", "/api/models/test", &[("content-type", "multipart/form-data; boundary=x")], &body);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

/// Through the queue, in the order of reading.
fn all_recognised(client: &Client, name: &str, file: &[u8]) -> Vec<Value> {
    let action = client.upload("/invoice/recognizeImage", &[(name, file)]).body["action_id_list"][0].clone();
    let list = || client.get(&format!("/api/invoices?action_id={action}")).body["invoices"].as_array().unwrap().clone();
    let mut invoices = eventually("it is read", || Some(list()).filter(|list| !list.is_empty()));
    invoices.sort_by_key(|invoice| invoice["invoice_id"].as_u64());
    invoices.iter().map(|invoice| client.get(&format!("/api/invoices/{}", invoice["invoice_id"])).body).collect()
}

fn recognised(client: &Client, picture: &RgbImage) -> Value {
    all_recognised(client, "paper.png", &png(picture)).remove(0)
}

fn text<'a>(answer: &'a Value, area: &str) -> &'a str {
    answer["region_list"][area]["ocr_result"].as_str().unwrap_or_default()
}

fn probability(answer: &Value, area: &str) -> f64 {
    answer["region_list"][area]["probability"].as_f64().unwrap_or_default()
}

fn reason(answer: &Value) -> &str {
    answer["reason"].as_str().unwrap()
}

#[test]
fn a_label_that_an_area_touches_is_no_part_of_its_sum() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let paper = picture("digital.png");
    let origin = origin(&client, &paper);
    // Overlapping half a bracket, the bracket, half the word, the word, nothing.
    for left in [774, 768, 752, 726, 790] {
        let read = drawn(&client, &digital(area(left, 458, 920 - left, 30)), &origin, &paper);
        assert_eq!(text(&read, "金额"), "¥10600.00", "from {left}: {read}");
        assert!(probability(&read, "金额") >= 0.9, "from {left}: {}", read["region_list"]);
        assert_eq!((&read["is_fault"], &read["warnings"]), (&json!(0), &json!([])), "from {left}: {}", reason(&read));
    }
    let mut own = digital(area(790, 458, 130, 30));
    own["total"] = area(768, 458, 152, 30);
    own["total"]["name"] = json!("价税合计");
    own.as_object_mut().unwrap().remove("money");
    assert_eq!(text(&drawn(&client, &own, &origin, &paper), "价税合计"), "¥10600.00");
}

#[test]
fn a_template_whose_amount_is_no_sum_says_so_while_it_is_drawn_and_after() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let paper = picture("digital.png");
    // Only the label; and the item's sum with its tax.
    for wrong in [area(726, 458, 56, 30), area(715, 418, 280, 28)] {
        let model = digital(wrong);
        let drawn = drawn(&client, &model, &origin(&client, &paper), &paper);
        let warned = |warnings: &Value, word: &str| {
            warnings.as_array().unwrap().iter().any(|w| w.as_str().unwrap().contains("金额") && w.as_str().unwrap().contains(word))
        };
        assert!(warned(&drawn["warnings"], "不是金额"), "{drawn}");
        let saved = add(&client, &model, &paper);
        let english = client.clone().with_header("accept-language", "en");
        assert!(warned(&tested(&english, saved, &paper)["warnings"], "is no amount"));
    }
}

#[test]
fn two_papers_on_one_picture_are_told_and_one_is_not() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let (empty, filled, other) = (picture("receipt.png"), picture("receipt-filled.png"), picture("digital.png"));
    let template = add(&client, &receipt(), &empty);
    let (w, h) = (empty.width(), empty.height());
    let small = image::imageops::resize(&filled, w * 3 / 4, h * 3 / 4, image::imageops::FilterType::Triangle);
    let two = [
        ("one above the other", sheet(w, 2 * h, &[(&filled, 0, 0), (&empty, 0, i64::from(h))])),
        ("side by side", sheet(2 * w, h, &[(&empty, 0, 0), (&filled, i64::from(w), 0)])),
        ("the second smaller and aside", sheet(w + 200, 2 * h, &[(&filled, 0, 0), (&small, 300, i64::from(h) + 40)])),
        ("a form that no template knows", sheet(1046, h + 670, &[(&filled, 0, 0), (&other, 0, i64::from(h))])),
    ];
    let sums = [["¥31.45", "¥1981.94"], ["¥1981.94", "¥31.45"], ["¥31.45", "¥31.45"], ["¥31.45", "10600.00"]];
    for ((name, picture), sums) in two.iter().zip(sums) {
        let invoices = all_recognised(&client, "paper.png", &png(picture));
        // Where it can't be told which is whose, or the second is a copy, that is said of the first; else each is read.
        match invoices.as_slice() {
            [one] => {
                assert_eq!(one["is_fault"], 1, "{name}: {one}");
                assert!(reason(one).contains("这张图片上有两张发票"), "{name}: {one}");
            }
            several => assert_eq!(several.iter().map(|one| text(one, "金额")).collect::<Vec<_>>(), sums, "{name}: {several:?}"),
        }
    }
    let english = client.clone().with_header("accept-language", "en");
    assert!(reason(&tested(&english, template, &two[0].1)).contains("two invoices are on this picture"));

    let note = crop_imm(&empty, 60, 130, 540, 50).to_image();
    for (name, picture) in [
        ("alone", filled.clone()),
        ("on a large sheet", sheet(w + 300, 3 * h, &[(&filled, 150, 200)])),
        ("a note beneath", sheet(w, 2 * h, &[(&filled, 0, 0), (&note, 100, i64::from(h) + 120)])),
    ] {
        let read = tested(&client, template, &picture);
        assert_eq!((&read["is_fault"], reason(&read)), (&json!(0), ""), "{name}");
        assert_eq!(text(&read, "金额"), "¥31.45", "{name}");
    }
}

#[test]
fn a_template_reads_every_page_of_a_scan() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let (empty, filled) = (picture("receipt.png"), picture("receipt-filled.png"));
    let template = add(&client, &receipt(), &empty);
    client.patch("/api/settings", &json!({ "known_forms": false }));
    let grey = |picture: &RgbImage| image::DynamicImage::from(picture.clone()).into_luma8();
    let blank = image::GrayImage::from_pixel(empty.width(), empty.height(), image::Luma([255]));
    let read = all_recognised(&client, "scan.tiff", &tiff(&[&grey(&filled), &grey(&empty), &blank]));
    let seen: Vec<_> = read
        .iter()
        .map(|one| (&one["model_id"], text(one, "金额"), &one["first_page"], &one["region_list"]["金额"]["page"]))
        .collect();
    let (model, [one, two]) = (json!(template), [json!(1), json!(2)]);
    assert_eq!(seen, [(&model, "¥31.45", &one, &one), (&model, "¥1981.94", &two, &two)], "{read:?}");
    assert!(read.iter().all(|one| reason(one).contains("3 页")), "the third page is said: {read:?}");
}

#[test]
fn every_paper_on_a_picture_is_counted() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let (empty, filled) = (picture("receipt.png"), picture("receipt-filled.png"));
    let template = add(&client, &receipt(), &empty);
    let h = i64::from(empty.height());
    let three = sheet(empty.width(), 3 * empty.height(), &[(&filled, 0, 0), (&empty, 0, h), (&filled, 0, 2 * h)]);
    let read = tested(&client, template, &three);
    assert!(reason(&read).contains("有 3 张发票"), "{read}");
}

#[test]
fn a_title_that_the_template_does_not_have_is_named_and_not_taken_for_the_templates() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let paper = picture("digital.png");
    let mut untitled = paper.clone();
    (365..685).for_each(|x| (25..70).for_each(|y| untitled.put_pixel(x, y, Rgb([255; 3]))));
    add(&client, &digital(area(790, 458, 130, 30)), &untitled);
    let invoice = recognised(&client, &paper);
    assert_eq!(text(&invoice, "发票类型"), "电子发票", "the wire reports the label");
    assert!(probability(&invoice, "发票类型") < 0.9 && invoice["is_fault"] == 1, "{invoice}");
    let told = invoice["candidates"][0]["reason"].as_str().unwrap();
    assert!(told.contains("标题不同") && told.contains("普通发票"), "{told}");
    assert!(probability(&invoice, "金额") >= 0.9, "{}", invoice["region_list"]);
    let same = recognised(&client, &untitled);
    assert!(probability(&same, "发票类型") >= 0.9, "{same}");
}

#[test]
fn a_likeness_falls_with_the_words_that_were_not_found() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let paper = picture("digital.png");
    let template = add(&client, &digital(area(790, 458, 130, 30)), &paper);
    let told = |picture: &RgbImage| {
        let read = tested(&client, template, picture);
        let reason = read["template"]["reason"].as_str().unwrap().to_owned();
        let numbers: Vec<f64> = reason.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
        assert!(reason.contains("处固定文字中找到"), "{reason}");
        (read["template"]["score"].as_f64().unwrap(), numbers[1] / numbers[0])
    };
    let mut bare = paper.clone();
    (40..1005).for_each(|x| (118..235).for_each(|y| bare.put_pixel(x, y, Rgb([255; 3]))));
    let (whole, part) = (told(&paper), told(&bare));
    assert!(whole.0 > 0.9 && whole.1 > 0.9, "{whole:?}");
    assert!(part.0 < whole.0 && part.0 <= part.1 + 0.01 && part.1 < 0.75, "{part:?}");
}

/// Without real papers these tests skip.
fn real(name: &str) -> Option<RgbImage> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/field/papers");
    let path = std::env::var_os("PAPERLINE_PAPERS").map_or_else(beside, PathBuf::from).join("img").join(name);
    if !path.exists() {
        skipped_without_paper(&path);
        return None;
    }
    Some(image::open(path).unwrap().into_rgb8())
}

fn toll() -> Value {
    json!({
        "global_setting": { "label": "湖北通行费", "quota": "" },
        "invoice_code": area(980, 42, 150, 26),
        "invoice_id": area(980, 73, 150, 26),
        "date": area(980, 103, 150, 26),
        "money": area(1024, 570, 112, 28),
        "money_cn": area(310, 572, 300, 26),
        "head": area(224, 178, 320, 26),
    })
}

#[test]
fn of_real_papers_two_are_told_and_other_provinces_are_not_taken_for_the_templates() {
    let Some(two) = real("two_on_a_sheet_no_qr.png") else { return };
    let paperline = Paperline::start();
    let client = paperline.admin();
    let one = crop_imm(&two, 0, 0, two.width(), 820).to_image();
    let template = add(&client, &toll(), &one);
    let told = tested(&client, template, &two);
    assert!(reason(&told).contains("这张图片上有两张发票"), "{told}");
    let alone = tested(&client, template, &one);
    assert_eq!((reason(&alone), text(&alone, "金额"), text(&alone, "发票号码")), ("", "¥190.19", "11162913"));

    for name in [
        "vat_guangdong_test.png",
        "vat_sichuan_taxfree_bw.png",
        "paper_special_specimen.jpg",
        "railway_refund_test.png",
        "synth_blue-1.png",
        "synth_long-1.png",
        "train_ticket_photo.jpg",
    ] {
        let Some(other) = real(name) else { continue };
        let read = tested(&client, template, &other);
        assert!(!reason(&read).contains("张发票"), "{name}: {}", reason(&read));
        let why = read["template"]["reason"].as_str().unwrap();
        assert!(probability(&read, "发票类型") < 0.9 || why.contains("标题不同"), "{name}: {why} {}", read["region_list"]);
    }
}
