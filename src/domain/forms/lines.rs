//! The runs of a page as rows of characters with their places, labels that stand upright, and columns of noise taken out. Not here:
//! what the words are (labels.rs and the forms).

use super::super::paper::Run;
use super::super::template::Rect;
use super::super::text::is_unseen;
use unicode_normalization::UnicodeNormalization;

/// A character in its one form (NFKC), with its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ch {
    pub c: char,
    pub x0: f32,
    pub x1: f32,
    pub y0: f32,
    pub y1: f32,
    /// Of the size it is set in.
    pub em: f32,
    pub probability: f64,
}

impl Ch {
    fn is_wide(self) -> bool {
        is_wide(self.c)
    }

    /// From this one to the next, in ems.
    pub fn gap(self, next: Self) -> f32 {
        (next.x0 - self.x1) / self.em.max(next.em).max(1.0)
    }
}

pub(super) fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11FF}' | '\u{2E80}'..='\u{D7FF}' | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE4F}' | '\u{FF01}'..='\u{FF60}')
        || matches!(c, '￠'..='￦' | '①'..='⓿' | '⊗' | '\u{20000}'..='\u{3FFFF}')
}

/// What stands between two blanks.
#[derive(Clone, Debug)]
struct Word {
    chars: Vec<Ch>,
    rect: Rect,
}

/// Characters of about one height, from left to right; far ones too.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub chars: Vec<Ch>,
    middle: f32,
    height: f32,
}

impl Row {
    pub fn middle(&self) -> f32 {
        self.middle
    }

    pub fn height(&self) -> f32 {
        self.height
    }

    pub fn top(&self) -> f32 {
        self.middle - self.height / 2.0
    }

    pub fn bottom(&self) -> f32 {
        self.middle + self.height / 2.0
    }
}

/// A label that stands upright beside its lines: 购买方, 备注.
#[derive(Clone, Debug)]
pub(super) struct Stack {
    pub text: String,
    pub rect: Rect,
}

/// The text of one invoice on one page.
#[derive(Clone, Debug, Default)]
pub(super) struct Sheet {
    /// From top to bottom.
    pub rows: Vec<Row>,
    pub stacks: Vec<Stack>,
}

/// Of what is doubtful: below every threshold.
pub const DOUBT: f64 = 0.5;
/// Of a page's text.
const BYTES_MAX: usize = 100_000;
/// Of one upright label on a page.
const STACKS_MAX: usize = 32;

/// Upright labels, the longest of one beginning first.
const UPRIGHT: [&str; 14] = [
    "购买方信息",
    "销售方信息",
    "购买方",
    "销售方",
    "购货单位",
    "销货单位",
    "购货方",
    "销货方",
    "购方",
    "销方",
    "密码区",
    "税控码",
    "备注",
    "合计",
];

impl Sheet {
    /// Of the runs whose middle is in `area`.
    pub fn of(runs: &[Run], area: Rect) -> Self {
        let is_in = |rect: &Rect| {
            let (x, y) = (rect.x + rect.width / 2.0, rect.y + rect.height / 2.0);
            x >= area.x && x < area.right() && y >= area.y && y < area.bottom()
        };
        // More is no invoice's page, and would take long.
        if runs.iter().map(|run| run.text.len()).sum::<usize>() > BYTES_MAX {
            return Self::default();
        }
        let mut words: Vec<Word> = Vec::new();
        let mut stacks = Vec::new();
        for run in runs.iter().filter(|run| is_in(&run.rect) && run.rect.has_extent()) {
            match upright(run) {
                // A part of a label may be read by itself: 购, and 买方 below it.
                Some(stack) if stack.text.chars().all(|c| UPRIGHT.concat().contains(simple(c))) => {
                    words.extend(one_by_one(&stack, run))
                }
                Some(stack) => stacks.push(stack),
                None => words.extend(split(run)),
            }
        }
        words.retain(|word| !is_cipher(word));
        without_twins(&mut words);
        stacks.extend(stacked(&mut words));
        without_cipher_column(&stacks, &mut words);
        Self { rows: rows(words), stacks }
    }

