//! One try of one action: asks an engine, passes its events to watchers, makes out the result. Not here: what follows from it
//! (driver.rs).

use super::driver::{Failure, Product, SILENCES_MAX, Templates, silence};
use crate::app::recognitions::Outcome;
use crate::app::{App, pictures, templates};
use crate::domain::action::{Action, Job, TemplateDraft};
use crate::domain::dispatch::End;
use crate::domain::ids::{PictureId, TemplateId};
use crate::domain::invoice::{CANDIDATES_MAX, Candidate};
use crate::domain::judge::{self, Reading};
use crate::domain::news::Broken;
use crate::domain::progress::{Match, Progress, Step};
use crate::domain::reason::Reason;
use crate::domain::refusal::Refusal;
use crate::domain::region::{Region, Regions};
use crate::domain::template::{EngineNumbers, Learnt, Template};
use crate::domain::vat_code;
use crate::engine::worker::{Answer, Done, Request, Worker};
use crate::engine::{self, Trouble, Verdict};
use crate::hub::Hub;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::time::Instant;

/// Lane numbers with their workers; `None` if given up.
pub(super) type Workers = Vec<(usize, Option<Worker>)>;

/// One engine reads a picture; a template change goes through all engines in turn.
pub(super) async fn work(
    app: Arc<App>,
    hub: Arc<Hub>,
    mut workers: Workers,
    action: Action,
    templates: Templates,
) -> (Workers, Result<Product, Failure>) {
    let attempt = Attempt { app: &app, hub: &hub, action: &action, templates: &templates };
    let mut product = Product::Forgotten;
    for (lane, worker) in &mut workers {
        let so_far = if let Product::Learnt(learnt) = &product { (**learnt).clone() } else { Learnt::default() };
        let Some(asked) = worker else {
            let (end, broken) = (End::Unreachable { lane: *lane }, Broken::Sending);
            return (workers, Err(Failure { end, broken, numbers: so_far.numbers }));
        };
        // A panic here would leave the lane, and so the queue, blocked for ever.
        let ran = AssertUnwindSafe(attempt.run(asked, so_far.clone())).catch_unwind().await;
        match ran.unwrap_or_else(|_| Err(Trouble::Receive("panicked".into()))) {
            Ok(done) => product = done,
            Err(trouble) => {
                tracing::warn!(action = action.id.0, lane, "engine: {trouble:?}");
                let (end, broken) = match trouble {
                    Trouble::Unreachable(_) => (End::Unreachable { lane: *lane }, Broken::Sending),
                    Trouble::Send(_) => (failed(&action), Broken::Sending),
                    Trouble::Refused(_) => (End::Refused, Broken::Receiving),
                    Trouble::Receive(_) => {
                        // It may still be busy: the next try gets a new worker.
                        *worker = None;
                        (failed(&action), Broken::Receiving)
                    }
                };
                return (workers, Err(Failure { end, broken, numbers: so_far.numbers }));
            }
        }
    }
    (workers, Ok(product))
}

fn failed(action: &Action) -> End {
    End::Failed { failed_tries: action.failed_tries + 1 }
}

struct Attempt<'a> {
    app: &'a App,
    hub: &'a Hub,
    action: &'a Action,
    templates: &'a Templates,
}

impl Attempt<'_> {
    /// `so_far`: what other engines learnt in this try.
    async fn run(&self, worker: &Worker, so_far: Learnt) -> Result<Product, Trouble> {
        let templates = self.templates.clone().map_err(lost)?;
        let mut answers = worker.ask(self.request(templates.clone())?);
        let mut reported = Reported { templates, matched: None, candidates: Vec::new(), regions: Regions::default(), events: 0 };
        let timeout = silence(&self.app.settings());
        let end = Instant::now() + timeout * SILENCES_MAX;
        loop {
            let answer = tokio::time::timeout_at(end.min(Instant::now() + timeout), answers.recv()).await;
            match answer.map_err(|_| Trouble::Receive("the engine is silent, or talks without end".into()))? {
                None => return Err(Trouble::Receive("the engine is gone".into())),
                Some(Answer::Event(event)) => {
                    reported.events += 1;
                    if reported.events > EVENTS_MAX {
                        return Err(Trouble::Receive("the engine does not come to an end".into()));
                    }
                    self.pass_on(&mut reported, event)?;
                }
                Some(Answer::End(end)) => return self.product(reported, so_far, end?),
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

    /// Tells watchers, and collects for the result.
    fn pass_on(&self, reported: &mut Reported, event: engine::Event) -> Result<(), Trouble> {
        let step = match event {
            engine::Event::Matched { template, candidates } => {
                reported.matched = reported.templates.iter().find(|t| Some(t.id) == template).cloned();
                reported.candidates = reported.candidates_of(candidates);
                reported.regions = Regions::default();
                let template = match &reported.matched {
                    Some(template) => {
                        let shown = self.app.store.read(|view| pictures::get(view, template.shown)).map_err(|e| lost(e.into()))?;
                        shown.map(|picture| (template.id, picture, template.layout.label.clone()))
                    }
                    None => None,
                };
                Step::Matched(Match { template, candidates: reported.candidates.clone() })
            }
            engine::Event::Found { status, pos_id, position } => {
                reported.regions.found(&pos_id, position, status);
                Step::Found { status, pos_id, position }
            }
            engine::Event::Read { status, pos_id, text, probability } => {
                reported.regions.read(&pos_id, text.clone(), probability, status);
                Step::Read { status, pos_id, text, probability }
            }
        };
        self.tell(step);
        Ok(())
    }

    fn product(&self, reported: Reported, so_far: Learnt, done: Done) -> Result<Product, Trouble> {
        let said = match done {
            Done::Learnt(learnt) => return Ok(Product::Learnt(Box::new(so_far.and(*learnt)))),
            Done::Forgotten | Done::Ready | Done::TriedOut(_) => return Ok(Product::Forgotten),
            Done::Recognised(Verdict::NoTemplateFits) => None,
            Done::Recognised(Verdict::Done { codes, papers }) => Some((codes, papers)),
        };
        let Reported { matched, candidates, regions, .. } = reported;
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
                    candidates,
                }
            }
            _ => Outcome { candidates, ..Outcome::nothing_read(Reason::NoTemplateFits) },
        }))
    }

    fn tell(&self, step: Step) {
        self.hub.progress(&Progress { company: self.action.company, action: self.action.id, step });
    }
}

/// What an engine has told of one picture.
struct Reported {
    templates: Vec<Arc<Template>>,
    matched: Option<Arc<Template>>,
    candidates: Vec<Candidate>,
    regions: Regions,
    events: usize,
}

impl Reported {
    /// Adds template labels.
    fn candidates_of(&self, candidates: Vec<engine::TemplateScore>) -> Vec<Candidate> {
        let named = |engine::TemplateScore { template, score, reason }| {
            let label = self.templates.iter().find(|t| t.id == template)?.layout.label.clone();
            Some(Candidate { template, label, score, reason })
        };
        candidates.into_iter().filter_map(named).take(CANDIDATES_MAX).collect()
    }
}

/// A template has 64 areas with two events each; an engine past this will never end.
const EVENTS_MAX: usize = 10_000;

/// A failed read of the store counts as no answer from the engine: retried.
fn lost(refusal: Refusal) -> Trouble {
    Trouble::Receive(refusal.en.into_owned())
}
