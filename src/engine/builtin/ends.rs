//! Extends a line over text beyond its ends: faint text may be detected only in part, and a part read surely is wrong. Not here:
//! reading (fields.rs).

use super::clean::is_seal_red;
use super::geometry::Quad;
use super::read::rectify;
use image::{Rgb, RgbImage};

/// Rows of the strip; adjacent lines intrude on the outer ones.
const ROWS: u32 = 24;
const INNER: std::ops::Range<u32> = 4..20;
const COLUMNS_MAX: f32 = 2400.0;
/// Threshold between paper (0) and ink (1).
const INK_THRESHOLD: f32 = 0.45;
/// Inked rows of a text column. Fewer: empty or a horizontal rule; more: a vertical rule.
const INKED_ROWS: std::ops::Range<usize> = 2..14;
/// Minimum share of inked columns in the next character.
const SHARE_MIN: f32 = 0.3;
/// Width of a character with its gap, in heights.
const STEP_HEIGHTS: f32 = 1.1;

/// Extends the quad to at most `from` and `to`, in its widths. `None` if no text continues.
pub fn extended(picture: &RgbImage, quad: &Quad, from: f32, to: f32) -> Option<Quad> {
    let (from, to) = (from.min(0.0), to.max(1.0));
    if to - from < 1.0 + 0.5 * quad.height() / quad.width().max(1.0) {
        return None;
    }
    let strip = quad.slice(from, to);
    let per_pixel = quad.height().max(1.0) / ROWS as f32;
    let columns = (strip.width() / per_pixel).clamp(1.0, COLUMNS_MAX);
    let cut = rectify(picture, &strip, columns as u32, ROWS);
    let at = |x: f32| ((x - from) / (to - from) * columns) as usize;
    let (first, last) = (at(0.0), at(1.0).min(cut.width() as usize));
    let inked = inked_columns(&cut, first..last)?;
    let step = (STEP_HEIGHTS * ROWS as f32 * columns * per_pixel / strip.width().max(1.0)) as usize;
    let right = last + continuation(inked[last..].iter().copied(), step);
    let left = first - continuation(inked[..first].iter().rev().copied(), step);
    let place = |column: usize| from + column as f32 / columns * (to - from);
    (right > last || left < first)
        .then(|| quad.slice(if left < first { place(left) } else { 0.0 }, if right > last { place(right) } else { 1.0 }))
}

/// Columns that the text continues for.
fn continuation(inked: impl Iterator<Item = bool>, step: usize) -> usize {
    let inked: Vec<bool> = inked.collect();
    let mut end = 0;
    while end + step / 2 <= inked.len() {
        let next = &inked[end..(end + step).min(inked.len())];
        let count = next.iter().filter(|i| **i).count();
        let Some(last) = next.iter().rposition(|i| *i).filter(|_| count as f32 >= SHARE_MIN * step as f32) else { break };
        end += last + 1;
    }
    end
}

/// Columns with text as dark as in `own`, without seal ink. `None` if `own` holds no text.
fn inked_columns(cut: &RgbImage, own: std::ops::Range<usize>) -> Option<Vec<bool>> {
    let light = |p: &Rgb<u8>| p.0.iter().map(|v| f32::from(*v)).sum::<f32>() / 3.0;
    let column = |x: u32| INNER.map(move |y| cut.get_pixel(x, y));
    let mut values: Vec<f32> = own.flat_map(|x| column(x as u32)).filter(|p| !is_seal_red(p)).map(light).collect();
    values.sort_by(f32::total_cmp);
    let (ink, paper) = (*values.get(values.len() / 20)?, *values.get(values.len() * 4 / 5)?);
    if paper - ink < 24.0 {
        return None;
    }
    let dark = |p: &&Rgb<u8>| light(p) < paper - INK_THRESHOLD * (paper - ink) && !is_seal_red(p);
    Some((0..cut.width()).map(|x| INKED_ROWS.contains(&column(x).filter(dark).count())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text-like strokes between rules.
    fn printed(from: u32, to: u32) -> RgbImage {
        let mut picture = RgbImage::from_pixel(400, 60, Rgb([230, 228, 220]));
        for x in 0..400 {
            picture.put_pixel(x, 8, Rgb([60, 60, 60]));
            picture.put_pixel(x, 52, Rgb([60, 60, 60]));
        }
        for x in (from..to).filter(|x| x % 5 < 3) {
            (20 + x % 7..40 - x % 11).filter(|y| y % 6 < 4).for_each(|y| picture.put_pixel(x, y, Rgb([90, 90, 100])));
        }
        (10..50).for_each(|y| picture.put_pixel(380, y, Rgb([60, 60, 60])));
        picture
    }

    #[test]
    fn extends_over_text_but_not_over_paper() {
        let quad = Quad([(100.0, 16.0), (200.0, 16.0), (200.0, 44.0), (100.0, 44.0)]);
        let right = extended(&printed(100, 260), &quad, -0.5, 2.0).unwrap();
        assert!((right.0[1].0 - 258.0).abs() < 6.0 && (right.0[0].0 - 100.0).abs() < 1.0, "{right:?}");
        let left = extended(&printed(60, 200), &quad, -0.5, 2.0).unwrap();
        assert!((58.0..72.0).contains(&left.0[0].0) && (left.0[1].0 - 200.0).abs() < 1.0, "{left:?}");
        assert_eq!(extended(&printed(100, 200), &quad, -0.5, 2.0), None);
        assert_eq!(extended(&printed(100, 260), &quad, 0.0, 1.0), None);
        assert_eq!(extended(&RgbImage::from_pixel(400, 60, Rgb([200; 3])), &quad, -0.5, 2.0), None);
    }
}
