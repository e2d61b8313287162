//! Finds the papers on a picture: by their edges before a darker ground, or by the empty ground between their print. Whether they are
//! invoices is seen when each is read. Not here: reading them, a template's copies (several.rs).

use super::detect;
use super::geometry::{Point, Quad, distance, intersection};
use super::nets::Nets;
use super::picture::{Picture, resized};
use crate::domain::corners::{Corners, PAPERS_MAX, in_reading_order};
use crate::domain::template::Rect;
use crate::engine::{Papers, Trouble};
use image::{GrayImage, Luma};
use imageproc::contrast::{ThresholdType, adaptive_threshold, otsu_level, threshold};
use imageproc::distance_transform::Norm;
use imageproc::morphology::{close, dilate};
use imageproc::region_labelling::{Connectivity, connected_components};
use rten_imageproc::{PointF, min_area_rect};
use std::collections::BTreeMap;

/// Longer side of the picture that is looked at.
const SIDE: f32 = 480.0;
/// Fewer lines of print are a stamp, a note, part of a form.
const LINES_MIN: usize = 5;
/// Print that belongs to none of the papers, of all lines: more, and something else is on the picture.
const LOST_MAX: f32 = 0.1;
/// Of the picture.
const AREA_MIN: f32 = 0.015;
/// Between the mean of paper and that of its ground, of 255.
const CONTRAST_MIN: f32 = 45.0;
/// Of the smallest rectangle around it: two papers that touch fill less.
const FILLED_MIN: f32 = 0.8;
/// How far print of one paper may be apart, in heights of a line; papers are further apart.
const GAP: f32 = 1.3;
/// Of the smaller one: papers may lie askew.
const OVERLAP_MAX: f32 = 0.15;

/// In pixels of the original; none if there is but one.
pub fn find(nets: &Nets, picture: &Picture) -> Result<Papers, Trouble> {
    let lines = detect::quick_lines(nets, picture)?;
    if lines.len() < 2 * LINES_MIN {
        return Ok(Papers::default());
    }
    let small = Small::of(picture, lines)?;
    let with_edges = by_edges(&small);
    let are_sure = with_edges.len() > 1;
    let found = if are_sure { with_edges } else { by_print(&small) };
    if !(2..=PAPERS_MAX).contains(&found.len()) {
        return Ok(Papers::default());
    }
    let side = (picture.width as f32, picture.height as f32);
    let to_original = (side.0 / small.light.width() as f32, side.1 / small.light.height() as f32);
    let back = |(x, y): Point| ((x * to_original.0).clamp(0.0, side.0), (y * to_original.1).clamp(0.0, side.1));
    let mut corners: Vec<Corners> = found.iter().map(|quad| Corners(upright(quad).0.map(back))).collect();
    if !corners.iter().all(|paper| paper.is_on(picture.width, picture.height)) {
        return Ok(Papers::default());
    }
    in_reading_order(&mut corners);
    Ok(Papers { corners, are_sure })
}

struct Small {
    /// The darkest channel: coloured ground is darker than paper.
    light: GrayImage,
    lines: Vec<Quad>,
    /// Of a line, the median.
    height: f32,
}

impl Small {
    fn of(picture: &Picture, lines: &[Quad]) -> Result<Self, Trouble> {
        let (width, height) = picture.pixels.dimensions();
        let scale = (SIDE / width.max(height) as f32).min(1.0);
        let of = |side: u32| ((side as f32 * scale).round() as u32).max(1);
        let pixels = resized(&picture.pixels, of(width), of(height))?;
        let light = GrayImage::from_fn(pixels.width(), pixels.height(), |x, y| {
            Luma([pixels.get_pixel(x, y).0.into_iter().min().unwrap_or_default()])
        });
        let lines: Vec<Quad> = lines.iter().map(|quad| Quad(quad.0.map(|(x, y)| (x * scale, y * scale)))).collect();
        let mut heights: Vec<f32> = lines.iter().map(|quad| quad.width().min(quad.height())).collect();
        heights.sort_by(f32::total_cmp);
        let height = heights.get(heights.len() / 2).copied().unwrap_or(1.0);
        Ok(Self { light, lines, height })
    }

    fn area(&self) -> f32 {
        self.light.width() as f32 * self.light.height() as f32
    }

