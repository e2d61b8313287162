//! Socket messages, as the interface document spells them.

use super::spelling as wire;
use super::time;
use crate::app::{App, invoices, pictures, queues, templates};
use crate::domain::action::{Action, LogRow};
use crate::domain::fact::{Fact, Task};
use crate::domain::ids::{ActionId, CompanyId, InvoiceId, TemplateId};
use crate::domain::invoice::{Invoice, Picture};
use crate::domain::news::{Broken, News, TemplateChange};
use crate::domain::progress::{Match, Progress, Step};
use crate::domain::refusal::{Refusal, sentence};
use crate::domain::region::Regions;
use crate::http::edge::reply::Language;
use crate::hub::{Audience, Encoder, Message, Page, Told};
use crate::store::StoreError;
use bytes::Bytes;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::sync::Arc;

/// Faults get their own message.
const ALL_BUT_FAULTS: &[Page] = &[Page::Queue, Page::Console, Page::Models, Page::Log, Page::Users];

/// Encodes news as messages, from the current state.
#[derive(Debug)]
pub struct Messages {
    app: Arc<App>,
}

fn bytes(value: &Value) -> Bytes {
    Bytes::from(value.to_string())
}

fn one(pages: &'static [Page], company: CompanyId, value: &Value) -> Vec<Message> {
    vec![Message { pages, audience: Audience::Company(company), told: Told::Here, text: bytes(value) }]
}

/// The interface document does not have it.
fn new(told: Told, pages: &'static [Page], audience: Audience, value: &Value) -> Message {
    Message { pages, audience, told, text: bytes(value) }
}

impl Messages {
    pub fn new(app: Arc<App>) -> Arc<Self> {
        Arc::new(Self { app })
    }

    /// The messages for one row of news. `row`: of the log, if the news points to one.
    ///
    /// # Errors
    /// What it refers to can't be read.
    pub fn of(&self, news: &News, row: Option<&LogRow>) -> Result<Vec<Message>, Refusal> {
        match news {
            News::Uploaded { company, actions } => self.uploaded(*company, actions),
            News::Started { company, action } => self.started(*company, *action),
            News::PutBack { action } => self.put_back(*action),
            News::Recognised { company, invoices: ids, broken, .. } => {
                let all = ids.iter().map(|id| self.app.store.read(|view| invoices::get(view, *id)));
                let all: Vec<Invoice> = all.filter_map(Result::transpose).collect::<Result<_, _>>()?;
                let told = |first| one(&[Page::Queue, Page::Console], *company, &self.recognised(first, &all, *broken));
                Ok(all.first().map(told).unwrap_or_default())
            }
            News::TemplateEnded { company, action, change, template, failed } => {
                self.template_ended(*company, *action, *change, *template, *failed)
            }
            News::Faults { company, own, all, new } => self.faults_changed(*company, *own, *all, *new),
            _ => row.map_or_else(|| Ok(Vec::new()), |row| self.logged(row)),
        }
    }

    /// What a person did is seen at once by whoever has it open.
    fn logged(&self, row: &LogRow) -> Result<Vec<Message>, Refusal> {
        let mut told = match &row.fact {
            Fact::Cancelled { task: Task::Recognise, action } | Fact::TaskCancelled { task: Task::Recognise, action, .. } => {
                self.cancelled(*action, row)?
            }
            Fact::Queued { task: Task::Recognise, .. } | Fact::LoggedIn => Vec::new(),
            Fact::Queued { .. }
            | Fact::Cancelled { .. }
            | Fact::TaskCancelled { .. }
            | Fact::MovedAhead { .. }
            | Fact::TaskMovedAhead { .. }
            | Fact::QueuesPaused { .. }
            | Fact::QueuesResumed => vec![self.queue_changed(Told::Anywhere)?],
            Fact::SettingSet { .. } => {
                vec![new(Told::Anywhere, &Page::ALL, Audience::Everywhere, &json!({ "msg_id": 214 }))]
            }
            fact if fact.is_about_accounts() => {
                vec![new(Told::New, &[Page::Users], Audience::Company(row.company), &json!({ "msg_id": 213 }))]
            }
            fact => match fact.invoice() {
                Some(invoice) => self.invoice_changed(invoice)?,
                None => Vec::new(),
            },
        };
        told.push(new(Told::New, &[Page::Log], Audience::Company(row.company), &json!({ "msg_id": 212 })));
        Ok(told)
    }

    /// Pause and sizes are the box's.
    fn queue_changed(&self, told: Told) -> Result<Message, Refusal> {
        let paused = self.app.store.read(queues::pause)?;
        let value = json!({ "msg_id": 210, "paused": paused.map(|pause| wire::pause(&pause, &self.zone())) });
        Ok(new(told, &[Page::Queue, Page::Console], Audience::Everybody, &value))
    }

