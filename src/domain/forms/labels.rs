//! Finding printed labels, and what stands beside or below them. Not here: which labels a form has (the forms), what values look like
//! (values.rs).

use super::super::template::Rect;
use super::lines::{Ch, Row, Sheet, Text, is_wide, simple};

/// Where a label stands: characters `from..to` of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spot {
    pub row: usize,
    pub from: usize,
    pub to: usize,
}

/// How far a value may stand, in ems, and where it ends at the latest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    /// From the label to its first character.
    pub first: f32,
    /// From character to character.
    pub next: f32,
    /// Pixels.
    pub right: f32,
}

impl Reach {
    pub const LINE: Self = Self { first: 14.0, next: 2.2, right: f32::MAX };
}

/// With a colon behind, or in brackets, these begin something else.
const LABELS: [&str; 34] = [
    "发票代码",
    "发票号码",
    "开票日期",
    "校验码",
    "机器编号",
    "名称",
    "购买方名称",
    "销售方名称",
    "纳税人识别号",
    "统一社会信用代码",
    "统一社会信用代码/纳税人识别号",
    "地址、电话",
    "地址电话",
    "开户行及账号",
    "开户行及帐号",
    "收款人",
    "复核",
    "复核人",
    "开票人",
    "销售方",
    "销货单位",
    "购买方",
    "号码",
    "代码",
    "电子客票号",
    "票价",
    "旅客姓名",
    "填开单位",
    "填开日期",
    "验证码",
    "提示信息",
    "所属月份",
    "备注",
    "印刷序号",
];

/// And with `(章)` behind.
const SEALED: [&str; 2] = ["销售方", "销货单位"];

impl Sheet {
    /// Where a label stands by itself, not as the end of a longer word.
    pub fn spots(&self, label: &str) -> Vec<Spot> {
        self.found(label, false)
    }

    /// Within longer words too.
    pub fn spots_within(&self, label: &str) -> Vec<Spot> {
        self.found(label, true)
    }

    /// In one row.
    pub fn spots_in(&self, row: usize, label: &str) -> Vec<Spot> {
        self.found_in(row, &label.chars().collect::<Vec<char>>(), false)
    }

    fn found(&self, label: &str, within: bool) -> Vec<Spot> {
        let signs: Vec<char> = label.chars().collect();
        (0..self.rows.len()).flat_map(|row| self.found_in(row, &signs, within)).collect()
    }

    fn found_in(&self, row: usize, signs: &[char], within: bool) -> Vec<Spot> {
        let mut found = Vec::new();
        if let Some(line) = self.rows.get(row) {
            let mut from = 0;
            while from < line.chars.len() {
                match matched(line, from, signs) {
                    Some(to) if within || begins(line, from) => {
                        found.push(Spot { row, from, to });
                        from = to;
                    }
                    _ => from += 1,
                }
            }
        }
        found
    }

    pub fn place(&self, spot: &Spot) -> Option<Rect> {
        Text { chars: self.rows.get(spot.row)?.chars.get(spot.from..spot.to)?.to_vec() }.rect()
    }

    /// What stands right of a label, up to another label; where nothing does, a little above or below.
    pub fn after(&self, spot: &Spot, reach: Reach) -> Text {
        let Some(row) = self.rows.get(spot.row) else { return Text::default() };
        let Some(label) = spot.to.checked_sub(1).and_then(|at| row.chars.get(at)) else { return Text::default() };
        let text = value(row, spot.to, *label, reach);
        if !text.is_empty() {
            return text;
        }
        let colon = row.chars.get(spot.to).filter(|ch| is_colon(ch.c) && label.gap(**ch) < 1.5).unwrap_or(label);
        let mut near: Vec<&Row> = [spot.row.checked_sub(1), Some(spot.row + 1)]
            .into_iter()
            .filter_map(|at| self.rows.get(at?))
            .filter(|other| (other.middle() - row.middle()).abs() < row.height().max(other.height()) * 0.8)
            .collect();
        near.sort_by(|a, b| (a.middle() - row.middle()).abs().total_cmp(&(b.middle() - row.middle()).abs()));
        let beside = near.into_iter().map(|other| {
            let from = other.chars.iter().position(|ch| ch.x0 >= colon.x1 - 0.3 * colon.em).unwrap_or(other.chars.len());
            // With a label of its own it is that one's.
            if (0..from).any(|at| is_label(other, at)) { Text::default() } else { value(other, from, *colon, reach) }
        });
        beside.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
    }

