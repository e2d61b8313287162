//! The one loop: takes what `domain::dispatch` says is next, has an engine do it, keeps what came of it, and tells the watchers. Silence
//! or a panic costs one try, not the box. Not here: what is next (domain/dispatch.rs), and what makes a fault (domain/checks.rs).

use crate::app::invoices::Outcome;
use crate::app::{App, now, pictures, queues, templates};
use crate::domain::action::{Action, Job, TemplateDraft};
use crate::domain::change::{Progress, Step};
use crate::domain::checks;
use crate::domain::dispatch::{Dispatch, Effect, End, Event, Heads, Policy};
use crate::domain::ids::{ActionId, CompanyId, Millis, PictureId};
use crate::domain::invoice::{Reason, Regions};
use crate::domain::refusal::{Code, Refusal, sentence};
use crate::domain::settings::Settings;
use crate::domain::template::{Learnt, Template};
use crate::engine::worker::{Answer, Done, MakeEngine, Request, Worker};
use crate::engine::{self, Trouble, Verdict};
use crate::hub::Hub;
use crate::store::StoreError;
use futures_util::FutureExt;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;

/// What came of an action, to be kept once the domain says that this is its end.
#[derive(Debug)]
enum Product {
    Recognition(Outcome),
    Learnt(Box<Learnt>),
    Forgotten,
    /// Nothing; the seed's sentence for the client.
    Trouble(&'static str),
}

/// One try of one action, over. `worker` is `None` when the engine had to be given up.
#[derive(Debug)]
struct Worked {
    engine: usize,
    action: ActionId,
    worker: Option<Worker>,
    end: End,
    product: Product,
}

/// Each company's templates as they were read last. Only the dispatcher changes templates: after each change it forgets them all.
#[derive(Debug, Default)]
struct Shelf(Mutex<HashMap<CompanyId, Vec<Arc<Template>>>>);

impl Shelf {
    /// The lock is held while they are read, so that what was read before a change is not put here after it.
    async fn of_company(&self, app: &App, company: CompanyId) -> Result<Vec<Arc<Template>>, Refusal> {
        let mut known = self.0.lock().await;
        if let Some(templates) = known.get(&company) {
            return Ok(templates.clone());
        }
        let read = app.look(move |view| templates::of_company(view, company)).await?;
        known.insert(company, read.clone());
        Ok(read)
    }

    async fn forget(&self) {
        self.0.lock().await.clear();
    }
}

#[derive(Debug)]
struct Loop {
    app: Arc<App>,
    hub: Arc<Hub>,
    shelf: Arc<Shelf>,
    dispatch: Dispatch,
    workers: Vec<Option<Worker>>,
    works: JoinSet<Worked>,
    wake_at: Option<Millis>,
}

/// How long nothing has to happen before the queues are looked at all the same.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Runs until `stop` turns true; then what is running goes back to the front of its queue.
pub async fn run(app: Arc<App>, hub: Arc<Hub>, make: MakeEngine, engines: usize, mut stop: watch::Receiver<bool>) {
    let workers = (0..engines).map(|_| None).collect();
    let (shelf, works, dispatch) = (Arc::default(), JoinSet::new(), Dispatch::new(engines));
    let mut this = Loop { app, hub, shelf, dispatch, workers, works, wake_at: None };
    loop {
        this.start_what_is_next(&make).await;
        let sleep = this.wake_at.map_or(LOOK_EVERY, |at| Duration::from_millis((at - now()).max(1).unsigned_abs()));
        tokio::select! {
            _ = async { stop.wait_for(|stop| *stop).await.is_ok() } => break,
            Some(worked) = this.works.join_next() => match worked {
                Ok(worked) => this.settle(worked).await,
                Err(e) => tracing::error!("a try was lost: {e}"),
            },
            () = this.hub.queues_changed() => {}
            () = tokio::time::sleep(sleep) => {}
        }
    }
    this.works.shutdown().await;
    for (action, _) in this.dispatch.running().collect::<Vec<_>>() {
        until_durable("put back", || this.app.put_action_back(action, false)).await;
    }
}

fn policy(settings: &Settings) -> Policy {
    Policy { retries: settings.engine_retries, backoff_ms: settings.engine_backoff_ms.try_into().unwrap_or(Millis::MAX) }
}

impl Loop {
    async fn start_what_is_next(&mut self, make: &MakeEngine) {
        self.wake_at = None;
        loop {
            let look = self.app.store.read(|view| Ok::<_, StoreError>((queues::heads(view)?, queues::is_paused(view)?)));
            let (heads, paused) = match look {
                Ok(look) => look,
                Err(e) => return tracing::error!("the queues can't be read: {e}"),
            };
            let mut started = false;
            for effect in self.dispatch.step(Event::Look { paused }, heads, now(), policy(&self.app.settings())) {
                match effect {
                    Effect::WakeAt(at) => self.wake_at = Some(at),
                    Effect::Start { engine, action, .. } => {
                        started = true;
                        self.start(make, engine, action).await;
                    }
                    Effect::Finish { .. } | Effect::GiveUp { .. } | Effect::PutBack { .. } => {}
                }
            }
            if !started {
                return;
            }
        }
    }

