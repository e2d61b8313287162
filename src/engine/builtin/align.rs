//! Aligns a template to a page: fits the homography that most fixed words agree on. Not here: reading areas (fields.rs).

use super::geometry::{Homography, Point, PointPair, Quad, Stiffness, distance, lerp};
use super::page::{Line, is_wide};
use super::text::{Folded, Pairs, fold, half_width, local_alignment};
use crate::domain::money::{amount, chinese_amount};
use crate::domain::template::{FixedWord, Learnt};
use std::ops::Range;

/// Below this, a template does not fit.
pub const CONFIDENCE_MIN: f32 = 0.5;

/// Hypotheses tested, longest words first: these get the most support.
const HYPOTHESES_MAX: usize = 48;
/// With less of its words on a page, even in part, a template is not looked for.
const SHOWN_MIN: f32 = 0.1;
/// Minimum share of equal characters in a word.
const HITS_SHARE_MIN: f32 = 0.6;
const SCALE_MAX: f32 = 5.0;

const SIMILARITY: Stiffness = Stiffness { affine: 1e3, perspective: 1e4 };
const AFFINE: Stiffness = Stiffness { affine: 0.5, perspective: 50.0 };
const PROJECTIVE: Stiffness = Stiffness { affine: 0.2, perspective: 0.5 };

#[derive(Clone, Debug)]
pub struct Alignment {
    /// From the template's origin picture to the picture read.
    pub map: Homography,
    /// That this is the template, 0 to 1.
    pub confidence: f32,
    /// The share of fixed words found; ranks templates that are all certain.
    pub score: f32,
    /// The page shows another amount than the quota.
    pub contradicted: bool,
    /// Fixed words found in place.
    pub anchors: usize,
    /// Their indices.
    pub words: Vec<usize>,
    /// Words expected: not single characters and numbers, which prove little.
    pub expected: usize,
    /// Fixed text: `(line, glyphs)`.
    pub fixed: Vec<(usize, Range<usize>)>,
    /// Median distance of the anchors from their mapped positions, in line heights.
    pub error: f32,
}

/// A fixed word that a line may contain.
#[derive(Clone, Debug)]
struct WordMatch {
    word: usize,
    line: usize,
    glyphs: Range<usize>,
    hits: f32,
    /// Ends of the common part, on the template and on the page.
    from: [Point; 2],
    to: [Point; 2],
    /// Height of the line, page pixels.
    height: f32,
}

impl WordMatch {
    fn pairs(&self) -> [PointPair; 2] {
        std::array::from_fn(|i| PointPair { from: self.from[i], to: self.to[i], weight: self.hits.min(8.0) / 4.0 })
    }

    /// Distance of the centres, in line heights.
    fn error(&self, map: &Homography) -> f32 {
        let middle = map.apply(lerp(self.from[0], self.from[1], 0.5));
        distance(middle, lerp(self.to[0], self.to[1], 0.5)) / self.height.max(1.0)
    }

    /// Whether the map gives the word the line's direction and size.
    fn agrees(&self, map: &Homography) -> bool {
        let there = [map.apply(self.from[0]), map.apply(self.from[1])];
        let (a, b) =
            ((there[1].0 - there[0].0, there[1].1 - there[0].1), (self.to[1].0 - self.to[0].0, self.to[1].1 - self.to[0].1));
        let (la, lb) = (a.0.hypot(a.1), b.0.hypot(b.1));
        let cos = (a.0 * b.0 + a.1 * b.1) / (la * lb).max(1e-6);
        cos > 0.9 && (0.6..1.67).contains(&(la / lb.max(1e-6)))
    }
}

/// The lines of a page, folded once for all templates.
#[derive(Debug)]
pub struct Print<'a> {
    lines: &'a [Line],
    folded: Vec<FoldedLine>,
    pairs: Pairs,
}

#[derive(Debug)]
struct FoldedLine {
    text: Folded,
    /// Its characters in the order of their codes.
    sorted: Vec<char>,
}

impl<'a> Print<'a> {
    pub fn of(lines: &'a [Line]) -> Self {
        let folded: Vec<FoldedLine> = lines
            .iter()
            .map(|line| {
                let text = fold(line.reading.glyphs.iter().map(|g| g.text.as_str()));
                FoldedLine { sorted: sorted(&text.chars), text }
            })
            .collect();
        let pairs = Pairs::of(folded.iter().map(|line| line.text.chars.as_slice()));
        Self { lines, folded, pairs }
    }

