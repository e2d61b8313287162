//! Turns what was read of a picture so that its lines are level: rows and columns are then told by their places. Not here: what they
//! mean (domain/forms/).

use super::geometry::{Point, Quad};
use super::page::{Line, is_wide};
use crate::domain::paper::Run;
use crate::domain::template::Rect;

/// Turns a picture so that its lines are level, also those that a camera shows leaning towards each other: rows are then told by
/// their heights.
#[derive(Clone, Copy, Debug)]
pub struct Level {
    sin: f32,
    cos: f32,
    /// Of the top left corner, after turning.
    left: f32,
    top: f32,
    /// Of the turned picture.
    pub width: f32,
    pub height: f32,
    lean: Lean,
}

impl Level {
    pub fn of(lines: &[Line], size: (u32, u32)) -> Self {
        // Long lines know the angle best.
        let mut angles: Vec<(f32, f32)> = lines.iter().map(|line| (line.quad.angle(), line.quad.width())).collect();
        angles.sort_by(|a, b| a.0.total_cmp(&b.0));
        let half = angles.iter().map(|(_, weight)| weight).sum::<f32>() / 2.0;
        let mut so_far = 0.0;
        let median = angles.iter().find(|(_, weight)| {
            so_far += weight;
            so_far >= half
        });
        let angle = median.map_or(0.0, |(angle, _)| *angle);
        let (sin, cos) = (-angle).sin_cos();
        let mut level = Self { sin, cos, left: 0.0, top: 0.0, width: 0.0, height: 0.0, lean: Lean::default() };
        let (width, height) = (size.0 as f32, size.1 as f32);
        let whole = level.bounds(&Quad::from_rect(&Rect { x: 0.0, y: 0.0, width, height }));
        (level.left, level.top, level.width, level.height) = (whole.x, whole.y, whole.width, whole.height);
        let turned = lines.iter().map(|line| Quad(line.quad.0.map(|point| level.turned(point))));
        level.lean = Lean::of(&turned.collect::<Vec<Quad>>(), (level.width / 2.0, level.height / 2.0));
        level
    }

    fn turned(&self, (x, y): Point) -> Point {
        (x * self.cos - y * self.sin - self.left, x * self.sin + y * self.cos - self.top)
    }

    fn bounds(&self, quad: &Quad) -> Rect {
        Quad(quad.0.map(|point| self.lean.levelled(self.turned(point)))).bounds()
    }

    /// A run for each part of a line, so that a value is as sure as its own characters, and stands where they do.
    pub fn runs(&self, line: &Line) -> Vec<Run> {
        let glyphs = &line.reading.glyphs;
        let em = line.quad.height() / line.quad.width().max(1.0);
        let gap = |n: usize| (glyphs[n + 1].at - glyphs[n].at) / em.max(f32::EPSILON);
        let ends = |n: usize| n + 1 == glyphs.len() || parts_after(&glyphs[n].text, &glyphs[n + 1].text, gap(n));
        let mut from = 0;
        let mut runs = Vec::new();
        for to in (0..glyphs.len()).filter(|n| ends(*n)).map(|n| n + 1) {
            let part = line.part(&(from..to));
            let [left, right] = [line.quad.ends()[0], line.quad.ends()[1]].map(|point| part.local(point).0);
            // The outer parts reach to the ends of the line.
            let part = part.slice(if from == 0 { left } else { 0.0 }, if to == glyphs.len() { right } else { 1.0 });
            let text: String = glyphs[from..to].iter().map(|glyph| glyph.text.as_str()).collect();
            let probability = glyphs[from..to].iter().map(|glyph| glyph.probability).fold(1.0, f32::min);
            if !text.trim().is_empty() {
                runs.push(Run { text, rect: self.bounds(&part), probability: f64::from(probability) });
            }
            from = to;
        }
        runs
    }

    pub fn back(&self, rect: &Rect) -> Rect {
        let turned = |point: Point| {
            let (x, y) = self.lean.back(point);
            let (x, y) = (x + self.left, y + self.top);
            (x * self.cos + y * self.sin, y * self.cos - x * self.sin)
        };
        Quad(Quad::from_rect(rect).0.map(turned)).bounds()
    }
}

