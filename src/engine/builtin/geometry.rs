//! Points, quads and homographies, and fitting a homography to point pairs. Not here: where the pairs come from (align.rs), pixels
//! (detect.rs, read.rs).

use crate::domain::template::Rect;

/// `(x, y)` in pixels, y down.
pub type Point = (f32, f32);

pub fn distance(a: Point, b: Point) -> f32 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

pub fn lerp(a: Point, b: Point, t: f32) -> Point {
    (a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t)
}

/// Corners clockwise from the text's top left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quad(pub [Point; 4]);

impl Quad {
    pub fn from_rect(rect: &Rect) -> Self {
        Self([(rect.x, rect.y), (rect.right(), rect.y), (rect.right(), rect.bottom()), (rect.x, rect.bottom())])
    }

    /// Along the text.
    pub fn width(&self) -> f32 {
        (distance(self.0[0], self.0[1]) + distance(self.0[3], self.0[2])) / 2.0
    }

    /// Across the text.
    pub fn height(&self) -> f32 {
        (distance(self.0[0], self.0[3]) + distance(self.0[1], self.0[2])) / 2.0
    }

    pub fn centre(&self) -> Point {
        let sum = self.0.iter().fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
        (sum.0 / 4.0, sum.1 / 4.0)
    }

    /// Midpoints of the left and right edge.
    pub fn ends(&self) -> [Point; 2] {
        [lerp(self.0[0], self.0[3], 0.5), lerp(self.0[1], self.0[2], 0.5)]
    }

    /// Radians, from the x axis.
    pub fn angle(&self) -> f32 {
        let [left, right] = self.ends();
        (right.1 - left.1).atan2(right.0 - left.0)
    }

    /// `from` and `to`: fractions of the width; outside 0..1 they extend.
    pub fn slice(&self, from: f32, to: f32) -> Self {
        let [a, b, c, d] = self.0;
        Self([lerp(a, b, from), lerp(a, b, to), lerp(d, c, to), lerp(d, c, from)])
    }

    /// Extended by `x` and `y` pixels on each side.
    pub fn expanded(&self, x: f32, y: f32) -> Self {
        let along = x / self.width().max(1.0);
        let [a, b, c, d] = self.slice(-along, 1.0 + along).0;
        let across = y / self.height().max(1.0);
        Self([lerp(a, d, -across), lerp(b, c, -across), lerp(b, c, 1.0 + across), lerp(a, d, 1.0 + across)])
    }

    /// Starts `quarter_turns` corners later, which turns the text direction clockwise.
    pub fn rotated(&self, quarter_turns: usize) -> Self {
        Self(std::array::from_fn(|i| self.0[(i + quarter_turns) % 4]))
    }

    /// Oriented to the page's text direction. If at least 1.5 times as high as wide, it gets another quarter turn: vertical text in
    /// margins.
    pub fn oriented(&self, quarter_turns: usize) -> Self {
        let [a, b, _, d] = self.0;
        let clockwise = (b.0 - a.0) * (d.1 - a.1) - (b.1 - a.1) * (d.0 - a.0) >= 0.0;
        let quad = if clockwise { *self } else { Self([a, d, self.0[2], b]) };
        let turn = quarter_turns as f32 * std::f32::consts::FRAC_PI_2;
        let along = |q: &Self| (q.angle() - turn).cos();
        let quad = (0..4).map(|i| quad.rotated(i)).max_by(|a, b| along(a).total_cmp(&along(b))).unwrap_or(quad);
        if quad.height() >= 1.5 * quad.width() { quad.rotated(1) } else { quad }
    }

    pub fn bounds(&self) -> Rect {
        let (mut left, mut top, mut right, mut bottom) = (f32::MAX, f32::MAX, f32::MIN, f32::MIN);
        for (x, y) in self.0 {
            (left, right) = (left.min(x), right.max(x));
            (top, bottom) = (top.min(y), bottom.max(y));
        }
        Rect { x: left, y: top, width: right - left, height: bottom - top }
    }

    /// By shares of its width and height, from its first corner.
    pub fn point(&self, x: f32, y: f32) -> Point {
        let [a, b, c, d] = self.0;
        lerp(lerp(a, b, x), lerp(d, c, x), y)
    }

    pub fn contains(&self, point: Point) -> bool {
        let (x, y) = self.local(point);
        (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y)
    }

    /// Coordinates in the quad: (0, 0) is top left, (1, 1) bottom right (of a parallelogram).
    pub fn local(&self, point: Point) -> Point {
        let [a, b, _, d] = self.0;
        let (u, v, w) = ((b.0 - a.0, b.1 - a.1), (d.0 - a.0, d.1 - a.1), (point.0 - a.0, point.1 - a.1));
        let det = u.0 * v.1 - u.1 * v.0;
        if det.abs() < 1e-6 {
            return (f32::INFINITY, f32::INFINITY);
        }
        ((w.0 * v.1 - w.1 * v.0) / det, (u.0 * w.1 - u.1 * w.0) / det)
    }
}

