//! The sums at the foot of an invoice's table: without tax, tax, with tax, in words. Not here: its lines (items.rs).

use super::super::money;
use super::columns::{Column, Head};
use super::found::Found;
use super::labels::{Reach, Spot, pieces};
use super::lines::{Ch, Row, Sheet, Text};
use super::values::{self, DOUBT, is_word_for_nothing};

/// In the order of the page; those that have to agree are held against each other.
pub(super) fn sums(sheet: &Sheet, heads: &[Head], page: u32) -> Vec<Found> {
    let mut found = Vec::new();
    found.extend(Found::one("中文金额", page, in_words(sheet)));
    found.extend(Found::one("金额", page, in_figures(sheet)));
    let (net, tax) = total_row(sheet, heads);
    found.extend(Found::one("不含税金额", page, net.into_iter().collect()));
    found.extend(Found::one("税额", page, tax.into_iter().collect()));
    agree(&mut found);
    found.extend(stars(sheet, &found, page));
    found
}

/// `***` stands for no tax, and may be read as `**8`: where the sum without tax is the whole one, that is what it says.
fn stars(sheet: &Sheet, found: &[Found], page: u32) -> Option<Found> {
    let of = |pos_id: &str| found.iter().find(|one| one.pos_id == pos_id);
    let (net, whole) = (of("不含税金额")?, of("金额")?);
    if of("税额").is_some() || money::amount(&net.text)? != money::amount(&whole.text)? {
        return None;
    }
    let place = net.rect?;
    let row =
        sheet.rows.iter().find(|row| row.top() < place.y + place.height / 2.0 && row.bottom() > place.y + place.height / 2.0)?;
    let mark = Text { chars: row.chars.iter().copied().filter(|ch| ch.x0 > place.right()).collect() };
    let is_mark = mark.chars.len() <= 4 && mark.chars.first()?.c == '*';
    let probability = net.probability.min(whole.probability);
    is_mark.then(|| Found::new("税额", page, values::Value { text: "***".into(), probability }, &mark))
}

type Candidate = (values::Value, Text);

fn in_words(sheet: &Sheet) -> Vec<Candidate> {
    let spots = sheet.spots_within("大写").into_iter();
    let after = spots.map(|spot| sheet.after(&spot, Reach { first: 20.0, next: 3.0, right: f32::MAX }));
    after.filter_map(|text| Some((values::words(&text)?, text))).collect()
}

fn in_figures(sheet: &Sheet) -> Vec<Candidate> {
    let spots = sheet.spots_within("小写").into_iter();
    spots.filter_map(|spot| first_sum(&sheet.after(&spot, Reach { first: 12.0, next: 1.6, right: f32::MAX }))).collect()
}

/// The sum that a text begins with.
pub(super) fn first_sum(text: &Text) -> Option<Candidate> {
    let end = text.chars.iter().position(|ch| !is_of_sum(ch.c)).unwrap_or(text.chars.len());
    let sum = Text { chars: text.chars[..end].to_vec() };
    let value = values::sum(&sum)?;
    Some((value, sum))
}

fn is_of_sum(c: char) -> bool {
    c.is_ascii_digit() || "¥Y-,.*()负数免征税不元".contains(c) || matches!(c, '\u{2212}' | '\u{2013}')
}

/// 合计: two sums, told apart by their columns.
fn total_row(sheet: &Sheet, heads: &[Head]) -> (Option<Candidate>, Option<Candidate>) {
    let top = heads.last().map_or(0, |head| head.last);
    let is_below = |spot: &Spot| spot.row > top || heads.is_empty();
    let spots = sheet.spots("合计").into_iter().chain(sheet.spots("总计")).filter(is_below);
    let rows = spots.map(|spot| row_sums(sheet, &spot));
    let rows =
        rows.chain(sheet.rows.iter().skip(top + 1).filter(|row| is_total_by_signs(row)).map(|row| sums_right_of(row, f32::MIN)));
    let Some(sums) = rows.into_iter().find(|sums| !sums.is_empty()) else { return (None, None) };
    let head = heads.last();
    let column = |text: &Text| {
        let rect = text.rect()?;
        let place = head?.nearest(rect.x, rect.right(), |column| {
            matches!(column, Column::Price | Column::Amount | Column::Rate | Column::Tax)
        })?;
        Some(place.column)
    };
    let mut sums: Vec<Candidate> = sums;
    let has_tax = head.is_none_or(|head| head.place(Column::Tax).is_some());
    match sums.len() {
        2 if has_tax => {
            let tax = sums.pop();
            (sums.pop(), tax)
        }
        1 => {
            let one = sums.pop();
            // By one column alone nobody knows whether it is of another.
            let is_told = head.is_some_and(|head| head.place(Column::Amount).is_some() && head.place(Column::Tax).is_some());
            match one.as_ref().filter(|_| is_told).and_then(|(_, text)| column(text)) {
                Some(Column::Amount) => (one, None),
                Some(Column::Tax) => (None, one),
                _ => (None, None),
            }
        }
        _ => {
            let of = |wanted| {
                let mut those = sums.iter().filter(|(_, text)| column(text) == Some(wanted));
                let one = those.next().cloned();
                if those.next().is_some() { None } else { one }
            };
            (of(Column::Amount), of(Column::Tax))
        }
    }
}

