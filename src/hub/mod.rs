//! Passes news to watching sockets, each message encoded once. Queues are bounded: a socket that can't keep up is cut and never
//! delays others. Not here: encoding (http/wire/messages.rs), sockets (http/edge/socket.rs).

mod recent;

use crate::domain::account::{Actor, Credential, Permission, PermissionSet};
use crate::domain::ids::{ActionId, CompanyId, UserId};
use crate::domain::news::News;
use crate::domain::progress::{Match, Progress, Step};
use crate::domain::region::Regions;
use bytes::Bytes;
use recent::{Recent, numbered};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, mpsc, watch};

/// The pages of the interface document, by `console_status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    Queue = 1,
    Console,
    Models,
    Faults,
    Log,
    Users,
}

impl Page {
    pub const ALL: [Self; 6] = [Self::Queue, Self::Console, Self::Models, Self::Faults, Self::Log, Self::Users];

    pub fn of_number(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|page| *page as u64 == number)
    }

    pub fn is_open_to(self, permissions: PermissionSet) -> bool {
        match self {
            Self::Queue => permissions.allows(Permission::QueueR),
            Self::Console => permissions.allows(Permission::ConsoleR),
            Self::Models => permissions.allows(Permission::ModelR),
            Self::Faults => permissions.allows(Permission::FaultR),
            Self::Log => permissions.allows(Permission::LogR),
            Self::Users => permissions.allows(Permission::UserR) || permissions.allows(Permission::GroupR),
        }
    }
}

/// Who gets a message, besides being on its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The company's users, and those who see all companies.
    Company(CompanyId),
    /// Only the company's users.
    Inside(CompanyId),
    /// Only those who see all companies.
    Everywhere,
    Everybody,
}

/// On which sockets a message is told, besides having one of its pages open to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// On those that watch one of its pages.
    Here,
    /// The interface document has no such message: only on those of them that asked for numbers.
    New,
    /// As new, and whatever page they watch: what is on it may be shown anywhere.
    Anywhere,
}

/// An encoded message.
#[derive(Clone, Debug)]
pub struct Message {
    pub pages: &'static [Page],
    pub audience: Audience,
    pub told: Told,
    pub text: Bytes,
}

/// Encodes what the hub itself tells.
pub trait Encoder: Send + Sync {
    fn progress(&self, progress: &Progress) -> Vec<Message>;
    fn faults(&self, number: u64) -> Bytes;
    /// First message to a socket that asks for numbers: the newest one. `missed`: the client has to reload everything.
    fn resumed(&self, number: u64, missed: bool) -> Bytes;
    fn rights_changed(&self) -> Bytes;
    /// What the running recognition has read so far.
    fn so_far(&self, running: Option<(ActionId, &Regions)>) -> Bytes;
}

pub const CLOSE_GOING_AWAY: u16 = 1001;
pub const CLOSE_POLICY: u16 = 1008;
pub const CLOSE_TOO_BIG: u16 = 1009;
pub const CLOSE_TRY_LATER: u16 = 1013;

/// A socket's backlog.
const BEHIND_MAX: usize = 1024;
const BEHIND_BYTES_MAX: usize = 4 << 20;

struct Watcher {
    user: UserId,
    credential: Credential,
    scope: Option<CompanyId>,
    permissions: PermissionSet,
    /// A token's own permissions limit its user's.
    limit: Option<PermissionSet>,
    /// Losing this permission closes the socket.
    needs: Option<Permission>,
    page: Option<Page>,
    /// It wants numbered news.
    numbered: bool,
    faults_told: Option<u64>,
    queue: mpsc::Sender<Bytes>,
    /// Bytes in the queue.
    behind: Arc<AtomicUsize>,
    /// Works even when `queue` is full.
    cut: Arc<Cut>,
}

/// Closes a socket past its full queue.
#[derive(Debug, Default)]
pub struct Cut {
    why: Mutex<Option<(u16, &'static str)>>,
    notify: Notify,
}

impl Cut {
    fn now(&self, code: u16, why: &'static str) {
        self.why.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert((code, why));
        self.notify.notify_one();
    }

