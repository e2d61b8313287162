//! Labels in whole dots, for printers, previews and pages alike: what is drawn here is what is burnt. Not here: what looks there are
//! (domain/label_look.rs, app/label_looks.rs), speaking to printers.

use crate::domain::label_look::{Element, ElementKind, LabelLook, Micrometres};
use crate::domain::logo::Logo;
use crate::domain::refusal::Refusal;

mod code;
pub mod dots;
mod logo;
pub mod qr;
mod read;
mod row;
mod ruler;
mod text;
pub mod tspl;
pub mod zpl;

pub use dots::Dots;
pub use logo::is_whole_logo;
pub use row::Row;
pub use ruler::ruler;

pub const RESOLUTIONS: [u32; 3] = [203, 300, 600];
/// Of most label printers.
pub const DPI: u32 = 203;

/// What stands for `{SN}`, `{CPUID}`, `{date}`, `{batch}` and `{company}`, and the logo.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    pub sn: String,
    pub cpuid: String,
    pub date: String,
    pub batch: String,
    pub company: String,
    pub logo: Option<Logo>,
}

/// Why an element can't be drawn.
#[derive(Debug)]
struct Problem {
    zh: String,
    en: String,
}

#[derive(Debug)]
pub struct Code {
    /// Its place among the look's elements, from 0.
    pub element: usize,
    pub dots_per_module: u32,
    /// Large enough for scanners, and was read back from the dots.
    pub is_readable: bool,
}

#[derive(Debug)]
pub struct Drawn {
    pub dots: Dots,
    pub codes: Vec<Code>,
}

impl Problem {
    fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    fn of(self, number: usize, kind: ElementKind) -> Refusal {
        let (zh, en) = match kind {
            ElementKind::Qr => ("二维码", "QR code"),
            ElementKind::DataMatrix => ("Data Matrix 码", "Data Matrix code"),
            ElementKind::Code128 => ("条码", "bar code"),
            ElementKind::Text => ("文字", "text"),
            ElementKind::Logo => ("公司标志", "logo"),
        };
        let Self { zh: problem_zh, en: problem_en } = self;
        Refusal::malformed(format!("elements[{number}]：{zh}{problem_zh}"), format!("elements[{number}]: the {en} {problem_en}"))
    }
}

impl Values {
    /// A device like most: a serial as the box allots them, and a chip's 96 bits.
    pub fn sample() -> Self {
        let [sn, cpuid, date] = ["12345678", "39FFD60543AC4E3132593141", "2026-01-31"].map(str::to_owned);
        Self { sn, cpuid, date, ..Self::default() }
    }

    /// Not again in what was filled in: a CPU id is what the chip says.
    fn filled(&self, pattern: &str) -> String {
        let known = [
            ("{SN}", &self.sn),
            ("{CPUID}", &self.cpuid),
            ("{date}", &self.date),
            ("{batch}", &self.batch),
            ("{company}", &self.company),
        ];
        let (mut filled, mut rest) = (String::new(), pattern);
        while let Some(at) = rest.find('{') {
            let (before, from) = rest.split_at(at);
            filled.push_str(before);
            let found = known.iter().find_map(|(name, value)| Some((from.strip_prefix(name)?, value.as_str())));
            let (after, value) = found.unwrap_or((&from[1..], "{"));
            filled.push_str(value);
            rest = after;
        }
        filled.push_str(rest);
        filled.trim().to_owned()
    }
}

pub fn check_resolution(dpi: u32) -> Result<(), Refusal> {
    if RESOLUTIONS.contains(&dpi) {
        return Ok(());
    }
    Err(Refusal::field("dpi", "应为 203、300 或 600", "must be 203, 300 or 600"))
}

/// Dots from an edge, so that elements that meet on the label meet in dots.
fn dots_in(length: Micrometres, dpi: u32) -> u32 {
    u32::try_from((u64::from(length) * u64::from(dpi) + 12_700) / 25_400).unwrap_or(u32::MAX)
}

/// How many a label of this size has.
pub fn dots_of(look: &LabelLook, dpi: u32) -> u64 {
    u64::from(dots_in(look.width, dpi)) * u64::from(dots_in(look.height, dpi))
}

fn area(element: &Element, dpi: u32) -> dots::Area {
    let across = |at: Micrometres| dots_in(at, dpi);
    let (left, top) = (across(element.x), across(element.y));
    let (right, bottom) = (across(element.x + element.width), across(element.y + element.height));
    dots::Area { left, top, width: right - left, height: bottom - top }
}

struct Face {
    dots: Dots,
    /// Upright.
    codes: Vec<(usize, Element, String, code::Placed)>,
}

fn face(look: &LabelLook, values: &Values, dpi: u32) -> Result<Face, Refusal> {
    check_resolution(dpi)?;
    look.check()?;
    let mut face = Face { dots: Dots::new(dots_in(look.width, dpi), dots_in(look.height, dpi)), codes: Vec::new() };
    for (number, element) in look.drawn().into_iter().enumerate() {
        let (content, area) = (values.filled(&element.value), area(&element, dpi));
        let drawn = match element.kind {
            ElementKind::Text => text::draw(&mut face.dots, area, &content).map(|()| None),
            ElementKind::Logo => logo::draw(&mut face.dots, area, values.logo.as_ref()).map(|()| None),
            kind => code::draw(&mut face.dots, area, kind, &content, dpi).map(Some),
        };
        if let Some(placed) = drawn.map_err(|problem| problem.of(number, element.kind))? {
            face.codes.push((number, element, content, placed));
        }
    }
    Ok(face)
}

impl Face {
    fn can_read(&self, kind: ElementKind, content: &str, placed: &code::Placed) -> bool {
        placed.dots_per_module >= code::DOTS_MIN && read::reads(&self.dots, placed, kind, content)
    }
}

/// As the printer gets it. Blocks: a millisecond, large ones 100.
pub fn draw(look: &LabelLook, values: &Values, dpi: u32) -> Result<Dots, Refusal> {
    Ok(face(look, values, dpi)?.dots.turned(look.rotate))
}

/// The same, with what is to be known of its codes. Blocks.
pub fn preview(look: &LabelLook, values: &Values, dpi: u32) -> Result<Drawn, Refusal> {
    let face = face(look, values, dpi)?;
    let of = |(element, what, content, placed): &(usize, Element, String, code::Placed)| Code {
        element: *element,
        dots_per_module: placed.dots_per_module,
        is_readable: face.can_read(what.kind, content, placed),
    };
    let codes = face.codes.iter().map(of).collect();
    Ok(Drawn { dots: face.dots.turned(look.rotate), codes })
}

/// Every code that somebody placed can be read back at the resolution of most printers; the box's own layout, which has to fit
/// labels of every size, at that of some. `values`: of a device like most. Blocks.
pub fn check(look: &LabelLook, values: &Values) -> Result<(), Refusal> {
    let dpi = if look.elements.is_empty() { 600 } else { DPI };
    let face = face(look, values, dpi)?;
    for (number, element, content, placed) in &face.codes {
        if placed.dots_per_module < code::DOTS_MIN {
            return Err(code::too_small(placed.needs, area(element, dpi), dpi).of(*number, element.kind));
        }
        if !face.can_read(element.kind, content, placed) {
            let problem = Problem::new(
                "印出来扫不出，请把周围的内容移开一些",
                "can't be scanned as it comes out: move away what is around it",
            );
            return Err(problem.of(*number, element.kind));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
