//! Tickets: the digital ones of railway and airlines, the railway's on paper. Not here: invoices (invoice.rs).

use super::super::calendar::date_of;
use super::super::kind::Kind;
use super::found::Found;
use super::invoice::{head, labelled};
use super::labels::{Reach, pieces};
use super::lines::{Row, Sheet, Text};
use super::same::station;
use super::sums::{agree, first_sum};
use super::values::{self, Value};

/// Where a value was found by its look, and not by a label.
const BY_LOOK: f64 = 0.95;

pub(super) fn rail(sheet: &Sheet, page: u32) -> Vec<Found> {
    let mut found = head(sheet, true, page);
    found.extend(ride(sheet, page));
    found.extend(fare(sheet, page));
    // Of a fee the parts are printed, too.
    for (label, pos_id) in [("金额", "不含税金额"), ("税额", "税额")] {
        let sums = sheet
            .spots(label)
            .into_iter()
            .filter_map(|spot| first_sum(&sheet.after(&spot, Reach { first: 4.0, next: 1.6, right: f32::MAX })));
        found.extend(Found::one(pos_id, page, sums.collect()));
    }
    agree(&mut found);
    found.extend(labelled(sheet, "购买方名称", "客户名称", page, values::name));
    let tax = ["统一社会信用代码", "纳税人识别号"];
    found.extend(tax.iter().find_map(|label| labelled(sheet, label, "购方税号", page, values::tax_number)));
    found
}

/// A refund has its fee where the fare was.
fn fare(sheet: &Sheet, page: u32) -> Option<Found> {
    let mut candidates = Vec::new();
    for label in ["退票费", "改签费", "票价", "差额"] {
        let spots = sheet.spots(label).into_iter();
        candidates
            .extend(spots.filter_map(|spot| first_sum(&sheet.after(&spot, Reach { first: 6.0, next: 1.6, right: f32::MAX }))));
        if !candidates.is_empty() {
            break;
        }
    }
    Found::one("金额", page, candidates)
}

/// A paper ticket has no title: it is one where a train, a station, a time of departure and a price stand.
pub(super) fn is_paper_ticket(sheet: &Sheet) -> bool {
    let found = ride(sheet, 1);
    let has = |pos_id: &str| found.iter().any(|one| one.pos_id == pos_id);
    has("车次") && has("出发站") && has("乘车日期") && has("时间") && price(sheet, 1).is_some()
}

pub(super) fn paper_ticket(sheet: &Sheet, page: u32) -> Vec<Found> {
    let mut found: Vec<Found> = ticket_number(sheet, page).into_iter().collect();
    found.extend(ride(sheet, page));
    // Its date is the day it is for.
    let date = found.iter().find(|one| one.pos_id == "乘车日期").map(|one| Found { pos_id: "日期", ..one.clone() });
    found.extend(date);
    found.extend(price(sheet, page));
    found
}

/// `E012345678` or `K051971`, in the upper left.
fn ticket_number(sheet: &Sheet, page: u32) -> Option<Found> {
    let is_number = |text: &str| {
        let digits = text.trim_start_matches(|c: char| c.is_ascii_uppercase());
        text.len() - digits.len() == 1 && (6..=9).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit())
    };
    let upper = sheet.rows.iter().take(4).flat_map(|row| pieces(row, 1.0));
    let numbers = upper.filter(|piece| is_number(&piece.compact()));
    Found::one("发票号码", page, numbers.map(|piece| (by_look(piece.compact(), &piece), piece)).collect())
}

fn by_look(text: String, of: &Text) -> Value {
    Value { text, probability: of.probability().min(BY_LOOK) }
}

fn price(sheet: &Sheet, page: u32) -> Option<Found> {
    let signed =
        sheet.rows.iter().flat_map(|row| pieces(row, 0.8)).filter(|piece| piece.chars.first().is_some_and(|ch| ch.c == '¥'));
    Found::one("金额", page, signed.filter_map(|piece| first_sum(&piece)).collect())
}