/// 合 and 计 stand far apart, and may be lost or misread on a picture; two signs of money then tell the row.
pub(super) fn is_total_by_signs(row: &Row) -> bool {
    let is_read = row.chars.iter().any(|ch| ch.probability < 1.0);
    let others = row.chars.iter().filter(|ch| !is_of_sum(ch.c)).count();
    is_read && others <= 2 && row.chars.iter().filter(|ch| ch.c == '¥').count() == 2
}

fn row_sums(sheet: &Sheet, spot: &Spot) -> Vec<Candidate> {
    let (Some(row), Some(place)) = (sheet.rows.get(spot.row), sheet.place(spot)) else { return Vec::new() };
    let own = sums_right_of(row, place.right());
    if !own.is_empty() {
        return own;
    }
    // A little above or below; what has no sign of money is a line of the table.
    let beside = [Some(spot.row + 1), spot.row.checked_sub(1)].into_iter().filter_map(|at| sheet.rows.get(at?));
    let near = beside.filter(|other| (other.middle() - row.middle()).abs() < row.height().max(other.height()) * 1.1);
    let signed = near.filter(|other| other.chars.iter().any(|ch| ch.c == '¥'));
    signed.map(|other| sums_right_of(other, place.right())).find(|sums| !sums.is_empty()).unwrap_or_default()
}

/// `¥` and its figure may be two pieces; one without a figure belongs to the next.
pub(super) fn sums_right_of(row: &Row, left: f32) -> Vec<Candidate> {
    let mut rest = row.clone();
    rest.chars.retain(|ch| ch.x0 >= left);
    let mut sums = Vec::new();
    let mut waiting: Vec<Ch> = Vec::new();
    for piece in parts(&pieces(&rest, 0.9)) {
        let text = piece.compact();
        if text.chars().all(|c| "¥-:".contains(c)) {
            waiting = piece.chars;
            continue;
        }
        let sign = std::mem::take(&mut waiting);
        let near = sign.last().is_none_or(|last| last.gap(piece.chars[0]) < 12.0);
        let whole = Text { chars: if near { sign.into_iter().chain(piece.chars).collect() } else { piece.chars } };
        if whole.chars.iter().all(|ch| is_of_sum(ch.c)) {
            sums.extend(values::sum(&whole).map(|value| (value, whole)));
        }
    }
    sums
}

/// A sign of money begins a sum, however near the one before stands.
fn parts(pieces: &[Text]) -> Vec<Text> {
    let mut parts: Vec<Text> = Vec::new();
    for piece in pieces {
        let mut part = Text::default();
        for ch in &piece.chars {
            if ch.c == '¥' && part.chars.iter().any(|ch| ch.c.is_ascii_digit()) {
                parts.push(std::mem::take(&mut part));
            }
            part.chars.push(*ch);
        }
        parts.push(part);
    }
    parts
}

/// 金额 = 不含税金额 + 税额, 大写 = 小写: of what does not agree nothing is sure; readings of one sum that agree confirm each other.
pub(super) fn agree(found: &mut [Found]) {
    let text = |pos_id: &str| found.iter().find(|one| one.pos_id == pos_id).map(|one| one.text.clone());
    let fen = |pos_id: &str| text(pos_id).and_then(|text| if is_word_for_nothing(&text) { Some(0) } else { money::amount(&text) });
    let (whole, net, tax) = (fen("金额"), fen("不含税金额"), fen("税额"));
    let words = text("中文金额").and_then(|text| money::chinese_amount(&text));
    let mut doubt = Vec::new();
    if let (Some(whole), Some(net), Some(tax)) = (whole, net, tax)
        && whole != net.saturating_add(tax)
    {
        // 大写 and 小写 that agree are not the ones in doubt.
        doubt.extend(["不含税金额", "税额"]);
        if words != Some(whole) {
            doubt.push("金额");
        }
    }
    if let (Some(whole), Some(words)) = (whole, words)
        && whole != words
    {
        doubt.push("中文金额");
        if net.zip(tax).map(|(net, tax)| net.saturating_add(tax)) != Some(whole) {
            doubt.push("金额");
        }
    }
    if let (Some(whole), Some(net), Some(tax)) = (whole, net, tax)
        && whole == net.saturating_add(tax)
        && tax != 0
    {
        confirm(found, &["不含税金额", "税额"], "金额");
    }
    if whole.is_some() && whole == words {
        confirm(found, &["中文金额"], "金额");
    }
    for one in found.iter_mut().filter(|one| doubt.contains(&one.pos_id)) {
        one.probability = one.probability.min(DOUBT);
    }
}

/// Two readings of one value are wrong only if both are, and alike: of independent ones the doubts multiply.
fn confirm(found: &mut [Found], parts: &[&str], whole: &str) {
    let least = |found: &[Found], of: &[&str]| {
        found.iter().filter(|one| of.contains(&one.pos_id)).map(|one| one.probability).fold(1.0, f64::min)
    };
    let both = 1.0 - (1.0 - least(found, parts)) * (1.0 - least(found, &[whole]));
    for one in found.iter_mut().filter(|one| one.pos_id == whole || parts.contains(&one.pos_id)) {
        one.probability = one.probability.max(both);
    }
}