    /// How many lines have their middle in it.
    fn lines_in(&self, quad: &Quad) -> usize {
        self.lines.iter().filter(|line| contains(quad, line.centre())).count()
    }

    fn is_nearly_all(&self, lines: usize) -> bool {
        lines as f32 >= (1.0 - LOST_MAX) * self.lines.len() as f32
    }
}

fn contains(quad: &Quad, point: Point) -> bool {
    let (x, y) = quad.local(point);
    (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y)
}

/// Bright rectangles with print on them, if they hold nearly all there is.
fn by_edges(small: &Small) -> Vec<Quad> {
    let level = otsu_level(&small.light);
    let mean = |is_paper: bool| {
        let values = small.light.pixels().map(|pixel| pixel.0[0]).filter(|value| (*value > level) == is_paper);
        let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + f32::from(value), count + 1.0f32));
        sum / count.max(1.0)
    };
    if mean(true) - mean(false) < CONTRAST_MIN {
        return Vec::new();
    }
    // Print and rules are bridged.
    let bridge = (small.height * 0.5).clamp(2.0, 8.0) as u8;
    let mask = close(&threshold(&small.light, level, ThresholdType::Binary), Norm::LInf, bridge);
    let mut found: Vec<(Quad, usize)> = Vec::new();
    for blob in blobs(&mask).into_values() {
        let Some(rect) = min_area_rect(&blob.edge).filter(|rect| blob.area > FILLED_MIN * rect.area()) else { continue };
        let quad = Quad(rect.corners().map(|p| (p.x, p.y)));
        let lines = small.lines_in(&quad);
        if blob.area > AREA_MIN * small.area() && lines >= LINES_MIN {
            found.push((quad, lines));
        }
    }
    if small.is_nearly_all(found.iter().map(|(_, lines)| lines).sum()) {
        return found.into_iter().map(|(quad, _)| quad).collect();
    }
    Vec::new()
}

/// Rectangles in the direction of their print, around all that stands close together.
fn by_print(small: &Small) -> Vec<Quad> {
    let radius = (small.height * 1.5).max(4.0) as u32;
    let dark = adaptive_threshold(&small.light, radius, DARKER);
    let ink = GrayImage::from_fn(dark.width(), dark.height(), |x, y| Luma([255 - dark.get_pixel(x, y).0[0]]));
    let reach = (small.height * GAP / 2.0).clamp(1.0, 60.0) as u8;
    let labels = connected_components(&dilate(&ink, Norm::LInf, reach), Connectivity::Eight, Luma([0u8]));
    let mut clusters: BTreeMap<u32, Vec<Quad>> = BTreeMap::new();
    for line in &small.lines {
        let (x, y) = line.centre();
        let label = labels.get_pixel_checked(x as u32, y as u32).map_or(0, |label| label.0[0]);
        clusters.entry(label).or_default().push(*line);
    }
    clusters.remove(&0);
    let mut found: Vec<(Quad, Vec<Quad>)> = clusters.into_values().map(|lines| (around(&lines, small.height), lines)).collect();
    found = united(found, small);
    found.retain(|(quad, lines)| lines.len() >= LINES_MIN && quad.width() * quad.height() > AREA_MIN * small.area());
    let lines = found.iter().map(|(_, lines)| lines.len()).sum();
    if small.is_nearly_all(lines) { found.into_iter().map(|(quad, _)| quad).collect() } else { Vec::new() }
}

/// Than what is around it.
const DARKER: i32 = 18;
/// A form's heading and its names stand apart, over and under its frame. In heights of a line.
const APART: f32 = 2.5;

