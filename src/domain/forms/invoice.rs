//! VAT and digital invoices: two parties, a table, sums. Not here: each of those (parties.rs, items.rs, sums.rs); tickets (travel.rs).

use super::super::kind::Kind;
use super::super::paper::Item;
use super::columns::{Head, heads};
use super::found::Found;
use super::items::items;
use super::labels::{Reach, of_one_size, pieces};
use super::lines::{Row, Sheet, Text};
use super::parties::parties;
use super::sums::sums;
use super::values::{self, DOUBT, Value};

/// What one page of an invoice says.
#[derive(Clone, Debug, Default)]
pub(super) struct Sides {
    pub found: Vec<Found>,
    pub items: Vec<Item>,
}

pub(super) fn read(sheet: &Sheet, kind: Kind, page: u32) -> Sides {
    let heads = heads(sheet);
    let is_digital = matches!(kind, Kind::DigitalNormal | Kind::DigitalSpecial);
    let mut found = head(sheet, is_digital, page);
    let is_paper = matches!(kind, Kind::VatNormal | Kind::VatSpecial | Kind::VatRoll);
    if is_paper && !found.iter().any(|one| one.pos_id == "发票号码") {
        found.extend(on_paper(sheet, &heads, page));
    }
    found.extend(parties(sheet, &heads, page));
    found.extend(sums(sheet, &heads, page));
    found.extend(drawer(sheet, page));
    let of = |pos_id: &str| found.iter().find(|one| one.pos_id == pos_id).map(|one| one.text.as_str());
    let remark = remarks(sheet, &heads, page, [of("销方税号"), of("销方名称")]);
    found.extend(remark);
    Sides { found, items: items(sheet, &heads) }
}

/// Code, number, date, check code: each with its label, the older ones on paper without.
pub(super) fn head(sheet: &Sheet, is_digital: bool, page: u32) -> Vec<Found> {
    let mut found = Vec::new();
    if !is_digital {
        found.extend(labelled(sheet, "发票代码", "发票代码", page, |text| values::number(text, &[10, 12])));
    }
    let lengths: &[usize] = if is_digital { &[20] } else { &[8, 20] };
    found.extend(labelled(sheet, "发票号码", "发票号码", page, |text| values::number(text, lengths)));
    found.extend(labelled(sheet, "开票日期", "日期", page, values::date));
    if !is_digital {
        found.extend(check_code(sheet, page));
    }
    found
}

pub(super) fn labelled(
    sheet: &Sheet,
    label: &str,
    pos_id: &'static str,
    page: u32,
    value: impl Fn(&Text) -> Option<Value>,
) -> Option<Found> {
    let texts = sheet.spots(label).into_iter().map(|spot| sheet.after(&spot, Reach { first: 8.0, next: 2.2, right: f32::MAX }));
    Found::one(pos_id, page, texts.filter_map(|text| Some((value(&text)?, text))).collect())
}

/// In four groups, which some set far apart.
fn check_code(sheet: &Sheet, page: u32) -> Option<Found> {
    let texts = sheet.spots("校验码").into_iter().map(|spot| sheet.after(&spot, Reach { first: 8.0, next: 5.0, right: f32::MAX }));
    Found::one("校验码", page, texts.filter_map(|text| Some((values::number(&text, &[20])?, text))).collect())
}

/// Paper forms have the code printed on the left of the title, the number on its right after `No`, and both again in small beside it.
fn on_paper(sheet: &Sheet, heads: &[Head], page: u32) -> Vec<Found> {
    let head = heads.first().and_then(|head| sheet.rows.get(head.row)).map(Row::top);
    let Some(below) = sheet.stack("购").map(|stack| stack.rect.y).or(head) else { return Vec::new() };
    let mut numbers = Vec::new();
    let mut codes = Vec::new();
    for row in sheet.rows.iter().filter(|row| row.bottom() < below) {
        for piece in pieces(row, 1.2).iter().flat_map(of_one_size) {
            let text = piece.compact();
            let marked =
                ["No", "NO", "№", "N0", "N°", "Nº"].iter().find_map(|mark| text.strip_prefix(mark).map(|rest| (mark, rest)));
            let digits = marked.map_or(text.as_str(), |(_, rest)| rest).trim_start_matches(['.', ':']);
            let skip = text.chars().count() - digits.chars().count();
            let piece = Text { chars: piece.chars[skip..].to_vec() };
            if digits.chars().all(|c| c.is_ascii_digit()) {
                match digits.len() {
                    8 => numbers.extend(values::number(&piece, &[8]).map(|value| (value, piece, marked.is_some()))),
                    10 | 12 => codes.extend(values::number(&piece, &[10, 12]).map(|value| (value, piece))),
                    _ => {}
                }
            }
        }
    }
    // Without its mark a number of eight digits may be a date or a telephone.
    let is_marked = numbers.iter().any(|(.., marked)| *marked);
    let times = |text: &str| numbers.iter().filter(|(value, ..)| value.text == text).count();
    let is_named = |text: &str| numbers.iter().any(|(value, _, marked)| *marked && value.text == text);
    let sure: Vec<(Value, Text)> = numbers
        .iter()
        .filter(|(value, _, marked)| *marked || (!is_marked || is_named(&value.text)) && times(&value.text) > 1)
        .map(|(v, t, _)| (v.clone(), t.clone()))
        .collect();
    let (number, code) = (Found::one("发票号码", page, sure), Found::one("发票代码", page, codes));
    number.into_iter().chain(code).collect()
}

