//! Template tests: a picture read by one template, saved or just drawn, while somebody waits, on an engine beside the dispatcher's. And
//! templates that are proposed for a picture, on the same one.
//! Not here: the queues, which are not involved.

use crate::domain::action::TemplateDraft;
use crate::domain::corners::Corners;
use crate::domain::forms::Proposal;
use crate::domain::ids::TemplateId;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::template::{EngineNumbers, Learnt, Template};
use crate::engine::worker::{Answer, Done, MakeEngine, Request, Worker};
use crate::engine::{Trial, Trouble};
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore};

/// One runs at a time; this many more may wait.
const WAITING_MAX: usize = 4;

#[derive(Debug)]
pub enum Tried {
    Saved(Box<Template>),
    /// Learnt for this test only; `origin`: the picture file it is drawn on.
    Drawn {
        draft: Box<TemplateDraft>,
        origin: PathBuf,
    },
}

pub struct Trials {
    /// `None`: the engine in use can't test.
    make: Option<MakeEngine>,
    worker: Mutex<Option<Worker>>,
    places: Semaphore,
}

impl std::fmt::Debug for Trials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trials").field("worker", &self.worker).finish_non_exhaustive()
    }
}

impl Trials {
    pub fn new(make: Option<MakeEngine>) -> Self {
        Self { make, worker: Mutex::default(), places: Semaphore::new(1 + WAITING_MAX) }
    }

    /// # Errors
    /// `Conflict` when the engine in use has no such test.
    pub fn available(&self) -> Result<(), Refusal> {
        self.make.as_ref().map(|_| ()).ok_or_else(not_with_this_engine)
    }

    /// Reads the picture by one template; returns that too. `patience` includes waiting for others.
    ///
    /// # Errors
    /// `Conflict` with an external engine; `Unavailable` if too many wait or it takes too long; `Unsupported` for an unreadable
    /// picture.
    pub async fn run(&self, picture: PathBuf, tried: Tried, patience: Duration) -> Result<(Trial, Box<Template>), Refusal> {
        self.in_turn(patience, |worker| async move { (test(&worker, picture, tried).await, worker) }).await
    }

    /// What a template of this picture could have.
    ///
    /// # Errors
    /// As in `run`.
    pub async fn propose(&self, picture: PathBuf, patience: Duration) -> Result<Proposal, Refusal> {
        let proposed = |worker: Worker| async move {
            let proposed = match last_word(&worker, Request::Propose { picture }).await {
                Ok(Done::Proposed(proposal)) => Ok(proposal),
                end => Err(broken(end)),
            };
            (proposed, worker)
        };
        self.in_turn(patience, proposed).await
    }

    /// Where several papers lie on this picture; empty if there is but one.
    ///
    /// # Errors
    /// As in `run`.
    pub async fn papers(&self, picture: PathBuf, patience: Duration) -> Result<Vec<Corners>, Refusal> {
        let found = |worker: Worker| async move {
            let found = match last_word(&worker, Request::Papers { picture }).await {
                Ok(Done::Papers(papers)) => Ok(papers.corners),
                end => Err(broken(end)),
            };
            (found, worker)
        };
        self.in_turn(patience, found).await
    }

    /// `work` gives the engine back, for whoever is next.
    async fn in_turn<T, F>(&self, patience: Duration, work: impl FnOnce(Worker) -> F) -> Result<T, Refusal>
    where
        F: Future<Output = (Result<T, Refusal>, Worker)>,
    {
        let Some(make) = &self.make else { return Err(not_with_this_engine()) };
        let Ok(_place) = self.places.try_acquire() else { return Err(busy()) };
        let turn = async {
            let mut turn = self.worker.lock().await;
            // Taken out while working: if this times out, dropping the worker stops it.
            let worker = match turn.take() {
                Some(worker) => worker,
                None => Worker::start(make).map_err(|_| busy())?,
            };
            let (done, worker) = work(worker).await;
            *turn = Some(worker);
            done
        };
        tokio::time::timeout(patience, turn).await.unwrap_or_else(|_| Err(too_long()))
    }
}

async fn test(worker: &Worker, picture: PathBuf, tried: Tried) -> Result<(Trial, Box<Template>), Refusal> {
    let template = match tried {
        Tried::Saved(template) => template,
        Tried::Drawn { draft, origin } => {
            let learn = Request::Learn { draft: draft.clone(), picture: origin, numbers: EngineNumbers::new() };
            match last_word(worker, learn).await {
                Ok(Done::Learnt(learnt)) => Box::new(unsaved(*draft, *learnt)),
                end => return Err(broken(end)),
            }
        }
    };
    match last_word(worker, Request::TryOut { picture, template: template.clone() }).await {
        Ok(Done::TriedOut(trial)) => Ok((*trial, template)),
        end => Err(broken(end)),
    }
}

async fn last_word(worker: &Worker, request: Request) -> Result<Done, Trouble> {
    let mut answers = worker.ask(request);
    loop {
        match answers.recv().await {
            Some(Answer::Event(_)) => {}
            Some(Answer::End(end)) => return end,
            None => return Err(Trouble::Receive("the engine is gone".into())),
        }
    }
}

/// It has no number.
fn unsaved(draft: TemplateDraft, learnt: Learnt) -> Template {
    let TemplateDraft { company, layout, json_model, origin, shown } = draft;
    let (id, uuid) = (TemplateId(0), String::new());
    Template { id, company, layout, json_model, registered: 0, successes: 0, origin, shown, uuid, learnt, version: 0 }
}

fn broken(end: Result<Done, Trouble>) -> Refusal {
    match end {
        Err(Trouble::Refused(why)) => {
            tracing::info!("a template test: {why}");
            Refusal::new(Code::Unsupported, "图片无法打开", "the picture can't be opened")
        }
        other => {
            tracing::warn!("a template test: {other:?}");
            Refusal::internal()
        }
    }
}

fn not_with_this_engine() -> Refusal {
    Refusal::conflict("使用外部算法服务器时不能测试模板", "templates can't be tested with an external engine")
}

fn busy() -> Refusal {
    Refusal::new(Code::Unavailable, "正在测试的人太多，请稍后再试", "too many tests at once, please try again later")
}

fn too_long() -> Refusal {
    Refusal::new(Code::Unavailable, "测试超时，请稍后再试", "the test took too long, please try again later")
}