/// Those that overlap, and few lines with what is next to them.
fn united(mut clusters: Vec<(Quad, Vec<Quad>)>, small: &Small) -> Vec<(Quad, Vec<Quad>)> {
    let area = |rect: &Rect| rect.width * rect.height;
    let gap = |a: &Rect, b: &Rect| {
        let apart = |a0: f32, a1: f32, b0: f32, b1: f32| (b0 - a1).max(a0 - b1).max(0.0);
        apart(a.x, a.right(), b.x, b.right()).hypot(apart(a.y, a.bottom(), b.y, b.bottom()))
    };
    loop {
        let mut pair: Option<(usize, usize, f32)> = None;
        for one in 0..clusters.len() {
            for other in one + 1..clusters.len() {
                let (a, b) = (clusters[one].0.bounds(), clusters[other].0.bounds());
                let is_few = clusters[one].1.len().min(clusters[other].1.len()) < LINES_MIN;
                let overlaps = area(&intersection(&a, &b)) > OVERLAP_MAX * area(&a).min(area(&b));
                let distance = gap(&a, &b);
                let is_one = overlaps || is_few && distance < APART * small.height;
                if is_one && pair.is_none_or(|(.., least)| distance < least) {
                    pair = Some((one, other, distance));
                }
            }
        }
        let Some((one, other, _)) = pair else { return clusters };
        let (_, more) = clusters.swap_remove(other);
        let lines = &mut clusters[one].1;
        lines.extend(more);
        clusters[one].0 = around(&clusters[one].1, small.height);
    }
}

/// The rectangle in the direction of the lines that holds them, with half a line around it.
fn around(lines: &[Quad], height: f32) -> Quad {
    let mut angles: Vec<f32> = lines.iter().filter_map(slope).collect();
    angles.sort_by(f32::total_cmp);
    let (sin, cos) = angles.get(angles.len() / 2).copied().unwrap_or_default().sin_cos();
    let turned: Vec<Point> = lines.iter().flat_map(|line| line.0).map(|(x, y)| (x * cos + y * sin, y * cos - x * sin)).collect();
    let edge = |of: fn(&Point) -> f32, pick: fn(f32, f32) -> f32| turned.iter().map(of).reduce(pick).unwrap_or_default();
    let (left, right) = (edge(|p| p.0, f32::min) - height / 2.0, edge(|p| p.0, f32::max) + height / 2.0);
    let (top, bottom) = (edge(|p| p.1, f32::min) - height / 2.0, edge(|p| p.1, f32::max) + height / 2.0);
    Quad([(left, top), (right, top), (right, bottom), (left, bottom)].map(|(x, y)| (x * cos - y * sin, x * sin + y * cos)))
}

/// Of a long line: radians, an eighth of a turn to either side; print that stands upright has the same.
fn slope(line: &Quad) -> Option<f32> {
    let [a, b, c, _] = line.0;
    let (from, to) = if distance(a, b) >= distance(b, c) { (a, b) } else { (b, c) };
    let is_long = line.width().max(line.height()) > 3.0 * line.width().min(line.height());
    let quarter = std::f32::consts::FRAC_PI_2;
    let angle = (to.1 - from.1).atan2(to.0 - from.0);
    is_long.then(|| angle - (angle / quarter).round() * quarter)
}

/// Clockwise from the corner that is nearest to the picture's upper left.
fn upright(quad: &Quad) -> Quad {
    let quad = quad.oriented(0);
    let quad = if quad.angle().abs() > std::f32::consts::FRAC_PI_4 { quad.rotated(3) } else { quad };
    let first = (0..4).min_by(|a, b| (quad.0[*a].0 + quad.0[*a].1).total_cmp(&(quad.0[*b].0 + quad.0[*b].1)));
    quad.rotated(first.unwrap_or_default())
}

struct Blob {
    area: f32,
    /// The first and last pixel of each row.
    edge: Vec<PointF>,
}

fn blobs(mask: &GrayImage) -> BTreeMap<u32, Blob> {
    let labels = connected_components(mask, Connectivity::Four, Luma([0u8]));
    let mut rows: BTreeMap<(u32, u32), (u32, u32, u32)> = BTreeMap::new();
    for (x, y, label) in labels.enumerate_pixels().filter(|(.., label)| label.0[0] != 0) {
        let row = rows.entry((label.0[0], y)).or_insert((x, x, 0));
        *row = (row.0.min(x), row.1.max(x), row.2 + 1);
    }
    let mut blobs: BTreeMap<u32, Blob> = BTreeMap::new();
    for ((label, y), (first, last, count)) in rows {
        let blob = blobs.entry(label).or_insert(Blob { area: 0.0, edge: Vec::new() });
        blob.area += count as f32;
        for x in [first as f32, last as f32 + 1.0] {
            blob.edge.extend([PointF::from_yx(y as f32, x), PointF::from_yx(y as f32 + 1.0, x)]);
        }
    }
    blobs
}
