//! What an engine read in an invoice's areas. Not here: what follows from it (checks.rs, invoice.rs).

use super::area::AreaKind;
use super::certainty::Lowered;
use super::paper::Source;
use super::reason::Reason;
use super::template::Rect;
use super::text;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Region {
    pub pos_id: String,
    /// Pixels of the invoice picture; `None` for a quota and the template's label.
    pub position: Option<Rect>,
    pub text: String,
    /// 0 to 1.
    pub probability: f64,
    pub status: i32,
    pub source: Source,
    /// From 1.
    pub page: u32,
    /// What had lowered the probability of what was read.
    pub doubts: Vec<Lowered>,
}

impl Region {
    pub fn kind(&self) -> AreaKind {
        AreaKind::of_pos_id(&self.pos_id)
    }
}

/// Collects an engine's reports, in order. The last text of an area counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Regions(pub Vec<Region>, Vec<Reported>);

#[derive(Clone, Debug, PartialEq)]
struct Reported {
    pos_id: String,
    first: String,
    other: Option<String>,
}

impl Regions {
    fn region(&mut self, pos_id: &str) -> &mut Region {
        let at = self.0.iter().position(|r| r.pos_id == pos_id).unwrap_or_else(|| {
            let empty = Region {
                pos_id: pos_id.to_owned(),
                position: None,
                text: String::new(),
                probability: 0.0,
                status: 0,
                source: Source::Ocr,
                page: 1,
                doubts: Vec::new(),
            };
            self.0.push(empty);
            self.0.len() - 1
        });
        &mut self.0[at]
    }

    pub fn found(&mut self, pos_id: &str, position: Rect, status: i32) {
        let region = self.region(pos_id);
        region.position = Some(position);
        region.status = status;
    }

    pub fn read(&mut self, pos_id: &str, text: String, probability: f64, status: i32) {
        let text = if text::is_blank(&text) { String::new() } else { text };
        match self.1.iter_mut().find(|said| said.pos_id == pos_id) {
            Some(said) if said.first != text => said.other = Some(text.clone()),
            Some(_) => {}
            None => self.1.push(Reported { pos_id: pos_id.to_owned(), first: text.clone(), other: None }),
        }
        let region = self.region(pos_id);
        region.text = text;
        region.probability = probability.clamp(0.0, 1.0);
        region.status = status;
        region.doubts = Vec::new();
    }

    /// Of what was read last there.
    pub fn doubted(&mut self, pos_id: &str, doubts: Vec<Lowered>) {
        self.region(pos_id).doubts = doubts;
    }

    pub fn read_twice(&self) -> impl Iterator<Item = Reason> {
        self.1.iter().filter_map(|Reported { pos_id, first, other }| {
            Some(Reason::ReadTwice { area: pos_id.clone(), first: first.clone(), second: other.clone()? })
        })
    }
}

/// NaN is not sure.
pub fn is_sure(region: &Region, threshold: f64) -> bool {
    region.probability >= threshold
}

pub fn text_of(regions: &[Region], kind: AreaKind) -> Option<&str> {
    regions.iter().find(|r| r.kind() == kind).map(|r| r.text.as_str())
}

/// The date of issue; some users draw their own area for it.
pub fn date_of(regions: &[Region]) -> Option<&str> {
    let own = || regions.iter().find(|r| r.pos_id == "开票日期").map(|r| r.text.as_str());
    text_of(regions, AreaKind::Date).or_else(own)
}
