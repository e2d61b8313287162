//! Whole pictures, end to end; slow. Skipped without the sample invoice, which is not in the package.

use super::*;
use crate::domain::ids::{CompanyId, PictureId, TemplateId};
use crate::domain::template::EngineNumbers;
use crate::domain::template::Layout;
use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};
use imageproc::geometric_transformations::{Border, Interpolation, Projection, warp_into};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

const CODE: &str = "144001604125";
const NUMBER: &str = "07172119";

fn sample() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples");
    let path = std::env::var_os("PAPERLINE_SAMPLES").map_or_else(beside, PathBuf::from).join("quota-invoice.bmp");
    if !path.exists() {
        // Counted by `scripts/test`, as one for want of a paper.
        if let Some(list) = std::env::var_os("PAPERLINE_SKIPPED") {
            let mut list = std::fs::File::options().append(true).create(true).open(list).unwrap();
            writeln!(list, "paper: {}: there is no {}", std::thread::current().name().unwrap_or_default(), path.display()).unwrap();
        }
        println!("skipped: there is no {}", path.display());
        return None;
    }
    Some(path)
}

fn area(kind: AreaKind, x: f32, y: f32, width: f32, height: f32) -> Area {
    Area {
        kind,
        pos_id: kind.pos_id().into(),
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
    let numbers = EngineNumbers::new();
    let draft = Draft { layout: &layout, json_model: "{}", picture, numbers: &numbers };
    let learnt = Builtin::default().learn(&draft, &Cancel::default()).unwrap();
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
        version: 1,
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
    Builtin::default().recognise(path, templates, &Cancel::default(), &mut |e| outcome.events.push(e)).unwrap();
    outcome.seconds = start.elapsed().as_secs_f32();
    if let Some(Event::Matched { template, .. }) = outcome.events.first() {
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

/// Shortens the far edge by the share `tilt`.
fn transformed(picture: &RgbImage, degrees: f32, scale: f32, tilt: f32) -> RgbImage {
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

/// Fails if a value is sure and wrong, or if it is not sure and right though `must_read`.
fn check(name: &str, outcome: &Outcome, must_read: bool) {
    let (code, number) = (outcome.read("发票代码"), outcome.read("发票号码"));
    let label = outcome.read(POS_LABEL).1;
    println!("{name:28} {:5.2} s  label {label:.3}  {} {:.3}  {} {:.3}", outcome.seconds, code.0, code.1, number.0, number.1);
    for ((text, probability), truth) in [(code, CODE), (number, NUMBER)] {
        assert!(text == truth || probability < 0.9, "{name}: sure and wrong: {text} {probability}");
        assert!(!must_read || (text == truth && probability >= 0.9), "{name}: {text} {probability}");
    }
}

#[test]
fn the_sample_is_read_in_any_pose() {
    let Some(path) = sample() else { return };
    let template = template(7, layout(), &path);
    for word in &template.learnt.words {
        println!("word {} at {:.0?}", word.text, geometry::Quad(word.corners).bounds());
    }
    println!("specimen {:?}", template.learnt.areas);
    let templates = [template];
    let same = recognise(&path, &templates);
    for event in &same.events {
        println!("{event:?}");
    }
    assert_eq!(same.matched, Some(TemplateId(7)));
    check("same", &same, true);
    let picture = image::open(&path).unwrap().into_rgb8();
    check("3° at 80 %", &recognise_pixels(&transformed(&picture, 3.0, 0.8, 0.0), &templates), true);
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
        (20.0, 1.0, 0.0),
        (-30.0, 1.0, 0.0),
        (3.0, 1.0, 0.15),
    ] {
        let name = format!("{degrees}° × {scale}, tilt {tilt}");
        check(&name, &recognise_pixels(&transformed(&picture, degrees, scale, tilt), &templates), false);
    }
    check("JPEG 55", &recognise_pixels(&jpeg(&picture, 55), &templates), false);
    check("JPEG 30, 6° × 0.7", &recognise_pixels(&jpeg(&transformed(&picture, 6.0, 0.7, 0.0), 30), &templates), false);
}

#[test]
fn positions_refer_to_the_original_picture() {
    let Some(path) = sample() else { return };
    let templates = [template(7, layout(), &path)];
    let picture = image::open(&path).unwrap().into_rgb8();
    let half = recognise_pixels(&transformed(&picture, 0.0, 0.5, 0.0), &templates).found("发票代码").unwrap();
    println!("{half:?}");
    let want = Rect { x: 318.0 / 2.0 + 4.0, y: 222.0 / 2.0 + 4.0, width: 136.0, height: 21.0 };
    let off = [half.x - want.x, half.y - want.y, half.right() - want.right(), half.bottom() - want.bottom()];
    assert!(off.iter().all(|d| d.abs() < 4.0), "{half:?}");
    let large = recognise_pixels(&transformed(&picture, 90.0, 6.0, 0.0), &templates);
    println!("{:?} {} s", large.found("发票代码"), large.seconds);
    check("90° × 6", &large, true);
    let large = large.found("发票代码").unwrap();
    assert!((large.y - (318.0 * 6.0 + 4.0)).abs() < 30.0 && (large.x - ((602.0 - 264.0) * 6.0 + 4.0)).abs() < 30.0, "{large:?}");
}

#[test]
fn non_invoices_match_no_template() {
    let Some(path) = sample() else { return };
    let templates = [template(7, layout(), &path)];
    let mut seed = 1u32;
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    };
    let noise = RgbImage::from_fn(700, 500, |_, _| Rgb([random(), random(), random()]));
    let sample = image::open(&path).unwrap().into_rgb8();
    let mirrored = image::imageops::flip_horizontal(&sample);
    // A seal and part of the amount.
    let corner = image::imageops::crop_imm(&sample, 500, 320, 378, 282).to_image();
    for (name, picture) in [
        ("blank", RgbImage::from_pixel(800, 600, Rgb([255; 3]))),
        ("noise", noise),
        ("one pixel", RgbImage::new(1, 1)),
        ("a strip", RgbImage::from_pixel(20_000, 100, Rgb([200; 3]))),
        ("mirrored", mirrored),
        ("a corner", corner),
    ] {
        let outcome = recognise_pixels(&picture, &templates);
        println!("{name:12} {:5.2} s {:?} {:?}", outcome.seconds, outcome.matched, outcome.read(POS_LABEL));
        assert!(matches!(outcome.events.as_slice(), [Event::Matched { template: None, .. }]), "{name}");
    }
}

#[test]
fn poor_text_is_never_sure_and_wrong() {
    let Some(path) = sample() else { return };
    let templates = [template(7, layout(), &path)];
    let picture = image::open(&path).unwrap().into_rgb8();
    for sigma in [1.0, 1.5, 2.0, 2.5, 3.0, 4.0] {
        check(&format!("blur {sigma}"), &recognise_pixels(&image::imageops::blur(&picture, sigma), &templates), false);
    }
    for scale in [0.5, 0.4, 0.35, 0.3, 0.25, 0.2] {
        check(&format!("× {scale}"), &recognise_pixels(&transformed(&picture, 1.0, scale, 0.0), &templates), false);
    }
    for (x, y, w, h) in [(330, 240, 20, 8), (400, 225, 12, 40), (330, 290, 14, 12), (540, 230, 60, 40), (470, 285, 40, 40)] {
        let mut blotted = picture.clone();
        for (px, py) in (y..y + h).flat_map(|y| (x..x + w).map(move |x| (x, y))) {
            blotted.put_pixel(px, py, Rgb([70, 150, 90]));
        }
        check(&format!("blot {x},{y} {w}×{h}"), &recognise_pixels(&blotted, &templates), false);
    }
    for cut in [560, 480, 420, 340] {
        let part = image::imageops::crop_imm(&picture, 0, 0, cut, 602).to_image();
        check(&format!("cut at {cut}"), &recognise_pixels(&part, &templates), false);
    }
    // The same form with misaligned values.
    for (dx, dy) in [(12, 0), (-12, 8), (0, 18), (20, -14)] {
        let mut moved = picture.clone();
        for (x, y, w, h) in [(312, 222, 282, 42), (320, 283, 190, 38)] {
            let print = image::imageops::crop_imm(&picture, x, y, w, h).to_image();
            let bare = image::imageops::crop_imm(&picture, 60, 340, w, h).to_image();
            image::imageops::replace(&mut moved, &bare, i64::from(x), i64::from(y));
            image::imageops::replace(&mut moved, &print, i64::from(x) + dx, i64::from(y) + dy);
        }
        check(&format!("moved by {dx}, {dy}"), &recognise_pixels(&moved, &templates), false);
    }
}

#[test]
fn a_sideways_template_fits_any_orientation() {
    let Some(path) = sample() else { return };
    let picture = image::open(&path).unwrap().into_rgb8();
    let dir = tempfile::tempdir().unwrap();
    let side = dir.path().join("side.png");
    image::imageops::rotate270(&picture).save(&side).unwrap();
    let turned = |r: Rect| Rect { x: r.y, y: 878.0 - r.right(), width: r.height, height: r.width };
    let mut layout = layout();
    layout.areas.iter_mut().for_each(|a| a.rect = turned(a.rect));
    let templates = [template(7, layout, &side)];
    println!("{:?}", templates[0].learnt.areas);
    check("upright", &recognise(&path, &templates), true);
    check("on its side", &recognise(&side, &templates), true);
}

/// With and without keywords, over several rows.
#[test]
fn of_a_number_that_an_area_cuts_all_is_read() {
    let Some(path) = sample() else { return };
    let mut layout = layout();
    // Without the first digit of one, and the last two of the other.
    layout.areas =
        vec![area(AreaKind::InvoiceCode, 342.0, 222.0, 248.0, 42.0), area(AreaKind::InvoiceId, 320.0, 283.0, 140.0, 40.0)];
    let outcome = recognise(&path, &[template(1, layout, &path)]);
    for (area, text) in [(AreaKind::InvoiceCode, CODE), (AreaKind::InvoiceId, NUMBER)] {
        let (read, probability) = outcome.read(area.pos_id());
        assert!(read == text && probability > 0.9, "{read} at {probability}");
    }
}

#[test]
fn areas_may_be_larger_than_their_value() {
    let Some(path) = sample() else { return };
    let mut layout = layout();
    layout.quota = None;
    layout.areas = vec![
        area(AreaKind::InvoiceCode, 170.0, 212.0, 425.0, 58.0),
        area(AreaKind::InvoiceId, 170.0, 275.0, 345.0, 55.0),
        area(AreaKind::Money, 625.0, 190.0, 160.0, 125.0),
        area(AreaKind::MoneyCn, 255.0, 390.0, 255.0, 72.0),
    ];
    let outcome = recognise(&path, &[template(7, layout.clone(), &path)]);
    check("wide", &outcome, true);
    assert_eq!((outcome.read("金额").0, outcome.read("中文金额").0), ("20", "贰拾元整"));
    layout.areas = vec![area(AreaKind::Detail, 170.0, 212.0, 425.0, 118.0)];
    layout.areas[0].keywords = vec!["发票代码".into(), "发票号码".into()];
    let picture = transformed(&image::open(&path).unwrap().into_rgb8(), -4.0, 0.9, 0.0);
    let outcome = recognise_pixels(&picture, &[template(7, layout, &path)]);
    let (text, probability) = outcome.read("具体信息");
    assert!(text == "144001604125 07172119" && probability > 0.9, "{text} {probability}");
}

/// Two red rings, 160 by 112 pixels.
fn seal(picture: &mut RgbImage, x: f32, y: f32) {
    for i in 0..3600u16 {
        let angle = f32::from(i).to_radians() / 10.0;
        for r in [78.0, 79.0, 80.0, 81.0, 60.0, 61.0] {
            picture.put_pixel((x + r * angle.cos()) as u32, (y + r * angle.sin() * 0.7) as u32, Rgb([205, 40, 50]));
        }
    }
}

/// As an office scans it, in 18 ways; in how many of them code and number are right.
fn scanned(path: &Path, picture: &RgbImage) -> usize {
    let mut layout = layout();
    layout.areas.iter_mut().for_each(|a| a.remove_stamp = true);
    let templates = [template(7, layout, path)];
    let mut right = 0;
    for (i, degrees) in [0.0, 8.0, -8.0, 90.0, 180.0, 270.0].into_iter().enumerate() {
        for (j, scale) in [0.6, 1.0, 1.6].into_iter().enumerate() {
            let tilt = if (i + j) % 2 == 0 { 0.08 } else { 0.0 };
            let outcome = recognise_pixels(&jpeg(&transformed(picture, degrees, scale, tilt), 55), &templates);
            check(&format!("{degrees}° × {scale}, tilt {tilt}"), &outcome, false);
            right += usize::from(outcome.read("发票代码").0 == CODE && outcome.read("发票号码").0 == NUMBER);
        }
    }
    right
}

#[test]
fn office_scans_are_right() {
    let Some(path) = sample() else { return };
    let right = scanned(&path, &image::open(&path).unwrap().into_rgb8());
    assert!(right >= 17, "only {right} of the 18 are right");
}

#[test]
fn office_scans_under_a_seal_are_never_sure_and_wrong() {
    let Some(path) = sample() else { return };
    let mut sealed = image::open(&path).unwrap().into_rgb8();
    seal(&mut sealed, 415.0, 300.0);
    scanned(&path, &sealed);
}

#[test]
fn papers_on_a_picture_are_counted() {
    let Some(path) = sample() else { return };
    let templates = [template(7, layout(), &path)];
    let one = image::open(&path).unwrap().into_rgb8();
    let (w, h) = one.dimensions();
    let mut two = RgbImage::from_pixel(w, 2 * h + 30, Rgb([235; 3]));
    image::imageops::replace(&mut two, &one, 0, 0);
    image::imageops::replace(&mut two, &one, 0, i64::from(h) + 30);
    for (name, picture, count) in
        [("one", one.clone(), 1), ("two", two.clone(), 2), ("on its side", image::imageops::rotate90(&two), 2)]
    {
        let file = tempfile::Builder::new().suffix(".bmp").tempfile().unwrap();
        picture.save(file.path()).unwrap();
        match Builtin::default().recognise(file.path(), &templates, &Cancel::default(), &mut |_| {}).unwrap() {
            Verdict::Done { papers, .. } => assert_eq!(papers, count, "{name}"),
            Verdict::NoTemplateFits => panic!("{name}: nothing fits"),
        }
    }
}

#[test]
fn seals_and_ruled_lines_are_removed() {
    let Some(path) = sample() else { return };
    let mut layout = layout();
    layout.areas.iter_mut().for_each(|a| (a.remove_stamp, a.remove_line) = (true, true));
    let templates = [template(7, layout, &path)];
    let mut picture = image::open(&path).unwrap().into_rgb8();
    for x in 300..600 {
        (262..264).chain(320..322).for_each(|y| picture.put_pixel(x, y, Rgb([40, 60, 40])));
    }
    seal(&mut picture, 450.0, 270.0);
    check("seal and lines", &recognise_pixels(&picture, &templates), false);
}

/// Positions refer to the picture as a browser shows it.
#[test]
fn exif_orientation_is_honoured() {
    let Some(path) = sample() else { return };
    let templates = [template(7, layout(), &path)];
    let picture = image::open(&path).unwrap().into_rgb8();
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(&image::imageops::rotate270(&picture)).unwrap();
    // APP1 with one entry: orientation 6, "rotate 90° clockwise to show".
    let exif = b"\xFF\xE1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    bytes.splice(2..2, exif.iter().copied());
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.jpg");
    std::fs::write(&file, bytes).unwrap();
    let outcome = recognise(&file, &templates);
    check("EXIF 6", &outcome, true);
    let found = outcome.found("发票代码").unwrap();
    assert!((found.x - 318.0).abs() < 4.0 && (found.y - 222.0).abs() < 4.0, "{found:?}");
}

#[test]
fn cancelled_and_broken_requests_fail() {
    let Some(path) = sample() else { return };
    let cancel = Cancel::default();
    cancel.cancel();
    let mut none = |_: Event| panic!("nothing is reported");
    assert!(matches!(Builtin::default().recognise(&path, &[], &cancel, &mut none), Err(Trouble::Receive(_))));
    let rubbish = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(rubbish.path(), [0xFF, 0xD8, 0xFF, 0xE0, 0, 16]).unwrap();
    assert!(matches!(Builtin::default().recognise(rubbish.path(), &[], &Cancel::default(), &mut none), Err(Trouble::Refused(_))));
}

/// `cargo test --release speed -- --nocapture --ignored`
#[test]
#[ignore = "a measurement"]
fn speed() {
    let Some(path) = sample() else { return };
    let templates = [template(7, layout(), &path)];
    let count = std::env::var("COUNT").ok().and_then(|c| c.parse().ok()).unwrap_or(10);
    let nets = nets::nets().unwrap();
    let picture = picture::open(&path).unwrap();
    for _ in 0..3 {
        let start = Instant::now();
        let quads = detect::lines(nets, &picture.pixels, detect::QUICK_SIDE).unwrap();
        println!("detect {:?}", start.elapsed());
        let start = Instant::now();
        let mut page = page::page_orientations(nets, &picture.pixels, &quads).unwrap().remove(0);
        println!("probe {:?}", start.elapsed());
        let start = Instant::now();
        page.read_where(|_| true).unwrap();
        println!("the other of {} lines {:?}", quads.len(), start.elapsed());
    }
    let start = Instant::now();
    for _ in 0..count {
        recognise(&path, &templates);
    }
    println!("{:.3} s a picture", start.elapsed().as_secs_f32() / count as f32);
    let many: Vec<_> = (0..200).map(|_| templates[0].clone()).collect();
    println!("{:.3} s among 200 templates", recognise(&path, &many).seconds);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", status.lines().find(|l| l.starts_with("VmHWM")).unwrap_or_default());
}
