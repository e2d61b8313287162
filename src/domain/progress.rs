//! An engine's progress, sent to watchers and not stored.

use super::ids::{ActionId, CompanyId, TemplateId};
use super::invoice::{Candidate, Picture};
use super::kind::Kind;
use super::template::Rect;

#[derive(Clone, Debug)]
pub struct Progress {
    pub company: CompanyId,
    pub action: ActionId,
    pub step: Step,
}

/// The chosen template or the known form, and the candidates, best first.
#[derive(Clone, Debug)]
pub struct Match {
    /// The picture is the one to show; the string is the label.
    pub template: Option<(TemplateId, Picture, String)>,
    /// With the file and the page on which it begins.
    pub form: Option<(Kind, Picture, u32)>,
    pub candidates: Vec<Candidate>,
}

#[derive(Clone, Debug)]
pub enum Step {
    Matched(Match),
    Found { status: i32, pos_id: String, position: Rect },
    Read { status: i32, pos_id: String, text: String, probability: f64 },
}
