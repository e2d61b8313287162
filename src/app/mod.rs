//! The verbs, one file per noun. Each verb is one write that includes its log row and its news. Knows domain and store; not HTTP,
//! engines or watchers.

use crate::domain::account::{Actor, Credential, Permission, Session};
use crate::domain::ids::{CompanyId, UserId};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::template::Template;
use crate::papers::desk::Desk;
use crate::store::blobs::Blobs;
use crate::store::{Store, StoreError, Txn, View};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub mod accounts;
pub mod agents;
pub mod attempts;
pub mod backup;
pub mod check;
pub mod batches;
pub mod claims;
pub mod clock;
pub mod companies;
pub mod corrections;
pub mod data_dir;
pub mod decisions;
pub mod device_lists;
pub mod devices;
pub mod entries;
pub mod faults;
pub mod groups;
pub mod hand_outs;
pub mod health;
pub mod history;
mod identity;
pub mod imports;
pub mod invoice_lists;
pub mod invoices;
pub mod kin;
pub mod label_looks;
pub mod labels;
pub mod log;
pub mod logos;
mod open;
pub mod outcome;
pub mod papers;
pub mod passwords;
pub mod pictures;
pub mod portal;
pub mod portal_lists;
pub mod presence;
pub mod print_jobs;
pub mod print_queue;
pub mod printers;
pub mod prints;
pub mod queues;
pub mod recognitions;
mod recount;
mod recovery;
mod refusals;
mod remembered;
pub mod second_readings;
pub mod sessions;
pub mod settings;
pub mod templates;
pub mod timeline;
pub mod tokens;
pub mod users;

pub use clock::{BUILT, now};
use log::log;
pub use open::room;
pub use passwords::Passwords;
use remembered::Remembered;

#[derive(Debug)]
pub struct App {
    pub store: Store,
    pub blobs: Blobs,
    /// Reads documents, in processes of their own.
    pub papers: Desk,
    pub passwords: Passwords,
    pub attempts: attempts::Attempts,
    sessions: Remembered<[u8; 32], (Actor, Session)>,
    tokens: Remembered<[u8; 32], Actor>,
    templates: Remembered<CompanyId, Vec<Arc<Template>>>,
    /// Who has which fault open.
    pub presence: presence::Presence,
    importing: imports::Importing,
    /// What the dispatcher heard of them.
    pub engines: health::Engines,
    pub printers: printers::Heard,
    pub agents: agents::Agents,
    /// A number unique to this run of the box.
    run: u64,
    dir: PathBuf,
    backups: backup::Backups,
    /// Notified when the data dir has to be reopened.
    pub restart: tokio::sync::Notify,
    settings: settings::InForce,
    /// Settings from the command line; they win over the stored ones.
    fixed: Vec<(String, String)>,
}

impl App {
    /// `fixed`: names and values of `--set`.
    pub fn new(store: Store, blobs: Blobs, dir: PathBuf, fixed: Vec<(String, String)>) -> Result<Self, Refusal> {
        let settings = settings::InForce::default();
        settings.set(store.read(|view| settings::read(view, &fixed))??);
        Ok(Self {
            store,
            blobs,
            papers: Desk::default(),
            passwords: Passwords::default(),
            attempts: attempts::Attempts::default(),
            sessions: Remembered::default(),
            tokens: Remembered::default(),
            templates: Remembered::default(),
            presence: presence::Presence::default(),
            importing: imports::Importing::default(),
            engines: health::Engines::default(),
            printers: printers::Heard::default(),
            agents: agents::Agents::default(),
            run: passwords::random_number()?,
            dir,
            backups: backup::Backups::default(),
            restart: tokio::sync::Notify::new(),
            settings,
            fixed,
        })
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Runs a verb for a user, checking their rights again inside the write.
    pub async fn act<T: Send + 'static>(
        &self,
        by: By,
        verb: impl FnOnce(&mut Txn<'_>, &By) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.store
            .write(move |txn| {
                let by = by.now(&txn.view())?;
                verb(txn, &by)
            })
            .await
    }

    /// Who the credential belongs to now; `None` if nobody any more.
    pub fn actor_now(&self, credential: Credential) -> Result<Option<Actor>, Refusal> {
        Ok(self.store.read(|view| sessions::actor_of(view, credential))?)
    }

    /// Whether something already admitted may go on; yes if that can't be looked up now.
    pub fn may_still(&self, by: &By) -> bool {
        !matches!(self.store.read(|view| by.now(view)), Err(refusal) if matches!(refusal.code, Code::Unauthenticated | Code::Forbidden))
    }

    /// Walks many rows, on a thread that may block.
    pub async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&View<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let store = self.store.clone();
        let looked = tokio::task::spawn_blocking(move || store.walk(look)).await;
        Ok(looked.map_err(|_| Refusal::internal())??)
    }
}

/// Who asked for a verb and from where, for the log.
#[derive(Clone, Debug)]
pub struct By {
    pub actor: Actor,
    pub ip: String,
    /// Any one is enough; empty: being logged in is enough.
    pub needs: &'static [Permission],
}

impl By {
    /// Looked up afresh, so that rights revoked during a request are not used.
    fn now(&self, view: &View<'_>) -> Result<Self, Refusal> {
        let actor = sessions::actor_of(view, self.actor.credential)?.ok_or_else(Refusal::unauthenticated)?;
        if self.needs.is_empty() || self.needs.iter().any(|needed| actor.may(*needed)) {
            return Ok(Self { actor, ..self.clone() });
        }
        Err(Refusal::no_permission())
    }

    /// Acts on what a user asked for earlier.
    fn of_user(user: UserId, user_name: &str, ip: &str) -> Self {
        Self { actor: Actor { user, ..Actor::nobody(user_name) }, ip: ip.to_owned(), needs: &[] }
    }

    /// Logged in `company`, the owner of what is changed, whoever changes it.
    fn about(&self, view: &View<'_>, company: CompanyId) -> Result<Self, StoreError> {
        let mut by = self.clone();
        if company != by.actor.company {
            (by.actor.company, by.actor.company_name) = (company, accounts::company_name(view, company)?);
        }
        Ok(by)
    }

    /// Logged for no company; only administrators of the box can read it.
    fn about_the_box(&self) -> Self {
        let mut by = self.clone();
        (by.actor.company, by.actor.company_name) = (CompanyId(0), String::new());
        by
    }

    /// The command line on the box itself, acting on this company.
    fn the_box(company: CompanyId, company_name: String) -> Self {
        let actor = Actor { company, company_name, ..Actor::nobody(Actor::COMMAND_LINE) };
        Self { actor, ip: "localhost".into(), needs: &[] }
    }
}

impl From<StoreError> for Refusal {
    fn from(e: StoreError) -> Self {
        tracing::error!("{e}");
        match e {
            StoreError::Io(_) => Self::unavailable(),
            // Reads too: they may reach a page that a failed write left half done.
            StoreError::Fatal(_) => refusals::disk_has_failed(),
            // User input whose fields are each within their limits but too large together.
            StoreError::TooLarge { .. } => refusals::more_than_can_be_kept(),
            _ => Self::internal(),
        }
    }
}