    /// Waits until the socket has to close; code and reason.
    pub async fn wait(&self) -> (u16, &'static str) {
        loop {
            if let Some(why) = *self.why.lock().unwrap_or_else(PoisonError::into_inner) {
                return why;
            }
            self.notify.notified().await;
        }
    }
}

/// A running recognition.
struct Reading {
    company: CompanyId,
    /// `None` until the engine has told.
    matched: Option<Match>,
    regions: Regions,
}

#[derive(Default)]
struct Inner {
    watchers: HashMap<u64, Watcher>,
    /// Per user.
    sockets: HashMap<UserId, usize>,
    next: u64,
    /// Oldest first.
    running: BTreeMap<ActionId, Reading>,
    /// The fault numbers last told, by company; `None`: of all.
    faults: HashMap<Option<CompanyId>, u64>,
    recent: Recent,
    /// By which news each user's rights changed last, since the box started.
    rights_changed: HashMap<UserId, u64>,
    closing: bool,
}

pub struct Hub {
    encoder: Arc<dyn Encoder>,
    inner: Mutex<Inner>,
    unprinted: watch::Sender<u64>,
    claims: watch::Sender<u64>,
    queues: Notify,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").finish_non_exhaustive()
    }
}

/// A socket's end of the hub; unsubscribes when dropped.
#[derive(Debug)]
pub struct Subscription {
    hub: Arc<Hub>,
    id: u64,
    user: UserId,
    queue: mpsc::Receiver<Bytes>,
    behind: Arc<AtomicUsize>,
    pub cut: Arc<Cut>,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut inner = self.hub.lock();
        inner.watchers.remove(&self.id);
        if let Some(own) = inner.sockets.get_mut(&self.user) {
            *own -= 1;
            if *own == 0 {
                inner.sockets.remove(&self.user);
            }
        }
    }
}