    pub fn stack(&self, text: &str) -> Option<&Stack> {
        self.stacks.iter().find(|stack| stack.text.starts_with(text))
    }
}

/// A tall run of several characters is a label that stands upright.
fn upright(run: &Run) -> Option<Stack> {
    let text: String = run.text.nfkc().filter(|c| !is_unseen(*c)).collect();
    let count = text.chars().count() as f32;
    let is_tall = count >= 2.0 && run.rect.height > run.rect.width * 1.6 && run.rect.height > run.rect.width * count * 0.5;
    is_tall.then_some(Stack { text, rect: run.rect })
}

/// Old forms have labels and titles in traditional characters at times, and brush faces are read as such. For what is compared only:
/// a value stays as it is printed.
pub(super) fn simple(c: char) -> char {
    const PAIRS: [(char, char); 40] = [
        ('購', '购'),
        ('買', '买'),
        ('銷', '销'),
        ('貨', '货'),
        ('單', '单'),
        ('備', '备'),
        ('註', '注'),
        ('碼', '码'),
        ('區', '区'),
        ('發', '发'),
        ('專', '专'),
        ('電', '电'),
        ('稅', '税'),
        ('増', '增'),
        ('値', '值'),
        ('統', '统'),
        ('聯', '联'),
        ('機', '机'),
        ('動', '动'),
        ('車', '车'),
        ('運', '运'),
        ('輸', '输'),
        ('鐵', '铁'),
        ('開', '开'),
        ('號', '号'),
        ('稱', '称'),
        ('納', '纳'),
        ('識', '识'),
        ('別', '别'),
        ('計', '计'),
        ('價', '价'),
        ('額', '额'),
        ('數', '数'),
        ('規', '规'),
        ('費', '费'),
        ('據', '据'),
        ('門', '门'),
        ('診', '诊'),
        ('醫', '医'),
        ('療', '疗'),
    ];
    PAIRS.iter().find_map(|(old, new)| (*old == c).then_some(*new)).unwrap_or(c)
}

fn one_by_one(stack: &Stack, run: &Run) -> Vec<Word> {
    let height = stack.rect.height / stack.text.chars().count().max(1) as f32;
    let (x0, x1) = (stack.rect.x, stack.rect.right());
    let words = stack.text.chars().enumerate().map(|(n, c)| {
        let y0 = stack.rect.y + height * n as f32;
        Word::of(vec![Ch { c, x0, x1, y0, y1: y0 + height, em: height, probability: run.probability }])
    });
    words.flatten().collect()
}

fn split(run: &Run) -> Vec<Word> {
    let weight = |c: char| if is_wide(c) || c == '\u{3000}' { 2.0 } else { 1.0 };
    let total: f32 = run.text.chars().map(weight).sum();
    let unit = run.rect.width / total.max(1.0);
    let em = (unit * 2.0).clamp(run.rect.height * 0.4, run.rect.height.max(1.0));
    let mut words = Vec::new();
    let mut chars: Vec<Ch> = Vec::new();
    let mut x = run.rect.x;
    for c in run.text.chars() {
        let width = weight(c) * unit;
        if is_unseen(c) {
            words.push(std::mem::take(&mut chars));
        } else {
            let plain: Vec<char> = c.nfkc().filter(|c| !is_unseen(*c)).collect();
            let part = width / (plain.len().max(1) as f32);
            for (n, c) in plain.iter().enumerate() {
                let x0 = x + part * n as f32;
                // What no one can say is never sure.
                let probability = if *c == '\u{FFFD}' { 0.0 } else { run.probability };
                chars.push(Ch { c: *c, x0, x1: x0 + part, y0: run.rect.y, y1: run.rect.bottom(), em, probability });
            }
        }
        x += width;
    }
    words.push(chars);
    words.into_iter().filter_map(Word::of).collect()
}

impl Word {
    fn of(chars: Vec<Ch>) -> Option<Self> {
        let (first, last) = (*chars.first()?, *chars.last()?);
        let rect = Rect { x: first.x0, y: first.y0, width: last.x1 - first.x0, height: first.y1 - first.y0 };
        Some(Self { chars, rect })
    }

