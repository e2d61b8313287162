//! Reads invoices: the one interface that the dispatcher knows, and what passes through it. Engines hold no records and decide
//! nothing about queues; they run on a thread of their own and may block.

use crate::domain::fit_reason::FitReason;
use crate::domain::ids::TemplateId;
use crate::domain::template::{EngineNumbers, Layout, Learnt, Rect, Template};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub mod builtin;
pub mod paced;
pub mod scripted;
pub mod server;
pub mod worker;

/// What an engine says while it reads: messages 100, 101 and 102 of the contract's §4.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The template that fits; `None` when none does. `candidates`: those it was chosen from, the likeliest first, where the engine tells.
    Matched { template: Option<TemplateId>, candidates: Vec<TemplateScore> },
    /// An area was found on the invoice picture.
    Found { status: i32, pos_id: String, position: Rect },
    /// An area was read; `probability` from 0 to 1.
    Read { status: i32, pos_id: String, text: String, probability: f64 },
}

/// How one template fared on a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateScore {
    pub template: TemplateId,
    /// 0 to 1.
    pub score: f64,
    /// Why.
    pub reason: FitReason,
}

/// How a recognition ended when nothing went wrong with the engine.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Everything there is was reported by events. `codes`: what the QR codes on the picture say; `papers`: how many invoices lie on it,
    /// of which one was read.
    Done {
        codes: Vec<String>,
        papers: u32,
    },
    NoTemplateFits,
}

/// What a template makes of a picture that nobody queued.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// How well the template fits, 0 to 1, and why.
    pub score: f64,
    pub reason: FitReason,
    /// As in a recognition, `Matched` first.
    pub events: Vec<Event>,
    pub codes: Vec<String>,
    pub papers: u32,
    /// The picture as the template sees it, a JPEG; `None` when the template does not fit.
    pub aligned: Option<Vec<u8>>,
}

/// Engine trouble; what was asked is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing was asked of it: it can't be reached. Costs no try.
    Unreachable(String),
    /// The request could not be sent.
    Send(String),
    /// No answer, a broken one, a panic, or too late.
    Receive(String),
    /// The engine understood, and says no (a picture it can't open, a template it refuses). Trying again would not help.
    Refused(String),
}

/// Set from outside when nobody waits for the answer any more; long work looks at it between steps.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A template as its user drew it, before the engine has seen it.
#[derive(Debug)]
pub struct Draft<'a> {
    pub layout: &'a Layout,
    pub json_model: &'a str,
    /// Of the origin picture.
    pub picture: &'a Path,
    /// By which external engines know the template already.
    pub numbers: &'a EngineNumbers,
}

/// One at a time by nature: the dispatcher gives an engine one request and waits for its end.
pub trait Engine: Send {
    /// Whether it can be asked at all. An engine in the process always can.
    fn ready(&mut self) -> Result<(), Trouble> {
        Ok(())
    }

    /// Reads one picture. `templates` are those of the invoice's company. Events are reported in order: `Matched` first, then for each
    /// area `Found` (but for what is not on the picture, such as a quota) and `Read`.
    fn recognise(
        &mut self,
        picture: &Path,
        templates: &[Arc<Template>],
        cancel: &Cancel,
        report: &mut dyn FnMut(Event),
    ) -> Result<Verdict, Trouble>;

    /// Takes up a new template, or a changed one.
    fn learn(&mut self, draft: &Draft<'_>, cancel: &Cancel) -> Result<Learnt, Trouble>;

    /// `numbers`: by which external engines know the template.
    fn forget(&mut self, numbers: &EngineNumbers, cancel: &Cancel) -> Result<(), Trouble>;

    /// Reads one picture by this one template, and says how well it fits.
    fn try_out(&mut self, _picture: &Path, _template: &Template, _cancel: &Cancel) -> Result<Trial, Trouble> {
        Err(Trouble::Refused("this engine has no template test".into()))
    }
}
