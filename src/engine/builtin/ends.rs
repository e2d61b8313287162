//! Whether print goes on beyond the ends of what the detection found: faint print is found in parts, and a part read surely is still wrong.
//! Not here: what it says (fields.rs).

use super::clean::is_seal_red;
use super::geometry::Quad;
use super::read::straighten;
use image::{Rgb, RgbImage};

/// A place is looked at in so many rows, of which the outermost are left out: neighbouring lines reach into them.
const ROWS: u32 = 24;
const INNER: std::ops::Range<u32> = 4..20;
const COLUMNS_MAX: f32 = 2400.0;
/// Paper and ink are told apart at this part of the way from one to the other.
const INK: f32 = 0.45;
/// A column with fewer inked rows has a ruled line across it, or nothing; with more it is a ruled line.
const INKED_ROWS: std::ops::Range<usize> = 2..14;
/// Print goes on where this share of the columns of the next character is inked.
const SHARE_MIN: f32 = 0.3;
/// The width of the next character with the gap before it, in heights.
const STEP: f32 = 1.1;

/// The quad lengthened over print that goes on without a gap, up to `from` and `to` in its own widths; `None` when none does.
pub fn grown(picture: &RgbImage, quad: &Quad, from: f32, to: f32) -> Option<Quad> {
    let (from, to) = (from.min(0.0), to.max(1.0));
    if to - from < 1.0 + 0.5 * quad.height() / quad.width().max(1.0) {
        return None;
    }
    let strip = quad.slice(from, to);
    let per_pixel = quad.height().max(1.0) / ROWS as f32;
    let columns = (strip.width() / per_pixel).clamp(1.0, COLUMNS_MAX);
    let cut = straighten(picture, &strip, columns as u32, ROWS);
    let at = |x: f32| ((x - from) / (to - from) * columns) as usize;
    let (first, last) = (at(0.0), at(1.0).min(cut.width() as usize));
    let inked = inked_columns(&cut, first..last)?;
    let step = (STEP * ROWS as f32 * columns * per_pixel / strip.width().max(1.0)) as usize;
    let right = last + reach(inked[last..].iter().copied(), step);
    let left = first - reach(inked[..first].iter().rev().copied(), step);
    let place = |column: usize| from + column as f32 / columns * (to - from);
    (right > last || left < first)
        .then(|| quad.slice(if left < first { place(left) } else { 0.0 }, if right > last { place(right) } else { 1.0 }))
}

/// How many columns print goes on for.
fn reach(inked: impl Iterator<Item = bool>, step: usize) -> usize {
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

/// Which columns hold print as dark as that in `own`. A seal's ink is none. `None` when there is no print in `own` to compare with.
fn inked_columns(cut: &RgbImage, own: std::ops::Range<usize>) -> Option<Vec<bool>> {
    let light = |p: &Rgb<u8>| p.0.iter().map(|v| f32::from(*v)).sum::<f32>() / 3.0;
    let column = |x: u32| INNER.map(move |y| cut.get_pixel(x, y));
    let mut values: Vec<f32> = own.flat_map(|x| column(x as u32)).filter(|p| !is_seal_red(p)).map(light).collect();
    values.sort_by(f32::total_cmp);
    let (ink, paper) = (*values.get(values.len() / 20)?, *values.get(values.len() * 4 / 5)?);
    if paper - ink < 24.0 {
        return None;
    }
    let dark = |p: &&Rgb<u8>| light(p) < paper - INK * (paper - ink) && !is_seal_red(p);
    Some((0..cut.width()).map(|x| INKED_ROWS.contains(&column(x).filter(dark).count())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Strokes like print from `from` to `to`, on grey paper, between ruled lines.
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
    fn print_that_goes_on_is_taken_in_and_bare_paper_is_not() {
        let quad = Quad([(100.0, 16.0), (200.0, 16.0), (200.0, 44.0), (100.0, 44.0)]);
        let right = grown(&printed(100, 260), &quad, -0.5, 2.0).unwrap();
        assert!((right.0[1].0 - 258.0).abs() < 6.0 && (right.0[0].0 - 100.0).abs() < 1.0, "{right:?}");
        let left = grown(&printed(60, 200), &quad, -0.5, 2.0).unwrap();
        assert!((58.0..72.0).contains(&left.0[0].0) && (left.0[1].0 - 200.0).abs() < 1.0, "{left:?}");
        assert_eq!(grown(&printed(100, 200), &quad, -0.5, 2.0), None);
        // No further than is asked.
        assert_eq!(grown(&printed(100, 260), &quad, 0.0, 1.0), None);
        assert_eq!(grown(&RgbImage::from_pixel(400, 60, Rgb([200; 3])), &quad, -0.5, 2.0), None);
    }
}
