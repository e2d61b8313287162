//! One try of one action: asks an engine, passes its events to watchers, makes out the result. Not here: what follows from it
//! (driver.rs).

use super::asking::{Attempt, lost};
use super::cuts::OnPage;
use super::document::{self, INVOICES_MAX, Known};
use super::driver::{Failure, Product, Templates};
use crate::app::outcome::Outcome;
use crate::app::{App, papers, pictures, templates};
use crate::domain::action::{Action, Job, TemplateDraft};
use crate::domain::corners::Corners;
use crate::domain::dispatch::End;
use crate::domain::forms::{self, Form};
use crate::domain::ids::{PictureId, TemplateId};
use crate::domain::invoice::{Candidate, Picture};
use crate::domain::news::Broken;
use crate::domain::reason::Reason;
use crate::domain::template::{EngineNumbers, Learnt, Template};
use crate::engine::worker::{Done, Request, Worker};
use crate::engine::{self, Trouble};
use crate::hub::Hub;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

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

    /// Where a person said so, the papers on a page. Else data and text of a document first, then, on each page that is a picture, the
    /// company's templates before known forms; of several papers on a page each by itself.
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
        // A template may fit what no form is known of.
        if file.forms.is_empty() && file.scans.first() != Some(&1) {
            file.scans.insert(0, 1);
        }
        let mut scans = Scans::default();
        self.read_scans(worker, &picture, &mut file, &mut scans).await?;
        let Scans { mut outcomes, codes, candidates } = scans;
        outcomes.extend(file.forms.iter().map(|form| self.known(form, &codes, &candidates)));
        outcomes.sort_by_key(|outcome| outcome.pages.0);
        if outcomes.is_empty() {
            return Ok(vec![Outcome { candidates, ..Outcome::nothing_read(Reason::NoTemplateFits) }]);
        }
        Ok(numbered(outcomes, file.pages_read))
    }

    /// Adds what the file's scans show, up to `INVOICES_MAX` in all. One page after another: each is a request of its own, within an
    /// engine's silence.
    async fn read_scans(&self, worker: &Worker, picture: &Picture, file: &mut Known, scans: &mut Scans) -> Result<(), Trouble> {
        for page in std::mem::take(&mut file.scans) {
            let (outcomes, engine::Known { forms, codes, .. }, candidates) = match self.scan(worker, picture, page).await {
                Ok(read) => read,
                // The others may be good.
                Err(Trouble::Refused(why)) if page > 1 => {
                    tracing::warn!(action = self.action.id.0, page, "not read: {why}");
                    continue;
                }
                Err(trouble) => return Err(trouble),
            };
            if page == 1 {
                scans.candidates.clone_from(&candidates);
            }
            if forms.is_empty() && outcomes.is_empty() {
                continue;
            }
            if file.forms.len() + forms.len() + scans.outcomes.len() + outcomes.len() > INVOICES_MAX {
                break;
            }
            let forms: Vec<Form> = forms.into_iter().map(|form| form.on(page)).collect();
            forms.iter().for_each(|form| self.tell_known(picture, form, &candidates));
            forms::add(&mut file.forms, forms);
            scans.outcomes.extend(outcomes);
            scans.codes.extend(codes.into_iter().map(|code| (page, code)));
            file.pages_read += 1;
        }
        Ok(())
    }

    /// What a template or several papers on the page come to, or else the known forms on it; and how the templates fared.
    async fn scan(
        &self,
        worker: &Worker,
        picture: &Picture,
        page: u32,
    ) -> Result<(Vec<Outcome>, engine::Known, Vec<Candidate>), Trouble> {
        // Kept until the engine is done with it.
        let readable = document::readable(self.app, picture, page).await?;
        let page = OnPage { picture, page, readable: &readable };
        let request = |templates| Request::Recognise { picture: readable.path(), templates };
        let (reported, done) = self.ask(worker, request, None).await?;
        let candidates = reported.candidates.clone();
        let fits = self.with_template(reported, done);
        let is_one = fits.as_ref().is_some_and(|(_, papers)| *papers < 2);
        let (several, rest) = if is_one { Default::default() } else { self.several(worker, &page).await? };
        let known = match (fits, several.is_empty()) {
            (Some((outcome, _)), true) => return Ok((vec![outcome.on(page.page)], engine::Known::default(), candidates)),
            (None, true) if self.app.settings().known_forms => self.known_on(worker, &readable).await?,
            _ => None,
        };
        let mut known = known.unwrap_or_default();
        let others = rest.beside(&known.forms);
        if let Some(first) = known.forms.first_mut() {
            first.beside += others;
        }
        Ok((several, known, candidates))
    }

    fn picture(&self, id: PictureId) -> Result<Picture, Trouble> {
        let picture = self.app.store.read(|view| pictures::get(view, id)).map_err(|e| lost(e.into()))?;
        picture.ok_or_else(|| Trouble::Refused("its picture is not known".into()))
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
}

/// As parts of one file.
fn numbered(mut outcomes: Vec<Outcome>, pages_read: u32) -> Vec<Outcome> {
    for (part, outcome) in (1..).zip(&mut outcomes) {
        (outcome.part, outcome.pages_read) = (part, pages_read);
    }
    outcomes
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
