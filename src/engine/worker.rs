//! Runs an engine on its own thread and turns panics into errors. Not here: timeouts (dispatcher.rs).

use super::{Cancel, Draft, Engine, Event, Known, Papers, Trial, Trouble, Verdict};
use crate::domain::action::TemplateDraft;
use crate::domain::forms::Proposal;
use crate::domain::template::{EngineNumbers, Learnt, Template};
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use tokio::sync::mpsc as async_mpsc;

/// Called again after an engine was abandoned or panicked.
#[derive(Clone)]
pub struct MakeEngine {
    make: Arc<dyn Fn() -> Box<dyn Engine> + Send + Sync>,
    /// Threads still running, abandoned ones included.
    threads: Arc<AtomicUsize>,
}

/// An abandoned engine keeps running until it ends: with more threads each would hold a picture and compete for the CPU.
const THREADS_MAX: usize = 1;

impl fmt::Debug for MakeEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MakeEngine").field("threads", &self.threads).finish_non_exhaustive()
    }
}

impl MakeEngine {
    pub fn new(make: impl Fn() -> Box<dyn Engine> + Send + Sync + 'static) -> Self {
        Self { make: Arc::new(make), threads: Arc::default() }
    }

    /// # Errors
    /// `ResourceBusy` at `THREADS_MAX` threads.
    fn take_slot(&self) -> io::Result<ThreadSlot> {
        let more = |threads: usize| (threads < THREADS_MAX).then_some(threads + 1);
        match self.threads.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_) => Ok(ThreadSlot(self.threads.clone())),
            Err(_) => Err(io::Error::new(io::ErrorKind::ResourceBusy, "engines that were given up are still at it")),
        }
    }
}

struct ThreadSlot(Arc<AtomicUsize>);

impl Drop for ThreadSlot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Debug)]
pub enum Request {
    /// Is the engine reachable?
    Ready,
    Recognise {
        picture: PathBuf,
        templates: Vec<Arc<Template>>,
    },
    KnownForms {
        picture: PathBuf,
    },
    Papers {
        picture: PathBuf,
    },
    Propose {
        picture: PathBuf,
    },
    /// `picture`: the origin's file.
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
    /// The last answer.
    End(Result<Done, Trouble>),
}

#[derive(Debug)]
pub enum Done {
    Ready,
    Recognised(Verdict),
    KnownForms(Option<Known>),
    Papers(Papers),
    Learnt(Box<Learnt>),
    Forgotten,
    TriedOut(Box<Trial>),
    Proposed(Proposal),
}

/// When dropped, the thread ends at the engine's next check.
#[derive(Debug)]
pub struct Worker {
    requests: mpsc::Sender<(Request, async_mpsc::UnboundedSender<Answer>)>,
    cancel: Cancel,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl Worker {
    pub fn start(make: &MakeEngine) -> io::Result<Self> {
        let slot = make.take_slot()?;
        let (requests, queue) = mpsc::channel::<(Request, async_mpsc::UnboundedSender<Answer>)>();
        let cancel = Cancel::default();
        let (make, cancelled) = (make.make.clone(), cancel.clone());
        std::thread::Builder::new().name("engine".into()).spawn(move || {
            let _slot = slot;
            let mut engine = make();
            for (request, answers) in queue {
                let served = catch_unwind(AssertUnwindSafe(|| serve(&mut *engine, &request, &cancelled, &answers)));
                let end = served.unwrap_or_else(|_| {
                    engine = make();
                    Err(Trouble::Receive("the engine panicked".into()))
                });
                // The receiver may be gone.
                let _ = answers.send(Answer::End(end));
            }
        })?;
        Ok(Self { requests, cancel })
    }

    /// The answers, ending with `End`. Unbounded: an engine reports only a few events per area.
    pub fn ask(&self, request: Request) -> async_mpsc::UnboundedReceiver<Answer> {
        let (answers, receiver) = async_mpsc::unbounded_channel();
        // If the thread is gone, the channel just closes.
        let _ = self.requests.send((request, answers));
        receiver
    }
}

fn serve(
    engine: &mut dyn Engine,
    request: &Request,
    cancel: &Cancel,
    answers: &async_mpsc::UnboundedSender<Answer>,
) -> Result<Done, Trouble> {
    match request {
        Request::Ready => engine.ready().map(|()| Done::Ready),
        Request::Recognise { picture, templates } => {
            let mut report = |event| {
                let _ = answers.send(Answer::Event(event));
            };
            engine.recognise(picture, templates, cancel, &mut report).map(Done::Recognised)
        }
        Request::KnownForms { picture } => engine.known_forms(picture, cancel).map(Done::KnownForms),
        Request::Papers { picture } => engine.papers(picture, cancel).map(Done::Papers),
        Request::Propose { picture } => engine.propose(picture, cancel).map(Done::Proposed),
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    struct Busy(Arc<Barrier>);

    impl Engine for Busy {
        fn ready(&mut self) -> Result<(), Trouble> {
            self.0.wait();
            Ok(())
        }

        fn recognise(
            &mut self,
            _: &std::path::Path,
            _: &[Arc<Template>],
            _: &Cancel,
            _: &mut dyn FnMut(Event),
        ) -> Result<Verdict, Trouble> {
            Ok(Verdict::NoTemplateFits)
        }

        fn learn(&mut self, _: &Draft<'_>, _: &Cancel) -> Result<Learnt, Trouble> {
            Ok(Learnt::default())
        }

        fn forget(&mut self, _: &EngineNumbers, _: &Cancel) -> Result<(), Trouble> {
            Ok(())
        }
    }

    #[test]
    fn abandoned_engines_are_limited() {
        let end = Arc::new(Barrier::new(1 + THREADS_MAX));
        let make = MakeEngine::new({
            let end = end.clone();
            move || Box::new(Busy(end.clone()))
        });
        for _ in 0..THREADS_MAX {
            let _ = Worker::start(&make).unwrap().ask(Request::Ready);
        }
        assert_eq!(Worker::start(&make).unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        end.wait();
        while make.threads.load(Ordering::Relaxed) > 0 {
            std::thread::yield_now();
        }
        Worker::start(&make).unwrap();
    }
}