    fn middle(&self) -> f32 {
        self.rect.y + self.rect.height / 2.0
    }

    fn is_char(&self, c: char) -> bool {
        matches!(self.chars.as_slice(), [only] if simple(only.c) == c)
    }
}

/// Lines of the cipher of old VAT invoices.
fn is_cipher(word: &Word) -> bool {
    let signs = word.chars.iter().filter(|ch| "+-*/<>".contains(ch.c)).count();
    let all = word.chars.iter().all(|ch| ch.c.is_ascii_digit() || "+-*/<>".contains(ch.c));
    all && word.chars.len() >= 10 && signs >= 3
}

fn without_cipher_column(stacks: &[Stack], words: &mut Vec<Word>) {
    let Some(label) = stacks.iter().find(|stack| stack.text == "密码区") else { return };
    let reach = label.rect.height * 0.35;
    words.retain(|word| {
        let beside = word.middle() > label.rect.y - reach && word.middle() < label.rect.bottom() + reach;
        let is_cipher = word.chars.iter().all(|ch| ch.c.is_ascii_alphanumeric() || "+-*/<>".contains(ch.c));
        !(beside && is_cipher && word.rect.x > label.rect.x)
    });
}

/// Some makers draw twice what is to be bold.
fn without_twins(words: &mut Vec<Word>) {
    let mut kept: Vec<Word> = Vec::new();
    for word in words.drain(..) {
        let is_twin = |other: &Word| {
            let near = 0.25 * word.rect.height;
            (other.rect.x - word.rect.x).abs() < near
                && (other.rect.y - word.rect.y).abs() < near
                && other.chars.len() == word.chars.len()
                && other.chars.iter().zip(&word.chars).all(|(a, b)| a.c == b.c)
        };
        if !kept.iter().rev().take(400).any(is_twin) {
            kept.push(word);
        }
    }
    *words = kept;
}

/// Characters one below the other that make an upright label; they are no part of the rows beside them.
fn stacked(words: &mut Vec<Word>) -> Vec<Stack> {
    let mut stacks = Vec::new();
    for label in UPRIGHT.iter().filter(|label| **label != "合计") {
        let signs: Vec<char> = label.chars().collect();
        let starts: Vec<usize> = (0..words.len()).filter(|at| words[*at].is_char(signs[0])).take(STACKS_MAX).collect();
        let chains: Vec<Vec<usize>> = starts.iter().filter_map(|start| chain(words, *start, &signs[1..])).collect();
        let mut gone: Vec<usize> = Vec::new();
        for chain in chains {
            let rects: Vec<Rect> = chain.iter().map(|at| words[*at].rect).collect();
            stacks.extend(union(&rects).map(|rect| Stack { text: (*label).to_owned(), rect }));
            gone.extend(chain);
        }
        let mut at = 0;
        words.retain(|_| {
            at += 1;
            !gone.contains(&(at - 1))
        });
    }
    stacks
}

fn chain(words: &[Word], start: usize, rest: &[char]) -> Option<Vec<usize>> {
    let mut chain = vec![start];
    for c in rest {
        let last = &words[*chain.last()?].rect;
        let is_below = |word: &Word| {
            let aside = (word.rect.x + word.rect.width / 2.0 - last.x - last.width / 2.0).abs();
            let down = word.middle() - (last.y + last.height / 2.0);
            aside < last.width.max(word.rect.width) * 0.6 && down > last.height * 0.5 && down < last.height * 5.0
        };
        let below = (0..words.len()).filter(|at| words[*at].is_char(*c) && is_below(&words[*at]));
        chain.push(below.min_by(|a, b| words[*a].rect.y.total_cmp(&words[*b].rect.y))?);
    }
    Some(chain)
}

pub(super) fn union(rects: &[Rect]) -> Option<Rect> {
    let first = *rects.first()?;
    Some(rects.iter().fold(first, |a, b| {
        let (x, y) = (a.x.min(b.x), a.y.min(b.y));
        Rect { x, y, width: a.right().max(b.right()) - x, height: a.bottom().max(b.bottom()) - y }
    }))
}

