//! Codes in whole dots a module. Not here: the modules of QR codes (qr.rs), reading codes back (read.rs).

use super::dots::{Area, Dots};
use super::{Problem, qr};
use crate::domain::label_look::ElementKind;
use code128::Code128;
use datamatrix::{DataMatrix, SymbolList};
use qrcode::Color;

/// Scanners need this many dots a module.
pub const DOTS_MIN: u32 = 2;
/// Of a bar code, in modules: one lower than this is hard to hit.
const BARS_HIGH: u32 = 10;
const BARS_QUIET: u32 = 10;
/// Where whole quiet zones would make modules too small, this much of a QR code's has to lie in its element; the rest lies around it.
const QR_QUIET_LEAST: u32 = 2;

pub struct Symbol {
    columns: u32,
    /// Bars have one, which is as high as the element.
    rows: u32,
    dark: Vec<bool>,
    /// Modules that stay light on each side.
    quiet: u32,
    quiet_least: u32,
}

/// A code as it lies on a label.
#[derive(Clone, Copy, Debug)]
pub struct Placed {
    pub dots_per_module: u32,
    /// With its quiet zone, where that is on the label.
    pub area: Area,
    /// Dots at which it can be scanned.
    pub needs: (u32, u32),
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl Symbol {
    fn qr(text: &str) -> Option<Self> {
        let (colors, side) = qr::modules(text).ok()?;
        let dark = colors.into_iter().map(|color| color == Color::Dark).collect();
        Some(Self { columns: count(side), rows: count(side), dark, quiet: count(qr::QUIET), quiet_least: QR_QUIET_LEAST })
    }

    fn data_matrix(text: &str, sizes: SymbolList) -> Option<Self> {
        let code = DataMatrix::encode_str(text, sizes).ok()?.bitmap();
        let (columns, rows) = (count(code.width()), count(code.height()));
        let mut dark = vec![false; code.width() * code.height()];
        for (x, y) in code.pixels() {
            dark[y * code.width() + x] = true;
        }
        Some(Self { columns, rows, dark, quiet: 1, quiet_least: 1 })
    }

    fn bars(text: &str) -> Self {
        let of = |width: u8, is_dark: bool| std::iter::repeat_n(is_dark, usize::from(width));
        let mut dark: Vec<bool> =
            Code128::encode(text.as_bytes()).bars().flat_map(|bar| of(bar.width, true).chain(of(bar.space, false))).collect();
        while dark.last() == Some(&false) {
            dark.pop();
        }
        Self { columns: count(dark.len()), rows: 1, dark, quiet: BARS_QUIET, quiet_least: BARS_QUIET }
    }

    fn is_bars(&self) -> bool {
        self.rows == 1
    }

    /// Modules that it takes, with its quiet zone.
    fn size(&self, quiet: u32) -> (u32, u32) {
        (self.columns + 2 * quiet, if self.is_bars() { BARS_HIGH } else { self.rows + 2 * quiet })
    }

    /// In dots.
    fn needs(&self) -> (u32, u32) {
        let (columns, rows) = self.size(self.quiet);
        (columns * DOTS_MIN, rows * DOTS_MIN)
    }

    fn dots_in(&self, area: Area, quiet: u32) -> u32 {
        let (columns, rows) = self.size(quiet);
        (area.width / columns).min(area.height / rows)
    }

    fn dots_per_module(&self, area: Area) -> u32 {
        let whole = self.dots_in(area, self.quiet);
        whole.max(self.dots_in(area, self.quiet_least).min(DOTS_MIN))
    }

    /// In the middle of `area`; `None`: not even one dot a module fits.
    fn draw(&self, face: &mut Dots, area: Area) -> Option<Placed> {
        let dots = self.dots_per_module(area);
        if dots == 0 {
            return None;
        }
        let (width, height) = (self.columns * dots, if self.is_bars() { area.height } else { self.rows * dots });
        let (left, top) = (area.left + (area.width - width) / 2, area.top + (area.height - height) / 2);
        let row_height = height / self.rows;
        for (at, _) in self.dark.iter().enumerate().filter(|(_, is_dark)| **is_dark) {
            let (column, row) = (count(at) % self.columns, count(at) / self.columns);
            face.fill(Area { left: left + column * dots, top: top + row * row_height, width: dots, height: row_height });
        }
        let (across, down) = (self.quiet * dots, if self.is_bars() { 0 } else { self.quiet * dots });
        let (from_x, from_y) = (left.saturating_sub(across), top.saturating_sub(down));
        let (to_x, to_y) = ((left + width + across).min(face.width), (top + height + down).min(face.height));
        let area = Area { left: from_x, top: from_y, width: to_x - from_x, height: to_y - from_y };
        Some(Placed { dots_per_module: dots, area, needs: self.needs() })
    }
}

/// Of what can show `text`, what comes out largest in `area`. Beyond ASCII, scanners agree on QR codes alone.
fn symbol(kind: ElementKind, text: &str, area: Area) -> Result<Symbol, Problem> {
    let too_long = || Problem::new("内容太长，放不进一个码", "is too long for one code");
    if kind == ElementKind::Qr {
        return Symbol::qr(text).ok_or_else(too_long);
    }
    if let Some(c) = text.chars().find(|c| !(' '..='~').contains(c)) {
        let (zh, en) = (format!("里不能有“{c}”，只能用英文、数字和符号"), format!("can't hold “{c}”, only ASCII"));
        return Err(Problem::new(zh, en));
    }
    if kind == ElementKind::Code128 {
        return Ok(Symbol::bars(text));
    }
    let shapes = [SymbolList::default().enforce_rectangular(), SymbolList::default().enforce_square()];
    let symbols = shapes.into_iter().filter_map(|sizes| Symbol::data_matrix(text, sizes));
    // Of equals the square one.
    symbols.max_by_key(|symbol| symbol.dots_per_module(area)).ok_or_else(too_long)
}

pub fn draw(face: &mut Dots, area: Area, kind: ElementKind, text: &str, dpi: u32) -> Result<Placed, Problem> {
    if text.is_empty() {
        return Err(Problem::new("没有内容，无法生成码", "has no content to make a code of"));
    }
    let symbol = symbol(kind, text, area)?;
    symbol.draw(face, area).ok_or_else(|| too_small(symbol.needs(), area, dpi))
}

/// Says at which size it can be scanned.
pub fn too_small((width, height): (u32, u32), area: Area, dpi: u32) -> Problem {
    let tenths = |dots: u32| f64::from(dots) * 254.0 / f64::from(dpi);
    // A dot more, as edges of elements rarely fall on dots.
    let [needs, has] =
        [(tenths(width + 1).ceil(), tenths(height + 1).ceil()), (tenths(area.width).round(), tenths(area.height).round())]
            .map(|(width, height)| format!("{} × {}", width / 10.0, height / 10.0));
    Problem::new(
        format!("太小：{dpi} dpi 时至少要 {needs} 毫米才扫得出，现在是 {has} 毫米。请放大，或缩短内容"),
        format!(
            "is too small: at {dpi} dpi it takes at least {needs} mm to be scanned, and has {has} mm. Make it larger, or its content shorter"
        ),
    )
}
