//! Detects text lines with PP-OCR's detection net. Not here: page orientation (page.rs), reading (read.rs).

use super::geometry::{Point, Quad, intersection};
use super::nets::Nets;
use super::picture::{Picture, resized};
use crate::engine::Trouble;
use image::RgbImage;
use rten_imageproc::{BoundingRect, Point as PixelPoint, PointF, Polygon, RetrievalMode, find_contours, min_area_rect};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, NdTensorView};

/// Longer side of the input, enough for the large text of most invoices.
pub const QUICK_SIDE: f32 = 640.0;
/// The same for learning, which is done once.
pub const LEARN_SIDE: f32 = 960.0;
/// Text lower than this in the input is detected again, larger.
const TEXT_HEIGHT_MIN: f32 = 15.0;
const SIDE_MAX: f32 = 1600.0;
const ENLARGE_MAX: f32 = 2.0;
/// The net halves its input five times.
const SIDE_MULTIPLE: f32 = 32.0;

// Parameters of the reference pipelines (PaddleOCR, RapidOCR) for this net.
const PIXEL_THRESHOLD: f32 = 0.3;
const BOX_THRESHOLD: f32 = 0.5;
const UNCLIP_RATIO: f32 = 1.6;
const SHORT_SIDE_MIN: f32 = 3.0;
/// The most lines the net was trained on.
const LINES_MAX: usize = 400;

/// Text lines, most probable first, in pixels of `picture`; corners clockwise from any. `side`: `QUICK_SIDE` or `LEARN_SIDE`.
pub fn lines(nets: &Nets, picture: &RgbImage, side: f32) -> Result<Vec<Quad>, Trouble> {
    let (width, height) = picture.dimensions();
    let first = net_size(width, height, side);
    let (mut found, mut input) = (detect_at(nets, picture, first)?, first);
    if let Some(side) = second_side(&found, side) {
        let second = net_size(width, height, side);
        if second.0 * second.1 > first.0 * first.1 * 5 / 4 {
            (found, input) = (detect_at(nets, picture, second)?, second);
        }
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    found.truncate(LINES_MAX);
    let scale = (width as f32 / input.0 as f32, height as f32 / input.1 as f32);
    let clip = |p: Point| ((p.0 * scale.0).clamp(0.0, width as f32), (p.1 * scale.1).clamp(0.0, height as f32));
    Ok(found.into_iter().map(|(quad, _)| Quad(quad.0.map(clip))).collect())
}

/// A line replaces fragments shorter in total than this share of it.
const PARTS_LENGTH_MAX: f32 = 0.75;

/// Detected once for each picture.
pub fn quick_lines<'a>(nets: &Nets, picture: &'a Picture) -> Result<&'a [Quad], Trouble> {
    if let Some(known) = picture.quick_lines.get() {
        return Ok(known);
    }
    let found = lines(nets, &picture.pixels, QUICK_SIDE)?;
    Ok(picture.quick_lines.get_or_init(|| found))
}

/// Detects at both sizes and prefers whole lines to fragments.
pub fn all_lines(nets: &Nets, picture: &Picture) -> Result<Vec<Quad>, Trouble> {
    let mut all = lines(nets, &picture.pixels, LEARN_SIDE)?;
    for line in quick_lines(nets, picture)? {
        merge_line(&mut all, *line);
    }
    Ok(all)
}

fn merge_line(all: &mut Vec<Quad>, line: Quad) {
    let overlap = |known: &Quad| {
        let (own, both) = (known.bounds(), intersection(&known.bounds(), &line.bounds()));
        both.width * both.height / (own.width * own.height).max(1.0)
    };
    let (long, high) = (|q: &Quad| q.width().max(q.height()), |q: &Quad| q.width().min(q.height()));
    let is_part = |known: &Quad| overlap(known) > 0.5 && (0.6..1.6).contains(&(high(known) / high(&line).max(1.0)));
    let touching = all.iter().filter(|known| overlap(known) > 0.1).count();
    let parts: Vec<f32> = all.iter().filter(|known| is_part(known)).map(long).collect();
    if touching == parts.len() && parts.iter().sum::<f32>() < PARTS_LENGTH_MAX * long(&line) {
        all.retain(|known| !is_part(known));
        all.push(line);
    }
}

/// Boxes with scores, in pixels of the input.
fn detect_at(nets: &Nets, picture: &RgbImage, (width, height): (u32, u32)) -> Result<Vec<(Quad, f32)>, Trouble> {
    let small;
    let input = if (width, height) == picture.dimensions() {
        picture
    } else {
        small = resized(picture, width, height)?;
        &small
    };
    Ok(boxes(nets.detect(tensor(input))?.view()))
}

/// `None` if the smaller text is large enough.
fn second_side(found: &[(Quad, f32)], side: f32) -> Option<f32> {
    let mut heights: Vec<f32> = found.iter().map(|(q, _)| q.width().min(q.height())).collect();
    heights.sort_by(f32::total_cmp);
    let small = *heights.get(heights.len() / 4)?;
    (small < TEXT_HEIGHT_MIN).then(|| (side * TEXT_HEIGHT_MIN / small.max(1.0)).min(SIDE_MAX))
}

