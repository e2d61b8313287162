//! A page aligned to a template, and runs of text. Not here: assigning runs to areas (areas.rs), reading them (fields.rs).

use super::geometry::Homography;
use super::nets::Nets;
use super::page::Line;
use crate::domain::certainty::Doubt;
use crate::domain::template::{Area, FixedWord};
use image::RgbImage;
use std::ops::Range;

#[derive(Debug)]
pub struct Sheet<'a> {
    pub nets: &'a Nets,
    pub picture: &'a RgbImage,
    pub lines: &'a [Line],
    /// Glyphs that are fixed text: `(line, glyphs)`.
    pub fixed: &'a [(usize, Range<usize>)],
    pub words: &'a [FixedWord],
    pub areas: &'a [Area],
    /// From the template's origin picture to `picture`.
    pub map: Homography,
    /// Text direction of the origin picture, quarter turns clockwise.
    pub quarter_turns: usize,
    /// Values may stand beside their area; not so on the template's own picture.
    pub allow_misaligned: bool,
    /// What is doubtful about where the template lies, with the trust in it, 0 to 1.
    pub place: &'a [(Doubt, f32)],
}

/// Glyphs of one line that belong to one area.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub line: usize,
    pub glyphs: Range<usize>,
    /// Detection split the text, and its line repeats some of the previous run.
    pub overlaps: bool,
    /// Cut off from a word that continues in another area: either may hold some of the other's text.
    pub split: bool,
    /// Found beside its area, which is empty.
    pub displaced: bool,
    /// It goes on beyond its area.
    pub overrun: bool,
}
