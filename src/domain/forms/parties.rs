//! Buyer and seller: whose a name or a tax number is, told by the upright label beside it, or by its place. Not here: how values are
//! written (values.rs).

use super::super::template::Rect;
use super::columns::Head;
use super::found::Found;
use super::labels::{Reach, Spot};
use super::lines::{Ch, Sheet, Stack, Text};
use super::values::{self, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Buyer,
    Seller,
}

/// Where no upright label says it, but both stand where every such form has them.
const BY_FORM: f64 = 0.93;
/// Where only their order says it.
const BY_PLACE: f64 = 0.8;

/// The signs of the parties' upright labels.
const UPRIGHT: &str = "购买方信息销售货单位";

const NAME: [&str; 2] = ["名称", "单位名称"];
/// Longer ones first: the shorter are parts of them.
const TAX: [&str; 8] = [
    "统一社会信用代码/纳税人识别号",
    "统一社会信用代码/",
    "统一社会信用代码",
    "纳税人识别号",
    "税务登记号",
    "纳税人登记号",
    "税号",
    "识别号",
];

pub(super) fn parties(sheet: &Sheet, heads: &[Head], page: u32) -> Vec<Found> {
    let names: Vec<Spot> =
        NAME.iter().flat_map(|label| beside_upright(sheet, label)).filter(|spot| is_outside(heads, spot)).collect();
    let labels = tax_spots(sheet);
    // A label set in two rows has its value beside the second one.
    let taxes: Vec<Spot> = labels.iter().copied().filter(|spot| !sheet.after(spot, Reach::LINE).is_empty()).collect();
    let mut found = Vec::new();
    for (side, pos_id) in [(Side::Buyer, "客户名称"), (Side::Seller, "销方名称")] {
        let candidates = names.iter().filter_map(|spot| {
            let sure = belongs(sheet, heads, spot, &names, side)?;
            let (value, rows) = name(sheet, spot, &labels)?;
            // Of an upright label that was not read as one, a sign may stand before the name.
            let sure = if sure < 1.0 && value.text.starts_with(|c| UPRIGHT.contains(c)) { sure.min(values::DOUBT) } else { sure };
            Some((Value { probability: value.probability.min(sure), ..value }, rows))
        });
        found.extend(Found::one(pos_id, page, candidates.collect()));
    }
    for (side, pos_id) in [(Side::Buyer, "购方税号"), (Side::Seller, "销方税号")] {
        let candidates = taxes.iter().filter_map(|spot| {
            let sure = belongs(sheet, heads, spot, &taxes, side)?;
            let text = sheet.after(spot, Reach { first: 14.0, next: 1.6, right: edge(sheet, spot) });
            let value = values::tax_number(&text)?;
            Some((Value { probability: value.probability.min(sure), ..value }, text))
        });
        found.extend(Found::one(pos_id, page, candidates.collect()));
    }
    found
}

/// Their labels, and what stands beside each.
pub(super) fn labels(sheet: &Sheet, heads: &[Head]) -> Vec<(&'static str, Spot)> {
    let names: Vec<Spot> =
        NAME.iter().flat_map(|label| beside_upright(sheet, label)).filter(|spot| is_outside(heads, spot)).collect();
    let taxes = tax_spots(sheet);
    let of = |spots: &[Spot], side: Side, pos_id: &'static str| -> Vec<(&'static str, Spot)> {
        let own = spots.iter().filter(|spot| belongs(sheet, heads, spot, spots, side).is_some());
        own.map(|spot| (pos_id, *spot)).collect()
    };
    [
        of(&names, Side::Buyer, "客户名称"),
        of(&names, Side::Seller, "销方名称"),
        of(&taxes, Side::Buyer, "购方税号"),
        of(&taxes, Side::Seller, "销方税号"),
    ]
    .concat()
}

/// An upright label may have been read into the row beside it: `购名称：`.
fn beside_upright(sheet: &Sheet, label: &str) -> Vec<Spot> {
    let mut alone = sheet.spots(label);
    if label == NAME[0] {
        alone.extend(ends_of_label(sheet));
    }
    let glued = sheet.spots_within(label).into_iter().filter(|spot| {
        let before = &sheet.rows[spot.row].chars[..spot.from];
        let word: Vec<char> = before.iter().rev().map(|ch| ch.c).take_while(|c| UPRIGHT.contains(*c)).collect();
        !word.is_empty()
            && word.len() < 4
            && (word.len() == before.len() || before[before.len() - word.len() - 1].gap(before[before.len() - word.len()]) > 0.8)
    });
    let more: Vec<Spot> = glued.filter(|spot| !alone.contains(spot)).collect();
    alone.into_iter().chain(more).collect()
}