/// How lines slope from place to place: seen at a slant, those above lean otherwise than those below.
#[derive(Clone, Copy, Debug, Default)]
struct Lean {
    /// Where the slope is `at`.
    middle: Point,
    at: f32,
    /// What a pixel to the right and one down add to it.
    along: f32,
    down: f32,
}

/// Shorter lines than this, in heights, say little of their slope.
const LONG: f32 = 4.0;
/// Three unknowns want some more lines than that.
const LINES_MIN: usize = 8;

impl Lean {
    /// Weighted least squares, once more without the half that fits worst: seals and stamps lie as they like.
    fn of(quads: &[Quad], middle: Point) -> Self {
        let slope = |quad: &Quad| {
            let [left, right] = quad.ends();
            let (x, y) = quad.centre();
            let slope = (right.1 - left.1) / (right.0 - left.0).max(1.0);
            (quad.width() > LONG * quad.height()).then_some([x - middle.0, y - middle.1, slope, quad.width()])
        };
        let mut slopes: Vec<[f32; 4]> = quads.iter().filter_map(slope).collect();
        let mut lean = Self { middle, ..Self::default() };
        for _ in 0..2 {
            if slopes.len() < LINES_MIN {
                return Self { middle, ..Self::default() };
            }
            let Some([at, along, down]) = plane(&slopes) else { return Self { middle, ..Self::default() } };
            lean = Self { middle, at, along, down };
            let error = |[x, y, slope, _]: &[f32; 4]| (at + along * x + down * y - slope).abs();
            slopes.sort_by(|a, b| error(a).total_cmp(&error(b)));
            slopes.truncate((slopes.len() / 2).max(LINES_MIN));
        }
        lean
    }

    /// To the height that a line through the point has in the middle.
    fn levelled(&self, (x, y): Point) -> Point {
        (x, self.follow(x, y, self.middle.0))
    }

    fn back(&self, (x, y): Point) -> Point {
        (x, self.follow(self.middle.0, y, x))
    }

    /// The height at `to` of the line that has the height `y` at `from` (midpoint method).
    fn follow(&self, from: f32, mut y: f32, to: f32) -> f32 {
        const STEPS: u8 = 8;
        let step = (to - from) / f32::from(STEPS);
        let slope = |x: f32, y: f32| self.at + self.along * (x - self.middle.0) + self.down * (y - self.middle.1);
        for n in 0..STEPS {
            let x = from + step * f32::from(n);
            y += step * slope(x + step / 2.0, y + step / 2.0 * slope(x, y));
        }
        y
    }
}

/// `slope = a + b x + c y` of `[x, y, slope, weight]`.
fn plane(points: &[[f32; 4]]) -> Option<[f32; 3]> {
    let mut sums = [[0.0f64; 4]; 3];
    for [x, y, slope, weight] in points.iter().map(|point| point.map(f64::from)) {
        let row = [1.0, x, y];
        for (sums, a) in sums.iter_mut().zip(row) {
            for (sum, b) in sums.iter_mut().zip([1.0, x, y, slope]) {
                *sum += weight * a * b;
            }
        }
    }
    let det = |m: [[f64; 3]; 3]| {
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    };
    let matrix = sums.map(|[a, b, c, _]| [a, b, c]);
    let whole = det(matrix);
    // Cramer's rule.
    let of = |column: usize| {
        let mut other = matrix;
        other.iter_mut().zip(&sums).for_each(|(row, sums)| row[column] = sums[3]);
        (det(other) / whole) as f32
    };
    let found = [of(0), of(1), of(2)];
    (whole.abs() > f64::EPSILON && found.iter().all(|value| value.is_finite())).then_some(found)
}

/// A label and its value so far apart, in heights of the line, are printed apart.
const APART: f32 = 0.9;

