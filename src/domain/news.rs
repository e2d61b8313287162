//! News for watchers: numbered in the order they became durable, in the batch of what they report. Ids and small values only. Not
//! here: an engine's progress (progress.rs), the log's facts (fact.rs).

use super::account::Credential;
use super::ids::{ActionId, CompanyId, InvoiceId, Millis, TemplateId, UserId};
use serde::{Deserialize, Serialize};

/// Stored by index: append new variants at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum News {
    /// The key of a log row.
    Logged(Millis, u64),
    /// The list of unprinted devices changed.
    Unprinted,
    /// Labels were claimed or released.
    Claims,
    /// Some account changed.
    Accounts,
    /// A user's rights, company or lock changed.
    User(UserId),
    /// A session or token ended.
    Ended(Credential),
    /// Pictures were queued.
    Uploaded { company: CompanyId, actions: Vec<ActionId> },
    /// An engine took it.
    Started { company: CompanyId, action: ActionId },
    /// It is queued again.
    PutBack { action: ActionId },
    /// Ended for good, with one invoice or more. `broken`: because of the engine.
    Recognised { company: CompanyId, action: ActionId, invoices: Vec<InvoiceId>, broken: Option<Broken> },
    /// Ended for good.
    TemplateEnded { company: CompanyId, action: ActionId, change: TemplateChange, template: Option<TemplateId>, failed: bool },
    /// How many wait for a person, in the company (`own`) and overall.
    Faults { company: CompanyId, own: u64, all: u64, new: Option<InvoiceId> },
    /// A printer was set up, or a job of one moved on.
    Printing,
}

impl News {
    /// Whether it only says that a state is another one: said twice in a row it says no more.
    pub fn is_state(&self) -> bool {
        matches!(self, Self::Unprinted | Self::Claims | Self::Printing)
    }

    /// Whether cached accounts are stale.
    pub fn is_about_accounts(&self) -> bool {
        matches!(self, Self::Accounts | Self::User(_) | Self::Ended(_))
    }
}

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
