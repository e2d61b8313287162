//! The verbs, one file a noun: each is one write, with its line in the log and its news inside it. Knows the domain and the store;
//! nothing of HTTP, engines or watchers.

use crate::domain::account::{Actor, Credential, Permission, Session};
use crate::domain::ids::CompanyId;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::template::Template;
use crate::store::blobs::Blobs;
use crate::store::{Store, StoreError, Txn, View};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub mod accounts;
pub mod attempts;
pub mod backup;
pub mod check;
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
pub mod history;
mod identity;
pub mod imports;
pub mod invoice_lists;
pub mod invoices;
pub mod kin;
pub mod label_looks;
pub mod labels;
pub mod log;
mod open;
pub mod passwords;
pub mod pictures;
pub mod presence;
pub mod prints;
pub mod queues;
pub mod recognitions;
mod recount;
mod recovery;
mod remembered;
pub mod second_readings;
pub mod sessions;
pub mod settings;
pub mod templates;
mod tiff;
pub mod tokens;
pub mod users;

pub use clock::{BUILT, now};
use log::log;
pub use open::room;
pub use passwords::Passwords;
use remembered::Remembered;

/// Everything that a verb needs.
#[derive(Debug)]
pub struct App {
    pub store: Store,
    pub blobs: Blobs,
    pub passwords: Passwords,
    pub attempts: attempts::Attempts,
    sessions: Remembered<[u8; 32], (Actor, Session)>,
    tokens: Remembered<[u8; 32], Actor>,
    templates: Remembered<CompanyId, Vec<Arc<Template>>>,
    /// Who has which fault open.
    pub presence: presence::Presence,
    importing: imports::Importing,
    /// This run of the box, by a number that no other has.
    run: u64,
    /// The data dir.
    dir: PathBuf,
    backups: backup::Backups,
    /// Asked for when the data dir is to be opened anew.
    pub restart: tokio::sync::Notify,
    settings: settings::InForce,
    /// Settings of the command line: they win over the stored ones.
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
            passwords: Passwords::default(),
            attempts: attempts::Attempts::default(),
            sessions: Remembered::default(),
            tokens: Remembered::default(),
            templates: Remembered::default(),
            presence: presence::Presence::default(),
            importing: imports::Importing::default(),
            run: passwords::random_number()?,
            dir,
            backups: backup::Backups::default(),
            restart: tokio::sync::Notify::new(),
            settings,
            fixed,
        })
    }

    /// The data dir.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A verb of somebody's: who they are and what they may is asked again in the write itself.
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

    /// Who somebody is now, whoever they were when they were let in. `None`: nobody any more.
    pub fn actor_now(&self, credential: Credential) -> Result<Option<Actor>, Refusal> {
        Ok(self.store.read(|view| sessions::actor_of(view, credential))?)
    }

    /// Whether what was let in may still go on. What can't be looked up just now goes on.
    pub fn may_still(&self, by: &By) -> bool {
        !matches!(self.store.read(|view| by.now(view)), Err(refusal) if matches!(refusal.code, Code::Unauthenticated | Code::Forbidden))
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
    /// Any of them is needed for what is asked; none: it is enough to be logged in.
    pub needs: &'static [Permission],
}

impl By {
    /// The same as they are now, if they still may: what was taken away while a request was under way is not used.
    fn now(&self, view: &View<'_>) -> Result<Self, Refusal> {
        let actor = sessions::actor_of(view, self.actor.credential)?.ok_or_else(Refusal::unauthenticated)?;
        if self.needs.is_empty() || self.needs.iter().any(|needed| actor.may(*needed)) {
            return Ok(Self { actor, ..self.clone() });
        }
        Err(Refusal::no_permission())
    }

    /// The same, in the log of the company of what is done something to: whoever does it, it is that company's to know.
    fn about(&self, view: &View<'_>, company: CompanyId) -> Result<Self, StoreError> {
        let mut by = self.clone();
        if company != by.actor.company {
            (by.actor.company, by.actor.company_name) = (company, accounts::company_name(view, company)?);
        }
        Ok(by)
    }

    /// The same, of the box and of no company: the box's administrators alone read it.
    fn about_the_box(&self) -> Self {
        let mut by = self.clone();
        (by.actor.company, by.actor.company_name) = (CompanyId(0), String::new());
        by
    }

    /// Whoever stands at the box itself, at its command line, and does something to this company.
    fn the_box(company: CompanyId, company_name: String) -> Self {
        let actor = Actor { company, company_name, ..Actor::nobody("本机命令行") };
        Self { actor, ip: "localhost".into(), needs: &[] }
    }
}

impl From<StoreError> for Refusal {
    fn from(e: StoreError) -> Self {
        tracing::error!("{e}");
        match e {
            StoreError::Io(_) => Self::unavailable(),
            // Also what is read: on its way it may come to a page that the failed write has left half done.
            StoreError::Fatal(_) => Self::new(
                Code::Unavailable,
                "磁盘或存储出错，请联系管理员检查磁盘；已确认的数据都在，恢复后会自动继续",
                "the disk or the store has failed, please have the disk checked; what was confirmed is there, and the box goes on by itself once it is well",
            ),
            // Of what people write: each field within its limit, and all together more than a row holds.
            StoreError::TooLarge { .. } => Self::new(Code::TooLarge, "内容太多，无法保存", "this is more than can be kept"),
            _ => Self::internal(),
        }
    }
}
