//! Where a paper lies on a picture of several. Not here: finding papers (engine), reading them.

use super::ids::InvoiceId;
use super::invoice::Standing;
use super::template::Rect;
use serde::{Deserialize, Serialize};

/// Clockwise from the upper left, in pixels of the page's picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Corners(pub [(f32, f32); 4]);

/// Of one picture.
pub const PAPERS_MAX: usize = 20;
/// A side, in pixels: print on less can't be read.
pub const SIDE_MIN: f32 = 40.0;
/// How far beside the picture a corner may be, of the picture's side: a paper's edge that the camera cut off.
const BESIDE: f32 = 0.05;

/// Where a person said that the papers of one page lie.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Marked {
    /// In the file, from 1.
    pub page: u32,
    pub papers: Vec<Corners>,
    /// What was read from the page before, which becomes void, and where it stood.
    pub instead_of: Vec<(InvoiceId, Standing)>,
}

impl Corners {
    pub fn from_rect(rect: &Rect) -> Self {
        Self([(rect.x, rect.y), (rect.right(), rect.y), (rect.right(), rect.bottom()), (rect.x, rect.bottom())])
    }

    /// A point of the paper, 0 to 1 across and down, on the picture. (The projection of a square onto a quadrilateral: Heckbert,
    /// *Fundamentals of Texture Mapping and Image Warping*, 1989, 2.2.3.)
    pub fn at(&self, u: f32, v: f32) -> (f32, f32) {
        let [a, b, c, d] = self.0;
        let sum = (a.0 - b.0 + c.0 - d.0, a.1 - b.1 + c.1 - d.1);
        let (right, down) = ((b.0 - c.0, b.1 - c.1), (d.0 - c.0, d.1 - c.1));
        let area = right.0 * down.1 - down.0 * right.1;
        let (g, h) = ((sum.0 * down.1 - down.0 * sum.1) / area, (right.0 * sum.1 - sum.0 * right.1) / area);
        let far = g * u + h * v + 1.0;
        let on = |a: f32, b: f32, d: f32| ((b - a + g * b) * u + (d - a + h * d) * v + a) / far;
        (on(a.0, b.0, d.0), on(a.1, b.1, d.1))
    }

    /// The upright rectangle on the picture around a part of the paper, given in pixels of it as if it were `size` large.
    pub fn around(&self, part: &Rect, size: (u32, u32)) -> Rect {
        let (width, height) = (size.0.max(1) as f32, size.1.max(1) as f32);
        let at = |x: f32, y: f32| self.at(x / width, y / height);
        let points = [at(part.x, part.y), at(part.right(), part.y), at(part.right(), part.bottom()), at(part.x, part.bottom())];
        let edge = |of: fn(&(f32, f32)) -> f32, pick: fn(f32, f32) -> f32| points.iter().map(of).reduce(pick).unwrap_or_default();
        let (x, y) = (edge(|p| p.0, f32::min), edge(|p| p.1, f32::min));
        Rect { x, y, width: edge(|p| p.0, f32::max) - x, height: edge(|p| p.1, f32::max) - y }
    }

    /// With the corner first that its print begins at; it is turned so often by a quarter, clockwise.
    pub fn turned(&self, quarter_turns: usize) -> Self {
        Self(std::array::from_fn(|at| self.0[(at + quarter_turns) % 4]))
    }

    fn side(&self, from: usize) -> f32 {
        let (a, b) = (self.0[from % 4], self.0[(from + 1) % 4]);
        (a.0 - b.0).hypot(a.1 - b.1)
    }

    /// Its longer sides, pixels: cut out so large, nothing of it is lost.
    pub fn size(&self) -> (f32, f32) {
        (self.side(0).max(self.side(2)), self.side(1).max(self.side(3)))
    }

    /// Whether it is a paper on a picture of this size: of finite corners near the picture, clockwise, convex, and not tiny.
    pub fn is_on(&self, width: u32, height: u32) -> bool {
        let (width, height) = (width as f32, height as f32);
        let is_near = |value: f32, most: f32| (-BESIDE * most..=(1.0 + BESIDE) * most).contains(&value);
        let turns_right = |at: usize| {
            let (a, b, c) = (self.0[at % 4], self.0[(at + 1) % 4], self.0[(at + 2) % 4]);
            (b.0 - a.0) * (c.1 - b.1) - (b.1 - a.1) * (c.0 - b.0) > 0.0
        };
        self.0.iter().all(|(x, y)| is_near(*x, width) && is_near(*y, height))
            && (0..4).all(turns_right)
            && (0..4).all(|at| self.side(at) >= SIDE_MIN)
    }