pub fn intersection(a: &Rect, b: &Rect) -> Rect {
    let (x, y) = (a.x.max(b.x), a.y.max(b.y));
    Rect { x, y, width: (a.right().min(b.right()) - x).max(0.0), height: (a.bottom().min(b.bottom()) - y).max(0.0) }
}

pub fn union(a: &Rect, b: &Rect) -> Rect {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    Rect { x, y, width: a.right().max(b.right()) - x, height: a.bottom().max(b.bottom()) - y }
}

/// Row-major 3 × 3.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Homography([f64; 9]);

#[derive(Clone, Copy, Debug)]
pub struct PointPair {
    pub from: Point,
    pub to: Point,
    pub weight: f32,
}

/// Penalties on deviation from a similarity, in units of one pair of weight 1 at a typical distance from the centre.
#[derive(Clone, Copy, Debug)]
pub struct Stiffness {
    pub affine: f64,
    pub perspective: f64,
}

impl Homography {
    pub fn scaling(factor: f32) -> Self {
        let f = f64::from(factor);
        Self([f, 0.0, 0.0, 0.0, f, 0.0, 0.0, 0.0, 1.0])
    }

    pub fn apply(&self, p: Point) -> Point {
        let m = &self.0;
        let (x, y) = (f64::from(p.0), f64::from(p.1));
        let w = m[6] * x + m[7] * y + m[8];
        // Points on the horizon map far away.
        let w = if w.abs() < 1e-9 { 1e-9 } else { w };
        (((m[0] * x + m[1] * y + m[2]) / w) as f32, ((m[3] * x + m[4] * y + m[5]) / w) as f32)
    }

    pub fn apply_quad(&self, quad: &Quad) -> Quad {
        Quad(quad.0.map(|p| self.apply(p)))
    }

    /// `None` if singular.
    pub fn inverse(&self) -> Option<Self> {
        let [a, b, c, d, e, f, g, h, i] = self.0;
        let adjugate = [
            e * i - f * h,
            c * h - b * i,
            b * f - c * e,
            f * g - d * i,
            a * i - c * g,
            c * d - a * f,
            d * h - e * g,
            b * g - a * h,
            a * e - b * d,
        ];
        let det = a * adjugate[0] + b * adjugate[3] + c * adjugate[6];
        (det.abs() > 1e-12).then(|| Self(adjugate.map(|v| v / det)))
    }

    /// `self` ∘ `first`.
    pub fn after(&self, first: &Self) -> Self {
        let mut out = [0.0; 9];
        for (i, cell) in out.iter_mut().enumerate() {
            *cell = (0..3).map(|k| self.0[i / 3 * 3 + k] * first.0[k * 3 + i % 3]).sum();
        }
        Self(out)
    }

    /// Weighted least squares on the linearised homography (Hartley & Zisserman, *Multiple View Geometry*, 4.1), normalised
    /// (4.4.4), with soft constraints: few pairs yield a similarity, many a full homography. `None` if underdetermined.
    pub fn fit(pairs: &[PointPair], stiffness: Stiffness) -> Option<Self> {
        let from = Normalisation::of(pairs.iter().map(|p| (p.from, p.weight)))?;
        let to = Normalisation::of(pairs.iter().map(|p| (p.to, p.weight)))?;
        let mut system = NormalEquations::default();
        for pair in pairs {
            let ((x, y), (u, v)) = (from.normalise(pair.from), to.normalise(pair.to));
            let w = f64::from(pair.weight);
            system.add([x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y], u, w);
            system.add([0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y], v, w);
        }
        system.add([1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0], 0.0, stiffness.affine);
        system.add([0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0], 0.0, stiffness.affine);
        system.add([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0], 0.0, stiffness.perspective);
        system.add([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0], 0.0, stiffness.perspective);
        let h = system.solve()?;
        let normalised = Self([h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1.0]);
        Some(to.backward().after(&normalised).after(&from.forward()))
    }
}

/// Moves points to the origin and scales their mean distance to about 1.
struct Normalisation {
    centre: (f64, f64),
    scale: f64,
}

impl Normalisation {
    fn of(points: impl Iterator<Item = (Point, f32)> + Clone) -> Option<Self> {
        let sum = points.clone().fold((0.0, 0.0, 0.0), |s, ((x, y), w)| {
            let w = f64::from(w);
            (s.0 + f64::from(x) * w, s.1 + f64::from(y) * w, s.2 + w)
        });
        if sum.2 <= 0.0 {
            return None;
        }
        let centre = (sum.0 / sum.2, sum.1 / sum.2);
        let spread =
            points.fold(0.0, |s, ((x, y), w)| s + (f64::from(x) - centre.0).hypot(f64::from(y) - centre.1) * f64::from(w)) / sum.2;
        (spread > 1e-3).then_some(Self { centre, scale: 1.0 / spread })
    }