    /// Whether enough of a template's words may be on the page to look for them: of 200 templates, most are not worth it.
    fn may_show(&self, words: &[FixedWord]) -> bool {
        words.iter().filter(|word| self.pairs.share(&word.text)).count() as f32 >= SHOWN_MIN * words.len() as f32
    }
}

fn sorted(chars: &[char]) -> Vec<char> {
    let mut sorted = chars.to_vec();
    sorted.sort_unstable();
    sorted
}

/// `None` if nothing of the template is on the page. `quota`: an amount the page must not contradict.
pub fn align(learnt: &Learnt, quota: Option<&str>, print: &Print<'_>) -> Option<Alignment> {
    if !print.may_show(&learnt.words) {
        return None;
    }
    let lines = print.lines;
    let word_matches = word_matches(&learnt.words, print);
    let mut best: Option<(f32, Homography)> = None;
    for start in word_matches.iter().take(HYPOTHESES_MAX) {
        let Some(map) = Homography::fit(&start.pairs(), SIMILARITY).filter(|m| is_plausible(m, learnt.size)) else { continue };
        // Short words determine the angle poorly: tolerate error far from them.
        let middle = lerp(start.to[0], start.to[1], 0.5);
        let length = distance(start.to[0], start.to[1]).max(1.0);
        let slack = |c: &WordMatch| 0.7 + 0.25 * distance(c.to[0], middle) / length;
        let mut inliers = find_inliers(&word_matches, &map, |c| slack(c).min(4.0));
        let mut map = map;
        for (stiffness, tolerance) in [(SIMILARITY, 1.5), (AFFINE, 1.0)] {
            let Some(next) = fit(&word_matches, &inliers, stiffness).filter(|m| is_plausible(m, learnt.size)) else { break };
            map = next;
            inliers = find_inliers(&word_matches, &map, |_| tolerance);
        }
        let support: f32 = inliers.iter().map(|i| word_matches[*i].hits).sum();
        if best.as_ref().is_none_or(|(s, _)| support > *s) {
            best = Some((support, map));
        }
    }
    let (_, map) = best?;
    Some(refine(learnt, quota, lines, &word_matches, map))
}

fn refine(learnt: &Learnt, quota: Option<&str>, lines: &[Line], word_matches: &[WordMatch], mut map: Homography) -> Alignment {
    for (stiffness, tolerance) in [(AFFINE, 1.5), (PROJECTIVE, 1.0), (PROJECTIVE, 0.7)] {
        let inliers = find_inliers(word_matches, &map, |_| tolerance);
        if let Some(next) = fit(word_matches, &inliers, stiffness).filter(|m| is_plausible(m, learnt.size)) {
            map = next;
        }
    }
    let inliers = find_inliers(word_matches, &map, |_| 0.7);
    let mut errors: Vec<f32> = inliers.iter().map(|i| word_matches[*i].error(&map)).collect();
    errors.sort_by(f32::total_cmp);
    let words: Vec<usize> = inliers.iter().map(|i| word_matches[*i].word).collect();
    let contradicted = quota.is_some_and(|q| contradicts_quota(q, &learnt.words, lines, &map));
    let (share, enough) = if contradicted { (0.0, 0.0) } else { evidence(&learnt.words, lines, word_matches, &inliers, &map) };
    Alignment {
        map,
        confidence: ((share - 0.1) / 0.4).clamp(0.0, 1.0) * enough,
        contradicted,
        score: share * enough,
        anchors: inliers.len(),
        expected: expected(&learnt.words, &words),
        words,
        fixed: inliers
            .iter()
            .map(|i| (word_matches[*i].line, word_matches[*i].glyphs.clone()))
            .chain(glyphs_in_place(&learnt.words, lines, &map))
            .collect(),
        error: errors.get(errors.len() / 2).copied().unwrap_or(f32::INFINITY),
    }
}

