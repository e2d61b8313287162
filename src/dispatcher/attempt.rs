//! One try of one action: asks an engine, passes its events to watchers, makes out the result. Not here: what follows from it
//! (driver.rs).

use super::document::{self, INVOICES_MAX, Known, Readable};
use super::driver::{Failure, Product, SILENCES_MAX, Templates, silence};
use crate::app::recognitions::Outcome;
use crate::app::{App, pictures, templates};
use crate::domain::action::{Action, Job, TemplateDraft};
use crate::domain::dispatch::End;
use crate::domain::forms::{self, Form};
use crate::domain::ids::{PictureId, TemplateId};
use crate::domain::invoice::{CANDIDATES_MAX, Candidate, Picture};
use crate::domain::judge::{self, Reading};
use crate::domain::known;
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
    if workers.is_empty() {
        return (workers, attempt.at_desk().await);
    }
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
                if let Trouble::Receive(_) = trouble {
                    // It may still be busy: the next try gets a new worker.
                    *worker = None;
                }
                let failure = failure(&action, *lane, &trouble, so_far.numbers);
                return (workers, Err(failure));
            }
        }
    }
    (workers, Ok(product))
}

fn failure(action: &Action, lane: usize, trouble: &Trouble, numbers: EngineNumbers) -> Failure {
    let failed = End::Failed { failed_tries: action.failed_tries + 1 };
    let (end, broken) = match trouble {
        Trouble::Unreachable(_) => (End::Unreachable { lane }, Broken::Sending),
        Trouble::Send(_) => (failed, Broken::Sending),
        Trouble::Refused(_) => (End::Refused, Broken::Receiving),
        Trouble::Receive(_) => (failed, Broken::Receiving),
    };
    Failure { end, broken, numbers }
}

struct Attempt<'a> {
    app: &'a Arc<App>,
    hub: &'a Hub,
    action: &'a Action,
    templates: &'a Templates,
}