/// Labels end with a colon, or with a gap before digits; sums begin with their sign. `gap`: between the middles, in heights of the line.
fn parts_after(glyph: &str, next: &str, gap: f32) -> bool {
    let is_wider = || glyph.chars().all(is_wide) != next.chars().all(is_wide) && gap > APART;
    glyph.trim().is_empty() || matches!(glyph, ":" | "：") || matches!(next, "¥" | "￥") || is_wider()
}

#[cfg(test)]
mod tests {
    use super::super::read::{Glyph, Reading};
    use super::*;

    #[test]
    fn what_is_turned_comes_back() {
        for degrees in [0.0f32, 3.0, 90.0, 180.0, 268.0] {
            let (sin, cos) = (-degrees.to_radians()).sin_cos();
            let lean = Lean { middle: (150.0, 100.0), at: 0.01, along: 1e-5, down: 2e-4 };
            let mut level = Level { sin, cos, left: 0.0, top: 0.0, width: 0.0, height: 0.0, lean };
            let whole = level.bounds(&Quad::from_rect(&Rect { x: 0.0, y: 0.0, width: 300.0, height: 200.0 }));
            (level.left, level.top) = (whole.x, whole.y);
            let word = Rect { x: 40.0, y: 50.0, width: 60.0, height: 10.0 };
            let there = level.bounds(&Quad::from_rect(&word));
            let back = level.back(&there);
            let centre = |rect: &Rect| (rect.x + rect.width / 2.0, rect.y + rect.height / 2.0);
            let ((x, y), (ax, ay)) = (centre(&back), centre(&word));
            assert!((x - ax).abs() < 0.1 && (y - ay).abs() < 0.1, "{degrees}: {back:?}");
        }
        assert_eq!(Level::of(&[], (300, 200)).width, 300.0);
    }

    #[test]
    fn lines_that_lean_towards_each_other_are_levelled() {
        // Seen from the left: those above fall, those below rise; and one stamp lies across.
        let line = |x: f32, y: f32, width: f32| {
            let down = |x: f32| y + (y - 400.0) * -1e-4 * (x - 600.0);
            let quad = Quad([(x, down(x)), (x + width, down(x + width)), (x + width, down(x + width) + 20.0), (x, down(x) + 20.0)]);
            Line { quad, reading: Reading::default(), is_read: true, skimmed: None }
        };
        let mut lines: Vec<Line> =
            (0..12).flat_map(|n| [line(50.0, 60.0 * n as f32, 300.0), line(800.0, 60.0 * n as f32, 300.0)]).collect();
        lines.push(Line { quad: Quad([(500.0, 300.0), (700.0, 400.0), (690.0, 420.0), (490.0, 320.0)]), ..line(0.0, 0.0, 1.0) });
        let level = Level::of(&lines, (1200, 800));
        for pair in lines.chunks_exact(2) {
            let [left, right] = [&pair[0], &pair[1]].map(|line| level.bounds(&line.quad));
            assert!((left.y - right.y).abs() < 4.0 && left.height < 24.0, "{left:?} {right:?}");
        }
    }

    #[test]
    fn digits_behind_a_label_and_a_gap_stand_where_they_are_printed() {
        let glyph = |(text, at): (char, f32)| Glyph { text: text.into(), probability: 0.99, at };
        let line = |places: &[(char, f32)]| Line {
            quad: Quad([(0.0, 0.0), (400.0, 0.0), (400.0, 40.0), (0.0, 40.0)]),
            reading: Reading { glyphs: places.iter().map(|(c, x)| glyph((*c, x / 400.0))).collect(), probability: 0.9 },
            is_read: true,
            skimmed: None,
        };
        let level = Level::of(&[], (400, 40));
        let runs = level.runs(&line(&[('代', 20.0), ('码', 60.0), ('1', 130.0), ('4', 150.0)]));
        assert_eq!(runs.iter().map(|run| run.text.as_str()).collect::<Vec<_>>(), ["代码", "14"]);
        assert!((runs[1].rect.x - 121.2).abs() < 0.1, "{:?}", runs[1].rect);
        let date = level.runs(&line(&[('2', 10.0), ('6', 30.0), ('年', 60.0), ('3', 90.0), ('月', 120.0)]));
        assert_eq!(date.len(), 1, "{date:?}");
    }
}
