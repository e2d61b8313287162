//! The picture of an invoice that is data alone: what it says as a table, on one sheet. Not here: what it says (papers/xml.rs).

use super::canvas::Canvas;
use crate::domain::paper::{Item, Stated};
use crate::font::{BUNDLED, Face};
use crate::papers::ofd::style::{BLACK, Colour};
use crate::papers::{SIDE_MAX, Trouble};
use hayro::kurbo::{Affine, BezPath};
use image::RgbImage;

/// Pixels: A4 at 150 dots an inch. Long invoices make a longer sheet.
const WIDTH: f32 = 1_240.0;
const HEIGHT: f32 = 1_754.0;
const MARGIN: f32 = 80.0;
const SIZE: f32 = 24.0;
const TITLE_SIZE: f32 = 40.0;
const LINE: f32 = 36.0;
/// Of the names of fields.
const NAMES_WIDTH: f32 = 200.0;
const GRAY: Colour = Colour { rgb: [110, 110, 110], alpha: 255 };
const RULE: Colour = Colour { rgb: [190, 190, 190], alpha: 255 };
/// Name and width of each column of items; amounts are right-aligned.
const COLUMNS: [(&str, f32, bool); 8] = [
    ("项目名称", 255.0, false),
    ("规格型号", 130.0, false),
    ("单位", 60.0, false),
    ("数量", 95.0, true),
    ("单价", 230.0, true),
    ("金额", 125.0, true),
    ("税率", 75.0, true),
    ("税额", 110.0, true),
];
const NOTE: &str = "这一页是由发票的 XML 数据画出的，不是发票的版式";

struct Text {
    x: f32,
    /// Of the base line.
    y: f32,
    size: f32,
    colour: Colour,
    text: String,
}

#[derive(Default)]
struct Layout {
    texts: Vec<Text>,
    /// Height of horizontal rules.
    rules: Vec<f32>,
    /// Where the next line begins.
    y: f32,
}

/// Pixels.
pub fn size(stated: &Stated) -> (u32, u32) {
    (WIDTH as u32, Face::of(BUNDLED).map_or(HEIGHT as u32, |mut face| height(&layout(stated, &mut face))))
}

pub fn drawn(stated: &Stated) -> Result<RgbImage, Trouble> {
    let mut face = Face::of(BUNDLED).ok_or(Trouble::Damaged)?;
    let layout = layout(stated, &mut face);
    let mut canvas = Canvas::new(WIDTH as u32, height(&layout));
    for y in &layout.rules {
        let mut path = BezPath::new();
        path.move_to((f64::from(MARGIN), f64::from(*y)));
        path.line_to((f64::from(WIDTH - MARGIN), f64::from(*y)));
        canvas.stroke(&path, Affine::IDENTITY, RULE, 1.5);
    }
    for text in &layout.texts {
        let mut x = text.x;
        for c in text.text.chars() {
            let Some(outline) = face.outline(c) else {
                x += text.size;
                continue;
            };
            let place = Affine::translate((f64::from(x), f64::from(text.y))) * Affine::scale(f64::from(text.size));
            canvas.fill(&outline.path, place, text.colour, false);
            x += outline.advance * text.size;
        }
    }
    canvas.done()
}

fn height(layout: &Layout) -> u32 {
    ((layout.y + MARGIN) as u32).clamp(HEIGHT as u32, SIDE_MAX)
}

impl Layout {
    fn is_full(&self) -> bool {
        self.y > SIDE_MAX as f32 - 2.0 * MARGIN - 10.0 * LINE
    }

    fn rule(&mut self) {
        self.rules.push(self.y);
    }

    /// Lines of `text` from the present height; how far down they reach.
    fn put(&mut self, x: f32, lines: &[String], colour: Colour) -> f32 {
        for (n, text) in (0_u16..).zip(lines) {
            let y = self.y + LINE * f32::from(n) + SIZE;
            self.texts.push(Text { x, y, size: SIZE, colour, text: text.clone() });
        }
        self.y + LINE * lines.len().max(1) as f32
    }
}

