//! An engine's progress, sent to watchers and not stored.

use super::ids::{ActionId, CompanyId, TemplateId};
use super::invoice::{Candidate, Picture};
use super::template::Rect;

#[derive(Clone, Debug)]
pub struct Progress {
    pub company: CompanyId,
    pub action: ActionId,
    pub step: Step,
}

/// The chosen template, and the candidates, best first.
#[derive(Clone, Debug)]
pub struct Match {
    /// The picture is the one to show; the string is the label.
    pub template: Option<(TemplateId, Picture, String)>,
    pub candidates: Vec<Candidate>,
}

#[derive(Clone, Debug)]
pub enum Step {
    Matched(Match),
    Found { status: i32, pos_id: String, position: Rect },
    Read { status: i32, pos_id: String, text: String, probability: f64 },
}
