//! An action is one thing a user asked for: it waits in a queue until an engine has done it. Also its line in the log.

use super::fact::{Fact, Task};
use super::ids::{ActionId, CompanyId, InvoiceId, Millis, PictureId, TemplateId, UserId};
use super::template::{EngineNumbers, Layout};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Queue {
    /// Template changes: first.
    Manage,
    Recognise,
    /// What failed; nothing takes from it by itself.
    Exception,
}

impl Queue {
    /// Its part of a key in the store.
    pub fn number(self) -> u8 {
        match self {
            Self::Manage => 0,
            Self::Recognise => 1,
            Self::Exception => 2,
        }
    }

    /// Its running total's name.
    pub fn counter(self) -> &'static str {
        match self {
            Self::Manage => "manage_wait",
            Self::Recognise => "recognize_wait",
            Self::Exception => "exception_wait",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TemplateDraft {
    /// Whose template it is to be.
    pub company: CompanyId,
    pub layout: Layout,
    pub json_model: String,
    pub origin: PictureId,
    pub shown: PictureId,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Job {
    Recognise {
        picture: PictureId,
        /// The invoice that is read again.
        again: Option<InvoiceId>,
    },
    AddTemplate(TemplateDraft),
    ChangeTemplate(TemplateId, TemplateDraft),
    DeleteTemplate(TemplateId),
}

impl Job {
    pub fn queue(&self) -> Queue {
        match self {
            Self::Recognise { .. } => Queue::Recognise,
            _ => Queue::Manage,
        }
    }

    pub fn task(&self) -> Task {
        match self {
            Self::Recognise { .. } => Task::Recognise,
            Self::AddTemplate(_) => Task::AddTemplate,
            Self::ChangeTemplate(..) => Task::ChangeTemplate,
            Self::DeleteTemplate(_) => Task::DeleteTemplate,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    Waiting,
    Running,
    Done,
    /// In `exception_wait`.
    Failed,
    Cancelled,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Action {
    pub id: ActionId,
    pub job: Job,
    pub user: UserId,
    pub user_name: String,
    pub company: CompanyId,
    pub company_name: String,
    pub queued: Millis,
    /// Its place in its queue: the lowest is taken next.
    pub position: i64,
    pub state: State,
    /// Tries that failed; one that was interrupted is none.
    pub failed_tries: u32,
    /// How often the box went down while this was running, the machine staying up.
    pub crashes: u32,
    /// What engines have allotted to its template in tries that failed with another one.
    pub numbers: EngineNumbers,
    /// Of a recognition, as whoever uploaded it called it.
    pub file_name: String,
}

/// An action that was running each time the box went down is not taken up again: it may be what brings it down.
pub const CRASHES_MAX: u32 = 2;

/// Why nothing is dispatched just now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    pub by: String,
    pub since: Millis,
    pub reason: String,
}

/// A row of the audit log: a fact, who did it and from where; names are those of that moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRow {
    pub action: Option<ActionId>,
    pub fact: Fact,
    pub user: UserId,
    pub user_name: String,
    pub company: CompanyId,
    pub company_name: String,
    pub ip: String,
    /// SHA-256 of the row before it, or zeros in the first, so that no row can be changed or taken out alone; none in those of older releases.
    pub before: Option<[u8; 32]>,
}

/// What an upload was answered with, kept for as long as its Idempotency-Key counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadAnswer {
    pub actions: Vec<ActionId>,
    pub sizes: QueueSizes,
    pub failed: Vec<FailedFile>,
}

/// A file that could not be taken, and why, in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedFile {
    pub file: String,
    pub zh: String,
    pub en: String,
}

/// What waits, everybody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueSizes {
    pub manage: u64,
    pub recognise: u64,
}
