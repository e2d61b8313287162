//! Facts of the audit log: ids, and names as of that moment. Not here: their words (fact_words.rs), what they are about (subject.rs),
//! who, when and from where (action.rs), finding rows (app/log.rs).

use super::account::PermissionSet;
use super::ids::{ActionId, InvoiceId};
use serde::{Deserialize, Serialize};

/// Stored by index: append new variants at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// From older releases: the kind's Chinese word, a space, the rest.
    Told(String),
    /// `about`: the file name, the template's label or the invoice's number.
    Queued {
        task: Task,
        about: String,
    },
    /// From older releases, without what it was about.
    MovedAhead {
        task: Task,
        action: ActionId,
    },
    /// From older releases, without what it was about.
    Cancelled {
        task: Task,
        action: ActionId,
    },
    QueuesPaused {
        reason: String,
    },
    QueuesResumed,
    /// From older releases, without the values.
    InvoiceCorrected {
        invoice: InvoiceId,
        against_checks: Option<String>,
    },
    /// From older releases, without the values.
    InvoiceReviewed {
        invoice: InvoiceId,
        against_checks: Option<String>,
    },
    InvoiceReopened {
        invoice: InvoiceId,
    },
    FaultResolved {
        invoice: InvoiceId,
    },
    /// `None`: withdrawn.
    DuplicateDecided {
        invoice: InvoiceId,
        of: InvoiceId,
        is_duplicate: Option<bool>,
    },
    InvoiceVoided {
        invoice: InvoiceId,
        reason: String,
    },
    InvoiceRestored {
        invoice: InvoiceId,
    },
    DevicesImported {
        import: u64,
        file: String,
    },
    ImportUndone {
        import: u64,
        file: String,
    },
    DeviceCorrected {
        sn: String,
        from: String,
        to: String,
        reason: String,
    },
    DeviceRetired {
        sn: String,
        cpuid: String,
        reason: String,
    },
    /// `replaced`: the device took the requested CPU id.
    ConflictSettled {
        sn: String,
        cpuid: String,
        replaced: bool,
        reason: String,
    },
    LoggedIn,
    LogInRefused(Refused),
    GroupJoined {
        group: String,
        user: String,
    },
    CompanyRenamed {
        from: String,
        to: String,
    },
    /// From older releases, without the former value.
    SettingChanged {
        name: String,
        value: String,
    },
    BackupDownloaded,
    /// This many tokens are valid again.
    BackupRestored {
        tokens: u64,
    },
    UserAdded {
        name: String,
        rights: PermissionSet,
    },
    GroupAdded {
        name: String,
        rights: PermissionSet,
    },
    TokenAdded {
        name: String,
        rights: PermissionSet,
    },
    UserRenamed {
        from: String,
        to: String,
    },
    /// Logged in the company they leave, without naming the other.
    UserWentOver {
        user: String,
    },
    UserCameOver {
        user: String,
    },
    /// The user's own, not a group's.
    RightsChanged {
        user: String,
        from: PermissionSet,
        to: PermissionSet,
    },
    GroupRenamed {
        from: String,
        to: String,
    },
    GroupRightsChanged {
        group: String,
        from: PermissionSet,
        to: PermissionSet,
    },
    Done(Deed, String),
    /// `months`: the first and the last.
    PortalListTaken {
        file: String,
        invoices: u64,
        wrong: u64,
        months: [String; 2],
    },
    /// A person entered values or, with `is_review`, looked through them all. `against_checks`: why they stand all the same.
    InvoiceChanged {
        invoice: InvoiceId,
        changes: Vec<Change>,
        against_checks: Option<String>,
        is_review: bool,
    },
    SettingSet {
        name: String,
        from: String,
        to: String,
    },
    /// A change of a template was queued. Areas by their names.
    TemplateRedrawn {
        from: String,
        to: String,
        added: Vec<String>,
        removed: Vec<String>,
        moved: Vec<String>,
    },
    /// Into a file. Which ones: `app/hand_outs.rs`.
    InvoicesExported {
        file: String,
        invoices: u64,
    },
    /// On a list.
    InvoicesPrinted {
        invoices: u64,
    },
    InvoicePrinted {
        invoice: InvoiceId,
    },
    /// `about`: see `Action::about`.
    TaskMovedAhead {
        task: Task,
        action: ActionId,
        about: String,
    },
    TaskCancelled {
        task: Task,
        action: ActionId,
        about: String,
    },
    /// `name`: the new one.
    LabelLookRedrawn {
        name: String,
        changes: Vec<Change>,
    },
    /// `name`: the new one.
    PrinterChanged {
        name: String,
        changes: Vec<Change>,
    },
    /// `name`: the new one.
    BatchChanged {
        name: String,
        changes: Vec<Change>,
    },
    /// The box itself is to print them. Which ones: `app/print_jobs.rs`.
    LabelsQueued {
        job: u64,
        printer: String,
        labels: u64,
        reason: String,
    },
    /// `labels`: that do not go out any more.
    LabelsCancelled {
        job: u64,
        printer: String,
        labels: u64,
    },
}

