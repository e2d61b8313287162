//! A label as a printer burns it: whole dots, one bit each. Not here: what is on it (mod.rs).

use crate::domain::refusal::Refusal;
use std::fmt;

#[derive(Clone, PartialEq, Eq)]
pub struct Dots {
    pub width: u32,
    pub height: u32,
    /// 1 is ink, the most significant bit is the leftmost; each row is padded to whole bytes with 0.
    pub rows: Vec<u8>,
}

/// Some dots of a label, from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
}

impl fmt::Debug for Dots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { width, height, .. } = self;
        write!(f, "{width} × {height} dots")
    }
}

impl Dots {
    pub fn new(width: u32, height: u32) -> Self {
        Self { width, height, rows: vec![0; width.div_ceil(8) as usize * height as usize] }
    }

    pub fn row_bytes(&self) -> usize {
        self.width.div_ceil(8) as usize
    }

    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.rows.chunks(self.row_bytes().max(1))
    }

    /// Beyond the edges there is no ink.
    pub fn get(&self, x: u32, y: u32) -> bool {
        x < self.width && y < self.height && self.rows[self.row_bytes() * y as usize + x as usize / 8] >> (7 - x % 8) & 1 == 1
    }

    /// Beyond the edges nothing is burnt.
    pub fn burn(&mut self, x: u32, y: u32) {
        if x < self.width && y < self.height {
            let at = self.row_bytes() * y as usize + x as usize / 8;
            self.rows[at] |= 0x80 >> (x % 8);
        }
    }

    pub fn fill(&mut self, area: Area) {
        for y in area.top..area.top.saturating_add(area.height).min(self.height) {
            for x in area.left..area.left.saturating_add(area.width).min(self.width) {
                self.burn(x, y);
            }
        }
    }

    /// Each dot where `from` says that it comes from.
    fn of(width: u32, height: u32, from: impl Fn(u32, u32) -> bool) -> Self {
        let mut dots = Self::new(width, height);
        for y in 0..height {
            for x in (0..width).filter(|x| from(*x, y)) {
                dots.burn(x, y);
            }
        }
        dots
    }

    /// Clockwise, by quarters of a turn.
    #[must_use]
    pub fn turned(self, degrees: u16) -> Self {
        let (width, height) = (self.width, self.height);
        match degrees {
            90 => Self::of(height, width, |x, y| self.get(y, height - 1 - x)),
            180 => Self::of(width, height, |x, y| self.get(width - 1 - x, height - 1 - y)),
            270 => Self::of(height, width, |x, y| self.get(width - 1 - y, x)),
            _ => self,
        }
    }

    /// Everything right and down by `offset`; what comes to lie beyond the edges is gone.
    #[must_use]
    pub fn moved(&self, (right, down): (i32, i32)) -> Self {
        if (right, down) == (0, 0) {
            return self.clone();
        }
        let from = |at: u32, by: i32| i64::from(at).checked_sub(i64::from(by)).and_then(|at| u32::try_from(at).ok());
        Self::of(self.width, self.height, |x, y| matches!((from(x, right), from(y, down)), (Some(x), Some(y)) if self.get(x, y)))
    }

    /// How many dots of it.
    pub fn ink(&self) -> u64 {
        self.rows.iter().map(|byte| u64::from(byte.count_ones())).sum()
    }

    /// One bit a pixel, ink is black.
    pub fn png(&self) -> Result<Vec<u8>, Refusal> {
        let mut bytes = Vec::new();
        self.write_png(&mut bytes).map_err(|e| {
            tracing::error!("a label could not be drawn: {e}");
            Refusal::internal()
        })?;
        Ok(bytes)
    }

    fn write_png(&self, bytes: &mut Vec<u8>) -> Result<(), png::EncodingError> {
        let mut encoder = png::Encoder::new(bytes, self.width, self.height);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        encoder.set_compression(png::Compression::Fast);
        // Rows of a module equal the row above.
        encoder.set_filter(png::Filter::Up);
        let mut writer = encoder.write_header()?;
        let light: Vec<u8> = self.rows.iter().map(|byte| !byte).collect();
        writer.write_image_data(&light)?;
        writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(rows: &[&str]) -> Dots {
        let is_ink = |x: u32, y: u32| rows[y as usize].as_bytes()[x as usize] == b'#';
        Dots::of(rows[0].len() as u32, rows.len() as u32, is_ink)
    }

    #[test]
    fn turning_is_clockwise_and_moving_crops() {
        let dots = drawn(&["##.", "#.."]);
        assert_eq!(dots.clone().turned(90), drawn(&["##", ".#", ".."]));
        assert_eq!(dots.clone().turned(180), drawn(&["..#", ".##"]));
        assert_eq!(dots.clone().turned(270), drawn(&["..", "#.", "##"]));
        assert_eq!(dots.moved((1, 1)), drawn(&["...", ".##"]));
        assert_eq!(dots.moved((-1, 0)), drawn(&["#..", "..."]));
        for far in [(3, 0), (0, -2), (i32::MIN, i32::MAX)] {
            assert_eq!(dots.moved(far), Dots::new(3, 2), "nothing comes back on the other side");
        }
        assert_eq!(dots.rows, [0b1100_0000, 0b1000_0000]);
    }

    #[test]
    fn a_png_shows_exactly_these_dots() {
        let dots = Dots::of(19, 5, |x, y| (x * 7 + y * 3) % 5 < 2);
        let png = dots.png().unwrap();
        let info = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
        assert_eq!((info.info().bit_depth, info.info().color_type), (png::BitDepth::One, png::ColorType::Grayscale));
        let picture = image::load_from_memory(&png).unwrap().into_luma8();
        assert_eq!(picture.dimensions(), (19, 5));
        assert!(picture.enumerate_pixels().all(|(x, y, pixel)| (pixel.0[0] == 0) == dots.get(x, y)));
    }
}
