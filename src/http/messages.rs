//! What the sockets are told, in the interface document's words and numbers.

use super::reply::Language;
use super::{time, wire};
use crate::domain::action::Queue;
use crate::domain::change::{Change, Match, Progress, Step, TemplateChange};
use crate::domain::ids::ActionId;
use crate::domain::invoice::Invoice;
use crate::domain::region::Regions;
use crate::domain::template::Template;
use crate::hub::{Audience, Encoder, Message, Page};
use bytes::Bytes;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::sync::{Arc, PoisonError, RwLock};

/// Every page but that of the faults, which has a message of its own.
const ALL_BUT_FAULTS: &[Page] = &[Page::Queue, Page::Console, Page::Models, Page::Log, Page::Users];

/// Puts news into the wire's words. It is made before the box it speaks for, which then tells it the time zone and where pictures are.
#[derive(Default)]
pub struct Messages {
    speaks_for: RwLock<Option<Arc<crate::app::App>>>,
}

impl std::fmt::Debug for Messages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Messages")
    }
}

fn bytes(value: &Value) -> Bytes {
    Bytes::from(value.to_string())
}

impl Messages {
    pub fn speak_for(&self, app: Arc<crate::app::App>) {
        *self.speaks_for.write().unwrap_or_else(PoisonError::into_inner) = Some(app);
    }

    fn zone(&self) -> TimeZone {
        let app = self.speaks_for.read().unwrap_or_else(PoisonError::into_inner);
        app.as_ref().map_or_else(TimeZone::system, |app| app.settings().zone())
    }

    fn template(&self, template: &Template) -> Option<Value> {
        let app = self.speaks_for.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        let find = |id| app.store.read(|view| crate::app::pictures::get(view, id)).ok().flatten();
        let (origin, shown) = (find(template.origin)?, find(template.shown)?);
        Some(wire::template(template, &origin, &shown, &self.zone()))
    }

    fn recognised(invoice: &Invoice, trouble: Option<&'static str>) -> Value {
        let status = if invoice.template.is_some() && trouble.is_none() { 0 } else { -1 };
        let mut message = json!({
            "msg_id": 1,
            "action_id": invoice.action,
            "status": status,
            "invoice_id": invoice.id,
            "model_id": invoice.template,
            "is_fault": u8::from(invoice.is_fault()),
            "region_list": wire::region_list(&invoice.regions),
        });
        if let Some(err) = trouble {
            message["err"] = json!(err);
        }
        message
    }
}

impl Encoder for Messages {
    fn change(&self, change: &Change) -> Vec<Message> {
        let one = |pages, audience, value: &Value| vec![Message { pages, audience, text: bytes(value) }];
        match change {
            Change::Queued { company, pictures } if !pictures.is_empty() => {
                let new: Vec<Value> = pictures
                    .iter()
                    .map(|(action, p)| json!({ "action_id": action, "url": wire::url(p), "image_size": p.kib() }))
                    .collect();
                one(&[Page::Queue], Audience::Company(*company), &json!({ "msg_id": 201, "new_recognize": new }))
            }
            Change::Started { action, picture } => one(
                &[Page::Queue, Page::Console],
                Audience::Company(action.company),
                &json!({
                    "msg_id": 203,
                    "action_id": action.id,
                    "url": wire::url(picture),
                    "image_size": picture.kib(),
                    "user_id": action.user,
                    "user_name": action.user_name,
                    "action_start_time": time::write(action.queued, &self.zone()),
                    "company_name": action.company_name,
                }),
            ),
            Change::Recognised { invoice, trouble } => {
                one(&[Page::Queue, Page::Console], Audience::Company(invoice.company), &Self::recognised(invoice, *trouble))
            }
            // A console is in the middle of another action: the page of the queue alone hears of it.
            Change::Cancelled { action } if action.job.queue() == Queue::Recognise => one(
                &[Page::Queue],
                Audience::Company(action.company),
                &json!({
                    "msg_id": 1,
                    "action_id": action.id,
                    "status": -1,
                    "invoice_id": null,
                    "model_id": null,
                    "is_fault": 0,
                    "region_list": {},
                }),
            ),
            Change::Template { kind, action, company, id, template, failed } => {
                let number = match kind {
                    TemplateChange::Added => 2,
                    TemplateChange::Deleted => 3,
                    TemplateChange::Changed => 4,
                };
                let status = if *failed { -1 } else { 0 };
                let mut message = json!({ "msg_id": number, "action_id": action, "status": status, "model_id": id });
                if let Some(template) = template.as_deref().and_then(|t| self.template(t)) {
                    message["model"] = template;
                }
                one(&[Page::Models], Audience::Company(*company), &message)
            }
            Change::Faults { company, own, all, new } => {
                let mut messages = Vec::new();
                for (audience, number) in [(Audience::Inside(*company), *own), (Audience::Everywhere, *all)] {
                    messages.push(Message { pages: ALL_BUT_FAULTS, audience, text: self.faults(number) });
                    let mut message = json!({ "msg_id": 206, "fault_num": number });
                    if let Some(invoice) = new {
                        message["fault_invoice"] = wire::fault(invoice, Language::Chinese, &self.zone());
                    }
                    messages.push(Message { pages: &[Page::Faults], audience, text: bytes(&message) });
                }
                messages
            }
            _ => Vec::new(),
        }
    }

    fn progress(&self, progress: &Progress) -> Vec<Message> {
        let action = progress.action;
        let value = match &progress.step {
            Step::Matched(Match { template: Some((template, picture, label)), .. }) => json!({
                "msg_id": 100, "action_id": action, "id": template, "status": 0, "url": wire::url(picture), "model_label": label,
            }),
            Step::Matched(Match { template: None, .. }) => {
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
        vec![Message { pages: &[Page::Console], audience: Audience::Company(progress.company), text: bytes(&value) }]
    }

    fn faults(&self, number: u64) -> Bytes {
        bytes(&json!({ "msg_id": 205, "fault_num": number }))
    }

    fn so_far(&self, running: Option<(ActionId, &Regions)>) -> Bytes {
        bytes(&match running {
            Some((action, regions)) => json!({ "msg_id": 204, "action_id": action, "region_list": wire::region_list(&regions.0) }),
            None => json!({ "msg_id": 204, "action_id": null, "region_list": {} }),
        })
    }
}