/// Glyphs where the template has the same character: single characters and split words. Not digits, as two numbers may share one.
pub fn glyphs_in_place(words: &[FixedWord], lines: &[Line], map: &Homography) -> Vec<(usize, Range<usize>)> {
    let Some(back) = map.inverse() else { return Vec::new() };
    let plain_chars = |text: &str| -> Vec<char> {
        let plain = |c| if c == '￥' { '¥' } else { half_width(c) };
        text.chars().map(plain).filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect()
    };
    let mut print: Vec<(char, Point, f32)> = Vec::new();
    for word in words {
        let (chars, quad) = (plain_chars(&word.text), Quad(word.corners));
        for (i, c) in chars.iter().enumerate().filter(|(_, c)| !c.is_ascii_digit()) {
            let (from, to) = width_range(&chars, &(i..i + 1));
            print.push((*c, quad.slice(from, to).centre(), quad.height()));
        }
    }
    let mut found = Vec::new();
    for (l, line) in lines.iter().enumerate() {
        for (g, glyph) in line.reading.glyphs.iter().enumerate() {
            let position = back.apply(line.quad.slice(glyph.at, glyph.at).centre());
            let same = plain_chars(&glyph.text);
            if print.iter().any(|(c, at, height)| same.contains(c) && distance(*at, position) < 0.6 * height) {
                found.push((l, g..g + 1));
            }
        }
    }
    found
}

/// All fixed words against all lines, longest matches first.
fn word_matches(words: &[FixedWord], print: &Print<'_>) -> Vec<WordMatch> {
    let lines = print.lines;
    let mut found = Vec::new();
    for (w, word) in words.iter().enumerate() {
        let text = fold([word.text.as_str()]).chars;
        let (quad, own) = (Quad(word.corners), sorted(&text));
        if text.len() < 2 {
            continue;
        }
        for (l, FoldedLine { text: line, sorted }) in print.folded.iter().enumerate() {
            let least = HITS_SHARE_MIN * text.len().min(line.chars.len()) as f32;
            if (common(&own, sorted) as f32) < least.max(2.0) {
                continue;
            }
            let Some(same) = local_alignment(&text, &line.chars) else { continue };
            if same.hits < 2 || (same.hits as f32) < least || same.score < 0.4 * same.hits as f32 {
                continue;
            }
            let glyphs = line.pieces[same.b.start]..line.pieces[same.b.end - 1] + 1;
            let (from, to) = width_range(&text, &same.a);
            found.push(WordMatch {
                word: w,
                line: l,
                hits: same.hits as f32,
                from: quad.slice(from, to).ends(),
                to: lines[l].part(&glyphs).ends(),
                height: lines[l].quad.height(),
                glyphs,
            });
        }
    }
    found.sort_by(|a, b| b.hits.total_cmp(&a.hits));
    found
}

/// How many characters two sorted texts have in common: no more can be aligned.
fn common(a: &[char], b: &[char]) -> usize {
    let (mut i, mut j, mut count) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        count += usize::from(x == y);
        (i, j) = (i + usize::from(x <= y), j + usize::from(y <= x));
    }
    count
}

/// The part of a word's width, from 0 to 1, that some characters take; ideographs are twice as wide as letters.
fn width_range(chars: &[char], range: &Range<usize>) -> (f32, f32) {
    let width = |part: &[char]| part.iter().map(|c| if is_wide(*c) { 2.0 } else { 1.0 }).sum::<f32>();
    let all = width(chars).max(1.0);
    (width(&chars[..range.start]) / all, width(&chars[..range.end]) / all)
}

/// Matches that agree with a map, longest first; each word and each part of a line once.
fn find_inliers(word_matches: &[WordMatch], map: &Homography, tolerance: impl Fn(&WordMatch) -> f32) -> Vec<usize> {
    let mut near: Vec<(f32, usize)> = word_matches
        .iter()
        .enumerate()
        .map(|(i, c)| (c.error(map), i))
        .filter(|(error, i)| *error <= tolerance(&word_matches[*i]) && word_matches[*i].agrees(map))
        .collect();
    near.sort_by(|a, b| word_matches[b.1].hits.total_cmp(&word_matches[a.1].hits).then(a.0.total_cmp(&b.0)));
    let mut taken: Vec<usize> = Vec::new();
    for (_, i) in near {
        let c = &word_matches[i];
        let clash = |other: &WordMatch| {
            other.word == c.word || (other.line == c.line && other.glyphs.start < c.glyphs.end && c.glyphs.start < other.glyphs.end)
        };
        if !taken.iter().any(|t| clash(&word_matches[*t])) {
            taken.push(i);
        }
    }
    taken
}

fn fit(word_matches: &[WordMatch], inliers: &[usize], stiffness: Stiffness) -> Option<Homography> {
    let pairs: Vec<PointPair> = inliers.iter().flat_map(|i| word_matches[*i].pairs()).collect();
    Homography::fit(&pairs, stiffness)
}

