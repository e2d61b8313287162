//! Text lines in one page orientation, and how that is found. Not here: what they mean (align.rs, fields.rs).

use super::charset::Charset;
use super::geometry::Quad;
use super::nets::{Nets, Reader};
use super::read::{Glyph, Reading, read};
use crate::engine::Trouble;
use image::RgbImage;
use std::ops::Range;

#[derive(Clone, Debug)]
pub struct Line {
    /// In pixels of the picture that was read.
    pub quad: Quad,
    /// The small net's, or the tiny one's where it was only skimmed.
    pub reading: Reading,
    pub is_read: bool,
    /// The tiny net's, where the small one read it, too.
    pub skimmed: Option<Reading>,
}

impl Line {
    /// The part that holds the glyphs of `range`, which must not be empty.
    pub fn part(&self, range: &Range<usize>) -> Quad {
        let glyphs = &self.reading.glyphs[range.clone()];
        let em = self.quad.height() / self.quad.width().max(1.0);
        let half = |text: &str| em * if text.chars().all(is_wide) { 0.4 } else { 0.22 };
        let (Some(first), Some(last)) = (glyphs.first(), glyphs.last()) else { return self.quad };
        self.quad.slice(first.at - half(&first.text), last.at + half(&last.text))
    }

    /// What was skimmed where the glyphs of `range` were read.
    pub fn skimmed_at(&self, range: &Range<usize>) -> Option<&[Glyph]> {
        let (skimmed, read) = (&self.skimmed.as_ref()?.glyphs, &self.reading.glyphs);
        let between = |i: usize| (read[i - 1].at + read[i].at) / 2.0;
        let from = if range.start > 0 { between(range.start) } else { f32::MIN };
        let to = if range.end < read.len() { between(range.end) } else { f32::MAX };
        let (start, end) = (skimmed.partition_point(|g| g.at < from), skimmed.partition_point(|g| g.at <= to));
        Some(&skimmed[start..end.max(start)])
    }
}

pub fn median_height(lines: &[Line]) -> f32 {
    let mut heights: Vec<f32> = lines.iter().map(|l| l.quad.height()).collect();
    heights.sort_by(f32::total_cmp);
    heights.get(heights.len() / 2).copied().unwrap_or_default()
}

/// Whether a character is square: ideographs and full-width forms.
pub fn is_wide(c: char) -> bool {
    matches!(c as u32, 0x2E80..=0x9FFF | 0xF900..=0xFAFF | 0xFF00..=0xFF60 | 0x20000..=0x3FFFF)
}

const PROBES: usize = 5;
/// Low: upside down, 8 and 0 are read with certainty.
const DIGIT_WEIGHT: f32 = 0.05;
/// Upside-down Chinese is never read this surely at this length.
const CONFIDENT_WEIGHT: f32 = 8.0;
const CONFIDENT_MEAN: f32 = 0.93;

/// Lines in one page orientation, some of them skimmed, some read.
#[derive(Debug)]
pub struct Page<'a> {
    nets: &'a Nets,
    picture: &'a RgbImage,
    /// Quarter turns clockwise.
    quarter_turns: usize,
    quads: Vec<Quad>,
    skimmed: Vec<Option<Reading>>,
    readings: Vec<Option<Reading>>,
}

