//! How the objects of an OFD's pages are drawn. Not here: where that is said (resources.rs, content.rs).

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Colour {
    pub rgb: [u8; 3],
    pub alpha: u8,
}

pub const BLACK: Colour = Colour { rgb: [0, 0, 0], alpha: 255 };

/// As far as an object says so itself or inherits it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Style {
    pub fill: Option<Colour>,
    pub stroke: Option<Colour>,
    pub line_width: Option<f32>,
}

impl Style {
    /// What `self` does not say, `other` does.
    pub fn or(self, other: &Self) -> Self {
        Self {
            fill: self.fill.or(other.fill),
            stroke: self.stroke.or(other.stroke),
            line_width: self.line_width.or(other.line_width),
        }
    }
}