/// Not mirrored or strongly distorted, in front of the horizon.
fn is_plausible(map: &Homography, size: (u32, u32)) -> bool {
    let (w, h) = (size.0.max(1) as f32, size.1.max(1) as f32);
    let [a, b, c, d] = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)].map(|p| map.apply(p));
    let cross = |o: Point, p: Point, q: Point| (p.0 - o.0) * (q.1 - o.1) - (p.1 - o.1) * (q.0 - o.0);
    let convex = [cross(a, b, c), cross(b, c, d), cross(c, d, a), cross(d, a, b)].iter().all(|v| *v > 0.0);
    let scale = [distance(a, b) / w, distance(d, c) / w, distance(a, d) / h, distance(b, c) / h];
    let (least, most) = (scale.iter().copied().fold(f32::MAX, f32::min), scale.iter().copied().fold(0.0, f32::max));
    convex && least > 1.0 / SCALE_MAX && most < SCALE_MAX && most < 1.8 * least
}

/// The share of expected words found, and whether that is much evidence, both 0 to 1. Missing or different words weigh half: stamps
/// vary, and faint text is missed.
fn evidence(words: &[FixedWord], lines: &[Line], word_matches: &[WordMatch], inliers: &[usize], map: &Homography) -> (f32, f32) {
    let mut heights: Vec<f32> = words.iter().map(|w| Quad(w.corners).height()).collect();
    heights.sort_by(f32::total_cmp);
    let usual = heights.get(heights.len() / 2).copied().unwrap_or(1.0).max(1.0);
    let (mut found, mut other, mut absent, mut hits) = (0.0, 0.0, 0.0, 0.0);
    for (w, word) in words.iter().enumerate() {
        let length = fold([word.text.as_str()]).chars.len() as f32;
        if length < 2.0 {
            continue;
        }
        let permanence = permanence(&word.text);
        let weight = length.min(12.0) * (Quad(word.corners).height() / usual).clamp(0.7, 2.0) * permanence;
        if let Some(i) = inliers.iter().find(|i| word_matches[**i].word == w) {
            let share = (word_matches[*i].hits / length.max(1.0)).min(1.0);
            hits += word_matches[*i].hits * permanence;
            found += weight * share;
            other += weight * (1.0 - share) * 0.5;
            continue;
        }
        let centre = map.apply(Quad(word.corners).centre());
        match lines.iter().find(|l| covers(&l.quad, centre)) {
            Some(line) if line.reading.mean() > 0.8 => other += weight,
            _ => absent += weight,
        }
    }
    if found <= 0.0 {
        return (0.0, 0.0);
    }
    (found / (found + 0.5 * other + 0.5 * absent), 1.0 - (-hits / 4.0f32).exp())
}

fn covers(quad: &Quad, centre: Point) -> bool {
    let (x, y) = quad.local(centre);
    (0.0..=1.0).contains(&x) && (0.1..=0.9).contains(&y)
}

fn expected(words: &[FixedWord], found: &[usize]) -> usize {
    let tells = |word: &FixedWord| fold([word.text.as_str()]).chars.len() >= 2 && permanence(&word.text) >= 1.0;
    words.iter().enumerate().filter(|(w, word)| found.contains(w) || tells(word)).count()
}

/// Of the seal that all forms have, and of their sheets.
const ON_ALL_FORMS: [&str; 8] = ["监制章", "税务局", "税务总局", "务总局", "发票联", "抵扣联", "记账联", "专用章"];

/// How much a word tells of its form: numbers outside the areas are rarely fixed, and a seal's words are on all forms.
fn permanence(text: &str) -> f32 {
    let digits = text.chars().filter(|c| c.is_ascii_digit()).count();
    let is_on_all = text.starts_with("全国统一") || ON_ALL_FORMS.iter().any(|word| text.ends_with(word));
    if is_on_all || 2 * digits > text.chars().count() { 0.2 } else { 1.0 }
}

fn sum(text: &str) -> Option<i64> {
    amount(text).or_else(|| chinese_amount(text))
}

pub fn quota_words<'a>(quota: &str, words: &'a [FixedWord]) -> impl Iterator<Item = &'a FixedWord> {
    let quota = sum(quota);
    words.iter().filter(move |w| quota.is_some() && sum(&w.text) == quota)
}

