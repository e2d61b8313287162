//! PDF files.

use super::{Shape, Trouble};
use crate::domain::paper::Paper;

pub fn inspect(_: &[u8]) -> Result<Shape, Trouble> {
    Err(Trouble::Damaged)
}

pub fn read(_: &[u8]) -> Result<Paper, Trouble> {
    Err(Trouble::Damaged)
}
