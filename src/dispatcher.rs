//! The one loop: takes what `domain::dispatch` says is next, has an engine do it, keeps what came of it, and tells the watchers. Silence
//! or a panic costs one try, not the box. Not here: what is next (domain/dispatch.rs), and what makes a fault (domain/judge.rs).

use crate::app::recognitions::Outcome;
use crate::app::{App, now, pictures, queues, templates};
use crate::domain::action::{Action, Job, Queue, TemplateDraft};
use crate::domain::change::{Match, Progress, Step};
use crate::domain::dispatch::{Dispatch, Effect, End, Event, Heads, Policy};
use crate::domain::ids::{ActionId, CompanyId, Millis, PictureId, TemplateId};
use crate::domain::invoice::{CONTENDERS_MAX, Contender};
use crate::domain::judge::{self, Reading};
use crate::domain::reason::Reason;
use crate::domain::refusal::{Code, Refusal, sentence};
use crate::domain::region::{Region, Regions};
use crate::domain::settings::Settings;
use crate::domain::template::{EngineNumbers, Learnt, Template};
use crate::domain::vat_code;
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
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// What came of an action, to be kept once the domain says that this is its end.
#[derive(Debug)]
enum Product {
    Recognition(Outcome),
    Learnt(Box<Learnt>),
    Forgotten,
    /// Nothing; the seed's sentence for the client, and what engines had allotted until then.
    Trouble(&'static str, EngineNumbers),
}

/// Those that a picture is read with; a store that can't be read costs a try.
type Templates = Result<Vec<Arc<Template>>, Refusal>;

/// An engine's number, and its thread; `None` when it had to be given up.
type Crew = Vec<(usize, Option<Worker>)>;

/// One try of one action, over.
#[derive(Debug)]
struct Worked {
    /// The one it was started on.
    engine: usize,
    crew: Crew,
    action: ActionId,
    end: End,
    product: Product,
}

struct Loop {
    app: Arc<App>,
    hub: Arc<Hub>,
    /// Each company's templates as they were read last. Only the dispatcher changes templates: after each change it forgets them all.
    shelf: HashMap<CompanyId, Vec<Arc<Template>>>,
    dispatch: Dispatch,
    make: Vec<MakeEngine>,
    workers: Vec<Option<Worker>>,
    works: JoinSet<Worked>,
    wake_at: Option<Millis>,
}

/// How long nothing has to happen before the queues are looked at all the same.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Runs until `stop` turns true; then what is running goes back to the front of its queue.
pub async fn run(app: Arc<App>, hub: Arc<Hub>, make: Vec<MakeEngine>, mut stop: watch::Receiver<bool>) {
    let workers = make.iter().map(|_| None).collect();
    let dispatch = Dispatch::new(make.len());
    let shelf = HashMap::new();
    let mut this = Loop { app, hub, shelf, dispatch, make, workers, works: JoinSet::new(), wake_at: None };
    loop {
        this.start_what_is_next().await;
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
        until_durable("put back", || this.app.put_action_back(action, false, EngineNumbers::new())).await;
    }
}

fn policy(settings: &Settings) -> Policy {
    Policy { retries: settings.engine_retries, backoff_ms: settings.engine_backoff_ms.try_into().unwrap_or(Millis::MAX) }
}

impl Loop {
    async fn start_what_is_next(&mut self) {
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
                    Effect::Start { engine, action, queue } => {
                        started = true;
                        self.start(engine, action, queue).await;
                    }
                    Effect::Finish { .. } | Effect::GiveUp { .. } | Effect::PutBack { .. } => {}
                }
            }
            if !started {
                return;
            }
        }
    }

    /// Marked as running before the next look, which would find it waiting otherwise; and only when its engines are there, so that what
    /// waits for an engine out of reach just waits.
    async fn start(&mut self, started_on: usize, id: ActionId, queue: Queue) {
        let needed = if queue == Queue::Manage { 0..self.workers.len() } else { started_on..started_on + 1 };
        for engine in needed.clone() {
            if let Err(trouble) = self.make_ready(engine).await {
                tracing::warn!(engine, "engine: {trouble:?}");
                return self.did_not_start(started_on, engine);
            }
        }
        match until_durable("start", || self.app.start_action(id)).await.flatten() {
            Some(action) => {
                let crew = needed.filter_map(|engine| Some((engine, Some(self.workers[engine].take()?)))).collect();
                let templates = match &action.job {
                    Job::Recognise { .. } => self.templates_of(action.company).await,
                    _ => Ok(Vec::new()),
                };
                self.works.spawn(work(self.app.clone(), self.hub.clone(), started_on, crew, action, templates));
            }
            // Cancelled meanwhile, or a row that can't be: looked at again after a moment, not at once and for ever.
            None => self.did_not_start(started_on, started_on),
        }
    }

    async fn templates_of(&mut self, company: CompanyId) -> Templates {
        if let Some(known) = self.shelf.get(&company) {
            return Ok(known.clone());
        }
        let read = self.app.look(move |view| templates::of_company(view, company)).await?;
        self.shelf.insert(company, read.clone());
        Ok(read)
    }

    /// The engine has its thread, and can be asked.
    async fn make_ready(&mut self, engine: usize) -> Result<(), Trouble> {
        let worker = match self.workers[engine].take() {
            Some(worker) => worker,
            None => Worker::start(&self.make[engine]).map_err(|e| Trouble::Unreachable(format!("no thread: {e}")))?,
        };
        let mut answers = worker.ask(Request::Ready);
        match tokio::time::timeout(READY_WITHIN, answers.recv()).await {
            Ok(Some(Answer::End(end))) => {
                self.workers[engine] = Some(worker);
                end.map(|_| ())
            }
            _ => Err(Trouble::Unreachable("the engine does not say whether it is there".into())),
        }
    }

    /// The engine is free again, but for the one that is `away`; the action is where it was.
    fn did_not_start(&mut self, engine: usize, away: usize) {
        let ended = Event::Ended { engine, end: End::Unreachable { engine: away } };
        self.dispatch.step(ended, Heads::default(), now(), policy(&self.app.settings()));
    }

    async fn settle(&mut self, worked: Worked) {
        let Worked { engine, crew, action, end, product } = worked;
        for (engine, worker) in crew {
            self.workers[engine] = worker;
        }
        let app = &self.app;
        for effect in self.dispatch.step(Event::Ended { engine, end }, Heads::default(), now(), policy(&app.settings())) {
            match (&product, effect) {
                (Product::Trouble(_, numbers), Effect::PutBack { counts, .. }) => {
                    until_durable("put back", || app.put_action_back(action, counts, numbers.clone())).await
                }
                (Product::Recognition(outcome), _) => {
                    match until_durable("keep an invoice", || app.recognition_ended(action, outcome.clone())).await {
                        // More than a record holds: it ends as trouble with the engine, and not never.
                        None => until_durable("give up", || give_up(app, action, sentence::ENGINE_RECEIVE)).await,
                        kept => kept,
                    }
                }
                (Product::Learnt(learnt), _) => {
                    let keep = || async { app.template_learnt(action, (**learnt).clone(), uuid()?).await };
                    let kept = until_durable("keep a template", keep).await;
                    self.shelf.clear();
                    match kept {
                        None => until_durable("give up", || give_up(app, action, sentence::ENGINE_RECEIVE)).await,
                        kept => kept,
                    }
                }
                (Product::Forgotten, _) => {
                    let dropped = until_durable("drop a template", || app.template_forgotten(action)).await;
                    self.shelf.clear();
                    dropped
                }
                (Product::Trouble(sentence, numbers), _) => {
                    self.unlearn(numbers);
                    until_durable("give up", || give_up(app, action, sentence)).await
                }
            };
        }
    }

    /// A new template came to nothing: the engines that have learnt it already forget it. Nobody waits for that.
    fn unlearn(&self, numbers: &EngineNumbers) {
        if !numbers.is_empty() {
            self.workers.iter().flatten().for_each(|worker| drop(worker.ask(Request::Forget { numbers: numbers.clone() })));
        }
    }
}

