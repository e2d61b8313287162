//! Delays an engine's reports so that people can follow. The external engine does this itself.

use super::server::SettingsNow;
use super::{Cancel, Draft, Engine, Event, Known, Papers, Trouble, Verdict};
use crate::domain::template::{EngineNumbers, Learnt, Template};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub struct Paced<E> {
    pub engine: E,
    pub settings: SettingsNow,
}

impl<E: std::fmt::Debug> std::fmt::Debug for Paced<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.engine.fmt(f)
    }
}

impl<E: Engine> Engine for Paced<E> {
    fn recognise(
        &mut self,
        picture: &Path,
        templates: &[Arc<Template>],
        cancel: &Cancel,
        report: &mut dyn FnMut(Event),
    ) -> Result<Verdict, Trouble> {
        let settings = self.settings.clone();
        let mut paced = |event| {
            report(event);
            let delay_ms = settings().engine_delay_ms;
            if delay_ms > 0 && !cancel.is_cancelled() {
                std::thread::sleep(Duration::from_millis(delay_ms));
            }
        };
        self.engine.recognise(picture, templates, cancel, &mut paced)
    }

    fn known_forms(&mut self, picture: &Path, cancel: &Cancel) -> Result<Option<Known>, Trouble> {
        self.engine.known_forms(picture, cancel)
    }

    fn papers(&mut self, picture: &Path, cancel: &Cancel) -> Result<Papers, Trouble> {
        self.engine.papers(picture, cancel)
    }

    fn learn(&mut self, draft: &Draft<'_>, cancel: &Cancel) -> Result<Learnt, Trouble> {
        self.engine.learn(draft, cancel)
    }

    fn forget(&mut self, numbers: &EngineNumbers, cancel: &Cancel) -> Result<(), Trouble> {
        self.engine.forget(numbers, cancel)
    }
}
