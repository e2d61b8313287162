//! The lines of an invoice's table: between its head and its sums, each word in the column it stands under. Not here: the head
//! (columns.rs), the sums (sums.rs).

use super::super::paper::Item;
use super::columns::{Column, Head, Place};
use super::labels::pieces;
use super::lines::{Row, Sheet, Text};
use super::sums::is_total_by_signs;
use super::values::{is_word_for_nothing, plain_sum};

/// A row of the table, as its columns have it.
#[derive(Clone, Debug, Default)]
struct Cells {
    item: Item,
    middle: f32,
    height: f32,
}

/// Of all tables of a sheet.
pub(super) fn items(sheet: &Sheet, heads: &[Head]) -> Vec<Item> {
    heads.iter().enumerate().flat_map(|(at, head)| table(sheet, head, heads.get(at + 1).map(|next| next.row))).collect()
}

fn table(sheet: &Sheet, head: &Head, next: Option<usize>) -> Vec<Item> {
    let first = head.last + 1;
    let end = (first..next.unwrap_or(sheet.rows.len())).find(|row| is_end(sheet, *row)).or(next).unwrap_or(sheet.rows.len());
    let rows: Vec<Cells> = sheet.rows.get(first..end).unwrap_or_default().iter().map(|row| cells(row, head)).collect();
    merged(rows)
        .into_iter()
        .filter(|item| !item.name.is_empty() || !item.amount.is_empty())
        .filter(|item| !is_reference(item))
        .collect()
}

/// The line that stands for a list on other pages.
fn is_reference(item: &Item) -> bool {
    item.name.contains("详见") && item.name.contains("清单")
}

/// The head of a second table below the first: who travelled, what was carried.
const SECOND: [&str; 11] = [
    "出行人",
    "有效身份证件号",
    "出行日期",
    "出发地",
    "到达地",
    "等级",
    "交通工具类型",
    "运输工具种类",
    "运输工具牌号",
    "起运地",
    "运输货物名称",
];

fn is_end(sheet: &Sheet, row: usize) -> bool {
    let is_second = SECOND.iter().filter(|label| !sheet.spots_in(row, label).is_empty()).count() >= 2;
    let begins = |label: &str| sheet.spots_in(row, label).iter().any(|spot| spot.from <= 8);
    let text: String = sheet.rows[row].chars.iter().map(|ch| ch.c).collect();
    let is_total = ["合计", "小计", "总计"].into_iter().any(begins);
    let is_foot = ["价税合计", "收款人", "开票人", "备注"].into_iter().any(begins) || text.contains("大写");
    is_total
        || is_foot
        || is_second
        || is_total_by_signs(&sheet.rows[row])
        || text.contains('¥') && !text.chars().any(super::lines::is_wide)
}

fn cells(row: &Row, head: &Head) -> Cells {
    let mut cells = Cells { middle: row.middle(), height: row.height(), ..Cells::default() };
    for piece in pieces(row, 0.75).iter().flat_map(|piece| cut(piece, head)) {
        let Some(rect) = piece.rect() else { continue };
        let text = piece.spaced();
        let Some(place) = column_of(head, &text, rect.x, rect.right()) else { continue };
        put(&mut cells.item, place.column, &text);
    }
    cells
}

/// A piece that reaches over two columns of figures is two, where a blank is in it.
fn cut(piece: &Text, head: &Head) -> Vec<Text> {
    let starts_right_of_names = |x: f32| head.place(Column::Name).is_none_or(|place| x > place.right);
    let Some(rect) = piece.rect() else { return Vec::new() };
    let touched = head.places.iter().filter(|place| place.overlap(rect.x, rect.right()) > 0.0).count();
    if touched < 2 || !starts_right_of_names(rect.x) {
        return vec![piece.clone()];
    }
    let mut parts: Vec<Text> = Vec::new();
    for ch in &piece.chars {
        match parts.last_mut() {
            Some(part) if part.chars.last().is_some_and(|last| last.gap(*ch) < 0.15) => part.chars.push(*ch),
            _ => parts.push(Text { chars: vec![*ch] }),
        }
    }
    parts
}

