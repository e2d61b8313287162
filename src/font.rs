//! Outlines of characters: of fonts that a file brings, and of the one in the binary, which has all of GBK. Not here: putting them on a
//! page (papers/draw/) or on a label (labels/text.rs).

use hayro::kurbo::{BezPath, Point};
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::outline::{DrawSettings, OutlineGlyphCollection, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider};
use std::collections::HashMap;
use std::rc::Rc;

/// Noto Sans SC, cut down to GBK by scripts/fetch-models.
pub static BUNDLED: &[u8] = include_bytes!("../models/cjk.ttf");

/// The base line's left end is the origin, y goes down, a unit is the font's size.
#[derive(Debug, Default)]
pub struct Outline {
    pub path: BezPath,
    pub advance: f32,
}

pub struct Face<'a> {
    characters: Charmap<'a>,
    outlines: OutlineGlyphCollection<'a>,
    metrics: GlyphMetrics<'a>,
    unit: f32,
    known: HashMap<GlyphId, Rc<Outline>>,
}

impl<'a> Face<'a> {
    pub fn of(bytes: &'a [u8]) -> Option<Self> {
        let font = FontRef::from_index(bytes, 0).ok()?;
        let unit = f32::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
        (unit > 0.0).then(|| Self {
            characters: font.charmap(),
            outlines: font.outline_glyphs(),
            metrics: font.glyph_metrics(Size::unscaled(), LocationRef::default()),
            unit,
            known: HashMap::new(),
        })
    }

    /// `None`: the font does not have it.
    pub fn outline(&mut self, c: char) -> Option<Rc<Outline>> {
        let glyph = self.characters.map(c).filter(|glyph| glyph.to_u32() != 0)?;
        if let Some(outline) = self.known.get(&glyph) {
            return Some(Rc::clone(outline));
        }
        let mut pen = Pen { path: BezPath::new(), unit: self.unit };
        self.outlines.get(glyph)?.draw(DrawSettings::unhinted(Size::unscaled(), LocationRef::default()), &mut pen).ok()?;
        let advance = self.metrics.advance_width(glyph).unwrap_or(self.unit) / self.unit;
        let outline = Rc::new(Outline { path: pen.path, advance });
        self.known.insert(glyph, Rc::clone(&outline));
        Some(outline)
    }

    /// How wide `text` is, in units of the font's size.
    pub fn width(&mut self, text: &str) -> f32 {
        text.chars().map(|c| self.outline(c).map_or(1.0, |outline| outline.advance)).sum()
    }
}

struct Pen {
    path: BezPath,
    unit: f32,
}

impl Pen {
    fn at(&self, x: f32, y: f32) -> Point {
        Point::new(f64::from(x / self.unit), f64::from(-y / self.unit))
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let to = self.at(x, y);
        self.path.move_to(to);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.at(x, y);
        self.path.line_to(to);
    }

    fn quad_to(&mut self, by_x: f32, by_y: f32, x: f32, y: f32) {
        let (by, to) = (self.at(by_x, by_y), self.at(x, y));
        self.path.quad_to(by, to);
    }

    fn curve_to(&mut self, first_x: f32, first_y: f32, second_x: f32, second_y: f32, x: f32, y: f32) {
        let (first, second, to) = (self.at(first_x, first_y), self.at(second_x, second_y), self.at(x, y));
        self.path.curve_to(first, second, to);
    }

    fn close(&mut self) {
        self.path.close_path();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_in_the_binary_has_every_character_of_gbk() {
        let mut face = Face::of(BUNDLED).unwrap();
        let mut missing = String::new();
        for first in 0x81..=0xFE_u8 {
            for second in 0x40..=0xFE_u8 {
                let bytes = [first, second];
                let (text, _, is_wrong) = encoding_rs::GBK.decode(&bytes);
                // Places that are nobody's are decoded to private characters.
                let is_one = |c: &char| !is_wrong && !('\u{E000}'..='\u{F8FF}').contains(c) && !c.is_ascii();
                missing.extend(text.chars().filter(is_one).filter(|c| face.outline(*c).is_none()));
            }
        }
        // The font does not have this sign of mathematics at all.
        assert_eq!(missing, "≒");
        for c in (' '..='~').chain("¥￥×·⊗（）：、。①②㎡℃".chars()) {
            assert!(face.outline(c).is_some(), "{c}");
        }
        assert!(face.width("发票") > 1.9 && face.width("ii") < 1.0);
    }
}
