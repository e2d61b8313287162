//! The title on a template's own picture where a red seal breaks it apart: learnt in part, or not at all, it would let every other form of
//! the make pass. Not here: how titles are compared (title.rs).

use super::clean::remove_red;
use super::detect;
use super::ends;
use super::geometry::{Quad, between};
use super::nets::Nets;
use super::page::{Line, read_lines, usual_height};
use super::read::straighten;
use super::seal::{spot, touches};
use super::title::{LARGE, letters, names_a_form};
use crate::domain::template::Rect;
use crate::engine::Trouble;
use image::RgbImage;

/// A title stands in this part of the print, from its top.
const HEAD: f32 = 0.3;
/// The head's width when it is looked at.
const WIDTH: f32 = 1200.0;
/// So many characters of a title are known for its part.
const PART_MIN: usize = 2;
/// Lines of so many characters that are lower than this share of the title are others' print, and end it.
const OTHERS_MIN: usize = 4;
const LOWER: f32 = 0.7;

/// The line that names the form, once the red is taken out; `quarters`: how the page's print runs.
///
/// # Errors
/// `Receive` when a net fails.
pub fn under_seal(nets: &Nets, picture: &RgbImage, lines: &[Line], quarters: usize) -> Result<Option<Line>, Trouble> {
    let Some(head) = head(picture, lines, quarters).filter(|head| touches(picture, head)) else { return Ok(None) };
    let zoom = WIDTH / head.width().max(1.0);
    let mut cut = straighten(picture, &head, WIDTH as u32, (head.height() * zoom).max(8.0) as u32);
    remove_red(&mut cut);
    let quads = detect::lines(nets, &cut, detect::QUICK)?.iter().map(|q| q.facing(0)).collect();
    let found = read_lines(nets, &cut, quads)?;
    let Some(quad) = whole(&cut, &found, LARGE * usual_height(lines) * zoom) else { return Ok(None) };
    let (width, height) = (cut.width() as f32, cut.height() as f32);
    let back = |line: Line| Line { quad: Quad(line.quad.0.map(|(x, y)| spot(&head, x / width, y / height))), ..line };
    Ok(read_lines(nets, &cut, vec![quad])?.into_iter().map(back).find(|l| names_a_form(&l.reading.text())))
}

/// The largest part of a title, lengthened over its other parts.
fn whole(cut: &RgbImage, found: &[Line], least: f32) -> Option<Quad> {
    let is_part = |l: &&Line| l.quad.height() >= least && letters(&l.reading.text()) >= PART_MIN;
    let size = |l: &Line| l.quad.height() * l.quad.width();
    let part = found.iter().filter(is_part).max_by(|a, b| size(a).total_cmp(&size(b)))?.quad;
    let (mut from, mut to) = (f32::MIN, f32::MAX);
    for other in found.iter().filter(|l| l.quad.height() < LOWER * part.height() && l.reading.glyphs.len() >= OTHERS_MIN) {
        let [start, end] = other.quad.ends().map(|p| part.local(p));
        if (0.0..=1.0).contains(&start.1) {
            (from, to) = if start.0 > 0.5 { (from, to.min(start.0)) } else { (from.max(end.0), to) };
        }
    }
    let page = [(0.0, part.centre().1), (cut.width() as f32, part.centre().1)].map(|p| part.local(p).0);
    Some(ends::grown(cut, &part, from.max(page[0]), to.min(page[1])).unwrap_or(part))
}

fn head(picture: &RgbImage, lines: &[Line], quarters: usize) -> Option<Quad> {
    let frame = Rect { x: 0.0, y: 0.0, width: picture.width() as f32, height: picture.height() as f32 };
    let page = Quad::of_rect(&frame).turned(quarters);
    let down = || lines.iter().map(|l| page.local(l.quad.centre()).1);
    let (top, bottom) = (down().reduce(f32::min)?, down().reduce(f32::max)?);
    let half = lines.iter().map(|l| l.quad.height()).fold(0.0, f32::max) / page.height().max(1.0);
    let (from, to) = ((top - half).max(0.0), (top + HEAD * (bottom - top)).min(1.0));
    let [a, b, c, d] = page.0;
    (to > from).then(|| Quad([between(a, d, from), between(b, c, from), between(b, c, to), between(a, d, to)]))
}
