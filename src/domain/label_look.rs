//! The layout of a label, in whole micrometres, so that values come back unchanged. Not here: storing it (app/label_looks.rs).

use super::fact::Change;
use super::refusal::Refusal;
use serde::{Deserialize, Serialize};

pub type Micrometres = u32;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelLook {
    pub name: String,
    pub width: Micrometres,
    pub height: Micrometres,
    pub gap: Micrometres,
    /// Degrees clockwise: 0, 90, 180 or 270.
    pub rotate: u16,
    /// Empty: the QR code with the serial beneath.
    pub elements: Vec<Element>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Element {
    pub kind: ElementKind,
    pub x: Micrometres,
    pub y: Micrometres,
    pub width: Micrometres,
    pub height: Micrometres,
    pub value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ElementKind {
    Qr,
    Text,
    DataMatrix,
    Code128,
    /// Its value says what it shows.
    Logo,
}

impl ElementKind {
    pub const ALL: [(Self, &str); 5] = [
        (Self::Qr, "qr"),
        (Self::DataMatrix, "datamatrix"),
        (Self::Code128, "code128"),
        (Self::Text, "text"),
        (Self::Logo, "logo"),
    ];

    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, word)| word)
    }

    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(kind, _)| *kind)
    }
}

pub const SIDE_MIN: Micrometres = 6_000;
pub const SIDE_MAX: Micrometres = 300_000;
pub const GAP_MAX: Micrometres = 50_000;
const NAME_CHARS_MAX: usize = 64;
const VALUE_CHARS_MAX: usize = 200;
const ELEMENTS_MAX: usize = 50;
const PLACEHOLDERS: [&str; 5] = ["SN", "CPUID", "date", "batch", "company"];

impl LabelLook {
    pub fn first() -> Self {
        Self { name: "40 × 30".into(), width: 40_000, height: 30_000, gap: 2_000, rotate: 0, elements: Vec::new() }
    }

    /// In words, each part that is not the same.
    pub fn changes(&self, now: &Self) -> Vec<Change> {
        let mm = |length: Micrometres| f64::from(length) / 1_000.0;
        let parts = |look: &Self| {
            let place = |e: &Element| format!("{} ({}, {}; {} × {})", e.value, mm(e.x), mm(e.y), mm(e.width), mm(e.height));
            let content = look.elements.iter().map(place).collect::<Vec<_>>().join(" | ");
            [
                ("name", look.name.clone()),
                ("size", format!("{} × {} mm", mm(look.width), mm(look.height))),
                ("gap", format!("{} mm", mm(look.gap))),
                ("turn", format!("{}°", look.rotate)),
                ("content", content),
            ]
        };
        let both = parts(self).into_iter().zip(parts(now));
        both.filter(|(was, is)| was != is).map(|((what, from), (_, to))| Change { what: what.into(), from, to }).collect()
    }

    /// Without elements, the QR code and the serial as large as fits.
    pub fn drawn(&self) -> Vec<Element> {
        if !self.elements.is_empty() {
            return self.elements.clone();
        }
        let margin = (self.width.min(self.height) / 20).clamp(500, 1_500);
        let text = (self.height / 7).clamp(1_200, 4_000);
        let side = (self.width - 2 * margin).min(self.height - 2 * margin - text);
        let code = Element {
            kind: ElementKind::Qr,
            x: (self.width - side) / 2,
            y: margin,
            width: side,
            height: side,
            value: "{SN} {CPUID}".into(),
        };
        let serial = Element {
            kind: ElementKind::Text,
            x: margin,
            y: margin + side,
            width: self.width - 2 * margin,
            height: text,
            value: "{SN}".into(),
        };
        vec![code, serial]
    }

    pub fn shows_the_company(&self) -> bool {
        self.elements.iter().any(|element| element.value.contains("{company}"))
    }

    pub fn shows_the_logo(&self) -> bool {
        self.elements.iter().any(|element| element.kind == ElementKind::Logo)
    }

