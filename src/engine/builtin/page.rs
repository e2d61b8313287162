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

/// Directions a page may have, in quarter turns clockwise, the likeliest first.
#[derive(Clone, Debug)]
pub struct Directions {
    pub order: Vec<usize>,
    /// That the first is right is beyond doubt.
    pub sure: bool,
}

/// # Errors
/// `Receive` when a net fails.
pub fn directions(nets: &Nets, picture: &RgbImage, quads: &[Quad]) -> Result<Directions, Trouble> {
    let upright: Vec<Quad> = quads.iter().map(|q| upright(q)).collect();
    // Long lines tell the axis; a slot as wide as it is high says nothing.
    let lean = upright.iter().map(|q| q.width() - q.height()).sum::<f32>();
    let axes = if lean >= 0.0 { [0, 1] } else { [1, 0] };
    let mut scores: Vec<(f32, usize)> = Vec::new();
    for axis in axes {
        for quarters in [axis, axis + 2] {
            let (weight, mean) = legibility(nets, picture, quads, quarters)?;
            if weight >= SURE_WEIGHT && mean >= SURE_MEAN {
                let rest = [0, 1, 2, 3].into_iter().filter(|q| *q != quarters);
                return Ok(Directions { order: std::iter::once(quarters).chain(rest).collect(), sure: true });
            }
            scores.push((weight * mean * mean, quarters));
        }
        // The other axis is only looked at when this one can't be read at all.
        if scores.iter().any(|(score, _)| *score > SURE_WEIGHT / 4.0) {
            break;
        }
    }
    scores.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(Directions { order: scores.into_iter().map(|(_, quarters)| quarters).collect(), sure: false })
}

/// Of the longest lines, read in one direction: how much there is to tell it by, and how surely it was read.
fn legibility(nets: &Nets, picture: &RgbImage, quads: &[Quad], quarters: usize) -> Result<(f32, f32), Trouble> {
    let mut probes: Vec<Quad> = quads.iter().map(|q| q.facing(quarters)).collect();
    let tell = |q: &Quad| (q.width() / q.height().max(1.0)).min(12.0) * q.height().sqrt();
    probes.sort_by(|a, b| tell(b).total_cmp(&tell(a)));
    probes.truncate(PROBES);
    let (mut weight, mut sum) = (0.0, 0.0);
    for glyph in read(nets, picture, &probes, Charset::Any)?.iter().flat_map(|r| &r.glyphs) {
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
    Ok((weight, if weight > 0.0 { sum / weight } else { 0.0 }))
}

/// With its first edge the one nearest the x axis, however long.
fn upright(quad: &Quad) -> Quad {
    (0..4).map(|i| quad.turned(i)).max_by(|a, b| a.angle().cos().total_cmp(&b.angle().cos())).unwrap_or(*quad)
}

/// All lines, read in one direction of the page, in reading order; without those that say nothing.
///
/// # Errors
/// `Receive` when the net fails.
pub fn lines(nets: &Nets, picture: &RgbImage, quads: &[Quad], quarters: usize) -> Result<Vec<Line>, Trouble> {
    let mut lines = read_lines(nets, picture, quads.iter().map(|q| q.facing(quarters)).collect())?;
    let turn = quarters as f32 * std::f32::consts::FRAC_PI_2;
    let down = |l: &Line| {
        let (x, y) = l.quad.centre();
        y * turn.cos() - x * turn.sin()
    };
    lines.sort_by(|a, b| down(a).total_cmp(&down(b)));
    Ok(lines)
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
