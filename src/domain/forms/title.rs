//! Titles: which national form a page holds, and how many, one above the other or side by side. Not here: what stands on them.

use super::super::kind::Kind;
use super::super::paper::Page;
use super::super::template::Rect;
use super::columns::heads;
use super::labels::{Reach, of_one_size, pieces};
use super::lines::{Row, Sheet, Text, simple};

/// An invoice's place on its page.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub kind: Kind,
    pub area: Rect,
}

/// Words that a title holds, without its brackets and blanks; the longer ones before what they contain.
const TITLES: [(&str, Kind); 32] = [
    ("电子发票铁路电子客票", Kind::DigitalRail),
    ("电子发票航空运输电子客票行程单", Kind::DigitalAir),
    ("航空运输电子客票行程单", Kind::DigitalAir),
    ("铁路电子客票", Kind::DigitalRail),
    ("电子发票机动车销售统一发票", Kind::Vehicle),
    ("电子发票增值税专用发票", Kind::DigitalSpecial),
    ("电子发票普通发票", Kind::DigitalNormal),
    ("通行费增值税电子普通发票", Kind::VatToll),
    ("增值税电子普通发票", Kind::VatENormal),
    ("增值税电子专用发票", Kind::VatESpecial),
    ("电子普通发票", Kind::VatENormal),
    ("增值税普通发票卷票", Kind::VatRoll),
    ("增值税普通发票卷式", Kind::VatRoll),
    ("增值税普通发票", Kind::VatNormal),
    ("增值税专用发票", Kind::VatSpecial),
    ("机动车销售统一发票", Kind::Vehicle),
    ("出租汽车专用发票", Kind::Taxi),
    ("出租汽车统一发票", Kind::Taxi),
    ("出租车专用发票", Kind::Taxi),
    ("出租汽车发票", Kind::Taxi),
    ("出租车发票", Kind::Taxi),
    ("通用机打发票", Kind::Machine),
    ("通用定额发票", Kind::Quota),
    ("定额发票", Kind::Quota),
    ("医疗门诊收费票据", Kind::Fiscal),
    ("医疗住院收费票据", Kind::Fiscal),
    ("医疗收费票据", Kind::Fiscal),
    ("门诊收费票据", Kind::Fiscal),
    ("住院收费票据", Kind::Fiscal),
    ("非税收入统一票据", Kind::Fiscal),
    ("非税收入票据", Kind::Fiscal),
    ("非税收入一般缴款书", Kind::Fiscal),
];

/// Words of which each form has one, whatever a seal hides: in its title, its labels, its table.
const MARKS: [&str; 6] = ["票", "行程单", "缴款书", "纳税人", "金额", "税额"];

/// Whether a closer look at a page on which this was read at a glance may find a known form.
pub fn may_be_known(skimmed: &str) -> bool {
    MARKS.iter().any(|mark| skimmed.contains(mark))
}

/// More are on no page.
const TITLES_MAX: usize = 12;

/// May stand before a title: who it is of.
const BEFORE_MAX: usize = 12;
/// May stand after it: which of its sheets, `(电子)`, `发票联`.
const AFTER: [&str; 12] =
    ["", "电子", "发票联", "抵扣联", "记账联", "存根联", "电子票据", "卷票", "卷式", "代开", "收费票据", "电子发票"];

/// The invoices of a page; none where no title is certain.
pub(super) fn titles(page: &Page) -> Vec<Found> {
    let whole = Rect { x: 0.0, y: 0.0, width: page.width as f32, height: page.height as f32 };
    let sheet = Sheet::of(&page.runs, Rect { x: f32::MIN / 4.0, y: f32::MIN / 4.0, width: f32::MAX / 2.0, height: f32::MAX / 2.0 });
    let mut found: Vec<(Kind, Rect)> = Vec::new();
    for row in &sheet.rows {
        for piece in pieces(row, 3.0).iter().flat_map(of_one_size) {
            if let (Some(kind), Some(rect)) = (kind_of(&piece), piece.rect()) {
                found.push((kind, rect));
            }
        }
    }
    // Small print that names a form is none, where a title stands.
    let tallest = found.iter().map(|(_, rect)| rect.height).fold(0.0, f32::max);
    found.retain(|(_, rect)| rect.height > tallest * 0.6);
    found.extend(coded(&sheet, &found));
    if found.len() > TITLES_MAX {
        return Vec::new();
    }
    in_reading_order(&mut found);
    let places: Vec<Rect> = found.iter().map(|(_, rect)| *rect).collect();
    let areas = areas(&sheet, &places, whole);
    found.into_iter().zip(areas).map(|((kind, _), area)| Found { kind, area }).collect()
}

