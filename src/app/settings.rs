//! Stored settings, under those of the command line.

use super::{App, By, log, now, refusals};
use crate::domain::fact::Fact;
use crate::domain::refusal::Refusal;
use crate::domain::settings::Settings;
use crate::store::tables::SETTINGS;
use crate::store::{StoreError, View};
use std::sync::{Arc, PoisonError, RwLock};

#[derive(Debug, Default)]
pub struct InForce(RwLock<Arc<Settings>>);

impl InForce {
    pub fn get(&self) -> Arc<Settings> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set(&self, settings: Settings) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }
}

/// Counts the changes.
const VERSION: &str = "settings";

/// Invalid stored settings are logged and skipped: they must not keep the box from starting.
pub(super) fn read(view: &View<'_>, fixed: &[(String, String)]) -> Result<Result<Settings, Refusal>, StoreError> {
    let mut settings = Settings::default();
    for row in view.scan(&SETTINGS, &(), false) {
        let (name, value) = row?;
        if let Err(refusal) = settings.set(&name, &value) {
            tracing::error!("the stored setting is not in force: {refusal}");
        }
    }
    Ok(fixed.iter().try_for_each(|(name, value)| settings.set(name, value)).map(|()| settings))
}

impl App {
    pub fn settings(&self) -> Arc<Settings> {
        self.settings.get()
    }

    pub fn settings_version(&self) -> Result<u64, Refusal> {
        Ok(self.store.read(|view| view.counter(VERSION))?)
    }

    /// Those set on the command line.
    pub fn fixed_settings(&self) -> impl Iterator<Item = &str> {
        self.fixed.iter().map(|(name, _)| name.as_str())
    }

    /// All or none; in force when this returns; all that are wrong are said. `seen`: the version on which the changes are based.
    pub async fn change_settings(&self, by: By, changes: Vec<(String, String)>, seen: Option<u64>) -> Result<(), Refusal> {
        if let Some((name, _)) = changes.iter().find(|(name, _)| self.fixed_settings().any(|fixed| fixed == name)) {
            return Err(refusals::setting_is_fixed(name));
        }
        let fixed = self.fixed.clone();
        self.act(by, move |txn, by| {
            if let Some(seen) = seen
                && seen != txn.view().counter(VERSION)?
            {
                return Err(refusals::settings_have_changed());
            }
            let mut changed = read(&txn.view(), &fixed)??;
            let mut is_news = false;
            let mut refused = Vec::new();
            for (name, value) in &changes {
                let from = changed.written(Settings::row(name)?.name);
                if let Err(refusal) = changed.set(name, value) {
                    refused.push(refusal);
                    continue;
                }
                if txn.get(&SETTINGS, name)?.as_ref() != Some(value) {
                    txn.put(&SETTINGS, name, value)?;
                    let fact = Fact::SettingSet { name: name.clone(), from, to: changed.written(name) };
                    log(txn, now(), &by.about_the_box(), None, fact)?;
                    is_news = true;
                }
            }
            let is_of_serials = |name: &str| name.starts_with("device_sn_");
            let is_sn_refused = refused.iter().flat_map(|refusal| &refusal.fields).any(|wrong| is_of_serials(&wrong.name));
            if is_news && !is_sn_refused && changes.iter().any(|(name, _)| is_of_serials(name)) {
                refused.extend(changed.check_sn_format().err());
            }
            if let Some(refusal) = refused.into_iter().reduce(Refusal::and) {
                return Err(refusal);
            }
            if !is_news {
                return Ok(());
            }
            txn.next(VERSION)?;
            Ok(())
        })
        .await
    }
}
