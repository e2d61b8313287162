//! Reads text lines: crops, PP-OCR's recognition net, CTC decoding. Not here: where the lines are (detect.rs), what they mean
//! (fields.rs).

use super::charset::Charset;
use super::geometry::Quad;
use super::nets::Reader;
use super::picture::resized;
use crate::engine::Trouble;
use image::RgbImage;
use imageproc::geometric_transformations::{Border, Interpolation, Projection, warp_into};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, NdTensorView};

/// Input height, pixels.
const HEIGHT: u32 = 48;
/// Input pixels per output step.
const STEP: u32 = 8;
/// Crops are padded to multiples of this to share batches.
const WIDTH_MULTIPLE: u32 = 64;
const WIDTH_MIN: u32 = 128;
/// Longer lines are squeezed: 66 heights exceed an invoice's width.
const WIDTH_MAX: u32 = 3200;
/// Input columns per run, with 2,300 outputs each.
const BATCH_COLUMNS: u32 = 1280;

#[derive(Clone, Debug, PartialEq)]
pub struct Glyph {
    pub text: String,
    pub probability: f32,
    /// Centre, as a fraction of the crop's width.
    pub at: f32,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    pub glyphs: Vec<Glyph>,
    /// CTC probability of the whole text.
    pub probability: f32,
}

impl Reading {
    pub fn text(&self) -> String {
        self.glyphs.iter().map(|g| g.text.as_str()).collect()
    }

    /// Mean glyph probability; 0 without text.
    pub fn mean(&self) -> f32 {
        if self.glyphs.is_empty() { 0.0 } else { self.glyphs.iter().map(|g| g.probability).sum::<f32>() / self.glyphs.len() as f32 }
    }
}

/// Reads the crops at `quads`, in order.
pub fn read(reader: &Reader, picture: &RgbImage, quads: &[Quad], charset: Charset) -> Result<Vec<Reading>, Trouble> {
    let crops = quads.iter().map(|quad| crop(picture, quad)).collect::<Result<Vec<_>, _>>()?;
    read_crops(reader, &crops, charset)
}

/// `crops`: 48 pixels high.
pub fn read_crops(reader: &Reader, crops: &[RgbImage], charset: Charset) -> Result<Vec<Reading>, Trouble> {
    let padded_width = |crop: &RgbImage| crop.width().div_ceil(WIDTH_MULTIPLE).max(WIDTH_MIN / WIDTH_MULTIPLE) * WIDTH_MULTIPLE;
    let mut order: Vec<usize> = (0..crops.len()).collect();
    order.sort_by_key(|i| crops[*i].width());
    let mut readings = vec![Reading::default(); crops.len()];
    let mut rest = order.as_slice();
    while let Some(first) = rest.first() {
        let width = padded_width(&crops[*first]);
        let fits =
            rest.iter().take((BATCH_COLUMNS / width).max(1) as usize).take_while(|i| padded_width(&crops[**i]) == width).count();
        let (batch, later) = rest.split_at(fits);
        let output = reader.run(tensor(crops, batch, width))?;
        for (row, i) in batch.iter().enumerate() {
            let columns = crops[*i].width();
            let steps = (columns.div_ceil(STEP) as usize + 1).min(output.size(1));
            readings[*i] = decode(reader, output.slice((row, ..steps)), columns, charset);
        }
        rest = later;
    }
    Ok(readings)
}

/// The quad rectified to 48 pixels high.
pub fn crop(picture: &RgbImage, quad: &Quad) -> Result<RgbImage, Trouble> {
    let (long, high) = (quad.width().max(1.0), quad.height().max(1.0));
    let width = ((HEIGHT as f32 * long / high).ceil() as u32).clamp(STEP, WIDTH_MAX);
    // Cut out at its own size first: sampling large text directly would skip pixels.
    let cut_height = (high.round() as u32).clamp(HEIGHT / 2, HEIGHT * 4);
    let cut_width = ((cut_height as f32 * long / high).round() as u32).clamp(4, WIDTH_MAX * 4);
    let cut = rectify(picture, quad, cut_width, cut_height);
    if cut.dimensions() == (width, HEIGHT) { Ok(cut) } else { resized(&cut, width, HEIGHT) }
}

/// The quad warped to a rectangle of `width` × `height` pixels.
pub fn rectify(picture: &RgbImage, quad: &Quad, width: u32, height: u32) -> RgbImage {
    let (w, h) = (width as f32, height as f32);
    let mut cut = RgbImage::new(width, height);
    // Pixel centres are half a pixel inside the edges.
    let corners = quad.0.map(|(x, y)| (x - 0.5, y - 0.5));
    let frame = [(-0.5, -0.5), (w - 0.5, -0.5), (w - 0.5, h - 0.5), (-0.5, h - 0.5)];
    if let Some(projection) = Projection::from_control_points(corners, frame) {
        warp_into(picture, projection, Interpolation::Bilinear, Border::Replicate, &mut cut);
    }
    cut
}

/// lines × 3 × 48 × width, BGR, −1 to 1, padded with 0, as in training.
fn tensor(crops: &[RgbImage], batch: &[usize], width: u32) -> NdTensor<f32, 4> {
    let (plane, width) = ((HEIGHT * width) as usize, width as usize);
    let mut data = vec![0.0; batch.len() * 3 * plane];
    for (i, out) in batch.iter().zip(data.chunks_exact_mut(3 * plane)) {
        for (x, y, pixel) in crops[*i].enumerate_pixels() {
            let at = y as usize * width + x as usize;
            for (channel, value) in pixel.0.iter().rev().enumerate() {
                out[channel * plane + at] = f32::from(*value) / 127.5 - 1.0;
            }
        }
    }
    NdTensor::from_data([batch.len(), 3, HEIGHT as usize, width], data)
}