/// A seal may hide a title; the code of an invoice says what it is, too. Where a title stands near, that one counts.
fn coded(sheet: &Sheet, titles: &[(Kind, Rect)]) -> Vec<(Kind, Rect)> {
    const SURE: f64 = 0.9;
    if heads(sheet).is_empty() && (sheet.spots_within("小写").is_empty() || sheet.spots("纳税人识别号").is_empty()) {
        return Vec::new();
    }
    let numbers: Vec<Rect> = sheet.spots("发票号码").iter().filter_map(|spot| sheet.place(spot)).collect();
    let codes = sheet.spots("发票代码").into_iter().filter_map(|spot| {
        let place = sheet.place(&spot)?;
        let code = sheet.after(&spot, Reach { first: 8.0, next: 1.2, right: f32::MAX });
        let near = |other: &Rect, times: f32| (other.y - place.y).abs() < place.height * times;
        let has_number = numbers.iter().any(|other| near(other, 4.0) && (other.x - place.x).abs() < place.height * 3.0);
        let has_title = titles.iter().any(|(_, title)| near(title, 12.0));
        let kind = Kind::of_code(&code.compact()).filter(|_| code.probability() >= SURE)?;
        (has_number && !has_title).then_some((kind, place))
    });
    let labelled: Vec<(Kind, Rect)> = codes.collect();
    if labelled.is_empty() && titles.is_empty() { on_paper(sheet) } else { labelled }
}

/// Paper forms print their code twice, without a label: in large left of the title, in small right of it.
fn on_paper(sheet: &Sheet) -> Vec<(Kind, Rect)> {
    let is_code = |text: &str| matches!(text.len(), 10 | 12) && text.chars().all(|c| c.is_ascii_digit());
    let pieces = sheet.rows.iter().flat_map(|row| pieces(row, 1.2)).flat_map(|piece| of_one_size(&piece));
    let all: Vec<Text> = pieces.filter(|piece| is_code(&piece.compact())).collect();
    let mut found: Vec<(Kind, Rect)> = Vec::new();
    for (n, piece) in all.iter().enumerate() {
        let code = piece.compact();
        let is_first = !all[..n].iter().any(|other| other.compact() == code);
        let again = all[n + 1..].iter().filter(|other| other.compact() == code).filter_map(Text::rect);
        let kind = Kind::of_code(&code).filter(|kind| matches!(kind, Kind::VatSpecial | Kind::VatNormal | Kind::VatRoll));
        if let (true, Some(place), Some(kind)) = (is_first, piece.rect(), kind)
            && again.into_iter().any(|other| (other.y - place.y).abs() < place.height * 3.0)
        {
            found.push((kind, place));
        }
    }
    found
}

/// From top to bottom, those side by side from left to right.
fn in_reading_order(found: &mut [(Kind, Rect)]) {
    found.sort_by(|(_, a), (_, b)| a.y.total_cmp(&b.y));
    let mut from = 0;
    for at in 1..=found.len() {
        if found.get(at).is_none_or(|(_, rect)| rect.y - found[from].1.y > found[from].1.height * 2.0) {
            found[from..at].sort_by(|(_, a), (_, b)| a.x.total_cmp(&b.x));
            from = at;
        }
    }
}

fn kind_of(piece: &Text) -> Option<Kind> {
    let text: String = piece.chars.iter().map(|ch| simple(ch.c)).filter(|c| !"()[]{}〔〕【】《》<>\u{b7}:".contains(*c)).collect();
    if piece.chars.last()?.c == ':' {
        return None;
    }
    let exact = TITLES.iter().find_map(|(word, kind)| {
        let at = text.find(word)?;
        named(&text[..at], &text[at + word.len()..], *kind)
    });
    let is_read = piece.probability() < 1.0;
    exact.or_else(|| if is_read { misread(&text) } else { None })
}

