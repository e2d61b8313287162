//! What comes out of printers' languages is what was drawn, and is read by others' decoders.

use super::*;
use crate::domain::label_look::Element;
use std::collections::BTreeSet;

fn sized(width: u32, height: u32, elements: Vec<Element>) -> LabelLook {
    LabelLook { width, height, elements, ..LabelLook::first() }
}

fn element(kind: ElementKind, (x, y): (u32, u32), (width, height): (u32, u32), value: &str) -> Element {
    Element { kind, x, y, width, height, value: value.into() }
}

fn of_chip(cpuid: &str) -> Values {
    Values { cpuid: cpuid.into(), ..Values::sample() }
}

/// A chip's number of so many characters.
fn chip(length: usize) -> String {
    "39FFD60543AC4E3132593141".chars().cycle().take(length).collect()
}

/// Takes nothing but what `zpl::label` may say.
fn burnt_by_zpl(label: &[u8]) -> Dots {
    let text = std::str::from_utf8(label).unwrap().strip_prefix("^XA^PW").unwrap().strip_suffix("^FS^PQ1^XZ").unwrap();
    let (width, rest) = text.split_once("^LL").unwrap();
    let (height, rest) = rest.split_once("^LH0,0^FO").unwrap();
    let mut dots = Dots { width: width.parse().unwrap(), height: height.parse().unwrap(), rows: Vec::new() };
    // A large label is of several, each below the one before.
    for picture in rest.split("^FS^FO") {
        let (place, graphic) = picture.split_once("^GFA,").unwrap();
        assert_eq!(place, format!("0,{}", dots.rows.len() / dots.row_bytes()));
        let rows = burnt_by_graphic(graphic, dots.row_bytes());
        dots.rows.extend(rows);
    }
    assert_eq!(dots.rows.len(), dots.row_bytes() * dots.height as usize);
    dots
}

/// `bytes,bytes,bytes a row,hex`
fn burnt_by_graphic(graphic: &str, wanted: usize) -> Vec<u8> {
    let mut parts = graphic.splitn(4, ',');
    let mut number = || parts.next().unwrap().parse::<usize>().unwrap();
    let (sent, bytes, row_bytes) = (number(), number(), number());
    let digits = row_bytes * 2;
    let (mut rows, mut row, mut times) = (Vec::<Vec<u8>>::new(), Vec::new(), 0);
    for c in parts.next().unwrap().bytes() {
        let fills = match c {
            b':' => Some(rows.last().unwrap().clone()),
            b',' => Some([row.clone(), vec![0; digits - row.len()]].concat()),
            b'!' => Some([row.clone(), vec![15; digits - row.len()]].concat()),
            _ => None,
        };
        if let Some(whole) = fills {
            assert!(times == 0 && (c != b':' || row.is_empty()));
            row = whole;
        } else {
            match c {
                b'G'..=b'Y' => times += usize::from(c - b'G') + 1,
                b'g'..=b'z' => times += (usize::from(c - b'g') + 1) * 20,
                _ => {
                    let digit = char::from(c).to_digit(16).unwrap() as u8;
                    assert!(!c.is_ascii_lowercase());
                    row.extend(vec![digit; std::mem::take(&mut times).max(1)]);
                }
            }
        }
        assert!(row.len() <= digits, "a row is too long");
        if row.len() == digits {
            rows.push(std::mem::take(&mut row));
        }
    }
    assert!(row.is_empty() && times == 0);
    let rows: Vec<u8> = rows.iter().flat_map(|row| row.chunks(2).map(|pair| pair[0] << 4 | pair[1])).collect();
    assert_eq!((sent, bytes, row_bytes), (rows.len(), rows.len(), wanted));
    assert!(bytes <= 99_999, "more than ^GF takes");
    rows
}