    fn normalise(&self, p: Point) -> (f64, f64) {
        ((f64::from(p.0) - self.centre.0) * self.scale, (f64::from(p.1) - self.centre.1) * self.scale)
    }

    fn forward(&self) -> Homography {
        Homography([self.scale, 0.0, -self.centre.0 * self.scale, 0.0, self.scale, -self.centre.1 * self.scale, 0.0, 0.0, 1.0])
    }

    fn backward(&self) -> Homography {
        Homography([1.0 / self.scale, 0.0, self.centre.0, 0.0, 1.0 / self.scale, self.centre.1, 0.0, 0.0, 1.0])
    }
}

/// Least squares in 8 unknowns.
#[derive(Default)]
struct NormalEquations {
    matrix: [[f64; 8]; 8],
    right: [f64; 8],
}

impl NormalEquations {
    fn add(&mut self, row: [f64; 8], value: f64, weight: f64) {
        for i in 0..8 {
            for j in 0..8 {
                self.matrix[i][j] += weight * row[i] * row[j];
            }
            self.right[i] += weight * row[i] * value;
        }
    }

    /// Gaussian elimination with partial pivoting.
    fn solve(mut self) -> Option<[f64; 8]> {
        for i in 0..8 {
            let pivot = (i..8).max_by(|a, b| self.matrix[*a][i].abs().total_cmp(&self.matrix[*b][i].abs()))?;
            if self.matrix[pivot][i].abs() < 1e-12 {
                return None;
            }
            self.matrix.swap(i, pivot);
            self.right.swap(i, pivot);
            for j in i + 1..8 {
                let factor = self.matrix[j][i] / self.matrix[i][i];
                for k in i..8 {
                    self.matrix[j][k] -= factor * self.matrix[i][k];
                }
                self.right[j] -= factor * self.right[i];
            }
        }
        let mut out = [0.0; 8];
        for i in (0..8).rev() {
            let known: f64 = (i + 1..8).map(|k| self.matrix[i][k] * out[k]).sum();
            out[i] = (self.right[i] - known) / self.matrix[i][i];
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOFT: Stiffness = Stiffness { affine: 1e-6, perspective: 1e-6 };
    const STIFF: Stiffness = Stiffness { affine: 1e6, perspective: 1e6 };

    fn pairs(map: impl Fn(Point) -> Point) -> Vec<PointPair> {
        [(10.0, 20.0), (800.0, 30.0), (790.0, 580.0), (15.0, 560.0), (400.0, 300.0), (100.0, 400.0)]
            .into_iter()
            .map(|from| PointPair { from, to: map(from), weight: 1.0 })
            .collect()
    }

    #[test]
    fn a_homography_is_fitted_and_inverted() {
        let truth = |(x, y): Point| {
            let w = 1.0 + 1e-4 * x - 5e-5 * y;
            ((0.9 * x + 0.1 * y + 30.0) / w, (-0.1 * x + 1.1 * y - 12.0) / w)
        };
        let map = Homography::fit(&pairs(truth), SOFT).unwrap();
        for p in [(0.0, 0.0), (500.0, 100.0), (878.0, 602.0)] {
            assert!(distance(map.apply(p), truth(p)) < 0.1);
            assert!(distance(map.inverse().unwrap().apply(truth(p)), p) < 0.1);
        }
    }

    #[test]
    fn two_points_give_a_similarity() {
        let turn = |(x, y): Point| (-2.0 * y + 5.0, 2.0 * x - 7.0);
        let map = Homography::fit(&pairs(turn)[..2], STIFF).unwrap();
        assert!(distance(map.apply((100.0, 700.0)), turn((100.0, 700.0))) < 0.1);
    }

    #[test]
    fn underdetermined_fits_fail() {
        assert!(Homography::fit(&[], STIFF).is_none());
        assert!(Homography::fit(&[PointPair { from: (1.0, 1.0), to: (2.0, 2.0), weight: 1.0 }], STIFF).is_none());
    }

    #[test]
    fn quad_operations() {
        let quad = Quad([(0.0, 0.0), (100.0, 0.0), (100.0, 20.0), (0.0, 20.0)]);
        assert_eq!(quad.slice(0.25, 0.5).0[0], (25.0, 0.0));
        assert_eq!(quad.local((50.0, 5.0)), (0.5, 0.25));
        assert_eq!(quad.expanded(10.0, 5.0).0[0], (-10.0, -5.0));
        assert_eq!(quad.rotated(1).0[0], (100.0, 0.0));
        assert_eq!(quad.rotated(3).oriented(0), quad);
        assert_eq!(quad.oriented(2).0[0], (100.0, 20.0));
        assert_eq!(quad.oriented(1).0[0], (100.0, 20.0), "across an upward page: a quarter turn more");
    }
}
