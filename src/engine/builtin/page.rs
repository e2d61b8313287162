//! A picture's lines of text with what they say, once it is clear which way up the page lies.
//! Not here: what the lines mean to a template (align.rs, fields.rs).

use super::geometry::Quad;
use super::nets::Nets;
use super::read::{Charset, Reading, read};
use crate::engine::Trouble;
use image::RgbImage;
use std::ops::Range;

/// One line of text.
#[derive(Clone, Debug)]
pub struct Line {
    /// Pixels of the picture that was read.
    pub quad: Quad,
    pub reading: Reading,
}

impl Line {
    /// The part of the line that holds the glyphs of `range`, which must not be empty.
    pub fn part(&self, range: &Range<usize>) -> Quad {
        let glyphs = &self.reading.glyphs[range.clone()];
        let em = self.quad.height() / self.quad.width().max(1.0);
        let half = |text: &str| em * if text.chars().all(is_wide) { 0.4 } else { 0.22 };
        let (Some(first), Some(last)) = (glyphs.first(), glyphs.last()) else { return self.quad };
        self.quad.slice(first.at - half(&first.text), last.at + half(&last.text))
    }
}

/// The height that most lines have about.
pub fn usual_height(lines: &[Line]) -> f32 {
    let mut heights: Vec<f32> = lines.iter().map(|l| l.quad.height()).collect();
    heights.sort_by(f32::total_cmp);
    heights.get(heights.len() / 2).copied().unwrap_or_default()
}

/// Printed as a square: ideographs and full-width forms.
pub fn is_wide(c: char) -> bool {
    matches!(c as u32, 0x2E80..=0x9FFF | 0xF900..=0xFAFF | 0xFF00..=0xFF60 | 0x20000..=0x3FFFF)
}

/// How many lines are read to tell a page's direction.
const PROBES: usize = 5;
/// Characters that say nothing of the direction (an upside-down 8 or 0 is read with certainty) hardly count.
const DIGIT_WEIGHT: f32 = 0.05;
/// Upside-down Chinese is never read so surely at such length.
const SURE_WEIGHT: f32 = 8.0;
const SURE_MEAN: f32 = 0.93;

/// A picture's lines in one direction of the page, some of them read.
#[derive(Debug)]
pub struct Page<'a> {
    nets: &'a Nets,
    picture: &'a RgbImage,
    /// Of the page, in quarter turns clockwise.
    quarters: usize,
    quads: Vec<Quad>,
    readings: Vec<Option<Reading>>,
}

