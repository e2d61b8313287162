//! Settings as they are kept, under those of the command line.

use super::{App, By, log, now};
use crate::domain::change::Change;
use crate::domain::refusal::Refusal;
use crate::domain::settings::Settings;
use crate::store::tables::SETTINGS;
use std::sync::{Arc, PoisonError};

impl App {
    pub(super) fn load_settings(&self) -> Result<(), Refusal> {
        let mut settings = Settings::default();
        let stored = self.store.read(|view| view.scan(&SETTINGS, &(), false).collect::<Result<Vec<_>, _>>())?;
        for (name, value) in stored.iter().chain(&self.fixed) {
            settings.set(name, value)?;
        }
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
        Ok(())
    }

    /// All or none; durable, and in force when this answers.
    pub async fn change_settings(&self, by: By, changes: Vec<(String, String)>) -> Result<(), Refusal> {
        let mut trial = (*self.settings()).clone();
        for (name, value) in &changes {
            trial.set(name, value)?;
        }
        if changes.iter().any(|(name, _)| name.starts_with("device_sn_")) {
            // Those of the command line stay in force.
            self.fixed.iter().try_for_each(|(name, value)| trial.set(name, value))?;
            trial.check_sn_format()?;
        }
        self.store
            .write(move |txn| {
                for (name, value) in &changes {
                    txn.put(&SETTINGS, name, value)?;
                    log(txn, now(), &by, None, format!("修改设置 {name} = {value}"))?;
                }
                txn.emit(Change::Settings);
                Ok(())
            })
            .await?;
        self.load_settings()
    }
}
