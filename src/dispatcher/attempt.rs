//! One try of one action: asks an engine, passes its events to watchers, makes out the result. Not here: what follows from it
//! (driver.rs).

use super::cuts::{Cut, OnPage};
use super::document::{self, INVOICES_MAX, Known, Readable};
use super::driver::{Failure, Product, SILENCES_MAX, Templates, silence};
use crate::app::recognitions::Outcome;
use crate::app::{App, papers, pictures, templates};
use crate::domain::action::{Action, Job, TemplateDraft};
use crate::domain::corners::Corners;
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

pub(super) struct Attempt<'a> {
    pub app: &'a Arc<App>,
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
        let change = self.change()?;
        match self.ask(worker, |_| change, None).await?.1 {
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
        if self.said_papers()?.is_some() {
            return Ok(None);
        }
        let file = document::known(self.app, &picture).await?;
        if file.forms.is_empty() || !file.scans.is_empty() {
            return Ok(None);
        }
        file.forms.iter().for_each(|form| self.tell_known(&picture, form, &[]));
        let outcomes = file.forms.iter().map(|form| self.known(form, &[], &[])).collect();
        Ok(Some(numbered(outcomes, file.pages_read)))
    }

    /// Where a person said so, the papers on a page. Else data and text of a document first, then the company's templates on the first
    /// page, then known forms on each page that is a picture; of several papers on a page each by itself.
    async fn recognise(&self, worker: &Worker, picture: PictureId) -> Result<Vec<Outcome>, Trouble> {
        let picture = self.picture(picture)?;
        if let Some((page, papers)) = self.said_papers()? {
            let readable = document::readable(self.app, &picture, page).await?;
            let outcomes = self.on_papers(worker, &OnPage { picture: &picture, page, readable: &readable }, &papers).await?;
            // A person has seen the other pages.
            return Ok(numbered(outcomes, picture.pages));
        }
        let mut file = document::known(self.app, &picture).await?;
        file.forms.iter().for_each(|form| self.tell_known(&picture, form, &[]));
        let (mut first, mut scans) = (None, Scans::default());
        if file.forms.is_empty() {
            // Kept until the engine is done with it.
            let readable = document::readable(self.app, &picture, 1).await?;
            let request = |templates| Request::Recognise { picture: readable.path(), templates };
            let (reported, done) = self.ask(worker, request, None).await?;
            scans.candidates.clone_from(&reported.candidates);
            if let Some((outcome, papers)) = self.with_template(reported, done) {
                let page = OnPage { picture: &picture, page: 1, readable: &readable };
                let several = if papers > 1 { self.several(worker, &page).await? } else { Vec::new() };
                scans.outcomes.extend(if several.is_empty() { vec![outcome] } else { several });
                file.pages_read += 1;
                file.scans.retain(|page| *page > 1);
            }
            first = Some(readable);
        }
        self.read_scans(worker, &picture, &mut file, first, &mut scans).await?;
        let Scans { mut outcomes, codes, candidates } = scans;
        outcomes.extend(file.forms.iter().map(|form| self.known(form, &codes, &candidates)));
        outcomes.sort_by_key(|outcome| outcome.pages.0);
        if outcomes.is_empty() {
            return Ok(vec![Outcome { candidates, ..Outcome::nothing_read(Reason::NoTemplateFits) }]);
        }
        Ok(numbered(outcomes, file.pages_read))
    }

    /// Adds what the file's scans show, up to `INVOICES_MAX` in all. One page after another: each is a request of its own, within an
    /// engine's silence. `first`: the first page, if an engine has looked at it.
    async fn read_scans(
        &self,
        worker: &Worker,
        picture: &Picture,
        file: &mut Known,
        mut first: Option<Readable>,
        scans: &mut Scans,
    ) -> Result<(), Trouble> {
        for page in std::mem::take(&mut file.scans) {
            let first = first.take().filter(|_| page == 1);
            let (several, known) = match self.scan(worker, picture, page, first).await {
                Ok(read) => read,
                // The others may be good.
                Err(Trouble::Refused(why)) => {
                    tracing::warn!(action = self.action.id.0, page, "not read: {why}");
                    continue;
                }
                Err(trouble) => return Err(trouble),
            };
            // Without one, this engine knows templates only.
            let Some((forms, codes)) = known else { break };
            if forms.is_empty() && several.is_empty() {
                continue;
            }
            if file.forms.len() + forms.len() + scans.outcomes.len() + several.len() > INVOICES_MAX {
                break;
            }
            let forms: Vec<Form> = forms.into_iter().map(|form| form.on(page)).collect();
            let candidates = if page == 1 { scans.candidates.as_slice() } else { &[] };
            forms.iter().for_each(|form| self.tell_known(picture, form, candidates));
            forms::add(&mut file.forms, forms);
            scans.outcomes.extend(several);
            scans.codes.extend(codes.into_iter().map(|code| (page, code)));
            file.pages_read += 1;
        }
        Ok(())
    }

    /// Several papers, or the known forms on the page as a whole; `None` from an engine that knows templates only.
    async fn scan(
        &self,
        worker: &Worker,
        picture: &Picture,
        page: u32,
        first: Option<Readable>,
    ) -> Result<(Vec<Outcome>, Option<engine::Known>), Trouble> {
        let readable = match first {
            Some(first) => first,
            None => document::readable(self.app, picture, page).await?,
        };
        let several = self.several(worker, &OnPage { picture, page, readable: &readable }).await?;
        if !several.is_empty() {
            return Ok((several, Some(engine::Known::default())));
        }
        Ok((several, self.known_on(worker, &readable).await?))
    }

    pub(super) async fn known_on(&self, worker: &Worker, readable: &Readable) -> Result<Option<engine::Known>, Trouble> {
        let request = |_| Request::KnownForms { picture: readable.path(), page: readable.page() };
        match self.ask(worker, request, None).await?.1 {
            Done::KnownForms(known) => Ok(known),
            _ => Ok(None),
        }
    }

    /// Tells watchers what the engine reports, until it ends. `request`: with the company's templates. `cut`: what it is asked of is
    /// a part of a page.
    pub(super) async fn ask(
        &self,
        worker: &Worker,
        request: impl FnOnce(Vec<Arc<Template>>) -> Request,
        cut: Option<&Cut>,
    ) -> Result<(Reported, Done), Trouble> {
        let templates = self.templates.clone().map_err(lost)?;
        let mut answers = worker.ask(request(templates.clone()));
        let mut reported = Reported {
            templates,
            matched: None,
            candidates: Vec::new(),
            regions: Regions::default(),
            events: 0,
            cut: cut.copied(),
        };
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
    pub(super) fn tell_known(&self, picture: &Picture, form: &Form, candidates: &[Candidate]) {
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
    pub(super) fn known(&self, form: &Form, codes: &[(u32, String)], candidates: &[Candidate]) -> Outcome {
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

    /// Where a person said that the papers lie, with their page.
    fn said_papers(&self) -> Result<Option<(u32, Vec<Corners>)>, Trouble> {
        self.app.store.read(|view| papers::said(view, self.action)).map_err(|e| lost(e.into()))
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
                let position = reported.cut.map_or(position, |cut| cut.on_page(&position));
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

    /// With how many papers it is one of; `None`: no template fits.
    pub(super) fn with_template(&self, reported: Reported, done: Done) -> Option<(Outcome, u32)> {
        let Reported { matched: Some(template), candidates, regions, .. } = reported else { return None };
        let Done::Recognised(Verdict::Done { codes, papers }) = done else { return None };
        let reading = Reading { regions, codes: &codes, papers };
        let verdict = judge::judge(reading, &template, self.app.settings().confidence_threshold);
        for Region { status, pos_id, text, probability, .. } in verdict.filled {
            self.tell(Step::Read { status, pos_id, text, probability });
        }
        let outcome = Outcome {
            template: Some((template.id, template.layout.label.clone())),
            regions: verdict.regions,
            reasons: verdict.reasons,
            codes: vat_code::kept(codes),
            candidates,
            ..Outcome::default()
        };
        Some((outcome, papers))
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
pub(super) struct Reported {
    templates: Vec<Arc<Template>>,
    matched: Option<Arc<Template>>,
    pub candidates: Vec<Candidate>,
    regions: Regions,
    events: usize,
    /// Positions are told on the page.
    cut: Option<Cut>,
}

/// What the scans of a file have shown.
#[derive(Default)]
struct Scans {
    outcomes: Vec<Outcome>,
    /// With their pages.
    codes: Vec<(u32, String)>,
    /// Of the first page.
    candidates: Vec<Candidate>,
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