/// The page in the directions it may have, the likeliest first; only one when that is beyond doubt. The longest lines have been read.
///
/// # Errors
/// `Receive` when a net fails.
pub fn pages<'a>(nets: &'a Nets, picture: &'a RgbImage, quads: &[Quad]) -> Result<Vec<Page<'a>>, Trouble> {
    // Long lines tell the axis; a slot as wide as it is high says nothing.
    let lean = quads.iter().map(upright).map(|q| q.width() - q.height()).sum::<f32>();
    let axes = if lean >= 0.0 { [0, 1] } else { [1, 0] };
    let mut scored: Vec<(f32, Page<'_>)> = Vec::new();
    for axis in axes {
        for quarters in [axis, axis + 2] {
            let mut page = Page::new(nets, picture, quads, quarters);
            page.read_telling(PROBES)?;
            let (weight, mean) = page.legibility();
            if weight >= SURE_WEIGHT && mean >= SURE_MEAN {
                return Ok(vec![page]);
            }
            scored.push((weight * mean * mean, page));
        }
        // The other axis is only looked at when this one can't be read at all.
        if scored.iter().any(|(score, _)| *score > SURE_WEIGHT / 4.0) {
            break;
        }
    }
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(scored.into_iter().map(|(_, page)| page).collect())
}

/// With its first edge the one nearest the x axis, however long.
fn upright(quad: &Quad) -> Quad {
    (0..4).map(|i| quad.turned(i)).max_by(|a, b| a.angle().cos().total_cmp(&b.angle().cos())).unwrap_or(*quad)
}

impl<'a> Page<'a> {
    fn new(nets: &'a Nets, picture: &'a RgbImage, quads: &[Quad], quarters: usize) -> Self {
        let mut quads: Vec<Quad> = quads.iter().map(|q| q.facing(quarters)).collect();
        let turn = quarters as f32 * std::f32::consts::FRAC_PI_2;
        let down = |q: &Quad| q.centre().1 * turn.cos() - q.centre().0 * turn.sin();
        quads.sort_by(|a, b| down(a).total_cmp(&down(b)));
        let readings = vec![None; quads.len()];
        Self { nets, picture, quarters, quads, readings }
    }

    /// Of the lines that have not been read, reads the `count` that tell most.
    ///
    /// # Errors
    /// `Receive` when the net fails.
    pub fn read_telling(&mut self, count: usize) -> Result<(), Trouble> {
        let tell = |q: &Quad| (q.width() / q.height().max(1.0)).min(12.0) * q.height().sqrt();
        let mut order: Vec<usize> = (0..self.quads.len()).filter(|i| self.readings[*i].is_none()).collect();
        order.sort_by(|a, b| tell(&self.quads[*b]).total_cmp(&tell(&self.quads[*a])));
        order.truncate(count);
        self.read(&order)
    }

    /// Of what has been read: how much there is to tell the direction by, and how surely it was read.
    fn legibility(&self) -> (f32, f32) {
        let (mut weight, mut sum) = (0.0, 0.0);
        for glyph in self.readings.iter().flatten().flat_map(|r| &r.glyphs) {
            let w = if glyph.text.chars().any(is_wide) {
                1.0
            } else if glyph.text.chars().any(char::is_alphabetic) {
                0.5
            } else {
                DIGIT_WEIGHT
            };
            weight += w;
            sum += w * glyph.probability;
        }
        (weight, if weight > 0.0 { sum / weight } else { 0.0 })
    }

    /// Quarter turns clockwise.
    pub fn quarters(&self) -> usize {
        self.quarters
    }

    fn read(&mut self, which: &[usize]) -> Result<(), Trouble> {
        let quads: Vec<Quad> = which.iter().map(|i| self.quads[*i]).collect();
        for (i, reading) in which.iter().zip(read(self.nets, self.picture, &quads, Charset::Any)?) {
            self.readings[*i] = Some(reading);
        }
        Ok(())
    }

    /// Reads the lines that are `wanted` and have not been read.
    ///
    /// # Errors
    /// `Receive` when the net fails.
    pub fn read_where(&mut self, wanted: impl Fn(&Quad) -> bool) -> Result<(), Trouble> {
        let which: Vec<usize> = (0..self.quads.len()).filter(|i| self.readings[*i].is_none() && wanted(&self.quads[*i])).collect();
        self.read(&which)
    }

    /// What has been read, in reading order, without lines that say nothing.
    pub fn lines(&self) -> Vec<Line> {
        let read = self.quads.iter().zip(&self.readings).filter_map(|(quad, reading)| Some((*quad, reading.clone()?)));
        read.filter(|(_, r)| !r.glyphs.is_empty()).map(|(quad, reading)| Line { quad, reading }).collect()
    }

    /// Lines that have not been read.
    pub fn unread(&self) -> Vec<Quad> {
        self.quads.iter().zip(&self.readings).filter(|(_, r)| r.is_none()).map(|(q, _)| *q).collect()
    }
}

/// The quads that say something, with what they say.
///
/// # Errors
/// `Receive` when the net fails.
pub fn read_lines(nets: &Nets, picture: &RgbImage, quads: Vec<Quad>) -> Result<Vec<Line>, Trouble> {
    let readings = read(nets, picture, &quads, Charset::Any)?;
    let lines = quads.into_iter().zip(readings).map(|(quad, reading)| Line { quad, reading });
    Ok(lines.filter(|l| !l.reading.glyphs.is_empty()).collect())
}