fn rows(mut words: Vec<Word>) -> Vec<Row> {
    words.sort_by(|a, b| a.middle().total_cmp(&b.middle()));
    let mut rows: Vec<(Row, Vec<Word>)> = Vec::new();
    for word in words {
        // Titles and seals stand over rows that they are no part of.
        let is_alike = |row: &Row| {
            let (low, high) = (row.height.min(word.rect.height), row.height.max(word.rect.height));
            high < low * 1.7 && (row.middle - word.middle()).abs() < 0.45 * low
        };
        // Only the last few are near.
        let near = rows.iter_mut().rev().take(8).filter(|(row, _)| is_alike(row));
        let nearest = near.min_by(|(a, _), (b, _)| (a.middle - word.middle()).abs().total_cmp(&(b.middle - word.middle()).abs()));
        match nearest {
            Some((row, words)) => {
                let count = words.len() as f32;
                row.middle = (row.middle * count + word.middle()) / (count + 1.0);
                row.height = (row.height * count + word.rect.height) / (count + 1.0);
                words.push(word);
            }
            None => rows.push((Row { chars: Vec::new(), middle: word.middle(), height: word.rect.height }, vec![word])),
        }
    }
    rows.sort_by(|(a, _), (b, _)| a.middle.total_cmp(&b.middle));
    rows.into_iter()
        .map(|(mut row, mut words)| {
            words.sort_by(|a, b| a.rect.x.total_cmp(&b.rect.x));
            doubt_what_overlaps(&mut words);
            row.chars = words.into_iter().flat_map(|word| word.chars).collect();
            row
        })
        .collect()
}

/// Nothing is printed on itself: of two readings on one spot at least one is no print.
fn doubt_what_overlaps(words: &mut [Word]) {
    for at in 1..words.len() {
        let (left, right) = words.split_at_mut(at);
        let (Some(one), Some(other)) = (left.last_mut(), right.first_mut()) else { continue };
        let em = one.chars[0].em.min(other.chars[0].em);
        let is_read = |word: &Word| word.chars.iter().any(|ch| ch.probability < 1.0);
        if other.rect.x < one.rect.right() - 0.6 * em && is_read(one) && is_read(other) {
            one.chars.iter_mut().chain(&mut other.chars).for_each(|ch| ch.probability = ch.probability.min(DOUBT));
        }
    }
}

/// Characters that stand together.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    pub chars: Vec<Ch>,
}

impl Text {
    pub fn compact(&self) -> String {
        self.chars.iter().map(|ch| ch.c).collect()
    }

    /// Without the blanks between Chinese characters, which are the setter's.
    pub fn spaced(&self) -> String {
        let mut text = String::new();
        let mut last: Option<Ch> = None;
        for ch in &self.chars {
            if let Some(last) = last
                && last.gap(*ch) > 0.2
                && !last.is_wide()
                && !ch.is_wide()
                && last.c.is_alphanumeric()
                && ch.c.is_alphanumeric()
            {
                text.push(' ');
            }
            text.push(ch.c);
            last = Some(*ch);
        }
        text
    }

    /// With a blank where one stands.
    pub fn printed(&self) -> String {
        let mut text = String::new();
        for (n, ch) in self.chars.iter().enumerate() {
            if n > 0 && self.chars[n - 1].gap(*ch) > 0.2 {
                text.push(' ');
            }
            text.push(ch.c);
        }
        text
    }

    pub fn rect(&self) -> Option<Rect> {
        let rects: Vec<Rect> =
            self.chars.iter().map(|ch| Rect { x: ch.x0, y: ch.y0, width: ch.x1 - ch.x0, height: ch.y1 - ch.y0 }).collect();
        union(&rects)
    }

    pub fn probability(&self) -> f64 {
        self.chars.iter().map(|ch| ch.probability).fold(1.0, f64::min)
    }

    pub fn is_empty(&self) -> bool {
        self.chars.is_empty()
    }
}
