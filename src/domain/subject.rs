//! What a fact of the log is about: what it is found by, and what it opens. Not here: its words (fact_words.rs).

use super::area;
use super::fact::{Change, Deed, Fact, Task};
use super::ids::{ActionId, InvoiceId};
use super::money::narrow;
use super::settings::Settings;

/// Names are those of that moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    Invoice(InvoiceId),
    Task(ActionId),
    File(String),
    Template(String),
    User(String),
    Group(String),
    Company(String),
    Device(String),
    Label(String),
    Printer(String),
    Batch(String),
    Token(String),
    Setting(String),
    /// Words of an older release.
    Words(String),
}

/// `任务 5` and `task 5`.
const TASK: &str = "任务";

impl Subject {
    /// On the wire.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Invoice(_) => "invoice",
            Self::Task(_) => "task",
            Self::File(_) => "file",
            Self::Template(_) => "template",
            Self::User(_) => "user",
            Self::Group(_) => "group",
            Self::Company(_) => "company",
            Self::Device(_) => "device",
            Self::Label(_) => "label",
            Self::Printer(_) => "printer",
            Self::Batch(_) => "batch",
            Self::Token(_) => "token",
            Self::Setting(_) => "setting",
            Self::Words(_) => "words",
        }
    }

    pub fn id(&self) -> Option<u64> {
        match self {
            Self::Invoice(InvoiceId(id)) | Self::Task(ActionId(id)) => Some(*id),
            _ => None,
        }
    }

    /// Empty where there is only a number.
    pub fn name(&self) -> &str {
        match self {
            Self::Invoice(_) | Self::Task(_) => "",
            Self::File(name) | Self::Template(name) | Self::User(name) | Self::Group(name) | Self::Company(name) => name,
            Self::Device(name)
            | Self::Label(name)
            | Self::Printer(name)
            | Self::Batch(name)
            | Self::Token(name)
            | Self::Setting(name)
            | Self::Words(name) => name,
        }
    }

    /// What it is found by, in lower case: `#5`, `任务5`, or its name.
    pub fn key(&self) -> String {
        match self {
            Self::Invoice(id) => format!("#{id}"),
            Self::Task(id) => format!("{TASK}{id}"),
            _ => plain(self.name()),
        }
    }
}

/// In one width and case; figures without what parts thousands.
fn plain(text: &str) -> String {
    let chars: Vec<char> = text.chars().map(narrow).flat_map(char::to_lowercase).collect();
    let is_digit = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_digit);
    let parts = |at: usize| chars[at] == ',' && is_digit(at.checked_sub(1)) && is_digit(at.checked_add(1));
    (0..chars.len()).filter(|at| !parts(*at)).map(|at| chars[at]).collect()
}

/// The words of a search, in lower case; a row has to fit them all. `任务 5` and `task #5` are one word.
pub fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in plain(text).split_whitespace() {
        let number = word.strip_prefix('#').unwrap_or(word);
        match words.last_mut() {
            Some(task) if matches!(task.as_str(), TASK | "task") && is_number(number) => *task = format!("{TASK}{number}"),
            _ => words.push(word.to_owned()),
        }
    }
    words
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `#5`, `任务5`: found only as a whole.
pub fn is_numbered(key: &str) -> bool {
    ["#", TASK].iter().any(|sign| key.strip_prefix(sign).is_some_and(is_number))
}

/// Whether `word` is or is part of a key, or of what the setting of that key is called.
pub fn fits(key: &str, word: &str) -> bool {
    let is_called = || Settings::label(key).is_some_and(|(zh, en)| format!("{zh} {en}").to_lowercase().contains(word));
    if is_numbered(word) || is_numbered(key) { key == word } else { key.contains(word) || is_called() }
}

/// `#12` in what older releases wrote.
fn invoices_in(text: &str) -> impl Iterator<Item = Subject> + '_ {
    let numbers = text.split('#').skip(1).map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default());
    numbers.filter_map(|number| number.parse().ok()).map(|number| Subject::Invoice(InvoiceId(number)))
}

