//! Record shapes of earlier releases. Not here: their encoding (record.rs).

use crate::domain::account::{PermissionSet, User};
use crate::domain::action::{Action, Job, LogRow, State};
use crate::domain::area::POS_LABEL;
use crate::domain::device::{Conflict, ConflictKind, Device, Label, Print, Settlement};
use crate::domain::fact::Fact;
use crate::domain::fit_reason::FitReason;
use crate::domain::ids::{ActionId, CompanyId, GroupId, InvoiceId, Millis, PictureId, TemplateId, UserId};
use crate::domain::invoice::{
    BlobHash, Candidate, Decision, Invoice, Picture, PictureFormat, Purpose, Review, Standing, Void, Why,
};
use crate::domain::kind::Kind;
use crate::domain::paper::Source;
use crate::domain::region::Region;
use crate::domain::template::{EngineNumbers, FixedWord, Layout, Learnt, Rect, Template};
use crate::domain::vat_code::FROM_CODE;
use crate::domain::words::Words;
use serde::{Deserialize, Serialize};

/// Before those whose password somebody else had chosen were asked for their own.
#[derive(Serialize, Deserialize)]
pub struct User1 {
    id: UserId,
    name: String,
    company: CompanyId,
    group: Option<GroupId>,
    password_hash: String,
    default_password: bool,
    permissions: PermissionSet,
    registered: Millis,
    locked: bool,
}

impl std::fmt::Debug for User1 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User1").field("id", &self.id).finish_non_exhaustive()
    }
}

impl From<User1> for User {
    /// Who chose the password is not known any more.
    fn from(old: User1) -> Self {
        let User1 { id, name, company, group, password_hash, default_password, permissions, registered, locked } = old;
        let must_change_password = false;
        Self { id, name, company, group, password_hash, default_password, permissions, registered, locked, must_change_password }
    }
}

/// Before pages were counted.
#[derive(Debug, Serialize, Deserialize)]
pub struct Picture1 {
    id: PictureId,
    hash: BlobHash,
    format: PictureFormat,
    width: u32,
    height: u32,
    bytes: u64,
    purpose: Purpose,
    company: CompanyId,
    uploaded_by: UserId,
    uploaded: Millis,
}

impl From<Picture1> for Picture {
    fn from(old: Picture1) -> Self {
        let Picture1 { id, hash, format, width, height, bytes, purpose, company, uploaded_by, uploaded } = old;
        Self { id, hash, format, width, height, bytes, purpose, company, uploaded_by, uploaded, pages: 1 }
    }
}

/// Before facts and chaining.
#[derive(Debug, Serialize, Deserialize)]
pub struct LogRow1 {
    action: Option<ActionId>,
    description: String,
    user: UserId,
    user_name: String,
    company: CompanyId,
    company_name: String,
    ip: String,
}