/// The size in mm, the gap, and the dots, of which those beyond the size are checked to be light.
fn burnt_by_tspl(label: &[u8], width: u32) -> (String, String, Dots) {
    let at = label.windows(7).position(|part| part == b"BITMAP ").unwrap();
    let head: Vec<&str> = std::str::from_utf8(&label[..at]).unwrap().split("\r\n").collect();
    let [size, gap, "DIRECTION 0,0", "CLS", ""] = head[..] else { panic!("{head:?}") };
    let numbers = label[at + 7..].split(|byte| *byte == b',').take(5).map(|part| std::str::from_utf8(part).unwrap());
    let numbers: Vec<&str> = numbers.collect();
    let ["0", "0", bytes, height, "0"] = numbers[..] else { panic!("{numbers:?}") };
    let (bytes, height): (usize, u32) = (bytes.parse().unwrap(), height.parse().unwrap());
    let start = at + 7 + numbers.iter().map(|part| part.len() + 1).sum::<usize>();
    let (rows, rest) = label[start..].split_at(bytes * height as usize);
    assert_eq!(rest, b"\r\nPRINT 1,1\r\n");
    let dots = Dots { width, height, rows: rows.iter().map(|byte| !byte).collect() };
    assert_eq!(bytes, dots.row_bytes());
    for row in dots.lines().filter(|_| !width.is_multiple_of(8)) {
        assert_eq!(row.last().unwrap() & (0xFF >> (width % 8)), 0, "padding is light");
    }
    (size.into(), gap.into(), dots)
}

/// By another decoder of QR codes than the one that checks them. A camera sees some pixels a dot, of large labels less.
fn scanned(dots: &Dots) -> Vec<String> {
    const MARGIN: u32 = 16;
    const SIDE: u32 = 720;
    let longest = dots.width.max(dots.height);
    let of_dots = |n: u32| if longest < SIDE / 3 { n * 3 } else { (u64::from(n) * u64::from(SIDE) / u64::from(longest)) as u32 };
    let (width, height) = (of_dots(dots.width), of_dots(dots.height));
    let from = |pixel: usize, pixels: u32, dots: u32| {
        (pixel as u32).checked_sub(MARGIN).map_or(u32::MAX, |at| (at * 2 + 1) * dots / (2 * pixels))
    };
    let mut picture =
        rqrr::PreparedImage::prepare_from_greyscale((width + 2 * MARGIN) as usize, (height + 2 * MARGIN) as usize, |x, y| {
            if dots.get(from(x, width, dots.width), from(y, height, dots.height)) { 0 } else { 255 }
        });
    picture.detect_grids().iter().filter_map(|grid| Some(grid.decode().ok()?.1)).collect()
}

const SIZES: [(u32, u32); 8] = [
    (12_000, 6_000),
    (30_000, 10_000),
    (25_400, 12_700),
    (10_000, 30_000),
    (40_000, 30_000),
    (50_000, 30_000),
    (60_000, 40_000),
    (100_000, 150_000),
];

#[test]
fn both_languages_say_exactly_the_dots_and_every_code_is_scanned_or_refused() {
    let (mut read, mut small) = (BTreeSet::new(), BTreeSet::new());
    for (width, height) in SIZES {
        for dpi in [203, 300] {
            for length in [4, 8, 24, 64] {
                let values = of_chip(&chip(length));
                let content = format!("{} {}", values.sn, values.cpuid);
                for rotate in [0, 90, 180, 270] {
                    let look = LabelLook { rotate, ..sized(width, height, Vec::new()) };
                    let Ok(Drawn { dots, codes }) = preview(&look, &values, dpi) else {
                        let refused = draw(&look, &values, dpi).unwrap_err();
                        assert!(refused.en.starts_with("elements[0]: the QR code is too small"), "{refused:?}");
                        small.insert((width, dpi, length));
                        continue;
                    };
                    let (across, down) = if rotate % 180 == 0 { (width, height) } else { (height, width) };
                    assert_eq!((dots.width, dots.height), (dots_in(across, dpi), dots_in(down, dpi)));
                    assert_eq!(burnt_by_zpl(&zpl::label(&dots, (0, 0))), dots);
                    let (size, gap, burnt) =
                        burnt_by_tspl(&tspl::label(&dots, &Row::of(&look, 1, 0), look.gap, (0, 0)), dots.width);
                    assert_eq!((burnt, gap), (dots.clone(), "GAP 2 mm,0 mm".into()));
                    assert_eq!(size, format!("SIZE {} mm,{} mm", f64::from(across) / 1e3, f64::from(down) / 1e3));
                    if codes[0].dots_per_module >= 2 {
                        assert!(codes[0].is_readable, "{width} × {height} at {dpi}, {length}");
                        assert_eq!(scanned(&dots), [content.as_str()], "{width} × {height} at {dpi}, {length}, {rotate}°");
                        read.insert((width, dpi, length));
                    } else {
                        assert!(!codes[0].is_readable);
                        small.insert((width, dpi, length));
                    }
                }
            }
        }
    }
    // One side is 6 mm: nothing fits at 203 dpi; of 10 mm, a usual chip does and the longest doesn't; of 30 mm, all.
    assert!(small.contains(&(12_000, 203, 4)) && small.contains(&(30_000, 203, 64)));
    assert!(read.contains(&(30_000, 203, 24)) && read.contains(&(30_000, 300, 24)));
    assert!(
        (0..).zip(SIZES).skip(4).all(|(_, (width, _))| [4, 8, 24, 64].iter().all(|length| read.contains(&(width, 203, *length))))
    );
}

