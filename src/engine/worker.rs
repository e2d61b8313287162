//! An engine on a thread of its own: requests go in, what it says comes out, a panic is an answer like another. Not here: when to give
//! up waiting (dispatcher.rs).

use super::{Cancel, Draft, Engine, Event, Trial, Trouble, Verdict};
use crate::domain::action::TemplateDraft;
use crate::domain::template::{EngineNumbers, Learnt, Template};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use tokio::sync::mpsc as news;

/// Makes an engine; called again when one had to be given up.
pub type MakeEngine = Arc<dyn Fn() -> Box<dyn Engine> + Send + Sync>;

#[derive(Debug)]
pub enum Request {
    /// Can it be asked at all?
    Ready,
    Recognise {
        picture: PathBuf,
        templates: Vec<Arc<Template>>,
    },
    /// `picture` is the origin's file.
    Learn {
        draft: Box<TemplateDraft>,
        picture: PathBuf,
        numbers: EngineNumbers,
    },
    Forget {
        numbers: EngineNumbers,
    },
    TryOut {
        picture: PathBuf,
        template: Box<Template>,
    },
}

#[derive(Debug)]
pub enum Answer {
    Event(Event),
    /// The last word on a request.
    End(Result<Done, Trouble>),
}

#[derive(Debug)]
pub enum Done {
    Ready,
    Recognised(Verdict),
    Learnt(Box<Learnt>),
    Forgotten,
    TriedOut(Box<Trial>),
}

/// Dropped, the thread ends as soon as the engine looks up.
#[derive(Debug)]
pub struct Worker {
    requests: mpsc::Sender<(Request, news::UnboundedSender<Answer>)>,
    cancel: Cancel,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl Worker {
    pub fn start(make: &MakeEngine) -> std::io::Result<Self> {
        let (requests, waiting) = mpsc::channel::<(Request, news::UnboundedSender<Answer>)>();
        let cancel = Cancel::default();
        let (make, cancelled) = (make.clone(), cancel.clone());
        std::thread::Builder::new().name("engine".into()).spawn(move || {
            let mut engine = make();
            for (request, answers) in waiting {
                let served = catch_unwind(AssertUnwindSafe(|| serve(&mut *engine, &request, &cancelled, &answers)));
                let end = served.unwrap_or_else(|_| {
                    engine = make();
                    Err(Trouble::Receive("the engine panicked".into()))
                });
                // Whoever asked may have given up waiting.
                let _ = answers.send(Answer::End(end));
            }
        })?;
        Ok(Self { requests, cancel })
    }

    /// What it says to `request`, the last being an `End`. An engine reports a few events an area, so the channel needs no bound.
    pub fn ask(&self, request: Request) -> news::UnboundedReceiver<Answer> {
        let (answers, heard) = news::unbounded_channel();
        // A thread that is gone drops its end of `answers`: that is heard as silence.
        let _ = self.requests.send((request, answers));
        heard
    }
}

fn serve(
    engine: &mut dyn Engine,
    request: &Request,
    cancel: &Cancel,
    answers: &news::UnboundedSender<Answer>,
) -> Result<Done, Trouble> {
    match request {
        Request::Ready => engine.ready().map(|()| Done::Ready),
        Request::Recognise { picture, templates } => {
            let mut report = |event| {
                let _ = answers.send(Answer::Event(event));
            };
            engine.recognise(picture, templates, cancel, &mut report).map(Done::Recognised)
        }
        Request::Learn { draft, picture, numbers } => {
            let draft = Draft { layout: &draft.layout, json_model: &draft.json_model, picture, numbers };
            engine.learn(&draft, cancel).map(|learnt| Done::Learnt(Box::new(learnt)))
        }
        Request::Forget { numbers } => engine.forget(numbers, cancel).map(|()| Done::Forgotten),
        Request::TryOut { picture, template } => {
            engine.try_out(picture, template, cancel).map(|trial| Done::TriedOut(Box::new(trial)))
        }
    }
}