/// One value that became another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// An area's `pos_id`; of a label or printer one of `PARTS` (fact_words.rs).
    pub what: String,
    pub from: String,
    pub to: String,
}

/// Stored by index: append new variants at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deed {
    LabelLookAdded,
    LabelLookChanged,
    LabelLookDeleted,
    UserLocked,
    UserUnlocked,
    UserDeleted,
    PasswordChanged,
    PasswordReset,
    GroupDeleted,
    GroupLeft,
    CompanyAdded,
    CompanyDeleted,
    TokenEnded,
    PrinterAdded,
    PrinterDeleted,
    BatchAdded,
    BatchClosed,
    BatchReopened,
    BatchDeleted,
    LogoKept,
    LogoDeleted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    Recognise,
    AddTemplate,
    ChangeTemplate,
    DeleteTemplate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refused {
    TooManyTries,
    UnknownUser,
    WrongPassword,
    UserLocked,
    DefaultPasswordFromAfar,
}

impl Fact {
    /// Whether the dispatcher must look again. Settings include its retries.
    pub fn is_about_queues(&self) -> bool {
        match self {
            Self::Queued { .. }
            | Self::MovedAhead { .. }
            | Self::TaskMovedAhead { .. }
            | Self::Cancelled { .. }
            | Self::TaskCancelled { .. }
            | Self::QueuesPaused { .. }
            | Self::QueuesResumed
            | Self::SettingChanged { .. }
            | Self::SettingSet { .. }
            | Self::TemplateRedrawn { .. } => true,
            Self::Told(_)
            | Self::InvoiceCorrected { .. }
            | Self::InvoiceChanged { .. }
            | Self::InvoiceReviewed { .. }
            | Self::InvoiceReopened { .. }
            | Self::FaultResolved { .. }
            | Self::DuplicateDecided { .. }
            | Self::InvoiceVoided { .. }
            | Self::InvoiceRestored { .. }
            | Self::DevicesImported { .. }
            | Self::ImportUndone { .. }
            | Self::DeviceCorrected { .. }
            | Self::DeviceRetired { .. }
            | Self::ConflictSettled { .. }
            | Self::LoggedIn
            | Self::LogInRefused(_)
            | Self::GroupJoined { .. }
            | Self::CompanyRenamed { .. }
            | Self::BackupDownloaded
            | Self::BackupRestored { .. }
            | Self::UserAdded { .. }
            | Self::GroupAdded { .. }
            | Self::TokenAdded { .. }
            | Self::UserRenamed { .. }
            | Self::UserWentOver { .. }
            | Self::UserCameOver { .. }
            | Self::RightsChanged { .. }
            | Self::GroupRenamed { .. }
            | Self::GroupRightsChanged { .. }
            | Self::Done(..)
            | Self::PortalListTaken { .. }
            | Self::InvoicesExported { .. }
            | Self::InvoicesPrinted { .. }
            | Self::InvoicePrinted { .. }
            | Self::LabelLookRedrawn { .. }
            | Self::PrinterChanged { .. }
            | Self::BatchChanged { .. }
            | Self::LabelsQueued { .. }
            | Self::LabelsCancelled { .. } => false,
        }
    }

    /// Whose values, or how it counts, a person changed.
    pub fn invoice(&self) -> Option<InvoiceId> {
        match self {
            Self::InvoiceCorrected { invoice, .. }
            | Self::InvoiceReviewed { invoice, .. }
            | Self::InvoiceChanged { invoice, .. }
            | Self::InvoiceReopened { invoice }
            | Self::FaultResolved { invoice }
            | Self::DuplicateDecided { invoice, .. }
            | Self::InvoiceVoided { invoice, .. }
            | Self::InvoiceRestored { invoice } => Some(*invoice),
            _ => None,
        }
    }

    /// Whether cached accounts are stale.
    pub fn is_about_accounts(&self) -> bool {
        match self {
            Self::LoggedIn
            | Self::GroupJoined { .. }
            | Self::CompanyRenamed { .. }
            | Self::UserAdded { .. }
            | Self::GroupAdded { .. }
            | Self::TokenAdded { .. }
            | Self::UserRenamed { .. }
            | Self::UserWentOver { .. }
            | Self::UserCameOver { .. }
            | Self::RightsChanged { .. }
            | Self::GroupRenamed { .. }
            | Self::GroupRightsChanged { .. } => true,
            Self::Done(deed, _) => !deed.is_about_the_line(),
            _ => false,
        }
    }
}

impl Deed {
    fn is_about_the_line(self) -> bool {
        use Deed::{BatchAdded, BatchClosed, BatchDeleted, BatchReopened, PrinterAdded, PrinterDeleted};
        use Deed::{LabelLookAdded, LabelLookChanged, LabelLookDeleted, LogoDeleted, LogoKept};
        matches!(self, LabelLookAdded | LabelLookChanged | LabelLookDeleted | PrinterAdded | PrinterDeleted)
            || matches!(self, BatchAdded | BatchClosed | BatchReopened | BatchDeleted | LogoKept | LogoDeleted)
    }
}
