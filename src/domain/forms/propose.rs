//! What a template of a page could have, whatever its title says: values beside the labels of every form that is known, and of those that
//! companies print. A person corrects it, so here a value that may be another's is better than none. Not here: templates (template.rs).

use super::super::area::{AreaKind, Holds};
use super::super::kind::Kind;
use super::super::paper::{Page, Run, Source};
use super::super::template::Rect;
use super::columns::heads;
use super::found::Found;
use super::join::everywhere;
use super::labels::{Reach, Spot, of_one_size, pieces};
use super::lines::{Sheet, Text, is_wide};
use super::parties::{self, is_outside};
use super::values::{self, DOUBT, Value};
use super::{Field, invoice, plain};

/// What may become a template.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proposal {
    /// The largest print; empty where none is larger than the rest.
    pub label: String,
    /// Each with a place, which has some room for longer values.
    pub fields: Vec<Field>,
    /// What each printed label says of the value beside it, whether or not that was found.
    pub labels: Vec<Label>,
    /// All that is printed.
    pub print: Vec<Run>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    pub pos_id: &'static str,
    pub rect: Rect,
}

/// A template's label has no more.
const LABEL_CHARS_MAX: usize = 64;
/// A title has as many Chinese characters.
const TITLE_CHARS_MIN: usize = 2;
/// And is so much larger than the rest.
const TITLE_SIZE: f32 = 1.25;

pub fn propose(page: &Page) -> Proposal {
    const FIRST: u32 = 1;
    let sheet = Sheet::of(&page.runs, everywhere(page));
    // The kind decides on codes and lengths of numbers alone; this one has them all.
    let mut found = invoice::read(&sheet, Kind::VatENormal, FIRST).found;
    found.extend(plain::any(&sheet, FIRST));
    found.extend(company(&sheet, FIRST));
    let mut fields: Vec<Field> = Vec::new();
    let mut places: Vec<Rect> = Vec::new();
    for one in found {
        let Some(place) = one.rect.filter(Rect::has_extent) else { continue };
        let is_there = fields.iter().any(|field| field.pos_id == one.pos_id) || places.iter().any(|other| cover(&place, other));
        if !is_there {
            places.push(place);
            let rect = Some(roomy(&sheet, page, one.pos_id, place));
            let Found { pos_id, text, probability, page, .. } = one;
            fields.push(Field { pos_id, text, probability, source: Source::Ocr, page, rect });
        }
    }
    Proposal { label: title(&sheet), fields, labels: labels(&sheet), print: page.runs.clone() }
}

// Labels on what companies print themselves; also where they end a longer word: 销售单号.
const NUMBER: [&str; 7] = ["单号", "编号", "票号", "No", "NO", "№", "Nº"];
const DATE: [&str; 1] = ["日期"];
const BUYER: [&str; 8] = ["客户名称", "客户", "付款方", "交款单位", "缴款单位", "购货单位", "收货单位", "今收到"];
const SELLER: [&str; 5] = ["供货单位", "供应商", "收款方", "开票单位", "填开单位"];
const SUM: [&str; 6] = ["合计", "总计", "总价", "实付", "应付", "实收"];
const PERSON: [&str; 3] = ["身份证号码", "身份证号", "证件号码"];

