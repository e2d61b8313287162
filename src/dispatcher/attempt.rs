//! One try of one action: an engine is asked, what it says is told to the watchers, and what came of it is made out. Not here: what is done
//! with that (driver.rs).

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

/// A lane's number, and its engine's thread; `None` when that had to be given up.
pub(super) type Crew = Vec<(usize, Option<Worker>)>;

/// A picture is read by one engine; a template change goes through all of them, one after the other.
pub(super) async fn work(
    app: Arc<App>,
    hub: Arc<Hub>,
    mut crew: Crew,
    action: Action,
    templates: Templates,
) -> (Crew, Result<Product, Failure>) {
    let attempt = Attempt { app: &app, hub: &hub, action: &action, templates: &templates };
    let mut product = Product::Forgotten;
    for (lane, worker) in &mut crew {
        let Some(asked) = worker else { continue };
        let so_far = if let Product::Learnt(learnt) = &product { (**learnt).clone() } else { Learnt::default() };
        // A panic here would leave the lane taken for ever, and with it the queue.
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
                        // It may still be at it: the next try gets a new one.
                        *worker = None;
                        (failed(&action), Broken::Receiving)
                    }
                };
                return (crew, Err(Failure { end, broken, numbers: so_far.numbers }));
            }
        }
    }
    (crew, Ok(product))
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
        let mut heard = Heard { templates, matched: None, candidates: Vec::new(), regions: Regions::default(), events: 0 };
        let timeout = silence(&self.app.settings());
        let end = Instant::now() + timeout * SILENCES_MAX;
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
                heard.candidates = heard.candidates_of(candidates);
                heard.regions = Regions::default();
                let template = match &heard.matched {
                    Some(template) => {
                        let shown = self.app.store.read(|view| pictures::get(view, template.shown)).map_err(|e| lost(e.into()))?;
                        shown.map(|picture| (template.id, picture, template.layout.label.clone()))
                    }
                    None => None,
                };
                Step::Matched(Match { template, candidates: heard.candidates.clone() })
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
        let Heard { matched, candidates, regions, .. } = heard;
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

/// What an engine has said of one picture.
struct Heard {
    templates: Vec<Arc<Template>>,
    matched: Option<Arc<Template>>,
    candidates: Vec<Candidate>,
    regions: Regions,
    events: usize,
}

impl Heard {
    /// With the names that people know them by.
    fn candidates_of(&self, candidates: Vec<engine::TemplateScore>) -> Vec<Candidate> {
        let named = |engine::TemplateScore { template, score, reason }| {
            let label = self.templates.iter().find(|t| t.id == template)?.layout.label.clone();
            Some(Candidate { template, label, score, reason })
        };
        candidates.into_iter().filter_map(named).take(CANDIDATES_MAX).collect()
    }
}

/// A template has 64 areas, with two events each: an engine that says so much more is never silent, and never done.
const EVENTS_MAX: usize = 10_000;

/// The store could not be read: tried again like an engine that did not answer.
fn lost(refusal: Refusal) -> Trouble {
    Trouble::Receive(refusal.en.into_owned())
}