/// The page in its possible orientations, likeliest first; only one if it is certain. The longest lines have been skimmed.
pub fn page_orientations<'a>(nets: &'a Nets, picture: &'a RgbImage, quads: &[Quad]) -> Result<Vec<Page<'a>>, Trouble> {
    // Square boxes say nothing about the axis.
    let horizontal_excess = quads.iter().map(upright).map(|q| q.width() - q.height()).sum::<f32>();
    let axes = if horizontal_excess >= 0.0 { [0, 1] } else { [1, 0] };
    let mut scored: Vec<(f32, Page<'_>)> = Vec::new();
    for axis in axes {
        for quarter_turns in [axis, axis + 2] {
            let mut page = Page::new(nets, picture, quads, quarter_turns);
            page.skim_most_informative(PROBES)?;
            let (weight, mean) = page.legibility();
            if weight >= CONFIDENT_WEIGHT && mean >= CONFIDENT_MEAN {
                return Ok(vec![page]);
            }
            scored.push((weight * mean * mean, page));
        }
        // The other axis is tried only if this one is illegible.
        if scored.iter().any(|(score, _)| *score > CONFIDENT_WEIGHT / 4.0) {
            break;
        }
    }
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(scored.into_iter().map(|(_, page)| page).collect())
}

/// Rotated so that the first edge is nearest to the x axis.
fn upright(quad: &Quad) -> Quad {
    (0..4).map(|i| quad.rotated(i)).max_by(|a, b| a.angle().cos().total_cmp(&b.angle().cos())).unwrap_or(*quad)
}

impl<'a> Page<'a> {
    fn new(nets: &'a Nets, picture: &'a RgbImage, quads: &[Quad], quarter_turns: usize) -> Self {
        let mut quads: Vec<Quad> = quads.iter().map(|q| q.oriented(quarter_turns)).collect();
        let turn = quarter_turns as f32 * std::f32::consts::FRAC_PI_2;
        let down = |q: &Quad| q.centre().1 * turn.cos() - q.centre().0 * turn.sin();
        quads.sort_by(|a, b| down(a).total_cmp(&down(b)));
        let nothing = vec![None; quads.len()];
        Self { nets, picture, quarter_turns, quads, skimmed: nothing.clone(), readings: nothing }
    }

    fn skim_most_informative(&mut self, count: usize) -> Result<(), Trouble> {
        let information = |q: &Quad| (q.width() / q.height().max(1.0)).min(12.0) * q.height().sqrt();
        let mut order = self.unseen();
        order.sort_by(|a, b| information(&self.quads[*b]).total_cmp(&information(&self.quads[*a])));
        order.truncate(count);
        self.skim_lines(&order)
    }

    /// Skims what was neither skimmed nor read.
    pub fn skim(&mut self) -> Result<(), Trouble> {
        self.skim_lines(&self.unseen())
    }

    fn skim_lines(&mut self, which: &[usize]) -> Result<(), Trouble> {
        for (i, reading) in which.iter().zip(self.read_with(&self.nets.skimmer, which)?) {
            self.skimmed[*i] = Some(reading);
        }
        Ok(())
    }

    fn unseen(&self) -> Vec<usize> {
        (0..self.quads.len()).filter(|i| self.reading(*i).is_none()).collect()
    }

    pub fn quads(&self) -> &[Quad] {
        &self.quads
    }

    /// How much text indicates the orientation, and its mean probability.
    fn legibility(&self) -> (f32, f32) {
        let (mut weight, mut sum) = (0.0, 0.0);
        for glyph in self.skimmed.iter().flatten().flat_map(|r| &r.glyphs) {
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

    pub fn quarter_turns(&self) -> usize {
        self.quarter_turns
    }

    fn read_with(&self, reader: &Reader, which: &[usize]) -> Result<Vec<Reading>, Trouble> {
        let quads: Vec<Quad> = which.iter().map(|i| self.quads[*i]).collect();
        read(reader, self.picture, &quads, Charset::Any)
    }

    /// Reads what was at most skimmed.
    pub fn read_where(&mut self, wanted: impl Fn(&Quad) -> bool) -> Result<(), Trouble> {
        let which: Vec<usize> = (0..self.quads.len()).filter(|i| self.readings[*i].is_none() && wanted(&self.quads[*i])).collect();
        for (i, reading) in which.iter().zip(self.read_with(&self.nets.reader, &which)?) {
            self.readings[*i] = Some(reading);
        }
        Ok(())
    }

    fn reading(&self, line: usize) -> Option<&Reading> {
        self.readings[line].as_ref().or(self.skimmed[line].as_ref())
    }

    /// The lines that were read or skimmed and hold text, in reading order.
    pub fn lines(&self) -> Vec<Line> {
        let line = |(i, quad): (usize, &Quad)| {
            let reading = self.reading(i).filter(|r| !r.glyphs.is_empty())?.clone();
            let is_read = self.readings[i].is_some();
            Some(Line { quad: *quad, reading, is_read, skimmed: self.skimmed[i].clone().filter(|_| is_read) })
        };
        self.quads.iter().enumerate().filter_map(line).collect()
    }
}

/// Reads `quads` and leaves out those without text.
pub fn read_lines(nets: &Nets, picture: &RgbImage, quads: Vec<Quad>) -> Result<Vec<Line>, Trouble> {
    let readings = read(&nets.reader, picture, &quads, Charset::Any)?;
    let lines = quads.into_iter().zip(readings).map(|(quad, reading)| Line { quad, reading, is_read: true, skimmed: None });
    Ok(lines.filter(|l| !l.reading.glyphs.is_empty()).collect())
}