    /// Marked as running before the next look, which would find it waiting otherwise; and only when the engine is there, so that what
    /// waits for an engine out of reach just waits.
    async fn start(&mut self, make: &MakeEngine, engine: usize, id: ActionId) {
        let worker = match self.workers[engine].take().map_or_else(|| Worker::start(make), Ok) {
            Ok(worker) => worker,
            Err(e) => {
                tracing::error!("no thread for the engine: {e}");
                return self.did_not_start(engine, End::Unreachable);
            }
        };
        if let Err(trouble) = is_ready(&worker).await {
            tracing::warn!("engine: {trouble:?}");
            self.workers[engine] = Some(worker);
            return self.did_not_start(engine, End::Unreachable);
        }
        match until_durable("start", || self.app.start_action(id)).await.flatten() {
            Some(action) => {
                let (app, hub, shelf) = (self.app.clone(), self.hub.clone(), self.shelf.clone());
                self.works.spawn(async move {
                    work(&Attempt { app: &app, hub: &hub, shelf: &shelf, action: &action }, engine, worker).await
                });
            }
            None => {
                // Cancelled meanwhile, or a row that can't be: looked at again after a moment, not at once and for ever.
                self.workers[engine] = Some(worker);
                self.did_not_start(engine, End::Unreachable);
            }
        }
    }

    /// The engine is free again; the action is where it was.
    fn did_not_start(&mut self, engine: usize, end: End) {
        self.dispatch.step(Event::Ended { engine, end }, Heads::default(), now(), policy(&self.app.settings()));
    }

    async fn settle(&mut self, worked: Worked) {
        let Worked { engine, action, worker, end, product } = worked;
        self.workers[engine] = worker;
        let app = &self.app;
        for effect in self.dispatch.step(Event::Ended { engine, end }, Heads::default(), now(), policy(&app.settings())) {
            match (&product, effect) {
                (_, Effect::PutBack { counts, .. }) => until_durable("put back", || app.put_action_back(action, counts)).await,
                (Product::Recognition(outcome), _) => {
                    until_durable("keep an invoice", || app.recognition_ended(action, outcome.clone())).await
                }
                (Product::Learnt(learnt), _) => {
                    let keep = || async { app.template_learnt(action, (**learnt).clone(), uuid()?).await };
                    let kept = until_durable("keep a template", keep).await;
                    self.shelf.forget().await;
                    kept
                }
                (Product::Forgotten, _) => {
                    let dropped = until_durable("drop a template", || app.template_forgotten(action)).await;
                    self.shelf.forget().await;
                    dropped
                }
                (Product::Trouble(sentence), _) => until_durable("give up", || give_up(app, action, sentence)).await,
            };
        }
    }
}

/// How long an engine may take to say that it is there.
const READY_WITHIN: Duration = Duration::from_secs(5);

async fn is_ready(worker: &Worker) -> Result<(), Trouble> {
    let mut answers = worker.ask(Request::Ready);
    match tokio::time::timeout(READY_WITHIN, answers.recv()).await {
        Ok(Some(Answer::End(end))) => end.map(|_| ()),
        _ => Err(Trouble::Unreachable("the engine does not say whether it is there".into())),
    }
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

async fn give_up(app: &App, id: ActionId, sentence: &'static str) -> Result<(), Refusal> {
    match app.store.read(|view| queues::get(view, id))?.map(|action| action.job) {
        Some(Job::Recognise { .. }) => {
            let reason = Reason::new(format!("识别失败：{sentence}"), "recognition failed: the engine gave no proper answer");
            let outcome = Outcome { template: None, regions: Vec::new(), reasons: vec![reason], trouble: Some(sentence) };
            app.recognition_ended(id, outcome).await
        }
        _ => app.template_failed(id).await,
    }
}

async fn work(attempt: &Attempt<'_>, engine: usize, worker: Worker) -> Worked {
    let action = attempt.action;
    // A panic here would leave the engine taken for ever, and with it the queue.
    let ran = AssertUnwindSafe(attempt.run(&worker)).catch_unwind().await;
    let (worker, end, product) = match ran.unwrap_or_else(|_| Err(Trouble::Receive("panicked".into()))) {
        Ok(product) => (Some(worker), End::Done, product),
        Err(trouble) => {
            tracing::warn!(action = action.id.0, "engine: {trouble:?}");
            let failed = End::Failed { failed_tries: action.failed_tries + 1 };
            match trouble {
                Trouble::Unreachable(_) => (Some(worker), End::Unreachable, Product::Trouble(sentence::ENGINE_SEND)),
                Trouble::Send(_) => (Some(worker), failed, Product::Trouble(sentence::ENGINE_SEND)),
                Trouble::Refused(_) => (Some(worker), End::Refused, Product::Trouble(sentence::ENGINE_RECEIVE)),
                // It may still be at it: the next try gets a new one.
                Trouble::Receive(_) => (None, failed, Product::Trouble(sentence::ENGINE_RECEIVE)),
            }
        }
    };
    Worked { engine, action: action.id, worker, end, product }
}

/// One try of one action.
struct Attempt<'a> {
    app: &'a App,
    hub: &'a Hub,
    shelf: &'a Shelf,
    action: &'a Action,
}

impl Attempt<'_> {
    async fn run(&self, worker: &Worker) -> Result<Product, Trouble> {
        let templates = match &self.action.job {
            Job::Recognise { .. } => self.shelf.of_company(self.app, self.action.company).await.map_err(lost)?,
            _ => Vec::new(),
        };
        let mut answers = worker.ask(self.request(templates.clone())?);
        let mut heard = Heard { templates, matched: None, regions: Regions::default() };
        let timeout = Duration::from_secs(self.app.settings().engine_timeout_s);
        loop {
            let answer = tokio::time::timeout(timeout, answers.recv()).await;
            match answer.map_err(|_| Trouble::Receive("the engine is silent".into()))? {
                None => return Err(Trouble::Receive("the engine is gone".into())),
                Some(Answer::Event(event)) => self.hear(&mut heard, event)?,
                Some(Answer::End(end)) => return Ok(self.product(heard, end?)),
            }
        }
    }

