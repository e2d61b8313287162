//! What an engine reads in the areas of one invoice, and how sure it is. Not here: what that makes of the invoice (checks.rs, invoice.rs).

use super::area::AreaKind;
use super::reason::Reason;
use super::template::Rect;
use super::text;
use serde::{Deserialize, Serialize};

/// One field of an invoice, as the engine read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Region {
    pub pos_id: String,
    /// On the invoice picture; `None` for what is on no place of it (a quota, the template's label).
    pub position: Option<Rect>,
    pub text: String,
    /// From 0 to 1.
    pub probability: f64,
    pub status: i32,
}

impl Region {
    pub fn kind(&self) -> AreaKind {
        AreaKind::of_pos_id(&self.pos_id)
    }
}

/// Collects what an engine reports, in the order it came; a field reported again is replaced, and what else was said of it is kept apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Regions(pub Vec<Region>, Vec<Said>);

/// What was read in an area at first, and a later reading that differs.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    pos_id: String,
    first: String,
    other: Option<String>,
}

impl Regions {
    fn region(&mut self, pos_id: &str) -> &mut Region {
        let at = self.0.iter().position(|r| r.pos_id == pos_id).unwrap_or_else(|| {
            let empty = Region { pos_id: pos_id.to_owned(), position: None, text: String::new(), probability: 0.0, status: 0 };
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
            None => self.1.push(Said { pos_id: pos_id.to_owned(), first: text.clone(), other: None }),
        }
        let region = self.region(pos_id);
        region.text = text;
        region.probability = probability.clamp(0.0, 1.0);
        region.status = status;
    }

    /// The areas of which the engine said two things.
    pub fn read_twice(&self) -> impl Iterator<Item = Reason> {
        self.1.iter().filter_map(|Said { pos_id, first, other }| {
            Some(Reason::ReadTwice { area: pos_id.clone(), first: first.clone(), second: other.clone()? })
        })
    }
}

/// A NaN is not sure either.
pub fn is_sure(region: &Region, threshold: f64) -> bool {
    region.probability >= threshold
}

/// What stands in the field of this kind, where there is one.
pub fn text_of(regions: &[Region], kind: AreaKind) -> Option<&str> {
    regions.iter().find(|r| r.kind() == kind).map(|r| r.text.as_str())
}

/// The day it was issued; some users draw an area of their own for it.
pub fn date_of(regions: &[Region]) -> Option<&str> {
    let own = || regions.iter().find(|r| r.pos_id == "开票日期").map(|r| r.text.as_str());
    text_of(regions, AreaKind::Date).or_else(own)
}
