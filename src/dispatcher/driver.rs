//! Asks `domain::dispatch` what follows from each event and carries it out. Tests drive it with random events instead of engines.
//! Not here: a try (attempt.rs), the box's lanes (lanes.rs).

use crate::app::outcome::Outcome;
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

/// Failing to read them costs a try.
pub type Templates = Result<Vec<Arc<Template>>, Refusal>;

/// The result of a try.
#[derive(Debug)]
pub enum Product {
    /// The file's invoices, at least one.
    Recognition(Vec<Outcome>),
    Learnt(Box<Learnt>),
    Forgotten,
}

/// Why a try failed, and the numbers that engines had allotted by then.
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
    /// A try is over. `lane`: where it was started.
    Tried {
        lane: usize,
        action: ActionId,
        result: Result<Product, Failure>,
    },
}

/// Where work is done in parallel.
pub trait Lanes {
    /// Asks whether the lane's engine is there; answered with `Ready`.
    fn ask(&mut self, lane: usize);
    /// One try, on this lane, or on all for a template; answered with `Tried`.
    fn work(&mut self, lane: usize, action: Action, templates: Templates);
    /// A new template failed: engines that learnt it forget it, in the background.
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

/// A try may take this many silences in all.
pub(super) const SILENCES_MAX: u32 = 10;

impl Driver {
    pub fn new(app: Arc<App>, lanes: usize) -> Self {
        Self { app, dispatch: Dispatch::new(lanes) }
    }

    pub fn running(&self) -> Vec<ActionId> {
        self.dispatch.running().map(|(action, _)| action).collect()
    }

    /// Keeps the result and starts what is next. Returns when to look again at the latest.
    pub async fn happened(&mut self, what: Happened, lanes: &mut impl Lanes, now: Millis) -> Option<Millis> {
        match what {
            Happened::Looked => {}
            Happened::Ready { lane, is_there } => {
                self.app.engines.heard(lane, is_there);
                self.note(Event::Ready { lane, is_there }, now);
            }
            Happened::Tried { lane, action, result } => self.settle(lane, action, result, lanes, now).await,
        }
        loop {
            let look = self.app.store.read(|view| Ok::<_, StoreError>((queues::heads(view)?, queues::is_paused(view)?)));
            let (heads, paused) = match look {
                // Only what forms are known of ends at a desk.
                Ok((heads, paused)) => {
                    (Heads { is_document: heads.is_document && self.app.settings().known_forms, ..heads }, paused)
                }
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

    /// Marks it as running before the next look, which would start it again.
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
            // Cancelled meanwhile, or not writable.
            None => self.note(Event::Gone { lane }, now),
        }
    }

    /// Carries out the end's effect before anything else starts.
    async fn settle(
        &mut self,
        lane: usize,
        action: ActionId,
        result: Result<Product, Failure>,
        lanes: &mut impl Lanes,
        now: Millis,
    ) {
        let end = result.as_ref().map_or_else(|failure| failure.end, |_| End::Done);
        if let End::Unreachable { lane } = end {
            self.app.engines.heard(lane, false);
        }
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
            Product::Recognition(outcomes) => {
                until_durable("keep an invoice", || app.recognition_ended(action, outcomes.clone())).await
            }
            Product::Learnt(learnt) => {
                let keep = || async { app.template_learnt(action, (**learnt).clone(), uuid()?).await };
                until_durable("keep a template", keep).await
            }
            Product::Forgotten => until_durable("drop a template", || app.template_forgotten(action)).await,
        };
        if kept.is_none() {
            // Too large to store: fails like engine trouble, so as to end at all.
            self.give_up(action, Broken::Receiving).await;
        }
    }

    async fn give_up(&self, id: ActionId, broken: Broken) {
        let app = &self.app;
        let give_up = || async {
            match app.store.read(|view| queues::get(view, id))?.map(|action| action.job) {
                Some(Job::Recognise { .. }) => app.recognition_ended(id, vec![Outcome::gave_up(broken)]).await,
                _ => app.template_failed(id).await,
            }
        };
        until_durable("give up", give_up).await;
    }

    /// Puts running actions back to the front of their queue.
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

/// For writes that the dispatcher depends on: retries until the disk takes it. `None`: refused for good, and logged.
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

/// 128 random bits in hex.
fn uuid() -> Result<String, Refusal> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Refusal::internal())?;
    Ok(bytes.iter().map(|b| format!("{b:02x}")).collect())
}