    fn picture(&self, id: PictureId) -> Result<PathBuf, Trouble> {
        let picture = self.app.store.read(|view| pictures::get(view, id)).map_err(|e| lost(e.into()))?;
        picture.map(|p| self.app.blobs.path(&p.hash)).ok_or_else(|| Trouble::Refused("its picture is not known".into()))
    }

    fn template(&self, id: crate::domain::ids::TemplateId) -> Result<Box<Template>, Trouble> {
        let template = self.app.store.read(|view| templates::get(view, id)).map_err(|e| lost(e.into()))?;
        template.map(Box::new).ok_or_else(|| Trouble::Refused("the template is gone".into()))
    }

    fn request(&self, templates: Vec<Arc<Template>>) -> Result<Request, Trouble> {
        let learn = |draft: &TemplateDraft, known| {
            Ok(Request::Learn { draft: Box::new(draft.clone()), picture: self.picture(draft.origin)?, known })
        };
        match &self.action.job {
            Job::Recognise { picture, .. } => Ok(Request::Recognise { picture: self.picture(*picture)?, templates }),
            Job::AddTemplate(draft) => learn(draft, None),
            Job::ChangeTemplate(id, draft) => learn(draft, Some(self.template(*id)?)),
            Job::DeleteTemplate(id) => Ok(Request::Forget { template: self.template(*id)? }),
        }
    }

    /// Tells the watchers, and remembers it for the end.
    fn hear(&self, heard: &mut Heard, event: engine::Event) -> Result<(), Trouble> {
        let step = match event {
            engine::Event::Matched { template } => {
                heard.matched = heard.templates.iter().find(|t| Some(t.id) == template).cloned();
                heard.regions = Regions::default();
                Step::Matched(match &heard.matched {
                    Some(template) => {
                        let shown = self.app.store.read(|view| pictures::get(view, template.shown)).map_err(|e| lost(e.into()))?;
                        shown.map(|picture| (template.id, picture, template.layout.label.clone()))
                    }
                    None => None,
                })
            }
            engine::Event::Found { status, pos_id, position } => {
                heard.regions.found(&pos_id, position, status);
                Step::Found { status, pos_id, position }
            }
            engine::Event::Read { status, pos_id, text, probability } => {
                heard.regions.read(&pos_id, text.clone(), probability, status);
                Step::Read { status, pos_id, text, probability }
            }
        };
        self.hub.progress(&Progress { company: self.action.company, action: self.action.id, step });
        Ok(())
    }

    fn product(&self, heard: Heard, done: Done) -> Product {
        let codes = match done {
            Done::Learnt(learnt) => return Product::Learnt(learnt),
            Done::Forgotten | Done::Ready | Done::TriedOut(_) => return Product::Forgotten,
            Done::Recognised(Verdict::NoTemplateFits) => None,
            Done::Recognised(Verdict::Done { codes }) => Some(codes),
        };
        Product::Recognition(match (heard.matched, codes) {
            (Some(template), Some(codes)) => {
                let threshold = self.app.settings().confidence_threshold;
                let read: Vec<_> = heard.regions.0.iter().map(|r| (r.pos_id.clone(), r.text.clone(), r.probability)).collect();
                let found = checks::faults(&read, &template.learnt.specimen, threshold, &codes);
                let reasons = found.iter().map(|reason| Reason::new(reason.zh(), reason.en())).collect();
                Outcome { template: Some(template.id), regions: heard.regions.0, reasons, trouble: None }
            }
            _ => {
                let reasons = vec![Reason::no_template_fits()];
                Outcome { template: None, regions: Vec::new(), reasons, trouble: None }
            }
        })
    }
}

/// What an engine has said of one picture.
struct Heard {
    templates: Vec<Arc<Template>>,
    matched: Option<Arc<Template>>,
    regions: Regions,
}

/// The store could not be read: tried again like an engine that did not answer.
fn lost(refusal: Refusal) -> Trouble {
    Trouble::Receive(refusal.en.into_owned())
}