    /// Whether a point of the picture is on it.
    pub fn holds(&self, (x, y): (f32, f32)) -> bool {
        (0..4).all(|at| {
            let (a, b) = (self.0[at], self.0[(at + 1) % 4]);
            (b.0 - a.0) * (y - a.1) - (b.1 - a.1) * (x - a.0) >= 0.0
        })
    }

    pub fn middle(&self) -> (f32, f32) {
        let sum = self.0.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
        (sum.0 / 4.0, sum.1 / 4.0)
    }
}

/// From top to bottom, those side by side from left to right.
pub fn in_reading_order(papers: &mut [Corners]) {
    papers.sort_by(|a, b| a.middle().1.total_cmp(&b.middle().1));
    let mut from = 0;
    for at in 1..=papers.len() {
        let is_lower = |next: &Corners| {
            let first = &papers[from];
            next.middle().1 - first.middle().1 > first.size().1.min(next.size().1) / 2.0
        };
        if papers.get(at).is_none_or(is_lower) {
            papers[from..at].sort_by(|a, b| a.middle().0.total_cmp(&b.middle().0));
            from = at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TILTED: Corners = Corners([(100.0, 50.0), (500.0, 90.0), (460.0, 400.0), (80.0, 300.0)]);

    #[test]
    fn the_corners_of_a_paper_are_its_corners_on_the_picture() {
        for (at, (u, v)) in [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)].into_iter().enumerate() {
            let (x, y) = TILTED.at(u, v);
            assert!((x - TILTED.0[at].0).hypot(y - TILTED.0[at].1) < 0.01, "{at}: {x} {y}");
        }
        // The diagonals cross where they cross on the picture.
        let (x, y) = TILTED.at(0.5, 0.5);
        let on_diagonal = |a: (f32, f32), b: (f32, f32)| ((b.0 - a.0) * (y - a.1) - (b.1 - a.1) * (x - a.0)).abs() < 1.0;
        assert!(on_diagonal(TILTED.0[0], TILTED.0[2]) && on_diagonal(TILTED.0[1], TILTED.0[3]));
        let whole = TILTED.around(&Rect { x: 0.0, y: 0.0, width: 400.0, height: 300.0 }, (400, 300));
        let edges = [whole.x - 80.0, whole.y - 50.0, whole.right() - 500.0, whole.bottom() - 400.0];
        assert!(edges.iter().all(|off| off.abs() < 0.01), "{whole:?}");
    }

    #[test]
    fn what_is_no_paper_is_told_from_one() {
        assert!(TILTED.holds((300.0, 200.0)) && !TILTED.holds((85.0, 60.0)));
        assert!(TILTED.is_on(600, 420));
        assert!(!TILTED.is_on(400, 420), "beside the picture");
        let [a, b, c, d] = TILTED.0;
        assert!(!Corners([a, d, c, b]).is_on(600, 420), "the other way round");
        assert!(!Corners([a, c, b, d]).is_on(600, 420), "crossed");
        assert!(!Corners([a, b, (f32::NAN, 3.0), d]).is_on(600, 420));
        assert!(!Corners([(0.0, 0.0), (300.0, 0.0), (300.0, 20.0), (0.0, 20.0)]).is_on(600, 420), "a sliver");
    }

    #[test]
    fn papers_are_read_like_lines() {
        let at = |x: f32, y: f32| Corners::from_rect(&Rect { x, y, width: 300.0, height: 200.0 });
        let mut papers = [at(0.0, 400.0), at(400.0, 30.0), at(0.0, 0.0), at(410.0, 390.0)];
        in_reading_order(&mut papers);
        let firsts: Vec<(f32, f32)> = papers.iter().map(|paper| paper.0[0]).collect();
        assert_eq!(firsts, [(0.0, 0.0), (400.0, 30.0), (0.0, 400.0), (410.0, 390.0)]);
    }
}
