//! An engine on a thread of its own: requests go in, what it says comes out, a panic is an answer like another. Not here: when to give
//! up waiting (dispatcher.rs).

use super::{Cancel, Draft, Engine, Event, Trial, Trouble, Verdict};
use crate::domain::action::TemplateDraft;
use crate::domain::template::{EngineNumbers, Learnt, Template};
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use tokio::sync::mpsc as news;

/// Makes an engine; called again when one had to be given up.
#[derive(Clone)]
pub struct MakeEngine {
    make: Arc<dyn Fn() -> Box<dyn Engine> + Send + Sync>,
    /// How many of the threads it was made for have not ended.
    threads: Arc<AtomicUsize>,
}

/// One that was given up and is still at it has its thread until it ends: beside it the next would have less time, and the box would hold
/// one picture more with each.
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
    /// `ResourceBusy` while as many as there may be have not ended.
    fn thread(&self) -> io::Result<Thread> {
        let more = |threads: usize| (threads < THREADS_MAX).then_some(threads + 1);
        match self.threads.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_) => Ok(Thread(self.threads.clone())),
            Err(_) => Err(io::Error::new(io::ErrorKind::ResourceBusy, "engines that were given up are still at it")),
        }
    }
}

/// Held for as long as the thread lives.
struct Thread(Arc<AtomicUsize>);

impl Drop for Thread {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

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
    pub fn start(make: &MakeEngine) -> io::Result<Self> {
        let thread = make.thread()?;
        let (requests, waiting) = mpsc::channel::<(Request, news::UnboundedSender<Answer>)>();
        let cancel = Cancel::default();
        let (make, cancelled) = (make.make.clone(), cancel.clone());
        std::thread::Builder::new().name("engine".into()).spawn(move || {
            let _thread = thread;
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
    fn of_engines_that_were_given_up_and_do_not_end_there_are_never_many() {
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
