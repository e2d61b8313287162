//! The box's lanes, each with an engine on its own thread, and their tasks. A silent or panicking engine costs one try, not the
//! box.

use super::attempt::{Workers, work};
use super::driver::{Failure, Happened, Lanes, Templates};
use crate::app::App;
use crate::domain::action::{Action, Queue};
use crate::domain::dispatch::End;
use crate::domain::ids::ActionId;
use crate::domain::news::Broken;
use crate::domain::template::EngineNumbers;
use crate::engine::worker::{Answer, MakeEngine, Request, Worker};
use crate::hub::Hub;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{Id, JoinSet};

/// For an engine to say that it is there.
const READY_WITHIN: Duration = Duration::from_secs(5);

/// For reporting a lost task.
#[derive(Clone, Copy, Debug)]
struct About {
    lane: usize,
    /// The action, and its tries including this one; `None` if only asked whether it is ready.
    tried: Option<(ActionId, u32)>,
}

pub(super) struct Engines {
    app: Arc<App>,
    hub: Arc<Hub>,
    make: Vec<MakeEngine>,
    /// `None`: in a task, given up or not started.
    workers: Vec<Option<Worker>>,
    tasks: JoinSet<(Workers, Happened)>,
    about: HashMap<Id, About>,
}

impl Engines {
    pub fn new(app: Arc<App>, hub: Arc<Hub>, make: Vec<MakeEngine>) -> Self {
        let workers = make.iter().map(|_| None).collect();
        Self { app, hub, make, workers, tasks: JoinSet::new(), about: HashMap::new() }
    }

    /// Pends while no task runs. Cancel-safe.
    pub async fn next(&mut self) -> Happened {
        let Some(ended) = self.tasks.join_next_with_id().await else { return std::future::pending().await };
        match ended {
            Ok((id, (workers, happened))) => {
                self.about.remove(&id);
                for (lane, worker) in workers {
                    self.workers[lane] = worker;
                }
                happened
            }
            Err(e) => {
                tracing::error!("a task of an engine was lost: {e}");
                let about = self.about.remove(&e.id());
                about.map_or(Happened::Looked, |About { lane, tried }| match tried {
                    None => Happened::Ready { lane, is_there: false },
                    Some((action, failed_tries)) => {
                        let (end, broken) = (End::Failed { failed_tries }, Broken::Receiving);
                        Happened::Tried { lane, action, result: Err(Failure { end, broken, numbers: EngineNumbers::new() }) }
                    }
                })
            }
        }
    }

    pub async fn stop(&mut self) {
        self.tasks.shutdown().await;
    }
}

impl Lanes for Engines {
    fn ask(&mut self, lane: usize) {
        let worker = self.workers[lane].take().map_or_else(|| Worker::start(&self.make[lane]), Ok);
        let task = self.tasks.spawn(async move {
            let (worker, is_there) = match worker {
                Ok(worker) => is_there(worker).await,
                Err(e) => {
                    tracing::warn!(lane, "engine: no thread: {e}");
                    (None, false)
                }
            };
            (vec![(lane, worker)], Happened::Ready { lane, is_there })
        });
        self.about.insert(task.id(), About { lane, tried: None });
    }

    fn work(&mut self, lane: usize, action: Action, templates: Templates) {
        let engines = self.workers.len();
        // A desk has none.
        let needed = if action.job.queue() == Queue::Manage { 0..engines } else { lane.min(engines)..(lane + 1).min(engines) };
        let workers: Workers = needed.map(|lane| (lane, self.workers[lane].take())).collect();
        let (id, tries) = (action.id, action.failed_tries + 1);
        let (app, hub) = (self.app.clone(), self.hub.clone());
        let task = self.tasks.spawn(async move {
            let (workers, result) = work(app, hub, workers, action, templates).await;
            (workers, Happened::Tried { lane, action: id, result })
        });
        self.about.insert(task.id(), About { lane, tried: Some((id, tries)) });
    }

    fn forget(&mut self, numbers: &EngineNumbers) {
        self.workers.iter().flatten().for_each(|worker| drop(worker.ask(Request::Forget { numbers: numbers.clone() })));
    }
}

/// A worker that doesn't answer is given up.
async fn is_there(worker: Worker) -> (Option<Worker>, bool) {
    let mut answers = worker.ask(Request::Ready);
    match tokio::time::timeout(READY_WITHIN, answers.recv()).await {
        Ok(Some(Answer::End(Ok(_)))) => (Some(worker), true),
        Ok(Some(Answer::End(Err(trouble)))) => {
            tracing::warn!("engine: {trouble:?}");
            (Some(worker), false)
        }
        _ => {
            tracing::warn!("the engine does not say whether it is there");
            (None, false)
        }
    }
}
