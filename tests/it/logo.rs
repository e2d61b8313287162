//! The company on labels: its name, and its logo, one a box.

use crate::support::{Answer, Client, Paperline};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage, Rgba, RgbaImage};
use serde_json::{Value, json};
use std::io::Cursor;

fn file(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Dark on the left, light on the right, and twice as wide as high.
fn halves(width: u32) -> RgbImage {
    RgbImage::from_fn(width, width / 2, |x, _| if x < width / 2 { Rgb([20, 60, 90]) } else { Rgb([250, 250, 120]) })
}

fn kept(client: &Client) -> GrayImage {
    let answer = client.get("/api/logo");
    assert_eq!((answer.status, answer.header("content-type")), (200, "image/png"), "{answer:?}");
    let png = png::Decoder::new(Cursor::new(&answer.bytes)).read_info().unwrap();
    assert_eq!((png.info().bit_depth, png.info().color_type), (png::BitDepth::Eight, png::ColorType::Grayscale));
    image::load_from_memory(&answer.bytes).unwrap().into_luma8()
}

fn says(answer: &Answer, words: &str) {
    assert!(answer.body["err"].as_str().unwrap().contains(words), "{answer:?}");
}

fn look(elements: Value) -> Value {
    json!({ "name": "Logo", "width_mm": 40, "height_mm": 30, "elements": elements })
}

fn with_logo() -> Value {
    let logo = json!({ "kind": "logo", "x_mm": 10, "y_mm": 5, "w_mm": 20, "h_mm": 20, "value": "公司标志" });
    look(json!([logo]))
}

fn preview(client: &Client, look: &Value) -> GrayImage {
    let shown = client.post("/api/labels/preview", look);
    assert_eq!(shown.status, 200, "{shown:?}");
    image::load_from_memory(&BASE64.decode(shown.body["png"].as_str().unwrap()).unwrap()).unwrap().into_luma8()
}

#[test]
fn a_logo_is_kept_and_drawn_on_labels_as_it_is_now() {
    let paperline = Paperline::start();
    let admin = paperline.admin().with_header("accept-language", "en");
    assert_eq!(admin.get("/api/logo").refusal(), (404, "not_found"));
    let missing = admin.post("/api/labels", &with_logo());
    assert_eq!(missing.refusal(), (400, "malformed"));
    says(&missing, "elements[0]: the logo has no picture yet: choose one where labels are drawn");
    assert_eq!(admin.post("/api/labels/preview", &with_logo()).refusal(), (400, "malformed"));
    for (name, format) in
        [("a.png", ImageFormat::Png), ("a.jpg", ImageFormat::Jpeg), ("a.bmp", ImageFormat::Bmp), ("a.webp", ImageFormat::WebP)]
    {
        assert_eq!(admin.upload("/api/logo", &[(name, &file(halves(64), format))]).status, 200, "{name}");
        assert_eq!(kept(&admin).dimensions(), (64, 32), "{name}");
    }
    // 20 mm are 160 dots; from 10 mm, in the middle of what is 20 high.
    let drawn = preview(&admin, &with_logo());
    let is_ink = |x: u32, y: u32| (80..160).contains(&x) && (80..160).contains(&y);
    let differ = drawn.enumerate_pixels().filter(|(x, y, dot)| (dot.0[0] == 0) != is_ink(*x, *y)).count();
    assert_eq!(differ, 0, "the dark half, in whole dots");
    assert_eq!(admin.post("/api/labels", &with_logo()).status, 201);
    // Another one is on the same label from now on, on printers' and browsers' alike.
    let other = RgbImage::from_pixel(10, 10, Rgb([0, 0, 0]));
    assert_eq!(admin.upload("/api/logo", &[("b.png", &file(other, ImageFormat::Png))]).status, 200);
    let now = preview(&admin, &with_logo());
    assert_eq!(now.pixels().filter(|dot| dot.0[0] == 0).count(), 160 * 160);
    let of_printers = image::load_from_memory(&admin.get("/api/labels/2/preview").bytes).unwrap().into_luma8();
    assert_eq!(of_printers, now);
    let used = admin.delete("/api/logo");
    assert_eq!(used.refusal(), (409, "conflict"));
    says(&used, "Logo");
    let (dir, _) = paperline.stop();
    let paperline = Paperline::start_in(dir, &[]);
    let admin = paperline.admin();
    assert_eq!(preview(&admin, &with_logo()), now, "after a restart");
    assert_eq!(admin.delete("/api/labels/2").status, 200);
    assert_eq!(admin.delete("/api/logo").status, 200);
    assert_eq!(admin.get("/api/logo").refusal(), (404, "not_found"));
    assert_eq!(admin.delete("/api/logo").refusal(), (404, "not_found"));
}

#[test]
fn what_is_no_logo_is_refused_and_leaves_the_one_there_is() {
    let paperline = Paperline::start();
    let admin = paperline.admin().with_header("accept-language", "en");
    let send = |bytes: &[u8]| admin.upload("/api/logo", &[("logo.png", bytes)]);
    assert_eq!(send(&file(halves(64), ImageFormat::Png)).status, 200);
    let first = kept(&admin);
    let whole = file(halves(64), ImageFormat::Png);
    assert_eq!(send(b"no picture").refusal(), (415, "unsupported"));
    assert_eq!(send(b"<svg xmlns='http://www.w3.org/2000/svg'/>").refusal(), (415, "unsupported"));
    assert_eq!(send(&whole[..whole.len() / 2]).refusal(), (415, "unsupported"));
    let large = send(&file(RgbImage::from_pixel(800, 500, Rgb([0, 0, 0])), ImageFormat::Bmp));
    assert_eq!(large.refusal(), (413, "too_large"));
    says(&large, "at most 1 MB");
    let light = send(&file(GrayImage::from_pixel(9, 9, Luma([200])), ImageFormat::Png));
    assert_eq!(light.refusal(), (400, "malformed"));
    says(&light, "so light");
    let see_through = RgbaImage::from_fn(9, 9, |x, _| Rgba([0, 0, 0, if x == 0 { 100 } else { 0 }]));
    assert_eq!(send(&file(see_through, ImageFormat::Png)).refusal(), (400, "malformed"), "what is transparent is white");
    assert_eq!(admin.upload("/api/logo", &[]).refusal(), (400, "malformed"));
    assert_eq!(kept(&admin), first);
    // Larger ones are made smaller: at most 1,000 pixels, and what the store takes.
    assert_eq!(send(&file(halves(2_400), ImageFormat::Png)).status, 200);
    assert_eq!(kept(&admin).dimensions(), (1_000, 500));
    let mut n = 7u32;
    let noise = GrayImage::from_fn(700, 700, |_, _| {
        n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Luma([(n >> 24) as u8])
    });
    assert_eq!(send(&file(noise, ImageFormat::Png)).status, 200);
    let (width, height) = kept(&admin).dimensions();
    assert!(width == height && (200..700).contains(&width), "{width} × {height}");
    let operator = paperline.operator();
    assert_eq!(operator.upload("/api/logo", &[("logo.png", &whole)]).refusal(), (403, "forbidden"));
    assert_eq!(operator.delete("/api/logo").refusal(), (403, "forbidden"));
    assert_eq!(kept(&operator).dimensions(), (width, height), "whoever sees labels sees it");
}

#[test]
fn a_label_names_the_company_as_it_is_called_now() {
    let paperline = Paperline::start();
    let admin = paperline.admin().with_header("accept-language", "en");
    let of = |value: &str| {
        let text = json!({ "kind": "text", "x_mm": 1, "y_mm": 1, "w_mm": 38, "h_mm": 8, "value": value });
        look(json!([text, { "kind": "qr", "x_mm": 10, "y_mm": 10, "w_mm": 20, "h_mm": 20, "value": "{SN}" }]))
    };
    assert_eq!(admin.patch("/api/companies/1", &json!({ "company_name": "示例电子厂" })).status, 200);
    assert_eq!(admin.post("/api/companies", &json!({ "company_name": "另一家" })).status, 201);
    assert_eq!(preview(&admin, &of("{company} {SN}")), preview(&admin, &of("示例电子厂 {SN}")));
    let code = json!({ "kind": "datamatrix", "x_mm": 5, "y_mm": 5, "w_mm": 20, "h_mm": 20, "value": "{company}" });
    let refused = admin.post("/api/labels", &look(json!([code])));
    assert_eq!(refused.refusal(), (400, "malformed"));
    says(&refused, "can't hold “示”");
    assert_eq!(admin.patch("/api/companies/1", &json!({ "company_name": "ACME" })).status, 200);
    assert_eq!(preview(&admin, &of("{company} {SN}")), preview(&admin, &of("ACME {SN}")));
    assert_eq!(admin.post("/api/labels", &look(json!([code]))).status, 201);
    let unknown = admin.post("/api/labels/preview", &of("{firm}"));
    says(&unknown, "{SN} {CPUID} {date} {batch} {company}");
}
