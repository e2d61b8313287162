//! A page on which a template lies, and the print of it that belongs to one area. Not here: which print belongs where (areas.rs), what it
//! says (fields.rs).

use super::geometry::Map;
use super::nets::Nets;
use super::page::Line;
use crate::domain::template::{Area, FixedWord};
use image::RgbImage;
use std::ops::Range;

/// An aligned page.
#[derive(Debug)]
pub struct Sheet<'a> {
    pub nets: &'a Nets,
    pub picture: &'a RgbImage,
    pub lines: &'a [Line],
    /// Glyphs that are fixed print: `(line, glyphs)`.
    pub fixed: &'a [(usize, Range<usize>)],
    /// The template's fixed words and areas.
    pub words: &'a [FixedWord],
    pub areas: &'a [Area],
    /// From the template's origin picture to `picture`.
    pub map: Map,
    /// How the print runs on the template's origin picture, in quarter turns clockwise.
    pub quarters: usize,
    /// Print may stand beside its area, as printers do; not so on the template's own picture, where the areas were drawn on it.
    pub misprint: bool,
    /// How far the alignment is to be trusted, 0 to 1.
    pub trust: f32,
}

/// Glyphs of one line that belong to one area.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub line: usize,
    pub glyphs: Range<usize>,
    /// Its line also holds print of the run before it: the detection took the print apart.
    pub overlaps: bool,
    /// Between it and another area's print there is no gap: one may have some of the other's.
    pub torn: bool,
    /// It stands beside its area, which has nothing inside.
    pub astray: bool,
}
