//! Finds a template's title when a red seal breaks it up: without its title, a template would accept the whole form family. Not
//! here: comparing titles (title.rs).

use super::clean::remove_red;
use super::detect;
use super::ends;
use super::geometry::{Quad, lerp};
use super::nets::Nets;
use super::page::{Line, median_height, read_lines};
use super::read::rectify;
use super::seal::{point_in, touches};
use super::title::{HEAD_RATIO_MIN, LARGE_RATIO, letter_count, names_form};
use crate::domain::template::Rect;
use crate::engine::Trouble;
use image::RgbImage;

/// The title lies in this top share of the text block.
const HEAD_SHARE: f32 = 0.3;
/// Width of the rectified head, pixels.
const HEAD_WIDTH: f32 = 1200.0;
/// Minimum letters of a title fragment.
const PART_MIN: usize = 2;
/// Lines with this many characters, lower than this share of the title's height, bound the title.
const OTHER_CHARS_MIN: usize = 4;
const OTHER_HEIGHT_MAX: f32 = 0.7;

/// The line that names the form, read with the red removed.
pub fn under_seal(nets: &Nets, picture: &RgbImage, lines: &[Line], quarter_turns: usize) -> Result<Option<Line>, Trouble> {
    let Some(head) = head(picture, lines, quarter_turns).filter(|head| touches(picture, head)) else { return Ok(None) };
    let zoom = HEAD_WIDTH / head.width().max(1.0);
    let mut cut = rectify(picture, &head, HEAD_WIDTH as u32, (head.height() * zoom).max(8.0) as u32);
    remove_red(&mut cut);
    let quads = detect::lines(nets, &cut, detect::QUICK_SIDE)?.iter().map(|q| q.oriented(0)).collect();
    let found = read_lines(nets, &cut, quads)?;
    let (width, height) = (cut.width() as f32, cut.height() as f32);
    let back = |line: Line| Line { quad: Quad(line.quad.0.map(|(x, y)| point_in(&head, x / width, y / height))), ..line };
    for ratio in [LARGE_RATIO, HEAD_RATIO_MIN] {
        let Some(quad) = full_title(&cut, &found, ratio * median_height(lines) * zoom) else { continue };
        let title = read_lines(nets, &cut, vec![quad])?.into_iter().map(back).find(|l| names_form(&l.reading.text()));
        if title.is_some() {
            return Ok(title);
        }
    }
    Ok(None)
}

/// The largest title fragment, extended over the others.
fn full_title(cut: &RgbImage, found: &[Line], least: f32) -> Option<Quad> {
    let is_part = |l: &&Line| l.quad.height() >= least && letter_count(&l.reading.text()) >= PART_MIN;
    let size = |l: &Line| l.quad.height() * l.quad.width();
    let part = found.iter().filter(is_part).max_by(|a, b| size(a).total_cmp(&size(b)))?.quad;
    let (mut from, mut to) = (f32::MIN, f32::MAX);
    for other in
        found.iter().filter(|l| l.quad.height() < OTHER_HEIGHT_MAX * part.height() && l.reading.glyphs.len() >= OTHER_CHARS_MIN)
    {
        let [start, end] = other.quad.ends().map(|p| part.local(p));
        if (0.0..=1.0).contains(&start.1) {
            (from, to) = if start.0 > 0.5 { (from, to.min(start.0)) } else { (from.max(end.0), to) };
        }
    }
    let page = [(0.0, part.centre().1), (cut.width() as f32, part.centre().1)].map(|p| part.local(p).0);
    Some(ends::extended(cut, &part, from.max(page[0]), to.min(page[1])).unwrap_or(part))
}

fn head(picture: &RgbImage, lines: &[Line], quarter_turns: usize) -> Option<Quad> {
    let frame = Rect { x: 0.0, y: 0.0, width: picture.width() as f32, height: picture.height() as f32 };
    let page = Quad::from_rect(&frame).rotated(quarter_turns);
    let down = || lines.iter().map(|l| page.local(l.quad.centre()).1);
    let (top, bottom) = (down().reduce(f32::min)?, down().reduce(f32::max)?);
    let half = lines.iter().map(|l| l.quad.height()).fold(0.0, f32::max) / page.height().max(1.0);
    let (from, to) = ((top - half).max(0.0), (top + HEAD_SHARE * (bottom - top)).min(1.0));
    let [a, b, c, d] = page.0;
    (to > from).then(|| Quad([lerp(a, d, from), lerp(b, c, from), lerp(b, c, to), lerp(a, d, to)]))
}
