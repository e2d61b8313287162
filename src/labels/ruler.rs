//! A label with a ruler along its upper and left edge, which shows how far off a printer prints.

use super::dots::{Area, Dots};
use super::{dots_in, text};
use crate::domain::label_look::Micrometres;

const MM: Micrometres = 1_000;

/// A tick a millimetre, from 0 at the corner, longer ones with their number at 5 and 10; the outermost dots are burnt.
pub fn ruler(width: Micrometres, height: Micrometres, dpi: u32) -> Dots {
    let dots = |length: Micrometres| dots_in(length, dpi);
    let mut face = Dots::new(dots(width), dots(height));
    let (across, down, thick) = (face.width, face.height, dots(MM / 8).max(1));
    for (left, top, width, height) in
        [(0, 0, across, thick), (0, 0, thick, down), (0, down - thick, across, thick), (across - thick, 0, thick, down)]
    {
        face.fill(Area { left, top, width, height });
    }
    for (side, is_across) in [(width, true), (height, false)] {
        for mm in 1..side.div_ceil(MM) {
            let (at, long) = (
                dots(mm * MM),
                dots(if mm % 10 == 0 {
                    3 * MM
                } else if mm % 5 == 0 {
                    2 * MM
                } else {
                    MM
                }),
            );
            face.fill(if is_across {
                Area { left: at, top: 0, width: thick, height: long }
            } else {
                Area { left: 0, top: at, width: long, height: thick }
            });
            // In the corner there is one.
            if mm % 5 == 0 && (is_across || mm > 5) {
                number(&mut face, mm, at, long, is_across, dpi);
            }
        }
    }
    face
}

/// Beside its tick, where there is room.
fn number(face: &mut Dots, mm: u32, at: u32, long: u32, is_across: bool, dpi: u32) {
    let (wide, high) = (dots_in(3 * MM, dpi), dots_in(2 * MM, dpi));
    let (left, top) =
        if is_across { (at.saturating_sub(wide / 2), long + high / 8) } else { (long + high / 8, at.saturating_sub(high / 2)) };
    if left + wide < face.width && top + high < face.height {
        // Figures are in the font, and of this size they can be read.
        let _ = text::draw(face, Area { left, top, width: wide, height: high }, &mm.to_string());
    }
}