/// All that say what stands beside or below them; of two that overlap the longer one.
fn labels(sheet: &Sheet) -> Vec<Label> {
    // Ends as a label does, and is another thing.
    const NONE: &str = "";
    const WITHIN: [plain::Row; 10] = [
        (NONE, &["机器编号"]),
        ("发票号码", &NUMBER),
        ("日期", &DATE),
        ("客户名称", &BUYER),
        ("销方名称", &SELLER),
        ("身份证号码", &PERSON),
        ("备注", &["备注"]),
        ("开票人", &["开票人"]),
        ("金额", &["小写"]),
        ("中文金额", &["大写", "人民币"]),
    ];
    let heads = heads(sheet);
    let mut found: Vec<(&'static str, Spot)> = parties::labels(sheet, &heads);
    for (pos_id, labels) in plain::ROWS {
        found.extend(labels.iter().flat_map(|label| sheet.spots(label)).map(|spot| (pos_id, spot)));
    }
    for (pos_id, labels) in WITHIN.into_iter().chain(plain::SUMS) {
        found.extend(labels.iter().flat_map(|label| sheet.spots_within(label)).map(|spot| (pos_id, spot)));
    }
    // Below a table two sums stand beside it, neither of which is the whole.
    if heads.is_empty() {
        found.extend(SUM.iter().flat_map(|label| sheet.spots_within(label)).map(|spot| ("金额", spot)));
    }
    found.retain(|(_, spot)| is_outside(&heads, spot));
    // Stable: the parties' own words stay before others of their length.
    found.sort_by_key(|(_, spot)| std::cmp::Reverse(spot.to - spot.from));
    let mut kept: Vec<(&'static str, Spot)> = Vec::new();
    for (pos_id, spot) in found {
        if !kept.iter().any(|(_, other)| other.row == spot.row && spot.from < other.to && other.from < spot.to) {
            kept.push((pos_id, spot));
        }
    }
    kept.retain(|(pos_id, _)| *pos_id != NONE);
    kept.into_iter().filter_map(|(pos_id, spot)| Some(Label { pos_id, rect: sheet.place(&spot)? })).collect()
}

fn company(sheet: &Sheet, page: u32) -> Vec<Found> {
    const LONG: Reach = Reach { first: 20.0, next: 3.0, right: f32::MAX };
    const NEAR: Reach = Reach { first: 10.0, next: 1.6, right: f32::MAX };
    let found = [
        within(sheet, "发票号码", &NUMBER, page, NEAR, values::serial),
        within(sheet, "日期", &DATE, page, Reach::LINE, values::date).or_else(|| dated(sheet, page)),
        within(sheet, "客户名称", &BUYER, page, Reach::LINE, values::name),
        within(sheet, "销方名称", &SELLER, page, Reach::LINE, values::name),
        plain::sum_after(sheet, &SUM, "金额", page),
        within(sheet, "中文金额", &["人民币"], page, LONG, values::words),
        within(sheet, "身份证号码", &PERSON, page, NEAR, values::serial),
        within(sheet, "备注", &["备注"], page, Reach::LINE, values::name),
    ];
    found.into_iter().flatten().collect()
}

/// The first of these labels that has a value.
fn within(
    sheet: &Sheet,
    pos_id: &'static str,
    labels: &[&str],
    page: u32,
    reach: Reach,
    value: impl Fn(&Text) -> Option<Value>,
) -> Option<Found> {
    labels.iter().find_map(|label| {
        let texts = sheet.spots_within(label).into_iter().map(|spot| sheet.after(&spot, reach));
        Found::one(pos_id, page, texts.filter_map(|text| Some((value(&text)?, text))).collect())
    })
}

/// Receipts have a date without a label.
fn dated(sheet: &Sheet, page: u32) -> Option<Found> {
    let dates = sheet.rows.iter().flat_map(|row| pieces(row, 2.2)).filter_map(|piece| {
        let from = piece.chars.iter().position(|ch| ch.c.is_ascii_digit())?;
        let until = piece.chars.iter().position(|ch| ch.c == '日')?;
        let text = Text { chars: piece.chars.get(from..=until)?.to_vec() };
        Some((values::date(&text).filter(|date| date.probability > DOUBT)?, text))
    });
    Found::one("日期", page, dates.collect())
}

/// One of them is another's for the most part.
fn cover(a: &Rect, b: &Rect) -> bool {
    let width = a.right().min(b.right()) - a.x.max(b.x);
    let height = a.bottom().min(b.bottom()) - a.y.max(b.y);
    let least = (a.width * a.height).min(b.width * b.height);
    width > 0.0 && height > 0.0 && width * height > least * 0.5
}

/// The next invoice's value is longer, or a little aside: as far as nothing else stands there.
fn roomy(sheet: &Sheet, page: &Page, pos_id: &str, own: Rect) -> Rect {
    let is_text = matches!(AreaKind::of_pos_id(pos_id).holds(), Holds::Text | Holds::SumInWords);
    let sides = if is_text { (0.5, 8.0) } else { (1.5, 2.0) };
    let is_own = |rect: &Rect| {
        let (x, y) = (rect.x + rect.width / 2.0, rect.y + rect.height / 2.0);
        x >= own.x && x <= own.right() && y >= own.y && y <= own.bottom()
    };
    let chars = sheet.rows.iter().flat_map(|row| &row.chars);
    let chars = chars.map(|ch| Rect { x: ch.x0, y: ch.y0, width: ch.x1 - ch.x0, height: ch.y1 - ch.y0 });
    let others: Vec<Rect> = chars.chain(sheet.stacks.iter().map(|stack| stack.rect)).filter(|rect| !is_own(rect)).collect();
    let level = |other: &&Rect| other.y < own.bottom() && other.bottom() > own.y;
    let over = |other: &&Rect| other.x < own.right() && other.right() > own.x;
    // Less than half: what stands there may be longer next time, too.
    let room = |gaps: &mut dyn Iterator<Item = f32>, edge: f32, most: f32| {
        let free = gaps.filter(|gap| *gap > -own.height / 2.0).fold(edge, f32::min);
        (free * 0.4).clamp(0.0, most * own.height)
    };
    let left = room(&mut others.iter().filter(level).map(|other| own.x - other.right()), own.x, sides.0);
    let right = room(&mut others.iter().filter(level).map(|other| other.x - own.right()), page.width as f32 - own.right(), sides.1);
    let top = room(&mut others.iter().filter(over).map(|other| own.y - other.bottom()), own.y, 0.3);
    let bottom = room(&mut others.iter().filter(over).map(|other| other.y - own.bottom()), page.height as f32 - own.bottom(), 0.3);
    Rect { x: own.x - left, y: own.y - top, width: own.width + left + right, height: own.height + top + bottom }
}

/// The largest print, the upper one of two.
fn title(sheet: &Sheet) -> String {
    let height = |text: &Text| text.rect().map_or(0.0, |rect| rect.height);
    let all = || sheet.rows.iter().flat_map(|row| &row.chars).map(|ch| ch.y1 - ch.y0);
    let mut heights: Vec<f32> = all().collect();
    heights.sort_by(f32::total_cmp);
    let usual = heights.get(heights.len() / 2).copied().unwrap_or_default();
    let is_title = |text: &Text| {
        let words = text.chars.iter().filter(|ch| is_wide(ch.c) && ch.c.is_alphabetic()).count();
        words >= TITLE_CHARS_MIN && words * 2 > text.chars.len() && text.chars.iter().all(|ch| ch.c != ':')
    };
    let parts = sheet.rows.iter().flat_map(|row| pieces(row, 3.0)).flat_map(|piece| of_one_size(&piece));
    let largest = parts.filter(|part| is_title(part) && height(part) > usual * TITLE_SIZE);
    let largest = largest.reduce(|best, other| if height(&other) > height(&best) { other } else { best });
    largest.map_or(String::new(), |text| text.spaced().chars().take(LABEL_CHARS_MAX).collect())
}
