//! What others are told once it is durable. Each change carries all that a watcher needs, so that nothing is read again to tell it.

use super::account::{Credential, PermissionSet};
use super::action::Action;
use super::ids::{ActionId, CompanyId, TemplateId, UserId};
use super::invoice::{Contender, Invoice, Picture};
use super::settings::Settings;
use super::template::{Rect, Template};
use std::sync::Arc;

#[derive(Clone, Debug)]
pub enum Change {
    /// The list of devices without a label is another one now.
    Unprinted,
    /// Actions were put into a queue; the pictures of those that are recognitions.
    Queued { company: CompanyId, pictures: Vec<(ActionId, Picture)> },
    /// The queues or the pause changed in a way that the dispatcher must look at.
    Queues,
    /// What an engine had taken up waits again, or it waits at another place.
    Waits { action: ActionId },
    /// It was taken out of its queue, and will not be done.
    Cancelled { action: Box<Action> },
    /// An engine takes up the next picture.
    Started { action: Box<Action>, picture: Picture },
    /// A recognition ended, for good. `trouble`: the seed's sentence, when the engine was the cause.
    Recognised { invoice: Box<Invoice>, trouble: Option<&'static str> },
    /// A template action ended; `template` is there when it was added or changed.
    Template {
        kind: TemplateChange,
        action: ActionId,
        company: CompanyId,
        id: Option<TemplateId>,
        template: Option<Box<Template>>,
        failed: bool,
    },
    /// The number of faults that wait for a person, the company's own and everybody's.
    Faults { company: CompanyId, own: u64, all: u64, new: Option<Box<Invoice>> },
    /// A user's rights, company or lock changed.
    Rights { user: UserId, company: CompanyId, permissions: PermissionSet, locked: bool },
    /// A session or token ended.
    Ended { credential: Credential },
    /// All of them, as they are in force from now on.
    Settings(Arc<Settings>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateChange {
    Added,
    Deleted,
    Changed,
}

/// What an engine says while it works. Not durable: told to whoever watches.
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