/// Its former name, if that was another, and the new one.
fn before_and_now<'n>(changes: &'n [Change], name: &'n String) -> Vec<&'n String> {
    let before = changes.iter().filter(|change| change.what == "name").map(|change| &change.from);
    before.chain([name]).collect()
}

/// Longer ones are found by their beginning.
const FOUND_CHARS_MAX: usize = 100;

impl Fact {
    /// What it says beside what it is about: values and what they are called, and reasons. As keys.
    pub fn said(&self) -> Vec<String> {
        let mut said: Vec<&str> = Vec::new();
        match self {
            Self::InvoiceChanged { changes, against_checks, .. } => {
                for change in changes {
                    said.extend([&change.from, &change.to].map(String::as_str));
                    said.extend([change.what.as_str(), area::in_chinese(&change.what), area::in_english(&change.what)]);
                }
                said.extend(against_checks.as_deref());
            }
            Self::SettingSet { from, to, .. } => said.extend([from.as_str(), to.as_str()]),
            Self::InvoiceVoided { reason, .. } | Self::QueuesPaused { reason } => said.push(reason),
            Self::DeviceCorrected { reason, .. } | Self::DeviceRetired { reason, .. } | Self::ConflictSettled { reason, .. } => {
                said.push(reason);
            }
            Self::LabelsQueued { reason, .. } => said.push(reason),
            _ => {}
        }
        let key = |text: &str| plain(text).chars().take(FOUND_CHARS_MAX).collect::<String>();
        said.into_iter().map(key).filter(|key| !key.trim().is_empty()).collect()
    }