/// Symbol probabilities per step; symbol 0 is the blank.
type Steps = Vec<Vec<f32>>;

/// Best-path decoding (Graves et al., *Connectionist Temporal Classification*, 3.2), then the text's probability by the forward
/// algorithm (4.1).
fn decode(reader: &Reader, output: NdTensorView<f32, 2>, columns: u32, charset: Charset) -> Reading {
    let table = reader.classes(charset);
    let (symbols, steps) = if charset == Charset::Any { best_symbols(reader, output) } else { allowed_symbols(table, output) };
    let best: Vec<usize> = steps.iter().map(|row| arg_max(row)).collect();
    let mut glyphs: Vec<Glyph> = Vec::new();
    let mut path = Vec::new();
    let mut t = 0;
    while t < best.len() {
        let run = best[t..].iter().take_while(|s| **s == best[t]).count();
        if best[t] != 0 {
            let probability = steps[t..t + run].iter().map(|row| row[best[t]]).fold(0.0, f32::max);
            let middle = (t as f32 + run as f32 / 2.0) * STEP as f32 / columns as f32;
            glyphs.push(Glyph { text: symbols[best[t]].clone(), probability, at: middle.clamp(0.0, 1.0) });
            path.push(best[t]);
        }
        t += run;
    }
    let probability = if path.is_empty() { 0.0 } else { text_probability(&steps, &path) };
    Reading { glyphs, probability }
}

/// Only classes that are the best of some step: decoding needs no others. Look-alikes are summed: doubt between `（` and `(` is
/// none.
fn best_symbols(reader: &Reader, output: NdTensorView<f32, 2>) -> (Vec<String>, Steps) {
    let rows = output.to_contiguous();
    let classes = output.size(1);
    let mut chosen: Vec<&[usize]> = vec![&[0]];
    for row in rows.data().chunks_exact(classes) {
        let class = arg_max(row);
        if !chosen.iter().any(|group| group.contains(&class)) {
            chosen.push(reader.look_alikes(class));
        }
    }
    let sums = |row: &[f32]| chosen.iter().map(|group| group.iter().map(|c| row[*c]).sum()).collect();
    let steps = rows.data().chunks_exact(classes).map(sums).collect();
    (chosen.iter().map(|group| reader.alphabet.get(group[0]).cloned().unwrap_or_default()).collect(), steps)
}

/// The allowed characters, each with the sum of its classes. Other classes keep their probability, so that digits "read" in a word
/// are improbable.
fn allowed_symbols(table: &[(char, Vec<usize>)], output: NdTensorView<f32, 2>) -> (Vec<String>, Steps) {
    let symbols = std::iter::once(String::new()).chain(table.iter().map(|(c, _)| c.to_string())).collect();
    let rows = output.to_contiguous();
    // Between digits a space (the last class) counts as blank.
    let blank = |row: &[f32]| row[0] + row[row.len() - 1];
    let steps = rows
        .data()
        .chunks_exact(output.size(1))
        .map(|row| {
            std::iter::once(blank(row)).chain(table.iter().map(|(_, classes)| classes.iter().map(|c| row[*c]).sum())).collect()
        })
        .collect();
    (symbols, steps)
}

fn arg_max(row: &[f32]) -> usize {
    let mut best = 0;
    for (i, value) in row.iter().enumerate() {
        if *value > row[best] {
            best = i;
        }
    }
    best
}

/// Sums over all alignments of `path`.
fn text_probability(steps: &[Vec<f32>], path: &[usize]) -> f32 {
    let states = 2 * path.len() + 1;
    let symbol = |s: usize| if s % 2 == 1 { path[s / 2] } else { 0 };
    let mut forward = vec![0.0f64; states];
    forward[0] = 1.0;
    let mut first = true;
    for row in steps {
        let mut next = vec![0.0; states];
        for s in 0..states {
            let mut sum = forward[s];
            if s >= 1 && !(first && s > 1) {
                sum += forward[s - 1];
            }
            if !first && s >= 2 && symbol(s) != 0 && symbol(s) != symbol(s - 2) {
                sum += forward[s - 2];
            }
            next[s] = sum * f64::from(row[symbol(s)]);
        }
        forward = next;
        first = false;
    }
    (forward[states - 1] + forward[states - 2]).min(1.0) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probability_of_a_text_sums_its_alignments() {
        // Two steps, blank and one symbol: "a" is a_, _a, aa.
        let steps = vec![vec![0.4, 0.6], vec![0.3, 0.7]];
        assert!((text_probability(&steps, &[1]) - (0.6 * 0.3 + 0.4 * 0.7 + 0.6 * 0.7)).abs() < 1e-6);
        // "aa" needs a blank between: impossible in two steps.
        assert_eq!(text_probability(&steps, &[1, 1]), 0.0);
        let steps = vec![vec![0.0, 1.0, 0.0], vec![0.1, 0.0, 0.9]];
        assert!((text_probability(&steps, &[1, 2]) - 0.9).abs() < 1e-6);
    }
}
