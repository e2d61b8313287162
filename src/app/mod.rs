//! The verbs, one file a noun: each is one write, with its line in the log and its news inside it. Knows the domain and the store;
//! nothing of HTTP, engines or watchers.

use crate::domain::account::{Actor, Session};
use crate::domain::ids::Millis;
use crate::domain::refusal::Refusal;
use crate::domain::settings::Settings;
use crate::store::blobs::Blobs;
use crate::store::{Store, StoreError, View};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

pub mod accounts;
pub mod backup;
pub mod check;
pub mod companies;
pub mod decisions;
pub mod devices;
pub mod entries;
pub mod faults;
pub mod groups;
pub mod invoice_lists;
pub mod invoices;
pub mod labels;
pub mod log;
mod open;
pub mod passwords;
pub mod pictures;
pub mod presence;
pub mod queues;
mod recount;
pub mod sessions;
pub mod settings;
pub mod templates;
mod tiff;
pub mod tokens;
pub mod users;

use log::log;
pub use passwords::Passwords;

/// Milliseconds since 1970-01-01 UTC, now. The one clock.
pub fn now() -> Millis {
    jiff::Timestamp::now().as_millisecond()
}

/// Everything that a verb needs.
#[derive(Debug)]
pub struct App {
    pub store: Store,
    pub blobs: Blobs,
    pub passwords: Passwords,
    pub attempts: sessions::Attempts,
    known_sessions: sessions::Known<(Actor, Session)>,
    known_tokens: sessions::Known<Actor>,
    pub claims: labels::Claims,
    /// Who has which fault open.
    pub presence: presence::Presence,
    /// The data dir.
    dir: PathBuf,
    backups: backup::Backups,
    /// Asked for when the data dir is to be opened anew.
    pub begin_anew: tokio::sync::Notify,
    settings: RwLock<Arc<Settings>>,
    /// Settings of the command line: they win over the stored ones.
    fixed: Vec<(String, String)>,
}

impl App {
    /// `fixed`: names and values of `--set`.
    pub fn new(store: Store, blobs: Blobs, dir: PathBuf, fixed: Vec<(String, String)>) -> Result<Self, Refusal> {
        let app = Self {
            store,
            blobs,
            passwords: Passwords::default(),
            attempts: sessions::Attempts::default(),
            known_sessions: sessions::Known::default(),
            known_tokens: sessions::Known::default(),
            claims: labels::Claims::default(),
            presence: presence::Presence::default(),
            dir,
            backups: backup::Backups::default(),
            begin_anew: tokio::sync::Notify::new(),
            settings: RwLock::default(),
            fixed,
        };
        app.load_settings()?;
        Ok(app)
    }

    pub fn settings(&self) -> Arc<Settings> {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A walk through many rows, on a thread that may block.
    pub async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&View<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let store = self.store.clone();
        let looked = tokio::task::spawn_blocking(move || store.walk(look)).await;
        Ok(looked.map_err(|_| Refusal::internal())??)
    }
}

/// Who asked for a verb, and from where: what the log keeps of it.
#[derive(Clone, Debug)]
pub struct By {
    pub actor: Actor,
    pub ip: String,
}