    fn invoice_changed(&self, id: InvoiceId) -> Result<Vec<Message>, Refusal> {
        let Some(invoice) = self.app.store.read(|view| invoices::get(view, id))? else { return Ok(Vec::new()) };
        let value = json!({ "msg_id": 215, "invoice_id": id, "is_fault": u8::from(invoice.is_fault()) });
        let pages = &[Page::Queue, Page::Console, Page::Faults];
        Ok(vec![new(Told::Anywhere, pages, Audience::Company(invoice.company), &value)])
    }

    fn zone(&self) -> TimeZone {
        self.app.settings().zone()
    }

    fn action(&self, id: ActionId) -> Result<Option<(Action, Option<Picture>)>, Refusal> {
        let found = self.app.store.read(|view| match queues::get(view, id)? {
            Some(action) => queues::picture_of(view, &action).map(|picture| Some((action, picture))),
            None => Ok(None),
        });
        Ok(found?)
    }

    fn uploaded(&self, company: CompanyId, actions: &[ActionId]) -> Result<Vec<Message>, Refusal> {
        let mut new = Vec::new();
        for id in actions {
            if let Some((action, Some(picture))) = self.action(*id)? {
                new.push(json!({
                    "action_id": id, "url": wire::url(&picture), "image_size": picture.kib(), "file_name": action.file_name,
                }));
            }
        }
        let mut told = one(&[Page::Queue], company, &json!({ "msg_id": 201, "new_recognize": new }));
        told.push(Message { pages: &[Page::Console], ..self.queue_changed(Told::New)? });
        Ok(told)
    }

    fn started(&self, company: CompanyId, id: ActionId) -> Result<Vec<Message>, Refusal> {
        let Some((action, Some(picture))) = self.action(id)? else { return Ok(Vec::new()) };
        let value = json!({
            "msg_id": 203,
            "action_id": action.id,
            "url": wire::url(&picture),
            "image_size": picture.kib(),
            "user_id": action.user,
            "user_name": action.user_name,
            "action_start_time": time::write(action.queued, &self.zone()),
            "company_name": action.company_name,
            "file_name": action.file_name,
        });
        Ok(one(&[Page::Queue, Page::Console], company, &value))
    }

    /// Whoever was told that it started, and can be told: it waits again.
    fn put_back(&self, id: ActionId) -> Result<Vec<Message>, Refusal> {
        let Some((action, Some(_))) = self.action(id)? else { return Ok(Vec::new()) };
        let told = one(&[Page::Queue, Page::Console], action.company, &json!({ "msg_id": 209, "action_id": id }));
        Ok(told.into_iter().map(|message| Message { told: Told::New, ..message }).collect())
    }

    /// Old consoles are told only where they may have been told that it started: else they show another action.
    fn cancelled(&self, id: ActionId, row: &LogRow) -> Result<Vec<Message>, Refusal> {
        let Some((action, _)) = self.action(id)? else { return Ok(Vec::new()) };
        let value = json!({
            "msg_id": 1,
            "action_id": id,
            "status": -1,
            "invoice_id": null,
            "model_id": null,
            "is_fault": 0,
            "region_list": {},
        });
        let pages: &[Page] = if action.failed_tries > 0 { &[Page::Queue, Page::Console] } else { &[Page::Queue] };
        let mut told = one(pages, action.company, &value);
        let value = json!({ "msg_id": 211, "action_id": id, "user_id": row.user, "user_name": row.user_name });
        told.push(new(Told::Anywhere, &[Page::Queue, Page::Console], Audience::Company(action.company), &value));
        told.push(self.queue_changed(Told::Anywhere)?);
        Ok(told)
    }

    fn template_ended(
        &self,
        company: CompanyId,
        action: ActionId,
        change: TemplateChange,
        id: Option<TemplateId>,
        failed: bool,
    ) -> Result<Vec<Message>, Refusal> {
        let number = match change {
            TemplateChange::Added => 2,
            TemplateChange::Deleted => 3,
            TemplateChange::Changed => 4,
        };
        let status = if failed { -1 } else { 0 };
        let mut message = json!({ "msg_id": number, "action_id": action, "status": status, "model_id": id });
        if let Some(template) = id.filter(|_| !failed).map(|id| self.template(id)).transpose()?.flatten() {
            message["model"] = template;
        }
        let mut told = one(&[Page::Models], company, &message);
        told.push(self.queue_changed(Told::New)?);
        Ok(told)
    }

