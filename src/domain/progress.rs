//! What an engine says while it works. Not durable: told to whoever watches.

use super::ids::{ActionId, CompanyId, TemplateId};
use super::invoice::{Contender, Picture};
use super::template::Rect;

#[derive(Clone, Debug)]
pub struct Progress {
    pub company: CompanyId,
    pub action: ActionId,
    pub step: Step,
}

/// Which template a picture is read by, and those it was chosen from, the likeliest first.
#[derive(Clone, Debug)]
pub struct Match {
    /// The one that fits, the picture to show for it, and its label; `None` when none does.
    pub template: Option<(TemplateId, Picture, String)>,
    pub contenders: Vec<Contender>,
}

#[derive(Clone, Debug)]
pub enum Step {
    Matched(Match),
    Found { status: i32, pos_id: String, position: Rect },
    Read { status: i32, pos_id: String, text: String, probability: f64 },
}