fn contradicts_quota(quota: &str, words: &[FixedWord], lines: &[Line], map: &Homography) -> bool {
    let own = sum(quota);
    quota_words(quota, words).any(|word| {
        let there = map.apply_quad(&Quad(word.corners));
        lines.iter().any(|line| {
            let glyphs = &line.reading.glyphs;
            let inside = |at: f32| {
                let (x, y) = there.local(line.quad.slice(at, at).centre());
                (-0.05..=1.05).contains(&x) && (0.1..=0.9).contains(&y)
            };
            let text: String = glyphs.iter().filter(|g| inside(g.at)).map(|g| g.text.as_str()).collect();
            let sure = glyphs.iter().filter(|g| inside(g.at)).all(|g| g.probability > 0.7);
            sure && sum(&text).is_some_and(|s| Some(s) != own)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::read::{Glyph, Reading};
    use super::*;

    fn word(text: &str, x: f32, y: f32) -> FixedWord {
        let (w, h) = (text.chars().count() as f32 * 20.0, 24.0);
        FixedWord { text: text.into(), corners: [(x, y), (x + w, y), (x + w, y + h), (x, y + h)] }
    }

    fn line(word: &FixedWord, map: impl Fn(Point) -> Point) -> Line {
        let n = word.text.chars().count() as f32;
        let glyph = |(i, c): (usize, char)| Glyph { text: c.into(), probability: 0.99, at: (i as f32 + 0.5) / n };
        let reading = Reading { glyphs: word.text.chars().enumerate().map(glyph).collect(), probability: 0.9 };
        Line { quad: Quad(word.corners.map(map)), reading, is_read: true, skimmed: None }
    }

    fn learnt(words: &[FixedWord]) -> Learnt {
        Learnt { words: words.to_vec(), size: (800, 600), ..Learnt::default() }
    }

    fn form() -> Vec<FixedWord> {
        vec![
            word("某某省通用定额发票", 200.0, 40.0),
            word("发票代码", 100.0, 200.0),
            word("发票号码", 100.0, 260.0),
            word("贰拾元整", 240.0, 400.0),
            word("收款单位盖章有效", 300.0, 480.0),
        ]
    }

    #[test]
    fn a_turned_and_scaled_form_is_found() {
        let turn = |(x, y): Point| (700.0 - 0.8 * y, 30.0 + 0.8 * x);
        let lines: Vec<Line> = form().iter().map(|w| line(w, turn)).collect();
        let found = align(&learnt(&form()), None, &Print::of(&lines)).unwrap();
        assert!(found.confidence > 0.95, "{found:?}");
        assert!(distance(found.map.apply((400.0, 300.0)), turn((400.0, 300.0))) < 3.0);
        assert_eq!(found.anchors, 5);
    }

    #[test]
    fn another_form_does_not_fit() {
        let other = [word("机票行程单", 100.0, 50.0), word("航班", 90.0, 200.0), word("发票号码", 600.0, 500.0)];
        let lines: Vec<Line> = other.iter().map(|w| line(w, |p| p)).collect();
        assert!(align(&learnt(&form()), None, &Print::of(&lines)).is_none_or(|a| a.confidence < CONFIDENCE_MIN));
        assert!(align(&learnt(&form()), None, &Print::of(&[])).is_none());
        assert!(align(&learnt(&[]), None, &Print::of(&lines)).is_none());
    }

    #[test]
    fn the_seal_that_all_forms_have_is_no_form() {
        let mut sealed = form();
        sealed.extend([word("全国统一发票监制章", 240.0, 90.0), word("国家税务总局", 260.0, 120.0), word("发票联", 280.0, 150.0)]);
        let other: Vec<FixedWord> =
            sealed[5..].iter().cloned().chain([word("车号", 90.0, 300.0), word("里程", 90.0, 360.0)]).collect();
        let lines: Vec<Line> = other.iter().map(|w| line(w, |p| p)).collect();
        assert!(align(&learnt(&sealed), None, &Print::of(&lines)).is_none_or(|a| a.confidence < CONFIDENCE_MIN));
        let lines: Vec<Line> = sealed.iter().map(|w| line(w, |p| p)).collect();
        assert!(align(&learnt(&sealed), None, &Print::of(&lines)).unwrap().confidence > 0.95);
    }

    #[test]
    fn another_quota_does_not_fit() {
        let mut other = form();
        other[3].text = "伍拾元整".into();
        let lines: Vec<Line> = other.iter().map(|w| line(w, |p| p)).collect();
        assert!(align(&learnt(&form()), Some("50"), &Print::of(&lines)).unwrap().confidence > 0.8);
        assert_eq!(align(&learnt(&form()), Some("20"), &Print::of(&lines)).unwrap().confidence, 0.0);
    }
}