/// How long an engine may take to say that it is there.
const READY_WITHIN: Duration = Duration::from_secs(5);

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
        Some(Job::Recognise { .. }) => app.recognition_ended(id, Outcome::gave_up(sentence)).await,
        _ => app.template_failed(id).await,
    }
}

async fn work(app: Arc<App>, hub: Arc<Hub>, engine: usize, mut crew: Crew, action: Action, templates: Templates) -> Worked {
    let attempt = Attempt { app: &app, hub: &hub, action: &action, templates: &templates };
    let (mut end, mut product) = (End::Done, Product::Forgotten);
    // A picture is read by one engine; a template change goes through all of them, one after the other.
    for (engine, worker) in &mut crew {
        let Some(asked) = worker else { continue };
        let so_far = if let Product::Learnt(learnt) = &product { (**learnt).clone() } else { Learnt::default() };
        // A panic here would leave the engine taken for ever, and with it the queue.
        let ran = AssertUnwindSafe(attempt.run(asked, so_far.clone())).catch_unwind().await;
        match ran.unwrap_or_else(|_| Err(Trouble::Receive("panicked".into()))) {
            Ok(done) => product = done,
            Err(trouble) => {
                tracing::warn!(action = action.id.0, engine, "engine: {trouble:?}");
                let sentence;
                (end, sentence) = match trouble {
                    Trouble::Unreachable(_) => (End::Unreachable { engine: *engine }, sentence::ENGINE_SEND),
                    Trouble::Send(_) => (failed(&action), sentence::ENGINE_SEND),
                    Trouble::Refused(_) => (End::Refused, sentence::ENGINE_RECEIVE),
                    Trouble::Receive(_) => {
                        // It may still be at it: the next try gets a new one.
                        *worker = None;
                        (failed(&action), sentence::ENGINE_RECEIVE)
                    }
                };
                product = Product::Trouble(sentence, so_far.numbers);
                break;
            }
        }
    }
    Worked { engine, crew, action: action.id, end, product }
}