    pub fn check(&self) -> Result<(), Refusal> {
        let refuse = |field: &str, zh: &str, en: &str| Err(Refusal::malformed(format!("{field}：{zh}"), format!("{field}: {en}")));
        if !is_name(&self.name) {
            return refuse("name", "应为 1 到 64 个字", "must have 1 to 64 characters");
        }
        for (field, side) in [("width_mm", self.width), ("height_mm", self.height)] {
            if !(SIDE_MIN..=SIDE_MAX).contains(&side) {
                return refuse(field, "应为 6 到 300 毫米", "must be 6 to 300 millimetres");
            }
        }
        if self.gap > GAP_MAX {
            return refuse("gap_mm", "应为 0 到 50 毫米", "must be 0 to 50 millimetres");
        }
        if ![0, 90, 180, 270].contains(&self.rotate) {
            return refuse("rotate", "应为 0、90、180 或 270", "must be 0, 90, 180 or 270");
        }
        if self.elements.len() > ELEMENTS_MAX {
            return refuse("elements", "最多 50 项", "at most 50");
        }
        for (number, element) in self.elements.iter().enumerate() {
            let field = |name: &str| format!("elements[{number}].{name}");
            let (right, below) = (element.x.saturating_add(element.width), element.y.saturating_add(element.height));
            if element.width == 0 || right > self.width {
                return refuse(&field("w_mm"), "超出标签或为 0", "reaches beyond the label, or is 0");
            }
            if element.height == 0 || below > self.height {
                return refuse(&field("h_mm"), "超出标签或为 0", "reaches beyond the label, or is 0");
            }
            check_value(&element.value).or_else(|(zh, en)| refuse(&field("value"), &zh, &en))?;
        }
        Ok(())
    }
}

/// Of a label or a printer.
pub fn is_name(name: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control)
}

fn check_value(value: &str) -> Result<(), (String, String)> {
    if !(1..=VALUE_CHARS_MAX).contains(&value.chars().count()) || value.chars().any(char::is_control) {
        return Err(("应为 1 到 200 个字".into(), "must have 1 to 200 characters".into()));
    }
    let mut rest = value;
    while let Some((_, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { return Ok(()) };
        if !PLACEHOLDERS.contains(&name) {
            let known = PLACEHOLDERS.map(|name| format!("{{{name}}}")).join(" ");
            return Err((format!("没有 {{{name}}}，可用 {known}"), format!("there is no {{{name}}}; there are {known}")));
        }
        rest = after;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_elements_lie_within_the_label() {
        for (width, height) in [(6_000, 6_000), (30_000, 10_000), (25_400, 12_700), (10_000, 60_000), (300_000, 300_000)] {
            let look = LabelLook { width, height, ..LabelLook::first() };
            let drawn = LabelLook { elements: look.drawn(), ..look };
            assert_eq!(drawn.check(), Ok(()), "{width} × {height}");
            let [code, text] = &drawn.elements[..] else { panic!() };
            assert!(code.width == code.height && code.width >= 3_000 && code.y + code.height <= text.y, "{drawn:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let element =
            |value: &str, x, width| Element { kind: ElementKind::Text, x, y: 0, width, height: 1_000, value: value.into() };
        let refused = |change: &dyn Fn(&mut LabelLook)| {
            let mut look = LabelLook::first();
            change(&mut look);
            look.check().unwrap_err().en.into_owned()
        };
        assert!(refused(&|look| look.width = 5_999).starts_with("width_mm"));
        assert!(refused(&|look| look.rotate = 45).starts_with("rotate"));
        assert!(refused(&|look| look.name = String::new()).starts_with("name"));
        assert!(
            refused(&|look| look.elements = vec![element("{SN}", 0, 1), element("{sn}", 0, 1)]).starts_with("elements[1].value")
        );
        assert!(refused(&|look| look.elements = vec![element("a", 39_000, 1_001)]).starts_with("elements[0].w_mm"));
    }
}