impl From<LogRow1> for LogRow {
    fn from(old: LogRow1) -> Self {
        let LogRow1 { action, description, user, user_name, company, company_name, ip } = old;
        Self { action, fact: Fact::Told(description), user, user_name, company, company_name, ip, before: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Settled {
    Resolved,
    Retried,
}

/// When all values were read in areas of a picture.
#[derive(Debug, Serialize, Deserialize)]
pub struct Region1 {
    pos_id: String,
    position: Option<Rect>,
    text: String,
    probability: f64,
    status: i32,
}

impl From<Region1> for Region {
    fn from(old: Region1) -> Self {
        let Region1 { pos_id, position, text, probability, status } = old;
        let source = if status == FROM_CODE { Source::Qr } else { Source::Ocr };
        Self { pos_id, position, text, probability, status, source, page: 1, doubts: Vec::new() }
    }
}

/// Before doubts were named.
#[derive(Debug, Serialize, Deserialize)]
pub struct Region2 {
    pos_id: String,
    position: Option<Rect>,
    text: String,
    probability: f64,
    status: i32,
    source: Source,
    page: u32,
}

impl From<Region2> for Region {
    fn from(old: Region2) -> Self {
        let Region2 { pos_id, position, text, probability, status, source, page } = old;
        Self { pos_id, position, text, probability, status, source, page, doubts: Vec::new() }
    }
}

/// With `Region2`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Invoice3 {
    id: InvoiceId,
    version: u64,
    action: ActionId,
    template: Option<TemplateId>,
    template_label: String,
    kind: Option<Kind>,
    part: u32,
    pages: (u32, u32),
    company: CompanyId,
    company_name: String,
    user: UserId,
    user_name: String,
    picture: Picture,
    file_name: String,
    recognised: Millis,
    reasons: Vec<Why>,
    standing: Standing,
    regions: Vec<Region2>,
    codes: Vec<String>,
    review: Option<Review>,
    void: Option<Void>,
    decisions: Vec<Decision>,
}

impl From<Invoice3> for Invoice {
    fn from(old: Invoice3) -> Self {
        Self {
            id: old.id,
            version: old.version,
            action: old.action,
            template: old.template,
            template_label: old.template_label,
            kind: old.kind,
            part: old.part,
            pages: old.pages,
            company: old.company,
            company_name: old.company_name,
            user: old.user,
            user_name: old.user_name,
            picture: old.picture,
            file_name: old.file_name,
            recognised: old.recognised,
            reasons: old.reasons,
            standing: old.standing,
            regions: old.regions.into_iter().map(Region::from).collect(),
            codes: old.codes,
            review: old.review,
            void: old.void,
            decisions: old.decisions,
        }
    }
}

/// Before known forms and pages.
#[derive(Debug, Serialize, Deserialize)]
pub struct Invoice2 {
    id: InvoiceId,
    version: u64,
    action: ActionId,
    template: Option<TemplateId>,
    template_label: String,
    company: CompanyId,
    company_name: String,
    user: UserId,
    user_name: String,
    picture: Picture,
    file_name: String,
    recognised: Millis,
    reasons: Vec<Why>,
    standing: Standing,
    regions: Vec<Region1>,
    codes: Vec<String>,
    review: Option<Review>,
    void: Option<Void>,
    decisions: Vec<Decision>,
}

impl From<Invoice2> for Invoice {
    fn from(old: Invoice2) -> Self {
        Self {
            id: old.id,
            version: old.version,
            action: old.action,
            template: old.template,
            template_label: old.template_label,
            kind: None,
            part: 1,
            pages: (1, 1),
            company: old.company,
            company_name: old.company_name,
            user: old.user,
            user_name: old.user_name,
            picture: old.picture,
            file_name: old.file_name,
            recognised: old.recognised,
            reasons: old.reasons,
            standing: old.standing,
            regions: old.regions.into_iter().map(Region::from).collect(),
            codes: old.codes,
            review: old.review,
            void: old.void,
            decisions: old.decisions,
        }
    }
}

/// Before versions and decisions.
#[derive(Debug, Serialize, Deserialize)]
pub struct Invoice1 {
    id: InvoiceId,
    action: ActionId,
    template: Option<TemplateId>,
    company: CompanyId,
    company_name: String,
    user: UserId,
    user_name: String,
    picture: Picture1,
    recognised: Millis,
    reasons: Vec<Words>,
    settled: Option<Settled>,
    regions: Vec<Region1>,
}

impl From<Invoice1> for Invoice {
    fn from(old: Invoice1) -> Self {
        let standing = match old.settled {
            Some(Settled::Resolved) => Standing::Reviewed,
            Some(Settled::Retried) => Standing::Reading,
            None if old.reasons.is_empty() => Standing::Passed,
            None => Standing::Waiting,
        };
        let label = old.regions.iter().find(|r| r.pos_id == POS_LABEL).map(|r| r.text.clone());
        Self {
            id: old.id,
            version: 1,
            action: old.action,
            template: old.template,
            template_label: label.unwrap_or_default(),
            kind: None,
            part: 1,
            pages: (1, 1),
            company: old.company,
            company_name: old.company_name,
            user: old.user,
            user_name: old.user_name,
            picture: old.picture.into(),
            file_name: String::new(),
            recognised: old.recognised,
            reasons: old.reasons.into_iter().map(Why::Said).collect(),
            standing,
            regions: old.regions.into_iter().map(Region::from).collect(),
            codes: Vec::new(),
            review: None,
            void: None,
            decisions: Vec::new(),
        }
    }
}

/// When the fit reason was a text.
#[derive(Debug, Serialize, Deserialize)]
pub struct Candidate1 {
    pub(super) template: TemplateId,
    pub(super) label: String,
    pub(super) score: f64,
    pub(super) reason: Words,
}

impl From<Candidate1> for Candidate {
    fn from(old: Candidate1) -> Self {
        let Candidate1 { template, label, score, reason } = old;
        Self { template, label, score, reason: FitReason::Said(reason) }
    }
}

/// Before file names.
#[derive(Debug, Serialize, Deserialize)]
pub struct Action1 {
    id: ActionId,
    job: Job,
    user: UserId,
    user_name: String,
    company: CompanyId,
    company_name: String,
    queued: Millis,
    position: i64,
    state: State,
    failed_tries: u32,
    crashes: u32,
    numbers: EngineNumbers,
}

impl From<Action1> for Action {
    fn from(old: Action1) -> Self {
        Self {
            id: old.id,
            job: old.job,
            user: old.user,
            user_name: old.user_name,
            company: old.company,
            company_name: old.company_name,
            queued: old.queued,
            position: old.position,
            state: old.state,
            failed_tries: old.failed_tries,
            crashes: old.crashes,
            numbers: old.numbers,
            file_name: String::new(),
        }
    }
}

/// When code and title were among the areas, under keys that no area can have.
#[derive(Debug, Serialize, Deserialize)]
pub struct Learnt1 {
    pub(super) words: Vec<FixedWord>,
    pub(super) specimen: Vec<(String, String)>,
    pub(super) size: (u32, u32),
    pub(super) numbers: EngineNumbers,
}

impl From<Learnt1> for Learnt {
    fn from(old: Learnt1) -> Self {
        let Learnt1 { words, specimen, size, numbers } = old;
        let mut learnt = Self { words, size, numbers, ..Self::default() };
        for (area, text) in specimen {
            match area.as_str() {
                "\u{0}qr" => learnt.code = Some(text),
                "\u{0}title" => learnt.title = Some(text),
                _ => learnt.areas.push((area, text)),
            }
        }
        learnt
    }
}

/// Before versions.
#[derive(Debug, Serialize, Deserialize)]
pub struct Template1 {
    id: TemplateId,
    company: CompanyId,
    layout: Layout,
    json_model: String,
    registered: Millis,
    successes: u64,
    origin: PictureId,
    shown: PictureId,
    uuid: String,
    learnt: Learnt1,
}

impl From<Template1> for Template2 {
    fn from(old: Template1) -> Self {
        let Template1 { id, company, layout, json_model, registered, successes, origin, shown, uuid, learnt } = old;
        Self { id, company, layout, json_model, registered, successes, origin, shown, uuid, learnt, version: 1 }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Template2 {
    pub(super) id: TemplateId,
    pub(super) company: CompanyId,
    pub(super) layout: Layout,
    pub(super) json_model: String,
    pub(super) registered: Millis,
    pub(super) successes: u64,
    pub(super) origin: PictureId,
    pub(super) shown: PictureId,
    pub(super) uuid: String,
    pub(super) learnt: Learnt1,
    pub(super) version: u64,
}

impl From<Template2> for Template {
    fn from(old: Template2) -> Self {
        let Template2 { id, company, layout, json_model, registered, successes, origin, shown, uuid, learnt, version } = old;
        Self { id, company, layout, json_model, registered, successes, origin, shown, uuid, learnt: learnt.into(), version }
    }
}

/// Before corrections, imports and `current_labels`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Device1 {
    pub(super) sn: String,
    pub(super) cpuid: String,
    pub(super) registered: Millis,
    pub(super) sequence: u64,
    pub(super) label: Label,
    pub(super) print_count: u32,
    pub(super) prints: u32,
}

impl From<Device1> for Device {
    fn from(old: Device1) -> Self {
        let Device1 { sn, cpuid, registered, sequence, label, print_count, prints } = old;
        let current_labels = print_count;
        Self { sn, cpuid, registered, sequence, label, print_count, prints, current_labels, registered_by: None, import: None }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Print1 {
    pub(super) at: Millis,
    pub(super) user: UserId,
    pub(super) user_name: String,
    pub(super) ip: String,
    pub(super) reason: String,
    pub(super) outcome: Label,
}

impl From<Print1> for Print {
    fn from(old: Print1) -> Self {
        let Print1 { at, user, user_name, ip, reason, outcome } = old;
        Self { at, user, user_name, ip, reason, outcome, told: None }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Settlement1 {
    pub(super) at: Millis,
    pub(super) user_name: String,
    pub(super) reason: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Conflict1 {
    pub(super) id: u64,
    pub(super) sn: String,
    pub(super) cpuid: String,
    pub(super) by_sn: Option<(String, String)>,
    pub(super) by_cpuid: Option<(String, String)>,
    pub(super) first: Millis,
    pub(super) last: Millis,
    pub(super) times: u32,
    pub(super) user_name: String,
    pub(super) ip: String,
    pub(super) settled: Option<Settlement1>,
}

impl From<Conflict1> for Conflict {
    /// All came from registrations, and settling changed nothing.
    fn from(old: Conflict1) -> Self {
        let Conflict1 { id, sn, cpuid, by_sn, by_cpuid, first, last, times, user_name, ip, settled } = old;
        let settled = settled.map(|Settlement1 { at, user_name, reason }| Settlement { at, user_name, reason, replaced: false });
        let kind = ConflictKind::Registration;
        Self { id, sn, cpuid, by_sn, by_cpuid, first, last, times, user_name, ip, settled, kind }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_invoice_keeps_its_standing() {
        let old = |settled, reasons| Invoice1 {
            id: InvoiceId(1),
            action: ActionId(2),
            template: None,
            company: CompanyId(1),
            company_name: String::new(),
            user: UserId(1),
            user_name: String::new(),
            picture: Picture1 {
                id: PictureId(1),
                hash: BlobHash([0; 32]),
                format: PictureFormat::Png,
                width: 1,
                height: 1,
                bytes: 1,
                purpose: Purpose::Invoice,
                company: CompanyId(1),
                uploaded_by: UserId(1),
                uploaded: 0,
            },
            recognised: 0,
            reasons,
            settled,
            regions: vec![Region1 { pos_id: POS_LABEL.into(), position: None, text: "定额".into(), probability: 1.0, status: 0 }],
        };
        let why = || vec![Words::new("没有匹配的模板", "no template fits")];
        for (settled, reasons, standing) in [
            (None, Vec::new(), Standing::Passed),
            (None, why(), Standing::Waiting),
            (Some(Settled::Retried), why(), Standing::Reading),
            (Some(Settled::Resolved), why(), Standing::Reviewed),
        ] {
            let invoice = Invoice::from(old(settled, reasons));
            assert_eq!((invoice.standing, invoice.version, invoice.template_label.as_str()), (standing, 1, "定额"));
        }
        let unsure = Words::new("发票类型识别不可靠（置信度 0.50）", "发票类型 was not read surely (confidence 0.50)");
        let invoice = Invoice::from(old(None, vec![unsure.clone()]));
        assert_eq!((invoice.reasons[0].zh(), invoice.reasons[0].told()), (unsure.zh.clone(), unsure));
        assert_eq!(invoice.reasons[0].doubted(&invoice.regions), [(POS_LABEL, None)]);
    }
}
