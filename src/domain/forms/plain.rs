//! Forms of few fields, each beside its label: vehicles, taxis, machine-printed, fixed amounts, fiscal receipts. Not here: VAT and
//! digital invoices (invoice.rs), tickets (travel.rs).

use super::super::kind::Kind;
use super::found::Found;
use super::invoice::labelled;
use super::labels::Reach;
use super::lines::{Sheet, Text};
use super::sums::{agree, first_sum, sums_right_of};
use super::values::{self, Value};

/// What it is, and its labels.
pub(super) type Row = (&'static str, &'static [&'static str]);

const CODE: Row = ("发票代码", &["发票代码", "票据代码", "代码"]);
const NUMBER: Row = ("发票号码", &["发票号码", "票据号码", "号码"]);
const DATE: Row = ("日期", &["开票日期", "日期", "乘车日期", "开具日期"]);
const CHECK: Row = ("校验码", &["校验码"]);
const PAYER: Row = ("客户名称", &["付款方名称", "付款单位", "购买方名称", "顾客名称"]);
const PAYEE: Row = ("销方名称", &["收款方名称", "收款单位", "销售方名称", "开票单位"]);
const FISCAL_PAYER: Row = ("客户名称", &["交款人", "缴款人"]);
const FISCAL_PAYEE: Row = ("销方名称", &["收款单位(章)", "收款单位", "收款单位(盖章)", "执收单位"]);
const VEHICLE_SELLER: Row = ("销方名称", &["销货单位名称", "销售方名称"]);
pub(super) const ROWS: [Row; 9] = [CODE, NUMBER, DATE, CHECK, PAYER, PAYEE, FISCAL_PAYER, FISCAL_PAYEE, VEHICLE_SELLER];
/// Of sums; also where they end a longer word.
pub(super) const SUMS: [Row; 3] = [("不含税金额", &["不含税价"]), ("税额", &["增值税税额", "税额"]), ("金额", &FARE)];
const FARE: [&str; 4] = ["实收金额", "合计金额", "金额", "总额"];

pub(super) fn read(sheet: &Sheet, kind: Kind, page: u32) -> Vec<Found> {
    let mut found = Vec::new();
    let lengths: &[usize] = match kind {
        Kind::Fiscal => &[8, 10],
        Kind::Vehicle => &[8, 20],
        _ => &[8],
    };
    let codes: &[usize] = if kind == Kind::Fiscal { &[8] } else { &[10, 12] };
    found.extend(one(sheet, CODE, page, |text| values::number(text, codes)));
    found.extend(one(sheet, NUMBER, page, |text| values::number(text, lengths)));
    if kind != Kind::Quota {
        found.extend(one(sheet, DATE, page, values::date));
    }
    found.extend(match kind {
        Kind::Vehicle => vehicle(sheet, page),
        Kind::Fiscal => fiscal(sheet, page),
        Kind::Taxi => taxi(sheet, page),
        _ => machine(sheet, kind, page),
    });
    agree(&mut found);
    found
}

/// Every label of these forms, on a page that may be none of them. A value may be there several times.
pub(super) fn any(sheet: &Sheet, page: u32) -> Vec<Found> {
    let mut found = Vec::new();
    found.extend(one(sheet, CODE, page, |text| values::number(text, &[8, 10, 12])));
    found.extend(one(sheet, NUMBER, page, |text| values::number(text, &[8, 10, 20]).or_else(|| values::serial(text))));
    found.extend(one(sheet, DATE, page, values::date));
    for names in [PAYER, PAYEE, FISCAL_PAYER, FISCAL_PAYEE, VEHICLE_SELLER] {
        found.extend(one(sheet, names, page, values::name));
    }
    found.extend(SUMS.into_iter().filter_map(|(pos_id, labels)| sum_after(sheet, labels, pos_id, page)));
    found
}

/// The first of its labels that has a value.
fn one(sheet: &Sheet, row: Row, page: u32, value: impl Fn(&Text) -> Option<Value>) -> Option<Found> {
    let (pos_id, labels) = row;
    labels.iter().find_map(|label| labelled(sheet, label, pos_id, page, &value))
}

pub(super) fn sum_after(sheet: &Sheet, labels: &[&str], pos_id: &'static str, page: u32) -> Option<Found> {
    let reach = Reach { first: 10.0, next: 1.6, right: f32::MAX };
    labels.iter().find_map(|label| {
        let spots = sheet.spots_within(label).into_iter();
        Found::one(pos_id, page, spots.filter_map(|spot| first_sum(&sheet.after(&spot, reach))).collect())
    })
}

fn words_after(sheet: &Sheet, page: u32) -> Option<Found> {
    let spots = sheet.spots_within("大写").into_iter();
    let texts = spots.map(|spot| sheet.after(&spot, Reach { first: 20.0, next: 3.0, right: f32::MAX }));
    Found::one("中文金额", page, texts.filter_map(|text| Some((values::words(&text)?, text))).collect())
}

fn vehicle(sheet: &Sheet, page: u32) -> Vec<Found> {
    let mut found = Vec::new();
    found.extend(labelled(sheet, "购买方名称", "客户名称", page, values::name));
    found.extend(one(sheet, VEHICLE_SELLER, page, values::name));
    found.extend(sum_after(sheet, &["小写"], "金额", page));
    found.extend(words_after(sheet, page));
    found.extend(sum_after(sheet, &["不含税价"], "不含税金额", page));
    found.extend(sum_after(sheet, &["增值税税额"], "税额", page));
    found
}

fn fiscal(sheet: &Sheet, page: u32) -> Vec<Found> {
    let mut found = Vec::new();
    found.extend(labelled(sheet, CHECK.1[0], CHECK.0, page, |text| {
        let code: String = text.compact().chars().take_while(char::is_ascii_alphanumeric).collect();
        (code.len() == 6).then(|| Value { text: code, probability: text.probability() })
    }));
    found.extend(one(sheet, FISCAL_PAYER, page, values::name));
    found.extend(one(sheet, FISCAL_PAYEE, page, values::name));
    found.extend(sum_after(sheet, &["小写"], "金额", page));
    found.extend(words_after(sheet, page));
    found
}

fn taxi(sheet: &Sheet, page: u32) -> Vec<Found> {
    let mut found: Vec<Found> = sum_after(sheet, &FARE, "金额", page).into_iter().collect();
    found.extend(labelled(sheet, "上车", "时间", page, |text| {
        let time: String = text.compact().chars().take(5).collect();
        let is_time = time.len() == 5 && time.as_bytes()[2] == b':' && time.bytes().filter(u8::is_ascii_digit).count() == 4;
        is_time.then(|| Value { text: time, probability: text.probability() })
    }));
    found
}

fn machine(sheet: &Sheet, kind: Kind, page: u32) -> Vec<Found> {
    let mut found = Vec::new();
    if kind == Kind::Quota {
        let sums = sheet.rows.iter().flat_map(|row| super::labels::pieces(row, 1.5)).filter(|piece| {
            let text = piece.compact();
            text.ends_with(['元', '圆', '整']) && super::super::money::chinese_amount(&text).is_some()
        });
        let sums = sums.filter_map(|piece| {
            let value = values::words(&piece)?;
            Some((value, piece))
        });
        if let Some(words) = Found::one("中文金额", page, sums.collect()) {
            let fen = super::super::money::chinese_amount(&words.text);
            found.extend(fen.map(|fen| Found { pos_id: "金额", text: super::super::money::plain(fen), ..words.clone() }));
            found.push(words);
        }
        return found;
    }
    found.extend(one(sheet, PAYER, page, values::name));
    found.extend(one(sheet, PAYEE, page, values::name));
    found.extend(sum_after(sheet, &["小写"], "金额", page).or_else(|| beside_words(sheet, page)));
    found.extend(words_after(sheet, page));
    found
}

/// `合计人民币（大写）壹万圆整　¥10000.00`
fn beside_words(sheet: &Sheet, page: u32) -> Option<Found> {
    let rows = sheet.spots_within("大写").into_iter().filter_map(|spot| sheet.rows.get(spot.row));
    let sums = rows.flat_map(|row| sums_right_of(row, f32::MIN)).filter(|(_, text)| text.chars[0].c == '¥');
    Found::one("金额", page, sums.collect())
}