#[test]
fn what_is_beside_a_module_is_whole_and_the_quiet_zone_is_light() {
    for (kind, quiet, is_tall) in
        [(ElementKind::Qr, 4, true), (ElementKind::DataMatrix, 1, true), (ElementKind::Code128, 10, false)]
    {
        for (width, height) in [(38_000, 9_000), (30_500, 21_300), (38_000, 28_000)] {
            for dpi in RESOLUTIONS {
                let what = element(kind, (1_000, 1_000), (width, height), "{SN}");
                let face = face(&sized(40_000, 30_000, vec![what]), &Values::sample(), dpi).unwrap();
                let (_, element, _, placed) = &face.codes[0];
                let (area, dots) = (area(element, dpi), placed.dots_per_module);
                let ink: Vec<(u32, u32)> = (0..face.dots.height)
                    .flat_map(|y| (0..face.dots.width).map(move |x| (x, y)))
                    .filter(|(x, y)| face.dots.get(*x, *y))
                    .collect();
                let (left, right) = (ink.iter().map(|at| at.0).min().unwrap(), ink.iter().map(|at| at.0).max().unwrap() + 1);
                let (top, bottom) = (ink.iter().map(|at| at.1).min().unwrap(), ink.iter().map(|at| at.1).max().unwrap() + 1);
                assert!(left >= area.left + quiet * dots && right + quiet * dots <= area.left + area.width);
                if is_tall {
                    assert!(top >= area.top + quiet * dots && bottom + quiet * dots <= area.top + area.height);
                }
                let middle = |from: u32, to: u32, at: u32, long: u32| (from + to).abs_diff(2 * at + long) <= 1;
                assert!(middle(left, right, area.left, area.width) && middle(top, bottom, area.top, area.height));
                // All modules are squares of dots, or bars of them.
                for x in left..right {
                    let first = x - (x - left) % dots;
                    let rows = if is_tall { (top..bottom).collect::<Vec<_>>() } else { vec![top, bottom - 1] };
                    for y in rows {
                        let above = if is_tall { y - (y - top) % dots } else { top };
                        assert_eq!(face.dots.get(x, y), face.dots.get(first, above), "{kind:?} at {dpi}: {x}, {y}");
                    }
                }
            }
        }
    }
}

#[test]
fn each_kind_of_code_is_read_back_in_every_shape() {
    for (kind, value) in [
        (ElementKind::Qr, "{SN} {CPUID}"),
        (ElementKind::DataMatrix, "{SN} {CPUID}"),
        (ElementKind::DataMatrix, "{SN}"),
        (ElementKind::Qr, "批次 {SN}"),
        (ElementKind::Code128, "{SN}"),
        (ElementKind::Code128, "A-{SN}"),
    ] {
        for (width, height) in [(34_000, 28_000), (38_000, 10_000), (34_000, 17_000)] {
            for dpi in RESOLUTIONS {
                let look = sized(40_000, 30_000, vec![element(kind, (1_000, 1_000), (width, height), value)]);
                let drawn = preview(&look, &Values::sample(), dpi).unwrap();
                assert!(
                    drawn.codes[0].is_readable && drawn.codes[0].dots_per_module >= 2,
                    "{kind:?} {value} {width} {dpi}: {drawn:?}"
                );
            }
        }
    }
    // A Data Matrix takes half of what a QR code takes.
    let tiny =
        |kind| preview(&sized(6_000, 6_000, vec![element(kind, (0, 0), (6_000, 6_000), "{SN} {CPUID}")]), &Values::sample(), 203);
    assert!(tiny(ElementKind::DataMatrix).unwrap().codes[0].is_readable);
    assert!(!tiny(ElementKind::Qr).unwrap().codes[0].is_readable);
}

