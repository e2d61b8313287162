//! Actions, queued until an engine has done them, and the rows of the audit log.

use super::fact::{Fact, Task};
use super::ids::{ActionId, CompanyId, InvoiceId, Millis, PictureId, TemplateId, UserId};
use super::template::{EngineNumbers, Layout};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Queue {
    /// Template changes; taken first.
    Manage,
    Recognise,
    /// Failed actions; nothing is taken from it.
    Exception,
}

impl Queue {
    pub fn number(self) -> u8 {
        match self {
            Self::Manage => 0,
            Self::Recognise => 1,
            Self::Exception => 2,
        }
    }

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
    pub company: CompanyId,
    pub layout: Layout,
    pub json_model: String,
    pub origin: PictureId,
    pub shown: PictureId,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Job {
    Recognise { picture: PictureId, again: Option<InvoiceId> },
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
    /// The lowest in a queue is taken next.
    pub position: i64,
    pub state: State,
    /// Interrupted tries don't count.
    pub failed_tries: u32,
    /// How often the process died during it while the machine stayed up.
    pub crashes: u32,
    /// Numbers allotted in tries that failed at another engine.
    pub numbers: EngineNumbers,
    /// The name a recognition's picture was uploaded under.
    pub file_name: String,
}

impl Action {
    /// The file, or the template by its label; empty where that stands in the store alone.
    pub fn about(&self) -> &str {
        match &self.job {
            Job::Recognise { .. } => &self.file_name,
            Job::AddTemplate(draft) | Job::ChangeTemplate(_, draft) => &draft.layout.label,
            Job::DeleteTemplate(_) => "",
        }
    }
}

/// After this many crashes an action is not resumed: it may be their cause.
pub const CRASHES_MAX: u32 = 2;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    pub by: String,
    pub since: Millis,
    pub reason: String,
}

/// A row of the audit log, with names as of that moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRow {
    pub action: Option<ActionId>,
    pub fact: Fact,
    pub user: UserId,
    pub user_name: String,
    pub company: CompanyId,
    pub company_name: String,
    pub ip: String,
    /// SHA-256 of the previous row (zeros in the first), so that none can be changed or removed unnoticed; `None` in rows of older
    /// releases.
    pub before: Option<[u8; 32]>,
}

/// Kept while the upload's Idempotency-Key is valid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadAnswer {
    pub actions: Vec<ActionId>,
    pub sizes: QueueSizes,
    pub failed: Vec<FailedFile>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedFile {
    pub file: String,
    pub zh: String,
    pub en: String,
}

/// Waiting actions of all companies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueSizes {
    pub manage: u64,
    pub recognise: u64,
}
