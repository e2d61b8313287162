//! What is told, in the order in which it became durable: each is written in the batch of the verb that it tells of, and numbered. Ids and
//! small values only; whoever needs more reads it. Not here: what an engine says while it works (progress.rs), the log's facts (fact.rs).

use super::account::Credential;
use super::ids::{ActionId, CompanyId, InvoiceId, Millis, TemplateId, UserId};
use serde::{Deserialize, Serialize};

/// Stored by their place in this list: new ones come at its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum News {
    /// A fact of the log; where its row lies.
    Logged(Millis, u64),
    /// The list of devices without a label is another one now.
    Unprinted,
    /// Labels were claimed, or let go.
    Claims,
    /// Who somebody is or what they may do is not as it was; nothing more is said of whom.
    Accounts,
    /// A user's rights, company or lock changed.
    User(UserId),
    /// A session or token ended.
    Ended(Credential),
    /// Pictures wait to be read.
    Uploaded { company: CompanyId, actions: Vec<ActionId> },
    /// An engine takes up the next action.
    Started { company: CompanyId, action: ActionId },
    /// What an engine had taken up waits again.
    PutBack { action: ActionId },
    /// A recognition ended, for good. `broken`: the engine was the cause.
    Recognised { company: CompanyId, action: ActionId, invoice: InvoiceId, broken: Option<Broken> },
    /// A template action ended, for good.
    TemplateEnded { company: CompanyId, action: ActionId, change: TemplateChange, template: Option<TemplateId>, failed: bool },
    /// The number of faults that wait for a person, the company's own and everybody's.
    Faults { company: CompanyId, own: u64, all: u64, new: Option<InvoiceId> },
}

impl News {
    /// Whether what is remembered of the accounts is no longer so.
    pub fn is_about_accounts(&self) -> bool {
        matches!(self, Self::Accounts | Self::User(_) | Self::Ended(_))
    }
}

/// Where the talk with an engine broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Broken {
    Sending,
    Receiving,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TemplateChange {
    Added,
    Deleted,
    Changed,
}
