//! Print in a run of text that none of its characters accounts for: a hyphen that was dropped, a digit that was lost at an end. Not
//! here: what it lowers (certainty.rs), text beyond the ends that can be read (ends.rs).

use super::clean::is_seal_red;
use super::page::{Line, is_wide};
use super::read::rectify;
use image::{Rgb, RgbImage};
use std::ops::Range;

/// Rows of the strip, and those in which hyphens and digits have ink; the outer ones are the neighbours' and the rules'.
const ROWS: u32 = 32;
const INNER: Range<u32> = 6..26;
const COLUMNS_MAX: f32 = 4000.0;
/// Threshold between paper (0) and ink (1).
const INK_THRESHOLD: f32 = 0.5;
/// A character's ink reaches so far from its middle, in heights.
const HALF_WIDE: f32 = 0.62;
const HALF_NARROW: f32 = 0.42;
/// Ink so wide is no speck, in heights.
const WIDTH_MIN: f32 = 0.16;
/// Rows of a column with ink: more are a rule's.
const ROWS_MAX: usize = 18;
const ROWS_MIN: usize = 2;
/// Less contrast shows nothing.
const CONTRAST_MIN: f32 = 30.0;

/// Whether there is print between or just beyond the glyphs of `range` that is none of the line's.
pub fn is_unread(picture: &RgbImage, line: &Line, range: &Range<usize>) -> bool {
    let glyphs = &line.reading.glyphs;
    let (Some(first), Some(last)) = (glyphs.get(range.start), range.end.checked_sub(1).and_then(|end| glyphs.get(end))) else {
        return false;
    };
    let em = line.quad.height() / line.quad.width().max(1.0);
    let half = |text: &str| em * if text.chars().all(is_wide) { HALF_WIDE } else { HALF_NARROW };
    let (from, to) = (first.at - half(&first.text), last.at + half(&last.text));
    let explained: Vec<Range<f32>> = glyphs.iter().map(|g| g.at - half(&g.text)..g.at + half(&g.text)).collect();
    let strip = line.quad.slice(from, to);
    let columns = (strip.width() / strip.height().max(1.0) * ROWS as f32).clamp(1.0, COLUMNS_MAX) as u32;
    let inked = inked(&rectify(picture, &strip, columns, ROWS));
    let at = |column: usize| from + (column as f32 + 0.5) / columns as f32 * (to - from);
    let open = |column: usize| inked[column] && !explained.iter().any(|own| own.contains(&at(column)));
    let least = (WIDTH_MIN * ROWS as f32).ceil() as usize;
    let mut run = 0;
    (0..inked.len()).any(|column| {
        run = if open(column) { run + 1 } else { 0 };
        run >= least
    })
}

/// Rows in which a stroke through a text lies, and how far it rises or falls over all of its length.
const THROUGH: Range<i32> = 9..24;
const SLANT_MAX: i32 = 8;
/// The share of its columns in which it has ink: writing has gaps.
const THROUGH_SHARE: f32 = 0.94;
/// A pen's stroke may be thinner than print.
const STROKE_THRESHOLD: f32 = 0.35;
/// Shorter, in heights, a stroke may be a character's own.
const LENGTH_MIN: f32 = 1.8;

/// Whether a line goes through all the glyphs of `range`: they were struck out, or a rule hides a part of them.
pub fn is_struck(picture: &RgbImage, line: &Line, range: &Range<usize>) -> bool {
    let quad = line.part(range);
    let columns = (quad.width() / quad.height().max(1.0) * ROWS as f32).min(COLUMNS_MAX) as u32;
    if (columns as f32) < LENGTH_MIN * ROWS as f32 {
        return false;
    }
    let strip = rectify(picture, &quad, columns, ROWS);
    let light = |p: &Rgb<u8>| p.0.iter().map(|v| f32::from(*v)).sum::<f32>() / 3.0;
    let mut values: Vec<f32> = strip.pixels().map(light).collect();
    values.sort_by(f32::total_cmp);
    let (ink, paper) = (values[values.len() / 20], values[values.len() * 4 / 5]);
    if paper - ink < CONTRAST_MIN {
        return false;
    }
    let limit = paper - STROKE_THRESHOLD * (paper - ink);
    let is_dark = |x: u32, y: i32| (y - 1..=y + 1).any(|y| light(strip.get_pixel(x, y.clamp(0, ROWS as i32 - 1) as u32)) < limit);
    let goes_through = |from: i32, slant: i32| {
        let inked = (0..columns).filter(|x| is_dark(*x, from + slant * *x as i32 / columns as i32)).count();
        inked as f32 > THROUGH_SHARE * columns as f32
    };
    THROUGH
        .step_by(2)
        .any(|from| (-SLANT_MAX..=SLANT_MAX).step_by(2).any(|slant| THROUGH.contains(&(from + slant)) && goes_through(from, slant)))
}

