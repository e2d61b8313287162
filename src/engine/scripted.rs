//! A test engine with predefined outcomes; looks at no pixels.

use super::{Cancel, Draft, Engine, Event, TemplateScore, Trouble, Verdict};
use crate::domain::fit_reason::FitReason;
use crate::domain::template::{EngineNumbers, Learnt, Rect, Template};
use crate::domain::words::Words;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

#[derive(Clone, Debug)]
pub enum Outcome {
    /// The newest template fits; each area reads as `text`.
    Reads {
        text: String,
        probability: f64,
    },
    NoTemplateFits,
    Fails(Trouble),
    Panics,
}

/// Plays the outcomes in order, then repeats the last.
#[derive(Clone, Debug)]
pub struct Scripted {
    outcomes: Arc<Mutex<VecDeque<Outcome>>>,
    pause: Duration,
}

impl Scripted {
    pub fn new(outcomes: impl IntoIterator<Item = Outcome>, pause: Duration) -> Self {
        Self { outcomes: Arc::new(Mutex::new(outcomes.into_iter().collect())), pause }
    }

    fn next(&self) -> Outcome {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        if outcomes.len() > 1 { outcomes.pop_front() } else { outcomes.front().cloned() }.unwrap_or(Outcome::NoTemplateFits)
    }
}

/// The chosen template first.
fn candidates(templates: &[Arc<Template>], chosen: Option<&Arc<Template>>) -> Vec<TemplateScore> {
    let is_chosen = |template: &Arc<Template>| chosen.is_some_and(|c| c.id == template.id);
    let one = |template: &Arc<Template>| {
        let (score, zh, en) = if is_chosen(template) { (0.97, "匹配", "fits") } else { (0.25, "不匹配", "does not fit") };
        TemplateScore { template: template.id, score, reason: FitReason::Said(Words::new(zh, en)) }
    };
    let mut candidates: Vec<_> = templates.iter().map(one).collect();
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    candidates
}

impl Engine for Scripted {
    fn recognise(
        &mut self,
        _picture: &Path,
        templates: &[Arc<Template>],
        _cancel: &Cancel,
        report: &mut dyn FnMut(Event),
    ) -> Result<Verdict, Trouble> {
        std::thread::sleep(self.pause);
        let (text, probability) = match self.next() {
            Outcome::Reads { text, probability } => (text, probability),
            Outcome::Fails(trouble) => return Err(trouble),
            Outcome::Panics => std::panic::panic_any("the script says so"),
            Outcome::NoTemplateFits => {
                report(Event::Matched { template: None, candidates: candidates(templates, None) });
                return Ok(Verdict::NoTemplateFits);
            }
        };
        let Some(template) = templates.first() else {
            report(Event::Matched { template: None, candidates: Vec::new() });
            return Ok(Verdict::NoTemplateFits);
        };
        report(Event::Matched { template: Some(template.id), candidates: candidates(templates, Some(template)) });
        for area in &template.layout.areas {
            let Rect { x, y, width, height } = area.rect;
            report(Event::Found { status: 0, pos_id: area.pos_id.clone(), position: Rect { x, y, width, height } });
            report(Event::Read { status: 0, pos_id: area.pos_id.clone(), text: text.clone(), probability, doubts: Vec::new() });
        }
        Ok(Verdict::Done { codes: Vec::new(), papers: 1 })
    }

    fn learn(&mut self, _draft: &Draft<'_>, _cancel: &Cancel) -> Result<Learnt, Trouble> {
        Ok(Learnt::default())
    }

    fn forget(&mut self, _numbers: &EngineNumbers, _cancel: &Cancel) -> Result<(), Trouble> {
        Ok(())
    }
}