    fn template(&self, id: TemplateId) -> Result<Option<Value>, Refusal> {
        let found = self.app.store.read(|view| {
            let Some(template) = templates::get(view, id)? else { return Ok(None) };
            let (origin, shown) = (pictures::get(view, template.origin)?, pictures::get(view, template.shown)?);
            Ok::<_, StoreError>(origin.zip(shown).map(|(origin, shown)| (template, origin, shown)))
        });
        Ok(found?.map(|(template, origin, shown)| wire::template(&template, &origin, &shown, &self.zone())))
    }

    fn faults_changed(&self, company: CompanyId, own: u64, all: u64, new: Option<InvoiceId>) -> Result<Vec<Message>, Refusal> {
        let new = new.map(|id| self.app.store.read(|view| invoices::get(view, id))).transpose()?.flatten();
        let mut messages = Vec::new();
        for (audience, number) in [(Audience::Inside(company), own), (Audience::Everywhere, all)] {
            messages.push(Message { pages: ALL_BUT_FAULTS, audience, told: Told::Here, text: self.faults(number) });
            let mut message = json!({ "msg_id": 206, "fault_num": number });
            if let Some(invoice) = &new {
                message["fault_invoice"] = wire::fault(invoice, Language::Chinese, &self.zone());
            }
            messages.push(Message { pages: &[Page::Faults], audience, told: Told::Here, text: bytes(&message) });
        }
        Ok(messages)
    }

    /// `invoice`: the file's first, which the message is about; it is a fault where one of `all` is.
    fn recognised(&self, invoice: &Invoice, all: &[Invoice], broken: Option<Broken>) -> Value {
        let is_known = invoice.template.is_some() || invoice.kind.is_some();
        let status = if is_known && broken.is_none() { 0 } else { -1 };
        let mut message = json!({
            "msg_id": 1,
            "action_id": invoice.action,
            "status": status,
            "invoice_id": invoice.id,
            "invoice_ids": all.iter().map(|one| one.id).collect::<Vec<_>>(),
            "model_id": invoice.template,
            "is_fault": u8::from(all.iter().any(Invoice::is_fault)),
            "fault_ids": all.iter().filter(|one| one.is_fault()).map(|one| one.id).collect::<Vec<_>>(),
            "recognize_time": time::write(invoice.recognised, &self.zone()),
            "region_list": wire::region_list(&invoice.regions),
        });
        match broken {
            Some(Broken::Sending) => message["err"] = json!(sentence::ENGINE_SEND),
            Some(Broken::Receiving) => message["err"] = json!(sentence::ENGINE_RECEIVE),
            None => {}
        }
        message
    }
}

impl Encoder for Messages {
    fn progress(&self, progress: &Progress) -> Vec<Message> {
        let action = progress.action;
        let value = match &progress.step {
            Step::Matched(Match { template: Some((template, picture, label)), .. }) => json!({
                "msg_id": 100, "action_id": action, "id": template, "status": 0, "url": wire::url(picture), "model_label": label,
            }),
            Step::Matched(Match { form: Some((kind, picture, page)), .. }) => json!({
                "msg_id": 100, "action_id": action, "id": null, "status": 0, "url": wire::page_url(picture, *page),
                "model_label": kind.zh(), "kind": kind.word(),
            }),
            Step::Matched(Match { template: None, form: None, .. }) => {
                json!({ "msg_id": 100, "action_id": action, "id": null, "status": -1, "url": null, "model_label": null })
            }
            Step::Found { status, pos_id, position } => json!({
                "msg_id": 101, "action_id": action, "status": status, "pos_id": pos_id, "position": wire::found(position),
            }),
            Step::Read { status, pos_id, text, probability } => json!({
                "msg_id": 102, "action_id": action, "status": status, "pos_id": pos_id, "ocr_result": text,
                "probability": wire::probability(*probability),
            }),
        };
        vec![Message {
            pages: &[Page::Console],
            audience: Audience::Company(progress.company),
            told: Told::Here,
            text: bytes(&value),
        }]
    }

    fn faults(&self, number: u64) -> Bytes {
        bytes(&json!({ "msg_id": 205, "fault_num": number }))
    }

    fn resumed(&self, number: u64, missed: bool) -> Bytes {
        bytes(&json!({ "msg_id": 207, "number": number, "missed": missed }))
    }

    fn rights_changed(&self) -> Bytes {
        bytes(&json!({ "msg_id": 208 }))
    }

    fn so_far(&self, running: Option<(ActionId, &Regions)>) -> Bytes {
        bytes(&match running {
            Some((action, regions)) => json!({ "msg_id": 204, "action_id": action, "region_list": wire::region_list(&regions.0) }),
            None => json!({ "msg_id": 204, "action_id": null, "region_list": {} }),
        })
    }
}
