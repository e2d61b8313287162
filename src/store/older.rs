//! The shapes that records of invoices had in earlier releases, and the way from each to the present one. Not here: how they lie on disk
//! (record.rs).

use crate::domain::action::{Action, Job, State};
use crate::domain::ids::{ActionId, CompanyId, InvoiceId, Millis, PictureId, TemplateId, UserId};
use crate::domain::invoice::{BlobHash, Invoice, Picture, PictureFormat, Purpose, Reason, Region, Standing, Why};
use crate::domain::template::{EngineNumbers, Layout, Learnt, POS_LABEL, Template};
use serde::{Deserialize, Serialize};

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

/// How a fault had left the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Settled {
    Resolved,
    Retried,
}

/// Before it had a version, a state of its own, and what people decide of it.
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
    reasons: Vec<Reason>,
    settled: Option<Settled>,
    regions: Vec<Region>,
}

impl From<Invoice1> for Invoice {
    fn from(old: Invoice1) -> Self {
        let standing = match old.settled {
            Some(Settled::Resolved) => Standing::Reviewed,
            Some(Settled::Retried) => Standing::Reading,
            None if old.reasons.is_empty() => Standing::Passed,
            None => Standing::Waiting,
        };
        // The label was reported as a region.
        let label = old.regions.iter().find(|r| r.pos_id == POS_LABEL).map(|r| r.text.clone());
        Self {
            id: old.id,
            version: 1,
            action: old.action,
            template: old.template,
            template_label: label.unwrap_or_default(),
            company: old.company,
            company_name: old.company_name,
            user: old.user,
            user_name: old.user_name,
            picture: old.picture.into(),
            file_name: String::new(),
            recognised: old.recognised,
            reasons: old.reasons.into_iter().map(Why::Said).collect(),
            standing,
            regions: old.regions,
            codes: Vec::new(),
            review: None,
            void: None,
            decision: None,
        }
    }
}

/// Before it kept the name of its file.
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

/// Before it had a version.
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
    learnt: Learnt,
}

impl From<Template1> for Template {
    fn from(old: Template1) -> Self {
        let Template1 { id, company, layout, json_model, registered, successes, origin, shown, uuid, learnt } = old;
        Self { id, company, layout, json_model, registered, successes, origin, shown, uuid, learnt, version: 1 }
    }
}
