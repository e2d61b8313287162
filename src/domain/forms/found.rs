//! A value that was found on a page, before it is a field of a form. Not here: how it was found (the forms).

use super::super::template::Rect;
use super::lines::{Text, union};
use super::values::{DOUBT, Value};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    pub pos_id: &'static str,
    pub text: String,
    pub probability: f64,
    /// From 1.
    pub page: u32,
    pub rect: Option<Rect>,
}

impl Found {
    pub fn new(pos_id: &'static str, page: u32, value: Value, text: &Text) -> Self {
        Self { pos_id, text: value.text, probability: value.probability, page, rect: text.rect() }
    }

    /// Of several that differ the likeliest, and never sure.
    pub fn one(pos_id: &'static str, page: u32, mut candidates: Vec<(Value, Text)>) -> Option<Self> {
        candidates.sort_by(|(a, _), (b, _)| b.probability.total_cmp(&a.probability));
        let (value, text) = candidates.first()?;
        let differ = candidates.iter().any(|(other, _)| other.text != value.text && other.probability > DOUBT);
        let mut found = Self::new(pos_id, page, value.clone(), text);
        if differ {
            found.probability = found.probability.min(DOUBT);
        }
        Some(found)
    }

    pub fn doubted(mut self, most: f64) -> Self {
        self.probability = self.probability.min(most);
        self
    }

    /// A value of several rows.
    pub fn of_rows(pos_id: &'static str, page: u32, value: Value, rows: &[Text]) -> Self {
        let rects: Vec<Rect> = rows.iter().filter_map(Text::rect).collect();
        Self { pos_id, text: value.text, probability: value.probability, page, rect: union(&rects) }
    }
}
