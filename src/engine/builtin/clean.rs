//! Removes red seals and ruled lines from crops. Not here: when (fields.rs).

use image::{Rgb, RgbImage};

/// Seal ink is at least this red; relative, as shadows darken all channels.
const RED_MIN: f32 = 0.25;
/// Redness left by JPEG and soft edges.
const RESIDUAL_RED: f32 = 0.04;
/// (g − b) / r of seal ink is below this; brown has more green.
const BROWN_MIN: f32 = 0.16;
/// (g − b) / (r − b) of red is at most this, however much paper shines through.
const RED_HUE_MAX: f32 = 0.2;
/// Black is darker than this share of the paper's red, even under a seal.
const BLACK_SHARE: f32 = 0.45;
/// Minimum length and maximum thickness, as shares of the crop's side and height.
const RULE_LENGTH: f32 = 0.6;
const RULE_THICKNESS: f32 = 0.09;

/// Red blends into the surrounding paper; black stays, even under a seal.
pub fn remove_stamp(crop: &mut RgbImage) {
    fade_red(crop, |_| true);
}

/// Keeps brown too, which is common in titles.
pub fn remove_red(crop: &mut RgbImage) {
    fade_red(crop, |pixel| {
        let [r, g, b] = pixel.0.map(f32::from);
        g - b <= RED_HUE_MAX * (r - b)
    });
}

fn fade_red(crop: &mut RgbImage, fades: impl Fn(&Rgb<u8>) -> bool) {
    let paper = paper(crop);
    let own = redness(&paper);
    let bright = f32::from(paper.0[0]).max(1.0);
    let shares: Vec<f32> = crop
        .pixels()
        .map(|pixel| {
            let red = ((redness(pixel) - own - RESIDUAL_RED) / (RED_MIN - RESIDUAL_RED) * 2.0).clamp(0.0, 1.0);
            let light = ((f32::from(pixel.0[0]) / bright - BLACK_SHARE) / 0.2).clamp(0.0, 1.0);
            if fades(pixel) { red * light } else { 0.0 }
        })
        .collect();
    let around = LocalPaper::of(crop, &shares, &paper);
    for ((x, y, pixel), fade) in crop.enumerate_pixels_mut().zip(&shares).filter(|(_, fade)| **fade > 0.0) {
        for (value, blank) in pixel.0.iter_mut().zip(around.at(x, y)) {
            *value = (f32::from(*value) * (1.0 - fade) + blank * fade) as u8;
        }
    }
}

/// (r − max(g, b)) / r.
fn redness(pixel: &Rgb<u8>) -> f32 {
    let [r, g, b] = pixel.0.map(f32::from);
    (r - g.max(b)) / r.max(1.0)
}

/// The paper's colour by blocks: on patterned or shaded paper a single colour would leave a trace of the seal.
struct LocalPaper {
    across: usize,
    down: usize,
    blocks: Vec<[f32; 4]>,
    paper: [f32; 3],
}

impl LocalPaper {
    const BLOCK: u32 = 12;

    /// Averages what neither fades nor is print.
    fn of(crop: &RgbImage, fades: &[f32], paper: &Rgb<u8>) -> Self {
        let (across, down) = (crop.width().div_ceil(Self::BLOCK) as usize, crop.height().div_ceil(Self::BLOCK) as usize);
        let mut blocks = vec![[0.0f32; 4]; across * down];
        let light = |p: &Rgb<u8>| p.0.iter().zip(paper.0).all(|(v, blank)| f32::from(*v) > 0.75 * f32::from(blank));
        for ((x, y, pixel), _) in crop.enumerate_pixels().zip(fades).filter(|((.., p), fade)| **fade < 0.1 && light(p)) {
            let block = &mut blocks[(y / Self::BLOCK) as usize * across + (x / Self::BLOCK) as usize];
            block.iter_mut().zip(pixel.0).for_each(|(sum, v)| *sum += f32::from(v));
            block[3] += 1.0;
        }
        Self { across, down, blocks, paper: paper.0.map(f32::from) }
    }

    fn at(&self, x: u32, y: u32) -> [f32; 3] {
        let (i, j) = ((x / Self::BLOCK) as usize, (y / Self::BLOCK) as usize);
        let mut sum = [0.0f32; 4];
        for row in j.saturating_sub(1)..=(j + 1).min(self.down - 1) {
            for column in i.saturating_sub(1)..=(i + 1).min(self.across - 1) {
                sum.iter_mut().zip(self.blocks[row * self.across + column]).for_each(|(s, v)| *s += v);
            }
        }
        if sum[3] < 1.0 { self.paper } else { std::array::from_fn(|channel| sum[channel] / sum[3]) }
    }
}

pub fn is_seal_red(pixel: &Rgb<u8>) -> bool {
    let [r, g, b] = pixel.0.map(f32::from);
    redness(pixel) > RED_MIN && g - b < BROWN_MIN * r && r > 60.0
}

