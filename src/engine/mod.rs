//! The engine interface of the dispatcher. Engines keep no records, know no queues, run on their own thread and may block.

use crate::domain::certainty::Lowered;
use crate::domain::corners::Corners;
use crate::domain::fit_reason::FitReason;
use crate::domain::forms::{Form, Proposal};
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

/// Progress of a recognition: messages 100, 101 and 102 of the contract's §4.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The template that fits, if any. `candidates`: those compared, likeliest first; may be empty.
    Matched { template: Option<TemplateId>, candidates: Vec<TemplateScore> },
    /// An area was located.
    Found { status: i32, pos_id: String, position: Rect },
    /// `probability`: 0 to 1; `doubts`: what has lowered it.
    Read { status: i32, pos_id: String, text: String, probability: f64, doubts: Vec<Lowered> },
}

/// How well one template fits a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateScore {
    pub template: TemplateId,
    pub score: f64,
    /// Why it fits or not.
    pub reason: FitReason,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// `codes`: texts of the QR codes; `papers`: invoices on the picture, of which one was read.
    Done {
        codes: Vec<String>,
        papers: u32,
    },
    NoTemplateFits,
}

/// The invoices of known forms on a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    pub forms: Vec<Form>,
    /// Texts of its QR codes.
    pub codes: Vec<String>,
    /// How its print is turned, clockwise.
    pub quarter_turns: usize,
}

/// Several papers on a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Papers {
    /// In reading order.
    pub corners: Vec<Corners>,
    /// By their edges. Else by the ground between their print, which a form may have, too.
    pub are_sure: bool,
}

/// A template test's result.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// How well the template fits, 0 to 1, and why.
    pub score: f64,
    pub reason: FitReason,
    /// As in a recognition: `Matched` first.
    pub events: Vec<Event>,
    pub codes: Vec<String>,
    pub papers: u32,
    /// Aligned to the template, JPEG; `None` if it does not fit.
    pub aligned: Option<Vec<u8>>,
}

/// All but `Refused` are retried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing was sent; does not count as an attempt.
    Unreachable(String),
    Send(String),
    /// No answer, malformed, panic or timeout.
    Receive(String),
    /// Rejected (unreadable picture, bad template); a retry does not help.
    Refused(String),
}

/// Set when nobody waits for the result; polled between steps.
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

/// A template that has not been learnt yet.
#[derive(Debug)]
pub struct Draft<'a> {
    pub layout: &'a Layout,
    pub json_model: &'a str,
    /// The origin picture.
    pub picture: &'a Path,
    /// Under which external engines already know the template.
    pub numbers: &'a EngineNumbers,
}

/// Takes one request at a time.
pub trait Engine: Send {
    /// In-process engines are always reachable.
    fn ready(&mut self) -> Result<(), Trouble> {
        Ok(())
    }

    /// `templates`: those of the invoice's company. Reports `Matched`, then for each area `Found` (unless it is not on the picture,
    /// like a quota) and `Read`.
    fn recognise(
        &mut self,
        picture: &Path,
        templates: &[Arc<Template>],
        cancel: &Cancel,
        report: &mut dyn FnMut(Event),
    ) -> Result<Verdict, Trouble>;

    /// On a picture that no template fits. `None`: this engine knows templates only.
    fn known_forms(&mut self, _picture: &Path, _cancel: &Cancel) -> Result<Option<Known>, Trouble> {
        Ok(None)
    }

    /// Where several papers lie on a picture; none if there is but one, or this engine can't tell.
    fn papers(&mut self, _picture: &Path, _cancel: &Cancel) -> Result<Papers, Trouble> {
        Ok(Papers::default())
    }

    /// What a template of this picture could have.
    fn propose(&mut self, _picture: &Path, _cancel: &Cancel) -> Result<Proposal, Trouble> {
        Err(Trouble::Refused("this engine proposes no templates".into()))
    }

    /// Learns a new or changed template.
    fn learn(&mut self, draft: &Draft<'_>, cancel: &Cancel) -> Result<Learnt, Trouble>;

    fn forget(&mut self, numbers: &EngineNumbers, cancel: &Cancel) -> Result<(), Trouble>;

    /// Reads one picture with this template only and rates the fit.
    fn try_out(&mut self, _picture: &Path, _template: &Template, _cancel: &Cancel) -> Result<Trial, Trouble> {
        Err(Trouble::Refused("this engine has no template test".into()))
    }
}