fn failed(action: &Action) -> End {
    End::Failed { failed_tries: action.failed_tries + 1 }
}

/// One try of one action.
struct Attempt<'a> {
    app: &'a App,
    hub: &'a Hub,
    action: &'a Action,
    templates: &'a Templates,
}

impl Attempt<'_> {
    /// `so_far`: what other engines have made of the template in this try.
    async fn run(&self, worker: &Worker, so_far: Learnt) -> Result<Product, Trouble> {
        let templates = self.templates.clone().map_err(lost)?;
        let mut answers = worker.ask(self.request(templates.clone())?);
        let mut heard = Heard { templates, matched: None, contenders: Vec::new(), regions: Regions::default(), events: 0 };
        let timeout = Duration::from_secs(self.app.settings().engine_timeout_s);
        let end = Instant::now() + timeout * TALKS_TIMES;
        loop {
            let answer = tokio::time::timeout_at(end.min(Instant::now() + timeout), answers.recv()).await;
            match answer.map_err(|_| Trouble::Receive("the engine is silent, or talks without end".into()))? {
                None => return Err(Trouble::Receive("the engine is gone".into())),
                Some(Answer::Event(event)) => {
                    heard.events += 1;
                    if heard.events > EVENTS_MAX {
                        return Err(Trouble::Receive("the engine does not come to an end".into()));
                    }
                    self.hear(&mut heard, event)?;
                }
                Some(Answer::End(end)) => return self.product(heard, so_far, end?),
            }
        }
    }

    fn picture(&self, id: PictureId) -> Result<PathBuf, Trouble> {
        let picture = self.app.store.read(|view| pictures::get(view, id)).map_err(|e| lost(e.into()))?;
        picture.map(|p| self.app.blobs.path(&p.hash)).ok_or_else(|| Trouble::Refused("its picture is not known".into()))
    }

    fn template(&self, id: TemplateId) -> Result<Template, Trouble> {
        let template = self.app.store.read(|view| templates::get(view, id)).map_err(|e| lost(e.into()))?;
        template.ok_or_else(|| Trouble::Refused("the template is gone".into()))
    }

    fn request(&self, templates: Vec<Arc<Template>>) -> Result<Request, Trouble> {
        let learn = |draft: &TemplateDraft, mut numbers: EngineNumbers| {
            numbers.extend(self.action.numbers.clone());
            Ok(Request::Learn { draft: Box::new(draft.clone()), picture: self.picture(draft.origin)?, numbers })
        };
        match &self.action.job {
            Job::Recognise { picture, .. } => Ok(Request::Recognise { picture: self.picture(*picture)?, templates }),
            Job::AddTemplate(draft) => learn(draft, EngineNumbers::new()),
            Job::ChangeTemplate(id, draft) => learn(draft, self.template(*id)?.learnt.numbers),
            Job::DeleteTemplate(id) => Ok(Request::Forget { numbers: self.template(*id)?.learnt.numbers }),
        }
    }

    /// Tells the watchers, and remembers it for the end.
    fn hear(&self, heard: &mut Heard, event: engine::Event) -> Result<(), Trouble> {
        let step = match event {
            engine::Event::Matched { template, candidates } => {
                heard.matched = heard.templates.iter().find(|t| Some(t.id) == template).cloned();
                heard.contenders = heard.contenders_of(candidates);
                heard.regions = Regions::default();
                let template = match &heard.matched {
                    Some(template) => {
                        let shown = self.app.store.read(|view| pictures::get(view, template.shown)).map_err(|e| lost(e.into()))?;
                        shown.map(|picture| (template.id, picture, template.layout.label.clone()))
                    }
                    None => None,
                };
                Step::Matched(Match { template, contenders: heard.contenders.clone() })
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
        self.tell(step);
        Ok(())
    }

    fn product(&self, heard: Heard, so_far: Learnt, done: Done) -> Result<Product, Trouble> {
        let said = match done {
            Done::Learnt(learnt) => return Ok(Product::Learnt(Box::new(so_far.and(*learnt)))),
            Done::Forgotten | Done::Ready | Done::TriedOut(_) => return Ok(Product::Forgotten),
            Done::Recognised(Verdict::NoTemplateFits) => None,
            Done::Recognised(Verdict::Done { codes, papers }) => Some((codes, papers)),
        };
        let Heard { matched, contenders, regions, .. } = heard;
        Ok(Product::Recognition(match (matched, said) {
            (Some(template), Some((codes, papers))) => {
                let reading = Reading { regions, codes: &codes, papers };
                let verdict = judge::judge(reading, &template, self.app.settings().confidence_threshold);
                for Region { status, pos_id, text, probability, .. } in verdict.filled {
                    self.tell(Step::Read { status, pos_id, text, probability });
                }
                Outcome {
                    template: Some((template.id, template.layout.label.clone())),
                    regions: verdict.regions,
                    reasons: verdict.reasons,
                    codes: vat_code::kept(codes),
                    contenders,
                }
            }
            _ => Outcome { contenders, ..Outcome::nothing_read(Reason::NoTemplateFits) },
        }))
    }

    fn tell(&self, step: Step) {
        self.hub.progress(&Progress { company: self.action.company, action: self.action.id, step });
    }
}

/// What an engine has said of one picture.
struct Heard {
    templates: Vec<Arc<Template>>,
    matched: Option<Arc<Template>>,
    contenders: Vec<Contender>,
    regions: Regions,
    events: usize,
}

impl Heard {
    /// With the names that people know them by.
    fn contenders_of(&self, candidates: Vec<engine::Candidate>) -> Vec<Contender> {
        let named = |engine::Candidate { template, score, ground }| {
            let label = self.templates.iter().find(|t| t.id == template)?.layout.label.clone();
            Some(Contender { template, label, score, ground })
        };
        candidates.into_iter().filter_map(named).take(CONTENDERS_MAX).collect()
    }
}

/// A template has 64 areas, with two events each: an engine that says so much more is never silent, and never done.
const EVENTS_MAX: usize = 10_000;

/// As long as so many silences may a picture take in all.
const TALKS_TIMES: u32 = 10;

/// The store could not be read: tried again like an engine that did not answer.
fn lost(refusal: Refusal) -> Trouble {
    Trouble::Receive(refusal.en.into_owned())
}