#[test]
fn what_cannot_be_read_cannot_be_kept_and_says_what_it_takes() {
    let refused = |elements: Vec<Element>| check(&sized(40_000, 30_000, elements), &Values::sample()).unwrap_err();
    let code = |side| element(ElementKind::Qr, (1_000, 1_000), (side, side), "{SN} {CPUID}");
    let text = element(ElementKind::Text, (0, 20_000), (40_000, 5_000), "{SN}");
    let small = refused(vec![text.clone(), code(3_000)]);
    assert_eq!(
        small.en,
        "elements[1]: the QR code is too small: at 203 dpi it takes at least 8.4 × 8.4 mm to be scanned, and has 3 × 3 mm. Make it larger, or its content shorter"
    );
    assert_eq!(small.zh, "elements[1]：二维码太小：203 dpi 时至少要 8.4 × 8.4 毫米才扫得出，现在是 3 × 3 毫米。请放大，或缩短内容");
    // One dot a module could be drawn, and no gun reads it.
    assert!(refused(vec![code(5_000)]).en.contains("8.4 × 8.4"));
    assert_eq!(check(&sized(40_000, 30_000, vec![code(8_400)]), &Values::sample()), Ok(()));
    // Words across it.
    let words = element(ElementKind::Text, (1_000, 1_000), (20_000, 20_000), "合格证");
    let hidden = refused(vec![code(20_000), words]);
    assert_eq!(hidden.zh, "elements[0]：二维码印出来扫不出，请把周围的内容移开一些");
    let bars = refused(vec![element(ElementKind::Code128, (0, 0), (40_000, 8_000), "{SN}设备")]);
    assert!(bars.zh.starts_with("elements[0]：条码里不能有“设”"), "{bars:?}");
    let matrix = refused(vec![element(ElementKind::DataMatrix, (0, 0), (20_000, 20_000), "{SN}设备")]);
    assert!(matrix.zh.starts_with("elements[0]：Data Matrix 码里不能有“设”"), "{matrix:?}");
    assert!(
        refused(vec![element(ElementKind::Code128, (0, 0), (20_000, 8_000), "{CPUID}")]).en.contains("the bar code is too small")
    );
    assert!(refused(vec![element(ElementKind::Qr, (0, 0), (20_000, 20_000), "{batch}")]).en.contains("no content"));
    // The box's own layout has to fit whatever there is.
    for (width, height) in [(6_000, 6_000), (12_000, 6_000), (300_000, 6_000), (300_000, 300_000)] {
        assert_eq!(check(&sized(width, height, Vec::new()), &Values::sample()), Ok(()), "{width} × {height}");
    }
}

#[test]
fn text_fills_its_element_and_is_never_an_empty_box() {
    let with = |value: &str, width: u32, height: u32| {
        let look = sized(40_000, 30_000, vec![element(ElementKind::Text, (2_000, 3_000), (width, height), value)]);
        draw(&look, &Values::sample(), 203)
    };
    let bounds = |dots: &Dots| {
        let at = |f: &dyn Fn(u32, u32) -> u32| {
            let ink = (0..dots.height).flat_map(|y| (0..dots.width).map(move |x| (x, y))).filter(|(x, y)| dots.get(*x, *y));
            let values: Vec<u32> = ink.map(|(x, y)| f(x, y)).collect();
            (*values.iter().min().unwrap(), *values.iter().max().unwrap())
        };
        (at(&|x, _| x), at(&|_, y| y))
    };
    // 16 dots from the left, 24 from above.
    for (value, width, height) in
        [("{SN}", 30_000, 4_000), ("检验合格", 20_000, 10_000), ("{CPUID}", 36_000, 8_000), ("gy|Q", 9_000, 9_000)]
    {
        let ((left, right), (top, bottom)) = bounds(&with(value, width, height).unwrap());
        let (wide, high) = (dots_in(width, 203), dots_in(height, 203));
        assert!(left >= 16 && right < 16 + wide && top >= 24 && bottom < 24 + high, "{value}");
        assert!(
            (left + right).abs_diff(2 * 16 + wide) <= 3 && (top + bottom).abs_diff(2 * 24 + high) <= 3,
            "{value} is in the middle"
        );
        assert!(right - left > wide * 9 / 10 || bottom - top > high * 8 / 10, "{value} fills it");
    }
    assert_eq!(with("{batch}", 10_000, 5_000).unwrap(), Dots::new(320, 240), "nothing to say");
    let lacking = with("{SN}😀", 20_000, 5_000).unwrap_err();
    assert_eq!(lacking.zh, "elements[0]：文字里的“😀”不在本机的字体里，印不出来");
    for (value, width, height) in [("{SN}", 3_000, 1_500), ("检验合格", 10_000, 1_000)] {
        assert!(with(value, width, height).unwrap_err().en.contains("too small to be read"));
    }
    // What is too long for one line is in two; nothing of it is lost.
    let ((_, right), (top, bottom)) = bounds(&with("{CPUID}", 10_000, 3_000).unwrap());
    assert!(right < 16 + 80 && top >= 24 && bottom < 24 + 24 && bottom - top > 17);
    // Each figure of a line looks like the next.
    let dots = with("11111111", 36_000, 4_000).unwrap();
    let column = |x: u32| (0..dots.height).map(|y| dots.get(x, y)).collect::<Vec<_>>();
    let shapes: BTreeSet<Vec<Vec<bool>>> = (0..dots.width)
        .map(column)
        .collect::<Vec<_>>()
        .split(|column| !column.contains(&true))
        .filter(|shape| !shape.is_empty())
        .map(<[_]>::to_vec)
        .collect();
    assert_eq!(shapes.len(), 1);
}