/// Columns with print, without seals' and rules'.
fn inked(strip: &RgbImage) -> Vec<bool> {
    let light = |p: &Rgb<u8>| p.0.iter().map(|v| f32::from(*v)).sum::<f32>() / 3.0;
    let column = |x: u32| INNER.map(move |y| strip.get_pixel(x, y));
    let mut values: Vec<f32> = (0..strip.width()).flat_map(column).filter(|p| !is_seal_red(p)).map(light).collect();
    values.sort_by(f32::total_cmp);
    let (Some(ink), Some(paper)) = (values.get(values.len() / 20), values.get(values.len() * 4 / 5)) else {
        return vec![false; strip.width() as usize];
    };
    let limit = if paper - ink < CONTRAST_MIN { 0.0 } else { paper - INK_THRESHOLD * (paper - ink) };
    let dark = |p: &&Rgb<u8>| light(p) < limit && !is_seal_red(p);
    (0..strip.width()).map(|x| (ROWS_MIN..=ROWS_MAX).contains(&column(x).filter(dark).count())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::geometry::Quad;
    use super::super::read::{Glyph, Reading};
    use super::*;

    const HEIGHT: f32 = 32.0;

    /// Bars where a digit is printed, 20 pixels apart, and a line that read only some of them.
    fn read_of(printed: &[f32], read: &[f32]) -> bool {
        let mut picture = RgbImage::from_pixel(400, 60, Rgb([240; 3]));
        for x in printed {
            for dx in 0..9 {
                (22..38).for_each(|y| picture.put_pixel(*x as u32 + dx, y, Rgb([40; 3])));
            }
        }
        let quad = Quad([(0.0, 14.0), (400.0, 14.0), (400.0, 14.0 + HEIGHT), (0.0, 14.0 + HEIGHT)]);
        let glyph = |x: &f32| Glyph { text: "8".into(), probability: 0.99, at: (x + 4.5) / 400.0 };
        let reading = Reading { glyphs: read.iter().map(glyph).collect(), probability: 0.99 };
        is_unread(&picture, &Line { quad, reading, is_read: true, skimmed: None }, &(0..read.len()))
    }

    #[test]
    fn a_character_that_was_dropped_leaves_its_ink() {
        assert!(!read_of(&[40.0, 60.0, 80.0, 100.0], &[40.0, 60.0, 80.0, 100.0]));
        assert!(read_of(&[40.0, 60.0, 80.0, 100.0, 120.0], &[40.0, 60.0, 100.0, 120.0]));
        assert!(!read_of(&[40.0, 60.0, 120.0], &[40.0, 60.0, 120.0]), "a gap");
        assert!(!read_of(&[40.0, 200.0], &[40.0]), "far away");
    }

    #[test]
    fn a_line_through_a_text_is_seen_and_rules_are_not() {
        let printed = |stroke: Option<(u32, u32)>| {
            let mut picture = RgbImage::from_pixel(400, 60, Rgb([240; 3]));
            for x in (0..400).filter(|x| x % 20 < 12) {
                (18..44).filter(|y| (x + y) % 7 < 4).for_each(|y| picture.put_pixel(x, y, Rgb([40; 3])));
            }
            if let Some((from, to)) = stroke {
                for x in 0..400 {
                    let y = (from * (400 - x) + to * x) / 400;
                    (y..y + 2).for_each(|y| picture.put_pixel(x, y, Rgb([60; 3])));
                }
            }
            let quad = Quad([(0.0, 14.0), (400.0, 14.0), (400.0, 14.0 + HEIGHT), (0.0, 14.0 + HEIGHT)]);
            let glyph = |i: usize| Glyph { text: "字".into(), probability: 0.99, at: (i as f32 + 0.5) / 20.0 };
            let reading = Reading { glyphs: (0..20).map(glyph).collect(), probability: 0.99 };
            is_struck(&picture, &Line { quad, reading, is_read: true, skimmed: None }, &(0..20))
        };
        assert!(!printed(None) && !printed(Some((46, 46))) && !printed(Some((15, 15))), "print, and a rule below or above");
        assert!(printed(Some((30, 30))) && printed(Some((32, 28))), "straight, and by hand");
    }
}