fn layout(stated: &Stated, face: &mut Face<'_>) -> Layout {
    let mut layout = Layout { y: MARGIN, ..Layout::default() };
    let title = stated.kind.map_or("发票", |kind| kind.zh());
    let x = (WIDTH - face.width(title) * TITLE_SIZE) / 2.0;
    layout.texts.push(Text { x, y: MARGIN + TITLE_SIZE, size: TITLE_SIZE, colour: BLACK, text: title.to_owned() });
    layout.y += 2.0 * TITLE_SIZE;
    for (name, value) in &stated.fields {
        layout.rule();
        layout.y += 6.0;
        layout.put(MARGIN, std::slice::from_ref(name), GRAY);
        // A remark may be long, and is not all there is.
        let lines: Vec<String> = wrapped(value, WIDTH - 2.0 * MARGIN - NAMES_WIDTH, face).into_iter().take(20).collect();
        layout.y = layout.put(MARGIN + NAMES_WIDTH, &lines, BLACK) + 6.0;
    }
    layout.rule();
    if !stated.items.is_empty() {
        layout.y += LINE;
        row(&mut layout, COLUMNS.map(|(name, ..)| name), GRAY, face);
    }
    for (n, item) in stated.items.iter().enumerate() {
        if layout.is_full() {
            let rest = format!("另有 {} 行", stated.items.len() - n);
            layout.y = layout.put(MARGIN, &[rest], GRAY);
            break;
        }
        row(&mut layout, columns(item), BLACK, face);
    }
    layout.y += LINE / 2.0;
    layout.y = layout.put(MARGIN, &[NOTE.to_owned()], GRAY);
    layout
}

fn columns(item: &Item) -> [&str; 8] {
    [&item.name, &item.spec, &item.unit, &item.quantity, &item.price, &item.amount, &item.tax_rate, &item.tax].map(String::as_str)
}

fn row(layout: &mut Layout, texts: [&str; 8], colour: Colour, face: &mut Face<'_>) {
    const GAP: f32 = 10.0;
    layout.y += 6.0;
    let (mut x, mut down) = (MARGIN, layout.y);
    for (text, (_, width, is_right)) in texts.into_iter().zip(COLUMNS) {
        let lines: Vec<String> = wrapped(text, width - GAP, face).into_iter().take(8).collect();
        let widest = lines.iter().map(|line| face.width(line) * SIZE).fold(0.0, f32::max);
        let from = if is_right { x + width - GAP - widest } else { x };
        down = down.max(layout.put(from, &lines, colour));
        x += width;
    }
    layout.y = down + 6.0;
    layout.rule();
}

fn wrapped(text: &str, width: f32, face: &mut Face<'_>) -> Vec<String> {
    const CHARS_MAX: usize = 4_000;
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let (mut line, mut wide) = (String::new(), 0.0);
        for c in paragraph.chars().take(CHARS_MAX).filter(|c| !c.is_control()) {
            let advance = face.outline(c).map_or(1.0, |outline| outline.advance) * SIZE;
            if wide + advance > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                wide = 0.0;
            }
            line.push(c);
            wide += advance;
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(items: usize) -> Stated {
        let item = Item {
            name: "*信息技术服务*软件服务费与很长的一个名称".into(), amount: "495.05".into(), ..Item::default()
        };
        let fields = [("发票号码", "24112000000999000002"), ("备注", &"很长的备注".repeat(100))];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Stated { kind: None, fields, items: vec![item; items] }
    }

    #[test]
    fn a_sheet_is_as_long_as_what_it_says_within_the_limit() {
        for (items, is_longer) in [(0, false), (2, false), (60, true), (5_000, true)] {
            let stated = stated(items);
            let (width, height) = size(&stated);
            assert_eq!((width, height > 1_754, height <= SIDE_MAX), (1_240, is_longer, true), "{items}: {height}");
        }
        let picture = drawn(&stated(5_000)).unwrap();
        assert_eq!(picture.dimensions(), size(&stated(5_000)));
        // Something is written down to its end.
        let dark = |rows: std::ops::Range<u32>| {
            rows.flat_map(|y| (0..1_240).map(move |x| (x, y))).any(|(x, y)| picture.get_pixel(x, y).0[0] < 100)
        };
        assert!(dark(80..130) && dark(picture.height() - 400..picture.height()) && !dark(0..60));
    }
}