#[test]
fn what_a_value_holds_is_not_filled_in_again() {
    let values = Values { sn: "{CPUID}".into(), ..of_chip("{SN}") };
    assert_eq!(values.filled("{SN}{CPUID} {batch}"), "{CPUID}{SN}");
    assert_eq!(values.filled("a{b {SN"), "a{b {SN");
    assert_eq!(Values::sample().filled("{date}/{SN}"), "2026-01-31/12345678");
}

/// Numbers of no meaning, the same each time.
fn noise(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

#[test]
fn every_picture_comes_back_from_its_runs() {
    let mut seed = 0x9E37_79B9_7F4A_7C15;
    for round in 0..400_u64 {
        let (width, height) = ((noise(&mut seed) % 90 + 1) as u32, (noise(&mut seed) % 12 + 1) as u32);
        // Some wide enough for runs of more than 400 digits.
        let width = if round % 10 == 0 { width * 53 } else { width };
        let mut dots = Dots::new(width, height);
        let spell = noise(&mut seed) % 40 + 1;
        let (mut left, mut is_ink) = (0, false);
        for y in 0..height {
            // Rows like the one above, too.
            let copies = y > 0 && noise(&mut seed).is_multiple_of(4);
            for x in 0..width {
                if left == 0 {
                    (left, is_ink) = (noise(&mut seed) % (spell * u64::from(width) / 8 + 1) + 1, !is_ink);
                }
                left -= 1;
                if if copies { dots.get(x, y - 1) } else { is_ink } {
                    dots.burn(x, y);
                }
            }
        }
        assert_eq!(burnt_by_zpl(&zpl::label(&dots, (0, 0))), dots, "round {round}");
        let offset = ((noise(&mut seed) % 30) as i32 - 15, (noise(&mut seed) % 8) as i32 - 4);
        assert_eq!(burnt_by_zpl(&zpl::label(&dots, offset)), dots.moved(offset));
        let look = LabelLook::first();
        assert_eq!(burnt_by_tspl(&tspl::label(&dots, &Row::of(&look, 1, 0), look.gap, offset), width).2, dots.moved(offset));
    }
    let all = Dots { width: 16, height: 2, rows: vec![0xFF; 4] };
    assert_eq!(zpl::label(&all, (0, 0)), b"^XA^PW16^LL2^LH0,0^FO0,0^GFA,4,4,2,!:^FS^PQ1^XZ");
    let half = Dots { width: 24, height: 1, rows: vec![0xAA, 0xA0, 0x01] };
    assert_eq!(zpl::label(&half, (0, 0)), b"^XA^PW24^LL1^LH0,0^FO0,0^GFA,3,3,3,IAH01^FS^PQ1^XZ");
}

#[test]
fn a_ruler_begins_at_the_corner_and_has_a_tick_a_millimetre() {
    for dpi in RESOLUTIONS {
        let ruler = ruler(40_000, 30_000, dpi);
        assert_eq!((ruler.width, ruler.height), (dots_in(40_000, dpi), dots_in(30_000, dpi)));
        assert!(ruler.get(0, 0) && ruler.get(ruler.width - 1, ruler.height - 1));
        // Below the outermost line, above where short ticks end.
        let row = dots_in(700, dpi);
        let ticks = (1..ruler.width).filter(|x| ruler.get(*x, row) && !ruler.get(x - 1, row)).collect::<Vec<_>>();
        let right_edge = ruler.width - dots_in(125, dpi).max(1);
        let expected: Vec<u32> = (1..40).map(|mm| dots_in(mm * 1_000, dpi)).chain([right_edge]).collect();
        assert_eq!(ticks, expected);
        let ticks = (1..ruler.height).filter(|y| ruler.get(row, *y) && !ruler.get(row, y - 1)).count();
        assert_eq!(ticks, 30);
    }
}