    /// Of the rows below a label, what stands under it, nearest first; `width` ems to each side.
    pub fn below(&self, spot: &Spot, width: f32, rows: usize) -> Vec<Text> {
        let Some(place) = self.place(spot) else { return Vec::new() };
        let em = self.rows[spot.row].chars[spot.from].em;
        let (left, right) = (place.x - width * em, place.right() + width * em);
        let below = self.rows.iter().skip(spot.row + 1).map(|row| pieces(row, 1.2));
        let under = below
            .filter_map(|pieces| pieces.into_iter().find(|piece| piece.rect().is_some_and(|r| r.x < right && r.right() > left)));
        under.take(rows).collect()
    }
}

fn is_colon(c: char) -> bool {
    matches!(c, ':' | ';' | ')')
}

fn value(row: &Row, from: usize, label: Ch, reach: Reach) -> Text {
    let mut chars: Vec<Ch> = Vec::new();
    let mut last = label;
    for (at, ch) in row.chars.iter().enumerate().skip(from) {
        if chars.is_empty() && is_colon(ch.c) {
            last = *ch;
            continue;
        }
        let most = if chars.is_empty() { reach.first } else { reach.next };
        if last.gap(*ch) > most || ch.x0 >= reach.right || is_label(row, at) {
            break;
        }
        chars.push(*ch);
        last = *ch;
    }
    Text { chars }
}

/// Parts of a row with gaps of more than `gap` ems between them.
pub(super) fn pieces(row: &Row, gap: f32) -> Vec<Text> {
    let mut pieces: Vec<Text> = Vec::new();
    for ch in &row.chars {
        match pieces.last_mut() {
            Some(piece) if piece.chars.last().is_some_and(|last| last.gap(*ch) <= gap) => piece.chars.push(*ch),
            _ => pieces.push(Text { chars: vec![*ch] }),
        }
    }
    pieces
}

/// A title is larger than what stands beside it.
pub(super) fn of_one_size(piece: &Text) -> Vec<Text> {
    let mut parts: Vec<Text> = Vec::new();
    for ch in &piece.chars {
        let is_same = |last: &Ch| {
            let (last, own) = (last.y1 - last.y0, ch.y1 - ch.y0);
            last.max(own) < last.min(own) * 1.3
        };
        match parts.last_mut() {
            Some(part) if part.chars.last().is_some_and(is_same) => part.chars.push(*ch),
            _ => parts.push(Text { chars: vec![*ch] }),
        }
    }
    parts
}

/// Where a label ends that begins here. Read from a picture, a longer one may have one wrong character.
fn matched(row: &Row, from: usize, signs: &[char]) -> Option<usize> {
    // The first one has to be right: it tells labels apart (购买方, 销售方).
    if simple(row.chars.get(from)?.c) != *signs.first()? {
        return None;
    }
    let chars = row.chars.get(from..from + signs.len())?;
    let misses = chars.iter().zip(signs).filter(|(ch, sign)| simple(ch.c) != **sign).count();
    let is_read = chars.iter().any(|ch| ch.probability < 1.0);
    let is_other = || LABELS.iter().any(|label| label.chars().eq(chars.iter().map(|ch| simple(ch.c))));
    if misses > usize::from(is_read && signs.len() >= 4) || misses > 0 && is_other() {
        return None;
    }
    // Two characters are set far apart to fill their column.
    let most = if signs.len() == 2 { 6.0 } else { 2.5 };
    chars.windows(2).all(|pair| pair[0].gap(pair[1]) < most).then_some(from + signs.len())
}

/// Nothing that belongs to a longer word stands before it.
fn begins(row: &Row, at: usize) -> bool {
    let Some(before) = at.checked_sub(1).and_then(|at| row.chars.get(at)) else { return true };
    let (own, other) = (row.chars[at].y1 - row.chars[at].y0, before.y1 - before.y0);
    let is_other_size = own.max(other) > own.min(other) * 1.4;
    !is_wide(before.c) || "、,;:()。".contains(before.c) || is_other_size || before.gap(row.chars[at]) > 0.8
}

fn is_label(row: &Row, at: usize) -> bool {
    let Some(first) = row.chars.get(at).map(|ch| simple(ch.c)) else { return false };
    let is_amount = || {
        let next: String = row.chars[at..].iter().take(3).map(|ch| ch.c).collect();
        matches!(next.as_str(), "(小写" | "(大写")
    };
    let is_named = |label: &str| {
        let signs: Vec<char> = label.chars().collect();
        let to = matched(row, at, &signs);
        let next = to.and_then(|to| row.chars.get(to)).map(|ch| ch.c);
        matches!(next, Some(':' | ';')) || next == Some('(') && SEALED.contains(&label)
    };
    first == '(' && is_amount() || LABELS.iter().filter(|label| label.starts_with(first)).any(|label| is_named(label))
}