impl Hub {
    pub fn new(encoder: Arc<dyn Encoder>, newest: u64) -> Arc<Self> {
        let inner = Inner { recent: Recent::new(newest), ..Inner::default() };
        Arc::new(Self {
            encoder,
            inner: Mutex::new(inner),
            unprinted: watch::Sender::new(0),
            claims: watch::Sender::new(0),
            queues: Notify::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes with the list of unprinted devices.
    pub fn unprinted(&self) -> watch::Receiver<u64> {
        self.unprinted.subscribe()
    }

    /// Changes when labels are claimed or released.
    pub fn claims(&self) -> watch::Receiver<u64> {
        self.claims.subscribe()
    }

    /// Waits until queues, pause or settings may have changed.
    pub async fn queues_changed(&self) {
        self.queues.notified().await;
    }

    /// A new socket, watching no page. `needs`: the permission it depends on, apart from its page's. `Err`: the user has too many
    /// sockets.
    pub fn subscribe(self: &Arc<Self>, actor: &Actor, needs: Option<Permission>) -> Result<Subscription, TooMany> {
        let (sender, queue) = mpsc::channel(BEHIND_MAX);
        let (cut, behind) = (Arc::new(Cut::default()), Arc::<AtomicUsize>::default());
        let mut inner = self.lock();
        let own = inner.sockets.entry(actor.user).or_default();
        if *own >= SOCKETS_MAX {
            return Err(TooMany);
        }
        *own += 1;
        inner.next += 1;
        let id = inner.next;
        let watcher = Watcher {
            user: actor.user,
            credential: actor.credential,
            scope: actor.scope(),
            permissions: actor.permissions,
            limit: matches!(actor.credential, Credential::Token(_)).then_some(actor.permissions),
            needs,
            page: None,
            numbered: false,
            faults_told: None,
            queue: sender,
            behind: behind.clone(),
            cut: cut.clone(),
        };
        if inner.closing {
            cut.now(CLOSE_GOING_AWAY, "going away");
        }
        inner.watchers.insert(id, watcher);
        Ok(Subscription { hub: self.clone(), id, user: actor.user, queue, behind, cut })
    }

    pub fn watchers(&self) -> usize {
        self.lock().watchers.len()
    }

    /// Wakes the dispatcher.
    pub fn wake(&self) {
        self.queues.notify_one();
    }

    /// Called by the feed, in order, with durable news and their messages.
    pub fn publish(&self, number: u64, news: &News, messages: &[Message]) {
        match news {
            News::Unprinted => self.unprinted.send_modify(|version| *version += 1),
            News::Claims => self.claims.send_modify(|version| *version += 1),
            News::Uploaded { .. } | News::PutBack { .. } => self.wake(),
            _ => {}
        }
        let mut inner = self.lock();
        match news {
            News::Started { company, action } => {
                let reading = Reading { company: *company, matched: None, regions: Regions::default() };
                inner.running.insert(*action, reading);
            }
            News::Recognised { action, .. } | News::PutBack { action } => {
                inner.running.remove(action);
            }
            News::Faults { company, own, all, .. } => {
                inner.faults.extend([(Some(*company), *own), (None, *all)]);
            }
            News::Ended(credential) => inner.end(*credential),
            _ => {}
        }
        inner.recent.add(number, messages);
        inner.tell(messages, Some(number));
    }

    /// A user's new permissions. `company`: their own.
    pub fn rights(&self, number: u64, user: UserId, company: CompanyId, permissions: PermissionSet, locked: bool) {
        let told = self.encoder.rights_changed();
        let mut inner = self.lock();
        inner.rights_changed.insert(user, number);
        inner.rights(user, company, permissions, locked, &told);
    }

    /// News up to this number were lost: forgets what they may have changed, and has all watchers connect again.
    pub fn lost(&self, number: u64) {
        let mut inner = self.lock();
        inner.recent = Recent::new(number);
        inner.running.clear();
        inner.faults.clear();
        inner.watchers.values().for_each(|watcher| watcher.cut.now(CLOSE_TRY_LATER, "news were lost"));
    }

    /// An engine's progress.
    pub fn progress(&self, progress: &Progress) {
        let messages = self.encoder.progress(progress);
        let mut inner = self.lock();
        if let Some(Reading { matched, regions, .. }) = inner.running.get_mut(&progress.action) {
            match &progress.step {
                Step::Matched(found) => (*matched, *regions) = (Some(found.clone()), Regions::default()),
                Step::Found { status, pos_id, position } => regions.found(pos_id, *position, *status),
                Step::Read { status, pos_id, text, probability } => regions.read(pos_id, text.clone(), *probability, *status),
            }
        }
        inner.tell(&messages, None);
    }

    /// `None` until the engine has told.
    pub fn matched(&self, action: ActionId) -> Option<Match> {
        self.lock().running.get(&action)?.matched.clone()
    }

    /// Closes all sockets, and those still to come.
    pub fn close(&self) {
        let mut inner = self.lock();
        inner.closing = true;
        for watcher in inner.watchers.values() {
            watcher.cut.now(CLOSE_GOING_AWAY, "going away");
        }
    }
}

impl Inner {
    /// `number`: of the news.
    fn tell(&mut self, messages: &[Message], number: Option<u64>) {
        for message in messages {
            let with_number = number.map_or_else(|| message.text.clone(), |number| numbered(&message.text, number));
            for watcher in self.watchers.values().filter(|watcher| watcher.is_meant(message)) {
                watcher.send(if watcher.numbered { with_number.clone() } else { message.text.clone() });
            }
        }
    }

    /// Sends what a socket missed, or that it has to reload. Progress messages are not repeated.
    fn resume(&mut self, id: u64, since: Option<u64>, encoder: &dyn Encoder) {
        let Some(watcher) = self.watchers.get_mut(&id) else { return };
        watcher.numbered = true;
        let is_reading = watcher.page == Some(Page::Console) && !self.running.is_empty();
        // Who sees other things now than at that number has to look at everything anew.
        let changed = self.rights_changed.get(&watcher.user).copied().unwrap_or(0);
        let told = since.filter(|since| !is_reading && *since >= changed).and_then(|since| self.recent.since(since));
        watcher.send(encoder.resumed(self.recent.newest(), told.is_none()));
        for (number, message) in told.into_iter().flatten().filter(|(_, message)| watcher.is_meant(message)) {
            watcher.send(numbered(&message.text, *number));
        }
    }

    fn end(&mut self, credential: Credential) {
        for watcher in self.watchers.values().filter(|w| w.credential == credential) {
            watcher.cut.now(CLOSE_POLICY, "logged out");
        }
    }

    fn rights(&mut self, user: UserId, company: CompanyId, permissions: PermissionSet, locked: bool, told: &Bytes) {
        for watcher in self.watchers.values_mut().filter(|w| w.user == user) {
            watcher.permissions = watcher.limit.map_or(permissions, |limit| limit.within(permissions));
            watcher.scope = (!watcher.permissions.allows(Permission::SystemRw)).then_some(company);
            let lost = watcher.needs.is_some_and(|needed| !watcher.permissions.allows(needed));
            if locked || lost {
                watcher.cut.now(CLOSE_POLICY, "no permission");
            } else if watcher.numbered {
                watcher.send(told.clone());
            }
        }
    }
}

impl Watcher {
    fn is_meant(&self, message: &Message) -> bool {
        let Some(watched) = self.page else { return false };
        let mut pages = message.pages.iter().filter(|page| page.is_open_to(self.permissions));
        let is_told = match message.told {
            Told::Here => pages.any(|page| *page == watched),
            Told::New => self.numbered && pages.any(|page| *page == watched),
            Told::Anywhere => self.numbered && pages.next().is_some(),
        };
        is_told
            && match message.audience {
                Audience::Company(company) => self.scope.is_none_or(|own| own == company),
                Audience::Inside(company) => self.scope == Some(company),
                Audience::Everywhere => self.scope.is_none(),
                Audience::Everybody => true,
            }
    }

    fn send(&self, text: Bytes) {
        let len = text.len();
        let before = self.behind.fetch_add(len, Ordering::Relaxed);
        // A single message may exceed the limit.
        let is_full = before > 0 && before + len > BEHIND_BYTES_MAX;
        if is_full || matches!(self.queue.try_send(text), Err(mpsc::error::TrySendError::Full(_))) {
            self.cut.now(CLOSE_TRY_LATER, "too slow");
        }
    }
}

/// Per user; accounts are shared.
const SOCKETS_MAX: usize = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotPermitted;

impl Subscription {
    /// Cancel-safe. `None`: no more will come.
    pub async fn next(&mut self) -> Option<Bytes> {
        let text = self.queue.recv().await?;
        self.behind.fetch_sub(text.len(), Ordering::Relaxed);
        Some(text)
    }

    /// Tells the number of faults, once after connecting. `number`: from the store; news since then win.
    pub fn greet(&self, number: u64) {
        let mut inner = self.hub.lock();
        let Some(scope) = inner.watchers.get(&self.id).map(|w| w.scope) else { return };
        let number = *inner.faults.entry(scope).or_insert(number);
        if let Some(watcher) = inner.watchers.get_mut(&self.id) {
            watcher.faults_told = Some(number);
            watcher.send(self.hub.encoder.faults(number));
        }
    }

    /// Switches the socket to one page. `since`: send numbered news, and repeat those after that number; `Some(None)`: it has none
    /// yet.
    pub fn watch(&self, page: Page, since: Option<Option<u64>>) -> Result<(), NotPermitted> {
        let mut inner = self.hub.lock();
        let faults = inner.watchers.get(&self.id).and_then(|w| inner.faults.get(&w.scope)).copied();
        let Some(watcher) = inner.watchers.get_mut(&self.id) else { return Err(NotPermitted) };
        if !page.is_open_to(watcher.permissions) {
            return Err(NotPermitted);
        }
        watcher.page = Some(page);
        // It may have changed since the greeting, while no page was watched.
        if let (Some(now), true) = (faults, watcher.faults_told.take() != faults && page != Page::Faults) {
            watcher.send(self.hub.encoder.faults(now));
        }
        if let Some(since) = since {
            inner.resume(self.id, since, &*self.hub.encoder);
        }
        Ok(())
    }

    /// Sends what the running recognition has read so far, in order with other messages.
    pub fn catch_up(&self) -> Result<(), NotPermitted> {
        let inner = self.hub.lock();
        let Some(watcher) = inner.watchers.get(&self.id) else { return Err(NotPermitted) };
        if watcher.page != Some(Page::Console) || !Page::Console.is_open_to(watcher.permissions) {
            return Err(NotPermitted);
        }
        let running = inner.running.iter().find(|(_, reading)| watcher.scope.is_none_or(|own| own == reading.company));
        watcher.send(self.hub.encoder.so_far(running.map(|(action, reading)| (*action, &reading.regions))));
        Ok(())
    }

    /// To this socket only, in order with other messages.
    pub fn send(&self, text: Bytes) {
        if let Some(watcher) = self.hub.lock().watchers.get(&self.id) {
            watcher.send(text);
        }
    }
}