/// Train, stations, day, time, seat, traveller.
fn ride(sheet: &Sheet, page: u32) -> Vec<Found> {
    let mut found = Vec::new();
    if let Some((row, train)) = sheet.rows.iter().find_map(|row| Some((row, train(row)?))) {
        found.extend(stations(row, &train, page));
        found.push(Found::new("车次", page, by_look(train.compact(), &train), &train));
    }
    for row in &sheet.rows {
        found.extend(departure(row, page));
        if !found.iter().any(|one| one.pos_id == "座位") {
            found.extend(seat(row, page));
        }
        if !found.iter().any(|one| one.pos_id == "身份证号码") {
            found.extend(traveller(sheet, row, page));
        }
    }
    for label in ["旅客姓名", "姓名"] {
        if !found.iter().any(|one| one.pos_id == "姓名") {
            found.extend(labelled(sheet, label, "姓名", page, values::name));
        }
    }
    found
}

/// `G1281`, `K528`, however near the stations stand.
fn train(row: &Row) -> Option<Text> {
    let words = row.chars.chunk_by(|a, b| a.c.is_ascii_alphanumeric() == b.c.is_ascii_alphanumeric() && a.gap(*b) < 0.8);
    let trains = words.filter(|word| {
        let digits = word.get(1..).unwrap_or_default();
        "GDCZTKYLS".contains(word[0].c) && (1..=4).contains(&digits.len()) && digits.iter().all(|ch| ch.c.is_ascii_digit())
    });
    trains.map(|word| Text { chars: word.to_vec() }).next()
}

/// One on each side of the train; `站` may stand by itself behind the name.
fn stations(row: &Row, train: &Text, page: u32) -> Vec<Found> {
    let Some(place) = train.rect() else { return Vec::new() };
    let side = |left: bool| {
        let chars = row.chars.iter().copied().filter(|ch| if left { ch.x1 <= place.x } else { ch.x0 >= place.right() });
        let text = Text { chars: chars.filter(|ch| super::lines::is_wide(ch.c) && ch.c.is_alphabetic()).collect() };
        let name = text.compact();
        let is_one = name.ends_with('站') && name.matches('站').count() == 1 && (2..=12).contains(&name.chars().count());
        is_one.then(|| (Value { text: station(&name).to_owned(), probability: text.probability().min(BY_LOOK) }, text))
    };
    let (from, to) = (side(true), side(false));
    [("出发站", from), ("到达站", to)]
        .into_iter()
        .filter_map(|(pos_id, side)| side.map(|(value, text)| Found::new(pos_id, page, value, &text)))
        .collect()
}

/// `2026年07月02日 08:15开`
fn departure(row: &Row, page: u32) -> Vec<Found> {
    let text = Text { chars: row.chars.clone() };
    let printed = text.compact();
    let Some(end) = printed.find('开') else { return Vec::new() };
    let before = &printed[..end];
    let Some((date, time)) = before.split_once('日') else { return Vec::new() };
    let is_time = time.len() == 5 && time.bytes().enumerate().all(|(n, b)| if n == 2 { b == b':' } else { b.is_ascii_digit() });
    let digits = date.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let date = format!("{}日", &date[digits..]);
    let is_date = date_of(&date).is_some_and(|(year, ..)| year > 1990);
    let mut found = Vec::new();
    if is_date && is_time {
        found.push(Found::new("乘车日期", page, by_look(date, &text), &text));
        found.push(Found::new("时间", page, by_look(time.to_owned(), &text), &text));
    }
    found
}

/// `03车01F号`, `05车无座`.
fn seat(row: &Row, page: u32) -> Option<Found> {
    let at = row.chars.iter().position(|ch| ch.c == '车')?;
    let from = row.chars[..at].iter().rposition(|ch| !ch.c.is_ascii_digit()).map_or(0, |before| before + 1);
    let rest = row.chars[at..].iter().take(7).position(|ch| matches!(ch.c, '号' | '座'))?;
    let text = Text { chars: row.chars[from..=at + rest].to_vec() };
    let tail: String = row.chars[at + 1..at + rest].iter().map(|ch| ch.c).collect();
    let is_seat = tail == "无" || tail.chars().all(|c| c.is_ascii_alphanumeric()) && !tail.is_empty();
    (is_seat && from < at).then(|| Found::new("座位", page, by_look(text.compact(), &text), &text))
}

