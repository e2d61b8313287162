//! Whole pictures through the whole engine; slow. The sample invoice is no part of the package: without it these tests say so and pass.

use super::*;
use crate::domain::ids::{CompanyId, PictureId, TemplateId};
use crate::domain::template::Layout;
use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};
use imageproc::geometric_transformations::{Border, Interpolation, Projection, warp_into};
use std::path::PathBuf;
use std::time::Instant;

const CODE: &str = "144001604125";
const NUMBER: &str = "07172119";

fn sample() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples");
    let path = std::env::var_os("PAPERLINE_SAMPLES").map_or_else(beside, PathBuf::from).join("quota-invoice.bmp");
    if !path.exists() {
        println!("skipped: there is no {}", path.display());
        return None;
    }
    Some(path)
}

fn area(kind: AreaKind, x: f32, y: f32, width: f32, height: f32) -> Area {
    Area {
        kind,
        pos_id: kind.pos_id().unwrap_or("own").into(),
        rect: Rect { x, y, width, height },
        keywords: Vec::new(),
        remove_line: false,
        remove_stamp: false,
    }
}

fn layout() -> Layout {
    Layout {
        label: "广东通用定额发票".into(),
        quota: Some("20".into()),
        areas: vec![area(AreaKind::InvoiceCode, 318.0, 222.0, 272.0, 42.0), area(AreaKind::InvoiceId, 320.0, 283.0, 185.0, 40.0)],
    }
}

fn template(id: u64, layout: Layout, picture: &Path) -> Arc<Template> {
    let draft = Draft { layout: &layout, json_model: "{}", picture };
    let learnt = Builtin.learn(&draft, None, &Cancel::default()).unwrap();
    Arc::new(Template {
        id: TemplateId(id),
        company: CompanyId(1),
        layout,
        json_model: "{}".into(),
        registered: 0,
        successes: 0,
        origin: PictureId(1),
        shown: PictureId(1),
        uuid: String::new(),
        learnt,
    })
}

#[derive(Debug, Default)]
struct Outcome {
    events: Vec<Event>,
    matched: Option<TemplateId>,
    seconds: f32,
}

impl Outcome {
    fn read(&self, pos: &str) -> (&str, f64) {
        let read = self.events.iter().find_map(|e| match e {
            Event::Read { pos_id, text, probability, .. } if pos_id == pos => Some((text.as_str(), *probability)),
            _ => None,
        });
        read.unwrap_or(("", -1.0))
    }

    fn found(&self, pos: &str) -> Option<Rect> {
        self.events.iter().find_map(|e| match e {
            Event::Found { pos_id, position, .. } if pos_id == pos => Some(*position),
            _ => None,
        })
    }
}

fn recognise(path: &Path, templates: &[Arc<Template>]) -> Outcome {
    let mut outcome = Outcome::default();
    let start = Instant::now();
    Builtin.recognise(path, templates, &Cancel::default(), &mut |e| outcome.events.push(e)).unwrap();
    outcome.seconds = start.elapsed().as_secs_f32();
    if let Some(Event::Matched { template }) = outcome.events.first() {
        outcome.matched = *template;
    }
    outcome
}

fn recognise_pixels(pixels: &RgbImage, templates: &[Arc<Template>]) -> Outcome {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.bmp");
    pixels.save(&path).unwrap();
    recognise(&path, templates)
}

/// Turned by `degrees`, `scale` times as large, the far edge shorter by `tilt` of its length; on a canvas that holds it all.
fn seen(picture: &RgbImage, degrees: f32, scale: f32, tilt: f32) -> RgbImage {
    let (w, h) = (picture.width() as f32, picture.height() as f32);
    let inset = w * tilt / 2.0;
    let corners = [(inset, 0.0), (w - inset, h * tilt / 2.0), (w, h), (0.0, h)];
    let (sin, cos) = degrees.to_radians().sin_cos();
    let turned = corners.map(|(x, y)| (scale * (x * cos - y * sin), scale * (x * sin + y * cos)));
    let least = turned.iter().fold((f32::MAX, f32::MAX), |m, p| (m.0.min(p.0), m.1.min(p.1)));
    let to = turned.map(|p| (p.0 - least.0 + 4.0, p.1 - least.1 + 4.0));
    let most = to.iter().fold((0.0f32, 0.0f32), |m, p| (m.0.max(p.0), m.1.max(p.1)));
    let mut out = RgbImage::new(most.0 as u32 + 4, most.1 as u32 + 4);
    let projection = Projection::from_control_points([(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)], to).unwrap();
    warp_into(picture, projection, Interpolation::Bicubic, Border::Constant(Rgb([235, 235, 235])), &mut out);
    out
}

fn jpeg(picture: &RgbImage, quality: u8) -> RgbImage {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(picture).unwrap();
    image::load_from_memory(&bytes).unwrap().into_rgb8()
}

/// Prints what was read, and holds the law: sure and wrong never, and right where that is due.
fn check(name: &str, outcome: &Outcome, due: bool) {
    let (code, number) = (outcome.read("发票代码"), outcome.read("发票号码"));
    let label = outcome.read(POS_LABEL).1;
    println!("{name:28} {:5.2} s  label {label:.3}  {} {:.3}  {} {:.3}", outcome.seconds, code.0, code.1, number.0, number.1);
    for ((text, probability), truth) in [(code, CODE), (number, NUMBER)] {
        assert!(text == truth || probability < 0.9, "{name}: sure and wrong: {text} {probability}");
        assert!(!due || (text == truth && probability >= 0.9), "{name}: {text} {probability}");
    }
}

#[test]
fn the_sample_is_read_however_it_lies() {
    let Some(path) = sample() else { return };
    let template = template(7, layout(), &path);
    for word in &template.learnt.words {
        println!("word {} at {:.0?}", word.text, geometry::Quad(word.corners).bounds());
    }
    println!("specimen {:?}", template.learnt.specimen);
    let templates = [template];
    let same = recognise(&path, &templates);
    for event in &same.events {
        println!("{event:?}");
    }
    assert_eq!(same.matched, Some(TemplateId(7)));
    check("same", &same, true);
    let picture = image::open(&path).unwrap().into_rgb8();
    check("3° at 80 %", &recognise_pixels(&seen(&picture, 3.0, 0.8, 0.0), &templates), true);
    for (degrees, scale, tilt) in [
        (8.0, 1.0, 0.0),
        (-8.0, 1.0, 0.0),
        (5.0, 1.3, 0.0),
        (90.0, 1.0, 0.0),
        (180.0, 1.0, 0.0),
        (270.0, 1.0, 0.0),
        (97.0, 0.8, 0.0),
        (-85.0, 1.2, 0.0),
        (0.0, 0.6, 0.0),
        (0.0, 0.7, 0.0),
        (2.0, 1.6, 0.0),
        (0.0, 3.0, 0.0),
        (0.0, 1.0, 0.08),
        (4.0, 0.9, 0.08),
        (184.0, 1.0, 0.05),
    ] {
        let name = format!("{degrees}° × {scale}, tilt {tilt}");
        check(&name, &recognise_pixels(&seen(&picture, degrees, scale, tilt), &templates), false);
    }
    check("JPEG 55", &recognise_pixels(&jpeg(&picture, 55), &templates), false);
    check("JPEG 30, 6° × 0.7", &recognise_pixels(&jpeg(&seen(&picture, 6.0, 0.7, 0.0), 30), &templates), false);
}