/// 名 and 称 stand far apart, and the first may have been lost on a picture.
fn ends_of_label(sheet: &Sheet) -> Vec<Spot> {
    let is_end = |spot: &Spot| {
        let chars = &sheet.rows[spot.row].chars;
        let is_read = chars[spot.from].probability < 1.0;
        let is_whole = spot.from > 0 && chars[spot.from - 1].c == '名';
        is_read && !is_whole && chars.get(spot.to).is_some_and(|ch| ch.c == ':')
    };
    sheet.spots("称").into_iter().filter(is_end).collect()
}

/// The table's own 名称 is no party's.
pub(super) fn is_outside(heads: &[Head], spot: &Spot) -> bool {
    heads.iter().all(|head| spot.row < head.row || spot.row > head.last)
}

fn tax_spots(sheet: &Sheet) -> Vec<Spot> {
    let mut spots: Vec<Spot> = Vec::new();
    for label in TAX {
        for spot in beside_upright(sheet, label) {
            if !spots.iter().any(|other| other.row == spot.row && spot.from < other.to && spot.to > other.from) {
                spots.push(spot);
            }
        }
    }
    spots.sort_by_key(|spot| (spot.row, spot.from));
    spots
}

/// How sure a label is of a side; `None` if it is not.
fn belongs(sheet: &Sheet, heads: &[Head], spot: &Spot, all: &[Spot], side: Side) -> Option<f64> {
    let place = sheet.place(spot)?;
    let (of, sure) = match by_word(sheet, spot).or_else(|| by_stack(sheet, &place)) {
        Some(side) => (side, 1.0),
        None => by_place(sheet, heads, spot, all)?,
    };
    (of == side).then_some(sure)
}

/// `销售方名称`
fn by_word(sheet: &Sheet, spot: &Spot) -> Option<Side> {
    let before: String = sheet.rows.get(spot.row)?.chars[..spot.from].iter().map(|ch| ch.c).collect();
    match before.as_str() {
        before if ["购买方", "购方"].iter().any(|word| before.ends_with(word)) => Some(Side::Buyer),
        before if ["销售方", "销方"].iter().any(|word| before.ends_with(word)) => Some(Side::Seller),
        _ => None,
    }
}

fn is_buyers(stack: &Stack) -> bool {
    stack.text.starts_with('购')
}

/// The nearest upright label left of it, both of whose kind are there.
fn by_stack(sheet: &Sheet, place: &Rect) -> Option<Side> {
    let sides = || sheet.stacks.iter().filter(|stack| stack.text.starts_with(['购', '销']));
    if !sides().any(is_buyers) || !sides().any(|stack| !is_buyers(stack)) {
        return None;
    }
    let middle = place.y + place.height / 2.0;
    let cost = |stack: &Stack| {
        let aside = place.x - stack.rect.right();
        let above = (stack.rect.y - middle).max(middle - stack.rect.bottom()).max(0.0);
        (aside > -place.height).then(|| aside.max(0.0) + above * 3.0)
    };
    let nearest = sides().filter_map(|stack| Some((cost(stack)?, stack))).min_by(|(a, _), (b, _)| a.total_cmp(b));
    let (_, stack) = nearest?;
    // A label beside it, and not one somewhere on the page.
    let reach = place.height * 2.5;
    let is_beside = middle > stack.rect.y - reach && middle < stack.rect.bottom() + reach;
    is_beside.then_some(if is_buyers(stack) { Side::Buyer } else { Side::Seller })
}

