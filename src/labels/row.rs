//! Labels that lie side by side on a roll, as one picture. Not here: what is on each (mod.rs).

use super::dots::Dots;
use super::dots_in;
use crate::domain::label_look::{LabelLook, Micrometres};

/// What a printer moves on by at once: a row of labels.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub width: Micrometres,
    pub height: Micrometres,
    /// From one label's left edge to the next one's.
    pitch: Micrometres,
}

impl Row {
    /// Of labels that look so, as they come out: turned.
    pub fn of(look: &LabelLook, across: u8, gap: Micrometres) -> Self {
        let (width, height) = if look.rotate.is_multiple_of(180) { (look.width, look.height) } else { (look.height, look.width) };
        let pitch = width + gap;
        Self { width: pitch * u32::from(across.max(1)) - gap, height, pitch }
    }

    /// From the left; places without a label stay blank.
    pub fn picture(&self, labels: Vec<Dots>, dpi: u32) -> Dots {
        let mut row = Dots::new(dots_in(self.width, dpi), dots_in(self.height, dpi));
        for (place, label) in (0..).zip(&labels) {
            // From the roll's edge, so that no error adds up.
            let left = dots_in(self.pitch * place, dpi);
            for y in 0..label.height {
                for x in (0..label.width).filter(|x| label.get(*x, y)) {
                    row.burn(left + x, y);
                }
            }
        }
        row
    }
}