fn is_rate(text: &str) -> bool {
    text.strip_suffix('%').is_some_and(|figure| figure.parse::<f32>().is_ok())
}

fn is_figure(text: &str) -> bool {
    let plain = text.trim_start_matches(['¥', '-']);
    !plain.is_empty() && plain.chars().all(|c| c.is_ascii_digit() || ".,".contains(c))
}

/// By its place, among those that can hold it.
fn column_of<'h>(head: &'h Head, text: &str, left: f32, right: f32) -> Option<&'h Place> {
    head.nearest(left, right, |column| match column {
        Column::Rate => is_rate(text) || is_word_for_nothing(text),
        Column::Tax => is_figure(text) || is_word_for_nothing(text),
        Column::Quantity | Column::Price | Column::Amount => is_figure(text),
        Column::Name | Column::Spec | Column::Unit => !is_rate(text),
        Column::Other => true,
    })
}

fn put(item: &mut Item, column: Column, text: &str) {
    if let (Column::Amount | Column::Rate, Some((amount, rate))) = (column, amount_and_rate(text)) {
        put(item, Column::Amount, amount);
        return put(item, Column::Rate, rate);
    }
    let slot = match column {
        Column::Name => &mut item.name,
        Column::Spec => &mut item.spec,
        Column::Unit => &mut item.unit,
        Column::Quantity => &mut item.quantity,
        Column::Price => &mut item.price,
        Column::Amount => &mut item.amount,
        Column::Rate => &mut item.tax_rate,
        Column::Tax => &mut item.tax,
        Column::Other => return,
    };
    let text = match column {
        Column::Amount | Column::Tax => plain_sum(text).unwrap_or_else(|| text.to_owned()),
        _ => text.to_owned(),
    };
    // Two words of a row; Chinese ones have no blank between them.
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if matches!(column, Column::Name | Column::Spec) && is_word(slot.chars().next_back()) && is_word(text.chars().next()) {
        slot.push(' ');
    }
    slot.push_str(&text);
}

/// A line has one amount; rows without one go on with the line before, unless a new name begins with the star of its class.
fn merged(rows: Vec<Cells>) -> Vec<Item> {
    let mut items: Vec<(Item, f32)> = Vec::new();
    for row in rows {
        let begins = row.item.name.strip_prefix('*').is_some_and(|rest| rest.contains('*'));
        let goes_on = match items.last() {
            None => false,
            Some((last, middle)) => {
                let is_near = row.middle - middle < row.height * 4.0;
                let has_two_amounts = !last.amount.is_empty() && !row.item.amount.is_empty();
                is_near && !has_two_amounts && !begins
            }
        };
        match items.last_mut().filter(|_| goes_on) {
            Some((last, middle)) => {
                add(last, &row.item);
                *middle = row.middle;
            }
            None if is_empty(&row.item) => {}
            None => items.push((row.item, row.middle)),
        }
    }
    items.into_iter().map(|(item, _)| item).collect()
}

fn is_empty(item: &Item) -> bool {
    *item == Item::default()
}

fn add(item: &mut Item, more: &Item) {
    for (slot, more) in [
        (&mut item.name, &more.name),
        (&mut item.spec, &more.spec),
        (&mut item.unit, &more.unit),
        (&mut item.quantity, &more.quantity),
        (&mut item.price, &more.price),
        (&mut item.amount, &more.amount),
        (&mut item.tax_rate, &more.tax_rate),
        (&mut item.tax, &more.tax),
    ] {
        slot.push_str(more);
    }
}

/// `50.1813%`: a picture's blanks are not always seen; an amount has two decimals.
fn amount_and_rate(text: &str) -> Option<(&str, &str)> {
    let at = text.find('.')? + 3;
    let (amount, rate) = (text.get(..at)?, text.get(at..)?);
    let digits = rate.strip_suffix('%')?;
    let is_rate = (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    (is_rate && plain_sum(amount).is_some()).then_some((amount, rate))
}
