//! Caches of the store, dropped by news: actors of secrets, companies' templates, settings.

use super::{App, log, settings, templates};
use crate::domain::action::LogRow;
use crate::domain::fact::Fact;
use crate::domain::ids::CompanyId;
use crate::domain::news::News;
use crate::domain::refusal::Refusal;
use crate::domain::template::Template;
use crate::store::StoreError;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};

/// Per kind.
const REMEMBERED_MAX: usize = 20_000;

#[derive(Debug)]
pub struct Remembered<K, T>(RwLock<Found<K, T>>);

#[derive(Debug)]
struct Found<K, T> {
    /// How often it was cleared.
    times: u64,
    by_key: HashMap<K, T>,
}

impl<K, T> Default for Remembered<K, T> {
    fn default() -> Self {
        Self(RwLock::new(Found { times: 0, by_key: HashMap::new() }))
    }
}

impl<K: Eq + Hash, T: Clone> Remembered<K, T> {
    /// The cached value, or what `look` finds; that is not cached if the cache was cleared meanwhile.
    pub fn or(&self, key: K, look: impl FnOnce() -> Result<Option<T>, StoreError>) -> Result<Option<T>, StoreError> {
        let times = {
            let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(found) = known.by_key.get(&key) {
                return Ok(Some(found.clone()));
            }
            known.times
        };
        let found = look()?;
        if let Some(found) = &found {
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            if known.times == times {
                if known.by_key.len() >= REMEMBERED_MAX {
                    known.by_key.clear();
                }
                known.by_key.insert(key, found.clone());
            }
        }
        Ok(found)
    }

    fn times_forgotten(&self) -> u64 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).times
    }

    fn forget(&self) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.times += 1;
        known.by_key.clear();
    }
}

impl App {
    /// Grows with every change to accounts.
    pub fn accounts_version(&self) -> u64 {
        self.sessions.times_forgotten()
    }

    /// For reading invoices of this company.
    pub fn templates_of(&self, company: CompanyId) -> Result<Vec<Arc<Template>>, Refusal> {
        let read = || self.store.walk(|view| templates::of_company(view, company)).map(Some);
        Ok(self.templates.or(company, read)?.unwrap_or_default())
    }

    /// The log row that the news names.
    pub fn logged(&self, news: &News) -> Result<Option<LogRow>, Refusal> {
        let News::Logged(time, number) = news else { return Ok(None) };
        Ok(self.store.read(|view| log::row(view, (*time, *number)))?)
    }

    /// Drops what changed. The feed calls it in the order of the news.
    pub fn hear(&self, news: &News, fact: Option<&Fact>) {
        if news.is_about_accounts() {
            self.sessions.forget();
            self.tokens.forget();
        }
        if matches!(news, News::Printing) {
            self.printers.changed();
        }
        if matches!(news, News::TemplateEnded { .. }) {
            self.templates.forget();
        }
        if matches!(fact, Some(Fact::SettingSet { .. })) {
            self.reload_settings();
        }
    }

    /// When news were lost: nothing remembered is trusted.
    pub fn forget_all(&self) {
        self.sessions.forget();
        self.tokens.forget();
        self.templates.forget();
        self.reload_settings();
    }

    fn reload_settings(&self) {
        match self.store.read(|view| settings::read(view, &self.fixed)) {
            Ok(Ok(changed)) => self.settings.set(changed),
            Ok(Err(refusal)) => tracing::error!("the settings stay as they are: {}", refusal.en),
            Err(e) => tracing::error!("the settings stay as they are: {e}"),
        }
    }
}