/// A number of a person with its middle starred out, and the name beside it.
fn traveller(sheet: &Sheet, row: &Row, page: u32) -> Vec<Found> {
    let is_number = |text: &str| {
        let starred = text.contains('*') && text.chars().all(|c| c.is_ascii_digit() || c == '*' || c == 'X');
        text.len() == 18 && (starred || super::super::check_digits::is_person_number(text))
    };
    let words = pieces(row, 0.4);
    let Some(at) = words.iter().position(|word| word.chars.len() >= 18 && is_number(&prefix(word).compact())) else {
        return Vec::new();
    };
    let number = prefix(&words[at]);
    let mut found = vec![Found::new("身份证号码", page, by_look(number.compact(), &number), &number)];
    let is_labelled = !sheet.spots("姓名").is_empty() || !sheet.spots("旅客姓名").is_empty();
    let behind = Text { chars: words[at].chars[18..].to_vec() };
    let name = if behind.is_empty() { words.get(at + 1).cloned().unwrap_or_default() } else { behind };
    let is_name = (2..=20).contains(&name.chars.len()) && name.chars.iter().all(|ch| ch.c.is_alphabetic() || "·.".contains(ch.c));
    if is_name && !is_labelled {
        found.push(Found::new("姓名", page, by_look(name.spaced(), &name), &name));
    }
    found
}

fn prefix(word: &Text) -> Text {
    Text { chars: word.chars.iter().copied().take(18).collect() }
}

/// The itinerary of a flight: labels above their values, in columns.
pub(super) fn air(sheet: &Sheet, page: u32) -> Vec<Found> {
    let mut found = head(sheet, true, page);
    if !found.iter().any(|one| one.pos_id == "日期") {
        found.extend(labelled(sheet, "填开日期", "日期", page, values::date));
    }
    found.extend(labelled(sheet, "购买方名称", "客户名称", page, values::name));
    let tax = ["统一社会信用代码/纳税人识别号", "统一社会信用代码", "纳税人识别号"];
    found.extend(tax.iter().find_map(|label| labelled(sheet, label, "购方税号", page, values::tax_number)));
    found.extend(under(sheet, &["旅客姓名"], "姓名", page, values::name));
    found.extend(under(sheet, &["有效身份证件号码", "有效身份证件号"], "身份证号码", page, |text| {
        let number = text.compact();
        let is_number = number.len() >= 6 && number.chars().all(|c| c.is_ascii_alphanumeric() || c == '*');
        is_number.then(|| by_look(number, text))
    }));
    let total = under(sheet, &["合计"], "金额", page, currency);
    let tax = under(sheet, &["增值税税额", "税额"], "税额", page, currency);
    let parts: Vec<i64> = ["票价", "燃油附加费", "增值税税额", "民航发展基金", "其他税费"]
        .iter()
        .filter_map(|label| under(sheet, &[label], "金额", page, currency))
        .filter_map(|one| super::super::money::amount(&one.text))
        .collect();
    let sum: i64 = parts.iter().fold(0, |a, b| a.saturating_add(*b));
    let adds_up = parts.len() >= 2 && total.as_ref().and_then(|one| super::super::money::amount(&one.text)) == Some(sum);
    let most = if adds_up { 1.0 } else { 0.7 };
    found.extend(total.into_iter().chain(tax).map(|one| one.doubted(most)));
    found
}

/// Beside a label, or below it.
fn under(sheet: &Sheet, labels: &[&str], pos_id: &'static str, page: u32, value: impl Fn(&Text) -> Option<Value>) -> Option<Found> {
    let spots: Vec<_> = labels.iter().map(|label| sheet.spots(label)).find(|spots| !spots.is_empty())?;
    let near = spots.iter().flat_map(|spot| {
        let beside = sheet.after(spot, Reach { first: 2.0, next: 1.6, right: f32::MAX });
        std::iter::once(beside).chain(sheet.below(spot, 1.0, 1)).filter_map(|text| Some((value(&text)?, text))).next()
    });
    Found::one(pos_id, page, near.collect())
}

/// `CNY 1234.00`, `YQ 50.00`
fn currency(text: &Text) -> Option<Value> {
    let printed = text.compact();
    let figure = ["CNY", "CN", "YQ"].iter().find_map(|word| printed.strip_prefix(word)).unwrap_or(&printed);
    let is_sum = figure.chars().next().is_some_and(|c| c.is_ascii_digit() || c == '¥' || c == '-');
    let sum = values::plain_sum(figure).filter(|_| is_sum)?;
    Some(by_look(sum, text))
}

/// What a page is whose title none is.
pub(super) fn untitled(sheet: &Sheet) -> Option<Kind> {
    is_paper_ticket(sheet).then_some(Kind::Train)
}