/// Two of a label: the left one is the buyer's, or the upper one.
fn by_place(sheet: &Sheet, heads: &[Head], spot: &Spot, all: &[Spot]) -> Option<(Side, f64)> {
    let [first, second] = all else { return None };
    let (a, b) = (sheet.place(first)?, sheet.place(second)?);
    let is_side_by_side = (a.y - b.y).abs() < a.height.max(b.height);
    let first_is_buyer = if is_side_by_side { a.x < b.x } else { a.y < b.y };
    let (above, below) =
        (|spot: &Spot| heads.iter().all(|head| spot.row < head.row), |spot: &Spot| heads.iter().all(|head| spot.row > head.last));
    let (upper, lower) = if first.row <= second.row { (first, second) } else { (second, first) };
    let as_ever = !heads.is_empty() && above(upper) && if is_side_by_side { above(lower) } else { below(lower) };
    let side = if (spot == first) == first_is_buyer { Side::Buyer } else { Side::Seller };
    Some((side, if as_ever { BY_FORM } else { BY_PLACE }))
}

/// Where a value ends at the latest: at the upright label right of it.
fn edge(sheet: &Sheet, spot: &Spot) -> f32 {
    let Some(place) = sheet.place(spot) else { return f32::MAX };
    let middle = place.y + place.height / 2.0;
    let reach = place.height * 2.5;
    let right = sheet
        .stacks
        .iter()
        .filter(|stack| stack.rect.x > place.right() && middle > stack.rect.y - reach && middle < stack.rect.bottom() + reach);
    right.map(|stack| stack.rect.x).fold(f32::MAX, f32::min)
}

/// A name beside its label, which may go on above and below where it is too long for a row.
fn name(sheet: &Sheet, spot: &Spot, taxes: &[Spot]) -> Option<(Value, Text)> {
    let (place, right) = (sheet.place(spot)?, edge(sheet, spot));
    let own = sheet.after(spot, Reach { first: 12.0, next: 2.2, right });
    let beside = wrapped(sheet, spot, &place, right, taxes);
    let text = if beside.len() > 1 { beside.into_iter().fold(Text::default(), joined) } else { own };
    Some((values::name(&text)?, text))
}

fn joined(mut text: Text, row: Text) -> Text {
    text.chars.extend(row.chars);
    text
}

/// Rows that begin one below the other, from above the label down to the next label.
fn wrapped(sheet: &Sheet, spot: &Spot, place: &Rect, right: f32, taxes: &[Spot]) -> Vec<Text> {
    let middle = place.y + place.height / 2.0;
    let next = taxes
        .iter()
        .filter_map(|tax| sheet.place(tax))
        .filter(|tax| tax.y > place.y + place.height * 0.5 && (tax.x - place.x).abs() < place.height * 4.0);
    let next = next.map(|tax| tax.y).min_by(f32::total_cmp);
    let bottom = next.map_or(middle + place.height * 1.3, |next| next.min(middle + place.height * 5.0));
    let top = middle - place.height * 1.3;
    let row = &sheet.rows[spot.row];
    let own = row.middle();
    let colon = row.chars.get(spot.to).filter(|ch| ch.c == ':').map_or(place.right(), |ch| ch.x1);
    let beside = |row: &super::lines::Row| {
        let from = row.chars.iter().position(|ch| ch.x0 > colon - ch.em * 0.4).unwrap_or(row.chars.len());
        // The end of something that began further left is no row of the name.
        let is_cut = from > 0 && from < row.chars.len() && row.middle() != own && row.chars[from - 1].gap(row.chars[from]) < 0.8;
        let chars: Vec<Ch> = row.chars[from..].iter().copied().filter(|ch| !is_cut && ch.x0 < right).collect();
        let end = chars.windows(2).position(|pair| pair[0].gap(pair[1]) > 2.2).map_or(chars.len(), |at| at + 1);
        Text { chars: chars[..end].to_vec() }
    };
    let within = sheet.rows.iter().filter(|row| row.middle() > top && row.middle() < bottom);
    let rows: Vec<Text> = within.map(beside).filter(|text| !text.is_empty() && !values::is_serial(&text.compact())).collect();
    let first = rows.first().and_then(Text::rect).map(|rect| (rect.x, rect.height));
    let Some((left, height)) = first else { return Vec::new() };
    let near = |text: &Text| text.rect().is_some_and(|rect| (rect.x - left).abs() < height && rect.x - colon < height * 6.0);
    let has_label = |text: &Text| text.chars.iter().any(|ch| ch.c == ':');
    if rows.iter().all(near) && !rows.iter().any(has_label) { rows } else { Vec::new() }
}