    pub fn subjects(&self) -> Vec<Subject> {
        use Subject::{Batch, Company, Device, File, Group, Invoice, Label, Printer, Setting, Template, Token, User, Words};
        let named = |subject: fn(String) -> Subject, names: &[&String]| names.iter().map(|name| subject((*name).clone())).collect();
        match self {
            Self::Told(text) => {
                let rest = text.split_once(' ').map_or("", |(_, rest)| rest);
                invoices_in(rest).chain([Words(rest.to_owned())]).collect()
            }
            Self::Queued { task: Task::Recognise, about } => invoices_in(about).chain([File(about.clone())]).collect(),
            Self::Queued { about, .. } => vec![Template(about.clone())],
            Self::TemplateRedrawn { from, to, .. } => named(Template, &[from, to]),
            Self::MovedAhead { action, .. } | Self::Cancelled { action, .. } => vec![Subject::Task(*action)],
            Self::TaskMovedAhead { task, action, about } | Self::TaskCancelled { task, action, about } => {
                let of = if *task == Task::Recognise { File } else { Template };
                [vec![Subject::Task(*action)], named(of, &[about])].concat()
            }
            Self::QueuesPaused { .. } | Self::QueuesResumed => Vec::new(),
            Self::InvoiceCorrected { invoice, .. }
            | Self::InvoiceReviewed { invoice, .. }
            | Self::InvoiceChanged { invoice, .. }
            | Self::InvoiceReopened { invoice }
            | Self::FaultResolved { invoice }
            | Self::InvoiceVoided { invoice, .. }
            | Self::InvoiceRestored { invoice }
            | Self::InvoicePrinted { invoice } => vec![Invoice(*invoice)],
            Self::InvoicesPrinted { .. } => Vec::new(),
            Self::DuplicateDecided { invoice, of, .. } => vec![Invoice(*invoice), Invoice(*of)],
            Self::DevicesImported { file, .. } | Self::ImportUndone { file, .. } => named(File, &[file]),
            Self::PortalListTaken { file, .. } | Self::InvoicesExported { file, .. } => named(File, &[file]),
            Self::DeviceCorrected { sn, from, to, .. } => named(Device, &[sn, from, to]),
            Self::DeviceRetired { sn, cpuid, .. } | Self::ConflictSettled { sn, cpuid, .. } => named(Device, &[sn, cpuid]),
            // Their user is a value of its own.
            Self::LoggedIn | Self::LogInRefused(_) => Vec::new(),
            Self::GroupJoined { group, user } => vec![User(user.clone()), Group(group.clone())],
            Self::CompanyRenamed { from, to } => named(Company, &[from, to]),
            Self::SettingChanged { name, .. } | Self::SettingSet { name, .. } => named(Setting, &[name]),
            Self::BackupDownloaded | Self::BackupRestored { .. } => Vec::new(),
            Self::UserAdded { name, .. } => named(User, &[name]),
            Self::UserRenamed { from, to } => named(User, &[from, to]),
            Self::UserWentOver { user } | Self::UserCameOver { user } | Self::RightsChanged { user, .. } => named(User, &[user]),
            Self::GroupAdded { name, .. } => named(Group, &[name]),
            Self::GroupRenamed { from, to } => named(Group, &[from, to]),
            Self::GroupRightsChanged { group, .. } => named(Group, &[group]),
            Self::TokenAdded { name, .. } => named(Token, &[name]),
            Self::LabelLookRedrawn { name, changes } => named(Label, &before_and_now(changes, name)),
            Self::PrinterChanged { name, changes } => named(Printer, &before_and_now(changes, name)),
            Self::BatchChanged { name, changes } => named(Batch, &before_and_now(changes, name)),
            Self::LabelsQueued { printer, .. } | Self::LabelsCancelled { printer, .. } => named(Printer, &[printer]),
            Self::Done(deed, name) => vec![match deed {
                Deed::LabelLookAdded | Deed::LabelLookChanged | Deed::LabelLookDeleted => Label(name.clone()),
                Deed::UserLocked | Deed::UserUnlocked | Deed::UserDeleted => User(name.clone()),
                Deed::PasswordChanged | Deed::PasswordReset | Deed::GroupLeft => User(name.clone()),
                Deed::GroupDeleted => Group(name.clone()),
                Deed::CompanyAdded | Deed::CompanyDeleted => Company(name.clone()),
                Deed::TokenEnded => Token(name.clone()),
                Deed::PrinterAdded | Deed::PrinterDeleted => Printer(name.clone()),
                Deed::BatchAdded | Deed::BatchClosed | Deed::BatchReopened | Deed::BatchDeleted => Batch(name.clone()),
                Deed::LogoKept | Deed::LogoDeleted => File(name.clone()),
            }],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_whole_and_a_name_by_a_part_of_it() {
        let keys = |fact: Fact| fact.subjects().iter().map(Subject::key).collect::<Vec<_>>();
        let moved = Fact::MovedAhead { task: Task::Recognise, action: ActionId(5) };
        assert_eq!(
            (keys(moved), words("任务 5"), words("Task #5")),
            (vec!["任务5".into()], vec!["任务5".into()], vec!["任务5".into()])
        );
        assert_eq!(keys(Fact::Told("修改发票 #5 甲".into())), ["#5", "#5 甲"]);
        let queued = Fact::Queued { task: Task::Recognise, about: "Scan 7.PNG".into() };
        assert_eq!((keys(queued), words("scan  7.png")), (vec!["scan 7.png".into()], vec!["scan".into(), "7.png".into()]));
        assert_eq!(words("＃5 ¥40,270.00，"), ["#5", "¥40270.00,"]);
        assert!(fits("#5", "#5") && fits("scan 7.png", "7.p") && fits("任务5", "任务5"));
        assert!(fits("timezone", "timez") && fits("timezone", "时区") && !fits("timezone", "代理"));
        assert!(!fits("#55", "#5") && !fits("#5", "5") && !fits("任务55", "任务5") && !fits("5", "#5"));
    }
}