fn drawer(sheet: &Sheet, page: u32) -> Option<Found> {
    let spots = sheet.spots("开票人").into_iter();
    let texts = spots.map(|spot| sheet.after(&spot, Reach { first: 6.0, next: 1.6, right: f32::MAX })).filter(|text| {
        // Where nobody signed, the next label stands there: `销售方:(章)`.
        let compact = text.compact();
        !["销售", "销货单位", "专用章"].iter().any(|word| compact.contains(word))
    });
    Found::one("开票人", page, texts.filter_map(|text| Some((values::name(&text)?, text))).collect())
}

/// The box beside the upright 备注, from the sums down to the last row of names.
fn remarks(sheet: &Sheet, heads: &[Head], page: u32, seller: [Option<&str>; 2]) -> Option<Found> {
    let label = sheet.stack("备注")?;
    let head = heads.last().map_or(0, |head| head.last);
    let foot = ["小写", "大写"].iter().flat_map(|word| sheet.spots_within(word)).map(|spot| spot.row).max().unwrap_or(head);
    // Some set the names of who drew it up into the box; below it, they are its end.
    let names = ["开票人", "收款人", "复核"].iter().flat_map(|word| sheet.spots(word)).filter(|spot| spot.row > foot);
    let tops = names.filter_map(|spot| sheet.rows.get(spot.row)).map(Row::top);
    let below = tops.filter(|top| *top > label.rect.bottom() - label.rect.height * 0.2);
    let end = below.fold(label.rect.bottom() + label.rect.height * 1.2, f32::min);
    let left = label.rect.right();
    let mut found: Vec<Text> = Vec::new();
    for row in sheet.rows.iter().skip(foot + 1).filter(|row| row.middle() < end) {
        let mut text = row.clone();
        text.chars.retain(|ch| f32::midpoint(ch.x0, ch.x1) > left);
        let compact: String = text.chars.iter().map(|ch| ch.c).collect();
        if !["收款人:", "开票人:", "复核:", "复核人:"].iter().any(|word| compact.contains(word)) {
            found.extend(pieces(&text, 2.2));
        }
    }
    let rows = without_seal(found, seller);
    let text = rows.iter().map(Text::printed).collect::<Vec<_>>().join(" ");
    let probability = rows.iter().map(Text::probability).fold(1.0, f64::min);
    // On pictures: of a neighbour, or of the form itself.
    let is_label = ["识别号", "开户行", "地址、电话", "称:", "规格型号"].iter().any(|label| text.contains(label));
    let is_number = rows.iter().any(|row| values::is_tax_number(&row.compact()));
    let is_other = probability < 1.0 && (is_label || is_number);
    let value = Value { text, probability: if is_other { probability.min(DOUBT) } else { probability } };
    (!value.text.is_empty()).then(|| Found::of_rows("备注", page, value, &rows))
}

/// On pictures the seller's seal covers this box: its tax number, its ring with the name; pieces of that are no remark.
fn without_seal(pieces: Vec<Text>, seller: [Option<&str>; 2]) -> Vec<Text> {
    let is_of_seal = |text: &Text| {
        let compact = text.compact();
        let says = |word: &str| common(&compact, word) * 4 >= 3 * compact.chars().count();
        let is_sellers = seller.into_iter().flatten().any(says);
        text.probability() < 1.0 && (is_sellers || compact.contains("专用章") || compact.contains("(章)"))
    };
    let of_seal = pieces.iter().filter(|piece| is_of_seal(piece)).filter_map(Text::rect);
    let Some(longest) = of_seal.max_by(|a, b| a.width.total_cmp(&b.width)) else { return pieces };
    // The number lies across the middle of an oval of 40 by 30 mm (the state's model of the seal), and is 26 mm long.
    let (x, y) = (longest.x + longest.width / 2.0, longest.y + longest.height / 2.0);
    let is_in_ring = |rect: &super::super::template::Rect| {
        let (dx, dy) = (rect.x + rect.width / 2.0 - x, rect.y + rect.height / 2.0 - y);
        dx.abs() < longest.width * 0.8 && dy.abs() < longest.width * 0.65
    };
    let is_piece = |text: &Text| {
        let is_sure = text.probability() > 0.95 && text.chars.len() > 3;
        is_of_seal(text) || !is_sure && text.rect().as_ref().is_some_and(is_in_ring)
    };
    pieces.into_iter().filter(|piece| !is_piece(piece)).collect()
}

/// Characters that two texts have in the same order (longest common subsequence).
fn common(a: &str, b: &str) -> usize {
    let mut row = vec![0; b.chars().count() + 1];
    for x in a.chars() {
        let mut corner = 0;
        for (at, y) in b.chars().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if x == y { corner + 1 } else { above.max(row[at]) };
            corner = above;
        }
    }
    row.pop().unwrap_or(0)
}