/// The kind, where nothing stands before and after that makes a sentence of it.
fn named(before: &str, after: &str, kind: Kind) -> Option<Kind> {
    // The code on its left and the number on its right, where they are as large.
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let code = [12, 10].into_iter().find_map(|length| before.split_at_checked(length).filter(|(code, _)| digits(code)));
    let before = code.map_or(before, |(_, rest)| rest);
    let number = after.len().checked_sub(8).and_then(|at| after.split_at_checked(at)).filter(|(_, number)| digits(number));
    let after = number.map_or(after, |(mark, _)| mark);
    let after = if ["No", "NO", "№", "N0", "N°", "Nº"].contains(&after) { "" } else { after };
    let is_short = before.chars().count() <= BEFORE_MAX && !before.contains(['号', '码', '属', '、', ',', '的', '为']);
    let is_vat = !matches!(kind, Kind::Taxi | Kind::Quota | Kind::Machine | Kind::Fiscal);
    let is_suffix = !is_vat && after.chars().count() <= 6 && !after.contains(['号', '码', '、', ',', '的', '清']);
    let kind = if before.contains("通行费") && kind == Kind::VatENormal { Kind::VatToll } else { kind };
    (is_short && (is_suffix || AFTER.contains(&after))).then_some(kind)
}

/// One wrong character in a long title. No two of them differ in one.
fn misread(text: &str) -> Option<Kind> {
    let chars: Vec<char> = text.chars().collect();
    let mut found: Vec<Kind> = Vec::new();
    for (word, kind) in TITLES.iter().filter(|(word, _)| word.chars().count() >= 7) {
        let signs: Vec<char> = word.chars().collect();
        let at = chars.windows(signs.len()).position(|part| part.iter().zip(&signs).filter(|(a, b)| a != b).count() == 1);
        let side = |part: &[char]| part.iter().collect::<String>();
        found.extend(at.and_then(|at| named(&side(&chars[..at]), &side(&chars[at + signs.len()..]), *kind)));
        if !found.is_empty() {
            break;
        }
    }
    found.pop()
}

/// Each title has the page down to the next one; what stands a little above it is its own.
fn areas(sheet: &Sheet, titles: &[Rect], page: Rect) -> Vec<Rect> {
    let far = page.width.max(page.height).max(1.0) * 4.0;
    let all = Rect { x: -far, y: -far, width: far * 3.0, height: far * 3.0 };
    titles
        .iter()
        .map(|own| {
            let middle = |rect: &Rect| rect.x + rect.width / 2.0;
            let is_level = |other: &&Rect| (other.y - own.y).abs() < own.height.max(other.height) * 2.0;
            let (level, others): (Vec<&Rect>, Vec<&Rect>) = titles.iter().filter(|other| *other != own).partition(is_level);
            let is_over = |other: &&&Rect| (middle(other) - middle(own)).abs() < page.width * 0.3 || level.is_empty();
            let above = others.iter().filter(|other| other.y < own.y).max_by(|a, b| a.y.total_cmp(&b.y));
            let below = others.iter().filter(|other| other.y > own.y).filter(is_over).min_by(|a, b| a.y.total_cmp(&b.y));
            let top = above.map_or(all.y, |above| border(sheet, above, own));
            let bottom = below.map_or(all.bottom(), |below| border(sheet, own, below));
            let left = level.iter().filter(|other| middle(other) < middle(own)).map(|other| (middle(other) + middle(own)) / 2.0);
            let right = level.iter().filter(|other| middle(other) > middle(own)).map(|other| (middle(other) + middle(own)) / 2.0);
            let (left, right) = (left.fold(all.x, f32::max), right.fold(all.right(), f32::min));
            Rect { x: left, y: top, width: right - left, height: bottom - top }
        })
        .collect()
}

/// Between two titles: the widest empty strip not far above the lower one.
fn border(sheet: &Sheet, upper: &Rect, lower: &Rect) -> f32 {
    let from = (lower.y - (lower.y - upper.y) * 0.25).max(upper.bottom());
    let mut edges: Vec<(f32, f32)> = vec![(from, from)];
    let near: Vec<&Row> =
        sheet.rows.iter().filter(|row| row.bottom() > from && row.middle() < lower.y + lower.height / 2.0).collect();
    edges.extend(near.iter().map(|row| (row.top(), row.bottom())));
    edges.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut end = from;
    let mut widest = (0.0, lower.y - lower.height);
    for (top, bottom) in edges {
        if top - end > widest.0 {
            widest = (top - end, f32::midpoint(top, end));
        }
        end = end.max(bottom);
    }
    widest.1
}