/// The paper's colour: per channel, the median of the lighter half.
fn paper(crop: &RgbImage) -> Rgb<u8> {
    Rgb(std::array::from_fn(|channel| {
        let mut counts = [0usize; 256];
        for pixel in crop.pixels() {
            counts[usize::from(pixel.0[channel])] += 1;
        }
        let wanted = (crop.width() * crop.height()) as usize / 4;
        let mut above = 0;
        (0..=255u8)
            .rev()
            .find(|v| {
                above += counts[usize::from(*v)];
                above > wanted
            })
            .unwrap_or(255)
    }))
}

/// Paints over horizontal and vertical lines with adjacent pixels.
pub fn remove_lines(crop: &mut RgbImage) {
    let (width, height) = crop.dimensions();
    let thickness = ((height as f32 * RULE_THICKNESS).round() as u32).max(2);
    let paper = paper(crop).0.map(f32::from).iter().sum::<f32>() / 3.0;
    let dark = |p: &Rgb<u8>| p.0.iter().map(|v| f32::from(*v)).sum::<f32>() / 3.0 < paper * 0.75;
    let horizontal: Vec<bool> = (0..height).map(|y| share_of(width, |x| dark(crop.get_pixel(x, y))) > RULE_LENGTH).collect();
    let vertical: Vec<bool> = (0..width).map(|x| share_of(height, |y| dark(crop.get_pixel(x, y))) > 0.95).collect();
    for (from, to) in thin_runs(&horizontal, thickness) {
        let (above, below) = (from.checked_sub(1), (to < height).then_some(to));
        for x in 0..width {
            // Keep print that crosses the line.
            let beside: Vec<Rgb<u8>> = [above, below].into_iter().flatten().map(|y| *crop.get_pixel(x, y)).collect();
            if !beside.is_empty() && (beside.len() < 2 || !beside.iter().all(&dark)) {
                let lightest = lightest(&beside);
                (from..to).for_each(|y| crop.put_pixel(x, y, lightest));
            }
        }
    }
    for (from, to) in thin_runs(&vertical, thickness) {
        for y in 0..height {
            let beside: Vec<Rgb<u8>> =
                [from.checked_sub(1), (to < width).then_some(to)].into_iter().flatten().map(|x| *crop.get_pixel(x, y)).collect();
            if !beside.is_empty() {
                let lightest = lightest(&beside);
                (from..to).for_each(|x| crop.put_pixel(x, y, lightest));
            }
        }
    }
}

fn share_of(count: u32, is: impl Fn(u32) -> bool) -> f32 {
    (0..count).filter(|i| is(*i)).count() as f32 / count.max(1) as f32
}

fn lightest(pixels: &[Rgb<u8>]) -> Rgb<u8> {
    pixels.iter().copied().max_by_key(|p| p.0.iter().map(|v| u32::from(*v)).sum::<u32>()).unwrap_or(Rgb([255; 3]))
}

/// Runs up to `thickness`, with a margin of one for soft edges.
fn thin_runs(marks: &[bool], thickness: u32) -> Vec<(u32, u32)> {
    let mut runs = Vec::new();
    let mut start = None;
    for (i, mark) in marks.iter().copied().chain([false]).enumerate() {
        let i = i as u32;
        match (mark, start) {
            (true, None) => start = Some(i),
            (false, Some(from)) => {
                if i - from <= thickness {
                    runs.push((from.saturating_sub(1), (i + 1).min(marks.len() as u32)));
                }
                start = None;
            }
            _ => {}
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHITE: Rgb<u8> = Rgb([250, 250, 250]);
    const BLACK: Rgb<u8> = Rgb([20, 20, 20]);

    #[test]
    fn red_is_removed_and_black_stays() {
        let mut crop = RgbImage::from_pixel(60, 48, WHITE);
        (0..60).for_each(|x| crop.put_pixel(x, 10, Rgb([220, 40, 50])));
        (0..48).for_each(|y| crop.put_pixel(30, y, BLACK));
        crop.put_pixel(30, 10, Rgb([60, 10, 12]));
        remove_stamp(&mut crop);
        assert!(crop.get_pixel(5, 10).0.iter().all(|v| *v > 240));
        assert!(crop.get_pixel(30, 10).0[0] < 80 && crop.get_pixel(30, 40) == &BLACK);
    }

    #[test]
    fn a_ruled_line_is_removed_and_a_crossing_stroke_stays() {
        let mut crop = RgbImage::from_pixel(100, 48, WHITE);
        for x in 0..100 {
            crop.put_pixel(x, 40, BLACK);
            crop.put_pixel(x, 41, BLACK);
        }
        (20..48).for_each(|y| crop.put_pixel(50, y, BLACK));
        remove_lines(&mut crop);
        assert_eq!((crop.get_pixel(10, 40), crop.get_pixel(50, 40)), (&WHITE, &BLACK));
    }
}
