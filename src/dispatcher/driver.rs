//! What the loop does with each thing that happens: asks `domain::dispatch` what follows, and carries it out. Tests drive it with a world of
//! chance in the place of engines. Not here: a try (attempt.rs), the lanes of the box (lanes.rs).

use crate::app::recognitions::Outcome;
use crate::app::{App, queues};
use crate::domain::action::{Action, Job};
use crate::domain::dispatch::{Dispatch, Effect, End, Event, Heads, Policy};
use crate::domain::ids::{ActionId, CompanyId, Millis};
use crate::domain::news::Broken;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::settings::Settings;
use crate::domain::template::{EngineNumbers, Learnt, Template};
use crate::store::StoreError;
use std::sync::Arc;
use std::time::Duration;

/// Those that a picture is read with; a store that can't be read costs a try.
pub type Templates = Result<Vec<Arc<Template>>, Refusal>;

/// What came of a try.
#[derive(Debug)]
pub enum Product {
    Recognition(Outcome),
    Learnt(Box<Learnt>),
    Forgotten,
}

/// Why nothing came of it, and what engines had allotted until then.
#[derive(Debug)]
pub struct Failure {
    pub end: End,
    pub broken: Broken,
    pub numbers: EngineNumbers,
}

#[derive(Debug)]
pub enum Happened {
    /// Something may have changed.
    Looked,
    Ready {
        lane: usize,
        is_there: bool,
    },
    /// A try is over. `lane`: the one that it was started on.
    Tried {
        lane: usize,
        action: ActionId,
        result: Result<Product, Failure>,
    },
}

/// Where the work is done, side by side.
pub trait Lanes {
    /// Whether the lane's engine is there comes as `Ready`.
    fn ask(&mut self, lane: usize);
    /// One try, on this lane or, where it is a template's, on all; its end comes as `Tried`.
    fn work(&mut self, lane: usize, action: Action, templates: Templates);
    /// A new template came to nothing: the engines that have learnt it already forget it. Nobody waits for that.
    fn forget(&mut self, numbers: &EngineNumbers);
}

#[derive(Debug)]
pub struct Driver {
    app: Arc<App>,
    dispatch: Dispatch,
}

fn policy(settings: &Settings) -> Policy {
    Policy { retries: settings.engine_retries, backoff_ms: settings.engine_backoff_ms.try_into().unwrap_or(Millis::MAX) }
}

/// How long an engine may be silent.
pub(super) fn silence(settings: &Settings) -> Duration {
    Duration::from_secs(settings.engine_timeout_s)
}

/// As long as so many silences may a try take in all.
pub(super) const SILENCES_MAX: u32 = 10;

impl Driver {
    pub fn new(app: Arc<App>, lanes: usize) -> Self {
        Self { app, dispatch: Dispatch::new(lanes) }
    }

    pub fn running(&self) -> Vec<ActionId> {
        self.dispatch.running().map(|(action, _)| action).collect()
    }

    /// Keeps what came of it, and begins what is next; when to look again, whatever happens.
    pub async fn happened(&mut self, what: Happened, lanes: &mut impl Lanes, now: Millis) -> Option<Millis> {
        match what {
            Happened::Looked => {}
            Happened::Ready { lane, is_there } => self.note(Event::Ready { lane, is_there }, now),
            Happened::Tried { lane, action, result } => self.settle(lane, action, result, lanes, now).await,
        }
        loop {
            let look = self.app.store.read(|view| Ok::<_, StoreError>((queues::heads(view)?, queues::is_paused(view)?)));
            let (heads, paused) = match look {
                Ok(look) => look,
                Err(e) => {
                    tracing::error!("the queues can't be read: {e}");
                    return None;
                }
            };
            let (mut wake_at, mut has_begun) = (None, false);
            for effect in self.dispatch.step(Event::Look { paused }, heads, now, policy(&self.app.settings())) {
                match effect {
                    Effect::WakeAt(at) => wake_at = Some(at),
                    Effect::Ask { lane } => lanes.ask(lane),
                    Effect::Start { lane, action, .. } => {
                        has_begun = true;
                        self.start(lane, action, lanes, now).await;
                    }
                    Effect::Keep { .. } | Effect::GiveUp { .. } | Effect::PutBack { .. } => {}
                }
            }
            if !has_begun {
                return wake_at;
            }
        }
    }