/// Multiples of 32, the longer side about `side`.
fn net_size(width: u32, height: u32, side: f32) -> (u32, u32) {
    let ratio = (side / width.max(height) as f32).min(ENLARGE_MAX);
    let fit = |pixels: u32| ((pixels as f32 * ratio / SIDE_MULTIPLE).round().max(1.0) * SIDE_MULTIPLE) as u32;
    (fit(width), fit(height))
}

/// 1 × 3 × height × width, BGR, −1 to 1, as in training.
fn tensor(picture: &RgbImage) -> NdTensor<f32, 4> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let bytes = picture.as_raw();
    let mut data = Vec::with_capacity(bytes.len());
    for channel in [2, 1, 0] {
        data.extend(bytes[channel..].iter().step_by(3).map(|v| f32::from(*v) / 127.5 - 1.0));
    }
    NdTensor::from_data([1, 3, height, width], data)
}

/// Differentiable binarisation (Liao et al., *Real-time Scene Text Detection with Differentiable Binarization*, 3.5): minimum-area
/// rectangles, expanded because training shrank them.
fn boxes(probability: NdTensorView<f32, 2>) -> Vec<(Quad, f32)> {
    let mask = dilated_mask(probability);
    let mut found = Vec::new();
    for contour in find_contours(mask.view(), RetrievalMode::External).iter() {
        let points: Vec<PointF> = contour.iter().map(|p| p.to_f32()).collect();
        let Some(rect) = min_area_rect(&points) else { continue };
        if rect.width().min(rect.height()) < SHORT_SIDE_MIN {
            continue;
        }
        let score = mean_score(probability, &rect.corners());
        if score < BOX_THRESHOLD {
            continue;
        }
        let grow = 2.0 * UNCLIP_RATIO * rect.area() / (2.0 * (rect.width() + rect.height()));
        found.push((Quad(rect.expanded(grow, grow).corners().map(|p| (p.x, p.y))), score));
    }
    found
}

/// Each pixel spreads right and down to close cracks.
fn dilated_mask(probability: NdTensorView<f32, 2>) -> NdTensor<bool, 2> {
    let [height, width] = probability.shape();
    let mut mask = NdTensor::full([height, width], false);
    let values = probability.weakly_checked_view();
    let mut marks = mask.weakly_checked_view_mut();
    for y in 0..height {
        for x in 0..width {
            if values[[y, x]] > PIXEL_THRESHOLD {
                for (dy, dx) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                    if y + dy < height && x + dx < width {
                        marks[[y + dy, x + dx]] = true;
                    }
                }
            }
        }
    }
    mask
}

fn mean_score(probability: NdTensorView<f32, 2>, corners: &[PointF; 4]) -> f32 {
    let polygon = Polygon::new(corners.map(|p| PixelPoint::from_yx(p.y.round() as i32, p.x.round() as i32)));
    if polygon.bounding_rect().is_empty() {
        return 0.0;
    }
    let (mut sum, mut count) = (0.0, 0u32);
    for p in polygon.fill_iter() {
        if let Some(value) = (p.y >= 0 && p.x >= 0).then(|| probability.get(p.coord())).flatten() {
            sum += value;
            count += 1;
        }
    }
    if count == 0 { 0.0 } else { sum / count as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_net_sees_bounded_multiples_of_32() {
        assert_eq!(net_size(878, 602, 960.0), (960, 672));
        assert_eq!(net_size(1, 1, 640.0), (32, 32));
        assert_eq!(net_size(20_000, 100, 640.0), (640, 32));
        assert_eq!(net_size(400, 300, 960.0), (800, 608));
    }

    #[test]
    fn small_text_is_detected_again() {
        let found = |height: f32| vec![(Quad([(0.0, 0.0), (90.0, 0.0), (90.0, height), (0.0, height)]), 0.9); 8];
        assert_eq!(second_side(&found(20.0), QUICK_SIDE), None);
        assert_eq!(second_side(&found(10.0), QUICK_SIDE), Some(960.0));
        assert_eq!(second_side(&found(2.0), QUICK_SIDE), Some(SIDE_MAX));
        assert_eq!(second_side(&[], QUICK_SIDE), None);
    }

    #[test]
    fn whole_lines_replace_fragments() {
        let line = |from: f32, to: f32, y: f32| Quad([(from, y), (to, y), (to, y + 30.0), (from, y + 30.0)]);
        let mut all = vec![line(0.0, 100.0, 0.0), line(0.0, 100.0, 60.0)];
        merge_line(&mut all, line(0.0, 180.0, 2.0));
        assert_eq!(all, [line(0.0, 100.0, 60.0), line(0.0, 180.0, 2.0)]);
        merge_line(&mut all, line(0.0, 110.0, 61.0));
        merge_line(&mut all, line(20.0, 90.0, 120.0));
        assert_eq!(all.len(), 3);
    }

    #[test]
    fn a_region_becomes_an_expanded_box() {
        let mut map = NdTensor::<f32, 2>::zeros([64, 128]);
        for y in 20..30 {
            for x in 10..110 {
                map[[y, x]] = 0.9;
            }
        }
        let found = boxes(map.view());
        assert_eq!(found.len(), 1);
        let bounds = found[0].0.bounds();
        assert!(bounds.x < 5.0 && bounds.right() > 113.0 && bounds.y < 15.0 && bounds.bottom() > 34.0, "{bounds:?}");
        assert!(boxes(NdTensor::<f32, 2>::zeros([32, 32]).view()).is_empty());
    }
}
