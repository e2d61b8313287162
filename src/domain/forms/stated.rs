//! What a file states as data, as fields of a form. Not here: what its pages show.

use super::super::paper::{Source, Stated};
use super::same::{is_same, station};
use super::values::{self, is_word_for_nothing};
use super::{Field, POS_IDS};
use unicode_normalization::UnicodeNormalization;

/// One statement's fields, in the words of the contract; others are left out, as are empty ones. What is stated twice, and not the
/// same, is there twice.
pub(super) fn fields(source: Source, stated: &Stated) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for (pos_id, text) in &stated.fields {
        let Some(pos_id) = POS_IDS.iter().find(|known| *known == pos_id) else { continue };
        let text = written(pos_id, text);
        if text.is_empty() || fields.iter().any(|field| field.pos_id == *pos_id && is_same(pos_id, &field.text, &text)) {
            continue;
        }
        fields.push(Field { pos_id, text, probability: 1.0, source, page: 1, rect: None });
    }
    fields
}

pub(super) fn value<'a>(stated: &'a Stated, pos_id: &str) -> Option<&'a str> {
    stated.fields.iter().find(|(name, text)| name == pos_id && !text.trim().is_empty()).map(|(_, text)| text.trim())
}

/// As the same would be read from a page.
fn written(pos_id: &str, text: &str) -> String {
    let plain: String = text.nfkc().collect();
    let plain = plain.trim();
    match pos_id {
        "金额" | "不含税金额" | "税额" if is_word_for_nothing(plain) => plain.to_owned(),
        "金额" | "不含税金额" | "税额" => values::plain_sum(plain).unwrap_or_else(|| plain.to_owned()),
        "发票号码" | "发票代码" | "校验码" | "购方税号" | "销方税号" => plain.split_whitespace().collect(),
        "出发站" | "到达站" => station(plain).to_owned(),
        _ => plain.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}