    fn note(&mut self, event: Event, now: Millis) {
        self.dispatch.step(event, Heads::default(), now, policy(&self.app.settings()));
    }

    /// Marked as running before the next look, which would find it waiting otherwise.
    async fn start(&mut self, lane: usize, id: ActionId, lanes: &mut impl Lanes, now: Millis) {
        let within = silence(&self.app.settings()) * SILENCES_MAX;
        match until_durable("start", || self.app.start_action(id, within)).await.flatten() {
            Some(action) => {
                let templates = match &action.job {
                    Job::Recognise { .. } => templates_of(self.app.clone(), action.company).await,
                    _ => Ok(Vec::new()),
                };
                lanes.work(lane, action, templates);
            }
            // Cancelled meanwhile, or a row that can't be.
            None => self.note(Event::Gone { lane }, now),
        }
    }

    /// The one effect that an end has is carried out before anything else is begun.
    async fn settle(
        &mut self,
        lane: usize,
        action: ActionId,
        result: Result<Product, Failure>,
        lanes: &mut impl Lanes,
        now: Millis,
    ) {
        let end = result.as_ref().map_or_else(|failure| failure.end, |_| End::Done);
        for effect in self.dispatch.step(Event::Ended { lane, end }, Heads::default(), now, policy(&self.app.settings())) {
            match (effect, &result) {
                (Effect::Keep { .. }, Ok(product)) => self.keep(action, product).await,
                (Effect::PutBack { counts, .. }, Err(failure)) => {
                    until_durable("put back", || self.app.put_action_back(action, counts, failure.numbers.clone())).await;
                }
                (Effect::GiveUp { .. }, Err(failure)) => {
                    if !failure.numbers.is_empty() {
                        lanes.forget(&failure.numbers);
                    }
                    self.give_up(action, failure.broken).await;
                }
                (effect, _) => tracing::error!("{effect:?} does not follow from the end of {action}"),
            }
        }
    }

    async fn keep(&self, action: ActionId, product: &Product) {
        let app = &self.app;
        let kept = match product {
            Product::Recognition(outcome) => {
                until_durable("keep an invoice", || app.recognition_ended(action, outcome.clone())).await
            }
            Product::Learnt(learnt) => {
                let keep = || async { app.template_learnt(action, (**learnt).clone(), uuid()?).await };
                until_durable("keep a template", keep).await
            }
            Product::Forgotten => until_durable("drop a template", || app.template_forgotten(action)).await,
        };
        if kept.is_none() {
            // More than a record holds: it ends as trouble with the engine, and not never.
            self.give_up(action, Broken::Receiving).await;
        }
    }

    async fn give_up(&self, id: ActionId, broken: Broken) {
        let app = &self.app;
        let give_up = || async {
            match app.store.read(|view| queues::get(view, id))?.map(|action| action.job) {
                Some(Job::Recognise { .. }) => app.recognition_ended(id, Outcome::gave_up(broken)).await,
                _ => app.template_failed(id).await,
            }
        };
        until_durable("give up", give_up).await;
    }

    /// What is running goes back to the front of its queue.
    pub async fn stop(&self) {
        for action in self.running() {
            until_durable("put back", || self.app.put_action_back(action, false, EngineNumbers::new())).await;
        }
    }
}

async fn templates_of(app: Arc<App>, company: CompanyId) -> Templates {
    let read = tokio::task::spawn_blocking(move || app.templates_of(company)).await;
    read.unwrap_or_else(|_| Err(Refusal::internal()))
}

/// A write that the dispatcher can't go on without: tried until the disk takes it. `None`: refused for good, and said in the log.
async fn until_durable<T, F: Future<Output = Result<T, Refusal>>>(what: &str, write: impl Fn() -> F) -> Option<T> {
    loop {
        match write().await {
            Ok(done) => return Some(done),
            Err(refusal) if refusal.code == Code::Unavailable => {
                tracing::warn!("{what}: {}", refusal.en);
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(refusal) => {
                tracing::error!("{what}: {}", refusal.en);
                return None;
            }
        }
    }
}

/// 128 random bits as 32 hex digits.
fn uuid() -> Result<String, Refusal> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Refusal::internal())?;
    Ok(bytes.iter().map(|b| format!("{b:02x}")).collect())
}
