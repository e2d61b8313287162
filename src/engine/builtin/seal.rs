//! Red seals: whether one covers a region, and the text lines beneath. Not here: reading fields (fields.rs).

use super::clean::{is_seal_red, remove_stamp};
use super::detect;
use super::geometry::{Point, Quad, lerp};
use super::nets::Nets;
use super::page::{Line, read_lines};
use super::read::rectify;
use crate::engine::Trouble;
use image::{Rgb, RgbImage};

/// Sample points along and across a region.
const GRID: (usize, usize) = (96, 24);
/// Minimum share of red points.
const SHARE_MIN: f32 = 0.012;

/// Maps a point of the unit square into a quad.
pub fn point_in(quad: &Quad, x: f32, y: f32) -> Point {
    let [a, b, c, d] = quad.0;
    lerp(lerp(a, b, x), lerp(d, c, x), y)
}

pub fn touches(picture: &RgbImage, place: &Quad) -> bool {
    share(picture, place) > SHARE_MIN
}

/// Of red points; outside the picture none is.
pub fn share(picture: &RgbImage, place: &Quad) -> f32 {
    let (along, across) = GRID;
    let mut red = 0;
    for i in 0..along * across {
        let (x, y) = point_in(place, ((i % along) as f32 + 0.5) / along as f32, ((i / along) as f32 + 0.5) / across as f32);
        if x >= 0.0
            && y >= 0.0
            && let Some(pixel) = picture.get_pixel_checked(x as u32, y as u32)
        {
            red += usize::from(is_seal_red(pixel));
        }
    }
    red as f32 / (along * across) as f32
}

/// Minimum share of red ink; some forms have red numbers.
const RED_PRINT: f32 = 0.8;

/// Such text would be removed with the seals.
pub fn is_red_print(picture: &RgbImage, place: &Quad) -> bool {
    let (along, across) = GRID;
    let cut = rectify(picture, place, along as u32 * 2, across as u32);
    let light = |p: &Rgb<u8>| p.0.iter().map(|v| f32::from(*v)).sum::<f32>() / 3.0;
    let mut values: Vec<f32> = cut.pixels().map(light).collect();
    values.sort_by(f32::total_cmp);
    let (ink, paper) = (values[values.len() / 20], values[values.len() * 4 / 5]);
    let (mut all, mut red) = (0, 0);
    for pixel in cut.pixels().filter(|p| light(p) < (ink + paper) / 2.0) {
        all += 1;
        red += usize::from(is_seal_red(pixel));
    }
    all > 0 && red as f32 > RED_PRINT * all as f32
}

/// The lines inside a quad without red, in pixels of the picture.
pub fn lines_without_red(nets: &Nets, picture: &RgbImage, quad: &Quad) -> Result<Vec<Line>, Trouble> {
    let (w, h) = (quad.width().max(1.0), quad.height().max(1.0));
    let zoom = (96.0 / h).clamp(1.0, 3.0).min(1200.0 / w);
    let mut cut = rectify(picture, quad, (w * zoom).max(8.0) as u32, (h * zoom).max(8.0) as u32);
    remove_stamp(&mut cut);
    let (width, height) = (cut.width() as f32, cut.height() as f32);
    let quads = detect::lines(nets, &cut, detect::QUICK_SIDE)?.iter().map(|q| q.oriented(0)).collect();
    let back = |line: Line| Line { quad: Quad(line.quad.0.map(|(x, y)| point_in(quad, x / width, y / height))), ..line };
    Ok(read_lines(nets, &cut, quads)?.into_iter().map(back).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn red_counts_as_a_seal_and_black_does_not() {
        let place = Quad([(10.0, 10.0), (110.0, 10.0), (110.0, 40.0), (10.0, 40.0)]);
        let mut picture = RgbImage::from_pixel(200, 100, Rgb([250, 250, 250]));
        (10..110).for_each(|x| picture.put_pixel(x, 25, Rgb([20, 20, 20])));
        assert!(!touches(&picture, &place));
        (10..40).flat_map(|y| (40..44).map(move |x| (x, y))).for_each(|(x, y)| picture.put_pixel(x, y, Rgb([215, 60, 70])));
        assert!(touches(&picture, &place));
        assert!(!is_red_print(&picture, &place));
        (10..110).filter(|x| x % 4 < 2).for_each(|x| picture.put_pixel(x, 25, Rgb([215, 60, 70])));
        (10..110).filter(|x| x % 4 >= 2).for_each(|x| picture.put_pixel(x, 25, Rgb([250, 250, 250])));
        assert!(is_red_print(&picture, &place));
    }
}