impl Attempt<'_> {
    /// `so_far`: what other engines learnt in this try.
    async fn run(&self, worker: &Worker, so_far: Learnt) -> Result<Product, Trouble> {
        if let Job::Recognise { picture, .. } = &self.action.job {
            return self.recognise(worker, *picture).await.map(Product::Recognition);
        }
        match self.ask(worker, self.change()?, Vec::new()).await?.1 {
            Done::Learnt(learnt) => Ok(Product::Learnt(Box::new(so_far.and(*learnt)))),
            _ => Ok(Product::Forgotten),
        }
    }

    /// Without an engine: what the document says itself, where that is all of it.
    async fn at_desk(&self) -> Result<Product, Failure> {
        let read = AssertUnwindSafe(self.said_itself()).catch_unwind().await;
        match read.unwrap_or_else(|_| Err(Trouble::Receive("panicked".into()))) {
            Ok(Some(outcomes)) => Ok(Product::Recognition(outcomes)),
            Ok(None) => Err(Failure { end: End::NeedsEngine, broken: Broken::Receiving, numbers: EngineNumbers::new() }),
            Err(trouble) => {
                tracing::warn!(action = self.action.id.0, "document: {trouble:?}");
                Err(failure(self.action, usize::MAX, &trouble, EngineNumbers::new()))
            }
        }
    }

    async fn said_itself(&self) -> Result<Option<Vec<Outcome>>, Trouble> {
        let Job::Recognise { picture, .. } = &self.action.job else { return Ok(None) };
        let picture = self.picture(*picture)?;
        let file = document::known(self.app, &picture).await?;
        if file.forms.is_empty() || !file.scans.is_empty() {
            return Ok(None);
        }
        file.forms.iter().for_each(|form| self.tell_known(&picture, form, &[]));
        let outcomes = file.forms.iter().map(|form| self.known(form, &[], &[])).collect();
        Ok(Some(numbered(outcomes, file.pages_read)))
    }

    /// Data and text of a document first, then the company's templates on the first page, then known forms on each page that is a picture.
    async fn recognise(&self, worker: &Worker, picture: PictureId) -> Result<Vec<Outcome>, Trouble> {
        let picture = self.picture(picture)?;
        let mut file = document::known(self.app, &picture).await?;
        file.forms.iter().for_each(|form| self.tell_known(&picture, form, &[]));
        let (mut first, mut candidates, mut outcomes) = (None, Vec::new(), Vec::new());
        if file.forms.is_empty() {
            // Kept until the engine is done with it.
            let readable = document::readable(self.app, &picture, 1).await?;
            let templates = self.templates.clone().map_err(lost)?;
            let request = Request::Recognise { picture: readable.path(), templates: templates.clone() };
            let (reported, done) = self.ask(worker, request, templates).await?;
            candidates.clone_from(&reported.candidates);
            if let Some(outcome) = self.with_template(reported, done) {
                outcomes.push(outcome);
                file.pages_read += 1;
                file.scans.retain(|page| *page > 1);
            }
            first = Some(readable);
        }
        let most = INVOICES_MAX - outcomes.len();
        let codes = self.read_scans(worker, &picture, &mut file, first, &candidates, most).await?;
        outcomes.extend(file.forms.iter().map(|form| self.known(form, &codes, &candidates)));
        if outcomes.is_empty() {
            return Ok(vec![Outcome { candidates, ..Outcome::nothing_read(Reason::NoTemplateFits) }]);
        }
        Ok(numbered(outcomes, file.pages_read))
    }

    /// Adds the known forms on the file's scans, up to `most` in all, and returns the codes on them. One page after another: each is a
    /// request of its own, within an engine's silence. `first`: the first page.
    async fn read_scans(
        &self,
        worker: &Worker,
        picture: &Picture,
        file: &mut Known,
        mut first: Option<Readable>,
        candidates: &[Candidate],
        most: usize,
    ) -> Result<Vec<(u32, String)>, Trouble> {
        let mut all_codes = Vec::new();
        for page in std::mem::take(&mut file.scans) {
            let first = first.take().filter(|_| page == 1);
            let (forms, codes) = match self.known_on(worker, picture, page, first).await {
                Ok(Some(known)) => known,
                // This engine knows templates only.
                Ok(None) => break,
                // The others may be good.
                Err(Trouble::Refused(why)) => {
                    tracing::warn!(action = self.action.id.0, page, "not read: {why}");
                    continue;
                }
                Err(trouble) => return Err(trouble),
            };
            if forms.is_empty() {
                continue;
            }
            if file.forms.len() + forms.len() > most {
                break;
            }
            let forms: Vec<Form> = forms.into_iter().map(|form| form.on(page)).collect();
            let candidates = if page == 1 { candidates } else { &[] };
            forms.iter().for_each(|form| self.tell_known(picture, form, candidates));
            forms::add(&mut file.forms, forms);
            all_codes.extend(codes.into_iter().map(|code| (page, code)));
            file.pages_read += 1;
        }
        Ok(all_codes)
    }

    /// `first`: the page, if an engine has looked at it.
    async fn known_on(
        &self,
        worker: &Worker,
        picture: &Picture,
        page: u32,
        first: Option<Readable>,
    ) -> Result<Option<engine::Known>, Trouble> {
        let readable = match first {
            Some(first) => first,
            None => document::readable(self.app, picture, page).await?,
        };
        let request = Request::KnownForms { picture: readable.path(), page: readable.page() };
        match self.ask(worker, request, Vec::new()).await?.1 {
            Done::KnownForms(known) => Ok(known),
            _ => Ok(None),
        }
    }

    /// Tells watchers what the engine reports, until it ends.
    async fn ask(&self, worker: &Worker, request: Request, templates: Vec<Arc<Template>>) -> Result<(Reported, Done), Trouble> {
        let mut answers = worker.ask(request);
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
                Some(Answer::End(end)) => return Ok((reported, end?)),
            }
        }
    }

    fn picture(&self, id: PictureId) -> Result<Picture, Trouble> {
        let picture = self.app.store.read(|view| pictures::get(view, id)).map_err(|e| lost(e.into()))?;
        picture.ok_or_else(|| Trouble::Refused("its picture is not known".into()))
    }

    /// Told to watchers like a reading.
    fn tell_known(&self, picture: &Picture, form: &Form, candidates: &[Candidate]) {
        let form_at = Some((form.kind, picture.clone(), form.pages.0));
        self.tell(Step::Matched(Match { template: None, form: form_at, candidates: candidates.to_vec() }));
        for Region { pos_id, position, text, probability, status, .. } in self.judged(form).regions {
            if let Some(position) = position {
                self.tell(Step::Found { status, pos_id: pos_id.clone(), position });
            }
            self.tell(Step::Read { status, pos_id, text, probability });
        }
    }

    fn judged(&self, form: &Form) -> judge::Verdict {
        known::judge(form, self.app.settings().confidence_threshold)
    }

    /// One of the file's invoices. `codes`: with their pages; `candidates`: of the first page.
    fn known(&self, form: &Form, codes: &[(u32, String)], candidates: &[Candidate]) -> Outcome {
        let verdict = self.judged(form);
        let own = codes.iter().filter(|(page, _)| (form.pages.0..=form.pages.1).contains(page)).map(|(_, code)| code.clone());
        Outcome {
            kind: Some(form.kind),
            pages: form.pages,
            regions: verdict.regions,
            items: form.items.clone(),
            reasons: verdict.reasons,
            codes: vat_code::kept(own.collect()),
            candidates: if form.pages.0 == 1 { candidates.to_vec() } else { Vec::new() },
            ..Outcome::default()
        }
    }

    fn template(&self, id: TemplateId) -> Result<Template, Trouble> {
        let template = self.app.store.read(|view| templates::get(view, id)).map_err(|e| lost(e.into()))?;
        template.ok_or_else(|| Trouble::Refused("the template is gone".into()))
    }

    /// What a template's change asks of an engine.
    fn change(&self) -> Result<Request, Trouble> {
        let learn = |draft: &TemplateDraft, mut numbers: EngineNumbers| {
            numbers.extend(self.action.numbers.clone());
            let picture = self.app.blobs.path(&self.picture(draft.origin)?.hash);
            Ok(Request::Learn { draft: Box::new(draft.clone()), picture, numbers })
        };
        match &self.action.job {
            Job::AddTemplate(draft) => learn(draft, EngineNumbers::new()),
            Job::ChangeTemplate(id, draft) => learn(draft, self.template(*id)?.learnt.numbers),
            Job::DeleteTemplate(id) => Ok(Request::Forget { numbers: self.template(*id)?.learnt.numbers }),
            Job::Recognise { .. } => Err(Trouble::Refused("no change of a template".into())),
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
                Step::Matched(Match { template, form: None, candidates: reported.candidates.clone() })
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

    /// `None`: no template fits.
    fn with_template(&self, reported: Reported, done: Done) -> Option<Outcome> {
        let Reported { matched: Some(template), candidates, regions, .. } = reported else { return None };
        let Done::Recognised(Verdict::Done { codes, papers }) = done else { return None };
        let reading = Reading { regions, codes: &codes, papers };
        let verdict = judge::judge(reading, &template, self.app.settings().confidence_threshold);
        for Region { status, pos_id, text, probability, .. } in verdict.filled {
            self.tell(Step::Read { status, pos_id, text, probability });
        }
        Some(Outcome {
            template: Some((template.id, template.layout.label.clone())),
            regions: verdict.regions,
            reasons: verdict.reasons,
            codes: vat_code::kept(codes),
            candidates,
            ..Outcome::default()
        })
    }

    fn tell(&self, step: Step) {
        self.hub.progress(&Progress { company: self.action.company, action: self.action.id, step });
    }
}

/// As parts of one file.
fn numbered(mut outcomes: Vec<Outcome>, pages_read: u32) -> Vec<Outcome> {
    for (part, outcome) in (1..).zip(&mut outcomes) {
        (outcome.part, outcome.pages_read) = (part, pages_read);
    }
    outcomes
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
