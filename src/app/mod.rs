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
pub mod corrections;
pub mod device_lists;
pub mod devices;
pub mod faults;
pub mod groups;
pub mod history;
mod identity;
pub mod imports;
pub mod invoices;
pub mod label_looks;
pub mod labels;
pub mod log;
mod open;
pub mod passwords;
pub mod pictures;
pub mod queues;
pub mod sessions;
pub mod settings;
pub mod templates;
pub mod tokens;
pub mod users;

use log::log;
pub use passwords::Passwords;

/// Milliseconds since 1970-01-01 UTC, now. The one clock.
pub fn now() -> Millis {
    jiff::Timestamp::now().as_millisecond()
}

/// When this binary was built: no clock that is right stands before.
pub const BUILT: Millis = millis(env!("PAPERLINE_BUILT"));

/// Seconds as digits.
const fn millis(digits: &str) -> Millis {
    let (mut seconds, mut at) = (0, 0);
    while at < digits.len() {
        seconds = seconds * 10 + (digits.as_bytes()[at] - b'0') as Millis;
        at += 1;
    }
    seconds * 1000
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
    importing: imports::Importing,
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
            importing: imports::Importing::default(),
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
