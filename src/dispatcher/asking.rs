//! An engine is asked about a picture: its events are passed to watchers, its answer becomes an outcome. Not here: what is asked in
//! which order (attempt.rs, cuts.rs).

use super::document::Readable;
use super::driver::{SILENCES_MAX, Templates, silence};
use crate::app::outcome::Outcome;
use crate::app::{App, pictures};
use crate::domain::action::Action;
use crate::domain::checks;
use crate::domain::corners::Corners;
use crate::domain::forms::Form;
use crate::domain::invoice::{CANDIDATES_MAX, Candidate, Picture};
use crate::domain::judge::{self, Reading};
use crate::domain::known;
use crate::domain::progress::{Match, Progress, Step};
use crate::domain::refusal::Refusal;
use crate::domain::region::{Region, Regions};
use crate::domain::template::{Rect, Template};
use crate::domain::vat_code;
use crate::engine::worker::{Answer, Done, Request, Worker};
use crate::engine::{self, Trouble, Verdict};
use crate::hub::Hub;
use std::sync::Arc;
use tokio::time::Instant;

/// A template has 64 areas with two events each; an engine past this will never end.
const EVENTS_MAX: usize = 10_000;

pub(super) struct Attempt<'a> {
    pub app: &'a Arc<App>,
    pub hub: &'a Hub,
    pub action: &'a Action,
    pub templates: &'a Templates,
}

/// A paper and the size in pixels that it was cut out in.
#[derive(Clone, Copy)]
pub(super) struct Cut {
    pub corners: Corners,
    pub size: (u32, u32),
}

impl Cut {
    pub fn on_page(&self, part: &Rect) -> Rect {
        if part.has_extent() { self.corners.around(part, self.size) } else { *part }
    }
}

impl Attempt<'_> {
    pub(super) async fn known_on(&self, worker: &Worker, readable: &Readable) -> Result<Option<engine::Known>, Trouble> {
        let request = |_| Request::KnownForms { picture: readable.path() };
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
        let is_own = |page: &u32| (form.pages.0..=form.pages.1).contains(page);
        let own: Vec<String> = codes.iter().filter(|(page, _)| is_own(page)).map(|(_, code)| code.clone()).collect();
        let mut reasons = verdict.reasons;
        reasons.extend(checks::sum_of_code_differs(&verdict.regions, &own));
        Outcome {
            kind: Some(form.kind),
            pages: form.pages,
            regions: verdict.regions,
            items: form.items.clone(),
            reasons,
            codes: vat_code::kept(own),
            candidates: if form.pages.0 == 1 { candidates.to_vec() } else { Vec::new() },
            ..Outcome::default()
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
            engine::Event::Read { status, pos_id, text, probability, doubts } => {
                reported.regions.read(&pos_id, text.clone(), probability, status);
                reported.regions.doubted(&pos_id, doubts);
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

/// A failed read of the store counts as no answer from the engine: retried.
pub(super) fn lost(refusal: Refusal) -> Trouble {
    Trouble::Receive(refusal.en.into_owned())
}
